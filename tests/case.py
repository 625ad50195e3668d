"""A sample call of a function that has a rule, and the numbers that samples are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_mini as am


@dataclass(frozen=True)
class Case:
    """A sample call.

    Attributes
    ----------
    function : callable
        The function whose rule the case tests.
    args, kwargs
        What to call it with. Lists of arrays are allowed, at the top level of an argument.
    wrt : tuple of int or str
        The arguments to differentiate, by position or keyword. Each array of a list counts as an input of its own.
    real_only : bool
        Whether NumPy has the function for real numbers only (the tests hold that against NumPy).
    via : callable, optional
        Called instead of the function, with the same arguments: a function around it that makes a unique result of
        one that is not (the sign of an eigenvector), or a valid input (a symmetric matrix).
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[int | str, ...] = (0,)
    real_only: bool = False
    via: Callable[..., Any] | None = None

    @property
    def inputs(self) -> list[Any]:
        """The arrays to differentiate."""
        chosen = [self.args[key] if isinstance(key, int) else self.kwargs[key] for key in self.wrt]
        return [x for arg in chosen for x in (arg if isinstance(arg, (list, tuple)) else [arg])]

    def __call__(self, *inputs: Any) -> list[Any]:
        """Call the function with other inputs; return its floating results as a list."""
        args, kwargs, new = list(self.args), dict(self.kwargs), iter(inputs)
        for key in self.wrt:
            place: Any = args if isinstance(key, int) else kwargs
            old = place[key]
            place[key] = type(old)([next(new) for _ in old]) if isinstance(old, (list, tuple)) else next(new)
        result = (self.via or self.function)(*args, **kwargs)
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        return [part for part in results if part.dtype.kind in "fc"]

    def __str__(self) -> str:
        name = f"{getattr(self.function, '__module__', None) or 'numpy'}.{self.function.__name__}"
        name = name.replace("numpy.", "", 1) if name.startswith("numpy.") else name.rpartition(".")[2]
        shown = [short(x) for x in self.args] + [f"{key}={short(x)}" for key, x in self.kwargs.items()]
        return f"{name}({','.join(shown)}){' via' if self.via else ''}"


def short(x: Any) -> str:
    """Return an argument as a test's name shows it."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        return "x".join(map(str, x.shape)) or "0d"
    if isinstance(x, (list, tuple)) and any(isinstance(item, np.ndarray) for item in x):
        return f"[{' '.join(map(short, x[:4]))}]"
    if callable(x):  # as text it would have its place in memory, and another name in each process
        return str(getattr(x, "__name__", type(x).__name__))
    return str(x).replace(" ", "").replace("\n", "")[:30]


def uniform(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> Any:
    """Return random numbers that depend on shape and seed alone; a NumPy scalar for no shape."""
    drawn = np.random.default_rng([seed, *shape]).uniform(low, high, shape)
    return drawn if shape else np.float64(drawn)


def distinct(*shape: int, seed: int = 0) -> Any:
    """Return shuffled numbers between -1 and 1 that keep their distance, from each other and from 0."""
    n = int(np.prod(shape))
    spaced = (np.arange(n) + 0.75) / max(n, 1) * 2 - 1
    return np.random.default_rng([seed, *shape]).permutation(spaced).reshape(shape)


def split_complex(x: Any, seed: int = 0) -> Any:
    """Return complex numbers with the given real parts."""
    x = np.asarray(x)
    return (x + 1j * np.random.default_rng([seed, x.size]).uniform(-1, 1, x.shape))[()]


def like(xs: Sequence[Any], seed: int) -> Iterator[Any]:
    """Iterate over random arrays of the shapes and dtypes of others."""
    for i, x in enumerate(xs):
        drawn = uniform(*x.shape, seed=seed + i)
        yield (split_complex(drawn, seed + i) if x.dtype.kind == "c" else drawn).astype(x.dtype)


def reached(function: Callable[..., Any], at: int = 0) -> Callable[..., Any]:
    """Return a function that hands another a constant Value at a position if some argument is a Value.

    Of the arguments of some functions NumPy looks at this one alone to see whom to call.
    """

    def one(x: Any) -> Any:
        return list(map(one, x)) if isinstance(x, list) else x if isinstance(x, am.Value) else am.Value(x).detach()

    def call(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, am.Value) for x in (*args, *kwargs.values())):
            args = (*args[:at], one(args[at]), *args[at + 1 :])
        return function(*args, **kwargs)

    return call
