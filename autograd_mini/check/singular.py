"""Operations inside a function that have no derivative where they were called, though the whole may have one.

`abs(x**2)` is smooth at 0, and yet its rules give a second derivative of 0: the slope of `abs` at its kink is a
convention. Such a number isn't the derivative, and no rule is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..tree import map_leaves
from .blame import recorded
from .local import locals_of
from .orders import entries_of
from .probe import precise, raw
from .report import CheckError, Entry, Verdict
from .walking import LineRaised, place

TESTED, EACH = 200, 20  # how many operations are looked at, and how many of one kind
GRAVE = (Verdict.KINK, Verdict.JUMP, Verdict.OUTSIDE, Verdict.UNKNOWN)


class Singular(NamedTuple):
    """An operation that has no derivative where it was called: the verdict on it, and a sentence."""

    verdict: Verdict
    text: str


def find_singular(function: Callable[..., Any], arguments: tuple[Any, ...], seed: int = 0) -> Singular | None:
    """Return the first operation that has no derivative where a function calls it, if there is one.

    Examples
    --------
    >>> found = find_singular(lambda x: np.sin(np.abs(x**2)), (0.0,))
    >>> str(found.verdict), found.text.partition(" (")[0]
    ('a kink here', 'numpy.absolute')
    """
    record = recorded(function, map_leaves(lambda x: precise(raw(x)), arguments))
    if record is None:
        return None
    try:
        walked = record.by_hand(record.seeds([np.ones_like(raw(x)) for x in record.results]))
    except LineRaised:
        return None
    done: Counter[Any] = Counter()
    for one in locals_of(record, walked):
        if done.total() >= TESTED or done[one.kind] >= EACH or one.has_gauge:
            continue  # what has a gauge has no derivative alone, wherever it is called
        done[one.kind] += 1
        try:
            verdict = worst(entries_of(one.function, one.points, 1, seed, one.labels))
        except CheckError:
            verdict = Verdict.OUTSIDE
        if verdict in GRAVE:
            text = f"{one.node.op.name} ({place(one.node)}) has no derivative where it is called"
            return Singular(verdict, f"{text}: {verdict}")
    return None


def worst(entries: list[Entry]) -> Verdict:
    """Return the gravest verdict among entries that isn't wrong, or that they are right.

    An argument that leaves the domain whichever way it moves doesn't count: the domain is thin (symmetric matrices),
    and the whole function moves inside it.
    """
    thin = {id(e) for e in entries if e.verdict is Verdict.OUTSIDE and not (isfinite(e.left) or isfinite(e.right))}
    grave = {e.verdict for e in entries if id(e) not in thin}
    return next((verdict for verdict in GRAVE if verdict in grave), Verdict.RIGHT)
