"""Rules of `scipy.special`: the gamma function and its relatives, incomplete ones, zeta, hypergeometric functions.

Sections are those of the DLMF. What has no closed derivative (the parameter of an incomplete gamma or beta function,
the argument of Riemann's zeta function) has no line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...registry import rule
from ...scipy import special as mirrored
from .special import Probe

# Gamma functions (DLMF 5.2, 5.5, 5.15)
rule(sp.gamma, x=lambda g, x, out: g * out * sp.psi(x))
rule(sp.gammaln, x=lambda g, x: g * sp.psi(x))
rule(sp.loggamma, x=lambda g, x: g * sp.psi(x))
rule(sp.rgamma, x=lambda g, x: g * rgamma_slope(x))
rule(sp.psi, x=lambda g, x: g * trigamma(x))
rule(mirrored.polygamma, x=lambda g, n, x: g * mirrored.polygamma(n + 1, x), broadcasts=True)
rule(mirrored.multigammaln, a=lambda g, a, d: g * sum(sp.psi(a - 0.5 * j) for j in range(d)))
rule(sp.poch, x1=lambda g, x1, x2, out: g * poch_slope(x1, x2, out),
     x2=lambda g, x1, x2, out: g * out * sp.psi(x1 + x2))  # fmt: skip
hurwitz_zeta = sp.zeta(2.0, Probe())
rule(hurwitz_zeta, x2=lambda g, x1, x2: -g * x1 * sp.zeta(x1 + 1, x2))  # DLMF 25.11.17

# Beta functions and binomial coefficients (DLMF 5.12)
rule(sp.beta, x1=lambda g, x1, x2, out: g * out * (sp.psi(x1) - sp.psi(x1 + x2)),
     x2=lambda g, x1, x2, out: g * out * (sp.psi(x2) - sp.psi(x1 + x2)))  # fmt: skip
rule(sp.betaln, x1=lambda g, x1, x2: g * (sp.psi(x1) - sp.psi(x1 + x2)),
     x2=lambda g, x1, x2: g * (sp.psi(x2) - sp.psi(x1 + x2)))  # fmt: skip
rule(sp.binom, x1=lambda g, x1, x2, out: g * out * (sp.psi(x1 + 1) - sp.psi(x1 - x2 + 1)),
     x2=lambda g, x1, x2, out: g * out * (sp.psi(x1 - x2 + 1) - sp.psi(x2 + 1)))  # fmt: skip

# Incomplete gamma and beta functions, and their inverses, by their densities (DLMF 8.2, 8.17)
rule(sp.gammainc, x2=lambda g, x1, x2: g * gamma_density(x1, x2))
rule(sp.gammaincc, x2=lambda g, x1, x2: -g * gamma_density(x1, x2))
rule(sp.gammaincinv, x2=lambda g, x1, out: g / gamma_density(x1, out))
rule(sp.gammainccinv, x2=lambda g, x1, out: -g / gamma_density(x1, out))
rule(sp.betainc, x3=lambda g, x1, x2, x3: g * beta_density(x1, x2, x3))
rule(sp.betaincc, x3=lambda g, x1, x2, x3: -g * beta_density(x1, x2, x3))
rule(sp.betaincinv, x3=lambda g, x1, x2, out: g / beta_density(x1, x2, out))
rule(sp.betainccinv, x3=lambda g, x1, x2, out: -g / beta_density(x1, x2, out))

# Hypergeometric functions in their argument (DLMF 16.3, 13.3.15, 13.3.22, 15.5.1), and Wright's
rule(sp.hyp0f1, x2=lambda g, x1, x2: g * sp.hyp0f1(x1 + 1, x2) / x1)
rule(sp.hyp1f1, x3=lambda g, x1, x2, x3: g * (x1 / x2) * sp.hyp1f1(x1 + 1, x2 + 1, x3))
rule(sp.hyp2f1, x4=lambda g, x1, x2, x3, x4: g * (x1 * x2 / x3) * sp.hyp2f1(x1 + 1, x2 + 1, x3 + 1, x4))
rule(sp.hyperu, x3=lambda g, x1, x2, x3: -g * x1 * sp.hyperu(x1 + 1, x2 + 1, x3))
rule(sp.wright_bessel, x3=lambda g, x1, x2, x3: g * sp.wright_bessel(x1, x1 + x2, x3))  # Σ xᵏ / (k! Γ(ak + b))
if hasattr(sp, "log_wright_bessel"):  # since SciPy 1.14
    rule(sp.log_wright_bessel, x3=lambda g, x1, x2, x3, out: g * np.exp(sp.log_wright_bessel(x1, x1 + x2, x3) - out))


def rgamma_slope(x: Any) -> Any:
    """Return the derivative of 1 / Γ(x); left of 1/2 that of Γ(1 - x) sin(πx) / π, which holds at poles of Γ too."""
    left = np.real(x) < 0.5
    low, high = np.where(left, x, 0.0), np.where(left, 1.0, x)
    turned = np.cos(np.pi * low) - np.sin(np.pi * low) / np.pi * sp.psi(1 - low)
    return np.where(left, sp.gamma(1 - low) * turned, -sp.rgamma(high) * sp.psi(high))


def poch_slope(z: Any, m: Any, out: Any) -> Any:
    """Return the derivative of Γ(z + m) / Γ(z) in z; left of 1 as that of a product, which holds at poles of Γ(z)."""
    left = z < 1
    low, high, end = np.where(left, z, 0.5), np.where(left, 1.0, z), np.where(left, z + m, 1.0)
    product = sp.gamma(end) * (sp.psi(end) * sp.rgamma(low) + rgamma_slope(low))
    return np.where(left, product, out * (sp.psi(high + m) - sp.psi(high)))


def trigamma(x: Any) -> Any:
    """Return ψ'(x) = ζ(2, x) (DLMF 25.11.12); of complex numbers, which SciPy's ζ doesn't take, by its series.

    It is the sum of 1 / (x + k)² for k < 16, and Stirling's series after that (DLMF 5.15.8); the left half of the
    plane is reflected (DLMF 5.15.6).
    """
    if not np.iscomplexobj(x):
        return sp.zeta(2.0, x)
    left = np.real(x) < 0.5
    z = np.where(left, 1 - x, x)
    total = sum(1 / (z + k) ** 2 for k in range(16))
    r = 1 / (z + 16)
    q = r * r
    series = r + q / 2 + r * q * (1 / 6 - q * (1 / 30 - q * (1 / 42 - q * (1 / 30 - q * (5 / 66 - q * 691 / 2730)))))
    angle = np.pi * np.where(left, x, 0.5)
    return np.where(left, (np.pi / np.sin(angle)) ** 2 - (total + series), total + series)


def gamma_density(a: Any, x: Any) -> Any:
    """Return x^(a - 1) exp(-x) / Γ(a)."""
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """Return x^(a - 1) (1 - x)^(b - 1) / B(a, b)."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))
