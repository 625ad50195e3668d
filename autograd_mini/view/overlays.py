"""What a drawing may show on top: how large gradients are, what is unhealthy, what the backward pass keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..engine import ZEROS
from ..graph import owner_of
from ..primitives import relu, sigmoid
from .calls import constants
from .known import Known
from .passes import uses_in

Rows = tuple[tuple[str, str], ...]
SHADES = ("#7fb3e0", "#cfe3f3", "#f7f7f7", "#fbd3bd", "#f08a74")  # blue over white to red; rows of text say it in grey
ALARM, DOUBT, WELL = "#f4a582", "#fde6b8", "#f7f7f7"
SATURATED = 0.01  # the share of the steepest slope below which hardly any gradient gets through
FEW = 0.5  # share of elements from which on an operation is marked


class Mark(NamedTuple):
    """What an overlay adds to a box: its colour, and rows of text."""

    fill: str
    rows: Rows = ()


class Overlay(NamedTuple):
    """How boxes are marked, and what the colours mean."""

    mark: Callable[[Any, Known, Mapping[Any, Any]], Mark | None]
    legend: Rows


def size(x: Any) -> float:
    """Return the root of the mean square of an array; NaN if it holds one."""
    sizes = np.abs(np.asarray(x, dtype=np.complex128))
    largest = float(np.max(sizes, initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean(np.square(sizes / largest))))


def flow(node: Any, known: Known, gradients: Mapping[Any, Any]) -> Mark | None:
    """Mark by the size of the gradient, on a logarithmic scale."""
    g = gradients.get(node)
    if g is None or g is ZEROS:
        return None
    rms = size(g)
    if not np.isfinite(rms):
        return Mark(SHADES[4], (("size", "not finite"),))
    place = 0 if rms < 1e-6 else 1 if rms < 1e-3 else 2 if rms <= 10 else 3 if rms <= 1e4 else 4
    told = "vanishing" if place == 0 else "exploding" if place == 4 else ""
    return Mark(SHADES[place], (("size", f"{rms:.1e} {told}".strip()),))


def health(node: Any, known: Known, gradients: Mapping[Any, Any]) -> Mark | None:
    """Mark where NaN and infinities begin, and units through which no gradient comes."""
    rows = [*not_finite(node, known, gradients), *blocked(node, known)]
    if rows:
        return Mark(ALARM, tuple(rows))
    rows = changed_form(node, known)
    if rows:
        return Mark(DOUBT, tuple(rows))
    return Mark(WELL) if node.op.rule and node in known.values else None


def not_finite(node: Any, known: Known, gradients: Mapping[Any, Any]) -> list[tuple[str, str]]:
    """Return whether a value, or a gradient that is passed on, stops being finite here, or already was not."""

    def bad(x: Any) -> bool:
        return x is not None and not np.all(np.isfinite(x))

    rows, sources = [], [use.source for use in uses_in(node)]
    if bad(known.values.get(node)):
        came = any(bad(known.values.get(one)) for one in sources)
        unknown = any(one not in known.values for one in sources)
        since = "before" if came else "here, and maybe before (not kept)" if unknown else "from here on"
        rows.append(("", f"not finite {since}"))
    if sources and any(bad(gradients.get(one)) for one in sources) and not bad(gradients.get(node)):
        rows.append(("", "the gradient isn't finite from here on"))
    return rows


def blocked(node: Any, known: Known) -> list[tuple[str, str]]:
    """Return how many elements of an activation let no gradient through, if they are many."""
    out = known.values.get(node)
    if node.op.rule is None or out is None or not np.size(out):
        return []
    function = node.op.rule.function
    if function is relu or (function is np.maximum and any(is_zero(x) for _, x in constants(node))):
        dead = np.mean(np.asarray(out) <= 0)
        units = dead_units(out)
        return [("dead", f"{dead:.0%} of the elements{units}")] if dead > FEW or units else []
    if function in (sigmoid, np.tanh):
        slope = 4 * out * (1 - out) if function is sigmoid else 1 - np.square(out)
        flat = np.mean(np.asarray(slope) < SATURATED)
        return [("saturated", f"{flat:.0%} of the elements")] if flat > FEW else []
    return []


def is_zero(x: Any) -> bool:
    """Whether a constant is the number 0; None is one that wasn't kept."""
    return x is not None and np.ndim(x) == 0 and x == 0


def dead_units(out: Any) -> str:
    """Return how many columns of a batch of outputs are 0 for all of its rows."""
    if np.ndim(out) != 2 or len(out) < 2:
        return ""
    dead = np.count_nonzero(np.all(np.asarray(out) <= 0, axis=0))
    return f", {dead} of {np.shape(out)[1]} units" if dead else ""


def changed_form(node: Any, known: Known) -> list[tuple[str, str]]:
    """Return which inputs an elementwise operation broadcast, and which dtypes it promoted."""
    rule, like = node.op.rule, known.likes.get(node)
    if rule is None or like is None or not rule.broadcasts or getattr(rule.function, "signature", None) is not None:
        return []
    inputs = [known.likes[use.source] for use in uses_in(node) if use.source in known.likes]
    rows = [("broadcast", f"{shape} to {like[0]}") for shape, _ in inputs if shape != like[0]]
    return rows + [("dtype", f"{dtype} to {like[1]}") for _, dtype in inputs if dtype != like[1]]


def memory(node: Any, known: Known, gradients: Mapping[Any, Any]) -> Mark | None:
    """Mark by the bytes of the arrays that the node keeps for the backward pass."""
    kept = saved_bytes(node)
    if not kept:
        return None
    place = 1 if kept < 2**20 else 2 if kept < 2**24 else 3 if kept < 2**28 else 4
    return Mark(SHADES[place], (("keeps", bytes_text(kept)),))


def saved_bytes(node: Any) -> int:
    """Return the bytes of what a node's rule saved; an array that is saved twice, or as a view, counts once."""
    found: dict[int, int] = {}
    for saved in node.saved.values():
        for x in saved if isinstance(saved, (list, tuple)) else (saved,):
            owner = owner_of(x)
            if isinstance(owner, np.ndarray):
                found[id(owner)] = owner.nbytes
    return sum(found.values())


def bytes_text(n: int) -> str:
    """Return a number of bytes in the unit that fits.

    Examples
    --------
    >>> bytes_text(800), bytes_text(3 * 2**20)
    ('800 B', '3.0 MiB')
    """
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if n >= 2**shift:
            return f"{n / 2**shift:.1f} {unit}"
    return f"{n} B"


OVERLAYS = {
    "flow": Overlay(
        flow,
        (
            (SHADES[0], "gradient below 1e-6: vanishing"), (SHADES[1], "below 1e-3"), (SHADES[2], "1e-3 to 10"),
            (SHADES[3], "above 10"), (SHADES[4], "above 1e4, or not finite: exploding"),
        ),
    ),
    "health": Overlay(
        health,
        (
            (ALARM, "not finite, dead or saturated"), (DOUBT, "broadcast, or another dtype"), (WELL, "nothing to say"),
        ),
    ),
    "memory": Overlay(
        memory,
        (
            (SHADES[1], "keeps less than 1 MiB for the backward pass"), (SHADES[2], "less than 16 MiB"),
            (SHADES[3], "less than 256 MiB"), (SHADES[4], "more"),
        ),
    ),
}  # fmt: skip
