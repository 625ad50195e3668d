"""`explain`: how one gradient came about, taken apart into what each path adds."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..graph import ancestors, own_module, towards
from ..trace import conjugate
from .explanation import LONG, Explanation, Step, Term, shown
from .known import Known
from .naming import argument_names, name_of_node
from .passes import Use, as_gradient, cotangents, pull_use, quiet, uses_in
from .telling import Teller, unique_names

own_module(globals())


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
    told = argument_names("explain", "x", "of")
    named = {x.node: x.node.name or told.get("x"), of.node: of.node.name or told.get("of")}
    with quiet():
        return Explainer(x, of, named).explanation(int(max_paths))


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
    if isinstance(max_paths, bool) or not isinstance(max_paths, (int, np.integer)) or max_paths < 1:
        raise InvalidInput(f"max_paths is {max_paths!r}", "a sum has at least one term", "an integer of at least 1")
    if x.node is of.node:
        raise InvalidInput(
            "am.explain got the same value as x and as the result", "its derivative by itself is 1", "two values"
        )


class Explainer:
    """Takes the gradient of one result by one value apart."""

    def __init__(self, x: Value, of: Value, named: dict[Any, str | None]) -> None:
        self.x, self.of = x, of
        self.cots = cotangents(of.node, of.dtype.type(1))
        self.order = [node for node in towards([x.node], [of.node]).order if node in self.cots]  # newest first
        if x.node not in self.cots or not self.order:
            self._refuse(named.get(x.node) or name_of_node(x.node) or "x")
        on_path = {*self.order, x.node}
        self.users: dict[Any, list[Use]] = {node: [] for node in on_path}
        self.paths: Counter[Any] = Counter({of.node: 1})
        for node in self.order:
            for use in uses_in(node):
                if use.source in on_path:
                    self.users[use.source].append(use)
                    self.paths[use.source] += self.paths[node]
        self.known = Known({of.node: of.data, x.node: x.data}, self.order)
        self.names = unique_names([x.node, *reversed(self.order)], of.node, named)
        self.teller = Teller(self.known, self.names, {of.node})

    def _refuse(self, name: str) -> NoReturn:
        """Raise because no gradient gets from the result to the value."""
        if self.x.node in ancestors([self.of.node]):
            raise InvalidInput(
                f"the gradient by {name} is zero: no path to it has a derivative",
                "each goes through a function that is flat, or a number that another transform differentiates",
                "am.draw(result) shows these with a dashed arrow",
            )
        raise InvalidInput(
            f"the result doesn't depend on {name}",
            "there is no path of recorded operations between them",
            "a value that the result was computed from; am.draw(result) shows them",
        )

    def explanation(self, most: int) -> Explanation:
        """Return the terms, the largest first, with how the values on their paths were computed."""
        parts = self._parts(most)
        routes = [self._route(part) for part in parts]
        alike, first = Counter(routes), dict(zip(reversed(routes), reversed(parts), strict=True))
        shown = {self.x.node, *(use.node for part in parts for use in chained(part.uses))}
        self.teller.told = {self.of.node, *shown}
        terms = [self._term(first[one], n) for one, n in alike.items()]
        terms.sort(key=lambda term: -size_of(term.value))
        lines = tuple(self.teller.line(node) for node in reversed(self.order) if node in shown)
        gradient = conjugate(self.cots[self.x.node])
        point = self.teller.line(self.x.node).value
        return Explanation(self.names[self.of.node], self.names[self.x.node], point, gradient, tuple(terms), lines)

    def _parts(self, most: int) -> list[Part]:
        """Return what the gradient consists of: whole paths, or all that come down to one value."""
        number = count()  # so that equal sizes are taken in turn
        waiting: list[tuple[float, int, Part]] = []

        def add(part: Part) -> None:
            if part.value is not None:
                heapq.heappush(waiting, (-size_of(part.value), next(number), part))

        for use in self.users[self.x.node]:
            add(Part(use.node, (use, None), pull_use(use, self.cots[use.node])))
        done: list[Part] = []
        while waiting:
            _, _, part = heapq.heappop(waiting)
            above = self.users[part.head]
            if not above or (len(above) > 1 and len(done) + len(waiting) + len(above) > most):
                done.append(part)
            elif len(above) == 1:  # all that arrived there came this way
                add(Part(above[0].node, (above[0], part.uses), part.value))
            else:
                for use in above:
                    value = pull_use(use, self.cots[use.node])
                    for below in chained(part.uses):
                        value = None if value is None else pull_use(below, value)
                    add(Part(use.node, (use, part.uses), value))
        return done

    def _route(self, part: Part) -> tuple[Any, ...]:
        """Return what parts that look alike have in common: the nodes, the rules, and how much they add."""
        steps = ((use.source, self.teller.rule(use)) for use in chained(part.uses))
        return part.head, *steps, np.asarray(part.value).tobytes()

    def _term(self, part: Part, alike: int) -> Term:
        """Return a part as text, of a long path the steps at both ends."""
        uses, steps, g = list(chained(part.uses)), [], self.cots[part.head]
        start, value = seen(g), conjugate(alike * part.value)
        for i, use in enumerate(uses):
            g = pull_use(use, g)
            if LONG // 2 <= i < len(uses) - LONG // 2:
                continue
            above, below = self.known.likes.get(use.node), self.known.likes.get(use.source)
            slope = ""
            if above is not None and below is not None and above[0] == below[0] == ():
                slope = seen(pull_use(use, above[1].type(1)))
            times = sum(other.source is use.source for other in uses_in(use.node))
            above_name, below_name = self.names[use.node], self.names[use.source]
            steps.append(Step(above_name, below_name, self.teller.rule(use), slope, seen(g), times))
        skipped = len(uses) - len(steps)
        return Term(self.names[part.head], start, self.paths[part.head], tuple(steps), value, alike, skipped)


class Part(NamedTuple):
    """What comes down from a value along one way: the uses from there down, as linked pairs, and what it adds."""

    head: Any
    uses: Any
    value: Any


def chained(uses: Any) -> Iterator[Use]:
    """Iterate over linked pairs."""
    while uses is not None:
        use, uses = uses
        yield use


def seen(g: Any) -> str:
    """Return a cotangent as the gradient that the user sees."""
    return shown(as_gradient(g))


def size_of(g: Any) -> float:
    """Return the size of the largest element of a gradient, or of those of several results."""
    if isinstance(g, dict):
        return max(map(size_of, g.values()), default=0.0)
    return float(np.max(np.abs(g))) if np.size(g) else 0.0
