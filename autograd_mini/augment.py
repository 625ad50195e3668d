"""More images out of those that there are: each batch is moved and stretched a little, anew in each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .data import Loader


class Jittered:
    """A loader of images, each shifted and scaled at random, along both axes on its own.

    Parameters
    ----------
    loader : Loader
        Its inputs have the shape (n, height * width).
    shape : (int, int)
        Height and width of an image.
    shift : float
        Each image is shifted by at most this many pixels.
    scale : float
        Each image is stretched or shrunk by at most this share.

    Attributes
    ----------
    loader : Loader
        As given. Its seed and the number of its epoch decide what is drawn, too.

    References
    ----------
    P. Simard, D. Steinkraus and J. Platt (2003), Best practices for convolutional neural networks applied to visual
    document analysis.

    Examples
    --------
    >>> batches = Jittered(Loader(np.ones((5, 6)), np.arange(5), batch_size=2), (2, 3), shift=0.5, scale=0.1)
    >>> [inputs.shape for inputs, targets in batches]
    [(2, 6), (2, 6), (1, 6)]
    """

    def __init__(self, loader: Loader, shape: tuple[int, int], shift: float, scale: float) -> None:
        self.loader, self.shape, self.shift, self.scale = loader, shape, shift, scale

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return len(self.loader)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Begin the next epoch."""
        rng = np.random.default_rng((self.loader.seed, self.loader.epoch, 1))  # 1: not the numbers of the order
        for inputs, targets in self.loader:
            yield self.jitter(inputs, rng), targets

    def jitter(self, inputs: Any, rng: np.random.Generator) -> Any:
        """Return a batch of images, each shifted and scaled: a matrix product along each axis."""
        height, width = self.shape
        images = np.reshape(inputs, (-1, height, width))
        rows, columns = (self._along(length, len(images), rng) for length in self.shape)
        return np.reshape(rows @ images @ np.swapaxes(columns, 1, 2), np.shape(inputs))

    def _along(self, length: int, count: int, rng: np.random.Generator) -> Any:
        """Draw matrices that interpolate linearly between the pixels along one axis."""
        at = np.arange(length) - (length - 1) / 2
        shifts = rng.uniform(-self.shift, self.shift, (count, 1, 1))
        scales = 1 + rng.uniform(-self.scale, self.scale, (count, 1, 1))
        return np.maximum(0, 1 - np.abs(scales * at[:, None] + shifts - at))
