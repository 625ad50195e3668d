"""`detect_anomaly`: the first number that isn't finite, what made it of which inputs, and how to write it safely."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.anomaly import LARGE, SAFER
from autograd_mini.errors import AnomalyError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def test_detect_anomaly_names_the_operation_and_the_line():
    x = am.Value([1.0, 0.0])
    with am.detect_anomaly(), np.errstate(divide="ignore"), pytest.raises(AnomalyError) as caught:
        np.log(x)
    assert re.search(
        r"numpy\.log is inf at \[1\], in 1 of 2 elements \(.*test_anomaly\.py, line \d+\)", str(caught.value)
    )
    assert "np.where" in str(caught.value)
    with am.detect_anomaly(), np.errstate(divide="ignore", invalid="ignore"):
        y = np.sqrt(x).sum() * 2.0
        with pytest.raises(AnomalyError, match=r"that numpy\.sqrt gives to its argument x is inf at \[1\], in 1 of 2"):
            y.backward()
        for transform in (am.grad, lambda f: am.grad(am.grad(f))):
            with pytest.raises(AnomalyError, match=r"the gradient that numpy\.sqrt gives to its argument"):
                transform(lambda x: np.sqrt(x) * 2.0)(0.0)
        with pytest.raises(AnomalyError, match=r"the gradient of the result of numpy\.multiply is nan"):
            (x * 2.0).backward([np.nan, 1.0])
    assert x.grad is None


def anomaly(function, *args) -> AnomalyError:
    """Return the error that a computation raises."""
    with am.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        function(*args)
    return caught.value


def test_the_arguments_at_the_first_place_are_shown():
    x = np.array([[1.0, 2.0], [0.5, 3.0]])
    error = anomaly(lambda v: v / np.array([1.0, 0.0]), am.Value(x))
    assert error.what.startswith("the result of numpy.divide is inf at [0, 1], in 2 of 4 elements (")
    assert error.why.startswith("there x1 = 2, x2 = 0;")
    assert error.instead == "np.where(d != 0, n / np.where(d != 0, d, 1), 0)"
    error = anomaly(lambda: np.linalg.det(am.Value(1e200 * x)))
    assert error.why.startswith("a = float64 (2, 2), 5e+199 … 3e+200 in size;")
    assert error.instead.startswith("np.linalg.slogdet(a)")
    assert anomaly(lambda: am.Value(1e308) * 10).instead == LARGE


def test_what_was_not_finite_before_is_told_from_what_became_so():
    error = anomaly(lambda: np.concatenate([am.Value([1.0]), [np.nan, 2.0]]))
    assert "arrays[1] = float64 (2,), not finite: it wasn't finite before" in error.why
    assert error.instead.startswith("look at what arrays[1] was made from")
    error = anomaly(lambda: (am.Value([1.0, 2.0]) * 2.0).backward([np.nan, 1.0]))
    assert (error.why, error.instead) == (
        "the pass was started with it", "a finite cotangent for backward() or the pullback"
    )  # fmt: skip


def test_the_kind_is_that_of_the_first_place():
    assert anomaly(np.log, am.Value([1.0, 0.0, -1.0])).what.startswith(
        "the result of numpy.log is inf at [1], in 2 of 3"
    )


def test_a_graph_recorded_outside_does_not_say_where_it_began():
    x, w = am.Value(0.0), am.Value(2.0)
    z = np.log(x) * w
    error = anomaly(z.backward)
    assert error.why.endswith("it wasn't finite before")
    assert error.instead == "the forward pass inside am.detect_anomaly(), too"


def test_a_gradient_names_the_argument_that_it_is_given_to():
    error = anomaly(lambda: am.grad(lambda y, x: np.arctan2(y, x), argnums=(0, 1))(0.0, 0.0))
    assert error.what.startswith("the gradient that numpy.arctan2 gives to its argument x1 is nan (")
    assert error.why.startswith("x1 = 0, x2 = 0;")
    error = anomaly(lambda: am.grad(am.grad(np.sqrt))(0.0))
    assert error.why.startswith("in a step of its rule x1 = 1, x2 = 0")
    assert error.instead == SAFER[np.sqrt]


X, Y = np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 1000.0]), np.array([0.0, 1.0, 0.0, 2.0, 1.0, -1.0, 3.0])


@pytest.mark.parametrize(
    ("function", "advice"),
    [
        (np.log, "np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)"),
        (np.log, "np.logaddexp(a, b)"),
        (np.log1p, "np.where(x > -1, np.log1p(np.where(x > -1, x, 0)), 0)"),
        (np.sqrt, "np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)"),
        (np.sqrt, "np.hypot(a, b)"),
        (np.cbrt, "np.where(x != 0, np.cbrt(np.where(x != 0, x, 1)), 0)"),
        (np.true_divide, "np.where(d != 0, n / np.where(d != 0, d, 1), 0)"),
        (np.reciprocal, "np.where(x != 0, 1 / np.where(x != 0, x, 1), 0)"),
        (np.power, "np.where(x > 0, np.where(x > 0, x, 1) ** p, 0)"),
        (np.exp, "v.sigmoid()"),
        (np.exp, "np.exp(x - np.max(x))"),
        (np.expm1, "np.expm1(np.minimum(x, 700))"),
        (np.cosh, "np.logaddexp(x, -x) - np.log(2)"),
        (np.sinh, "np.abs(x) - np.log(2)"),
        (np.arcsin, "np.arcsin(np.clip(x, -1 + 1e-12, 1 - 1e-12))"),
        (np.arccos, "np.arccos(np.clip(x, -1 + 1e-12, 1 - 1e-12))"),
        (np.arctanh, "np.arctanh(np.clip(x, -1 + 1e-12, 1 - 1e-12))"),
        (np.arccosh, "np.where(x > 1, np.arccosh(np.where(x > 1, x, 2)), 0)"),
        (np.arctan2, "np.where((y != 0) | (x != 0), np.arctan2(y, np.where((y != 0) | (x != 0), x, 1)), 0)"),
    ],
)
def test_what_is_advised_has_finite_values_and_gradients(function, advice):
    assert advice in SAFER[function]
    x, y = am.Value(X), am.Value(Y)
    names = {"np": np, "x": x, "v": x, "a": x, "n": x, "y": y, "b": y, "d": y, "p": 0.5}
    with am.detect_anomaly():
        np.sum(eval(advice, names)).backward()
    for leaf in (x, y):
        assert leaf.grad is None or np.all(np.isfinite(leaf.grad))
