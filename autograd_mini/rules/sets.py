"""Rules of sets: unique elements, unions, intersections, differences.

An element of the result is equal to one or several elements of the arguments. Those share its cotangent equally, as
those that tie for a maximum do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import own_module
from ..primitives import data_of
from ..registry import composed, rule
from .statistics import at

own_module(globals())


def share(g: Any, out: Any, x: Any, *others: Any) -> Any:
    """Give to each element of x its share in the element of the result `out` that it equals, 0 if there is none.

    It shares it with all equal elements of x and of the `others`.
    """
    if out.shape[0] == 0:
        return np.zeros_like(x)
    order = np.argsort(out)

    def places(y: Any) -> tuple[Any, Any]:
        place = np.minimum(np.searchsorted(out, np.ravel(y), sorter=order), out.shape[0] - 1)
        place = np.take_along_axis(order, place, 0)
        return place, np.take_along_axis(out, place, 0) == np.ravel(y)

    count = sum(np.bincount(place, 1.0 * hit, out.shape[0]) for place, hit in map(places, (x, *others)))
    place, hit = places(x)
    return np.reshape(np.where(hit, np.take_along_axis(g / np.maximum(count, 1), place, 0), 0), np.shape(x))


def unique_cotangent(g: Any, ar: Any, out: Any, axis: int | None = None) -> Any:
    """Share the cotangent of unique elements, or of unique slices along an axis."""
    g, out = (g[0], out[0]) if isinstance(g, tuple) else (g, out)
    if axis is None:
        return share(g, out, ar)
    _, inverse, counts = np.unique(ar, return_inverse=True, return_counts=True, axis=axis)
    rows = np.moveaxis(g, axis, -1) / counts
    return np.moveaxis(np.take(rows, np.ravel(inverse), -1), -1, axis)


rule(np.unique, "ar return_index return_inverse return_counts axis equal_nan sorted", ar=unique_cotangent)
for _unique in (np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values):
    rule(_unique, "x sorted", x=lambda g, x, out: unique_cotangent(g, x, out))
rule(np.union1d, ar1=lambda g, out, ar1, ar2: share(g, out, ar1, ar2),
     ar2=lambda g, out, ar1, ar2: share(g, out, ar2, ar1))  # fmt: skip
rule(np.setxor1d, ar1=lambda g, out, ar1, ar2: share(g, out, ar1, ar2),
     ar2=lambda g, out, ar1, ar2: share(g, out, ar2, ar1))  # fmt: skip
rule(np.setdiff1d, ar1=lambda g, out, ar1: share(g, out, ar1), ar2=None)


@composed(np.intersect1d, arrays="ar1 ar2")
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """Return the mean of the elements of both sets that are equal: their common value."""
    _, first, second = np.intersect1d(data_of(ar1), data_of(ar2), assume_unique, return_indices=True)
    common = 0.5 * (at(np.ravel(ar1), first) + at(np.ravel(ar2), second))
    return (common, first, second) if return_indices else common
