"""Sample calls of `scipy.signal`, `scipy.fft` and `scipy.integrate`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Case, uniform

from autograd_mini.scipy import fft, integrate, signal

MODES = ["full", "same", "valid"]


def signals() -> Iterator[Case]:
    """Convolutions in every mode, of longer and shorter arrays; filters."""
    for function in (signal.convolve, signal.correlate, signal.fftconvolve, signal.oaconvolve):
        for mode in MODES:
            by_fft = function in (signal.fftconvolve, signal.oaconvolve)
            for one, two in [((3, 3), (2, 3))] if by_fft else [((5,), (3,)), ((2,), (4,)), ((3, 3), (2, 2))]:
                yield Case(function, (uniform(*one), uniform(*two, seed=1), mode), wrt=(0, 1))
    yield Case(signal.convolve, (uniform(6), uniform(3, seed=1)), {"method": "fft"}, (0, 1))
    yield Case(signal.correlate, (uniform(6), uniform(3, seed=1)), {"method": "direct"}, (0, 1))
    for function in (signal.fftconvolve, signal.oaconvolve):
        yield Case(function, (uniform(2, 4), uniform(2, 3, seed=1), "same"), {"axes": 1}, (0, 1))
        yield Case(function, (uniform(2, 4), uniform(1, 3, seed=1)), {"axes": [-1]}, (0, 1))
    for function in (signal.convolve2d, signal.correlate2d):
        for mode in MODES:
            yield Case(function, (uniform(3, 4), uniform(2, 3, seed=1), mode), wrt=(0, 1))
        for boundary in ("wrap", "symm"):
            yield Case(function, (uniform(3, 4), uniform(2, 3, seed=1), "same", boundary), wrt=(0, 1))
        yield Case(function, (uniform(3, 4), uniform(2, 2, seed=1)), {"fillvalue": 0.5}, (0, 1))
    b, a = uniform(3, seed=2), uniform(3, seed=3) / 5
    for how in ((b, a, uniform(6)), (b[:1], a, uniform(4, 2), 0)):
        yield Case(signal.lfilter, how, {}, (0, 1, 2), via=lambda b, a, *x: signal.lfilter(b, a + [3, 0, 0], *x))
    for options in ({}, {"axis": 0}, {"type": "constant"}, {"bp": [5]}):
        yield Case(signal.detrend, (uniform(4, 9),), options)


def transforms() -> Iterator[Case]:
    """Fourier, cosine and sine transforms, cut and filled, by every norm."""
    x = uniform(2, 3)
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        yield Case(getattr(fft, name), (x, 5), {"norm": "ortho"}, real_only=name in ("rfft", "ihfft"))
    for name in ("fft2", "ifft2", "rfft2", "irfft2", "hfft2", "ihfft2"):
        yield Case(getattr(fft, name), (x,), {"norm": "forward"}, real_only=name in ("rfft2", "ihfft2"))
    for name in ("fftn", "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn"):
        yield Case(getattr(fft, name), (x, (5,)), real_only=name in ("rfftn", "ihfftn"))
    for function in (fft.fftshift, fft.ifftshift):
        yield Case(function, (x, 1))
    for kind in (1, 2, 3, 4):
        for function in (fft.dct, fft.dst, fft.idct, fft.idst):
            yield Case(function, (x, kind))
            yield Case(function, (x, kind, 5, 0, "ortho"))
        for function in (fft.dctn, fft.dstn, fft.idctn, fft.idstn):
            yield Case(function, (x, kind), {"norm": "forward"})
    yield Case(fft.dct, (x,), {"orthogonalize": True, "n": 2})
    yield Case(fft.dct, (x, 1), {"orthogonalize": False, "norm": "ortho"})
    yield Case(fft.dctn, (x, 3, (4, 1), (1, 0)), {"norm": "ortho"})


def integrals() -> Iterator[Case]:
    """Integrals of samples, at equal and at given distances."""
    x = np.array([0.0, 0.5, 1.2, 1.6, 2.5])
    for function in (integrate.trapezoid, integrate.cumulative_trapezoid, integrate.simpson):
        yield Case(function, (uniform(2, 5),), {"dx": 0.5})
        real = function is integrate.simpson
        yield Case(function, (uniform(5, 2),), {"x": x, "axis": 0}, (0, "x"), real_only=real)
        yield Case(function, (uniform(4),), {"x": x[:4]}, (0, "x"), real_only=real)
    yield Case(integrate.cumulative_trapezoid, (uniform(2, 5),), {"initial": 0})
    yield Case(integrate.simpson, (uniform(2, 2),), {})


CASES = [*signals(), *transforms(), *integrals()]
