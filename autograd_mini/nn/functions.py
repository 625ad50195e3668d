"""Activations and losses. The losses refuse shapes that would broadcast by mistake."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InvalidInput, ShapeError
from ..primitives import relu, sigmoid
from ..rules import network

__all__ = ["mean_squared_error", "relu", "sigmoid", "softmax_cross_entropy", "tanh", "threshold"]

tanh = np.tanh


def threshold(x: Any) -> Any:
    """Return 1 where x > 0 and 0 elsewhere: the activation of the first perceptrons.

    Its derivative is 0 wherever it exists, so nothing is learned through it: a gradient that is zero for this reason
    comes with a `ZeroGradientWarning`.

    Parameters
    ----------
    x : array_like or Value

    Examples
    --------
    >>> threshold(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 1.])
    """
    return np.heaviside(x, 0.0)


def mean_squared_error(predicted: Any, target: Any) -> Any:
    """Return mean((predicted - target)²) over all elements.

    Parameters
    ----------
    predicted, target : array_like or Value, of one shape

    Returns
    -------
    Value or NumPy scalar
        A single number.

    Raises
    ------
    ShapeError
        If the shapes differ, also where NumPy would broadcast them.

    Examples
    --------
    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(2.0)
    """
    mine, theirs = np.shape(predicted), np.shape(target)
    if mine != theirs:
        alike = int(np.prod(mine)) == int(np.prod(theirs))
        raise ShapeError(
            f"mean_squared_error of predictions of shape {mine} and targets of shape {theirs}",
            "each prediction is compared with its own target; broadcasting would compare it with others too",
            f"target.reshape{mine}" if alike else f"targets of shape {mine}",
        )
    return np.mean(np.square(np.subtract(predicted, target)))


def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """Return the mean of -log(softmax(logits)[label]) over the samples, as one node and without overflow.

    Parameters
    ----------
    logits : floating array_like or Value of shape (n, k), or (k,) for a single sample
        The scores of k classes, before the softmax.
    labels : integer array_like of shape (n,), or () for a single sample
        The right class of each sample, from 0 to k - 1.

    Returns
    -------
    Value or NumPy scalar
        A single number.

    Raises
    ------
    ShapeError
        If there isn't one label for each row of the logits.
    InvalidInput
        If labels aren't integers from 0 to k - 1.

    Examples
    --------
    >>> softmax_cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([1, 0]))
    np.float64(0.34657359027997264)
    """
    labels = labels if hasattr(labels, "dtype") else np.asarray(labels)
    shape = np.shape(logits)
    if labels.shape != shape[:-1] or not shape:
        one_hot = labels.shape == shape and shape
        raise ShapeError(
            f"softmax_cross_entropy of logits of shape {shape} and labels of shape {labels.shape}",
            "each row of logits has one label, the number of its class",
            "np.argmax(labels, axis=-1) for one-hot rows" if one_hot else f"labels of shape {shape[:-1]}",
        )
    if labels.dtype.kind not in "iu":
        raise InvalidInput(
            f"softmax_cross_entropy of labels of dtype {labels.dtype}",
            "a label is the number of a class",
            "labels.astype(int), if they are whole numbers",
        )
    if labels.size and (labels.min() < 0 or labels.max() >= shape[-1]):
        raise InvalidInput(
            f"softmax_cross_entropy of labels from {labels.min()} to {labels.max()} with {shape[-1]} classes",
            "a label is the position of a class in a row of logits",
            f"labels from 0 to {shape[-1] - 1}, or logits of shape {(*shape[:-1], int(labels.max()) + 1)}",
        )
    return network.softmax_cross_entropy(logits, labels)
