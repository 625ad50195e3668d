"""Slopes without any rule: differences with an error bar, from both sides.

In each direction the function is looked at on both sides of the point, at a step h, h/2 and h/4. Extrapolated to h = 0
(Richardson), these give the slope and the slopes on both sides, and how far each may be off. Where they don't settle (a
kink nearby, a fast change, the edge of the domain), smaller steps are tried; how the numbers scale with h tells a kink
from a jump and from rounding.
"""

from __future__ import annotations

from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .probe import Directions, Probe, Vector

SHRINK, GROWTHS = 16, 2  # how steps are tried where the first one doesn't settle
STRETCH = 0.37  # of the steps of a second opinion, so that they share no factor with those of the first
FINE = 1e-8  # an error bar of this part of the slope is widened rather than doubted
ATTEMPTS, EDGE_ATTEMPTS = 5, 12  # how many times shorter ones; near an edge, which may be very near


class Shape(Enum):
    """What a function looks like from a point, in one direction."""

    SMOOTH = "smooth"
    KINK = "kink"
    JUMP = "jump"
    EDGE = "edge"  # finite on one side at most
    UNSETTLED = "unsettled"


class Slope(NamedTuple):
    """The derivative of one number in one direction, and how far it may be off.

    `left` and `right` are the slopes on both sides, off by `side` at most, NaN where there is none; `step` is the
    longest that was used.
    """

    value: float
    error: float
    left: float
    right: float
    side: float
    shape: Shape
    step: float
    reference: str = "difference"


class Table(NamedTuple):
    """What one step h, with h/2 and h/4, gives for each number of the result."""

    step: float
    value: Vector
    error: Vector
    left: Vector
    right: Vector
    left_error: Vector
    right_error: Vector
    noise: Vector  # of a slope on one side
    change: Vector  # the larger change on both sides, at the smallest step

    @property
    def gap(self) -> Vector:
        """The difference of the slopes on both sides."""
        gap: Vector = abs(self.right - self.left)
        return gap

    @property
    def agrees(self) -> Any:
        """Whether both sides have the same slope, as far as it is known."""
        off = self.left_error + self.right_error
        return (self.gap <= 3 * off) & np.isfinite(off)


def look(probe: Probe, directions: Directions, weights: Vector | None, step: float, noise: Vector) -> Table:
    """Return the table of one step, of the weighted sum of the result or of each of its coordinates.

    The slope over h on both sides has an error in even powers of h, so h, h/2 and h/4 give one of order h⁶; a slope
    on one side has all powers, and an error of order h³ is left. What the last extrapolation changed bounds it [1]_.

    References
    ----------
    .. [1] W. H. Press et al., Numerical Recipes, section 5.7.
    """

    def sloped(sign: int) -> tuple[list[Vector], Vector, Vector]:
        changes = [probe.change(directions, sign * step / 2**k) for k in range(3)]
        sizes = abs(changes[0])
        if weights is not None:
            changes, sizes = [np.atleast_1d(weights @ c) for c in changes], np.atleast_1d(abs(weights) @ sizes)
        return [sign * c * (2**k / step) for k, c in enumerate(changes)], abs(changes[-1]), sizes

    with np.errstate(all="ignore"):
        (right, far_right, size), (left, far_left, other_size) = sloped(1), sloped(-1)
        both = [(a + b) / 2 for a, b in zip(left, right, strict=True)]
        rounding = (noise + probe.eps * np.fmax(size, other_size)) / step
        pairs = ((both, 2), (left, 1), (right, 1))
        (value, error), *sides = (extrapolate(s, power, 16 * rounding) for s, power in pairs)
        return Table(
            step, value, error + 12 * rounding,
            sides[0][0], sides[1][0], sides[0][1] + 30 * rounding, sides[1][1] + 30 * rounding,
            30 * rounding, np.fmax(far_left, far_right),
        )  # fmt: skip


def extrapolate(slopes: list[Vector], power: int, rounding: Vector) -> tuple[Vector, Vector]:
    """Return the limit of three slopes at h, h/2, h/4 whose errors go with h**power, h**(2 power), and its error.

    Where they don't fall by 2**power from step to step, the function isn't that smooth, and all that was added to the
    last slope counts as error. Where they don't fall at all, and it isn't rounding, there is no limit to be seen.
    """
    once = [near + (near - wide) / (2**power - 1) for wide, near in pairwise(slopes)]
    twice = once[1] + (once[1] - once[0]) / (4**power - 1)
    wide, near = abs(slopes[1] - slopes[0]), abs(slopes[2] - slopes[1])
    as_expected = abs(wide - 2**power * near) <= 0.3 * wide
    error = np.where(as_expected, abs(twice - once[1]), 2 * abs(twice - slopes[2]))
    return twice, np.where(near > 0.75 * wide + rounding, np.inf, error)


def slopes(
    probe: Probe,
    directions: Directions,
    weights: Vector | None = None,
    claimed: float | None = None,
    slack: float = 0.0,
    stretch: float = 1.0,
) -> list[Slope]:
    """Return the derivative in a direction, of each coordinate of the result or of their weighted sum.

    Parameters
    ----------
    probe : Probe
    directions : mapping
        For the numbers of the leaves that move, their directions.
    weights : array, optional
        Of the coordinates of the result.
    claimed : float, optional
        What somebody says the derivative is: if it differs by more than `slack` and the error, and a kink that is too
        small to be seen could explain it, smaller steps are tried.
    slack : float, default 0
    stretch : float, default 1
        Of all steps.
    """
    noise = probe.noise
    width, step = probe.width(directions), stretch * probe.step(directions)
    if weights is not None:
        moves = probe.moves(directions, step)  # what doesn't depend on the elements that move adds no noise
        noise = np.atleast_1d(abs(weights) @ (noise * moves if np.any(moves) else noise))
    shortest = 256 * probe.eps * probe.moving(directions)  # below it, x + h / 4 is not distinct from x
    tables = [look(probe, directions, weights, step, noise)]

    def settled() -> Any:
        now = tables[-1]
        scale = np.max(abs(now.value[np.isfinite(now.value)]), initial=0.0)
        fine = now.agrees & (now.error <= np.maximum(0.8 * now.noise, 1e-8 * scale))
        if claimed is not None:
            miss = abs(claimed - now.value)
            fine &= (miss <= slack + now.error) | (miss > now.gap + now.left_error + now.right_error)
        return fine

    first = tables[0]
    rounded = first.agrees & (0.4 * first.noise > 0.5 * first.error) & (first.error > 1e-9 * abs(first.value))
    if np.any(rounded):  # rounding is all the error there is: longer steps drown it
        for _ in range(GROWTHS):
            if tables[0].step < width / 2:
                tables.insert(0, look(probe, directions, weights, 8 * tables[0].step, noise))
    while not np.all(settled()):
        now = tables[-1]
        nearer = np.any(~np.isfinite(now.left_error + now.right_error))  # no slope on a side: an edge, a jump, a pole
        if now.step < step * SHRINK ** -(EDGE_ATTEMPTS if nearer else ATTEMPTS) or now.step / SHRINK < shortest:
            break
        if np.all(settled() | (now.noise > now.gap / 4) & (now.noise > abs(now.value) + now.error)):
            break  # smaller steps show nothing but rounding
        tables.append(look(probe, directions, weights, now.step / SHRINK, noise))
    found = [judge([pick(table, i) for table in tables], float(noise[i])) for i in range(len(noise))]
    if tables[-1].step < step and probe.look_for_single():
        return slopes(probe, directions, weights, claimed, slack, stretch)
    return refined(probe, directions, weights, found)


def pick(table: Table, i: int) -> Table:
    """Return one number's part of a table."""
    return Table(table.step, *(float(column[i]) for column in table[1:]))  # type: ignore[arg-type]


def judge(tables: list[Any], noise: float) -> Slope:
    """Return what the tables of one number, from the longest step to the shortest, come to."""
    smooth = consistent([t for t in tables if t.agrees and np.isfinite(t.error)])
    last = tables[-1]
    kink = persistent(tables)
    if kink is not None and (smooth is None or smooth.step > kink.step or smooth.error > kink.gap / 4):
        side = kink.left_error + kink.right_error
        middle = (kink.left + kink.right) / 2
        return Slope(middle, kink.gap / 2 + side, kink.left, kink.right, side, Shape.KINK, kink.step)
    if not (np.isfinite(last.left) and np.isfinite(last.right)):
        left = min((t for t in tables if np.isfinite(t.left_error)), key=lambda t: t.left_error, default=last)
        right = min((t for t in tables if np.isfinite(t.right_error)), key=lambda t: t.right_error, default=last)
        side = np.nanmax([0.0, left.left_error if np.isfinite(last.left) else 0.0,
                          right.right_error if np.isfinite(last.right) else 0.0])  # fmt: skip
        ends = (left.left if np.isfinite(last.left) else np.nan, right.right if np.isfinite(last.right) else np.nan)
        return Slope(np.nan, np.inf, *ends, float(side), Shape.EDGE, last.step)
    if smooth is None and len(tables) > 1 and last.change > max(0.8 * tables[-2].change, 20 * noise):
        return Slope(np.nan, np.inf, last.left, last.right, np.inf, Shape.JUMP, last.step)
    if smooth is None:
        return Slope(last.value, np.inf, last.left, last.right, np.inf, Shape.UNSETTLED, last.step)
    return Slope(smooth.value, smooth.error, smooth.left, smooth.right, smooth.left_error, Shape.SMOOTH, smooth.step)


def persistent(tables: list[Any]) -> Any:
    """Return the better of the two shortest successive steps at which both sides differ by the same gap."""
    found = None
    for long, short in pairwise(tables):
        ends = np.isfinite(long.left_error + long.right_error) and np.isfinite(short.left_error + short.right_error)
        differ = ends and not (long.agrees or short.agrees) and min(long.gap, short.gap) > 4 * short.noise
        if differ and 0.6 < short.gap / long.gap < 1.6:
            found = min((long, short), key=lambda t: t.left_error + t.right_error)
    return found


def consistent(tables: list[Any]) -> Any:
    """Return the table with the smallest error among those that no table of a shorter step contradicts.

    One table alone counts only if its error is small: a single step can be misled by a pattern of its own length.
    """
    kept: list[Any] = []
    for table in reversed(tables):
        if all(abs(table.value - other.value) <= table.error + other.error for other in kept):
            kept.append(table)
    if len(kept) == 1 and not kept[0].error <= max(1e-3 * abs(kept[0].value), kept[0].noise):
        return None
    return min(kept, key=lambda table: table.error, default=None)


def exact(probe: Probe, directions: Directions, weights: Vector | None) -> tuple[Vector, Vector] | None:
    """Return the slopes that a complex step gives, and how far they may be off; None if there is none."""
    found = probe.complex_step(directions)
    if found is None:
        return None
    values, errors = found[0], found[1] + 32 * probe.eps * abs(found[0])
    if weights is None:
        return values, errors
    return np.atleast_1d(weights @ values), np.atleast_1d(abs(weights) @ errors)


def refined(probe: Probe, directions: Directions, weights: Vector | None, found: list[Slope]) -> list[Slope]:
    """Return slopes by a complex step, where differences are coarse and it agrees with them."""
    if all(s.shape is not Shape.SMOOTH or s.error <= 1e-10 * abs(s.value) for s in found):
        return found
    imaginary = exact(probe, directions, weights)
    if imaginary is None:
        return found
    made = []
    for slope, value, error in zip(found, *(column.tolist() for column in imaginary), strict=True):
        known = slope.shape is Shape.SMOOTH and slope.error < 0.1 * abs(slope.value)
        if known and error < slope.error and abs(value - slope.value) <= 2 * slope.error:
            slope = slope._replace(value=value, error=error, reference="complex step")
        made.append(slope)
    return made


def second_opinion(
    probe: Probe, directions: Directions, weights: Vector, found: Slope, claimed: float, slack: float
) -> Slope:
    """Return the slope that a wrong gradient is held against: looked at over other steps, and over very short ones.

    Steps share a pattern with a staircase or an oscillation by chance; other steps don't share it, and short ones see
    through it. Inside one stair of a staircase, though, short ones see none of the slope that it rounds: where longer
    ones agree with the claim, nothing is proven.
    """
    if probe.look_for_single():
        (found,) = slopes(probe, directions, weights, claimed, slack)
        if found.shape is not Shape.SMOOTH or abs(claimed - found.value) <= found.error + slack:
            return found
    (other,) = slopes(probe, directions, weights, claimed, slack, STRETCH)
    if other.shape is not Shape.SMOOTH:
        return other
    noise = np.atleast_1d(abs(weights) @ probe.noise)
    width = probe.width(directions)
    step = STRETCH * min(found.step / 4, 2.0**-20 * width)
    short: Any = pick(look(probe, directions, weights, step, noise), 0)
    long: Any = pick(look(probe, directions, weights, STRETCH * 2.0**-6 * width, noise), 0)
    apart = abs(claimed - found.value)
    if claimed != 0 and long.agrees and abs(long.value - claimed) <= slack + long.error < apart / 4:
        return found._replace(shape=Shape.UNSETTLED, error=apart)
    seen = [(other.value, other.error), (short.value, short.error)]
    off = max((abs(x - found.value) for x, e in seen if not abs(x - found.value) <= 2 * (e + found.error)), default=0.0)
    if not off < abs(claimed - found.value) / 4 or (claimed == 0 and probe.flat):  # a staircase is flat between steps
        return found._replace(shape=Shape.UNSETTLED, error=off)
    best = min(found, other, key=lambda slope: slope.error)
    if best.error < abs(claimed - best.value) - slack < 10 * best.error:  # such an error bar proves nothing
        fine = 10 * best.error <= FINE * abs(best.value)
        return best._replace(error=10 * best.error) if fine else best._replace(shape=Shape.UNSETTLED)
    return best._replace(error=best.error + 2 * off)
