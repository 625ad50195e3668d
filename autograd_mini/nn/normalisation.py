"""Layers that bring numbers to mean 0 and variance 1: over the features of each sample, or over a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import Value
from ..errors import InvalidInput, ShapeError
from ..primitives import data_of
from .module import Module, checked_sizes

__all__ = ["BatchNorm", "LayerNorm"]


def moments(x: Any, axes: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Return x minus its mean over axes, the mean and the variance."""
    mean = np.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    return centred, mean, np.mean(np.square(centred), axis=axes, keepdims=True)


def moved(old: Any, new: Any, share: float) -> Any:
    """Return what lies by a share on the way from one array to another, in the dtype of the first."""
    return ((1 - share) * old + share * new).astype(old.dtype)


class LayerNorm(Module):
    """Brings the last axes of each sample to mean 0 and variance 1, then scales and shifts: (x - μ) / √(σ² + ε) w + b.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The last axes.
    eps : float, default 1e-5
    elementwise_affine : bool, default True
        Whether there are w, which starts at 1, and b, which starts at 0.

    Attributes
    ----------
    weight, bias : Value of shape `normalized_shape`, or None

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton (2016), Layer normalization.

    Examples
    --------
    >>> LayerNorm(2)(np.array([[1.0, 3.0]])).data.round(3)
    array([[-1.,  1.]])
    """

    def __init__(
        self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5, elementwise_affine: bool = True
    ) -> None:
        shape = tuple(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else (normalized_shape,)
        checked_sizes(**{f"normalized_shape[{i}]": n for i, n in enumerate(shape)})
        self.normalized_shape, self.eps = shape, eps
        self.weight = Value(np.ones(shape), copy=False) if elementwise_affine else None
        self.bias = Value(np.zeros(shape), copy=False) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        """Return x, normalised over its last axes."""
        n = len(self.normalized_shape)
        if np.shape(x)[-n:] != self.normalized_shape:
            raise ShapeError(
                f"an input of shape {np.shape(x)} for LayerNorm({self.normalized_shape})",
                "it normalises the last axes",
                f"LayerNorm({np.shape(x)[-n:]})",
            )
        centred, _, variance = moments(x, tuple(range(-n, 0)))
        y = centred / np.sqrt(variance + self.eps)
        return y if self.weight is None else y * self.weight + self.bias

    def __repr__(self) -> str:
        return f"LayerNorm({self.normalized_shape})"


class BatchNorm(Module):
    """Brings each channel to mean 0 and variance 1, then scales and shifts it: (x - μ) / √(σ² + ε) w + b.

    In training μ and σ² are those of the batch, and running means of both are kept; in evaluation the running ones are
    used. The channels stand along axis 1, so it serves features (n, c), signals (n, c, length) and images.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float, default 1e-5
    momentum : float or None, default 0.1
        How far a running mean moves to the new number at each batch; None for the mean of all batches so far.
    affine : bool, default True
        Whether there are w, which starts at 1, and b, which starts at 0.

    Attributes
    ----------
    weight, bias : Value of shape (num_features,), or None
    running_mean, running_var : array of shape (num_features,)
        The variance is the unbiased one, as in PyTorch.
    num_batches_tracked : int64 array of shape ()

    Raises
    ------
    InvalidInput
        If `num_features` is no integer of at least 1; at a call in training, if there is one number for each channel.
    ShapeError
        At the call, if axis 1 isn't `num_features` long.

    References
    ----------
    S. Ioffe and C. Szegedy (2015), Batch normalization.

    Examples
    --------
    >>> layer = BatchNorm(1)
    >>> layer(np.array([[1.0], [3.0]])).data.round(3).ravel()
    array([-1.,  1.])
    >>> layer.running_mean
    array([0.2])
    """

    buffers = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True) -> None:
        checked_sizes(num_features=num_features)
        if momentum is not None and not 0 <= momentum <= 1:
            raise InvalidInput(
                f"momentum={momentum!r}", "it is how far a running mean moves", "a number from 0 to 1, or None"
            )
        self.num_features = num_features
        self.eps, self.momentum = eps, momentum
        self.weight = Value(np.ones(num_features), copy=False) if affine else None
        self.bias = Value(np.zeros(num_features), copy=False) if affine else None
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)
        self.num_batches_tracked = np.array(0)

    def forward(self, x: Any) -> Any:
        """Return x, each channel normalised."""
        shape, channels = np.shape(x), self.num_features
        if len(shape) < 2 or shape[1] != channels:
            raise ShapeError(
                f"an input of shape {shape} for {self!r}",
                f"its axis 1 must be the {channels} channels",
                f"BatchNorm({shape[1]})" if len(shape) > 1 else "an array of shape (samples, channels, ...)",
            )
        wide = (1, channels) + (1,) * (len(shape) - 2)
        if self.training:
            centred, mean, variance = moments(x, (0, *range(2, len(shape))))
            self.track(data_of(mean), data_of(variance), int(np.prod(shape)) // channels)
        else:
            centred = x - self.running_mean.reshape(wide)
            variance = self.running_var.reshape(wide)
        y = centred / np.sqrt(variance + self.eps)
        return (
            y if self.weight is None or self.bias is None else y * self.weight.reshape(wide) + self.bias.reshape(wide)
        )

    def track(self, mean: Any, variance: Any, n: int) -> None:
        """Move the running moments to those of a batch with n numbers for each channel."""
        if n < 2:
            raise InvalidInput(
                f"BatchNorm of {n} numbers for each channel in training",
                "a variance needs several",
                "larger batches, Loader(..., drop_last=True) if it is the last one, or eval() if this isn't training",
            )
        self.num_batches_tracked = self.num_batches_tracked + 1
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        unbiased = n / (n - 1) * np.reshape(variance, -1)
        self.running_mean = moved(self.running_mean, np.reshape(mean, -1), share)
        self.running_var = moved(self.running_var, unbiased, share)

    def __repr__(self) -> str:
        return f"BatchNorm({self.num_features}{', affine=False' if self.weight is None else ''})"
