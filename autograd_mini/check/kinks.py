"""Kinks and ties: slopes at points beside one, and those of all elements together.

`draw` returns a random direction for an array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .probe import Directions, Probe, Vector
from .report import TOGETHER, Entry, Verdict
from .slopes import Shape, slopes

Draw = Callable[[Any], Any]
BESIDE = 12  # at how many points beside a kink the slope is looked at, where it isn't that of a side
AROUND, NEAR = 8, 2.0**-30  # at how many points so near slopes are looked at to tell whether there is a tie
TRIES = 16  # for each of them how many are drawn, until they lie inside of the domain
FAR_BESIDE, STEP_BESIDE = 200, 2.0**-6  # the most such points at a tie, and the step there as a part of their distance


def beside(entry: Entry, probe: Probe, weights: Vector, directions: Directions, draw: Draw) -> Entry:
    """Return the entry of a kink with the slopes at points beside it, whose limits are generalised gradients.

    That of a gradient at its own kink has no such meaning: products of conventions need not lie between anything.
    """
    if entry.order > 1:
        return replace(entry, beside=(-math.inf, math.inf))
    far = 2.0**-12 * probe.width(directions)
    found = [slope_beside(probe, weights, directions, far, directed(probe, draw)) for _ in range(BESIDE)]
    known = [slope for slope in found if math.isfinite(slope)]
    curved = 1e-3 * max(map(abs, known), default=0.0)  # what they differ by without a kink
    return replace(entry, beside=tuple(known), allowed=entry.allowed + curved)


def at_tie(entry: Entry, probe: Probe, weights: Vector, directions: Directions, draw: Draw) -> Entry:
    """Return the entry as one of a kink if each element has a slope there, but the function no gradient.

    The median of three equal numbers doesn't move with any one of them, but with all: near by it has other slopes,
    however near, and the numbers between them are generalised gradients (see `Entry.subgradient`).
    """
    any_way = directed(probe, draw)
    width = probe.width(directions)
    pairs = []
    for _ in range(TRIES * AROUND):
        shift = directed(probe, draw)
        pair = [slope_beside(probe, weights, any_way, distance * width, shift) for distance in (16 * NEAR, NEAR)]
        pairs += [pair] if np.all(np.isfinite(pair)) else []  # the point may be at an edge of the domain, too
        if len(pairs) == AROUND:
            break
    else:
        return entry
    far, near = np.array(pairs).T
    noise = 100 * float(abs(weights) @ probe.noise) / (NEAR * width * STEP_BESIDE)
    # Of a curved function, however strongly, slopes differ less the nearer they are.
    if not np.ptp(near) > max(1e-3 * np.max(abs(near)), noise, np.ptp(far) / 4):
        return entry
    known, here = [], entry.expected
    for _ in range(FAR_BESIDE):
        slope = slope_beside(probe, weights, directions, 16 * NEAR * width, directed(probe, draw))
        known += [slope] if math.isfinite(slope) else []
        one = replace(entry, verdict=Verdict.KINK, left=here, right=here, beside=tuple(known))
        if one.subgradient and len(known) >= BESIDE:
            return one
    return entry


def directed(probe: Probe, draw: Draw) -> Any:
    """Return a random direction for all elements together."""
    return {n: draw(x) for n, x in enumerate(probe.leaves)}


def slope_beside(probe: Probe, weights: Vector, directions: Directions, far: float, shift: Directions) -> float:
    """Return the slope in a direction at a point so far away, to where another one leads."""
    step = STEP_BESIDE * far
    high, low = (
        probe.change({n: far * s + sign * step * directions.get(n, 0.0) for n, s in shift.items()}, 1.0)
        for sign in (1, -1)
    )
    return float(weights @ (high - low)) / (2 * step)


def together(
    entries: Sequence[Entry], probe: Probe, weights: Vector, gradients: list[Any], mode: str, draw: Draw
) -> Entry | None:
    """Compare a gradient at a tie, as of the largest elements, where all elements together have a slope.

    Of a maximum that two share, each alone has slopes 0 and 1, and any number between is a subgradient; but both
    together have the slope 1, and so must have their gradients. That holds where the function is convex, or
    concave; a few random directions tell whether it is.
    """
    kinks = [entry for entry in entries if entry.verdict is Verdict.KINK]
    if not kinks or not all(entry.ok for entry in kinks):
        return None
    (slope,) = slopes(probe, {n: np.ones_like(x) for n, x in enumerate(probe.leaves)}, weights)
    size = max(float(sum(np.sum(abs(g)) for g in gradients)), abs(slope.value))
    found, error = float(sum(np.sum(np.real(g)) for g in gradients)), slope.error + 1e-6 * size
    if slope.shape is not Shape.SMOOTH or abs(found - slope.value) <= error:
        return None
    bends = [(entry.right - entry.left) / 2 for entry in kinks]
    for _ in range(2 * len(probe.leaves) + 8):
        directions = directed(probe, draw)
        step = 2.0**-20 * probe.width(directions)
        bends.append(float(weights @ (probe.change(directions, step) + probe.change(directions, -step))) / step)
    if min(bends) < -1e-3 * size and max(bends) > 1e-3 * size:
        return None
    return Entry(1, mode, kinks[0].argument, None, TOGETHER, found, slope.value, slope.reference, error, Verdict.WRONG)
