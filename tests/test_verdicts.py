"""What a check says where a gradient is not simply right or wrong: kinks, edges, jumps, noise."""

from typing import Any

import numpy as np
import pytest
from planting import B, planted

import autograd_mini as am
from autograd_mini.check import CheckError, Verdict, check_grads
from autograd_mini.errors import GradientMismatch

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


@pytest.mark.parametrize("n", [4, 6])
def test_strong_curvature_is_no_tie(n: int) -> None:
    hilbert = 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)

    def solved(a: Any) -> Any:
        return np.sum(np.linalg.solve(a, np.ones(n)))

    assert check_grads(solved, hilbert, grad=am.grad(solved)).ok
    assert check_grads(solved, hilbert, grad=1.01 * am.grad(solved)(hilbert), report=True).verdict is Verdict.WRONG


def test_what_rounding_alone_may_hide_is_not_called_right() -> None:
    hilbert = 1 / (np.arange(10)[:, None] + np.arange(10) + 1.0)
    report = check_grads(lambda a: np.sum(np.sin(np.linalg.solve(a, np.ones(10)))), hilbert, report=True, order=1)
    assert report.verdict is Verdict.UNKNOWN
