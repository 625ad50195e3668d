"""`explain`: how one gradient came about, path by path, in words and numbers."""

from __future__ import annotations

import heapq
import html
import os
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..graph import by_number, line_of, own_module, towards
from ..trace import conjugate
from .calls import SYMBOLS, constants, last_name, operation
from .formula import formula
from .graph_data import plural
from .known import Known
from .naming import name_of_node, variables_of_caller
from .passes import Use, cotangents, pull_use, uses_in
from .summary import shape_and_dtype, summary

own_module(globals())


@dataclass(frozen=True)
class Step:
    """One factor of the chain rule: the gradient that a use of a value in an operation passes on.

    `slope` is the local derivative where both are numbers, else the rule; `gradient` what has arrived after the step.
    """

    above: str
    below: str
    rule: str
    slope: str
    gradient: str


@dataclass(frozen=True)
class Term:
    """What one path, or all paths that come down to one value, add to the gradient.

    `head` is where it starts: the result, or a value that `paths` paths lead to, whose gradient they share.
    """

    head: str
    start: str
    paths: int
    steps: tuple[Step, ...]
    value: Any


@dataclass(frozen=True)
class Explanation:
    """How a gradient came about: shows itself in a terminal and in a notebook, and as LaTeX.

    Attributes
    ----------
    result, variable : str
        The names of what was differentiated, and by what.
    gradient : number or array
        The gradient, the sum of the terms.
    terms : tuple of Term
        What each path adds, the largest first.
    lines : tuple of (str, str, str, str)
        How each value on the paths was computed: its name, the expression, its value, the line of code.
    """

    result: str
    variable: str
    gradient: Any
    terms: tuple[Term, ...]
    lines: tuple[tuple[str, str, str, str], ...]

    def __str__(self) -> str:
        text = f"∂{self.result}/∂{self.variable} = {shown(self.gradient)}\n\ncomputed as\n"
        wide = max((len(f"{name} = {how}") for name, how, _, _ in self.lines), default=0)
        for name, how, value, line in self.lines:
            text += f"  {f'{name} = {how}':<{min(wide, 50)}}  = {value:<24} {line}".rstrip() + "\n"
        paths = sum(term.paths for term in self.terms)
        text += f"\nthe chain rule, along {plural(paths, 'path')}\n"
        for i, term in enumerate(self.terms, start=1):
            text += f"\n{i}. {self._route(term)}\n"
            if term.head != self.result:
                text += f"     ∂{self.result}/∂{term.head} = {term.start}, by {plural(term.paths, 'path')}\n"
            for step in term.steps:
                text += f"     ∂{step.above}/∂{step.below}: {step.rule}{step.slope and f' = {step.slope}'}"
                text += f"   →  {step.gradient}\n"
        total = " + ".join(shown(term.value) for term in self.terms)
        return text + (f"\nsum: {total} = {shown(self.gradient)}" if len(self.terms) > 1 else "").rstrip()

    __repr__ = __str__

    def _route(self, term: Term) -> str:
        names = [term.head, *(step.below for step in term.steps)]
        slopes = [step.slope for step in term.steps]
        numbers = f":  {' · '.join([term.start, *slopes])} = {shown(term.value)}" if all(slopes) else ""
        return " → ".join(names) + numbers

    def _repr_html_(self) -> str:
        """Return the explanation as tables."""

        def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
            cells = ["".join(f"<td style='text-align:left'>{html.escape(x)}</td>" for x in row) for row in rows]
            top = "".join(f"<th style='text-align:left'>{x}</th>" for x in head)
            return (
                f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(f'<tr>{c}</tr>' for c in cells)}</tbody></table>"
            )

        name = html.escape(f"∂{self.result}/∂{self.variable}")
        parts = [f"<p><b>{name} = {html.escape(shown(self.gradient))}</b></p>"]
        parts.append(table(("value", "computed as", "is", "at"), list(self.lines)))
        for i, term in enumerate(self.terms, start=1):
            parts.append(f"<p>{i}. {html.escape(self._route(term))}</p>")
            rows = [(f"∂{s.above}/∂{s.below}", s.rule, s.slope, s.gradient) for s in term.steps]
            parts.append(table(("factor", "rule", "slope", "gradient that arrives"), rows))
        return "".join(parts)

    def latex(self) -> str:
        r"""Return the chain rule in LaTeX: a sum of products of derivatives, and the same in numbers.

        Examples
        --------
        >>> w = Value(3.0, name="w")
        >>> print(explain(w, of=w * w).latex())
        \begin{aligned}
        \frac{\partial y}{\partial w} &= \frac{\partial y}{\partial w} + \frac{\partial y}{\partial w} \\
        &= 3 + 3 = 6
        \end{aligned}
        """

        def partial(above: str, below: str) -> str:
            return rf"\frac{{\partial {escaped(above)}}}{{\partial {escaped(below)}}}"

        products, numbers = [], []
        for term in self.terms:
            whole = term.head == self.result
            first = [] if whole else [partial(self.result, term.head)]
            products.append(r" \, ".join([*first, *(partial(s.above, s.below) for s in term.steps)]))
            slopes = [step.slope for step in term.steps]
            factors = [*([] if whole else [term.start]), *slopes]
            numbers.append(r" \cdot ".join(factors) if all(slopes) else rf"\text{{{shown(term.value)}}}")
        total = shown(self.gradient)
        total = total if np.ndim(self.gradient) == 0 else rf"\text{{{total}}}"
        return (
            "\\begin{aligned}\n"
            f"{partial(self.result, self.variable)} &= {' + '.join(products)} \\\\\n"
            f"&= {' + '.join(numbers)} = {total}\n"
            "\\end{aligned}"
        )


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
    ∂y/∂w = 3
    <BLANKLINE>
    computed as
    ...
    """
    check(x, of, max_paths)
    names = variables_of_caller()
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
        terms = [self._term(*parts) for parts in self._parts(max_paths)]
        on_terms = {self.of.node, self.x.node}
        lines = tuple(self._line(node) for node in reversed(self.order) if node in on_terms or len(self.order) <= 40)
        gradient = conjugate(self.cots[self.x.node])
        return Explanation(self.names[self.of.node], self.names[self.x.node], gradient, tuple(terms), lines)

    def _parts(self, most: int) -> list[tuple[Any, tuple[Use, ...], Any]]:
        """Return terms as (head, uses from there down, value): whole paths, or all that come down to the head."""
        number = count()  # so that equal sizes are taken in turn
        waiting: list[tuple[float, int, Any, tuple[Use, ...], Any]] = []

        def add(head: Any, uses: tuple[Use, ...], value: Any) -> None:
            heapq.heappush(waiting, (-size_of(value), next(number), head, uses, value))

        for use in self.users[self.x.node]:
            add(use.node, (use,), pull_use(use, self.cots[use.node]))
        done = []
        while waiting:
            _, _, head, uses, value = heapq.heappop(waiting)
            above = self.users[head]
            if not above or (len(above) > 1 and len(done) + len(waiting) + len(above) > most):
                done.append((head, uses, value))
                continue
            for use in above:
                g = pull_use(use, self.cots[use.node])
                for below in uses:
                    g = pull_use(below, g)
                add(use.node, (use, *uses), g)
        return sorted(done, key=lambda part: -size_of(part[2]))

    def _term(self, head: Any, uses: tuple[Use, ...], value: Any) -> Term:
        g, steps = self.cots[head], []
        start = shown(g)
        for use in uses:
            g = pull_use(use, g)
            above, below = self.known.likes.get(use.node), self.known.likes.get(use.source)
            numbers = above is not None and below is not None and above[0] == below[0] == ()
            slope = shown(pull_use(use, above[1].type(1))) if numbers and above else ""
            steps.append(Step(self.names[use.node], self.names[use.source], self._rule(use), slope, shown(g)))
        return Term(self.names[head], start, self.paths[head], tuple(steps), conjugate(value))

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
        if rule.broadcasts and above and below and above[0] != below[0]:
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


def shown(g: Any) -> str:
    """Return a gradient: a number with six digits, an array with its shape."""
    if isinstance(g, dict):
        return ", ".join(map(shown, g.values()))
    if np.ndim(g) == 0:
        return f"{g:.6g}"
    return f"{np.shape(g)} {summary(g)}"


def escaped(name: str) -> str:
    """Return a name as LaTeX shows it."""
    return name if len(name) == 1 else rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
