"""Where the boxes of a page stand: in layers from the inputs down to the result, with few crossings.

This is the method of Sugiyama, Tagawa and Toda (1981): layers by the longest path to the result, a chain of
empty places for an arrow that passes layers, and sweeps that put each box near the mean of its neighbours. What is
inside a group is laid out by itself, so a group may be opened and closed without a new layout; the page only puts
layers below each other.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

SWEEPS = 12
LONGEST = 30_000  # empty places in all: the longest arrows of a larger graph go straight from box to box
ENTRY, EXIT = "·>", "·<"  # how the names of places begin where arrows come into a group, and where they leave it
Edge = tuple[str, str]


def arrange(items: Sequence[str], edges: Sequence[Edge]) -> tuple[list[list[str]], dict[Edge, int]]:
    """Return layers of items, and how many empty places each edge goes through that passes layers.

    Parameters
    ----------
    items : sequence of str
        Oldest first, so that edges go from earlier to later items; others are left out.
    edges : sequence of (str, str)
        From an item, or from an entry, to an item that uses it, or to an exit.

    Returns
    -------
    layers : list of list of str
        From the inputs to the results, each from left to right; entries stand above all others, exits below. The name
        of an empty place is a ``"·"``, that of the item where its arrows start, and a number.
    passed : dict
        For edges that pass layers, how many. The edges of one item share their places.

    Examples
    --------
    >>> arrange("abcd", [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")])
    ([['a'], ['b', '·a.1'], ['c', '·a.2'], ['d']], {('a', 'd'): 2})
    """
    edges = list(dict.fromkeys(edges))
    entries = dict.fromkeys(a for a, _ in edges if a.startswith(ENTRY))
    exits = dict.fromkeys(b for _, b in edges if b.startswith(EXIT))
    rank = {item: i for i, item in enumerate([*entries, *items, *exits])}
    edges = [(a, b) for a, b in edges if rank[a] < rank[b]]
    level = levels(list(rank), edges)
    passed, links = with_empty_places(edges, level)
    layers: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for item in level:
        layers[level[item]].append(item)
    return uncrossed(layers, links), passed


def levels(items: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the layer of each item: as low as it can be, just above the first that uses it."""
    level: dict[str, int] = {}
    users: dict[str, list[str]] = defaultdict(list)
    for a, b in edges:
        users[a].append(b)
    lowest = -1 if any(item.startswith(EXIT) for item in items) else 0
    for item in reversed(items):
        level[item] = min((level[user] for user in users[item]), default=0 if item.startswith(EXIT) else lowest) - 1
    first = min(level.values(), default=0)
    if any(item.startswith(ENTRY) for item in items):
        first = min((level[item] for item in items if not item.startswith(ENTRY)), default=0) - 1
        level |= {item: first for item in items if item.startswith(ENTRY)}
    return {item: level[item] - first for item in items}


def with_empty_places(edges: Sequence[Edge], level: dict[str, int]) -> tuple[dict[Edge, int], list[Edge]]:
    """Return how many layers edges pass, and all links from layer to layer; `level` gets the empty places."""
    reach: dict[str, int] = {}
    for a, b in edges:
        reach[a] = max(reach.get(a, 0), level[b] - level[a] - 1)
    links: dict[Edge, None] = {}
    room, straight = LONGEST, set()
    for a, n in sorted(reach.items(), key=lambda item: item[1]):
        if n > room:
            straight.add(a)
            continue
        room -= n
        places = [f"·{a}.{i}" for i in range(1, n + 1)]
        level |= {place: level[a] + i for i, place in enumerate(places, start=1)}
        links |= dict.fromkeys(pairwise([a, *places]))
    passed: dict[Edge, int] = {}
    for a, b in edges:
        n = level[b] - level[a] - 1
        if n == 0 or a not in straight:
            links[f"·{a}.{n}" if n else a, b] = None
        if n and a not in straight:
            passed[a, b] = n
    return passed, list(links)


def uncrossed(layers: list[list[str]], links: Sequence[Edge]) -> list[list[str]]:
    """Return the layers, each in the order of all that were tried that has the fewest crossings."""
    above: dict[str, list[str]] = defaultdict(list)
    below: dict[str, list[str]] = defaultdict(list)
    for a, b in links:
        above[b].append(a)
        below[a].append(b)
    best, fewest = layers, crossings(layers, below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        layers = swept(layers if down else layers[::-1], above if down else below)
        layers = layers if down else layers[::-1]
        found = crossings(layers, below)
        if found < fewest:
            best, fewest = layers, found
    return best


def swept(layers: list[list[str]], neighbours: Mapping[str, list[str]]) -> list[list[str]]:
    """Return layers of which each is sorted by the mean place of the neighbours in the one before."""
    done = layers[:1]
    for layer in layers[1:]:
        place = {item: i / max(len(done[-1]) - 1, 1) for i, item in enumerate(done[-1])}
        mean = {
            item: sum(place[one] for one in neighbours[item]) / len(neighbours[item])
            if neighbours.get(item)
            else i / max(len(layer) - 1, 1)
            for i, item in enumerate(layer)
        }
        done.append(sorted(layer, key=mean.__getitem__))
    return done


def crossings(layers: list[list[str]], below: Mapping[str, list[str]]) -> int:
    """Return how many pairs of links cross each other."""
    total = 0
    for upper, lower in pairwise(layers):
        place = {item: i for i, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = sorted(place[one] for one in below.get(item, ()))
            total += sum(len(seen) - bisect(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
