"""Rules of SciPy's functions, one file for each topic, imported when a function of it is first called with a Value."""

from __future__ import annotations

import sys
from importlib import import_module

from ...registry import sources

MODULES = {
    "fft": ["fft"],
    "integrate": ["integrate"],
    "linalg": ["linalg", "solving"],
    "signal": ["signal"],
    "special": ["special", "gamma", "bessel", "elliptic", "distributions", "polynomials"],
}


def import_for(name: str) -> bool:
    """Import the rules of the topic of SciPy that a function is in; return whether there were any new ones."""
    package, _, rest = name.partition(".")
    new = (
        [module for module in MODULES.get(rest.partition(".")[0], []) if f"{__name__}.{module}" not in sys.modules]
        if package == "scipy"
        else []
    )
    for module in new:
        import_module(f".{module}", __name__)
    return bool(new)


sources.append(import_for)
