"""Rules of reductions and cumulative functions.

Ties: elements that share the maximum or the minimum share its cotangent equally. The slope of `std` is 0 where it is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import rule

rule(np.sum, a=lambda g, a_shape, axis=None, keepdims=False, where=True:
     masked(spread(g, a_shape, axis, keepdims), where))  # fmt: skip


def spread(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Return the cotangent of a sum at each element that was summed."""
    if axis is not None and not keepdims and shape:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def masked(g: Any, where: Any) -> Any:
    """Return a cotangent with 0 where elements were left out by `where=`."""
    return g if where is True else np.where(where, g, 0)
