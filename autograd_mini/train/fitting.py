"""`fit`: train a model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from ..optim import LBFGS, Newton, Optimizer
from .history import History
from .loop import Batches, Training, checked_count
from .measures import Metric, Watch, named


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
    >>> import numpy as np
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
    for method in ("__len__", "__iter__"):
        if not hasattr(loader, method):
            raise InvalidInput(f"loader is of type {type(loader).__name__}", f"it has no {method}", "a data.Loader")
    if schedule is not None and not callable(schedule):
        raise InvalidInput(f"schedule={schedule!r}", "it maps the time in epochs to a factor", "optim.cosine(epochs)")
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
