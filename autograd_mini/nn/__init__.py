"""Layers, activations and losses for small networks: a thin layer over NumPy; no derivative is written here."""

from .activations import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
    threshold,
)
from .convolution import AvgPool1d, AvgPool2d, Conv1d, Conv2d, MaxPool1d, MaxPool2d
from .initialisers import (
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    orthogonal,
    xavier_normal,
    xavier_uniform,
)
from .layers import Dropout, Embedding, Flatten, Linear, Residual, Sequential
from .losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
)
from .module import Module
from .normalisation import BatchNorm, LayerNorm
from .recurrent import LSTM, RNN

__all__ = [
    "LSTM", "RNN", "AvgPool1d", "AvgPool2d", "BatchNorm", "Conv1d", "Conv2d", "Dropout", "Embedding", "Flatten",
    "LayerNorm", "Linear", "MaxPool1d", "MaxPool2d", "Module", "Residual", "Sequential",
    "binary_cross_entropy_with_logits", "cross_entropy", "elu", "gelu", "he_normal", "he_uniform", "hinge_loss",
    "huber_loss", "kl_div", "l1_loss", "leaky_relu", "lecun_normal", "lecun_uniform", "log_softmax", "mse_loss",
    "orthogonal", "relu", "sigmoid", "silu", "softmax", "softplus", "tanh", "threshold", "xavier_normal",
    "xavier_uniform",
]  # fmt: skip
