"""Functions to approximate, and a linear model to find again: samples of them, with noise or without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import DataError, generator, integer, noisy

Sampled = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Function:
    """A function of one variable, to be called with an array.

    Attributes
    ----------
    formula : str
        For titles of plots.
    compute : callable
        Maps an array to one of the same shape, with NumPy functions alone.
    domain : (float, float)
        Where it is sampled.
    continuous : bool
        Networks of continuous activations come near a continuous function everywhere, near a jump they can't.
    """

    formula: str
    compute: Callable[[Any], Any] = field(repr=False)
    domain: tuple[float, float]
    continuous: bool = True

    def __call__(self, x: Any) -> Any:
        return self.compute(x)


def bump(x: Any) -> Any:
    """Return exp(1 - 1 / (1 - x²)) inside (-1, 1) and 0 outside: all its derivatives at ±1 are 0, so it is smooth.

    Examples
    --------
    >>> bump(np.array([0.0, 0.5, 1.0])).round(4)
    array([1.    , 0.7165, 0.    ])
    """
    inside = np.abs(x) < 1
    return np.where(inside, np.exp(1 - 1 / (1 - np.where(inside, x, 0) ** 2)), 0)


FUNCTIONS = {
    "sine": Function("sin(2πx)", lambda x: np.sin(2 * np.pi * x), (-1, 1)),
    "sines": Function(
        "sin(2πx) + sin(6πx)/3 + sin(10πx)/5",
        lambda x: sum(np.sin(2 * np.pi * k * x) / k for k in (1, 3, 5)),
        (-1, 1),
    ),
    "absolute": Function("|x|", np.abs, (-1, 1)),
    "runge": Function("1/(1 + 25x²)", lambda x: 1 / (1 + 25 * x**2), (-1, 1)),
    "bump": Function("exp(1 - 1/(1 - x²)) for |x| < 1, else 0", bump, (-2, 2)),
    "step": Function("1 for x ≥ 0, else 0", lambda x: np.where(x >= 0, 1.0, 0.0), (-1, 1), continuous=False),
}


def curve(name: str, n: int = 100, noise: float = 0.0, seed: int = 0) -> Sampled:
    """Sample a function of one variable: y = f(x) + noise, for x evenly over its domain.

    Parameters
    ----------
    name : str
        One of `FUNCTIONS`: ``"sine"``, ``"sines"``, ``"absolute"``, ``"runge"``, ``"bump"``, or ``"step"``, which
        alone isn't continuous.
    n : int, default 100
        The number of points, at least 2.
    noise : float, default 0
        The standard deviation of what is added to y.
    seed : int, default 0
        Decides the noise.

    Returns
    -------
    inputs, targets : float64 arrays of shape (n, 1)
        A column each, as a network with one input and one output has them.

    Raises
    ------
    DataError
        If the name is unknown, `n` below 2, or `noise` below 0.

    References
    ----------
    C. Runge (1901), Über empirische Funktionen und die Interpolation zwischen äquidistanten Ordinaten.

    Examples
    --------
    >>> inputs, targets = curve("absolute", 5)
    >>> inputs.ravel(), targets.ravel()
    (array([-1. , -0.5,  0. ,  0.5,  1. ]), array([1. , 0.5, 0. , 0.5, 1. ]))
    >>> FUNCTIONS["absolute"](-3.0)
    np.float64(3.0)
    """
    if name not in FUNCTIONS:
        raise DataError(f"unknown function {name!r}", instead=f"one of {', '.join(map(repr, FUNCTIONS))}")
    inputs = np.linspace(*FUNCTIONS[name].domain, integer("n", n, at_least=2))[:, None]
    return inputs, noisy(FUNCTIONS[name](inputs), noise, generator(seed))


def sine_product(n: int = 200, dimensions: int = 2, noise: float = 0.0, seed: int = 0) -> Sampled:
    """Sample a smooth function of several variables: y = sin(πx₁) ⋯ sin(πx_d) + noise, for x at random in [-1, 1]ᵈ.

    Parameters
    ----------
    n : int, default 200
        The number of points.
    dimensions : int, default 2
        The number d of variables. The more there are, the more points it takes to see the hills and
        valleys, 2ᵈ in all.
    noise : float, default 0
        The standard deviation of what is added to y.
    seed : int, default 0
        Decides the points and the noise.

    Returns
    -------
    inputs : float64 array of shape (n, dimensions)
    targets : float64 array of shape (n, 1)

    Raises
    ------
    DataError
        If `n` or `dimensions` is below 1, or `noise` below 0.

    Examples
    --------
    >>> inputs, targets = sine_product(100, dimensions=3)
    >>> inputs.shape, targets.shape
    ((100, 3), (100, 1))
    """
    shape = integer("n", n, at_least=1), integer("dimensions", dimensions, at_least=1)
    rng = generator(seed)
    inputs = rng.uniform(-1, 1, shape)
    return inputs, noisy(np.prod(np.sin(np.pi * inputs), axis=1, keepdims=True), noise, rng)


def linear_regression(
    n: int = 100,
    coefficients: ArrayLike = (2.0, -3.0),
    intercept: ArrayLike = 1.0,
    noise: float = 0.1,
    seed: int = 0,
) -> Sampled:
    """Sample a linear model whose coefficients are known: y = x · coefficients + intercept + noise.

    Parameters
    ----------
    n : int, default 100
        The number of samples.
    coefficients : array_like of shape (k,) or (k, m), default (2, -3)
        What each of the k inputs is multiplied with; a column for each of m targets.
    intercept : float or array_like of shape (m,), default 1
    noise : float, default 0.1
        The standard deviation of what is added to y.
    seed : int, default 0
        Decides the inputs and the noise.

    Returns
    -------
    inputs : float64 array of shape (n, k)
        From a standard normal distribution.
    targets : float64 array of shape (n,), or (n, m) for `coefficients` of shape (k, m)

    Raises
    ------
    DataError
        If `n` is below 1, `noise` below 0, or `coefficients` or `intercept` has another shape.

    Examples
    --------
    >>> inputs, targets = linear_regression(50, [2.0, -3.0], intercept=1.0, noise=0)
    >>> inputs.shape, targets.shape
    ((50, 2), (50,))
    >>> bool(np.isclose(targets[0], 2 * inputs[0, 0] - 3 * inputs[0, 1] + 1))
    True
    """
    factors = np.asarray(coefficients, np.float64)
    if factors.ndim not in (1, 2) or not factors.size:
        raise DataError(
            f"coefficients of shape {factors.shape}",
            "each input has one, or one for each target",
            "an array of shape (k,) or (k, m)",
        )
    if np.shape(intercept) not in ((), factors.shape[1:]):
        raise DataError(
            f"intercept of shape {np.shape(intercept)} with coefficients of shape {factors.shape}",
            instead="a number, or one for each target",
        )
    rng = generator(seed)
    inputs = rng.standard_normal((integer("n", n, at_least=1), len(factors)))
    return inputs, noisy(inputs @ factors + np.asarray(intercept, np.float64), noise, rng)
