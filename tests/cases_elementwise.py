"""Sample calls of elementwise functions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from case import Case, distinct, reached, uniform

from autograd_mini.primitives import cast, relu, sigmoid

SHAPES = [(), (4,), (2, 3), (0, 3), (1, 2)]
PAIRS = [((), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((0, 3), (1, 3)), ((1,), ())]


def elementwise() -> Iterator[Case]:
    """Functions of one argument on scalars, vectors, matrices, nothing and size-1 axes."""
    anywhere = [np.negative, np.positive, np.square, np.exp, np.exp2, np.expm1, np.sin, np.cos, np.arctan,
                np.sinh, np.cosh, np.tanh, np.arcsinh, np.sinc, np.conjugate, np.real, np.imag,
                np.nan_to_num, np.real_if_close, sigmoid]  # fmt: skip
    for function in anywhere:
        yield from (Case(function, (uniform(*shape, low=-1.4, high=1.4),)) for shape in SHAPES)
    for function in [np.absolute, relu]:
        yield from (Case(function, (distinct(*shape)[()],)) for shape in SHAPES)
    yield from (Case(np.i0, (uniform(*shape) + x,), real_only=True) for shape in SHAPES for x in (0.0, 15.0))
    for function in [np.fabs, np.cbrt]:
        yield from (Case(function, (distinct(*shape)[()],), real_only=True) for shape in SHAPES)
    for function in [np.deg2rad, np.radians, np.rad2deg, np.degrees]:
        yield from (Case(function, (uniform(*shape),), real_only=True) for shape in SHAPES)
    for function in [np.log, np.log2, np.log10, np.log1p, np.sqrt, np.reciprocal]:
        yield from (Case(function, (uniform(*shape, low=0.5, high=3.0),)) for shape in SHAPES)
    for function in [np.arcsin, np.arccos, np.arctanh, np.tan]:
        yield from (Case(function, (uniform(*shape, low=-0.8, high=0.8),)) for shape in SHAPES)
    yield from (Case(np.arccosh, (uniform(*shape, low=1.3, high=3.0),)) for shape in SHAPES)
    for kind in (np.float64, np.longdouble, np.complex128):
        yield Case(cast, (uniform(2, 3), kind), real_only=kind is not np.complex128)


def zero_elsewhere(ufunc: Any) -> Any:
    """Return a ufunc with 0 where `where=` leaves it out, and without NumPy's warning that it holds anything there."""

    def via(*args: Any, where: Any) -> Any:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            return np.where(where, ufunc(*args, where=where), 0)

    return via


def pairwise() -> Iterator[Case]:
    """Functions of two arguments on shapes that broadcast in every way."""

    def cases(function, low=(-2.0, -2.0), high=(2.0, 2.0), real_only=False, wrt=(0, 1)):
        for one, two in PAIRS:
            x1, x2 = uniform(*one, low=low[0], high=high[0], seed=1), uniform(*two, low=low[1], high=high[1], seed=2)
            yield Case(function, (x1, x2), wrt=wrt, real_only=real_only)

    for function in [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin]:
        yield from cases(function)
    for function in [np.hypot, np.arctan2, np.logaddexp, np.logaddexp2]:
        yield from cases(function, real_only=True)
    yield from cases(np.copysign, low=(0.2, 0.2), wrt=(0,), real_only=True)
    yield from cases(np.copysign, low=(0.2, -2.0), high=(2.0, -0.2), wrt=(0,), real_only=True)
    yield from cases(np.nextafter, wrt=(0,), real_only=True)
    yield from cases(np.true_divide, low=(-2.0, 0.5))
    yield from cases(np.power, low=(0.3, -2.0))
    yield from cases(np.float_power, low=(0.3, -2.0))
    yield from cases(np.remainder, low=(5.1, 2.1), high=(5.9, 2.4), real_only=True)
    yield from cases(np.remainder, low=(-5.9, 2.1), high=(-5.1, 2.4), real_only=True)
    yield from cases(np.fmod, low=(5.1, 2.1), high=(5.9, 2.4), real_only=True)
    yield from cases(np.fmod, low=(-5.9, 2.1), high=(-5.1, 2.4), real_only=True)
    x = distinct(3, 4)
    yield from (Case(np.power, (x, p)) for p in [2, 3.0, 0, np.array([0, 1, 2, 3])])
    yield Case(np.power, (x + 2, -1))
    yield Case(np.power, (2.5, x), wrt=(1,))
    yield Case(np.add, (x, uniform(4)), {"where": x > 0}, wrt=(0, 1), via=zero_elsewhere(np.add))
    yield Case(np.exp, (x,), {"where": x > 0}, via=zero_elsewhere(np.exp))
    mask = np.array([[True, False, True], [False, False, True]])
    yield Case(np.where, (mask, uniform(2, 3), uniform(2, 3, seed=1)), wrt=(1, 2))
    yield Case(np.where, (mask, uniform(), uniform(3)), wrt=(1, 2))
    yield Case(np.where, (mask[0], uniform(2, 1), 0.5), wrt=(1,))
    for shape in SHAPES:
        yield Case(np.modf, (uniform(*shape, low=2.1, high=2.9),), real_only=True)
        yield Case(np.frexp, (uniform(*shape, low=4.1, high=7.9),), real_only=True)
        yield Case(np.angle, (uniform(*shape, low=0.5),))
        yield Case(np.angle, (uniform(*shape, low=0.5),), {"deg": True})
    yield from cases(np.divmod, low=(5.1, 2.1), high=(5.9, 2.4), real_only=True)
    yield Case(np.heaviside, (np.array([[0.0, -1.0, 0.0], [2.0, 0.0, 0.0]]), distinct(3)), wrt=(1,), real_only=True)
    yield Case(np.ldexp, (uniform(2, 3), np.array([1, -2, 3])), real_only=True)
    yield Case(np.unwrap, (np.array([0.5, 3.0, -3.0, 2.5, -2.0]),), real_only=True)
    holes = np.array([[0.5, np.nan, -1.0], [2.0, 1.5, np.nan]])
    for fill in (uniform(), uniform(3)):
        fills = {"nan": fill, "posinf": fill + 1, "neginf": fill - 1}
        yield Case(np.nan_to_num, (holes,), fills, (0, "nan", "posinf", "neginf"), True, reached(np.nan_to_num))
    turning = np.array([[0.5, 3.0], [-3.0, 2.5], [-2.0, 0.3]])
    yield from (
        Case(np.unwrap, (turning,), {"axis": axis, "period": np.float64(2.9)}, (0, "period"), True, reached(np.unwrap))
        for axis in (0, -1)
    )
    yield Case(np.clip, (distinct(3, 4), -0.4, 0.5))
    yield Case(np.clip, (distinct(3, 4), None, 0.5))
    yield Case(np.clip, (distinct(3, 4), -0.5, None))
    yield Case(np.clip, (distinct(3, 4), np.float64(-0.4), np.full(4, 0.5)), wrt=(0, 1, 2))
    yield Case(np.clip, (distinct(3, 4), np.full(4, 0.55), np.float64(-0.35)), wrt=(0, 1, 2))
    if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
        yield Case(np.clip, (distinct(3, 4),), {"min": np.full(4, -0.5), "max": 0.4}, wrt=(0, "min"))
        yield Case(np.clip, (distinct(3, 4),), {"min": -0.5, "max": np.full((3, 1), 0.4)}, wrt=(0, "max"))


CASES = [*elementwise(), *pairwise()]
