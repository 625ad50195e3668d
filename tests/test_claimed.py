"""A gradient from elsewhere is compared with differences of its function."""

import math
from typing import Any

import numpy as np
import pytest
from planting import A, B, Z

from autograd_mini.check import Verdict, check_grads
from autograd_mini.errors import GradientMismatch, InvalidInput, ShapeError


def test_a_claimed_gradient() -> None:
    def loss(p: Any, x: Any) -> Any:
        return float(np.sum(np.asarray(p["w"]) ** 2) * x)  # nothing that could be recorded

    right = {"w": np.array([4.0, 8.0])}
    assert check_grads(loss, {"w": np.array([1.0, 2.0])}, 2.0, argnums=0, grad=right).ok
    report = check_grads(loss, {"w": np.array([1.0, 2.0])}, 2.0, grad=({"w": np.array([4.0, 8.1])}, 5.0), report=True)
    assert [entry.place for entry in report.wrong] == ["p['w'][1]"]
    assert {entry.mode for entry in report.entries} == {"grad"}


@pytest.mark.parametrize("off", [1e-1, 1e-3, 1e-5, 1e-7])
def test_a_claimed_gradient_that_is_a_little_off(off: float) -> None:
    x = np.array([0.3, -1.2, 2.0])
    claimed = np.cos(x) * x + np.sin(x)
    assert check_grads(lambda x: np.sum(np.sin(x) * x), x, grad=claimed).ok
    claimed[1] *= 1 + off
    report = check_grads(lambda x: np.sum(np.sin(x) * x), x, grad=claimed, report=True)
    assert [entry.place for entry in report.wrong] == ["x[1]"]


def test_a_claimed_complex_gradient_is_the_direction_of_steepest_ascent() -> None:
    def loss(z: Any) -> Any:
        return abs(z) ** 2

    assert check_grads(loss, 3 - 4j, grad=6 - 8j).ok
    with pytest.raises(GradientMismatch, match=r"z.imag: grad 8, difference -8"):
        check_grads(loss, 3 - 4j, grad=6 + 8j)


def test_a_claimed_gradient_may_be_a_function_of_the_same_arguments() -> None:
    def loss(w: Any, x: Any) -> Any:
        return np.sum(np.sin(w * x))

    def slopes(w: Any, x: Any) -> Any:
        return x * np.cos(w * x), w * np.cos(w * x)

    assert check_grads(loss, A, B + A, grad=slopes).ok
    assert check_grads(loss, A, B + A, argnums=1, grad=lambda w, x: slopes(w, x)[1]).ok
    with pytest.raises(GradientMismatch, match="w: it is the gradient by x"):
        check_grads(loss, A, B + A, grad=lambda *at: slopes(*at)[::-1])


def test_a_claimed_gradient_of_another_dtype() -> None:
    def loss(z: Any) -> Any:
        return np.sum(np.abs(z) ** 2)

    assert check_grads(loss, Z.real, grad=2 * Z.real + 0j).ok  # the same numbers
    report = check_grads(loss, Z.real, grad=2 * Z, report=True)
    assert report.patterns[0].text == "it is complex, and its argument is real: the real part is right"
    report = check_grads(loss, Z, grad=2 * Z.real, report=True)
    assert report.patterns[0].text == "its imaginary part is missing"
    report = check_grads(loss, B, grad=(2 * B).astype(int), report=True)
    assert [(one.kind, one.text) for one in report.patterns] == [
        ("dtype", "its numbers are cut to integers"),
    ]
    report = check_grads(loss, B, grad=(2e-9 * B).astype(np.float16), report=True)
    assert report.verdict is Verdict.WRONG


def test_half_of_a_square_is_a_factor_and_a_use_that_is_lost() -> None:
    report = check_grads(lambda x: x @ x, B, grad=B, report=True)
    assert [pattern.kind for pattern in report.patterns] == ["overwritten", "constant factor"]


def test_a_claimed_nan_is_wrong_also_where_the_slope_is_zero() -> None:
    report = check_grads(lambda x: np.sum(x[1:] ** 2), B, grad=np.array([np.nan, *2 * B[1:]]), report=True)
    assert [(entry.place, entry.verdict) for entry in report.wrong] == [("x[0]", Verdict.WRONG)]


def test_python_functions_of_numbers_at_the_edge_of_their_domain() -> None:
    assert check_grads(math.log, 1e-3, grad=1e3).ok
    assert check_grads(math.sqrt, 0.0, grad=0.5, report=True).verdict is Verdict.OUTSIDE


def test_a_claimed_gradient_belongs_to_one_number() -> None:
    with pytest.raises(ShapeError, match="returned 4 real numbers"):
        check_grads(lambda x: x * 2, B, grad=B)


def test_a_claimed_gradient_of_another_shape_is_wrong() -> None:
    x, b = np.ones((4, 3)), np.ones(3)
    unsummed = np.full((4, 3), 4.0)
    report = check_grads(lambda x, b: np.sum((x + b) ** 2), x, b, grad=(unsummed, unsummed), report=True)
    (entry,) = report.wrong
    assert (entry.argument, entry.note) == ("b", "its shape is (4, 3), and the argument's is (3,)")
    assert [pattern.kind for pattern in report.patterns] == ["missing sum"]
    with pytest.raises(InvalidInput, match="the gradient has no number or array at"):
        check_grads(lambda p: p["w"] * p["b"], {"w": 1.0, "b": 2.0}, grad={"w": 2.0})
