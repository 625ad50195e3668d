"""What happened in a training: numbers of each batch and of each epoch, as arrays and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..figures import BLUE, ORANGE, figure, tidy

VALIDATION = "validation_"  # begins the names of numbers of the validation samples


@dataclass
class History:
    """The numbers of a training; lists that grow as it goes on.

    Attributes
    ----------
    batch_losses : list of float
        The loss of each batch, before the step that it leads to.
    epochs : dict of list of float
        For each name the numbers of all epochs: ``"loss"`` and each metric, as means over the samples as they were
        seen; ``"validation_loss"`` and so on, of the validation samples after the epoch; ``"lr"``, the learning rate at
        its end.

    Examples
    --------
    >>> history = History([2.0, 1.0], {"loss": [1.5]})
    >>> history["loss"], history.last
    (array([1.5]), {'loss': 1.5})
    """

    batch_losses: list[float] = field(default_factory=list)
    epochs: dict[str, list[float]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return the numbers of all epochs by their name, or those of ``"batch_losses"``, as an array."""
        return self.arrays()[name]

    def __len__(self) -> int:
        """Count the epochs."""
        return len(self.epochs.get("loss", ()))

    @property
    def last(self) -> dict[str, float]:
        """The numbers of the last epoch."""
        return {name: numbers[-1] for name, numbers in self.epochs.items()}

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return each list as an array."""
        lists = {"batch_losses": self.batch_losses, **self.epochs}
        return {name: np.array(numbers, dtype=np.float64) for name, numbers in lists.items()}

    def add_epoch(self, numbers: dict[str, float]) -> None:
        """Note the numbers of one more epoch."""
        for name, x in numbers.items():
            self.epochs.setdefault(name, []).append(x)

    def plot(self) -> Any:
        """Return a figure of matplotlib: the loss over the epochs, and one picture for each metric.

        Raises
        ------
        MissingPackage
            If matplotlib isn't installed.
        """
        names = [name for name in self.epochs if not name.startswith(VALIDATION) and name != "lr"]
        made, (row,) = figure(5 * len(names), 4, 1, len(names))
        at = np.arange(1, len(self) + 1)
        for axes, name in zip(row, names, strict=True):
            if name == "loss" and len(self.batch_losses) > len(self):
                each = np.linspace(0, len(self), len(self.batch_losses) + 1)[1:]
                axes.plot(each, self.batch_losses, color=BLUE, alpha=0.3, linewidth=0.6, label="each batch")
            axes.plot(at, self.epochs[name], color=BLUE, linewidth=1.8, label="training")
            if VALIDATION + name in self.epochs:
                held = self.epochs[VALIDATION + name]
                axes.plot(at, held, color=ORANGE, linewidth=1.8, linestyle="--", label="validation")
            axes.set(title=name, xlabel="epoch")
            if name == "loss" and min(self.epochs[name]) > 0:
                axes.set_yscale("log")
        tidy(*row)
        return made
