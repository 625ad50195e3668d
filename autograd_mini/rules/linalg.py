"""Rules of `np.linalg`: solving, inverses, determinants, norms. Factorisations stand in a file of their own.

Cotangents are unconjugated (dL = Re(g dz)), so holomorphic functions have no `conj`; norms do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import NotCovered
from ..graph import own_module
from ..primitives import data_of
from ..registry import composed, prepared, rule
from .factorisations import adjoint, inverse, lower, nonzero, on_rows, read_if
from .products import eye_like, transposed

own_module(globals())

# ------------------------------------------------------------------------------------- Solving, inverses, powers


def solve_first(g: Any, a: Any, b_shape: tuple[int, ...], out: Any) -> Any:
    """Return -(a⁻ᵀ g) xᵀ for the solution x."""
    slope = solve_second(g, a, b_shape)
    if len(b_shape) == 1:
        return -np.expand_dims(slope, -1) * np.expand_dims(out, -2)
    return -slope @ transposed(out)


def solve_second(g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """Return a⁻ᵀ g."""
    if len(b_shape) == 1:
        return np.squeeze(np.linalg.solve(transposed(a), np.expand_dims(g, -1)), -1)
    return np.linalg.solve(transposed(a), g)


def power_cotangent(g: Any, a: Any, n: int) -> Any:
    """Return the sum of (aᵀ)ᵏ g (aᵀ)ᵐ over k + m = n - 1; for n < 0, of the inverse."""
    if n < 0:
        inverted = np.linalg.inv(a)
        return -transposed(inverted) @ power_cotangent(g, inverted, -n) @ transposed(inverted)
    flipped = transposed(a)
    terms = [np.linalg.matrix_power(flipped, k) @ g @ np.linalg.matrix_power(flipped, n - 1 - k) for k in range(n)]
    return sum(terms, np.zeros_like(a))


def chain_cotangents(g: Any, wanted: list[int], arrays: Any) -> list[Any]:
    """Return (product of what stands left)ᵀ g (product of what stands right)ᵀ for each factor of multi_dot."""
    arrays, last = [x if hasattr(x, "shape") else np.asarray(x) for x in arrays], len(arrays) - 1
    rows = np.reshape(arrays[0], (1, -1)) if np.ndim(arrays[0]) == 1 else arrays[0]
    columns = np.reshape(arrays[last], (-1, 1)) if np.ndim(arrays[last]) == 1 else arrays[last]
    factors = [rows, *arrays[1:last], columns]
    g = np.reshape(g, (rows.shape[0], columns.shape[1]))
    cots = []
    for i in wanted:
        cot = transposed(chain(factors[:i])) @ g if i else g
        cot = cot @ transposed(chain(factors[i + 1 :])) if i < last else cot
        cots.append(np.reshape(cot, np.shape(arrays[i])))
    return cots


def chain(factors: list[Any]) -> Any:
    """Return the product of one or more matrices."""
    return np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]


def pinv_cotangent(g: Any, a: Any, out: Any, hermitian: bool = False) -> Any:
    """Pull back through p = a⁺: dp = -p da p + p pᴴ daᴴ (1 - a p) + (1 - p a) daᴴ pᴴ p, at constant rank.

    See G. Golub and V. Pereyra (1973), "The differentiation of pseudo-inverses".
    """
    rows, columns = a.shape[-2:]
    a = lower(a, 0.5) + adjoint(lower(a, 0.5)) if hermitian else a
    left, right = eye_like(a, rows, rows) - a @ out, eye_like(a, columns, columns) - out @ a
    moved = left @ transposed(g) @ out @ adjoint(out) + adjoint(out) @ out @ transposed(g) @ right
    whole = np.conj(moved) - transposed(out) @ g @ transposed(out)
    return read_if(hermitian, whole)


@prepared(np.linalg.pinv)
def refuse_cutoff(a: Any, rcond: Any = None, hermitian: bool = False, **options: Any) -> Any:
    """Refuse a cutoff that drops singular values which aren't rounding: the formula holds for those that are 0."""
    cutoff = options.get("rtol", rcond)
    if isinstance(cutoff, (float, np.floating)):
        s = np.linalg.svd(data_of(a), compute_uv=False)
        if np.any((nonzero(s) != 0) & (s <= cutoff * np.max(s, axis=-1, keepdims=True, initial=0))):
            raise NotCovered(
                f"the pseudo-inverse of a matrix of which a cutoff of {cutoff:.3g} drops singular values",
                "its rule holds where what is dropped is 0",
                "u, s, vh = np.linalg.svd(a, full_matrices=False), and the product of the parts that are kept",
            )
    return (a, rcond, hermitian), options


@composed(np.linalg.lstsq, arrays="a b")
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Any:
    """Multiply with the pseudo-inverse; the residuals are those of the solution."""
    rows, columns = a.shape
    s = np.linalg.svd(a, compute_uv=False)
    rcond = np.finfo(s.dtype).eps * max(rows, columns) if rcond is None else max(rcond, np.finfo(s.dtype).eps)
    rank = np.sum(s > rcond * np.max(s, initial=0))
    x = np.linalg.pinv(a, rcond) @ b
    rest = np.sum(np.abs(b - a @ x) ** 2, axis=0)
    full = rank == columns < rows
    return x, np.reshape(rest, (-1,)) if full else np.zeros_like(rest, shape=(0,)), rank, s


@composed(np.linalg.tensorsolve, arrays="a b")
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Solve with the axes of b taken together as rows, and the other axes of a as columns."""
    if axes is not None:
        a = np.moveaxis(a, axes, range(np.ndim(a) - len(axes), np.ndim(a)))
    shape = a.shape[np.ndim(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (-1, math.prod(shape))), np.ravel(b)), shape)


@composed(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Invert with the first `ind` axes taken together as rows."""
    rows, columns = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(rows), -1))), columns + rows)


@composed(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Return the quotient of the largest and the smallest singular value, or the norms of x and its inverse."""
    if 0 in np.shape(x)[-2:]:
        np.linalg.cond(np.ones(np.shape(x)))  # raises: there is no condition number
    if p in (None, 2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        above, below = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        zero = (above == 0) & (below == 0)
        return np.where(zero, np.inf, above / np.where(zero, 1, below))
    try:
        inverted = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        singular = np.asarray(np.linalg.slogdet(data_of(x))[0] == 0)
        regular = np.where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x)
        return np.where(singular, np.inf, cond(regular, p))
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(inverted, p, axis=(-2, -1))


rule(np.linalg.solve, "a b", broadcasts=True, a=solve_first, b=solve_second)
rule(np.linalg.pinv, "a rcond hermitian rtol", a=pinv_cotangent)
rule(np.linalg.inv, "a", a=lambda g, out: -transposed(out) @ g @ transposed(out))
rule(np.linalg.matrix_power, "a n", a=power_cotangent)
rule(np.linalg.multi_dot, "arrays out", arrays=chain_cotangents)

# ------------------------------------------------------------------------------------------------- Determinants


def cofactors(a: Any) -> Any:
    """Return the derivative of det: det(a) a⁻ᵀ, or the minors one by one where a matrix is nearly singular.

    The minors cost n² determinants, but their own derivatives are right too. A large matrix has them only if it is
    singular exactly.
    """
    n = a.shape[-1]
    if np.all(np.linalg.slogdet(a)[0] != 0):
        inverted = np.linalg.inv(a)
        condition = np.linalg.norm(a, axis=(-2, -1)) * np.linalg.norm(inverted, axis=(-2, -1))
        if n > 10 or np.all(condition < np.finfo(a.dtype).eps ** -0.4):
            return np.expand_dims(np.linalg.det(a), (-2, -1)) * transposed(inverted)
    but = [np.delete(np.arange(n), i) for i in range(n)]
    minors = [[(-1) ** (i + j) * np.linalg.det(a[..., but[i][:, None], but[j]]) for j in range(n)] for i in range(n)]
    return np.stack([np.stack(row, axis=-1) for row in minors], axis=-2)


def slogdet_cotangent(g: Any, a: Any, out: Any) -> Any:
    """Return a⁻ᵀ times the cotangent of the logarithm; the sign of a complex determinant turns with its phase."""
    turning = 1j * np.imag(g[0] * out[0]) if np.iscomplexobj(a) else 0
    return np.expand_dims(g[1] + turning, (-2, -1)) * transposed(np.linalg.inv(a))


rule(np.linalg.det, "a", a=lambda g, a: np.expand_dims(g, (-2, -1)) * cofactors(a))
rule(np.linalg.slogdet, "a", a=slogdet_cotangent)

# -------------------------------------------------------------------------------------------------------- Norms


def unit(x: Any) -> Any:
    """Return the conjugate of x / |x|: the slope of |x|, with 0 at 0."""
    return np.sign(x) if not np.iscomplexobj(x) else np.conj(x) * inverse(np.abs(x))


def kept_axes(g: Any, out: Any, ndim: int, axis: Any, keepdims: bool) -> tuple[Any, Any, tuple[int, ...]]:
    """Return a norm's cotangent and result with the axes that it was taken over, and these axes."""
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if not keepdims:
        lost = tuple(i % ndim for i in axes)
        g, out = np.expand_dims(g, lost), np.expand_dims(out, lost)
    return g, out, axes


def norm_cotangent(g: Any, x: Any, out: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the cotangent of np.linalg.norm: 0 where the 2-norm is 0, shared equally where a maximum ties."""
    g, out, axes = kept_axes(g, out, np.ndim(x), axis, keepdims)
    if ord in (None, "fro", "f") or (ord == 2 and len(axes) == 1):
        return g * (np.conj(x) * inverse(out))
    if len(axes) == 1:
        return g * vector_slope(x, out, ord, axes)
    if ord in ("nuc", 2, -2):
        return g * spectral_slope(x, ord, axes)
    inner, outer = axes if ord in (1, -1) else axes[::-1]
    sums = np.sum(np.abs(x), axis=inner, keepdims=True)
    return g * unit(x) * share_of(sums == out, outer)


def vector_slope(x: Any, out: Any, ord: float, axes: tuple[int, ...]) -> Any:
    """Return the derivative of a vector's p-norm."""
    size = np.abs(x)
    if ord == 0:
        return np.zeros_like(x)
    if ord in (np.inf, -np.inf):
        return unit(x) * share_of(size == out, axes)
    if ord == 1:
        return unit(x)
    at_zero = (size == 0) | (out == 0)
    return unit(x) * np.where(at_zero, 0, (np.where(at_zero, 1, size) * inverse(out)) ** (ord - 1))


def spectral_slope(x: Any, ord: Any, axes: tuple[int, ...]) -> Any:
    """Return the derivative of the sum, the largest or the smallest of a matrix's singular values."""
    u, s, vh = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), full_matrices=False)
    u = u * on_rows(np.sign(nonzero(s)))  # a slope of 0 at 0
    part = slice(None) if ord == "nuc" else slice(0, 1) if ord == 2 else slice(-1, None)
    return np.moveaxis(np.conj(u[..., :, part] @ vh[..., part, :]), (-2, -1), axes)


def share_of(chosen: Any, axes: Any) -> Any:
    """Return equal weights of sum 1 on the chosen places along some axes."""
    return chosen / np.sum(chosen, axis=axes, keepdims=True)


rule(np.linalg.norm, "x ord axis keepdims", x=norm_cotangent)
rule(np.linalg.vector_norm, "x axis keepdims ord",
     x=lambda g, x, out, axis=None, keepdims=False, ord=2: vector_norm_cotangent(g, x, out, axis, keepdims, ord),
)  # fmt: skip
rule(np.linalg.matrix_norm, "x keepdims ord",
     x=lambda g, x, out, keepdims=False, ord="fro": norm_cotangent(g, x, out, ord, (-2, -1), keepdims))  # fmt: skip


def vector_norm_cotangent(g: Any, x: Any, out: Any, axis: Any, keepdims: bool, ord: Any) -> Any:
    """Return the cotangent of a norm of all elements along any number of axes."""
    g, out, axes = kept_axes(g, out, np.ndim(x), axis, keepdims)
    return g * (np.conj(x) * inverse(out) if ord == 2 else vector_slope(x, out, ord, axes))
