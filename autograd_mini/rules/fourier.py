"""Rules of discrete Fourier transforms.

Each is linear: a resize to length n, a product with a matrix, and for real results a part of what comes out. The
matrix of `fft` is symmetric, so its transpose is itself. Norms change places where the transpose is the inverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import fft

from ..registry import prepared, rule

SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def resized(x: Any, axis: int, n: int) -> Any:
    """Return an array cut, or filled with zeros, to length n along an axis."""
    axis = axis % x.ndim
    before = (slice(None),) * axis
    if x.shape[axis] >= n:
        return x[(*before, slice(n))]
    return np.pad(x, [(0, n - x.shape[i] if i == axis else 0) for i in range(x.ndim)])


def real_back(g: Any, n: int, length: int, axis: int, norm: str | None) -> Any:
    """Pull back through `rfft` of n real numbers, to which `length` were resized."""
    return resized(np.real(fft.fft(g, n, axis, norm)), axis, length)


def half_back(g: Any, length: int, axis: int, norm: str | None) -> Any:
    """Pull back through `irfft` to `length` numbers; all but the first and, of an even length, the middle count twice.

    Each stands for its conjugate too; the imaginary parts of those two are ignored, and get 0.
    """
    n = g.shape[axis]
    half = np.conj(fft.rfft(g, axis=axis, norm=SWAPPED[norm]))
    k = np.arange(n // 2 + 1)
    times = np.where((k == 0) | (2 * k == n), 1.0, 2.0)
    return resized(half * np.reshape(times, (-1, *(1,) * (g.ndim - 1 - axis % g.ndim))), axis, length)


def axes_of(shape: tuple[int, ...], s: Sequence[int] | None, axes: Sequence[int] | None) -> list[int]:
    """Return the axes of a transform over several: the given ones, or the last that `s` has a length for, or all."""
    return list(range(-len(shape if s is None else s), 0) if axes is None else axes)


def along_axes(g: Any, transform: Callable[..., Any], shape: tuple[int, ...], axes: list[int], norm: str | None) -> Any:
    """Pull back through a complex transform over several axes, each resized from its length in `shape`."""
    for axis in axes:
        g = resized(transform(g, axis=axis, norm=norm), axis, shape[axis])
    return g


def several_real_back(g: Any, shape: tuple[int, ...], s: Any, axes: Any, norm: str | None) -> Any:
    """Pull back through `rfftn`: a real transform over the last axis, then complex ones."""
    *others, last = axes_of(shape, s, axes)
    n = shape[last] if s is None or s[-1] == -1 else s[-1]
    return real_back(along_axes(g, fft.fft, shape, others, norm), n, shape[last], last, norm)


def several_half_back(g: Any, shape: tuple[int, ...], s: Any, axes: Any, norm: str | None) -> Any:
    """Pull back through `irfftn`: complex transforms, then one with a real result over the last axis."""
    *others, last = axes_of(shape, s, axes)
    return along_axes(half_back(g, shape[last], last, norm), fft.ifft, shape, others, norm)


# Of a transform over several axes: that along the last one, and along the others before or after it.
ONE_BY_ONE: dict[Any, tuple[Any, Any]] = {
    fft.fftn: (fft.fft, fft.fft), fft.fft2: (fft.fft, fft.fft),
    fft.ifftn: (fft.ifft, fft.ifft), fft.ifft2: (fft.ifft, fft.ifft),
    fft.rfftn: (fft.rfft, fft.fft), fft.rfft2: (fft.rfft, fft.fft),
    fft.irfftn: (fft.irfft, fft.ifft), fft.irfft2: (fft.irfft, fft.ifft),
}  # fmt: skip


def each_axis_once(f: Callable[..., Any]) -> None:
    """Register what happens to a transform that goes along an axis more than once: it is composed of single ones."""
    along_last, along_others = ONE_BY_ONE[f]
    default = (-2, -1) if f.__name__.endswith("2") else None

    @prepared(f)
    def one_by_one(a: Any, s: Any = None, axes: Any = default, norm: str | None = None, out: Any = None) -> Any:
        several = axes_of(np.shape(a), s, axes)
        if out is not None or len({axis % max(np.ndim(a), 1) for axis in several}) == len(several):
            return (a, s, axes, norm), {} if out is None else {"out": out}
        lengths = [np.shape(a)[axis] for axis in several] if s is None else list(s)
        if s is None and f in (fft.irfftn, fft.irfft2):
            lengths[-1] = 2 * (lengths[-1] - 1)
        steps = [*zip([along_others] * (len(several) - 1), lengths, several, strict=False)]
        last = (along_last, lengths[-1], several[-1])
        order = [*steps, last] if along_last is fft.irfft else [last, *reversed(steps)]
        for transform, n, axis in order:
            a = transform(a, None if n == -1 else n, axis, norm)
        return a


for _f in ONE_BY_ONE:
    each_axis_once(_f)
rule(fft.fft, a=lambda g, a_shape, axis=-1, norm=None: along_axes(g, fft.fft, a_shape, [axis], norm))
rule(fft.ifft, a=lambda g, a_shape, axis=-1, norm=None: along_axes(g, fft.ifft, a_shape, [axis], norm))
rule(fft.fftn, a=lambda g, a_shape, s=None, axes=None, norm=None:
     along_axes(g, fft.fft, a_shape, axes_of(a_shape, s, axes), norm))  # fmt: skip
rule(fft.ifftn, a=lambda g, a_shape, s=None, axes=None, norm=None:
     along_axes(g, fft.ifft, a_shape, axes_of(a_shape, s, axes), norm))  # fmt: skip
rule(fft.fft2, a=lambda g, a_shape, s=None, axes=(-2, -1), norm=None:
     along_axes(g, fft.fft, a_shape, axes_of(a_shape, s, axes), norm))  # fmt: skip
rule(fft.ifft2, a=lambda g, a_shape, s=None, axes=(-2, -1), norm=None:
     along_axes(g, fft.ifft, a_shape, axes_of(a_shape, s, axes), norm))  # fmt: skip

rule(fft.rfft, a=lambda g, a_shape, n=None, axis=-1, norm=None:
     real_back(g, a_shape[axis] if n is None else n, a_shape[axis], axis, norm))  # fmt: skip
rule(fft.ihfft, a=lambda g, a_shape, n=None, axis=-1, norm=None:
     real_back(np.conj(g), a_shape[axis] if n is None else n, a_shape[axis], axis, SWAPPED[norm]))  # fmt: skip
rule(fft.rfftn, a=lambda g, a_shape, s=None, axes=None, norm=None: several_real_back(g, a_shape, s, axes, norm))
rule(fft.rfft2, a=lambda g, a_shape, s=None, axes=(-2, -1), norm=None: several_real_back(g, a_shape, s, axes, norm))

rule(fft.irfft, a=lambda g, a_shape, axis=-1, norm=None: half_back(g, a_shape[axis], axis, norm))
rule(fft.hfft, a=lambda g, a_shape, axis=-1, norm=None: np.conj(half_back(g, a_shape[axis], axis, SWAPPED[norm])))
rule(fft.irfftn, a=lambda g, a_shape, s=None, axes=None, norm=None: several_half_back(g, a_shape, s, axes, norm))
rule(fft.irfft2, a=lambda g, a_shape, s=None, axes=(-2, -1), norm=None: several_half_back(g, a_shape, s, axes, norm))

rule(fft.fftshift, x=lambda g, axes=None: fft.ifftshift(g, axes))
rule(fft.ifftshift, x=lambda g, axes=None: fft.fftshift(g, axes))
