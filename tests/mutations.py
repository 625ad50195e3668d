"""Ways to make a right line of a rule wrong: in what it returns, in what it is given, or in its own source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import numpy as np

import autograd_mini as am
from autograd_mini.primitives import scatter
from autograd_mini.registry import Pullback

Line = Callable[..., Any]


def calling(names: Sequence[str], defaults: dict[str, Any], compute: Callable[..., Any]) -> Line:
    """Return a line of the parameters g and `names`, which it hands on in a dict."""
    optional = [f"{name}=defaults['{name}']" for name in names if name in defaults]
    given = ", ".join(["g", *(name for name in names if name not in defaults), *optional])
    handed = ", ".join(f"'{name}': {name}" for name in names)
    made: Line = eval(f"lambda {given}: compute(g, {{{handed}}})", {"compute": compute, "defaults": defaults})
    return made


def changed(line: Pullback, change: Callable[..., Any], param: str | None = None) -> Line:
    """Return a line whose cotangents are changed, with a look at the argument `param` if that is given."""

    def compute(g: Any, saved: dict[str, Any]) -> Any:
        cot = line.function(g, **{name: saved[name] for name in line.names})
        extra = [] if param is None else [saved[param]]
        if saved.get("wanted") is None:
            return change(cot, *extra)
        return [change(one, *(x[i] for x in extra)) for one, i in zip(cot, saved["wanted"], strict=True)]

    return calling(list(dict.fromkeys([*line.names, *([param] if param else [])])), line.defaults, compute)


def held(line: Pullback, name: str) -> Line:
    """Return a line that takes one of the things it is given as a constant."""

    def compute(g: Any, saved: dict[str, Any]) -> Any:
        return line.function(g, **{**saved, name: am.stop_gradient(saved[name])})

    return calling(line.names, line.defaults, compute)


def transposed(cot: Any) -> Any:
    """Return a cotangent with its last two axes exchanged, in its old shape."""
    return np.reshape(np.swapaxes(cot, -1, -2), np.shape(cot)) if np.ndim(cot) > 1 else cot


def first_slice(cot: Any, x: Any) -> Any:
    """Return of a cotangent with broadcast axes the first slice alone, in place of the sum."""
    shape = np.shape(x)
    extra = np.ndim(cot) - len(shape)
    return cot[(0,) * extra + tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)] if np.ndim(cot) else cot


# What is done to each cotangent, and to each cotangent with a look at the argument it belongs to.
RESULTS: list[tuple[str, tuple[str, ...], Line]] = [
    ("factor 2", ("constant factor",), lambda cot: 2 * cot),
    ("factor 1.01", ("constant factor",), lambda cot: 1.01 * cot),
    ("sign", ("sign",), lambda cot: -cot),
    ("transposed", ("transposed",), transposed),
    ("conjugate", ("conjugate",), np.conj),
]
LOOKS: list[tuple[str, tuple[str, ...], Line, str]] = [
    ("missing sum", ("missing sum",), first_slice, "over broadcast axes"),
    ("one sign", ("some elements",), lambda cot, x: cot * np.where(np.real(x) < 0, 1.5, 1.0), "where it is negative"),
    ("one sign", ("some elements",), lambda cot, x: cot * np.where(np.real(x) > 0, 1.5, 1.0), "where it is positive"),
]


# ------------------------------------------------------------------------------------------- Changes in the source


def unsummed(x: Any, axis: Any = None, keepdims: bool = False, **_: Any) -> Any:
    """Return the first slice along some axes, where `np.sum` returns the sum."""
    axes = range(np.ndim(x)) if axis is None else axis if isinstance(axis, (tuple, range)) else (axis,)
    index: list[Any] = [slice(None)] * np.ndim(x)
    for i in axes:
        index[i] = slice(0, 1) if keepdims else 0
    return x[tuple(index)]


def unadded(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros with `g` put at an index, where `scatter` adds it: of elements that meet, the last one stays."""
    numbers = np.arange(np.size(g)).reshape(np.shape(g))
    last = np.full(shape, -1)
    last[index] = numbers
    return scatter(g * (last[index] == numbers), index, shape)


def edited(function: Any) -> Iterator[tuple[str, str, Line]]:
    """Iterate over a line with one term dropped, or one sum missing, in it or in a helper that it calls.

    Yields the kind of mutant, what was changed, and the line, which sees its module's functions as they were, but for
    the changed one.
    """
    for helper in reachable(function):
        tree = definition(helper)
        for number, node in enumerate(ast.walk(tree)):
            for kind, old, new in replacements(node):
                kept = inspect.getclosurevars(function).nonlocals
                namespace = function.__globals__ | kept | {"unsummed": unsummed, "unadded": unadded}
                for name, other in function.__globals__.items():
                    if isinstance(other, FunctionType) and other.__globals__ is function.__globals__:
                        namespace[name] = FunctionType(
                            other.__code__, namespace, name, other.__defaults__, other.__closure__
                        )
                wrong = compiled(replaced(tree, number, new), namespace)
                where = "" if helper is function else f" in {helper.__name__}"
                if helper is not function:
                    namespace[helper.__name__] = wrong
                    wrong = FunctionType(
                        function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
                    )
                yield kind, f"{old} -> {ast.unparse(new)}{where}", wrong


def replacements(node: ast.AST) -> Iterator[tuple[str, str, ast.expr]]:
    """Iterate over what a node may be replaced with: the kind of mutant that this makes, the old text, the new node."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        yield "dropped term", ast.unparse(node), node.left
        second = node.right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.right)
        yield "dropped term", ast.unparse(node), second
    if isinstance(node, ast.Call) and ast.unparse(node.func) in SUMS:
        name = ast.Name(SUMS[ast.unparse(node.func)], ast.Load())
        yield "missing sum", ast.unparse(node), ast.Call(name, node.args, node.keywords)


SUMS = {"np.sum": "unsummed", "scatter": "unadded"}


def replaced(tree: ast.AST, number: int, new: ast.expr) -> ast.AST:
    """Return a copy of a tree with another expression in the place of a node, which is given by its number."""
    tree = deepcopy(tree)
    old = list(ast.walk(tree))[number]

    class Exchange(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return new if node is old else self.generic_visit(node)

    return cast(ast.AST, Exchange().visit(tree))


def compiled(tree: ast.AST, namespace: dict[str, Any]) -> Any:
    """Return the function of a definition or a lambda expression, whose global names are those of a namespace.

    Without its decorators, which register it.
    """
    if isinstance(tree, ast.FunctionDef):
        made: dict[str, Any] = {}
        tree = deepcopy(tree)
        tree.decorator_list = []
        exec(f"from __future__ import annotations\n{ast.unparse(tree)}", namespace, made)
        return made[tree.name]
    return eval(ast.unparse(tree), namespace)


def reachable(function: Any) -> list[Any]:
    """Return a line and the functions of its own module that it calls, directly or not."""
    found, namespace = [function], function.__globals__
    for one in found:  # grows as it goes
        for node in ast.walk(definition(one)):
            called = namespace.get(node.id) if isinstance(node, ast.Name) else None
            if isinstance(called, FunctionType) and called.__globals__ is namespace and called not in found:
                found.append(called)
    return found


@cache
def definition(function: Any) -> ast.AST:
    """Return the definition of a function, or the lambda expression that it was made by."""
    code = function.__code__
    names = list(code.co_varnames[: code.co_argcount])
    places = [at for at in code.co_positions() if None not in at]
    for node in ast.walk(parsed(code.co_filename)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            return node
        if isinstance(node, ast.Lambda) and [a.arg for a in node.args.args] == names:
            begins, ends = (node.body.lineno, node.body.col_offset), (node.body.end_lineno, node.body.end_col_offset)
            if any(begins <= (at[0], at[2]) and (at[1], at[3]) <= ends and at[2] != at[3] for at in places):
                return node
    raise LookupError(f"no source of {function}")


@cache
def parsed(path: str) -> ast.Module:
    """Return the tree of a file."""
    return ast.parse(Path(path).read_text(encoding="utf-8"))
