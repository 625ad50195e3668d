"""Rules of the factorisations of matrices, and of what is made of them: eigenvalues, singular values, pseudo-inverses.

Cotangents are unconjugated (dL = Re(g dz)), so a rule conjugates where a factorisation does. See M. Giles (2008), "An
extended collection of matrix derivative results", and J. Townsend (2016), "Differentiating the singular value
decomposition".

Where a derivative doesn't exist: eigenvectors of equal eigenvalues, and singular vectors of equal singular values, are
taken as not moving within their space. Gradients of what depends on the space alone are right; the derivative of one
vector in it doesn't exist.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import DegenerateWarning, NotCovered
from ..graph import own_module, user_depth
from ..primitives import contains_value
from ..registry import prepared, rule
from .products import eye_like, transposed

own_module(globals())


def inverse(x: Any) -> Any:
    """Return 1 / x, with 0 in place of 1 / 0."""
    zero = x == 0
    return np.where(zero, 0, 1 / np.where(zero, 1, x))


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


def read_if(hermitian: bool, g: Any) -> Any:
    """Return a cotangent of a whole matrix, or of the lower triangle that NumPy reads of a Hermitian one."""
    return read_triangle(g, low=True) if hermitian else g


def rounding(values: Any) -> Any:
    """Return how far rounding moves the eigenvalues or singular values of a matrix (Golub and Van Loan, 8.1)."""
    largest = np.max(np.abs(values), axis=-1, keepdims=True) if values.shape[-1] else 0
    return 4 * values.shape[-1] * np.finfo(values.dtype).eps * largest


def nonzero(values: Any) -> Any:
    """Return the values, with 0 in place of those that are only rounding."""
    return np.where(np.abs(values) <= rounding(values), 0, values)


def gaps(values: Any) -> Any:
    """Return w_j - w_i, with 0 where they differ by rounding only."""
    apart = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    return np.where(np.abs(apart) <= np.expand_dims(rounding(values), -1), 0, apart)


def warn_degenerate(text: str) -> None:
    """Warn, at the user's line, of a point where a derivative is doubtful or doesn't exist."""
    warnings.warn(text, DegenerateWarning, stacklevel=user_depth() + 1)


def warn_if_equal(values: Any, cotangents: tuple[Any, ...], name: str) -> None:
    """Warn if a gradient is asked for through vectors (columns) whose values coincide: it takes these as fixed."""
    repeated = np.expand_dims(np.sum(gaps(values) == 0, axis=-1) > 1, -2)
    if any(np.any((g != 0) & repeated) for g in cotangents):
        warn_degenerate(
            f"{name}: values coincide, and their vectors are then any basis of a space. The gradient takes that basis"
            " as fixed, which is right only for functions of the space; perturb the matrix to tell them apart."
        )


def turned_with(g: Any, q: Any, n: int, name: str) -> Any:
    """Return the (conjugated) cotangent of the first n of orthonormal columns, which the others turn with.

    The others stay orthogonal to them: dq₂ = -q₁ (q₂ᴴ dq₁)ᴴ. Within their own space they are taken as fixed.
    """
    first, others = q[..., :n], q[..., n:]
    if others.shape[-1] > 1 and np.any(g[..., n:] != 0):
        warn_degenerate(
            f"{name}: the columns after the first {n} are any basis of the rest of the space. The gradient takes that"
            " basis as fixed, which is right only for functions of the space; without them it is exact."
        )
    return g[..., :n] - others @ (adjoint(g[..., n:]) @ first)


def warn_if_recorded(a: Any, values: Any, name: str) -> None:
    """Warn if a derivative of higher order is asked for where values coincide: there it isn't covered."""
    if contains_value(a) and np.any(np.sum(gaps(values) == 0, axis=-1) > 1):
        warn_degenerate(
            f"{name}: values coincide. Their first derivative is right, in sums that count them alike; those of higher"
            " order take the vectors as fixed, and aren't. Perturb the matrix to tell the values apart."
        )


def warn_if_defective(v: Any, name: str) -> None:
    """Warn if eigenvectors (columns) are dependent: at such a matrix eigenvalues move infinitely fast."""
    if v.size and np.any(np.linalg.cond(v) > np.finfo(v.dtype).eps ** -0.5):
        warn_degenerate(
            f"{name}: the matrix is defective, or nearly so: its eigenvectors don't span the space, and the derivative"
            " of a single eigenvalue is infinite. Sums over all eigenvalues are right."
        )


def warn_of_phase(turned: Any, size: Any, name: str) -> None:
    """Warn if a gradient goes through the phase of complex vectors, which turning them by an angle shows."""
    limits = np.finfo(size.dtype)
    largest = np.max(size, axis=-1, keepdims=True, initial=limits.tiny / limits.eps)  # not what is left of underflow
    if np.any(np.abs(turned) > np.sqrt(limits.eps) * largest):
        warn_degenerate(
            f"{name}: the function depends on the phase of complex vectors, which is LAPACK's choice and has no"
            " derivative. The gradient takes them as turning with nothing; make the function independent of it, say by"
            " dividing each vector by the phase of one of its elements."
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
    if np.iscomplexobj(v):
        inner = g_v * v
        warn_of_phase(np.imag(np.sum(inner, axis=-2)), np.sum(np.abs(inner), axis=-2), "numpy.linalg.eigh")
    middle = on_diagonal(g_w) + inverse(gaps(w)) * (transposed(v) @ g_v)
    return read_triangle(np.conj(v) @ middle @ transposed(v), UPLO in ("L", "l"))


def eigvalsh_cotangent(g: Any, a: Any, UPLO: str = "L") -> Any:
    """Return v̄ diag(g) vᵀ for the triangle that was read."""
    w, v = np.linalg.eigh(a, UPLO)
    warn_if_recorded(a, w, "numpy.linalg.eigvalsh")
    return read_triangle((np.conj(v) * on_rows(g)) @ transposed(v), UPLO in ("L", "l"))


def eig_cotangent(g: Any, out: Any) -> Any:
    """Return v⁻ᵀ (diag(g_w) + F ∘ (vᵀ g_v)) vᵀ with F = 1 / (w_j - w_i).

    LAPACK scales each vector to length 1, with a real largest element if it is complex; g_v is first freed of what
    that takes away.
    """
    (w, v), (g_w, g_v) = out, g
    warn_if_equal(w, (g_v,), "numpy.linalg.eig")
    warn_if_defective(v, "numpy.linalg.eig")
    inner = on_rows(np.sum(g_v * v, axis=-2))
    g_v = g_v - np.conj(v) * np.real(inner)
    if np.iscomplexobj(v):
        largest = np.abs(v) == np.max(np.abs(v), axis=-2, keepdims=True)
        largest = largest & (np.cumsum(largest, axis=-2) == 1)
        g_v = g_v - 1j * np.imag(inner) * np.where(largest, 1 / np.where(largest, np.real(v), 1), 0)
    middle = on_diagonal(g_w) + inverse(gaps(w)) * (transposed(v) @ g_v)
    return np.linalg.solve(transposed(v), middle @ transposed(v))


def eigvals_cotangent(g: Any, a: Any) -> Any:
    """Return v⁻ᵀ diag(g) vᵀ."""
    w, v = np.linalg.eig(a)
    warn_if_recorded(a, w, "numpy.linalg.eigvals")
    warn_if_defective(v, "numpy.linalg.eigvals")
    return np.linalg.solve(transposed(v), on_diagonal(g) @ transposed(v))


def cholesky_cotangent(g: Any, out: Any, upper: bool = False) -> Any:
    """Return L⁻ᵀ P L̄⁻¹ with P the lower triangle of Lᵀ g, its diagonal halved, for the triangle that was read."""
    if upper:
        return adjoint(cholesky_cotangent(adjoint(g), adjoint(out)))
    inverted = np.linalg.inv(out)
    middle = lower(transposed(out) @ g, 0.5)
    return read_triangle(transposed(inverted) @ middle @ np.conj(inverted), low=True)


@prepared(np.linalg.qr)
def refuse_raw_qr(a: Any, mode: str = "reduced") -> Any:
    """Refuse what only LAPACK reads."""
    if mode in ("raw", "economic", "e"):  # the last two give a part of the same
        raise NotCovered(
            f"np.linalg.qr with mode={mode!r} has no derivative rule",
            "its Householder vectors are LAPACK's own way to write q",
            "q, r = np.linalg.qr(a)",
        )
    mode = "reduced" if mode in ("f", "full") else mode  # names of before NumPy 1.8
    return (a,) if mode == "reduced" else (a, mode), {}


def qr_cotangent(g: Any, a: Any, out: Any, mode: str = "reduced") -> Any:
    """Return (g_q + q H) r⁻ᴴ with H the Hermitian matrix that has the lower triangle of r g_rᴴ - g_qᴴ q."""
    rows, columns = a.shape[-2:]
    if mode == "r":
        out = np.linalg.qr(a)
        g = np.zeros_like(out[0]), g
    (q, r), (g_q, g_r) = out, map(np.conj, g)
    if mode == "complete" and rows > columns:
        g_q, q = turned_with(g_q, q, columns, "numpy.linalg.qr"), q[..., :columns]
        r, g_r = r[..., :columns, :], g_r[..., :columns, :]
    beyond = g_r[..., :, rows:]  # a wide matrix: q and the left of r are those of its left part, r = qᴴ a
    if rows < columns:
        g_q = g_q + a[..., :, rows:] @ adjoint(beyond)
        r, g_r = r[..., :, :rows], g_r[..., :, :rows]
    middle = lower(r @ adjoint(g_r) - adjoint(g_q) @ q, 0.5)
    singular = np.any(nonzero(np.diagonal(r, axis1=-2, axis2=-1)) == 0, axis=-1)[..., None, None]
    if np.any(singular):
        warn_degenerate(
            "numpy.linalg.qr: the columns are linearly dependent, and the rest of q is then any basis of a space. The"
            " gradient there is NaN; np.linalg.svd or np.linalg.eigh of a product may be what is meant."
        )
        r = np.where(singular, np.nan, r)
    left = (g_q + q @ (middle + adjoint(middle))) @ adjoint(np.linalg.inv(r))
    whole = left if rows >= columns else np.concatenate([left, q @ beyond], axis=-1)
    return np.conj(whole)


def svd_cotangent(
    g: Any, a: Any, out: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Return u (S_u s + s S_v + diag g_s) vᴴ, and what moves u and v out of their spaces, in Townsend's notation."""
    if not compute_uv:
        u, s, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
        return np.conj((u * on_rows(g * np.sign(nonzero(s)))) @ vh)
    (u, s, vh), (g_u, g_s, g_vh) = out, map(np.conj, g)
    v, g_v, n = adjoint(vh), adjoint(g_vh), s.shape[-1]
    if full_matrices and a.shape[-1] != a.shape[-2]:
        g_u, u = turned_with(g_u, u, n, "numpy.linalg.svd"), u[..., :n]
        g_v, v = turned_with(g_v, v, n, "numpy.linalg.svd"), v[..., :n]
        vh = adjoint(v)
    warn_if_equal(s, (g_u, g_v), "numpy.linalg.svd")
    slopes, s = inverse(gaps(s) * (np.expand_dims(s, -2) + np.expand_dims(s, -1))), nonzero(s)
    turn_u, turn_v = slopes * (adjoint(u) @ g_u), slopes * (adjoint(v) @ g_v)
    middle = (turn_u + adjoint(turn_u)) * on_rows(s) + np.expand_dims(s, -1) * (turn_v + adjoint(turn_v))
    moved_u = (g_u - u @ (adjoint(u) @ g_u)) * on_rows(inverse(s))
    moved_v = (g_v - v @ (adjoint(v) @ g_v)) * on_rows(inverse(s))
    phase = 0
    if np.iscomplexobj(a):
        inner = [np.conj(vectors) * slope for vectors, slope in ((u, g_u), (v, g_v))]
        turned, with_v = (np.imag(np.sum(each, axis=-2)) for each in inner)
        warn_of_phase(turned + with_v, sum(np.sum(np.abs(each), axis=-2) for each in inner), "numpy.linalg.svd")
        phase = on_diagonal(1j * turned * inverse(s))
    whole = (u @ (middle + on_diagonal(g_s) + phase) + moved_u) @ vh + u @ adjoint(moved_v)
    return np.conj(whole)


rule(np.linalg.eigh, "a UPLO", a=eigh_cotangent)
rule(np.linalg.eigvalsh, "a UPLO", a=eigvalsh_cotangent)
rule(np.linalg.eig, "a", a=eig_cotangent)
rule(np.linalg.eigvals, "a", a=eigvals_cotangent)
rule(np.linalg.cholesky, "a upper", a=cholesky_cotangent)
rule(np.linalg.qr, "a mode", a=qr_cotangent)
rule(np.linalg.svd, "a full_matrices compute_uv hermitian",
     a=lambda g, a, out, full_matrices=True, compute_uv=True, hermitian=False: read_if(
         hermitian, svd_cotangent(g, a, out, full_matrices, compute_uv, hermitian)))  # fmt: skip
rule(np.linalg.svdvals, "x", x=lambda g, x: svd_cotangent(g, x, None, compute_uv=False))
