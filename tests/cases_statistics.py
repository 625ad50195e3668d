"""Sample calls of order statistics and of interpolation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from case import Case, distinct, reached, uniform

METHODS = [
    "linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased",
]  # fmt: skip


def quantiles() -> Iterator[Case]:
    """Medians, quantiles and percentiles, by every method, with and without NaN."""
    cube, holes = distinct(3, 4, 2), np.where(np.eye(4, 5, dtype=bool), np.nan, distinct(4, 5))
    for function, q in [
        (np.median, None), (np.nanmedian, None), (np.quantile, 0.3), (np.nanquantile, 0.3), (np.percentile, 62.0),
        (np.nanpercentile, 62.0),
    ]:  # fmt: skip
        more, real = () if q is None else (q,), q is not None
        yield from (Case(function, (a, *more), real_only=real) for a in [distinct()[()], distinct(5), distinct(4)])
        yield Case(function, (distinct(1, 4), *more, 0), real_only=real)
        for axis in (0, -1, (0, 2), (-1, 0), None):
            yield Case(function, (cube, *more), {"axis": axis}, real_only=real)
        yield Case(function, (cube, *more), {"axis": (0, -1), "keepdims": True}, real_only=real)
        if function.__name__.startswith("nan"):
            yield from (Case(function, (holes, *more), {"axis": axis}, real_only=real) for axis in (0, 1, None))
    for function, scale in [(np.quantile, 1), (np.percentile, 100), (np.nanquantile, 1), (np.nanpercentile, 100)]:
        several = np.array([[0.0, 0.37], [1.0, 0.5]]) * scale
        between = 0.9 * several + 0.03 * scale  # a position at an element is a kink
        yield Case(function, (cube, several), {"axis": 1, "keepdims": True}, real_only=True)
        yield Case(function, (cube, between), {"axis": 1, "keepdims": True}, (0, 1), real_only=True)
        yield Case(function, (cube, between[0]), {"axis": (0, -1)}, (0, 1), real_only=True)
        yield Case(function, (holes if "nan" in function.__name__ else distinct(5), between), {}, (0, 1), True)
        yield Case(function, (distinct(7), several[0]), real_only=True)
        for method in METHODS:
            yield Case(function, (distinct(7), np.float64(0.41 * scale)), {"method": method}, (0, 1), real_only=True)
            yield Case(function, (distinct(2, 6), several[0]), {"method": method, "axis": -1}, real_only=True)
    by_weight = {"method": "inverted_cdf", "weights": uniform(3, 4, 2, low=0.1)}
    for function in (np.quantile, np.nanquantile):
        yield from (Case(function, (cube, 0.3), {"axis": axis, **by_weight}, real_only=True) for axis in (1, None))
    yield Case(np.percentile, (cube, [20.0, 80.0], -2), {**by_weight, "weights": np.arange(1.0, 5.0)}, real_only=True)


def interpolation() -> Iterator[Case]:
    """Interpolation between points, inside and beyond the ends, and periodic."""
    x, xp, fp = np.array([0.3, 1.7, -0.6, 2.9, 0.45]), np.array([0.0, 0.5, 1.2, 2.0]), distinct(4)
    yield Case(np.interp, (x, xp, fp), wrt=(0, 1, 2), real_only=True)
    yield Case(np.interp, (x.reshape(5, 1), xp, fp), {"left": 0.25, "right": -2.0}, wrt=(0, 1, 2), real_only=True)
    yield Case(np.interp, (np.float64(0.7), xp, fp), wrt=(0, 1, 2), real_only=True)
    yield Case(np.interp, (uniform(0), xp, fp), wrt=(0, 1, 2), real_only=True)
    yield Case(np.interp, (x, xp[[2, 0, 3, 1]], fp), {"period": 2.3}, wrt=(0, 1, 2), real_only=True)
    yield Case(np.interp, (x, xp - 5.0, fp, None, None, 2.3), wrt=(0, 1, 2), real_only=True)
    yield Case(np.interp, (x, xp[:1], fp[:1]), wrt=(0, 2), real_only=True)
    yield Case(np.interp, (x, xp, fp, uniform(), uniform(seed=1)), {}, (0, 1, 2, 3, 4), True, reached(np.interp))
    yield Case(np.interp, (x, xp, fp), {"left": uniform(), "right": uniform(seed=1)}, (2, "left", "right"),
               via=reached(np.interp))  # fmt: skip
    yield Case(np.interp, (x, xp[[2, 0, 3, 1]], fp), {"period": np.float64(2.3)}, (0, 1, 2, "period"), True,
               reached(np.interp))  # fmt: skip
    yield Case(np.interp, (x, xp, fp), wrt=(2,))


def counts() -> Iterator[Case]:
    """Weighted counts."""
    yield Case(np.bincount, (np.array([1, 0, 3, 1]), uniform(4)), wrt=(1,), real_only=True)
    yield Case(np.bincount, (np.array([1, 0, 3, 1]),), {"weights": uniform(4), "minlength": 7}, ("weights",), True)


def covariances() -> Iterator[Case]:
    """Covariances and correlations, with each of their options."""
    x = distinct(3, 5)
    yield from (Case(np.cov, (a,)) for a in [x, distinct(5)])
    yield Case(np.cov, (x,), {"rowvar": False, "bias": True})
    yield Case(np.cov, (x, distinct(2, 5, seed=1)), {"ddof": 0}, wrt=(0, 1))
    yield Case(np.cov, (distinct(5), distinct(5, seed=1)), wrt=(0, 1))
    weights = {"aweights": uniform(5, low=0.5), "fweights": np.array([1, 2, 1, 3, 1])}
    yield Case(np.cov, (x,), weights)
    yield Case(np.cov, (x,), {"fweights": weights["fweights"]})
    yield Case(np.cov, (x,), {"aweights": weights["aweights"]}, wrt=(0, "aweights"), real_only=True)
    yield Case(np.corrcoef, (x,))
    yield Case(np.corrcoef, (distinct(5), distinct(5, seed=1)), wrt=(0, 1))
    yield Case(np.corrcoef, (x,), {"rowvar": False})


def histograms() -> Iterator[Case]:
    """Histograms by weights, and their edges by the samples."""
    x, y, w = uniform(7), uniform(7, seed=1), uniform(7, low=0.5, seed=2)
    edges = np.array([-2.0, -0.31, 0.12, 0.7, 3.0])
    yield Case(np.histogram, (x, 3), real_only=True)
    yield Case(np.histogram, (x, 3), {"density": True}, real_only=True)
    yield Case(np.histogram, (x,), {"bins": 4, "weights": w}, wrt=(0, "weights"), real_only=True)
    yield Case(np.histogram, (x,), {"bins": 4, "weights": w, "density": True}, wrt=(0, "weights"), real_only=True)
    yield Case(np.histogram, (x, edges), {"weights": w, "density": True}, wrt=(1, "weights"), real_only=True)
    yield Case(np.histogram, (x, 4, (-0.7, 0.6)), {"weights": w}, wrt=("weights",))
    yield Case(np.histogram_bin_edges, (x, 4))
    yield from (Case(np.histogram_bin_edges, (x, bins), real_only=True) for bins in ("sturges", "sqrt"))
    yield Case(np.histogram_bin_edges, (x, edges), wrt=(1,))
    yield Case(np.histogram2d, (x, y), {"bins": (2, 3), "weights": w}, wrt=(0, 1, "weights"), real_only=True)
    yield Case(np.histogram2d, (x, y, edges), {"weights": w, "density": True}, wrt=("weights",), real_only=True)
    yield Case(np.histogramdd, (np.stack([x, y], -1), 3), {"weights": w}, wrt=(0, "weights"), real_only=True, via=flat)
    yield Case(np.histogramdd, ([x, y, w], (2, edges, 3)), {"density": True}, via=flat)


def flat(*args: Any, **kwargs: Any) -> Any:
    """Return a histogram and its edges in one list."""
    counts, edges = np.histogramdd(*args, **kwargs)
    return [counts, *edges]


CASES = [*covariances(), *histograms(), *quantiles(), *interpolation(), *counts()]
