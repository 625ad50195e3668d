"""Rules of functions that move elements around: shapes, axes, joining, splitting, repeating, padding.

They are linear, so a rule is the transposed map; for a permutation of elements that is its inverse.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from ..errors import NotCovered
from ..graph import own_module
from ..primitives import cast, contains_value, primitive, scatter, unstack
from ..registry import composed, prepared, rule

own_module(globals())


@primitive
def pieces(x: Any, axis: int, starts: list[int], stops: list[int]) -> tuple[Any, ...]:
    """Return slices of an array along an axis, each from a start to a stop.

    Examples
    --------
    >>> pieces(np.array([1.0, 2.0, 3.0]), 0, [0, 2], [1, 3])
    (array([1.]), array([3.]))
    """
    before = (slice(None),) * axis
    return tuple([x[(*before, slice(start, stop))] for start, stop in zip(starts, stops, strict=True)])


@primitive
def paste(parts: Any, axis: int, starts: list[int], stops: list[int], shape: tuple[int, ...]) -> Any:
    """Return zeros of a shape with parts put along an axis, each from its start to its stop: the adjoint of `pieces`.

    Examples
    --------
    >>> paste([np.array([1.0]), np.array([3.0])], 0, [0, 2], [1, 3], (3,))
    array([1., 0., 3.])
    """
    out = np.zeros_like(parts[0], shape=shape)
    before = (slice(None),) * axis
    for part, start, stop in zip(parts, starts, stops, strict=True):
        out[(*before, slice(start, stop))] = part
    return out


rule(pieces, x=lambda g, x_shape, axis, starts, stops: paste(g, axis, starts, stops, x_shape))
rule(paste, parts=lambda g, wanted, axis, starts, stops:
     pieces(g, axis, [starts[i] for i in wanted], [stops[i] for i in wanted]))  # fmt: skip

# Shapes and axes
rule(np.reshape, "a shape order newshape copy",
     a=lambda g, a_shape, order="C": unreshaped(g, a_shape, order))  # fmt: skip
rule(np.ravel, "a order", a=lambda g, a_shape, order="C": unreshaped(g, a_shape, order))
rule(np.transpose, "a axes", a=lambda g, axes=None: np.transpose(g, inverse(axes)))
rule(np.matrix_transpose, x=lambda g: np.swapaxes(g, -1, -2))
rule(np.linalg.matrix_transpose, "x", x=lambda g: np.swapaxes(g, -1, -2))
rule(np.moveaxis, a=lambda g, source, destination: np.moveaxis(g, destination, source))
rule(np.swapaxes, "a axis1 axis2", a=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.rollaxis, a=lambda g, axis, start=0: np.moveaxis(g, rolled_to(axis, start, g.ndim), axis))
rule(np.squeeze, a=lambda g, a_shape: np.reshape(g, a_shape))
rule(np.expand_dims, a=lambda g, a_shape: np.reshape(g, a_shape))
for _lift in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    rule(_lift, "*arys", arys=lambda g, arys_shape, wanted: reshaped(g, arys_shape, wanted))
rule(np.broadcast_to, broadcasts=True, array=lambda g: g)
rule(np.broadcast_arrays, broadcasts=True, args=lambda g, wanted: [g[i] for i in wanted])
rule(np.meshgrid, xi=lambda g, xi_shape, wanted, indexing="xy":
     [mesh_sum(g[i], xi_shape[i], mesh_axis(i, len(xi_shape), indexing)) for i in wanted])  # fmt: skip

# Joining and splitting
rule(np.concatenate, "arrays axis out dtype casting",
     arrays=lambda g, arrays_shape, wanted=None, axis=0: unjoin(g, arrays_shape, wanted, axis))  # fmt: skip
rule(np.stack, "arrays axis out dtype casting",
     arrays=lambda g, arrays_shape, wanted=None, axis=0: unjoin_rows(g, arrays_shape, wanted, axis))  # fmt: skip
rule(np.vstack, "tup dtype casting",
     tup=lambda g, tup_shape, wanted=None: unjoin(g, tup_shape, wanted, 0, lambda s: s if s[1:] else (1,)))  # fmt: skip
rule(np.hstack, "tup dtype casting", tup=lambda g, tup_shape, wanted=None:
     unjoin(g, tup_shape, wanted, 0 if g.ndim == 1 else 1, lambda s: s or (1,)))  # fmt: skip
rule(np.dstack, "tup", tup=lambda g, tup_shape, wanted=None:
     unjoin(g, tup_shape, wanted, 2, lambda s: s if s[2:] else (1, 1, 1)))  # fmt: skip
rule(np.column_stack, "tup", tup=lambda g, tup_shape, wanted=None:
     unjoin(g, tup_shape, wanted, 1, lambda s: s if s[1:] else (1, 1)))  # fmt: skip
rule(np.append,
     arr=lambda g, arr_shape, values_shape, axis=None: unjoin(g, (arr_shape, values_shape), [0], axis)[0],
     values=lambda g, arr_shape, values_shape, axis=None:
     unjoin(g, (arr_shape, values_shape), [1], axis)[0])  # fmt: skip
for _split in (np.split, np.array_split):
    rule(_split, ary=lambda g, ary_shape, indices_or_sections, axis=0: unsplit(g, ary_shape, indices_or_sections, axis))
rule(np.vsplit, ary=lambda g, ary_shape, indices_or_sections: unsplit(g, ary_shape, indices_or_sections, 0))
rule(np.hsplit, ary=lambda g, ary_shape, indices_or_sections:
     unsplit(g, ary_shape, indices_or_sections, min(len(ary_shape) - 1, 1)))  # fmt: skip
rule(np.dsplit, ary=lambda g, ary_shape, indices_or_sections: unsplit(g, ary_shape, indices_or_sections, 2))

# Repeating and padding
rule(np.tile, A=lambda g, A_shape, reps: untile(g, A_shape, reps))
rule(np.repeat, "a repeats axis", a=lambda g, a_shape, repeats, axis=None: unrepeat(g, a_shape, repeats, axis))
rule(np.resize, a=lambda g, a_shape: unrepeat_to(g, a_shape))

# Rearranging
rule(np.flip, m=lambda g, axis=None: np.flip(g, axis))
rule(np.fliplr, m=lambda g: np.fliplr(g))
rule(np.flipud, m=lambda g: np.flipud(g))
rule(np.rot90, m=lambda g, k=1, axes=(0, 1): np.rot90(g, -k, axes))
rule(np.roll, a=lambda g, shift, axis=None: np.roll(g, np.negative(shift), axis))
rule(np.copy, a=lambda g: g)
if hasattr(np, "astype"):  # since NumPy 2.1
    rule(np.astype, x=lambda g: g)

# Diagonals and triangles
rule(np.tril, m=lambda g, m_shape, k=0: sum_of_rows(np.tril(g, k), m_shape))
rule(np.triu, m=lambda g, m_shape, k=0: sum_of_rows(np.triu(g, k), m_shape))
rule(np.diag, v=lambda g, v_shape, k=0: np.diagonal(g, k) if len(v_shape) == 1 else undiagonal(g, v_shape, k, 0, 1))
rule(np.diagflat, v=lambda g, v_shape, k=0: np.reshape(np.diagonal(g, k), v_shape))
rule(np.diagonal, a=lambda g, a_shape, offset=0, axis1=0, axis2=1: undiagonal(g, a_shape, offset, axis1, axis2))
rule(np.linalg.diagonal, "x offset", x=lambda g, x_shape, offset=0: undiagonal(g, x_shape, offset, -2, -1))


@prepared(np.ravel)
@prepared(np.reshape)
def refuse_memory_order(*args: Any, **kwargs: Any) -> Any:
    """Refuse an order of elements that depends on how an array lies in memory."""
    for order in ("A", "K"):
        if kwargs.get("order") == order or any(x == order for x in args[1:] if isinstance(x, str)):
            raise NotCovered(
                f"order={order!r} has no derivative rule",
                "what it means depends on how the array lies in memory",
                "order='C' or order='F'",
            )
    return args, kwargs


def unreshaped(g: Any, shape: tuple[int, ...], order: str) -> Any:
    """Return a cotangent in the shape before; Dask has no other order than "C"."""
    return np.reshape(g, shape) if order == "C" else np.reshape(g, shape, order=order)


def inverse(axes: Any) -> Any:
    """Return the permutation of axes that undoes another."""
    return None if axes is None else np.argsort([axis % len(axes) for axis in axes]).tolist()


def rolled_to(axis: int, start: int, ndim: int) -> int:
    """Return where `np.rollaxis` puts an axis: before the one that is at `start`."""
    axis, start = axis % ndim, start + ndim if start < 0 else start
    return start - 1 if axis < start else start


def reshaped(g: Any, shapes: Any, wanted: list[int]) -> list[Any]:
    """Return the wanted cotangents of several arrays in their own shapes; of a single array `g` is its own."""
    return [np.reshape(g[i] if isinstance(g, tuple) else g, shapes[i]) for i in wanted]


def mesh_axis(i: int, n: int, indexing: str) -> int:
    """Return the axis along which coordinate array `i` of `n` runs in a mesh."""
    return 1 - i if indexing == "xy" and i < 2 <= n else i


def mesh_sum(g: Any, shape: tuple[int, ...], axis: int) -> Any:
    """Sum a cotangent over every axis of a mesh but one."""
    rest = tuple(i for i in range(g.ndim) if i != axis)
    return np.reshape(np.sum(g, axis=rest) if rest else g, shape)


def unjoin(
    g: Any, shapes: Any, wanted: list[int] | None, axis: int | None, lift: Callable[..., Any] | None = None
) -> Any:
    """Take a cotangent of joined arrays apart: the pieces that belong to the wanted ones.

    `lift` maps the shape of an array to the one that it was joined in. Without `wanted`, the arrays were the rows of
    a single one.
    """
    if wanted is None:
        rows = [shapes[1:]] * shapes[0]
        return np.stack(unjoin(g, rows, list(range(len(rows))), axis, lift))
    if axis is None:
        axis, lengths = 0, [math.prod(shape) for shape in shapes]
    else:
        axis %= g.ndim
        lengths = [(lift(shape) if lift else shape)[axis] for shape in shapes]
    stops = list(accumulate(lengths))
    found = pieces(g, axis, [stops[i] - lengths[i] for i in wanted], [stops[i] for i in wanted])
    pairs = zip(found, wanted, strict=True)
    return [part if part.shape == shapes[i] else np.reshape(part, shapes[i]) for part, i in pairs]


def unjoin_rows(g: Any, shapes: Any, wanted: list[int] | None, axis: int) -> Any:
    """Take a cotangent of stacked arrays apart: the rows along the new axis that belong to the wanted ones."""
    if wanted is None:
        return np.moveaxis(g, axis, 0)
    rows = g if len(wanted) == len(shapes) else np.take(g, wanted, axis)
    return unstack(np.moveaxis(rows, axis, 0))


def unsplit(g: Any, shape: tuple[int, ...], ends: Any, axis: int) -> Any:
    """Join what was split; add up where indices that don't rise made pieces overlap."""
    axis, n = axis % len(shape), shape[axis]
    if sum(part.shape[axis] for part in g) == n:
        return np.concatenate(g, axis)
    starts = [slice(start, None).indices(n)[0] for start in (0, *ends)]
    pairs = zip(g, starts, strict=True)
    return sum(paste([part], axis, [start], [start + part.shape[axis]], shape) for part, start in pairs)


def untile(g: Any, shape: tuple[int, ...], reps: Any) -> Any:
    """Sum over the copies that `np.tile` made."""
    reps = tuple(np.atleast_1d(reps).tolist())
    ndim = max(len(shape), len(reps))
    lengths, reps = (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(reps)) + reps
    apart = np.reshape(g, [n for pair in zip(reps, lengths, strict=True) for n in pair])
    return np.reshape(np.sum(apart, axis=tuple(range(0, 2 * ndim, 2))), shape)


def unrepeat(g: Any, shape: tuple[int, ...], repeats: Any, axis: int | None) -> Any:
    """Sum over the copies that `np.repeat` made of each element along an axis."""
    if axis is None:
        return np.reshape(unrepeat(g, (math.prod(shape),), repeats, 0), shape)
    axis %= len(shape)
    if np.size(repeats) == 1:
        return np.sum(np.reshape(g, (*shape[: axis + 1], np.ravel(repeats)[0], *shape[axis + 1 :])), axis=axis + 1)
    return scatter(g, (slice(None),) * axis + (np.repeat(np.arange(shape[axis]), repeats),), shape)


def unrepeat_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the copies that `np.resize` made of all elements in a row."""
    n = math.prod(shape)
    return np.reshape(scatter(np.reshape(g, (-1,)), np.arange(g.size) % max(n, 1), (n,)), shape)


def undiagonal(g: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Put a cotangent on the diagonal of two axes of an array of zeros: the adjoint of `np.diagonal`."""
    ends = (axis1 % len(shape), axis2 % len(shape))
    rows, columns = shape[ends[0]], shape[ends[1]]
    above = min(max(-offset, 0), rows)
    column = np.pad(g, [(0, 0)] * (g.ndim - 1) + [(above, rows - above - g.shape[-1])])
    full = np.where(np.eye(rows, columns, offset, dtype=bool), np.expand_dims(column, -1), 0)
    return np.moveaxis(full, (-2, -1), ends)


def transform(g: Any, matrix: Any, axis: int) -> Any:
    """Return the products of the rows that lie along an axis with a matrix."""
    return np.moveaxis(np.matmul(np.moveaxis(g, axis, -1), matrix), -1, axis)


@composed(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Turn each vector into an axis of its own."""
    return tuple(np.reshape(x, [-1 if i == j else 1 for j in range(len(args))]) for i, x in enumerate(args))


@composed(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """Take the elements of each window, by their numbers."""
    numbers = np.reshape(np.arange(math.prod(np.shape(x))), np.shape(x))
    numbers = np.lib.stride_tricks.sliding_window_view(numbers, window_shape, axis)
    return np.reshape(np.take(np.ravel(x), np.ravel(numbers)), numbers.shape)


@composed(np.block)
def block(arrays: Any) -> Any:
    """Join nested lists: the innermost along the last axis, those around them along the axes before it."""
    depth = nesting(arrays)
    np.block(emptied(arrays))  # raises if the depths of the lists don't match
    ndim = max(depth, *(np.ndim(x) for x in innermost(arrays)), 0)

    def joined(part: Any, axis: int) -> Any:
        if isinstance(part, list):
            return np.concatenate([joined(item, axis + 1) for item in part], axis=axis)
        return np.reshape(part, (1,) * (ndim - np.ndim(part)) + np.shape(part))

    return joined(arrays, -depth)


def sum_of_rows(g: Any, shape: tuple[int, ...]) -> Any:
    """Return a cotangent of matrices; of a vector, which NumPy takes as each row of one, the sum of the rows."""
    return np.sum(g, axis=0) if len(shape) == 1 else g


def nesting(x: Any) -> int:
    """Return how deeply lists are nested."""
    return 1 + max(map(nesting, x), default=0) if isinstance(x, list) else 0


def emptied(x: Any) -> Any:
    """Return nested lists of the same depths, with an empty array in place of each one."""
    return [emptied(part) for part in x] if isinstance(x, list) else x if isinstance(x, tuple) else np.empty(0)


def innermost(x: Any) -> list[Any]:
    """Return what nested lists hold."""
    return [item for part in x for item in innermost(part)] if isinstance(x, list) else [x]


@composed(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    """Broadcast the value to the shape."""
    dtype = np.result_type(a) if dtype is None else dtype
    if contains_value(fill_value):
        return cast(np.broadcast_to(fill_value, np.shape(a) if shape is None else shape), np.dtype(dtype))
    return np.zeros_like(a, dtype=dtype, shape=shape) + np.asarray(fill_value, dtype)
