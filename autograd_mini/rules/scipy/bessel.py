"""Rules of `scipy.special`: Bessel, Airy, Kelvin and Struve functions, and integrals of them.

Sections are those of the DLMF. The order has no line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...registry import rule
from ...scipy import special as mirrored

# Of any order: the mean of the neighbours (DLMF 10.6.1, 10.29.1)
rule(sp.jv, x2=lambda g, x1, x2: g * 0.5 * (sp.jv(x1 - 1, x2) - sp.jv(x1 + 1, x2)))
rule(sp.yv, x2=lambda g, x1, x2: g * 0.5 * (sp.yv(x1 - 1, x2) - sp.yv(x1 + 1, x2)))
rule(sp.yn, x2=lambda g, x1, x2: g * 0.5 * (sp.yn(x1 - 1, x2) - sp.yn(x1 + 1, x2)))
rule(sp.iv, x2=lambda g, x1, x2: g * 0.5 * (sp.iv(x1 - 1, x2) + sp.iv(x1 + 1, x2)))
rule(sp.kv, x2=lambda g, x1, x2: g * -0.5 * (sp.kv(x1 - 1, x2) + sp.kv(x1 + 1, x2)))
rule(sp.kn, x2=lambda g, x1, x2: g * -0.5 * (sp.kn(x1 - 1, x2) + sp.kn(x1 + 1, x2)))
rule(sp.hankel1, x2=lambda g, x1, x2: g * 0.5 * (sp.hankel1(x1 - 1, x2) - sp.hankel1(x1 + 1, x2)))
rule(sp.hankel2, x2=lambda g, x1, x2: g * 0.5 * (sp.hankel2(x1 - 1, x2) - sp.hankel2(x1 + 1, x2)))
# Scaled: by exp(-|Im z|), exp(-|Re z|), exp(z), exp(∓iz)
rule(sp.jve, x2=lambda g, x1, x2, out:
     g * 0.5 * (sp.jve(x1 - 1, x2) - sp.jve(x1 + 1, x2)) + by_imag(g * out, x2))  # fmt: skip
rule(sp.yve, x2=lambda g, x1, x2, out:
     g * 0.5 * (sp.yve(x1 - 1, x2) - sp.yve(x1 + 1, x2)) + by_imag(g * out, x2))  # fmt: skip
rule(sp.ive, x2=lambda g, x1, x2, out:
     g * 0.5 * (sp.ive(x1 - 1, x2) + sp.ive(x1 + 1, x2)) - np.real(g * out) * np.sign(np.real(x2)))  # fmt: skip
rule(sp.kve, x2=lambda g, x1, x2, out: g * (out - 0.5 * (sp.kve(x1 - 1, x2) + sp.kve(x1 + 1, x2))))
rule(sp.hankel1e, x2=lambda g, x1, x2, out:
     g * (0.5 * (sp.hankel1e(x1 - 1, x2) - sp.hankel1e(x1 + 1, x2)) - 1j * out))  # fmt: skip
rule(sp.hankel2e, x2=lambda g, x1, x2, out:
     g * (0.5 * (sp.hankel2e(x1 - 1, x2) - sp.hankel2e(x1 + 1, x2)) + 1j * out))  # fmt: skip

# Of orders 0 and 1
rule(sp.j0, x=lambda g, x: -g * sp.j1(x))
rule(sp.j1, x=lambda g, x: g * 0.5 * (sp.j0(x) - sp.jv(2, x)))
rule(sp.y0, x=lambda g, x: -g * sp.y1(x))
rule(sp.y1, x=lambda g, x: g * 0.5 * (sp.y0(x) - sp.yn(2, x)))
rule(sp.i0, x=lambda g, x: g * sp.i1(x))
rule(sp.i1, x=lambda g, x: g * 0.5 * (sp.i0(x) + sp.iv(2, x)))
rule(sp.i0e, x=lambda g, x, out: g * (sp.i1e(x) - np.sign(x) * out))
rule(sp.i1e, x=lambda g, x, out: g * (0.5 * (sp.i0e(x) + sp.ive(2, x)) - np.sign(x) * out))
rule(sp.k0, x=lambda g, x: -g * sp.k1(x))
rule(sp.k1, x=lambda g, x: g * -0.5 * (sp.k0(x) + sp.kn(2, x)))
rule(sp.k0e, x=lambda g, x, out: g * (out - sp.k1e(x)))
rule(sp.k1e, x=lambda g, x, out: g * (out - 0.5 * (sp.k0e(x) + sp.kve(2, x))))

# Spherical (DLMF 10.51.2, 10.51.5)
rule(mirrored.spherical_jn, broadcasts=True, z=lambda g, n, z, derivative=False:
     g * spherical_slope(mirrored.spherical_jn, n, z, derivative, 1, -1))  # fmt: skip
rule(mirrored.spherical_yn, broadcasts=True, z=lambda g, n, z, derivative=False:
     g * spherical_slope(mirrored.spherical_yn, n, z, derivative, 1, -1))  # fmt: skip
rule(mirrored.spherical_in, broadcasts=True, z=lambda g, n, z, derivative=False:
     g * spherical_slope(mirrored.spherical_in, n, z, derivative, 1, 1))  # fmt: skip
rule(mirrored.spherical_kn, broadcasts=True, z=lambda g, n, z, derivative=False:
     g * spherical_slope(mirrored.spherical_kn, n, z, derivative, -1, -1))  # fmt: skip

# Airy functions and their slopes: w'' = z w (DLMF 9.2); scaled by exp(ζ) and exp(-|Re ζ|) with ζ = 2/3 z^(3/2)
rule(sp.airy, x=lambda g, x, out: g[0] * out[1] + g[1] * x * out[0] + g[2] * out[3] + g[3] * x * out[2])
rule(sp.airye, x=lambda g, x, out: airye_cotangent(g, x, out))

# Kelvin functions and their slopes: w'' = -w' / x ± i w for ber + i bei (DLMF 10.61)
rule(sp.ber, x=lambda g, x: g * sp.berp(x))
rule(sp.bei, x=lambda g, x: g * sp.beip(x))
rule(sp.ker, x=lambda g, x: g * sp.kerp(x))
rule(sp.kei, x=lambda g, x: g * sp.keip(x))
rule(sp.berp, x=lambda g, x, out: g * (-over(x, out, 0.0) - sp.bei(x)))
rule(sp.beip, x=lambda g, x, out: g * (sp.ber(x) - over(x, out, 0.5)))
rule(sp.kerp, x=lambda g, x, out: g * (-out / x - sp.kei(x)))
rule(sp.keip, x=lambda g, x, out: g * (-out / x + sp.ker(x)))
rule(sp.kelvin, x=lambda g, x, out: g[0] * out[2] + g[2] * (1j * out[0] - out[2] / x)
     + g[1] * out[3] + g[3] * (1j * out[1] - out[3] / x))  # fmt: skip

# Struve functions (DLMF 11.4.23, 11.4.25, 11.4.27, 11.4.28). Of order 0, the second derivative at 0 is NaN.
rule(sp.struve, x2=lambda g, x1, x2:
     g * 0.5 * (sp.struve(x1 - 1, x2) - sp.struve(x1 + 1, x2) + struve_term(x1, x2)))  # fmt: skip
rule(sp.modstruve, x2=lambda g, x1, x2:
     g * 0.5 * (sp.modstruve(x1 - 1, x2) + sp.modstruve(x1 + 1, x2) + struve_term(x1, x2)))  # fmt: skip

# Integrals: the slope is what is integrated. That of the Airy functions is left out: SciPy has it to five digits.
rule(sp.itj0y0, x=lambda g, x: g[0] * sp.j0(x) + g[1] * sp.y0(x))
rule(sp.iti0k0, x=lambda g, x: g[0] * sp.i0(x) + g[1] * sp.k0(x))
rule(sp.it2j0y0, x=lambda g, x: (g[0] * (1 - sp.j0(x)) - g[1] * sp.y0(x)) / x)
rule(sp.it2i0k0, x=lambda g, x: (g[0] * (sp.i0(x) - 1) - g[1] * sp.k0(x)) / x)
rule(sp.itstruve0, x=lambda g, x: g * sp.struve(0, x))
rule(sp.it2struve0, x=lambda g, x: -g * over(x, sp.struve(0, x), 2 / np.pi))
rule(sp.itmodstruve0, x=lambda g, x: g * sp.modstruve(0, x))


def over(x: Any, y: Any, at_zero: float) -> Any:
    """Return y / x, and its limit where x is 0."""
    return np.where(x == 0, at_zero, y / np.where(x == 0, 1.0, x))


def by_imag(g: Any, z: Any) -> Any:
    """Return the cotangent that reaches z through the factor exp(-|Im z|), for real numbers 0."""
    return 1j * np.real(g) * np.sign(np.imag(z)) if np.iscomplexobj(z) else 0


def spherical_slope(f: Any, n: Any, z: Any, derivative: bool, first: int, second: int) -> Any:
    """Return (± n f_(n-1) ± (n + 1) f_(n+1)) / (2n + 1), of the function or of its derivative."""
    before, after = f(np.maximum(n - 1, 0), z, derivative), f(n + 1, z, derivative)
    return (first * n * before + second * (n + 1) * after) / (2 * n + 1)


def airye_cotangent(g: Any, z: Any, out: Any) -> Any:
    """Return the cotangent of the scaled Airy functions; a real z < 0 has the second pair alone, not scaled there."""
    ai, aip, bi, bip = out
    holomorphic = g[2] * bip + g[3] * z * bi
    if np.iscomplexobj(z):
        root = np.sqrt(z)
        shrunk = np.sign(np.real(z * root)) * np.real(g[2] * bi + g[3] * bip)
    else:
        root = np.sqrt(np.maximum(z, 0))
        shrunk = g[2] * bi + g[3] * bip
        ai, aip = np.where(z < 0, 0, ai), np.where(z < 0, 0, aip)
    return holomorphic - shrunk * root + g[0] * (aip + root * ai) + g[1] * (z * ai + root * aip)


def struve_term(v: Any, x: Any) -> Any:
    """Return (x/2)ᵛ / (√π Γ(v + 3/2))."""
    return (x / 2) ** v * (sp.rgamma(v + 1.5) / np.sqrt(np.pi))
