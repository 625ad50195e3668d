"""Rules of functions that move elements around: shapes, axes, joining, splitting, repeating, padding.

They are linear, so a rule is the transposed map; for a permutation of elements that is its inverse.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from ..errors import RuleError
from ..primitives import primitive, unstack
from ..registry import rule


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
     a=lambda g, a_shape, order="C": np.reshape(g, a_shape, order=fixed(order)))  # fmt: skip
rule(np.transpose, "a axes", a=lambda g, axes=None: np.transpose(g, inverse(axes)))
rule(np.moveaxis, a=lambda g, source, destination: np.moveaxis(g, destination, source))
rule(np.swapaxes, "a axis1 axis2", a=lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2))
rule(np.squeeze, "a axis", a=lambda g, a_shape: np.reshape(g, a_shape))
rule(np.expand_dims, "a axis", a=lambda g, a_shape: np.reshape(g, a_shape))
rule(np.broadcast_to, "array shape subok", broadcasts=True, array=lambda g: g)

# Joining
rule(np.concatenate, "arrays axis out dtype casting",
     arrays=lambda g, arrays_shape, wanted=None, axis=0: unjoin(g, arrays_shape, wanted, axis))  # fmt: skip
rule(np.stack, "arrays axis out dtype casting",
     arrays=lambda g, arrays_shape, wanted=None, axis=0: unjoin_rows(g, arrays_shape, wanted, axis))  # fmt: skip


def fixed(order: str) -> str:
    """Return an order of elements, refused where it depends on how an array lies in memory."""
    if order not in ("C", "F"):
        raise RuleError(
            f"order={order!r} has no derivative rule",
            "what it means depends on how the array lies in memory",
            "order='C' or order='F'",
        )
    return order


def inverse(axes: Any) -> Any:
    """Return the permutation of axes that undoes another."""
    return None if axes is None else np.argsort([axis % len(axes) for axis in axes])


def unjoin(g: Any, shapes: Any, wanted: list[int] | None, axis: int | None, lifted: Any = None) -> Any:
    """Take a cotangent of joined arrays apart: the pieces that belong to the wanted ones.

    `lifted` are the shapes in which the arrays were joined, where they differ from their own. Without `wanted`, the
    arrays were the rows of a single one.
    """
    if wanted is None:
        rows = [shapes[1:]] * shapes[0]
        return np.stack(unjoin(g, rows, list(range(len(rows))), axis, lifted and [lifted[1:]] * shapes[0]))
    if axis is None:
        axis, lengths = 0, [int(np.prod(shape)) for shape in shapes]
    else:
        axis %= g.ndim
        lengths = [shape[axis] for shape in lifted or shapes]
    stops = list(accumulate(lengths))
    found = pieces(g, axis, [stops[i] - lengths[i] for i in wanted], [stops[i] for i in wanted])
    return [
        part if part.shape == shapes[i] else np.reshape(part, shapes[i])
        for part, i in zip(found, wanted, strict=True)
    ]


def unjoin_rows(g: Any, shapes: Any, wanted: list[int] | None, axis: int) -> Any:
    """Take a cotangent of stacked arrays apart: the rows along the new axis that belong to the wanted ones."""
    if wanted is None:
        return np.moveaxis(g, axis, 0)
    rows = g if len(wanted) == len(shapes) else np.take(g, wanted, axis)
    return unstack(np.moveaxis(rows, axis, 0))
