"""A derivative rule as a formula, read from the line that computes it."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..registry import Rule
from .naming import parsed
from .notation import SHORT, WORDS, Writer, with_names


def formula(rule: Rule, param: str, names: Mapping[str, str] | None = None, writer: type[Writer] = Writer) -> str:
    """Return what a rule computes for one of its parameters.

    Parameters
    ----------
    rule : Rule
        The rule of a function.
    param : str
        The parameter that the cotangent belongs to.
    names : mapping of str to str, optional
        What to write for a name of the rule (its parameters, ``out`` and ``g``); the name itself by default.
    writer : type of Writer, optional
        How to write it: as a line of text by default.

    Returns
    -------
    str
        The formula; of a pullback of several statements, the first sentence of its docstring, or else its call.

    Examples
    --------
    >>> import numpy as np, autograd_mini as am
    >>> from autograd_mini.registry import RULES
    >>> from autograd_mini.view.notation import MathWriter
    >>> formula(RULES[np.tanh], "x"), formula(RULES[np.power], "x1")
    ('g · (1 − out²)', 'g · x2 · x1^(x2 − 1)')
    >>> formula(RULES[np.true_divide], "x1", {"x2": "3"})
    'g / 3'
    >>> formula(RULES[np.true_divide], "x1", {"x2": "3"}, MathWriter)
    '<mrow><mfrac><mrow><mi>g</mi></mrow><mrow><mn>3</mn></mrow></mfrac></mrow>'
    """
    line = rule.pullbacks[param]
    expression, chosen = expression_of(line.function), writer(names or {})
    if expression is None:
        if (line.function.__doc__ or "").startswith("Return "):
            return chosen.mark(with_names(first_sentence(line.function), names or {}), "mtext")
        own = getattr(line.function, "__name__", "")
        call = f"{own if own.isidentifier() else 'pullback'}({', '.join(['g', *line.names])})"
        expression = ast.parse(call, mode="eval").body
    told = sentence_of(expression, line.function)
    return chosen.mark(with_names(told, names or {}), "mtext") if told else chosen.write(expression)


def sentence_of(expression: ast.expr, function: Callable[..., Any]) -> str:
    """Return what a helper that does all of a rule's work says of itself; nothing if a formula says it better."""
    if not isinstance(expression, ast.Call) or not isinstance(expression.func, ast.Name):
        return ""
    name = expression.func.id
    if "_" not in name or name in SHORT or name in WORDS:
        return ""
    return first_sentence(getattr(function, "__globals__", {}).get(name))


def first_sentence(function: Any) -> str:
    """Return what a function says that it returns, up to a semicolon."""
    told = (getattr(function, "__doc__", None) or "").partition("\n")[0]
    return told.removeprefix("Return ").rstrip(".").partition(";")[0]


@lru_cache(maxsize=1024)
def expression_of(function: Callable[..., Any]) -> ast.expr | None:
    """Return the expression that a lambda, or a function of one statement, returns; None if it isn't to be read."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    for node in ast.walk(parsed(code.co_filename, tuple(linecache.getlines(code.co_filename)))):
        if getattr(node, "lineno", None) != code.co_firstlineno:
            continue
        if isinstance(node, ast.Lambda) and same_parameters(node.args, code):
            body = node.body
            if (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in code.co_positions():
                return body
        if isinstance(node, ast.FunctionDef) and same_parameters(node.args, code):
            *docstring, last = node.body
            if len(docstring) <= 1 and isinstance(last, ast.Return):
                return last.value
    return None


def same_parameters(args: ast.arguments, code: Any) -> bool:
    """Whether the parameters of a definition are those of a code object."""
    names = [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return names == [*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]]
