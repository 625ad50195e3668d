"""Arithmetic expressions from the command line: parsed against a list of what is allowed, so they can run nothing else.

An expression becomes a list of steps for a stack, each with the piece of text that it came from. An error points at its
piece with carets.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .errors import AutogradError
from .primitives import relu, sigmoid

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "arcsinh": np.arcsinh, "arccosh": np.arccosh,
    "arctanh": np.arctanh, "arctan2": np.arctan2, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log,
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt, "square": np.square,
    "abs": np.absolute, "hypot": np.hypot, "maximum": np.maximum, "minimum": np.minimum, "relu": relu,
    "sigmoid": sigmoid,
}  # fmt: skip
CONSTANTS = {"pi": math.pi, "e": math.e}
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.true_divide, ast.Pow: np.power,
    ast.USub: np.negative, ast.UAdd: np.positive,
}  # fmt: skip
# What people write, and what they mean.
MEANT = {"ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "max": "maximum",
         "min": "minimum", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}  # fmt: skip
LONGEST, DEEPEST = 2_000, 100
ALLOWED = "numbers, the names given, + - * / ** (a product as 2*x), parentheses and functions such as sin(x)"


class ExpressionError(AutogradError, ValueError):
    """An expression that says nothing that can be computed, or a value that doesn't fit it.

    Parameters
    ----------
    what : str
        What is wrong.
    text : str
        The expression.
    span : tuple of int
        Start and end of the wrong piece in it.
    instead : str, optional
        What to write instead.
    """

    def __init__(self, what: str, text: str = "", span: tuple[int, int] = (0, 0), instead: str = "") -> None:
        start, end = span
        where = f"\n  {text}\n  {' ' * start}{'^' * max(1, end - start)}" if text else ""
        super().__init__(what + where, "", instead)


class Step(NamedTuple):
    """One step: push a number or a variable (`arity` is None), or apply a function to the last `arity` results."""

    what: Any
    arity: int | None
    span: tuple[int, int]


class Expression:
    """A formula of named variables, as a function of their values.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * / **``, parentheses, and the functions in `FUNCTIONS`.

    Attributes
    ----------
    names : tuple of str
        The variables, in the order in which they appear.

    Raises
    ------
    ExpressionError
        If the text holds anything else; the message points at it.

    Examples
    --------
    >>> line = Expression("tanh(w*x + b)")
    >>> line.names
    ('w', 'x', 'b')
    >>> line(0.5, 2.0, -1.0)
    np.float64(0.0)
    >>> Expression("tanhh(x)")
    Traceback (most recent call last):
    ...
    autograd_mini.expression.ExpressionError: unknown function 'tanhh'
      tanhh(x)
      ^^^^^
      instead: tanh
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        if len(self.text) > LONGEST:
            raise ExpressionError(f"an expression of {len(self.text)} characters; the longest allowed has {LONGEST}")
        self.steps = tuple(self._read(self._parse(), 1))
        variables = [step for step in self.steps if step.arity is None and isinstance(step.what, str)]
        self.names = tuple(dict.fromkeys(step.what for step in variables))
        self.spans = {step.what: step.span for step in reversed(variables)}

    def __call__(self, *values: Any) -> Any:
        """Compute the expression for the values of its variables, in the order of `names`."""
        return self._run(dict(zip(self.names, values, strict=True)))

    def __repr__(self) -> str:
        return self.text

    def refuse_not_finite(self, values: Mapping[str, float]) -> None:
        """Raise an error that points at the first piece whose result isn't finite."""

        def look(step: Step, result: Any) -> None:
            if not np.isfinite(result):
                raise ExpressionError(f"this is {result} at the values given", self.text, step.span)

        with np.errstate(all="ignore"):
            self._run({name: np.float64(x) for name, x in values.items()}, look)

    def _run(self, values: Mapping[str, Any], look: Callable[[Step, Any], None] | None = None) -> Any:
        stack: list[Any] = []
        for step in self.steps:
            if step.arity is None:
                stack.append(values[step.what] if isinstance(step.what, str) else step.what)
            else:
                arguments = stack[-step.arity :]
                del stack[-step.arity :]
                stack.append(step.what(*arguments))
            if look:
                look(step, stack[-1])
        return stack.pop()

    def _parse(self) -> ast.expr:
        if not self.text:
            raise ExpressionError("the expression is empty", instead='for example "tanh(w*x + b)"')
        try:
            return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            start = min(max((error.offset or 1) - 1, 0), len(self.text))
            end = error.end_offset - 1 if error.end_offset and error.end_lineno == 1 else start + 1
            raise ExpressionError(f"not an expression: {error.msg}", self.text, (start, end), ALLOWED) from None
        except (RecursionError, MemoryError, ValueError):
            raise ExpressionError("the expression can't be read: it is nested too deeply, or holds a null") from None

    def _span(self, node: Any) -> tuple[int, int]:
        """Return where a node stands, counted in characters; `ast` counts in bytes."""
        coded = self.text.encode()
        start, end = (len(coded[:at].decode()) for at in (node.col_offset, node.end_col_offset))
        return start, end

    def _read(self, node: ast.expr, depth: int) -> Iterator[Step]:
        span = self._span(node)
        if depth > DEEPEST:
            raise ExpressionError(f"nested more than {DEEPEST} deep", self.text, span)
        if isinstance(node, ast.Constant):
            yield Step(self._number(node, span), None, span)
        elif isinstance(node, ast.Name):
            if node.id in FUNCTIONS:
                raise ExpressionError(f"{node.id} is a function", self.text, span, f"{node.id}(...)")
            yield Step(np.float64(CONSTANTS[node.id]) if node.id in CONSTANTS else node.id, None, span)
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            chain: list[ast.BinOp] = []
            left: ast.expr = node
            while isinstance(left, ast.BinOp) and type(left.op) in OPERATORS:  # a sum of many terms isn't nested
                chain.append(left)
                left = left.left
            yield from self._read(left, depth + 1)
            for term in reversed(chain):
                yield from self._read(term.right, depth + 1)
                yield Step(OPERATORS[type(term.op)], 2, self._span(term))
        elif isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            yield from self._read(node.operand, depth + 1)
            yield Step(OPERATORS[type(node.op)], 1, span)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            function, count = self._function(node, span)
            for argument in node.args:
                yield from self._read(argument, depth + 1)
            yield Step(function, count, span)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            raise ExpressionError("^ isn't a power", self.text, span, "x**2")
        else:
            raise ExpressionError("this isn't allowed", self.text, span, ALLOWED)

    def _number(self, node: ast.Constant, span: tuple[int, int]) -> np.float64:
        if type(node.value) not in (int, float):
            raise ExpressionError("this isn't a real number", self.text, span, ALLOWED)
        try:
            number = np.float64(node.value)  # type: ignore[arg-type]
        except OverflowError:
            number = np.float64("inf")
        if not np.isfinite(number):
            raise ExpressionError("this number is too large", self.text, span)
        return number

    def _function(self, node: ast.Call, span: tuple[int, int]) -> tuple[Callable[..., Any], int]:
        name = node.func.id  # type: ignore[attr-defined]
        if name not in FUNCTIONS:
            meant = suggestion(name, FUNCTIONS) or f"one of {', '.join(FUNCTIONS)}; a product is written {name}*(...)"
            raise ExpressionError(f"unknown function {name!r}", self.text, self._span(node.func), meant)
        function = FUNCTIONS[name]
        count: int = getattr(function, "nin", 1)
        if node.keywords:
            raise ExpressionError("an argument has no name here", self.text, self._span(node.keywords[0]), f"{name}(x)")
        if len(node.args) != count:
            wanted = f"{count} argument{'s' if count > 1 else ''}"
            raise ExpressionError(f"{name} takes {wanted}, {len(node.args)} given", self.text, span)
        return function, count


def suggestion(name: str, known: Mapping[str, Any]) -> str:
    """Return the known name that was probably meant, or an empty string.

    Examples
    --------
    >>> suggestion("tanhh", FUNCTIONS), suggestion("ln", FUNCTIONS), suggestion("qqq", FUNCTIONS)
    ('tanh', 'log', '')
    """
    meant = MEANT.get(name)
    if meant in known:
        return str(meant)
    return next(iter(difflib.get_close_matches(name, known, 1)), "")


def read_values(expression: Expression, assignments: list[str]) -> dict[str, float]:
    """Return the value of each variable of an expression, in its order, from texts such as ``"x=2"``.

    Raises
    ------
    ExpressionError
        If a text isn't an assignment of a number, or a variable is missing, assigned twice or not in the expression.

    Examples
    --------
    >>> read_values(Expression("w*x"), ["x=2", "w=0.5"])
    {'w': 0.5, 'x': 2.0}
    """
    given: dict[str, float] = {}
    for text in assignments:
        name, equals, number = (part.strip() for part in text.partition("="))
        name = unicodedata.normalize("NFKC", name)  # as Python reads names
        if not equals or not name.isidentifier() or keyword.iskeyword(name):
            raise ExpressionError(f"{text!r} isn't the value of a variable", instead="name=number, such as x=2")
        if name in CONSTANTS or name in FUNCTIONS:
            kind = "constant" if name in CONSTANTS else "function"
            raise ExpressionError(f"{name} is a {kind} and can't be given a value", instead="another name")
        if name in given:
            raise ExpressionError(f"{name} is given twice", instead=f"{name}={number} once")
        try:
            given[name] = float(number)
        except ValueError:
            raise ExpressionError(f"{number!r} isn't a number", text, (len(text) - len(number), len(text))) from None
        if not math.isfinite(given[name]):
            raise ExpressionError(f"{name} = {given[name]} isn't finite", instead="a finite number")
    for name in expression.names:
        if name not in given:
            similar = suggestion(name, {n: x for n, x in given.items() if n not in expression.names})
            add = f"add {name}=..." + (f", or is {similar} meant?" if similar else "")
            raise ExpressionError(f"{name!r} has no value", expression.text, expression.spans[name], add)
    for name in given:
        if name not in expression.names:
            variables = ", ".join(expression.names) or "none"
            raise ExpressionError(f"{name!r} isn't in the expression", instead=f"its variables are: {variables}")
    return {name: given[name] for name in expression.names}
