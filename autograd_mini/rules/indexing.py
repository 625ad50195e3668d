"""Rules of indexing, and of what is indexing by another name: take, sort, compress, unstack.

The adjoint of reading at an index is adding at that index (`scatter`), and the other way round.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..primitives import contains_value, getitem, may_repeat, scatter, set_at, unstack
from ..registry import REFUSED, UNREACHED, prepared, rule
from .reductions import sum_like

rule(getitem, x=lambda g, x_shape, index: scatter(g, index, x_shape))
rule(scatter, g=lambda g, index: getitem(g, index))
rule(set_at, x=lambda g, index: set_at(g, index, 0.0),
     new=lambda g, index, new_shape: assigned(g, index, new_shape))  # fmt: skip
rule(unstack, x=lambda g: np.stack(g))
if hasattr(np, "unstack"):  # since NumPy 2.1
    rule(np.unstack, x=lambda g, axis=0: np.stack(g, axis))

rule(np.take, "a indices axis out mode", a=lambda g, a_shape, indices, axis=None, mode="raise":
     add_at(g, a_shape, wrapped(indices, a_shape, axis, mode), axis))  # fmt: skip
rule(np.take_along_axis, "arr indices axis",
     arr=lambda g, arr_shape, indices, axis=-1: add_along(g, arr_shape, indices, axis))  # fmt: skip
rule(np.compress, "condition a axis out",
     a=lambda g, a_shape, condition, axis=None: add_at(g, a_shape, np.flatnonzero(condition), axis))  # fmt: skip
rule(np.extract, "condition arr",
     arr=lambda g, arr_shape, condition: add_at(g, arr_shape, np.flatnonzero(condition), None))  # fmt: skip
rule(np.delete, arr=lambda g, arr_shape, obj, axis=None:
     add_at(g, arr_shape, np.delete(np.arange(length(arr_shape, axis)), obj), axis))  # fmt: skip
rule(np.insert,
     arr=lambda g, arr_shape, obj, values_shape, axis=None: from_tags(g, arr_shape, arr_shape, obj, values_shape, axis),
     values=lambda g, arr_shape, obj, values_shape, axis=None:
     from_tags(g, values_shape, arr_shape, obj, values_shape, axis, inserted=True))  # fmt: skip
rule(np.trim_zeros, "filt trim axis", filt=lambda g, filt, trim="fb", axis=None:
     scatter(g, kept(g.shape, filt, trim.lower(), axis), filt.shape))  # fmt: skip
rule(np.sort_complex, a=lambda g, a: unsorted(g, a, -1))
rule(np.sort, "a axis kind order stable", a=lambda g, a, axis=-1: unsorted(g, a, axis))
rule(np.partition, "a kth axis kind order", a=lambda g, a, out, axis=-1: unsorted(in_order(g, out, axis), a, axis))
rule(np.select, broadcasts=True, condlist=None,
     choicelist=lambda g, wanted, condlist: [np.where(first_true(condlist, i), g, 0) for i in wanted],
     default=lambda g, condlist: np.where(np.any(np.stack(np.broadcast_arrays(*condlist)), axis=0), 0, g))  # fmt: skip


def keep_digits(array: Any, new: Any, name: str) -> None:
    """Refuse to write a Value among integers, which would cut its digits, and with them its gradient."""
    if not contains_value(new) or contains_value(array):
        return
    dtype = np.result_type(array) if hasattr(array, "dtype") else np.asarray(array).dtype
    if dtype.kind not in "fc":
        raise InvalidInput(
            f"{name} puts a Value into an array of {dtype}",
            "integers would cut off its digits, and drop its gradient in silence",
            "array.astype(float)",
        )


@prepared(set_at)
def set_among_floats(x: Any, index: Any, new: Any) -> Any:
    """Refuse an assignment to an array of integers."""
    keep_digits(x, new, "am.set_at")
    return (x, index, new), {}


@prepared(np.insert)
def insert_among_floats(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Refuse an insertion into an array of integers."""
    keep_digits(arr, values, "np.insert")
    return (arr, obj, values, axis), {}


@prepared(np.select)
def listed_choices(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Take the rows of a single array as the choices."""
    return (condlist, list(choicelist), default), {}


@prepared(np.choose)
def listed_rows(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Take the rows of a single array as the choices."""
    options = {name: x for name, x, default in (("out", out, None), ("mode", mode, "raise")) if x is not default}
    return (a, list(choices)), options


rule(np.choose, "a choices out mode", broadcasts=True, a=None,
     choices=lambda g, wanted, a, choices_shape, mode="raise":
     [np.where(wrapped(a, (len(choices_shape),), 0, mode) == i, g, 0) for i in wanted])  # fmt: skip

REFUSED |= {
    np.fill_diagonal: "am.set_at(v, np.diag_indices(n), new)",
    np.put: "np.reshape(am.set_at(np.ravel(v), indices, new), v.shape)",
    np.place: "am.set_at(v, mask, new)",
    np.putmask: "np.where(mask, new, v)",
    np.copyto: "new itself, or np.where(mask, new, v); am.Value(x) for the x of np.nan_to_num(x, nan=v) and"
    " np.full_like(x, v)",
    np.put_along_axis: "am.set_at(v, index, new), with an index that names the places",
    np.save: "np.save(file, v.data)",
    np.savez: "np.savez(file, name=v.data)",
    np.savez_compressed: "np.savez_compressed(file, name=v.data)",
    np.savetxt: "np.savetxt(file, v.data)",
}
UNREACHED |= {
    "numpy.array": "am.array([v, w]), or v itself: a Value is an array already",
    "numpy.asarray": "v itself: NumPy's functions take it as it is; am.array([v, w]) for a list",
    "numpy.asanyarray": "v itself: NumPy's functions take it as it is; am.array([v, w]) for a list",
    "numpy.asarray_chkfinite": "v itself; am.detect_anomaly() finds the first number that isn't finite",
    "numpy.ascontiguousarray": "v itself: how it lies in memory changes no result",
    "numpy.asfortranarray": "v itself: how it lies in memory changes no result",
    "numpy.require": "v itself: how it lies in memory changes no result",
    "numpy.asmatrix": "v itself, with v @ w for the product of matrices",
    "numpy.bmat": "np.block([[a, b], [c, d]])",
    "numpy.arange": "start + step * np.arange(n)",
    "numpy.fill_diagonal": "am.set_at(a, np.diag_indices(n), v)",
    "numpy.full": "np.broadcast_to(v, shape), or v * np.ones(shape)",
    "numpy.vectorize.__call__": "for np.vectorize(f)(v): f(v), or am.array([f(x) for x in v])",
    "numpy.AxisConcatenator.__getitem__": "np.concatenate([v, w]) for np.r_, np.column_stack([v, w]) for np.c_",
}


def assigned(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Pull back through an assignment to what was assigned: of elements that an index repeats, the last one counts."""
    chosen = getitem(g, index)
    if may_repeat(index):
        places = np.reshape(np.arange(math.prod(g.shape)), g.shape)[index]
        numbers = np.reshape(np.arange(places.size), places.shape)
        last = np.zeros(math.prod(g.shape), dtype=int)
        last[places] = numbers
        chosen = np.where(last[places] == numbers, chosen, 0)
    return sum_like(np.reshape(chosen, (1,) * (len(shape) - chosen.ndim) + chosen.shape), shape)


def length(shape: tuple[int, ...], axis: int | None) -> int:
    """Return the length of an axis, of all elements in a row for None."""
    return math.prod(shape) if axis is None else shape[axis]


def add_at(g: Any, shape: tuple[int, ...], indices: Any, axis: int | None) -> Any:
    """Add a cotangent at integer indices along one axis; for None, along all elements in a row."""
    if axis is None:
        return np.reshape(scatter(g, indices, (math.prod(shape),)), shape)
    return scatter(g, (slice(None),) * (axis % len(shape)) + (indices,), shape)


def wrapped(indices: Any, shape: tuple[int, ...], axis: int | None, mode: str) -> Any:
    """Return the indices that `np.take` used, as an array, where its mode moves those that point outside."""
    n, indices = length(shape, axis), np.asarray(indices).astype(np.intp)  # a boolean is 0 or 1 here
    return np.clip(indices, 0, n - 1) if mode == "clip" else indices % n if mode == "wrap" else indices


def first_true(conditions: Any, i: int) -> Any:
    """Return where condition `i` is the first that holds."""
    return conditions[i] & ~np.any(np.stack(np.broadcast_arrays(*conditions))[:i], axis=0)


def add_along(g: Any, shape: tuple[int, ...], indices: Any, axis: int | None) -> Any:
    """Add a cotangent at indices that point along one axis only: the adjoint of `np.take_along_axis`."""
    if axis is None:
        return add_at(g, shape, indices, None)
    grid: list[Any] = list(np.ix_(*map(np.arange, shape)))
    grid[axis] = indices
    return scatter(g, tuple(grid), shape)


def unsorted(g: Any, a: Any, axis: int | None) -> Any:
    """Return elements that belong to `a` sorted, in the order of `a`."""
    places = np.argsort(np.argsort(a, axis=axis, kind="stable"), axis=-1 if axis is None else axis)
    return np.reshape(np.take_along_axis(g, places, -1 if axis is None else axis), a.shape)


def in_order(g: Any, out: Any, axis: int | None) -> Any:
    """Return elements that belong to `out`, in the order of `out` sorted."""
    axis = -1 if axis is None else axis
    return np.take_along_axis(g, np.argsort(out, axis=axis, kind="stable"), axis)


def from_tags(
    g: Any,
    shape: tuple[int, ...],
    arr_shape: tuple[int, ...],
    obj: Any,
    values_shape: tuple[int, ...],
    axis: int | None,
    inserted: bool = False,
) -> Any:
    """Pull back through `np.insert` to the array or to what was inserted, of a shape.

    Where each element of the result comes from is told by NumPy's own insertion of the numbers -1, -2, ... into the
    numbers 0, 1, ...
    """
    numbers = np.reshape(np.arange(math.prod(arr_shape)), arr_shape)
    tags = np.insert(numbers, obj, np.reshape(-1 - np.arange(math.prod(values_shape)), values_shape), axis)
    chosen = np.flatnonzero(tags < 0 if inserted else tags >= 0)
    places = np.ravel(tags)[chosen]
    flat = scatter(np.ravel(g)[chosen], -1 - places if inserted else places, (math.prod(shape),))
    return np.reshape(flat, shape)


def kept(shape: tuple[int, ...], filt: Any, trim: str, axis: Any) -> tuple[Any, ...]:
    """Return the index of what `np.trim_zeros` kept, of the given shape: it begins at the first element not 0."""
    axes = range(filt.ndim) if axis is None else [i % filt.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    firsts = [np.min(places, initial=n) for places, n in zip(np.nonzero(filt), filt.shape, strict=True)]
    starts = [first if i in axes and "f" in trim else 0 for i, first in enumerate(firsts)]
    return tuple(start + steps for start, steps in zip(starts, np.ix_(*map(np.arange, shape)), strict=True))
