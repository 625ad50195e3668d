"""Primitives that networks need as one node: the windows of a convolution or a pooling and their adjoint, softmax, its
logarithm, and the cross-entropy of its result.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from ..primitives import primitive
from ..registry import rule

Sizes = tuple[int, ...]


def cuts(shape: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> list[tuple[slice, ...]]:
    """Return for each place in a kernel the slices of what lies under it, wherever the kernel is.

    Examples
    --------
    >>> cuts((5,), (2,), (2,), (1,))
    [(slice(0, 3, 2),), (slice(1, 4, 2),)]
    """
    along = [
        [slice(d * i, d * i + (n - d * (k - 1) - 1) // s * s + 1, s) for i in range(k)]
        for n, k, s, d in zip(shape, kernel, stride, dilation, strict=True)
    ]
    return list(product(*along))


@primitive
def windows(x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Return what a kernel sees at each of its places, along the last axes of an array.

    Parameters
    ----------
    x : array of shape (a, ..., *space)
    kernel, stride, dilation : tuples of int, one for each axis of space
        The kernel's size, how far it moves, and how far apart the elements under it lie. It fits into the space.

    Returns
    -------
    array of shape (a, k, ..., *places)
        For the k elements of the kernel, in order, those of `x` under them. Along an axis of n elements there are
        (n - dilation (kernel - 1) - 1) // stride + 1 places.

    Examples
    --------
    >>> windows(np.arange(5.0)[None], (2,), (1,), (1,))
    array([[[0., 1., 2., 3.],
            [1., 2., 3., 4.]]])
    """
    return np.stack([x[..., *cut] for cut in cuts(x.shape[-len(kernel) :], kernel, stride, dilation)], axis=1)


@primitive
def overlap_add(g: Any, space: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Return the sum of windows, each where it lies in a space: the adjoint of `windows`.

    Examples
    --------
    >>> overlap_add(np.ones((1, 2, 4)), (5,), (2,), (1,), (1,))
    array([[1., 2., 2., 2., 1.]])
    """
    out: Any = np.zeros_like(g, shape=(g.shape[0], *g.shape[2 : g.ndim - len(kernel)], *space))
    for i, cut in enumerate(cuts(space, kernel, stride, dilation)):
        out[..., *cut] += g[:, i]
    return out


def windows_cotangent(g: Any, x_shape: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Return each cotangent to the element that it is of."""
    return overlap_add(g, x_shape[len(x_shape) - len(kernel) :], kernel, stride, dilation)


rule(windows, x=windows_cotangent)
rule(overlap_add, g=lambda g, kernel, stride, dilation: windows(g, kernel, stride, dilation))


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
