"""The scalar view of small arrays: the same numbers and the same gradients, one element at a time."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.rules import network as F
from autograd_mini.view import DrawingError
from autograd_mini.view.known import Known
from autograd_mini.view.scalars import scalar_results
from autograd_mini.view.selection import is_leaf, reachable

W, X = np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([0.5, -1.0])
FUNCTIONS = {
    "a matrix product": lambda w, x: np.sum((w @ x) ** 2),
    "a layer": lambda w, x: np.mean(np.tanh(w @ x + x) * 0.5),
    "broadcasting": lambda w, x: np.sum(w * x - x[:, None] / w),
    "indices": lambda w, x: w[0] @ w[:, 1] + x[-1] * w[1, 0],
    "shapes": lambda w, x: np.sum(np.concatenate([w.T.ravel(), x, [2.0]]) * np.arange(7.0)),
    "einsum": lambda w, x: np.einsum("ij,j,i->", w, x, x),
    "several results": lambda w, x: np.sum(np.split(w, 2)[1] * x) + np.sum(np.split(w, 2)[0]),
    "where": lambda w, x: np.sum(np.where(w > 0, w * x, np.exp(w))),
    "a primitive": lambda w, x: np.sum((w @ x).relu()) + np.sum(np.maximum(w, x)),
    "stacked": lambda w, x: np.prod(np.stack([x[0], x[1], w[0, 0]])),
    "keywords": lambda w, x: np.sum(np.sum(w, axis=0, keepdims=True) * x),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_the_gradients_are_the_same(f):
    with am.full_record():
        w, x = am.Value(W, name="w"), am.Value(X, name="x")
        loss = f(w, x)
    nodes = sorted(reachable([loss.node]), key=lambda node: -node.number)
    (result,) = scalar_results([loss.node], Known({loss.node: loss.data}, nodes))
    np.testing.assert_allclose(result.data, loss.data, rtol=1e-15)
    result.backward()
    loss.backward()
    leaves = {node.name: node.grad for node in reachable([result.node]) if is_leaf(node)}
    assert leaves
    for name, g in leaves.items():
        whole = {"w": w, "x": x}[name[0]]
        np.testing.assert_allclose(g, whole.grad[eval(name[1:].replace("[", "(").replace("]", ",)"))], rtol=1e-14)


def test_a_matrix_product_is_drawn_as_its_multiplications_and_additions():
    drawing = am.draw(lambda w, x: np.sum(np.tanh(w @ x)), W, X, scalars=True)
    assert str(drawing).count("× multiply") == 4
    assert str(drawing).count("+ add") == 3
    for name in ("w[0, 0]", "w[1, 1]", "x[0]", "x[1]"):
        assert name in drawing.source
    with am.full_record():
        w = am.Value(W)
        loss = np.sum(w * w)
    assert str(am.draw(loss, scalars=True)).count("× multiply") == 4
    assert w.grad is None


@pytest.mark.parametrize(
    ("function", "args", "text"),
    [
        (lambda w: np.sum(np.linalg.inv(w)), (W,), "inv has no scalar view(.|\n)*np.sum and elementwise functions"),
        (lambda w: np.sum(np.floor(w[0, 0]) * w), (W,), "zero has no scalar view"),
        (lambda w: np.sum(w**2), (np.ones((20, 20)),), "the scalar view of 400 numbers(.|\n)*more than 200"),
        (lambda w: np.max(w), (W,), "max has no scalar view"),
        (lambda w: np.mean(w, where=W > 0), (W,), "mean with where has no scalar view"),
        (lambda w: np.sum(w, dtype=np.float64), (W,), "sum with dtype has no scalar view"),
        (lambda w: np.sum(np.modf(w)[0]), (W,), "modf has no scalar view"),
        (lambda w: np.sum(w), (np.zeros((0, 2)),), "the scalar view of no numbers"),
        (lambda w: F.softmax_cross_entropy(w, np.array([0, 1])), (W,), "softmax_cross_entropy has no scalar view"),
    ],
)
def test_what_has_no_scalar_view_says_so(function, args, text):
    with pytest.raises(DrawingError, match=text):
        am.draw(function, *args, scalars=True)


def test_any_precision_inside_no_grad_and_the_mean_of_a_keyword():
    with am.no_grad():
        drawing = am.draw(lambda w: np.sum(w * np.float32(2)), W.astype(np.float32), scalars=True)
    assert "not kept" not in str(drawing)
    assert str(am.draw(lambda w: np.mean(a=w), W, scalars=True)).count("w[") == 4


def test_a_graph_that_was_recorded_without_its_calls_says_how_to_keep_them():
    with pytest.raises(DrawingError, match=r"weren't kept(.|\n)*am\.full_record"):
        am.draw(np.sum(am.Value(W) @ X), scalars=True)


def test_no_line_of_the_library_is_shown_as_the_users():
    assert "scalars.py" not in am.draw(lambda w, x: np.sum(w @ x), W, W, scalars=True).source
