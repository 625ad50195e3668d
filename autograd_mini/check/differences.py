"""Central differences of functions of containers: the derivative without any rule.

A function of containers of numbers and arrays is looked at as one from real coordinates to real coordinates; a complex
number has two of them. In each direction the slope is extrapolated from two steps (Richardson), which also tells how
far it may be off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine import Value
from ..errors import InvalidInput
from ..trace import as_argument, name_of, positions
from ..tree import leaves, map_leaves, replace_leaves, same_structure
from .report import CheckError

Vector = NDArray[np.float64]
ATTEMPTS, SHRINK = 5, 32  # steps that are tried where the function bends within the first one


class Slope(NamedTuple):
    """The derivative of each coordinate of a result in one direction, and its estimated error."""

    slope: Vector
    error: Vector


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


class Probe:
    """A function at a point, from which it can be moved.

    Parameters
    ----------
    function : callable
    arguments : tuple
        Numbers, arrays and containers of them; they move in double precision.
    give : callable
        Makes of each array what the function is called with.
    scale : float
        The size that counts as ordinary for an element: steps are no smaller than for it.

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
        self.leaves = [precise(x) for _, x in leaves(arguments)]
        self.result = map_leaves(raw, self._call(self.leaves))
        self.start = coordinates(self.result)
        found = [x for _, x in leaves(self.result)]
        self.eps = max(float(np.finfo(np.result_type(x)).eps) for x in (np.float64(0), *found))
        self._refuse_unfit()

    def _call(self, given: list[Any]) -> Any:
        with np.errstate(all="ignore"):
            return self.function(*replace_leaves(self.arguments, map(self.give, given)))

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
                raise CheckError(
                    f"{name} returned {bad} at this point{path and f', at {path} of its result'}",
                    "differences of what isn't finite say nothing",
                    "a point inside the function's domain; am.detect_anomaly() names the operation",
                )
        again = coordinates(self._call(self.leaves))
        if again.shape != self.start.shape or np.any(abs(again - self.start) > 100 * self.eps * abs(self.start)):
            raise CheckError(
                f"{name} returned something else when it was called again with the same arguments",
                "differences need the same function each time: it draws random numbers, counts its calls, or changes"
                " its arguments in place",
                "a generator made inside the function from a fixed seed, or a function without state",
            )

    def _moved(self, directions: Mapping[int, Any], step: float) -> Vector:
        given = list(self.leaves)
        for number, direction in directions.items():
            given[number] = given[number] + step * direction
        return coordinates(self._call(given))

    def slope(self, directions: Mapping[int, Any]) -> Slope:
        """Return the derivative in a direction, which is given for the numbers of the leaves that move.

        The slope over a step h is ``(f(x + h) - f(x - h)) / 2h``, with an error of order h². Those for h and h/2 give
        one of order h⁴, and their difference bounds its error [1]_. The first h is ``eps**(1/4)`` times the element,
        or `scale` if that is larger. Where the slopes differ too much (a kink nearby, a fast change, the edge of the
        domain), smaller steps are tried, and the best is kept.

        References
        ----------
        .. [1] W. H. Press et al., Numerical Recipes, section 5.7.
        """
        eps = self.eps
        moving = [np.max(abs(self.leaves[n][d != 0]), initial=0.0) for n, d in directions.items()]
        length = max(np.max(abs(d), initial=0.0) for d in directions.values()) or 1.0
        width = max(self.scale, *map(float, moving)) / float(length)
        step = 2.0 ** round(math.log2(eps**0.25 * width))  # a power of two, so that x + step is exact
        slope, error = np.full_like(self.start, np.nan), np.full_like(self.start, np.inf)
        before = math.inf
        for _ in range(ATTEMPTS):
            with np.errstate(all="ignore"):
                wide = (self._moved(directions, step) - self._moved(directions, -step)) / (2 * step)
                near = (self._moved(directions, step / 2) - self._moved(directions, -step / 2)) / step
                extrapolated = near + (near - wide) / 3
                truncation = abs(near - wide)
                rounding = 4 * eps * (abs(self.start) + abs(extrapolated) * width) / step
                largest = np.max(abs(extrapolated), initial=0.0)
                better = truncation + rounding < error
                done = bool(np.all(truncation <= np.maximum(rounding, 0.1 * math.sqrt(eps) * largest)))
                relative = np.max(truncation, initial=0.0) / largest
            if before < 0.01 and relative > 4 * before:
                break  # a smaller step made it worse: the function is noisy
            before = relative
            slope = np.where(better, extrapolated, slope)
            error = np.where(better, truncation + rounding, error)
            if done:
                break
            step /= SHRINK
        return Slope(slope, error)


def finite_difference(
    function: Callable[..., Any], *args: Any, argnum: int = 0, tangent: Any = None, scale: float = 1.0
) -> Any:
    """Return the derivative of a function by central differences: slow, approximate, and without any rule.

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a container of them. It need not be differentiable by this library.
    *args
        Its arguments.
    argnum : int, default 0
        The argument to move: a number, an array, or a container of them.
    tangent : array_like or container, optional
        A direction, of the structure and shapes of that argument.
    scale : float, default 1.0
        The size that counts as ordinary for an element: steps for smaller ones are as long as for it.

    Returns
    -------
    array or container
        With a tangent, the derivative in that direction, of the structure and shapes of the result. Without, that of
        each output by each input, of shape ``out.shape + in.shape``, as `jacobian` gives it; for a function that
        returns one real number this is the gradient as `grad` gives it (for complex z = a + ib it is df/da + i
        df/db). In double precision, also for arguments of single precision, which move in double.

    Raises
    ------
    CheckError
        If the result isn't finite, or differs from call to call.
    InvalidInput
        If `argnum` names an argument that isn't there or has nothing to move, or the tangent doesn't fit.

    Notes
    -----
    ``(f(x + h) - f(x - h)) / 2h`` for two steps, extrapolated to h = 0. At a kink it is the mean of both slopes.

    Examples
    --------
    >>> slope = finite_difference(lambda x: np.sum(np.sin(x)), np.array([0.0, 1.0]))
    >>> np.allclose(slope, np.cos([0.0, 1.0]), rtol=1e-9)
    True
    >>> round(finite_difference(lambda x: x**2, np.array([1.0, 3.0]), tangent=np.array([0.0, 1.0]))[1], 6)
    np.float64(6.0)
    """
    (at,) = positions(argnum, args, name_of(function))
    argument = as_argument(args[at], at)

    def moving(x: Any) -> Any:
        return function(*args[:at], x, *args[at + 1 :])

    moving.__name__ = name_of(function)
    found = [x for _, x in leaves(argument)]
    if not found:
        raise InvalidInput(
            f"argument {at} holds no floating numbers",
            "integers, booleans and strings in containers are constants",
            "argnum= with the position of the argument to move",
        )
    probe = Probe(moving, (argument,), scale=scale)
    if tangent is not None:
        given = same_structure(argument, tangent, "the tangent")
        slope = probe.slope({n: np.asarray(raw(d)) for n, d in enumerate(given)}).slope
        return replace_leaves(probe.result, iter(_split(slope, probe.result)))
    rows: list[list[Any]] = [[] for _ in leaves(probe.result)]
    for number, x in enumerate(probe.leaves):
        size = coordinates(x).size
        columns = [_split(probe.slope({number: unit(x, k)}).slope, probe.result) for k in range(size)]
        for row, (i, (_, result)) in zip(rows, enumerate(leaves(probe.result)), strict=True):
            row.append(_derivative([column[i] for column in columns], result, x))
    single = len(rows) == 1 and probe.start.size == 1
    trees = [replace_leaves(argument, iter(map(np.conj, row) if single else row), lambda x: None) for row in rows]
    return replace_leaves(probe.result, iter(trees))


def _split(flat: Vector, tree: Any) -> list[Any]:
    """Return the arrays of which `flat` holds the coordinates, in the shapes of a tree's leaves."""
    made, start = [], 0
    for _, x in leaves(tree):
        stop = start + coordinates(x).size
        part = flat[start:stop].view(np.complex128) if np.iscomplexobj(x) else flat[start:stop]
        made.append(part.reshape(np.shape(x))[()])
        start = stop
    return made


def _derivative(columns: list[Any], result: Any, x: Any) -> Any:
    """Return the derivatives of one result by each coordinate of one argument as one array."""
    whole = np.stack(columns, -1) if columns else np.zeros((*np.shape(result), 0))
    if np.iscomplexobj(x):
        whole = whole[..., 0::2] - 1j * whole[..., 1::2]
        whole = whole / 2 if np.iscomplexobj(result) else whole  # both parts tell the same of a holomorphic function
    return whole.reshape(np.shape(result) + np.shape(x))[()]
