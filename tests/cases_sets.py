"""Sample calls of sets, and of functions that call one of the user's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Case, distinct, uniform


def overlapping(x, y, **kwargs):
    """Return the intersection of two sets that keep elements in common when they move."""
    return np.intersect1d(np.concatenate([x, y]), np.concatenate([y[1:], x[:2]]), **kwargs)


def in_order(x):
    """Return the unique values in order, which NumPy leaves open."""
    return np.sort(np.unique_values(x))


def sets() -> Iterator[Case]:
    """Sets of numbers that are all different: equal ones are looked at by name in the tests."""
    x = distinct(2, 4)
    yield from (Case(np.unique, (a,)) for a in [x, distinct(0), distinct(3)])
    yield Case(np.unique, (x,), {"return_index": True, "return_inverse": True, "return_counts": True})
    yield from (Case(np.unique, (x,), {"axis": axis}) for axis in (0, 1, -1))
    yield Case(np.unique, (x,), {"axis": 1, "return_counts": True})
    for function in (np.unique_all, np.unique_counts, np.unique_inverse):
        yield from (Case(function, (a,)) for a in [x, distinct(5)])
    yield from (Case(np.unique_values, (a,), via=in_order) for a in [x, distinct(5)])
    yield Case(np.union1d, (x, distinct(3, seed=1) + 2), wrt=(0, 1))
    yield Case(np.setdiff1d, (x, distinct(3) + 3))
    yield Case(np.intersect1d, (distinct(4), distinct(3) + 2), wrt=(0, 1), via=overlapping)
    yield Case(np.intersect1d, (distinct(4), distinct(3) + 2), {"return_indices": True}, wrt=(0, 1), via=overlapping)
    yield Case(np.setxor1d, (x, distinct(3, seed=1) + 2), wrt=(0, 1))


def doubled(x, scale=2.0):
    return scale * x**3


def twice(row):
    return np.stack([np.sum(row), np.prod(row)])


def calling() -> Iterator[Case]:
    """Functions that call others."""
    x, cube = distinct(5), uniform(2, 3, 4)
    for axis in (0, 1, -1):
        yield Case(np.apply_along_axis, (np.sum, axis, cube), wrt=(2,))
        yield Case(np.apply_along_axis, (twice, axis, cube), wrt=(2,))
        yield Case(np.apply_along_axis, (doubled, axis, cube), {"scale": 3.0}, wrt=(2,))
        yield Case(np.apply_along_axis, (lambda row: row[:, None] * row, axis, cube), wrt=(2,))
    yield Case(np.apply_along_axis, (np.sum, 0, x), wrt=(2,))
    yield from (Case(np.apply_over_axes, (np.sum, cube, axes), wrt=(1,)) for axes in [0, (0, 2), [-1, 1]])
    yield Case(np.piecewise, (x, [x < 0, x >= 0.5], [np.exp, doubled, 3.0]))
    yield Case(np.piecewise, (x, [x < 0, x >= 0.5], [np.sin, 2.0]))
    yield Case(np.piecewise, (x, x < 0, [np.exp, doubled]), {"scale": 1.0}, via=two_pieces)
    yield Case(np.piecewise, (uniform(), [True, False], [np.exp, doubled]))
    for function in (np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10, np.emath.arccos, np.emath.arcsin,
                     np.emath.arctanh):  # fmt: skip
        for low, high in [(0.2, 0.8), (-0.9, -0.2), (1.2, 3.0)]:
            yield Case(function, (uniform(3, low=low, high=high),))
        yield Case(function, (np.array([-2.0, 0.5, 3.0]),))
    yield Case(np.emath.logn, (uniform(low=2.0, high=3.0), uniform(3, low=0.5)), wrt=(0, 1))
    yield Case(np.emath.power, (uniform(3, low=-2.0, high=-0.5), uniform(3, low=0.5)), wrt=(0, 1))


def two_pieces(x, condition, functions, scale):
    """Return the pieces, with an argument that only one of the functions takes."""
    return np.piecewise(x, condition, [lambda v: functions[0](v), lambda v: functions[1](v, scale)])


CASES = [*sets(), *calling()]
