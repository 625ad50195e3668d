"""Write optim.npz: the paths that PyTorch's optimisers and schedules take, for the table in tests/optim_table.py.

Run with PyTorch 2.13, from the root of the project::

    python tests/reference/make_optim.py
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from optim_table import (  # noqa: E402
    EPOCHS,
    INPUTS,
    METRICS,
    OPTIMIZERS,
    ROOTS,
    SCHEDULES,
    STEPS,
    TARGETS,
    grouped,
    loss,
    start,
)

torch.set_default_dtype(torch.float64)  # NAdam keeps a number in it
DATA = [torch.from_numpy(x) for x in (INPUTS, TARGETS, ROOTS)]


def path_of(name, options, more):
    """Return the parameters after each step, each time as one vector."""
    params = [torch.tensor(x, requires_grad=True) for x in start(more.get("complex", False))]
    optimizer = getattr(torch.optim, name)(grouped(params, more), **options)
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(torch, params, *DATA).backward()
        if "clip_norm" in more:
            torch.nn.utils.clip_grad_norm_(params, more["clip_norm"])
        if "clip_value" in more:
            torch.nn.utils.clip_grad_value_(params, more["clip_value"])
        optimizer.step()
        path.append(np.concatenate([p.detach().numpy().ravel() for p in params]))
    return np.stack(path)


def made(name, options, optimizer):
    """Return a schedule of PyTorch's."""
    options = dict(options)
    if "schedulers" in options:
        options["schedulers"] = [made(*inner, optimizer) for inner in options["schedulers"]]
    return getattr(torch.optim.lr_scheduler, name)(optimizer, **options)


def factors_of(name, options):
    """Return the learning rate of each epoch, of a highest one of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = made(name, options, optimizer)
    factors = []
    for epoch in range(EPOCHS):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if epoch < EPOCHS - 1:  # OneCycleLR has no more
            schedule.step(*[METRICS[epoch]] if name == "ReduceLROnPlateau" else [])
    return np.array(factors)


warnings.simplefilter("ignore")  # SequentialLR's own, about how it calls its parts
kept = {name: path_of(*row) for name, row in OPTIMIZERS.items()}
kept |= {name: factors_of(*theirs) for name, (_, theirs) in SCHEDULES.items()}
np.savez_compressed(HERE / "optim.npz", **kept)
