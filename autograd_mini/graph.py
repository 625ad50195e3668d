"""The record of a computation: what a node keeps, and how a graph is walked.

A node refers neither to its Value nor to its results, so a graph has no reference cycles and is freed without the
garbage collector. The Value refers to its node, which also keeps the gradient. Nodes are numbered as they are created,
and an operation is newer than its inputs: so falling creation numbers are an order in which a backward pass may visit
them.
"""

from __future__ import annotations

import operator
import sys
import weakref
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, ClassVar, NamedTuple

import numpy as np

from . import operators, primitives
from .errors import StaleDataError
from .registry import Rule

Like = tuple[tuple[int, ...], Any]  # the shape and dtype that a cotangent must have
Cotangents = dict[Any, Any]  # for each node on a path to the targets its cotangent, None until one arrives

next_number = count(1).__next__
by_number = operator.attrgetter("number")

# ----------------------------------------------------------------------------------------------- The records


class Op:
    """What a node did: its rule, and the function that passes a cotangent on to its inputs."""

    __slots__ = ("kind", "pull", "rule")

    def __init__(self, kind: str, rule: Rule | None = None, pull: Callable[..., None] | None = None) -> None:
        self.kind, self.rule, self.pull = kind, rule, pull

    @property
    def name(self) -> str:
        """The function's qualified name, or the kind of a node that has no rule (leaf, link, pick)."""
        return self.rule.name if self.rule else self.kind

    def __reduce__(self) -> tuple[Any, ...]:
        return find_op, (self.kind, self.rule)


def optional(slot: str, doc: str) -> Any:
    """Return a property for a slot that is usually unset: it reads as None."""
    return property(lambda self: getattr(self, slot, None), lambda self, new: setattr(self, slot, new), doc=doc)


class Node:
    """One operation with at most two inputs, as it was recorded.

    `x1`, `x2` and `out` hold what the rule saves (scalars always). Slots that are rarely used stay unset, which costs
    neither time nor a visit of the garbage collector; properties read them as None.
    """

    __slots__ = (
        "__weakref__", "_grad", "_name", "code", "in1", "in2", "lasti", "number", "op", "out", "x1", "x2",
    )  # fmt: skip
    scope: tuple[str, ...] = ()
    call: Call | None = None
    hidden: tuple[Node, ...] = ()
    results: tuple[Like, ...] | None = None
    in1: Any
    in2: Any
    x1: Any
    x2: Any
    out: Any

    def __init__(self, op: Op) -> None:
        self.op, self.number = op, next_number()
        self.in1 = self.in2 = self.code = self.lasti = None

    name = optional("_name", "The name that the user gave to its Value.")
    grad = optional("_grad", "The gradient that `backward` left, as the user sees it.")

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes whose results this one was computed from, once for each use."""
        return tuple(n for n in (self.in1, self.in2) if n is not None)

    @property
    def edges(self) -> tuple[tuple[str, Any, Any], ...]:
        """For each differentiated parameter: its name, its node, and the shape and dtype of its cotangent.

        A parameter that is a list of arrays has tuples of nodes (None for constants) and of shapes and dtypes. None
        for a shape and dtype means those of the result.
        """
        names = self.op.rule.params if self.op.rule else ("x",)
        both = zip(names, (self.in1, self.in2), self.likes, strict=False)
        return tuple((name, node, like) for name, node, like in both if node is not None)

    @property
    def likes(self) -> tuple[Like | None, Like | None]:
        """Shape and dtype of the two inputs, where they differ from those of the result."""
        return None, None

    @property
    def saved(self) -> dict[str, Any]:
        """What the rule saves, by name."""
        names = (*(self.op.rule.params if self.op.rule else ("x",)), "")[:2]
        kept = zip((*names, "out"), ("x1", "x2", "out"), strict=True)
        found = {name: getattr(self, slot, None) for name, slot in kept}
        return {name: x for name, x in found.items() if x is not None}

    def __repr__(self) -> str:
        return f"<node {self.number}: {self.op.name}>"


class LooseNode(Node):
    """A node whose inputs differ from its result in shape or dtype, and that remembers theirs."""

    __slots__ = ("like1", "like2")
    like1: Like | None
    like2: Like | None

    @property
    def likes(self) -> tuple[Like | None, Like | None]:
        """Shape and dtype of the two inputs."""
        return self.like1, self.like2

    @property
    def saved(self) -> dict[str, Any]:
        """What the rule saves, by name, and the shapes of both inputs."""
        names = self.op.rule.params if self.op.rule else ()
        shapes = {f"{p}_shape": like[0] for p, like in zip(names, self.likes, strict=False) if like is not None}
        return super().saved | shapes


class Call(NamedTuple):
    """A call as the full record keeps it: the raw arguments and the raw result."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    result: Any

    def named(self, rule: Rule) -> dict[str, Any]:
        """Return the arguments by the names of the parameters."""
        args, star = self.arguments, rule.star
        given = args if star is None else (*args[:star], args[star:])
        return {**dict(zip(rule.params, given, strict=False)), **self.keywords}


class CallNode(Node):
    """A call of any function: any number of inputs, and what its rule saves by name.

    `hidden` holds nodes on which the result depends only where there is no derivative; `results` the shape and
    dtype of each result where there are several.
    """

    __slots__ = ("call", "edges", "hidden", "results", "saved", "scope")
    edges: tuple[tuple[str, Any, Any], ...]
    saved: dict[str, Any]

    def __init__(self, op: Op) -> None:
        super().__init__(op)
        self.edges, self.saved = (), {}
        self.call, self.hidden, self.results, self.scope = None, (), None, ()

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes whose results this one was computed from, once for each use."""
        found: list[Node] = []
        for _, node, _ in self.edges:
            found += [one for one in node if one is not None] if isinstance(node, tuple) else [node]
        return tuple(found)


def pull_link(node: Node, g: Any, cots: Cotangents, join: Any = None) -> None:
    """Pass a cotangent on unchanged."""
    accumulate(cots, node.in1, g)


def pull_pick(node: Node, g: Any, cots: Cotangents, join: Any = None) -> None:
    """Put the cotangent of one result of several in its place."""
    if node.in1 in cots:
        parts = cots[node.in1] = cots[node.in1] or {}
        parts[node.x1] = parts[node.x1] + g if node.x1 in parts else g


def accumulate(cots: Cotangents, node: Any, cot: Any) -> None:
    """Add a cotangent to those that arrived at a node, if the node is on a path to a target."""
    if node in cots:
        old = cots[node]
        cots[node] = cot if old is None else old + cot


LEAF, ACTIVE, ZERO = Op("leaf"), Op("active leaf"), Op("zero")
LINK, PICK = Op("link", pull=pull_link), Op("pick", pull=pull_pick)
PLAIN_OPS = {op.kind: op for op in (LEAF, ACTIVE, ZERO, LINK, PICK)}
OPS: dict[tuple[str, Rule], Op] = {}
MAKERS: dict[str, Callable[[Rule], Callable[..., None]]] = {}  # how the pull of each kind of op is made from a rule


def find_op(kind: str, rule: Rule | None) -> Op:
    """Return the op of a kind and a rule, made on first use."""
    if rule is None:
        return PLAIN_OPS[kind]
    op = OPS.get((kind, rule))
    if op is None:
        op = OPS[kind, rule] = Op(kind, rule, MAKERS[kind](rule))
    return op


# ------------------------------------------------------------------------------------------ The lines of code

OWN: set[int] = set()  # the namespaces of modules whose frames aren't where the user's code called


def own_module(namespace: dict[str, Any]) -> None:
    """Declare a module as part of the machinery, whose lines are of no interest to the user."""
    OWN.add(id(namespace))


own_module(globals())
own_module(vars(operators))
own_module(vars(primitives))


def locate(node: Node) -> None:
    """Note the line of user code that made a node: its code object and offset, resolved only when shown."""
    frame: Any = sys._getframe(1)
    while id(frame.f_globals) in OWN and frame.f_back is not None:
        frame = frame.f_back
    node.code, node.lasti = frame.f_code, frame.f_lasti


def user_depth(start: int = 1) -> int:
    """Return how many frames above the caller's caller the first frame of user code stands, `start` at the least."""
    depth = start
    frame: Any = sys._getframe(start + 1)
    while id(frame.f_globals) in OWN and frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


def line_of(code: Any, lasti: int | None) -> str:
    """Return the line of a code object and an offset in it, as messages name it.

    Examples
    --------
    >>> line_of(compile("1 + 1", "sum.py", "eval"), 0)
    'sum.py, line 1'
    """
    if code is None:
        return "an unknown line"
    lines = [line for start, end, line in code.co_lines() if start <= (lasti or 0) < end and line]
    return f"{code.co_filename}, line {lines[0] if lines else code.co_firstlineno}"


# -------------------------------------------------------------------------------------------- Walking the graph


class Walk(NamedTuple):
    """What a backward pass needs: its nodes, newest first, and room for the cotangent of each.

    `shared` counts, for nodes used more than once, the uses after the first; `outer` tells whether a leaf of somebody
    else can be reached; `blocked` are nodes with inputs that have no derivative.
    """

    order: list[Any]
    cots: Cotangents
    shared: dict[Any, int]
    outer: bool
    blocked: list[Any]


def collect(roots: Iterable[Node], oldest: int = 0, floor: float = 0) -> Walk:
    """Collect the nodes that a backward pass from `roots` visits, none older than `oldest`.

    Nodes older than `floor` are constants (inside `no_grad`).
    """
    cots: Cotangents = dict.fromkeys(roots)
    waiting = list(cots)
    order: list[Any] = []
    shared: dict[Any, int] = {}
    blocked = []
    outer = False
    while waiting:  # newest input first: nearly the order of creation backwards, which is quick to sort
        node = waiting.pop()
        order.append(node)
        if type(node) is CallNode:
            if node.hidden:
                blocked.append(node)
            inputs = node.inputs
        else:
            one = node.in1  # spelled out, since this is the common case
            if one in cots:
                shared[one] = shared.get(one, 0) + 1
            elif one is not None:
                if one.number >= oldest:
                    cots[one] = None
                    waiting.append(one)
                elif one.number >= floor:
                    outer = True
            if node.in2 is None:
                continue
            inputs = (node.in2,)
        for one in inputs:
            if one in cots:
                shared[one] = shared.get(one, 0) + 1
            elif one.number >= oldest:
                cots[one] = None
                waiting.append(one)
            elif one.number >= floor:
                outer = True
    order.sort(key=by_number, reverse=True)
    refuse_stale(order)
    return Walk(order, cots, shared, outer, blocked)


def towards(targets: list[Node], roots: Iterable[Node], floor: float = 0) -> Walk:
    """Collect the nodes on a path from `roots` to `targets`, which are left out of the order."""
    walk = collect(roots, min((t.number for t in targets), default=0), floor)
    on_path = set(targets)
    user_leaf = False
    for node in reversed(walk.order):
        if node not in on_path:
            user_leaf = user_leaf or node.op is LEAF
            if any(n in on_path for n in node.inputs):
                on_path.add(node)
    order = [node for node in walk.order if node in on_path]
    aim = set(targets)
    return Walk(
        [node for node in order if node not in aim],
        dict.fromkeys([*order, *targets]),
        walk.shared,
        walk.outer or user_leaf,
        walk.blocked,
    )


class Changes:
    """What was changed in place: for each array, by identity, the creation number of that moment and the line."""

    last = 0
    of: ClassVar[dict[int, tuple[Any, int, Any, int]]] = {}


def owner_of(x: Any) -> Any:
    """Return the array that owns the memory of a view."""
    while isinstance(getattr(x, "base", None), np.ndarray):
        x = x.base
    return x


def note_change(data: Any, frame: Any) -> None:
    """Note that an array was changed in place, and where."""
    owner = owner_of(data)
    Changes.last = next_number()
    if isinstance(owner, np.ndarray):
        key = id(owner)
        forget = weakref.ref(owner, lambda _: Changes.of.pop(key, None))
        Changes.of[key] = (forget, Changes.last, frame.f_code, frame.f_lasti)


def refuse_stale(order: list[Any], since: int | None = None) -> None:
    """Raise if a node of the pass saved an array that was changed in place afterwards (or since a creation number).

    Looks only at nodes older than the last change anywhere: in a training loop, which changes its parameters before
    it records the next pass, these are the leaves.
    """
    for node in reversed(order):
        made = node.number if since is None else since
        if made > Changes.last:
            return
        for name, saved in node.saved.items():
            for x in saved if isinstance(saved, (list, tuple)) else (saved,):
                change = Changes.of.get(id(owner_of(x)))
                if change is not None and change[1] > made:
                    raise StaleDataError(
                        f"{node.op.name} ({line_of(node.code, node.lasti)}) saved its"
                        f" {'result' if name == 'out' else f'argument {name}'} for the backward pass, and that array"
                        f" was changed in place afterwards ({line_of(*change[2:])})",
                        "the gradient would be computed from the new numbers",
                        "run the forward pass again after the change, or rebind: p.data = p.data - step",
                    )


def ancestors(nodes: Iterable[Any], oldest: float = 0) -> set[Any]:
    """Return some nodes and all that they were computed from, also where there is no derivative.

    Inputs older than `oldest` are left out.
    """
    found = set(nodes)
    waiting = list(found)
    for node in waiting:  # grows as it goes
        for one in (*node.inputs, *node.hidden):
            if one not in found and one.number >= oldest:
                found.add(one)
                waiting.append(one)
    return found


def behind(blocked: Iterable[Any]) -> tuple[set[Any], list[str]]:
    """Return the nodes that lie behind functions without a derivative, and the names of these functions."""
    nodes = ancestors(one for node in blocked for one in node.hidden)
    flat = [*blocked, *sorted((node for node in nodes if node.hidden), key=by_number, reverse=True)]
    return nodes, list(dict.fromkeys(node.saved.get("function", node.op.name) for node in flat))
