"""Optimisers: what changes parameters by their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import cos, isfinite, pi
from typing import Any

import numpy as np

from .engine import Value
from .errors import BackwardError, InvalidInput
from .graph import LEAF


class SGD:
    """Gradient descent with momentum: v ← μ v + ∂L/∂p, p ← p - η v.

    Whether it is batch, stochastic or mini-batch descent is decided by how many samples the loss is taken over.

    Parameters
    ----------
    params : iterable of Value
        The parameters, each once: ``model.parameters()``.
    lr : float
        The learning rate η, above 0. It may be changed between steps.
    momentum : float, default 0
        The μ in 0 ≤ μ < 1: how much of the last step is kept.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or a number is out of range.

    References
    ----------
    B. T. Polyak (1964), Some methods of speeding up the convergence of iteration methods.

    Examples
    --------
    >>> w = Value(3.0, name="w")
    >>> optimizer = SGD([w], lr=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    np.float64(0.0)
    """

    def __init__(self, params: Iterable[Value], lr: float, momentum: float = 0.0) -> None:
        self.params = checked_parameters(params)
        if not positive_number(lr):
            raise InvalidInput(
                f"lr={lr!r}", "the learning rate is the length of a step", "a number above 0, such as 0.1"
            )
        if not 0 <= momentum < 1:
            raise InvalidInput(
                f"momentum={momentum!r}", "it is the share of the last step that is kept", "a number from 0 to below 1"
            )
        self.lr, self.momentum = lr, momentum
        self.velocities: list[Any] = [None] * len(self.params)

    def step(self) -> None:
        """Change each parameter by its gradient.

        Raises
        ------
        BackwardError
            If a parameter has no gradient; nothing is changed then.
        """
        without = [p.name or f"parameter {i}" for i, p in enumerate(self.params) if p.grad is None]
        if without:
            raise BackwardError(
                f"no gradient for {', '.join(without)}",
                "backward() wasn't called since the last zero_grad(), or the loss doesn't depend on them",
                "loss.backward() before step(), and only the parameters that the loss uses in SGD(...)",
            )
        for i, p in enumerate(self.params):
            velocity = p.grad
            if self.momentum:
                old = self.velocities[i]
                velocity = self.velocities[i] = velocity + self.momentum * old if old is not None else velocity.copy()
            p.data -= self.lr * velocity

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.params:
            p.grad = None


def positive_number(x: Any) -> bool:
    """Whether something is a finite number above 0."""
    return isinstance(x, (int, float, np.floating)) and isfinite(x) and float(x) > 0


def checked_parameters(params: Iterable[Value]) -> list[Value]:
    """Return an optimiser's parameters as a list, if they are Values, each once."""
    if isinstance(params, Value):
        raise InvalidInput("params is a single Value", "an optimiser changes a list of them", "[p]")
    listed = list(params)
    if not listed:
        raise InvalidInput(
            "no parameters",
            "there would be nothing to optimise",
            "model.parameters(); a module's attributes are Values",
        )
    for i, p in enumerate(listed):
        if not isinstance(p, Value):
            raise InvalidInput(
                f"parameter {i} is of type {type(p).__name__}",
                "only a Value has a gradient",
                "am.Value(array), used in the loss",
            )
        if p.node is None or p.node.op is not LEAF:
            raise InvalidInput(
                f"parameter {i} is {p!r}",
                "only the data of a leaf can be changed; this one is a constant, or the result of an operation",
                "the leaves that it was computed from, or am.Value(v.data) for a new one",
            )
    if len({id(p) for p in listed}) < len(listed):
        raise InvalidInput("a parameter is there twice", "it would be changed twice in each step", "each once")
    return listed


def cosine_schedule(lr: float, epochs: int) -> Callable[[int], float]:
    """Return a learning rate that falls from `lr` to nearly 0: lr (1 + cos(π epoch / epochs)) / 2.

    Parameters
    ----------
    lr : float
        The learning rate of the first epoch.
    epochs : int
        How many epochs there are.

    Returns
    -------
    callable
        Maps the number of an epoch, from 0, to its learning rate.

    References
    ----------
    I. Loshchilov and F. Hutter (2017), SGDR: Stochastic gradient descent with warm restarts.

    Examples
    --------
    >>> schedule = cosine_schedule(0.1, 4)
    >>> [round(schedule(epoch), 4) for epoch in range(4)]
    [0.1, 0.0854, 0.05, 0.0146]
    """
    return lambda epoch: lr * (1 + cos(pi * epoch / epochs)) / 2
