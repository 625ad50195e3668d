"""The parameters of an optimiser, in groups, and its options: what they must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter
from math import isfinite
from typing import Any

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..graph import LEAF

Params = Iterable[Value] | Iterable[dict[str, Any]]
REQUIRED = Parameter.empty  # in the place of a default: the option must be given

# ------------------------------------------------------------------------------------------------- The options


def is_number(x: Any) -> bool:
    """Whether something is a finite real number."""
    return isinstance(x, (int, float, np.integer, np.floating)) and not isinstance(x, bool) and isfinite(x)


def is_share(x: Any) -> bool:
    """Whether something is a number from 0 to below 1."""
    return is_number(x) and bool(0 <= x < 1)


def is_count(x: Any) -> bool:
    """Whether something is an integer above 0."""
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool) and bool(x > 0)


def positive(x: Any) -> bool:
    """Whether something is a number above 0."""
    return is_number(x) and bool(x > 0)


def not_negative(x: Any) -> bool:
    """Whether something is a number of at least 0."""
    return is_number(x) and bool(x >= 0)


def two_shares(x: Any) -> bool:
    """Whether something is a pair of numbers from 0 to below 1."""
    return isinstance(x, (tuple, list)) and len(x) == 2 and all(map(is_share, x))


SHARE, ABOVE, LEAST = "a number from 0 to below 1", "a number above 0", "a number of at least 0"
COUNT, SWITCH = "an integer above 0", "True or False"
# What an option must be, wherever it stands: a test, why, and what to write instead. Others aren't checked.
CHECKS: dict[str, tuple[Callable[[Any], bool], str, str]] = {
    "lr": (positive, "the learning rate is the length of a step", f"{ABOVE}, such as 0.1"),
    "lr_scale": (not_negative, "learning rates are multiplied with it", LEAST),
    "momentum": (is_share, "it is the share of the last step that is kept", SHARE),
    "dampening": (lambda x: is_number(x) and 0 <= x <= 1, "it is a share of the gradient", "a number from 0 to 1"),
    "weight_decay": (not_negative, "it draws the parameters towards 0", LEAST),
    "alpha": (is_share, "it is the share of a running mean that is kept", SHARE),
    "rho": (is_share, "it is the share of a running mean that is kept", SHARE),
    "betas": (two_shares, "they are the shares of two running means that are kept", "such as (0.9, 0.999)"),
    "eps": (not_negative, "it keeps what is divided by from 0", LEAST),
    "initial_accumulator_value": (not_negative, "it is a sum of squares", LEAST),
    "lr_decay": (not_negative, "the learning rate is divided by 1 + (t - 1) lr_decay", LEAST),
    "momentum_decay": (not_negative, "the momentum approaches its full size by it", LEAST),
    "max_norm": (positive, "gradients that are longer are shortened to it", ABOVE),
    "clip_value": (positive, "numbers of a gradient that are larger are cut to it", ABOVE),
    "nesterov": (lambda x: isinstance(x, bool), "it is a switch", SWITCH),
    "centered": (lambda x: isinstance(x, bool), "it is a switch", SWITCH),
    "amsgrad": (lambda x: isinstance(x, bool), "it is a switch", SWITCH),
    "max_iter": (is_count, "it bounds the iterations of a step", COUNT),
    "max_products": (lambda x: x is None or is_count(x), "it bounds the products of a step", COUNT),
    "history_size": (is_count, "it is how many steps are remembered", COUNT),
    "tolerance_grad": (not_negative, "it is a size", LEAST),
    "tolerance_change": (not_negative, "it is a size", LEAST),
    "tolerance": (is_share, "it is the share of the gradient that may be left over", SHARE),
    "steps": (lambda x: x == 0 or is_count(x), "it is how many steps were taken", "an integer of at least 0"),
}


def checked(name: str, x: Any) -> Any:
    """Return an option, as a Python number or a tuple of them: a NumPy number would turn float32 into float64."""
    if name in CHECKS:
        fits, why, instead = CHECKS[name]
        if not fits(x):
            raise InvalidInput(f"{name}={x!r}", why, instead)
    if isinstance(x, (tuple, list)):
        return tuple(checked("", item) for item in x)
    return x.item() if isinstance(x, np.generic) else x


# ---------------------------------------------------------------------------------------------- The parameters


def checked_parameters(params: Iterable[Any]) -> list[Value]:
    """Return an optimiser's parameters as a list, if they are Values, each once."""
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


def is_list(params: Any) -> bool:
    """Whether something can be gone through for parameters: no model, which has a method for that, and no Value."""
    return isinstance(params, Iterable) and not isinstance(params, Value) and not hasattr(params, "parameters")


def as_groups(params: Any, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return parameters, or groups of them, as groups: each has its `params` and every option.

    Parameters
    ----------
    params : iterable of Value, or of dict
        A dict holds Values under ``"params"``, and options that differ from those of the other groups.
    options : dict
        The options that there are, with their defaults; `REQUIRED` where there is none.
    """
    if isinstance(params, Value):
        raise InvalidInput("params is a single Value", "an optimiser changes a list of them", "[p]")
    if isinstance(params, Mapping):
        raise InvalidInput("params is a single group", "an optimiser has a list of them", "[group]")
    if not is_list(params):
        what = f"params is of type {type(params).__name__}"
        raise InvalidInput(what, "an optimiser changes a list of Values", "model.parameters()")
    listed: list[Any] = list(params)
    groups = listed if any(isinstance(x, Mapping) for x in listed) else [{"params": listed}]
    made = []
    for i, group in enumerate(groups):
        if not isinstance(group, Mapping) or not is_list(group.get("params")):
            raise InvalidInput(
                f"group {i} has no list of parameters",
                "where one group is a dict, all are, with the parameters under 'params'",
                '{"params": model.parameters(), "lr": 0.1}',
            )
        refuse_unknown(f" of group {i}", group.keys() - {"params"}, options)
        full = {**options, **group}
        without = [name for name, x in full.items() if x is REQUIRED]
        if without:
            raise InvalidInput(
                f"group {i} has no {', '.join(without)}",
                "there is no default that suits every problem",
                ", ".join(f"{name}=..." for name in without),
            )
        made.append({"params": list(group["params"])} | {name: checked(name, full[name]) for name in options})
    checked_parameters(p for group in made for p in group["params"])
    return made


def refuse_unknown(where: str, names: Iterable[str], options: Iterable[str]) -> None:
    """Raise if there are options that an optimiser doesn't have."""
    unknown = sorted(set(names) - set(options))
    if unknown:
        raise InvalidInput(
            f"unknown option{'s' * (len(unknown) > 1)} {', '.join(unknown)}{where}",
            "no part of the optimiser would take notice",
            f"one of {', '.join(options)}" if options else "a chain of parts that have options",
        )
