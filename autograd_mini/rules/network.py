"""Primitives that networks need as one node: softmax, its logarithm, and the cross-entropy of its result."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives import primitive
from ..registry import rule


@primitive
def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x) / sum(exp(x)) along an axis, without overflow.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@primitive
def log_softmax(x: Any, axis: int = -1) -> Any:
    """Return x - log(sum(exp(x))) along an axis, without overflow.

    Examples
    --------
    >>> log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


@primitive
def softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    """Return the mean of -log(softmax(logits)[label]) over all samples.

    Parameters
    ----------
    logits : floating array of shape (..., k)
    labels : integer array of shape (...), from 0 to k - 1

    Examples
    --------
    >>> softmax_cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([1, 0]))
    np.float64(0.34657359027997264)
    """
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    # Sums and one flat index cost half of np.mean and np.take_along_axis on small arrays.
    flat, k = np.reshape(shifted, (-1,)), shifted.shape[-1]
    chosen = flat[np.reshape(labels, (-1,)) + np.arange(0, flat.size, k)]
    return (np.sum(np.log(np.sum(np.exp(shifted), axis=-1))) - np.sum(chosen)) / labels.size


@primitive
def cross_entropy_slope(logits: Any, labels: Any) -> Any:
    """Return the derivative of `softmax_cross_entropy`: (softmax(logits) - one-hot label) / number of samples.

    Examples
    --------
    >>> cross_entropy_slope(np.array([[0.0, 0.0]]), np.array([1]))
    array([[ 0.5, -0.5]])
    """
    e = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    hot = labels[..., None] == np.arange(logits.shape[-1])
    return (e / np.sum(e, axis=-1, keepdims=True) - hot) * (1 / labels.size)


def softmax_cotangent(g: Any, out: Any, axis: int = -1) -> Any:
    """Return p (g - sum(g p)) for the probabilities p."""
    weighted = g * out
    return weighted - out * np.sum(weighted, axis=axis, keepdims=True)


rule(softmax, x=softmax_cotangent)
rule(log_softmax, x=lambda g, out, axis=-1: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True))
rule(softmax_cross_entropy, logits=lambda g, logits, labels: g * cross_entropy_slope(logits, labels))
rule(cross_entropy_slope,
     logits=lambda g, logits, labels: softmax_cotangent(g, softmax(logits)) * (1 / labels.size))  # fmt: skip
