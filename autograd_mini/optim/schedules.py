"""Schedules: how the learning rate changes, as a factor of it.

A schedule is a function of a number t, from 0: of epochs, or of steps; t may lie between whole numbers.
`train.fit` sets ``optimizer.lr_scale`` to it; by hand it is one line:

>>> from autograd_mini import Value
>>> from autograd_mini.optim import SGD, cosine
>>> optimizer, schedule = SGD([Value(1.0)], lr=0.1), cosine(4)
>>> for epoch in range(4):
...     optimizer.lr_scale = schedule(epoch)
...     print(round(optimizer.lr * optimizer.lr_scale, 4))
0.1
0.0854
0.05
0.0146
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, isfinite, pi
from typing import Any, Literal

from ..errors import InvalidInput
from .options import is_share, not_negative, positive

Schedule = Callable[[float], float]

# What arguments must be: a test, why, and what to write instead.
LENGTH = positive, "it is a number of epochs or steps", "a number above 0, such as 10"
FACTOR = lambda x: positive(x) and x <= 1, "the learning rate is multiplied with it", "a number above 0, at most 1"
SHARE = is_share, "it is a share", "a number from 0 to below 1"
MODE = ("min", "max").__contains__, "it says what is better", "'min' or 'max'"
PATIENCE = lambda x: isinstance(x, int) and not_negative(x), "it counts epochs", "an integer of at least 0"


def require(fits: Callable[[Any], bool], why: str, instead: str, **given: Any) -> None:
    """Raise unless arguments are what they must be."""
    for name, x in given.items():
        if not fits(x):
            raise InvalidInput(f"{name}={x!r}", why, instead)


def constant(t: float) -> float:
    """Return 1: the learning rate stays as it is."""
    return 1.0


def step_decay(every: float, factor: float = 0.1) -> Schedule:
    """Return a schedule that falls in steps: γ^⌊t / n⌋.

    Parameters
    ----------
    every : float
        The n: how long each step lasts.
    factor : float, default 0.1
        The γ in 0 < γ ≤ 1.

    References
    ----------
    K. He et al. (2016), Deep residual learning for image recognition.

    Examples
    --------
    >>> schedule = step_decay(2, factor=0.5)
    >>> [schedule(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    require(*LENGTH, every=every)
    require(*FACTOR, factor=factor)
    return lambda t: float(factor ** (t // every))


def exponential(factor: float) -> Schedule:
    """Return a schedule that falls by the same factor in each unit of time: γᵗ.

    Parameters
    ----------
    factor : float
        The γ in 0 < γ ≤ 1.

    References
    ----------
    L. Bottou (2012), Stochastic gradient descent tricks, compares schedules that fall with time.

    Examples
    --------
    >>> exponential(0.5)(3)
    0.125
    """
    require(*FACTOR, factor=factor)
    return lambda t: float(factor**t)


def cosine(length: float) -> Schedule:
    """Return a schedule that falls from 1 to 0 along a cosine: (1 + cos(π t / T)) / 2, and 0 from then on.

    Parameters
    ----------
    length : float
        The T: when 0 is reached.

    References
    ----------
    I. Loshchilov and F. Hutter (2017), SGDR: stochastic gradient descent with warm restarts.

    Examples
    --------
    >>> schedule = cosine(4)
    >>> [round(schedule(t), 4) for t in range(5)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0]
    """
    require(*LENGTH, length=length)
    return lambda t: (1 + cos(pi * min(t / length, 1))) / 2


def warm_up(length: float, then: Schedule = constant, start: float = 1 / 3) -> Schedule:
    """Return a schedule that rises along a line from a start s to 1, and goes on with another: s + (1 - s) t / T.

    Parameters
    ----------
    length : float
        The T: when 1 is reached.
    then : callable, optional
        The schedule from then on, of t - T. By default, the factor stays at 1.
    start : float, default 1/3
        The s, from 0 to below 1.

    References
    ----------
    P. Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour.

    Examples
    --------
    >>> schedule = warm_up(2, then=cosine(2), start=0.5)
    >>> [round(schedule(t), 4) for t in range(5)]
    [0.5, 0.75, 1.0, 0.5, 0.0]
    """
    require(*LENGTH, length=length)
    require(*SHARE, start=start)
    require(callable, "it is the schedule after the rise", "such as cosine(90)", then=then)
    return lambda t: start + (1 - start) * t / length if t < length else then(t - length)


def one_cycle(
    length: float, pct_start: float = 0.3, div_factor: float = 25.0, final_div_factor: float = 1e4
) -> Schedule:
    """Return a schedule that rises from 1 / d to 1 and falls to 1 / (d D), each along half a cosine.

    `lr` is the highest learning rate. From a to b, at a share x of the way, it is b + (a - b) (1 + cos(π x)) / 2. As in
    PyTorch, the last of T steps is t = T - 1, and the highest rate is that of t = r T - 1. The momentum isn't changed.

    Parameters
    ----------
    length : float
        The T: of how many steps or epochs the cycle is, above 1.
    pct_start : float, default 0.3
        The r: which share of them rises.
    div_factor, final_div_factor : float, default 25 and 1e4
        d and D.

    References
    ----------
    L. N. Smith and N. Topin (2018), Super-convergence: very fast training of neural networks using large learning
    rates.

    Examples
    --------
    >>> schedule = one_cycle(10)
    >>> [round(schedule(t), 4) for t in (0, 1, 2, 5, 9)]
    [0.04, 0.52, 1.0, 0.6113, 0.0]
    """
    require(lambda x: positive(x) and x > 1, LENGTH[1], "a number above 1, such as 10", length=length)
    require(*SHARE, pct_start=pct_start)
    require(positive, "the learning rate is divided by it", "a number above 0", div_factor=div_factor)
    require(positive, "the learning rate is divided by it", "a number above 0", final_div_factor=final_div_factor)
    first, top, last = 1 / div_factor, pct_start * length - 1, length - 1

    def along(a: float, b: float, share: float) -> float:
        return b + (a - b) * (1 + cos(pi * share)) / 2

    def schedule(t: float) -> float:
        if t < top:
            return along(first, 1.0, t / top)
        return along(1.0, first / final_div_factor, min((t - top) / (last - top), 1))

    return schedule


class OnPlateau:
    """A schedule that falls by a factor whenever a watched number has stopped getting better.

    It has a memory: tell it the number after each epoch. What it is called with doesn't matter.

    Parameters
    ----------
    factor : float, default 0.1
        What the learning rate is multiplied with, in 0 < γ ≤ 1.
    patience : int, default 10
        After how many epochs without a better number it falls in the next one.
    threshold : float, default 1e-4
        A number is better than the best b so far below b (1 - threshold), with ``mode="max"`` above b (1 + threshold).
    mode : {"min", "max"}, default "min"
        Whether small numbers are good, such as losses, or large ones.

    Attributes
    ----------
    present : float
        The factor now, 1 at first.
    best : float or None
        The best number so far.
    waited : int
        The number of epochs without a better one.

    References
    ----------
    L. Bottou, F. E. Curtis and J. Nocedal (2018), Optimization methods for large-scale machine learning, section 4:
    steps are made shorter whenever progress stalls.

    Examples
    --------
    >>> schedule = OnPlateau(factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.update(loss)
    >>> schedule(4)
    0.5
    """

    def __init__(
        self,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        mode: Literal["min", "max"] = "min",
    ) -> None:
        require(*FACTOR, factor=factor)
        require(*PATIENCE, patience=patience)
        require(not_negative, "it is a share of the best number", "a number of at least 0", threshold=threshold)
        require(*MODE, mode=mode)
        self.factor, self.patience, self.threshold, self.mode = factor, patience, threshold, mode
        self.present, self.waited = 1.0, 0
        self.best: float | None = None

    def __call__(self, t: float) -> float:
        """Return the present factor."""
        return self.present

    def update(self, metric: float) -> None:
        """Take note of the watched number of an epoch."""
        metric = float(metric)
        if self.is_better(metric):
            self.best, self.waited = metric, 0
        else:
            self.waited += 1
        if self.waited > self.patience:
            self.present, self.waited = self.present * self.factor, 0

    def is_better(self, metric: float) -> bool:
        """Whether a number is better than the best so far; NaN never is."""
        if self.best is None:
            return isfinite(metric)
        if self.mode == "min":
            return metric < self.best * (1 - self.threshold)
        return metric > self.best * (1 + self.threshold)

    def state_dict(self) -> dict[str, Any]:
        """Return what it remembers, as values that JSON has too."""
        return {"present": self.present, "best": self.best, "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take on what another one of the same options remembered.

        Raises
        ------
        InvalidInput
            If the state isn't of that form; nothing is changed then.
        """
        if set(state) != set(self.state_dict()):
            raise InvalidInput(
                f"a state of {', '.join(sorted(state)) or 'nothing'}",
                "it must hold present, best and waited, and nothing else",
                "the state_dict() of another OnPlateau",
            )
        self.present, self.best, self.waited = state["present"], state["best"], state["waited"]
