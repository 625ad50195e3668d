"""The loop: for each batch one forward pass, one backward pass and one step of the optimiser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..engine import Value
from ..errors import AnomalyError, BackwardError, InvalidInput
from ..nn import Module
from ..optim import LBFGS, Newton, Optimizer
from ..state import detect_anomaly
from . import checkpoint as files
from .history import VALIDATION, History
from .measures import Metric, Watch, named, predict, raw


class Batches(Protocol):
    """What `fit` takes its batches from: a `Loader`, or anything else that has a length and gives epochs."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[Any, Any]]: ...


def fit(
    model: Callable[[Any], Any],
    loss: Callable[[Any, Any], Any],
    loader: Batches,
    optimizer: Optimizer | LBFGS | Newton,
    epochs: int,
    *,
    metrics: Metric | Mapping[str, Metric] | None = None,
    validation: tuple[Any, Any] | None = None,
    schedule: Callable[[float], float] | None = None,
    accumulate: int = 1,
    watch: Watch | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    save_every: int | None = None,
    progress: bool = True,
    history: History | None = None,
) -> History:
    """Train a model: for each batch one forward pass, one backward pass and one step of the optimiser.

    It draws no random numbers itself: with a seeded model and loader, a training is the same bit for bit, also when it
    was interrupted and goes on from its checkpoint.

    Parameters
    ----------
    model : callable
        Maps inputs to outputs; usually an `nn.Module`, which is set to training.
    loss : callable
        Maps outputs and targets to a single number.
    loader : Loader
        Gives the batches of an epoch each time it is iterated.
    optimizer : Optimizer, LBFGS or Newton
        Holds the model's parameters.
    epochs : int
        How many times to go through the data, in all.
    metrics : callable, or mapping of names to callables, optional
        Map raw outputs and targets to numbers to watch, such as `accuracy`.
    validation : (inputs, targets), optional
        Samples to take the loss and the metrics of after each epoch.
    schedule : callable, optional
        Maps the time, in epochs and parts of them, to a factor of the learning rates: see `optim.cosine` and its like.
    accumulate : int, default 1
        How many batches are added up to one step, each with the same weight: a batch as large as memory doesn't hold.
    watch : Watch, optional
        The number by which the best epoch is known. In the end the model is that of the best epoch, not of the last.
    checkpoint : path-like, optional
        A file that ends in ``.safetensors``. After each epoch all is written to it that the training depends on; where
        it exists already, the training goes on from it, as if it had never been interrupted.
    save_every : int, optional
        Write it after every so many batches, too.
    progress : bool, default True
        Show a progress bar on standard error, or in the notebook.
    history : History, optional
        Extended instead of a new one, so that an interrupted training leaves what it had.

    Returns
    -------
    History

    Raises
    ------
    AnomalyError
        If a loss or a gradient isn't finite, with the operation where that began; the parameters are those of before
        that step.
    InvalidInput
        If an option isn't what it should be, or the checkpoint is of a training that was set up in another way; nothing
        is changed then.

    Examples
    --------
    >>> from autograd_mini import Value
    >>> from autograd_mini.data import Loader
    >>> from autograd_mini.optim import SGD
    >>> w = Value(0.0)
    >>> data = Loader(np.array([1.0, 2.0]), np.array([3.0, 6.0]))
    >>> history = fit(lambda x: w * x, lambda y, t: np.mean((y - t) ** 2), data, SGD([w], 0.1), 30, progress=False)
    >>> round(float(w.data), 3), len(history)
    (3.0, 30)
    """
    checked_count("epochs", epochs)
    checked_count("accumulate", accumulate)
    if accumulate > 1 and isinstance(optimizer, (LBFGS, Newton)):
        raise InvalidInput(
            f"accumulate={accumulate} with {type(optimizer).__name__}",
            "it computes the loss of a batch at several places, and has no gradient to add",
            "a larger batch",
        )
    history = History() if history is None else history
    training = Training(
        model, loss, loader, optimizer, history, named(metrics), validation, schedule, accumulate, watch
    )
    if checkpoint is not None:
        training.keep_in(Path(checkpoint), save_every)
    elif save_every is not None:
        raise InvalidInput(
            "save_every without a checkpoint", "there is nowhere to save", 'checkpoint="run.safetensors"'
        )
    training.run(epochs, progress)
    return history


def checked_count(name: str, n: Any) -> None:
    """Raise if something is no integer of at least 1."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise InvalidInput(f"{name}={n!r}", "it is a count", "an integer of at least 1")


@dataclass
class Training:
    """A training as it goes on: what `fit` was given, and where it is.

    Attributes
    ----------
    rows : list of tuple of float
        For each batch of the running epoch its samples, its loss and its metrics.
    best, best_epoch, best_state
        The best watched number so far, its epoch, from 1, and the state of the model then.
    path, save_every, unsaved
        The file to write to, after how many batches, and how many there were since.
    """

    model: Callable[[Any], Any]
    loss: Callable[[Any, Any], Any]
    loader: Batches
    optimizer: Optimizer | LBFGS | Newton
    history: History
    metrics: dict[str, Metric]
    validation: tuple[Any, Any] | None
    schedule: Callable[[float], float] | None
    accumulate: int
    watch: Watch | None
    rows: list[tuple[float, ...]] = field(default_factory=list)
    best: float | None = None
    best_epoch: int = 0
    best_state: dict[str, Any] = field(default_factory=dict)
    path: Path | None = None
    save_every: int | None = None
    unsaved: int = 0

    def __post_init__(self) -> None:
        measured = ["loss", *self.metrics]
        names = [*measured, *(VALIDATION + name for name in measured if self.validation is not None)]
        if self.watch is not None and self.watch.name not in names:
            raise InvalidInput(
                f"the watched number {self.watch.name!r} isn't among those of an epoch",
                f"there are {', '.join(map(repr, names))}",
                "one of them, or the metrics= or the validation= that give it",
            )
        # What says how good the model is, also to a schedule that waits for a plateau.
        self.watched = "loss" if self.validation is None else VALIDATION + "loss"
        if self.watch is not None:
            self.watched = self.watch.name
        module = self.model if isinstance(self.model, Module) else Module()
        # What a forward pass changes, beside the gradients.
        self.random = files.Randomness(module)
        self.buffers = [(owner, name) for _, owner, name in module.named_buffers()]

    def run(self, epochs: int, progress: bool) -> None:
        """Go through the data until so many epochs are done, or patience is at its end."""
        from tqdm.auto import tqdm  # here, since it takes longer to import than this package

        steps = len(self.loader)
        done = len(self.history) * steps + len(self.rows)
        with tqdm(total=epochs * steps, initial=done, unit="batch", disable=not progress) as bar:
            while len(self.history) < epochs and not self.out_of_patience():
                bar.set_description(f"epoch {len(self.history) + 1}/{epochs}", refresh=False)
                self.epoch(bar)
                shown = {name: f"{x:.4g}" for name, x in self.history.last.items() if name != "lr"}
                bar.set_postfix(shown, refresh=False)
                self.save()
        if self.best_state and isinstance(self.model, Module):
            self.model.load_state_dict(self.best_state)

    def out_of_patience(self) -> bool:
        """Whether the watched number has been no better for too long."""
        patience = self.watch.patience if self.watch is not None else None
        return patience is not None and len(self.history) - self.best_epoch >= patience

    # --------------------------------------------------------------------------------------------- One epoch

    def epoch(self, bar: Any) -> None:
        """Go through the data once, or through what is left of it, and note losses and metrics."""
        steps = len(self.loader)
        if isinstance(self.model, Module):
            self.model.train()
        for inputs, targets in self.loader:
            at = len(self.rows)
            first = at - at % self.accumulate  # of the batches that are added up
            last = min(first + self.accumulate, steps) - 1
            if at == first:
                self.optimizer.zero_grad()
                if self.schedule is not None:
                    self.optimizer.lr_scale = self.schedule(len(self.history) + at / steps)
            if isinstance(self.optimizer, (LBFGS, Newton)):
                self.closure_step(self.optimizer, inputs, targets)
            else:
                self.add_gradient(inputs, targets, last - first + 1)
                if at == last:
                    self.optimizer.step()
            bar.update()
            self.unsaved += 1
            if at == last < steps - 1 and self.save_every is not None and self.unsaved >= self.save_every:
                self.save()
        self.history.add_epoch(self.numbers())
        self.rows = []
        self.judge()
        if self.schedule is not None and hasattr(self.schedule, "update"):
            self.schedule.update(self.history.last[self.watched])

    def closure_step(self, optimizer: LBFGS | Newton, inputs: Any, targets: Any) -> None:
        """Take a step of an optimiser that computes the loss of a batch itself, at several places."""
        outputs: list[Any] = []

        def closure() -> Any:
            outputs.append(self.model(inputs))
            return self.loss(outputs[-1], targets)

        self.note(optimizer.step(closure), outputs[0], inputs, targets)

    def add_gradient(self, inputs: Any, targets: Any, group: int) -> None:
        """Take the loss of a batch, and add its gradient to those of the others of its group."""
        random = [generator.bit_generator.state for generator in self.random.generators.values()]
        buffers = [getattr(owner, name) for owner, name in self.buffers]
        outputs = self.model(inputs)
        value = self.loss(outputs, targets)
        if not isinstance(value, Value):
            raise BackwardError(
                f"the loss returned {type(value).__name__}, not a Value",
                "it wasn't computed from the model's parameters, so it has no gradient",
                "a loss made of NumPy functions of the model's output, as in am.nn",
            )
        number = float(value.data)
        if isfinite(number):
            (value if group == 1 else value / group).backward()
        broken = not_finite(number, self.optimizer)
        if broken:
            for generator, state in zip(self.random.generators.values(), random, strict=True):
                generator.bit_generator.state = state
            for (owner, name), buffer in zip(self.buffers, buffers, strict=True):
                setattr(owner, name, buffer)
            self.explain(broken, inputs, targets)
        self.note(number, outputs, inputs, targets)

    def note(self, loss: float, outputs: Any, inputs: Any, targets: Any) -> None:
        """Keep the numbers of a batch."""
        self.history.batch_losses.append(loss)
        metrics = [float(metric(raw(outputs), targets)) for metric in self.metrics.values()]
        self.rows.append((float(len(inputs)), loss, *metrics))

    def explain(self, broken: str, inputs: Any, targets: Any) -> None:
        """Raise, with the operation that gave the first number that isn't finite, found by doing the batch again."""
        place = f"{broken} in batch {len(self.rows) + 1} of epoch {len(self.history) + 1}"
        for name, x in (("inputs", inputs), ("targets", targets)):
            if not np.all(np.isfinite(x)):
                raise AnomalyError(
                    f"{place}: its {name} are not finite at {np.argwhere(~np.isfinite(x))[0].tolist()}",
                    "whatever is computed from a NaN is one",
                    "samples without gaps, or np.nan_to_num",
                )
        rate = f"a smaller learning rate than {self.optimizer.lr:g}, or gradients clipped"
        self.optimizer.zero_grad()
        try:
            with detect_anomaly():
                self.loss(self.model(inputs), targets).backward()
        except AnomalyError as found:
            raise AnomalyError(f"{place}: {found.what}", found.why, f"{found.instead}; or {rate}") from found
        raise AnomalyError(place, "the same batch is finite when it is done again", rate)

    def numbers(self) -> dict[str, float]:
        """Return the numbers of the epoch: means over its samples, and those of the validation samples."""
        samples, *columns = np.array(self.rows).T
        names = ["loss", *self.metrics]
        numbers = {name: float(np.average(x, weights=samples)) for name, x in zip(names, columns, strict=True)}
        if self.validation is not None:
            inputs, targets = self.validation
            outputs = predict(self.model, inputs)
            measured = {"loss": float(raw(self.loss(outputs, targets)))}
            measured |= {name: float(metric(outputs, targets)) for name, metric in self.metrics.items()}
            numbers |= {VALIDATION + name: x for name, x in measured.items()}
        return numbers | {"lr": self.optimizer.lr * self.optimizer.lr_scale}

    def judge(self) -> None:
        """Keep the state of the model, if the watched number is the best so far."""
        number = self.history.last[self.watched]
        if self.watch is None or not self.watch.better(number, self.best):
            return
        self.best, self.best_epoch = number, len(self.history)
        if isinstance(self.model, Module):
            self.best_state = self.model.state_dict()

    # ------------------------------------------------------------------------------------------- In a file

    def keep_in(self, path: Path, save_every: int | None) -> None:
        """Go on from a file if there is one, and write to it from now on.

        Raises
        ------
        InvalidInput
            If a part has no state that can be saved, or the file doesn't fit.
        """
        if save_every is not None:
            checked_count("save_every", save_every)
        if not isinstance(self.model, Module) or not hasattr(self.loader, "state_dict"):
            raise InvalidInput(
                f"a checkpoint of {type(self.model).__name__} and {type(self.loader).__name__}",
                "only what has a state can be saved and go on",
                "an nn.Module and a data.Loader",
            )
        self.path, self.save_every = path, save_every
        if path.exists():
            files.load(path, self.parts())

    def save(self) -> None:
        """Write all that the training depends on, if there is a file for it."""
        if self.path is not None:
            files.save(self.path, self.parts())
            self.unsaved = 0

    def parts(self) -> dict[str, Any]:
        """Return what the training depends on, by name."""
        parts = {"model": self.model, "random": self.random, "optimizer": self.optimizer, "loader": self.loader}
        if hasattr(self.schedule, "state_dict"):
            parts["schedule"] = self.schedule
        return parts | {"training": self}

    def state_dict(self) -> dict[str, Any]:
        """Return where the loop is: the history, the rows of the running epoch, and the best epoch."""
        state: dict[str, Any] = {"best": self.best, "best_epoch": self.best_epoch, "rows": np.array(self.rows)}
        state["names"] = list(self.history.epochs)  # a file of arrays has an order of its own
        state |= {f"history.{name}": x for name, x in self.history.arrays().items()}
        return state | {f"best.{path}": x for path, x in self.best_state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set where the loop is."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.rows = [tuple(row) for row in state["rows"].tolist()]
        self.best_state = {path.removeprefix("best."): x for path, x in state.items() if path.startswith("best.")}
        self.history.batch_losses[:] = state["history.batch_losses"].tolist()
        self.history.epochs.clear()
        self.history.epochs.update((name, state[f"history.{name}"].tolist()) for name in state["names"])


def not_finite(loss: float, optimizer: Optimizer | LBFGS | Newton) -> str:
    """Describe what isn't finite: the loss, or the gradients that were added up; nothing if all are finite."""
    if not isfinite(loss):
        return f"the loss is {loss}"
    for i, p in enumerate(optimizer.params):
        # One NaN or infinity makes the sum one; a sum that overflows is looked at again.
        if p.grad is not None and not np.isfinite(np.sum(p.grad)) and not np.all(np.isfinite(p.grad)):
            return f"the gradient of {p.name or f'parameter {i}'} isn't finite"
    return ""
