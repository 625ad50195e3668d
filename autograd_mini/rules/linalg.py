"""Rules of `np.linalg`: solving, inverses, determinants, norms, factorisations.

Cotangents are unconjugated (dL = Re(g dz)), so holomorphic functions have no `conj`; norms and the factorisations of
Hermitian matrices do. For the factorisations see M. Giles (2008), "An extended collection of matrix derivative
results", and J. Townsend (2016), "Differentiating the singular value decomposition".

Where a derivative doesn't exist: eigenvectors of equal eigenvalues, and singular vectors of equal singular values, are
taken as not moving within their space. Gradients of what depends on the space alone are right; the derivative of one
vector in it doesn't exist.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import DegenerateWarning, NotCovered
from ..graph import user_depth
from ..registry import rule
from .products import eye_like, transposed

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
    last = len(arrays) - 1
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


rule(np.linalg.solve, "a b", broadcasts=True, a=solve_first, b=solve_second)
rule(np.linalg.inv, "a", a=lambda g, out: -transposed(out) @ g @ transposed(out))
rule(np.linalg.matrix_power, "a n", a=power_cotangent)
rule(np.linalg.multi_dot, "arrays out", arrays=chain_cotangents)

# ------------------------------------------------------------------------------------------------- Determinants


def cofactors(a: Any) -> Any:
    """Return the derivative of det: det(a) a⁻ᵀ, or the minors one by one where a matrix is singular.

    The minors cost n² determinants, but their own derivatives are right too.
    """
    if np.all(np.linalg.slogdet(a)[0] != 0):
        return np.expand_dims(np.linalg.det(a), (-2, -1)) * transposed(np.linalg.inv(a))
    n = a.shape[-1]
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


def inverse(x: Any) -> Any:
    """Return 1 / x, with 0 in place of 1 / 0."""
    zero = x == 0
    return np.where(zero, 0, 1 / np.where(zero, 1, x))


def norm_cotangent(g: Any, x: Any, out: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Return the cotangent of np.linalg.norm: 0 where the 2-norm is 0, shared equally where a maximum ties."""
    ndim = np.ndim(x)
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if not keepdims:
        lost = tuple(i % ndim for i in axes)
        g, out = np.expand_dims(g, lost), np.expand_dims(out, lost)
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
    at_zero = size == 0
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
    ndim = np.ndim(x)
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if not keepdims:
        lost = tuple(i % ndim for i in axes)
        g, out = np.expand_dims(g, lost), np.expand_dims(out, lost)
    return g * (np.conj(x) * inverse(out) if ord == 2 else vector_slope(x, out, ord, axes))


# ----------------------------------------------------------------------------------------------- Factorisations


def adjoint(x: Any) -> Any:
    """Return the conjugate transpose of a stack of matrices."""
    return np.conj(transposed(x))


def lower(x: Any, on_diagonal: float = 1.0) -> Any:
    """Return the lower triangle of a stack of matrices, its diagonal weighted."""
    n = x.shape[-1]
    return x * (np.tril(np.ones_like(x, shape=(n, n))) - (1 - on_diagonal) * eye_like(x, n, n))


def read_triangle(g: Any, low: bool) -> Any:
    """Return the cotangent of the one triangle that NumPy reads of a Hermitian matrix."""
    whole = g + adjoint(g)
    return lower(whole, 0.5) if low else transposed(lower(transposed(whole), 0.5))


def rounding(values: Any) -> Any:
    """Return how far rounding moves the eigenvalues or singular values of a matrix (Golub and Van Loan, 8.1)."""
    largest = np.max(np.abs(values), axis=-1, keepdims=True, initial=0)
    return 4 * values.shape[-1] * np.finfo(values.dtype).eps * largest


def nonzero(values: Any) -> Any:
    """Return the values, with 0 in place of those that are only rounding."""
    return np.where(np.abs(values) <= rounding(values), 0, values)


def gaps(values: Any) -> Any:
    """Return w_j - w_i, with 0 where they differ by rounding only."""
    apart = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    return np.where(np.abs(apart) <= np.expand_dims(rounding(values), -1), 0, apart)


def warn_if_equal(values: Any, cotangents: tuple[Any, ...], name: str) -> None:
    """Warn if a gradient is asked for through vectors (columns) whose values coincide: it takes these as fixed."""
    repeated = np.expand_dims(np.sum(gaps(values) == 0, axis=-1) > 1, -2)
    if any(np.any((g != 0) & repeated) for g in cotangents):
        warnings.warn(
            f"{name}: values coincide, and their vectors are then any basis of a space. The gradient takes that basis"
            " as fixed, which is right only for functions of the space; perturb the matrix to tell them apart.",
            DegenerateWarning,
            stacklevel=user_depth() + 1,
        )


def on_rows(x: Any) -> Any:
    """Return a stack of vectors as rows."""
    return np.expand_dims(x, -2)


def on_diagonal(x: Any) -> Any:
    """Return a stack of vectors as diagonal matrices."""
    n = x.shape[-1]
    return on_rows(x) * eye_like(x, n, n)


def eigh_cotangent(g: Any, out: Any, UPLO: str = "L") -> Any:
    """Return v̄ (diag(g_w) + F ∘ (vᵀ g_v)) vᵀ with F = 1 / (w_j - w_i), for the triangle that was read."""
    (w, v), (g_w, g_v) = out, g
    warn_if_equal(w, (g_v,), "numpy.linalg.eigh")
    middle = on_diagonal(g_w) + inverse(gaps(w)) * (transposed(v) @ g_v)
    return read_triangle(np.conj(v) @ middle @ transposed(v), UPLO in ("L", "l"))


def eigvalsh_cotangent(g: Any, a: Any, UPLO: str = "L") -> Any:
    """Return v̄ diag(g) vᵀ for the triangle that was read."""
    v = np.linalg.eigh(a, UPLO)[1]
    return read_triangle((np.conj(v) * on_rows(g)) @ transposed(v), UPLO in ("L", "l"))


def cholesky_cotangent(g: Any, out: Any, upper: bool = False) -> Any:
    """Return L⁻ᵀ P L̄⁻¹ with P the lower triangle of Lᵀ g, its diagonal halved, for the triangle that was read."""
    if upper:
        return adjoint(cholesky_cotangent(adjoint(g), adjoint(out)))
    inverted = np.linalg.inv(out)
    middle = lower(transposed(out) @ g, 0.5)
    return read_triangle(transposed(inverted) @ middle @ np.conj(inverted), low=True)


def qr_cotangent(g: Any, a: Any, out: Any, mode: str = "reduced") -> Any:
    """Return (g_q + q H) r⁻ᴴ with H the Hermitian matrix that has the lower triangle of r g_rᴴ - g_qᴴ q."""
    rows, columns = a.shape[-2:]
    if mode not in ("reduced", "complete") or (mode == "complete" and rows > columns):
        raise NotCovered(
            f"np.linalg.qr of shape {a.shape} with mode={mode!r} has no derivative rule",
            "its further columns are any basis of the rest of the space, and other modes don't return q",
            'q, r = np.linalg.qr(a), which is mode="reduced"',
        )
    (q, r), (g_q, g_r) = out, map(np.conj, g)
    beyond = g_r[..., :, rows:]  # a wide matrix: q and the left of r are those of its left part, r = qᴴ a
    if rows < columns:
        g_q = g_q + a[..., :, rows:] @ adjoint(beyond)
        r, g_r = r[..., :, :rows], g_r[..., :, :rows]
    middle = lower(r @ adjoint(g_r) - adjoint(g_q) @ q, 0.5)
    singular = np.any(nonzero(np.diagonal(r, axis1=-2, axis2=-1)) == 0, axis=-1)[..., None, None]
    if np.any(singular):
        warnings.warn(
            "numpy.linalg.qr: the columns are linearly dependent, and the rest of q is then any basis of a space. The"
            " gradient there is NaN; np.linalg.svd or np.linalg.eigh of a product may be what is meant.",
            DegenerateWarning,
            stacklevel=user_depth() + 1,
        )
        r = np.where(singular, np.nan, r)
    left = (g_q + q @ (middle + adjoint(middle))) @ adjoint(np.linalg.inv(r))
    whole = left if rows >= columns else np.concatenate([left, q @ beyond], axis=-1)
    return np.conj(whole)


def svd_cotangent(g: Any, a: Any, out: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return u (S_u s + s S_v + diag g_s) vᴴ, and what moves u and v out of their spaces, in Townsend's notation."""
    if not compute_uv:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        return np.conj((u * on_rows(g * np.sign(nonzero(s)))) @ vh)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise NotCovered(
            f"np.linalg.svd of shape {a.shape} with full_matrices=True has no derivative rule",
            "its further singular vectors are any basis of the rest of the space",
            "np.linalg.svd(a, full_matrices=False)",
        )
    (u, s, vh), (g_u, g_s, g_vh) = out, map(np.conj, g)
    v, g_v = adjoint(vh), adjoint(g_vh)
    warn_if_equal(s, (g_u, g_v), "numpy.linalg.svd")
    slopes, s = inverse(gaps(s) * (np.expand_dims(s, -2) + np.expand_dims(s, -1))), nonzero(s)
    turn_u, turn_v = slopes * (adjoint(u) @ g_u), slopes * (adjoint(v) @ g_v)
    middle = (turn_u + adjoint(turn_u)) * on_rows(s) + np.expand_dims(s, -1) * (turn_v + adjoint(turn_v))
    moved_u = (g_u - u @ (adjoint(u) @ g_u)) * on_rows(inverse(s))
    moved_v = (g_v - v @ (adjoint(v) @ g_v)) * on_rows(inverse(s))
    phase = 0
    if np.iscomplexobj(a):
        inner = adjoint(u) @ g_u
        phase = on_diagonal(1j * np.imag(np.diagonal(inner, axis1=-2, axis2=-1)) * inverse(s))
    whole = (u @ (middle + on_diagonal(g_s) + phase) + moved_u) @ vh + u @ adjoint(moved_v)
    return np.conj(whole)


rule(np.linalg.eigh, "a UPLO", a=eigh_cotangent)
rule(np.linalg.eigvalsh, "a UPLO", a=eigvalsh_cotangent)
rule(np.linalg.cholesky, "a upper", a=cholesky_cotangent)
rule(np.linalg.qr, "a mode", a=qr_cotangent)
rule(np.linalg.svd, "a full_matrices compute_uv hermitian", a=svd_cotangent)
rule(np.linalg.svdvals, "x", x=lambda g, x: svd_cotangent(g, x, None, compute_uv=False))
