"""What a training is judged by: metrics, predictions, and the number by which the best epoch is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, Literal

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..nn import Module
from ..optim.options import is_count
from ..state import no_grad

Metric = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Watch:
    """Which number of an epoch says how good a model is: the best one is kept, and a training can end for want of it.

    Attributes
    ----------
    name : str
        A name in `History.epochs`, such as ``"validation_loss"``.
    mode : {"min", "max"}, optional
        Whether a smaller or a larger number is better: ``"min"`` for a name that ends in "loss"; of others say it.
    patience : int, optional
        After how many epochs in a row without a better number the training ends; never, by default.
    min_delta : float, default 0.0
        How much better a number must be to count.

    References
    ----------
    L. Prechelt (1998), Early stopping - but when?
    """

    name: str
    mode: Literal["min", "max"] | None = None
    patience: int | None = None
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        mode = "min" if self.mode is None and self.name.endswith("loss") else self.mode
        if mode is None or mode not in ("min", "max"):
            raise InvalidInput(f"mode={mode!r} for {self.name!r}", instead="'min' for a loss, 'max' for an accuracy")
        object.__setattr__(self, "mode", mode)
        if self.patience is not None and not is_count(self.patience):
            raise InvalidInput(f"patience={self.patience!r}", "it is a number of epochs", "an integer of at least 1")

    def better(self, x: float, best: float | None) -> bool:
        """Whether a number is better than the best so far."""
        if best is None or isnan(best):
            return True
        return x < best - self.min_delta if self.mode == "min" else x > best + self.min_delta


def accuracy(outputs: Any, labels: Any) -> float:
    """Return the share of samples whose largest output is that of their label.

    Examples
    --------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    return float(np.mean(np.argmax(raw(outputs), axis=-1) == labels))


def predict(model: Callable[[Any], Any], inputs: Any) -> Any:
    """Return a model's raw outputs, computed in evaluation (without dropout) and without recording.

    Examples
    --------
    >>> predict(lambda x: 2 * x, np.array([1.0]))
    array([2.])
    """
    modes = {module: module.training for module in model.modules()} if isinstance(model, Module) else {}
    try:
        for module in modes:
            module.training = False
        with no_grad():
            return raw(model(inputs))
    finally:
        for module, training in modes.items():
            module.training = training


def raw(x: Any) -> Any:
    """Return the array of a Value, and anything else as it is."""
    return x.data if isinstance(x, Value) else x


def named(metrics: Metric | Mapping[str, Metric] | None) -> dict[str, Metric]:
    """Return metrics by their names."""
    if metrics is None:
        return {}
    return dict(metrics) if isinstance(metrics, Mapping) else {getattr(metrics, "__name__", "metric"): metrics}
