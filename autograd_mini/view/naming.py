"""The names of nodes: those that the user gave, else the variables of the user's code.

Both are read from the source: which variable the place that made a node assigns to, and which variables a call names as
its arguments. The variables themselves are left alone: looking at those of a running function would keep them alive.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import OWN, line_of, own_module
from ..registry import Rule

own_module(globals())
PACKAGE = str(Path(__file__).parents[1])
Span = tuple[int | None, int | None, int | None, int | None]  # first and last line, first and last column


def line_of_node(node: Any) -> str:
    """Return the line of the user's code that made a node, without folders; nothing if it isn't known."""
    if node.code is None or node.code.co_filename.startswith(PACKAGE):
        return ""
    return os.path.basename(line_of(node.code, node.lasti))


def name_of_node(node: Any) -> str:
    """Return the name of a node: given by the user, or assigned to where it was made; else nothing.

    Examples
    --------
    >>> import autograd_mini as am
    >>> name_of_node(am.Value(1.0, name="w").node)
    'w'
    """
    return node.name or assigned_name(node)


def assigned_name(node: Any) -> str:
    """Return the variable that a statement of the user's code assigns a node to; nothing if it isn't one name.

    Where the statement calls a function, that must be the node's own: the additions inside `loss = sum(parts)` are not
    the loss.
    """
    code = node.code
    if code is None or node.lasti is None or code.co_filename.startswith(PACKAGE):
        return ""
    named = assignments(code.co_filename, tuple(linecache.getlines(code.co_filename)))
    name, called = named.get(span_of(code, node.lasti), ("", ""))
    return name if not called or node.op.rule is None or is_called(called, node.op.rule) else ""


def is_called(name: str, rule: Rule) -> bool:
    """Whether a function goes by a name, its own or another one that NumPy has for it."""
    return rule.name.rpartition(".")[2] == name or getattr(np, name, None) is rule.function


def argument_names(function: str, *parameters: str) -> dict[str, str]:
    """Return, if the user's code is calling a function of a name, which variables it gives for some parameters."""
    frame: Any = sys._getframe(1)
    while id(frame.f_globals) in OWN and frame.f_back is not None:
        frame = frame.f_back
    code = frame.f_code
    call = calls(code.co_filename, tuple(linecache.getlines(code.co_filename))).get(span_of(code, frame.f_lasti))
    if call is None or called_name(call) != function:
        return {}
    given = dict(zip(parameters, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    return {name: ast.unparse(x) for name, x in given.items() if isinstance(x, (ast.Name, ast.Attribute))}


def called_name(node: ast.AST) -> str:
    """Return the last part of the name of what an expression calls; nothing if it is no call.

    Examples
    --------
    >>> called_name(ast.parse("np.linalg.norm(x)", mode="eval").body)
    'norm'
    """
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func).rpartition(".")[2]


def span_of(code: Any, lasti: int) -> Span:
    """Return the place of an instruction in its source."""
    positions = list(code.co_positions())
    return positions[lasti // 2] if lasti // 2 < len(positions) else (None, None, None, None)


@lru_cache(maxsize=64)
def assignments(filename: str, lines: tuple[str, ...]) -> dict[Span, tuple[str, str]]:
    """Return what the statements of a file assign: for each place, the name that it gets, and the function called."""
    found: dict[Span, tuple[str, str]] = {}
    pairs: list[tuple[ast.expr, ast.expr | ast.stmt]]
    for statement in ast.walk(parsed(filename, lines)):
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                starred = any(isinstance(target, ast.Starred) for target in targets)
                pairs = [] if starred else [*zip(targets, values, strict=False)]
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
                found[place_of(whole)] = ast.unparse(target).removeprefix("self."), called_name(whole)
    return found


@lru_cache(maxsize=64)
def calls(filename: str, lines: tuple[str, ...]) -> dict[Span, ast.Call]:
    """Return the calls in a file by their places."""
    return {place_of(node): node for node in ast.walk(parsed(filename, lines)) if isinstance(node, ast.Call)}


def place_of(node: ast.expr | ast.stmt) -> Span:
    """Return the place of a part of the syntax."""
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


@lru_cache(maxsize=64)
def parsed(filename: str, lines: tuple[str, ...]) -> ast.AST:
    """Return the syntax tree of a file; an empty one if it isn't Python."""
    try:
        return ast.parse("".join(lines), filename)
    except SyntaxError:
        return ast.Module([], [])
