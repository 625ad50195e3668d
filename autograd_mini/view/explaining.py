"""`explain`: how one gradient came about, taken apart into what each path adds."""

from __future__ import annotations

import heapq
import os
from collections import Counter
from itertools import count
from typing import Any

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..graph import by_number, line_of, own_module, towards
from ..trace import conjugate
from .calls import SYMBOLS, constants, last_name, operation
from .explanation import Explanation, Step, Term, shown
from .formula import formula
from .known import Known
from .naming import argument_names, name_of_node
from .passes import Use, cotangents, pull_use, uses_in
from .summary import shape_and_dtype, summary

own_module(globals())
Part = tuple[Any, tuple[Use, ...], Any]  # the value where it starts, the uses from there down, what it adds


def explain(x: Value, of: Value, max_paths: int = 12) -> Explanation:
    """Explain how the gradient of a result by one value came about: the chain rule, path by path.

    A path goes from the result down to the value, from each operation to one of its inputs, and adds the product of the
    slopes on it. Where there are more than `max_paths` paths, those that come down to the same value share the part
    above it: the largest are taken apart first.

    Parameters
    ----------
    x : Value
        A leaf, or any value that the result was computed from.
    of : Value
        The result: one real number.
    max_paths : int, default 12
        How many terms the sum has at most (it may have more where `x` itself is used more often).

    Returns
    -------
    Explanation
        Shows itself in a terminal and in a notebook; ``.latex()`` writes the sum; ``.terms`` are its parts, which add
        up to ``.gradient``.

    Raises
    ------
    InvalidInput
        If `x` or `of` is no recorded Value, `of` is not one real number, or it doesn't depend on `x`.

    Examples
    --------
    >>> w, x = Value(0.5, name="w"), Value(2.0, name="x")
    >>> y = w * x + w
    >>> explain(w, of=y)
    ∂y/∂w = 3 at w = 0.5
    <BLANKLINE>
    computed as
      z1 = w × x  = 1 ...
      y = z1 + w  = 1.5 ...
    <BLANKLINE>
    the chain rule, along 2 paths
    <BLANKLINE>
    1. y → z1 → w:  1 · 2 = 2
         ∂y/∂z1: g, slope 1   →  1
         ∂z1/∂w: g · x, slope 2   →  2
    <BLANKLINE>
    2. y → w:  1
         ∂y/∂w: g, slope 1   →  1
    <BLANKLINE>
    sum: 2 + 1 = 3
    """
    check(x, of, max_paths)
    told = argument_names("x", "of")
    names = {node: told[name] for node, name in ((x.node, "x"), (of.node, "of")) if name in told}
    order = towards([x.node], [of.node]).order  # newest first, without x
    if not order:
        raise InvalidInput(
            f"the result doesn't depend on {name_of_node(x.node, names) or 'x'}",
            "there is no path of recorded operations between them",
            "a value that the result was computed from; am.draw(result) shows them",
        )
    return Explainer(x, of, order, names).explanation(max_paths)


def check(x: Any, of: Any, max_paths: Any) -> None:
    """Raise if the arguments of `explain` make no sense."""
    for name, value in (("x", x), ("of", of)):
        if not isinstance(value, Value) or value.node is None:
            raise InvalidInput(
                f"am.explain got {name} = {type(value).__name__} without a graph",
                "only what is computed from a Value is recorded",
                "x = am.Value(...), a result computed from it, then am.explain(x, of=result)",
            )
    if of.shape != () or of.dtype.kind == "c":
        raise InvalidInput(
            f"am.explain of a result of shape {of.shape}, dtype {of.dtype}",
            "a gradient is that of one real number",
            "np.sum(...) or one element of it",
        )
    if not isinstance(max_paths, int) or max_paths < 1:
        raise InvalidInput(f"max_paths is {max_paths!r}", "a sum has at least one term", "an integer of at least 1")
    if x.node is of.node:
        raise InvalidInput(
            "am.explain got the same value as x and as the result", "its derivative by itself is 1", "two values"
        )


class Explainer:
    """Takes the gradient of one result by one value apart."""

    def __init__(self, x: Value, of: Value, order: list[Any], variables: dict[Any, str]) -> None:
        self.x, self.of, self.order = x, of, order
        on_path = {*order, x.node}
        self.users: dict[Any, list[Use]] = {node: [] for node in on_path}
        self.paths: Counter[Any] = Counter({of.node: 1})
        for node in order:
            for use in uses_in(node):
                if use.source in on_path:
                    self.users[use.source].append(use)
                    self.paths[use.source] += self.paths[node]
        self.cots = cotangents(of.node, of.dtype.type(1))
        self.known = Known({of.node: of.data, x.node: x.data}, order)
        self.names = unique_names([x.node, *reversed(order)], of.node, variables)

    def explanation(self, max_paths: int) -> Explanation:
        """Return the terms, the largest first, with how the values on their paths were computed."""
        parts = self._parts(max_paths)
        alike = Counter(route(part) for part in parts)
        first = {route(part): part for part in reversed(parts)}
        terms = [self._term(first[one], n) for one, n in alike.items()]
        terms.sort(key=lambda term: -size_of(term.value))
        nodes = {use.node for _, uses, _ in parts for use in uses}
        lines = tuple(self._line(node) for node in reversed(self.order) if node in nodes)
        point = self._line(self.x.node)[2]
        gradient = conjugate(self.cots[self.x.node])
        return Explanation(self.names[self.of.node], self.names[self.x.node], point, gradient, tuple(terms), lines)

    def _parts(self, most: int) -> list[Part]:
        """Return what the gradient consists of: whole paths, or all that come down to one value."""
        number = count()  # so that equal sizes are taken in turn
        waiting: list[tuple[float, int, Any, tuple[Use, ...], Any]] = []

        def add(head: Any, uses: tuple[Use, ...], value: Any) -> None:
            heapq.heappush(waiting, (-size_of(value), next(number), head, uses, value))

        for use in self.users[self.x.node]:
            add(use.node, (use,), pull_use(use, self.cots[use.node]))
        done: list[Part] = []
        while waiting:
            _, _, head, uses, value = heapq.heappop(waiting)
            above = self.users[head]
            if not above or (len(above) > 1 and len(done) + len(waiting) + len(above) > most):
                done.append((head, uses, value))
                continue
            for use in above:
                if len(above) > 1:  # else all that arrived there came this way
                    value = pull_use(use, self.cots[use.node])
                    for below in uses:
                        value = pull_use(below, value)
                add(use.node, (use, *uses), value)
        return done

    def _term(self, part: Part, alike: int) -> Term:
        head, uses, value = part
        g, steps = self.cots[head], []
        start = shown(g)
        for use in uses:
            g = pull_use(use, g)
            uses_of = sum(other.source is use.source for other in uses_in(use.node))
            above, below = self.known.likes.get(use.node), self.known.likes.get(use.source)
            numbers = above is not None and below is not None and above[0] == below[0] == ()
            slope = shown(pull_use(use, above[1].type(1))) if numbers and above else ""
            steps.append(Step(self.names[use.node], self.names[use.source], self._rule(use), slope, shown(g), uses_of))
        return Term(self.names[head], start, self.paths[head], tuple(steps), conjugate(alike * value), alike)

    def _rule(self, use: Use) -> str:
        """Return the rule of a use, with the names of what it was called with."""
        rule = use.node.op.rule
        if rule is None:
            return f"g in its place, {operation(use.node)}" if use.node.op.kind == "pick" else "g"
        names = {"out": self.names[use.node]} | {
            param: summary(x) for param, x in constants(use.node) if np.ndim(x) == 0
        }
        for other in uses_in(use.node):
            if other.position is None:
                names[other.param] = self.names.get(other.source) or name_of_node(other.source) or other.param
        text = formula(rule, use.param, names)
        above, below = self.known.likes.get(use.node), self.known.likes.get(use.source)
        elementwise = rule.broadcasts and getattr(rule.function, "signature", None) is None
        if elementwise and above and below and above[0] != below[0]:
            text += ", summed over the axes that were broadcast"
        return text

    def _line(self, node: Any) -> tuple[str, str, str, str]:
        value = self.known.values.get(node)
        like = self.known.likes.get(node)
        told = "" if value is None else summary(value)
        told = " ".join(part for part in (shape_and_dtype(*like) if like else "", told) if part)
        line = os.path.basename(line_of(node.code, node.lasti)) if node.code is not None else ""
        return self.names[node], self._expression(node), told, line

    def _expression(self, node: Any) -> str:
        """Return what a node computed, with the names of its inputs."""
        rule = node.op.rule
        if rule is None:
            inputs = ", ".join(self.names.get(one, "…") for one in node.inputs)
            return f"{operation(node)} of {inputs}"
        parts: dict[str, str] = {}
        for param, x in constants(node):
            parts[param] = "…" if x is None else summary(x) if np.ndim(x) == 0 or isinstance(x, list) else "array"
        for use in uses_in(node):
            name = self.names.get(use.source) or name_of_node(use.source) or "…"
            parts[use.param] = f"{parts[use.param]}, {name}" if use.position and use.param in parts else name
        ordered = [parts[param] for param in rule.params if param in parts]
        symbol = SYMBOLS.get(rule.function)
        if symbol and len(ordered) == 2:
            return f"{ordered[0]} {symbol} {ordered[1]}"
        if symbol and len(ordered) == 1:
            return f"{symbol}{ordered[0]}"
        settings = operation(node).removeprefix(last_name(rule.name)).strip("() ")
        return f"{last_name(rule.name)}({', '.join([*ordered, *([settings] if settings else [])])})"


def route(part: Part) -> tuple[Any, ...]:
    """Return the nodes that a part of a gradient goes through, and how much it adds."""
    head, uses, value = part
    return head, *(use.source for use in uses), np.asarray(value).tobytes()


def unique_names(oldest_first: list[Any], result: Any, variables: dict[Any, str]) -> dict[Any, str]:
    """Return a name for each node, no two alike: its own, or z and a number; y for a result without one."""
    found: dict[Any, str] = {}
    taken: Counter[str] = Counter()
    unnamed = count(1)
    for node in sorted(oldest_first, key=by_number):
        name = name_of_node(node, variables) or ("y" if node is result else f"z{next(unnamed)}")
        taken[name] += 1
        found[node] = name if taken[name] == 1 else f"{name}({taken[name]})"
    return found


def size_of(g: Any) -> float:
    """Return the size of the largest element of a gradient, or of those of several results."""
    if isinstance(g, dict):
        return max(map(size_of, g.values()), default=0.0)
    return float(np.max(np.abs(g))) if np.size(g) else 0.0
