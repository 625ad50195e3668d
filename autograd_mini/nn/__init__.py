"""Layers, activations and losses for small networks: a thin layer over NumPy; no derivative is written here."""

from .functions import mean_squared_error, relu, sigmoid, softmax_cross_entropy, tanh, threshold
from .modules import Linear, Module, Sequential

__all__ = [
    "Linear", "Module", "Sequential", "mean_squared_error", "relu", "sigmoid", "softmax_cross_entropy", "tanh",
    "threshold",
]  # fmt: skip
