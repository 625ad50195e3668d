"""Gradients are compared with differences; the comparison is itself tested with wrong rules, planted on purpose."""

import gc
import json
import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import registry
from autograd_mini.check import CheckError, Verdict, check_grads, finite_difference
from autograd_mini.errors import GradientMismatch, InvalidInput, ShapeError

RNG = np.random.default_rng(7)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)
Z = RNG.normal(size=3) + 1j * RNG.normal(size=3)


@contextmanager
def planted(function: Any, **lines: Any) -> Iterator[None]:
    """Replace lines of a function's rule, for the time of a `with` block."""
    old = registry.RULES[function]
    kept = {name: pullback.function for name, pullback in old.pullbacks.items()}
    try:
        registry.rule(function, " ".join(old.params), broadcasts=old.broadcasts, **kept | lines)
        yield
    finally:
        registry.RULES[function] = old
        registry._announce(function)


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass
class Layer:
    w: Any
    steps: int


# ------------------------------------------------------------------------------------------ What is right passes

RIGHT = {
    "a number": (lambda x: np.tanh(x) * x**3, 0.7),
    "an integer": (lambda x: x**2, 3),
    "an array to an array": (lambda x: np.sin(x) * np.exp(-x), A),
    "broadcasting": (lambda x, y: np.log(2 + np.tanh(x * y)) - y, A, B),
    "a 0-d array": (np.exp, np.array(0.3)),
    "an empty array": (lambda x, y: np.sin(x) * y, np.zeros((0, 3)), 2.0),
    "one use for many": (lambda x: (lambda y: y * y + np.sqrt(y))(np.exp(x)) + x, B),
    "methods of a Value": (lambda x: x.relu() * x.sigmoid(), A),
    "containers": (
        lambda p, q: {"u": p["w"] * p["bs"][0], "v": (q.left / (1 + q.right**2), 3, None)},
        {"w": A, "bs": [B, 2.0], "name": "first", "n": 3},
        Pair(0.5, B),
    ),
    "a dataclass": (lambda layer: layer.w**layer.steps, Layer(B, 3)),
    "holomorphic": (lambda z: np.exp(z) * z**2, Z),
    "not holomorphic": (lambda z, x: np.conj(z) * x + np.real(z) ** 2, Z, 2.0),
    "real to complex": (lambda x: np.exp(1j * x) * Z, np.array([0.1, 0.2, 0.3])),
    "complex to real": (lambda z: np.real(z * np.conj(z)) * np.imag(z), Z),
    "float32": (lambda x, y: np.tanh(x * y) / (1 + y * y), A.astype(np.float32), B.astype(np.float32)),
    "float32 and float64": (lambda x, y: np.tanh(x * y), A.astype(np.float32), B),
    "float16": (lambda x: np.tanh(x), np.float16([0.5, -1.25])),
    "complex64": (lambda z: np.sin(z), Z.astype(np.complex64)),
    "large and small numbers": (lambda x: np.log(x) * x, np.array([1e-7, 1.0, 1e9])),
    "a kink nearby": (lambda x: np.abs(x) * np.maximum(x, 1e-5), np.array([1e-6, -1e-6, 2e-5])),
    "near the edge of the domain": (lambda x: np.sqrt(x) + np.arcsin(1 - x), np.array([1e-5, 0.5])),
    "a fast oscillation": (lambda x: np.sin(3e4 * x), np.array([0.1, 0.7])),
    "a large constant beside": (lambda x: 1e9 + np.sin(x), np.array([0.1, 0.7])),
    "a slope of zero": (lambda x: np.cos(x), np.zeros(2)),
    "no dependence": (lambda x, y: y * 2, B, 1.0),
    "piecewise constant": (lambda x: np.floor(x) + 0.5, np.array([1.5])),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name: str) -> None:
    function, *args = RIGHT[name]
    report = check_grads(function, *args)
    assert report.ok
    assert {entry.order for entry in report.entries} == {1, 2}
    assert {entry.mode for entry in report.entries} == {"vjp", "jvp"}


def test_differences_are_precise_where_nothing_is_in_the_way() -> None:
    assert check_grads(lambda x, y: np.tanh(x * y) * y, A, B).worst < 1e-9


def test_orders_up_to_four() -> None:
    report = check_grads(lambda x: np.tanh(x) * x**3, np.array([0.4, 1.2]), order=4)
    assert {entry.order for entry in report.entries} == {1, 2, 3, 4}


def test_each_element_is_compared_with_its_own_derivative() -> None:
    report = check_grads(lambda x, y: x[0] * x[1] ** 2 + y, np.array([2.0, 3.0]), 1.0, order=1, report=True)
    found = {entry.place: entry.expected for entry in report.entries if entry.mode == "vjp"}
    assert found == pytest.approx({"x[0]": 9.0, "x[1]": 12.0, "y": 1.0})


def test_complex_elements_are_compared_in_both_directions() -> None:
    report = check_grads(lambda z: np.real(z * np.conj(z)), 3 - 4j, order=1, report=True)
    found = {entry.place: entry.found for entry in report.entries if entry.mode == "vjp"}
    assert found == pytest.approx({"z.real": 6.0, "z.imag": -8.0})  # the direction of steepest ascent


def test_of_large_arrays_some_elements_and_some_directions_are_compared() -> None:
    report = check_grads(np.sin, np.linspace(0, 1, 500), order=1, max_elements=200)
    assert len(report.entries) == 20 + 4 + 1
    wrong = np.cos(np.linspace(0, 1, 500))
    wrong[0] = 5.0  # not among the elements drawn
    entries = check_grads(np.sin, np.linspace(0, 1, 500), order=1, seed=3).entries
    assert all(entry.index != (0,) for entry in entries)
    with (
        planted(np.sin, x=lambda g, x: g * np.where(x == 0, 5.0, np.cos(x))),
        pytest.raises(GradientMismatch, match="x, in a random direction: vjp"),
    ):
        check_grads(np.sin, np.linspace(0, 1, 500), order=1, seed=3)


def test_the_seed_makes_it_reproducible() -> None:
    one, two, other = (check_grads(np.sin, A, seed=seed).entries for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_argnums_leaves_the_others_alone() -> None:
    report = check_grads(lambda w, labels: w[labels] ** 2, B, np.array([0, 2, 2]), argnums=0)
    assert {entry.argument for entry in report.entries} == {"w"}


def test_names_of_arguments() -> None:
    def several(first: Any, *others: Any) -> Any:
        return first * others[0] * others[1]

    def arguments(function: Any, *args: Any, **options: Any) -> set[str]:
        return {entry.argument for entry in check_grads(function, *args, **options).entries}

    assert arguments(several, 1.0, 2.0, 3.0) == {"first", "others[0]", "others[1]"}
    assert arguments(np.multiply, 1.0, 2.0) == {"x1", "x2"}
    assert arguments(lambda p: p["w"][0] * 2, {"w": [1.0]}) == {"p['w'][0]"}
    assert arguments(lambda x: x * 2, 1.0, names=["rate"]) == {"rate"}
    with pytest.raises(InvalidInput, match="1 names for 2 arguments"):
        check_grads(lambda x, y: x * y, 1.0, 2.0, names=["x"])


# ------------------------------------------------------------------------------------------ What is wrong is found

WRONG = {
    "twice as large": (np.sin, {"x": lambda g, x: 2 * g * np.cos(x)}, 1, 0.5),
    "a hundredth off": (np.sin, {"x": lambda g, x: g * 1.01 * np.cos(x)}, 1, 0.01 / 1.01),
    "the wrong sign": (np.sin, {"x": lambda g, x: -g * np.cos(x)}, 1, 2.0),
    "a term dropped": (np.tanh, {"x": lambda g: g}, 1, None),
    "wrong for negative arguments": (np.sin, {"x": lambda g, x: g * np.where(x < 0, 1.0, np.cos(x))}, 1, None),
    "wrong at order 2": (np.sin, {"x": lambda g, x: g * np.cos(am.stop_gradient(x))}, 2, None),
    "not linear in g": (np.sin, {"x": lambda g, x: np.where(g == 0, 0, g * np.cos(x))}, 1, 1.0),
    "infinite": (np.sin, {"x": lambda g, x: g * np.inf}, 1, None),
    "not a number": (np.sin, {"x": lambda g, x: g * np.nan}, 1, None),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_wrong_rule_is_found(name: str, dtype: Any) -> None:
    function, lines, order, relative = WRONG[name]
    x = np.array([-0.7, 0.4, 1.3], dtype)
    with np.errstate(invalid="ignore"), planted(function, **lines):
        report = check_grads(lambda p, y: function(p["w"]) * y, {"b": 1.0, "w": x}, 2.0, report=True)
        with pytest.raises(GradientMismatch, match=r"p\['w'\]"):
            check_grads(lambda p, y: function(p["w"]) * y, {"b": 1.0, "w": x}, 2.0)
    assert not report.ok
    first = [entry for entry in report.wrong if entry.order == order and (entry.mode == "vjp" or "linear" in name)]
    assert min(entry.order for entry in report.wrong) == order
    assert {entry.argument for entry in first} == {"p['w']"}
    if relative is not None:
        assert max(entry.relative for entry in first) == pytest.approx(relative, rel=1e-2)
    check_grads(function, x)  # the rule in its place again


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_millionth_off_is_found(dtype: Any) -> None:
    with planted(np.sin, x=lambda g, x: g * (1 + 1e-6) * np.cos(x)):
        report = check_grads(np.sin, np.array([0.4, 1.3], dtype), report=True)
    assert report.worst == pytest.approx(1e-6, rel=1e-2)
    assert report.verdict is Verdict.WRONG


def test_only_the_wrong_elements_are_named() -> None:
    with planted(np.sin, x=lambda g, x: g * np.where(x < 0, 1.1, 1.0) * np.cos(x)):
        report = check_grads(np.sin, np.array([[0.5, -0.7], [-0.2, 0.9]]), order=1, report=True, modes=["vjp"])
    assert {entry.index for entry in report.wrong} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("factor", [2, 1.01, 1.0001])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_a_small_element_is_not_hidden_by_a_large_one(k: int, factor: float) -> None:
    x = np.array([1e-6, 1.0, 1e6])
    assert check_grads(np.square, x).ok
    with planted(np.square, x=lambda g, x: 2 * g * x * np.where(x == x[k], factor, 1.0)):
        report = check_grads(np.square, x, order=1, modes=("vjp",), report=True)
    assert [entry.place for entry in report.wrong] == [f"x[{k}]"]


def test_only_the_wrong_argument_is_named() -> None:
    with planted(np.multiply, x2=lambda g, x1: g * x1 * 1.01):
        report = check_grads(lambda left, right: left * right, A, A + 1, order=1, report=True)
    assert {entry.argument for entry in report.wrong} == {"right"}


def test_a_transposed_result_is_found() -> None:
    square = am.primitive(lambda x: 2 * x)
    am.rule(square, "x", x=lambda g: np.transpose(2 * g))
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: square(x), A[:3, :3])
    assert "wrong in" in str(caught.value)
    report = check_grads(lambda x: square(x), A[:3, :3], order=1, modes=["vjp"], report=True)
    assert {entry.index for entry in report.wrong} == {(i, j) for i in range(3) for j in range(3) if i != j}


def test_a_sum_that_takes_one_element_is_found() -> None:
    broadcast = am.primitive(lambda x, y: x * y)
    am.rule(broadcast, "x y", x=lambda g, y: g * y, y=lambda g, x: (g * x)[0])  # instead of the sum over rows
    report = check_grads(lambda x, y: broadcast(x, y), A, B, order=1, report=True)
    assert {entry.argument for entry in report.wrong} == {"y"}


def test_a_wrong_imaginary_part_is_found() -> None:
    with planted(np.sin, x=lambda g, x: g * np.conj(np.cos(x))):
        report = check_grads(np.sin, Z, order=1, report=True)
    assert {entry.part for entry in report.wrong} >= {"real", "imag"}


def test_a_rule_that_is_not_linear_in_g_shows_in_jvp() -> None:
    with planted(np.sin, x=lambda g, x: np.where(g == 0, 0, g * np.cos(x))):
        report = check_grads(np.sin, B, order=1, report=True)
    assert {(entry.mode, entry.reference) for entry in report.wrong} == {("jvp", "vjp")}


def test_jvp_alone_is_compared_with_differences() -> None:
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        report = check_grads(np.sin, B, order=1, report=True, modes=("jvp",))
    assert {(entry.mode, entry.reference, entry.ok) for entry in report.entries} == {("jvp", "difference", False)}


def test_single_precision_inside_is_seen_as_noise() -> None:
    def function(x: Any) -> Any:
        return np.sin(x.astype(np.float32)).astype(np.float64)

    assert check_grads(function, np.array([0.4, 1.3])).ok
    with planted(np.sin, x=lambda g, x: g * 1.001 * np.cos(x)), pytest.raises(GradientMismatch):
        check_grads(function, np.array([0.4, 1.3]))


def test_single_precision_beside_double_is_seen_as_noise() -> None:
    rng = np.random.default_rng(0)

    def function(x: Any) -> Any:
        return np.sin(x.astype(np.float32)).astype(np.float64) + x

    for _ in range(5):
        x = rng.normal(size=3) * rng.choice([0.1, 1.0, 5.0], 3)
        assert check_grads(function, x).ok
        slopes, error = finite_difference(lambda x: np.sum(function(x)), x)
        assert np.all(abs(slopes - np.cos(x) - 1) <= error)
    with planted(np.sin, x=lambda g, x: g * 1.01 * np.cos(x)), pytest.raises(GradientMismatch):
        check_grads(function, np.array([0.4, 1.3]))


def test_tolerances_can_be_given() -> None:
    with planted(np.sin, x=lambda g, x: g * 1.01 * np.cos(x)):
        check_grads(np.sin, B, rtol=0.1)
        check_grads(np.sin, B, atol=0.1)
        with pytest.raises(GradientMismatch):
            check_grads(np.sin, B, rtol=1e-3)


# ------------------------------------------------------------------------------------------ Gradients from elsewhere


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


# ------------------------------------------------------------------------------------------ Verdicts

KINKS = {
    "relu at 0": (lambda x: x.relu(), np.array([0.0, 1.0, -1.0])),
    "abs at 0": (np.abs, np.zeros(2)),
    "a tie of maxima": (np.max, np.array([1.0, 1.0, 0.0])),
    "a tie in sorting": (lambda x: np.sort(x) * [1.0, 2.0, 3.0], np.array([1.0, 1.0, 0.0])),
    "a norm of zero": (np.linalg.norm, np.zeros(3)),
    "the bounds of clip": (lambda x: np.clip(x, 0, 1), np.array([0.0, 1.0, 0.5])),
    "a small kink on a large slope": (lambda x: np.exp(x) + 1e-3 * np.abs(x - 1), np.array([1.0])),
    "a kink in single precision": (np.abs, np.float32([0.0, 1.0])),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_subgradient_at_a_kink_is_as_right_as_can_be(name: str) -> None:
    function, x = KINKS[name]
    report = check_grads(function, x)
    assert report.ok
    assert report.verdict is Verdict.KINK
    kinked = [entry for entry in report.entries if entry.verdict is Verdict.KINK and entry.order == 1]
    assert all(entry.subgradient and entry.left != entry.right for entry in kinked)


def test_the_slopes_on_both_sides_of_a_kink() -> None:
    (entry,) = check_grads(lambda x: np.where(x > 0, 3 * x, -2 * x), 0.0, order=1, modes=["vjp"], report=True).entries
    assert (entry.left, entry.right) == (pytest.approx(-2, abs=1e-9), pytest.approx(3, abs=1e-9))


@pytest.mark.parametrize("factor", [2, 1.0001])
def test_a_wrong_gradient_at_a_tie_is_found(factor: float) -> None:
    x = np.array([1.0, 2.0, 2.0])
    with planted(np.max, a=lambda g, a: g * factor * (a == a.max()) / np.sum(a == a.max())):
        report = check_grads(lambda x: np.max(x) ** 2, x, report=True)
    assert report.verdict is Verdict.WRONG
    assert [entry.place for entry in report.wrong] == ["x, all elements together"]
    assert report.blame[0].operation == "numpy.max"
    assert report.patterns[0].text == f"it is {factor} times what it should be"
    for right in ([0, 1, 0], [0, 0, 1], [0, 0.25, 0.75]):
        assert check_grads(np.max, x, grad=np.array(right)).ok


def test_no_subgradient_at_a_kink_raises() -> None:
    assert check_grads(np.abs, 0.0, grad=0.3).ok
    with pytest.raises(GradientMismatch, match="kink"):
        check_grads(np.abs, 0.0, grad=1.5)


INSIDE = {
    "a smooth function of abs": (lambda x: np.abs(x**2), 2, "numpy.absolute"),
    "relu against relu": (lambda x: x.relu() - (-x).relu(), 1, "autograd_mini.primitives.relu"),
}


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_kink_inside_is_named_and_nobody_is_wrong(name: str) -> None:
    function, order, operation = INSIDE[name]
    report = check_grads(function, np.array([0.0, 0.7]), report=True, order=2)
    assert report.verdict is Verdict.KINK
    assert not report.ok
    assert min(entry.order for entry in report.wrong) == order
    assert f"{operation} ({__file__}, line " in report.wrong[0].note
    with pytest.raises(GradientMismatch, match="has no derivative where it is called: a kink here"):
        check_grads(function, np.array([0.0, 0.7]))


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9, -1e-3, -1e-6, -1e-9])
def test_beside_a_kink_the_slope_of_one_side_is_the_right_one(distance: float) -> None:
    right = float(distance > 0)
    assert check_grads(lambda x: np.maximum(x, 0.0), distance, grad=right).verdict is Verdict.RIGHT
    wrong = check_grads(lambda x: np.maximum(x, 0.0), distance, grad=1 - right, report=True)
    assert wrong.verdict is Verdict.WRONG


VERDICTS = {
    "the edge of the domain": (np.sqrt, 0.0, Verdict.OUTSIDE),
    "outside": (np.log, -1.0, Verdict.OUTSIDE),
    "a jump": (lambda x: np.heaviside(x, 0.5) * (1 + x), 0.0, Verdict.JUMP),
    "a jump to one side": (lambda x: x + np.floor(x), 2.0, Verdict.JUMP),
    "an infinite slope": (np.cbrt, 0.0, Verdict.UNKNOWN),
    "a fine staircase": (lambda x: np.round(x, 6) * 1.0, 0.3000001, Verdict.UNKNOWN),
}


@pytest.mark.parametrize("name", VERDICTS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_where_nothing_can_be_said(name: str) -> None:
    function, x, verdict = VERDICTS[name]
    report = check_grads(function, x, order=1, report=True)
    assert report.verdict is verdict
    assert not report.ok
    with pytest.raises(CheckError):
        check_grads(function, x, order=1)


def test_what_noise_hides() -> None:
    def noisy(x: Any) -> Any:
        return 1e13 + np.abs(np.sin(x))

    report = check_grads(noisy, 0.4, order=1, report=True)
    assert report.verdict is Verdict.UNKNOWN
    assert "the function's noise hides it" in report.wrong[0].note


def test_the_remainder_confirms_the_verdict() -> None:
    right = check_grads(lambda x: np.sum(np.sin(x) * x), B, order=1)
    assert right.taylor == pytest.approx(2, abs=0.05)
    wrong = check_grads(lambda x: np.sum(np.sin(x) * x), B, grad=1.1 * (np.cos(B) * B + np.sin(B)), report=True)
    assert wrong.taylor == pytest.approx(1, abs=0.05)
    assert np.isnan(check_grads(lambda x: 3 * x, 1.0, order=1).taylor)


# ------------------------------------------------------------------------------------------ Large and many


def test_the_cost_does_not_grow_with_the_size() -> None:
    def calls(size: int) -> int:
        count = 0

        def counted(x: Any) -> Any:
            nonlocal count
            count += 1
            return np.sum(np.sin(x) * x)

        check_grads(counted, np.linspace(0.1, 1, size), order=1)
        return count

    assert max(calls(1_000), calls(100_000)) < 800


def test_directions_find_what_elements_miss_as_often_as_they_say() -> None:
    x = np.random.default_rng(0).normal(size=1000)
    right = np.cos(x)
    found = 0
    for seed in range(40):
        wrong = right.copy()
        wrong[seed] += 0.01 * np.linalg.norm(right)  # one element: an error of a hundredth of the length
        report = check_grads(lambda x: np.sum(np.sin(x)), x, grad=wrong, report=True, seed=seed, directions=1)
        found += report.verdict is Verdict.WRONG
        (coverage,) = report.coverage
    assert (coverage.elements, coverage.directions, coverage.complete) == (20, 1, False)
    assert coverage.detection > 0.999
    assert found >= 39
    noisy = check_grads(lambda x: np.sum(np.sin(x).astype(np.float16)), x, grad=right, report=True, directions=1)
    assert noisy.coverage[0].detection < 0.99


def test_several_seeds_repeat_the_check() -> None:
    one = check_grads(np.sin, B, seed=3)
    three = check_grads(np.sin, B, seed=[3, 4, 5])
    assert len(three.entries) == 3 * len(one.entries)
    assert set(one.entries) < set(three.entries)


def test_a_model_on_a_batch_in_one_call() -> None:
    model = am.nn.Sequential(am.nn.Linear(3, 4, rng=0), am.nn.tanh, am.nn.Linear(4, 2, rng=1))
    report = check_grads(model, RNG.normal(size=(5, 3)), order=1)
    assert report.name == "Sequential"
    assert {entry.argument for entry in report.entries} == {
        *(f"parameters[{path!r}]" for path, _ in model.named_parameters()),
        "x",
    }
    labels = np.array([0, 1, 1, 0, 1])

    def loss(network: Any, x: Any) -> Any:
        return am.nn.softmax_cross_entropy(network(x), labels)

    with planted(np.tanh, x=lambda g, out: g * (1 - out)):
        report = check_grads(loss, model, RNG.normal(size=(5, 3)), argnums=0, order=1, report=True)
    assert {entry.argument for entry in report.wrong} == {
        "network['layers.0.weight']",
        "network['layers.0.bias']",
    }
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_function_of_single_precision_only() -> None:
    def strict(x: Any) -> Any:
        if x.dtype != np.float32:
            raise TypeError("single precision only")
        return np.tanh(x) * x

    x = np.float32([0.3, -1.2])
    assert check_grads(strict, x, order=1).verdict is Verdict.RIGHT
    assert check_grads(strict, x, order=1).worst < 1e-3
    with planted(np.tanh, x=lambda g, out: 1.05 * g * (1 - out * out)), pytest.raises(GradientMismatch):
        check_grads(strict, x, order=1)


def test_ill_conditioned_functions_are_no_false_alarm() -> None:
    hilbert = 1 / (np.arange(6)[:, None] + np.arange(6) + 1)
    assert check_grads(np.linalg.solve, hilbert, np.ones(6), order=1).verdict is Verdict.RIGHT
    narrow = hilbert[:4, :4].astype(np.float32)
    assert check_grads(np.linalg.solve, narrow, np.ones(4, np.float32), order=1, report=True).verdict is Verdict.RIGHT


# ------------------------------------------------------------------------------------------ The texts


def message(function: Any, *args: Any, error: type[Exception] = GradientMismatch, **options: Any) -> str:
    with pytest.raises(error) as caught:
        check_grads(function, *args, **options)
    return str(caught.value)


def test_the_message() -> None:
    with planted(np.sin, x=lambda g, x: g * np.where(x > 1, 1.01, 2.0) * np.cos(x)):
        text = message(lambda p: np.sin(p["w"])[0] + np.sin(p["w"])[1], {"w": np.array([1.25, 0.5])}, modes=["vjp"])
    line = f"({__file__}, line {test_the_message.__code__.co_firstlineno + 2})"
    assert issubclass(GradientMismatch, AssertionError)
    assert re.sub(r"gives \S+ where differences give \S+", "gives A where differences give B", text) == (
        "gradient of <lambda>: wrong in 2 of 4 numbers\n"
        f"  blame: the rule of numpy.sin for x gives A where differences give B {line}\n"
        "  p['w'][1]: vjp 1.7551651, difference 0.87758256 ± 2e-12\n"
        "  p['w'][0]: vjp 0.31847559, difference 0.31532236 ± 1e-12\n"
        "  why: the operation's own derivative differs from differences of that operation alone\n"
        "  instead: mend its rule; am.check_grads(..., report=True) returns every comparison"
    )


def test_the_message_is_short() -> None:
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        text = message(np.sin, A, order=1)
    assert text.startswith("gradient of sin: wrong in 12 of 13 numbers\n")
    assert "\n  pattern: x: it is 2 times what it should be\n" in text
    assert "\n  ... and 7 more\n" in text
    assert len(text.splitlines()) == 1 + 2 + 5 + 1 + 2
    line = test_the_message_is_short.__code__.co_firstlineno
    assert f"({__file__}, line " in text
    assert int(re.search(r"line (\d+)\)", text)[1]) < line  # of `message`, which calls the check
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        text = message(lambda w, x: np.sin(w) * np.cos(x), A, B)
    assert " at higher order\n" in text
    assert "order 2" not in text


def test_the_message_at_order_2() -> None:
    with planted(np.sin, x=lambda g, x: g * np.cos(am.stop_gradient(x))):
        text = message(np.sin, 0.5)
    assert "right at order 1 but not at order 2\n" in text
    assert "the rule of numpy.sin for x is right, but not its own derivative" in text
    assert "  x: vjp 0, difference -0.47942554" in text


def test_the_message_of_a_rule_that_is_not_linear() -> None:
    with planted(np.sin, x=lambda g, x: np.where(g == 0, 0, g * np.cos(x))):
        text = message(np.sin, 0.5, order=1)
    assert "in a random direction: jvp 0, vjp" in text
    assert "the rule of numpy.sin isn't linear in its cotangent g" in text


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_message_at_the_edge_of_the_domain() -> None:
    text = message(np.sqrt, 0.0, order=1, error=CheckError)
    assert text.startswith("gradient of sqrt: outside the domain, in 1 of 2 numbers\n")
    assert "x: outside the domain: vjp inf, difference nan (the function isn't finite on the left)" in text
    assert "a point inside the domain" in text


def test_the_message_at_a_kink() -> None:
    assert message(np.abs, 0.0, grad=3.0) == (
        "gradient of absolute: no subgradient at a kink, in 1 of 1 numbers\n"
        "  x: a kink here, left slope -1, right slope 1; grad 3 is no subgradient\n"
        "  why: at a kink only the numbers between the slopes on both sides are subgradients\n"
        "  instead: one of them; am.check_grads(..., report=True) returns every comparison"
    )


def test_the_message_of_a_gradient_from_elsewhere() -> None:
    def reused(x: Any) -> Any:
        y = np.exp(x)
        return np.sum(y * np.sin(y))

    text = message(reused, B, grad=np.exp(B) * np.sin(np.exp(B)))  # the second use of y is lost
    assert "pattern: x: of the 2 uses of the result of numpy.exp" in text
    assert "= for +=" in text
    x = np.linspace(0, 1, 1000)
    text = message(lambda x: np.sum(np.sin(x)), x, grad=-np.cos(x))
    assert "pattern: x: its sign is wrong" in text


def test_the_report() -> None:
    report = check_grads(np.exp, 1.0)
    assert repr(report).startswith("<gradient of exp: right in 4 numbers up to order 2; worst relative error ")
    assert bool(report)
    assert report.worst < 1e-8
    assert report.wrong == ()
    entry = next(entry for entry in report.entries if entry.order == 1 and entry.mode == "vjp")
    assert entry.found == np.exp(1.0)
    assert entry.absolute == abs(entry.found - entry.expected) <= entry.allowed
    with planted(np.exp, x=lambda g, out: 2 * g * out):
        report = check_grads(np.exp, 1.0, report=True, order=1)
    assert repr(report) == "<gradient of exp: wrong in 1 of 2 numbers>"
    assert not report
    assert json.loads(json.dumps(report.as_dict(), allow_nan=False))["verdict"] == "wrong"


def test_a_function_that_is_not_deterministic() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(CheckError) as caught:
        check_grads(lambda x: x * rng.normal(), 1.0)
    assert str(caught.value) == (
        "<lambda> returned something else when it was called again with the same arguments\n"
        "  why: differences need the same function each time: it draws random numbers, counts its calls, or changes its"
        " arguments in place\n"
        "  instead: a generator made inside the function from a fixed seed, or a function without state"
    )


def test_a_function_that_is_not_finite_at_the_point() -> None:
    with pytest.raises(CheckError) as caught:
        check_grads(lambda x: {"y": [x, np.log(x)]}, np.array([1.0, -1.0]))
    assert str(caught.value) == (
        "<lambda> returned nan at this point, at ['y'][1] of its result\n"
        "  why: differences of what isn't finite say nothing\n"
        "  instead: a point inside the function's domain; am.detect_anomaly() names the operation"
    )


def test_nothing_to_differentiate() -> None:
    with pytest.raises(CheckError, match="returned int: there is nothing to differentiate"):
        check_grads(lambda x: 3, 1.0)
    with pytest.raises(CheckError, match="hold no floating numbers"):
        check_grads(lambda p: p["n"] * 2.0, {"n": 3})
    with pytest.raises(InvalidInput, match="argument 1 is 'mean'"):
        check_grads(lambda x, how: x, 1.0, "mean")


@pytest.mark.parametrize("options", [{"order": 0}, {"modes": ()}, {"modes": ("forward",)}])
def test_options_that_check_nothing(options: Any) -> None:
    with pytest.raises(InvalidInput, match="there would be nothing to check"):
        check_grads(np.sin, 1.0, **options)


def test_an_error_of_the_function_comes_through() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("w")

    with pytest.raises(KeyError):
        check_grads(broken, 1.0)


# ------------------------------------------------------------------------------------------ Nothing is left behind


@pytest.mark.parametrize("wrong", [False, True])
def test_nothing_is_left_behind(wrong: bool) -> None:
    seen: list[weakref.ref[Any]] = []

    def watched(p: Any) -> Any:
        y = np.sin(p["w"]) * p["w"]
        seen.extend(weakref.ref(node) for node in (y.node, p["w"].node) if node is not None)
        return y

    lines = {"x": lambda g, x: 2 * g * np.cos(x)} if wrong else {}
    gc.collect()
    gc.disable()
    try:
        with planted(np.sin, **lines):
            assert check_grads(watched, {"w": B}, report=True).ok is not wrong
        assert len(seen) > 4
        assert [ref for ref in seen if ref() is not None] == []
    finally:
        gc.enable()


def test_arguments_are_not_changed() -> None:
    x = A.copy()
    check_grads(np.sin, x)
    finite_difference(np.sin, x)
    assert np.array_equal(x, A)


def test_outer_values_are_constants_to_it() -> None:
    w = am.Value([1.0, 2.0])
    assert check_grads(lambda x: x * w, np.array([3.0, 4.0])).ok
    assert check_grads(np.sin, w).ok
    assert w.grad is None


# ------------------------------------------------------------------------------------------ Finite differences


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
