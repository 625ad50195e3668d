"""Groups of a drawing folded into one box each, and a row of equal ones into one more."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, takewhile
from typing import Any

from .graph_data import Arrow, Box, GraphData, plural

Place = tuple[tuple[str, int], ...]
LEAVES = ("leaf", "parameter", "constant")


@dataclass
class Group:
    """The boxes of one scope: those of its operations, and the leaves and constants that only these use."""

    place: Place
    boxes: list[Box] = field(default_factory=list)
    owned: list[Box] = field(default_factory=list)

    @property
    def operations(self) -> tuple[Any, ...]:
        """What the group computes, which equal groups have in common: without settings, of which an index may count."""
        return tuple((re.split(r" ?[\[(]", box.operation)[0], *shape_of(box)) for box in self.boxes)


def shape_of(box: Box) -> list[str]:
    """Return the row of a box that has its shape and dtype, or none."""
    return [text for label, text in box.rows[:1] if not label]


def place_of(scope: tuple[str, ...]) -> Place:
    """Return a scope with the number of each time it was entered, so that no two times are mixed up."""
    return tuple((name, getattr(name, "instance", 0)) for name in scope)


def common(sequences: Sequence[Sequence[Any]]) -> list[Any]:
    """Return what some sequences have in common at their start.

    Examples
    --------
    >>> common(["abc", "abd"])
    ['a', 'b']
    """
    return [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*sequences, strict=False))]


def inherited(boxes: list[Box], arrows: list[Arrow], kinds: Container[str] = LEAVES) -> dict[str, Place]:
    """Return the place of each box: for boxes of some kinds, the innermost group that has all that use it."""
    places = {box.key: place_of(box.scope) for box in boxes}
    users: dict[str, list[str]] = defaultdict(list)
    for arrow in arrows:
        users[arrow.source].append(arrow.target)
    for box in boxes:
        if box.kind in kinds and users[box.key]:
            places[box.key] = tuple(common([places[user] for user in users[box.key]]))
    return places


def fold_groups(data: GraphData, depth: int) -> GraphData:
    """Return a drawing in which each scope below a depth is one box, and a row of equal scopes too."""
    data = without_repeats(data, depth)
    groups: dict[Place, Group] = {}
    inside: dict[str, Place] = {}
    places = inherited(data.boxes, data.arrows)
    for box in sorted(data.boxes, key=lambda box: box.kind in LEAVES):  # groups in the order of their operations
        around = places[box.key][: depth + 1]
        if len(around) == depth + 1:
            group = groups.setdefault(around, Group(around))
            (group.owned if box.kind in LEAVES else group.boxes).append(box)
            inside[box.key] = around
    keys: dict[str, str] = {}
    made: dict[str, Box] = {}
    for i, alike in enumerate(rows_of_equals(list(groups.values()), data.arrows, inside)):
        made[f"group{i}"] = folded(alike, f"group{i}", depth)
        keys |= {box.key: f"group{i}" for group in alike for box in (*group.boxes, *group.owned)}
    boxes: list[Box] = []
    for box in data.boxes:
        if box.key not in keys:
            boxes.append(box)
        elif keys[box.key] in made:
            boxes.append(made.pop(keys[box.key]))
    return replace(data, boxes=boxes, arrows=joined(data.arrows, keys))


def without_repeats(data: GraphData, depth: int) -> GraphData:
    """Return a drawing in which leaves that are drawn once more beside what is folded are the leaves themselves."""
    folded = {box.key for box in data.boxes if len(box.scope) > depth}
    leaf_of = {box.key: box.again_of for box in data.boxes if box.again_of}
    gone = {arrow.source for arrow in data.arrows if arrow.source in leaf_of and arrow.target in folded}
    arrows = [replace(arrow, source=leaf_of[arrow.source]) if arrow.source in gone else arrow for arrow in data.arrows]
    return replace(data, boxes=[box for box in data.boxes if box.key not in gone], arrows=arrows)


def rows_of_equals(groups: list[Group], arrows: list[Arrow], inside: dict[str, Place]) -> list[list[Group]]:
    """Return groups in rows: those that compute the same, one after the other, each from the one before."""
    follows = {(inside.get(arrow.source), inside.get(arrow.target)) for arrow in arrows}
    rows: list[list[Group]] = []
    for group in groups:
        last = rows[-1][-1] if rows else None
        same = last is not None and (last.operations, last.place[:-1], last.place[-1][0]) == (
            group.operations, group.place[:-1], group.place[-1][0]
        )  # fmt: skip
        if last is not None and same and (last.place, group.place) in follows:
            rows[-1].append(group)
        else:
            rows.append([group])
    return rows


def folded(alike: list[Group], key: str, depth: int) -> Box:
    """Return the box that stands for a group, or for a row of equal ones: with what its last operation has."""
    last = alike[-1].boxes[-1]
    name = str(alike[0].boxes[0].scope[depth])
    times = f" × {len(alike)}" if len(alike) > 1 else ""
    leaves = sum(box.kind in ("leaf", "parameter") for group in alike for box in group.owned)
    rows = [("", f"{plural(sum(len(group.boxes) for group in alike), 'operation')}")]
    if leaves:
        rows.append(("", plural(leaves, "leaf")))
    counts = Counter(box.operation for group in alike for box in group.boxes)
    tooltip = ", ".join(f"{n} {what}" if n > 1 else what for what, n in counts.items())
    scope = last.scope[:depth]
    is_result = any(box.is_result for group in alike for box in group.boxes)
    is_wrong = any(box.is_wrong for group in alike for box in group.boxes)
    return Box(key, "group", name + times, "", (*rows, *last.rows), tooltip, scope, is_result, is_wrong, last.fill)


def joined(arrows: list[Arrow], keys: dict[str, str]) -> list[Arrow]:
    """Return arrows between what boxes were folded into: several of one kind as one, none inside a group."""
    moved = [replace(arrow, source=keys.get(arrow.source, arrow.source), target=keys.get(arrow.target, arrow.target),
                     label="" if arrow.target in keys else arrow.label) for arrow in arrows]  # fmt: skip
    kept: list[Arrow] = []
    for arrow, same in groupby(sorted(moved, key=repr)):
        n = len(list(same))
        if arrow.source == arrow.target:
            continue
        folds = arrow.source.startswith("group") or arrow.target.startswith("group")
        kept += [replace(arrow, label=f"×{n}")] if folds and n > 1 else [arrow] * n
    return kept
