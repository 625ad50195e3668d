"""Rules of `scipy.special`: orthogonal polynomials in x, and the functions that belong to them.

The derivative of a classical orthogonal polynomial is one of degree n - 1 (DLMF 18.9(iii)). The degree has no line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...registry import rule

# Jacobi's polynomials; Legendre's and Chebyshev's among them. U_n is the ultraspherical polynomial of parameter 1.
rule(sp.eval_jacobi, x4=lambda g, x1, x2, x3, x4:
     g * (x1 > 0) * (0.5 * (x1 + x2 + x3 + 1)) * sp.eval_jacobi(below(x1), x2 + 1, x3 + 1, x4))  # fmt: skip
rule(sp.eval_legendre, x2=lambda g, x1, x2: g * legendre_slope(x1, x2))
rule(sp.eval_gegenbauer, x3=lambda g, x1, x2, x3: g * (x1 > 0) * 2 * x2 * sp.eval_gegenbauer(below(x1), x2 + 1, x3))
rule(sp.eval_chebyt, x2=lambda g, x1, x2: g * x1 * sp.eval_chebyu(below(x1), x2))
rule(sp.eval_chebyu, x2=lambda g, x1, x2: g * chebyu_slope(x1, x2))
# The same of x / 2, and shifted to 0 < x < 1
rule(sp.eval_chebyc, x2=lambda g, x1, x2: g * x1 * sp.eval_chebyu(below(x1), x2 / 2))
rule(sp.eval_chebys, x2=lambda g, x1, x2: g * 0.5 * chebyu_slope(x1, x2 / 2))
rule(sp.eval_sh_chebyt, x2=lambda g, x1, x2: g * 2 * x1 * sp.eval_chebyu(below(x1), 2 * x2 - 1))
rule(sp.eval_sh_chebyu, x2=lambda g, x1, x2: g * 2 * chebyu_slope(x1, 2 * x2 - 1))
rule(sp.eval_sh_legendre, x2=lambda g, x1, x2: g * 2 * legendre_slope(x1, 2 * x2 - 1))
rule(sp.eval_sh_jacobi, x4=lambda g, x1, x2, x3, x4:
     g * x1 * sp.eval_sh_jacobi(below(x1), x2 + 2, x3 + 1, x4))  # fmt: skip
# Laguerre's and Hermite's
rule(sp.eval_laguerre, x2=lambda g, x1, x2: -g * (x1 > 0) * sp.eval_genlaguerre(below(x1), 1.0, x2))
rule(sp.eval_genlaguerre, x3=lambda g, x1, x2, x3: -g * (x1 > 0) * sp.eval_genlaguerre(below(x1), x2 + 1, x3))
rule(sp.eval_hermite, x2=lambda g, x1, x2: g * 2 * x1 * sp.eval_hermite(below(x1), x2))
rule(sp.eval_hermitenorm, x2=lambda g, x1, x2: g * x1 * sp.eval_hermitenorm(below(x1), x2))

# Associated Legendre functions (DLMF 14.10.5), parabolic cylinder functions (DLMF 12.2): a function and its slope
rule(sp.lpmv, x3=lambda g, x1, x2, x3, out:
     g * ((x2 + 1) * x3 * out - (x2 - x1 + 1) * sp.lpmv(x1, x2 + 1, x3)) / (1 - x3 * x3))  # fmt: skip
rule(sp.pbdv, x2=lambda g, x1, x2, out: g[0] * out[1] + g[1] * (x2 * x2 / 4 - x1 - 0.5) * out[0])
rule(sp.pbvv, x2=lambda g, x1, x2, out: g[0] * out[1] + g[1] * (x2 * x2 / 4 - x1 - 0.5) * out[0])
rule(sp.pbwa, x2=lambda g, x1, x2, out: g[0] * out[1] + g[1] * (x1 - x2 * x2 / 4) * out[0])


def below(n: Any) -> Any:
    """Return the degree of the derivative; of a constant it is multiplied by 0."""
    return np.where(n == 0, 0, n - 1)


def legendre_slope(n: Any, x: Any) -> Any:
    """Return the derivative of Legendre's polynomial, as a Jacobi polynomial: also right at -1 and 1."""
    return (n > 0) * (0.5 * (n + 1)) * sp.eval_jacobi(below(n), 1.0, 1.0, x)


def chebyu_slope(n: Any, x: Any) -> Any:
    """Return the derivative of Chebyshev's polynomial of the second kind: also right at -1 and 1."""
    return (n > 0) * 2.0 * sp.eval_gegenbauer(below(n), 2.0, x)
