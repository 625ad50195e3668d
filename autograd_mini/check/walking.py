"""The walk over a graph once more, by hand: what the engine's backward pass should have given each node.

The lines of the rules are called as they stand. Nothing of the engine's own is used to add cotangents, to sum them over
broadcast axes or to cast them, so that a fault there shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value
from ..graph import PICK, Like, ancestors, by_number, line_of, own_module
from ..pulling import apply, complete
from ..state import listening, switched
from ..trace import Trace, depends
from ..tree import leaves
from .probe import raw

Function = Callable[..., Any]
own_module(globals())


class Arrival(NamedTuple):
    """A cotangent that arrives at a node: from where, for which argument, and as the rule's line returned it."""

    cot: Any
    source: Any = None
    argument: str = ""
    returned: Any = None


class LineRaised(Exception):
    """The line of a rule for an argument of a node raised an error."""

    def __init__(self, node: Any, argument: str, error: Exception) -> None:
        super().__init__(f"the rule of {node.op.name} for {argument} raises {type(error).__name__}: {error}")
        self.node, self.argument = node, argument


class Record:
    """One run of a function on fresh leaves, under the full record or not, to be walked in several ways.

    Parameters
    ----------
    function : callable
    arguments : tuple
        Raw numbers, arrays and containers of them.
    full : bool
        Whether to keep each call. Nodes of one or two arguments have faster records and pulls of their own without.
    """

    def __init__(self, function: Function, arguments: tuple[Any, ...], full: bool) -> None:
        self.function, self.arguments = function, arguments
        with switched(full_record=True) if full else nullcontext():
            self.trace = Trace(function, arguments, {}, tuple(range(len(arguments))))
        self.results = [x for _, x in leaves(self.trace.result)]
        self.walk = self.trace.walk(self.results)
        roots = [x.node for x in self.results if depends(x, self.trace.oldest)]
        self.numbers = {node: number for number, node in enumerate(self.trace.targets)}
        self.on_path = set(self.numbers)
        for node in sorted(ancestors(roots, self.trace.oldest), key=by_number):
            if any(one in self.on_path for one in node.inputs):
                self.on_path.add(node)
        self.order = sorted(self.on_path, key=by_number, reverse=True)

    def seeds(self, weights: Sequence[Any]) -> dict[Any, Any]:
        """Return the cotangent that each result's node starts with; `weights` has one for each result."""
        found: dict[Any, Any] = {}
        for x, weight in zip(self.results, weights, strict=True):
            if depends(x, self.trace.oldest):
                seed = np.conj(np.asarray(weight)).astype(x.dtype)[()]
                found[x.node] = found[x.node] + seed if x.node in found else seed
        return found

    def by_engine(self, seeds: Mapping[Any, Any], recorded: bool) -> dict[Any, Any]:
        """Return the cotangent of each node on a path to the leaves, as the engine has it when it comes there."""
        cots, seen = {**self.walk.cots, **{node: g for node, g in seeds.items() if node in self.walk.cots}}, {}
        for node in self.walk.order:
            seen[node] = whole(node, cots[node])
            self.trace.back([node], cots, recorded)
        return seen | {node: raw(cots[node]) for node in self.trace.targets}

    def by_hand(self, seeds: Mapping[Any, Any], kept: Mapping[Any, int] | None = None) -> Walked:
        """Return what arrives at each node; of a node in `kept` only the one arrival counts that is given there."""
        arrivals: dict[Any, list[Arrival]] = {node: [Arrival(seed)] for node, seed in seeds.items()}
        totals: dict[Any, Any] = {}
        token = listening.set(False)  # what rules compare or round is no concern of the user
        try:
            for node in self.order:
                here = arrivals.get(node)
                if here is None:
                    continue
                totals[node] = added(node, here if not kept or node not in kept else [here[kept[node]]])
                if node not in self.numbers:
                    for one, arrival in passed_on(node, totals[node], self.on_path):
                        arrivals.setdefault(one, []).append(arrival)
        finally:
            listening.reset(token)
        return Walked(totals, arrivals)

    def lines_on_values(self, walked: Walked) -> None:
        """Call each line once more with cotangents that are Values, as a derivative of the gradient does."""
        for node, g in walked.totals.items():
            if node.op.rule is not None:
                given = tuple(map(Value, g)) if isinstance(g, tuple) else Value(g)
                for name, inputs, _ in node.edges:
                    wanted = wanted_of(inputs, self.on_path)
                    if wanted or inputs in self.on_path:
                        returned(node, name, given, wanted)

    def gradients(self, totals: Mapping[Any, Any]) -> list[Any]:
        """Return the gradient of each leaf, as users see it."""
        found = [totals.get(node) for node in self.trace.targets]
        pairs = zip(found, self.trace.leaves, strict=True)
        return [np.zeros_like(x.data) if g is None else np.conj(g) for g, x in pairs]

    def name(self, node: Any, labels: Sequence[str]) -> str:
        """Return what a node holds, in words."""
        return labels[self.numbers[node]] if node in self.numbers else f"the result of {node.op.name} ({place(node)})"


class Walked(NamedTuple):
    """The cotangent of each node, and the arrivals that it is the sum of."""

    totals: dict[Any, Any]
    arrivals: dict[Any, list[Arrival]]


def place(node: Any) -> str:
    """Return the line of code that made a node."""
    return line_of(node.code, node.lasti)


def whole(node: Any, g: Any) -> Any:
    """Return a cotangent as raw numbers; of several results, as a tuple."""
    if isinstance(g, dict):
        return complete({i: raw(part) for i, part in g.items()}, node.results)
    return raw(g)


def added(node: Any, arrivals: Sequence[Arrival]) -> Any:
    """Return the sum of what arrived; of several results, a tuple of such sums."""
    if node.results is None:
        return sum((a.cot for a in arrivals[1:]), arrivals[0].cot)
    parts: dict[int, Any] = {}
    for arrival in arrivals:
        index, cot = arrival.cot
        parts[index] = parts[index] + cot if index in parts else cot
    return complete(parts, node.results)


def passed_on(node: Any, g: Any, on_path: set[Any]) -> Iterator[tuple[Any, Arrival]]:
    """Iterate over what a node passes on to each of its inputs that lead to the leaves."""
    if node.op is PICK:
        yield node.in1, Arrival((node.x1, g), node, "", g)
    elif node.op.rule is None:
        yield from ((one, Arrival(g, node, "", g)) for one in node.inputs if one in on_path)
    else:
        for name, inputs, like in node.edges:
            wanted = wanted_of(inputs, on_path)
            if wanted is not None:
                for i, cot in zip(wanted, returned(node, name, g, wanted), strict=True):
                    yield inputs[i], Arrival(fitted(cot, like[i]), node, f"{name}[{i}]", cot)
            elif inputs in on_path:
                cot = returned(node, name, g)
                if "where" in node.saved and isinstance(node.op.rule.function, np.ufunc):
                    cot = np.where(node.saved["where"], cot, 0)
                yield inputs, Arrival(fitted(cot, like or (np.shape(g), g.dtype)), node, name, cot)


def wanted_of(inputs: Any, on_path: set[Any]) -> list[int] | None:
    """Return the positions of those inputs of a list that lead to the leaves; None for a single input."""
    return [i for i, one in enumerate(inputs) if one in on_path] if isinstance(inputs, tuple) else None


def returned(node: Any, name: str, g: Any, wanted: list[int] | None = None) -> Any:
    """Return what a line of a node's rule returns; of several arguments, for those that are wanted."""
    try:
        return apply(node.op.rule.pullbacks[name], g, node.saved, wanted)
    except Exception as error:  # of any kind: it may be a user's line
        raise LineRaised(node, name, error) from error


def fitted(cot: Any, like: Like) -> Any:
    """Return what a rule returned, summed over broadcast axes and cast to the shape and dtype of its argument.

    What has too few numbers is repeated, so that the walk can go on to the comparison that finds it wrong.
    """
    (shape, dtype), cot = like, np.asarray(cot)
    if cot.shape != shape:
        cot = np.sum(cot, axis=broadcast_axes(cot, shape), keepdims=True)
        cot = np.resize(cot, shape) if cot.size != np.prod(shape, dtype=int) else cot.reshape(shape)
    part = cot.real if cot.dtype.kind == "c" and dtype.kind != "c" else cot
    return part.astype(dtype)[()]


def broadcast_axes(cot: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes of a cotangent that an argument of some shape doesn't have, or has with length 1."""
    extra = cot.ndim - len(shape)
    return tuple(i for i, n in enumerate(cot.shape) if i < extra or (shape[i - extra] == 1 != n))


def unsummed(found: Any, wide: Any, shape: tuple[int, ...]) -> str:
    """Say which part of a cotangent was taken in place of its sum over broadcast axes; empty if none was.

    Examples
    --------
    >>> unsummed(np.array([3.0, 4.0]), np.array([[1.0, 2.0], [3.0, 4.0]]), (2,))
    'the last slice'
    """
    wide = np.asarray(wide)
    axes = broadcast_axes(wide, shape)
    if not axes or np.shape(found) != shape:
        return ""
    parts = {
        "the first slice": wide[tuple(slice(0, 1) if i in axes else slice(None) for i in range(wide.ndim))],
        "the last slice": wide[tuple(slice(-1, None) if i in axes else slice(None) for i in range(wide.ndim))],
        "the mean": np.mean(wide, axis=axes, keepdims=True),
    }
    return next((name for name, part in parts.items() if same(found, part.reshape(shape), 1e-6)), "")


def same(found: Any, expected: Any, off: float | None = None) -> bool:
    """Whether two cotangents are equal, up to rounding (or `off`, relative to the largest number)."""
    if isinstance(expected, tuple):
        return isinstance(found, tuple) and all(same(a, b, off) for a, b in zip(found, expected, strict=True))
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        return False
    coarse = [float(np.finfo(x.dtype).eps) for x in (found, expected) if x.dtype.kind in "fc"]
    off = max(coarse, default=0.0) ** 0.5 if off is None else off
    size = float(np.max(abs(expected), initial=0.0, where=np.isfinite(expected)))
    return bool(np.allclose(found, expected, rtol=0, atol=off * size, equal_nan=True))


# ------------------------------------------------------------------------------------------- Faults of the walk
