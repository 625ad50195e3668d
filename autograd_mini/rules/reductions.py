"""Rules of reductions and cumulative functions.

Ties: elements that share the maximum or the minimum share its cotangent equally. The slope of `std` is 0 where the
standard deviation is 0. `prod` and `cumprod` never divide by an element, so they are right with zeros, at every order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import NotCovered
from ..graph import own_module
from ..primitives import is_foreign
from ..registry import composed, prepared, rule

own_module(globals())

rule(np.sum, a=lambda g, a_shape, axis=None, keepdims=False, where=True:
     masked(spread(g, a_shape, axis, keepdims), where), initial=lambda g: np.sum(g))  # fmt: skip
rule(np.mean, a=lambda g, a_shape, axis=None, keepdims=False, where=True:
     masked(spread(g / count(a_shape, axis, keepdims, where), a_shape, axis, keepdims), where))  # fmt: skip


@prepared(np.average)
def over_a_tuple(a: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Take a list of axes, too, as NumPy does."""
    return (a, tuple(axis) if isinstance(axis, list) else axis, *args), kwargs


rule(np.average, "a axis weights returned keepdims",
     a=lambda g, a_shape, axis=None, weights=None, returned=False, keepdims=False:
     average_slope(g[0] if returned else g, a_shape, axis, weights, keepdims),
     weights=lambda g, a, weights, out, axis=None, returned=False, keepdims=False:
     average_weight_slope(*((g[0], out[0], g[1]) if returned else (g, out)), a=a, weights=weights, axis=axis,
                          keepdims=keepdims))  # fmt: skip
rule(np.prod, a=lambda g, a, axis=None, keepdims=False, initial=1, where=True:
     masked(spread(g, a.shape, axis, keepdims) * initial * others(masked(a, where, 1), axis), where),
     initial=lambda g, a, axis=None, keepdims=False, where=True:
     np.sum(g * np.prod(masked(a, where, 1), axis, keepdims=keepdims)))  # fmt: skip

for _extremum in (np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin):  # np.amax and np.max are two objects
    rule(_extremum, a=lambda g, a, out, axis=None, keepdims=False, initial=None, where=True:
         spread(g, a.shape, axis, keepdims) * tied(a, out, axis, keepdims, where, initial),
         initial=lambda g, a, out, initial, axis=None, keepdims=False, where=True: np.sum(
             g * (1 - np.sum(tied(a, out, axis, keepdims, where, initial), axis=axis, keepdims=keepdims))))  # fmt: skip
rule(np.ptp, a=lambda g, a, axis=None, keepdims=False: spread(g, a.shape, axis, keepdims) * (
     tied(a, np.max(a, axis), axis, False) - tied(a, np.min(a, axis), axis, False)))  # fmt: skip

# `mean` is a mean that the caller knows already. Where it isn't given, what flows through it sums to 0.
rule(np.var, "a axis dtype out ddof keepdims where mean correction",
     a=lambda g, a, axis=None, ddof=0, keepdims=False, where=True, mean=None, correction=0:
     var_pullback(g, a, axis, ddof + correction, keepdims, where, mean),
     mean=lambda g, a, mean, axis=None, ddof=0, keepdims=False, where=True, correction=0:
     -sum_like(var_pullback(g, a, axis, ddof + correction, keepdims, where, mean), mean.shape))  # fmt: skip
rule(np.std, "a axis dtype out ddof keepdims where mean correction",
     a=lambda g, a, out, axis=None, ddof=0, keepdims=False, where=True, mean=None, correction=0:
     var_pullback(half_over(g, out), a, axis, ddof + correction, keepdims, where, mean),
     mean=lambda g, a, mean, out, axis=None, ddof=0, keepdims=False, where=True, correction=0:
     -sum_like(var_pullback(half_over(g, out), a, axis, ddof + correction, keepdims, where, mean),
               mean.shape))  # fmt: skip

# With NaN left out: the same, where there is a number.
rule(np.nansum, a=lambda g, a, axis=None, keepdims=False, where=True:
     masked(spread(g, a.shape, axis, keepdims), numbers(a, where)), initial=lambda g: np.sum(g))  # fmt: skip
rule(np.nanmean, a=lambda g, a, axis=None, keepdims=False, where=True:
     masked(spread(g / count(a.shape, axis, keepdims, numbers(a, where)), a.shape, axis, keepdims),
            numbers(a, where)))  # fmt: skip
rule(np.nanprod, a=lambda g, a, axis=None, keepdims=False, initial=1, where=True:
     masked(spread(g, a.shape, axis, keepdims) * initial * others(masked(a, numbers(a, where), 1), axis),
            numbers(a, where)),
     initial=lambda g, a, axis=None, keepdims=False, where=True:
     np.sum(g * np.prod(masked(a, numbers(a, where), 1), axis, keepdims=keepdims)))  # fmt: skip
rule(np.nanvar, "a axis dtype out ddof keepdims where mean correction",
     a=lambda g, a, axis=None, ddof=0, keepdims=False, where=True, mean=None, correction=0:
     nanvar_pullback(g, a, axis, ddof + correction, keepdims, where, mean),
     mean=lambda g, a, mean, axis=None, ddof=0, keepdims=False, where=True, correction=0:
     -sum_like(nanvar_pullback(g, a, axis, ddof + correction, keepdims, where, mean), mean.shape))  # fmt: skip
rule(np.nanstd, "a axis dtype out ddof keepdims where mean correction",
     a=lambda g, a, out, axis=None, ddof=0, keepdims=False, where=True, mean=None, correction=0:
     nanvar_pullback(half_over(g, out), a, axis, ddof + correction, keepdims, where, mean),
     mean=lambda g, a, mean, out, axis=None, ddof=0, keepdims=False, where=True, correction=0:
     -sum_like(nanvar_pullback(half_over(g, out), a, axis, ddof + correction, keepdims, where, mean),
               mean.shape))  # fmt: skip

rule(np.cumsum, a=lambda g, a_shape, axis=None: np.reshape(sum_from_here(g, axis or 0), a_shape))
rule(np.cumprod, a=lambda g, a, axis=None: np.reshape(cumprod_pullback(g, a, axis), a.shape))
rule(np.nancumsum, a=lambda g, a, axis=None:
     np.where(np.isnan(a), 0, np.reshape(sum_from_here(g, axis or 0), a.shape)))  # fmt: skip
rule(np.nancumprod, a=lambda g, a, axis=None:
     np.where(np.isnan(a), 0, np.reshape(cumprod_pullback(g, np.where(np.isnan(a), 1, a), axis), a.shape)))  # fmt: skip
if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    rule(np.cumulative_sum, x=lambda g, x_shape, axis=None, include_initial=False:
         np.reshape(sum_from_here(without_initial(g, axis, include_initial), axis or 0), x_shape))  # fmt: skip
    rule(np.cumulative_prod, x=lambda g, x, axis=None, include_initial=False:
         np.reshape(cumprod_pullback(without_initial(g, axis, include_initial), x, axis), x.shape))  # fmt: skip


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Return what belongs to a reduced array, at each element of the array before: the adjoint of a sum."""
    if axis is not None and not keepdims and shape:
        g = np.expand_dims(g, axis)
    # Dask would broadcast into a single chunk, as large as the whole array.
    return np.zeros_like(g, shape=shape) + g if is_foreign(g) else np.broadcast_to(g, shape)


def sum_like(x: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which an array of `shape` was broadcast: the adjoint of `np.broadcast_to`."""
    extra = x.ndim - len(shape)
    axes = tuple(i for i in range(x.ndim) if i < extra or shape[i - extra] != x.shape[i])
    return np.reshape(np.sum(x, axis=axes), shape)


def masked(x: Any, where: Any, other: float = 0) -> Any:
    """Return an array with another number where elements are left out by `where=`."""
    return x if where is True else np.where(where, x, other)


def numbers(a: Any, where: Any) -> Any:
    """Return where an array holds numbers, not NaN, among the elements that `where=` chose."""
    return ~np.isnan(a) & where


def count(shape: tuple[int, ...], axis: Any, keepdims: bool, where: Any) -> Any:
    """Return how many elements go into each element of a reduction."""
    if where is not True:
        return np.sum(np.broadcast_to(where, shape), axis=axis, keepdims=keepdims)
    if axis is None or not shape:
        return math.prod(shape)
    return math.prod(shape[i] for i in (axis if isinstance(axis, tuple) else (axis,)))


def tied(a: Any, out: Any, axis: Any, keepdims: bool, where: Any = True, initial: Any = None) -> Any:
    """Return the share of each element in an extremum: 1 / (how many reach it, with the initial value), or 0.

    An extremum that is NaN comes from the elements that are.
    """
    wide = spread(out, a.shape, axis, keepdims)
    hit = (a == wide) | (np.isnan(a) & np.isnan(wide))
    if where is not True:
        hit = hit & where
    more = 0 if initial is None else wide == initial
    return hit / np.maximum(np.sum(hit, axis=axis, keepdims=True) + more, 1)


def var_pullback(g: Any, a: Any, axis: Any, ddof: float, keepdims: bool, where: Any, mean: Any = None) -> Any:
    """Pull back through `np.var`: g times 2 (a - mean) / (n - ddof)."""
    if np.iscomplexobj(mean) and not np.iscomplexobj(a):
        raise NotCovered(
            "a variance of real numbers with a complex mean has no derivative rule",
            "NumPy squares the differences there, where it takes their size of complex numbers",
            "the array as complex numbers: a.astype(complex)",
        )
    if mean is None:
        mean = np.mean(masked(a, where), axis=axis, keepdims=True)
        if where is not True:
            mean = mean * (count(a.shape, axis, True, True) / count(a.shape, axis, True, where))
    scale = g * np.divide(2.0, np.maximum(count(a.shape, axis, keepdims, where) - ddof, 0))
    return masked(spread(scale, a.shape, axis, keepdims) * np.conj(a - mean), where)


def nanvar_pullback(g: Any, a: Any, axis: Any, ddof: float, keepdims: bool, where: Any, mean: Any) -> Any:
    """Pull back through `np.nanvar`: as through `np.var` of the elements that are numbers."""
    chosen = numbers(a, where)
    return var_pullback(g, masked(a, chosen), axis, ddof, keepdims, chosen, mean)


def half_over(g: Any, root: Any) -> Any:
    """Return g times the slope of the square root that led to `root`, 1 / (2 root), with 0 at 0."""
    return g * np.where(root == 0, 0.0, 0.5 / np.where(root == 0, 1.0, root))


def full_weights(shape: tuple[int, ...], axis: Any, weights: Any) -> Any:
    """Return the weights of an average in a shape that broadcasts to that of the array."""
    if weights is None or np.shape(weights) == shape:
        return weights
    axes = [i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))]
    ordered = np.transpose(weights, np.argsort(axes).tolist())
    return np.reshape(ordered, [n if i in axes else 1 for i, n in enumerate(shape)])


def average_slope(g: Any, shape: tuple[int, ...], axis: Any, weights: Any, keepdims: bool) -> Any:
    """Pull back through `np.average`: g times weight / (sum of weights)."""
    if weights is None:
        return spread(g / count(shape, axis, keepdims, True), shape, axis, keepdims)
    w = full_weights(shape, axis, weights)
    return spread(g, shape, axis, keepdims) * (w / np.sum(np.broadcast_to(w, shape), axis=axis, keepdims=True))


def average_weight_slope(g: Any, out: Any, g_sum: Any = 0, *, a: Any, weights: Any, axis: Any, keepdims: bool) -> Any:
    """Pull back to the weights of `np.average`: g times (a - average) / (sum of weights), and to their sum."""
    w = full_weights(a.shape, axis, weights)
    share = g / np.sum(np.broadcast_to(w, a.shape), axis=axis, keepdims=keepdims)
    slope = spread(share, a.shape, axis, keepdims) * (a - spread(out, a.shape, axis, keepdims))
    slope = slope + spread(g_sum + 0 * g, a.shape, axis, keepdims)
    if np.shape(weights) == a.shape:
        return slope
    axes = [i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    return np.transpose(np.sum(slope, axis=rest), np.argsort(np.argsort(axes)).tolist())


def sum_from_here(g: Any, axis: int) -> Any:
    """Return the sum of each element and those after it: the adjoint of `np.cumsum`."""
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def without_initial(g: Any, axis: int | None, include_initial: bool) -> Any:
    """Return a cotangent without the first element, a constant that `include_initial=True` put there."""
    return np.moveaxis(np.moveaxis(g, axis or 0, 0)[1:], 0, axis or 0) if include_initial else g


def others(a: Any, axis: Any) -> Any:
    """Return for each element the product of all others that it is multiplied with along some axes."""
    if not a.shape:
        return np.ones_like(a)
    axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(sorted(i % a.ndim for i in axes))
    last = tuple(range(a.ndim - len(axes), a.ndim))
    moved = np.moveaxis(a, axes, last)
    x = np.reshape(moved, (*moved.shape[: a.ndim - len(axes)], math.prod(moved.shape[a.ndim - len(axes) :])))
    product = before(x) * np.flip(before(np.flip(x, -1)), -1)
    return np.moveaxis(np.reshape(product, moved.shape), last, axes)


def before(x: Any) -> Any:
    """Return for each element the product of those before it along the last axis, 1 for the first."""
    return np.concatenate([np.ones_like(x[..., :1]), np.cumprod(x[..., :-1], -1)], -1)


def cumprod_pullback(g: Any, a: Any, axis: int | None) -> Any:
    """Pull back through `np.cumprod` without dividing.

    Element k of the result gets before[k] * total[k], where before[k] is the product of the elements before it, and
    total[k] = g[k] + x[k+1] total[k+1]. The recurrence is a composition of affine maps; composing neighbours, then
    pairs, then fours ... solves it in log2(n) steps.
    """
    axis = axis if a.shape else None
    x = np.reshape(a, (-1,)) if axis is None else np.moveaxis(a, axis, -1)
    total = np.reshape(g, (-1,)) if axis is None else np.moveaxis(g, axis, -1)
    slope, step = ahead(x, 1), 1
    while step < x.shape[-1]:
        total = total + slope * ahead(total, step)
        slope = slope * ahead(slope, step)
        step *= 2
    total = before(x) * total
    return total if axis is None else np.moveaxis(total, -1, axis)


def ahead(x: Any, step: int) -> Any:
    """Return for each element the one `step` further along the last axis, 0 past the end."""
    return np.concatenate([x[..., step:], np.zeros_like(x[..., :step])], -1)


@composed(np.trapezoid, arrays="y x dx")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Sum the means of neighbours, each times their distance."""
    y = np.moveaxis(y, axis, -1)
    steps = dx if x is None else np.diff(x if np.ndim(x) == 1 else np.moveaxis(x, axis, -1))
    return np.sum(steps * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
