"""Sample calls of polynomials and sliding products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from case import Case, distinct, uniform

LENGTHS = [(4, 4), (5, 2), (2, 5), (1, 3), (3, 1), (4, 5), (2, 4)]


def sliding() -> Iterator[Case]:
    """Convolutions and correlations of every mode, with either factor the longer one."""
    for function in (np.convolve, np.correlate):
        for n, m in LENGTHS:
            for mode in ("full", "same", "valid"):
                yield Case(function, (uniform(n), uniform(m, seed=1), mode), wrt=(0, 1))
        yield Case(function, (uniform(3), uniform(2, seed=1)), wrt=(0, 1))
        yield from (Case(function, (uniform(5), uniform(3, seed=1), mode), wrt=(0, 1)) for mode in (0, 1, 2))
    yield Case(np.convolve, (uniform(), uniform(2)), wrt=(0, 1))


def sorted_roots(p: Any) -> Any:
    """Return sums of powers of the roots, in whose order NumPy is free."""
    r = np.roots(p)
    return np.stack([np.sum(r), np.sum(r**2), np.sum(np.exp(0.5 * r))])


def integrated(p: Any, m: int, k: Any) -> Any:
    """Integrate; NumPy asks only the polynomial, not the constants, whether it knows better."""
    return np.polyint(p + 0 * np.sum(k), m, k)


def polynomials() -> Iterator[Case]:
    """Values, roots and coefficients."""
    x, p = uniform(4), distinct(4) + 1.5
    yield from (Case(np.vander, (x, *how)) for how in [(), (3,), (5, True), (1,), (0,)])
    for at in (uniform(), x, uniform(2, 3), uniform(0)):
        yield Case(np.polyval, (p, at), wrt=(0, 1))
    yield Case(np.polyval, (p[:1], x), wrt=(0, 1))
    yield Case(np.roots, (np.array([1.0, -2.0, -1.5, 0.3]),))
    yield Case(np.roots, (np.array([2.0, 0.5, 3.0, 1.0]),), via=sorted_roots)
    yield Case(np.roots, (np.array([1.0, 2.0]),))
    for function in (np.polyadd, np.polysub, np.polymul):
        for n, m in [(3, 3), (2, 4), (4, 1)]:
            yield Case(function, (uniform(n), uniform(m, seed=1)), wrt=(0, 1))
    for n, m in [(5, 3), (4, 1), (3, 3), (2, 3)]:
        divisor = np.append(2.0, distinct(m - 1, seed=1))  # halving is exact: what is left begins with exact zeros
        yield Case(np.polydiv, (distinct(n) + 2, divisor), wrt=(0, 1))
    for order in (1, 2, 0):
        yield Case(np.polyder, (p, order))
        yield Case(np.polyint, (p, order))
    yield Case(np.polyint, (p, 2, uniform(2)), wrt=(0, 2), via=integrated)
    yield Case(np.polyint, (p, 1, uniform()), wrt=(0, 2), via=integrated)
    yield from (Case(np.poly, (a,)) for a in [p, p[:1], np.diag([1.0, 3.0, -2.0]) + 0.3 * uniform(3, 3)])
    line, y = np.array([-1.0, -0.4, 0.3, 0.9, 1.6, 2.2]), uniform(6)
    yield Case(np.polyfit, (line, y, 2), wrt=(0, 1))
    yield Case(np.polyfit, (line, y, 1), {"w": uniform(6, low=0.5)}, wrt=(0, 1, "w"))
    yield Case(np.polyfit, (line, uniform(6, 2), 2), {"cov": True}, wrt=(0, 1))
    yield Case(np.polyfit, (line, y, 2), {"cov": "unscaled"}, wrt=(0, 1))
    yield Case(np.polyfit, (line, y, 2), {"w": uniform(6, low=0.5), "cov": True}, wrt=(0, 1))
    yield Case(np.polyfit, (line, y, 1), {"full": True}, wrt=(0, 1))


CASES = [*sliding(), *polynomials()]
