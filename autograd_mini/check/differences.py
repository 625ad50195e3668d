"""Derivatives of any order by differences, as arrays and containers, with their error bars."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, log2
from typing import Any, NamedTuple

import numpy as np

from ..errors import InvalidInput
from ..trace import as_argument, name_of, positions
from ..tree import leaves, replace_leaves, same_structure
from .probe import Directions, Probe, Vector, coordinates, raw, unit
from .slopes import EDGE_ATTEMPTS, extrapolate, slopes


class Difference(NamedTuple):
    """A derivative by differences, and how far each of its numbers may be off."""

    derivative: Any
    error: Any


def along(probe: Probe, directions: Directions, order: int) -> tuple[Vector, Vector]:
    """Return the derivative of some order of each coordinate of the result along a direction, and its error."""
    if order == 1:
        found = slopes(probe, directions)
        return np.array([s.value for s in found]), np.array([s.error for s in found])
    terms = [((-1) ** k * comb(order, k), order / 2 - k) for k in range(order + 1)]
    amplified = 2.0 ** (3 * order + 1)  # coefficients that add up to 2**order, over (h/4)**order
    natural = np.max(abs(probe.start), initial=0.0)
    relative = max(probe.eps, np.max(probe.noise, initial=0.0) / natural if natural else 0.0)
    width = probe.width(directions)
    step = 2.0 ** round(log2(min(relative ** (1 / (order + 6)), 0.25) * width))
    tables: list[tuple[Vector, Vector]] = []
    for _ in range(2 * EDGE_ATTEMPTS):
        with np.errstate(all="ignore"):
            over, largest = [], np.zeros_like(probe.start)
            for h in (step, step / 2, step / 4):
                changes = [(c, probe.change(directions, at * h)) for c, at in terms if at]
                over.append(np.sum([c * change for c, change in changes], axis=0) / h**order)
                largest = np.max([largest, *(abs(change) for _, change in changes)], axis=0)
            rounding = amplified * (probe.noise + probe.eps * largest) / step**order
            made, truncation = extrapolate(over, 2, rounding)
            tables.append((made, truncation + rounding))
            value, error = uncontradicted(tables)
        known = np.all(error <= 1e-8 * np.max(abs(value), initial=0.0)) and len(tables) > 1
        if known or np.all((rounding > error) & (rounding > abs(made))):  # shorter steps show nothing but rounding
            break
        step /= 4
    return value, error


def uncontradicted(tables: list[tuple[Vector, Vector]]) -> tuple[Vector, Vector]:
    """Return the best known of values from the longest step to the shortest: of those that no shorter step contradicts.

    A step as long as a wave sees a slope of its own, and takes it for well known.
    """
    value, error = np.full_like(tables[0][0], np.nan), np.full_like(tables[0][0], np.inf)
    kept: list[tuple[Vector, Vector]] = []
    for made, off in reversed(tables):
        agrees = np.isfinite(made) & np.all([abs(made - v) <= off + e for v, e in kept], axis=0)
        kept.append((np.where(agrees, made, 0.0), np.where(agrees, off, np.inf)))
        value, error = np.where(agrees & (off < error), made, value), np.where(agrees & (off < error), off, error)
    return value, error


def finite_difference(
    function: Callable[..., Any],
    *args: Any,
    argnum: int = 0,
    tangent: Any = None,
    order: int = 1,
    scale: float = 1.0,
) -> Difference:
    """Return a derivative by differences and its error bar: slow, approximate, and without any rule.

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
    order : int, default 1
        Of the derivative. From 2 on without a tangent, the argument is one real number; at order 2 it may be one real
        array.
    scale : float, default 1.0
        The size that counts as ordinary for an element: steps for smaller ones are as long as for it.

    Returns
    -------
    Difference
        A named tuple ``(derivative, error)``; both are arrays or containers of the same structure. With a tangent, the
        derivative in that direction, of the structure and shapes of the result. Without, that of each output by each
        input, of shape ``out.shape + in.shape`` (and again ``in.shape`` at order 2), as `jacobian` and `hessian` give
        it; for a function that returns one real number this is the gradient as `grad` gives it (for complex
        z = a + ib it is df/da + i df/db). In double precision, also for arguments of single precision. The error is
        infinite, the derivative NaN or a mean of both sides, where there is a kink, a jump or the edge of the domain.

    Raises
    ------
    CheckError
        If the result isn't finite, or differs from call to call.
    InvalidInput
        If `argnum` names an argument that isn't there or has nothing to move, the tangent doesn't fit, or the
        order isn't one that this argument has.

    Notes
    -----
    ``(f(x + h) - f(x - h)) / 2h`` for h, h/2 and h/4, extrapolated to h = 0, with h from the measured noise of the
    function. Where the function takes complex numbers and both agree, ``Im f(x + ih) / h`` for a tiny h. At a kink it
    is the mean of both slopes, and the error half of their difference.

    Examples
    --------
    >>> slope, error = finite_difference(lambda x: np.sum(np.sin(x)), np.array([0.0, 1.0]))
    >>> bool(np.all(abs(slope - np.cos([0.0, 1.0])) <= error)), bool(np.all(error < 1e-9))
    (True, True)
    >>> round(finite_difference(lambda x: x**4, 1.0, order=3).derivative, 6)
    np.float64(24.0)
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
    refuse_order(order, found, tangent)
    probe = Probe(moving, (argument,), scale=scale)
    if tangent is not None or (order > 1 and not probe.leaves[0].shape):
        given = [np.float64(1.0)] if tangent is None else same_structure(argument, tangent, "the tangent")
        both = along(probe, {n: np.asarray(raw(d)) for n, d in enumerate(given)}, order)
        values, errors = (split(part, probe.result) for part in both)
        return Difference(*(replace_leaves(probe.result, iter(part)) for part in (values, map(abs, errors))))
    if order == 2:
        return Difference(*(replace_leaves(probe.result, iter(part)) for part in second(probe)))
    return Difference(*(first(probe, argument, column) for column in (0, 1)))


def refuse_order(order: int, found: list[Any], tangent: Any) -> None:
    """Raise if an argument has no derivative of an order, or none that can be written as one array."""
    if order < 1:
        raise InvalidInput(f"order={order!r}", "differences approximate derivatives", "order=1 or more")
    single = len(found) == 1 and not np.iscomplexobj(raw(found[0]))
    if tangent is None and order > 1 and not (single and (order == 2 or not np.shape(raw(found[0])))):
        raise InvalidInput(
            f"order={order} without a tangent",
            "the derivative by several numbers is one array only up to order 2, and by one real array",
            "tangent= with a direction, or a function of one real number",
        )


def first(probe: Probe, argument: Any, column: int) -> Any:
    """Return the derivative of each result by each coordinate (column 0), or its error (column 1)."""
    rows: list[list[Any]] = [[] for _ in leaves(probe.result)]
    for number, x in enumerate(probe.leaves):
        units = [{number: unit(x, k)} for k in range(coordinates(x).size)]
        columns = [split(along(probe, direction, 1)[column], probe.result) for direction in units]
        for row, (i, (_, result)) in zip(rows, enumerate(leaves(probe.result)), strict=True):
            row.append((derivative, uncertainty)[column]([one[i] for one in columns], result, x))
    single = len(rows) == 1 and probe.start.size == 1
    trees = [replace_leaves(argument, iter(map(np.conj, row) if single else row), lambda x: None) for row in rows]
    return replace_leaves(probe.result, iter(trees))


def second(probe: Probe) -> tuple[list[Any], list[Any]]:
    """Return the second derivatives of each result by one array, and their errors.

    Mixed ones come from three directions: ``2 D²f(u, v) = D²f(u + v) - D²f(u) - D²f(v)``.
    """
    (x,) = probe.leaves
    units = [unit(x, k) for k in range(x.size)]
    alone = [along(probe, {0: u}, 2) for u in units]
    whole, error = np.zeros((2, x.size, x.size, probe.start.size))
    for i, (value, off) in enumerate(alone):
        whole[i, i], error[i, i] = value, off
        for j in range(i):
            both, wrong = along(probe, {0: units[i] + units[j]}, 2)
            whole[i, j] = whole[j, i] = (both - value - alone[j][0]) / 2
            error[i, j] = error[j, i] = (wrong + off + alone[j][1]) / 2
    parts = []
    for table in (whole, error):
        columns = [split(column, probe.result) for column in table.reshape(x.size**2, -1)]
        parts.append([
            np.stack([c[i] for c in columns], -1).reshape(np.shape(result) + 2 * x.shape)
            for i, (_, result) in enumerate(leaves(probe.result))
        ])  # fmt: skip
    return parts[0], parts[1]


def split(flat: Vector, tree: Any) -> list[Any]:
    """Return the arrays of which `flat` holds the coordinates, in the shapes of a tree's leaves."""
    made, start = [], 0
    for _, x in leaves(tree):
        stop = start + coordinates(x).size
        part = flat[start:stop].view(np.complex128) if np.iscomplexobj(x) else flat[start:stop]
        made.append(part.reshape(np.shape(x))[()])
        start = stop
    return made


def derivative(columns: list[Any], result: Any, x: Any) -> Any:
    """Return the derivatives of one result by each coordinate of one argument as one array."""
    whole = np.stack(columns, -1) if columns else np.zeros((*np.shape(result), 0))
    if np.iscomplexobj(x):
        whole = whole[..., 0::2] - 1j * whole[..., 1::2]
        whole = whole / 2 if np.iscomplexobj(result) else whole  # both parts tell the same of a holomorphic function
    return whole.reshape(np.shape(result) + np.shape(x))[()]


def uncertainty(columns: list[Any], result: Any, x: Any) -> Any:
    """Return how far what `derivative` makes of some columns may be off, from the errors in them."""
    whole = abs(np.stack(columns, -1)) if columns else np.zeros((*np.shape(result), 0))
    whole = whole[..., 0::2] + whole[..., 1::2] if np.iscomplexobj(x) else whole
    return whole.reshape(np.shape(result) + np.shape(x))[()]
