"""Rules of `scipy.special`: error functions, exponential integrals, logistic functions, information, elementary ones.

Sources are sections of the Digital Library of Mathematical Functions (DLMF, https://dlmf.nist.gov), unless a line is
an exercise in calculus. At the ends of domains a slope is the limit of the function's own slope: infinite for `logit`
at 0 and 1, for `entr` and for the first argument of `xlogy`, `rel_entr` and `kl_div` at 0. The slope of `xlogy(0, y)`
in y is 0, at y = 0 too, and so are those of its relatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...registry import RULES, non_differentiable, rule
from ...scipy import special as mirrored
from ..elementwise import ratio_or_zero
from ..factorisations import inverse

ROOT_PI, ROOT_2PI, ROOT_2 = np.sqrt(np.pi), np.sqrt(2 * np.pi), np.sqrt(2)

# Error functions and their inverses (DLMF 7.2, 7.10)
rule(sp.erf, x=lambda g, x: g * (2 / ROOT_PI * np.exp(-x * x)))
rule(sp.erfc, x=lambda g, x: g * (-2 / ROOT_PI * np.exp(-x * x)))
rule(sp.erfcx, x=lambda g, x, out: g * (2 * x * out - 2 / ROOT_PI))
rule(sp.erfi, x=lambda g, x: g * (2 / ROOT_PI * np.exp(x * x)))
rule(sp.dawsn, x=lambda g, x, out: g * (1 - 2 * x * out))
rule(sp.wofz, x=lambda g, x, out: g * (2j / ROOT_PI - 2 * x * out))
rule(sp.ndtr, x=lambda g, x: g * (np.exp(-x * x / 2) / ROOT_2PI))
rule(sp.log_ndtr, x=lambda g, x, out: g * (np.exp(-x * x / 2 - out) / ROOT_2PI))
rule(sp.ndtri, x=lambda g, out: g * (ROOT_2PI * np.exp(out * out / 2)))
rule(sp.ndtri_exp, x=lambda g, x, out: g * (ROOT_2PI * np.exp(x + out * out / 2)))
rule(sp.erfinv, x=lambda g, out: g * (ROOT_PI / 2 * np.exp(out * out)))
rule(sp.erfcinv, x=lambda g, out: g * (-ROOT_PI / 2 * np.exp(out * out)))
rule(sp.owens_t,
     x1=lambda g, x1, x2: -g * np.exp(-x1 * x1 / 2) * sp.erf(x1 * x2 / ROOT_2) / (2 * ROOT_2PI),
     x2=lambda g, x1, x2: g * np.exp(-x1 * x1 * (1 + x2 * x2) / 2) / (2 * np.pi * (1 + x2 * x2)))  # fmt: skip
rule(sp.voigt_profile,
     x1=lambda g, x1, x2, x3: g * np.real(faddeeva_slope(x1, x2, x3)) / (ROOT_2 * x2),
     x2=lambda g, x1, x2, x3, out: -g * (out + np.real(faddeeva_slope(x1, x2, x3) * faddeeva_at(x1, x2, x3))) / x2,
     x3=lambda g, x1, x2, x3: -g * np.imag(faddeeva_slope(x1, x2, x3)) / (ROOT_2 * x2))  # fmt: skip

# Fresnel integrals (DLMF 7.2(iii)). SciPy's modified ones contradict each other left of 0, so they have no rule.
rule(sp.fresnel, x=lambda g, x: g[0] * np.sin(np.pi / 2 * x * x) + g[1] * np.cos(np.pi / 2 * x * x))

# Exponential, sine and cosine integrals (DLMF 6.2, 8.19). The cosine integrals are -inf at 0, and have slope 0 there,
# so that what comes through the sine integrals alone is right.
rule(sp.expi, x=lambda g, x: g * np.exp(x) / x)
rule(sp.exp1, x=lambda g, x: -g * np.exp(-x) / x)
rule(sp.expn, x2=lambda g, x1, x2: -g * one_order_less(x1, x2))
rule(sp.sici, x=lambda g, x: g[0] * np.sinc(x / np.pi) + g[1] * np.cos(x) * inverse(x))
rule(sp.shichi, x=lambda g, x: g[0] * np.sinc(x * (1j / np.pi)) + g[1] * np.cosh(x) * inverse(x))
rule(sp.spence, x=lambda g, x: -g * sp.hyp2f1(1, 1, 2, 1 - x))  # log(x) / (1 - x), also at 1 (DLMF 25.12, 15.4.1)

# Logistic functions and soft maxima
rule(sp.expit, x=lambda g, x: g * (sp.expit(x) * sp.expit(-x)))
rule(sp.logit, x=lambda g, x: g / (x * (1 - x)))
rule(sp.log_expit, x=lambda g, x: g * sp.expit(-x))
rule(mirrored.logsumexp, a=lambda g, a, out, axis=None, b=None, keepdims=False, return_sign=False:
     logsumexp_cotangent(g, a, out, axis, b, keepdims, return_sign),
     b=lambda g, a, out, axis=None, b=None, keepdims=False, return_sign=False:
     logsumexp_cotangent(g, a, out, axis, b, keepdims, return_sign, by_b=True), broadcasts=True)  # fmt: skip
rule(mirrored.softmax, x=lambda g, out, axis=None: out * (g - np.sum(g * out, axis=axis, keepdims=True)))
rule(mirrored.log_softmax, x=lambda g, out, axis=None: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True))

# Entropies, divergences, losses
rule(sp.xlogy, x1=lambda g, x2: g * np.log(x2), x2=lambda g, x1, x2: g * (x1 / nonzero_beside(x2, x1)))
rule(sp.xlog1py, x1=lambda g, x2: g * np.log1p(x2), x2=lambda g, x1, x2: g * (x1 / nonzero_beside(1 + x2, x1)))
rule(sp.entr, x=lambda g, x: -g * (np.log(x) + 1))
rule(sp.rel_entr, x1=lambda g, x1, x2: g * (np.log(x1 / nonzero_beside(x2, x1)) + 1),
     x2=lambda g, x1, x2: -g * (x1 / nonzero_beside(x2, x1)))  # fmt: skip
rule(sp.kl_div, x1=lambda g, x1, x2: g * np.log(x1 / nonzero_beside(x2, x1)),
     x2=lambda g, x1, x2: g * (1 - x1 / nonzero_beside(x2, x1)))  # fmt: skip
rule(sp.huber, x1=lambda g, x1, x2: g * np.maximum(np.abs(x2) - x1, 0), x2=lambda g, x1, x2: g * np.clip(x2, -x1, x1))
rule(sp.pseudo_huber, x1=lambda g, x1, x2: g * pseudo_huber_slope(x1, x2),
     x2=lambda g, x1, x2: g * x1 * ratio_or_zero(x2, np.hypot(x1, x2)))  # fmt: skip

# Exponentials and powers. (eᵗ - 1) / t and log(1 + t) / t have series at 0, as hypergeometric functions.
rule(sp.exp2, x=lambda g, out: g * (out * np.log(2)))
rule(sp.exp10, x=lambda g, out: g * (out * np.log(10)))
rule(sp.expm1, x=lambda g, out: g * (out + 1))
rule(sp.log1p, x=lambda g, x: g / (1 + x))
rule(sp.cosm1, x=lambda g, x: -g * np.sin(x))
rule(sp.cbrt, x=lambda g, out: g / (3 * out * out))
rule(sp.exprel, x=lambda g, x: g * exprel_slope(x))
rule(sp.powm1, x1=lambda g, x1, x2: g * x2 * x1 ** (x2 - 1), x2=lambda g, x1, x2: g * x1**x2 * np.log(x1))
rule(sp.boxcox, x1=lambda g, x1, x2: g * x1 ** (x2 - 1), x2=lambda g, x1, x2: g * boxcox_slope(np.log(x1), x2))
rule(sp.boxcox1p, x1=lambda g, x1, x2: g * (1 + x1) ** (x2 - 1),
     x2=lambda g, x1, x2: g * boxcox_slope(np.log1p(x1), x2))  # fmt: skip
rule(sp.inv_boxcox, x1=lambda g, x1, x2, out: g * out / (1 + x1 * x2),
     x2=lambda g, x1, x2, out: g * out * unboxcox_slope(x1, x2))  # fmt: skip
rule(sp.inv_boxcox1p, x1=lambda g, x1, x2, out: g * (out + 1) / (1 + x1 * x2),
     x2=lambda g, x1, x2, out: g * (out + 1) * unboxcox_slope(x1, x2))  # fmt: skip
rule(sp.wrightomega, x=lambda g, out: g * (out / (1 + out)))

# Degrees
rule(sp.radian, x1=lambda g: g * (np.pi / 180), x2=lambda g: g * (np.pi / 180 / 60),
     x3=lambda g: g * (np.pi / 180 / 3600))  # fmt: skip
rule(sp.sindg, x=lambda g, x: g * (np.pi / 180) * sp.cosdg(x))
rule(sp.cosdg, x=lambda g, x: -g * (np.pi / 180) * sp.sindg(x))
rule(sp.tandg, x=lambda g, out: g * (np.pi / 180) * (1 + out * out))
rule(sp.cotdg, x=lambda g, out: -g * (np.pi / 180) * (1 + out * out))

non_differentiable(sp.round, sp.gammasgn)


class Probe:
    """Has no number: where a function hands it over to a ufunc, the ufunc itself comes back."""

    def __array_ufunc__(self, ufunc: Any, *args: Any, **kwargs: Any) -> Any:
        return ufunc


lambertw = sp.lambertw(Probe())  # of z, k and the tolerance (DLMF 4.13.4)
rule(lambertw, x1=lambda g, out: g * (np.exp(-out) / (1 + out)))
if hasattr(sp, "softplus") and sp.softplus(Probe()) not in RULES:  # since SciPy 1.17, by np.logaddexp
    rule(sp.softplus(Probe()), x=lambda g, x: g * sp.expit(x))


def faddeeva_at(x: Any, sigma: Any, gamma: Any) -> Any:
    """Return the point z = (x + iγ) / (σ√2) of the Voigt profile Re w(z) / (σ√(2π)) (DLMF 7.19)."""
    return (x + 1j * gamma) / (ROOT_2 * sigma)


def faddeeva_slope(x: Any, sigma: Any, gamma: Any) -> Any:
    """Return w'(z) / (σ√(2π)) at the point of the Voigt profile."""
    z = faddeeva_at(x, sigma, gamma)
    return (2j / ROOT_PI - 2 * z * sp.wofz(z)) / (ROOT_2PI * sigma)


def one_order_less(n: Any, x: Any) -> Any:
    """Return the generalised exponential integral of order n - 1, of order -1 too (DLMF 8.19.2)."""
    return np.where(n == 0, np.exp(-x) * (1 / x + 1 / (x * x)), sp.expn(np.where(n == 0, 0, n - 1), x))


def nonzero_beside(divisor: Any, x: Any) -> Any:
    """Return what x is divided by, with 1 where both are 0: there the quotient is 0."""
    return np.where((divisor == 0) & (x == 0), 1.0, divisor)


def pseudo_huber_slope(delta: Any, r: Any) -> Any:
    """Return the derivative of δ (h - δ) in δ, where h = √(δ² + r²), without differences: r⁴ / (h (h + δ)²)."""
    h = np.hypot(delta, r)
    return r * ratio_or_zero(r, h) * ratio_or_zero(r, h + delta) ** 2


def exprel_slope(t: Any) -> Any:
    """Return the derivative of (eᵗ - 1) / t = 1F1(1; 2; t) (DLMF 13.3.15, 13.6.2)."""
    return 0.5 * sp.hyp1f1(2, 3, t)


def boxcox_slope(log: Any, lmbda: Any) -> Any:
    """Return the derivative of (e^(λL) - 1) / λ in λ: that of L (eᵗ - 1) / t at t = λL."""
    return log * log * exprel_slope(lmbda * log)


def unboxcox_slope(y: Any, lmbda: Any) -> Any:
    """Return the derivative of log(1 + λy) / λ = y 2F1(1, 1; 2; -λy) in λ (DLMF 15.4.1, 15.5.1)."""
    return -0.5 * y * y * sp.hyp2f1(2, 2, 3, -lmbda * y)


def logsumexp_cotangent(
    g: Any, a: Any, out: Any, axis: Any, b: Any, keepdims: bool, return_sign: bool, by_b: bool = False
) -> Any:
    """Return g b exp(a - log|s|) / sign(s) for s = Σ b exp(a); of a sum that is 0, where the logarithm is -inf, 0.

    In b it is the same without the factor b. The sign of a complex sum turns with its phase.
    """
    log, sign = out if return_sign else (out, 1.0)
    g = g[0] + (1j * np.imag(g[1] * sign) if np.iscomplexobj(sign) else 0) if return_sign else g
    if not keepdims:
        ndim = np.ndim(a) if b is None else max(np.ndim(a), np.ndim(b))
        axes = tuple(range(ndim)) if axis is None else axis
        g, log = np.expand_dims(g, axes), np.expand_dims(log, axes)
        sign = np.expand_dims(sign, axes) if return_sign else sign
    nothing = np.real(log) == -np.inf
    share = np.exp(a - np.where(nothing, np.inf, log)) / np.where(sign == 0, 1, sign)
    return g * share if b is None else g * (share * (np.ones_like(b) if by_b else b))
