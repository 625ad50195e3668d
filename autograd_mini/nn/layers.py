"""Layers: affine maps, dropout, embedding, and what puts layers together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine import Value
from ..errors import InvalidInput, ShapeError
from .initialisers import Seed, torch_uniform
from .module import Module, checked_sizes

Layer = Callable[[Any], Any]

__all__ = ["Dropout", "Embedding", "Flatten", "Linear", "Residual", "Sequential"]


def checked_layer(name: str, layer: Any) -> Any:
    """Return a layer, if it is one."""
    if not callable(layer):
        raise InvalidInput(
            f"{name} is {layer!r}", "each layer is applied to the result of the one before", "a function"
        )
    return layer


def named(layer: Layer) -> str:
    """Return a layer as reprs show it."""
    return repr(layer) if isinstance(layer, Module) else getattr(layer, "__name__", repr(layer))


class Linear(Module):
    """The affine map x Wᵀ + b.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool, default True
        Whether there is a b.
    init : callable, optional
        An initialiser such as `xavier_uniform` (for tanh and sigmoid) or `he_uniform` (for relu), which is called with
        the shape of W and ``rng=``; b starts at 0 then. By default both are drawn uniformly from ±1/√in_features, as
        PyTorch does.
    rng : numpy.random.Generator or int, optional
        What is drawn with. An int is a seed: give layers different ones, or all the same generator.

    Attributes
    ----------
    weight : Value of shape (out_features, in_features)
    bias : Value of shape (out_features,), or None

    Raises
    ------
    InvalidInput
        If a number of features is no integer above 0, or `init` can't be called.

    Examples
    --------
    >>> layer = Linear(3, 2, rng=0)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        init: Callable[..., Any] | None = None,
        rng: Seed = None,
    ) -> None:
        checked_sizes(in_features=in_features, out_features=out_features)
        if init is not None and not callable(init):
            raise InvalidInput(f"init={init!r}", "it draws a weight of a shape", "nn.xavier_uniform or nn.he_uniform")
        self.in_features, self.out_features = in_features, out_features
        shape = (out_features, in_features)
        if init is None:
            self.weight, self.bias = torch_uniform(shape, bias, rng)
        else:
            self.weight = Value(init(shape, rng=np.random.default_rng(rng)), copy=False)
            self.bias = Value(np.zeros(out_features), copy=False) if bias else None

    def forward(self, x: Any) -> Any:
        """Return x Wᵀ + b.

        Parameters
        ----------
        x : array_like or Value of shape (..., in_features)

        Raises
        ------
        ShapeError
            If the last axis of x isn't in_features long.
        """
        n_out, n_in = self.weight.shape
        shape = np.shape(x)
        if shape[-1:] != (n_in,):
            raise ShapeError(
                f"an input of shape {shape} for a Linear layer from {n_in} to {n_out} features",
                f"its last axis must be the {n_in} features; samples stand along the axes before it",
                "x.T" if len(shape) == 2 and shape[0] == n_in else f"Linear({shape[-1] if shape else 1}, {n_out})",
            )
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias

    def __repr__(self) -> str:
        n_out, n_in = self.weight.shape
        return f"Linear({n_in}, {n_out}{', bias=False' if self.bias is None else ''})"


class Sequential(Module):
    """Layers applied one after the other: modules, or any functions of an array. Each is an attribute by its number.

    Examples
    --------
    >>> net = Sequential(Linear(2, 4, rng=0), np.tanh, Linear(4, 1, rng=1))
    >>> net(np.ones((5, 2))).shape
    (5, 1)
    >>> [name for name, _ in net.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *layers: Layer) -> None:
        for i, layer in enumerate(layers):
            setattr(self, str(i), checked_layer(f"layer {i}", layer))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in their order."""
        return tuple(layer for name, layer in vars(self).items() if name.isdigit())

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, i: int | slice) -> Layer | Sequential:
        """Return a layer, or some of them as a network of their own, with the same parameters."""
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def forward(self, x: Any) -> Any:
        """Return the result of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(named, self.layers))})"


class Residual(Module):
    """x + layer(x): the layer learns what to change.

    Raises
    ------
    ShapeError
        At the call, if the layer's result hasn't the shape of its argument.

    References
    ----------
    K. He et al. (2016), Deep residual learning for image recognition.

    Examples
    --------
    >>> Residual(np.square)(np.array([1.0, 3.0]))
    array([ 2., 12.])
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = checked_layer("layer", layer)

    def forward(self, x: Any) -> Any:
        """Return x + layer(x)."""
        y = self.layer(x)
        if np.shape(y) != np.shape(x):
            raise ShapeError(
                f"a residual of shape {np.shape(y)} for an input of shape {np.shape(x)}",
                "they are added, element by element",
                "a layer that keeps the shape",
            )
        return x + y

    def __repr__(self) -> str:
        return f"Residual({named(self.layer)})"


class Flatten(Module):
    """All axes but the first as one: (n, ...) to (n, features).

    Examples
    --------
    >>> Flatten()(np.ones((5, 2, 3))).shape
    (5, 6)
    """

    def forward(self, x: Any) -> Any:
        """Return x with two axes."""
        shape = np.shape(x)
        if not shape:
            raise ShapeError("Flatten of a single number", "the first axis are the samples", "an array of samples")
        return np.reshape(x, (shape[0], math.prod(shape[1:])))


class Dropout(Module):
    """In training, sets each number to 0 with a probability p, and divides the others by 1 - p; else does nothing.

    Parameters
    ----------
    p : float, default 0.5
        From 0 to 1.
    rng : numpy.random.Generator or int, optional
        What decides which numbers are dropped.

    References
    ----------
    N. Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=0)
    >>> layer(np.ones(4))
    array([2., 0., 0., 0.])
    >>> layer.eval()(np.ones(4))
    array([1., 1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, rng: Seed = None) -> None:
        if not 0 <= p <= 1:
            raise InvalidInput(f"p={p!r}", "it is the share of numbers that are dropped", "a number from 0 to 1")
        self.p, self.rng = p, np.random.default_rng(rng)

    def forward(self, x: Any) -> Any:
        """Return x with numbers dropped, in training."""
        if not self.training or not self.p:
            return x
        keep = self.rng.random(np.shape(x)) >= self.p
        return np.where(keep, np.multiply(x, 1 / (1 - self.p) if self.p < 1 else 0.0), 0)

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


class Embedding(Module):
    """A row of a table for each integer.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        The rows of the table, and their length.
    rng : numpy.random.Generator or int, optional
        What the table is drawn with, from a standard normal distribution.

    Attributes
    ----------
    weight : Value of shape (num_embeddings, embedding_dim)

    Examples
    --------
    >>> Embedding(10, 3, rng=0)(np.array([[1, 2], [2, 9]])).shape
    (2, 2, 3)
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, rng: Seed = None) -> None:
        checked_sizes(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        drawn = np.random.default_rng(rng).normal(size=(num_embeddings, embedding_dim))
        self.weight = Value(drawn, copy=False)

    def forward(self, indices: Any) -> Any:
        """Return the rows at integer indices of any shape, which keep that shape."""
        indices, rows = np.asarray(indices), self.weight.shape[0]
        if indices.dtype.kind not in "iu":
            raise InvalidInput(f"Embedding of dtype {indices.dtype}", "it looks rows up by number", "integers")
        if indices.size and not 0 <= indices.min() <= indices.max() < rows:
            raise InvalidInput(
                f"Embedding of numbers from {indices.min()} to {indices.max()}",
                f"the table has {rows} rows",
                f"numbers from 0 to {rows - 1}",
            )
        return self.weight[indices]

    def __repr__(self) -> str:
        return f"Embedding({', '.join(map(str, self.weight.shape))})"
