"""More images out of those that there are: each batch is moved and stretched a little, anew in each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .checks import DataError
from .loader import Loader


class Jittered:
    """A loader of images, each shifted and scaled at random, along both axes on its own.

    Parameters
    ----------
    loader : Loader
        Its inputs have the shape (n, height * width), (n, height, width) or (n, channels, height, width), and keep it.
        The channels of an image move together, and floating numbers keep their dtype.
    shape : (int, int)
        Height and width of an image.
    shift : float
        Each image is shifted by at most this many pixels.
    scale : float
        Each image is stretched or shrunk by at most this share.

    Attributes
    ----------
    loader : Loader
        As given. Its seed, and the numbers of the epoch and of the batch, decide what is drawn.

    Raises
    ------
    DataError
        If the inputs aren't images of that shape.

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
        (height, width), given = shape, loader.inputs.shape
        if given[1:] != (height * width,) and not (given[-2:] == (height, width) and len(given) in (3, 4)):
            raise DataError(
                f"inputs of shape {given} for images of {height} rows and {width} columns",
                "the axes after the first are those of one image",
                f"inputs of shape (n, {height * width}), (n, {height}, {width}) or (n, channels, {height}, {width})",
            )
        self.loader, self.shape, self.shift, self.scale = loader, shape, shift, scale

    def __repr__(self) -> str:
        return f"Jittered({self.loader!r}, shape={self.shape}, shift={self.shift}, scale={self.scale})"

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return len(self.loader)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Begin the next epoch, or give the rest of one, as the loader does."""
        batches = iter(self.loader)
        return self._jittered(batches, self.loader.epoch - 1, self.loader.batch)

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any]]:
        """Give the batches of one epoch, as `Loader.batches` does."""
        return self._jittered(self.loader.batches(epoch, start), epoch, start)

    def state_dict(self) -> dict[str, Any]:
        """Return where the loader stands, as `Loader.state_dict` does."""
        return self.loader.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where a state was taken, as `Loader.load_state_dict` does."""
        self.loader.load_state_dict(state)

    def _jittered(self, batches: Iterator[tuple[Any, Any]], epoch: int, start: int) -> Iterator[tuple[Any, Any]]:
        """Jitter batches, each with random numbers of its own, so that an epoch can be begun in its middle."""
        for batch, (inputs, targets) in enumerate(batches, start):
            rng = np.random.default_rng((self.loader.seed, epoch, batch, 1))  # 1: not the numbers of the order
            yield self.jitter(inputs, rng), targets

    def jitter(self, inputs: Any, rng: np.random.Generator) -> Any:
        """Return a batch of images, each shifted and scaled: a matrix product along each axis."""
        images = np.reshape(inputs, (len(inputs), -1, *self.shape))
        rows, columns = (self._along(length, len(images), rng) for length in self.shape)
        moved = np.reshape(rows @ images @ np.swapaxes(columns, -1, -2), np.shape(inputs))
        return moved.astype(inputs.dtype) if inputs.dtype.kind == "f" else moved

    def _along(self, length: int, count: int, rng: np.random.Generator) -> Any:
        """Draw a matrix for each image that interpolates linearly between the pixels along one axis."""
        at = np.arange(length) - (length - 1) / 2
        shifts = rng.uniform(-self.shift, self.shift, (count, 1, 1, 1))
        scales = 1 + rng.uniform(-self.scale, self.scale, (count, 1, 1, 1))
        return np.maximum(0, 1 - np.abs(scales * at[:, None] + shifts - at))
