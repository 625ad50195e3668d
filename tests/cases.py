"""Sample calls of every function that has a rule: the one table that all tests take their inputs from.

Numbers keep away from kinks, ties and the ends of domains, so that differences are good to many digits; what happens
exactly there is tested by name elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from case import Case, distinct, reached, uniform
from cases_elementwise import CASES as ELEMENTWISE
from cases_fourier import CASES as FOURIER
from cases_linalg import CASES as LINALG
from cases_network import CASES as NETWORK
from cases_polynomials import CASES as POLYNOMIALS
from cases_scipy import CASES as SCIPY
from cases_sets import CASES as SETS
from cases_statistics import CASES as STATISTICS

from autograd_mini.primitives import getitem, scatter, set_at, unstack
from autograd_mini.rules.shaping import paste, pieces


def reductions() -> Iterator[Case]:
    """Reductions over no, one, several and all axes, with each of their options."""
    over = [
        ((2, 3), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": -1, "keepdims": True}), ((2, 3), {"keepdims": True}),
        ((2, 3, 2), {"axis": (0, 2)}), ((2, 3, 2), {"axis": (-1, 0), "keepdims": True}), ((4,), {}),
        ((4,), {"axis": 0}),
        ((), {}), ((1, 3), {"axis": 0}), ((3, 1), {"axis": 1}), ((0, 2), {"axis": 1}), ((2, 3), {"axis": ()}),
    ]  # fmt: skip
    mask = np.array([[True, False, True], [False, True, True]])
    for function in [np.sum, np.mean, np.prod]:
        for shape, options in over:
            yield Case(function, (uniform(*shape),), options)
        yield Case(function, (uniform(2, 3),), {"where": mask})
        yield Case(function, (uniform(2, 3),), {"where": mask[0], "axis": 1})
        yield Case(function, (uniform(2, 3), 1))
        yield Case(function, (uniform(2, 3),), {"dtype": np.complex128})
        yield Case(function, (uniform(2, 3), None, None, None))
    yield Case(np.sum, (uniform(0, 2),), {"axis": 0})
    yield Case(np.sum, (uniform(0),))
    for function in [np.sum, np.prod, np.max, np.min, np.amax, np.amin, np.nansum, np.nanprod, np.nanmax, np.nanmin]:
        for options in ({"axis": 1}, {"axis": (0, -1), "keepdims": True}, {"where": np.eye(3, 4, dtype=bool)}):
            yield Case(function, (distinct(3, 4) - 0.1,), {"initial": np.float64(0.3), **options}, (0, "initial"),
                       via=reached(function))  # fmt: skip
    yield Case(np.prod, (uniform(0, 2),), {"axis": 0})
    for function in [np.sum, np.prod]:
        yield Case(function, (uniform(2, 3),), {"axis": 1, "initial": 2.5})
    for zeros in ([2], [1, 3], [0, 2, 4], [0], [4]):
        x = uniform(5)
        x[zeros] = 0
        yield Case(np.prod, (x,))
        yield Case(np.cumprod, (x,))
        yield Case(np.prod, (np.stack([x, uniform(5, seed=1)]),), {"axis": 1})
    for function in [np.max, np.min, np.amax, np.amin]:
        for shape, options in over:
            yield Case(function, (distinct(*shape)[()],), options)
        yield Case(function, (distinct(2, 3),), {"initial": 0.0, "axis": 0})
        yield Case(function, (distinct(2, 3),), {"initial": 0.0, "where": mask})
    for shape, options in over[:-1]:
        if shape:
            yield Case(np.ptp, (distinct(*shape),), options)
    for function in [np.var, np.std]:
        for shape, options in over[:8]:
            yield Case(function, (uniform(*shape),), options)
            yield Case(function, (uniform(*shape),), {**options, "ddof": 1})
        yield Case(function, (uniform(2, 3),), {"axis": 1, "correction": 1})
        yield Case(function, (uniform(2, 3),), {"axis": 1, "ddof": 0.5})
        yield Case(function, (uniform(2, 3),), {"where": mask, "axis": 1})
        yield Case(function, (uniform(2, 3),), {"axis": 1, "mean": uniform(2, 1)}, wrt=(0, "mean"))
    holes = np.where(np.eye(3, 4, dtype=bool), np.nan, distinct(3, 4))
    for function in [np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd]:
        yield Case(function, (holes,))
        yield Case(function, (holes, 0))
        yield Case(function, (holes,), {"axis": (1, 0), "keepdims": True})
        if function not in (np.nanmax, np.nanmin):
            yield Case(function, (holes,), {"axis": -1, "where": holes[:1] != holes[0, 1]})
    for function in [np.nanmax, np.nanmin]:
        yield Case(function, (holes,), {"axis": -1, "where": holes[:1] != holes[0, 1], "initial": 0.1})
    for function in [np.nanvar, np.nanstd]:
        yield Case(function, (holes,), {"axis": 1, "ddof": 1})
        yield Case(function, (holes,), {"axis": 1, "mean": uniform(3, 1)}, (0, "mean"), via=reached(function))
    for function in [np.nancumsum, np.nancumprod]:
        yield from (Case(function, (holes,), {"axis": axis}) for axis in (None, 0, -1))
    for weights in (uniform(2, 3, low=0.5), uniform(2, 3, low=0.5, seed=1)):
        yield Case(np.average, (uniform(2, 3), 0, weights), {"returned": True}, wrt=(0, 2))
        yield Case(np.average, (uniform(2, 3),), {"weights": weights}, wrt=(0, "weights"))
        yield Case(np.average, (uniform(2, 3), 1, weights), {"keepdims": True}, wrt=(0, 2))
    yield Case(np.average, (uniform(2, 3, 2), 1, uniform(3, low=0.5)), wrt=(0, 2))
    yield Case(np.average, (uniform(2, 3, 2), -2, uniform(3, low=0.5)), {"keepdims": True}, wrt=(0, 2))
    yield from (Case(np.average, (uniform(2, 3), *axis)) for axis in [(), (0,), ((0, 1),)])
    for function in [np.cumsum, np.cumprod]:
        for shape in [(5,), (2, 3), (1, 3), (0, 2), (3, 1), (0,)]:
            yield Case(function, (uniform(*shape),))
            yield Case(function, (uniform(*shape), 0))
            yield Case(function, (uniform(*shape),), {"axis": -1})
        yield Case(function, (uniform(),))
        yield Case(function, (uniform(), 0))
    if hasattr(np, "cumulative_sum"):
        for function in [np.cumulative_sum, np.cumulative_prod]:
            yield Case(function, (uniform(4),))
            yield Case(function, (uniform(2, 3),), {"axis": 1})
            yield Case(function, (uniform(2, 3),), {"axis": -2, "include_initial": True})


def shaping() -> Iterator[Case]:
    """Functions that move elements around."""
    x, cube, row, none = uniform(2, 3), uniform(2, 3, 4), uniform(3), uniform(0, 3)
    for order in ("C", "F"):
        yield Case(np.reshape, (x, (3, 2)), {"order": order})
        yield Case(np.ravel, (cube,), {"order": order})
    yield from (Case(np.reshape, (x, shape)) for shape in [-1, (6,), (1, 3, 2), [3, -1]])
    yield from (Case(np.reshape, (uniform(), shape)) for shape in [(), (1, 1)])
    yield Case(np.reshape, (none, (3, 0)))
    yield from (Case(np.ravel, (a,)) for a in [uniform(), row, none])
    yield from (Case(np.transpose, (a,)) for a in [uniform(), row, x, cube, none])
    yield from (Case(np.transpose, (cube, axes)) for axes in [(1, 2, 0), (-1, 0, 1), [2, 1, 0]])
    yield from (Case(np.matrix_transpose, (a,)) for a in [x, cube, none])
    yield Case(np.moveaxis, (cube, 0, -1))
    yield Case(np.moveaxis, (cube, (0, -1), (-1, 1)))
    yield from (Case(np.swapaxes, (cube, *axes)) for axes in [(0, 2), (-1, 1), (1, 1)])
    yield from (Case(np.rollaxis, (cube, *axes)) for axes in [(2,), (0, 3), (1, 2), (-1, -2), (0, 2), (2, 1), (-1, 0)])
    yield from (Case(np.squeeze, (uniform(1, 3, 1), *axis)) for axis in [(), (0,), ((0, 2),), (-1,)])
    yield Case(np.squeeze, (uniform(),))
    yield from (Case(np.expand_dims, (x, axis)) for axis in [0, -1, (0, 2), 1])
    yield Case(np.expand_dims, (uniform(), 0))
    for function in [np.atleast_1d, np.atleast_2d, np.atleast_3d]:
        yield from (Case(function, (a,)) for a in [uniform(), row, x, cube, none])
        yield Case(function, (row, x, uniform()), wrt=(0, 1, 2))
    yield from (Case(np.broadcast_to, (a, (2, 3))) for a in [uniform(), row, uniform(2, 1), x])
    yield Case(np.broadcast_to, (uniform(1, 3), (0, 3)))
    yield Case(np.broadcast_arrays, (row, uniform(2, 1), uniform()), wrt=(0, 1, 2))
    yield Case(np.broadcast_arrays, (row,))
    for options in ({}, {"indexing": "ij"}, {"sparse": True}, {"copy": False}):
        yield Case(np.meshgrid, (uniform(2), row, uniform(4)), options, wrt=(0, 1, 2))
        yield Case(np.meshgrid, (row, uniform()), options, wrt=(0, 1))
        yield Case(np.meshgrid, (row,), options)
    yield Case(np.flip, (cube,))
    yield from (Case(np.flip, (a, axis)) for a, axis in [(cube, 1), (cube, (0, -1)), (uniform(1, 3), 0), (none, 1)])
    yield from (Case(function, (a,)) for function in [np.fliplr, np.flipud] for a in [x, cube, none])
    yield from (Case(np.rot90, (x, k)) for k in [0, 1, 2, 3, -1])
    yield Case(np.rot90, (cube, 1, (1, 2)))
    yield from (Case(np.roll, (cube, *how)) for how in [(1,), (-2, 1), ((1, 2), (0, -1)), (5, 0), ([1, 2], [0, 1])])
    yield Case(np.roll, (none, 1))
    yield from (Case(np.copy, (a,)) for a in [uniform(), x])
    if hasattr(np, "astype"):
        yield Case(np.astype, (x, np.float64), real_only=True)
        yield Case(np.astype, (x, np.complex128))
    for function in [np.tril, np.triu]:
        yield from (Case(function, (uniform(3, 4), k)) for k in [0, 1, -1])
        yield from (Case(function, (a,)) for a in [cube, none])
    yield from (Case(np.diag, (a, k)) for a in [row, uniform(3, 4), uniform(4, 3)] for k in [0, 1, -2])
    yield from (Case(np.diag, (a,)) for a in [row, x, none, uniform(0)])
    yield from (Case(np.diagflat, (a, k)) for a in [row, x] for k in [0, -1])
    yield from (Case(np.diagonal, (cube, *how)) for how in [(), (1,), (-1, 1, 2), (0, 2, 0), (1, -1, -2)])
    yield from (Case(np.diagonal, (a,)) for a in [x, none])


def differences() -> Iterator[Case]:
    """Differences and ramps."""
    x, row = uniform(4, 3), uniform(5)
    yield from (Case(np.diff, (row, n)) for n in range(6))
    yield from (Case(np.diff, (x, n, axis)) for n in [1, 2] for axis in [0, -1])
    yield Case(np.diff, (x,), {"prepend": 0.0, "append": uniform(4, 2), "n": 2})
    yield Case(np.diff, (x,), {"prepend": uniform(2, 3), "axis": 0})
    yield Case(np.diff, (x, 2), {"prepend": uniform(), "append": uniform(4, 2)}, (0, "prepend", "append"))
    yield Case(np.diff, (x, 1, 0, uniform(2, 3), uniform(seed=1)), wrt=(0, 3, 4))
    yield from (Case(np.diff, (x, n), {"prepend": uniform(4, 1)}, (0, "prepend")) for n in (0, 4))
    yield from (Case(np.gradient, (row, *step)) for step in [(), (0.5,), (np.array([0.0, 0.5, 1.5, 1.8, 3.0]),)])
    yield from (Case(np.gradient, (x, *step)) for step in [(), (0.5,), (0.5, np.array([0.0, 1.0, 3.0]))])
    yield from (Case(np.gradient, (x,), {"axis": axis}) for axis in [0, -1, (1, 0)])
    yield Case(np.gradient, (x, 2.0), {"edge_order": 2})
    spaced = np.array([0.0, 0.5, 1.5, 1.8])
    yield from (Case(np.gradient, (x, np.float64(0.5)), {"edge_order": order}, wrt=(0, 1)) for order in (1, 2))
    yield from (
        Case(np.gradient, (x, spaced, np.float64(0.5)), {"edge_order": order}, wrt=(0, 1, 2)) for order in (1, 2)
    )
    yield Case(np.gradient, (uniform(3, 4), spaced), {"axis": 1}, wrt=(1,), real_only=True)
    yield from (Case(np.ediff1d, (a,)) for a in [row, x, uniform(1)])
    yield Case(np.ediff1d, (row,), {"to_end": uniform(2), "to_begin": uniform()}, wrt=(0, "to_end", "to_begin"))
    yield from (Case(np.trapezoid, (x,), {"axis": axis, "dx": 0.5}) for axis in (0, -1))
    yield Case(np.trapezoid, (row,))
    yield Case(np.trapezoid, (x, uniform(3)), wrt=(0, 1))
    yield Case(np.trapezoid, (x, uniform(4, 3, seed=1)), {"axis": 0}, wrt=(0, 1))
    yield Case(np.linspace, (uniform(), uniform(seed=1), 4), wrt=(0, 1))
    yield Case(np.linspace, (uniform(), uniform(3), 4), {"retstep": True}, wrt=(0, 1))
    yield Case(np.linspace, (uniform(), uniform(seed=1), 4, False, True), wrt=(0, 1))
    ends = uniform(low=0.5), uniform(low=0.5, seed=1)
    yield Case(np.geomspace, (*ends, 5), wrt=(0, 1))
    yield Case(np.geomspace, (uniform(3, low=0.5), uniform(2, 1, low=0.5)), {"axis": -1, "endpoint": False}, (0, 1))
    yield Case(np.logspace, (*ends, 5), wrt=(0, 1))
    yield Case(np.logspace, (*ends, 5, False, np.float64(2.5)), wrt=(0, 1, 4))
    yield Case(np.logspace, (uniform(3), uniform(2, 1)), {"axis": 1, "base": np.float64(1.5)}, wrt=(0, 1, "base"))
    yield Case(np.linspace, (uniform(3), uniform(2, 1)), {"num": 5, "endpoint": False, "axis": 1}, wrt=(0, 1))


def blocks(parts: Any) -> Any:
    """Return blocks whose parts are given without their nesting."""
    return np.block([parts[:2], parts[2:]])


def full_of(a: Any, fill_value: Any) -> Any:
    """Return an array full of a value; NumPy asks only the array, not the value, whether it knows better."""
    return np.full_like(fill_value, fill_value, shape=np.shape(a))


def joining() -> Iterator[Case]:
    """Joining, splitting, repeating and padding."""
    x, row = uniform(2, 3), uniform(3)
    yield Case(np.concatenate, ([x, uniform(1, 3), uniform(0, 3), uniform(3, 3)],))
    yield Case(np.concatenate, ((x, uniform(2, 1)),), {"axis": -1})
    yield Case(np.concatenate, ([x, row, uniform(1)], None))
    yield Case(np.concatenate, ([row],))
    yield from (Case(np.concatenate, (uniform(2, 3, 2), axis)) for axis in [0, 1, -1, None])
    for axis in (0, 1, -1, 2):
        yield Case(np.stack, ([x, uniform(2, 3, seed=1), uniform(2, 3, seed=2)], axis))
        yield Case(np.stack, (uniform(2, 3, 2), axis))
    yield Case(np.stack, ([uniform(), uniform(seed=1)],))
    yield Case(np.stack, ([uniform(0, 2), uniform(0, 2)],))
    for function in [np.vstack, np.hstack, np.dstack, np.column_stack]:
        yield Case(function, ([row, uniform(3, seed=1)],))
        yield Case(function, ([x, uniform(2, 3, seed=1)],))
        yield Case(function, ([uniform(), uniform(seed=1)],))
        yield Case(function, (uniform(2, 3, 2),))
    yield Case(np.vstack, ([row, x],))
    yield Case(np.hstack, ([x, uniform(2, 1)],))
    yield Case(np.dstack, ([x, uniform(2, 3, 2)],))
    yield Case(np.column_stack, ([uniform(2), x],))
    yield Case(np.block, ([x, uniform(2, 1), row[None], uniform(1, 1)],), via=blocks)
    yield Case(np.block, ([row, uniform()],))
    yield Case(np.ix_, (row, uniform(2)), wrt=(0, 1))
    windows = np.lib.stride_tricks.sliding_window_view
    yield from (Case(windows, how) for how in [(row, 2), (uniform(3, 4), (2, 3)), (uniform(3, 4), 2, -1)])
    yield Case(np.full_like, (np.zeros((2, 3)), row), wrt=(1,), via=full_of)
    yield Case(np.append, (x, row), wrt=(0, 1))
    yield Case(np.append, (x, uniform(1, 3)), {"axis": 0}, wrt=(0, 1))
    yield Case(np.append, (x, uniform()), wrt=(0, 1))
    grid = uniform(4, 2, 4)
    yield from (Case(np.split, (grid, *how)) for how in [(2,), (2, -1), ([1, 3],), ([1, 1, 9], 2), ([3, 1], -1)])
    yield from (Case(np.array_split, (grid, *how)) for how in [(3,), (3, 2), ([1, 2],), (5, 1)])
    for function in [np.vsplit, np.hsplit, np.dsplit]:
        yield Case(function, (grid, 2))
        yield Case(function, (grid, [1]))
    yield Case(np.hsplit, (uniform(4), 2))
    yield from (Case(np.tile, (a, reps)) for a in [x, row, uniform()] for reps in [2, (2,), (3, 2), (2, 1, 2), (1, 1)])
    yield from (Case(np.tile, (x, reps)) for reps in [0, [2, 2], ()])
    yield from (Case(np.repeat, (x, *how)) for how in [(2,), (2, 0), (3, -1), ([1, 2], 0), ([2], 0), ([0, 2, 1], 1)])
    yield Case(np.repeat, (x, np.array([1, 0, 2, 1, 3, 1])))
    yield from (Case(np.repeat, (uniform(), n)) for n in [3, 0])
    yield from (Case(np.resize, (x, shape)) for shape in [(3, 3), 4, (2, 5)])
    for width in (1, (1, 2), ((0, 1), (2, 1)), [[1], [2]], 0):
        yield Case(np.pad, (x, width))
        for mode in ("edge", "symmetric", "wrap", "mean", "linear_ramp", "empty"):
            if mode != "empty":
                yield Case(np.pad, (x, width), {"mode": mode})
    yield Case(np.pad, (x, ((1, 1), (0, 0))), {"constant_values": 3.0})
    for values in (uniform(), uniform(2), uniform(2, 1), uniform(2, 2)):
        yield Case(
            np.pad, (x, ((1, 2), (0, 1))), {"constant_values": values}, (0, "constant_values"), via=reached(np.pad)
        )
        yield Case(np.pad, (x, ((1, 2), (0, 1)), "linear_ramp"), {"end_values": values}, (0, "end_values"),
                   via=reached(np.pad))  # fmt: skip
    for mode in ("maximum", "minimum", "median"):
        yield from (Case(np.pad, (distinct(3, 4), width, mode)) for width in (1, ((0, 2), (1, 0))))
        yield Case(np.pad, (distinct(3, 4), 2, mode), {"stat_length": ((1, 2), (3, 2))})
    yield Case(np.pad, (uniform(3, 4), ((1, 2), (2, 3)), "reflect"))
    yield Case(np.pad, (uniform(3, 4), ((1, 2), (2, 3)), "reflect"), {"reflect_type": "odd"})
    yield Case(np.pad, (uniform(3, 4), ((5, 7), (9, 3)), "wrap"))
    yield Case(np.pad, (uniform(3, 4), ((5, 7), (9, 3)), "symmetric"), {"reflect_type": "odd"})
    yield Case(np.pad, (uniform(3, 4), 2, "linear_ramp"), {"end_values": 2.0})
    yield Case(np.pad, (uniform(3, 4), 2, "mean"), {"stat_length": 2})
    yield Case(np.pad, (uniform(3, 4), 2, "mean"), {"stat_length": ((1, 2), (3, 2))})
    if np.lib.NumpyVersion(np.__version__) >= "2.2.0":
        yield Case(np.pad, (x, {-1: (1, 2)}))
    yield Case(pieces, (uniform(5, 2), 0, [0, 3], [2, 4]))
    yield Case(paste, ([uniform(2, 2), uniform(2, 1)], 1, [0, 3], [2, 4], (2, 5)))


def inner_moved(x: Any, trim: str) -> Any:
    """Trim a vector whose zeros stay zeros when it is moved."""
    return np.trim_zeros(x * np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0]), trim)


def indexing() -> Iterator[Case]:
    """Indexing in every form, and its relatives."""
    x, cube = uniform(4, 3), uniform(4, 3, 2)
    mask = np.array([True, False, True, True])
    both = np.array([[True, False, True], [False, False, False], [True, True, True], [False, True, False]])
    rows, columns = np.array([0, 2, 2, -1]), np.array([1, 1, 1, 0])
    forms = [
        0, -1, (1, 2), (-1, -3), slice(None), slice(1, 3), slice(None, None, -1), slice(3, None, -2), slice(2, 2),
        ..., (..., 0), (0, ...), None, (None, 1), (slice(None), None, 1), (slice(None), -1), np.int64(2), (),
        mask, both, (mask, 1), (mask, slice(None, None, 2)), rows, [0, 0, 3], (rows, columns), (rows, 1),
        (slice(None), columns), (slice(1, None), [0, 0]), (rows[:, None], [0, 2]), ([[0, 1], [1, 0]],),
        (rows, None, slice(None)), np.array([], int), np.zeros(4, bool), [True, False, True, True], np.array(1),
        (np.array(1), slice(None)),
    ]  # fmt: skip
    yield from (Case(getitem, (x, index)) for index in forms)
    apart = [(rows, slice(None), [0, 1, 0, 0]), (0, ..., [1, 1, 0]), both]
    yield from (Case(getitem, (cube, index)) for index in apart)
    yield from (Case(getitem, (uniform(), index)) for index in [(), ..., None, True])
    yield from (Case(getitem, (uniform(0, 3), index)) for index in [slice(None), (slice(None), 1), None])
    yield Case(scatter, (uniform(3), [0, 0, 2], (4,)))
    yield Case(scatter, (uniform(2, 3), (slice(None), [1, 1, 0]), (2, 3)))
    yield Case(scatter, (uniform(), (1, 2), (2, 3)))
    yield Case(scatter, (uniform(2), np.array([True, False, True]), (3,)))
    for index in (1, np.s_[1:, 0], both, [0, 2], (rows, columns), ([0, 0, 3], slice(None)), ..., np.array([], int)):
        yield Case(set_at, (x, index, 0.5 * x[index] + 1), wrt=(0, 2))
        yield Case(set_at, (x, index, uniform()), wrt=(0, 2))
    yield Case(set_at, (x, slice(1, 3), uniform(1, 2, 1)), wrt=(0, 2))
    for function in [unstack, *([np.unstack] if hasattr(np, "unstack") else [])]:
        yield from (Case(function, (a,)) for a in [x, uniform(3), uniform(1, 2), uniform(2, 0)])
    if hasattr(np, "unstack"):
        yield Case(np.unstack, (cube,), {"axis": -1})
    for indices in (1, [0, 0, -1], np.array([[0, 1], [2, 0]]), np.array([], int)):
        yield Case(np.take, (x, indices))
        yield Case(np.take, (x, indices, 1))
        yield Case(np.take, (x, indices), {"axis": -2})
    yield Case(np.take, (x, [-9, 1, 5, 5]), {"axis": 1, "mode": "clip"})
    yield Case(np.take, (x, [-9, 1, 5, 5]), {"mode": "wrap"})
    along = np.array([[0, 0, 1], [1, 2, 0], [2, 2, 2], [0, 1, 2]])
    yield Case(np.take_along_axis, (x, along, 1))
    yield Case(np.take_along_axis, (x, along, -2))
    yield Case(np.take_along_axis, (x, along[:1], 1))
    yield Case(np.take_along_axis, (x[:1], along, -1))
    yield Case(np.take_along_axis, (x, rows, None))
    yield Case(np.compress, (mask, x), {"axis": 0}, wrt=(1,))
    yield Case(np.compress, ([False, True], x), {"axis": -1}, wrt=(1,))
    yield Case(np.compress, (mask, x), wrt=(1,))
    yield Case(np.extract, (both, x), wrt=(1,))
    yield from (Case(np.delete, (x, *how)) for how in [(1, 0), ([0, 2], 1), (slice(0, 2), -2), (5,)])
    for obj in (1, -1, [0, 2], [1, 1], slice(0, 2), np.array([3])):
        n = 2 if isinstance(obj, (list, slice)) else 1
        yield Case(np.insert, (x, obj, uniform(n)), wrt=(0, 2))
        yield Case(np.insert, (x, obj, uniform(), 0), wrt=(0, 2))
        yield Case(np.insert, (x, obj, uniform(4, n)), {"axis": -1}, wrt=(0, 2))
    yield Case(np.insert, (x, 1, uniform(3), 0), wrt=(0, 2))
    zeros = np.array([0.0, 0.0, 1.5, 0.0, -2.0, 0.0])
    yield from (Case(np.trim_zeros, (zeros,), {"trim": trim}, via=inner_moved) for trim in ("fb", "f", "b"))
    yield Case(np.sort_complex, (distinct(3, 4),))
    low, high = x < -0.5, x > 0.5
    yield Case(np.select, ([low, high], [x, uniform(4, 3, seed=1)], 0.5), wrt=(1,))
    yield Case(np.select, ([low, x < 1, high], [uniform(3), x, uniform(4, 1)], np.ones(3)), wrt=(1,))
    yield Case(np.select, ([low, high], [x, uniform(4, 3, seed=1)], uniform(3)), wrt=(1, 2), via=reached(np.select, 1))
    yield Case(np.select, ([low], [x]), {"default": uniform()}, wrt=(1, "default"), via=reached(np.select, 1))
    yield Case(np.select, ([high], [uniform()]), wrt=(1,))
    yield Case(np.choose, (np.array([[0, 1, 1], [1, 0, 1]]), [uniform(3), uniform(2, 3)]), wrt=(1,))
    yield Case(np.choose, ([0, 3, -1, 2], [uniform(4), uniform()]), {"mode": "wrap"}, wrt=(1,))
    for a in (distinct(4, 3), distinct(5), distinct(0, 3), distinct(1, 4)):
        yield Case(np.sort, (a,))
        yield Case(np.sort, (a,), {"axis": 0})
        yield Case(np.sort, (a,), {"axis": None})
    yield Case(np.sort, (distinct(9),), {"kind": "stable"})
    yield from (Case(np.partition, (distinct(9, 4), *how)) for how in [(2,), (2, 0), ([1, 3], -1), (7, None)])


CASES = [
    *ELEMENTWISE,
    *reductions(),
    *shaping(),
    *differences(),
    *joining(),
    *indexing(),
    *FOURIER,
    *LINALG,
    *NETWORK,
    *SCIPY,
    *POLYNOMIALS,
    *SETS,
    *STATISTICS,
]
