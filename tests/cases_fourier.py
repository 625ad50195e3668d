"""Sample calls of the discrete Fourier transforms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Case, uniform

NORMS = [None, "ortho", "forward"]


def one_axis() -> Iterator[Case]:
    """Transforms along one axis: lengths odd and even, cut and filled, each norm."""
    for function in [np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.ihfft, np.fft.irfft, np.fft.hfft]:
        real = function in (np.fft.rfft, np.fft.ihfft)
        half = function in (np.fft.irfft, np.fft.hfft)
        for n in (None, 1, 2, 4, 5, 8, 11):
            for norm in NORMS if n in (None, 4, 11) else NORMS[:1]:
                yield Case(function, (uniform(6),), {"n": n, "norm": norm}, real_only=real)
        yield Case(function, (uniform(5),), real_only=real)
        yield Case(function, (uniform(3, 4, 2),), {"axis": 1, "norm": "ortho"}, real_only=real)
        yield Case(function, (uniform(3, 4), 3, 0), real_only=real)
        yield Case(function, (uniform(0, 4),), real_only=real)
        yield Case(function, (uniform(3, 2 if half else 1),), real_only=real)


def several_axes() -> Iterator[Case]:
    """Transforms over several axes, and their shifts."""
    for function in [np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn]:
        real = function is np.fft.rfftn
        yield from (Case(function, (uniform(3, 4, 2),), {"norm": norm}, real_only=real) for norm in NORMS)
        yield Case(function, (uniform(3, 4),), {"s": (5, 3), "axes": (0, 1)}, real_only=real)
        yield Case(function, (uniform(3, 4, 3),), {"s": (2, 6), "axes": (2, 0), "norm": "ortho"}, real_only=real)
        yield Case(function, (uniform(3, 4, 3),), {"axes": (-2,)}, real_only=real)
    for function in [np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2]:
        real = function is np.fft.rfft2
        yield Case(function, (uniform(2, 3, 4),), real_only=real)
        yield Case(function, (uniform(3, 4), (4, 5)), {"norm": "forward"}, real_only=real)
        yield Case(function, (uniform(3, 4, 2),), {"axes": (1, 0)}, real_only=real)
    for function in [np.fft.fftshift, np.fft.ifftshift]:
        yield from (Case(function, (x,)) for x in [uniform(5), uniform(4, 3), uniform(0, 3)])
        yield Case(function, (uniform(4, 3), 1))
        yield Case(function, (uniform(4, 3, 2),), {"axes": (0, 2)})


CASES = [*one_axis(), *several_axes()]
