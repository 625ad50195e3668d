"""Numbers and arrays in a few characters, as labels show them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

SMALL = 6  # arrays of up to so many elements are shown whole
LONGEST = 60  # characters of a name or a setting


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return a text of at most `longest` characters.

    Examples
    --------
    >>> shorten("a long name", 7)
    'a long…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def number(x: Any) -> str:
    """Return a number with four significant digits; integers and booleans whole.

    Examples
    --------
    >>> number(np.float64(0.1234567)), number(3), number(2.0), number(1 + 2j)
    ('0.1235', '3', '2', '1+2j')
    """
    whole = isinstance(x, (bool, int, np.bool_, np.integer))
    return shorten(str(x) if whole else f"{x + 0:.4g}")  # + 0 makes -0 a 0


def shape_and_dtype(shape: tuple[int, ...], dtype: Any) -> str:
    """Return shape and dtype; nothing for a float64 number, which is what most numbers are.

    Examples
    --------
    >>> shape_and_dtype((2, 3), np.dtype(np.float32)), shape_and_dtype((), np.dtype(float))
    ('(2, 3) float32', '')
    """
    if shape == ():
        return "" if dtype == np.float64 else str(dtype)
    return f"{shape} {dtype}"


def summary(x: Any) -> str:
    """Return what is in a number or an array: all of it if small, else its range and mean.

    Elements that are not finite are counted apart. Arrays that aren't NumPy's (a Dask array, whose numbers would have
    to be computed) are named by their type.

    Examples
    --------
    >>> summary(np.float64(0.5)), summary(np.array([1.0, 2.5])), summary(np.arange(100.0))
    ('0.5', '[1, 2.5]', '0 … 99, mean 49.5')
    >>> summary([np.ones(2), np.zeros(2)])
    '2 constants'
    """
    if isinstance(x, (list, tuple)):
        return f"{len(x)} constants"
    if isinstance(x, np.ndarray) and x.shape == ():
        x = x[()]
    if not isinstance(x, np.ndarray):
        is_number = isinstance(x, (int, float, complex)) or (isinstance(x, np.generic) and x.dtype.kind in "biufc")
        return number(x) if is_number else type(x).__name__
    if x.size == 0:
        return "empty"
    if x.dtype.kind not in "biufc":
        return f"{x.size} elements"
    if x.dtype.kind == "b" and x.size > SMALL:
        return f"{np.count_nonzero(x):,} of {x.size:,} true"
    if x.size <= SMALL:
        return " ".join(np.array2string(x, separator=", ", formatter={"all": number}).split())
    finite = x[np.isfinite(x)]
    missing = f", {x.size - finite.size} not finite" if finite.size < x.size else ""
    if finite.size == 0:
        return missing[2:]
    if x.dtype.kind == "c":
        size = np.abs(finite)
        return f"|z| {number(size.min())} … {number(size.max())}{missing}"
    low, high = finite.min(), finite.max()
    if low == high:
        return f"all {number(low)}{missing}"
    return f"{number(low)} … {number(high)}, mean {number(finite.mean(dtype=np.float64))}{missing}"


def fingerprint(x: Any) -> str:
    """Return a text that differs where two arrays differ in any digit.

    Examples
    --------
    >>> fingerprint(np.float64(1.0)) == fingerprint(np.float64(1.0) + 1e-16), fingerprint(1.0) == fingerprint(2.0)
    (True, False)
    """
    array = np.ascontiguousarray(x)
    return f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
