"""What all optimisers have: groups of parameters with their options, and a state that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine import Value
from ..errors import BackwardError, InvalidInput
from .options import Params, as_groups, checked

Array = Any  # of floating numbers; complex ones are taken as pairs of them (see `as_real`)
State = dict[str, Any]  # what is kept from step to step, by name


def as_real(x: Array) -> Array:
    """Return an array of real numbers: complex ones as pairs of real and imaginary part, along a new last axis.

    Examples
    --------
    >>> as_real(np.array([1 + 2j]))
    array([[1., 2.]])
    """
    return np.stack([x.real, x.imag], axis=-1) if x.dtype.kind == "c" else x


def as_given(u: Array, x: Array) -> Array:
    """Return what `as_real` made of an array like `x`, or a change of it, as an array like `x`.

    Examples
    --------
    >>> as_given(np.array([[0.5, 2.0]]), np.array([1 + 2j]))
    array([0.5+2.j])
    """
    return np.ascontiguousarray(u).view(x.dtype)[..., 0] if x.dtype.kind == "c" else u


class Descent:
    """Base of all optimisers.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, each once: ``model.parameters()``. Or groups of them: dicts with the parameters under
        ``"params"``, and options that differ from those of the other groups.
    options : dict
        The options that there are, with their defaults.

    Attributes
    ----------
    param_groups : list of dict
        The parameters of each group, under ``"params"``, and all its options.
    lr_scale : float
        What the learning rate of every group is multiplied with, 1 at first: schedules set it. A finite number of at
        least 0.
    steps : int
        How many steps were taken.
    states : dict of list of dict
        What is kept from step to step, by the part that keeps it, the parameter and a name.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, an option is unknown, missing, or out of
        range.
    """

    states: dict[str, list[State]]

    def __init__(self, params: Params, options: dict[str, Any]) -> None:
        self.param_groups = as_groups(params, options)
        self.lr_scale, self.steps = 1.0, 0
        self.states = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'; '.join(map(described, self.param_groups))})"

    @property
    def params(self) -> list[Value]:
        """The parameters of all groups."""
        return [p for group in self.param_groups for p in group["params"]]

    @property
    def lr(self) -> float:
        """The learning rate of the first group. Setting it sets that of every group."""
        return float(self.param_groups[0]["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        lr = checked("lr", lr)
        for group in self.param_groups:
            group["lr"] = lr

    @property
    def lr_scale(self) -> float:
        """What the learning rate of every group is multiplied with. Setting it refuses NaN, as a schedule may give."""
        return self._lr_scale

    @lr_scale.setter
    def lr_scale(self, scale: float) -> None:
        self._lr_scale: float = checked("lr_scale", scale)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.params:
            p.grad = None

    def gradients(self) -> list[Array]:
        """Return the gradients of all parameters.

        Raises
        ------
        BackwardError
            If a parameter has none.
        """
        params = self.params
        found = [p.grad for p in params]
        without = [p.name or f"parameter {i}" for i, p in enumerate(params) if found[i] is None]
        if without:
            raise BackwardError(
                f"no gradient for {', '.join(without)}",
                "backward() wasn't called since the last zero_grad(), or the loss doesn't depend on them",
                "loss.backward() before step(), and only the parameters that the loss uses in"
                f" {type(self).__name__}(...)",
            )
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next step depends on, but for the parameters and their gradients.

        Returns
        -------
        dict
            A copy of each array of the state, and numbers, switches and lists of numbers that JSON has too, each under
            a name of its own, such as ``"add_momentum.0.velocity"`` (of parameter 0) and ``"groups.0.lr"``.

        Examples
        --------
        >>> from autograd_mini.optim import SGD
        >>> sorted(SGD([Value(1.0)], lr=0.1).state_dict())[:4]
        ['groups.0.dampening', 'groups.0.lr', 'groups.0.momentum', 'groups.0.nesterov']
        """
        state: dict[str, Any] = {"steps": self.steps, "lr_scale": self.lr_scale}
        for i, group in enumerate(self.param_groups):
            options = {name: list(x) if isinstance(x, tuple) else x for name, x in group.items() if name != "params"}
            state |= {f"groups.{i}.{name}": x for name, x in options.items()}
        return state | {
            f"{part}.{i}.{name}": np.array(x)
            for part, kept in self.states.items()
            for i, each in enumerate(kept)
            for name, x in each.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take on a state: the next step is the one that would have come where it was saved, bit for bit.

        The options are a part of it, as in PyTorch: those that this optimiser was made with, such as another learning
        rate, are replaced by the saved ones. To go on with others, set them afterwards.

        Parameters
        ----------
        state : mapping
            The `state_dict()` of an optimiser that was made in the same way.

        Raises
        ------
        InvalidInput
            If something is missing, unknown, of another shape, or out of range; nothing is changed then.
        """
        own = self.state_dict()
        missing, unknown = sorted(own.keys() - set(state)), sorted(set(state) - own.keys())
        shapes = [(name, np.shape(state[name]), np.shape(own[name])) for name in own.keys() & set(state)]
        misshapen = [f"{name} ({got} instead of {due})" for name, got, due in sorted(shapes) if got != due]
        wrong = {"missing": missing, "unknown": unknown, "of another shape": misshapen}
        if missing or unknown or misshapen:
            raise InvalidInput(
                "a state that doesn't fit: " + "; ".join(f"{what} {', '.join(x)}" for what, x in wrong.items() if x),
                "it must hold the state of each parameter and the options of each group, and nothing else",
                f"the state_dict() of the same {type(self).__name__} for parameters of the same shapes",
            )
        steps, lr_scale = checked("steps", state["steps"]), checked("lr_scale", state["lr_scale"])
        groups = [
            {name: checked(name, state[f"groups.{i}.{name}"]) for name in group if name != "params"}
            for i, group in enumerate(self.param_groups)
        ]
        self.states = {
            part: [
                {name: np.array(state[f"{part}.{i}.{name}"], np.asarray(x).dtype) for name, x in each.items()}
                for i, each in enumerate(kept)
            ]
            for part, kept in self.states.items()
        }
        self.steps, self.lr_scale = steps, lr_scale
        for group, options in zip(self.param_groups, groups, strict=True):
            group |= options


def described(group: dict[str, Any]) -> str:
    """Return the options of a group that aren't switched off, and the number of its parameters.

    Examples
    --------
    >>> described({"params": [1.0, 2.0], "momentum": 0.9, "nesterov": False, "lr": 0.1})
    'lr=0.1, momentum=0.9, 2 parameters'
    """
    options = {"lr": group["lr"]} | {name: x for name, x in group.items() if name != "params" and x}
    count = len(group["params"])
    return ", ".join([*(f"{name}={x!r}" for name, x in options.items()), f"{count} parameter{'s' * (count != 1)}"])
