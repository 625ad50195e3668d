"""The first number that isn't finite: which operation made it, of which inputs, and how to write it safely."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import AnomalyError
from .graph import Call, Node, line_of, own_module

own_module(globals())

# What to write where a function leaves the finite numbers, in its value or in its slope. In the branch that `where`
# doesn't take, the argument must be safe too, or 0 · inf makes a NaN of the gradient.
SAFER: dict[Callable[..., Any], str] = {
    np.log: "np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0); np.log1p(x) for np.log(1 + x), np.logaddexp(a, b) for"
    " np.log(np.exp(a) + np.exp(b))",
    np.log1p: "np.where(x > -1, np.log1p(np.where(x > -1, x, 0)), 0)",
    np.sqrt: "np.hypot(a, b) or np.linalg.norm(v) for the root of a sum of squares, with slope 0 at 0; else"
    " np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)",
    np.cbrt: "np.where(x != 0, np.cbrt(np.where(x != 0, x, 1)), 0)",
    np.true_divide: "np.where(d != 0, n / np.where(d != 0, d, 1), 0)",
    np.reciprocal: "np.where(x != 0, 1 / np.where(x != 0, x, 1), 0)",
    np.power: "np.where(x > 0, np.where(x > 0, x, 1) ** p, 0); a Python integer as the exponent of a negative number",
    np.exp: "np.logaddexp(a, b) for np.log(np.exp(a) + np.exp(b)), v.sigmoid() for 1 / (1 + np.exp(-v)),"
    " np.exp(x - np.max(x)) in a quotient of exponentials",
    np.expm1: "np.expm1(np.minimum(x, 700))",
    np.cosh: "np.logaddexp(x, -x) - np.log(2) for np.log(np.cosh(x))",
    np.sinh: "np.abs(x) - np.log(2) for np.log(np.sinh(np.abs(x))) of large x",
    np.arcsin: "np.arcsin(np.clip(x, -1 + 1e-12, 1 - 1e-12)), or np.arctan2(y, x) of both legs",
    np.arccos: "np.arccos(np.clip(x, -1 + 1e-12, 1 - 1e-12)), or np.arctan2(y, x) of both legs",
    np.arctanh: "np.arctanh(np.clip(x, -1 + 1e-12, 1 - 1e-12))",
    np.arccosh: "np.where(x > 1, np.arccosh(np.where(x > 1, x, 2)), 0)",
    np.arctan2: "np.where((y != 0) | (x != 0), np.arctan2(y, np.where((y != 0) | (x != 0), x, 1)), 0)",
    np.prod: "np.exp(np.sum(np.log(x))) of positive numbers, or the sum of logarithms itself",
    np.linalg.det: "np.linalg.slogdet(a): the logarithm doesn't overflow",
}
GENERAL = (
    "keep the function away from its singular points; for np.where make the argument safe too:"
    " np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)"
)
LARGE = "smaller numbers: scale them first, or work with their logarithms"
FIRST = "the first number that isn't finite is usually the cause of all later ones"


def refuse_value(node: Node, call: Call) -> None:
    """Raise if the result of a call holds a NaN or an infinity."""
    refuse(call.result, f"the result of {node.op.name}", node)


def refuse_seed(g: Any, node: Node) -> None:
    """Raise if the cotangent that a pass starts with holds a NaN or an infinity."""
    what = f"the gradient of the result of {node.op.name}"
    refuse(g, what, node, "the pass was started with it", "a finite cotangent for backward() or the pullback")


def refuse_given(node: Node, cots: dict[Any, Any]) -> None:
    """Raise if a cotangent that a node has given to one of its inputs holds a NaN or an infinity."""
    for name, inputs, _ in node.edges:
        for one in inputs if isinstance(inputs, tuple) else (inputs,):
            refuse(cots.get(one), f"the gradient that {node.op.name} gives to its argument {name}", node)


def refuse(x: Any, what: str, node: Node, why: str = "", instead: str = "") -> None:
    """Raise if an array, or one of several, holds a NaN or an infinity: with the arguments at the first place."""
    for part in x.values() if isinstance(x, dict) else x if isinstance(x, (tuple, list)) else (x,):
        raw: Any = getattr(part, "_raw", part)
        if getattr(raw, "dtype", None) is None or raw.dtype.kind not in "fc":
            continue
        bad = ~np.isfinite(raw)
        if np.any(bad):
            first = tuple(np.argwhere(bad)[0].tolist())
            worst = "nan" if np.isnan(raw[first]) else "inf"
            place = f" at {list(first)}, in {np.sum(bad)} of {raw.size} elements" if raw.ndim else ""
            if not why:
                why, instead = cause(node, raw.shape, first, worst)
            raise AnomalyError(f"{what} is {worst}{place} ({line_of(node.code, node.lasti)})", why, instead)


def cause(node: Node, shape: tuple[int, ...], index: tuple[int, ...], worst: str) -> tuple[str, str]:
    """Return why a number isn't finite, and what to write instead."""
    given = list(arguments_there(node, shape, index))
    broadcasts = node.op.rule is not None and node.op.rule.broadcasts
    there = ("there " if shape and broadcasts else "") + ", ".join(f"{name} = {shown}" for name, shown, _ in given)
    came = [name for name, _, finite in given if not finite]
    if came:
        if node.call is None:  # recorded outside, where nothing was looked at
            return f"{there}: it wasn't finite before", "the forward pass inside am.detect_anomaly(), too"
        return (
            f"{there}: it wasn't finite before, and came from a leaf or a constant",
            f"look at what {' and '.join(came)} was made from; np.nanmean and the like, or np.nan_to_num, for gaps",
        )
    return f"{there}; {FIRST}" if given else FIRST, advice(node, LARGE if worst == "inf" and given else GENERAL)


def advice(node: Node, otherwise: str = GENERAL) -> str:
    """Return how to write an operation so that it stays finite."""
    return otherwise if node.op.rule is None else SAFER.get(node.op.rule.function, otherwise)


def arguments_there(node: Node, shape: tuple[int, ...], index: tuple[int, ...]) -> Iterator[tuple[str, str, bool]]:
    """Iterate over the arguments of a call, or those that its rule saved: name, text and whether it is finite.

    Of functions that broadcast, the element that belongs to the index; of others the extent.
    """
    rule: Any = node.op.rule
    if rule is None:
        return
    given = node.saved if node.call is None else node.call.named(rule)
    for param, arg in given.items():
        if param not in rule.pullbacks and param not in rule.constants:
            continue
        several = isinstance(arg, (list, tuple))
        for i, x in enumerate(arg if several else [arg]):
            name, array = f"{param}[{i}]" if several else param, np.asarray(x)
            if array.dtype.kind not in "iufc" or not array.size:
                continue
            try:
                one = np.broadcast_to(array, shape)[index] if rule.broadcasts else None
            except ValueError:  # the place is one in another argument, which was broadcast
                one = None
            if one is not None:
                yield name, f"{one:.4g}", bool(np.isfinite(one))
            else:
                finite, size = bool(np.all(np.isfinite(array))), np.abs(array)
                extent = f"{np.min(size):.3g} … {np.max(size):.3g} in size" if finite else "not finite"
                yield name, f"{array.dtype} {array.shape}, {extent}", finite
