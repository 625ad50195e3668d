"""Rules of `scipy.linalg`: functions of matrices, matrix equations, factorisations.

Cotangents are unconjugated. The derivative of an analytic function of a matrix is a block of the function of a block
matrix: f([[a, e], [0, a]]) has f'(a)[e] on its upper right (N. Higham (2008), "Functions of Matrices", 3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import NotCovered
from ...primitives import cast
from ...registry import composed, non_differentiable, prepared, rule
from ...scipy import linalg
from ..factorisations import (
    adjoint,
    cholesky_cotangent,
    gaps,
    inverse,
    on_diagonal,
    on_rows,
    qr_cotangent,
    read_triangle,
    warn_if_equal,
)
from ..linalg import pinv_cotangent
from ..products import eye_like, transposed
from .solving import rows_of

# ------------------------------------------------------------------------------------------ Functions of matrices


def frechet(f: Callable[[Any], Any], g: Any, a: Any) -> Any:
    """Return the derivative of f at aᵀ in the direction g, scaled by a power of 2 to the size of a."""
    size = np.max(np.abs(g), axis=(-2, -1), keepdims=True, initial=0)
    scale = np.exp2(np.floor(np.log2(np.where(size == 0, 1.0, size))))
    turned = transposed(a)
    above = np.concatenate([turned, g / scale], axis=-1)
    below = np.concatenate([np.zeros_like(turned), turned], axis=-1)
    n = a.shape[-1]
    return scale * f(np.concatenate([above, below], axis=-2))[..., :n, n:]


def of_matrix(f: Callable[..., Any]) -> None:
    """Register the rule of an analytic function of a matrix."""
    rule(f, A=lambda g, A: frechet(f, g, A))


for _f in (linalg.expm, linalg.logm, linalg.sinm, linalg.cosm, linalg.tanm, linalg.sinhm, linalg.coshm, linalg.tanhm):
    of_matrix(_f)
rule(linalg.sqrtm, A=lambda g, out: linalg.solve_sylvester(transposed(out), transposed(out), g))
rule(linalg.fractional_matrix_power, A=lambda g, A, t:
     frechet(lambda x: linalg.fractional_matrix_power(x, t), g, A))  # fmt: skip

# ----------------------------------------------------------------------------------------------- Matrix equations


def riccati(g: Any, a: Any, b: Any, r: Any, out: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of a and q, and the gain k = r⁻¹ bᴴ x, for aᴴ x + x a - x b k + q = 0.

    For c = a - b k it holds that cᴴ dx + dx c = -(x (da - db k) + (da - db k)ᴴ x + kᴴ dr k + dq).
    """
    gain = np.linalg.solve(r, adjoint(b) @ out)
    closed = a - b @ gain
    s = -linalg.solve_sylvester(np.conj(closed), transposed(closed), g)
    return transposed(out) @ s + np.conj(out @ transposed(s)), s, gain


def discrete_riccati(g: Any, a: Any, b: Any, r: Any, out: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of a and q, and the gain k = (r + bᴴ x b)⁻¹ bᴴ x a, for aᴴ x a - x - aᴴ x b k + q = 0.

    For c = a - b k it holds that cᴴ dx c - dx = -(cᴴ x (da - db k) + (da - db k)ᴴ x c + kᴴ dr k + dq).
    """
    gain = np.linalg.solve(r + adjoint(b) @ out @ b, adjoint(b) @ out @ a)
    closed = a - b @ gain
    s = transposed(linalg.solve_discrete_lyapunov(closed, transposed(g)))
    return transposed(out) @ np.conj(closed) @ s + np.conj(out @ closed @ transposed(s)), s, gain


def of_riccati(solver: Callable[..., Any], cotangents: Callable[..., tuple[Any, Any, Any]]) -> None:
    """Register the rule of a solver of a Riccati equation."""

    def of_b(*known: Any) -> Any:
        of_a, _, gain = cotangents(*known)
        return -of_a @ transposed(gain)

    def of_r(*known: Any) -> Any:
        _, of_q, gain = cotangents(*known)
        return np.conj(gain) @ of_q @ transposed(gain)

    @prepared(solver)
    def standard(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None, balanced: bool = True) -> Any:
        """Go over to eᴴ x e, which solves an equation without e and s."""
        if e is None and s is None:
            return (a, b, q, r), {"balanced": balanced}
        if s is not None:
            gain = np.linalg.solve(r, adjoint(s))
            a, lost = a - b @ gain, s @ gain
            q = q - (lost + adjoint(lost)) / 2  # SciPy wants it Hermitian to the last digit
        if e is None:
            return solver(a, b, q, r, balanced=balanced)
        x = solver(np.linalg.solve(e, a), np.linalg.solve(e, b), q, r, balanced=balanced)
        return adjoint(np.linalg.solve(adjoint(e), adjoint(np.linalg.solve(adjoint(e), x))))

    rule(solver, a=lambda g, a, b, r, out: cotangents(g, a, b, r, out)[0], b=lambda g, a, b, r, out:
         of_b(g, a, b, r, out), q=lambda g, a, b, r, out: cotangents(g, a, b, r, out)[1], r=lambda g, a, b, r, out:
         of_r(g, a, b, r, out))  # fmt: skip


def discrete_a(g: Any, a: Any, out: Any) -> Any:
    """Return the cotangent of a in a x aᴴ - x + q = 0."""
    s = linalg.solve_discrete_lyapunov(transposed(a), g)
    return s @ np.conj(a) @ transposed(out) + np.conj(transposed(s) @ a @ out)


rule(linalg.solve_sylvester,
     a=lambda g, a, b, out: -linalg.solve_sylvester(transposed(a), transposed(b), g) @ transposed(out),
     b=lambda g, a, b, out: -transposed(out) @ linalg.solve_sylvester(transposed(a), transposed(b), g),
     q=lambda g, a, b: linalg.solve_sylvester(transposed(a), transposed(b), g))  # fmt: skip
rule(linalg.solve_continuous_lyapunov,
     a=lambda g, a, out: (lambda s: -s @ transposed(out) - np.conj(transposed(s) @ out))(
         linalg.solve_sylvester(transposed(a), np.conj(a), g)),
     q=lambda g, a: linalg.solve_sylvester(transposed(a), np.conj(a), g))  # fmt: skip
rule(linalg.solve_discrete_lyapunov, a=discrete_a, q=lambda g, a: linalg.solve_discrete_lyapunov(transposed(a), g))
of_riccati(linalg.solve_continuous_are, riccati)
of_riccati(linalg.solve_discrete_are, discrete_riccati)

# ------------------------------------------------------------------------------------------------- Factorisations


def generalised(g_w: Any, g_v: Any, w: Any, v: Any, low: bool, of_b: bool) -> Any:
    """Pull back through a v = b v diag(w) with vᴴ b v = 1: to a, or to b.

    dv = v m has off the diagonal m_ij = (vᴴ (da - w_j db) v)_ij / (w_j - w_i), on it -(vᴴ db v)_ii / 2.
    """
    inner = transposed(v) @ g_v
    middle = on_diagonal(g_w) + inverse(gaps(w)) * inner
    if of_b:
        middle = -middle * on_rows(w) - 0.5 * inner * eye_like(v, w.shape[-1], w.shape[-1])
    return read_triangle(np.conj(v) @ middle @ transposed(v), low)


def eigh_cotangent(
    g: Any, a: Any, b: Any, out: Any, low: bool, values_only: bool, type: int, subset: Any, of_b: bool = False
) -> Any:
    """Pull back through eigenvalues, and eigenvectors, of a (generalised) Hermitian problem."""
    if type != 1 or any(part is not None for part in subset):
        raise NotCovered(
            "scipy.linalg.eigh with type= or a subset has no derivative rule",
            "the rule is that of a v = w b v, and eigenvectors turn into all others",
            "w, v = linalg.eigh(a, b), then w[i:j], v[:, i:j]",
        )
    w, v = linalg.eigh(a, b, lower=low) if values_only else out
    g_w, g_v = (g, np.zeros_like(v)) if values_only else g
    warn_if_equal(w, (g_v,), "scipy.linalg.eigh")
    return generalised(g_w, g_v, w, v, low, of_b)


rule(linalg.eigh, a=lambda g, a, out, b=None, lower=True, eigvals_only=False, type=1, subset_by_index=None,
     subset_by_value=None: eigh_cotangent(g, a, b, out, lower, eigvals_only, type, (subset_by_index, subset_by_value)),
     b=lambda g, a, out, b=None, lower=True, eigvals_only=False, type=1, subset_by_index=None, subset_by_value=None:
     eigh_cotangent(g, a, b, out, lower, eigvals_only, type, (subset_by_index, subset_by_value), True))  # fmt: skip
rule(linalg.eigvalsh, a=lambda g, a, b=None, lower=True, type=1, subset_by_index=None, subset_by_value=None:
     eigh_cotangent(g, a, b, None, lower, True, type, (subset_by_index, subset_by_value)),
     b=lambda g, a, b=None, lower=True, type=1, subset_by_index=None, subset_by_value=None:
     eigh_cotangent(g, a, b, None, lower, True, type, (subset_by_index, subset_by_value), True))  # fmt: skip
rule(linalg.cholesky, a=lambda g, out, lower=False: cholesky_cotangent(g, out, not lower))
rule(linalg.pinv, a=lambda g, a, out, return_rank=False: pinv_cotangent(
     g[0] if return_rank else g, a, out[0] if return_rank else out))  # fmt: skip
rule(linalg.qr, a=lambda g, a, out, mode="full", pivoting=False: scipy_qr_cotangent(g, a, out, mode, pivoting))
rule(linalg.lu_factor, a=lambda g, a, out: lu_cotangent(g[0], a, *out))
rule(linalg.polar, a=lambda g, a, out, side="right": polar_cotangent(g, a, out, side))


@prepared(linalg.qr)
def refuse_parts_of_qr(a: Any, *args: Any, **kwargs: Any) -> Any:
    """Refuse what is no pair of factors, and other orders of the columns of a stack."""
    given = dict(zip(("overwrite_a", "lwork", "mode", "pivoting"), args, strict=False)) | kwargs
    if given.get("mode", "full") not in ("full", "economic") or (given.get("pivoting") and np.ndim(a) > 2):
        raise NotCovered(
            f"scipy.linalg.qr with mode={given.get('mode', 'full')!r} of shape {np.shape(a)} has no derivative rule",
            "the rule is that of q and r, with pivoting of a single matrix",
            'q, r = linalg.qr(a, mode="economic")',
        )
    return (a, *args), kwargs


@prepared(linalg.polar)
def refuse_singular_polar(a: Any, side: str = "right") -> Any:
    """Refuse a shape whose factor p is singular."""
    rows, columns = np.shape(a)
    if (rows < columns) if side == "right" else (rows > columns):
        raise NotCovered(
            f"scipy.linalg.polar of shape {(rows, columns)} with side={side!r} has no derivative rule",
            "its factor p is singular, and the rule divides by it",
            f"side={'left' if side == 'right' else 'right'!r}",
        )
    return (a, side), {}


def scipy_qr_cotangent(g: Any, a: Any, out: Any, mode: str, pivoting: bool) -> Any:
    """Pull back through qr; with pivoting, of the columns in another order."""
    numpy_mode = {"full": "complete", "economic": "reduced"}.get(mode, "raw")
    if not pivoting:
        return qr_cotangent(g, a, out, numpy_mode)
    back = np.argsort(out[2])
    return qr_cotangent(g[:2], a[:, np.argsort(back)], out[:2], numpy_mode)[:, back]


def refuse_unless_square(a: Any) -> None:
    """Refuse the LU factorisation of anything else than one square matrix."""
    if np.ndim(a) != 2 or np.shape(a)[0] != np.shape(a)[1]:
        raise NotCovered(
            f"an LU factorisation of shape {np.shape(a)} has no derivative rule", "the rule is for one square matrix",
            "a square part of it, or one matrix of a stack after the other",
        )  # fmt: skip


def lu_cotangent(g: Any, a: Any, lu: Any, pivots: Any) -> Any:
    """Return pᵀ l⁻ᵀ (tril(lᵀ g_l, -1) + triu(g_u uᵀ)) u⁻ᵀ for a square matrix whose rows p were exchanged."""
    n = lu.shape[-1]
    refuse_unless_square(a)
    low, up = np.tril(lu, -1) + eye_like(lu, n, n), np.triu(lu)
    middle = np.tril(transposed(low) @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ transposed(up))
    inner = linalg.solve_triangular(lu, middle, 1, True, True)
    back = transposed(linalg.solve_triangular(lu, transposed(inner), 0, False))
    return back[np.argsort(rows_of(pivots))]


def polar_cotangent(g: Any, a: Any, out: Any, side: str) -> Any:
    """Pull back through a = u p of full column rank, where p dp + dp p = daᴴ a + aᴴ da; a = p u is its adjoint."""
    u, p = out
    if side == "left":
        a, u, g = adjoint(a), adjoint(u), (adjoint(g[0]), g[1])
    g_u, g_p = np.conj(g[0]), np.conj(g[1])
    moved = transposed(np.linalg.solve(transposed(p), transposed(g_u)))  # g_u p⁻¹
    s = linalg.solve_sylvester(p, p, g_p - adjoint(u) @ moved)
    whole = moved + a @ (s + adjoint(s))
    return transposed(whole) if side == "left" else np.conj(whole)


@composed(linalg.cho_factor)
def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Put the factor beside the triangle that isn't read."""
    factor = linalg.cholesky(a, lower)
    return factor + (np.triu(a, 1) if lower else np.tril(a, -1)), lower


@composed(linalg.lu)
def lu(a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Take the factors apart that `lu_factor` returns as one."""
    refuse_unless_square(a)
    both, pivots = linalg.lu_factor(a)
    one = np.eye(len(pivots), dtype=both.dtype)
    low, up = np.tril(both, -1) + one, np.triu(both)
    back = np.argsort(rows_of(pivots))
    return (low[back], up) if permute_l else (np.real(one)[back], low, up)


@composed(linalg.inv)
def inv(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Call NumPy's."""
    return np.linalg.inv(a)


@composed(linalg.det)
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Call NumPy's, in double precision."""
    dtype = np.result_type(a, np.float64)
    return np.linalg.det(a if np.result_type(a) == dtype else cast(a, dtype))


@composed(linalg.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    """Call NumPy's."""
    return np.linalg.norm(a, ord, axis, keepdims)


@composed(linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Call NumPy's."""
    found = np.linalg.svd(a, full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


@composed(linalg.svdvals)
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Call NumPy's."""
    return np.linalg.svd(a, compute_uv=False)


def refuse_generalised(b: Any, left: bool, homogeneous: bool) -> None:
    """Refuse what NumPy has no eigenvalues for."""
    if b is not None or left or homogeneous:
        raise NotCovered(
            "scipy.linalg.eig with b, left=True or homogeneous_eigvals=True has no derivative rule",
            "the rule is that of a v = w v",
            "linalg.eig(np.linalg.solve(b, a)), linalg.eig(a.T) for vectors from the left, linalg.eigh(a, b)",
        )


@composed(linalg.eig)
def eig(
    a: Any,
    b: Any = None,
    left: bool = False,
    right: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> Any:
    """Call NumPy's, whose eigenvalues are real if they can be."""
    refuse_generalised(b, left, homogeneous_eigvals)
    w, v = np.linalg.eig(a)
    w = cast(w, np.result_type(w, np.complex64))
    return (w, v) if right else w


@composed(linalg.eigvals)
def eigvals(
    a: Any, b: Any = None, overwrite_a: bool = False, check_finite: bool = True, homogeneous_eigvals: bool = False
) -> Any:
    """Call NumPy's, whose eigenvalues are real if they can be."""
    refuse_generalised(b, False, homogeneous_eigvals)
    w = np.linalg.eigvals(a)
    return cast(w, np.result_type(w, np.complex64))


@composed(linalg.lstsq)
def lstsq(
    a: Any,
    b: Any,
    cond: float | None = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """Call NumPy's, which has the sum of squares of one right side in a list."""
    x, residues, rank, s = np.linalg.lstsq(a, b, np.finfo(np.result_type(a, b)).eps if cond is None else cond)
    return x, residues[0] if np.ndim(b) == 1 and residues.shape == (1,) else residues, int(rank), s


def without_estimate(f: Callable[..., Any]) -> None:
    """Refuse the call of a function of a matrix that returns an estimated error, too."""

    @prepared(f)
    def alone(A: Any, disp: Any = None, *rest: Any, **kwargs: Any) -> Any:
        if disp is not None and not disp:
            raise NotCovered(
                f"scipy.linalg.{f.__name__} with disp=False has no derivative rule",
                "it returns an estimate of its error beside the result",
                f"linalg.{f.__name__}(a)",
            )
        return (A,), {}


without_estimate(linalg.sqrtm)
without_estimate(linalg.logm)
non_differentiable(linalg.bandwidth, linalg.issymmetric, linalg.ishermitian)
