"""Which nodes of a graph a drawing shows: all of a small graph, of a large one those nearest the result.

The newest nodes are kept, so every node that isn't kept is older than those that are, and may be folded into one
without making a cycle; named leaves are kept too, which use nothing themselves.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import ZERO, CallNode, by_number
from .calls import constants, last_name

FEW_LEAVES = 8  # so many leaves stay beside the operation that uses them
MANY_USES = 12  # a leaf with more is drawn again at each use: long arrows across a picture can't be followed


@dataclass
class Selection:
    """The nodes to show, and what the others are.

    Attributes
    ----------
    kept : dict of Node to list
        The nodes to show, each with its constants.
    folded : Counter
        How many nodes of each operation are not shown.
    fed : Counter
        How often those that are not shown use each of those that are.
    witnesses : dict of Node to Node
        For those of the nodes that are shown, one that isn't shown and uses it: it may know its value.
    shared : set of Node
        The leaves that are drawn again, in small, at each use.
    operations, leaves : int
        How many the whole graph has.
    size : int
        How many nodes the drawing gets.
    """

    kept: dict[Any, list[tuple[str, Any]]] = field(default_factory=dict)
    folded: Counter[str] = field(default_factory=Counter)
    fed: Counter[Any] = field(default_factory=Counter)
    witnesses: dict[Any, Any] = field(default_factory=dict)
    shared: set[Any] = field(default_factory=set)
    operations: int = 0
    leaves: int = 0
    size: int = 0

    def repeated(self, node: Any) -> set[Any]:
        """Return the leaves that are drawn again beside a node."""
        found = {one for one in used_by(node) if one in self.shared}
        return found if len(found) <= FEW_LEAVES else set()

    def keep(self, nodes: Iterable[Any], room: int) -> bool:
        """Keep nodes in their order while there is room for them, their constants and their leaves; tell if all fit."""
        for node in nodes:
            if node in self.kept:
                continue
            beside = {one for one in used_by(node) if is_leaf(one) and one not in self.kept}
            new = {node: constants(node)}
            if len(beside) <= FEW_LEAVES:
                new |= {leaf: [] for leaf in sorted(beside, key=by_number)}
            cost = len(new) + len(new[node]) + len(self.repeated(node))
            if self.size + cost > room:
                return False
            self.kept |= new
            self.size += cost
        return True


def used_by(node: Any) -> tuple[Any, ...]:
    """Return the nodes that a node was computed from, without a derivative or with one."""
    if type(node) is CallNode:
        return (*node.inputs, *node.hidden)
    if node.in2 is None:
        return () if node.in1 is None else (node.in1,)
    return (node.in2,) if node.in1 is None else (node.in1, node.in2)


def is_leaf(node: Any) -> bool:
    """Whether a node is where a graph starts: a leaf of the user, or a transform's own that is linked to nothing."""
    return node.op.rule is None and node.op is not ZERO and not node.inputs


def reachable(roots: Iterable[Any]) -> list[Any]:
    """Return all nodes that some nodes were computed from, without recursion."""
    found = list(dict.fromkeys(roots))
    seen = set(found)
    for node in found:  # grows as it goes
        for one in used_by(node):
            if one not in seen:
                seen.add(one)
                found.append(one)
    return found


def select(roots: Sequence[Any], max_nodes: int, many_uses: float = MANY_USES) -> Selection:
    """Choose what a drawing of at most `max_nodes` nodes shows of the graph behind some nodes."""
    nodes = reachable(roots)
    leaves = {node for node in nodes if is_leaf(node)}
    uses = Counter(one for node in nodes for one in used_by(node) if one in leaves)
    shared = {leaf for leaf, n in uses.items() if n > many_uses}
    newest = heapq.nlargest(max_nodes, nodes, key=by_number)
    chosen = Selection(shared=shared, operations=len(nodes) - len(leaves), leaves=len(leaves))
    if len(nodes) <= max_nodes and chosen.keep(newest, max_nodes):
        return chosen

    chosen = Selection(shared=shared, operations=chosen.operations, leaves=chosen.leaves)
    room = max_nodes - 1  # one for those that are folded
    named = sorted((leaf for leaf in leaves if leaf.name), key=by_number)
    chosen.keep(roots, room // 2)
    chosen.keep(named[: room // 4], room)
    chosen.keep(newest, room)
    for node in nodes:
        if node not in chosen.kept:
            chosen.folded["leaf" if node in leaves else last_name(node.op.name)] += 1
            for one in used_by(node):
                if one in chosen.kept:
                    chosen.fed[one] += 1
                    chosen.witnesses[one] = node
    return chosen
