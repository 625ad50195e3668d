"""Primitives: functions of raw arrays that are recorded as one node when they are called with a Value.

Those that an array's own syntax needs stand here: indexing and its adjoint, taking rows apart, casting, and the two
activations that a Value has as methods.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any

import numpy as np

from .errors import InvalidInput
from .registry import rule


class Recorded:
    """Marks the class of Values, for modules that stand before it."""

    __slots__ = ()


def contains_value(x: Any) -> bool:
    """Whether an argument is a Value, or a list or tuple with one in it.

    Examples
    --------
    >>> contains_value([1.0, [2.0]])
    False
    """
    return isinstance(x, Recorded) or (isinstance(x, (list, tuple)) and any(map(contains_value, x)))


def first_value(x: Any) -> Any:
    """Return the first Value in nested lists and tuples, or None."""
    if isinstance(x, Recorded):
        return x
    if isinstance(x, (list, tuple)):
        for item in x:
            value = first_value(item)
            if value is not None:
                return value
    return None


def data_of(x: Any) -> Any:
    """Return the data of a Value, and anything else as it is.

    Examples
    --------
    >>> data_of(2.0)
    2.0
    """
    return getattr(x, "_raw", x)


NUMPYS = (np.ndarray, np.generic, float, int, complex)


def is_foreign(x: Any) -> bool:
    """Whether an array, or the array inside a Value, is of another library than NumPy.

    Examples
    --------
    >>> is_foreign(np.ones(2)), is_foreign(1.0)
    (False, False)
    """
    raw = data_of(x)
    return not isinstance(raw, NUMPYS) and hasattr(raw, "__array_function__")


def of_the_library(x: Any, like: Any) -> Any:
    """Return a number or NumPy array as an array of the library that `like` is of; anything else as it is.

    Examples
    --------
    >>> of_the_library(np.float64(1.0), np.ones(2))
    np.float64(1.0)
    """
    return np.asarray(x, like=like) if isinstance(x, NUMPYS) and is_foreign(like) else x


def primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of raw arrays one that can have a rule: called with a Value, it is recorded as one node.

    Parameters
    ----------
    function : callable
        Works on raw arrays; give it a rule with `rule`.

    Returns
    -------
    callable
        The function itself on raw arrays, a recorded operation on Values.

    Examples
    --------
    >>> import autograd_mini as am
    >>> @am.primitive
    ... def square(x):
    ...     return x * x
    >>> _ = am.rule(square, x=lambda g, x: 2 * g * x)
    >>> v = am.Value(3.0)
    >>> square(v).backward()
    >>> v.grad
    np.float64(6.0)
    """

    own = (getattr(function, "__module__", None) or "").startswith(f"{__package__}.")  # which take no dicts

    @wraps(function)
    def dispatching(*args: Any, **kwargs: Any) -> Any:
        value = first_value(args)
        if value is None and kwargs:
            value = first_value(list(kwargs.values()))
        if value is None:
            if not own:
                refuse_hidden(function, (*args, *kwargs.values()))
            return function(*args, **kwargs)
        return value.__array_function__(dispatching, (type(value),), args, kwargs)

    dispatching.on_raw = function  # type: ignore[attr-defined]
    return dispatching


def refuse_hidden(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Raise if an argument is a dict or an object of a dataclass with a Value in it: its derivative would be lost."""
    for arg in args:
        if isinstance(arg, dict) or (is_dataclass(arg) and not isinstance(arg, type)):
            inside = list(arg.values() if isinstance(arg, dict) else vars(arg).values())
            if contains_value(inside):
                raise InvalidInput(
                    f"{function.__name__} was called with a Value inside of a {type(arg).__name__}",
                    "a function with a derivative of its own sees Values that are arguments, or in lists of them",
                    "the Values as arguments of their own",
                )
            refuse_hidden(function, tuple(inside))
        elif isinstance(arg, (list, tuple)):
            refuse_hidden(function, tuple(arg))


def custom_vjp(
    *, broadcasts: bool = False, **lines: Callable[..., Any] | None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a function of your own its derivative: a decorator, in the dialect of `rule`.

    Parameters
    ----------
    broadcasts : bool, default False
        Whether the function broadcasts its arguments, so that cotangents are summed over broadcast axes.
    **lines : callable or None
        For each differentiable parameter a function of the cotangent `g` and of what it names (`out`, any parameter,
        `<parameter>_shape`) that returns the cotangent of that parameter, in its shape, linear in `g`; None marks
        a parameter whose derivative is zero. See `rule`.

    Returns
    -------
    callable
        A decorator. The function gets raw arrays; a Value for a parameter without a line raises `NotCovered`.
        Derivatives of higher order are those of the lines, so these call NumPy's functions, or your own. A graph with
        such a node is pickled by the function's name, as the function itself is.

    Raises
    ------
    RuleError
        If a line names something unknown, or a parameter that the function doesn't have.

    Examples
    --------
    >>> import autograd_mini as am
    >>> @am.custom_vjp(x=lambda g, out, x: g * out * np.cos(x))
    ... def exp_sin(x):
    ...     return np.exp(np.sin(x))
    >>> am.grad(exp_sin)(0.0), am.grad(am.grad(exp_sin))(0.0)
    (np.float64(1.0), np.float64(1.0))
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        recorded = primitive(function)
        rule(recorded, broadcasts=broadcasts, **lines)
        return recorded

    return decorate


@primitive
def getitem(x: Any, index: Any) -> Any:
    """Return ``x[index]``, for every form of index that NumPy has.

    Examples
    --------
    >>> getitem(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
    array([1., 1., 3.])
    """
    return x[index]


@primitive
def scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of a shape with `g` added at an index: the adjoint of indexing. Repeated indices add up.

    Examples
    --------
    >>> scatter(np.array([1.0, 2.0, 3.0]), [0, 0, 2], (4,))
    array([3., 0., 3., 0.])
    """
    out: Any = np.zeros_like(g, shape=shape)
    if not isinstance(out, np.ndarray):
        return scatter_elsewhere(out, g, index)
    if may_repeat(index):
        np.add.at(out, index, g)
    else:
        out[index] = g
    return out


def scatter_elsewhere(out: Any, g: Any, index: Any) -> Any:
    """Scatter into an array of another library, which may take no more than slices and integers to write at."""
    if 0 in g.shape:
        return out
    items = index if isinstance(index, tuple) else (index,)
    kept = tuple(item for item in items if item is not None)
    if all(item is Ellipsis or type(item) in (int, slice) for item in kept):
        out[kept] = np.reshape(g, out[kept].shape)
        return out
    try:
        np.add.at(out, index, g)
        return out
    except TypeError:  # Dask has no such method, and no assignment at several arrays
        pass
    shape, axis = out.shape, len(items) - 1
    if all(type(item) is slice and item == slice(None) for item in items[:-1]) and may_repeat(items[-1]):
        places = np.ravel(np.arange(shape[axis])[items[-1]])  # along one axis
        return sums_by_place(np.reshape(g, (*shape[:axis], -1, *shape[axis + 1 :])), places, shape[axis], axis)
    places = np.ravel(np.arange(math.prod(shape)).reshape(shape)[index])
    return np.reshape(sums_by_place(np.reshape(g, (-1,)), places, math.prod(shape), 0), shape)


def sums_by_place(x: Any, places: Any, n: int, axis: int) -> Any:
    """Return for each place 0, 1, ..., n - 1 the sum of what belongs there along an axis, by reading alone.

    The elements are brought in the order of their places. Then each adds what its neighbour of the same place has, then
    the second neighbour, the fourth ..., until the first of each place has all of them.

    Examples
    --------
    >>> sums_by_place(np.array([1.0, 2.0, 3.0]), np.array([2, 0, 2]), 4, 0)
    array([2., 0., 4., 0.])
    """
    wide = (-1,) + (1,) * (x.ndim - axis - 1)
    order = np.argsort(places, kind="stable")
    places, x, step = places[order], np.take(x, order, axis), 1
    while np.any(same := places[step:] == places[:-step]):
        ahead = np.take(x, np.minimum(np.arange(step, step + places.size), places.size - 1), axis)
        x = x + np.where(np.reshape(np.pad(same, (0, step)), wide), ahead, 0)
        step *= 2
    first = np.minimum(np.searchsorted(places, np.arange(n)), places.size - 1)
    return np.where(np.reshape(places[first] == np.arange(n), wide), np.take(x, first, axis), 0)


@primitive
def set_at(x: Any, index: Any, new: Any) -> Any:
    """Return a copy of an array with ``copy[index] = new``: what to write for an assignment in place.

    Parameters
    ----------
    x : array or Value
    index
        Any index that NumPy has. Where one names an element twice, the last assignment counts, as in NumPy.
    new : array_like or Value
        Broadcasts to the shape of ``x[index]``, and is cast to the dtype of `x`.

    Returns
    -------
    array or Value
        Of the shape and dtype of `x`. The elements that were replaced have gradient 0, the new ones get it.

    Examples
    --------
    >>> import autograd_mini as am
    >>> am.set_at(np.array([1.0, 2.0, 3.0]), np.s_[1:], 5.0)
    array([1., 5., 5.])
    >>> am.grad(lambda x, w: np.sum(am.set_at(x, 0, w) ** 2), (0, 1))(np.array([1.0, 2.0]), 3.0)
    (array([0., 4.]), np.float64(6.0))
    """
    out = x.copy() if getattr(x, "ndim", 0) else np.array(x)
    out[index] = new
    return out[()] if isinstance(x, np.generic) else out


def may_repeat(index: Any) -> bool:
    """Whether an index may name an element twice: integers, slices and masks can't, lists of integers can.

    Examples
    --------
    >>> may_repeat((slice(None), 1)), may_repeat([0, 0]), may_repeat(((0, 0), (1, 1)))
    (False, True, True)
    """
    return not all(map(_once, index if isinstance(index, tuple) else (index,)))


def _once(item: Any) -> bool:
    if hasattr(item, "dtype"):
        return bool(item.dtype.kind == "b" or item.shape == ())
    return item is None or item is Ellipsis or isinstance(item, (int, slice))


@primitive
def unstack(x: Any) -> tuple[Any, ...]:
    """Return the sub-arrays of an array along its first axis.

    Examples
    --------
    >>> unstack(np.array([1.0, 2.0]))
    (np.float64(1.0), np.float64(2.0))
    """
    return tuple(x)


@primitive
def cast(x: Any, dtype: Any) -> Any:
    """Return an array in another floating dtype.

    Examples
    --------
    >>> cast(np.array([1.0]), np.float32)
    array([1.], dtype=float32)
    """
    return x.astype(dtype)


@primitive
def relu(x: Any) -> Any:
    """Return max(x, 0), with slope 0 at 0.

    Examples
    --------
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return np.maximum(x, 0)


@primitive
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)), without overflow.

    Examples
    --------
    >>> sigmoid(np.array([0.0, -1000.0]))
    array([0.5, 0. ])
    """
    return 0.5 * (1 + np.tanh(0.5 * x))
