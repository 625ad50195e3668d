"""Right code is never called wrong: rules at points with kinks and ties, edges of domains, and random functions."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest
from case import Case
from cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_mini as am
from autograd_mini.check import Report, Verdict
from autograd_mini.errors import DegenerateWarning
from autograd_mini.primitives import relu
from autograd_mini.testing import Function, functions

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EVERY = 1 if LONG else 97  # of the planted points, which part is tried
EXAMPLES = 2_500 if LONG else 50  # of each kind of random function

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")  # of points without a slope


def assert_no_alarm(report: Report) -> None:
    assert report.verdict not in (Verdict.WRONG, Verdict.RANDOM), str(report)


# ----------------------------------------------------------------------------------------- Rules at planted points

PLANTS: dict[str, Any] = {
    "integers": lambda x, rng: np.round(x),
    "halves": lambda x, rng: np.round(2 * x) / 2,
    "some zeros": lambda x, rng: np.where(rng.random(np.shape(x)) < 0.4, 0.0, x),
    "some ties": lambda x, rng: np.where(rng.random(np.shape(x)) < 0.5, np.ravel(x)[0], x),
    "ones": lambda x, rng: np.ones(np.shape(x)),
    "zeros": lambda x, rng: np.zeros(np.shape(x)),
}
REAL = [
    case for case in CASES
    if not any(map(np.iscomplexobj, case.inputs)) and all(map(np.size, case.inputs))
    and case.function is not np.partition  # where equal elements land is NumPy's affair, and changes from step to step
]  # fmt: skip
PLANTED = [(case, plant, dtype) for plant in PLANTS for dtype in (np.float64, np.float32) for case in REAL][::EVERY]


@pytest.mark.parametrize(("case", "plant", "dtype"), PLANTED, ids=lambda x: getattr(x, "__name__", str(x)))
def test_no_rule_is_called_wrong_at_a_planted_point(case: Case, plant: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    inputs = [np.asarray(PLANTS[plant](x, rng), dtype)[()] for x in case.inputs]
    try:
        case(*inputs)
    except (ValueError, ZeroDivisionError):  # the function has no value there
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", DegenerateWarning)
        try:
            report = am.check_grads(case, *inputs, report=True)
        except DegenerateWarning:  # a rule says itself that it has no answer
            return
    assert_no_alarm(report)


# ------------------------------------------------------------------------------------------- Kinks that are hit


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


KINKS: dict[str, tuple[Any, ...]] = {
    "relu": (relu, [0.0, 1.0, -1.0]),
    "relu of a number": (relu, 0.0),
    "relu by maximum": (lambda x: np.maximum(x, 0), [0.0, 1.0, -1.0]),
    "abs": (np.abs, [0.0, 1.0, -1.0]),
    "minus abs": (lambda x: -np.abs(x), [0.0, 1.0, -1.0]),
    "abs of a product": (lambda x: np.abs(x) * x, [0.0, 1.0, -1.0]),
    "sum of abs": (lambda x: np.sum(np.abs(x - np.round(x))), [0.0, 1.25, -1.0]),
    "maximum": (np.maximum, [1.0, 2.0, 0.0], [1.0, 3.0, 0.0]),
    "minimum": (np.minimum, [1.0, 2.0, 0.0], [1.0, 3.0, 0.0]),
    "maximum of one": (lambda x: np.maximum(x, 1.0), [1.0, 2.0, 0.0]),
    "fmax": (np.fmax, [1.0, 2.0, 0.0], [1.0, 3.0, 0.0]),
    "clip": (lambda x: np.clip(x, -1, 1), [-1.0, 1.0, 0.0, 3.0]),
    "clip by arguments": (np.clip, [-1.0, 1.0, 0.0, 3.0], -1.0, 1.0),
    "max": (np.max, [1.0, 1.0, 0.0]),
    "max over an axis": (lambda x: np.max(x, axis=0), [[1.0, 2.0], [1.0, 3.0]]),
    "min": (np.min, [1.0, 1.0, 2.0, 1.0]),
    "ptp": (np.ptp, [1.0, 1.0, 0.0, 0.0]),
    "sort": (lambda x: np.sort(x) * np.array([1.0, 2.0, 3.0, 5.0]), [1.0, 1.0, 0.0, 2.0]),
    "sort of three": (lambda x: np.sort(x) * np.array([1.0, -2.0, 3.0, 5.0]), [1.0, 1.0, 1.0, 2.0]),
    "square of a max": (lambda x: np.max(x, axis=1) ** 2 * np.array([1.0, -3.0]), [[0.0, 0.0, -1.0], [0.0, -2.0, 0.0]]),
    "median of three": (np.median, [1.0, 1.0, 1.0]),
    "median of many": (np.median, [2.0] * 25),
    "quantile between ties": (lambda x: np.quantile(x, 0.4), [1.0, 1.0, 1.0, 0.0, 2.0, 2.0]),
    "norm": (np.linalg.norm, [0.0, 0.0, 0.0]),
    "norm of one row": (lambda x: np.linalg.norm(x, axis=1), [[0.0, 0.0], [1.0, 2.0]]),
    "1-norm": (lambda x: np.linalg.norm(x, 1), [0.0, 1.0, -2.0]),
    "maximum norm": (lambda x: np.linalg.norm(x, np.inf), [2.0, 1.0, -2.0]),
    "hypot": (np.hypot, [0.0, 3.0], [0.0, 4.0]),
    "where": (lambda x: np.where(x > 0, x**2, -x), [0.0, 1.0, -1.0]),
    "copysign": (lambda x: np.copysign(x, 1.0), [0.0, 1.0, -2.0]),
    "std": (np.std, [2.0, 2.0, 2.0]),
    "eigenvalues": (np.linalg.eigvalsh, np.eye(2)),
    "complex abs": (np.abs, [0j, 1 + 1j]),
}
SMOOTH: dict[str, tuple[Any, ...]] = {
    "a maximum of an array with itself": (lambda x: np.maximum(x, x), [1.0, 0.0]),
    "a square": (lambda x: x**2.0, [0.0, 1.0, -1.0]),
    "a cube of abs": (lambda x: np.abs(x) ** 3, [0.0, 1.0]),
    "a product with zeros": (np.prod, [0.0, 0.0, 2.0]),
    "a variance of equal numbers": (np.var, [2.0, 2.0, 2.0]),
    "a determinant of zeros": (np.linalg.det, np.zeros((2, 2))),
    "x log x": (lambda x: x * np.log(x), [1e-6, 1.0]),
    "a double where": (lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)) * x**3, 0), [0.0, 2.0]),
    "far ends of logaddexp": (lambda x: np.logaddexp(x, 0), [0.0, 700.0, -700.0]),
    "large numbers": (np.sin, [1e4, 1e5]),
    "a product that skips NaN and is 0": (np.nanprod, [np.nan, 0.0, 0.0, 2.0]),
    "integers": (lambda x: x**3 - x**-1, [1.0, -2.0, 3.0]),
    "tiny squares": (lambda x: np.sum(x**2), [1e-12, -2e-12, 3e-12]),
    "tiny logarithms": (lambda x: np.sum(np.log(x)), [1e-30, 2e-30]),
    "a norm of tiny numbers": (np.linalg.norm, [3e-15, 4e-15]),
    "a wave through tiny numbers": (lambda x, y: np.sum(np.sin(1e12 * x) * y), [1e-12, -2e-12], [0.5, 2.0]),
    "a softmax that is all but one number": (softmax, [-1000.0, 640.0, 130.0, 360.0, -300.0]),
    "a Cholesky factor near the edge": (np.linalg.cholesky, np.array([[1.0, 1.0], [1.0, 1.001]])),
}
EDGES: dict[str, tuple[Any, ...]] = {
    "sqrt at 0": (np.sqrt, [0.0, 1.0]),
    "sqrt near 0": (np.sqrt, [1e-12, 1.0]),
    "sqrt of abs": (lambda x: np.sqrt(np.abs(x)), [0.0, 1.0]),
    "sqrt of a square": (lambda x: np.sqrt(x * x), [0.0, 1.0]),
    "sqrt in a double where": (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0), [0.0, 1.0, -1.0]),
    "cbrt": (np.cbrt, [0.0, 1.0]),
    "power": (lambda x: x**1.5, [0.0, 1.0]),
    "power of both": (np.power, [0.0, 1.0, 0.0], [2.0, 0.0, -1.0]),
    "log at 0": (np.log, [0.0, 1.0]),
    "log near 0": (np.log, [1e-8, 1e-30]),
    "x log x at 0": (lambda x: x * np.log(np.where(x > 0, x, 1)), [0.0, 1.0]),
    "reciprocal": (np.reciprocal, [0.0, 1.0]),
    "log1p": (np.log1p, [-1.0, 0.0]),
    "arcsin": (np.arcsin, [1.0, -1.0, 0.0]),
    "arccosh": (np.arccosh, [1.0, 2.0]),
    "arctan2": (np.arctan2, [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]),
    "a jump": (lambda x: np.floor(x) + x, [0.0, 1.0, 1.5]),
    "a remainder": (np.remainder, [4.0, 3.0], [2.0, 2.0]),
    "equal singular values": (lambda x: np.linalg.svd(x, compute_uv=False), np.eye(2)),
    "a kink nearby": (lambda x: np.abs(x - 1e-7), [0.0, 1.0]),
    "a kink nearer": (lambda x: np.maximum(x, 1e-14), [0.0, 1.0]),
    "a cancellation": (lambda x: (1 - np.cos(x)) / x**2, [1e-5, 1e-3]),
    "sinc": (np.sinc, [0.0, 1e-5, 1.0]),
    "a clip of no width": (np.clip, [0.0, 1.0, -1.0], 0.0, 0.0),
    "sums that tie in single precision only": (
        lambda x: np.linalg.norm(x, -1),
        [[0.7916667, 0.7916667], [-0.5416667, -0.0416667], [0.2916667, 0.7916667]],
    ),
    "overflow": (np.exp, [88.0, -100.0]),
}
both = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def checked(function: Any, *arguments: Any, dtype: Any) -> Report:
    points = [np.asarray(x) for x in arguments]
    kinds = [np.result_type(dtype, np.complex64) if np.iscomplexobj(x) else dtype for x in points]
    return am.check_grads(function, *(x.astype(kind)[()] for x, kind in zip(points, kinds, strict=True)), report=True)


@both
@pytest.mark.parametrize("name", KINKS)
def test_a_kink_that_is_hit_is_called_a_kink(name: str, dtype: Any) -> None:
    report = checked(*KINKS[name], dtype=dtype)
    assert report.verdict is Verdict.KINK, str(report)
    assert report.ok, str(report)


@both
@pytest.mark.parametrize("name", SMOOTH)
def test_what_only_looks_like_a_kink_is_right(name: str, dtype: Any) -> None:
    report = checked(*SMOOTH[name], dtype=dtype)
    assert report.verdict is Verdict.RIGHT, str(report)


@both
@pytest.mark.parametrize("name", EDGES)
def test_the_edge_of_a_domain_is_no_error(name: str, dtype: Any) -> None:
    assert_no_alarm(checked(*EDGES[name], dtype=dtype))


# --------------------------------------------------------------------------------------------- Random functions


def drawn(dtype: Any, planted: bool) -> Any:
    """Return the decorators of a test of random functions."""
    strategies = given(functions(dtype=dtype, planted=planted), st.integers(0, 1000))
    return lambda test: settings(max_examples=EXAMPLES)(strategies(test))


@drawn(np.float64, planted=False)
def test_no_random_function_is_called_wrong(f: Function, seed: int) -> None:
    assert_no_alarm(am.check_grads(f, *f.point, report=True, seed=seed))


@drawn(np.float64, planted=True)
def test_no_random_function_with_kinks_is_called_wrong(f: Function, seed: int) -> None:
    assert_no_alarm(am.check_grads(f, *f.point, report=True, seed=seed))


@drawn(np.float32, planted=False)
def test_no_random_function_in_single_precision_is_called_wrong(f: Function, seed: int) -> None:
    assert_no_alarm(am.check_grads(f, *f.point, report=True, seed=seed))


@drawn(np.float32, planted=True)
def test_no_random_function_with_kinks_in_single_precision_is_called_wrong(f: Function, seed: int) -> None:
    assert_no_alarm(am.check_grads(f, *f.point, report=True, seed=seed))
