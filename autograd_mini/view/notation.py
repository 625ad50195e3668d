"""Expressions of Python as mathematics: as a line of text, and as MathML.

A few helpers of rules are written as the mathematics that they stand for, of real numbers, without what looks after
axes and shapes: the table `SHORT` says how.
"""

from __future__ import annotations

import ast
import copy
import html
import re
from collections.abc import Callable, Mapping

SHORT: dict[str, tuple[str, str]] = {
    "power_slope": ("x p", "p * x ** (p - 1)"), "log_or_zero": ("x", "log(x)"), "ratio_or_zero": ("x n", "x / n"),
    "other_leg": ("x", "sqrt(1 - x ** 2)"), "direction": ("x", "sign(x)"), "or_zero": ("x", "x"),
    "masked": ("x", "x"), "spread": ("g", "g"), "count": ("", "n"), "half_over": ("g r", "g / (2 * r)"),
    "expand_dims": ("x", "x"), "transposed": ("x", "x.T"), "log1p": ("x", "log(1 + x)"),
    "var_pullback": ("g a", "g * 2 * (a - mean) / (n - ddof)"),
    "nanvar_pullback": ("g a", "g * 2 * (a - mean) / (n - ddof)"), "tied": ("a out", "(a == out) / ties"),
    "share": ("taken tie", "where(tie, 0.5, true(taken))"), "sum_like": ("x", "sum(x)"), "reshape": ("x", "x"),
}  # fmt: skip
# Helpers that move numbers about are told in words.
WORDS = {
    "scatter": "g in its place, 0 elsewhere", "paste": "g in its place, 0 elsewhere", "getitem": "g at those places",
    "pieces": "the pieces of g", "unreshaped": "g in the shape before", "reshaped": "g in the shape before",
    "unjoin": "the part of g that came from it", "unjoin_rows": "the part of g that came from it",
    "unsplit": "the parts of g joined", "untile": "g summed over the copies", "unrepeat": "g summed over the copies",
    "unrepeat_to": "g summed over the copies", "on_diagonal": "g on the diagonal, 0 elsewhere",
    "undiagonal": "g on the diagonal, 0 elsewhere", "sum_from_here": "the sum of g from there on",
    "add_at": "g added up at the indices", "add_along": "g added up at the indices",
    "unsorted": "g in the order before", "unpad": "g without what was put around", "undiff": "g minus the g before it",
    "along_axes": "the transform back, of g", "real_back": "the transform back, of g",
    "several_real_back": "the transform back, of g", "half_back": "the transform back, of g",
    "several_half_back": "the transform back, of g", "convolve_first": "g correlated with the other factor",
    "correlate_first": "g convolved with the other factor", "correlate_second": "g correlated with the other factor",
    "tensordot_first": "g contracted with the other factor", "tensordot_second": "g contracted with the other factor",
    "kron_first": "g contracted with the other factor", "kron_second": "g contracted with the other factor",
    "outer_first": "g times the other factor, summed", "outer_second": "g times the other factor, summed",
    "quantile_pullback": "g at the elements that it lies between", "cross_entropy_slope": "softmax minus one-hot",
    "first_true": "the first that is true", "others": "the product of the others",
    "mesh_sum": "g summed over the other axes", "interp_slope": "g times the slope of the segment",
}  # fmt: skip
QUIET = {"axis", "axes", "keepdims", "norm", "order", "mode", "wanted", "where", "initial", "dtype"}
SUM, PRODUCT, POWER, ATOM = 4, 5, 7, 9
BINARY: dict[type, tuple[str, int]] = {
    ast.Add: (" + ", SUM), ast.Sub: (" − ", SUM), ast.Mult: (" · ", PRODUCT), ast.MatMult: (" @ ", PRODUCT),
    ast.FloorDiv: (" // ", PRODUCT), ast.Mod: (" % ", PRODUCT), ast.BitAnd: (" and ", 2), ast.BitOr: (" or ", 1),
}  # fmt: skip
COMPARED: dict[type, str] = {
    ast.Gt: " > ", ast.Lt: " < ", ast.GtE: " ≥ ", ast.LtE: " ≤ ", ast.Eq: " = ", ast.NotEq: " ≠ ", ast.Is: " is ",
    ast.IsNot: " is not ", ast.In: " in ", ast.NotIn: " not in ",
}  # fmt: skip
OPPOSITE: dict[type, type] = {ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Lt: ast.GtE, ast.GtE: ast.Lt}
SUBSCRIPT = str.maketrans("0123456789-", "₀₁₂₃₄₅₆₇₈₉₋")
SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Replaced(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what stands for a name."""
        return self.given.get(node.id, node)


class Writer:
    """Writes an expression as mathematics in one line of text, with parentheses only where they are needed."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def write(self, node: ast.expr, least: int = 0) -> str:
        """Return an expression, in parentheses if it binds less than `least`."""
        text, strength = self._render(node)
        return text if strength >= least else self.mark("(") + text + self.mark(")")

    # How it looks: what a notation with two dimensions does in another way.
    def mark(self, text: str, kind: str = "mo") -> str:
        """Return a name, a number, a sign or a word (``"mi"``, ``"mn"``, ``"mo"``, ``"mtext"``)."""
        return text

    def raised(self, base: ast.expr, exponent: ast.expr) -> str:
        """Return a power."""
        below, above = self.write(base, ATOM), self.write(exponent)
        if above.lstrip("-").isdigit():
            return below + above.translate(SUPERSCRIPT)
        return f"{below}^{self.write(exponent, ATOM)}"

    def divided(self, above: ast.expr, below: ast.expr) -> str:
        """Return a quotient."""
        return f"{self.write(above, PRODUCT)} / {self.write(below, PRODUCT + 1)}"

    def rooted(self, inside: ast.expr) -> str:
        """Return a square root."""
        return f"√{self.write(inside, ATOM)}"

    def lowered(self, whole: ast.expr, index: str) -> str:
        """Return one of several."""
        return self.write(whole, ATOM) + index.translate(SUBSCRIPT)

    def transposed(self, whole: ast.expr) -> str:
        """Return a transposed matrix."""
        return self.write(whole, ATOM) + "ᵀ"

    # What there is to write.
    def _render(self, node: ast.expr) -> tuple[str, int]:
        method: Callable[[ast.expr], tuple[str, int]] = getattr(self, f"_{type(node).__name__.lower()}", self._other)
        return method(node)

    def _other(self, node: ast.expr) -> tuple[str, int]:
        return self.mark(ast.unparse(node), "mtext"), ATOM

    def _lambda(self, node: ast.Lambda) -> tuple[str, int]:
        return self.mark("…"), ATOM

    def _name(self, node: ast.Name) -> tuple[str, int]:
        shown = self.names.get(node.id, node.id)
        is_number = shown.lstrip("-−")[:1].isdigit()
        is_sum = binds_like_a_sum(shown) or (not is_number and any(sign in shown for sign in "+-−*/^·"))
        return self.mark(shown, "mn" if is_number else "mi"), SUM if is_sum else ATOM

    def _constant(self, node: ast.Constant) -> tuple[str, int]:
        return self.mark(f"{node.value:g}" if isinstance(node.value, float) else str(node.value), "mn"), ATOM

    def _attribute(self, node: ast.Attribute) -> tuple[str, int]:
        if node.attr == "T":
            return self.transposed(node.value), POWER
        if node.attr in ("shape", "ndim", "dtype"):
            return self.mark(f"{node.attr} of ", "mtext") + self.write(node.value, ATOM), PRODUCT
        return self.mark("π" if node.attr == "pi" else node.attr, "mi"), ATOM

    def _unaryop(self, node: ast.UnaryOp) -> tuple[str, int]:
        if isinstance(node.op, ast.Invert) and isinstance(node.operand, ast.Compare):
            (op,), compared = node.operand.ops, node.operand.comparators
            if type(op) in OPPOSITE:
                return self._render(ast.Compare(node.operand.left, [OPPOSITE[type(op)]()], compared))
        sign = {ast.USub: "−", ast.UAdd: "+"}.get(type(node.op), "not ")
        return self.mark(sign) + self.write(node.operand, PRODUCT), 3 if sign == "not " else PRODUCT

    def _binop(self, node: ast.BinOp) -> tuple[str, int]:
        left, right = node.left, node.right
        if isinstance(node.op, ast.Pow):
            return self._power(left, right)
        if isinstance(node.op, ast.Mult) and isinstance(left, ast.Name) and ast.dump(left) == ast.dump(right):
            return self._power(left, ast.Constant(2))
        if isinstance(node.op, ast.Div):
            return self.divided(left, right), PRODUCT
        if isinstance(node.op, ast.Sub) and (difference := self._difference(left, right)):
            return self.mark(difference, "mn"), SUM if binds_like_a_sum(difference) else ATOM
        if type(node.op) not in BINARY:
            return self._other(node)
        text, strength = BINARY[type(node.op)]
        after = strength + isinstance(node.op, ast.Sub)
        return self.write(left, strength) + self.mark(text) + self.write(right, after), strength

    def _difference(self, left: ast.expr, right: ast.expr) -> str:
        """Return a difference of two numbers, the exponent of a power that was derived; else nothing."""
        plain = Writer(self.names)
        try:
            return f"{float(plain.write(left)) - float(plain.write(right)):g}"
        except ValueError:
            return ""

    def _power(self, base: ast.expr, exponent: ast.expr) -> tuple[str, int]:
        return self._render(base) if Writer(self.names).write(exponent) == "1" else (self.raised(base, exponent), POWER)

    def _compare(self, node: ast.Compare) -> tuple[str, int]:
        rest = zip(node.ops, node.comparators, strict=True)
        shown = "".join(self.mark(COMPARED[type(op)]) + self.write(x, SUM) for op, x in rest)
        return self.write(node.left, SUM) + shown, 3

    def _ifexp(self, node: ast.IfExp) -> tuple[str, int]:
        return self._worded(node.body, " if ", node.test, " else ", node.orelse)

    def _worded(self, *parts: ast.expr | str) -> tuple[str, int]:
        return "".join(self.mark(x, "mtext") if isinstance(x, str) else self.write(x) for x in parts), 0

    def _listed(self, items: list[ast.expr]) -> str:
        return self.mark(", ").join(map(self.write, items))

    def _listcomp(self, node: ast.ListComp) -> tuple[str, int]:  # of several arrays: what each gets
        return self._render(node.elt)

    def _tuple(self, node: ast.Tuple) -> tuple[str, int]:
        return self.mark("(") + self._listed(node.elts) + self.mark(")"), ATOM

    def _subscript(self, node: ast.Subscript) -> tuple[str, int]:
        if isinstance(node.slice, ast.Constant):
            return self.lowered(node.value, str(node.slice.value)), ATOM
        return self.write(node.value, ATOM) + self.mark(f"[{ast.unparse(node.slice)}]", "mtext"), ATOM

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
            return self._worded(node.args[1], " where ", node.args[0], ", else ", node.args[2])
        if name == "sqrt":
            return self.rooted(node.args[0]), ATOM
        if name in WORDS:
            return self.mark(with_names(WORDS[name], self.names), "mtext"), 0
        if name == "true":  # 1 or 0, in the bracket of Iverson
            return self.mark("[") + self._listed(node.args) + self.mark("]"), ATOM
        if name in ("abs", "absolute"):
            return self.mark("|") + self._listed(node.args) + self.mark("|"), ATOM
        told = [x for x in node.args if not (isinstance(x, ast.Name) and (x.id in QUIET or x.id.endswith("_shape")))]
        name = name.strip("_").replace("_", " ")
        return self.mark(name, "mi") + self.mark("(") + self._listed(told) + self.mark(")"), ATOM


class MathWriter(Writer):
    """Writes an expression as MathML (Presentation MathML, W3C)."""

    def write(self, node: ast.expr, least: int = 0) -> str:
        """Return an expression as one row."""
        return f"<mrow>{super().write(node, least)}</mrow>"

    def mark(self, text: str, kind: str = "mo") -> str:
        """Return a piece of text in its element; words and letters of names keep their spaces."""
        spaced = text.replace(" ", "\N{NO-BREAK SPACE}") if kind == "mtext" else text.strip()
        return f"<{kind}>{html.escape(spaced)}</{kind}>"

    def raised(self, base: ast.expr, exponent: ast.expr) -> str:
        """Return a power."""
        return f"<msup>{self.write(base, ATOM)}{self.write(exponent)}</msup>"

    def divided(self, above: ast.expr, below: ast.expr) -> str:
        """Return a fraction."""
        return f"<mfrac>{self.write(above)}{self.write(below)}</mfrac>"

    def rooted(self, inside: ast.expr) -> str:
        """Return a square root."""
        return f"<msqrt>{self.write(inside)}</msqrt>"

    def lowered(self, whole: ast.expr, index: str) -> str:
        """Return one of several."""
        return f"<msub>{self.write(whole, ATOM)}{self.mark(index, 'mn')}</msub>"

    def transposed(self, whole: ast.expr) -> str:
        """Return a transposed matrix."""
        return f"<msup>{self.write(whole, ATOM)}<mi>T</mi></msup>"


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


def binds_like_a_sum(text: str) -> bool:
    """Whether a number needs parentheses in a product: a negative or a complex one.

    Examples
    --------
    >>> binds_like_a_sum("-2"), binds_like_a_sum("1+2j"), binds_like_a_sum("0.5"), binds_like_a_sum("w")
    (True, True, False, False)
    """
    return text[:1] in ("-", "−") or (text[:1].isdigit() and text.endswith("j"))
