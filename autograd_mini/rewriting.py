"""The line of code that wrote in place, written without: what an error shows instead of it."""

from __future__ import annotations

import ast
import linecache
import sys
from types import FrameType


def rewritten(frame: FrameType | None = None) -> str | None:
    """Return the statement that a frame is at, an assignment in place, as one that makes a new Value.

    Parameters
    ----------
    frame : frame, optional
        Where to look; the caller's user by default: the nearest frame outside this package and NumPy.

    Returns
    -------
    str or None
        None where the source can't be read, or the statement is of another form.
    """
    frame = user_frame() if frame is None else frame
    if frame is None:
        return None
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno, frame.f_globals).strip()
    try:
        statement = ast.parse(line).body[0]
    except (SyntaxError, IndexError):
        return None
    return functional(statement)


def functional(statement: ast.stmt) -> str | None:
    """Return a statement that writes in place as one that doesn't; None for any other.

    Examples
    --------
    >>> functional(ast.parse("v[1:, i] += w").body[0])
    'v = am.set_at(v, np.s_[1:, i], v[1:, i] + w)'
    >>> functional(ast.parse("np.add(a, b, out=c)").body[0])
    'c = np.add(a, b)'
    """
    match statement:
        case ast.Assign(targets=[ast.Subscript(value=whole) as target], value=value) if can_be_bound(whole):
            return set_at(target, value)
        case ast.AugAssign(target=ast.Subscript(value=whole) as target, op=op, value=value) if can_be_bound(whole):
            return set_at(target, ast.BinOp(read(target), op, value))
        case ast.AugAssign(target=ast.Name() | ast.Attribute() as target, op=op, value=value):
            return f"{ast.unparse(target)} = {ast.unparse(ast.BinOp(read(target), op, value))}"
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call):
            outs = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
            kept = [keyword for keyword in call.keywords if keyword.arg != "out"]
            written: ast.expr | None = outs[0] if outs else None
            if isinstance(written, ast.Tuple) and len(written.elts) == 1:
                written = written.elts[0]
            if isinstance(written, ast.Name | ast.Attribute):
                return f"{ast.unparse(written)} = {ast.unparse(ast.Call(call.func, call.args, kept))}"
    return None


def can_be_bound(whole: ast.expr) -> bool:
    """Whether an expression may stand on the left of an assignment that binds a new Value."""
    view = isinstance(whole, ast.Attribute) and whole.attr in ("T", "mT", "real", "imag", "flat")
    return isinstance(whole, ast.Name | ast.Attribute) and not view


def read(target: ast.expr) -> ast.expr:
    """Return a target of an assignment as an expression."""
    expression: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return expression


def set_at(target: ast.Subscript, value: ast.expr) -> str:
    """Return the assignment to elements as a call of `am.set_at`."""
    whole = ast.unparse(target.value)
    index = ast.unparse(target)[len(whole) + 1 : -1]
    sliced = any(isinstance(part, ast.Slice) for part in ast.walk(target.slice))
    spelled = f"np.s_[{index}]" if sliced else f"({index})" if isinstance(target.slice, ast.Tuple) else index
    return f"{whole} = am.set_at({whole}, {spelled}, {ast.unparse(value)})"


def user_frame() -> FrameType | None:
    """Return the nearest frame outside this package and NumPy."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (__package__, "numpy"):
        frame = frame.f_back
    return frame
