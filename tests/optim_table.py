"""Optimisers and schedules that PyTorch has too: one table, for the script that asks PyTorch and for the tests.

The numbers come from ``tests/reference/make_optim.py``, which PyTorch runs.
"""

from __future__ import annotations

import numpy as np

STEPS = 30

# Name of the row: the optimiser, its options, and what else there is: groups (numbers of parameters, and the options of
# the group), clipping in front, or the complex problem.
OPTIMIZERS = {
    "sgd": ("SGD", {"lr": 0.5}, {}),
    "sgd, default": ("SGD", {}, {}),
    "sgd, momentum": ("SGD", {"lr": 0.2, "momentum": 0.9}, {}),
    "sgd, dampening": ("SGD", {"lr": 0.3, "momentum": 0.8, "dampening": 0.4}, {}),
    "sgd, nesterov": ("SGD", {"lr": 0.2, "momentum": 0.9, "nesterov": True}, {}),
    "sgd, all": ("SGD", {"lr": 0.2, "momentum": 0.7, "nesterov": True, "weight_decay": 0.05}, {}),
    "sgd, clip_norm": ("SGD", {"lr": 0.3, "momentum": 0.9, "weight_decay": 0.1}, {"clip_norm": 0.2}),
    "sgd, clip_value": ("SGD", {"lr": 0.3, "momentum": 0.9, "weight_decay": 0.1}, {"clip_value": 0.05}),
    "sgd, groups": (
        "SGD",
        {"lr": 0.2, "momentum": 0.9, "weight_decay": 0.1},
        {"groups": [([0], {"lr": 0.05}), ([1], {"momentum": 0.0}), ([2], {"weight_decay": 0.0, "nesterov": True})]},
    ),
    "sgd, groups, clip_norm": (
        "SGD",
        {"lr": 0.2, "momentum": 0.5, "weight_decay": 0.1},
        {"clip_norm": 0.1, "groups": [([0, 2], {"lr": 0.5}), ([1], {})]},
    ),
    "sgd, complex": ("SGD", {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.05}, {"complex": True}),
    "adagrad": ("Adagrad", {"lr": 0.3}, {}),
    "adagrad, default": ("Adagrad", {}, {}),
    "adagrad, all": (
        "Adagrad",
        {"lr": 0.3, "lr_decay": 0.1, "weight_decay": 0.05, "initial_accumulator_value": 0.2, "eps": 1e-3},
        {},
    ),
    "adagrad, complex": ("Adagrad", {"lr": 0.3}, {"complex": True}),
    "adadelta": ("Adadelta", {}, {}),
    "adadelta, all": ("Adadelta", {"lr": 3.0, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.05}, {}),
    "adadelta, complex": ("Adadelta", {"eps": 1e-3}, {"complex": True}),
    "rmsprop": ("RMSprop", {}, {}),
    "rmsprop, all": (
        "RMSprop",
        {"lr": 0.02, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.05, "momentum": 0.8, "centered": True},
        {},
    ),
    "rmsprop, complex": ("RMSprop", {"lr": 0.02, "momentum": 0.5, "centered": True}, {"complex": True}),
    "adam": ("Adam", {"lr": 0.1}, {}),
    "adam, default": ("Adam", {}, {}),
    "adam, all": ("Adam", {"lr": 0.2, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.05, "amsgrad": True}, {}),
    "adam, clip_norm": ("Adam", {"lr": 0.1, "weight_decay": 0.0}, {"clip_norm": 0.05}),
    "adam, groups": (
        "Adam",
        {"lr": 0.1, "weight_decay": 0.1},
        {"groups": [([2], {"betas": (0.5, 0.6)}), ([0, 1], {"lr": 0.03, "weight_decay": 0.0})]},
    ),
    "adam, complex": ("Adam", {"lr": 0.1, "amsgrad": True}, {"complex": True}),
    "adamw": ("AdamW", {"lr": 0.1, "weight_decay": 0.3}, {}),
    "adamw, default": ("AdamW", {}, {}),
    "adamw, all": ("AdamW", {"lr": 0.2, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.2, "amsgrad": True}, {}),
    "adamw, clip_norm": ("AdamW", {"lr": 0.1, "weight_decay": 0.3}, {"clip_norm": 0.05}),
    "nadam": ("NAdam", {"lr": 0.1}, {}),
    "nadam, default": ("NAdam", {}, {}),
    "nadam, all": (
        "NAdam",
        {"lr": 0.03, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.05, "momentum_decay": 0.05},
        {},
    ),
    "nadam, decoupled": ("NAdam", {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True}, {}),
    "nadam, complex": ("NAdam", {"lr": 0.03}, {"complex": True}),
}  # fmt: skip

EPOCHS = 16
METRICS = [3.0, 2.0, 2.5, 1.9999, 2.0, 2.1, 1.0, 1.0, 1.2, float("nan"), 1.1, 0.99995, 1.3, 0.5, 0.6, 0.6]

# Name of the row: our schedule and its arguments, PyTorch's and its arguments.
SCHEDULES = {
    "step_decay": (("step_decay", {"every": 3}), ("StepLR", {"step_size": 3})),
    "step_decay, factor": (
        ("step_decay", {"every": 5, "factor": 0.7}),
        ("StepLR", {"step_size": 5, "gamma": 0.7}),
    ),
    "exponential": (("exponential", {"factor": 0.9}), ("ExponentialLR", {"gamma": 0.9})),
    "cosine": (("cosine", {"length": EPOCHS}), ("CosineAnnealingLR", {"T_max": EPOCHS})),
    "warm_up": (("warm_up", {"length": 5}), ("LinearLR", {"total_iters": 5})),
    "warm_up, start": (
        ("warm_up", {"length": 4, "start": 0.1}),
        ("LinearLR", {"total_iters": 4, "start_factor": 0.1}),
    ),
    "warm_up, then": (
        ("warm_up", {"length": 4, "then": ("cosine", {"length": 12})}),
        ("SequentialLR", {"milestones": [4], "schedulers": [
            ("LinearLR", {"total_iters": 4}), ("CosineAnnealingLR", {"T_max": 12}),
        ]}),
    ),
    # PyTorch's ends with its last step, at EPOCHS - 1, and has its highest rate at pct_start * EPOCHS - 1.
    "one_cycle": (
        ("one_cycle", {"length": EPOCHS - 1, "pct_start": (0.3 * EPOCHS - 1) / (EPOCHS - 1)}),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": EPOCHS}),
    ),
    "one_cycle, options": (
        ("one_cycle", {
            "length": EPOCHS - 1, "pct_start": (0.5 * EPOCHS - 1) / (EPOCHS - 1), "div_factor": 10.0,
            "final_div_factor": 100.0,
        }),
        ("OneCycleLR", {
            "max_lr": 1.0, "total_steps": EPOCHS, "pct_start": 0.5, "div_factor": 10.0, "final_div_factor": 100.0,
        }),
    ),
    "OnPlateau": (
        ("OnPlateau", {"factor": 0.5, "patience": 1}),
        ("ReduceLROnPlateau", {"factor": 0.5, "patience": 1}),
    ),
    "OnPlateau, max": (
        ("OnPlateau", {"patience": 2, "threshold": 0.1, "mode": "max"}),
        ("ReduceLROnPlateau", {"patience": 2, "threshold": 0.1, "mode": "max"}),
    ),
}  # fmt: skip


def start(is_complex: bool = False) -> list[np.ndarray]:
    """Return the first numbers of the parameters: a matrix, a vector and a number; or a complex vector."""
    if is_complex:
        return [np.array([1 + 0.5j, -0.3 + 1j, 0.2 - 0.8j])]
    return [np.cos(np.arange(6.0)).reshape(3, 2), np.array([0.1, -0.2]), np.array(0.3)]


INPUTS = np.sin(np.arange(21.0) ** 2).reshape(7, 3)
TARGETS = np.cos(np.arange(14.0) ** 2).reshape(7, 2)
ROOTS = np.array([2j, -1 + 1j, 3.0])


def loss(lib, params, inputs, targets, roots):
    """Return the loss of the table's problem, made of the functions of `lib`: NumPy or PyTorch."""
    if len(params) == 1:
        return lib.sum(lib.log1p(lib.abs(params[0] ** 2 - roots) ** 2))
    weight, bias, size = params
    return lib.mean((lib.exp(size) * lib.tanh(inputs @ weight + bias) - targets) ** 2)


def grouped(params, more):
    """Return parameters in the groups of a row, if it has some."""
    groups = more.get("groups")
    return params if groups is None else [{"params": [params[i] for i in at], **options} for at, options in groups]
