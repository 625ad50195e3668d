"""Transforms: what they compute, how they nest, what they take and give, what they refuse."""

import collections
import dataclasses
import re
import types
from typing import NamedTuple

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import BackwardError, InvalidInput, NotCovered, ZeroGradientWarning


class Pair(NamedTuple):
    w: object
    b: object


@dataclasses.dataclass
class Model:
    layer: object
    steps: int
    name: str = "model"


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: object


def numeric(f, x, h=1e-5):
    return (f(x + h) - f(x - h)) / (2 * h)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_orders_one_to_five(order):
    def f(x):
        return np.tanh(x) * x**3

    lower, upper = f, am.grad(f)
    for _ in range(order - 1):
        lower, upper = upper, am.grad(upper)
    for x in (-0.8, 0.3, 1.7):
        np.testing.assert_allclose(upper(x), numeric(lower, x), rtol=1e-6, atol=1e-6)


def test_perturbation_confusion():
    assert am.grad(lambda x: x * am.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert am.grad(lambda x: x * am.grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert am.grad(lambda x: am.grad(lambda y: am.grad(lambda z: x * y * z)(1.0) * y)(2.0))(5.0) == 4.0
    assert am.grad(lambda x: x * am.jvp(lambda y: x * y * y, (3.0,), (1.0,))[1])(2.0) == 24.0
    # the same Value is an outer leaf and an inner argument
    assert am.grad(lambda x: am.grad(lambda y: x * y * y)(x))(3.0) == 12.0


def test_transforms_of_transforms():
    def f(x):
        return (np.sin(x) * x[::-1] ** 2).sum()

    x, v = np.array([0.3, 0.8, -1.1]), np.array([1.0, -2.0, 0.5])
    h = am.hessian(f)(x)
    np.testing.assert_allclose(h, h.T)
    np.testing.assert_allclose(h, am.jacobian(am.grad(f))(x))
    np.testing.assert_allclose(h @ v, am.hvp(f, x, v))
    np.testing.assert_allclose(h @ v, am.jvp(am.grad(f), (x,), (v,))[1])
    np.testing.assert_allclose(h @ v, am.grad(lambda y: am.jvp(f, (y,), (v,))[1])(x))
    third = am.jacobian(am.hessian(f))(x)
    np.testing.assert_allclose(third @ v, am.jvp(am.hessian(f), (x,), (v,))[1], atol=1e-12)


def test_jvp_and_vjp_agree_with_the_jacobian():
    a = np.arange(6.0).reshape(2, 3)

    def f(x):
        return np.tanh(a @ x)

    x, u, v = np.array([0.1, -0.2, 0.3]), np.array([1.0, -1.0]), np.array([0.5, 2.0, 1.0])
    j = am.jacobian(f)(x)
    assert j.shape == (2, 3)
    value, pullback = am.vjp(f, x)
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(pullback(u)[0], u @ j)
    np.testing.assert_allclose(pullback(2 * u)[0], 2 * u @ j)
    value, tangent = am.jvp(f, (x,), (v,))
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(tangent, j @ v)


def test_jvp_runs_the_function_once_and_keeps_zero_tangents():
    calls = []

    def f(x, y):
        calls.append(None)
        return x * y, np.ones(2), {"sum": x + y}

    value, tangent = am.jvp(f, (2.0, 3.0), (1.0, 0.0))
    assert len(calls) == 1
    assert value[0] == 6.0
    assert (tangent[0], tangent[2]["sum"]) == (3.0, 1.0)
    assert tangent[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda w, b: {"w": w, "b": b},
        lambda w, b: [w, b],
        lambda w, b: (w, (b,)),
        Pair,
        lambda w, b: Model(Pair(w, [b]), 3),
        lambda w, b: collections.OrderedDict(w=w, b=b),
        lambda w, b: Model({"f": Frozen(w)}, 2, b),
    ],
)
def test_containers_of_parameters(make):
    def parts(tree):
        if dataclasses.is_dataclass(tree):
            return [p for f in dataclasses.fields(tree) for p in parts(getattr(tree, f.name))]
        if isinstance(tree, dict):
            return [p for x in tree.values() for p in parts(x)]
        if isinstance(tree, (list, tuple)):
            return [p for x in tree for p in parts(x)]
        return [tree]

    def f(tree):
        w, b = (p for p in parts(tree) if isinstance(p, am.Value))
        return (w * w).sum() * b

    tree = make(np.array([1.0, 2.0]), 3.0)
    gradient = am.grad(f)(tree)
    assert type(gradient) is type(tree)
    slopes = [p for p in parts(gradient) if p is not None]
    np.testing.assert_array_equal(slopes[0], [6.0, 12.0])
    assert slopes[1] == 5.0
    value, pullback = am.vjp(f, tree)
    assert value == 15.0
    assert type(pullback(1.0)[0]) is type(tree)


def test_constants_in_containers_hold_none():
    gradient = am.grad(lambda p: p["x"] * p["n"])({"x": 2.0, "n": 3, "s": "text", "none": None, "on": True})
    assert gradient == {"x": 3.0, "n": None, "s": None, "none": None, "on": None}


def test_a_hessian_over_a_container_is_a_container_of_blocks():
    h = am.hessian(lambda p: (p["a"] ** 2).sum() * p["b"])({"a": np.array([1.0, 2.0]), "b": 3.0})
    np.testing.assert_array_equal(h["a"]["a"], 6 * np.eye(2))
    np.testing.assert_array_equal(h["a"]["b"], [2.0, 4.0])
    np.testing.assert_array_equal(h["b"]["a"], [2.0, 4.0])
    assert h["b"]["b"] == 0.0


def test_argnums():
    def f(x, y, z):
        return x * y**2 + z

    assert am.grad(f)(2.0, 3.0, 1.0) == 9.0
    assert am.grad(f, 1)(2.0, 3.0, 1.0) == 12.0
    assert am.grad(f, -1)(2.0, 3.0, 1.0) == 1.0
    assert am.grad(f, (1, 0))(2.0, 3.0, 1.0) == (12.0, 9.0)
    assert am.grad(f, [0])(2.0, 3.0, z=1.0) == (9.0,)
    rows = am.hessian(f, (0, 1))(2.0, 3.0, 1.0)
    assert [[float(x) for x in row] for row in rows] == [[0.0, 6.0], [6.0, 4.0]]
    with pytest.raises(InvalidInput, match=re.escape("argnums has 3, but f was called with 3 positional arguments")):
        am.grad(f, 3)(1.0, 2.0, 3.0)


def test_has_aux():
    def f(x):
        y = x * x
        return y.sum(), {"half": y / 2, "note": "text"}

    gradient, aux = am.grad(f, has_aux=True)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(gradient, [2.0, 4.0])
    assert type(aux["half"]) is np.ndarray
    assert aux["note"] == "text"
    (value, aux), _ = am.value_and_grad(f, has_aux=True)(np.array([1.0, 2.0]))
    assert value == 5.0
    value, pullback, aux = am.vjp(f, np.array([1.0, 2.0]), has_aux=True)
    np.testing.assert_array_equal(pullback(2.0)[0], [4.0, 8.0])
    with pytest.raises(BackwardError, match="has_aux=True"):
        am.grad(lambda x: x * 2, has_aux=True)(1.0)
    slope = am.grad(lambda x: am.grad(lambda y: (y * y, y * 3), has_aux=True)(x)[1])(2.0)
    assert slope == 3.0  # aux keeps its dependence on an outer Value


def test_results_are_raw_unless_an_outer_value_is_behind_them():
    w = am.Value(2.0)
    assert type(am.grad(lambda x: x * x)(3.0)) is np.float64
    assert type(am.grad(lambda x: x * w)(3.0)) is am.Value  # f closes over a leaf
    assert type(am.grad(lambda x: x * am.stop_gradient(w))(3.0)) is np.float64
    with am.no_grad():
        assert type(am.grad(lambda x: x * w)(3.0)) is np.float64
    inner = []

    def outer(x):
        inner.append(am.value_and_grad(lambda y: y * 2.0)(5.0))
        return x

    am.grad(outer)(1.0)
    assert all(type(part) is np.float64 for part in inner[0])


def test_closures_over_outer_values_are_differentiated():
    w = am.Value(np.array([1.0, 2.0]))
    penalty = (am.grad(lambda x: (w * x**2).sum())(np.array([3.0, 4.0])) ** 2).sum()
    penalty.backward()  # sum (2 w x)^2
    np.testing.assert_allclose(w.grad, 8 * w.data * np.array([9.0, 16.0]))


def test_value_arguments_at_the_top_link_to_their_graph():
    w = am.Value(3.0)
    y = w * 2
    slope = am.grad(lambda x: x**3)(y)
    assert slope.data == 108.0
    slope.backward()
    assert w.grad == 6 * 6.0 * 2


def test_transforms_inside_no_grad_differentiate_their_own_leaves():
    with am.no_grad():
        assert am.grad(lambda x: x**3)(2.0) == 12.0
        assert am.grad(am.grad(lambda x: x**3))(2.0) == 12.0
        assert am.hessian(lambda x: (x**3).sum())(np.array([2.0])).tolist() == [[12.0]]
        assert am.jvp(np.sin, (0.0,), (2.0,))[1] == 2.0
        _, pullback = am.vjp(np.sin, 0.0)
    assert pullback(3.0)[0] == 3.0
    assert am.grad(lambda x: x * am.no_grad()(lambda: x * x)())(3.0) == 9.0


def test_stop_gradient_in_containers():
    def f(p):
        q = am.stop_gradient(p)
        return p["a"] * q["a"] + q["b"][0]

    gradient = am.grad(f)({"a": 3.0, "b": [2.0]})
    assert gradient == {"a": 3.0, "b": [0.0]}


def test_an_integer_argument_becomes_float64():
    slope = am.grad(lambda x: x * x)(3)
    assert (slope, slope.dtype) == (6.0, np.float64)
    assert am.grad(lambda x: (x * x).sum())(np.array([1, 2])).dtype == np.float64
    assert am.grad(lambda x: (x * x).sum())(np.ones(2, np.float32)).dtype == np.float32
    assert am.jacobian(lambda x: x * x)(np.float32(2)).dtype == np.float32
    np.testing.assert_array_equal(am.grad(lambda x: (x * x).sum())([[1, 2], [3, 4]]), [[2.0, 4.0], [6.0, 8.0]])


@pytest.mark.parametrize("bad", [True, None, "text", np.array(["a"]), np.array([True])])
def test_what_cannot_be_differentiated_is_refused(bad):
    with pytest.raises(InvalidInput, match="only real and complex numbers can be differentiated"):
        am.grad(lambda x: 1.0)(bad)


def test_an_object_that_is_no_container_is_refused_with_what_may_hold_numbers():
    with pytest.raises(InvalidInput, match=r"made of namespace\(a=2.0\)(?s:.*)dicts, lists, tuples and dataclasses"):
        am.grad(lambda p: p.a)(types.SimpleNamespace(a=2.0))


def test_a_dict_of_a_class_of_its_own_keeps_its_class():
    class Parameters(dict):
        def total(self):
            return sum(self.values())

    gradient = am.grad(lambda p: p.total() ** 2)(Parameters(a=1.0, b=2.0))
    assert type(gradient) is Parameters
    assert gradient == {"a": 6.0, "b": 6.0}


def test_a_gradient_is_of_one_real_number():
    with pytest.raises(BackwardError, match=re.escape("returned an array of shape (2,)")) as caught:
        am.grad(lambda x: x * 2)(np.ones(2))
    assert "am.jacobian" in str(caught.value)
    with pytest.raises(BackwardError, match="returned a complex number"):
        am.grad(lambda x: x * 2)(1j)
    with pytest.raises(BackwardError, match="returned tuple"):
        am.grad(lambda x: (x, x))(1.0)
    with pytest.raises(BackwardError, match=r"returned None\n(?s:.*)instead: `return` with that number"):
        am.grad(lambda x: None)(1.0)


def test_cotangents_and_tangents_are_checked():
    _, pullback = am.vjp(lambda x: {"y": x * 2}, np.ones(3))
    with pytest.raises(InvalidInput, match=re.escape("the cotangent has shape (2,) at ['y']")):
        pullback({"y": np.ones(2)})
    with pytest.raises(InvalidInput, match="the cotangent has no number or array"):
        pullback(np.ones(3))
    with pytest.raises(InvalidInput, match=re.escape("the tangent has shape (2,)")):
        am.jvp(np.sin, (np.ones(3),), (np.ones(2),))
    with pytest.raises(InvalidInput, match="a tuple of arguments"):
        am.jvp(np.sin, np.ones(3), np.ones(3))
    with pytest.raises(InvalidInput, match=re.escape("the vector has shape (2,)")):
        am.hvp(lambda x: (x**2).sum(), np.ones(3), np.ones(2))


def test_a_container_that_contains_itself_is_refused():
    p = {"w": 1.0}
    p["self"] = p
    with pytest.raises(InvalidInput, match="contains itself"):
        am.grad(lambda p: p["w"])(p)


def test_complex_conventions():
    z = 0.5 + 0.7j
    np.testing.assert_allclose(am.elementwise_grad(np.exp)(z), np.exp(z))
    np.testing.assert_allclose(am.jacobian(np.exp)(np.array([z]))[0, 0], np.exp(z))
    np.testing.assert_allclose(am.jvp(np.exp, (z,), (1 - 2j,))[1], np.exp(z) * (1 - 2j))
    np.testing.assert_allclose(am.vjp(np.exp, z)[1](1 - 2j)[0], np.conj(np.exp(z)) * (1 - 2j))  # J^H
    np.testing.assert_allclose(am.grad(lambda z: np.real(z * z))(z), np.conj(2 * z))
    # a real input behind complex numbers has a real gradient
    slope = am.grad(lambda x: np.abs(np.exp(1j * x) + 1.0))(0.4)
    assert slope.dtype == np.float64
    np.testing.assert_allclose(slope, numeric(lambda x: np.abs(np.exp(1j * x) + 1.0), 0.4), rtol=1e-8)
    # order 2 of a real function of a complex number along a direction
    f = lambda z: np.real(z**3)  # noqa: E731 - a formula reads better on one line
    np.testing.assert_allclose(am.hvp(f, z, 1.0 + 0j), np.conj(6 * z), rtol=1e-12)


def test_a_complex_result_of_real_numbers_has_a_complex_derivative():
    f = lambda x: np.exp(1j * x) * x  # noqa: E731
    x = np.array([0.3, 1.2])
    slope = 1j * np.exp(1j * x) * x + np.exp(1j * x)
    np.testing.assert_allclose(am.jacobian(f)(x), np.diag(slope))
    np.testing.assert_allclose(am.elementwise_grad(f)(x), slope)
    np.testing.assert_allclose(am.jvp(f, (x,), (np.ones(2),))[1], slope)
    np.testing.assert_allclose(am.jacobian(f)(0.3), slope[0])


def test_the_sign_of_a_complex_number_is_not_flat():
    z = np.array([1 + 2j, -0.5 + 0.1j])
    with pytest.raises(NotCovered, match=re.escape("z / np.abs(z)")):
        np.sign(am.Value(z))
    am.check_grads(np.abs, z, order=2)


def test_leaves_are_named_by_the_parameters_of_methods_too():
    class Flat:
        def f(self, first, *rest):
            return np.floor(first) + np.floor(rest[0])

    with pytest.warns(ZeroGradientWarning, match=r"the gradient of first, argument 1 is zero"):
        am.grad(Flat().f, (0, 1))(1.5, 2.5)


def test_elementwise_grad_broadcasts_and_nests():
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    np.testing.assert_allclose(am.elementwise_grad(np.tanh)(x), 1 - np.tanh(x) ** 2)
    np.testing.assert_allclose(am.elementwise_grad(am.elementwise_grad(np.sin))(x), -np.sin(x))


def test_jacobians_of_containers_and_empty_results():
    j = am.jacobian(lambda x: {"a": x * 2, "b": (x.sum(),)})(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(j["a"], 2 * np.eye(2))
    np.testing.assert_array_equal(j["b"][0], [1.0, 1.0])
    assert am.jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)
    assert am.jacobian(lambda x: x.sum())(np.ones((2, 3))).shape == (2, 3)
    assert am.jacobian(lambda x: x * 1.0)(np.ones((2, 3))).shape == (2, 3, 2, 3)


def test_a_result_that_does_not_depend_on_the_argument():
    assert am.grad(lambda x: 3.0)(1.0) == 0.0
    assert am.grad(lambda x: np.float64(3.0))(np.ones(2)).tolist() == [0.0, 0.0]
    assert am.jacobian(lambda x: np.ones(2))(np.ones(3)).tolist() == [[0.0] * 3] * 2
    assert am.jvp(lambda x: np.ones(2), (1.0,), (1.0,))[1].tolist() == [0.0, 0.0]


def test_gradients_share_nothing():
    x = np.ones(3)
    gradient = am.grad(lambda a: (a * 1.0).sum())(x)
    gradient[0] = 7.0
    assert x[0] == 1.0
    both = am.grad(lambda a, b: (a + b).sum(), (0, 1))(x, x)
    both[0][0] = 9.0
    assert both[1][0] == 1.0
    seed = np.ones(3)
    _, pullback = am.vjp(lambda a: a + 0.0, x)
    pulled = pullback(seed)[0]
    pulled[0] = 5.0
    assert seed[0] == 1.0
