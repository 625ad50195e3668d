"""A strict array: it speaks NumPy's two protocols and nothing else, as an array on another machine would.

Whatever converts it to a NumPy array behind its back fails here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Duck(NDArrayOperatorsMixin):
    """Wraps an array; every result of NumPy's functions is wrapped again, scalars too."""

    def __init__(self, raw: Any) -> None:
        self.raw = np.asarray(raw)

    shape = property(lambda self: self.raw.shape)
    dtype = property(lambda self: self.raw.dtype)
    ndim = property(lambda self: self.raw.ndim)
    size = property(lambda self: self.raw.size)
    T = property(lambda self: Duck(self.raw.T))
    real = property(lambda self: Duck(self.raw.real))
    imag = property(lambda self: Duck(self.raw.imag))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a duck isn't converted")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method not in ("__call__", "at"):
            return NotImplemented
        return wrap(getattr(ufunc, method)(*unwrap(inputs), **unwrap(kwargs)))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return wrap(function(*unwrap(args), **unwrap(kwargs)))

    def astype(self, dtype: Any) -> Duck:
        return Duck(self.raw.astype(dtype))

    def copy(self) -> Duck:
        return Duck(self.raw.copy())

    def __getitem__(self, index: Any) -> Duck:
        return Duck(self.raw[unwrap(index)])

    def __setitem__(self, index: Any, new: Any) -> None:
        self.raw[unwrap(index)] = unwrap(new)

    def __len__(self) -> int:
        return len(self.raw)

    def __bool__(self) -> bool:
        return bool(self.raw)


def wrap(x: Any) -> Any:
    """Return arrays and NumPy scalars as ducks, also in lists and tuples."""
    if isinstance(x, (list, tuple)):
        parts = [wrap(part) for part in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return Duck(x) if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "biufc" else x


def unwrap(x: Any) -> Any:
    """Return ducks as the arrays that they wrap, also in containers."""
    if isinstance(x, dict):
        return {key: unwrap(part) for key, part in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)(unwrap(part) for part in x)
    return x.raw if isinstance(x, Duck) else x
