"""`scipy.integrate` of sampled functions, composed of NumPy's functions. What calls a function has no rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph import own_module
from ...primitives import Recorded, cast, data_of
from ...registry import composed
from ...scipy import integrate
from ..factorisations import warn_degenerate

own_module(globals())


@composed(integrate.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Call NumPy's."""
    return np.trapezoid(y, x, dx, axis)


def steps(y: Any, x: Any, dx: Any) -> Any:
    """Return the distances of samples along the last axis."""
    if x is not None:
        return np.diff(x)
    dtype = np.real(y).dtype if isinstance(dx, (int, float)) and np.result_type(y).kind in "fc" else None
    return np.broadcast_to(dx if dtype is None else np.asarray(dx, dtype), (np.shape(y)[-1] - 1,))


@composed(integrate.cumulative_trapezoid)
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    """Add up the means of neighbours, times their distances."""
    if initial is not None and initial != 0:
        raise ValueError(f"initial is {initial}; the integral starts with 0, or None leaves that out")
    y, x = np.moveaxis(y, axis, -1), x if x is None or np.ndim(x) == 1 else np.moveaxis(x, axis, -1)
    sums = np.cumsum(steps(y, x, dx) * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
    if initial is not None:
        sums = np.concatenate([np.zeros_like(sums[..., :1]) + initial, sums], axis=-1)
    return np.moveaxis(sums, -1, axis)


@composed(integrate.simpson)
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Add up the parabolas through three samples each; of an even number, the last interval by Cartwright's formula."""
    y, x = np.moveaxis(y, axis, -1), x if x is None or np.ndim(x) == 1 else np.moveaxis(x, axis, -1)
    n, h = np.shape(y)[-1], steps(y, x, dx)
    if isinstance(x, Recorded) and np.any(np.equal(data_of(h), 0)):
        warn_degenerate(
            "simpson where samples coincide: it divides by their distance, and has no derivative by x there"
        )
    if n % 2 == 0:  # what is added for the last interval is of double precision
        y = cast(y, np.result_type(y, np.float64))
    if n == 2:
        return 0.5 * h[..., 0] * (y[..., 0] + y[..., 1])
    end = n if n % 2 else n - 1
    h = h if x is None else cast(h, np.result_type(h, np.float64))
    h0, h1 = h[..., 0 : end - 1 : 2], h[..., 1 : end - 1 : 2]
    y0, y1, y2 = y[..., 0 : end - 2 : 2], y[..., 1 : end - 1 : 2], y[..., 2:end:2]
    total = h0 + h1
    parts = y0 * (2 - quotient(h1, h0)) + y1 * quotient(total * total, h0 * h1) + y2 * (2 - quotient(h0, h1))
    whole = np.sum(total / 6 * parts, axis=-1)
    if n % 2:
        return whole
    a, b = h[..., -2], h[..., -1]
    last = quotient(2 * b * b + 3 * a * b, 6 * (a + b)) * y[..., -1] + quotient(b * b + 3 * a * b, 6 * a) * y[..., -2]
    return whole + last - quotient(b**3, 6 * a * (a + b)) * y[..., -3]


def quotient(above: Any, below: Any) -> Any:
    """Return a quotient, 0 where samples coincide."""
    return np.where(below == 0, 0, above / np.where(below == 0, 1, below))
