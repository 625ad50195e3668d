"""Rules of indexing and of what is indexing by another name: take, sort, compress, and the splitting into rows.

The adjoint of reading at an index is adding at that index (`scatter`), and the other way round.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitives import getitem, scatter, unstack
from ..registry import REFUSED, rule

rule(getitem, x=lambda g, x_shape, index: scatter(g, index, x_shape))
rule(scatter, g=lambda g, index: getitem(g, index))
rule(unstack, x=lambda g: np.stack(g))
rule(np.take, "a indices axis out mode", a=lambda g, a_shape, indices, axis=None, mode="raise":
     taken(g, a_shape, indices, axis, mode))  # fmt: skip


def taken(g: Any, shape: tuple[int, ...], indices: Any, axis: int | None, mode: str) -> Any:
    """Add the cotangent of `np.take` at the places that it took from."""
    if axis is None:
        return np.reshape(taken(g, (math.prod(shape),), indices, 0, mode), shape)
    indices = np.asarray(indices)
    if mode != "raise":
        n = shape[axis]
        indices = np.clip(indices, 0, n - 1) if mode == "clip" else indices % n
    before = (slice(None),) * (axis % len(shape))
    return scatter(g, (*before, indices), shape)
