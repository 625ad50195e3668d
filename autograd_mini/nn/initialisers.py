"""Initialisers: random weights whose size keeps signals, or gradients, of one size from layer to layer.

Each takes the shape of a weight as layers have it, (outputs, inputs, *kernel), and a generator or a seed. The fan-in
is how many numbers go into one output, the fan-out how many outputs one number goes to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..engine import Value
from ..errors import ShapeError

Seed = np.random.Generator | int | None
Array = np.ndarray

__all__ = ["he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "orthogonal", "xavier_normal", "xavier_uniform"]


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return fan-in and fan-out of a weight of a shape.

    Raises
    ------
    ShapeError
        If it has fewer than two axes, or no elements.

    Examples
    --------
    >>> fans((8, 3, 5, 5))
    (75, 200)
    """
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(
            f"a weight of shape {tuple(shape)}",
            "its first axis are the outputs, its second one the inputs",
            "np.zeros(shape) for a bias",
        )
    outputs, inputs, *kernel = shape
    return inputs * math.prod(kernel), outputs * math.prod(kernel)


def uniform(shape: Sequence[int], variance: float, rng: Seed) -> Array:
    """Return numbers drawn uniformly around 0, of a variance."""
    bound = math.sqrt(3 * variance)
    return np.random.default_rng(rng).uniform(-bound, bound, shape)


def normal(shape: Sequence[int], variance: float, rng: Seed) -> Array:
    """Return numbers drawn normally around 0, of a variance."""
    return np.random.default_rng(rng).normal(0, math.sqrt(variance), shape)


def torch_uniform(shape: Sequence[int], bias: bool, rng: Seed) -> tuple[Value, Value | None]:
    """Draw a layer's weight and bias as PyTorch does by default: uniformly from ±1/√fan-in."""
    generator, bound = np.random.default_rng(rng), 1 / math.sqrt(fans(shape)[0])
    weight, offset = generator.uniform(-bound, bound, shape), generator.uniform(-bound, bound, shape[0])
    return Value(weight, copy=False), Value(offset, copy=False) if bias else None


def xavier_uniform(shape: Sequence[int], gain: float = 1.0, rng: Seed = None) -> Array:
    """Draw uniformly with variance gain² · 2 / (fan-in + fan-out): for tanh and sigmoid.

    References
    ----------
    X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.

    Examples
    --------
    >>> bool(np.abs(xavier_uniform((2, 4), rng=0)).max() <= 1)
    True
    """
    return uniform(shape, 2 * gain**2 / sum(fans(shape)), rng)


def xavier_normal(shape: Sequence[int], gain: float = 1.0, rng: Seed = None) -> Array:
    """Draw normally with variance gain² · 2 / (fan-in + fan-out): as `xavier_uniform`.

    Examples
    --------
    >>> xavier_normal((2, 4), rng=0).shape
    (2, 4)
    """
    return normal(shape, 2 * gain**2 / sum(fans(shape)), rng)


def he_uniform(shape: Sequence[int], negative_slope: float = 0.0, rng: Seed = None) -> Array:
    """Draw uniformly with variance 2 / ((1 + a²) fan-in), for relu, or leaky relu of the slope a.

    References
    ----------
    K. He et al. (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> he_uniform((2, 4), rng=0).shape
    (2, 4)
    """
    return uniform(shape, 2 / ((1 + negative_slope**2) * fans(shape)[0]), rng)


def he_normal(shape: Sequence[int], negative_slope: float = 0.0, rng: Seed = None) -> Array:
    """Draw normally with variance 2 / ((1 + a²) fan-in): as `he_uniform`.

    Examples
    --------
    >>> he_normal((2, 4), rng=0).shape
    (2, 4)
    """
    return normal(shape, 2 / ((1 + negative_slope**2) * fans(shape)[0]), rng)


def lecun_uniform(shape: Sequence[int], rng: Seed = None) -> Array:
    """Draw uniformly with variance 1 / fan-in.

    References
    ----------
    Y. LeCun, L. Bottou, G. B. Orr and K.-R. Müller (1998), Efficient backprop.

    Examples
    --------
    >>> lecun_uniform((2, 4), rng=0).shape
    (2, 4)
    """
    return uniform(shape, 1 / fans(shape)[0], rng)


def lecun_normal(shape: Sequence[int], rng: Seed = None) -> Array:
    """Draw normally with variance 1 / fan-in: as `lecun_uniform`.

    Examples
    --------
    >>> lecun_normal((2, 4), rng=0).shape
    (2, 4)
    """
    return normal(shape, 1 / fans(shape)[0], rng)


def orthogonal(shape: Sequence[int], gain: float = 1.0, rng: Seed = None) -> Array:
    """Draw a matrix with orthonormal rows or columns, whichever are fewer, times a gain; a kernel counts as inputs.

    It is the Q of a QR decomposition of normal numbers, with the signs that make it uniformly distributed.

    References
    ----------
    A. M. Saxe, J. L. McClelland and S. Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks; F. Mezzadri (2007), How to generate random matrices from the classical compact groups.

    Examples
    --------
    >>> w = orthogonal((2, 4), rng=0)
    >>> (w @ w.T).round(12) + 0
    array([[1., 0.],
           [0., 1.]])
    """
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    drawn = np.random.default_rng(rng).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = gain * q * np.sign(np.diagonal(r))
    return np.reshape(q if rows >= columns else q.T, shape)
