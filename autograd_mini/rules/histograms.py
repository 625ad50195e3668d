"""Histograms, composed of counts and edges.

A count depends on the weights alone: moving a sample changes nothing, until it jumps into the next bin. The edges move
with the smallest and the largest sample where NumPy takes the range from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import own_module
from ..primitives import cast, data_of, is_foreign
from ..registry import composed
from .statistics import gathered

own_module(globals())


@composed(np.histogram_bin_edges)
def bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """Return the edges that were given, or equal steps from the smallest to the largest element."""
    edges = edges_of(a, bins, range, weights)
    dtype = np.result_type(*(() if range is None else range), a)
    return edges if np.ndim(bins) == 1 or dtype.kind != "f" or edges.dtype == dtype else cast(edges, dtype)


def edges_of(a: Any, bins: Any, range: Any, weights: Any = None) -> Any:
    """Return the edges that were given, or equal steps, in double precision if the range is of integers."""
    x = np.ravel(a)
    if isinstance(bins, str) or not any(map(is_foreign, (x, bins))):
        raw = np.histogram_bin_edges(
            data_of(x), data_of(bins), range, data_of(weights)
        )  # raises if NumPy refuses an argument
    if np.ndim(bins) == 1:
        return np.asarray(bins) if isinstance(bins, (list, tuple)) else bins
    if isinstance(bins, str):  # a rule that looks at the data to choose a number
        bins = np.shape(raw)[0] - 1
    low, high = range if range is not None else (np.min(x), np.max(x)) if x.shape[0] else (0.0, 1.0)
    widened = 0.5 if low == high else 0.0
    return np.linspace(low - widened, high + widened, bins + 1)


def counted(columns: Sequence[Any], edges: Sequence[Any], weights: Any) -> Any:
    """Return how many samples fall into each bin, or the sum of their weights. The last edge belongs to its bin."""
    place: Any = 0
    inside: Any = True
    lengths = [edge.shape[0] - 1 for edge in edges]
    for x, edge, n in zip(columns, edges, lengths, strict=True):
        k = np.minimum(np.searchsorted(edge, x, side="right") - 1, n - 1)
        place, inside = place * n + np.maximum(k, 0), inside & (x >= edge[0]) & (x <= edge[n])
    size = math.prod(lengths)
    if weights is None:
        return np.reshape(np.bincount(place[inside], minlength=size), lengths)
    sums = np.reshape(gathered(np.ravel(weights)[inside], place[inside], size), lengths)
    dtype = np.result_type(weights)
    return sums if dtype.kind not in "fc" or sums.dtype == dtype else cast(sums, dtype)


def as_density(counts: Any, edges: Sequence[Any]) -> Any:
    """Divide counts by their sum and by the widths of the bins along each axis."""
    for i, edge in enumerate(edges):
        counts = counts / np.reshape(np.diff(edge), [-1 if j == i else 1 for j in range(len(edges))])
    return counts


@composed(np.histogram, arrays="a")
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> tuple[Any, Any]:
    """Count the elements between the edges."""
    edges = bin_edges(a, bins, range, weights)
    counts = counted([np.ravel(a)], [edges], weights)
    return as_density(counts, [edges]) / np.sum(counts) if density else counts, edges


@composed(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, list[Any]]:
    """Count the rows of a sample between the edges of each of its columns."""
    if isinstance(sample, (list, tuple)):
        columns = list(sample)
    else:
        columns = [sample] if np.ndim(sample) == 1 else list(np.transpose(sample))
    n = len(columns)
    each = list(bins) if hasattr(bins, "__len__") else [bins] * n
    ranges = [None] * n if range is None else range
    edges = [edges_of(x, own, limits) for x, own, limits in zip(columns, each, ranges, strict=True)]
    counts = 1.0 * counted(columns, edges, weights)
    return as_density(counts, edges) / np.sum(counts) if density else counts, edges


@composed(np.histogram2d, arrays="x y")
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any, Any]:
    """Count the pairs."""
    once = hasattr(bins, "__len__") and len(bins) not in (1, 2)
    counts, (x_edges, y_edges) = histogramdd([x, y], [bins, bins] if once else bins, range, density, weights)
    return counts, x_edges, y_edges
