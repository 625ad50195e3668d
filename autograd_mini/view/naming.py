"""The names of nodes: those that the user gave, else the variables of the user's code."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ..engine import Value
from ..graph import OWN, own_module
from ..tree import leaves

own_module(globals())
Span = tuple[int | None, int | None, int | None, int | None]  # first and last line, first and last column


def name_of_node(node: Any, variables: dict[Any, str] | None = None) -> str:
    """Return the name of a node: given by the user, of a variable that holds its Value, or assigned to in the code.

    Parameters
    ----------
    node : Node
        Any node.
    variables : dict, optional
        Names of nodes by `variables_of_caller`.

    Examples
    --------
    >>> import autograd_mini as am
    >>> name_of_node(am.Value(1.0, name="w").node)
    'w'
    """
    return node.name or (variables or {}).get(node) or assigned_name(node.code, node.lasti)


def variables_of_caller() -> dict[Any, str]:
    """Return the names of the variables of the user's innermost frame, by the nodes of the Values that they hold."""
    frame: Any = sys._getframe(1)
    while id(frame.f_globals) in OWN and frame.f_back is not None:
        frame = frame.f_back
    found: dict[Any, str] = {}
    for name, held in frame.f_locals.items():
        if name.startswith("_"):
            continue
        for path, x in [("", held)] if isinstance(held, Value) else containers(held):
            if isinstance(x, Value) and x.node is not None:
                found.setdefault(x.node, name + path)
    return found


def containers(x: Any) -> Iterator[tuple[str, Any]]:
    """Iterate over the leaves of a dict, list or tuple of Values; over nothing of anything else."""
    if isinstance(x, (dict, list, tuple)) and len(x) <= 100:
        items = x.values() if isinstance(x, dict) else x
        if all(isinstance(item, Value) for item in items):
            yield from leaves(x)


def assigned_name(code: Any, lasti: int | None) -> str:
    """Return the variable that a statement assigns the result of an instruction to; nothing if it isn't one name.

    Examples
    --------
    >>> assigned_name(None, None)
    ''
    """
    if code is None or lasti is None:
        return ""
    positions = list(code.co_positions())
    span = positions[lasti // 2] if lasti // 2 < len(positions) else None
    return assignments(code.co_filename, tuple(linecache.getlines(code.co_filename))).get(span, "") if span else ""


@lru_cache(maxsize=64)
def assignments(filename: str, lines: tuple[str, ...]) -> dict[Span, str]:
    """Return what the statements of a file assign: for the place of each expression, the name that it gets."""
    try:
        tree = ast.parse("".join(lines), filename)
    except SyntaxError:
        return {}
    found: dict[Span, str] = {}
    pairs: list[tuple[ast.expr, ast.expr | ast.stmt]]
    for statement in ast.walk(tree):
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = [*zip(targets, values, strict=False)]
            case ast.Assign(targets=[target, *_], value=value) | ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(target, value)]
            case ast.AugAssign(target=target):
                pairs = [(target, statement)]
            case _:
                continue
        for target, whole in pairs:
            if isinstance(target, (ast.Name, ast.Attribute)):
                span = (whole.lineno, whole.end_lineno, whole.col_offset, whole.end_col_offset)
                found[span] = ast.unparse(target).removeprefix("self.")
    return found
