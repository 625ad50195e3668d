"""Rules of order statistics, of weighted counts, and of functions that are linear between given points.

A quantile is a weighted sum of one or two of the sorted elements, whatever its method. Which ones, and with which
weights, is read from the same quantile of their ranks 0, 1, 2, ...: it is the position.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NotCovered
from ..graph import own_module
from ..primitives import cast
from ..registry import composed, prepared, rule

own_module(globals())


def refuse_weights(*args: Any, weights: Any = None, **kwargs: Any) -> Any:
    """Refuse a quantile with weights."""
    if weights is not None:
        raise NotCovered(
            "a quantile with weights= has no derivative rule",
            "its steps are where the cumulated weights reach q",
            "the quantile of np.repeat(a, counts), for weights that are counts",
        )
    return args, kwargs


def quantile_pullback(g: Any, a: Any, axis: Any, of_ranks: Callable[[Any], Any]) -> Any:
    """Pull back through a quantile: each element of g goes to the one or two sorted elements between which it lies.

    `of_ranks` is that quantile of other numbers, over their last axis, which it keeps.
    """
    axes = range(a.ndim) if axis is None else [i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    kept = [n for i, n in enumerate(a.shape) if i not in axes]
    last = tuple(range(len(kept), a.ndim))
    moved = np.moveaxis(a, tuple(axes), last)
    flat = np.reshape(moved, (*kept, math.prod(a.shape[i] for i in axes)))
    ranks = np.where(np.isnan(flat), np.nan, np.argsort(np.argsort(flat, axis=-1, kind="stable"), axis=-1))
    at = np.reshape(of_ranks(ranks), (-1, *kept, 1))
    shares = np.fmax(0, 1 - np.abs(at - ranks))  # of the elements on both sides, by their distance; of NaN none
    shares = np.where(np.isnan(at), np.isnan(ranks), shares)  # but a result that is NaN comes from them
    part = np.sum(np.reshape(g, at.shape) * shares, axis=0)
    return np.moveaxis(np.reshape(part, moved.shape), last, tuple(axes))


def median_rule(f: Callable[..., Any]) -> None:
    """Register the rule of a median."""
    rule(f, a=lambda g, a, axis=None: quantile_pullback(g, a, axis, lambda ranks: f(ranks, -1, keepdims=True)))


def quantile_rule(f: Callable[..., Any]) -> None:
    """Register the rule of a quantile or percentile."""
    prepared(f)(refuse_weights)
    rule(f, "a q axis out overwrite_input method keepdims weights",
         a=lambda g, a, q, axis=None, method="linear": quantile_pullback(
             g, a, axis, lambda ranks: f(ranks, q, -1, method=method, keepdims=True)))  # fmt: skip


for _median in (np.median, np.nanmedian):
    median_rule(_median)
for _quantile in (np.quantile, np.nanquantile, np.percentile, np.nanpercentile):
    quantile_rule(_quantile)

rule(np.bincount, "x weights minlength", weights=lambda g, x: at(g, x))


def at(values: Any, k: Any) -> Any:
    """Return the values at each k; unlike `np.take` it hands over to k's own kind of array, too."""
    return np.reshape(np.take_along_axis(values, np.ravel(k), 0), np.shape(k))


def segments(x: Any, xp: Any, period: float | None) -> tuple[Any, Any, Any, Any]:
    """Return for each x the points on both sides, how far it lies between them (0 to 1), and whether it does.

    Of a periodic function the points continue on both sides; their numbers are those of the original ones.
    """
    order = np.arange(xp.shape[0])
    if period is not None:
        period = abs(period)
        x, xp = x % period, xp % period
        order = np.argsort(xp, kind="stable")
        order = np.concatenate([order[-1:], order, order[:1]])
        turns = np.concatenate([[-1.0], np.zeros(xp.shape[0]), [1.0]])
        xp = at(xp, order) + period * turns
    n = xp.shape[0]
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(n - 2, 0))
    start, end = at(xp, k), at(xp, np.minimum(k + 1, n - 1))
    width = np.where(end > start, end - start, 1.0)
    inside = (x >= xp[0]) & (x <= xp[-1])
    share = np.where(inside & (x < xp[-1]), (x - start) / width, x >= xp[-1])
    return at(order, k), at(order, np.minimum(k + 1, n - 1)), share, np.where(inside, 1 / width, 0.0)


def gathered(values: Any, k: Any, n: int) -> Any:
    """Return n sums: of the values at each k."""
    k, values = np.ravel(k), np.ravel(values)
    if np.iscomplexobj(values):
        return np.bincount(k, np.real(values), n) + 1j * np.bincount(k, np.imag(values), n)
    return np.bincount(k, values, n)


def interp_values(g: Any, x: Any, xp: Any, left: Any, right: Any, period: float | None) -> Any:
    """Pull back to the values of `np.interp`: each result is a mean of two, or the first or last beyond the ends."""
    n, (low, high, share, _) = xp.shape[0], segments(x, xp, period)
    if period is None:  # what is given for beyond the ends is a constant
        beyond = ((x < xp[0]) & (left is not None)) | ((x > xp[-1]) & (right is not None))
        g = np.where(beyond, 0, g)
    return gathered(g * (1 - share), low, n) + gathered(g * share, high, n)


def interp_points(g: Any, x: Any, xp: Any, fp: Any, period: float | None) -> Any:
    """Pull back to the points of `np.interp`: moving one shifts and tilts the segments that meet there."""
    n, (low, high, share, inverse) = xp.shape[0], segments(x, xp, period)
    slope = g * (at(fp, high) - at(fp, low)) * inverse
    return -gathered(slope * (1 - share), low, n) - gathered(slope * share, high, n)


def interp_slope(g: Any, x: Any, xp: Any, fp: Any, period: float | None) -> Any:
    """Pull back to the argument of `np.interp`: g times the slope of the segment."""
    low, high, _, inverse = segments(x, xp, period)
    return g * (at(fp, high) - at(fp, low)) * inverse


rule(np.interp,
     x=lambda g, x, xp, fp, period=None: interp_slope(g, x, xp, fp, period),
     xp=lambda g, x, xp, fp, period=None: interp_points(g, x, xp, fp, period),
     fp=lambda g, x, xp, left=None, right=None, period=None:
     interp_values(g, x, xp, left, right, period))  # fmt: skip


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
    x = x if dtype is None else cast(x, np.dtype(dtype))
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = aweights if fweights is None else fweights if aweights is None else fweights * aweights
    total = x.shape[1] if weights is None else np.sum(weights)
    lost = ddof if aweights is None or ddof == 0 else ddof * np.sum(weights * aweights) / total
    x = x - np.expand_dims(np.average(x, axis=1, weights=weights), -1)
    turned = np.conj(np.transpose(x if weights is None else x * weights))
    return np.squeeze(np.dot(x, turned) / np.maximum(total - lost, 0))


@composed(np.corrcoef, arrays="x y")
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Divide covariances by both standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviation = np.sqrt(np.real(np.diagonal(c)))
    return c / np.expand_dims(deviation, -1) / deviation
