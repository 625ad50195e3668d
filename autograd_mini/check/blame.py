"""Which operation is to blame for a wrong gradient: the rule of a node, or the walk over the graph.

The function is run again under the full record, so that each node can be looked at alone: what the lines of its rule
return is compared with differences of that one call. A quick difference along one random direction ranks all nodes;
those that it doesn't clear are compared number by number. The walk is compared with one that is done by hand.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from math import isnan
from typing import Any

import numpy as np

from ..errors import AutogradError, RuleError
from ..graph import own_module
from ..trace import leaf_names
from ..tree import leaves, map_leaves
from .comparison import Comparison, coarseness
from .faults import fault, overwritten
from .local import Local, Pull, along, following, local, locals_of, missing_sum, pull_of, suspicion
from .orders import entries_of, own_noise, pulled
from .patterns import find_patterns
from .probe import Probe, coordinates, precise, raw
from .report import Blame, CheckError, Entry, Map, Verdict
from .walking import LineRaised, Record, Walked, place

__all__ = ["blame", "overwritten"]
Function = Callable[..., Any]
own_module(globals())
SCREENED = (20_000, 1_000)  # how many nodes are ranked by a quick difference: at order 1, and at higher ones
TESTED, EACH = 100, 3  # how many are compared number by number, and how many of one kind
CLEARED = 1e-7  # the relative error of a quick difference below which a rule is taken to be right


def blame(
    function: Function, arguments: tuple[Any, ...], order: int, seed: int = 0, labels: Sequence[str] | None = None
) -> tuple[Blame, ...]:
    """Find the operations that make a gradient wrong.

    Parameters
    ----------
    function : callable
        Works on Values; one that can't be recorded gives nobody to blame.
    arguments : tuple
        The point: numbers, arrays and containers of them, all differentiated.
    order : int
        The lowest order of a derivative that is wrong.
    seed : int, default 0
        Of random cotangents and directions.
    labels : sequence of str, optional
        Names for the leaves of the arguments.

    Returns
    -------
    tuple of Blame
        The rules that are wrong, each at the most suspicious of its nodes, and where the graph was walked wrongly;
        empty if neither was found.

    Examples
    --------
    >>> import autograd_mini as am
    >>> @am.primitive
    ... def cube(x):
    ...     return x**3
    >>> _ = am.rule(cube, x=lambda g, x: g * 2 * x**2)
    >>> (found,) = blame(lambda x: np.sin(cube(x)), (0.7,), 1)
    >>> found.what, found.operation, found.argument
    ('rule', 'autograd_mini.check.blame.cube', 'x')
    """
    given = map_leaves(raw, arguments)
    wide = map_leaves(precise, given)
    names = leaf_names(function, tuple(range(len(given))), given) if labels is None else labels
    draw = Comparison([], rng=np.random.default_rng(seed)).weights
    # Single precision hides small errors; but a rule may be wrong, or the function work, in single precision only.
    points = [wide, given] if any(coarseness(x) > 1e-10 for _, x in leaves(given)) else [given]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        records = [record for record in (recorded(function, point) for point in points) if record is not None]
        if not records:
            return ()
        found: list[Blame] = []
        try:
            for record in records:
                found = found or wrong_lines(record, draw, seed)
            found += faults(function, given, draw, order, names, not found)
            for record in records:
                found = found or wrong_beyond(record, draw, order, seed)
        except (RuleError, LineRaised):  # the engine can't use what a line returns, or there is nothing to use
            pass
    return tuple(found)


def raising(function: Function, arguments: tuple[Any, ...], seed: int = 0) -> tuple[Blame, ...]:
    """Find the line of a rule that raises an error when a function's gradient is computed; empty if none does.

    It may raise for the numbers as they are given, for more precise ones, or for Values, which higher orders bring.
    """
    draw = Comparison([], rng=np.random.default_rng(seed)).weights
    given = map_leaves(raw, arguments)
    for point in (given, map_leaves(precise, given)):
        record = recorded(function, point)
        if record is None:
            continue
        try:
            record.lines_on_values(record.by_hand(record.seeds([draw(raw(x)) for x in record.results])))
        except LineRaised as raised:
            where = place(raised.node)
            return (Blame("rule", raised.node.op.name, raised.argument, where, 1, None, str(raised)),)
    return ()


def recorded(function: Function, arguments: tuple[Any, ...]) -> Record | None:
    """Record a function in full, if it can be."""
    try:
        return Record(function, arguments, full=True)
    except Exception:  # of any kind: it is the user's function, and was perhaps not written for Values
        return None


def faults(
    function: Function, arguments: tuple[Any, ...], draw: Function, upto: int, labels: Sequence[str], thorough: bool
) -> list[Blame]:
    """Return the first fault of the walk: of the plain pass, and if `thorough` of those that higher orders need."""
    for order in range(1, upto + 1):
        for again in (False, True):
            found = fault(function, arguments, draw, min(order + again, upto), labels, again)
            if found is not None or not thorough:
                return [] if found is None else [found]
        function = following(function, arguments, draw)
    return []


# ------------------------------------------------------------------------------------------ Which rules are wrong


def wrong_lines(record: Record, draw: Function, seed: int) -> list[Blame]:
    """Return the rules whose lines are wrong at order 1, without any use of the engine's own pulls."""
    walked = record.by_hand(record.seeds([draw(raw(x)) for x in record.results]))

    def compare(one: Local) -> list[Blame]:
        pull = pull_of(one, record, walked, draw, 1)
        comparison = Comparison(list(one.labels), ("vjp",), rng=np.random.default_rng(seed))
        weights, eps = coordinates(pull.cotangent), [coarseness(x) for x in one.points]
        gradients = [np.asarray(g) for g in pull.gradients]
        comparison.compare(Probe(one.function, one.points), weights, gradients, 1, "vjp", eps,
                           lambda: own_noise(pulled(one.function, pull.cotangent), one.points))  # fmt: skip
        return rules_to_blame(one, comparison.entries, comparison.maps + comparison.samples, pull)

    return searched(record, walked, draw, 1, compare)


def wrong_beyond(record: Record, draw: Function, order: int, seed: int) -> list[Blame]:
    """Return the rules that are wrong in another way than at order 1: at a higher one, or not linear in g."""
    walked = record.by_hand(record.seeds([draw(raw(x)) for x in record.results]))

    def compare(one: Local) -> list[Blame]:
        entries = entries_of(one.function, one.points, order, seed, one.labels)
        if one.has_gauge and not all(entry.ok for entry in entries if entry.order == 1):
            return []  # a random cotangent makes a function of it that has no derivative
        found = rules_to_blame(one, entries, [], None)
        if not found or found[0].order == 1:
            return found
        within = recorded(following(one.function, one.points, draw), one.points)
        deeper = [] if within is None else (
            wrong_lines(within, draw, seed) or wrong_beyond(within, draw, found[0].order - 1, seed)
        )  # fmt: skip
        called = f", which the rule of {one.node.op.name} calls"
        deeper = [b._replace(line=place(one.node), text=b.text + called) for b in deeper]
        return deeper or at_fault(one, found, draw, seed)

    return searched(record, walked, draw, order, compare)


def at_fault(one: Local, found: list[Blame], draw: Function, seed: int) -> list[Blame]:
    """Return blame for the lines whose own derivative is wrong, by whichever argument.

    At a higher order the number that is wrong is a derivative by one argument of what the line of another returns.
    """
    first = found[0]
    function = one.function
    for _ in range(first.order - 1):
        function = following(function, one.points, draw)
    name, lines = one.node.op.name, []
    for i, label in enumerate(one.labels):
        entries = entries_of(lambda *xs, i=i: function(*xs)[i], one.points, 1, seed, one.labels)
        wrong = next((e for e in entries if e.verdict is Verdict.WRONG), None)
        if wrong is not None:
            text = (
                f"the rule of {name} for {label} is right, but not its own derivative by {wrong.argument}:"
                f" it gives {wrong.found:.8g} where differences give {wrong.expected:.8g}"
            )
            lines.append(first._replace(argument=label, text=text))
    return lines or found


def searched(
    record: Record, walked: Walked, draw: Function, order: int, compare: Callable[[Local], list[Blame]]
) -> list[Blame]:
    """Compare the nodes that a quick difference doesn't clear, and if these are right some of each kind.

    If these are right too, nodes are compared along the directions in which the function moves their arguments.
    """
    kinds: dict[Any, list[Local]] = {}
    for one in locals_of(record, walked):
        kinds.setdefault(one.kind, []).append(one)
    room = max(EACH, SCREENED[order > 1] // max(len(kinds), 1))
    ranked: list[tuple[float, Local]] = []
    for several in kinds.values():
        for one in several[:: -(-len(several) // room)]:
            try:
                pull = pull_of(one, record, walked, draw, order)
                off = suspicion(pull, one.points, np.random.default_rng(0))
            except (AutogradError, LineRaised, ValueError, ArithmeticError):  # no result beside this point
                off = 0.0
            ranked.append((off, one))
    ranked.sort(key=lambda pair: -pair[0])
    suspects = [one for off, one in ranked if off > CLEARED and not (order > 1 and one.has_gauge)]
    rest = [one for _, one in ranked if one not in suspects]
    return tested(suspects, compare) or tested(rest, compare) or tested(moving(record, [*suspects, *rest]), compare)


def moving(record: Record, candidates: Sequence[Local]) -> list[Local]:
    """Return operations as functions of how far their arguments move when the function's do, in double precision."""
    rng = np.random.default_rng(0)
    around = map_leaves(
        lambda x: x + 1e-3 * rng.standard_normal(np.shape(x)) * (abs(x) + np.mean(abs(x))), record.arguments
    )
    other = recorded(record.function, around)
    if other is None or [node.op for node in other.order] != [node.op for node in record.order]:
        return []  # it does something else there
    there = dict(zip(record.order, other.order, strict=True))
    pairs = [(one, local(there[one.node], other.on_path)) for one in candidates]
    return [along(one, end) for one, end in pairs if one.kind == end.kind]


def tested(candidates: Sequence[Local], compare: Callable[[Local], list[Blame]]) -> list[Blame]:
    """Compare a few nodes of each kind, each kind until one of its nodes is wrong."""
    found: dict[tuple[str, str], Blame] = {}
    done: Counter[Any] = Counter()
    for one in candidates:
        if done.total() >= TESTED:
            break
        if done[one.kind] < EACH:
            done[one.kind] += 1
            try:
                wrong = compare(one)
            except (CheckError, LineRaised):  # not finite beside this point, or not deterministic
                continue
            for each in wrong:
                found.setdefault((each.operation, each.argument), each)
            done[one.kind] += EACH * bool(wrong)
    return list(found.values())


# ----------------------------------------------------------------------------------------------- What is said


def rules_to_blame(one: Local, entries: Sequence[Entry], maps: Sequence[Map], pull: Pull | None) -> list[Blame]:
    """Return the blame for each argument of a node that has wrong entries, at the lowest order at which it has."""
    wrong = [entry for entry in entries if not entry.ok and entry.verdict in (Verdict.WRONG, Verdict.KINK)]
    wrong.sort(key=lambda entry: (entry.order, entry.mode == "jvp", -entry.badness))
    points = dict(zip(one.labels, one.points, strict=True))
    patterns = {p.argument: p for p in find_patterns(maps, [points[m.argument] for m in maps])}
    found: dict[str, Blame] = {}
    name = one.node.op.name
    for entry in wrong:
        label = entry.argument
        if label in found:
            continue
        pattern = None if pull is None else missing_sum(one, label, pull) or patterns.get(label)
        numbers = f"{entry.found:.8g} where {{}} {entry.expected:.8g}"
        if isnan(entry.found) and entry.note:
            text = (
                f"the rule of {name} for {label} returns no gradient by it: {pattern.text if pattern else entry.note}"
            )
        elif entry.mode == "jvp":
            text = f"the rule of {name} isn't linear in its cotangent g: the jvp by {label} is "
            text += numbers.format("the vjp gives")
        elif entry.order > 1:
            text = f"the rule of {name} for {label} is right, but not its own derivative: at order {entry.order}"
            text += " it gives " + numbers.format("differences give")
        else:
            text = f"the rule of {name} for {label} gives " + numbers.format("differences give")
        text += f" ({pattern.text})" if pattern is not None and pattern.text not in text else ""
        found[label] = Blame("rule", name, label, place(one.node), entry.order, pattern, text)
    return list(found.values())
