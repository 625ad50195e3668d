"""Sample calls of `scipy.linalg`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from case import Case, distinct, uniform
from cases_linalg import conjugate_transpose, regular

from autograd_mini.scipy import linalg

A, B, X = regular(3, 3), uniform(3, 2, seed=1), uniform(3, seed=2)
SMALL = uniform(3, 3, low=-0.6, high=0.6)


def positive(a: Any) -> Any:
    """Return a Hermitian matrix, positive definite, made of any square one."""
    return a @ conjugate_transpose(a) + 2 * np.eye(a.shape[-1])


def dominant(a: Any) -> Any:
    """Return a matrix far from singular, and its eigenvalues from each other, made of any one of small numbers."""
    return a + np.eye(*a.shape[-2:]) * (4 + np.arange(a.shape[-1]))


def of(change: Callable[[Any], Any], function: Callable[..., Any], *places: int) -> Callable[..., Any]:
    """Return a function called with some of its arguments, by default the first, made valid."""
    places = places or (0,)
    return lambda *args, **kwargs: function(*(change(x) if i in places else x for i, x in enumerate(args)), **kwargs)


def sine_of_problem(a: Any, b: Any = None, **kwargs: Any) -> Any:
    """Return eigenvalues, and v sin(w) vᴴ, which has no sign or phase of an eigenvector in it."""
    a, b = a + conjugate_transpose(a), None if b is None else positive(b)
    w, v = linalg.eigh(a, b, **kwargs)
    return w, v * np.sin(w) @ conjugate_transpose(v)


def transposed_solve(a: Any, b: Any, transposed: bool) -> Any:
    """Solve with the transposed matrix; SciPy refuses that for complex ones."""
    return linalg.solve(a.T, b) if np.iscomplexobj(a) else linalg.solve(a, b, transposed=transposed)


def arrays_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function without the results that are no floating arrays."""

    def via(*args: Any, **kwargs: Any) -> Any:
        return [x for x in function(*args, **kwargs) if getattr(getattr(x, "dtype", None), "kind", "") in ("f", "c")]

    return via


def riccati_with_all(solver: Callable[..., Any]) -> Callable[..., Any]:
    """Return a solver of a Riccati equation whose matrices are made valid; SciPy 1.17 balances a wrong matrix e."""

    def via(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None) -> Any:
        n = a.shape[0]
        stable = a / 4 - np.eye(n) / 2
        return solver(stable, dominant(b), positive(q), positive(r), None if e is None else e / 4 + np.eye(n), s,
                      balanced=False)  # fmt: skip

    return via


def sine_by_eig(a: Any) -> Any:
    """Return v sin(w) v⁻¹, which has no length or phase of an eigenvector in it."""
    w, v = linalg.eig(a)
    return v * np.sin(w) @ np.linalg.inv(v)


FUNCTIONS = [
    *[Case(f, (SMALL,)) for f in (linalg.expm, linalg.sinm, linalg.cosm, linalg.tanm, linalg.sinhm, linalg.coshm,
                                  linalg.tanhm)],
    Case(linalg.expm, (np.zeros((2, 2)),)), Case(linalg.expm, (regular(2, 2, 2),)),
    Case(linalg.logm, (SMALL,), via=lambda a: linalg.logm(dominant(a) * np.ones(()))),  # float32 makes SciPy warn
    Case(linalg.sqrtm, (SMALL,), via=of(dominant, linalg.sqrtm)),
    Case(linalg.fractional_matrix_power, (SMALL, 0.3), via=of(dominant, linalg.fractional_matrix_power)),
]  # fmt: skip

STRUCTURES = ["gen", "sym", "her", "pos"]
SOLVING = [
    *[Case(linalg.solve, (A, b), wrt=(0, 1)) for b in (X, B)],
    *[Case(linalg.solve, (A, B), {"assume_a": name, "lower": low}, (0, 1)) for name in STRUCTURES[:3]
      for low in (True, False)],
    Case(linalg.solve, (SMALL, X), {"assume_a": "pos"}, (0, 1), via=of(positive, linalg.solve, 0)),
    Case(linalg.solve, (A, B), {"transposed": True}, (0, 1), via=transposed_solve),
    *[Case(linalg.solve_triangular, (A, b, trans, low, unit), {}, (0, 1))
      for b in (X, B) for trans in (0, "T", 2) for low in (True, False) for unit in (True, False)],
    *[Case(linalg.solve_banded, ((1, 2), uniform(4, 5) + [[0], [0], [4], [0]], b), wrt=(1, 2))
      for b in (uniform(5, seed=3), uniform(5, 2, seed=3))],
    *[Case(linalg.solveh_banded, (uniform(2, 5) + [[4 * low], [4 * (1 - low)]], uniform(5, seed=3)),
           {"lower": bool(low)}, (0, 1)) for low in (0, 1)],
    Case(linalg.solveh_banded, (uniform(3, 5) + [[9], [0], [0]], uniform(5, 2, seed=3)), {"lower": True}, (0, 1)),
    Case(linalg.cho_solve, ((A, True), X), wrt=(1,)),
    *[Case(linalg.cho_solve, (SMALL, b), {}, (0, 1), via=lambda c, b, low=low: linalg.cho_solve((dominant(c), low), b))
      for b in (X, B) for low in (True, False)],
    *[Case(linalg.lu_solve, (SMALL, b), {}, (0, 1),
           via=lambda a, b, t=t: linalg.lu_solve(linalg.lu_factor(dominant(a)), b, t))
      for b in (X, B) for t in (0, 1, 2)],
    Case(linalg.solve_toeplitz, (uniform(3) + [4, 0, 0], X), wrt=(0, 1)),
    Case(linalg.solve_toeplitz, (uniform(3) + [4, 0, 0], uniform(3, seed=1), B), {}, (0, 1, 2),
         via=lambda c, r, b: linalg.solve_toeplitz((c, r), b)),
    Case(linalg.matmul_toeplitz, (uniform(3), uniform(2, seed=1), uniform(2, 2)), {}, (0, 1, 2),
         via=lambda c, r, x: linalg.matmul_toeplitz((c, r), x)),
    *[Case(linalg.solve_circulant, (uniform(3) + [4, 0, 0], b), wrt=(0, 1)) for b in (X, B)],
]  # fmt: skip

STRUCTURED = [
    Case(linalg.toeplitz, (X,)), Case(linalg.toeplitz, (X, uniform(4)), wrt=(0, 1)), Case(linalg.circulant, (X,)),
    Case(linalg.hankel, (X,)), Case(linalg.hankel, (X, uniform(4)), wrt=(0, 1)),
    Case(linalg.companion, (uniform(4),), via=lambda a: linalg.companion(a + [3, 0, 0, 0])),
    Case(linalg.block_diag, (uniform(2, 3), uniform(2), uniform(1, 1)), wrt=(0, 1, 2)),
    Case(linalg.khatri_rao, (uniform(2, 3), uniform(4, 3)), wrt=(0, 1)),
]  # fmt: skip

EQUATIONS = [
    Case(linalg.solve_sylvester, (SMALL, uniform(2, 2, low=-0.6, high=0.6), B), {}, (0, 1, 2),
         via=of(dominant, linalg.solve_sylvester, 0, 1)),
    Case(linalg.solve_continuous_lyapunov, (SMALL, A), {}, (0, 1), via=of(dominant, linalg.solve_continuous_lyapunov)),
    Case(linalg.solve_discrete_lyapunov, (SMALL, A), wrt=(0, 1)),
    Case(linalg.solve_continuous_are, (SMALL, B / 2, uniform(3, 3), uniform(2, 2)), {}, (0, 1, 2, 3),
         via=lambda a, b, q, r: linalg.solve_continuous_are(a, dominant(b), positive(q), positive(r))),
    Case(linalg.solve_discrete_are, (SMALL[:2, :2], B[:2, :1] / 2, uniform(2, 2), uniform(1, 1)), {}, (0, 1, 2, 3),
         via=lambda a, b, q, r: linalg.solve_discrete_are(a, dominant(b), positive(q), positive(r))),
    *[Case(solve, (SMALL[:2, :2], B[:2, :1] / 2, uniform(2, 2), uniform(1, 1), SMALL[1:, 1:], uniform(2, 1) / 4), {},
           (0, 1, 2, 3, 4, 5), via=riccati_with_all(solve))
      for solve in (linalg.solve_continuous_are, linalg.solve_discrete_are)],
]  # fmt: skip

WIDE, TALL = distinct(2, 4), distinct(4, 3)
FACTORISATIONS = [
    *[Case(linalg.eigh, (distinct(3, 3),), {"lower": low}, via=sine_of_problem) for low in (True, False)],
    Case(linalg.eigh, (distinct(3, 3), SMALL), {}, (0, 1), via=sine_of_problem),
    Case(linalg.eigh, (distinct(3, 3),), {"eigvals_only": True}),
    *[Case(linalg.eigvalsh, (distinct(3, 3), SMALL), {"lower": low}, (0, 1), via=of(positive, linalg.eigvalsh, 1))
      for low in (True, False)],
    Case(linalg.eigvalsh, (distinct(3, 3),)),
    *[Case(linalg.cholesky, (SMALL,), {"lower": low}, via=of(positive, linalg.cholesky, 0)) for low in (True, False)],
    *[Case(linalg.cho_factor, (SMALL,), {"lower": low}, via=arrays_of(of(positive, linalg.cho_factor, 0)))
      for low in (True, False)],
    *[Case(linalg.pinv, (a,)) for a in (WIDE, TALL)],
    Case(linalg.pinv, (TALL,), {"return_rank": True}, via=arrays_of(linalg.pinv)),
    *[Case(linalg.qr, (a,), {"mode": "economic"}) for a in (A, WIDE, TALL)], Case(linalg.qr, (A,)),
    Case(linalg.qr, (TALL,), {"mode": "economic", "pivoting": True}, via=arrays_of(linalg.qr)),
    Case(linalg.lu_factor, (SMALL,), {}, via=lambda a: linalg.lu_factor(dominant(a)[[1, 2, 0]])[:1]),
    Case(linalg.lu, (SMALL,), {}, via=lambda a: linalg.lu(dominant(a)[[1, 2, 0]])[1:]),
    Case(linalg.lu, (SMALL, True), {}, via=lambda a, permute: linalg.lu(dominant(a)[[1, 2, 0]], permute)),
    *[Case(linalg.polar, (a,), via=of(dominant, linalg.polar)) for a in (SMALL, TALL)],
    Case(linalg.polar, (WIDE, "left"), via=of(dominant, linalg.polar)),
    Case(linalg.eig, (dominant(SMALL),), via=lambda a: linalg.eig(a)[0]), Case(linalg.eigvals, (dominant(SMALL),)),
    Case(linalg.eig, (dominant(SMALL),), via=sine_by_eig),
    *[Case(linalg.lstsq, (TALL, b), {}, (0, 1), via=arrays_of(linalg.lstsq)) for b in (uniform(4), uniform(4, 2))],
    Case(linalg.lstsq, (WIDE, uniform(2), 1e-9), {}, (0, 1), via=lambda a, b, cond: linalg.lstsq(a, b, cond)[0]),
    Case(linalg.inv, (A,)), Case(linalg.det, (A,)), Case(linalg.norm, (TALL,)), Case(linalg.norm, (TALL, 1, 0)),
    Case(linalg.svd, (TALL,), {"compute_uv": False}), Case(linalg.svdvals, (TALL,)),
]  # fmt: skip

CASES = [*FUNCTIONS, *SOLVING, *STRUCTURED, *EQUATIONS, *FACTORISATIONS]
