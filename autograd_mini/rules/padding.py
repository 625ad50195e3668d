"""Rules of `np.pad`, axis by axis.

A mode that copies elements is known by the places that it copies from, one that mixes them by the matrix that it
multiplies with; NumPy's own padding of the numbers 0, 1, 2, ... and of the unit matrix gives both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NotCovered
from ..graph import own_module
from ..primitives import data_of, getitem, scatter
from ..registry import prepared, rule
from .reductions import sum_like
from .shaping import transform

own_module(globals())
rule(np.pad, "array pad_width mode constant_values reflect_type stat_length end_values",
     array=lambda g, array_shape, pad_width, mode="constant", reflect_type="even", stat_length=None:
     unpad(g, array_shape, pad_width, mode, reflect_type, stat_length),
     constant_values=lambda g, array_shape, pad_width, constant_values_shape:
     sum_like(unpad_values(g, array_shape, pad_width, "constant", "constant_values"), constant_values_shape),
     end_values=lambda g, array_shape, pad_width, end_values_shape:
     sum_like(unpad_values(g, array_shape, pad_width, "linear_ramp", "end_values"), end_values_shape))  # fmt: skip


@prepared(np.pad)
def joined_padding(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """Join the array with what stands around it, axis by axis, where that isn't linear in the array."""
    if callable(mode):
        raise NotCovered(
            "np.pad with a function as its mode has no derivative rule",
            "the function writes into the array",
            "np.concatenate of the array and of what stands around it",
        )
    statistic: Any = {"maximum": np.max, "minimum": np.min, "median": np.median}.get(mode)
    if statistic is None:
        return (array, pad_width, mode), options
    np.pad(data_of(array), pad_width, mode, **options)  # raises if NumPy refuses an argument
    stat_length = options.get("stat_length")
    lengths = np.broadcast_to(sum(array.shape) if stat_length is None else stat_length, (array.ndim, 2)).tolist()
    for axis, width in enumerate(widths_of(pad_width, array.ndim)):
        n, before = array.shape[axis], (slice(None),) * axis
        ends = [slice(0, lengths[axis][0]), slice(max(n - lengths[axis][1], 0), n)]
        parts = [array]
        for place, end, count in zip((0, 2), ends, width, strict=True):
            if count:
                one = statistic(getitem(array, (*before, end)), axis=axis, keepdims=True)
                parts.insert(place, np.repeat(one, count, axis))
        array = np.concatenate(parts, axis=axis)
    return array


def widths_of(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    """Return how many elements `np.pad` puts before and after an array, for each axis."""
    if isinstance(pad_width, dict):
        found: list[Any] = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            found[axis] = np.broadcast_to(width, 2)
        pad_width = found
    return [(low, high) for low, high in np.broadcast_to(pad_width, (ndim, 2)).tolist()]


def unpad(g: Any, shape: tuple[int, ...], pad_width: Any, mode: str, reflect_type: str, stat_length: Any) -> Any:
    """Pull back through `np.pad` to the array."""
    options: dict[str, Any] = {"reflect_type": reflect_type} if mode in ("reflect", "symmetric") else {}
    for axis, width in enumerate(widths_of(pad_width, len(shape))):
        if mode == "mean" and stat_length is not None:
            options["stat_length"] = tuple(np.broadcast_to(stat_length, (len(shape), 2))[axis].tolist())
        g = unpad_axis(g, axis, shape[axis], width, mode, options)
    return g


def unpad_axis(g: Any, axis: int, n: int, width: tuple[int, int], mode: str, options: dict[str, Any]) -> Any:
    """Pull back through the padding of one axis of `n` elements."""
    before = (slice(None),) * axis
    if mode in ("constant", "empty"):
        return getitem(g, (*before, slice(width[0], width[0] + n)))
    if mode in ("edge", "wrap") or options.get("reflect_type") == "even":
        places = np.pad(np.arange(n), width, mode, **options)
        return scatter(g, (*before, places), (*g.shape[:axis], n, *g.shape[axis + 1 :]))
    return transform(g, np.pad(np.eye(n), (width, (0, 0)), mode, **options), axis)


def unpad_values(g: Any, shape: tuple[int, ...], pad_width: Any, mode: str, option: str) -> Any:
    """Pull back through `np.pad` to the values put before and after each axis; those of the last one were put last."""
    found = []
    for axis, width in reversed([*enumerate(widths_of(pad_width, len(shape)))]):
        for values in ((0.0, 1.0), (1.0, 0.0)):
            shares: Any = np.pad(np.zeros(shape[axis]), width, mode, **{option: values})
            found.append(np.sum(transform(g, np.expand_dims(shares, -1), axis)))
        g = unpad_axis(g, axis, shape[axis], width, mode, {})
    return np.reshape(np.stack(found[::-1]), (len(shape), 2)) if shape else np.zeros_like(g, shape=(0, 2))
