"""Functions that call another one: the user's, a ufunc, or one that is real or complex. All are composed."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import InvalidInput
from ..graph import own_module
from ..primitives import cast, contains_value, scatter
from ..registry import composed

own_module(globals())
Function = Callable[..., Any]


@composed(np.apply_along_axis)
def apply_along_axis(func1d: Function, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a function for each row that lies along an axis, and stack what it returns in place of the axis."""
    (axis,) = over_axes(axis, np.ndim(arr))
    rows = np.moveaxis(arr, axis, -1)
    others = rows.shape[:-1]
    found = [func1d(rows[index], *args, **kwargs) for index in np.ndindex(*others)]
    if not found:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    made = np.stack([np.stack(row) if isinstance(row, (list, tuple)) else row for row in found])
    inside = made.shape[1:]
    whole = np.reshape(made, (*others, *inside))
    return np.moveaxis(whole, range(len(others), whole.ndim), range(axis, axis + len(inside)))


@composed(np.apply_over_axes)
def apply_over_axes(func: Function, a: Any, axes: Any) -> Any:
    """Call a function for one axis after the other; an axis that it takes away is put back."""
    ndim = np.ndim(a)
    for axis in np.atleast_1d(axes).tolist():
        (axis,) = over_axes(axis, ndim)
        found = func(a, axis)
        a = found if np.ndim(found) == ndim else np.expand_dims(found, axis)
    return a


@composed(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """Call each function on the elements for which its condition is the last that holds."""
    if isinstance(condlist, (bool, np.bool_)) or (np.ndim(condlist[0]) == 0 and np.ndim(x) != 0):
        condlist = [condlist]
    conditions = [np.asarray(c, bool) for c in condlist]
    if any(c.ndim and c.shape != np.shape(x) for c in conditions):
        raise IndexError(f"conditions of shapes {[c.shape for c in conditions]} for an array of shape {np.shape(x)}")
    conditions = [np.broadcast_to(c, np.shape(x)) for c in conditions]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(np.stack(conditions), axis=0))
    elif len(funclist) != len(conditions):
        raise ValueError(f"{len(conditions)} conditions need as many functions, or one more, not {len(funclist)}")
    result = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not np.any(condition):
            continue
        chosen = function(x[condition], *args, **kw) if callable(function) else function
        chosen = np.broadcast_to(chosen, x[condition].shape)
        result = np.where(condition, scatter(chosen, condition, np.shape(x)), result)
    return result if result.dtype == np.result_type(x) else cast(result, np.result_type(x))


# ------------------------------------------------------------------------------------------ Methods of ufuncs


@composed("reduce")
def reduce(
    ufunc: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Combine the slices along an axis, or along several taken as one, from the first to the last."""
    axes = sorted(over_axes(axis, array.ndim))
    if len(axes) > 1:
        ufunc.reduce(np.ones((1, 1)), axis=(0, 1))  # raises if the order matters
    if where is not True and initial is None and ufunc.identity is None:
        raise InvalidInput(
            f"np.{ufunc.__name__}.reduce with where= and without initial=",
            "it has no identity to start with where nothing is chosen",
            "initial=..., a number to start with",
        )
    start = ufunc.identity if initial is None else initial
    if start is None and not math.prod(array.shape[i] for i in axes):
        ufunc.reduce(np.ones(0))  # raises: there is nothing to start with

    def slices_of(x: Any) -> list[Any]:
        moved = np.moveaxis(x, axes, range(len(axes)))
        return list(np.reshape(moved, (math.prod(moved.shape[: len(axes)]), *moved.shape[len(axes) :])))

    slices = slices_of(array)
    if initial is not None or not slices or where is not True:
        start = start if contains_value(start) else np.asarray(start, np.result_type(array))
        rest = [n for i, n in enumerate(array.shape) if i not in axes]
        slices.insert(0, np.broadcast_to(start, rest))
    if where is True:
        combined = fold(ufunc, slices[1:], slices[0], dtype)[-1]
    else:
        combined, *slices = slices
        for one, chosen in zip(slices, slices_of(np.broadcast_to(where, array.shape)), strict=True):
            combined = np.where(chosen, fold(ufunc, [one], combined, dtype)[-1], combined)
    combined = combined if dtype is None or combined.dtype == dtype else cast(combined, np.dtype(dtype))
    return np.expand_dims(combined, axes) if keepdims else combined


@composed("accumulate")
def accumulate(ufunc: Any, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    """Combine the slices along an axis, and keep what each step gives."""
    array = array if dtype is None or array.dtype == dtype else cast(array, np.dtype(dtype))
    slices = list(np.moveaxis(array, axis, 0))
    return np.stack(fold(ufunc, slices[1:], slices[0], dtype), axis=axis) if slices else array


@composed("reduceat")
def reduceat(ufunc: Any, array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """Combine the slices from each index to the next; where that isn't larger, take the one slice."""
    array = array if dtype is None or array.dtype == dtype else cast(array, np.dtype(dtype))
    rows = np.moveaxis(array, axis, 0)
    ufunc.reduceat(np.ones(rows.shape[0]), indices)  # raises if NumPy refuses an index
    ends = [*indices[1:], rows.shape[0]][: len(indices)]
    spans = zip(indices, ends, strict=True)
    parts = [ufunc.reduce(rows[i:j], axis=0, dtype=dtype) if i < j else rows[i] for i, j in spans]
    return np.stack(parts, axis=axis) if parts else np.take(array, np.arange(0), axis=axis)


@composed("axes")
def on_axes(ufunc: Any, *inputs: Any, axis: Any = -1, axes: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Call a function of vectors or matrices with the axes that it works on moved to the end, and the result's back."""
    cores = [core.count(",") + bool(core) for core in re.findall(r"\(([^)]*)\)", ufunc.signature)]
    axes = [axis if n else () for n in cores] if axes is None else [*axes, ()][: len(cores)]
    *at, back = [one if isinstance(one, tuple) else (one,) for one in axes]
    moved = [np.moveaxis(x, one, range(-len(one), 0)) for x, one in zip(inputs, at, strict=True)]
    result = ufunc(*moved, **options)
    return np.expand_dims(result, at[0]) if keepdims else np.moveaxis(result, range(-len(back), 0), back)


def over_axes(axis: Any, ndim: int) -> Sequence[int]:
    """Return the axes that a function goes over, counted from the first."""
    return range(ndim) if axis is None else normalize_axis_tuple(axis, ndim)


def fold(ufunc: Any, slices: Sequence[Any], start: Any, dtype: Any) -> list[Any]:
    """Return the start, and what each further slice makes of it."""
    options = {} if dtype is None else {"dtype": dtype}
    return list(itertools.accumulate(slices, lambda a, b: ufunc(a, b, **options), initial=start))


# ---------------------------------------------------------------------------------- np.emath: real or complex


def complex_where(outside: Function, function: Function) -> Function:
    """Return a function of one argument that goes on with complex numbers where real ones lie outside its domain."""

    def composition(x: Any) -> Any:
        return function(cast(x, np.result_type(x, np.complex64)) if np.any(outside(x)) else x)

    return composition


def negative(x: Any) -> Any:
    """Return which elements are real and negative: there roots and logarithms are complex."""
    return np.isreal(x) & (np.real(x) < 0)


def beyond_one(x: Any) -> Any:
    """Return which elements are real and of size more than 1: there inverse functions are complex."""
    return np.isreal(x) & (np.abs(x) > 1)


OUTSIDE: dict[Function, Function] = {
    np.sqrt: negative, np.log: negative, np.log2: negative, np.log10: negative,
    np.arccos: beyond_one, np.arcsin: beyond_one, np.arctanh: beyond_one,
}  # fmt: skip
for _function, _outside in OUTSIDE.items():
    composed(getattr(np.emath, _function.__name__))(complex_where(_outside, _function))


@composed(np.emath.logn, arrays="n x")
def logn(n: Any, x: Any) -> Any:
    """Divide two logarithms."""
    return np.emath.log(x) / np.emath.log(n)


@composed(np.emath.power, arrays="x p")
def power(x: Any, p: Any) -> Any:
    """Raise to a power, in complex numbers where a base is negative."""
    x = x if hasattr(x, "dtype") else np.float64(x)
    return np.power(cast(x, np.result_type(x, np.complex64)) if np.any(negative(x)) else x, p)
