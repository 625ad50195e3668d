"""Data to learn from, and one loader for batch, stochastic and mini-batch descent. Plain NumPy throughout.

The order of the samples depends on a seed and the number of the epoch alone, so any epoch can be had again.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import AutogradError, InvalidInput

Descent = Literal["batch", "stochastic", "minibatch"]
BATCH_SIZES: dict[Descent, int | None] = {"batch": None, "stochastic": 1, "minibatch": 32}


class DataError(AutogradError, ValueError):
    """Data, or a way to split or batch it, that nothing can be trained on."""


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
    # __name__ leads to the package also where it is read from a zip file.
    file = resources.files(__name__.rpartition(".")[0]) / "datasets" / "digits.npz"
    with file.open("rb") as stream, np.load(stream) as stored:
        images, labels, held_out = stored["images"], stored["labels"].astype(np.int64), stored["held_out"]
    inputs = images.reshape(len(images), -1) / 16.0
    train = np.setdiff1d(np.arange(len(labels)), held_out)
    return Digits(*(Samples(inputs[part], labels[part], images[part]) for part in (train, held_out)))


class Loader:
    """Batches of samples, one epoch each time it is iterated.

    `batch_size` makes the kind of gradient descent: None is batch descent (each step sees all samples), 1 is
    stochastic descent, and anything between is mini-batch descent.

    Parameters
    ----------
    inputs, targets : array_like of shape (n, ...)
        The samples along the first axis. Any array that speaks NumPy's protocols stays what it is.
    batch_size : int, optional
        Samples in a batch, from 1 to n. The default is all of them.
    shuffle : bool, default True
        Take the samples in a new order in each epoch. A batch of all samples keeps their order, on which
        neither its loss nor its gradient depends, and isn't copied.
    seed : int, default 0
        Together with the number of the epoch, decides the order.
    drop_last : bool, default False
        Leave out the last batch of an epoch if it is smaller than the others.

    Attributes
    ----------
    epoch : int
        How many epochs were begun. Set it to go on where an earlier training stopped.

    Raises
    ------
    DataError
        If there are no samples, their numbers differ, or `batch_size` isn't in 1..n.
    InvalidInput
        If `batch_size` or `seed` isn't an integer.

    Examples
    --------
    >>> loader = Loader(np.eye(5), np.arange(5), batch_size=2)
    >>> len(loader)
    3
    >>> [inputs.shape for inputs, targets in loader]
    [(2, 5), (2, 5), (1, 5)]
    >>> loader.epoch
    1
    """

    def __init__(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        batch_size: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.inputs, self.targets = _samples("inputs", inputs), _samples("targets", targets)
        n = len(self.inputs)
        if n != len(self.targets):
            raise DataError(
                f"{n} inputs (shape {self.inputs.shape}) and {len(self.targets)} targets (shape {self.targets.shape})",
                "each input needs its target, at the same place on the first axis",
                "the same number of both; if the samples lie along the last axis, pass inputs.T",
            )
        self.batch_size = n if batch_size is None else _integer("batch_size", batch_size, at_least=1)
        if self.batch_size > n:
            raise DataError(
                f"batch_size={batch_size} with {n} samples",
                "a batch can't hold more samples than there are",
                f"batch_size=None for all of them, or a number from 1 to {n}",
            )
        self.shuffle, self.drop_last = shuffle, drop_last
        self.seed = _integer("seed", seed, at_least=0)
        self.epoch = 0

    @classmethod
    def for_descent(
        cls,
        descent: Descent,
        inputs: ArrayLike,
        targets: ArrayLike,
        batch_size: int | None = None,
        **options: Any,
    ) -> Loader:
        """Make the loader for a kind of descent, known by its name.

        Parameters
        ----------
        descent : {"batch", "stochastic", "minibatch"}
            All samples in a batch, one, or `batch_size` (32 if that is None).
        inputs, targets, batch_size, **options
            As for `Loader`; only "minibatch" leaves the choice of `batch_size`.

        Raises
        ------
        DataError
            If there is no such kind of descent, or `batch_size` contradicts it.

        Examples
        --------
        >>> len(Loader.for_descent("stochastic", np.eye(5), np.arange(5)))
        5
        >>> len(Loader.for_descent("minibatch", np.eye(5), np.arange(5), batch_size=2, drop_last=True))
        2
        """
        if descent not in BATCH_SIZES:
            known = ", ".join(map(repr, BATCH_SIZES))
            raise DataError(f"unknown descent {descent!r}", instead=f"one of {known}")
        if batch_size is not None and descent != "minibatch":
            step = "all samples" if descent == "batch" else "one sample"
            raise DataError(
                f"batch_size={batch_size} with descent {descent!r}",
                f"{descent} descent takes {step} at each step",
                f"descent 'minibatch' with batch_size={batch_size}, or no batch_size",
            )
        return cls(inputs, targets, BATCH_SIZES[descent] if batch_size is None else batch_size, **options)

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        whole, rest = divmod(len(self.inputs), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Begin the next epoch."""
        self.epoch += 1
        return self.batches(self.epoch - 1)

    def batches(self, epoch: int) -> Iterator[tuple[Any, Any]]:
        """Give the batches of one epoch, whatever was iterated before.

        Parameters
        ----------
        epoch : int
            The number of the epoch, from 0.

        Yields
        ------
        inputs, targets : array of shape (batch_size, ...)
            Views of the loader's own arrays where the samples keep their order, copies otherwise.

        Examples
        --------
        >>> loader = Loader([[1.0], [2.0], [3.0]], [1, 2, 3], batch_size=2, shuffle=False)
        >>> for inputs, targets in loader.batches(0):
        ...     print(inputs.ravel(), targets)
        [1. 2.] [1 2]
        [3.] [3]
        """
        n, size = len(self.inputs), self.batch_size
        keep_order = size == n or not self.shuffle
        order = None if keep_order else np.random.default_rng((self.seed, epoch)).permutation(n)
        for start in range(0, len(self) * size, size):
            part = slice(start, start + size)
            batch = part if order is None else order[part]
            yield self.inputs[batch], self.targets[batch]


def stratified_split(labels: ArrayLike, fraction: float, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split samples at random in two parts in which each label has the same share.

    Of the n_k samples with label k, round(fraction · n_k) go to the second part.

    Parameters
    ----------
    labels : array_like of shape (n,)
        The label of each sample: numbers or strings.
    fraction : float
        The share of the second part, between 0 and 1.
    seed : int, default 0
        Decides the draw, which may differ between versions of NumPy: store the indices if it must not.

    Returns
    -------
    first, second : int64 arrays
        The indices of both parts, rising.

    Raises
    ------
    DataError
        If there are no labels, they have more than one dimension, `fraction` isn't between 0 and 1, or a part
        stays empty.

    Examples
    --------
    >>> first, second = stratified_split(["a", "a", "a", "b", "b", "b"], 1 / 3)
    >>> len(first), len(second)
    (4, 2)
    """
    classes = _samples("labels", labels)
    if classes.ndim != 1:
        raise DataError(
            f"labels of shape {classes.shape}",
            "each sample has one label",
            "an array of shape (n,); for one-hot rows, np.argmax(labels, axis=1)",
        )
    if not 0 < fraction < 1:
        raise DataError(f"fraction={fraction}", instead="the share of the second part, between 0 and 1")
    rng = np.random.default_rng(_integer("seed", seed, at_least=0))
    drawn = []
    for label in np.unique(classes):
        members = rng.permutation(np.flatnonzero(classes == label))
        drawn.append(members[: round(fraction * len(members))])
    second = np.sort(np.concatenate(drawn))
    first = np.setdiff1d(np.arange(len(classes)), second)
    if not (len(first) and len(second)):
        raise DataError(
            f"fraction={fraction} of {len(classes)} samples with {len(drawn)} labels leaves a part empty",
            "each label is split by itself, and its share is rounded",
            "more samples of each label, or a fraction nearer to 1/2",
        )
    return first, second


def two_moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draw two half circles that reach into each other: the smallest set that no straight line separates.

    The first is (cos t, sin t), the second (1 - cos t, 1/2 - sin t), for t evenly over [0, π].

    Parameters
    ----------
    n : int, default 100
        The number of points, at least 2; the first half of them, rounded up, has label 0.
    noise : float, default 0.1
        The standard deviation of what is added to each coordinate.
    seed : int, default 0
        Decides the noise.

    Returns
    -------
    points : float64 array of shape (n, 2)
    labels : int64 array of shape (n,)
        0 for the first half circle, 1 for the second.

    Raises
    ------
    DataError
        If `n` is below 2 or `noise` below 0.

    Examples
    --------
    >>> points, labels = two_moons(4, noise=0)
    >>> points.round(1) + 0.0
    array([[ 1. ,  0. ],
           [-1. ,  0. ],
           [ 0. ,  0.5],
           [ 2. ,  0.5]])
    >>> labels
    array([0, 0, 1, 1])
    """
    n = _integer("n", n, at_least=2)
    if not noise >= 0:
        raise DataError(f"noise={noise}", "a standard deviation isn't negative", "noise=0 for none")
    rng = np.random.default_rng(_integer("seed", seed, at_least=0))
    t, u = np.linspace(0, np.pi, (n + 1) // 2), np.linspace(0, np.pi, n // 2)
    points = np.concatenate(
        [np.stack([np.cos(t), np.sin(t)], axis=1), np.stack([1 - np.cos(u), 0.5 - np.sin(u)], axis=1)]
    )
    return points + noise * rng.standard_normal(points.shape), np.repeat(np.arange(2), [len(t), len(u)])


def _samples(name: str, given: ArrayLike) -> Any:
    """Return `given` as an array with at least one sample along its first axis."""
    array: Any = given if hasattr(given, "__array_function__") else np.asarray(given)
    if array.ndim == 0 or len(array) == 0:
        what = f"{name} of shape {array.shape} hold no samples"
        raise DataError(what, instead="an array of shape (n, ...) with n of at least 1")
    return array


def _integer(name: str, given: int, at_least: int) -> int:
    """Return `given` as a Python int, if it is an integer that isn't too small."""
    try:
        number = operator.index(given)
    except TypeError:
        number = None
    if number is None or isinstance(given, bool):
        what = f"{name}={given!r} is of type {type(given).__name__}"
        raise InvalidInput(what, instead=f"an integer of at least {at_least}")
    if number < at_least:
        raise DataError(f"{name}={number}", instead=f"an integer of at least {at_least}")
    return number
