"""`draw_diff`: two graphs in one picture, with what was added, removed and changed."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher

from ..engine import Value
from ..graph import own_module
from .drawing import Drawing, check_options
from .graph_data import Arrow, Box, GraphData, Shown, describe_graph, plural
from .rendering import DrawingError
from .sources import of_value

own_module(globals())

ADDED, REMOVED, CHANGED = "#d9efd3", "#f6d5d2", "#fde6b8"
LEGEND = ((ADDED, "added"), (REMOVED, "removed"), (CHANGED, "changed"), ("#ffffff", "the same"))


def draw_diff(a: Value, b: Value, direction: str = "TB", max_nodes: int = 200) -> Drawing:
    """Draw what is different between the graphs of two recorded Values.

    Nodes are paired in the order of their creation, by name, operation and settings, as lines of text are by a diff. A
    pair that has another shape, value or gradient is changed, and shows both; every digit counts.

    Parameters
    ----------
    a, b : Value
        The results before and after.
    direction : {"TB", "LR"}, default "TB"
        From top to bottom, or from left to right.
    max_nodes : int, default 200
        How many nodes of each graph are looked at: those nearest the result and the named leaves.

    Returns
    -------
    Drawing
        The second graph, with what only the first one had put in its place, and a legend.

    Raises
    ------
    DrawingError
        If one of them is no recorded Value, or an option makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> w = Value(0.5, name="w")
    >>> draw_diff(np.tanh(w) * 2.0, np.sin(w) * 2.0)
    <Drawing of 1 added, 1 removed, 2 changed, 1 the same>
    """
    check_options(max_nodes, direction)
    for name, x in (("a", a), ("b", b)):
        if not isinstance(x, Value):
            raise DrawingError(
                f"am.draw_diff got {name} = {type(x).__name__}",
                "two graphs are compared, and only what is computed from a Value is recorded",
                "am.draw_diff(before, after) with two results",
            )
    before, after = (described_exactly(x, max_nodes) for x in (a, b))
    return Drawing(compared(before, after), direction)


def described_exactly(x: Value, max_nodes: int) -> GraphData:
    """Describe the graph of a Value, with what tells any two numbers apart."""
    source = of_value(x, (), "result", "am.draw_diff")
    return describe_graph(source.roots, max_nodes, Shown(source.gradients, source.right, exact=True))


def compared(before: GraphData, after: GraphData) -> GraphData:
    """Return the second of two described graphs with the first one's removed boxes and arrows, marked."""
    pairs = paired(before.boxes, after.boxes)
    old_of = {new: old for old, new in pairs}
    old_boxes, keys = {box.key: box for box in before.boxes}, dict(pairs)
    boxes, counts = [], dict.fromkeys(("added", "removed", "changed", "the same"), 0)
    for box in after.boxes:
        old = old_boxes.get(old_of.get(box.key, ""))
        made = marked(box, "added", ADDED) if old is None else changed(old, box)
        counts["added" if old is None else "changed" if made.fill else "the same"] += 1
        boxes.append(made)
    for box in before.boxes:
        if box.key not in keys:
            counts["removed"] += 1
            keys[box.key] = f"old_{box.key}"
            boxes.append(replace(marked(box, "removed", REMOVED), key=keys[box.key], is_result=False))
    old_arrows = [
        Arrow(keys[arrow.source], keys[arrow.target], arrow.label, dashed=True)
        for arrow in before.arrows
        if "old_" in keys[arrow.source] + keys[arrow.target]
    ]
    totals = ", ".join(f"{n} {what}" for what, n in counts.items())
    title = [*after.title, f"{plural(len(boxes), 'box').replace('boxs', 'boxes')}: {totals}"]
    return GraphData(boxes, [*after.arrows, *old_arrows], title, totals, legend=LEGEND)


def paired(before: list[Box], after: list[Box]) -> list[tuple[str, str]]:
    """Return the keys of boxes that belong together: in order, of the same kind, name and operation."""
    old, new = ([(box.kind, box.name, box.operation) for box in boxes] for boxes in (before, after))
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return [(before[i + k].key, after[j + k].key) for i, j, n in blocks for k in range(n)]


def marked(box: Box, state: str, fill: str) -> Box:
    """Return a box with its state in colour and in words."""
    return replace(box, fill=fill, rows=(("", state), *box.rows))


def difference(old: str, new: str) -> str:
    """Return two texts, and that they differ if that isn't to be seen."""
    return f"{old} → {new}" if old != new else f"{new}, changed in later digits"


def changed(old: Box, new: Box) -> Box:
    """Return the new one of two boxes; if something in it has changed, with both."""
    before, after = dict(old.exact), dict(new.exact)
    rows, texts = [], dict(old.rows)
    for label, text in new.rows:
        differs = before.get(label) != after.get(label) or texts.get(label) != text
        rows.append((label, difference(texts.get(label, "none"), text) if differs else text))
    lost = [(label, f"{text} → none") for label, text in old.rows if label not in dict(new.rows)]
    if lost or tuple(rows) != new.rows:
        return marked(replace(new, rows=(*rows, *lost)), "changed", CHANGED)
    return new
