"""`mistakes`: backward passes that are wrong in a way that people get them wrong, beside the right one.

Each is a walk of its own over a recorded graph. The engine knows nothing of them, and nobody's `.grad` is touched.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..graph import by_number, collect, own_module
from .calls import operation
from .explanation import abridged
from .naming import argument_names, name_of_node
from .passes import as_gradients, cotangents, differ, gradients, is_loss, pull_use, quiet, uses_in
from .selection import is_leaf, reachable
from .summary import summary

own_module(globals())
Cotangents = dict[Any, Any]


def add(cots: Cotangents, node: Any, g: Any) -> None:
    """Add a cotangent to what has arrived at a node; of several results, to that of each."""
    old = cots.get(node)
    if isinstance(g, dict) and old is not None:
        cots[node] = old | {i: old[i] + part if i in old else part for i, part in g.items()}
    else:
        cots[node] = g if old is None else old + g


def pass_on(
    order: list[Any],
    cots: Cotangents,
    give: Callable[[Cotangents, Any, Any], None] = add,
    taken: Callable[[Any], Any] = lambda g: g,
) -> Cotangents:
    """Let each node in an order give its cotangent, as far as it has arrived, to what it was computed from."""
    for node in order:
        for use in uses_in(node) if node in cots else ():
            g = pull_use(use, taken(cots[node]))
            if g is not None:
                give(cots, use.source, g)
    return cots


def overwrite(cots: Cotangents, node: Any, g: Any) -> None:
    """Put a cotangent in the place of what had arrived."""
    cots[node] = cots.get(node, {}) | g if isinstance(g, dict) else g


def no_accumulation(root: Any, seed: Any) -> Cotangents:
    """Overwrite a gradient with each use, where it should be added."""
    return pass_on(collect([root]).order, {root: seed}, overwrite)


def wrong_order(root: Any, seed: Any) -> Cotangents:
    """Go by the distance from the result, and so pass on a gradient before all of it has arrived."""
    return pass_on(reachable([root]), {root: seed})


def no_upstream(root: Any, seed: Any) -> Cotangents:
    """Pass on the local slope alone, without the gradient that arrived from above."""

    def ones(g: Any) -> Any:
        return {i: np.ones_like(part) for i, part in g.items()} if isinstance(g, dict) else np.ones_like(g)

    return pass_on(collect([root]).order, {root: seed}, taken=ones)


def stale_gradients(root: Any, seed: Any) -> Cotangents:
    """Run a second pass on top of what the first one left at every node."""
    order = collect([root]).order
    return pass_on(order, pass_on(order, {root: seed}) | {root: seed})


def forgot_to_zero(root: Any, seed: Any) -> Cotangents:
    """Take a second step with the gradients of the first one still in the leaves."""
    right = cotangents(root, seed)
    return {node: 2 * g if is_leaf(node) else g for node, g in right.items()}


def no_seed(root: Any, seed: Any) -> Cotangents:
    """Start from a gradient of 0 in place of ∂y/∂y = 1."""
    return cotangents(root, 0 * seed)


class Walk(NamedTuple):
    """A wrong backward pass: how it goes, what it violates, and what a graph must have for it to show."""

    run: Callable[[Any, Any], Cotangents]
    why: str
    needs: str


WALKS = {
    "no accumulation": Walk(
        no_accumulation,
        "a value that is used more than once gets a gradient from each use, and they must be added (`+=`, not `=`)",
        "a value that is used more than once",
    ),
    "wrong order": Walk(
        wrong_order,
        "an operation may pass its gradient on only when all that use its result have given theirs: in topological"
        " order, not by the distance from the result",
        "the result of an operation that is used both near the final result and far from it",
    ),
    "no upstream": Walk(
        no_upstream,
        "the chain rule multiplies each local slope with the gradient that arrives from above",
        "an operation whose gradient isn't 1",
    ),
    "stale gradients": Walk(
        stale_gradients,
        "gradients of intermediate values belong to one pass: left in place, they are passed on a second time",
        "an operation",
    ),
    "forgot to zero": Walk(
        forgot_to_zero,
        "backward() adds to the gradients of leaves, so each step needs `zero_grad()` before it",
        "a leaf",
    ),
    "no seed": Walk(no_seed, "a backward pass starts with ∂y/∂y = 1", "a gradient that isn't 0"),
}


@dataclass(frozen=True, eq=False)
class Row:
    """The gradient of one value, right and as the mistake has it."""

    name: str
    operation: str
    right: Any
    wrong: Any

    @property
    def differs(self) -> bool:
        """Whether the mistake shows here."""
        return differ(self.right, self.wrong)


@dataclass(frozen=True, eq=False)
class Mistaken:
    """What a mistake does to every gradient of a result: shows itself in a terminal and in a notebook.

    Attributes
    ----------
    kind, why, needs : str
        The mistake, what it violates, and what a graph must have for it to show.
    rows : tuple of Row
        One for each value that the result was computed from, from the result down.
    """

    kind: str
    why: str
    needs: str
    rows: tuple[Row, ...]

    @property
    def wrong(self) -> tuple[Row, ...]:
        """The rows whose gradients are wrong."""
        return tuple(row for row in self.rows if row.differs)

    def __str__(self) -> str:
        text = f"{self.kind}: {len(self.wrong)} of {len(self.rows)} gradients are wrong\n  why: {self.why}\n"
        if not self.wrong:
            text += f"  it doesn't show here: that needs {self.needs}\n"
        cells = [("value", "computed by", "gradient", "right"), *self._cells()]
        wide = [max(len(row[i]) for row in cells) for i in range(3)]
        for *first, last in [cells[0], *abridged(cells[1:], ("…", "", "", ""))]:
            padded = [f"{x:<{n}}" for x, n in zip(first, wide, strict=True)]
            text += f"  {'  '.join(padded)}  {last}\n"
        return text.rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the table, with what is wrong in bold."""
        rows = ""
        for row, cells in zip(self.rows, self._cells(), strict=True):
            shown = [html.escape(x) for x in cells]
            rows += "<tr>" + "".join(f"<td>{f'<b>{x}</b>' if row.differs else x}</td>" for x in shown) + "</tr>"
        head = "".join(f"<th>{x}</th>" for x in ("value", "computed by", "gradient", "right"))
        text = html.escape(f"{self.kind}: {self.why}")
        return f"<p>{text}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def _cells(self) -> list[tuple[str, str, str, str]]:
        def told(x: Any) -> str:
            return "none" if x is None else summary(x)

        return [
            (row.name, row.operation, told(row.wrong), f"not {told(row.right)}" if row.differs else "right")
            for row in self.rows
        ]


class Mistake:
    """A backward pass with one mistake: what `mistakes` gives."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.walk = WALKS[kind]

    def of(self, result: Value) -> Mistaken:
        """Return what the mistake does to the gradients of a result, which is one real number."""
        if not is_loss(result):
            raise InvalidInput(
                f"a mistake in the gradients of {result!r}",
                "a backward pass starts from one real number that was recorded",
                "a loss: np.sum(...) of what was computed from am.Value(...)",
            )
        named, seed = argument_names("of", "result").get("result"), result.dtype.type(1)
        with quiet():
            right, wrong = gradients(result.node, seed), self.gradients(result.node, seed)
        own = {result.node: named or name_of_node(result.node)}
        rows = (
            Row(
                own.get(node) or name_of_node(node),
                "" if is_leaf(node) else operation(node),
                right[node],
                wrong.get(node),
            )
            for node in sorted(right, key=by_number, reverse=True)
        )
        return Mistaken(self.kind, self.walk.why, self.walk.needs, tuple(rows))

    def gradients(self, root: Any, seed: Any) -> dict[Any, Any]:
        """Return the gradient of every node as the mistake has it."""
        return as_gradients(self.walk.run(root, seed))


current: ContextVar[Mistake | None] = ContextVar("autograd_mini_mistake", default=None)


@contextmanager
def mistakes(kind: Any) -> Iterator[Mistake]:
    """Show what a backward pass gives that has one mistake, for teaching.

    Inside, ``mistake.of(loss)`` is the table of all gradients, wrong and right, and `am.draw` marks those that are
    wrong. The engine itself is never wrong: ``loss.backward()`` gives the right gradients here too.

    Parameters
    ----------
    kind : str
        ``"no accumulation"`` (a gradient is overwritten where it should be added), ``"wrong order"`` (not a
        topological one), ``"no upstream"`` (local slopes alone), ``"stale gradients"`` (intermediate ones are kept
        for the next pass), ``"forgot to zero"`` (those of leaves are), ``"no seed"`` (the pass starts from 0).

    Yields
    ------
    Mistake
        Its ``of(loss)`` gives the numbers and the reason.

    Raises
    ------
    InvalidInput
        If the kind is unknown.

    Examples
    --------
    >>> import autograd_mini as am
    >>> x = am.Value(3.0)
    >>> y = x * x
    >>> with am.mistakes("no accumulation") as mistake:
    ...     print(mistake.of(y))
    no accumulation: 1 of 2 gradients are wrong
      why: a value that is used more than once gets a gradient from each use, and they must be added (`+=`, not `=`)
      value  computed by  gradient  right
      y      × multiply   1         right
      x                   3         not 6
    """
    if not isinstance(kind, str) or kind not in WALKS:
        raise InvalidInput(
            f"am.mistakes({kind!r})", "it isn't one of the mistakes that are shown", ", ".join(map(repr, WALKS))
        )
    token = current.set(Mistake(kind))
    try:
        yield current.get()  # type: ignore[misc]
    finally:
        current.reset(token)
