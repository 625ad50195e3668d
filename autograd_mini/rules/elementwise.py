"""Rules of elementwise functions: ufuncs, where, clip.

Kinks and ties: `maximum` and `minimum` share a tie equally, and where one of both is NaN, both get the cotangent;
`abs` and `sign` have slope 0 at 0; `relu` has slope 0 at 0. The cotangent that enters an untaken branch of `where` is
exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..primitives import cast, relu, sigmoid
from ..registry import PLAIN, REAL_ONLY, non_differentiable, prepared, rule

# Arithmetic
rule(np.add, x1=lambda g: g, x2=lambda g: g)
rule(np.subtract, x1=lambda g: g, x2=lambda g: -g)
rule(np.multiply, x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)
rule(np.true_divide, x1=lambda g, x2: g / x2, x2=lambda g, x2, out: -g * out / x2)
rule(np.power, x1=lambda g, x1, x2: g * power_slope(x1, x2), x2=lambda g, x1, out: g * out * log_or_zero(x1))
rule(np.float_power, x1=lambda g, x1, x2: g * power_slope(x1, x2), x2=lambda g, x1, out: g * out * log_or_zero(x1))
rule(np.remainder, x1=lambda g: g, x2=lambda g, x1, x2: -g * np.floor_divide(x1, x2))
rule(np.fmod, x1=lambda g: g, x2=lambda g, x1, x2: -g * np.trunc(x1 / x2))
rule(np.negative, x=lambda g: -g)
rule(np.positive, x=lambda g: g)
rule(np.reciprocal, x=lambda g, out: -g * out * out)
rule(np.square, x=lambda g, x: g * (2 * x))
rule(np.sqrt, x=lambda g, out: g / (2 * out))
rule(np.cbrt, x=lambda g, out: g / (3 * out * out))
rule(np.hypot, x1=lambda g, x1, out: g * ratio_or_zero(x1, out), x2=lambda g, x2, out: g * ratio_or_zero(x2, out))

# Exponentials and logarithms
rule(np.exp, x=lambda g, out: g * out)
rule(np.exp2, x=lambda g, out: g * (out * np.log(2.0)))
rule(np.expm1, x=lambda g, out: g * (out + 1))
rule(np.log, x=lambda g, x: g / x)
rule(np.log2, x=lambda g, x: g / (x * np.log(2.0)))
rule(np.log10, x=lambda g, x: g / (x * np.log(10.0)))
rule(np.log1p, x=lambda g, x: g / (1 + x))
rule(np.logaddexp, x1=lambda g, x1, out: g * np.exp(x1 - or_zero(out)),
     x2=lambda g, x2, out: g * np.exp(x2 - or_zero(out)))  # fmt: skip
rule(np.logaddexp2, x1=lambda g, x1, out: g * np.exp2(x1 - or_zero(out)),
     x2=lambda g, x2, out: g * np.exp2(x2 - or_zero(out)))  # fmt: skip

# Trigonometric and hyperbolic functions
rule(np.sin, x=lambda g, x: g * np.cos(x))
rule(np.cos, x=lambda g, x: -g * np.sin(x))
rule(np.tan, x=lambda g, out: g * (1 + out * out))
rule(np.arcsin, x=lambda g, x: g / other_leg(x))
rule(np.arccos, x=lambda g, x: -g / other_leg(x))
rule(np.arctan, x=lambda g, x: g / (1 + x * x))
rule(np.arctan2, x1=lambda g, x1, x2: g * x2 / (x1 * x1 + x2 * x2), x2=lambda g, x1, x2: -g * x1 / (x1 * x1 + x2 * x2))
rule(np.sinh, x=lambda g, x: g * np.cosh(x))
rule(np.cosh, x=lambda g, x: g * np.sinh(x))
rule(np.tanh, x=lambda g, out: g * (1.0 - out * out))  # 1.0: a float is quicker here than 1
rule(np.arcsinh, x=lambda g, x: g / np.sqrt(1 + x * x))
rule(np.arccosh, x=lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
rule(np.arctanh, x=lambda g, x: g / ((1 - x) * (1 + x)))
rule(np.deg2rad, x=lambda g: g * (np.pi / 180))
rule(np.radians, x=lambda g: g * (np.pi / 180))
rule(np.rad2deg, x=lambda g: g * (180 / np.pi))
rule(np.degrees, x=lambda g: g * (180 / np.pi))
rule(np.i0, "x", x=lambda g, x: g * i1(x))
rule(np.sinc, x=lambda g, x: g * sinc_slope(x))

# Kinks and selections
rule(np.absolute, x=lambda g, x: g * direction(x))
rule(np.fabs, x=lambda g, x: g * np.sign(x))
rule(np.maximum, x1=lambda g, x1, x2: g * share(~(x1 <= x2), x1 == x2),
     x2=lambda g, x1, x2: g * share(~(x2 <= x1), x1 == x2))  # fmt: skip
rule(np.minimum, x1=lambda g, x1, x2: g * share(~(x1 >= x2), x1 == x2),
     x2=lambda g, x1, x2: g * share(~(x2 >= x1), x1 == x2))  # fmt: skip
rule(np.fmax, x1=lambda g, x1, x2: g * share(~(x1 <= x2) & ~np.isnan(x1), x1 == x2),
     x2=lambda g, x1, x2: g * share(~(x2 <= x1) & ~np.isnan(x2), x1 == x2))  # fmt: skip
rule(np.fmin, x1=lambda g, x1, x2: g * share(~(x1 >= x2) & ~np.isnan(x1), x1 == x2),
     x2=lambda g, x1, x2: g * share(~(x2 >= x1) & ~np.isnan(x2), x1 == x2))  # fmt: skip
rule(np.copysign, x1=lambda g, x1, x2: g * np.sign(x1) * np.copysign(1.0, x2), x2=None)
rule(np.where, "condition x y", broadcasts=True, condition=None,
     x=lambda g, condition: np.where(condition, g, 0), y=lambda g, condition: np.where(condition, 0, g))  # fmt: skip
rule(np.clip, "a a_min a_max out min max", broadcasts=True,
     a=lambda g, a, a_min=None, a_max=None, min=None, max=None: g * inside(a, first(a_min, min), first(a_max, max)),
     a_min=lambda g, a, a_min, a_max=None: g * below(a, a_min, a_max),
     a_max=lambda g, a, a_max, a_min=None: g * above(a, a_min, a_max),
     min=lambda g, a, min, max=None: g * below(a, min, max),
     max=lambda g, a, max, min=None: g * above(a, min, max))  # fmt: skip
rule(np.nan_to_num, "x copy nan posinf neginf", broadcasts=True,
     x=lambda g, x: where_finite(g, x),
     nan=lambda g, x: g * parts_where(x, np.isnan),
     posinf=lambda g, x: g * parts_where(x, lambda part: part == np.inf),
     neginf=lambda g, x: g * parts_where(x, lambda part: part == -np.inf))  # fmt: skip


@prepared(np.nan_to_num)
def filled_in_a_copy(x: Any, copy: bool = True, *fills: Any, **named: Any) -> Any:
    """Refuse to write the numbers into the argument."""
    if not copy:
        raise InvalidInput(
            "np.nan_to_num with copy=False and a Value",
            "writing into it would no longer match what was recorded",
            "v = np.nan_to_num(v)",
        )
    return (x, copy, *fills), named


# Parts of numbers
rule(np.modf, x=lambda g: g[0])
rule(np.divmod, x1=lambda g: g[1], x2=lambda g, x1, x2: -g[1] * np.floor_divide(x1, x2))
rule(np.frexp, x=lambda g, x: np.ldexp(g[0], -np.frexp(x)[1]))
rule(np.heaviside, x1=None, x2=lambda g, x1: g * (x1 == 0))
rule(np.ldexp, x1=lambda g, x2: np.ldexp(g, x2), x2=None)
rule(np.nextafter, x1=lambda g: g, x2=None)
rule(np.unwrap, "p discont axis period", p=lambda g: g, discont=None,
     period=lambda g, p, out, period: np.sum(g * np.nan_to_num(np.rint((out - p) / period))))  # fmt: skip

# Parts of complex numbers. Cotangents are unconjugated: dL = Re(g dz).
rule(np.real, "val", broadcasts=True, val=lambda g: g)
rule(np.imag, "val", broadcasts=True, val=lambda g: g * -1j)
rule(np.real_if_close, "a tol", a=lambda g: g)
rule(np.conjugate, x=lambda g: np.conj(g))
rule(np.angle, "z deg", z=lambda g, z, deg=False: g * (-180j / np.pi if deg else -1j) / z)
rule(cast, "x dtype", x=lambda g: g)

non_differentiable(
    np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix, np.sign, np.floor_divide,
    np.signbit, np.spacing, np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isnan,
    np.isinf, np.isfinite, np.isneginf, np.isposinf, np.logical_and, np.logical_or, np.logical_not, np.logical_xor,
    np.isclose, np.any, np.all, np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition,
    np.searchsorted, np.digitize, np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.iscomplex, np.isreal,
    np.lexsort, np.isin, np.linalg.matrix_rank, np.gcd, np.lcm, np.bitwise_and, np.bitwise_or, np.bitwise_xor,
    np.invert, np.left_shift, np.right_shift, np.bitwise_count, np.packbits, np.unpackbits, np.ravel_multi_index,
    np.unravel_index,
)  # fmt: skip
REAL_ONLY[np.sign] = "z / np.abs(z)"
PLAIN |= {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.common_type, np.iscomplexobj,
    np.isrealobj, np.zeros_like, np.ones_like, np.empty_like, np.array_repr, np.array_str, np.array2string,
    np.array_equal, np.array_equiv, np.allclose, np.may_share_memory, np.shares_memory, np.einsum_path,
    np.diag_indices_from, np.tril_indices_from, np.triu_indices_from, np.isnat, np.is_busday, np.busday_count,
    np.busday_offset, np.datetime_as_string,
}  # fmt: skip


def where_finite(g: Any, x: Any) -> Any:
    """Return a cotangent where x is finite; of a complex one each part where that of x is."""
    if not np.iscomplexobj(x):
        return g * np.isfinite(x)
    return np.real(g) * np.isfinite(np.real(x)) + 1j * np.imag(g) * np.isfinite(np.imag(x))


def parts_where(x: Any, holds: Callable[[Any], Any]) -> Any:
    """Return 1 where something holds of a real number, and 0 elsewhere; of the two parts of a complex one, 1 and 1j."""
    return holds(np.real(x)) + 1j * holds(np.imag(x)) if np.iscomplexobj(x) else holds(x)


def direction(x: Any) -> Any:
    """Return the slope of |x|: the sign of a real number, conj(x) / |x| of a complex one, 0 at 0."""
    return np.conj(x) * ratio_or_zero(1, np.abs(x)) if np.iscomplexobj(x) else np.sign(x)


def share(taken: Any, tie: Any) -> Any:
    """Return 1 where an argument is taken, 1/2 where it ties, 0 elsewhere."""
    return np.where(tie, 0.5, 1.0 * taken)


def first(a: Any, b: Any) -> Any:
    """Return the one of two spellings of a bound that was given."""
    return b if a is None else a


def inside(a: Any, low: Any, high: Any) -> Any:
    """Return 1 where `a` is not clipped; a bound that is met exactly counts as not clipped, if there is room inside."""
    kept = np.ones_like(a, dtype=bool) if low is None or high is None else low < high
    if low is not None:
        kept = kept & (a >= low)
    if high is not None:
        kept = kept & (a <= high)
    return kept


def below(a: Any, low: Any, high: Any) -> Any:
    """Return 1 where the lower bound is the result of a clip."""
    return (a < low) if high is None else (a < low) & (low <= high)


def above(a: Any, low: Any, high: Any) -> Any:
    """Return 1 where the upper bound is the result of a clip, as it is if the bounds are in the wrong order."""
    return (a > high) if low is None else (a > high) | (low > high) | ((low == high) & (a == low))


def or_zero(out: Any) -> Any:
    """Return the logarithm of a sum, 0 where that is empty: then no part has a share in it."""
    return np.where(out == -np.inf, 0, out)


def power_slope(x: Any, p: Any) -> Any:
    """Return p x^(p-1), which is 0 for p = 0 also where x is 0."""
    return p * np.power(x, np.where((p == 0) & (x == 0), 1.0, p - 1))


def log_or_zero(x: Any) -> Any:
    """Return log x, with 0 where x is 0: there x^p has slope 0 in p for p > 0."""
    return np.log(np.where(x == 0, 1.0, x))


def ratio_or_zero(x: Any, norm: Any) -> Any:
    """Return x / norm, with 0 where the norm is 0."""
    return x / np.where(norm == 0, 1.0, norm)


def other_leg(x: Any) -> Any:
    """Return sqrt(1 - x²). The sign of an imaginary part of 0 tells the side of a branch cut, and 1 - x loses it."""
    return np.sqrt((-(x - 1) if np.iscomplexobj(x) else 1 - x) * (1 + x))


def i1(x: Any) -> Any:
    """Return the derivative of the modified Bessel function I_0(x), the mean of cosh(x cos t) (DLMF 10.32.1).

    The mean over equal steps of the angle t converges geometrically, since the integrand is periodic and smooth: 64
    steps of a quarter turn are enough for every x up to where I_0 overflows.
    """
    cos = np.cos((np.arange(64) + 0.5) * (np.pi / 128))
    return np.mean(cos * np.sinh(np.expand_dims(x, -1) * cos), axis=-1)


def sinc_slope(x: Any) -> Any:
    """Return (cos(pi x) - sinc x) / x; near 0, where it cancels, its series -(pi^2 x / 3) (1 - (pi x)^2 / 10 + ...)."""
    near = np.abs(x) < 0.03
    safe = np.where(near, 1.0, x)
    t = (np.pi * np.where(near, x, 0.0)) ** 2
    series = -(np.pi**2) * x * (1 / 3 - t * (1 / 30 - t * (1 / 840 - t / 45360)))
    return np.where(near, series, (np.cos(np.pi * safe) - np.sinc(safe)) / safe)


rule(relu, broadcasts=True, x=lambda g, x: g * (x > 0))
rule(sigmoid, broadcasts=True, x=lambda g, out: g * (out * (1.0 - out)))
