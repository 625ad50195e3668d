"""Rules of medians, quantiles and percentiles.

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
from ..registry import prepared, rule
from .calling import over_axes

own_module(globals())
# Of the continuous methods alpha and beta: as q runs from 0 to 1, the position among n sorted elements runs from
# alpha - 1 to n - beta. R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician
# 50 (1996) 361-365.
CONTINUOUS = {
    "linear": (1.0, 1.0), "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip


def median_rule(f: Callable[..., Any]) -> None:
    """Register the rule of a median."""
    rule(f, a=lambda g, a, axis=None: quantile_pullback(g, a, axis, lambda ranks: f(ranks, -1, keepdims=True)))


def quantile_rule(f: Callable[..., Any], whole: float) -> None:
    """Register the rule of a quantile or percentile, whose `q` runs from 0 to `whole`."""

    def position(ranks: Any, q: Any, method: str, weights: Any) -> Any:
        options = {} if weights is None else {"weights": weights}
        return f(ranks, q, -1, method=method, keepdims=True, **options)

    rule(f, "a q axis out overwrite_input method keepdims weights", weights=None,
         a=lambda g, a, q, axis=None, method="linear", weights=None: quantile_pullback(
             g, a, axis, lambda ranks: position(ranks, q, method, weights_of(weights, a.shape, axis))),
         q=lambda g, a, q, out, axis=None, method="linear":
         quantile_slope(g, a, q / whole, out, axis, method) / whole)  # fmt: skip


for _median in (np.median, np.nanmedian):
    median_rule(_median)


def placed(a: Any, q: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Refuse what NumPy puts into other places than its documentation says."""
    if np.ndim(q) > 1 and isinstance(axis, tuple) and len(axis) > 1:
        raise NotCovered(
            f"a nanquantile over axes {axis} at probabilities of shape {np.shape(q)} has no derivative rule",
            "NumPy puts its results into another order than that of its documentation",
            "np.reshape(np.nanquantile(a, np.ravel(q), axis), shape)",
        )
    return (a, q, axis, *args), kwargs


for _quantile in (np.nanquantile, np.nanpercentile):
    prepared(_quantile)(placed)
for _quantile, _whole in ((np.quantile, 1.0), (np.nanquantile, 1.0), (np.percentile, 100.0), (np.nanpercentile, 100.0)):
    quantile_rule(_quantile, _whole)


def lanes_of(a: Any, axis: Any) -> Any:
    """Return an array with the axes that a quantile is taken over as one last axis."""
    axes = over_axes(axis, a.ndim)
    kept = [n for i, n in enumerate(a.shape) if i not in axes]
    moved = np.moveaxis(a, tuple(axes), range(len(kept), a.ndim))
    return np.reshape(moved, (*kept, math.prod(a.shape[i] for i in axes)))


def from_lanes(lanes: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Return an array of a shape, of which `lanes_of` made these lanes."""
    axes = over_axes(axis, len(shape))
    kept = [n for i, n in enumerate(shape) if i not in axes]
    return np.moveaxis(np.reshape(lanes, (*kept, *(shape[i] for i in axes))), range(len(kept), len(shape)), axes)


def weights_of(weights: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """Return the weights of the elements in lanes; they may be given along the axes alone."""
    if weights is None:
        return None
    if np.shape(weights) != shape:
        axes = over_axes(axis, len(shape))
        turned = np.transpose(weights, np.argsort(axes))
        weights = np.reshape(turned, [n if i in axes else 1 for i, n in enumerate(shape)])
    return lanes_of(np.broadcast_to(weights, shape), axis)


def ranked(lanes: Any) -> Any:
    """Return the rank of each element in its lane, from 0; NaN for NaN."""
    return np.where(np.isnan(lanes), np.nan, np.argsort(np.argsort(lanes, axis=-1, kind="stable"), axis=-1))


def quantile_pullback(g: Any, a: Any, axis: Any, position: Callable[[Any], Any]) -> Any:
    """Pull back through a quantile: each element of g goes to the one or two sorted elements between which it lies.

    `position` is that quantile of other numbers, over their last axis, which it keeps.
    """
    if 0 in a.shape:
        return np.zeros_like(a)
    ranks = ranked(lanes_of(a, axis))
    at = np.reshape(position(ranks), (-1, *ranks.shape[:-1], 1))
    missing = np.isnan(ranks)
    distance = np.abs(at - np.where(missing, -np.inf, ranks))
    shares = np.fmax(0, 1 - distance)  # of the elements on both sides; of NaN none
    shares = np.where(np.isnan(at), missing, shares)  # but a result that is NaN comes from them
    return from_lanes(np.sum(np.reshape(g, at.shape) * shares, axis=0), a.shape, axis)


def quantile_slope(g: Any, a: Any, q: Any, out: Any, axis: Any, method: str) -> Any:
    """Pull back to the probabilities: slopes between sorted elements, times the speed through them.

    At an element it is the slope after it. Methods that take one element or another, and positions beyond the first and
    the last one, have slope 0.
    """
    if method not in CONTINUOUS:
        return np.zeros_like(q)
    alpha, beta = CONTINUOUS[method]
    lanes = lanes_of(a, axis)
    ranks = ranked(lanes)
    n = np.sum(~np.isnan(ranks), axis=-1, keepdims=True)
    at = np.reshape(q, (-1, *(1 for _ in n.shape))) * (n + 1 - alpha - beta) + alpha - 1
    below = np.clip(np.floor(at), 0, np.maximum(n - 2, 0))
    ends = [np.sum(np.where(ranks == rank, lanes, 0), axis=-1) for rank in (below, np.minimum(below + 1, n - 1))]
    speed = np.where((at >= 0) & (at <= n - 1), n + 1 - alpha - beta, 0)[..., 0]
    slope = (ends[1] - ends[0]) * np.where(np.isnan(np.reshape(out, speed.shape)), np.nan, speed)
    return np.reshape(np.sum(np.reshape(g, speed.shape) * slope, axis=tuple(range(1, slope.ndim))), q.shape)
