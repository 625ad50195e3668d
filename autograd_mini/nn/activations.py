"""Activations: functions that a layer applies to each number, or along an axis."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..errors import InvalidInput
from ..primitives import relu, sigmoid
from ..rules.network import log_softmax, softmax

__all__ = [
    "elu", "gelu", "leaky_relu", "log_softmax", "relu", "sigmoid", "silu", "softmax", "softplus", "tanh", "threshold",
]  # fmt: skip

tanh = np.tanh


def threshold(x: Any) -> Any:
    """Return 1 where x > 0 and 0 elsewhere: the activation of the first perceptrons.

    Its derivative is 0 wherever it exists, so nothing is learned through it: a gradient that is zero for this reason
    comes with a `ZeroGradientWarning`.

    Parameters
    ----------
    x : array_like or Value

    References
    ----------
    F. Rosenblatt (1958), The perceptron.

    Examples
    --------
    >>> threshold(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 1.])
    """
    return np.heaviside(x, 0.0)


def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """Return x where x > 0 and `negative_slope` x elsewhere, with that slope at 0.

    Parameters
    ----------
    x : array_like or Value
    negative_slope : float, default 0.01

    References
    ----------
    A. L. Maas, A. Y. Hannun and A. Y. Ng (2013), Rectifier nonlinearities improve neural network acoustic models.

    Examples
    --------
    >>> leaky_relu(np.array([-1.0, 2.0]))
    array([-0.01,  2.  ])
    """
    return np.where(np.greater(x, 0), x, np.multiply(negative_slope, x))


def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where x > 0 and α (exp(x) - 1) elsewhere, with slope α at 0.

    Parameters
    ----------
    x : array_like or Value
    alpha : float, default 1.0

    References
    ----------
    D.-A. Clevert, T. Unterthiner and S. Hochreiter (2016), Fast and accurate deep network learning by exponential
    linear units.

    Examples
    --------
    >>> elu(np.array([-1000.0, 2.0]))
    array([-1.,  2.])
    """
    positive = np.greater(x, 0)
    return np.where(positive, x, alpha * np.expm1(np.where(positive, 0, x)))


def gelu(x: Any, approximate: Literal["none", "tanh"] = "none") -> Any:
    """Return x Φ(x), with the distribution function Φ of the normal distribution.

    Parameters
    ----------
    x : array_like or Value
    approximate : {"none", "tanh"}, default "none"
        ``"none"`` computes Φ by the error function, which needs SciPy; ``"tanh"`` approximates it by
        (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Raises
    ------
    InvalidInput
        If `approximate` is neither.
    ImportError
        If SciPy isn't installed and is needed.

    References
    ----------
    D. Hendrycks and K. Gimpel (2016), Gaussian error linear units.

    Examples
    --------
    >>> gelu(np.array([-1.0, 0.0, 1.0]), approximate="tanh").round(3)
    array([-0.159,  0.   ,  0.841])
    """
    if approximate not in ("none", "tanh"):
        raise InvalidInput(f"approximate={approximate!r}", instead='"none" for the error function, or "tanh"')
    x = as_array(x)
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * np.power(x, 3))))
    from ..scipy import special

    return 0.5 * x * (1 + special.erf(np.divide(x, 2**0.5)))


def silu(x: Any) -> Any:
    """Return x sigmoid(x), also called swish.

    Parameters
    ----------
    x : array_like or Value

    References
    ----------
    D. Hendrycks and K. Gimpel (2016), Gaussian error linear units; S. Elfwing, E. Uchibe and K. Doya (2018),
    Sigmoid-weighted linear units for neural network function approximation in reinforcement learning.

    Examples
    --------
    >>> silu(np.array([0.0, 1000.0]))
    array([   0., 1000.])
    """
    x = as_array(x)
    return x * sigmoid(x)


def softplus(x: Any, beta: float = 1.0) -> Any:
    """Return log(1 + exp(β x)) / β, without overflow: a smooth relu.

    Parameters
    ----------
    x : array_like or Value
    beta : float, default 1.0
        The larger it is, the nearer to relu.

    References
    ----------
    C. Dugas et al. (2001), Incorporating second-order functional knowledge for better option pricing.

    Examples
    --------
    >>> softplus(np.array([0.0, 1000.0]))
    array([6.93147181e-01, 1.00000000e+03])
    """
    if not beta > 0:
        raise InvalidInput(f"beta={beta!r}", "what is sharpened by it is divided by it", "a number above 0")
    return np.logaddexp(0, np.multiply(beta, x)) / beta


def as_array(x: Any) -> Any:
    """Return lists of numbers as an array, and anything else as it is."""
    return np.asarray(x) if isinstance(x, (list, tuple)) else x
