"""The parts of optimisers: small pure functions from gradients to updates. A chain of them is an optimiser.

A part is a function ``(g, state, p, step, *, options) -> (update, new state)`` that is called for each parameter:

- `g` is the gradient, or what the part before made of it: an array of the shape of `p`;
- `state` is a dict of what the part keeps for this parameter (see `keeps`), `{}` for most;
- `p` is the parameter's array;
- `step` is what all parameters have in common (see `Step`);
- the options are keyword-only; the optimiser gives them by their names, from the parameter's group.

It changes nothing in place. Complex arrays arrive as pairs of real numbers along a last axis, so a part never sees one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import hypot, sqrt
from typing import Any

import numpy as np

from ..errors import InvalidInput
from .base import Array, State

Part = Callable[..., tuple[Array, State]]


@dataclass(frozen=True)
class Step:
    """What the parameters of a step have in common.

    Attributes
    ----------
    number : int
        The number of the step, from 1.
    gradients : list of array
        The gradients of all parameters, as they come to the part.
    norm : float
        The Euclidean norm of all of them together.
    """

    number: int
    gradients: list[Array]

    @cached_property
    def norm(self) -> float:
        """The Euclidean norm of the gradients of all parameters together."""
        return hypot(*(float(np.linalg.norm(g)) for g in self.gradients))


def keeps(start: Callable[..., State]) -> Callable[[Part], Part]:
    """Return a decorator for a part that keeps a state.

    Parameters
    ----------
    start : callable
        Makes the first state, of a parameter's array and the part's options: ``start(p, momentum=0.9, ...)``.
    """

    def decorate(part: Part) -> Part:
        vars(part)["start"] = start
        return part

    return decorate


def first_state(part: Part, p: Array, options: dict[str, Any]) -> State:
    """Return the state that a part starts with."""
    start: Callable[..., State] | None = getattr(part, "start", None)
    return {} if start is None else start(p, **options)


# ------------------------------------------------------------------------------------- Clipping, decay, momentum


def clip_value(g: Array, state: State, p: Array, step: Step, *, clip_value: float) -> tuple[Array, State]:
    """Cut each number of a gradient to what lies from -c to c.

    Examples
    --------
    >>> g = np.array([3.0, -0.5, -4.0])
    >>> clip_value(g, {}, g, Step(1, [g]), clip_value=1.0)
    (array([ 1. , -0.5, -1. ]), {})
    """
    return np.clip(g, -clip_value, clip_value), state


def clip_norm(g: Array, state: State, p: Array, step: Step, *, max_norm: float) -> tuple[Array, State]:
    """Shorten the gradient, of all parameters together, to a length of at most c: g ← g min(1, c / (‖g‖ + 10⁻⁶)).

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio (2013), On the difficulty of training recurrent neural networks.

    Examples
    --------
    >>> g = np.array([3.0, 4.0])
    >>> clip_norm(g, {}, g, Step(1, [g]), max_norm=1.0)[0].round(3)
    array([0.6, 0.8])
    """
    factor = max_norm / (step.norm + 1e-6)
    return (g * factor if factor < 1 else g), state


def add_weight_decay(g: Array, state: State, p: Array, step: Step, *, weight_decay: float) -> tuple[Array, State]:
    """Draw the parameters towards 0: g ← g + λ p.

    In front of the other parts, it is the gradient of the penalty λ ‖p‖² / 2. Behind what scales by second moments,
    it isn't scaled by them: decoupled weight decay.

    References
    ----------
    I. Loshchilov and F. Hutter (2019), Decoupled weight decay regularization.

    Examples
    --------
    >>> g, p = np.array([1.0]), np.array([20.0])
    >>> add_weight_decay(g, {}, p, Step(1, [g]), weight_decay=0.1)
    (array([3.]), {})
    """
    return (g + weight_decay * p if weight_decay else g), state


def velocity(p: Array, momentum: float, dampening: float, nesterov: bool) -> State:
    """Return what `add_momentum` starts with: 0, and nothing without momentum."""
    if nesterov and (not momentum or dampening):
        raise InvalidInput(
            f"nesterov=True with momentum={momentum!r} and dampening={dampening!r}",
            "it looks ahead along the momentum, all of it",
            "a momentum such as 0.9, and no dampening",
        )
    return {"velocity": np.zeros_like(p)} if momentum else {}


@keeps(velocity)
def add_momentum(
    g: Array, state: State, p: Array, step: Step, *, momentum: float, dampening: float = 0.0, nesterov: bool = False
) -> tuple[Array, State]:
    """Keep a share of the last step: v ← μ v + (1 - τ) g, with τ = 0 in the first step. The update is v, or g + μ v.

    References
    ----------
    B. T. Polyak (1964), Some methods of speeding up the convergence of iteration methods. Y. Nesterov (1983), A method
    of solving a convex programming problem with convergence rate O(1/k²), for the second update, in the form of
    I. Sutskever et al. (2013), On the importance of initialization and momentum in deep learning.

    Examples
    --------
    >>> g = np.array([1.0])
    >>> add_momentum(g, {"velocity": np.array([2.0])}, g, Step(2, [g]), momentum=0.5)
    (array([2.]), {'velocity': array([2.])})
    """
    if not momentum:
        return g, state
    damped = (1 - dampening) * g if dampening and step.number > 1 else g
    v = momentum * state.get("velocity", 0.0) + damped  # 0 where the momentum was 0 at first
    return (g + momentum * v if nesterov else v), {"velocity": v}


# -------------------------------------------------------------------------------------------- Second moments


def running_mean(old: Array, new: Array, share: float) -> Array:
    """Return a share of the old mean and the rest of the new number, as a new array.

    Examples
    --------
    >>> running_mean(np.array([1.0]), np.array([3.0]), 0.75)
    array([1.5])
    """
    mean = share * old
    mean += (1 - share) * new
    return mean


@keeps(lambda p, initial_accumulator_value, eps: {"total": np.full_like(p, initial_accumulator_value)})
def scale_by_adagrad(
    g: Array, state: State, p: Array, step: Step, *, initial_accumulator_value: float = 0.0, eps: float = 1e-10
) -> tuple[Array, State]:
    """Divide by the root of the sum of all squares so far: s ← s + g², g / (√s + ε).

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer (2011), Adaptive subgradient methods for online learning and stochastic
    optimization.

    Examples
    --------
    >>> g = np.array([4.0])
    >>> scale_by_adagrad(g, {"total": np.array([9.0])}, g, Step(2, [g]))
    (array([0.8]), {'total': array([25.])})
    """
    total = state["total"] + g * g
    return g / (np.sqrt(total) + eps), {"total": total}


@keeps(lambda p, centered, **_: {"square": np.zeros_like(p)} | ({"mean": np.zeros_like(p)} if centered else {}))
def scale_by_rms(
    g: Array, state: State, p: Array, step: Step, *, alpha: float = 0.99, eps: float = 1e-8, centered: bool = False
) -> tuple[Array, State]:
    """Divide by the root of a running mean of squares: s ← α s + (1 - α) g², g / (√s + ε).

    Centered, by the running standard deviation: m ← α m + (1 - α) g, g / (√(s - m²) + ε).

    References
    ----------
    T. Tieleman and G. Hinton (2012), Lecture 6.5: RMSProp. A. Graves (2013), Generating sequences with recurrent neural
    networks, for the centered one.

    Examples
    --------
    >>> g = np.array([3.0])
    >>> scale_by_rms(g, {"square": np.array([9.0])}, g, Step(2, [g]), eps=0.0)[0].round(6)
    array([1.])
    """
    square = running_mean(state["square"], g * g, alpha)
    if not centered:
        return g / (np.sqrt(square) + eps), {"square": square}
    mean = running_mean(state["mean"], g, alpha)
    variance = np.maximum(square - mean * mean, 0)  # rounding can bring it below 0
    return g / (np.sqrt(variance) + eps), {"square": square, "mean": mean}


@keeps(lambda p, **_: {"square": np.zeros_like(p), "change": np.zeros_like(p)})
def scale_by_adadelta(
    g: Array, state: State, p: Array, step: Step, *, rho: float = 0.9, eps: float = 1e-6
) -> tuple[Array, State]:
    """Give an update the size of those before: s ← ρ s + (1 - ρ) g², u = g √(d + ε) / √(s + ε), d ← ρ d + (1 - ρ) u².

    References
    ----------
    M. D. Zeiler (2012), Adadelta: an adaptive learning rate method.

    Examples
    --------
    >>> g = np.array([2.0])
    >>> state = {"square": np.array([4.0]), "change": np.array([0.25])}
    >>> scale_by_adadelta(g, state, g, Step(2, [g]), eps=0.0)[0].round(6)
    array([0.5])
    """
    square = running_mean(state["square"], g * g, rho)
    update = np.sqrt(state["change"] + eps) / np.sqrt(square + eps) * g
    return update, {"square": square, "change": running_mean(state["change"], update * update, rho)}


def moments(p: Array, amsgrad: bool = False, **_: Any) -> State:
    """Return what Adam starts with: a mean and a mean of squares that are 0, and the largest one for AMSGrad."""
    return {name: np.zeros_like(p) for name in ("mean", "square", "largest")[: 2 + amsgrad]}


@keeps(moments)
def scale_by_adam(
    g: Array,
    state: State,
    p: Array,
    step: Step,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    amsgrad: bool = False,
) -> tuple[Array, State]:
    """Divide a running mean by the root of a running mean of squares, both without their bias towards 0.

    m ← β₁ m + (1 - β₁) g, s ← β₂ s + (1 - β₂) g², m / (1 - β₁ᵗ) / (√(s / (1 - β₂ᵗ)) + ε). AMSGrad takes the largest s
    so far.

    References
    ----------
    D. P. Kingma and J. Ba (2015), Adam: a method for stochastic optimization. S. J. Reddi, S. Kale and S. Kumar (2018),
    On the convergence of Adam and beyond, for AMSGrad.

    Examples
    --------
    >>> g = np.array([3.0])
    >>> scale_by_adam(g, moments(g), g, Step(1, [g]))[0].round(6)
    array([1.])
    """
    b1, b2 = betas
    bias1, bias2 = 1 - b1**step.number, 1 - b2**step.number
    mean, square = running_mean(state["mean"], g, b1), running_mean(state["square"], g * g, b2)
    new = {"mean": mean, "square": square}
    if amsgrad:
        square = new["largest"] = np.maximum(state["largest"], square)
    # Both corrections are in what is divided by, and it is made in one array: fewer passes over the numbers.
    root = np.sqrt(square)
    root *= bias1 / sqrt(bias2)
    root += bias1 * eps
    return mean / root, new


@keeps(lambda p, **_: moments(p) | {"product": 1.0})
def scale_by_nadam(
    g: Array,
    state: State,
    p: Array,
    step: Step,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    momentum_decay: float = 4e-3,
) -> tuple[Array, State]:
    """Do what Adam does, with the momentum of Nesterov, which grows from β₁ / 2 to β₁.

    μₜ = β₁ (1 - 0.96^(ψ t) / 2), and Πₜ is the product of all μ so far. With Adam's m and s the update is
    ((1 - μₜ) g / (1 - Πₜ) + μₜ₊₁ m / (1 - Πₜ₊₁)) / (√(s / (1 - β₂ᵗ)) + ε).

    References
    ----------
    T. Dozat (2016), Incorporating Nesterov momentum into Adam.

    Examples
    --------
    >>> g = np.array([3.0])
    >>> scale_by_nadam(g, moments(g) | {"product": 1.0}, g, Step(1, [g]), betas=(0.0, 0.0))[0].round(6)
    array([1.])
    """
    b1, b2 = betas
    now, following = (b1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step.number, step.number + 1))
    product = float(state["product"]) * now
    mean, square = running_mean(state["mean"], g, b1), running_mean(state["square"], g * g, b2)
    ahead = g * ((1 - now) / (1 - product)) + mean * (following / (1 - product * following))
    update = ahead / (np.sqrt(square / (1 - b2**step.number)) + eps)
    return update, {"mean": mean, "square": square, "product": product}


# ---------------------------------------------------------------------------------------- The learning rate


def decay_lr(g: Array, state: State, p: Array, step: Step, *, lr_decay: float) -> tuple[Array, State]:
    """Make steps shorter as they go on: g / (1 + (t - 1) γ).

    Examples
    --------
    >>> g = np.array([3.0])
    >>> decay_lr(g, {}, g, Step(2, [g]), lr_decay=0.5)
    (array([2.]), {})
    """
    return (g / (1 + (step.number - 1) * lr_decay) if lr_decay else g), state


def scale_by_lr(g: Array, state: State, p: Array, step: Step, *, lr: float) -> tuple[Array, State]:
    """Multiply by the learning rate: η g.

    Examples
    --------
    >>> g = np.array([3.0])
    >>> scale_by_lr(g, {}, g, Step(1, [g]), lr=0.1)[0].round(6)
    array([0.3])
    """
    return lr * g, state
