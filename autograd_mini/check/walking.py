"""The walk over a graph once more, by hand: what the engine's backward pass should have given each node.

The lines of the rules are called as they stand. Nothing of the engine's own is used to add cotangents, to sum them over
broadcast axes or to cast them, so that a fault there shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from ..graph import PICK, Like, ancestors, by_number, line_of, own_module
from ..pulling import apply, complete
from ..state import listening, switched
from ..trace import Trace, depends, leaf_names
from ..transforms import vjp
from ..tree import leaves, replace_leaves
from .probe import raw
from .report import Blame, Pattern

Function = Callable[..., Any]
own_module(globals())
SHARED = 50  # so many nodes with several uses are tried one by one as the place of a `=` for `+=`


class Arrival(NamedTuple):
    """A cotangent that arrives at a node: from where, for which argument, and as the rule's line returned it."""

    cot: Any
    source: Any = None
    argument: str = ""
    returned: Any = None


class LineRaised(Exception):
    """The line of a rule raised an error (its cause) for an argument of a node."""

    def __init__(self, node: Any, argument: str) -> None:
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
            if isinstance(inputs, tuple):
                wanted = [i for i, one in enumerate(inputs) if one in on_path]
                for i, cot in zip(wanted, returned(node, name, g, wanted), strict=True):
                    yield inputs[i], Arrival(fitted(cot, like[i]), node, f"{name}[{i}]", cot)
            elif inputs in on_path:
                cot = returned(node, name, g)
                if "where" in node.saved and isinstance(node.op.rule.function, np.ufunc):
                    cot = np.where(node.saved["where"], cot, 0)
                yield inputs, Arrival(fitted(cot, like or (np.shape(g), g.dtype)), node, name, cot)


def returned(node: Any, name: str, g: Any, wanted: list[int] | None = None) -> Any:
    """Return what a line of a node's rule returns; of several arguments, for those that are wanted."""
    try:
        return apply(node.op.rule.pullbacks[name], g, node.saved, wanted)
    except Exception as error:  # of any kind: it may be a user's line
        raise LineRaised(node, name) from error


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


def fault(
    function: Function, arguments: tuple[Any, ...], draw: Function, order: int, labels: Sequence[str], recorded: bool
) -> Blame | None:
    """Compare the engine's backward pass with the one by hand, node by node; return the newest fault.

    Parameters
    ----------
    function : callable
    arguments : tuple
    draw : callable
        Returns random numbers for the elements of an array.
    order : int
        The order of the derivative that this is.
    labels : sequence of str
        Names for the leaves of the arguments.
    recorded : bool
        Whether to compare the pass that is itself recorded, as higher orders need it.
    """
    for full in (False, True):
        record = Record(function, arguments, full)
        seeds = record.seeds([draw(raw(x)) for x in record.results])
        hand = record.by_hand(seeds)
        seen = record.by_engine(seeds, recorded)
        for node, found in seen.items():
            expected = hand.totals.get(node)
            if found is None and (expected is None or not np.any(expected)):
                continue
            if found is None or expected is None or fault_of(found, expected):
                return described(record, node, found, hand, labels, order, recorded)
    return None if recorded else stale(function, arguments, draw, order, labels)


def fault_of(found: Any, expected: Any) -> str:
    """Return in what a cotangent differs from what it should be: its shape, its dtype, its numbers, or nothing."""
    pairs = zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]
    for one, other in pairs:
        if np.shape(one) != np.shape(other):
            return "shape"
        if np.result_type(one) != np.result_type(other):
            return "dtype"
    return "" if same(found, expected) else "accumulation"


def described(
    record: Record, node: Any, found: Any, hand: Walked, labels: Sequence[str], order: int, recorded: bool
) -> Blame:
    """Return the blame for a node whose cotangent isn't what its arrivals add up to."""
    here = hand.arrivals.get(node, [])
    expected = hand.totals.get(node)
    argument = labels[record.numbers[node]] if node in record.numbers else ""
    operation = node.op.name if not argument else "argument"
    name, line = record.name(node, labels), place(node if not argument or not here else here[-1].source)
    which = kept_alone(found, here)
    if which:
        text = f"only the {which} of the {len(here)} cotangents that arrive at {name} counts: = for +="
        return Blame("accumulation", operation, argument, line, order, Pattern(argument, "overwritten", text), text)
    for source in dict.fromkeys(a.source for a in here if a.source is not None):
        arrived = [a for a in here if a.source is source]
        total = added(node, arrived)
        g = hand.totals[source]
        cots = {**dict.fromkeys(source.inputs), source: dict(enumerate(g)) if isinstance(g, tuple) else g}
        record.trace.back([source], cots, recorded)
        alone = whole(node, cots[node])
        what = "accumulation" if alone is None else fault_of(alone, total)
        if what:
            return of_a_pull(what, source, arrived, alone, total, order)
    text = f"the cotangents that arrive at {name} don't add up to what the engine has there"
    what = "accumulation" if found is None or expected is None else fault_of(found, expected)
    return Blame(what, operation, argument, line, order, None, text)


def kept_alone(found: Any, arrivals: Sequence[Arrival]) -> str:
    """Say which of several arrivals is all that is left; empty if that isn't what happened."""
    if found is None or len(arrivals) < 2 or isinstance(arrivals[0].cot, tuple):
        return ""
    ends = {"last": arrivals[-1], "first": arrivals[0]}
    return next((which for which, one in ends.items() if same(found, one.cot)), "")


def of_a_pull(what: str, source: Any, arrived: Sequence[Arrival], found: Any, expected: Any, order: int) -> Blame:
    """Return the blame for what the engine makes of the cotangent that a rule returned."""
    argument, pattern = " and ".join(dict.fromkeys(a.argument for a in arrived)), None
    rule = f"the rule of {source.op.name}" + (f" returned for {argument}" if argument else "")
    text = f"the engine passes on another cotangent than {rule}"
    part = unsummed(found, arrived[0].returned, np.shape(expected)) if len(arrived) == 1 else ""
    which = kept_alone(found, arrived)
    if what == "shape":
        text = f"{text}: of shape {np.shape(found)} for an argument of shape {np.shape(expected)}"
    elif what == "dtype":
        text = f"{text}: of dtype {np.result_type(found)} for an argument of dtype {np.result_type(expected)}"
        pattern = Pattern(argument, "dtype", text)
    elif part:
        text = f"the engine took {part} of what {rule}, in place of the sum over the broadcast axes"
        pattern = Pattern(argument, "missing sum", text)
    elif which:
        text = f"the engine passes on only the {which} of the cotangents that {rule}: = for +="
        pattern = Pattern(argument, "overwritten", text)
    return Blame(what, source.op.name, argument, place(source), order, pattern, text)


def stale(
    function: Function, arguments: tuple[Any, ...], draw: Function, order: int, labels: Sequence[str]
) -> Blame | None:
    """Pull two cotangents back one after the other: the second gradient must be its own."""
    record = Record(function, arguments, full=False)
    value, pullback = vjp(function, *arguments)
    given = [[draw(raw(x)) for x in record.results] for _ in range(2)]
    expected = [record.gradients(record.by_hand(record.seeds(weights)).totals) for weights in given]
    found = [[np.asarray(raw(g)) for _, g in leaves(pullback(replace_leaves(value, iter(w))))] for w in given]
    for again, gradients, right in zip((False, True), found, expected, strict=True):
        for number, (g, wanted) in enumerate(zip(gradients, right, strict=True)):
            if not same(g, wanted):
                text = "the backward pass as a whole gives another gradient than its nodes one by one"
                if again and same(g, expected[0][number]):
                    text = "a second pullback gives the gradient of the first: a stale cotangent"
                nowhere = line_of(None, None)
                return Blame("accumulation", "the backward pass", labels[number], nowhere, order, None, text)
    return None


# -------------------------------------------------------------------------------- A gradient from somewhere else


def overwritten(
    function: Function, arguments: tuple[Any, ...], claimed: Sequence[Any], labels: Sequence[str] | None = None
) -> Pattern | None:
    """Find out whether a claimed gradient is what `=` for `+=` makes of the right one.

    Parameters
    ----------
    function : callable
        Returns one real number.
    arguments : tuple
    claimed : sequence of arrays
        A gradient for each leaf of the arguments.
    labels : sequence of str, optional
        Names for the leaves.

    Returns
    -------
    Pattern or None
        Where one use of several counts alone; None if that doesn't explain the gradient, or if our engine can't record
        the function.
    """
    try:
        record = Record(function, arguments, full=False)
    except Exception:  # of any kind: it is the user's function, and was perhaps not written for Values
        return None
    names = leaf_names(function, tuple(range(len(arguments))), arguments) if labels is None else labels
    if len(record.results) != 1 or np.shape(record.results[0]) or len(claimed) != len(record.numbers):
        return None
    seeds = record.seeds([1.0])
    hand = record.by_hand(seeds)
    shared = [node for node in record.order if len(hand.arrivals.get(node, [])) > 1 and node.results is None]
    each = [({node: at}, record.name(node, names)) for node in shared[:SHARED] for at in (-1, 0)]
    every = [(dict.fromkeys(shared, at), "everything that is used more than once") for at in (-1, 0)]
    for kept, name in [*each, *every] if not explains(record, hand, claimed) else []:
        if explains(record, record.by_hand(seeds, kept), claimed):
            at = next(iter(kept.values()))
            here = hand.arrivals[next(iter(kept))]
            which = "last" if at else "first"
            text = f"of {name} only the {which} use in the backward pass counts: = for +="
            if len(kept) == 1:
                text = f"of the {len(here)} uses of {name} only the one at {place(here[at].source)} counts: = for +="
            wrong = [n for n, g in enumerate(claimed) if not same(g, record.gradients(hand.totals)[n])]
            return Pattern(names[wrong[0]], "overwritten", text)
    return None


def explains(record: Record, walked: Walked, claimed: Sequence[Any]) -> bool:
    """Whether a walk ends with the gradients that somebody claims."""
    return all(same(g, wanted, 1e-6) for g, wanted in zip(claimed, record.gradients(walked.totals), strict=True))
