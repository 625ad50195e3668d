"""What is checked: a function of the chosen arguments alone, and a label for each array in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InvalidInput, RuleError
from ..graph import own_module
from ..registry import parameters_of
from ..trace import name_of
from ..tree import leaves

own_module(globals())


def without_modules(
    function: Callable[..., Any], args: tuple[Any, ...], names: Sequence[str] | None
) -> tuple[Callable[..., Any], tuple[Any, ...], Sequence[str] | None]:
    """Return a function and its arguments with each module of `nn` as a dict of its parameters."""
    if is_module(function):
        forward: Any = getattr(function, "forward", function)
        names = ["parameters", *label_tops(forward, range(len(args)))] if names is None else names

        def function_of_modules(module: Any, *rest: Any) -> Any:
            return module(*rest)

        function_of_modules.__name__ = type(function).__name__
        function, args = function_of_modules, (function, *args)
    modules = {i: x for i, x in enumerate(args) if is_module(x)}
    if not modules:
        return function, args, names
    tops = label_tops(function, range(len(args))) if names is None else names

    def function_of_arrays(*given: Any) -> Any:
        return function(*(modules[i].with_parameters(x) if i in modules else x for i, x in enumerate(given)))

    function_of_arrays.__name__ = name_of(function)
    return function_of_arrays, tuple(arrays_of(x) if i in modules else x for i, x in enumerate(args)), tops


def is_module(x: Any) -> bool:
    """Whether something is a module of `nn`, or behaves as one: it has parameters, and can take others."""
    return hasattr(x, "with_parameters") and hasattr(x, "named_parameters")


def arrays_of(module: Any) -> dict[str, Any]:
    """Return copies of the parameters of a module, by path."""
    return {path: np.copy(parameter.data) for path, parameter in module.named_parameters()}


def label_tops(function: Callable[..., Any], at: Sequence[int]) -> list[str]:
    """Return names for the arguments at some positions: those of the parameters."""
    try:
        names = list(parameters_of(function))
    except (RuleError, TypeError):
        names = []
    star = next((i for i, name in enumerate(names) if name.startswith("*")), None)
    if star is not None:
        names = [*names[:star], *(f"{names[star][1:]}[{i - star}]" for i in range(star, max(at, default=0) + 1))]
    return [names[i] if i < len(names) else f"argument {i}" for i in at]


def label(
    function: Callable[..., Any], at: tuple[int, ...], arguments: tuple[Any, ...], names: Sequence[str] | None
) -> list[str]:
    """Return a label for each leaf of the arguments: the name of the parameter and the path in it."""
    tops = label_tops(function, at) if names is None else list(names)
    if len(tops) != len(at):
        raise InvalidInput(f"{len(tops)} names for {len(at)} arguments", instead="names= with one for each argument")
    return [top + path for top, x in zip(tops, arguments, strict=True) for path, _ in leaves(x)]


def restrict(function: Callable[..., Any], args: tuple[Any, ...], at: tuple[int, ...]) -> Callable[..., Any]:
    """Return the function of the chosen arguments alone, the others fixed."""

    def restricted(*chosen: Any) -> Any:
        given = list(args)
        for i, x in zip(at, chosen, strict=True):
            given[i] = x
        return function(*given)

    restricted.__name__ = name_of(function)
    return restricted
