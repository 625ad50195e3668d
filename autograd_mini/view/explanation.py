"""An explanation of one gradient, as it shows itself: the chain rule, path by path, in words and numbers."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .graph_data import plural
from .notation import binds_like_a_sum
from .summary import summary

LONG = 24  # steps of a path, of which those at both ends are shown if there are more


@dataclass(frozen=True)
class Step:
    """One factor of the chain rule: the gradient that a use of a value in an operation passes on.

    `rule` is what the operation's rule computes; `slope` the local derivative where both are numbers, else nothing;
    `gradient` what has arrived after the step; `uses` how often the operation uses that value, this being one of them.
    """

    above: str
    below: str
    rule: str
    slope: str
    gradient: str
    uses: int


@dataclass(frozen=True, eq=False)
class Term:
    """What one path, or all paths that come down to one value, add to the gradient.

    `head` is where it starts: the result, or a value that `paths` paths lead to, whose gradient `start` they share.
    `alike` tells how many such parts there are, since an operation may use a value more than once; `value` is what
    they add together; `skipped` how many steps in the middle of a long path are left out.
    """

    head: str
    start: str
    paths: int
    steps: tuple[Step, ...]
    value: Any
    alike: int = 1
    skipped: int = 0


@dataclass(frozen=True, eq=False)
class Explanation:
    """How a gradient came about: shows itself in a terminal and in a notebook, and as LaTeX.

    Attributes
    ----------
    result, variable, point : str
        The names of what was differentiated, and by what, and where that stands.
    gradient : number or array
        The gradient, the sum of the terms.
    terms : tuple of Term
        What each path adds, the largest first.
    lines : tuple of (str, str, str, str)
        How each value on the paths was computed: its name, the expression, its value, the line of code.
    """

    result: str
    variable: str
    point: str
    gradient: Any
    terms: tuple[Term, ...]
    lines: tuple[tuple[str, str, str, str], ...]

    def __str__(self) -> str:
        text = f"∂{self.result}/∂{self.variable} = {shown(self.gradient)} at {self.variable} = {self.point}\n"
        text += "\ncomputed as\n"
        wide = max((len(f"{name} = {how}") for name, how, _, _ in self.lines), default=0)
        lines = [
            f"  {f'{name} = {how}':<{min(wide, 50)}}  = {value:<24} {line}".rstrip() + "\n"
            for name, how, value, line in self.lines
        ]
        text += "".join(abridged(lines, f"  … {len(lines) - LONG:,} more\n"))
        text += f"\nthe chain rule, along {paths_text(sum(term.paths * term.alike for term in self.terms))}\n"
        if np.iscomplexobj(self.gradient):
            text += "(gradients as .grad has them; of complex numbers, the rules are those of their conjugates)\n"
        for i, term in enumerate(self.terms, start=1):
            text += f"\n{i}. {self._route(term)}\n"
            if term.head != self.result:
                text += f"     ∂{self.result}/∂{term.head} = {term.start}, by {paths_text(term.paths)}\n"
            steps = [
                f"     ∂{step.above}/∂{step.below}{one_of(step.uses)}: {step.rule}"
                f"{step.slope and f', slope {step.slope}'}   →  {step.gradient}\n"
                for step in term.steps
            ]
            text += "".join(joined(steps, f"     … {term.skipped:,} more steps\n", term.skipped))
        total = " + ".join(shown(term.value) for term in self.terms)
        return text + (f"\nsum: {total} = {shown(self.gradient)}" if len(self.terms) > 1 else "").rstrip()

    __repr__ = __str__

    def _route(self, term: Term) -> str:
        names = joined([term.head, *(step.below for step in term.steps)], "…", term.skipped)
        times, factors = f"{term.alike} alike: " if term.alike > 1 else "", self._factors(term)
        product = f":  {' · '.join(factors)}" if len(factors) > 1 or np.ndim(term.value) == 0 else ""
        numbers = f"{product} = {shown(term.value)}" if len(factors) > 1 else product
        return times + " → ".join(names) + numbers

    def _factors(self, term: Term) -> list[str]:
        """Return the numbers whose product a term is; the term itself where some are arrays."""
        slopes = [step.slope for step in term.steps]
        if not all(slopes) or term.skipped:
            return [shown(term.value)]
        alike, start = [str(term.alike)] * (term.alike > 1), [term.start] * (term.head != self.result)
        first, *rest = [*alike, *start, *slopes]
        return [first, *(f"({x})" if binds_like_a_sum(x) else x for x in rest)]

    def _repr_html_(self) -> str:
        """Return the explanation as tables."""

        def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
            cells = ["".join(f"<td style='text-align:left'>{html.escape(x)}</td>" for x in row) for row in rows]
            top = "".join(f"<th style='text-align:left'>{x}</th>" for x in head)
            return (
                f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(f'<tr>{c}</tr>' for c in cells)}</tbody></table>"
            )

        name = html.escape(f"∂{self.result}/∂{self.variable}")
        parts = [f"<p><b>{name} = {html.escape(shown(self.gradient))}</b></p>"]
        parts.append(table(("value", "computed as", "is", "at"), abridged(list(self.lines), ("…", "", "", ""))))
        for i, term in enumerate(self.terms, start=1):
            parts.append(f"<p>{i}. {html.escape(self._route(term))}</p>")
            rows = [(f"∂{s.above}/∂{s.below}{one_of(s.uses)}", s.rule, s.slope, s.gradient) for s in term.steps]
            parts.append(table(("factor", "rule", "slope", "gradient that arrives"), rows))
        return "".join(parts)

    def latex(self) -> str:
        r"""Return the chain rule in LaTeX: a sum of products of derivatives, and the same in numbers.

        Examples
        --------
        >>> import autograd_mini as am
        >>> w = am.Value(3.0)
        >>> print(am.explain(w, of=w * w).latex())
        \begin{aligned}
        \frac{\partial y}{\partial w} &= 2 \, \left.\frac{\partial y}{\partial w}\right|_{\text{one use}} \\
        &= 2 \cdot 3 = 6
        \end{aligned}
        """

        def partial(above: str, below: str, uses: int = 1) -> str:
            whole = rf"\frac{{\partial {escaped(above)}}}{{\partial {escaped(below)}}}"
            return whole if uses == 1 else rf"\left.{whole}\right|_{{\text{{one use}}}}"

        def number(text: str) -> str:
            return text if np.ndim(self.gradient) == 0 else rf"\text{{{text}}}"

        products = []
        for term in self.terms:
            first = [] if term.head == self.result else [partial(self.result, term.head)]
            alike = [str(term.alike)] if term.alike > 1 else []
            products.append(r" \, ".join([*alike, *first, *(partial(s.above, s.below, s.uses) for s in term.steps)]))
        numbers = [r" \cdot ".join(map(number, self._factors(term))) for term in self.terms]
        total = number(shown(self.gradient))
        return (
            "\\begin{aligned}\n"
            f"{partial(self.result, self.variable)} &= {' + '.join(products)} \\\\\n"
            f"&= {' + '.join(numbers)} = {total}\n"
            "\\end{aligned}"
        )


def shown(g: Any) -> str:
    """Return a gradient: a number with six digits, an array with its shape."""
    if isinstance(g, dict):
        return ", ".join(map(shown, g.values()))
    if np.ndim(g) == 0:
        return f"{g + 0:.6g}"  # + 0 makes -0 a 0
    return f"{np.shape(g)} {summary(g)}"


SPECIAL = {c: f"\\{c}" for c in "#$%&_{}"} | {"\\": r"\backslash ", "~": r"\sim ", "^": r"\wedge ", " ": r"\ "}


def escaped(name: str) -> str:
    """Return a name as LaTeX shows it.

    Examples
    --------
    >>> print(escaped("w"), escaped("hidden_1"))
    w \\mathrm{hidden\\_1}
    """
    return name if len(name) == 1 and name.isalpha() else rf"\mathrm{{{''.join(SPECIAL.get(c, c) for c in name)}}}"


def one_of(uses: int) -> str:
    """Return a remark for one of several uses of a value by an operation."""
    return f" (one of {uses} uses)" if uses > 1 else ""


def abridged(parts: list[Any], between: Any) -> list[Any]:
    """Return the first and the last of many parts, with something for those between."""
    return parts if len(parts) <= LONG + 1 else [*parts[: LONG // 2], between, *parts[-LONG // 2 :]]


def joined(ends: list[str], between: str, skipped: int) -> list[str]:
    """Return the parts at both ends of a path, with a text for those that were skipped."""
    middle = len(ends) - LONG // 2
    return [*ends[:middle], between, *ends[middle:]] if skipped else ends


def paths_text(n: int) -> str:
    """Return how many paths there are.

    Examples
    --------
    >>> paths_text(1), paths_text(64), paths_text(2**100)
    ('1 path', '64 paths', 'about 10^30 paths')
    """
    return plural(n, "path") if n < 10**15 else f"about 10^{int((n.bit_length() - 1) * math.log10(2))} paths"
