"""Pickling and copying Values and their graphs, at any depth.

A Value is reduced to the list of its ancestors, oldest first: each node then finds its inputs already stored, so the
pickler never goes deep, and Values that share history keep sharing it. A rule is stored by its name in the registry.
Nodes get new creation numbers as they are restored, in the same order.
"""

from __future__ import annotations

from typing import Any

from .engine import Value, join
from .errors import BackwardError
from .graph import (
    ACTIVE,
    LEAF,
    CallNode,
    LooseNode,
    Node,
    ancestors,
    by_number,
    next_number,
    own_module,
    refuse_stale,
)  # fmt: skip

own_module(globals())

_STATE = ("_grad", "_name", "in1", "in2", "out", "x1", "x2", "like1", "like2")
_CALL_STATE = ("call", "edges", "hidden", "results", "saved", "scope")


def reduce_value(value: Value, protocol: Any = None) -> tuple[Any, ...]:
    """Return how to rebuild a Value: its data, and all nodes it was computed from, oldest first."""
    node = value._node
    if node is None:
        return restore_value, ((), None, value._raw)
    oldest_first = sorted(ancestors([node]), key=by_number)
    refuse_stale(oldest_first[::-1])  # what was changed in place is not known any more where the copy is used
    return restore_value, (tuple(oldest_first), node, value._raw)


def restore_value(ancestors: tuple[Node, ...], node: Node | None, data: Any) -> Value:
    """Rebuild a Value; its ancestors have been rebuilt already."""
    return join(data, node)


def reduce_node(node: Node, protocol: Any = None) -> tuple[Any, ...]:
    """Return how to rebuild a node: its op and what its slots hold. The line of code is not kept."""
    if node.op is ACTIVE:
        raise BackwardError(
            "pickling or deepcopying a Value inside a transform that differentiates it",
            "the copy would be cut off from it, and its gradient zero in silence",
            "copy.copy(v) or v.copy(), which are recorded",
        )
    names = _STATE + (_CALL_STATE if isinstance(node, CallNode) else ())
    state = {name: getattr(node, name) for name in names if getattr(node, name, None) is not None}
    return restore_node, (type(node), node.op, state)


def restore_node(kind: type[Node], op: Any, state: dict[str, Any]) -> Any:
    """Rebuild a node with a new creation number."""
    node: Any = kind.__new__(kind)
    node.op, node.number = op, next_number()
    node.in1 = node.in2 = node.code = node.lasti = None
    if isinstance(node, LooseNode):
        node.like1 = node.like2 = None
    if isinstance(node, CallNode):
        node.call, node.hidden, node.results, node.scope = None, (), None, ()
        node.edges, node.saved = (), {}
    for name, x in state.items():
        setattr(node, name, x)
    return node


def copy_value(value: Value) -> Value:
    """Return a shallow copy: of a leaf a new leaf with its own data, of a result a recorded copy."""
    node = value._node
    if node is None:
        return join(value._raw, None)
    if node.op is not LEAF:
        copied: Value = value.copy()
        return copied
    made = Value(value._raw, name=value.name)
    made.grad = None if value.grad is None else value.grad.copy()
    return made


setattr(Value, "__reduce_ex__", reduce_value)  # noqa: B010 - the classes stand in modules above this one
setattr(Value, "__copy__", copy_value)  # noqa: B010
setattr(Node, "__reduce_ex__", reduce_node)  # noqa: B010
