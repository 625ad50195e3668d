"""Rules of `scipy.linalg`: solving by structure, and matrices of a structure.

Cotangents are unconjugated. For a x = b they are a⁻ᵀ g for b, and -(a⁻ᵀ g) xᵀ for a, of which what SciPy doesn't read
(a triangle, a diagonal of ones) gets 0.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import scipy.linalg

from ...errors import NotCovered
from ...primitives import cast
from ...registry import composed, rule
from ...scipy import linalg
from ..factorisations import lower, read_triangle
from ..products import transposed

ASSUMED = inspect.signature(scipy.linalg.solve).parameters["assume_a"].default  # None since SciPy 1.15, then "gen"
HERMITIAN = ("her", "hermitian", "pos", "positive definite")
SYMMETRIC = ("sym", "symmetric")
TURNED = {"lower triangular": "upper triangular", "upper triangular": "lower triangular"}


def outer(x: Any, y: Any, vector: bool) -> Any:
    """Return x yᵀ, of vectors or matrices."""
    return np.expand_dims(x, -1) * np.expand_dims(y, -2) if vector else x @ transposed(y)


# ------------------------------------------------------------------------------------------------------ Solving


def solve_b(g: Any, a: Any, lower: bool = False, assume_a: Any = ASSUMED, transposed: bool = False) -> Any:
    """Return a⁻ᵀ g, or a⁻¹ g where aᵀ x = b was solved."""
    if assume_a in SYMMETRIC or transposed:
        return linalg.solve(a, g, lower=lower, assume_a=assume_a)
    if assume_a in HERMITIAN:
        return linalg.solve(np.conj(a), g, lower=lower, assume_a=assume_a)
    return linalg.solve(np.swapaxes(a, -1, -2), g, lower=not lower, assume_a=TURNED.get(assume_a, assume_a))


def solve_a(g: Any, a: Any, b_shape: Any, out: Any, lower: bool, assume_a: Any, transposed: bool) -> Any:
    """Return -(a⁻ᵀ g) xᵀ in the places that are read."""
    x, y = (out, -solve_b(g, a, lower, assume_a, transposed))[:: 1 if transposed else -1]
    return as_read(outer(x, y, len(b_shape) == 1), assume_a, lower)


def as_read(g: Any, assume_a: Any, low: bool) -> Any:
    """Return the cotangent of the elements that SciPy reads of a matrix of a structure."""
    if assume_a in HERMITIAN:
        return read_triangle(g, low)
    if assume_a in SYMMETRIC:
        whole = lower(g + transposed(g), 0.5)
        return whole if low else transposed(whole)
    if assume_a == "diagonal":
        return np.triu(np.tril(g))
    if assume_a == "tridiagonal":
        return np.triu(np.tril(g, 1), -1)
    return {"upper triangular": np.triu, "lower triangular": np.tril}.get(assume_a, np.positive)(g)


def triangular_b(g: Any, a: Any, trans: Any, lower: bool, unit_diagonal: bool) -> Any:
    """Return the cotangent of b: that of the transposed system."""
    a, trans = (np.conj(a), 0) if trans in (2, "C") else (a, 0 if trans in (1, "T") else 1)
    return linalg.solve_triangular(a, g, trans, lower, unit_diagonal)


def triangular_a(g: Any, a: Any, b_shape: Any, out: Any, trans: Any, lower: bool, unit_diagonal: bool) -> Any:
    """Return the cotangent of the triangle of a that is read."""
    x, y = (-triangular_b(g, a, trans, lower, unit_diagonal), out)[:: 1 if trans in (0, "N") else -1]
    whole = outer(x, y, len(b_shape) == 1)
    whole = np.conj(whole) if trans in (2, "C") else whole
    return (np.tril if lower else np.triu)(whole, -int(unit_diagonal) if lower else int(unit_diagonal))


rule(linalg.solve, broadcasts=True,
     a=lambda g, a, b_shape, out, lower=False, assume_a=ASSUMED, transposed=False:
     solve_a(g, a, b_shape, out, lower, assume_a, transposed),
     b=solve_b)  # fmt: skip
rule(linalg.solve_triangular, broadcasts=True,
     a=lambda g, a, b_shape, out, trans=0, lower=False, unit_diagonal=False:
     triangular_a(g, a, b_shape, out, trans, lower, unit_diagonal),
     b=lambda g, a, trans=0, lower=False, unit_diagonal=False: triangular_b(g, a, trans, lower, unit_diagonal),
)  # fmt: skip

# ------------------------------------------------------------------------------------------------ Band matrices


def band(below: int, above: int, n: int) -> tuple[Any, Any, Any]:
    """Return the rows and columns of the elements of a band, stored by diagonals, and which are in the matrix."""
    columns = np.arange(n) + np.zeros((below + above + 1, 1), int)
    rows = np.arange(below + above + 1)[:, None] - above + columns
    return np.clip(rows, 0, n - 1), columns, (rows >= 0) & (rows < n)


def band_outer(x: Any, y: Any, below: int, above: int) -> Any:
    """Return the band of x yᵀ, stored by diagonals."""
    rows, columns, inside = band(below, above, x.shape[0])
    product = x[rows] * y[columns]
    return np.where(inside, product if x.ndim == 1 else np.sum(product, axis=-1), 0)


def turned_band(ab: Any, below: int, above: int) -> Any:
    """Return the transposed matrix's band, stored by diagonals."""
    rows, columns, inside = band(above, below, ab.shape[1])
    return np.where(inside, ab[above + columns - rows, rows], 0)


def banded_b(g: Any, l_and_u: Any, ab: Any) -> Any:
    """Return a⁻ᵀ g."""
    below, above = l_and_u
    return linalg.solve_banded((above, below), turned_band(ab, below, above), g)


def hermitian_band(g: Any, ab: Any, out: Any, lower: bool) -> Any:
    """Return the cotangent of the half of a Hermitian band that is stored."""
    y, width = -linalg.solveh_banded(np.conj(ab), g, lower=lower), ab.shape[0] - 1
    below, above = (width, 0) if lower else (0, width)
    whole = band_outer(y, out, below, above) + np.conj(band_outer(out, y, below, above))
    main = np.reshape(np.arange(width + 1) == above, (-1, 1))
    return np.where(main, 0.5, 1.0) * whole


rule(linalg.solve_banded, b=banded_b, ab=lambda g, l_and_u, ab, out:
     band_outer(-banded_b(g, l_and_u, ab), out, *l_and_u))  # fmt: skip
rule(linalg.solveh_banded, ab=lambda g, ab, out, lower=False: hermitian_band(g, ab, out, lower),
     b=lambda g, ab, lower=False: linalg.solveh_banded(np.conj(ab), g, lower=lower))  # fmt: skip

# -------------------------------------------------------------------------------------- Matrices of a structure


def refuse_batches(name: str, *arrays: Any) -> None:
    """Refuse arrays of several vectors, which SciPy's versions take in different ways."""
    if any(np.ndim(x) > 1 for x in arrays if x is not None):
        shapes = ", ".join(str(np.shape(x)) for x in arrays if x is not None)
        raise NotCovered(
            f"scipy.linalg.{name} of arrays of shapes {shapes} has no derivative rule",
            "the rule is for one matrix, made of vectors",
            f"np.stack([linalg.{name}(c) for c in rows])",
        )


@composed(linalg.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    """Take each element from the diagonals, of which the column gives the first ones."""
    refuse_batches("toeplitz", c, r)
    c, r = np.ravel(c), np.conj(np.ravel(c)) if r is None else np.ravel(r)
    n = c.shape[0]
    return np.concatenate([np.flip(c), r[1:]])[np.arange(r.shape[0]) - np.arange(n)[:, None] + n - 1]


@composed(linalg.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    """Take each element from the diagonals, of which the column gives the first ones."""
    refuse_batches("hankel", c, r)
    c, r = np.ravel(c), np.zeros_like(np.ravel(c)) if r is None else np.ravel(r)
    return np.concatenate([c, r[1:]])[np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])]


@composed(linalg.circulant)
def circulant(c: Any) -> Any:
    """Take each element from the column, turned."""
    n = np.shape(c)[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % n]


@composed(linalg.companion)
def companion(a: Any) -> Any:
    """Put the quotients by the first coefficient above ones."""
    refuse_batches("companion", a)
    n = np.shape(a)[0] - 1
    return np.concatenate([np.expand_dims(-a[1:] / a[0], 0), np.eye(n - 1, n, dtype=np.result_type(a))])


@composed(linalg.block_diag)
def block_diag(*arrs: Any) -> Any:
    """Pad each block with zeros to the left and to the right."""
    blocks = [np.reshape(x, (1,) * (2 - np.ndim(x)) + np.shape(x)) for x in arrs]
    ends = np.cumsum([x.shape[1] for x in blocks])
    return np.concatenate([
        np.pad(x, ((0, 0), (end - x.shape[1], ends[-1] - end))) for x, end in zip(blocks, ends.tolist(), strict=True)
    ])  # fmt: skip


@composed(linalg.khatri_rao)
def khatri_rao(a: Any, b: Any) -> Any:
    """Multiply the columns as Kronecker does."""
    return np.reshape(np.expand_dims(a, 1) * np.expand_dims(b, 0), (-1, np.shape(a)[1]))


@composed(linalg.solve_toeplitz)
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """Solve with the whole matrix, in double precision."""
    whole = linalg.toeplitz(*pair(c_or_cr))
    dtype = np.result_type(whole, np.float64)
    return np.linalg.solve(whole if whole.dtype == dtype else cast(whole, dtype), b)


@composed(linalg.matmul_toeplitz)
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """Multiply with the whole matrix."""
    return linalg.toeplitz(*pair(c_or_cr)) @ x


@composed(linalg.solve_circulant)
def solve_circulant(c: Any, b: Any) -> Any:
    """Divide the Fourier transforms."""
    refuse_batches("solve_circulant", c)
    spectrum = np.fft.fft(c)
    x = np.fft.ifft(np.fft.fft(b, axis=0) / (spectrum if np.ndim(b) == 1 else spectrum[:, None]), axis=0)
    return x if np.iscomplexobj(c) or np.iscomplexobj(b) else np.real(x)


def pair(c_or_cr: Any) -> Any:
    """Return the first column, and the first row where it is given."""
    return c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr,)


# -------------------------------------------------------------------------------- Solving by factors of a matrix


@composed(linalg.cho_solve)
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """Solve with the factor and with its adjoint."""
    c, low = c_and_lower
    inner = linalg.solve_triangular(c, b, 0 if low else 2, low)
    return linalg.solve_triangular(c, inner, 2 if low else 0, low)


@composed(linalg.lu_solve)
def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """Solve with both factors, and exchange the rows first or last."""
    lu, pivots = lu_and_piv
    refuse_batches("lu_solve", pivots)
    order = rows_of(pivots)
    if trans == 0:
        inner = linalg.solve_triangular(lu, b[order], 0, True, True)
        return linalg.solve_triangular(lu, inner, 0, False)
    inner = linalg.solve_triangular(lu, b, trans, False)
    return linalg.solve_triangular(lu, inner, trans, True, True)[np.argsort(order)]


def rows_of(pivots: Any) -> Any:
    """Return the order of rows that exchanges make, one after the other."""
    order = np.arange(len(pivots))
    for i, k in enumerate(pivots):
        order[[i, k]] = order[[k, i]]
    return order
