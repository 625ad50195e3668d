"""The loop: for each batch one forward pass, one backward pass and one step of the optimiser."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..engine import Value
from ..errors import AnomalyError, BackwardError, InvalidInput, ShapeError
from ..nn import Module
from ..optim import LBFGS, Newton, Optimizer
from ..optim.options import is_count
from ..state import detect_anomaly
from . import checkpoint as files
from .history import VALIDATION, History
from .measures import Metric, Watch, predict, raw

Moved = tuple[list[Any], list[Any]]  # the states of random generators, and buffers
OWN = ("loss", "lr", "batch_losses")  # names in a history that no metric can have


class Batches(Protocol):
    """What `fit` takes its batches from: a `Loader`, or anything else that has a length and gives epochs."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[Any, Any]]: ...


def checked_count(name: str, n: Any) -> None:
    """Raise if something is no integer of at least 1."""
    if not is_count(n):
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
        taken = [name for name in self.metrics if name in OWN or name.startswith(VALIDATION)]
        if taken:
            raise InvalidInput(f"a metric named {taken[0]!r}", "the history has another number of that name", "another")
        measured = ["loss", *self.metrics]
        names = [*measured, *(VALIDATION + name for name in measured if self.validation is not None)]
        if self.watch is not None and self.watch.name not in names:
            raise InvalidInput(
                f"the watched number {self.watch.name!r} isn't among those of an epoch",
                f"there are {', '.join(map(repr, names))}",
                "one of them, or the metrics= or the validation= that give it",
            )
        mode = getattr(self.schedule, "mode", None)
        if self.watch is not None and mode is not None and mode != self.watch.mode:
            raise InvalidInput(
                f"a schedule that waits for a {mode} of {self.watch.name!r}, of which the {self.watch.mode} is watched",
                "both look at the same number",
                f'mode="{self.watch.mode}" for both',
            )
        if self.watch is not None:
            self.require_module("watch")
        self.best_epoch = len(self.history)  # patience begins here
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # in a notebook without widgets it warns, and shows text
            from tqdm.auto import tqdm  # here, since it takes longer to import than this package

        steps = len(self.loader)
        done = len(self.history) * steps + len(self.rows)
        with tqdm(total=epochs * steps, initial=done, unit="batch", disable=not progress) as bar:
            while len(self.history) < epochs and not self.out_of_patience():
                bar.set_description(f"epoch {len(self.history) + 1}/{epochs}", refresh=False)
                self.epoch(bar)
                bar.set_postfix(self.shown(), refresh=False)
                self.save()
        if self.schedule is not None:
            self.optimizer.lr_scale = 1.0
        if self.best_state and isinstance(self.model, Module):
            self.model.load_state_dict(self.best_state)

    def shown(self) -> dict[str, str]:
        """Return the numbers of the last epoch as the progress bar shows them."""
        return {name: f"{x:.4g}" for name, x in self.history.last.items() if name != "lr"}

    def out_of_patience(self) -> bool:
        """Whether the watched number has been no better for too long."""
        patience = self.watch.patience if self.watch is not None else None
        return patience is not None and len(self.history) - self.best_epoch >= patience

    # --------------------------------------------------------------------------------------------- One epoch

    def epoch(self, bar: Any) -> None:
        """Go through the data once, or through what is left of it, and note losses and metrics."""
        steps, shown = len(self.loader), self.shown()
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
            if not bar.disable:
                bar.set_postfix({**shown, "loss": f"{self.rows[-1][1]:.4g}"}, refresh=False)
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
        """Take a step of an optimiser that computes the loss of a batch itself, at several places.

        Dropout is the same at all of them, and running moments move once, or it wouldn't be one function.
        """
        before, outputs = self.moved(), []

        def closure() -> Any:
            self.move_back(before)
            outputs.append(self.model(inputs))
            return self.loss(outputs[-1], targets)

        try:
            loss = optimizer.step(closure)
        except AnomalyError as found:
            self.explain(found.what, before, inputs, targets)
        self.note(loss, outputs[0], inputs, targets)

    def add_gradient(self, inputs: Any, targets: Any, group: int) -> None:
        """Take the loss of a batch, and add its gradient to those of the others of its group."""
        before = self.moved()
        outputs = self.model(inputs)
        value = self.loss(outputs, targets)
        if not isinstance(value, Value):
            raise BackwardError(
                f"the loss returned {type(value).__name__}, not a Value",
                "it wasn't computed from the model's parameters, so it has no gradient",
                "a loss made of NumPy functions of the model's output, as in am.nn",
            )
        if value.size != 1:
            raise ShapeError(
                f"the loss has the shape {value.shape}", "descent goes down one number", 'reduction="mean", or np.mean'
            )
        number = value.item()
        if isfinite(number):
            (value if group == 1 else value / group).backward()
        broken = not_finite(number, self.optimizer)
        if broken:
            self.explain(broken, before, inputs, targets)
        self.note(number, outputs, inputs, targets)

    def moved(self) -> Moved:
        """Return what a forward pass moves: the states of random generators, and the buffers."""
        return [x.bit_generator.state for x in self.random.generators.values()], [
            getattr(owner, name) for owner, name in self.buffers
        ]

    def move_back(self, before: Moved) -> None:
        """Set it to what it was."""
        for generator, state in zip(self.random.generators.values(), before[0], strict=True):
            generator.bit_generator.state = state
        for (owner, name), buffer in zip(self.buffers, before[1], strict=True):
            setattr(owner, name, buffer)

    def note(self, loss: float, outputs: Any, inputs: Any, targets: Any) -> None:
        """Keep the numbers of a batch."""
        self.history.batch_losses.append(loss)
        metrics = [float(metric(raw(outputs), targets)) for metric in self.metrics.values()]
        self.rows.append((float(len(inputs)), loss, *metrics))

    def explain(self, broken: str, before: Moved, inputs: Any, targets: Any) -> None:
        """Raise, with the operation that gave the first number that isn't finite, found by doing the batch again.

        What a forward pass moves is as it was before the batch, then and in the end.
        """
        self.move_back(before)
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
        finally:
            self.move_back(before)
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
        self.require_module("checkpoint")
        if not hasattr(self.loader, "state_dict"):
            raise InvalidInput(
                f"a checkpoint with a loader of type {type(self.loader).__name__}",
                "only what has a state can be saved and go on",
                "a data.Loader",
            )
        self.path, self.save_every = path, save_every
        for left in path.parent.glob(f".{path.name}.*.part"):  # of a process that was killed while it wrote
            left.unlink()
        if path.exists():
            files.load(path, self.parts())
        else:
            self.save()  # what can't be written is noticed now

    def require_module(self, option: str) -> None:
        """Raise if the model isn't a Module that has all parameters of the optimiser."""
        if not isinstance(self.model, Module):
            raise InvalidInput(
                f"{option}= with a model of type {type(self.model).__name__}",
                "what it keeps is the state of a module",
                "an nn.Module with the parameters as its attributes",
            )
        own = {id(p) for p in self.model.parameters()}
        other = [p.name or f"parameter {i}" for i, p in enumerate(self.optimizer.params) if id(p) not in own]
        if other:
            raise InvalidInput(
                f"{option}= with {', '.join(other)} in the optimiser, and not in the model",
                "what it keeps is the state of the model",
                "an nn.Module that has all of them as attributes, those of the loss too",
            )

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

    def setup(self) -> dict[str, Any]:
        """Return what must be the same for a training to go on."""
        watched = None if self.watch is None else [self.watch.name, self.watch.mode, self.watch.min_delta]
        metrics, validated = list(self.metrics), self.validation is not None
        return {"accumulate": self.accumulate, "metrics": metrics, "validation": validated, "watch": watched}

    def state_dict(self) -> dict[str, Any]:
        """Return where the loop is: the history, the rows of the running epoch, and the best epoch."""
        state: dict[str, Any] = {"best": self.best, "best_epoch": self.best_epoch, "rows": np.array(self.rows)}
        state["setup"] = self.setup()
        state["names"] = list(self.history.epochs)  # arrays in a file have an order of its own
        state |= {f"history.{name}": x for name, x in self.history.arrays().items()}
        return state | {f"best.{path}": x for path, x in self.best_state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set where the loop is.

        Raises
        ------
        InvalidInput
            If something is missing, or the training was set up in another way; nothing is changed then.
        """
        needed = ["best", "best_epoch", "rows", "setup", "names", "history.batch_losses"]
        needed += [f"history.{name}" for name in state.get("names", ())]
        missing = [name for name in needed if name not in state]
        wrong = [f"{name} is missing" for name in missing]
        if not missing:
            wrong = [
                f"{name} was {state['setup'].get(name)!r}, not {x!r}"
                for name, x in self.setup().items()
                if state["setup"].get(name) != x
            ]
        if wrong:
            raise InvalidInput(
                f"the state of another training: {'; '.join(wrong)}",
                "it goes on as it was set up",
                "the same options, or another path for a new training",
            )
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
