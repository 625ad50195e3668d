"""Sample calls of SciPy's functions, by topic."""

from __future__ import annotations

from cases_scipy_linalg import CASES as LINALG
from cases_scipy_signal import CASES as SIGNAL
from cases_scipy_special import CASES as SPECIAL

from autograd_mini.registry import import_rules
from autograd_mini.rules.scipy import MODULES

for topic in MODULES:  # so that tests see all rules, whichever of them ran before
    import_rules(f"scipy.{topic}.")

CASES = [*SPECIAL, *LINALG, *SIGNAL]
