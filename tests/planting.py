"""A wrong line of a rule, planted for a while, and the arrays that the tests of the check share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_mini import registry

RNG = np.random.default_rng(7)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)
Z = RNG.normal(size=3) + 1j * RNG.normal(size=3)


@contextmanager
def planted(function: Any, **lines: Any) -> Iterator[None]:
    """Replace lines of a function's rule, for the time of a `with` block."""
    old = registry.RULES[function]
    kept = {name: pullback.function for name, pullback in old.pullbacks.items()}
    params = " ".join(f"*{name}" if i == old.star else name for i, name in enumerate(old.params))
    try:
        registry.rule(function, params, broadcasts=old.broadcasts, **kept | dict.fromkeys(old.constants) | lines)
        yield
    finally:
        registry.restore(old)
