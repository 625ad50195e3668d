"""SciPy's functions for Values: `from autograd_mini.scipy import linalg`, then `linalg.expm(v)`.

The ufuncs of `scipy.special` take Values by themselves. SciPy's other functions make NumPy arrays of their arguments
first; their namesakes here are recorded as one node when called with a Value, and are SciPy's own on raw arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import InvalidInput, MissingPackage
from ..graph import own_module
from ..primitives import primitive

MODULES = ("fft", "integrate", "linalg", "signal", "special")
# Functions that hand their arguments over to a ufunc as they are.
DIRECT = {"special": {"lambertw", "softplus", "zeta"}}
own_module(globals())


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES})


def mirror(topic: str, namespace: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of a module that has the public names of one of SciPy's.

    Functions are primitives, made on first use; classes, ufuncs and what is no function are SciPy's own.
    """

    def get(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        found = getattr(original(topic), name)
        takes_values = isinstance(found, (type, np.ufunc)) or name in DIRECT.get(topic, ())
        if callable(found) and not takes_values:
            own = getattr(found, "__name__", name)
            alias = own != name and getattr(original(topic), own, None) is found
            found = namespace.get(own) or get(own) if alias else primitive(on_numpy_arrays(found))
        namespace[name] = found
        return found

    return get, lambda: dir(original(topic))


def original(topic: str) -> Any:
    """Return the module of SciPy.

    Raises
    ------
    MissingPackage
        If SciPy isn't installed.
    """
    try:
        return import_module(f"scipy.{topic}")
    except ImportError as missing:
        raise MissingPackage(
            f"autograd_mini.scipy.{topic} needs the package SciPy",
            "its functions are SciPy's",
            'pip install "autograd_mini[scipy]"',
        ) from missing


def on_numpy_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that refuses arrays of other kinds, which SciPy would convert in silence."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for x in (*args, *kwargs.values()):
            if hasattr(x, "__array_function__") and not isinstance(x, np.ndarray):
                raise InvalidInput(
                    f"scipy's {function.__name__} got an array of type {type(x).__name__}",
                    "SciPy works on NumPy arrays, and would make one of it",
                    "np.asarray of the data first",
                )
        return function(*args, **kwargs)

    return call
