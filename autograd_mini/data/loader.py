"""One loader for batch, stochastic and mini-batch descent, which goes on in the middle of an epoch.

The order of the samples depends on a seed and the number of the epoch alone, so any epoch can be had again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from .checks import DataError, integer, paired

Descent = Literal["batch", "stochastic", "minibatch"]
BATCH_SIZES: dict[Descent, int | None] = {"batch": None, "stochastic": 1, "minibatch": 32}


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
        How many epochs were begun. Set it to begin with another one next.
    batch : int
        How many batches were given of the epoch that was begun last.

    Raises
    ------
    DataError
        If there are no samples, their numbers differ, or `batch_size` isn't an integer in 1..n or `seed` not one of at
        least 0.

    Examples
    --------
    >>> loader = Loader(np.eye(5), np.arange(5), batch_size=2)
    >>> len(loader)
    3
    >>> [inputs.shape for inputs, targets in loader]
    [(2, 5), (2, 5), (1, 5)]
    >>> loader.epoch, loader.batch
    (1, 3)
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
        self.inputs, self.targets = paired(inputs, targets)
        n = len(self.inputs)
        self.batch_size = n if batch_size is None else integer("batch_size", batch_size, at_least=1)
        if self.batch_size > n:
            raise DataError(
                f"batch_size={batch_size} with {n} samples",
                "a batch can't hold more samples than there are",
                f"batch_size=None for all of them, or a number from 1 to {n}",
            )
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.seed = integer("seed", seed, at_least=0)
        self._epoch = self.batch = 0
        self._resumes = False  # whether the next iteration gives the rest of an epoch

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

    def __repr__(self) -> str:
        names = ["batch_size", "shuffle", "seed", *["drop_last"] * self.drop_last]
        options = ", ".join(f"{name}={getattr(self, name)}" for name in names)
        return f"Loader({len(self.inputs)} samples, {options})"

    @property
    def epoch(self) -> int:
        return self._epoch

    @epoch.setter
    def epoch(self, begun: int) -> None:
        self._go_to(integer("epoch", begun, at_least=0), len(self) if begun else 0)

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        whole, rest = divmod(len(self.inputs), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Begin the next epoch; after `load_state_dict`, first give the rest of the one that was running."""
        if not self._resumes:
            self._epoch, self.batch = self._epoch + 1, 0
        self._resumes = False
        return self._counted(self._epoch, self.batch)

    def _counted(self, epoch: int, start: int) -> Iterator[tuple[Any, Any]]:
        """Give the rest of an epoch, and count its batches unless a later epoch was begun meanwhile."""
        for given, batch in enumerate(self.batches(epoch - 1, start), start + 1):
            if epoch == self._epoch:
                self.batch = given
            yield batch

    def batches(self, epoch: int, start: int = 0) -> Iterator[tuple[Any, Any]]:
        """Give the batches of one epoch, whatever was iterated before.

        Parameters
        ----------
        epoch : int
            The number of the epoch, from 0.
        start : int, default 0
            The number of the batch to begin with, from 0.

        Returns
        -------
        iterator over (inputs, targets), arrays of shape (batch_size, ...)
            Views of the loader's own arrays where the samples keep their order, copies otherwise.

        Raises
        ------
        DataError
            If a number isn't an integer of at least 0.

        Examples
        --------
        >>> loader = Loader([[1.0], [2.0], [3.0]], [1, 2, 3], batch_size=2, shuffle=False)
        >>> for inputs, targets in loader.batches(0):
        ...     print(inputs.ravel(), targets)
        [1. 2.] [1 2]
        [3.] [3]
        >>> [targets for inputs, targets in loader.batches(0, start=1)]
        [array([3])]
        """
        n, size = len(self.inputs), self.batch_size
        epoch, start = integer("epoch", epoch, at_least=0), integer("start", start, at_least=0)
        parts: Any = (slice(first, first + size) for first in range(start * size, len(self) * size, size))
        if self.shuffle and size < n:
            order = np.random.default_rng((self.seed, epoch)).permutation(n)
            parts = (order[part] for part in parts)
        return ((self.inputs[part], self.targets[part]) for part in parts)

    def state_dict(self) -> dict[str, Any]:
        """Return where the loader stands, in values that JSON has.

        Returns
        -------
        dict
            `epoch` and `batch`, and what must agree to go on from there: the number of `samples`, `batch_size`,
            `shuffle`, `seed` and `drop_last`.

        Examples
        --------
        >>> loader = Loader(np.eye(5), np.arange(5), batch_size=2)
        >>> for inputs, targets in loader:
        ...     break
        >>> state = loader.state_dict()
        >>> state["epoch"], state["batch"]
        (1, 1)
        """
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "samples": len(self.inputs),
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "seed": self.seed,
            "drop_last": self.drop_last,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on after the batch that was given last when `state` was taken.

        The next iteration gives the rest of that epoch, the ones after it new epochs. If nothing of it was left, the
        next iteration is a new epoch.

        Parameters
        ----------
        state : mapping
            What `state_dict` returned, of a loader of the same data and options.

        Raises
        ------
        InvalidInput
            If the state is of other data or options, each of which is named, or isn't one of a loader; nothing is
            changed then.
        DataError
            If a number isn't an integer of at least 0; nothing is changed then.

        Examples
        --------
        >>> loader, other = (Loader(np.eye(5), np.arange(5), batch_size=2) for _ in range(2))
        >>> for inputs, targets in loader:
        ...     break
        >>> other.load_state_dict(loader.state_dict())
        >>> len(list(other)), len(list(other))
        (2, 3)
        """
        own = self.state_dict()
        if own.keys() != set(state):
            missing, unknown = sorted(own.keys() - set(state)), sorted(set(state) - own.keys())
            raise InvalidInput(
                f"a state without {', '.join(missing) or 'nothing'} and with unknown {', '.join(unknown) or 'nothing'}",
                instead="the state_dict() of a loader",
            )
        others = [
            f"{name}={state[name]!r} (here {x!r})"
            for name, x in own.items()
            if name not in ("epoch", "batch") and state[name] != x
        ]
        if others:
            raise InvalidInput(
                f"the state of a loader with {', '.join(others)}",
                "the rest of its epoch has other batches than one of this loader",
                "a Loader of the same data and options, or a new start without the state",
            )
        epoch, batch = (integer(name, state[name], at_least=0) for name in ("epoch", "batch"))
        if batch > (len(self) if epoch else 0):
            raise InvalidInput(
                f"a state with epoch={epoch} and batch={batch}",
                f"an epoch has {len(self)} batches, and none were given before the first was begun",
                "the state_dict() of a loader",
            )
        self._go_to(epoch, batch)

    def _go_to(self, epoch: int, batch: int) -> None:
        """Stand after a number of batches of the epoch that was begun last."""
        self._epoch, self.batch = epoch, batch
        self._resumes = epoch > 0 and batch < len(self)
