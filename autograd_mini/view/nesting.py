"""Groups of a page, inside each other: what is in each, which is open at first, and which way arrows take there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from .graph_data import Arrow, Box
from .groups import Place, place_of
from .layout import arrange

ROOM = 150  # boxes that are open at first
LEAVES = ("leaf", "parameter", "constant")


def common(sequences: Sequence[Sequence[Any]]) -> list[Any]:
    """Return what some sequences have in common at their start.

    Examples
    --------
    >>> common(["abc", "abd"])
    ['a', 'b']
    """
    return [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*sequences, strict=False))]


def inherited(boxes: list[Box], arrows: list[Arrow]) -> dict[str, Place]:
    """Return the place of each box: a leaf's and a constant's is the innermost group that has all that use it."""
    places = {box.key: place_of(box.scope) for box in boxes}
    users: dict[str, list[str]] = defaultdict(list)
    for arrow in arrows:
        users[arrow.source].append(arrow.target)
    for box in boxes:
        if box.kind in LEAVES and users[box.key]:
            places[box.key] = tuple(common([places[user] for user in users[box.key]]))
    return places


def group_key(place: Place) -> str:
    """Return the key of a group by its place; nothing for the whole."""
    return "/".join(f"{name}#{instance}" for name, instance in place)


def grouped(boxes: list[Box], arrows: list[Arrow], places: dict[str, Place], depth: int | None) -> dict[str, Any]:
    """Return the arrows, and each group with its layers: what is in it, and which way arrows take there."""
    around = {(): None} | {place[:i]: None for place in places.values() for i in range(1, len(place) + 1)}
    chains = {box.key: [*(group_key(places[box.key][:i]) for i in range(1, len(places[box.key]) + 1)), box.key]
              for box in boxes}  # fmt: skip
    inside: dict[str, dict[str, int]] = {group_key(place): {} for place in around}
    # What isn't shown uses leaves alone, and stands before all others.
    for i, box in enumerate(sorted(boxes, key=lambda box: (box.kind not in LEAVES, box.kind != "folded"))):
        for parent, child in zip(["", *chains[box.key]], chains[box.key], strict=False):
            inside[parent][child] = i  # of a group, that of its newest box
    edges: dict[str, list[tuple[str, str]]] = defaultdict(list)
    ways: list[tuple[str, tuple[str, str]]] = []
    for arrow in arrows:
        a, b = chains[arrow.source], chains[arrow.target]
        same = len(common([a, b]))
        level = a[same - 1] if same else ""
        ways.append((level, (a[same], b[same])))
        edges[level].append(ways[-1][1])
    arranged = {key: arrange(sorted(items, key=items.__getitem__), edges[key]) for key, items in inside.items()}
    told = [
        {"source": arrow.source, "target": arrow.target, "label": arrow.label, "dashed": arrow.dashed,
         "level": level, "ends": way, "route": arranged[level][1].get(way, [])}
        for arrow, (level, way) in zip(arrows, ways, strict=True)
    ]  # fmt: skip
    opened = open_depth(list(places.values())) if depth is None else depth
    alike = Counter((place[:-1], place[-1][0]) for place in around if place)
    seen: Counter[Any] = Counter()
    groups = []
    for place in sorted(around, key=lambda place: (len(place), *(instance for _, instance in place))):
        name = place[-1][0] if place else ""
        if place and alike[place[:-1], name] > 1:
            seen[place[:-1], name] += 1
            name += f" {seen[place[:-1], name]}"
        groups.append({"key": group_key(place), "parent": group_key(place[:-1]), "name": name,
                       "layers": arranged[group_key(place)][0], "open": len(place) <= opened})  # fmt: skip
    return {"arrows": told, "groups": groups}


def open_depth(places: list[Place]) -> int:
    """Return how many groups inside each other can be open so that there is room for all boxes."""
    for depth in range(max(map(len, places), default=0), 0, -1):
        shown = sum(len(place) <= depth for place in places) + len(
            {place[: depth + 1] for place in places if len(place) > depth}
        )
        if shown <= ROOM:
            return depth
    return 0
