"""Rules of `scipy.special`: distribution functions, in their continuous argument where the density is elementary.

A complement has the opposite slope, an inverse one over the density at its result. The number of successes or events
is rounded down, so its derivative is zero; parameters of another kind have no line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...registry import rule
from .gamma import beta_density, gamma_density
from .special import ROOT_2PI

# Chi-square, also non-central; F; Student's t
rule(sp.chdtr, x2=lambda g, x1, x2: g * chi_square(x1, x2))
rule(sp.chdtrc, x2=lambda g, x1, x2: -g * chi_square(x1, x2))
rule(sp.chdtri, x2=lambda g, x1, out: -g / chi_square(x1, out))
rule(sp.chndtr, x1=lambda g, x1, x2, x3: g * non_central(x1, x2, x3),
     x3=lambda g, x1, x2, x3, out: g * 0.5 * (sp.chndtr(x1, x2 + 2, x3) - out))  # fmt: skip
rule(sp.fdtr, x3=lambda g, x1, x2, x3: g * f_density(x1, x2, x3))
rule(sp.fdtrc, x3=lambda g, x1, x2, x3: -g * f_density(x1, x2, x3))
rule(sp.fdtri, x3=lambda g, x1, x2, out: g / f_density(x1, x2, out))
rule(sp.stdtr, x2=lambda g, x1, x2: g * t_density(x1, x2))
rule(sp.stdtrit, x2=lambda g, x1, out: g / t_density(x1, out))

# Gamma, with rate a and shape b: a function of the product a x alone
rule(sp.gdtr, x1=lambda g, x1, x2, x3: g * x3 * gamma_density(x2, x1 * x3),
     x3=lambda g, x1, x2, x3: g * x1 * gamma_density(x2, x1 * x3))  # fmt: skip
rule(sp.gdtrc, x1=lambda g, x1, x2, x3: -g * x3 * gamma_density(x2, x1 * x3),
     x3=lambda g, x1, x2, x3: -g * x1 * gamma_density(x2, x1 * x3))  # fmt: skip
rule(sp.gdtrix, x1=lambda g, x1, out: -g * out / x1,
     x3=lambda g, x1, x2, out: g / (x1 * gamma_density(x2, x1 * out)))  # fmt: skip
rule(sp.gdtria, x1=lambda g, x2, x3, out: g / (x3 * gamma_density(x2, x3 * out)),
     x3=lambda g, x3, out: -g * out / x3)  # fmt: skip

# Binomial, negative binomial and Poisson: incomplete beta and gamma functions of the probability and the mean
rule(sp.bdtr, x1=None, x3=lambda g, x1, x2, x3: -g * beta_density(np.floor(x1) + 1, x2 - np.floor(x1), x3))
rule(sp.bdtrc, x1=None, x3=lambda g, x1, x2, x3: g * beta_density(np.floor(x1) + 1, x2 - np.floor(x1), x3))
rule(sp.bdtri, x1=None, x3=lambda g, x1, x2, out: -g / beta_density(np.floor(x1) + 1, x2 - np.floor(x1), out))
rule(sp.nbdtr, x3=lambda g, x1, x2, x3: g * beta_density(x2, x1 + 1, x3))
rule(sp.nbdtrc, x3=lambda g, x1, x2, x3: -g * beta_density(x2, x1 + 1, x3))
rule(sp.nbdtri, x3=lambda g, x1, x2, out: g / beta_density(x2, x1 + 1, out))
rule(sp.pdtr, x1=None, x2=lambda g, x1, x2: -g * gamma_density(np.floor(x1) + 1, x2))
rule(sp.pdtrc, x1=None, x2=lambda g, x1, x2: g * gamma_density(np.floor(x1) + 1, x2))
rule(sp.pdtri, x2=lambda g, x1, out: -g / gamma_density(x1 + 1, out))

# Normal: the mean, or the deviation, for which a quantile is x
rule(sp.nrdtrimn, x1=lambda g, x1, x2: -g * x2 * normal_quantile_slope(x1), x2=lambda g, x1: -g * sp.ndtri(x1),
     x3=lambda g: g)  # fmt: skip
rule(sp.nrdtrisd, x1=lambda g, x2: -g / sp.ndtri(x2),
     x2=lambda g, x2, out: -g * out * normal_quantile_slope(x2) / sp.ndtri(x2),
     x3=lambda g, x2: g / sp.ndtri(x2))  # fmt: skip

# Kolmogorov's, by the one of its two series that is short
rule(sp.kolmogorov, x=lambda g, x: -g * kolmogorov_density(x))
rule(sp.kolmogi, x=lambda g, out: -g / kolmogorov_density(out))


def chi_square(v: Any, x: Any) -> Any:
    """Return the density of chi-square with v degrees of freedom."""
    return 0.5 * gamma_density(v / 2, x / 2)


def non_central(x: Any, k: Any, c: Any) -> Any:
    """Return the density of chi-square with k degrees of freedom and non-centrality c.

    By the Bessel function I, scaled against overflow, or near c x = 0 by its series (DLMF 10.39.9).
    """
    near = x * c < 1
    factor = np.exp(-c / 2) * chi_square(k, x) * sp.hyp0f1(k / 2, np.where(near, x * c, 0.0) / 4)
    x, c = np.where(near, 1.0, x), np.where(near, 1.0, c)
    root = np.sqrt(x * c)
    far = 0.5 * np.exp(root - (x + c) / 2) * (x / c) ** (k / 4 - 0.5) * sp.ive(k / 2 - 1, root)
    return np.where(near, factor, far)


def f_density(m: Any, n: Any, x: Any) -> Any:
    """Return the density of F with m and n degrees of freedom: of beta at mx / (mx + n), times the slope of that."""
    total = m * x + n
    return beta_density(m / 2, n / 2, m * x / total) * m * n / (total * total)


def t_density(v: Any, t: Any) -> Any:
    """Return the density of Student's t with v degrees of freedom."""
    return np.exp(-(v + 1) / 2 * np.log1p(t * t / v) - sp.betaln(v / 2, 0.5)) / np.sqrt(v)


def normal_quantile_slope(p: Any) -> Any:
    """Return the derivative of `ndtri`."""
    return ROOT_2PI * np.exp(sp.ndtri(p) ** 2 / 2)


def kolmogorov_density(x: Any) -> Any:
    """Return the density of Kolmogorov's distribution.

    The distribution is 1 - 2 Σ (-1)^(k-1) exp(-2k²x²), and also √(2π) / x Σ exp(-(2k - 1)² π² / (8x²)) (Jacobi's
    imaginary transformation, DLMF 20.7.32): six terms of the first are exact from x = 0.8 on, of the second below.
    """
    near = x < 0.8
    low, high = np.where(near, np.maximum(x, 0.02), 0.8), np.where(near, 0.8, x)
    terms = range(1, 7)
    far = sum(8 * (-1) ** (k - 1) * k * k * high * np.exp(-2 * k * k * high * high) for k in terms)
    squares = [((2 * k - 1) * np.pi / 2) ** 2 / (low * low) for k in terms]  # (2k - 1)² π² / (4x²)
    close = ROOT_2PI / (low * low) * sum(np.exp(-s / 2) * (s - 1) for s in squares)
    return np.where(near, close, far)
