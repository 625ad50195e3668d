"""Rules of `scipy.special`: elliptic integrals and functions, Mathieu functions.

Sections are those of the DLMF; m is k² there. Incomplete integrals have no line for m, and Carlson's integrals none:
their derivatives are differences that cancel where arguments come close.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...registry import rule

# Complete integrals, as hypergeometric functions (DLMF 19.5.1, 15.5.1), and the arithmetic-geometric mean
rule(sp.ellipk, x=lambda g, x: g * ellipk_slope(x))
rule(sp.ellipe, x=lambda g, x: g * ellipe_slope(x))
rule(sp.ellipkm1, x=lambda g, x, out: -g * ellipkm1_slope(x, out))
rule(sp.agm, x1=lambda g, x1, x2: g * agm_slope(x2, x1), x2=lambda g, x1, x2: g * agm_slope(x1, x2))

# Incomplete integrals (DLMF 19.2.4, 19.2.5), Jacobi's functions sn, cn, dn and the amplitude (DLMF 22.13.1, 22.16.9)
rule(sp.ellipkinc, x1=lambda g, x1, x2: g / delta(x1, x2))
rule(sp.ellipeinc, x1=lambda g, x1, x2: g * delta(x1, x2))
rule(sp.ellipj, x1=lambda g, x2, out: (g[0] * out[1] - g[1] * out[0] + g[3]) * out[2] - g[2] * x2 * out[0] * out[1])

# Mathieu functions, x in degrees, and their slopes: w'' = (2q cos 2x - a) w (DLMF 28.2.1), modified 28.20.1
DEGREE = np.pi / 180
rule(sp.mathieu_cem, x3=lambda g, x1, x2, x3, out: mathieu(g, sp.mathieu_a(x1, x2), x2, x3, out))
rule(sp.mathieu_sem, x3=lambda g, x1, x2, x3, out: mathieu(g, sp.mathieu_b(x1, x2), x2, x3, out))


def ellipk_slope(m: Any) -> Any:
    """Return the derivative of K = π/2 2F1(1/2, 1/2; 1; m)."""
    return np.pi / 8 * sp.hyp2f1(1.5, 1.5, 2, m)


def ellipe_slope(m: Any) -> Any:
    """Return the derivative of E = π/2 2F1(-1/2, 1/2; 1; m)."""
    return -np.pi / 8 * sp.hyp2f1(0.5, 1.5, 2, m)


def ellipkm1_slope(p: Any, out: Any) -> Any:
    """Return the derivative of K at m = 1 - p: for small p by DLMF 19.4.1, which keeps its digits there."""
    small = p < 0.5
    near, far = np.where(small, p, 0.5), np.where(small, 0.5, p)
    return np.where(small, (sp.ellipe(1 - near) - near * out) / (2 * near * (1 - near)), ellipk_slope(1 - far))


def agm_slope(a: Any, b: Any) -> Any:
    """Return the derivative in b of the mean M = π a / (2 K(1 - b² / a²)) (DLMF 19.8.5): infinite at b = 0."""
    zero = (a == 0) | (b == 0)
    x, y = np.where(zero, 1.0, a), np.where(zero, 1.0, b)
    m = (1 - y / x) * (1 + y / x)
    at_zero = np.where(a == 0, 0.0, np.inf)
    return np.where(zero, at_zero, np.pi * y / x * ellipk_slope(m) / sp.ellipk(m) ** 2)


def delta(phi: Any, m: Any) -> Any:
    """Return √(1 - m sin²φ)."""
    return np.sqrt(1 - m * np.sin(phi) ** 2)


def mathieu(g: Any, a: Any, q: Any, x: Any, out: Any) -> Any:
    """Return the cotangent of a Mathieu function and its slope by the angle in radians, at an angle in degrees."""
    return DEGREE * (g[0] * out[1] + g[1] * (2 * q * np.cos(2 * DEGREE * x) - a) * out[0])
