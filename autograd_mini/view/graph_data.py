"""What a drawing shows, as plain records of text: boxes and arrows. Nothing here refers to the graph itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from ..engine import ZEROS
from ..graph import ACTIVE, LINK, PICK
from .calls import edge_name, is_complete, operation
from .heat import colours
from .known import Known
from .naming import line_of_node, name_of_node
from .overlays import Overlay
from .passes import differ
from .selection import Selection, is_leaf, select
from .summary import fingerprint, shape_and_dtype, shorten, summary

NOT_KEPT = "not kept"
CELLS = 8  # rows and columns of a heat map in a box, at most
FEW_ARROWS = 4  # so many uses of one input by one operation are drawn as an arrow each


class Root(NamedTuple):
    """A result to draw: its node, its data, and a name for it if it has none of its own."""

    node: Any
    data: Any
    name: str | None = None


@dataclass(frozen=True)
class Box:
    """One node of a drawing.

    `kind` is ``"leaf"``, ``"parameter"``, ``"again"`` (a leaf drawn once more), ``"constant"``, ``"operation"``,
    ``"link"``, ``"group"`` or ``"folded"``; `rows` are pairs of a short label and a text.
    """

    key: str
    kind: str
    name: str = ""
    operation: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    tooltip: str = ""
    scope: tuple[str, ...] = ()
    is_result: bool = False
    is_wrong: bool = False
    fill: str = ""
    again_of: str = ""  # the key of the leaf that is drawn once more
    exact: tuple[tuple[str, str], ...] = ()  # for labels of rows, a text that differs where any digit does
    heat: tuple[tuple[str, list[list[str]]], ...] = ()  # for labels of rows, the colours of a heat map


@dataclass(frozen=True)
class Arrow:
    """One edge of a drawing, from an input to the operation that uses it; dashed where no gradient flows."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass
class GraphData:
    """A drawing as boxes, arrows and lines of a title."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    title: list[str] = field(default_factory=list)
    totals: str = ""
    left_out: int = 0
    legend: tuple[tuple[str, str], ...] = ()  # colours and what they mean


@dataclass(frozen=True)
class Shown:
    """What is shown of nodes beside what they are.

    Attributes
    ----------
    gradients : mapping, optional
        The gradients of nodes; those that `backward` left by default.
    right : mapping, optional
        Where the gradients differ from these, boxes are marked.
    overlay : Overlay, optional
        What the colours of boxes tell.
    exact : bool
        Whether boxes keep what tells any two values apart.
    heat : bool
        Whether arrays are shown as small heat maps, too.
    inputs : frozenset of Node, optional
        The leaves that are the arguments of a function: its other leaves are parameters.
    """

    gradients: Mapping[Any, Any] | None = None
    right: Mapping[Any, Any] | None = None
    overlay: Overlay | None = None
    exact: bool = False
    heat: bool = False
    inputs: frozenset[Any] | None = None


def describe_graph(roots: Sequence[Root], max_nodes: int, shown: Shown | None = None) -> GraphData:
    """Describe the graph behind some results, in at most `max_nodes` boxes."""
    selection = select([root.node for root in roots], max_nodes)
    return Describer(selection, roots, shown or Shown()).describe()


class Describer:
    """Goes through the chosen nodes, newest first, and makes boxes and arrows of them.

    Attributes
    ----------
    order : list of Node
        The nodes that are shown, newest first.
    keys : dict of Node to str
        The keys of their boxes; those of a node's constants end in ``"c0"``, ``"c1"``, ...
    known : Known
        What the graph tells of their values.
    """

    def __init__(self, selection: Selection, roots: Sequence[Root], shown: Shown) -> None:
        self.selection, self.shown = selection, shown
        self.results = {root.node: root.name for root in reversed(roots)}
        self.order = sorted(selection.kept, key=lambda node: -node.number)
        self.known = Known({root.node: root.data for root in roots}, [*self.order, *selection.witnesses.values()])
        self.keys = {node: f"n{i}" for i, node in enumerate(self.order)}
        left = {node: node.grad for node in self.order if node.grad is not None}
        self.gradients = left if shown.gradients is None else shown.gradients
        self.complete = True
        self.data = GraphData(legend=shown.overlay.legend if shown.overlay else ())

    def describe(self) -> GraphData:
        """Return all boxes, arrows and the title."""
        for node in self.order:
            self.complete = self.complete and is_complete(node)
            self._box(node)
            self._arrows(node)
        self.data.boxes.reverse()  # oldest first: dot lays out what it reads first on the left
        self.data.arrows.reverse()
        self._fold()
        self._title()
        return self.data

    def _box(self, node: Any) -> None:
        kind = "leaf" if is_leaf(node) else "link" if node.op in (LINK, ACTIVE) else "operation"
        if kind == "leaf" and self.shown.inputs is not None and node not in self.shown.inputs:
            kind = "parameter"
        name, shown = self._heading(node, kind)
        rows: list[tuple[str, str]] = []
        correct = None if self.shown.right is None else self.shown.right.get(node)
        is_wrong = correct is not None and differ(correct, self.gradients.get(node))
        shape = shape_and_dtype(*self.known.likes[node]) if node in self.known.likes else ""
        if shape:
            rows.append(("", shape))
        if node.results is not None:
            rows.append(("", f"{len(node.results)} outputs"))
        else:
            data = self.known.values.get(node)
            self.complete = self.complete and data is not None
            rows.append(("value", NOT_KEPT if data is None else summary(data)))
            rows += self._gradient(node)
            if is_wrong:
                rows.append(("right", summary(correct)))
        overlay = self.shown.overlay
        mark = overlay.mark(node, self.known, self.gradients) if overlay else None
        if mark:
            rows += mark.rows
        self.data.boxes.append(
            Box(
                self.keys[node],
                kind,
                name,
                shown,
                tuple(rows),
                self._tooltip(node, kind),
                node.in1.scope if node.op is PICK else node.scope,
                node in self.results,
                is_wrong,
                mark.fill if mark else "",
                exact=tuple(self._exact(node)) if self.shown.exact else (),
                heat=self._heat(value=self.known.values.get(node), grad=self.gradients.get(node)),
            )
        )
        for i, (_, x) in enumerate(self.selection.kept[node]):
            self._constant(f"{self.keys[node]}c{i}", x)

    def _heading(self, node: Any, kind: str) -> tuple[str, str]:
        """Return the name of a node, and what it is."""
        name = shorten(node.name or self.results.get(node) or name_of_node(node))
        if kind == "operation":
            return name, operation(node)
        if kind == "link":
            return name, "start of an inner transform"
        return name, "" if name else f"leaf #{node.number}" if node in self.selection.shared else "leaf"

    def _constant(self, key: str, x: Any) -> None:
        shape = shape_and_dtype(x.shape, x.dtype) if isinstance(x, np.ndarray) else ""
        text = NOT_KEPT if x is None else summary(x)
        self.complete = self.complete and x is not None
        rows = (("", shape), ("value", text)) if shape else (("", text),)
        what = "constant" if shape else ""
        self.data.boxes.append(Box(key, "constant", "", what, rows, "constant", heat=self._heat(value=x)))

    def _heat(self, **arrays: Any) -> tuple[tuple[str, list[list[str]]], ...]:
        return tuple((label, colours(x, CELLS)) for label, x in arrays.items()) if self.shown.heat else ()

    def _exact(self, node: Any) -> Iterator[tuple[str, str]]:
        g = self.gradients.get(node)
        for label, x in (("value", self.known.values.get(node)), ("grad", g)):
            if isinstance(x, (np.ndarray, np.generic, int, float, complex)):
                yield label, fingerprint(x)

    def _gradient(self, node: Any) -> Iterator[tuple[str, str]]:
        g = self.gradients.get(node)
        if g is ZEROS:
            yield "grad", "0"
        elif g is not None:
            yield "grad", summary(g)

    def _tooltip(self, node: Any, kind: str) -> str:
        parts = [node.op.name if kind == "operation" else kind]
        if node in self.known.likes:
            shape, dtype = self.known.likes[node]
            parts.append(f"shape {shape}, {dtype}")
        return " · ".join([*parts, *filter(None, [line_of_node(node)])])

    def _arrows(self, node: Any) -> None:
        """Draw an arrow for each use of an input; many equal ones, and those from folded nodes, as one."""
        target = self.keys[node]
        again = {leaf: f"{target}a{i}" for i, leaf in enumerate(self.selection.repeated(node)) if leaf in self.keys}
        for leaf, key in again.items():
            name, shown = self._heading(leaf, "leaf")
            self.data.boxes.append(
                Box(key, "again", name, shown, tooltip=self._tooltip(leaf, "leaf"), again_of=self.keys[leaf])
            )
        uses: Counter[Arrow] = Counter()
        for i, (param, _) in enumerate(self.selection.kept[node]):
            uses[Arrow(f"{target}c{i}", target, edge_name(node, param))] += 1
        for param, inputs, _ in node.edges:
            for one in inputs if isinstance(inputs, tuple) else (inputs,):
                if one in self.keys:
                    uses[Arrow(again.get(one) or self.keys[one], target, edge_name(node, param))] += 1
                elif one is not None:
                    uses[Arrow("folded", target)] += 1
        for one in node.hidden:
            uses[Arrow(again.get(one) or self.keys.get(one, "folded"), target, "no gradient", dashed=True)] += 1
        for arrow, n in reversed(uses.items()):
            alone = n <= FEW_ARROWS and arrow.source != "folded"
            label = arrow.label if alone else f"{arrow.label} {times(n)}".strip()
            self.data.arrows += [replace(arrow, label=label)] * (n if alone else 1)

    def _fold(self) -> None:
        counts = self.selection.folded
        if not counts:
            return
        leaves = counts["leaf"]
        operations = counts.total() - leaves
        most = Counter({name: n for name, n in counts.items() if name != "leaf"}).most_common(5)
        rows = [(name, f"{n:,}") for name, n in most]
        if operations > sum(n for _, n in most):
            rows.append(("others", f"{operations - sum(n for _, n in most):,}"))
        if leaves and operations:
            rows.append(("leaves", f"{leaves:,}"))
        what = plural(operations, "more operation") if operations else plural(leaves, "more leaf")
        self.data.boxes.append(Box("folded", "folded", "", f"… {what}", tuple(rows), "not shown one by one"))
        fed = [Arrow(self.keys[node], "folded", times(n)) for node, n in self.selection.fed.items()]
        self.data.arrows[:0] = fed

    def _title(self) -> None:
        chosen = self.selection
        self.data.totals = f"{plural(chosen.operations, 'operation')}, {plural(chosen.leaves, 'leaf')}"
        self.data.left_out = chosen.folded.total()
        if chosen.folded:
            total = chosen.operations + chosen.leaves
            self.data.title.append(
                f"{total:,} nodes ({self.data.totals}), of which {len(chosen.kept)} are shown: those nearest the result"
                " and named leaves"
            )
        if not self.complete:
            self.data.title.append(
                "some values or constants were not kept: record inside `with am.full_record():`, or am.draw(f, *args)"
            )


def times(n: int) -> str:
    """Return a label for several arrows drawn as one."""
    return f"×{n:,}" if n > 1 else ""


def plural(n: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> plural(1, "operation"), plural(1234, "leaf")
    ('1 operation', '1,234 leaves')
    """
    many = noun[:-1] + "ves" if noun.endswith("leaf") else noun + "s"
    return f"{n:,} {noun if n == 1 else many}"
