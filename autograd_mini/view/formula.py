"""A derivative rule as a formula, read from the line that computes it.

A few helpers of rules are written as the mathematics that they stand for, of real numbers, without what looks after
axes and shapes: the table `SHORT` says how.
"""

from __future__ import annotations

import ast
import copy
import linecache
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..registry import Rule
from .naming import parsed

SHORT: dict[str, tuple[str, str]] = {
    "power_slope": ("x p", "p * x ** (p - 1)"), "log_or_zero": ("x", "log(x)"), "ratio_or_zero": ("x n", "x / n"),
    "other_leg": ("x", "sqrt(1 - x ** 2)"), "direction": ("x", "sign(x)"), "or_zero": ("x", "x"),
    "masked": ("x", "x"), "spread": ("g", "g"), "count": ("", "n"), "half_over": ("g r", "g / (2 * r)"),
    "expand_dims": ("x", "x"), "transposed": ("x", "x.T"), "log1p": ("x", "log(1 + x)"),
    "var_pullback": ("g a", "g * 2 * (a - mean) / (n - ddof)"),
    "nanvar_pullback": ("g a", "g * 2 * (a - mean) / (n - ddof)"), "tied": ("a out", "(a == out) / ties"),
    "share": ("taken tie", "where(tie, 0.5, taken)"), "sum_like": ("x", "sum(x)"), "reshape": ("x", "x"),
    "others": ("a", "product_of_others(a)"),
}  # fmt: skip
SUM, PRODUCT, POWER, ATOM = 4, 5, 7, 9
BINARY: dict[type, tuple[str, int]] = {
    ast.Add: (" + ", SUM), ast.Sub: (" − ", SUM), ast.Mult: (" · ", PRODUCT), ast.MatMult: (" @ ", PRODUCT),
    ast.Div: (" / ", PRODUCT), ast.FloorDiv: (" // ", PRODUCT), ast.Mod: (" % ", PRODUCT), ast.BitAnd: (" and ", 2),
    ast.BitOr: (" or ", 1),
}  # fmt: skip
COMPARED: dict[type, str] = {
    ast.Gt: " > ", ast.Lt: " < ", ast.GtE: " ≥ ", ast.LtE: " ≤ ", ast.Eq: " = ", ast.NotEq: " ≠ ", ast.Is: " is ",
    ast.IsNot: " is not ", ast.In: " in ", ast.NotIn: " not in ",
}  # fmt: skip
SUBSCRIPT = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def formula(rule: Rule, param: str, names: Mapping[str, str] | None = None) -> str:
    """Return what a rule computes for one of its parameters.

    Parameters
    ----------
    rule : Rule
        The rule of a function.
    param : str
        The parameter that the cotangent belongs to.
    names : mapping of str to str, optional
        What to write for a name of the rule (its parameters, ``out`` and ``g``); the name itself by default.

    Returns
    -------
    str
        The formula; of a pullback of several statements, the first sentence of its docstring, or else its call.

    Examples
    --------
    >>> import numpy as np, autograd_mini as am
    >>> from autograd_mini.registry import RULES
    >>> formula(RULES[np.tanh], "x"), formula(RULES[np.power], "x1")
    ('g · (1 − out²)', 'g · x2 · x1^(x2 − 1)')
    >>> formula(RULES[np.true_divide], "x1", {"x2": "3"})
    'g / 3'
    """
    line = rule.pullbacks[param]
    expression = expression_of(line.function)
    if expression is None:
        told = (line.function.__doc__ or "").partition("\n")[0]
        if told.startswith("Return "):
            return with_names(told.removeprefix("Return ").rstrip(".").partition(";")[0], names or {})
        own = getattr(line.function, "__name__", "")
        call = f"{own if own.isidentifier() else 'pullback'}({', '.join(['g', *line.names])})"
        expression = ast.parse(call, mode="eval").body
    return Writer(names or {}).write(expression)


def with_names(sentence: str, names: Mapping[str, str]) -> str:
    """Return a sentence with what to write for the names in it; the word "a" is no name.

    Examples
    --------
    >>> with_names("g x2ᵀ, of a product", {"x2": "w", "a": "h"})
    'g wᵀ, of a product'
    """
    known = {name: text for name, text in names.items() if name != "a"}
    if not known:
        return sentence
    any_of_them = rf"(?<!\w)({'|'.join(known)})(?![0-9A-Za-z_])"
    return re.sub(any_of_them, lambda found: known[found[1]], sentence)


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


class Replaced(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what stands for a name."""
        return self.given.get(node.id, node)


class Writer:
    """Writes an expression of Python as mathematics, with parentheses only where they are needed."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def write(self, node: ast.expr, least: int = 0) -> str:
        """Return an expression, in parentheses if it binds less than `least`."""
        text, strength = self._render(node)
        return text if strength >= least else f"({text})"

    def _render(self, node: ast.expr) -> tuple[str, int]:
        method: Callable[[ast.expr], tuple[str, int]] = getattr(self, f"_{type(node).__name__.lower()}", self._other)
        return method(node)

    def _other(self, node: ast.expr) -> tuple[str, int]:
        return ast.unparse(node), ATOM

    def _lambda(self, node: ast.Lambda) -> tuple[str, int]:
        return "…", ATOM

    def _name(self, node: ast.Name) -> tuple[str, int]:
        shown = self.names.get(node.id, node.id)
        return shown, SUM if binds_like_a_sum(shown) else ATOM

    def _constant(self, node: ast.Constant) -> tuple[str, int]:
        return (f"{node.value:g}" if isinstance(node.value, float) else str(node.value)), ATOM

    def _attribute(self, node: ast.Attribute) -> tuple[str, int]:
        whole = self.write(node.value, ATOM)
        if node.attr == "T":
            return whole + "ᵀ", POWER
        if node.attr in ("shape", "ndim", "dtype"):
            return f"{node.attr} of {whole}", PRODUCT
        return "π" if node.attr == "pi" else node.attr, ATOM

    def _unaryop(self, node: ast.UnaryOp) -> tuple[str, int]:
        sign = {ast.USub: "−", ast.UAdd: "+"}.get(type(node.op), "not ")
        return sign + self.write(node.operand, PRODUCT), 3 if sign == "not " else PRODUCT

    def _binop(self, node: ast.BinOp) -> tuple[str, int]:
        left, right = node.left, node.right
        if isinstance(node.op, ast.Pow):
            return self._power(left, right)
        if isinstance(node.op, ast.Mult) and isinstance(left, ast.Name) and ast.dump(left) == ast.dump(right):
            return self._power(left, ast.Constant(2))
        if isinstance(node.op, ast.Sub) and (difference := self._difference(left, right)):
            return difference, ATOM
        if type(node.op) not in BINARY:
            return self._other(node)
        text, strength = BINARY[type(node.op)]
        after = strength + isinstance(node.op, (ast.Sub, ast.Div))
        return self.write(left, strength) + text + self.write(right, after), strength

    def _difference(self, left: ast.expr, right: ast.expr) -> str:
        """Return a difference of two numbers, the exponent of a power that was derived; else nothing."""
        try:
            return f"{float(self.write(left)) - float(self.write(right)):g}"
        except ValueError:
            return ""

    def _power(self, base: ast.expr, exponent: ast.expr) -> tuple[str, int]:
        below, above = self.write(base, ATOM), self.write(exponent)
        if above == "1":
            return self._render(base)
        whole = above.lstrip("-").isdigit()
        return f"{below}{above.translate(SUPERSCRIPT)}" if whole else f"{below}^{self.write(exponent, ATOM)}", POWER

    def _compare(self, node: ast.Compare) -> tuple[str, int]:
        rest = zip(node.ops, node.comparators, strict=True)
        return self.write(node.left, SUM) + "".join(COMPARED[type(op)] + self.write(x, SUM) for op, x in rest), 3

    def _ifexp(self, node: ast.IfExp) -> tuple[str, int]:
        return f"{self.write(node.body)} if {self.write(node.test)} else {self.write(node.orelse)}", 0

    def _tuple(self, node: ast.Tuple) -> tuple[str, int]:
        return f"({', '.join(map(self.write, node.elts))})", ATOM

    def _subscript(self, node: ast.Subscript) -> tuple[str, int]:
        whole = self.write(node.value, ATOM)
        if isinstance(node.slice, ast.Constant):
            return whole + str(node.slice.value).translate(SUBSCRIPT), ATOM
        return f"{whole}[{ast.unparse(node.slice)}]", ATOM

    def _call(self, node: ast.Call) -> tuple[str, int]:
        if isinstance(node.func, ast.Lambda):  # called on the spot: what it computes of its arguments
            given = dict(zip([arg.arg for arg in node.func.args.args], node.args, strict=False))
            return self._render(Replaced(given).visit(copy.deepcopy(node.func.body)))
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if name in SHORT:
            params, short = SHORT[name]
            given = dict(zip(params.split(), node.args, strict=False))
            return self._render(Replaced(given).visit(ast.parse(short, mode="eval").body))
        if name == "where" and len(node.args) == 3:
            test, yes, no = map(self.write, node.args)
            return f"{yes} where {test}, else {no}", 0
        if name == "sqrt":
            return f"√{self.write(node.args[0], ATOM)}", ATOM
        parts = ", ".join(map(self.write, node.args))
        return f"|{parts}|" if name in ("abs", "absolute") else f"{name}({parts})", ATOM


def binds_like_a_sum(text: str) -> bool:
    """Whether a number needs parentheses in a product: a negative or a complex one.

    Examples
    --------
    >>> binds_like_a_sum("-2"), binds_like_a_sum("1+2j"), binds_like_a_sum("0.5"), binds_like_a_sum("w")
    (True, True, False, False)
    """
    return text[:1] in ("-", "−") or (text[:1].isdigit() and text.endswith("j"))
