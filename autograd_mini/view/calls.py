"""What an operation was called with, as far as its node kept it: constants, and settings such as `axis`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import PICK, ZERO, CallNode
from ..primitives import getitem
from ..refusals import describe
from ..registry import qualified_name
from .summary import shorten

SYMBOLS = {
    np.add: "+", np.subtract: "−", np.multiply: "×", np.true_divide: "÷", np.power: "^", np.negative: "−",
    np.matmul: "@",
}  # fmt: skip
# Operations of two arguments whose order doesn't matter, so that their edges need no names.
COMMUTATIVE = {np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.hypot, np.logaddexp, np.logaddexp2}


def arguments(node: Any) -> dict[str, Any]:
    """Return the raw arguments of a call by name: all under the full record, else those that its rule saved."""
    rule, call = node.op.rule, node.call
    if rule is None:  # of those, only a checkpoint keeps arguments
        kept = dict(zip(node.saved.get("nodes", ()), node.saved.get("arguments", ()), strict=True))
        return {name: kept[one] for name, one, _ in node.edges if one in kept}
    if call is None:
        return {name: x for name, x in node.saved.items() if name in rule.params}
    return dict(call.named(rule))


def constants(node: Any) -> list[tuple[str, Any]]:
    """Return the constants that an operation used, with their parameters; None stands for one that wasn't kept."""
    rule = node.op.rule
    if rule is None:
        return []
    given = arguments(node)
    recorded = {name: inputs for name, inputs, _ in node.edges}
    found: list[tuple[str, Any]] = []
    for name in rule.params:
        x = given.get(name)
        if isinstance(recorded.get(name), tuple):
            rest = [i for i, one in enumerate(recorded[name]) if one is None]
            if rest and x is not None:
                found.append((name, x[rest[0]] if len(rest) == 1 else [x[i] for i in rest]))
            elif rest:
                found.append((name, None))
        elif name in recorded:
            continue
        elif x is not None:
            if name in rule.pullbacks or (name in rule.constants and not node.hidden):
                found.append((name, x))
        elif name in rule.pullbacks and type(node) is not CallNode:  # it has just the arguments of its rule
            found.append((name, None))
    return found


def is_complete(node: Any) -> bool:
    """Whether a node is sure to show all of its constants: a rule need not save every argument of a longer call."""
    if type(node) is not CallNode or node.call is not None or node.op.rule is None:
        return True
    known = {*arguments(node), *(name for name, _, _ in node.edges)}
    return known >= set(node.op.rule.pullbacks)


def operation(node: Any) -> str:
    """Return an operation as a label shows it: its symbol, its name, its settings."""
    if node.op is PICK:
        return f"output [{node.x1}]"
    if node.op is ZERO:
        return f"{last_name(node.saved['function'])} (slope 0)"
    rule = node.op.rule
    if rule is None:
        return str(node.op.kind)
    if rule.function is getitem and "index" in arguments(node):
        return f"getitem {index_text(arguments(node)['index'])}"
    symbol, name, chosen = SYMBOLS.get(rule.function), last_name(rule.name), settings(node)
    return (f"{symbol} {name}" if symbol else name) + (f"({', '.join(chosen)})" if chosen else "")


def settings(node: Any) -> list[str]:
    """Return what a call was given beside what its rule differentiates: `axis=0` and the like."""
    rule = node.op.rule
    given = arguments(node)
    if isinstance(rule.function, np.ufunc) and "where" in node.saved:
        given = given | {"where": node.saved["where"]}
    return [
        f"{name}={shorten(setting_text(x), 30)}"
        for name, x in given.items()
        if x is not None and name != "out" and name not in rule.pullbacks and name not in rule.constants
    ]


def last_name(name: str) -> str:
    """Return the last part of a qualified name.

    Examples
    --------
    >>> last_name("numpy.linalg.solve")
    'solve'
    """
    return name.rpartition(".")[2]


def setting_text(x: Any) -> str:
    """Return a setting as it was written, or what kind of array it is."""
    if isinstance(x, np.dtype):
        return str(x)
    return qualified_name(x) if callable(x) else describe(x)


def index_text(index: Any) -> str:
    """Return an index as it was written.

    Examples
    --------
    >>> index_text((0, slice(None, 3), Ellipsis))
    '[0, :3, …]'
    """

    def one(i: Any) -> str:
        if isinstance(i, slice):
            parts = ["" if part is None else str(part) for part in (i.start, i.stop, i.step)]
            return ":".join(parts if i.step is not None else parts[:2])
        return "…" if i is Ellipsis else setting_text(i)

    return f"[{shorten(', '.join(map(one, index if isinstance(index, tuple) else (index,))), 40)}]"


def edge_name(node: Any, param: str) -> str:
    """Return the name of an edge: the parameter, where an operation has several that aren't alike."""
    rule = node.op.rule
    if rule is None or len(rule.pullbacks) < 2 or rule.function in COMMUTATIVE:
        return ""
    return param
