"""Derivatives by differences alone, and their error bars."""

import math
from typing import Any

import numpy as np
import pytest
from planting import RNG, A, B, Z

import autograd_mini as am
from autograd_mini.check import finite_difference
from autograd_mini.errors import InvalidInput


def test_the_difference_of_a_number_by_an_array_is_the_gradient() -> None:
    p = {"w": A, "b": [B, 2.0], "n": 3}

    def loss(p: Any) -> Any:
        y = np.tanh(p["w"] * p["b"][0]) * p["b"][1]
        return y[0, 0] * y[1, 1] + y[2, 3]

    found, wanted = finite_difference(loss, p).derivative, am.grad(loss)(p)
    np.testing.assert_allclose(found["w"], wanted["w"], atol=1e-9)
    np.testing.assert_allclose(found["b"][0], wanted["b"][0], atol=1e-9)
    np.testing.assert_allclose(found["b"][1], wanted["b"][1], atol=1e-9)
    assert found["n"] is None


def test_the_difference_of_an_array_by_an_array_is_the_jacobian() -> None:
    def function(x: Any) -> Any:
        return {"a": np.sin(x[:, :2]), "b": (x * x, 7)}

    found, wanted = finite_difference(function, A).derivative, am.jacobian(function)(A)
    assert found["a"].shape == (3, 2, 3, 4)
    np.testing.assert_allclose(found["a"], wanted["a"], atol=1e-9)
    np.testing.assert_allclose(found["b"][0], wanted["b"][0], atol=1e-9)


def test_differences_in_one_direction_are_the_jvp() -> None:
    t = RNG.normal(size=4)
    found = finite_difference(lambda x, y: x * np.exp(y), A, B, argnum=1, tangent=t).derivative
    np.testing.assert_allclose(found, am.jvp(lambda y: A * np.exp(y), (B,), (t,))[1], atol=1e-8)
    slope = finite_difference(lambda p: p["x"] * p["y"], {"x": 2.0, "y": 5.0}, tangent={"x": 1.0, "y": 10.0})
    assert slope.derivative == pytest.approx(25.0)


def test_complex_differences() -> None:
    np.testing.assert_allclose(finite_difference(np.exp, Z)[0], np.diag(np.exp(Z)), atol=1e-9)
    np.testing.assert_allclose(finite_difference(np.abs, 3 + 4j)[0], 0.6 + 0.8j)
    np.testing.assert_allclose(finite_difference(lambda x: np.exp(1j * x), 1.0)[0], 1j * np.exp(1j), atol=1e-9)
    np.testing.assert_allclose(finite_difference(np.conj, Z, tangent=1j * Z)[0], np.conj(1j * Z), atol=1e-9)


def test_differences_of_single_precision_are_made_in_double() -> None:
    x = np.float32([0.5, 1.5])
    found = finite_difference(np.sin, x, tangent=np.ones(2)).derivative
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.cos(x.astype(float)), rtol=1e-9)
    inside, error = finite_difference(lambda x: np.sin(x.astype(np.float32)), x, tangent=np.ones(2))
    assert np.all(error < 1e-4)
    assert np.all(abs(inside - np.cos(x.astype(float))) < error)


def test_differences_of_a_function_that_is_not_ours() -> None:
    import math

    assert finite_difference(math.erf, 0.5).derivative == pytest.approx(
        2 / math.sqrt(math.pi) * math.exp(-0.25), rel=1e-9
    )


def test_the_step_follows_scale() -> None:
    def wiggly(x: Any) -> Any:
        return x + 1e-3 * np.sin(1e3 * x)

    assert finite_difference(wiggly, 0.0).derivative == pytest.approx(2.0, rel=1e-6)
    assert finite_difference(lambda x: np.log(x), 1e-9, scale=1e-9).derivative == pytest.approx(1e9, rel=1e-8)


DIFFERENCES = {
    "smooth": (np.sin, 0.7, np.cos(0.7)),
    "steep": (lambda x: np.exp(20 * x), 1.0, 20 * np.exp(20.0)),
    "a constant beside": (lambda x: 1e9 + np.sin(x), 0.1, np.cos(0.1)),
    "a constant beside, not holomorphic": (lambda x: 1e9 + np.abs(np.sin(x)), 0.1, np.cos(0.1)),
    "cancellation": (lambda x: (1e9 + np.abs(np.sin(x))) - 1e9, 0.1, np.cos(0.1)),
    "oscillation": (lambda x: np.abs(x) + np.sin(3e4 * x), 0.1, 1 + 3e4 * np.cos(3e3)),
    "near an edge": (np.sqrt, 1e-5, 0.5 / np.sqrt(1e-5)),
    "nearer an edge": (np.log, 1e-12, 1e12),
    "near a kink": (lambda x: np.maximum(x, 0), 1e-9, 1.0),
    "single precision inside": (lambda x: np.sin(np.float32(x)).astype(float), 0.4, np.cos(0.4)),
    "single precision beside double": (lambda x: np.sin(np.float32(x)).astype(float) + x, 0.4, np.cos(0.4) + 1),
    "noise": (lambda x: x + 1e-6 * np.sin(1e13 * x), 0.3, 1.0),
    "a slope of zero": (np.cos, 0.0, 0.0),
    "a kink in the slope": (lambda x: x * np.abs(x), 0.0, 0.0),
    "large": (lambda x: np.log(x) * x, 1e9, np.log(1e9) + 1),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_error_bar_of_a_difference_holds(name: str) -> None:
    function, x, exact = DIFFERENCES[name]
    slope, error = finite_difference(function, x)
    assert abs(slope - exact) <= error
    assert error <= 1e-3 * max(abs(exact), 1e-3)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_differences_of_higher_order(order: int) -> None:
    exact = [np.cos(0.7), -np.sin(0.7), -np.cos(0.7), np.sin(0.7)][order - 1]
    slope, error = finite_difference(np.sin, 0.7, order=order)
    assert abs(slope - exact) <= error < 1e-4
    t = np.array([1.0, -2.0])
    along, error = finite_difference(lambda x: np.sum(np.sin(x)), np.array([0.7, 0.7]), tangent=t, order=order)
    assert abs(along - exact * np.sum(t**order)) <= error < 1e-3


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.3, 3.0, 1e4])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_error_bar_of_a_higher_order_holds(order: int, x: float) -> None:
    sin = [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]
    log = (-1) ** (order - 1) * math.factorial(order - 1) / x**order
    for function, exact in ((np.sin, sin[order % 4](x)), (np.log, log)):
        slope, error = finite_difference(function, x, order=order)
        assert abs(slope - exact) <= error < np.inf


def test_the_second_difference_by_an_array_is_the_hessian() -> None:
    def function(x: Any) -> Any:
        return np.sum(np.exp(x) * x[0] ** 2)

    found, error = finite_difference(function, B, order=2)
    wanted = am.hessian(function)(B)
    assert np.all(abs(found - wanted) <= error)
    assert np.max(error) < 1e-6
    tensor, _ = finite_difference(lambda x: np.outer(x, x), B[:2], order=2)
    assert tensor.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(tensor[0, 1], [[0, 1], [1, 0]], atol=1e-7)


def test_orders_that_an_argument_does_not_have() -> None:
    with pytest.raises(InvalidInput, match="order=3 without a tangent"):
        finite_difference(np.sin, B, order=3)
    with pytest.raises(InvalidInput, match="order=2 without a tangent"):
        finite_difference(lambda p: p["a"] * p["b"], {"a": 1.0, "b": 2.0}, order=2)
    with pytest.raises(InvalidInput, match="order=0"):
        finite_difference(np.sin, B, order=0)


def test_differences_need_something_to_move() -> None:
    with pytest.raises(InvalidInput, match="argument 1 holds no floating numbers"):
        finite_difference(lambda x, n: x, 1.0, {"n": 2}, argnum=1)
    with pytest.raises(InvalidInput, match="argnums has 2"):
        finite_difference(lambda x: x, 1.0, argnum=2)
    with pytest.raises(InvalidInput, match=r"the tangent has shape \(2,\)"):
        finite_difference(np.sin, B, tangent=np.ones(2))
