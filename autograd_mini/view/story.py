"""What a page walks through: the boxes of a graph, and one step for each value computed and each gradient passed on.

All of it is plain data for JSON.
"""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import AutogradError
from ..graph import collect
from .graph_data import Box, Describer, Shown, plural
from .groups import LEAVES, inherited, shape_of
from .heat import Picture, picture
from .mistaken import add
from .naming import line_of_node, span_of
from .nesting import group_keys, grouped
from .notation import MathWriter
from .passes import as_gradient, cotangents, differ, pull_use, quiet, uses_in
from .selection import select
from .sources import Source
from .summary import number
from .telling import Teller, unique_names

LINES = 8  # of the user's code at one step
CELLS = 200_000  # of all heat maps together
SIDES = (4, 24)  # the fewest and the most rows and columns of one


def typeset(math: str) -> str:
    """Return MathML where it shows more than a line of text does; else nothing."""
    return math if any(tag in math for tag in ("<mfrac>", "<msup>", "<msub>", "<msqrt>")) else ""


def story_of(source: Source, max_nodes: int, depth: int | None) -> dict[str, Any]:
    """Return the boxes, arrows, groups and steps of what is to be shown."""
    return Story(source, max_nodes).told(depth)


class Story:
    """Goes forward through a graph and back again, and notes what there is to see at each step."""

    def __init__(self, source: Source, max_nodes: int) -> None:
        nodes = [root.node for root in source.roots]
        selection = select(nodes, max_nodes, many_uses=np.inf)
        describer = Describer(selection, source.roots, Shown(gradients={}, inputs=source.inputs))
        self.data, self.keys, self.known = describer.describe(), describer.keys, describer.known
        self.order, kept = describer.order, selection.kept
        self.boxes = {box.key: box for box in self.data.boxes}
        self.nodes = {key: node for node, key in self.keys.items()}
        self.constants = {f"{self.keys[node]}c{i}": x for node in self.order for i, (_, x) in enumerate(kept[node])}
        self.root = source.roots[0].node
        start, self.several = source.roots[0].data, len(nodes) > 1
        self.has_gradients = len(nodes) == 1 and np.shape(start) == () and np.result_type(start).kind == "f"
        self.names = unique_names(self.order, self.root, {root.node: root.name for root in source.roots})
        self.figures = {node: self._figure(node) for node in self.names}
        self.words = Teller(self.known, self.names, self.keys)
        either = {node: self.figures[node] or name for node, name in self.names.items()}
        self.numbers = Teller(self.known, either, self.keys)
        self.title, self.troubles = source.title, list[str]()
        pictures = sum(2 + len(node.inputs) for node in self.order)
        self.side = int(np.clip(np.sqrt(CELLS / pictures), *SIDES))

    def _figure(self, node: Any) -> str:
        value = self.known.values.get(node)
        return number(np.asarray(value)[()]) if value is not None and np.ndim(value) == 0 else ""

    def told(self, depth: int | None) -> dict[str, Any]:
        """Return the whole story."""
        with quiet():
            steps = [*self.forward(), *self.backward()]
        notes = [note.replace("am.draw(", "am.step_through(") for note in self.data.title] + self.troubles
        if not self.has_gradients:
            notes.append("there is no backward pass: it starts from one real number, such as np.sum(...)")
        if any(np.iscomplexobj(x) for x in self.known.values.values()):
            notes.append("gradients as .grad has them; of complex numbers, the rules are those of their conjugates")
        places = inherited(self.data.boxes, self.data.arrows)
        keys = group_keys(places.values())
        return {
            "result": self.names[self.root],
            "title": self.title or ("several results" if self.several else self.names[self.root]),
            "totals": self.data.totals,
            "notes": notes,
            "boxes": [self.box(box, keys[places[box.key]]) for box in self.data.boxes],
            "steps": steps,
            **grouped(self.data.boxes, self.data.arrows, places, keys, depth),
        }

    def box(self, box: Box, place: str) -> dict[str, Any]:
        """Return a box as the page needs it, with the line of code that made it."""
        node = self.nodes.get(box.key)
        shape = shape_of(box) if len(box.rows) > 1 or box.kind != "constant" else []
        told: dict[str, Any] = {
            "key": box.key,
            "kind": box.kind,
            "name": self.names[node] if node else box.name,
            "operation": "" if node and box.kind in LEAVES else box.operation,
            "shape": shape[0] if shape else "",
            "rows": box.rows[bool(shape) :] if box.kind == "folded" else (),
            "place": place,
            "result": box.is_result,
        }
        if box.kind == "constant":
            told |= self._value(self.constants[box.key])
        elif node is not None and node.results is None:
            told |= self._value(self.known.values.get(node))
        return told | (self._place(node) if node is not None and node.code is not None else {})

    def _place(self, node: Any) -> dict[str, str]:
        """Return the line that made a node, and the code there; of what isn't the user's own, what was called."""
        code, line = node.code, line_of_node(node)
        if not line:
            return {"source": self.title}
        first, last, _, _ = span_of(code, node.lasti)
        first, last = first or code.co_firstlineno, last or code.co_firstlineno
        lines = linecache.getlines(code.co_filename)[first - 1 : min(max(first, last), first + LINES)]
        return {"line": line, "source": textwrap.dedent("".join(lines)).strip()}

    def _value(self, x: Any) -> dict[str, Any]:
        return {"value": {"text": "not kept"} if x is None else picture(x, self.side)}

    def forward(self) -> Iterator[dict[str, Any]]:
        """Iterate over the steps of the forward pass: the nodes from the oldest to the newest."""
        if self.data.left_out:
            yield {"phase": "forward", "at": "folded", "title": f"{plural(self.data.left_out, 'more node')}, not shown"}
        for node in reversed(self.order):
            step = {"phase": "forward", "at": self.keys[node]}
            box = self.boxes[self.keys[node]]
            if box.kind in LEAVES:
                given = "is a parameter" if box.kind == "parameter" else "is given"
                yield step | {"title": f"{self.names[node]} {given}"}
            else:
                lines = [f"{self.names[node]} = {self.words.expression(node)}"]
                if self.figures[node]:
                    lines.append(f"= {self.numbers.expression(node)} = {self.figures[node]}")
                yield step | {"title": f"{self.names[node]}: {box.operation}", "lines": lines}

    def backward(self) -> Iterator[dict[str, Any]]:
        """Iterate over the steps of the backward pass: each operation passes its gradient on, the newest first."""
        if not self.has_gradients:
            return
        one, name = np.ones_like(self.known.values[self.root]), self.names[self.root]
        sums, seen = {self.root: one}, {self.root: self._seen(one)}
        try:
            collect([self.root])
        except AutogradError as error:  # an array was changed since
            self.troubles.append(f"there is no backward pass: {error.what} ({error.why})")
            return
        yield {
            "phase": "backward", "start": True, "at": self.keys[self.root],
            "title": f"the backward pass starts: ∂{name}/∂{name} = 1",
            "uses": [{"to": self.keys[self.root], "words": "of any number by itself", "sum": seen[self.root]}],
        }  # fmt: skip
        for node in self.order:
            if node in sums and (uses := [use for use in uses_in(node) if use.source in self.keys]):
                yield self._passed_on(node, uses, sums, seen)
                if self.troubles:
                    return
        if self.data.left_out:
            yield from self._from_the_rest(one, sums)

    def _from_the_rest(self, one: Any, sums: dict[Any, Any]) -> Iterator[dict[str, Any]]:
        """Iterate over one step at most: what operations that aren't shown give to leaves that are."""
        try:
            found = cotangents(self.root, one)
        except Exception as error:  # of any kind, as below
            self.troubles.append(f"the backward pass ends among the operations that aren't shown: {error!r}")
            return
        rest = [node for node in self.order if node in found and differ(found[node], sums.get(node))]
        uses = [{"to": self.keys[node], "words": "from operations that aren't shown", "sum": self._seen(found[node])}
                for node in rest]  # fmt: skip
        if uses:
            yield {"phase": "backward", "at": "folded", "title": "all that isn't shown", "uses": uses}

    def _passed_on(self, node: Any, uses: list[Any], sums: dict[Any, Any], seen: dict[Any, Picture]) -> dict[str, Any]:
        """Return the step at which an operation passes its gradient on, and add it up in `sums`, as `seen` shows it."""
        name, told, g = self.names[node], [], sums[node]
        around = [g, self.known.values.get(node), *(self.known.values.get(use.source) for use in uses)]
        # Of complex numbers, the gradients that are shown are the conjugates of those that the rule computes with.
        figure = "" if isinstance(g, dict) or np.ndim(g) or any(map(np.iscomplexobj, around)) else number(g)
        for use in uses:
            try:
                part = pull_use(use, g)
            except Exception as error:  # of any kind: a rule may be the user's own, and the page shows where it is
                ended = (
                    f"the rule of {self.boxes[self.keys[node]].operation} raised {error!r}: here the backward pass ends"
                )
                self.troubles.append(ended)
                break
            if part is None:
                continue
            below = self.names[use.source]
            words, numbers = self.words.rule(use), self.numbers.rule(use, figure) if figure else ""
            before = seen[use.source]["text"] if use.source in seen else ""
            add(sums, use.source, part)
            seen[use.source] = self._seen(sums[use.source])
            told.append(
                {
                    "to": self.keys[use.source],
                    "symbol": [f"∂{self.names[self.root]}", f"∂{below}"],
                    "words": words,
                    "math": typeset(self.words.rule(use, "g", MathWriter)),
                    "numbers": numbers,
                    "math_numbers": typeset(self.numbers.rule(use, figure, MathWriter)) if numbers else "",
                    "gives": self._seen(part),
                    "before": before,
                    "sum": seen[use.source],
                }
            )
        title = f"{name} passes its gradient on: {self.boxes[self.keys[node]].operation}"
        step = {"phase": "backward", "at": self.keys[node], "title": title, "g": seen[node], "uses": told}
        return step | ({"lines": self.troubles} if self.troubles else {})

    def _seen(self, g: Any) -> Picture:
        """Return a cotangent as the gradient that the user sees."""
        return picture(as_gradient(g), self.side)
