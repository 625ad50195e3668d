"""A function at a point, from which it can be moved: its real coordinates, its noise, its complex step.

A function of containers of numbers and arrays is looked at as one from real coordinates to real coordinates; a complex
number has two of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from math import comb, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engine import Value
from ..errors import AutogradError, InvalidInput
from ..graph import own_module
from ..trace import name_of
from ..tree import leaves, map_leaves, replace_leaves
from .report import CheckError, Verdict

own_module(globals())
Vector = NDArray[np.float64]
Directions = Mapping[int, Any]  # for the number of each leaf that moves, its direction
TINY = (1e-30, 1e-34)  # complex steps: their squares are lost beside anything else
# Of the points at which noise is measured: neighbours in double precision; if all is flat there, in single.
SPACINGS = (2.0**-43, 2.0**-25, 2.0**-23, 2.0**-21, 2.0**-17, 2.0**-13)
WIDE = (2.0**-23, 2.0**-21, 2.0**-19, 2.0**-15, 2.0**-11)  # at which a part in single precision strays alike
SINGLE, COARSE = 2.0**-23, 1e-6  # the relative noise that such a part has at least, and the largest
ALIKE = 3  # the ratio of noise at one spacing to that at the next finer one, at most


def raw(x: Any) -> Any:
    """Return the data of a Value, and anything else as it is."""
    return x.data if isinstance(x, Value) else x


def precise(x: Any) -> Any:
    """Return raw data in double precision at least."""
    data = raw(x)
    dtype = np.result_type(data)
    return np.asarray(data).astype(np.result_type(dtype, np.complex128 if dtype.kind == "c" else np.float64))[()]


def coordinates(tree: Any) -> Vector:
    """Return the real coordinates of all leaves of a tree; a complex number gives its real and imaginary part.

    Examples
    --------
    >>> coordinates([np.array([1.0, 2.0]), 3 + 4j])
    array([1., 2., 3., 4.])
    """
    parts = [np.zeros(0)]
    for _, x in leaves(tree):
        flat = np.asarray(raw(x)).reshape(-1)
        parts.append(flat.astype(np.complex128 if flat.dtype.kind == "c" else np.float64).view(np.float64))
    return np.concatenate(parts)


def unit(x: Any, coordinate: int) -> Any:
    """Return the direction in which one coordinate of an array moves."""
    direction = np.zeros_like(x, order="C", subok=False)
    direction.reshape(-1).view(direction.real.dtype)[coordinate] = 1
    return direction


def element(x: Any, coordinate: int) -> tuple[tuple[int, ...], str]:
    """Return the index that a coordinate of an array belongs to, and the part of a complex number.

    Examples
    --------
    >>> element(np.zeros((2, 3), complex), 9)
    ((1, 1), 'imag')
    """
    is_complex = np.iscomplexobj(x)
    index = np.unravel_index(coordinate // 2 if is_complex else coordinate, np.shape(x))
    return tuple(map(int, index)), ("real", "imag")[coordinate % 2] if is_complex else ""


def longest(directions: Directions) -> float:
    """Return by how much the element that moves most does."""
    return max(float(np.max(abs(d), initial=0.0)) for d in directions.values()) or 1.0


class Probe:
    """A function at a point, from which it can be moved.

    Parameters
    ----------
    function : callable
    arguments : tuple
        Numbers, arrays and containers of them. They move in double precision, if the function takes that.
    give : callable
        Makes of each array what the function is called with.
    scale : float
        The size that counts as ordinary for an element: steps are no smaller than for it.

    Attributes
    ----------
    result : number, array or container
        The function's raw result at the point; `start` holds its real coordinates.
    noise : array
        For each of them how far it strays by rounding, from point to neighbouring point.
    flat : bool
        Whether nothing changes at all between neighbouring points, as in single precision.

    Raises
    ------
    CheckError
        If the result holds nothing to differentiate or isn't finite, or if a second call gives another one.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        give: Callable[[Any], Any] = raw,
        scale: float = 1.0,
    ) -> None:
        self.function, self.arguments, self.give, self.scale = function, arguments, give, scale
        self.dtypes = [np.result_type(raw(x)) for _, x in leaves(arguments)]
        self.leaves = [precise(x) for _, x in leaves(arguments)]
        self.narrow = self.looked = False
        self.last: tuple[Any, ...] = (None, 0.0, None)  # the last change that was asked for
        self.last_moves: tuple[Any, Any] = (None, None)
        self.result = map_leaves(raw, self._first_call())
        self.start = coordinates(self.result)
        found = [x for _, x in leaves(self.result)]
        self.eps = max(float(np.finfo(np.result_type(x)).eps) for x in (np.float64(0), *found))
        self._refuse_unfit()
        self.holomorphic = not any(map(np.iscomplexobj, (*found, *self.leaves)))  # until a complex step fails
        self.noise = self._measure_noise()

    def _call(self, given: list[Any]) -> Any:
        if self.narrow:
            given = [np.asarray(x).astype(dtype)[()] for x, dtype in zip(given, self.dtypes, strict=True)]
        with np.errstate(all="ignore"):
            return self.function(*replace_leaves(self.arguments, map(self.give, given)))

    def _first_call(self) -> Any:
        """Call the function in double precision; if it refuses that, in the precision of its arguments."""
        if all(x.dtype == dtype for x, dtype in zip(self.leaves, self.dtypes, strict=True)):
            return self._call(self.leaves)
        try:
            return self._call(self.leaves)
        except Exception:  # of any kind: it is the user's function
            self.narrow = True
            return self._call(self.leaves)

    def _refuse_unfit(self) -> None:
        name = name_of(self.function)
        if not any(True for _ in leaves(self.result)):
            raise CheckError(
                f"{name} returned {type(self.result).__name__}: there is nothing to differentiate",
                "only floating and complex results have a derivative",
                "a function that returns a floating number or array",
            )
        for path, x in leaves(self.result):
            if not np.all(np.isfinite(x)):
                bad = np.asarray(x)[~np.isfinite(x)][0]
                raise Unfit(
                    Verdict.OUTSIDE,
                    f"{name} returned {bad} at this point{path and f', at {path} of its result'}",
                    "differences of what isn't finite say nothing",
                    "a point inside the function's domain; am.detect_anomaly() names the operation",
                )
        again = coordinates(self._call(self.leaves))
        if again.shape != self.start.shape or np.any(abs(again - self.start) > 100 * self.eps * abs(self.start)):
            raise Unfit(
                Verdict.RANDOM,
                f"{name} returned something else when it was called again with the same arguments",
                "differences need the same function each time: it draws random numbers, counts its calls, or changes"
                " its arguments in place",
                "a generator made inside the function from a fixed seed, or a function without state",
            )

    def change(self, directions: Directions, step: float) -> Vector:
        """Return by how much the result's coordinates change when the point moves by `step` times a direction."""
        if not (self.last[0] is directions and self.last[1] == step):
            self.last = directions, step, self._change(directions, step)
        changed: Vector = self.last[2]
        return changed

    def _change(self, directions: Directions, step: float) -> Vector:
        given = list(self.leaves)
        for number, direction in directions.items():
            given[number] = given[number] + step * direction
        try:
            moved = coordinates(self._call(given))
        except (ArithmeticError, ValueError, InvalidInput) as error:
            if isinstance(error, AutogradError) and not isinstance(error, InvalidInput):
                raise
            return np.full_like(self.start, np.nan)  # outside the domain: math.log there, a matrix without an inverse
        if moved.shape != self.start.shape:  # a result whose size depends on the numbers
            return np.full_like(self.start, np.nan)
        with np.errstate(all="ignore"):
            difference: Vector = moved - self.start
        return difference

    def moves(self, directions: Directions, step: float) -> Any:
        """Return which of the result's coordinates move at all: by some step, or by one longer than all numbers.

        Beside a large number a small change is lost in rounding; what doesn't depend on the elements moves by no step.
        """
        if self.last_moves[0] is directions:
            return self.last_moves[1]
        moved = self.change(directions, step) != 0
        largest = max(float(np.max(abs(x), initial=self.scale, where=np.isfinite(x))) for x in self.leaves)
        for far in (4.0, -4.0):
            if not np.all(moved):
                moved |= self.change(directions, far * largest / longest(directions)) != 0
        self.last_moves = directions, moved
        return moved

    def moving(self, directions: Directions) -> float:
        """Return the size of the elements that move, measured by the longest step among them."""
        moving = [abs(self.leaves[n][d != 0]) for n, d in directions.items()]
        return max(float(np.max(x, initial=0.0, where=np.isfinite(x))) for x in moving) / longest(directions)

    def width(self, directions: Directions) -> float:
        """Return the size of the elements that move, or `scale` if that is more, measured in the same way."""
        return max(self.scale / longest(directions), self.moving(directions))

    def step(self, directions: Directions) -> float:
        """Return the step at which differences are tried first; a power of two, so that x + step is exact."""
        natural = np.max(abs(self.start), initial=0.0)
        relative = max(self.eps, min(np.max(self.noise, initial=0.0) / natural, 1e-2) if natural else 0.0)
        return float(2.0 ** round(log2(relative ** (1 / 6) * self.width(directions))))

    def _measure_noise(self) -> Vector:
        """Estimate the noise of the result from fourth differences at neighbouring points.

        Differences of that order cancel whatever is smooth; of independent errors of standard deviation s they leave
        ``sqrt(70) s`` [1]_.

        References
        ----------
        .. [1] J. J. Moré, S. M. Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011) 1292-1314.
        """
        rng = np.random.default_rng(0)
        moves = {n: rng.uniform(0.5, 1.0, np.shape(x)) * np.maximum(np.where(np.isfinite(x), abs(x), 0), self.scale)
                 for n, x in enumerate(self.leaves)}  # fmt: skip
        noise: Vector = np.maximum(self.eps * abs(self.start), np.finfo(np.float64).tiny)
        flat = np.ones(noise.shape, bool)
        for spacing in SPACINGS:
            if not np.any(flat):
                break
            values = self._neighbours(moves, spacing)
            if values is not None:
                # The fourth of eight differences, 0.6 s on the average: a jump on the way shows in four of them.
                rest = np.sort(abs(np.diff(values, n=4, axis=0)), axis=0)[3]
                noise = np.where(flat, np.maximum(noise, 2 / 0.6 * rest / np.sqrt(70)), noise)
                if spacing == SPACINGS[0]:
                    flat = np.all(values == values[0], axis=0)
        self.flat = bool(np.all(flat))
        return noise

    def look_for_single(self) -> bool:
        """Add the noise of parts that are computed in single precision beside others; return whether there are any.

        Noise is the same in differences of any order, which leave less and less of whatever is smooth; and it is the
        same at any spacing, where what many kinks leave shrinks with it.
        """
        if self.flat or self.looked:
            return False
        self.looked = True
        rng = np.random.default_rng(1)
        found, finer = np.zeros_like(self.noise), np.zeros_like(self.noise)
        for spacing in WIDE:
            moves = {n: rng.uniform(0.5, 1.0, np.shape(x)) * np.where(x == 0, self.scale, abs(x))
                     for n, x in enumerate(self.leaves)}  # fmt: skip
            values = self._neighbours(moves, spacing)
            if values is not None:
                low, high = (
                    np.sqrt(np.mean(np.diff(values, n=n, axis=0) ** 2, axis=0) / comb(2 * n, n)) for n in (4, 8)
                )
                low = np.where((high > low / 8) & (low < COARSE * abs(self.start)), low, 0.0)
                found = np.maximum(found, np.where(low < ALIKE * finer, low, 0.0))
                finer = low
        more: bool = bool(np.any(found > 100 * self.noise))
        if more:
            self.noise = np.maximum(self.noise, np.maximum(2 * found, SINGLE * abs(self.start)))
        return more

    def _neighbours(self, directions: Directions, spacing: float) -> Any:
        """Return the changes at points in a row on one side, on which all is finite; None if it is on neither."""
        with np.errstate(all="ignore"):
            rows = (np.stack([self.change(directions, side * k) for k in range(1, 13)]) for side in (spacing, -spacing))
            return next((values for values in rows if np.all(np.isfinite(values))), None)

    def complex_step(self, directions: Directions) -> tuple[Vector, Vector] | None:
        """Return the derivative in a direction as the imaginary part of the result at a tiny imaginary step.

        Exact to rounding for a holomorphic function [1]_; a second, tinier step tells how far it may be off. None if
        the function doesn't take complex numbers or returns real ones. What it gives holds only if it agrees with
        differences.

        References
        ----------
        .. [1] W. Squire, G. Trapp, Using complex variables to estimate derivatives, SIAM Review 40 (1998) 110-112.
        """
        once, again = (self._imaginary(directions, step * self.width(directions)) for step in TINY)
        if once is None or again is None:
            return None
        return once, 2 * abs(once - again)

    def _imaginary(self, directions: Directions, step: float) -> Vector | None:
        if not self.holomorphic or self.narrow:
            return None
        given = list(self.leaves)
        for number, direction in directions.items():
            given[number] = given[number] + 1j * step * direction
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = self._call(given)
        except Exception:  # of any kind: it is the user's function, and was not made for complex numbers
            made = None
        parts = [np.asarray(raw(x)).reshape(-1) for _, x in leaves(made)]
        whole = np.concatenate(parts) if parts else np.zeros(0)
        if whole.shape != self.start.shape or whole.dtype.kind != "c":
            self.holomorphic = False
            return None
        slope: Vector = whole.imag / step
        return slope


class Unfit(CheckError):
    """A point at which a function can't be checked, with the verdict that this comes to."""

    def __init__(self, verdict: Verdict, what: str, why: str, instead: str) -> None:
        super().__init__(what, why, instead)
        self.verdict = verdict
