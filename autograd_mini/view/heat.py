"""Numbers and arrays as a page shows them: in words, and as the cells of a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .summary import summary

Picture = dict[str, Any]
EXACT = 64  # arrays of up to so many numbers keep all digits
NEGATIVE, ZERO, POSITIVE, MISSING = (33, 102, 172), (247, 247, 247), (178, 24, 43), "#d100d1"  # as in page.css


def picture(x: Any, side: int) -> Picture:
    """Return what a page needs to show a number or an array: plain data for JSON.

    Parameters
    ----------
    x : number, array, or dict of them
        A dict has the gradients of several results by their position.
    side : int
        A heat map has at most so many rows, and so many columns.

    Returns
    -------
    dict
        ``text`` sums it up; ``shape`` and ``cells`` (rows of numbers) are there where it consists of numbers; ``block``
        has the rows and columns of the array that a cell stands for, by its largest number.

    Examples
    --------
    >>> picture(np.float64(0.1), 8)
    {'text': '0.1', 'shape': [], 'cells': [[0.1]], 'block': [1, 1]}
    >>> picture(np.array([[1.0, -2.0], [np.nan, 3.0]]), 1)["cells"]
    [['NaN']]
    """
    if isinstance(x, Mapping):
        return {"text": "; ".join(f"[{i}] {summary(part)}" for i, part in sorted(x.items()))}
    array = np.asarray(x) if isinstance(x, (int, float, complex, np.generic)) else x
    if not has_numbers(array):
        return {"text": summary(x)}
    table, block = largest_of_blocks(array, side)
    digits = 17 if array.size <= EXACT else 6
    if table.dtype.kind in "fc":  # JSON has double precision alone
        with np.errstate(over="ignore"):
            table = table.astype(complex if table.dtype.kind == "c" else float)
    cells = [[plain(number, digits) for number in row] for row in table.tolist()]
    return {"text": summary(x), "shape": list(array.shape), "cells": cells, "block": list(block)}


def colours(x: Any, side: int) -> list[list[str]]:
    """Return the colours of a heat map of an array: none of a number, or of what isn't numbers.

    Examples
    --------
    >>> colours(np.array([0.0, 2.0, -2.0, np.nan]), 8)
    [['#f7f7f7', '#b2182b', '#2166ac', '#d100d1']]
    """
    if not has_numbers(x) or x.ndim == 0:
        return []
    table, _ = largest_of_blocks(x, side)
    sizes = np.abs(table) if table.dtype.kind == "c" else table.astype(float)
    most = np.max(np.abs(sizes), initial=0, where=np.isfinite(sizes)) or 1
    return [[colour(size / most) for size in row] for row in sizes.tolist()]


def colour(share: float) -> str:
    """Return the colour of a number between -1 and 1.

    Examples
    --------
    >>> colour(0.5), colour(float("inf"))
    ('#d48891', '#d100d1')
    """
    if not np.isfinite(share):
        return MISSING
    end = NEGATIVE if share < 0 else POSITIVE
    return "#" + "".join(f"{round(z + (e - z) * abs(share)):02x}" for z, e in zip(ZERO, end, strict=True))


def has_numbers(x: Any) -> bool:
    """Whether something is an array with numbers in it."""
    return isinstance(x, np.ndarray) and x.size > 0 and x.dtype.kind in "biufc"


def largest_of_blocks(x: np.ndarray, side: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Return a table of at most `side` rows and columns, each the largest number of a block, NaN before all others.

    The columns are the last axis of the array, the rows all others.
    """
    table = x.reshape(-1, x.shape[-1] if x.ndim else 1)
    high, wide = (-(-n // side) for n in table.shape)
    rows, columns = -(-table.shape[0] // high), -(-table.shape[1] // wide)
    padded = np.zeros((rows * high, columns * wide), table.dtype)
    padded[: table.shape[0], : table.shape[1]] = table
    blocks = padded.reshape(rows, high, columns, wide).swapaxes(1, 2).reshape(rows, columns, high * wide)
    chosen = np.argmax(np.abs(blocks), axis=-1, keepdims=True)
    return np.take_along_axis(blocks, chosen, axis=-1)[..., 0], (high, wide)


def plain(x: Any, digits: int) -> Any:
    """Return a number for JSON, which has none that aren't finite, and no complex ones: these as pairs.

    Examples
    --------
    >>> plain(float("-inf"), 6), plain(1 / 3, 6), plain(2 + 0.5j, 6), plain(True, 6)
    ('-Infinity', 0.333333, [2.0, 0.5], 1)
    """
    if isinstance(x, complex):
        return [plain(x.real, digits), plain(x.imag, digits)]
    if isinstance(x, int):
        return int(x)
    if x != x or x in (np.inf, -np.inf):
        return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
    return float(f"{x:.{digits}g}")
