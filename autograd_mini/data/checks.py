"""What the arguments of this package must be, and the error that says so."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import AutogradError


class DataError(AutogradError, ValueError):
    """Data, or a way to read, split or batch it, that nothing can be trained on."""


def samples(name: str, given: ArrayLike) -> Any:
    """Return `given` as an array with at least one sample along its first axis."""
    array: Any = given if hasattr(given, "__array_function__") else np.asarray(given)
    if array.ndim == 0 or len(array) == 0:
        what = f"{name} of shape {array.shape} hold no samples"
        raise DataError(what, instead="an array of shape (n, ...) with n of at least 1")
    return array


def paired(inputs: ArrayLike, targets: ArrayLike) -> tuple[Any, Any]:
    """Return both as arrays of the same number of samples."""
    x, y = samples("inputs", inputs), samples("targets", targets)
    if len(x) != len(y):
        raise DataError(
            f"{len(x)} inputs (shape {x.shape}) and {len(y)} targets (shape {y.shape})",
            "each input needs its target, at the same place on the first axis",
            "the same number of both; if the samples lie along the last axis, pass inputs.T",
        )
    return x, y


def integer(name: str, given: Any, at_least: int) -> int:
    """Return `given` as a Python int, if it is an integer that isn't too small."""
    try:
        number = operator.index(given)
    except TypeError:
        number = None
    if number is None or isinstance(given, bool) or number < at_least:
        raise DataError(f"{name}={given!r}", instead=f"an integer of at least {at_least}")
    return number


def noisy(clean: NDArray[np.float64], noise: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return `clean` with normal noise of a standard deviation added to each number."""
    if not 0 <= noise < math.inf:
        raise DataError(f"noise={noise}", "it is a standard deviation", "a finite number above 0, or 0 for none")
    return clean + noise * rng.standard_normal(clean.shape)


def generator(seed: int) -> np.random.Generator:
    """Return what is drawn with."""
    return np.random.default_rng(integer("seed", seed, at_least=0))
