"""The handwritten digits that come with the package."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Samples:
    """Images with their labels.

    Attributes
    ----------
    inputs : float64 array of shape (n, 64)
        The pixels of each image in a row, scaled to 0..1.
    labels : int64 array of shape (n,)
        The digit that each image shows.
    images : uint8 array of shape (n, 8, 8)
        The images as they were recorded, 0..16.
    """

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]
    images: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Digits:
    """The handwritten digits in two parts, `train` and `held_out`, both `Samples`."""

    train: Samples
    held_out: Samples


def load_digits() -> Digits:
    """Load 1,797 real handwritten digits, a third of them held out.

    Returns
    -------
    Digits
        `train` with 1,198 samples and `held_out` with 599, the same in every version of the package.

    References
    ----------
    E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, doi:10.24432/C50P49, licensed CC BY 4.0. What was changed stands in ``datasets/digits.md``.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.train.inputs.shape, digits.held_out.inputs.shape
    ((1198, 64), (599, 64))
    >>> digits.held_out.labels[:5]
    array([0, 1, 5, 6, 9])
    """
    # __name__ leads to the whole package also where it is read from a zip file.
    file = resources.files(__name__.partition(".")[0]) / "datasets" / "digits.npz"
    with file.open("rb") as stream, np.load(stream) as stored:
        images, labels, held_out = stored["images"], stored["labels"].astype(np.int64), stored["held_out"]
    inputs = images.reshape(len(images), -1) / 16.0
    train = np.setdiff1d(np.arange(len(labels)), held_out)
    return Digits(*(Samples(inputs[part], labels[part], images[part]) for part in (train, held_out)))
