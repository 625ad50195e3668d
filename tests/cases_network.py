"""Sample calls of the primitives of networks."""

from __future__ import annotations

import numpy as np
from case import Case, uniform

from autograd_mini.rules.network import (
    cross_entropy_slope,
    log_softmax,
    overlap_add,
    softmax,
    softmax_cross_entropy,
    windows,
)

LABELS = np.array([2, 0])

CASES = [
    *[Case(windows, (uniform(2, 7), (3,), (stride,), (dilation,))) for stride, dilation in ((1, 1), (2, 1), (2, 2))],
    Case(windows, (uniform(1, 2, 3, 4), (2, 2), (1, 2), (2, 1))),
    Case(windows, (uniform(1, 1), (1,), (1,), (1,))),
    Case(windows, (uniform(2, 0, 4), (2,), (1,), (1,))),
    *[
        Case(overlap_add, (uniform(2, 3, n), (7,), (3,), (stride,), (dilation,)))
        for n, stride, dilation in ((5, 1, 1), (3, 2, 1), (2, 2, 2))
    ],
    Case(overlap_add, (uniform(1, 4, 2, 1, 2), (3, 4), (2, 2), (1, 2), (2, 1))),
    *[Case(function, (uniform(2, 3),)) for function in (softmax, log_softmax)],
    *[Case(function, (uniform(2, 3),), {"axis": 0}) for function in (softmax, log_softmax)],
    *[Case(f, (uniform(2, 3), LABELS)) for f in (softmax_cross_entropy, cross_entropy_slope)],
    *[Case(f, (uniform(3), LABELS[0])) for f in (softmax_cross_entropy, cross_entropy_slope)],
]
