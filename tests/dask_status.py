"""What becomes of a Dask array in each function: tried on the sample calls of `cases.py`, in several chunks and in one.

Imported only by who asks for it: Dask takes a while to load.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import dask
import dask.array as da
import numpy as np
from case import Case, like

import autograd_mini as am
from autograd_mini.registry import COMPOSED

CONVERTED = r"The `.*` function is not implemented by Dask array"  # Dask's warning that it goes on with NumPy


def in_dask(x: Any, splits: int) -> Any:
    """Return a Dask array of the same numbers, each axis in that many parts: uneven ones, or single elements for 0."""
    x = np.asarray(x)
    return da.from_array(x, chunks=tuple(-(-n // splits) if splits else 1 for n in x.shape))


def suits(case: Case) -> bool:
    """Whether a case has real arrays to differentiate, with axes, and elements before and after."""
    xs = case.inputs
    real = all(x.dtype.kind == "f" and x.size for x in xs) and any(x.ndim for x in xs)
    return real and all(y.size for y in case(*xs))


def agree(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether Dask arrays, whose shapes are known, hold the numbers that they should."""
    if not all(isinstance(y, da.Array) and y.shape == np.shape(w) for y, w in zip(found, wanted, strict=True)):
        return False
    pairs = zip(dask.compute(*found), wanted, strict=True)
    return all(np.allclose(y, w, 1e-8, 1e-8, equal_nan=True) for y, w in pairs)


def evaluates(case: Case, inputs: list[Any]) -> bool:
    """Whether the function itself, without a gradient, gives Dask arrays with the same numbers as NumPy."""
    if case.function in COMPOSED or hasattr(case.function, "on_raw"):
        inputs = [am.Value(x) for x in inputs]  # the engine makes it of other functions
    try:
        return agree([y.data if isinstance(y, am.Value) else y for y in case(*inputs)], case(*case.inputs))
    except Exception:
        return False


def pulled(case: Case, inputs: list[Any], us: list[Any], ws: list[Any]) -> list[Any]:
    """Return a case's cotangents for `us`, and the cotangents of these for `ws`."""
    first = list(am.vjp(case, *inputs)[1](us))
    return first + list(am.vjp(lambda *xs: list(am.vjp(case, *xs)[1](us)), *inputs)[1](ws))


def outcome(case: Case, splits: int) -> str:
    """Return what a case does with Dask arrays, at first and second order: "works", "no function", or what is wrong."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), dask.config.set(scheduler="synchronous"):
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", CONVERTED, FutureWarning)
        inputs = [in_dask(x, splits) for x in case.inputs]
        if not evaluates(case, inputs):
            return "no function"
        us, ws = list(like(case(*case.inputs), 100)), list(like(case.inputs, 200))
        wanted = pulled(case, case.inputs, us, ws)
        try:
            found = pulled(case, inputs, [in_dask(u, splits) for u in us], [in_dask(w, splits) for w in ws])
            return "works" if agree(found, wanted) else f"gave {found}, not {wanted}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def status(cases: Sequence[Case]) -> str:
    """Return what is true of all sample calls of one function that Dask can evaluate.

    "works", with each axis in several chunks; "needs one chunk", if one of the calls does; "not in Dask", if Dask has
    none of the calls; "rule not in Dask", if it lacks what a rule calls; nothing if there is no suitable call.
    """
    cases = [case for case in cases if suits(case)]
    whole = [outcome(case, 1) for case in cases]
    known = [(case, found) for case, found in zip(cases, whole, strict=True) if found != "no function"]
    if not known:
        return "not in Dask" if cases else ""
    if any(found != "works" for _, found in known):
        return "rule not in Dask"
    split = all(any(outcome(case, splits) == "works" for splits in (2, 0)) for case, _ in known)
    return "works" if split else "needs one chunk"
