"""Operations and their derivative rules in words: with the names of what they were called with, or its numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Mapping
from itertools import count, takewhile
from typing import Any, NamedTuple

import numpy as np

from ..graph import by_number
from ..primitives import getitem
from .calls import SYMBOLS, constants, last_name, operation, settings
from .formula import formula
from .known import Known
from .naming import line_of_node, name_of_node
from .notation import Writer, binds_like_a_sum
from .passes import Use, uses_in
from .summary import shape_and_dtype, shorten, summary


class Line(NamedTuple):
    """How a value was computed: its name, the expression, what it is, and the line of code."""

    name: str
    expression: str
    value: str
    place: str


class Teller:
    """Says what operations compute and what their rules give, of the nodes of one graph.

    Attributes
    ----------
    known : Known
        What the graph tells of its values.
    names : dict of Node to str
        A name for each node, no two alike.
    told : container of Node
        The nodes that are shown beside the text: others are called by a name of the user's own only.
    """

    def __init__(self, known: Known, names: Mapping[Any, str], told: Container[Any]) -> None:
        self.known, self.names, self.told = known, names, told

    def rule(self, use: Use, g: str = "g", writer: type[Writer] = Writer) -> str:
        """Return the rule of a use, with the names of what it was called with."""
        node, rule = use.node, use.node.op.rule
        mark = writer({}).mark
        if rule is None:
            told = {"pick": f"{g} in its place, {operation(node)}", "link": g}
            return mark(told.get(node.op.kind, f"run again inside the {node.op.kind}"), "mtext")
        given = {param: constant_text(x) for param, x in constants(node)}
        given |= {other.param: self.label(other.source) for other in uses_in(node) if other.position is None}
        above, below = self.known.likes.get(node), self.known.likes.get(use.source)
        if g != "g" and above and below and "n" not in rule.params:  # how many numbers a mean is of
            given["n"] = str(math.prod(below[0]) // max(math.prod(above[0]), 1))
        text = formula(rule, use.param, given | {"out": self.names[node], "g": g}, writer)
        elementwise = rule.broadcasts and getattr(rule.function, "signature", None) is None
        if elementwise and above and below and above[0] != below[0]:
            text += mark(", summed over the axes that were broadcast", "mtext")
        return text

    def label(self, node: Any) -> str:
        """Return the name of an input: of those that aren't shown only if it is the user's own, and nobody else's."""
        if node in self.told:
            return self.names[node]
        name = name_of_node(node)
        return name if name and name not in self.names.values() else "…"

    def line(self, node: Any) -> Line:
        """Return how a node was computed."""
        value, like = self.known.values.get(node), self.known.likes.get(node)
        told = "not kept" if value is None and node.results is None else "" if value is None else summary(value)
        told = " ".join(part for part in (shape_and_dtype(*like) if like else "", told) if part)
        return Line(self.names[node], self.expression(node), told, line_of_node(node))

    def expression(self, node: Any) -> str:
        """Return what a node computed, as a call with the names of its inputs."""
        rule = node.op.rule
        if rule is None:
            return f"{operation(node)} of {', '.join(map(self.label, node.inputs or node.hidden))}"
        if rule.function is getitem:
            return f"{self.label(node.inputs[0])}{operation(node).removeprefix('getitem').strip()}"
        given = {param: constant_text(x) for param, x in constants(node)}
        for param, inputs, _ in node.edges:
            several = isinstance(inputs, tuple)
            items = ["constant" if one is None else self.label(one) for one in (inputs if several else (inputs,))]
            given[param] = f"[{', '.join(items)}]" if several else items[0]
        ordered = [given.get(param) for param in rule.params]
        symbol = SYMBOLS.get(rule.function)
        if symbol and len(given) == len(ordered) <= 2:
            first, *second = (f"({x})" if binds_like_a_sum(str(x)) else str(x) for x in ordered)
            return f"{first} {symbol} {second[0]}" if second else f"{symbol}{first}"
        inputs_first = list(takewhile(lambda x: x is not None, ordered))
        rest = [f"{p}={x}" for p, x in zip(rule.params, ordered, strict=True) if x is not None][len(inputs_first) :]
        return f"{last_name(rule.name)}({', '.join([*map(str, inputs_first), *rest, *settings(node)])})"


def constant_text(x: Any) -> str:
    """Return a constant as expressions show it: a number with all its digits, an array by that word."""
    if x is None:
        return "…"
    return f"{x:.10g}" if np.ndim(x) == 0 and np.result_type(x).kind in "iufc" else "constant"


def unique_names(oldest_first: list[Any], result: Any, named: dict[Any, str | None]) -> dict[Any, str]:
    """Return a name for each node, no two alike: its own, or z and a number; y for a result without one."""
    own = {node: named.get(node) or name_of_node(node) for node in sorted(oldest_first, key=by_number)}
    wanted, uses, taken = {*own.values()}, Counter[str](), set[str]()
    free = (f"z{i}" for i in count(1) if f"z{i}" not in wanted)
    found: dict[Any, str] = {}
    for node, name in own.items():
        name = shorten(name) or ("y" if node is result and "y" not in wanted else next(free))
        chosen = name
        while chosen in taken or (chosen != name and chosen in wanted):
            uses[name] += 1
            chosen = f"{name}({uses[name] + 1})"
        taken.add(chosen)
        found[node] = chosen
    return found
