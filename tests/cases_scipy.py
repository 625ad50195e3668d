"""Sample calls of SciPy's functions, by topic."""

from __future__ import annotations

from cases_scipy_linalg import CASES as LINALG
from cases_scipy_signal import CASES as SIGNAL
from cases_scipy_special import CASES as SPECIAL

CASES = [*SPECIAL, *LINALG, *SIGNAL]
