"""Optimisers: what changes parameters by their gradients, and schedules of the learning rate."""

from .base import Descent
from .first_order import SGD, Adadelta, Adagrad, Adam, AdamW, NAdam, RMSprop
from .optimizer import Optimizer
from .parts import (
    Step,
    add_momentum,
    add_weight_decay,
    clip_norm,
    clip_value,
    decay_lr,
    keeps,
    scale_by_adadelta,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_lr,
    scale_by_nadam,
    scale_by_rms,
)
from .schedules import OnPlateau, constant, cosine, exponential, one_cycle, step_decay, warm_up
from .second_order import LBFGS, ByClosure, Newton

__all__ = [
    "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "ByClosure", "Descent", "NAdam", "Newton", "OnPlateau",
    "Optimizer", "RMSprop", "Step", "add_momentum", "add_weight_decay", "clip_norm", "clip_value", "constant", "cosine",
    "decay_lr", "exponential", "keeps", "one_cycle", "scale_by_adadelta", "scale_by_adagrad", "scale_by_adam",
    "scale_by_lr", "scale_by_nadam", "scale_by_rms", "step_decay", "warm_up",
]  # fmt: skip
