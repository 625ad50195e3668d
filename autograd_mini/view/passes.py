"""Backward passes for showing: over a recorded graph, without touching anybody's `.grad`."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value
from ..graph import LEAF, LINK, PICK, CallNode, Node, collect
from ..trace import conjugate


class Use(NamedTuple):
    """One use of a node: the operation, the parameter, its position in a list of arrays, and the node used."""

    node: Any
    param: str
    position: int | None
    source: Any


def uses_in(node: Any) -> Iterator[Use]:
    """Iterate over the uses that an operation makes of its inputs, one for each; none where no gradient goes back."""
    if node.op.pull is None:
        return
    for param, inputs, _ in node.edges:
        if isinstance(inputs, tuple):
            yield from (Use(node, param, i, one) for i, one in enumerate(inputs) if one is not None)
        else:
            yield Use(node, param, None, inputs)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave warnings to those who ask for a gradient: what isn't finite or doubtful is shown."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        yield


def cotangents(root: Any, seed: Any) -> dict[Any, Any]:
    """Return the cotangent of every node that a gradient of `root` reaches; of several results, a dict of them."""
    walk = collect([root])
    walk.cots[root] = seed
    for node in walk.order:
        g = walk.cots[node]
        if g is not None and node.op.pull is not None:
            node.op.pull(node, g, walk.cots)
    return {node: g for node, g in walk.cots.items() if g is not None}


def gradients(root: Any, seed: Any) -> dict[Any, Any]:
    """Return the gradient of every node as the user sees it: a cotangent, conjugated if it is complex."""
    return as_gradients(cotangents(root, seed))


def as_gradients(cots: dict[Any, Any]) -> dict[Any, Any]:
    """Return cotangents as the user sees them, without those of operations with several results."""
    return {node: conjugate(g) for node, g in cots.items() if not isinstance(g, dict)}


def as_gradient(g: Any) -> Any:
    """Return a cotangent, or those of several results, as the user sees it."""
    return {i: conjugate(part) for i, part in g.items()} if isinstance(g, dict) else conjugate(g)


def pull_use(use: Use, g: Any) -> Any:
    """Return what a cotangent of an operation's result gives to one use of one input; None for nothing.

    The pull of a node adds up what all uses of an input get, so it is run on a copy whose other inputs are cut off.
    """
    rule = use.node.op.rule
    if rule is None and use.node.op not in (PICK, LINK):  # a checkpoint, which knows its inputs by themselves
        cots: dict[Any, Any] = {use.source: None}
        use.node.op.pull(use.node, g, cots)
        return cots[use.source]
    mark = Node(LEAF)
    alone = copy.copy(use.node)
    if type(alone) is CallNode:
        alone.edges = tuple(
            (param, only(inputs, use.position, mark), like) for param, inputs, like in alone.edges if param == use.param
        )
    else:
        first = rule is None or use.param == rule.params[0]
        alone.in1, alone.in2 = (mark, None) if first else (None, mark)
    cots = {mark: None}
    alone.op.pull(alone, g, cots)
    return cots[mark]


def only(inputs: Any, position: int | None, mark: Any) -> Any:
    """Return the inputs of a parameter with all but one cut off."""
    return mark if position is None else tuple(mark if i == position else None for i in range(len(inputs)))


def differ(right: Any, wrong: Any) -> bool:
    """Whether two gradients, None where there is none, are more than rounding apart."""
    return wrong is None or not np.allclose(right, wrong, rtol=1e-6, equal_nan=True)


def is_loss(x: Any) -> bool:
    """Whether something is a recorded Value of one real number."""
    return isinstance(x, Value) and x.node is not None and x.shape == () and x.dtype.kind != "c"
