"""Rules of polynomials and of sliding products: convolve, correlate, roots, the `np.poly*` functions.

The functions that only move, add and multiply coefficients are composed of others.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..graph import own_module, user_depth
from ..registry import composed, prepared, rule
from .factorisations import warn_degenerate

own_module(globals())

# -------------------------------------------------------------------------------------------- Sliding products


def at_full(g: Any, n: int, m: int, mode: str, swapped: bool = False) -> Any:
    """Return the cotangent of a sliding product of lengths n and m in its place in that of mode "full".

    `swapped` tells whether NumPy slides the first array along the second where that is longer: then the middle of an
    even number is rounded to the other side.
    """
    short = min(n, m)
    same = short // 2 if swapped and m > n else (short - 1) // 2
    start = {"full": 0, 2: 0, "same": same, 1: same, "valid": short - 1, 0: short - 1}[mode]  # NumPy takes numbers, too
    return np.pad(g, (start, n + m - 1 - start - g.shape[0]))


def length(shape: tuple[int, ...]) -> int:
    """Return the length of a vector; a number is one of length 1."""
    return shape[0] if shape else 1


def convolve_first(g: Any, a_shape: tuple[int, ...], v: Any, mode: str) -> Any:
    """Slide the other factor along the cotangent."""
    whole = at_full(g, length(a_shape), length(np.shape(v)), mode)
    return np.reshape(np.correlate(whole, np.conj(np.ravel(v)), "valid"), a_shape)


def correlate_first(g: Any, a_shape: tuple[int, ...], v: Any, mode: str) -> Any:
    """Slide the other factor, turned round, along the cotangent."""
    whole = at_full(g, length(a_shape), length(np.shape(v)), mode, swapped=True)
    return np.reshape(np.convolve(whole, np.conj(v), "valid"), a_shape)


def correlate_second(g: Any, a: Any, v_shape: tuple[int, ...], mode: str) -> Any:
    """Slide the first factor along the cotangent; the second one is turned round and conjugated."""
    whole = at_full(g, length(np.shape(a)), length(v_shape), mode, swapped=True)
    return np.reshape(np.conj(np.flip(np.correlate(whole, np.conj(a), "valid"))), v_shape)


rule(np.convolve,
     a=lambda g, a_shape, v, mode="full": convolve_first(g, a_shape, v, mode),
     v=lambda g, a, v_shape, mode="full": convolve_first(g, v_shape, a, mode))  # fmt: skip
rule(np.correlate,
     a=lambda g, a_shape, v, mode="valid": correlate_first(g, a_shape, v, mode),
     v=lambda g, a, v_shape, mode="valid": correlate_second(g, a, v_shape, mode))  # fmt: skip

# ------------------------------------------------------------------------------------------- Values and roots


def powers(x: Any, n: int) -> Any:
    """Return xⁿ⁻¹, ..., x, 1 along a new last axis."""
    return np.power(np.expand_dims(x, -1), np.arange(n - 1, -1, -1))


def vander_cotangent(g: Any, x: Any, increasing: bool) -> Any:
    """Return the sum of g_k k xᵏ⁻¹ over the columns xᵏ."""
    k = np.arange(g.shape[-1]) if increasing else np.arange(g.shape[-1] - 1, -1, -1)
    return np.sum(g * k * np.power(np.expand_dims(x, -1), np.maximum(k - 1, 0)), axis=-1)


def roots_cotangent(g: Any, p: Any, out: Any) -> Any:
    """Return -Σ_k g_k r_k^(n-j) / P'(r_k) for coefficient j: the implicit function theorem for P(r) = 0."""
    slope = np.polyval(np.polyder(p), out)
    if np.any(slope == 0):
        warn_degenerate("numpy.roots: a root is a multiple one, where its derivative by the coefficients is infinite")
    slope = np.where((slope == 0) & (g == 0), 1, slope)
    return -np.matmul(g / slope, powers(out, p.shape[0]))


@prepared(np.roots)
def coefficients(p: Any) -> Any:
    """Take those of an `np.poly1d`: NumPy asks its coefficients whom to call."""
    return (p.coeffs if isinstance(p, np.poly1d) else p,), {}


@prepared(np.polyval)
def rows_of_coefficients(p: Any, x: Any) -> Any:
    """Go by Horner's rule where the coefficients are arrays."""
    if np.ndim(p) < 2:
        return (p, x), {}
    value = np.zeros_like(x)
    for coefficient in p:
        value = value * x + coefficient
    return value


rule(np.vander, "x N increasing", x=lambda g, x, increasing=False: vander_cotangent(g, x, increasing))
rule(np.polyval,
     p=lambda g, p_shape, x: np.sum(np.expand_dims(g, -1) * powers(x, p_shape[0]), axis=tuple(range(np.ndim(x)))),
     x=lambda g, p, x: g * np.polyval(np.polyder(p), x))  # fmt: skip
rule(np.roots, p=roots_cotangent)

# ------------------------------------------------------------------------- Composed of others: the coefficients


def ended_with(p: Any, n: int) -> Any:
    """Return coefficients with zeros before them, n in all."""
    p = np.atleast_1d(p)
    return np.pad(p, (n - p.shape[0], 0))


@composed(np.polyadd, arrays="a1 a2")
def polyadd(a1: Any, a2: Any) -> Any:
    """Add the coefficients of equal powers."""
    n = max(length(np.shape(a1)), length(np.shape(a2)))
    return ended_with(a1, n) + ended_with(a2, n)


@composed(np.polysub, arrays="a1 a2")
def polysub(a1: Any, a2: Any) -> Any:
    """Subtract the coefficients of equal powers."""
    return polyadd(a1, -np.atleast_1d(a2))


@composed(np.polymul, arrays="a1 a2")
def polymul(a1: Any, a2: Any) -> Any:
    """Convolve the coefficients, from the first that isn't 0."""
    return np.convolve(*(np.trim_zeros(p, "f") if np.any(p != 0) else p[-1:] for p in map(np.atleast_1d, (a1, a2))))


@composed(np.polydiv, arrays="u v")
def polydiv(u: Any, v: Any) -> Any:
    """Divide as by hand: subtract the divisor, scaled, from what is left, at each power in turn."""
    rest, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    steps = max(rest.shape[0] - v.shape[0] + 1, 0)
    quotient: list[Any] = []
    scale = 1.0 / v[0]
    for k in range(steps):
        quotient.append(scale * rest[k])
        rest = rest - np.pad(quotient[-1] * v, (k, rest.shape[0] - k - v.shape[0]))
    while rest.shape[0] > 1 and np.allclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return np.stack(quotient) if quotient else 0 * rest[:1], rest


@composed(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """Multiply each coefficient with its power, m times."""
    if m < 0:
        raise InvalidInput(f"np.polyder with m={m}", "a derivative has an order of 0 or more", "np.polyint")
    for _ in range(m):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


@composed(np.polyint, arrays="p k")
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """Divide each coefficient by its new power, m times, with the constants `k`."""
    constants = np.zeros(m) if k is None else np.atleast_1d(k)
    if constants.shape[0] < m and constants.shape[0] != 1:
        raise InvalidInput(
            f"np.polyint with m={m} and {constants.shape[0]} constants k",
            "each integration has a constant of its own",
            "one for all, or m of them",
        )
    constants = np.broadcast_to(constants, (m,)) if constants.shape[0] == 1 else constants
    for i in range(m):
        p = np.concatenate([np.atleast_1d(p) / np.arange(length(np.shape(p)), 0, -1), constants[i : i + 1]])
    return p


@composed(np.poly, arrays="seq_of_zeros")
def poly(seq_of_zeros: Any) -> Any:
    """Multiply out the product of (x - root); the roots of a matrix are its eigenvalues."""
    roots = np.linalg.eigvals(seq_of_zeros) if np.ndim(seq_of_zeros) == 2 else np.atleast_1d(seq_of_zeros)
    made: Any = np.ones_like(roots, shape=(1,))
    for i in range(roots.shape[0]):
        made = np.convolve(made, np.stack([np.ones_like(roots[i]), -roots[i]]))
    if np.iscomplexobj(made) and np.all(np.sort(roots) == np.sort(np.conj(roots))):
        return np.real(made)
    return made


@composed(np.polyfit, arrays="x y w")
def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """Solve for the coefficients by least squares, with the powers of x scaled to length 1."""
    if deg < 0 or not np.size(x):
        raise InvalidInput(
            f"np.polyfit of {np.size(x)} points, deg={deg}",
            "there is nothing to fit",
            "points, and a degree of 0 or more",
        )
    left, right, n = np.vander(x, deg + 1), y + 0.0, np.shape(x)[0]
    rcond = n * np.finfo(np.result_type(x)).eps if rcond is None else rcond
    if w is not None:
        left = left * np.expand_dims(w, -1)
        right = right * (np.expand_dims(w, -1) if right.ndim == 2 else w)
    scale = np.sqrt(np.sum(left * left, axis=0))
    found, residuals, rank, s = np.linalg.lstsq(left / scale, right, rcond)
    coefficients = np.transpose(np.transpose(found) / scale)
    if rank != deg + 1 and not full:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=user_depth() + 1)
    if full:
        return coefficients, residuals, rank, s, rcond
    if not cov:
        return coefficients
    if cov != "unscaled" and n <= deg + 1:
        raise ValueError(f"the number of points, {n}, must be larger than deg + 1 = {deg + 1} for a covariance")
    base = np.linalg.inv(np.dot(np.transpose(left / scale), left / scale)) / np.outer(scale, scale)
    factor = 1 if cov == "unscaled" else residuals / (n - deg - 1)
    return coefficients, base * factor if right.ndim == 1 else np.expand_dims(base, -1) * factor
