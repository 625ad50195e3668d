"""The training loop: gradient descent over a loader, with progress and a history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .engine import Value
from .errors import AnomalyError, BackwardError, InvalidInput
from .optim import SGD
from .state import no_grad

Metric = Callable[[Any, Any], float]


class Batches(Protocol):
    """What `fit` takes its batches from: a `Loader`, or anything else that has a length and gives epochs."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[Any, Any]]: ...


@dataclass
class History:
    """What happened in a training; lists that grow as it goes on.

    Attributes
    ----------
    step_losses : list of float
        The loss of each step, before its update.
    epoch_losses, epoch_metrics : list of float
        Means over the samples of each epoch, as they were seen.
    validation_metrics : list of float
        The metric on the validation samples after each epoch.
    """

    step_losses: list[float] = field(default_factory=list)
    epoch_losses: list[float] = field(default_factory=list)
    epoch_metrics: list[float] = field(default_factory=list)
    validation_metrics: list[float] = field(default_factory=list)

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return each list as an array."""
        return {name: np.array(numbers) for name, numbers in vars(self).items()}


def accuracy(outputs: Any, labels: Any) -> float:
    """Return the share of samples whose largest output is that of their label.

    Examples
    --------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    return float(np.mean(np.argmax(raw(outputs), axis=-1) == labels))


def predict(model: Callable[[Any], Any], inputs: Any) -> Any:
    """Return a model's raw outputs, computed without recording.

    Examples
    --------
    >>> predict(lambda x: 2 * x, np.array([1.0]))
    array([2.])
    """
    with no_grad():
        return raw(model(inputs))


def raw(x: Any) -> Any:
    """Return the array of a Value, and anything else as it is."""
    return x.data if isinstance(x, Value) else x


def fit(
    model: Callable[[Any], Any],
    loss: Callable[[Any, Any], Any],
    loader: Batches,
    optimizer: SGD,
    epochs: int,
    metric: Metric | None = None,
    validation: tuple[Any, Any] | None = None,
    progress: bool = True,
    schedule: Callable[[int], float] | None = None,
    history: History | None = None,
) -> History:
    """Train a model: for each batch one forward pass, one backward pass and one step of the optimiser.

    It draws no random numbers itself: with a seeded model and loader, a training is the same bit for bit.

    Parameters
    ----------
    model : callable
        Maps inputs to outputs; usually an `nn.Module`.
    loss : callable
        Maps outputs and targets to a single number.
    loader : Loader
        Gives the batches of an epoch each time it is iterated.
    optimizer : SGD
        Holds the model's parameters.
    epochs : int
        How many times to go through the data.
    metric : callable, optional
        Maps raw outputs and targets to a number to watch, such as `accuracy`.
    validation : (inputs, targets), optional
        Samples to take the metric of after each epoch.
    progress : bool, default True
        Show a progress bar on standard error.
    schedule : callable, optional
        Maps the number of an epoch, from 0, to its learning rate, such as `optim.cosine_schedule`.
    history : History, optional
        Extended instead of a new one, so that an interrupted training leaves what it had.

    Returns
    -------
    History

    Raises
    ------
    AnomalyError
        If the loss isn't finite; the parameters are those of before that step.
    InvalidInput
        If `validation` is given without a metric.

    Examples
    --------
    >>> from autograd_mini import Value
    >>> from autograd_mini.data import Loader
    >>> w = Value(0.0)
    >>> data = Loader(np.array([1.0, 2.0]), np.array([3.0, 6.0]))
    >>> history = fit(lambda x: w * x, lambda y, t: np.mean((y - t) ** 2), data, SGD([w], 0.1), 30, progress=False)
    >>> round(float(w.data), 3), len(history.epoch_losses)
    (3.0, 30)
    """
    from tqdm import tqdm  # here, since it takes longer to import than this package

    if validation is not None and metric is None:
        raise InvalidInput(
            "validation without a metric", "it says what to take of the samples", "metric=am.train.accuracy"
        )
    history = History() if history is None else history
    with tqdm(total=epochs * len(loader), unit="step", disable=not progress) as bar:
        for epoch in range(1, epochs + 1):
            bar.set_description(f"epoch {epoch}/{epochs}", refresh=False)
            if schedule is not None:
                optimizer.lr = schedule(epoch - 1)
            run_epoch(model, loss, loader, optimizer, metric, history, bar, epoch)
            shown = {"loss": history.epoch_losses[-1]}
            if metric is not None:
                name = getattr(metric, "__name__", "metric")
                shown[name] = history.epoch_metrics[-1]
                if validation is not None:
                    inputs, targets = validation
                    history.validation_metrics.append(float(metric(predict(model, inputs), targets)))
                    shown["validation"] = history.validation_metrics[-1]
            bar.set_postfix({name: f"{x:.4g}" for name, x in shown.items()}, refresh=False)
    return history


def run_epoch(
    model: Callable[[Any], Any],
    loss: Callable[[Any, Any], Any],
    loader: Batches,
    optimizer: SGD,
    metric: Metric | None,
    history: History,
    bar: Any,
    epoch: int,
) -> None:
    """Go through the data once, and note losses and metrics."""
    weights, losses, metrics = [], [], []
    for batch, (inputs, targets) in enumerate(loader, start=1):
        optimizer.zero_grad()
        outputs = model(inputs)
        value = loss(outputs, targets)
        if not isinstance(value, Value):
            raise BackwardError(
                f"the loss returned {type(value).__name__}, not a Value",
                "it wasn't computed from the model's parameters, so it has no gradient",
                "a loss made of NumPy functions of the model's output, as in am.nn",
            )
        number = float(value.data)
        if not isfinite(number):
            raise AnomalyError(
                f"the loss is {number} at step {len(history.step_losses) + 1} (epoch {epoch}, batch {batch})",
                "steps that are too long make the numbers grow until they overflow, or the data has NaNs in it",
                f"a smaller learning rate than {optimizer.lr:g}; with am.detect_anomaly(): names the operation",
            )
        value.backward()
        optimizer.step()
        history.step_losses.append(number)
        weights.append(len(inputs))
        losses.append(number)
        if metric is not None:
            metrics.append(float(metric(raw(outputs), targets)))
        bar.update()
    history.epoch_losses.append(float(np.average(losses, weights=weights)))
    if metric is not None:
        history.epoch_metrics.append(float(np.average(metrics, weights=weights)))
