"""Schedules: how the learning rate changes, as a factor of it.

A schedule is a function of the time t that has passed, in epochs or in steps; t may lie between whole numbers.
`train.fit` sets ``optimizer.lr_scale`` to it before each step, in epochs: at the third of four batches of the first
one, t = 1/2. By hand it is one line:

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
from .options import is_number, is_share, not_negative, positive

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

    `lr` is the highest learning rate. From a to b, at a share x of the way, it is b + (a - b) (1 + cos(π x)) / 2. The
    momentum isn't changed.

    Parameters
    ----------
    length : float
        The T: when the cycle ends; the factor stays from then on.
    pct_start : float, default 0.3
        The r: which share of the time it rises, so that it is 1 at t = r T.
    div_factor, final_div_factor : float, default 25 and 1e4
        d and D.

    Notes
    -----
    PyTorch counts N steps, of which the first is at t = 0 and the last at t = N - 1, with the highest rate at r N - 1:
    that is ``one_cycle(N - 1, pct_start=(r * N - 1) / (N - 1))`` of the number of the step.

    References
    ----------
    L. N. Smith and N. Topin (2018), Super-convergence: very fast training of neural networks using large learning
    rates.

    Examples
    --------
    >>> schedule = one_cycle(10)
    >>> [round(schedule(t), 4) for t in (0, 1.5, 3, 6.5, 10)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    """
    require(*LENGTH, length=length)
    require(*SHARE, pct_start=pct_start)
    require(positive, "the learning rate is divided by it", "a number above 0", div_factor=div_factor)
    require(positive, "the learning rate is divided by it", "a number above 0", final_div_factor=final_div_factor)
    first, top = 1 / div_factor, pct_start * length

    def along(a: float, b: float, share: float) -> float:
        return b + (a - b) * (1 + cos(pi * share)) / 2

    def schedule(t: float) -> float:
        if t < top:
            return along(first, 1.0, t / top)
        return along(1.0, first / final_div_factor, min((t - top) / (length - top), 1))

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

    def __repr__(self) -> str:
        names = "factor", "patience", "threshold", "mode"
        return f"OnPlateau({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

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
        """Whether a number is better than the best so far; NaN and infinity never are."""
        if self.best is None or not isfinite(metric):
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
            If a name is missing or unknown, or what stands under it isn't such a number; nothing is changed then.
        """
        if set(state) != set(self.state_dict()):
            raise InvalidInput(
                f"a state of {', '.join(sorted(state)) or 'nothing'}",
                "it must hold present, best and waited, and nothing else",
                "the state_dict() of another OnPlateau",
            )
        present, best, waited = state["present"], state["best"], state["waited"]
        require(lambda x: not_negative(x) and x <= 1, FACTOR[1], "a number from 0 to 1", present=present)
        require(lambda x: x is None or is_number(x), "it is the best so far", "a number, or None at first", best=best)
        require(*PATIENCE, waited=waited)
        self.present, self.best, self.waited = present, best, waited
