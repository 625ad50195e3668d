"""What is drawn: the results of a recorded Value, or of a function at some arguments, with their gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value
from ..graph import by_number, own_module
from ..registry import RULES
from ..state import full_record
from ..trace import Trace, name_of
from ..tree import leaves, map_leaves
from .graph_data import Root
from .known import Known
from .mistaken import current
from .passes import gradients, is_loss, quiet
from .rendering import DrawingError
from .scalars import scalar_results
from .selection import reachable

own_module(globals())


class Source(NamedTuple):
    """Results to draw, and the gradients of what they were computed from: as shown, and the right ones if they differ.

    Without gradients, those are shown that `backward` left. `inputs` are the leaves that a function was given, and
    `title` is its name, nothing for a lambda.
    """

    roots: list[Root]
    gradients: dict[Any, Any] | None = None
    right: dict[Any, Any] | None = None
    inputs: frozenset[Any] | None = None
    title: str = ""


def source_of(what: Any, args: tuple[Any, ...], name: str | None, caller: str = "am.draw") -> Source:
    """Return what there is to show of a Value, which gets a name, or of a function and its arguments.

    Raises
    ------
    DrawingError
        If there is no graph.
    """
    if isinstance(what, Value):
        return of_value(what, args, name, caller)
    if callable(what):
        return of_function(what, args, caller)
    raise DrawingError(
        f"{caller} got {type(what).__name__}, which has no graph",
        "only what is computed from a Value is recorded",
        f"{caller}(value) with the result of a computation on am.Value(...), or {caller}(f, *args)",
    )


def of_value(value: Value, args: tuple[Any, ...], name: str | None, caller: str) -> Source:
    """Return a recorded Value as what is to be drawn."""
    if args:
        raise DrawingError(
            f"{caller} got a Value and {len(args)} more",
            "a Value is drawn alone; arguments belong to a function",
            f"{caller}(value), {caller}(f, *args), or {caller}(np.stack([v, w])) for several in one picture",
        )
    if value.node is None:
        raise DrawingError(
            f"{value!r} has no graph",
            "it was not computed from a Value that can be differentiated, or under no_grad",
            "make the inputs am.Value(...), and compute the result from them outside no_grad",
        )
    return Source([Root(value.node, value.data, name)], *gradients_of(value))


def of_scalars(source: Source) -> Source:
    """Return the same, computed once more on single numbers."""
    nodes = [root.node for root in source.roots]
    newest_first = sorted(reachable(nodes), key=by_number, reverse=True)
    results = scalar_results(nodes, Known({root.node: root.data for root in source.roots}, newest_first))
    found = gradients_of(results[0]) if len(results) == 1 else (None, None)
    return Source([Root(x.node, x.data) for x in results], *found)


def of_function(function: Callable[..., Any], args: tuple[Any, ...], caller: str) -> Source:
    """Run a function with everything kept, and return its results as what is to be drawn."""
    raw = tuple(map_leaves(lambda x: x.data if isinstance(x, Value) else x, x) for x in args)
    argnums = tuple(i for i, x in enumerate(raw) if is_number(x) or any(True for _ in leaves(x)))
    if not argnums:
        raise DrawingError(
            f"{caller}({name_of(function)}) has no number or array to start from",
            "a function is drawn as it runs on its arguments" if not args else "no argument can be differentiated",
            f"{caller}({name_of(function)}, 2.0), with the arguments it takes",
        )
    with full_record():
        trace = Trace(function, raw, {}, argnums)
    for leaf, (name, given) in zip(trace.leaves, named_leaves(function, args, argnums), strict=True):
        own_name = given.name if isinstance(given, Value) else None
        if leaf.name is None:
            leaf.name = own_name or name
    roots = [
        Root(x.node, x.data, f"result{path}")
        for path, x in leaves(trace.result)
        if isinstance(x, Value) and x.node is not None
    ]
    if not roots:
        raise DrawingError(
            f"the result of {name_of(function)} doesn't depend on its arguments",
            "nothing was recorded: it returned a constant, or computed it outside NumPy or under no_grad",
            "return what is computed from the arguments, with np functions",
        )
    found, right = gradients_of(trace.result)
    title = name_of(function).replace("<lambda>", "")
    return Source(roots, found or {}, right, frozenset(leaf.node for leaf in trace.leaves), title)


def is_number(x: Any) -> bool:
    """Whether an argument is an integer that counts as a number to differentiate, as for `grad`."""
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


def named_leaves(
    function: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int]
) -> Iterator[tuple[str, Any]]:
    """Iterate over the leaves of the differentiated arguments as they were given, named by parameter and path."""
    parameters = parameter_names(function, len(args))
    for i in argnums:
        for path, x in [("", args[i])] if is_number(args[i]) else leaves(args[i]):
            yield parameters[i] + path, x


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names under which a function takes its positional arguments, numbered where it has none."""
    if function in RULES:
        names = list(RULES[function].params)
        star = RULES[function].star
    else:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except ValueError:  # some functions written in C
            parameters = []
        names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        star = next((i for i, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL), None)
    if star is None:
        return [*names, *(f"argument {i}" for i in range(len(names), count))][:count]
    return [*names[:star], *(f"{names[star]}[{i}]" for i in range(count))][:count]


def gradients_of(result: Any) -> tuple[dict[Any, Any] | None, dict[Any, Any] | None]:
    """Return the gradient of a result with respect to every node behind it, and inside `mistakes` the right ones too.

    None unless it is a single real number, or if the pass can't be made: a rule raises, or arrays were changed since.
    """
    if not is_loss(result):
        return None, None
    seed, mistake = result.dtype.type(1), current.get()
    with quiet():
        try:
            right = gradients(result.node, seed)
        except Exception:  # of any kind: a rule may be the user's own, and the picture is needed all the more
            return None, None
        return (right, None) if mistake is None else (mistake.gradients(result.node, seed), right)
