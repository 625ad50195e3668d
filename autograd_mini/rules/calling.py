"""Functions that call one of the user's, and those that first choose between real and complex: composed of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import own_module
from ..primitives import cast, scatter
from ..registry import composed

own_module(globals())
Function = Callable[..., Any]


@composed(np.apply_along_axis)
def apply_along_axis(func1d: Function, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a function for each row that lies along an axis, and stack what it returns in place of the axis."""
    axis %= np.ndim(arr)
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
        axis = axis % ndim
        found = func(a, axis)
        a = found if np.ndim(found) == ndim else np.expand_dims(found, axis)
    return a


@composed(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """Call each function on the elements for which its condition is the last that holds."""
    if isinstance(condlist, (bool, np.bool_)) or (np.ndim(condlist[0]) == 0 and np.ndim(x) != 0):
        condlist = [condlist]
    conditions = [np.broadcast_to(np.asarray(c, bool), np.shape(x)) for c in condlist]
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


for _function in (np.sqrt, np.log, np.log2, np.log10):
    composed(getattr(np.emath, _function.__name__))(complex_where(negative, _function))
for _function in (np.arccos, np.arcsin, np.arctanh):
    composed(getattr(np.emath, _function.__name__))(complex_where(beyond_one, _function))


@composed(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    """Divide two logarithms."""
    return np.emath.log(x) / np.emath.log(n)


@composed(np.emath.power)
def power(x: Any, p: Any) -> Any:
    """Raise to a power, in complex numbers where a base is negative."""
    return np.power(cast(x, np.result_type(x, np.complex64)) if np.any(negative(x)) else x, p)
