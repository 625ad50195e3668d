"""Sample calls of `scipy.special`: each function where it is smooth, with the arguments that have a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.special as sp
from case import Case, distinct, split_complex, uniform

from autograd_mini.rules.scipy.gamma import hurwitz_zeta
from autograd_mini.rules.scipy.special import lambertw
from autograd_mini.scipy import special

REAL, COMPLEX = True, False
Range = tuple[float, float]

# Functions of one argument, by the range of it and whether SciPy has them for real numbers only
ONE: list[tuple[Range, bool, list[Any]]] = [
    ((-1.2, 1.2), COMPLEX, [sp.erf, sp.erfc, sp.erfcx, sp.erfi, sp.dawsn, sp.wofz, sp.ndtr, sp.log_ndtr, sp.fresnel]),
    ((-0.8, 0.8), REAL, [sp.erfinv]),
    ((-1.5, 1.5), REAL, [sp.cosm1, sp.exprel, sp.exp2, sp.exp10, sp.log_expit]),
    ((-1.5, 1.5), COMPLEX, [sp.expm1, sp.wrightomega, sp.airy, sp.hyp0f1]),
    ((-3.0, 3.0), REAL, [sp.expit]),
    ((0.1, 0.9), REAL, [sp.ndtri, sp.logit, sp.entr, sp.ellipk, sp.ellipe]),
    ((0.2, 1.7), REAL, [sp.erfcinv, sp.ellipkm1]),
    ((-3.0, -0.2), REAL, [sp.ndtri_exp, sp.ellipk, sp.ellipe, sp.gammaln]),
    ((0.3, 2.5), COMPLEX, [sp.expi, sp.exp1, sp.sici, sp.shichi, sp.spence, sp.log1p, lambertw]),
    ((-0.9, -0.1), COMPLEX, [sp.gamma, sp.rgamma, sp.psi]),
    ((0.6, 3.5), COMPLEX, [sp.gamma, sp.loggamma, sp.rgamma, sp.psi]),
    ((0.3, 3.5), REAL, [sp.gammaln, sp.cbrt, sp.kolmogorov]),
    ((0.1, 0.9), REAL, [sp.kolmogi]),
    ((0.3, 4.0), REAL, [sp.j0, sp.j1, sp.y0, sp.y1, sp.i0, sp.i1, sp.i0e, sp.i1e, sp.k0, sp.k1, sp.k0e, sp.k1e]),
    ((-4.0, -0.3), REAL, [sp.j1, sp.i0e, sp.i1e, sp.cbrt]),
    ((0.4, 3.0), REAL, [sp.ber, sp.bei, sp.ker, sp.kei, sp.berp, sp.beip, sp.kerp, sp.keip]),
    ((0.4, 3.0), COMPLEX, [sp.airye]),
    ((0.5, 3.0), REAL, [sp.kelvin, sp.itj0y0, sp.iti0k0, sp.it2j0y0, sp.it2i0k0]),
    ((0.5, 3.0), REAL, [sp.itstruve0, sp.it2struve0, sp.itmodstruve0]),
    ((-70.0, 70.0), REAL, [sp.sindg, sp.cosdg, sp.tandg]),
    ((10.0, 70.0), REAL, [sp.cotdg]),
]

# Functions of several arguments: ranges, or what is fixed; those that are differentiated are marked by their place
MORE: list[tuple[Any, list[Any], tuple[int, ...], bool]] = [
    (sp.owens_t, [(-1.5, 1.5), (-1.5, 1.5)], (0, 1), REAL),
    (sp.expn, [np.array([0, 1, 2, 4]), (0.3, 2.0)], (1,), REAL),
    (sp.xlogy, [(0.3, 2.0), (0.3, 2.0)], (0, 1), COMPLEX),
    (sp.xlog1py, [(0.3, 2.0), (-0.6, 2.0)], (0, 1), COMPLEX),
    (sp.rel_entr, [(0.3, 2.0), (0.3, 2.0)], (0, 1), REAL),
    (sp.kl_div, [(0.3, 2.0), (0.3, 2.0)], (0, 1), REAL),
    (sp.huber, [(0.3, 0.6), (0.8, 2.0)], (0, 1), REAL),
    (sp.huber, [(0.8, 1.6), (-0.6, 0.6)], (0, 1), REAL),
    (sp.pseudo_huber, [(0.3, 2.0), (-2.0, 2.0)], (0, 1), REAL),
    (sp.powm1, [(0.3, 2.0), (-2.0, 2.0)], (0, 1), REAL),
    (sp.boxcox, [(0.3, 2.0), (-2.0, 2.0)], (0, 1), REAL),
    (sp.boxcox, [(0.3, 2.0), 0.0], (0,), REAL),
    (sp.boxcox1p, [(-0.6, 2.0), (-2.0, 2.0)], (0, 1), REAL),
    (sp.inv_boxcox, [(-0.6, 0.6), (-1.2, 1.2)], (0, 1), REAL),
    (sp.inv_boxcox1p, [(-0.6, 0.6), (-1.2, 1.2)], (0, 1), REAL),
    (sp.radian, [(-2.0, 2.0), (-2.0, 2.0), (-2.0, 2.0)], (0, 1, 2), REAL),
    (hurwitz_zeta, [2.5, (0.3, 2.0)], (1,), REAL),
    (sp.beta, [(0.3, 2.0), (0.3, 2.0)], (0, 1), REAL),
    (sp.betaln, [(0.3, 2.0), (0.3, 2.0)], (0, 1), REAL),
    (sp.binom, [(3.1, 5.0), (0.3, 2.6)], (0, 1), REAL),
    *[(f, [1.7, (0.3, 3.0)], (1,), REAL) for f in (sp.gammainc, sp.gammaincc)],
    *[(f, [1.7, (0.1, 0.9)], (1,), REAL) for f in (sp.gammaincinv, sp.gammainccinv)],
    *[(f, [1.7, 0.8, (0.1, 0.9)], (2,), REAL) for f in (sp.betainc, sp.betaincc, sp.betaincinv, sp.betainccinv)],
    (sp.hyp0f1, [1.3, (-1.5, 1.5)], (1,), COMPLEX),
    (sp.hyp1f1, [0.7, 1.3, (-1.5, 1.5)], (2,), COMPLEX),
    (sp.hyp2f1, [0.7, -1.4, 1.3, (-0.9, 0.7)], (3,), COMPLEX),
    (sp.hyperu, [0.7, 1.3, (0.4, 2.0)], (2,), REAL),
    (sp.wright_bessel, [0.7, 1.3, (0.4, 2.0)], (2,), REAL),
    # Bessel and Struve functions
    *[(f, [np.array([0.0, 0.6, 2.0]), (0.4, 3.0)], (1,), COMPLEX) for f in (
        sp.jv, sp.yv, sp.iv, sp.kv, sp.jve, sp.yve, sp.ive, sp.kve, sp.hankel1, sp.hankel2, sp.hankel1e, sp.hankel2e)],
    *[(f, [np.array([0, 1, 3]), (0.4, 3.0)], (1,), REAL) for f in (sp.yn, sp.kn)],
    *[(f, [np.array([0.6, 1.0, 2.0]), (0.4, 3.0)], (1,), REAL) for f in (sp.struve, sp.modstruve)],
    # Elliptic integrals and functions, Mathieu functions
    (sp.agm, [(0.3, 2.0), (0.3, 2.0)], (0, 1), REAL),
    (sp.ellipkinc, [(-1.4, 1.4), (0.1, 0.8)], (0,), REAL),
    (sp.ellipkinc, [(2.0, 4.0), (-2.0, -0.1)], (0,), REAL),
    (sp.ellipeinc, [(-1.4, 1.4), (0.1, 0.8)], (0,), REAL),
    (sp.ellipeinc, [(2.0, 4.0), (-2.0, -0.1)], (0,), REAL),
    (sp.ellipj, [(-1.4, 1.4), (0.1, 0.8)], (0,), REAL),
    *[(f, [2, np.array(0.7), (20.0, 70.0)], (2,), REAL) for f in (sp.mathieu_cem, sp.mathieu_sem)],
    # Distributions
    *[(f, [3.0, (0.5, 4.0)], (1,), REAL) for f in (sp.chdtr, sp.chdtrc)],
    (sp.chdtri, [3.0, (0.1, 0.9)], (1,), REAL),
    (sp.chndtr, [(0.5, 4.0), 3.0, (0.4, 2.0)], (0, 2), REAL),
    *[(f, [3.0, 5.0, (0.5, 4.0)], (2,), REAL) for f in (sp.fdtr, sp.fdtrc)],
    (sp.fdtri, [3.0, 5.0, (0.2, 0.8)], (2,), REAL),
    (sp.stdtr, [3.0, (-2.0, 2.0)], (1,), REAL),
    (sp.stdtrit, [3.0, (0.1, 0.3)], (1,), REAL),
    (sp.gdtrix, [(0.5, 2.0), 2.3, (0.2, 0.8)], (0, 2), REAL),
    (sp.gdtria, [(0.2, 0.8), 2.3, (0.5, 2.0)], (0, 2), REAL),
    (sp.bdtri, [2.0, np.array(5), (0.2, 0.8)], (2,), REAL),
    *[(f, [2, 5, (0.2, 0.8)], (2,), REAL) for f in (sp.nbdtr, sp.nbdtrc, sp.nbdtri)],
    *[(f, [2.0, (0.5, 4.0)], (1,), REAL) for f in (sp.pdtr, sp.pdtrc)],
    (sp.pdtri, [2, (0.2, 0.8)], (1,), REAL),
    (sp.nrdtrimn, [(0.6, 0.9), (0.5, 2.0), (-1.0, 1.0)], (0, 1, 2), REAL),
    (sp.nrdtrisd, [(-1.0, 0.0), (0.6, 0.9), (0.5, 2.0)], (0, 1, 2), REAL),
    # Orthogonal polynomials and what belongs to them
    (sp.eval_jacobi, [np.arange(4), 0.5, 1.5, (-0.9, 0.9)], (3,), COMPLEX),
    (sp.eval_sh_jacobi, [np.arange(4), 2.5, 1.5, (0.1, 0.9)], (3,), COMPLEX),
    (sp.eval_gegenbauer, [np.arange(4), 0.7, (-0.9, 0.9)], (2,), COMPLEX),
    (sp.eval_genlaguerre, [np.arange(4), 0.7, (0.2, 2.0)], (2,), COMPLEX),
    *[(f, [np.arange(4), (-0.9, 0.9)], (1,), COMPLEX) for f in (
        sp.eval_legendre, sp.eval_chebyt, sp.eval_chebyu, sp.eval_chebyc, sp.eval_chebys, sp.eval_laguerre,
        sp.eval_sh_legendre, sp.eval_sh_chebyt, sp.eval_sh_chebyu)],
    *[(f, [np.arange(4), (-0.9, 0.9)], (1,), REAL) for f in (sp.eval_hermite, sp.eval_hermitenorm)],
    (sp.eval_legendre, [2.3, (-0.9, 0.9)], (1,), COMPLEX),
    (sp.lpmv, [1, 3.0, (-0.9, 0.9)], (2,), REAL),
    *[(f, [1.3, (-1.5, 1.5)], (1,), REAL) for f in (sp.pbdv, sp.pbvv)],
    (sp.pbwa, [1.3, (0.3, 1.5)], (1,), REAL),
]  # fmt: skip


def arguments(ranges: list[Any], varied: int) -> tuple[Any, ...]:
    """Return numbers drawn from the ranges: rows for one of them, a column for the others, so that all broadcast."""
    count = max([x.size for x in ranges if isinstance(x, np.ndarray)], default=3)
    return tuple(
        uniform(*((count,) if i == varied else (2, 1)), low=x[0], high=x[1], seed=i) if isinstance(x, tuple) else x
        for i, x in enumerate(ranges)
    )


def beyond(function: Any, *steps: float) -> Any:
    """Return a function of arguments that are raised by a step: away from where it, or its slope, ends."""
    return lambda *args: function(*(x + step for x, step in zip(args, steps, strict=True)))


def ufuncs() -> Iterator[Case]:
    """Functions that Values reach by themselves."""
    for (low, high), real, functions in ONE:
        for function in functions:
            if function.nin == 1:
                yield Case(function, (uniform(3, low=low, high=high),), real_only=real)
                yield Case(function, (uniform(low=low, high=high, seed=1),), real_only=real)
    for function, ranges, wrt, real in MORE:
        yield Case(function, arguments(ranges, wrt[0]), wrt=wrt, real_only=real)
    a, b = uniform(2, 1, low=-0.2, high=1.0), uniform(3, low=-0.2, high=1.0)
    yield Case(sp.voigt_profile, (b, a, a), {}, (0, 1, 2), True, beyond(sp.voigt_profile, 0.0, 0.6, 0.6))
    for function in (sp.gdtr, sp.gdtrc):
        yield Case(function, (b, 2.3, a), {}, (0, 2), True, beyond(function, 0.6, 0.0, 0.6))
    yield Case(sp.poch, (b, a), {}, (0, 1), True, beyond(sp.poch, 0.0, 0.6))
    for function in (sp.bdtr, sp.bdtrc):
        yield Case(function, (2.0, np.array(5), a), {}, (2,), True, lambda k, n, p, f=function: f(k, n, 0.3 + 0.4 * p))
    yield Case(lambertw, (uniform(3, low=0.3), np.array([0, 1, -1]), 1e-8), real_only=False)
    if hasattr(sp, "log_wright_bessel"):
        yield Case(sp.log_wright_bessel, (0.7, 1.3, uniform(3, low=0.4)), wrt=(2,), real_only=True)


def others() -> Iterator[Case]:
    """Functions that have a namesake for Values."""
    for n in (0, 2):
        yield Case(special.polygamma, (n, uniform(3, low=0.3, high=3.0)), wrt=(1,), real_only=True)
    yield Case(special.multigammaln, (uniform(), 3), {}, (0,), True, lambda a, d: special.multigammaln(a + 4, d))
    for f in (special.spherical_jn, special.spherical_yn, special.spherical_in, special.spherical_kn):
        for derivative in (False, True):
            yield Case(f, (np.arange(3), uniform(3, low=0.5, high=3.0), derivative), wrt=(1,))
    a, b = distinct(2, 3), uniform(2, 3, low=0.2)
    for options in ({}, {"axis": 1}, {"axis": (0, -1), "keepdims": True}):
        yield Case(special.logsumexp, (a,), options)
        yield Case(special.logsumexp, (a,), {**options, "b": b}, wrt=(0, "b"))
        yield Case(special.softmax, (a,), {"axis": options.get("axis")})
        yield Case(special.log_softmax, (a,), {"axis": options.get("axis")})
    yield Case(special.logsumexp, (uniform(3), 0, b[:, :1], True), wrt=(0, 2))
    yield Case(special.logsumexp, (a,), {"b": -b, "return_sign": True, "axis": 0}, wrt=(0, "b"))
    yield Case(special.logsumexp, (split_complex(a),), {"return_sign": True, "axis": 0})


CASES = [*ufuncs(), *others()]
