"""Layers and functions that PyTorch has too: one table, for the script that asks PyTorch and for the test.

The numbers come from ``tests/reference/make_layers.py``, which PyTorch runs.
"""

from __future__ import annotations

import numpy as np

# Name of the row: PyTorch's name, arguments, keywords, shape of the input.
LAYERS = {
    "linear": ("Linear", (4, 3), {}, (5, 4)),
    "linear, no bias, more axes": ("Linear", (4, 3), {"bias": False}, (2, 5, 4)),
    "conv1d": ("Conv1d", (2, 3, 3), {}, (2, 2, 7)),
    "conv1d, all options": ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}, (2, 4, 9)),
    "conv1d, same": ("Conv1d", (2, 3, 4), {"padding": "same", "bias": False}, (2, 2, 7)),
    "conv2d": ("Conv2d", (2, 3, 3), {}, (2, 2, 5, 6)),
    "conv2d, stride": ("Conv2d", (2, 3, (3, 2)), {"stride": (2, 1), "padding": (1, 0)}, (2, 2, 6, 5)),
    "conv2d, dilation": ("Conv2d", (1, 2, 2), {"dilation": (2, 3), "padding": 1}, (2, 1, 5, 6)),
    "conv2d, depthwise": ("Conv2d", (3, 6, 2), {"groups": 3}, (2, 3, 4, 4)),
    "conv2d, same": ("Conv2d", (2, 2, (2, 3)), {"padding": "same"}, (1, 2, 4, 4)),
    "conv2d, 1x1": ("Conv2d", (3, 2, 1), {"padding": "valid"}, (2, 3, 2, 2)),
    "max_pool1d": ("MaxPool1d", (3,), {}, (2, 2, 8)),
    "max_pool2d": ("MaxPool2d", (2,), {}, (2, 2, 5, 6)),
    "max_pool2d, all options": ("MaxPool2d", ((3, 2),), {"stride": 2, "padding": 1, "dilation": (1, 2)}, (2, 2, 6, 7)),
    "avg_pool1d": ("AvgPool1d", (2,), {"stride": 1}, (2, 2, 5)),
    "avg_pool2d": ("AvgPool2d", (3,), {"stride": 2, "padding": 1}, (2, 2, 5, 6)),
    "batch_norm": ("BatchNorm1d", (3,), {}, (6, 3)),
    "batch_norm of signals": ("BatchNorm1d", (3,), {"momentum": None, "eps": 0.01}, (4, 3, 2)),
    "batch_norm of images": ("BatchNorm2d", (3,), {"momentum": 0.3}, (2, 3, 2, 4)),
    "batch_norm, not affine": ("BatchNorm2d", (2,), {"affine": False}, (2, 2, 2, 2)),
    "layer_norm": ("LayerNorm", (4,), {}, (3, 4)),
    "layer_norm of two axes": ("LayerNorm", ((2, 3),), {"eps": 0.01}, (4, 2, 3)),
    "embedding": ("Embedding", (7, 3), {}, (2, 4)),
    "rnn": ("RNN", (3, 4), {}, (5, 2, 3)),
    "rnn, relu, deep": ("RNN", (3, 4), {"nonlinearity": "relu", "num_layers": 2, "batch_first": True}, (2, 5, 3)),
    "rnn, both ways": ("RNN", (3, 2), {"bidirectional": True, "num_layers": 2, "bias": False}, (4, 2, 3)),
    "lstm": ("LSTM", (3, 4), {}, (5, 2, 3)),
    "lstm, all options": ("LSTM", (3, 2), {"bidirectional": True, "num_layers": 2, "batch_first": True}, (2, 4, 3)),
}
EVALUATED = ["batch_norm", "batch_norm of images", "batch_norm, not affine"]  # once more in evaluation, after training

# Functions of one array of shape (3, 5), by the name that they have in torch.nn.functional.
ACTIVATIONS = {
    "sigmoid": {}, "tanh": {}, "relu": {}, "leaky_relu": {"negative_slope": 0.1}, "elu": {"alpha": 0.7}, "gelu": {},
    "silu": {}, "softplus": {}, "softmax": {"dim": 0}, "log_softmax": {"dim": 1},
}  # fmt: skip

WEIGHT = [0.5, 2.0, 1.0, 0.1, 1.5]
# Losses of predictions of shape (3, 5): the name, what the targets are, the keywords.
LOSSES = [
    *[("mse_loss", "numbers", {"reduction": reduction}) for reduction in ("mean", "sum", "none")],
    ("l1_loss", "numbers", {}),
    ("huber_loss", "numbers", {"delta": 0.8}),
    ("binary_cross_entropy_with_logits", "probabilities", {}),
    ("binary_cross_entropy_with_logits", "probabilities", {"pos_weight": WEIGHT, "reduction": "sum"}),
    ("cross_entropy", "labels", {}),
    ("cross_entropy", "labels", {"weight": WEIGHT}),
    *[("cross_entropy", "labels", {"weight": WEIGHT, "label_smoothing": 0.2, "reduction": reduction})
      for reduction in ("mean", "sum", "none")],
    ("kl_div", "probabilities", {"reduction": "batchmean"}),
    ("kl_div", "numbers", {"log_target": True, "reduction": "mean"}),
]  # fmt: skip


def targets(kind: str) -> np.ndarray:
    """Return the targets of a loss."""
    drawn = np.random.default_rng(3).uniform(0.05, 0.95, (3, 5))
    return {"numbers": 3 * drawn - 2, "probabilities": drawn, "labels": np.array([2, 0, 4])}[kind]


def cotangent(shape: tuple[int, ...]) -> np.ndarray:
    """Return what an output is multiplied with before its elements are added up, so that each counts differently."""
    return np.cos(np.arange(float(np.prod(shape, dtype=int)))).reshape(shape)


def key(*parts: object) -> str:
    """Return the name of an array in the file of references."""
    return " | ".join(map(str, parts))
