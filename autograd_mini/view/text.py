"""A drawing as text: a tree from each result down, in which what is used again is named and not repeated."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import count

from .graph_data import Arrow, Box, GraphData

WIDEST = 36  # characters that branches may be indented


def as_tree(data: GraphData) -> str:
    """Return boxes and arrows as lines of text, without recursion.

    An input that is the only one stands below its operation with ``←``; several are branches. Constants stand behind
    the operation that they are arguments of.
    """
    boxes = {box.key: box for box in data.boxes}
    inputs: dict[str, list[Arrow]] = defaultdict(list)
    for arrow in data.arrows:
        inputs[arrow.target].append(arrow)
    uses = Counter(arrow.source for arrow in data.arrows)
    alike, number = Counter(map(heading, boxes.values())), count(1)
    labels = {key: heading(box) for key, box in boxes.items()}
    for key, box in boxes.items():
        if uses[key] > 1 and box.kind not in ("constant", "folded") and (not box.name or alike[heading(box)] > 1):
            labels[key] += f" #{next(number)}"  # which one it is that is used again
    lines: list[tuple[str, str]] = []
    shown: set[str] = set()
    # Each entry: where to go, what stands before it, what stands before all that follows below, what the arrow says.
    waiting = [(key, "", "", "") for key, box in reversed(boxes.items()) if box.is_result]
    waiting.reverse()
    later: list[str] = []
    while waiting or later:
        if not waiting:
            waiting = [(key, "", "", "") for key in later[:1] if key not in shown]
            del later[:1]
            continue
        key, before, below, said = waiting.pop()
        box = boxes[key]
        said = f"{said}: " if said else ""
        if key in shown and inputs[key]:
            lines.append((f"{before}{said}{labels[key]} (above)", ""))
            continue
        if len(below) > WIDEST and inputs[key]:  # far to the right: a tree of its own follows
            if key not in later:
                later.append(key)
                labels[key] += "" if "#" in labels[key] else f" #{next(number)}"
            lines.append((f"{before}{said}{labels[key]} (below)", ""))
            continue
        given = [(arrow.label, boxes[arrow.source]) for arrow in inputs[key] if is_short(boxes[arrow.source])]
        told = [f"{name} = {box.rows[0][1]}" if name else box.rows[0][1] for name, box in given]
        constants = f" ({', '.join(told)})" if told else ""
        rows = "  ".join(f"{left} {right}".strip() for left, right in box.rows)
        again = " (above)" if key in shown else ""
        lines.append((f"{before}{said}{labels[key]}{constants}{again}", "" if again else rows))
        shown.add(key)
        arrows = [arrow for arrow in inputs[key] if not is_short(boxes[arrow.source])]
        branches = []
        for i, arrow in enumerate(arrows):
            last = i == len(arrows) - 1
            first = "← " if last and i == 0 else "└─ " if last else "├─ "
            rest = "" if last and i == 0 else "   " if last else "│  "
            branches.append((arrow.source, below + first, below + rest, arrow.label))
        waiting += reversed(branches)
    wide = min(max((len(left) for left, right in lines if right), default=0), 60)
    return "\n".join([*data.title, *(f"{left:<{wide}}  {right}".rstrip() for left, right in lines)])


def is_short(box: Box) -> bool:
    """Whether a box is a constant number, which needs no line of its own."""
    return box.kind == "constant" and len(box.rows) == 1


def heading(box: Box) -> str:
    """Return the name of a box and its operation."""
    parts = [part for part in (box.name, box.operation) if part]
    return " = ".join(parts) if box.kind != "again" else f"{' '.join(parts)} (above)"
