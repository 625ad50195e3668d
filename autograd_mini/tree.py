"""Parameters in containers: dicts, lists, tuples, named tuples and dataclasses, flattened and rebuilt.

Floating and complex numbers, arrays and Values are leaves that can be differentiated. Everything else (integers,
booleans, strings, None, integer arrays) is a constant; its place in a gradient holds None.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np

from .engine import Value
from .errors import InvalidInput


def is_leaf(x: Any) -> bool:
    """Whether `x` is a number or array that can be differentiated.

    Examples
    --------
    >>> is_leaf(1.0), is_leaf(np.ones(2)), is_leaf(1), is_leaf(True)
    (True, True, False, False)
    """
    if isinstance(x, Value):
        return True
    if isinstance(x, (float, complex)):
        return True
    return hasattr(x, "dtype") and hasattr(x, "shape") and getattr(x.dtype, "kind", "") in "fc"


def children(tree: Any) -> list[tuple[str, Any]] | None:
    """Return the parts of a container with the path that leads to each, or None if it isn't a container.

    Examples
    --------
    >>> children({"w": 1.0, "b": [2.0]})
    [("['w']", 1.0), ("['b']", [2.0])]
    """
    if isinstance(tree, dict):
        return [(f"[{key!r}]", tree[key]) for key in tree]
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [(f".{name}", x) for name, x in zip(tree._fields, tree, strict=True)]
    if isinstance(tree, (list, tuple)):
        return [(f"[{i}]", x) for i, x in enumerate(tree)]
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        return [(f".{field.name}", getattr(tree, field.name)) for field in dataclasses.fields(tree)]
    return None


def rebuild(tree: Any, parts: Sequence[Any]) -> Any:
    """Return a container like `tree` with other parts."""
    if isinstance(tree, dict):
        pairs = dict(zip(tree, parts, strict=True))
        if type(tree) is dict:
            return pairs
        same = copy(tree)
        same.update(pairs)
        return same
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*parts)
    if isinstance(tree, (list, tuple)):
        return type(tree)(parts)
    same = object.__new__(type(tree))  # without __init__, which may check or compute
    for field, part in zip(dataclasses.fields(tree), parts, strict=True):
        object.__setattr__(same, field.name, part)
    return same


def leaves(tree: Any, path: str = "", inside: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Iterate over the leaves of a tree of containers, each with its path.

    Raises
    ------
    InvalidInput
        If a container contains itself.

    Examples
    --------
    >>> list(leaves({"w": [1.0, 2.0], "steps": 3}))
    [("['w'][0]", 1.0), ("['w'][1]", 2.0)]
    """
    if is_leaf(tree):
        yield path, tree
        return
    parts = children(tree)
    if parts is None:
        return
    if id(tree) in inside:
        raise InvalidInput(
            f"the container at {path or 'the top'} contains itself",
            "its leaves can't be listed",
            "a tree of containers",
        )
    for step, part in parts:
        yield from leaves(part, path + step, (*inside, id(tree)))


def replace_leaves(tree: Any, new: Iterator[Any], constants: Callable[[Any], Any] = lambda x: x) -> Any:
    """Return the tree with its leaves replaced, in order, by the items of an iterator.

    Examples
    --------
    >>> replace_leaves({"w": [1.0, 2.0], "steps": 3}, iter([5.0, 6.0]))
    {'w': [5.0, 6.0], 'steps': 3}
    """
    if is_leaf(tree):
        return next(new)
    parts = children(tree)
    if parts is None:
        return constants(tree)
    return rebuild(tree, [replace_leaves(part, new, constants) for _, part in parts])


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return the tree with a function applied to each of its leaves.

    Examples
    --------
    >>> map_leaves(lambda x: -x, [1.0, (2.0, "name")])
    [-1.0, (-2.0, 'name')]
    """
    return replace_leaves(tree, (function(x) for _, x in leaves(tree)))


def same_structure(tree: Any, other: Any, what: str, shapes: bool = True) -> list[Any]:
    """Return the leaves of `other`, checked against `tree`: the same containers and (if `shapes`) the same shapes.

    Raises
    ------
    InvalidInput
        If a container or a shape differs; the message names the path.
    """
    wanted = list(leaves(tree))
    given = dict(leaves(map_structure(tree, other)))
    for path, leaf in wanted:
        if path not in given:
            raise InvalidInput(
                f"{what} has no number or array at {path or 'the top'}",
                "it must have the structure of what it belongs to",
                f"an array of shape {np.shape(leaf)} there",
            )
        if shapes and np.shape(given[path]) != np.shape(leaf):
            raise InvalidInput(
                f"{what} has shape {np.shape(given[path])} at {path or 'the top'}",
                f"what it belongs to has shape {np.shape(leaf)}",
                f"an array of shape {np.shape(leaf)} there",
            )
    return [given[path] for path, _ in wanted]


def map_structure(tree: Any, other: Any) -> Any:
    """Return `other` with integers and lists made floating arrays where `tree` has a leaf."""
    if is_leaf(tree):
        return other if is_leaf(other) else np.asarray(other, dtype=float) if other is not None else None
    parts, others = children(tree), children(other)
    if parts is None or others is None or [step for step, _ in parts] != [step for step, _ in others]:
        return other
    return rebuild(tree, [map_structure(a, b) for (_, a), (_, b) in zip(parts, others, strict=True)])
