"""Checkpoints: a function is recorded as one node that keeps its arguments alone, and is run again on the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from . import engine
from .engine import Value
from .errors import StaleDataError
from .graph import (
    PLAIN_OPS,
    CallNode,
    Cotangents,
    Node,
    Op,
    accumulate,
    collect,
    line_of,
    locate,
    next_number,
    own_module,
    refuse_stale,
)  # fmt: skip
from .primitives import data_of
from .pulling import Join, pick, run
from .state import current, switched
from .tree import leaves, replace_leaves

own_module(globals())


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that is recorded as one node, and computed again in the backward pass.

    The node keeps the arguments, and nothing that is computed inside: a chain of n such functions needs the memory of
    n arguments and of one function at a time, for the price of a second forward pass (A. Griewank and A. Walther
    (2000), "Revolve"). Under the full record it is recorded like any other code, so that it can be looked into.

    Parameters
    ----------
    function : callable
        Takes and returns numbers, arrays, and containers of them. It may close over Values (the parameters of a
        module): they get their gradients. It must compute the same each time: no new random numbers.

    Returns
    -------
    callable
        Takes the arguments of `function`, and returns what it returns; its derivatives are the same, at any order.

    Raises
    ------
    StaleDataError
        In the backward pass, if an array that the function uses was changed in place since, or the function computes
        something else when it is run again.

    Examples
    --------
    >>> import autograd_mini as am
    >>> layer = checkpoint(lambda w, x: np.tanh(w @ x))
    >>> am.grad(lambda w: np.sum(layer(w, np.ones(2))))(np.zeros((2, 2)))
    array([[1., 1.],
           [1., 1.]])
    """

    @wraps(function)
    def recomputed(*args: Any, **kwargs: Any) -> Any:
        mode = current()
        if mode is not None and mode.full_record:
            return function(*args, **kwargs)
        given = (args, kwargs)
        start = next_number()
        result = function(*args, **kwargs)
        made = [x for _, x in leaves(result)]
        roots = recorded_since(start, made)
        if not any(roots):
            return result
        node = CallNode(CHECKPOINT)
        order = collect([root for root in roots if root is not None], start).order
        used = {one: None for inner in order for one in inner.inputs if one.number < start}
        node.edges = tuple((f"input {i}", one, None) for i, one in enumerate(used))
        found = [x for _, x in leaves(given)]
        node.saved = {
            "made": fingerprint(made),
            "function": function,
            "structure": replace_leaves(given, iter([0.0] * len(found))),
            "arguments": list(map(data_of, found)),
            "nodes": [x._node if isinstance(x, Value) else None for x in found],
        }
        locate(node)
        if made[0] is result:
            return engine.join(made[0]._raw, node)
        node.results = tuple((np.shape(x), np.result_type(data_of(x))) for x in made)
        parts = zip(made, roots, strict=True)
        new = [engine.join(x._raw, pick(node, i)) if root else x for i, (x, root) in enumerate(parts)]
        return replace_leaves(result, iter(new))

    return recomputed


def recorded_since(start: int, made: list[Any]) -> list[Node | None]:
    """Return the node of each result that was recorded since a creation number, None for others."""
    nodes = [x._node if isinstance(x, Value) else None for x in made]
    return [node if node is not None and node.number > start else None for node in nodes]


def fingerprint(made: list[Any]) -> list[tuple[Any, ...]]:
    """Return the shapes of results, and the sums of NumPy's among them: another library's may be expensive."""
    data = list(map(data_of, made))
    sums = [(np.sum(x), np.sum(np.abs(x))) if isinstance(x, (np.ndarray, np.generic)) else (0.0, 0.0) for x in data]
    return [(np.shape(x), *both) for x, both in zip(data, sums, strict=True)]


def same_fingerprint(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> bool:
    """Whether two fingerprints agree, but for rounding."""
    return len(one) == len(other) and all(
        a[0] == b[0] and (a[1] == b[1] or not abs(a[1] - b[1]) > 1e-4 * a[2]) for a, b in zip(one, other, strict=True)
    )


def pull_checkpoint(node: Any, g: Any, cots: Cotangents, join: Join | None = None) -> None:
    """Run the function again, recorded, and pull the cotangent back through what it records."""
    saved, start = node.saved, next_number()
    again = map(engine.join, saved["arguments"], saved["nodes"])
    given = [x if one is not None else x._raw for x, one in zip(again, saved["nodes"], strict=True)]
    args, kwargs = replace_leaves(saved["structure"], iter(given))
    with switched(floor=0):
        result = saved["function"](*args, **kwargs)
    made = [x for _, x in leaves(result)]
    roots = recorded_since(start, made)
    walk = collect([root for root in roots if root is not None], start)
    refuse_stale(walk.order, node.number)
    used = {one for inner in walk.order for one in inner.inputs if one.number < start}
    if used != set(node.inputs) or not same_fingerprint(saved["made"], fingerprint(made)):
        raise StaleDataError(
            f"a checkpoint ({line_of(node.code, node.lasti)}) computed something else when it was run again",
            "it keeps its arguments alone: a name that it closes over was bound anew, data were replaced, or it draws"
            " random numbers",
            "what may change as an argument, random numbers included",
        )
    inner: Cotangents = dict.fromkeys([*walk.order, *(one for one in node.inputs if one in cots)])
    for i, part in g.items() if node.results is not None else [(0, g)]:
        accumulate(inner, roots[i], part)
    run(walk.order, inner, join)
    for one in node.inputs:
        if inner.get(one) is not None:
            accumulate(cots, one, inner[one])


CHECKPOINT = PLAIN_OPS["checkpoint"] = Op("checkpoint", pull=pull_checkpoint)
