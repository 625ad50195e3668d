"""Primitives: functions of raw arrays that are recorded as one node when they are called with a Value.

Those that an array's own syntax needs stand here: indexing and its adjoint, taking rows apart, casting, and the two
activations that a Value has as methods.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

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

    @wraps(function)
    def dispatching(*args: Any, **kwargs: Any) -> Any:
        value = first_value(args)
        if value is None and kwargs:
            value = first_value(list(kwargs.values()))
        if value is None:
            return function(*args, **kwargs)
        return value.__array_function__(dispatching, (type(value),), args, kwargs)

    dispatching.on_raw = function  # type: ignore[attr-defined]
    return dispatching


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
    out = np.zeros_like(g, shape=shape)
    if may_repeat(index):
        np.add.at(out, index, g)
    else:
        out[index] = g
    return out


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
