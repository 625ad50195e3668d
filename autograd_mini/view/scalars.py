"""The scalar view of a graph of arrays: each operation as what it does with single numbers.

The recorded calls are made once more, on arrays whose elements are Values of one number each. An elementwise function
is called for each element; NumPy itself multiplies, adds and moves such elements in the functions of `MOVES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine import Value
from ..graph import PICK, ZERO, by_number
from ..primitives import getitem
from ..state import switched
from .calls import last_name
from .known import Known
from .naming import name_of_node
from .rendering import DrawingError
from .selection import is_leaf, reachable

MOST = 200  # numbers that the leaves of a scalar view may hold
MOVES = {
    np.matmul, np.dot, np.sum, np.prod, np.cumsum, np.trace, np.outer, np.reshape, np.transpose, np.swapaxes,
    np.moveaxis, np.ravel, np.squeeze, np.expand_dims, np.broadcast_to, np.concatenate, np.stack, np.vstack, np.hstack,
    np.split, np.diagonal, np.diag, np.flip, np.roll, np.tile, np.repeat, np.take, np.where, np.einsum, np.tensordot,
    np.copy, getitem,
}  # fmt: skip


def scalar_results(roots: Sequence[Any], known: Known) -> list[Value]:
    """Return the results that some nodes stand for, computed once more from single numbers.

    Raises
    ------
    DrawingError
        If there are too many numbers, a call wasn't kept, or a function has no scalar view.
    """
    oldest_first = sorted(reachable(roots), key=by_number)
    count = sum(np.size(known.values.get(node, 0)) for node in oldest_first if is_leaf(node))
    if not count:
        raise DrawingError("the scalar view of no numbers", "there is nothing to draw", "arrays that hold numbers")
    if count > MOST:
        raise DrawingError(
            f"the scalar view of {count:,} numbers", f"a picture of more than {MOST} can't be read", "smaller arrays"
        )
    made: dict[Any, Any] = {}
    with switched(full_record=True, floor=0):
        for node in oldest_first:
            made[node] = leaf_elements(node, known) if is_leaf(node) else as_elements(computed(node, made))
    return [x for root in roots for x in np.ravel(made[root]) if isinstance(x, Value)]


def as_elements(x: Any) -> Any:
    """Return a single number as an array of one, which NumPy's functions take."""
    if not isinstance(x, Value):
        return x
    element = np.empty((), dtype=object)
    element[()] = x
    return element


def leaf_elements(node: Any, known: Known) -> Any:
    """Return the elements of a leaf, each a leaf of its own that is named by its index."""
    data = known.values.get(node)
    if data is None:
        raise not_kept("a leaf")
    name = name_of_node(node)
    elements = np.empty(np.shape(data), dtype=object)
    for index in np.ndindex(elements.shape):
        place = f"[{', '.join(map(str, index))}]" if index else ""
        elements[index] = Value(np.asarray(data)[index], name=f"{name}{place}" if name else None)
    return elements


def computed(node: Any, made: dict[Any, Any]) -> Any:
    """Return what a call gives for arrays of single numbers."""
    if node.op is PICK:
        return made[node.in1][node.x1]
    if node.op is ZERO or node.op.rule is None:
        raise no_view(node.op.kind)
    if node.call is None:
        raise not_kept(last_name(node.op.name))
    rule, function = node.op.rule, node.op.rule.function
    args, keywords = list(node.call.arguments), dict(node.call.keywords)
    for param, inputs, _ in node.edges:
        place = rule.params.index(param)
        several = isinstance(inputs, tuple)
        if rule.star is not None and place == rule.star:
            args[place:] = [x if one is None else made[one] for x, one in zip(args[place:], inputs, strict=True)]
            continue
        old = keywords[param] if param in keywords else args[place]
        new = [x if one is None else made[one] for x, one in zip(old, inputs, strict=True)] if several else made[inputs]
        if param in keywords:
            keywords[param] = new
        else:
            args[place] = new
    if {"dtype", "where", "initial"} & keywords.keys():
        raise no_view(f"{last_name(rule.name)} with {', '.join(keywords)}")
    if function is np.mean:
        total = np.sum(*args, **keywords)
        return total * (np.size(total) / np.size(args[0] if args else keywords["a"]))
    if function in MOVES:
        return function.on_raw(*args, **keywords) if hasattr(function, "on_raw") else function(*args, **keywords)
    if rule.broadcasts and not keywords and node.results is None and getattr(function, "signature", None) is None:
        return np.frompyfunc(function, len(args), 1)(*args)
    raise no_view(last_name(rule.name))


def no_view(name: str) -> DrawingError:
    """Return the error for a function that isn't made of additions, multiplications and elementwise functions."""
    return DrawingError(
        f"{name} has no scalar view",
        "it isn't taken apart into functions of single numbers",
        "the drawing without scalars=True, or the same computed with @, np.sum and elementwise functions",
    )


def not_kept(what: str) -> DrawingError:
    """Return the error for a graph that was recorded without its calls."""
    return DrawingError(
        f"the scalar view needs the numbers of {what}, which weren't kept",
        "each call is made once more, on single numbers",
        "am.draw(f, *args, scalars=True), or record inside `with am.full_record():`",
    )
