"""Rules of `scipy.signal`: convolutions and correlations, linear filters, what is taken off as a trend.

A convolution is linear in both arguments. The cotangent of one is the convolution of g, filled with zeros to the full
length, with the other one turned round, where both overlap wholly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import NotCovered
from ...registry import prepared, rule
from ...scipy import signal
from ..padding import unpad

# -------------------------------------------------------------------------------- Convolutions and correlations


def reverse(x: Any, axes: Any = None) -> Any:
    """Return an array with its elements in the opposite order."""
    return np.flip(x, axes)


def full(g: Any, this: Any, other: Any, mode: str, axes: Any, later: int = 0) -> Any:
    """Return the cotangent of the full convolution of arrays of two shapes, of which a mode keeps a part.

    The part in the middle starts later in `correlate2d`, if the length of the second one is even.
    """
    if mode == "full":
        return g
    widths = [(0, 0)] * g.ndim
    for axis in axes:
        n, length = this[axis] + other[axis] - 1, g.shape[axis]
        start = (n - length + later) // 2 if mode == "same" else min(this[axis], other[axis]) - 1
        widths[axis] = (start, n - length - start)
    return np.pad(g, widths)


def convolve_back(
    f: Callable[..., Any], g: Any, shapes: tuple[Any, Any], other: Any, mode: str, axes: Any = None, **options: Any
) -> Any:
    """Return the cotangent of the argument beside `other`; `shapes` are those of both arguments, in their order."""
    if g.ndim == 0:
        return g * other
    along = range(g.ndim) if axes is None else [axis % g.ndim for axis in np.ravel(axes).tolist()]
    options = options if axes is None else {**options, "axes": axes}
    return f(full(g, *shapes, mode, along), reverse(other, tuple(along)), "valid", **options)


def correlate_back(f: Any, convolve: Any, g: Any, in1: Any, in2: Any, mode: str, first: bool, **options: Any) -> Any:
    """Pull back through a correlation: the convolution with the second argument conjugated and turned round."""
    shapes = np.shape(in1), np.shape(in2)
    if first:
        return convolve_back(convolve, g, shapes, np.conj(reverse(in2)), mode, **options)
    return np.conj(reverse(convolve_back(convolve, g, shapes, in1, mode, **options)))


def convolution(f: Any) -> None:
    """Register the rule of a convolution along all or some axes; along the others its arguments broadcast."""
    rule(f, broadcasts=True,
         in1=lambda g, in1_shape, in2, mode="full", axes=None:
         convolve_back(f, g, (in1_shape, np.shape(in2)), in2, mode, axes),
         in2=lambda g, in1, in2_shape, mode="full", axes=None:
         convolve_back(f, g, (np.shape(in1), in2_shape), in1, mode, axes))  # fmt: skip


def middle_of_all(f: Any) -> None:
    """Register what happens to mode "same" along some axes: SciPy cuts the others, which broadcast, as well."""

    @prepared(f)
    def cut(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
        if mode != "same" or axes is None or np.ndim(in1) != np.ndim(in2):
            return (in1, in2, mode, axes), {}
        whole = f(in1, in2, "full", axes)
        starts = [(n - m) // 2 for n, m in zip(np.shape(whole), np.shape(in1), strict=True)]
        return whole[tuple(slice(i, i + m) for i, m in zip(starts, np.shape(in1), strict=True))]


rule(signal.convolve,
     in1=lambda g, in1_shape, in2, mode="full", method="auto":
     convolve_back(signal.convolve, g, (in1_shape, np.shape(in2)), in2, mode, method=method),
     in2=lambda g, in1, in2_shape, mode="full", method="auto":
     convolve_back(signal.convolve, g, (np.shape(in1), in2_shape), in1, mode, method=method))  # fmt: skip
rule(signal.correlate,
     in1=lambda g, in1, in2, mode="full", method="auto":
     correlate_back(signal.correlate, signal.convolve, g, in1, in2, mode, True, method=method),
     in2=lambda g, in1, in2, mode="full", method="auto":
     correlate_back(signal.correlate, signal.convolve, g, in1, in2, mode, False, method=method))  # fmt: skip
for _f in (signal.fftconvolve, signal.oaconvolve):
    convolution(_f)
    middle_of_all(_f)

PADDING = {"fill": "constant", "wrap": "wrap", "symm": "symmetric", "symmetric": "symmetric"}


def surrounded(in1: Any, in2: Any, boundary: str, fillvalue: Any) -> Any:
    """Return the first argument with what its boundary puts around it, so that the full convolution is inside."""
    widths = [(n - 1, n - 1) for n in np.shape(in2)]
    options = {"constant_values": fillvalue} if boundary == "fill" else {}
    return np.pad(in1, widths, PADDING[boundary], **options)


def swapped(in1: Any, in2: Any, mode: str) -> bool:
    """Whether SciPy exchanges the arrays, so that the larger one comes first."""
    pairs = list(zip(np.shape(in1), np.shape(in2), strict=True))
    return mode == "valid" and all(m <= n for m, n in pairs) and any(m < n for m, n in pairs)


@prepared(signal.convolve2d)
def larger_first(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Exchange the arrays as SciPy does."""
    first = (in2, in1) if swapped(in1, in2, mode) else (in1, in2)
    return (*first, mode, boundary, fillvalue), {}


@prepared(signal.correlate2d)
def larger_first_turned(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Exchange the arrays as SciPy does, which turns the result round."""
    if swapped(in1, in2, mode):
        return np.flip(signal.correlate2d(in2, in1, mode, boundary, fillvalue))
    return (in1, in2, mode, boundary, fillvalue), {}


def convolve2d_first(g: Any, in1: Any, in2: Any, mode: str, boundary: str, later: int = 0) -> Any:
    """Return the cotangent of the first argument: of each place that the boundary copies it to."""
    g = full(g, np.shape(in1), np.shape(in2), mode, (0, 1), later)
    whole = signal.convolve2d(g, reverse(in2))  # of the surrounded argument
    return unpad(whole, np.shape(in1), [(n - 1, n - 1) for n in np.shape(in2)], PADDING[boundary], "even", None)


def convolve2d_second(g: Any, in1: Any, in2: Any, mode: str, boundary: str, fillvalue: Any, later: int = 0) -> Any:
    """Return the cotangent of the second argument."""
    g = full(g, np.shape(in1), np.shape(in2), mode, (0, 1), later)
    return signal.convolve2d(reverse(surrounded(in1, in2, boundary, fillvalue)), g, "valid")


rule(signal.convolve2d,
     in1=lambda g, in1, in2, mode="full", boundary="fill": convolve2d_first(g, in1, in2, mode, boundary),
     in2=lambda g, in1, in2, mode="full", boundary="fill", fillvalue=0:
     convolve2d_second(g, in1, in2, mode, boundary, fillvalue))  # fmt: skip
rule(signal.correlate2d,
     in1=lambda g, in1, in2, mode="full", boundary="fill":
     convolve2d_first(g, in1, np.conj(reverse(in2)), mode, boundary, 1),
     in2=lambda g, in1, in2, mode="full", boundary="fill", fillvalue=0: np.conj(reverse(
         convolve2d_second(g, in1, in2, mode, boundary, fillvalue, 1))))  # fmt: skip

# --------------------------------------------------------------------------------------------- Filters, trends


def filtered_back(g: Any, b: Any, a: Any, axis: int) -> Any:
    """Run the filter b / a from the end to the start: the transpose of running it forwards."""
    return reverse(signal.lfilter(b, a, reverse(g, axis), axis), axis)


def lags(g: Any, x: Any, count: int, axis: int) -> Any:
    """Return the sums of g times x delayed by 0, 1, ... steps."""
    g, x = np.moveaxis(g, axis, -1), np.moveaxis(x, axis, -1)
    n = g.shape[-1]
    return np.stack([np.sum(g[..., k:] * x[..., : max(n - k, 0)]) for k in range(count)])


def without_start(zi: Any) -> None:
    """Refuse a filter that starts from a given state."""
    if zi is not None:
        raise NotCovered(
            "scipy.signal.lfilter with zi= has no derivative rule",
            "the rule is that of a filter at rest",
            "lfilter without zi=, on a signal with what went before in front of it",
        )


def lfilter_back(g: Any, b: Any, a: Any, x: Any, out: Any, axis: int, zi: Any, to: str) -> Any:
    """Pull back through a₀ yₙ + a₁ yₙ₋₁ + ... = b₀ xₙ + b₁ xₙ₋₁ + ..., at rest before the start."""
    without_start(zi)
    if to == "x":
        return filtered_back(g, b, a, axis)
    inner = filtered_back(g, np.ones(1), a, axis)
    return lags(inner, x, b.shape[0], axis) if to == "b" else -lags(inner, out, a.shape[0], axis)


rule(signal.lfilter,
     b=lambda g, b, a, x, out, axis=-1, zi=None: lfilter_back(g, b, a, x, out, axis, zi, "b"),
     a=lambda g, b, a, x, out, axis=-1, zi=None: lfilter_back(g, b, a, x, out, axis, zi, "a"),
     x=lambda g, b, a, x, out, axis=-1, zi=None: lfilter_back(g, b, a, x, out, axis, zi, "x"))  # fmt: skip
# An orthogonal projection, so it is its own transpose.
rule(signal.detrend, data=lambda g, axis=-1, type="linear", bp=0: signal.detrend(g, axis, type, bp))
