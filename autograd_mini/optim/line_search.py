"""How far to go along a direction: a search for the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from .base import Array

DECREASE, CURVATURE = 1e-4, 0.9  # Nocedal and Wright's numbers for quasi-Newton methods
TRIALS = 25  # in each of the two phases


class Point(NamedTuple):
    """What is known at a distance along a direction: the loss, its slope along the direction, and its gradient."""

    distance: float
    loss: float
    slope: float
    gradient: Array


def strong_wolfe(at: Callable[[float], Point], start: Point, distance: float) -> Point | None:
    """Return a point with f(t) ≤ f(0) + 10⁻⁴ t f'(0) and |f'(t)| ≤ 0.9 |f'(0)|, or None if there is no lower one.

    Parameters
    ----------
    at : callable
        Gives the point at a distance.
    start : Point
        The one at distance 0. The slope there is below 0.
    distance : float
        The first to be tried.

    Returns
    -------
    Point or None
        Where the trials end before both conditions hold, the lowest point found, if it is lower than the start.

    References
    ----------
    J. Nocedal and S. J. Wright (2006), Numerical optimization, algorithms 3.5 and 3.6.

    Examples
    --------
    >>> def at(t):
    ...     return Point(t, (t - 3) ** 2, 2 * (t - 3), np.array([2 * (t - 3)]))
    >>> strong_wolfe(at, at(0.0), 100.0).distance
    3.0
    """
    noise = 4 * float(np.finfo(start.gradient.dtype).eps) * abs(start.loss)

    def too_high(here: Point, low: Point) -> bool:  # also where the loss is NaN
        bound = min(start.loss + DECREASE * here.distance * start.slope, low.loss)
        return not here.loss <= bound + noise

    def flat(here: Point) -> bool:
        return abs(here.slope) <= -CURVATURE * start.slope

    low = start
    for _ in range(TRIALS):
        here = at(distance)
        if too_high(here, low):
            high = here
            break
        if flat(here):
            return here
        if here.slope >= 0:
            low, high = here, low
            break
        low, distance = here, 2 * distance
    else:
        return low

    for _ in range(TRIALS):
        here = at(between(low, high))
        if too_high(here, low):
            high = here
            continue
        if flat(here):
            return here
        if here.slope * (high.distance - low.distance) >= 0:
            high = low
        low = here
    return low if low.loss < start.loss else None


def between(a: Point, b: Point) -> float:
    """Return where the cubic with the values and slopes of two points has its minimum; the middle if it has none.

    The middle also if the minimum is so close to an end that the interval would hardly get shorter.

    Examples
    --------
    >>> between(Point(0.0, 0.0, -1.0, None), Point(1.0, -0.25, 0.5, None)).__round__(6)
    0.666667
    """
    width = b.distance - a.distance
    if not width:
        return a.distance
    one = a.slope + b.slope - 3 * (b.loss - a.loss) / width
    square = one * one - a.slope * b.slope
    middle = a.distance + width / 2
    if not (isfinite(square) and square >= 0):
        return middle
    two = sqrt(square) if width > 0 else -sqrt(square)
    divisor = b.slope - a.slope + 2 * two
    share = 1 - (b.slope + two - one) / divisor if divisor else 0.5
    return a.distance + share * width if 0.1 <= share <= 0.9 else middle
