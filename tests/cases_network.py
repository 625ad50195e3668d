"""Sample calls of the primitives of networks."""

from __future__ import annotations

import numpy as np
from case import Case, uniform

from autograd_mini.rules.network import cross_entropy_slope, log_softmax, softmax, softmax_cross_entropy

LABELS = np.array([2, 0])

CASES = [
    *[Case(function, (uniform(2, 3),)) for function in (softmax, log_softmax)],
    *[Case(function, (uniform(2, 3),), {"axis": 0}) for function in (softmax, log_softmax)],
    *[Case(f, (uniform(2, 3), LABELS)) for f in (softmax_cross_entropy, cross_entropy_slope)],
    *[Case(f, (uniform(3), LABELS[0])) for f in (softmax_cross_entropy, cross_entropy_slope)],
]
