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

OTHER = "other numbers than NumPy's"
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
    return all(np.shape(y) == np.shape(w) and np.allclose(y, w, 1e-8, 1e-8, equal_nan=True) for y, w in pairs)


def evaluated(case: Case, inputs: list[Any]) -> list[Any] | None:
    """Return the Dask arrays that the function itself gives, without a gradient; None if Dask doesn't have it."""
    if case.function in COMPOSED or hasattr(case.function, "on_raw"):
        inputs = [am.Value(x) for x in inputs]  # the engine makes it of other functions
    try:
        found = [y.data if isinstance(y, am.Value) else y for y in case(*inputs)]
        dask.compute(*found)
    except Exception:
        return None
    known = all(isinstance(y, da.Array) and not np.any(np.isnan(y.shape)) for y in found)
    return found if known else None


def pulled(case: Case, inputs: list[Any], us: list[Any], ws: list[Any]) -> list[Any]:
    """Return a case's cotangents for `us`, and the cotangents of these for `ws`."""
    first = list(am.vjp(case, *inputs)[1](us))
    return first + list(am.vjp(lambda *xs: list(am.vjp(case, *xs)[1](us)), *inputs)[1](ws))


def outcome(case: Case, splits: int) -> str:
    """Return what a case does with Dask arrays, at order 1 and 2: "works", "no function", `OTHER`, or what is wrong."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), dask.config.set(scheduler="synchronous"):
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", CONVERTED, FutureWarning)
        inputs = [in_dask(x, splits) for x in case.inputs]
        values = evaluated(case, inputs)
        if values is None:
            return "no function"
        if not agree(values, case(*case.inputs)):
            return OTHER
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
    none of the calls; "rule not in Dask", if it lacks what a rule calls; "differs in Dask", if all have other numbers
    than NumPy's, and "..., some calls differ" if some have; nothing if there is no suitable call.
    """
    cases = [case for case in cases if suits(case)]
    whole = [outcome(case, 1) for case in cases]
    chunked = [outcome(case, 2) for case in cases]
    differ = [OTHER in pair for pair in zip(whole, chunked, strict=True)]
    known = [i for i, found in enumerate(whole) if found != "no function" and not differ[i]]
    if not known:
        return "differs in Dask" if any(differ) else "not in Dask" if cases else ""
    if any(whole[i] != "works" for i in known):
        made = "rule not in Dask"
    else:
        split = all(chunked[i] == "works" or outcome(cases[i], 0) == "works" for i in known)
        made = "works" if split else "needs one chunk"
    return f"{made}, some calls differ" if any(differ) else made
