"""Rules of `scipy.fft`: Fourier transforms, which are NumPy's; cosine and sine transforms.

With `orthogonalize`, a cosine or sine transform is a multiple of an orthogonal matrix: type 3 is the transpose of
type 2, types 1 and 4 are symmetric. Without, the ends of the result (of types 1 and 2) or of the argument (of types 1
and 3) are scaled by √2 against that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...primitives import cast
from ...registry import composed, rule
from ...scipy import fft
from ..fourier import SWAPPED, resized

# ------------------------------------------------------------------------------------------- Fourier transforms


def one_axis(ours: Any, numpys: Callable[..., Any]) -> None:
    """Compose a transform along one axis of NumPy's."""

    def transform(
        x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False, workers: Any = None
    ) -> Any:
        return numpys(single(x), n, axis, norm)

    composed(ours)(transform)


def several_axes(ours: Any, numpys: Callable[..., Any], default: Any = None) -> None:
    """Compose a transform along several axes of NumPy's."""

    def transform(
        x: Any, s: Any = None, axes: Any = default, norm: Any = None, overwrite_x: bool = False, workers: Any = None
    ) -> Any:
        return numpys(single(x), listed(s), axes_of(listed(s), listed(axes)), norm)

    composed(ours)(transform)


def single(x: Any) -> Any:
    """Return numbers of half precision in single precision, in which SciPy transforms them."""
    return cast(x, np.dtype(np.float32)) if np.result_type(x) == np.float16 else x


def listed(x: Any) -> Any:
    """Return a single length or axis as a tuple of one."""
    return (x,) if isinstance(x, int) else x


def axes_of(s: Any, axes: Any) -> Any:
    """Return the axes of a transform; the last ones, where only their lengths are given."""
    return tuple(range(-len(s), 0)) if axes is None and s is not None else axes


def hermitian(x: Any, s: Any, axes: Any, norm: Any) -> Any:
    """Return the real transform of a Hermitian signal over several axes."""
    return np.fft.irfftn(np.conj(x), s, axes, SWAPPED[norm])


def inverse_hermitian(x: Any, s: Any, axes: Any, norm: Any) -> Any:
    """Return the inverse of the transform of a Hermitian signal."""
    return np.conj(np.fft.rfftn(x, s, axes, SWAPPED[norm]))


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    one_axis(getattr(fft, _name), getattr(np.fft, _name))
for _name in ("fft2", "ifft2", "rfft2", "irfft2"):
    several_axes(getattr(fft, _name), getattr(np.fft, _name), (-2, -1))
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    several_axes(getattr(fft, _name), getattr(np.fft, _name))
several_axes(fft.hfft2, hermitian, (-2, -1))
several_axes(fft.ihfft2, inverse_hermitian, (-2, -1))
several_axes(fft.hfftn, hermitian)
several_axes(fft.ihfftn, inverse_hermitian)
composed(fft.fftshift)(lambda x, axes=None: np.fft.fftshift(x, axes))
composed(fft.ifftshift)(lambda x, axes=None: np.fft.ifftshift(x, axes))

# ---------------------------------------------------------------------------------- Cosine and sine transforms


# Whether SciPy has no eye for `orthogonalize` with complex numbers, as up to 1.17.
IGNORED = bool(fft.dct(np.array([1j, 0.0]), orthogonalize=True)[0] == fft.dct(np.array([1j, 0.0]))[0])


def transposed(
    f: Callable[..., Any], g: Any, shape: Any, kind: int, axis: int, norm: Any, orthogonalize: Any, first: bool
) -> Any:
    """Pull back through a cosine transform (its first end is scaled), or a sine transform (its last), along an axis."""
    if np.iscomplexobj(g):
        how = (shape, kind, axis, norm, None if IGNORED else orthogonalize, first)
        return transposed(f, np.real(g), *how) + 1j * transposed(f, np.imag(g), *how)
    scaled = norm != "ortho" if orthogonalize is None else not orthogonalize
    weights = end_weights(g.shape[axis], kind, first) if scaled and kind != 4 else np.ones(1)
    weights = np.reshape(weights, (-1, *(1,) * (g.ndim - 1 - axis % g.ndim)))
    if kind in (1, 2):
        g = g * (weights**2 if kind == 1 else weights)
    x = f(g, {2: 3, 3: 2}.get(kind, kind), axis=axis, norm=norm, orthogonalize=not scaled if kind == 1 else True)
    if kind in (1, 3):
        x = x / (weights**2 if kind == 1 else weights)
    return resized(x, axis, shape[axis])


def end_weights(n: int, kind: int, cosine: bool) -> Any:
    """Return √2 at the ends that are scaled: both of cosines of type 1, none of sines of type 1, else one."""
    ends = ([0, n - 1] if kind == 1 else [0]) if cosine else ([] if kind == 1 else [n - 1])
    return np.where(np.isin(np.arange(n), ends), np.sqrt(2), 1.0)


def one_transform(f: Any, back: Any, cosine: bool, swap: bool) -> None:
    """Register the rule of a cosine or sine transform along one axis; `swap` for an inverse, by the other's norm."""
    kinds = {1: 1, 2: 3, 3: 2, 4: 4} if swap else {1: 1, 2: 2, 3: 3, 4: 4}
    rule(f, x=lambda g, x_shape, type=2, axis=-1, norm=None, orthogonalize=None: transposed(
        back, g, x_shape, kinds[type], axis, SWAPPED[norm] if swap else norm, orthogonalize, cosine))  # fmt: skip


def several_transforms(f: Any, back: Any, cosine: bool, swap: bool) -> None:
    """Register the rule of a cosine or sine transform along several axes, one after the other."""
    kinds = {1: 1, 2: 3, 3: 2, 4: 4} if swap else {1: 1, 2: 2, 3: 3, 4: 4}

    def pullback(
        g: Any,
        x_shape: Any,
        type: int = 2,
        s: Any = None,
        axes: Any = None,
        norm: Any = None,
        orthogonalize: Any = None,
    ) -> Any:
        axes = axes_of(listed(s), axes)
        axes = range(len(x_shape)) if axes is None else (axes,) if isinstance(axes, int) else axes
        for axis in axes:
            g = transposed(back, g, x_shape, kinds[type], axis, SWAPPED[norm] if swap else norm, orthogonalize, cosine)
        return g

    rule(f, x=pullback)


for _swap, _prefix in ((False, ""), (True, "i")):
    one_transform(getattr(fft, _prefix + "dct"), fft.dct, True, _swap)
    one_transform(getattr(fft, _prefix + "dst"), fft.dst, False, _swap)
    several_transforms(getattr(fft, _prefix + "dctn"), fft.dct, True, _swap)
    several_transforms(getattr(fft, _prefix + "dstn"), fft.dst, False, _swap)
