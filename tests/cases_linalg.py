"""Sample calls of linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np
from case import Case, distinct, uniform

L = np.linalg


def both(function: Any, *shapes: tuple[int, ...], **kwargs: Any) -> Case:
    """Return a case of a function of two arrays of these shapes."""
    args = tuple(uniform(*shape, seed=i) for i, shape in enumerate(shapes))
    return Case(function, args, kwargs, wrt=(0, 1))


def einsum(subscripts: str, *shapes: tuple[int, ...], **kwargs: Any) -> Case:
    """Return a case of einsum, every operand differentiated."""
    operands = tuple(uniform(*shape, seed=i) for i, shape in enumerate(shapes))
    return Case(np.einsum, (subscripts, *operands), kwargs, wrt=tuple(range(1, len(operands) + 1)))


def by_numbers(subscripts: str, *operands: Any) -> Any:
    """Call einsum in its other form, with lists of numbers after the operands."""
    left, arrow, right = subscripts.replace("...", ".").partition("->")
    numbers = {".": Ellipsis, "i": 0, "j": 1, "k": 2}
    lists = [[numbers[c] for c in term] for term in [*left.split(","), *([right] if arrow else [])]]
    pairs = [part for pair in zip(operands, lists, strict=False) for part in pair]
    return np.einsum(*pairs, *lists[len(operands) :])


def regular(*shape: int, seed: int = 0) -> Any:
    """Return matrices far from singular."""
    return uniform(*shape, low=-1, high=1, seed=seed) + 3 * np.eye(shape[-1])


# ------------------------------------------- Factorisations with a unique result, made of one that isn't


def conjugate_transpose(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def sine_of_hermitian(a: Any, *args: Any, **kwargs: Any) -> Any:
    """Return eigenvalues, and sin of the matrix: an eigenvector's sign (or phase) cancels."""
    w, v = L.eigh(a, *args, **kwargs)
    return w, v * np.expand_dims(np.sin(w), -2) @ conjugate_transpose(v)


def sine_of_singular_values(a: Any, *args: Any, **kwargs: Any) -> Any:
    u, s, vh = L.svd(a, *args, **kwargs)
    return s, u * np.expand_dims(np.sin(s), -2) @ vh


def turned(v: Any) -> Any:
    """Return vectors (columns) in other units, of which length and phase don't matter: by their first elements."""
    return v / v[..., :1, :]


def eigenvectors(a: Any) -> Any:
    w, v = L.eig(a)
    return w, turned(v)


def normalised(a: Any) -> Any:
    """Return what the length of an eigenvector matters to, and its phase doesn't."""
    return np.square(np.abs(L.eig(a)[1]))


def spaces(a: Any, **kwargs: Any) -> Any:
    """Return the projections on the spaces of the further singular vectors, of which the basis doesn't matter."""
    u, s, vh = L.svd(a, **kwargs)
    n = s.shape[-1]
    more_u, more_vh = u[..., n:], vh[..., n:, :]
    return s, more_u @ conjugate_transpose(more_u), conjugate_transpose(more_vh) @ more_vh


def completed(a: Any, mode: str) -> Any:
    q, r = L.qr(a, mode)
    rest = q[..., a.shape[-1] :]
    return q[..., : a.shape[-1]], r, rest @ conjugate_transpose(rest)


def hermitian_svd(a: Any, **kwargs: Any) -> Any:
    """Return what doesn't depend on the signs of the vectors."""
    u, s, vh = L.svd(a, **kwargs)
    return s, u * np.expand_dims(np.sin(s), -2) @ vh


def cholesky_of_positive(a: Any, **kwargs: Any) -> Any:
    """Return the factor of a matrix made positive definite, by a product of which each triangle is used."""
    return L.cholesky(a @ conjugate_transpose(a) + np.eye(a.shape[-1]), **kwargs)


MATMUL_SHAPES = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((4, 2, 3), (3, 2)), ((2, 3), (4, 3, 2)),
    ((4, 1, 2, 3), (5, 3, 2)), ((3,), (4, 3, 2)), ((4, 2, 3), (3,)), ((1, 1), (1, 1)),
    ((0, 3), (3, 2)), ((2, 0), (0, 3)),
]  # fmt: skip
DOT_SHAPES = [
    ((), ()), ((), (2, 3)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)),
    ((2, 4, 3), (5, 3, 2)), ((3,), (4, 3, 2)), ((4, 2, 3), (3,)),
]  # fmt: skip
PAIRS = [((), ()), ((), (2,)), ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3))]

PRODUCTS = [
    *[both(np.matmul, *shapes) for shapes in MATMUL_SHAPES],
    *[both(np.dot, *shapes) for shapes in DOT_SHAPES],
    *[both(function, *shapes) for function in (np.inner, np.outer, np.kron) for shapes in PAIRS],
    both(np.vdot, (2, 3), (2, 3)), both(np.vdot, (), ()),
    both(np.vecdot, (2, 3), (4, 2, 3)), both(np.vecdot, (3,), (3,)),
    both(L.matmul, (4, 2, 3), (3, 2)), both(L.outer, (3,), (2,)),
    both(L.vecdot, (2, 3), (3,)), both(L.vecdot, (3, 2), (3, 2), axis=0),
    both(L.cross, (2, 3), (3,)), both(L.cross, (3, 2), (3, 2), axis=0),
    both(np.tensordot, (2, 3, 2), (3, 2, 4)), both(np.tensordot, (2, 3), (2, 2), axes=0),
    both(np.tensordot, (2, 3, 2), (3, 2, 4), axes=([0, 1], [1, 0])),
    both(np.tensordot, (2, 3, 2), (2, 2, 4), axes=([2, 0], [0, 1])),
    both(np.tensordot, (2, 3, 2), (2, 3, 2), axes=((-1, -3), (0, 2))), both(np.tensordot, (2, 3), (4, 2), axes=(0, 1)),
    both(L.tensordot, (2, 3), (3, 2), axes=1),
    Case(np.trace, (uniform(3, 3),)), Case(np.trace, (uniform(3, 4),), {"offset": 1}),
    Case(np.trace, (uniform(3, 2, 3),), {"offset": -1, "axis1": 2, "axis2": 0}), Case(np.trace, (uniform(2, 2), 5)),
    Case(L.trace, (uniform(2, 3, 4),), {"offset": 1}),
]  # fmt: skip

EINSUMS = [
    einsum("ij,jk->ik", (2, 3), (3, 2)), einsum(" i j , j k ", (2, 3), (3, 2)), einsum("ba", (2, 3)),
    einsum("ii", (3, 3)), einsum("ii->i", (3, 3)), einsum("iij->ij", (3, 3, 2)), einsum("iii->i", (2, 2, 2)),
    einsum("ijij->ij", (2, 3, 2, 3)), einsum("ii,i->", (3, 3), (3,)), einsum("ii,ii", (1, 1), (3, 3)),
    einsum("ij->", (2, 3)), einsum("ij->j", (2, 3)), einsum("ij,k->k", (2, 3), (4,)), einsum("i,j", (2,), (3,)),
    einsum("...ij,...jk->...ik", (4, 2, 3), (3, 2)), einsum("...ij,...jk", (4, 2, 3), (1, 3, 2)),
    einsum("...i->...", (2, 3)), einsum("i...,i...->...", (3, 2), (3, 4, 1)), einsum("...", (2, 3)),
    einsum("ij,ij->j", (1, 3), (2, 3)), einsum("ij,j", (2, 3), (1,)), einsum(",ij->ij", (), (2, 3)),
    einsum("i,i,i->i", (3,), (3,), (3,)), einsum("i,i", (0,), (0,)), einsum("i,i->i", (1,), (0,)),
    einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 4), optimize=True),
    *[Case(np.einsum, (subscripts, uniform(2, 3), uniform(3, 2)), wrt=(1, 2), via=by_numbers)
      for subscripts in ("ij,jk->ki", "ij,jk", "...j,jk->k...")],
    Case(np.einsum, ("ii", uniform(3, 3)), wrt=(1,), via=by_numbers),
    einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 4), optimize=["einsum_path", (0, 1), (0, 1)]),
]  # fmt: skip

SOLVE_SHAPES = [
    ((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (3, 2)), ((2, 3, 3), (3,)), ((3, 3), (2, 3, 2)), ((1, 1), (1,)),
]  # fmt: skip
SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
SOLVING = [
    *[Case(L.solve, (regular(*a), uniform(*b)), wrt=(0, 1)) for a, b in SOLVE_SHAPES],
    *[Case(f, (regular(*s),)) for f in (L.inv, L.det, L.slogdet) for s in [(3, 3), (2, 2, 2), (1, 1), (0, 0)]],
    Case(L.det, (SINGULAR,)), Case(L.det, (np.zeros((2, 2)),)), Case(L.det, (np.stack([SINGULAR, np.eye(3)]),)),
    *[Case(L.matrix_power, (regular(2, 2), n)) for n in (-2, -1, 0, 1, 2, 3)],
    Case(L.multi_dot, ([uniform(2, 3), uniform(3, 4), uniform(4, 2)],)),
    Case(L.multi_dot, ([uniform(3), uniform(3, 4), uniform(4)],)),
    Case(L.multi_dot, ([uniform(3), uniform(3, 2)],)),
]  # fmt: skip

NORMS = [
    Case(L.norm, (distinct(2, 3, 2),)),
    *[Case(L.norm, (distinct(4), o)) for o in (None, 2, 1, 3, 2.5, -1, 0, np.inf, -np.inf)],
    *[Case(L.norm, (distinct(3, 2), o), {"axis": 0}) for o in (None, 1, 3, np.inf)],
    *[Case(L.norm, (distinct(3, 2), o), {"axis": -1, "keepdims": True}) for o in (2, 1, 3, np.inf)],
    *[Case(L.norm, (distinct(3, 4), o)) for o in (None, "fro", 1, -1, np.inf, -np.inf, "nuc", 2, -2)],
    *[Case(L.norm, (distinct(3, 2, 2), o), {"axis": (2, 0)}) for o in ("fro", 1, np.inf, "nuc", 2)],
    *[Case(L.norm, (distinct(3, 2, 2), o), {"axis": (0, 1), "keepdims": True}) for o in ("fro", -1, 2)],
    *[Case(L.vector_norm, (distinct(3, 2, 2),), {"axis": (0, 2), "ord": o}) for o in (2, 1, 3, np.inf)],
    Case(L.vector_norm, (distinct(3, 2),)), Case(L.vector_norm, (distinct(3, 2),), {"keepdims": True}),
    *[Case(L.matrix_norm, (distinct(2, 3, 2),), {"ord": o}) for o in ("fro", 1, "nuc")],
    Case(L.matrix_norm, (distinct(2, 3, 2),), {"keepdims": True}),
]  # fmt: skip

INVERSES = [
    *[Case(L.pinv, (distinct(*s),)) for s in [(3, 3), (4, 2), (2, 4), (2, 3, 2)]],
    Case(L.pinv, (distinct(3, 3) + 2 * np.eye(3),), {"hermitian": True}),
    *[Case(L.lstsq, (distinct(*a), uniform(*b)), wrt=(0, 1)) for a, b in [
        ((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 4), (2,)), ((3, 3), (3, 2))]],
    *[Case(L.cond, (regular(*s), p)) for s in [(3, 3), (2, 2, 2)] for p in (None, 2, -2, "fro", 1, -1, np.inf)],
    Case(L.tensorsolve, (regular(6, 6).reshape(2, 3, 6), uniform(2, 3)), wrt=(0, 1)),
    Case(L.tensorsolve, (regular(6, 6).reshape(2, 3, 3, 2), uniform(2, 3)), wrt=(0, 1)),
    Case(L.tensorsolve, (np.moveaxis(regular(6, 6).reshape(2, 3, 6), 2, 0), uniform(2, 3)), {"axes": (0,)}, (0, 1)),
    Case(L.tensorinv, (regular(6, 6).reshape(2, 3, 6),)), Case(L.tensorinv, (regular(6, 6).reshape(6, 2, 3), 1)),
    Case(L.diagonal, (uniform(2, 3, 4),)), Case(L.diagonal, (uniform(3, 3),), {"offset": -1}),
    Case(L.matrix_transpose, (uniform(2, 3, 4),)),
    *[both(np.cross, *shapes) for shapes in [
        ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3))]],
    both(np.cross, (3, 2), (3, 2), axis=0), both(np.cross, (3, 2), (2, 3), axisa=0, axisb=1, axisc=0),
    *([both(np.matvec, (2, 3), (3,)), both(np.matvec, (4, 2, 3), (3,)), both(np.vecmat, (3,), (3, 2)),
       both(np.vecmat, (4, 3), (3, 2))] if hasattr(np, "matvec") else []),
]  # fmt: skip

SQUARES = [(3, 3), (2, 2, 2), (1, 1)]
RECTANGLES = [(3, 3), (4, 3), (2, 4), (2, 3, 2)]
FACTORISATIONS = [
    *[Case(L.eigh, (distinct(*s),), via=sine_of_hermitian) for s in SQUARES],
    Case(L.eigh, (distinct(3, 3),), {"UPLO": "U"}, via=sine_of_hermitian),
    *[Case(L.eigvalsh, (distinct(*s),)) for s in SQUARES], Case(L.eigvalsh, (distinct(3, 3), "U")),
    *[Case(L.cholesky, (uniform(*s),), via=cholesky_of_positive) for s in SQUARES],
    Case(L.cholesky, (np.diag([2.0, 3.0, 4.0]) + uniform(3, 3, low=-0.5, high=0.5),)),
    *[Case(L.qr, (regular(*s),)) if s[-1] == s[-2] else Case(L.qr, (distinct(*s),)) for s in RECTANGLES],
    *[Case(L.svd, (distinct(*s), False), via=sine_of_singular_values) for s in RECTANGLES],
    Case(L.svd, (distinct(3, 3),), via=sine_of_singular_values),
    *[Case(L.eig, (distinct(*s),), via=eigenvectors) for s in SQUARES],
    Case(L.eig, (np.diag([1.0, 2.0, 4.0]) + 0.3 * uniform(3, 3),), via=normalised),
    Case(L.eig, (np.array([[0.3, -2.0], [1.0, 0.5]]),), via=normalised),
    *[Case(L.eigvals, (distinct(*s),)) for s in SQUARES],
    *[Case(L.svd, (distinct(*s),), via=spaces) for s in [(3, 2), (2, 3), (2, 3, 2)]],
    Case(L.svd, (distinct(3, 3),), {"hermitian": True}, via=hermitian_svd),
    Case(L.svd, (distinct(3, 3),), {"hermitian": True, "compute_uv": False}),
    Case(L.qr, (distinct(4, 3), "complete"), via=completed), Case(L.qr, (distinct(4, 3), "r")),
    Case(L.svd, (distinct(3, 2),), {"compute_uv": False}), Case(L.svdvals, (distinct(2, 3, 2),)),
]  # fmt: skip

CASES: list[Case] = [*PRODUCTS, *EINSUMS, *SOLVING, *NORMS, *INVERSES, *FACTORISATIONS]
