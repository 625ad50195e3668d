"""`Optimizer`: a chain of parts that changes parameters by their gradients."""

from __future__ import annotations

from inspect import signature
from typing import Any

from ..errors import InvalidInput
from .base import Array, Descent, State, as_given, as_real
from .options import Params, refuse_unknown
from .parts import Part, Step, first_state


class Optimizer(Descent):
    """A chain of parts: each changes what the one before made of the gradients, and p ← p - what the last one gives.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, each once: ``model.parameters()``. Or groups of them: dicts with the parameters under
        ``"params"``, and options that differ from those of the other groups.
    *chain : callable
        The parts, in their order: functions of `optim.parts`, or your own. The last one is usually `scale_by_lr`.
    lr : float
        The learning rate, above 0.
    **options
        What else the parts take, by name: `momentum` for `add_momentum`. Options without a default must be given, here
        or in each group.

    Attributes
    ----------
    param_groups : list of dict
        The parameters of each group, under ``"params"``, and all its options. They may be changed between steps.
    lr : float
        The learning rate of the first group. Setting it sets that of every group.
    lr_scale : float
        What the learning rate of every group is multiplied with, 1 at first: schedules set it.
    steps : int
        How many steps were taken.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, an option is unknown, missing, or out of
        range, or a part is no function or stands there twice.

    Notes
    -----
    Only the parameters that it was given change, and each of them needs a gradient. To freeze the first layer of a
    model, leave out its parameters: ``[p for name, p in model.named_parameters() if not name.startswith("0.")]``.

    Complex parameters are taken as pairs of real numbers, so second moments are those of the real and of the imaginary
    part.

    Examples
    --------
    AdamW, of gradients whose length is at most 1:

    >>> import numpy as np
    >>> from autograd_mini import Value
    >>> from autograd_mini.optim import AdamW, add_momentum, clip_norm, scale_by_lr
    >>> w = Value(3.0)
    >>> optimizer = Optimizer([w], clip_norm, *AdamW.chain, max_norm=1.0, lr=0.1, weight_decay=0.01)

    A part of one's own, that keeps nothing but the direction of each number:

    >>> def sign(g, state, p, step):
    ...     return np.sign(g), state
    >>> optimizer = Optimizer([w], add_momentum, sign, scale_by_lr, momentum=0.9, lr=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    np.float64(2.5)
    """

    chain: tuple[Part, ...] = ()

    def __init__(self, params: Params, *chain: Part, lr: float, **options: Any) -> None:
        refuse_no_parts(chain)
        self.chain = chain
        self._takes = {
            part: {p.name: p.default for p in signature(part).parameters.values() if p.kind is p.KEYWORD_ONLY}
            for part in chain
        }
        known = {name: default for taken in self._takes.values() for name, default in taken.items()}
        refuse_unknown("", options | {"lr": lr}, known)
        super().__init__(params, known | options | {"lr": lr})
        self.states = {
            part.__name__: [
                first_state(part, as_real(p.data), self._options_of(part, group))
                for group in self.param_groups
                for p in group["params"]
            ]
            for part in chain
        }

    def _options_of(self, part: Part, group: dict[str, Any]) -> dict[str, Any]:
        return {name: group[name] for name in self._takes[part]}

    def step(self, closure: None = None) -> None:
        """Change each parameter by its gradient.

        Gradients of several backward passes add up in ``.grad``, so that k passes over parts of the samples, of
        loss / k each, and one step are a step for all of them.

        Parameters
        ----------
        closure : None
            There is none: only `LBFGS` and `Newton` compute the loss themselves.

        Raises
        ------
        BackwardError
            If a parameter has no gradient; nothing is changed then.
        InvalidInput
            If there is a closure.

        Examples
        --------
        >>> import numpy as np
        >>> from autograd_mini import Value
        >>> from autograd_mini.optim import SGD
        >>> w, x = Value(1.0), np.array([1.0, 2.0, 3.0, 4.0])
        >>> optimizer = SGD([w], lr=0.1)
        >>> for part in (x[:2], x[2:]):
        ...     (np.mean(w * part) / 2).backward()
        >>> w.grad == np.mean(x)
        np.True_
        >>> optimizer.step()
        >>> optimizer.zero_grad()
        """
        if closure is not None:
            raise InvalidInput(
                f"{type(self).__name__}.step(closure)",
                "only LBFGS and Newton compute the loss themselves",
                "loss.backward() and then step()",
            )
        params = self.params
        updates = [as_real(g) for g in self.gradients()]
        arrays = [as_real(p.data) for p in params]
        groups = [{**group, "lr": group["lr"] * self.lr_scale} for group in self.param_groups]
        states: dict[str, list[State]] = {}
        for part in self.chain:
            updates, states[part.__name__] = self._apply(part, updates, arrays, groups)
        for p, update in zip(params, updates, strict=True):
            p.data -= as_given(update, p.data)
        self.states, self.steps = states, self.steps + 1

    def _apply(
        self, part: Part, updates: list[Array], arrays: list[Array], groups: list[dict[str, Any]]
    ) -> tuple[list[Array], list[State]]:
        """Return what a part makes of the updates of all parameters, and its new states."""
        step = Step(self.steps + 1, updates)
        options = [given for group in groups for given in [self._options_of(part, group)] * len(group["params"])]
        each = zip(updates, self.states[part.__name__], arrays, options, strict=True)
        made = [part(g, state, p, step, **given) for g, state, p, given in each]
        return [update for update, _ in made], [state for _, state in made]


def refuse_no_parts(chain: tuple[Any, ...]) -> None:
    """Raise unless a chain is made of functions with different names."""
    for part in chain:
        if not callable(part) or not hasattr(part, "__name__"):
            raise InvalidInput(
                f"{part!r} in the chain",
                "a part is a function (g, state, p, step, *, options) -> (update, new state)",
                "clip_norm itself, and its options by name: max_norm=1.0",
            )
    names = [part.__name__ for part in chain]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InvalidInput(
            f"{twice[0]} is twice in the chain", "its options and its state go by its name", "each part once"
        )
