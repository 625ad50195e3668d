"""What is done where a derivative doesn't exist, in words. The rules do it, and the tests hold them to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitives import relu
from ..registry import KINKS

_TIE = "at a tie: shared equally"
_ORDER = "at a tie: each element keeps its place"
_EQUAL = "equal elements share equally"
_JUMP = "at a jump: the slope beside it"
_SPACE = "equal values: their vectors count as fixed, with a DegenerateWarning"

TEXTS: dict[str, list[Callable[..., Any]]] = {
    "at 0: slope 0": [np.absolute, np.fabs, relu],
    "at 0: gradient 0": [np.hypot, np.linalg.vector_norm],
    "at 0: gradient 0; at a tie: shared equally": [np.linalg.norm, np.linalg.matrix_norm],
    "at 0: the sign counts as 0": [np.copysign],
    "at 0: infinite": [np.sqrt, np.cbrt, np.log, np.log2, np.log10, np.reciprocal],
    "0**0 and 0**p: the limit of the slope": [np.power, np.float_power],
    "at the origin: NaN": [np.arctan2, np.angle],
    _TIE: [np.maximum, np.minimum, np.fmax, np.fmin, np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin, np.ptp],
    "at a bound: counts as inside": [np.clip],
    "a branch that isn't taken: exactly 0": [np.where, np.select, np.choose, np.piecewise],
    _ORDER: [np.sort, np.partition, np.sort_complex, np.median, np.nanmedian, np.quantile, np.nanquantile,
             np.percentile, np.nanpercentile],
    _EQUAL: [np.unique, np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.union1d,
             np.intersect1d, np.setdiff1d, np.setxor1d],
    _JUMP: [np.remainder, np.fmod, np.modf, np.divmod, np.frexp, np.unwrap],
    "at a point: the slope to its right": [np.interp],
    "where it isn't finite: 0": [np.nan_to_num],
    "where it is 0: slope 0": [np.std, np.nanstd],
    "with zeros: exact, nothing is divided": [np.prod, np.nanprod, np.cumprod, np.nancumprod],
    "singular: the cofactors, exact at order 1": [np.linalg.det],
    _SPACE: [np.linalg.eigh, np.linalg.eig, np.linalg.svd],
    "columns that depend on each other: NaN, with a DegenerateWarning": [np.linalg.qr],
    "of lower rank: right for changes that keep the rank": [np.linalg.pinv, np.linalg.lstsq],
    "a multiple root: infinite, with a DegenerateWarning": [np.roots],
    "counts: slope 0; edges move with the smallest and largest sample": [np.histogram, np.histogram2d, np.histogramdd],
}  # fmt: skip
for _text, _functions in TEXTS.items():
    KINKS.update(dict.fromkeys(_functions, _text))
