"""Rules of differences, of slopes between samples, and of ramps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import own_module
from ..primitives import cast, contains_value
from ..registry import composed, rule
from .calling import over_axes
from .reductions import sum_like

own_module(globals())
rule(np.diff, "a n axis prepend append",
     a=lambda g, a_shape, n=1, axis=-1, prepend_shape=None, append_shape=None:
     undiff(g, (prepend_shape, a_shape, append_shape), 1, n, axis),
     prepend=lambda g, a_shape, prepend_shape, n=1, axis=-1, append_shape=None:
     undiff(g, (prepend_shape, a_shape, append_shape), 0, n, axis),
     append=lambda g, a_shape, append_shape, n=1, axis=-1, prepend_shape=None:
     undiff(g, (prepend_shape, a_shape, append_shape), 2, n, axis))  # fmt: skip
rule(np.ediff1d,
     ary=lambda g, ary_shape, to_end=None, to_begin=None: np.reshape(
         undiff(middle(g, to_begin, to_end), (None, (math.prod(ary_shape),), None), 1), ary_shape),
     to_end=lambda g, to_end: np.reshape(g[g.shape[0] - math.prod(np.shape(to_end)) :], np.shape(to_end)),
     to_begin=lambda g, to_begin: np.reshape(g[: math.prod(np.shape(to_begin))], np.shape(to_begin)))  # fmt: skip
rule(np.linspace, broadcasts=True,
     start=lambda g, num=50, endpoint=True, retstep=False, axis=0: ramp_back(g, 0, num, endpoint, retstep, axis),
     stop=lambda g, num=50, endpoint=True, retstep=False, axis=0:
     ramp_back(g, 1, num, endpoint, retstep, axis))  # fmt: skip
rule(np.geomspace, broadcasts=True,
     start=lambda g, out, start, num=50, endpoint=True, axis=0:
     ramp_back(g * out, 0, num, endpoint, False, axis) / start,
     stop=lambda g, out, stop, num=50, endpoint=True, axis=0:
     ramp_back(g * out, 1, num, endpoint, False, axis) / stop)  # fmt: skip
rule(np.logspace, broadcasts=True,
     start=lambda g, out, num=50, endpoint=True, base=10.0, axis=0:
     ramp_back(g * out, 0, num, endpoint, False, axis) * np.log(base),
     stop=lambda g, out, num=50, endpoint=True, base=10.0, axis=0:
     ramp_back(g * out, 1, num, endpoint, False, axis) * np.log(base),
     base=lambda g, out, start, stop, base, num=50, endpoint=True, axis=0:
     (ramp_back(g * out, 0, num, endpoint, False, axis) * start
      + ramp_back(g * out, 1, num, endpoint, False, axis) * stop) / base)  # fmt: skip


def undiff(g: Any, shapes: Sequence[tuple[int, ...] | None], part: int, n: int = 1, axis: int = -1) -> Any:
    """Pull back through `np.diff` to one of the three parts that it joins: what is prepended, the array, the rest.

    The transpose of a difference is the difference of opposite sign, with zeros around.
    """
    shape: Any = shapes[part]
    if n == 0:  # NumPy joins nothing
        return g if part == 1 else np.zeros_like(g, shape=shape)
    lengths = [0 if one is None else one[axis] if one else 1 for one in shapes]
    if sum(lengths) <= n:
        return np.zeros_like(g, shape=shape)
    axis %= g.ndim
    widths = [(n, n) if i == axis else (0, 0) for i in range(g.ndim)]
    whole = (-1) ** n * np.diff(np.pad(g, widths), n, axis)
    start = sum(lengths[:part])
    return sum_like(whole[(slice(None),) * axis + (slice(start, start + lengths[part]),)], shape)


@composed(np.gradient, arrays="f")
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Take the slope along each axis."""
    axes = over_axes(axis, f.ndim)
    if len(varargs) not in (0, 1, len(axes)):
        raise ShapeError(
            f"np.gradient got {len(varargs)} spacings for {len(axes)} axes",
            "each axis has its own",
            f"one for all, or {len(axes)}",
        )
    steps = varargs if len(varargs) == len(axes) else (*varargs, 1.0)[:1] * len(axes)
    found = tuple(slope_along(f, h, i, edge_order) for h, i in zip(steps, axes, strict=True))
    return found[0] if len(found) == 1 else found


def slope_along(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """Return the slope along an axis: the mean of those on both sides, each weighted with the other's width.

    That is exact for parabolas. At the ends it is the slope of the one side, or with `edge_order` 2 what it would be at
    the end if it changed on as it does between the first two.
    """
    n, f = f.shape[axis], np.moveaxis(f, axis, -1)
    if n < edge_order + 1 or edge_order not in (1, 2):
        raise ShapeError(
            f"np.gradient with edge_order={edge_order} along an axis of {n} elements",
            "at each end it takes edge_order + 1 elements, two or three",
            "edge_order=1 or 2, and a longer axis",
        )
    if np.ndim(spacing) and np.shape(spacing) != (n,):
        raise ShapeError(
            f"np.gradient got coordinates of shape {np.shape(spacing)} for an axis of {n} elements",
            "each element of the axis has one coordinate",
            f"a vector of {n} coordinates, or a number for even spacing",
        )
    width = np.diff(np.multiply(spacing, 1.0)) if np.ndim(spacing) else spacing
    if np.ndim(width) and not contains_value(width) and np.all(width == width[0]):
        width = width[0]
    side = np.diff(f) / width
    if np.ndim(width):
        inner = (side[..., :-1] * width[1:] + side[..., 1:] * width[:-1]) / (width[:-1] + width[1:])
    else:
        inner = (f[..., 2:] - f[..., :-2]) / (2 * width)
    first, last = side[..., :1], side[..., -1:]
    if edge_order == 2:
        first, last = 2 * first - inner[..., :1], 2 * last - inner[..., -1:]
    found = np.moveaxis(np.concatenate([first, inner, last], axis=-1), -1, axis)
    return found if found.dtype == f.dtype else cast(found, f.dtype)


def middle(g: Any, before: Any, after: Any) -> Any:
    """Return a vector without what was put before and after it."""
    start, end = (0 if x is None else math.prod(np.shape(x)) for x in (before, after))
    return g[start : g.shape[0] - end]


def ramp_back(g: Any, end: int, num: int, endpoint: bool, retstep: bool, axis: int) -> Any:
    """Pull back through `np.linspace` to its start (end 0) or stop (end 1), and through the step it may return."""
    g, g_step = g if retstep else (g, 0)
    ramp = np.linspace(0, 1, num, endpoint)
    steps = num - 1 if endpoint else num
    step = (2 * end - 1) / steps * g_step if steps else 0
    return np.sum(np.moveaxis(g, axis, -1) * (ramp if end else 1 - ramp), axis=-1) + step
