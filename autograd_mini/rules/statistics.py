"""Rules of covariances, of weighted counts, and of functions that are linear between given points."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import own_module
from ..primitives import cast, data_of, is_foreign
from ..registry import composed, prepared, rule

own_module(globals())
rule(np.bincount, "x weights minlength", weights=lambda g, x: at(g, x))


def at(values: Any, k: Any) -> Any:
    """Return the values at each k; unlike `np.take` it hands over to k's own kind of array, too."""
    return np.reshape(np.take_along_axis(values, np.ravel(k), 0), np.shape(k))


@prepared(np.interp)
def unrolled(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Take what is periodic as one period, with the last point before it and the first one after it."""
    if period is None:
        return (x, xp, fp, left, right), {}
    np.interp(*map(data_of, (x, xp, fp)), period=data_of(period))  # raises if NumPy refuses an argument
    period = np.abs(1.0 * period)
    x, xp = np.remainder(x, period), np.remainder(xp, period)
    order = np.argsort(xp, kind="stable")
    xp, fp = (np.take_along_axis(y, order, 0) for y in (xp, np.ravel(fp)))
    return (x, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])), {}


def segments(x: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """Return for each x the points on both sides, how far it lies between them (0 to 1), and one over their distance.

    Beyond the ends that is the end itself, and 0.
    """
    n = xp.shape[0]
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(n - 2, 0))
    start, end = at(xp, k), at(xp, np.minimum(k + 1, n - 1))
    width = np.where(end > start, end - start, 1.0)
    inside = (x >= xp[0]) & (x <= xp[-1])
    share = np.where(inside & (x < xp[-1]), (x - start) / width, x >= xp[-1])
    return k, np.minimum(k + 1, n - 1), share, np.where(inside, 1 / width, 0.0)


def gathered(values: Any, k: Any, n: int) -> Any:
    """Return n sums: of the values at each k."""
    k, values = np.ravel(k), np.ravel(values)
    if np.iscomplexobj(values):
        return np.bincount(k, np.real(values), n) + 1j * np.bincount(k, np.imag(values), n)
    return np.bincount(k, values, n)


def interp_values(g: Any, x: Any, xp: Any, left: Any, right: Any) -> Any:
    """Pull back to the values of `np.interp`: each result is a mean of two, or the first or last beyond the ends."""
    n, (low, high, share, _) = xp.shape[0], segments(x, xp)
    beyond = ((x < xp[0]) & (left is not None)) | ((x > xp[-1]) & (right is not None))
    g = np.where(beyond, 0, g)  # what is given for there
    return gathered(g * (1 - share), low, n) + gathered(g * share, high, n)


def interp_points(g: Any, x: Any, xp: Any, fp: Any) -> Any:
    """Pull back to the points of `np.interp`: moving one shifts and tilts the segments that meet there."""
    n, (low, high, share, inverse) = xp.shape[0], segments(x, xp)
    slope = g * (at(fp, high) - at(fp, low)) * inverse
    return -gathered(slope * (1 - share), low, n) - gathered(slope * share, high, n)


def interp_slope(g: Any, x: Any, xp: Any, fp: Any) -> Any:
    """Pull back to the argument of `np.interp`: g times the slope of the segment."""
    low, high, _, inverse = segments(x, xp)
    return g * (at(fp, high) - at(fp, low)) * inverse


rule(np.interp,
     x=lambda g, x, xp, fp: interp_slope(g, x, xp, fp),
     xp=lambda g, x, xp, fp: interp_points(g, x, xp, fp),
     fp=lambda g, x, xp, left=None, right=None: interp_values(g, x, xp, left, right),
     left=lambda g, x, xp: np.sum(np.where(x < xp[0], g, 0)),
     right=lambda g, x, xp: np.sum(np.where(x > xp[-1], g, 0)))  # fmt: skip


@composed(np.cov, arrays="m y fweights aweights")
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Multiply the rows, less their weighted means, with each other."""

    def rows(x: Any) -> Any:
        return np.transpose(x) if not rowvar and np.ndim(x) == 2 else np.atleast_2d(x)

    x = rows(m) if y is None else np.concatenate([rows(m), rows(y)], axis=0)
    wanted = np.result_type(x, np.float64) if dtype is None else np.dtype(dtype)
    x = x if x.dtype == wanted else cast(x, wanted)
    options = (ddof, fweights, aweights)
    if any(option is not None for option in options) and not any(map(is_foreign, (x, *options))):
        given = (None if option is None else np.array(data_of(option)) for option in options)  # copied: it writes there
        np.cov(data_of(x), None, True, bias, *given)  # raises if NumPy refuses an argument
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = aweights if fweights is None else fweights if aweights is None else fweights * aweights
    total = x.shape[1] if weights is None else np.sum(weights)
    lost = ddof if aweights is None or ddof == 0 else ddof * np.sum(weights * aweights) / total
    x = x - np.expand_dims(np.average(x, axis=1, weights=weights), -1)
    turned = np.conj(np.transpose(x if weights is None else x * weights))
    return np.squeeze(np.dot(x, turned) / cast(np.maximum(total - lost, 0), np.real(x).dtype))


@composed(np.corrcoef, arrays="x y")
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Divide covariances by both standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviation = np.sqrt(np.real(np.diagonal(c)))
    return c / np.expand_dims(deviation, -1) / deviation
