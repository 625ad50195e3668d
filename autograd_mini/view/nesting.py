"""Groups of a page, inside each other: what is in each, which is open at first, and which way arrows take there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any

from .graph_data import Arrow, Box
from .groups import LEAVES, Place, common
from .layout import ENTRY, EXIT, Edge, arrange

ROOM = 150  # boxes that are open at first


def group_keys(places: Iterable[Place]) -> dict[Place, str]:
    """Return a key for each group that boxes stand in, those around others first; nothing for the whole."""
    found: dict[Place, str] = {(): ""}
    for place in sorted(places, key=len):
        for i in range(1, len(place) + 1):
            found.setdefault(place[:i], f"g{len(found)}")
    return found


def grouped(
    boxes: list[Box], arrows: list[Arrow], places: dict[str, Place], keys: dict[Place, str], depth: int | None
) -> dict[str, Any]:
    """Return each group with its layers, and for each arrow the legs of its way.

    A leg is one edge in the layout of one group: the group, the item where it starts, how many empty places it passes,
    and the item where it ends. What leaves a group goes to an exit below all that is in it, named by what it leaves;
    what comes into one starts from an entry above, named by where it comes from.
    """
    chains = {box.key: [*(keys[places[box.key][:i]] for i in range(1, len(places[box.key]) + 1)), box.key]
              for box in boxes}  # fmt: skip
    inside: dict[str, dict[str, int]] = {key: {} for key in keys.values()}
    # What isn't shown uses leaves alone, and stands before all others.
    for i, box in enumerate(sorted(boxes, key=lambda box: (box.kind not in LEAVES, box.kind != "folded"))):
        for parent, child in zip(["", *chains[box.key]], chains[box.key], strict=False):
            inside[parent][child] = i  # of a group, that of its newest box
    ways = [list(way(chains[arrow.source], chains[arrow.target])) for arrow in arrows]
    edges: dict[str, list[Edge]] = defaultdict(list)
    for level, edge in chain.from_iterable(ways):
        edges[level].append(edge)
    arranged = {key: arrange(sorted(items, key=items.__getitem__), edges[key]) for key, items in inside.items()}
    told = [
        {"source": arrow.source, "target": arrow.target, "label": arrow.label, "dashed": arrow.dashed,
         "legs": [[level, a, arranged[level][1].get((a, b), 0), b] for level, (a, b) in legs]}
        for arrow, legs in zip(arrows, ways, strict=True)
    ]  # fmt: skip
    opened = open_depth(list(places.values())) if depth is None else depth
    alike = Counter((place[:-1], place[-1][0]) for place in keys if place)
    seen: Counter[Any] = Counter()
    groups = []
    for place, key in keys.items():
        name = place[-1][0] if place else ""
        if place and alike[place[:-1], name] > 1:
            seen[place[:-1], name] += 1
            name += f" {seen[place[:-1], name]}"
        groups.append({"key": key, "parent": keys[place[:-1]], "name": name, "layers": arranged[key][0],
                       "open": len(place) <= opened})  # fmt: skip
    return {"arrows": told, "groups": groups}


def way(a: list[str], b: list[str]) -> Iterator[tuple[str, Edge]]:
    """Iterate over the legs from one box to another: each a group, and an edge in it.

    Examples
    --------
    >>> list(way(["g1", "n3"], ["n1"]))
    [('g1', ('n3', '·<n3')), ('', ('g1', 'n1'))]
    >>> list(way(["g1", "n3"], ["g1", "g2", "n1"]))
    [('g1', ('n3', 'g2')), ('g2', ('·>n3', 'n1'))]
    """
    same = len(common([a, b]))
    for group, item in reversed(list(pairwise(a[same:]))):
        yield group, (item, EXIT + item)
    yield (a[same - 1] if same else ""), (a[same], b[same])
    for group, item in pairwise(b[same:]):
        yield group, (ENTRY + a[same], item)


def open_depth(places: list[Place]) -> int:
    """Return how many groups inside each other can be open so that there is room for all boxes."""
    for depth in range(max(map(len, places), default=0), 0, -1):
        folded = {place[: depth + 1] for place in places if len(place) > depth}
        if sum(len(place) <= depth for place in places) + len(folded) <= ROOM:
            return depth
    return 0
