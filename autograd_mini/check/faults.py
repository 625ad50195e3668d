"""Faults of the walk over a graph: where the engine's backward pass differs from the one that is done by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import line_of, own_module
from ..trace import leaf_names
from ..transforms import vjp
from ..tree import leaves, replace_leaves
from .probe import raw
from .report import Blame, Pattern
from .walking import Arrival, Record, Walked, added, place, same, unsummed, whole

Function = Callable[..., Any]
own_module(globals())
SHARED = 50  # so many nodes with several uses are tried one by one as the place of a `=` for `+=`


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
