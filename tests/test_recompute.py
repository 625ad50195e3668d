"""Functions that are computed again on the way back, and functions with a derivative of the user's own."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import subprocess
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import InvalidInput, NotCovered, RuleError, StaleDataError
from autograd_mini.graph import ancestors


def block(x, w=0.7):
    return np.tanh(x * w + np.sin(x))


def deep(x, layer=block):
    for _ in range(4):
        x = layer(x)
    return np.sum(x**2)


def checkpointed(x):
    return deep(x, am.checkpoint(block))


X = np.array([0.3, -1.2, 2.0])


def test_derivatives_of_any_order_are_those_of_the_function():
    np.testing.assert_array_equal(am.grad(checkpointed)(X), am.grad(deep)(X))
    np.testing.assert_allclose(am.hessian(checkpointed)(X), am.hessian(deep)(X), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(am.jvp(checkpointed, (X,), (X,))[1], am.jvp(deep, (X,), (X,))[1], rtol=1e-12)
    third = [am.grad(am.grad(am.grad(f)))(0.3) for f in (checkpointed, deep)]
    np.testing.assert_allclose(*third, rtol=1e-12)
    am.check_grads(checkpointed, X)
    once, again = am.checkpoint(am.checkpoint(block)), am.grad(lambda x: np.sum(am.checkpoint(block)(x)))
    np.testing.assert_array_equal(am.grad(lambda x: np.sum(once(x)))(X), again(X))


def test_backward_and_a_leaf_used_inside_and_outside():
    v = am.Value(X)
    y = am.checkpoint(block)(v)
    loss = np.sum(y * v)
    loss.backward()
    np.testing.assert_allclose(v.grad, am.grad(lambda x: np.sum(block(x) * x))(X), rtol=1e-15)
    np.testing.assert_array_equal(y.grad, X)
    loss.backward()
    np.testing.assert_allclose(v.grad, 2 * am.grad(lambda x: np.sum(block(x) * x))(X), rtol=1e-15)


def test_values_that_a_function_closes_over_get_their_gradients():
    model = am.nn.Sequential(am.nn.Linear(3, 4, rng=0), am.nn.tanh, am.nn.Linear(4, 2, rng=1))
    batch = np.arange(12.0).reshape(4, 3) / 10
    np.sum(model(batch) ** 2).backward()
    wanted = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    np.sum(am.checkpoint(model)(batch) ** 2).backward()
    for p, grad in zip(model.parameters(), wanted, strict=True):
        np.testing.assert_array_equal(p.grad, grad)


def test_containers_keywords_and_several_results():
    @am.checkpoint
    def both(p, *, scale):
        return {"a": np.exp(p["x"]) * scale, "n": 3, "b": [p["y"] * p["x"], 2.0]}

    def f(x, y, s):
        out = both({"x": x, "y": y, "k": 1}, scale=s)
        assert out["n"] == 3
        return np.sum(out["a"]) * out["b"][1] + np.sum(out["b"][0])

    got = am.grad(f, (0, 1, 2))(X, X + 1, 1.5)
    np.testing.assert_allclose(got[0], 3 * np.exp(X) + X + 1)
    np.testing.assert_allclose(got[1], X)
    np.testing.assert_allclose(got[2], 2 * np.sum(np.exp(X)))
    am.check_grads(f, X, X + 1, 1.5)


def test_nothing_that_is_computed_inside_is_kept():
    kept = []

    def inner(x):
        y = np.exp(x)
        kept.append(weakref.ref(y.node))
        return np.sin(y)

    gc.disable()
    try:
        v = am.Value(X)
        y = am.checkpoint(inner)(v)
        assert [ref() for ref in kept] == [None]
        assert len(ancestors([y.node])) == 2
        np.sum(y).backward()
        assert [ref() for ref in kept] == [None, None]
        node = weakref.ref(y.node)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_a_result_that_depends_on_nothing_is_what_it_is():
    assert type(am.checkpoint(block)(X)) is np.ndarray
    assert am.checkpoint(lambda x: 3)(am.Value(1.0)) == 3
    with am.no_grad():
        y = am.checkpoint(block)(am.Value(X))
    assert y.node is None


def test_a_change_in_place_between_the_passes_is_caught():
    w = am.Value(X, name="w")
    y = np.sum(am.checkpoint(lambda: w * w)())
    w.data -= 0.1
    with pytest.raises(StaleDataError, match="changed in place"):
        y.backward()


def test_a_function_that_computes_something_else_the_second_time_is_caught():
    rng, w = np.random.default_rng(0), am.Value(2.0)
    masked = am.checkpoint(lambda x: x * rng.integers(0, 2, 20))(am.Value(np.ones(20)))
    with pytest.raises(StaleDataError, match="computed something else when it was run again"):
        np.sum(masked).backward()
    y = am.checkpoint(lambda x: x * w)(am.Value(3.0))
    w.data = 5.0
    with pytest.raises(StaleDataError, match="data were replaced"):
        y.backward()
    h = x = am.Value(1.5)
    for w in [am.Value(2.0), am.Value(3.0)]:
        h = am.checkpoint(lambda h: h * h * w)(h)  # noqa: B023 - that is what must be caught
    with pytest.raises(StaleDataError, match="a name that it closes over was bound anew"):
        h.backward()
    assert x.grad is None


def test_a_checkpoint_is_drawn_copied_and_pickled():
    v = am.Value(X, name="x")
    y = np.sum(am.checkpoint(block)(v))
    source = am.draw(y).source
    assert "checkpoint" in source
    assert "[0.3, -1.2, 2]" in source  # the argument's own value
    assert "tanh" in am.draw(checkpointed, X).source
    # The function is pickled by its name.
    for copied in (copy.deepcopy((y, v)), pickle.loads(pickle.dumps((y, v)))):
        copied[0].backward()
        np.testing.assert_allclose(copied[1].grad, am.grad(lambda x: np.sum(block(x)))(X))


# ----------------------------------------------------------------------------------------------- custom_vjp


def test_a_function_of_the_users_own_has_its_derivative_at_every_order():
    @am.custom_vjp(a=lambda g, out, b: g * out * b, b=lambda g, out, a: g * out * a, broadcasts=True)
    def exp_product(a, b, steps=1):
        """Return exp(a b)."""
        return np.exp(a * b)

    am.check_grads(exp_product, X, np.array([[0.5], [0.7]]), order=3)
    assert exp_product.__doc__ == "Return exp(a b)."
    np.testing.assert_array_equal(exp_product(X, 2.0), np.exp(2 * X))
    with pytest.raises(NotCovered, match="no derivative rule for its argument steps"):
        exp_product(X, X, am.Value(1.0))


def test_a_wrong_line_is_refused_at_once_and_a_wrong_slope_by_the_check():
    with pytest.raises(RuleError, match=re.escape("it has no parameter 'z'")):
        am.custom_vjp(z=lambda g, x: g)(lambda x: x)

    @am.custom_vjp(x=lambda g, x: g * 2 * x)
    def cube(x):
        return x**3

    report = am.check_grads(cube, X, report=True)
    assert report.blame[0].operation.endswith("cube")


def test_a_line_may_name_a_parameter_that_has_a_default():
    @am.custom_vjp(x=lambda g, x, k: 2 * k * g * x, k=lambda g, x: g * x**2)
    def scaled_square(x, k=2.0):
        return k * x**2

    assert am.grad(scaled_square)(3.0) == 12
    assert am.grad(scaled_square)(3.0, k=5.0) == 30
    assert am.check_grads(scaled_square, 3.0, order=2).ok


@dataclass
class Holder:
    a: object


@pytest.mark.parametrize("inside", [lambda v: {"a": v}, lambda v: {"a": [0, {"b": v}]}, Holder])
def test_a_value_inside_a_container_does_not_pass_by_its_derivative(inside):
    @am.custom_vjp(x=lambda g: g)
    def rounded(x):
        return x

    with pytest.raises(InvalidInput, match=r"rounded was called with a Value inside of a (dict|Holder)"):
        rounded(inside(am.Value(1.3)))
    assert rounded(inside(1.3)) == inside(1.3)


def test_several_results_of_a_function_of_the_users_own():
    @am.custom_vjp(x=lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x))
    def both(x):
        return np.sin(x), np.cos(x)

    am.check_grads(lambda x: np.sum(both(x)[0] * both(x)[1] ** 2), X, order=2)


def test_its_graph_is_pickled_by_the_functions_name(tmp_path: Path):
    (tmp_path / "own.py").write_text(
        "import numpy as np, autograd_mini as am\n"
        "@am.custom_vjp(x=lambda g, x: 3 * g * x**2)\n"
        "def cube(x):\n    return x**3\n"
    )
    make = "import own, pickle, autograd_mini as am; v = am.Value(2.0); pickle.dump((own.cube(v), v), open('g', 'wb'))"
    load = "import autograd_mini, pickle; y, v = pickle.load(open('g', 'rb')); y.backward(); print(v.grad)"
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
    shown = subprocess.run([sys.executable, "-c", load], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "12.0"
