"""Rarely used options: the result is NumPy's or SciPy's own, and so is its dtype; the gradient is checked."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.check import Verdict
from autograd_mini.errors import InvalidInput, NotCovered
from autograd_mini.registry import COMPOSED, all_rules, signature_of
from autograd_mini.scipy import fft, integrate, linalg, signal

RNG = np.random.default_rng(0)
A, X = RNG.normal(size=(3, 3)), RNG.normal(size=4)
F4, Z = X.astype("f4"), X + 1j * RNG.normal(size=4)
ROWS, NONE = np.array([1, 10, 3]), np._NoValue
SQUARE = np.array([[1.0, 2.0], [3.0, 5.0]])

SAME = {
    "no value": [
        *[(lambda x, f=f: f(x, axis=1, keepdims=NONE) * ROWS, A)
          for f in (np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.ptp, np.nansum, np.nanvar)],
        (lambda x: np.prod(x, initial=NONE, where=NONE), X),
        (lambda x: np.var(x, where=NONE, mean=NONE, correction=NONE), X),
    ],
    "out=None": [
        (lambda x: np.max(x, out=None), X), (lambda x: np.max(x, 1, None), A), (lambda x: x.min(axis=0, out=None), A),
        (lambda x: np.std(x, None, None, None), X), (lambda x: np.nanmin(x, out=None), X),
    ],
    "where= of several results": [
        (lambda x: np.divmod(x, 0.3, where=True)[1], X), (lambda x: np.modf(x, where=True)[0], X),
    ],
    "vecdot": [
        (lambda y: np.linalg.vecdot(np.arange(4.0).reshape(2, 2), y, axis=0) * [1, 10], np.array([1.0, 2.0])),
        (lambda a, b: np.linalg.vecdot(a, b, axis=1), RNG.normal(size=(3, 3, 3)), A),
    ],
    "take": [
        (lambda x: np.take(x, [True, True]), X), (lambda x: np.take(x, [False, True]), X),
        (lambda x: np.take(x, []), X),
    ],
    "axes of a transform that repeat": [
        (lambda x: np.real(np.fft.fftn(x, s=(1, 2), axes=(0, 0))), X), (lambda x: np.fft.rfftn(x, axes=(0, 0)), X),
        (lambda x: np.fft.rfftn(x, axes=(1, 0, 1)), A), (lambda x: np.fft.irfftn(x, axes=(0, 0)), Z),
        (lambda x: np.fft.irfft2(x, s=(3, 4), axes=(0, 0)), Z), (lambda x: np.fft.ifft2(x, s=(5, 6), axes=(0, 0)), Z),
        (lambda x: np.fft.fft2(x, axes=None), A),
    ],
    "methods of ufuncs": [
        (lambda x: np.maximum.reduce(x, dtype="f8"), X), (lambda x: np.minimum.reduce(x, 1, "f4"), A),
        (lambda x: np.add.reduceat(x, [2, 0], dtype="f4"), X), (lambda x: np.maximum.accumulate(x, dtype="f4"), X),
        (lambda x: np.subtract.accumulate(x, dtype="f8"), F4[:1]),
        (lambda x: np.subtract.reduceat(x, np.array([], int)), X), (lambda x: np.add.reduceat(x, [], axis=1), A[:2]),
        (lambda x: np.subtract.reduce(x, axis=None), np.float64(2.0)),
    ],
    "arrays of nothing": [
        (lambda x: np.median(x, axis=1), np.zeros((0, 3))), (lambda x: np.quantile(x, 0.3, axis=1), np.zeros((0, 3))),
    ],
    "other forms of arguments": [
        (lambda x: np.nan_to_num(x, True, 1.0, 2.0, 3.0), X), (np.tril, X), (lambda x: np.triu(x, 1), X),
        (lambda x: np.linalg.multi_dot([x, [[1.0, 2], [3, 4], [5, 6]]]), A), (lambda x: np.average(x, axis=[0, 1]), A),
        (np.polyval, RNG.normal(size=(3, 2)), X[:2]),
    ],
    "dtypes": [
        (lambda x: np.trapezoid(x, dx=2.0), F4), (lambda x: np.trapezoid(x, dx=2), F4),
        (lambda x: np.cov(x, dtype="f4"), F4), (lambda x: np.corrcoef(x, dtype="f4"), A.astype("f4")), (np.cov, F4),
        (lambda w: np.histogram(np.arange(4.0), 3, weights=w)[0], F4),
        (lambda y: integrate.cumulative_trapezoid(y, dx=2, initial=0), F4),
        (lambda y: integrate.simpson(y, dx=2), F4), (lambda y: integrate.simpson(y, dx=2), F4[:3]),
        (lambda y: integrate.simpson(y, x=np.array([0, 1, 2, 4], "f4")), F4),
        (lambda a: linalg.lu(a)[1], SQUARE.astype("f4")), (linalg.companion, F4), (linalg.det, SQUARE.astype("f4")),
        (lambda c: linalg.solve_toeplitz(c, np.ones(4)), F4 + np.float32([5, 0, 0, 0])), (fft.irfft, X.astype("f2")),
    ],
    "convolutions": [
        (lambda x: signal.convolve2d(x, np.arange(4.0).reshape(2, 2), "valid", "wrap"), np.array([[1.0]])),
        (lambda y: signal.convolve2d(SQUARE, y, "valid", "fill", 1.5), A),
        (lambda a, b: signal.convolve2d(a, b, "valid", "symm"), SQUARE, RNG.normal(size=(3, 4))),
        (lambda a, b: signal.correlate2d(a, b, "valid"), SQUARE + 0.5j, A + 1j),
        (lambda a, b: signal.correlate2d(a, b, "valid", "wrap"), SQUARE, A),
        (lambda a: signal.fftconvolve(a, np.array([[1.0, 2, 5, 9]] * 2), "same", axes=0), A[:, :1]),
        (lambda b: signal.oaconvolve(A[:, :1], b, "same", axes=0), np.array([[1.0, 2, 5, 9]] * 2)),
    ],
    "samples that coincide, and steps that are differentiated": [
        (lambda y: integrate.simpson(y, x=[0.0, 0, 1]), X[:3]),
        (lambda y, d: integrate.simpson(y, dx=d), X, np.float64(0.3)),
        (lambda y, d: integrate.cumulative_trapezoid(y, dx=d), X, np.float64(0.3)),
    ],
    "scipy": [
        (lambda a: fft.fftn(a, s=4, axes=0), A), (lambda a: fft.fft2(a, axes=None), A),
        (lambda a: fft.dctn(a, 2, 4), X),
        (lambda a: fft.fft(a, plan=None), Z), (lambda a: linalg.eigvals(a, None, False, True), SQUARE),
        (lambda a: linalg.eig(a, right=False), SQUARE), (lambda a: linalg.solve_lyapunov(a, np.eye(2)), SQUARE),
        (lambda a: linalg.lstsq(a, np.ones(2), None, False, False, True, None)[0], SQUARE),
        (lambda a: linalg.svd(a, True, False, False, True, "gesdd"), A),
        *[(lambda a, s, f=f: f(a / 4 - np.eye(3) / 2, A[:, :2], np.eye(3), np.eye(2), s=s), A, A[:, :2] / 4)
          for f in (linalg.solve_continuous_are, linalg.solve_discrete_are)],
        (lambda a: linalg.polar(a)[0], A[:, :2]), (lambda a: linalg.polar(a, "left")[0], A[:2]),
    ],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("function", "args"),
    [pytest.param(f, args, id=f"{what} {i}") for what, cases in SAME.items() for i, (f, *args) in enumerate(cases)],
)
def test_the_result_is_that_of_the_plain_function_and_the_gradient_is_right(function, args):
    found, plain = function(*map(am.Value, args)), function(*args)
    assert (found.shape, found.dtype) == (np.shape(plain), plain.dtype)
    np.testing.assert_allclose(
        found.data, plain, rtol=1e-13 if all(x.itemsize >= 8 for x in args) else 1e-6, atol=1e-14
    )
    report = am.check_grads(function, *args, report=True)
    assert report.verdict is Verdict.RIGHT, report


V = am.Value
REFUSED = {
    "linalg.eig with b": (lambda: linalg.eigvals(V(SQUARE), np.eye(2)), lambda: linalg.eig(SQUARE, V(np.eye(2)))),
    "left=True": (lambda: linalg.eig(V(SQUARE), left=True),),
    r"solve_circulant of arrays of shapes \(3, 3\)": (lambda: linalg.solve_circulant(V(A + 5), np.ones(3)),),
    r"toeplitz of arrays of shapes \(3, 3\)": (lambda: linalg.toeplitz(V(A)),),
    "its factor p is singular": (lambda: linalg.polar(V(A[:2])), lambda: linalg.polar(V(A[:, :2]), side="left")),
    "an LU factorisation of shape": (lambda: linalg.lu(V(A[:2])), lambda: linalg.lu(V(np.stack([A, A])))),
    "disp=False": (lambda: linalg.sqrtm(V(SQUARE), disp=False), lambda: linalg.logm(V(SQUARE), False)),
    "scipy.linalg.qr with mode='r'": (lambda: linalg.qr(V(A), mode="r"),),
    "np.linalg.qr with mode='e'": (lambda: np.linalg.qr(V(A), "e"),),
    "a complex mean": (lambda: am.grad(lambda x: np.real(np.var(x, mean=np.array([1 + 1j]))))(X),),
    "solve_circulant": (lambda: linalg.solve_circulant(V(X), X, "lstsq"),),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_has_no_derivative_is_refused_by_its_option(text):
    for call in REFUSED[text]:
        with pytest.raises(NotCovered, match=text):
            call()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: np.subtract.reduce(V(np.zeros(0))), ValueError),
        (lambda: np.add.reduceat(V(np.arange(3.0)), [-1]), IndexError),
        (lambda: np.subtract.reduceat(V(np.arange(3.0)), [3]), IndexError),
        (lambda: np.add.accumulate(V(0.5)), TypeError),
        (lambda: np.subtract.accumulate(V(0.5)), TypeError),
        (lambda: np.polyfit(V(np.arange(6.0)), np.ones((6, 2)), 5, cov=True), ValueError),
        (lambda: np.linalg.cond(V(np.zeros((0, 0))), 1), np.linalg.LinAlgError),
        (lambda: np.piecewise(V(A), [np.array([True, False, True])], [1.0, 2.0]), IndexError),
        (lambda: integrate.cumulative_trapezoid(V(X), initial=2.0), ValueError),
    ],
)
def test_what_the_plain_function_refuses_is_refused(call, error):
    with pytest.raises(error):
        call()


def test_the_arguments_of_a_composition_stand_in_the_order_of_the_function():
    list(all_rules())  # imports SciPy's
    for function, composition in COMPOSED.items():
        if callable(function) and not isinstance(function, np.ufunc):
            plain = inspect.signature(getattr(function, "__wrapped__", function)).parameters.values()
            positional = [p.name for p in plain if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            own = inspect.signature(composition).parameters.values()
            ours = [p.name for p in own if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
            several = any(p.kind is p.VAR_POSITIONAL for p in own)
            assert several or ours == positional[: len(ours)] or ours == ["x"], signature_of(function)


def test_a_keyword_that_a_rule_does_not_know_is_refused():
    @am.primitive
    def scaled(x, factor=2.0, offset=0.0):
        return factor * x + offset

    am.rule(scaled, "x factor", x=lambda g, factor=2.0: g * factor)
    assert am.grad(lambda x: scaled(x, factor=3.0))(1.0) == 3.0
    with pytest.raises(NotCovered, match=r"for its argument offset = 1\.0(.|\n)*the call without it"):
        scaled(am.Value(1.0), offset=1.0)
    with pytest.raises(InvalidInput, match="out="):
        np.sin(am.Value(1.0), out=np.zeros(()))
