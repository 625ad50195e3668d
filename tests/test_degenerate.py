"""What is done at points where a derivative doesn't exist, isn't finite, or needs care: the answers that docs state."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import DegenerateWarning

L, NAN, INF = np.linalg, np.nan, np.inf
EQUAL, RANK_1, ONE = 2 * np.eye(3), np.ones((2, 3)), np.float64(1.0)
ROOT6 = np.full((2, 3), 1 / np.sqrt(6))

# (what, function, point, gradient)
ANSWERS = [
    ("the sum of equal eigenvalues", lambda a: np.sum(L.eigvalsh(a) ** 2), EQUAL, 4 * np.eye(3)),
    ("the sum of equal general eigenvalues", lambda a: np.real(np.sum(L.eigvals(a) ** 2)), EQUAL, 4 * np.eye(3)),
    ("singular values of 0", lambda a: np.sum(L.svd(a)[1]), np.zeros((2, 3)), np.eye(2, 3)),
    ("singular values of rank 1", lambda a: L.svdvals(a)[0], RANK_1, ROOT6),
    ("the nuclear norm of rank 1", lambda a: L.norm(a, "nuc"), RANK_1, ROOT6),
    ("det of a singular matrix", L.det, np.ones((2, 2)), [[1.0, -1.0], [-1.0, 1.0]]),
    ("det of nothing", L.det, np.zeros((0, 0)), np.zeros((0, 0))),
    ("pinv of rank 1", lambda a: np.sum(L.pinv(a)), np.ones((2, 2)), np.full((2, 2), -0.25)),
    *[(f"norm of 0, ord={o}", lambda x, o=o: L.norm(x, o), np.zeros(3), np.zeros(3)) for o in (None, 1, 2, 3, INF)],
    ("the Frobenius norm of 0", L.norm, np.zeros((2, 2)), np.zeros((2, 2))),
    ("prod with one zero", np.prod, [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
    ("prod with two zeros", np.prod, [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
    ("cumprod with zeros", lambda x: np.sum(np.cumprod(x)), [0.0, 2.0, 0.0], [3.0, 0.0, 0.0]),
    ("x**0 at 0", lambda x: x**0, 0.0, 0.0),
    ("x**1 at 0", lambda x: x**1.0, 0.0, 1.0),
    ("x**0.5 at 0", lambda x: x**0.5, 0.0, INF),
    ("0**y, y > 0", lambda y: np.power(0.0, y), 2.0, 0.0),
    ("0**y at 0", lambda y: np.power(0.0, y), 0.0, 0.0),
    ("(-2)**y", lambda y: np.power(-2.0, y), 2.0, NAN),
    ("sqrt(0)", np.sqrt, 0.0, INF),
    ("cbrt(0)", np.cbrt, 0.0, INF),
    ("log(0)", np.log, 0.0, INF),
    ("arcsin(1)", np.arcsin, 1.0, INF),
    ("hypot(0, 0)", lambda x: np.hypot(x, 0.0), 0.0, 0.0),
    ("arctan2(0, 0)", lambda x: np.arctan2(x, 0.0), 0.0, NAN),
    ("sinc(0)", np.sinc, 0.0, 0.0),
    ("abs(0)", np.abs, 0.0, 0.0),
    ("abs(0j)", np.abs, 0j, 0j),
    ("a tie of max", np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
    ("a tie of maximum", lambda x: np.sum(np.maximum(x, 1.0)), [1.0, 2.0], [0.5, 1.0]),
    ("ties in sort", lambda x: np.sum(np.sort(x) * [1.0, 2.0, 3.0]), [1.0, 1.0, 1.0], [1.0, 2.0, 3.0]),
    ("ties in median", np.median, [1.0, 2.0, 2.0, 3.0], [0.0, 0.5, 0.5, 0.0]),
    ("ties in unique", lambda x: np.sum(np.unique(x) * [1.0, 10.0]), [1.0, 1.0, 2.0], [0.5, 0.5, 10.0]),
    ("elements of both sets", lambda x: np.sum(np.union1d(x, np.array([1.0, 5.0]))), [1.0, 2.0], [0.5, 1.0]),
    ("logaddexp of nothing", lambda x: np.logaddexp(x[0], x[1]), [-INF, -INF], [0.0, 0.0]),
    ("interp at a point", lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), 1.0, 2.0),
    ("std of equal elements", np.std, np.ones(3), np.zeros(3)),
    ("correlation of a constant", lambda x: np.corrcoef(x)[0, 1], np.ones((2, 3)), np.full((2, 3), NAN)),
    ("max of NaN", np.max, [1.0, NAN, 2.0], [0.0, 1.0, 0.0]),
    ("maximum of NaN", lambda x: np.sum(np.maximum(x, 0.0)), [1.0, NAN, -1.0], [1.0, 1.0, 0.0]),
    ("median of NaN", np.median, [1.0, NAN, 2.0], [0.0, 1.0, 0.0]),
    ("sum of nothing", np.sum, np.zeros(0), np.zeros(0)),
    ("prod of nothing", np.prod, np.zeros((0, 2)), np.zeros((0, 2))),
    ("sort of nothing", lambda x: np.sum(np.sort(x)), np.zeros(0), np.zeros(0)),
    ("unique of nothing", lambda x: np.sum(np.unique(x)), np.zeros(0), np.zeros(0)),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::autograd_mini.errors.ZeroGradientWarning")
@pytest.mark.parametrize(("what", "function", "point", "wanted"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_the_stated_answer(what, function, point, wanted):
    found = am.grad(function)(np.array(point)[()])
    assert np.shape(found) == np.shape(point)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("function", "point"),
    [
        (lambda a: np.sum(L.eigh(a)[1] ** 3), EQUAL),
        (lambda a: np.real(np.sum(L.eig(a)[1] ** 3)), EQUAL),
        (lambda a: np.sum(L.svd(a)[0] ** 3), EQUAL),
        (lambda a: np.sum(L.svd(a)[0] ** 3), np.arange(8.0).reshape(4, 2)),
        (lambda a: np.sum(L.qr(a, "complete")[0] ** 3), np.arange(8.0).reshape(4, 2) ** 2),
    ],
)
def test_a_vector_that_is_not_unique_gives_a_finite_gradient_with_a_warning(function, point):
    with pytest.warns(DegenerateWarning):
        assert np.all(np.isfinite(am.grad(function)(point)))


def test_spaces_of_further_singular_vectors_are_right():
    a, weight = np.arange(8.0).reshape(4, 2) ** 1.5, np.arange(16.0).reshape(4, 4) ** 0.5

    def projection(a):
        rest = L.svd(a)[0][:, 2:]
        return np.sum(rest @ rest.T * weight)

    with warnings.catch_warnings(action="ignore", category=DegenerateWarning):
        am.check_grads(projection, a, order=1)


def test_the_trace_of_a_defective_matrix_is_right_and_a_single_eigenvalue_told():
    a = np.array([[1.0, 1.0], [0.0, 1.0]])
    with pytest.warns(DegenerateWarning, match="defective"):
        np.testing.assert_allclose(am.grad(lambda a: np.real(np.sum(L.eigvals(a))))(a), np.eye(2), atol=1e-12)
    with pytest.warns(DegenerateWarning, match="defective") as caught:
        am.grad(lambda a: np.real(L.eig(a)[0][0]))(a)
    assert caught[0].filename == __file__  # it points to the user's line


def test_a_multiple_root_and_dependent_columns_are_told():
    with np.errstate(all="ignore"), pytest.warns(DegenerateWarning, match="multiple"):
        am.grad(lambda p: np.real(np.roots(p)[0]))(np.array([1.0, -2.0, 1.0]))
    with np.errstate(all="ignore"), pytest.warns(DegenerateWarning, match="linearly dependent"):
        assert np.all(np.isnan(am.grad(lambda a: np.sum(L.qr(a)[1]))(np.ones((2, 2)))))


@pytest.mark.parametrize("function", [L.inv, lambda a: L.slogdet(a)[1], lambda a: L.solve(a, np.ones(2)), L.cholesky])
def test_a_singular_matrix_raises_as_in_numpy(function):
    with pytest.raises(L.LinAlgError):
        am.grad(lambda a: np.sum(function(a)))(np.ones((2, 2)))


def test_the_condition_of_a_singular_matrix_is_infinite():
    assert L.cond(am.Value(np.ones((2, 2))), 1).data == INF == L.cond(np.ones((2, 2)), 1)
    stack = np.stack([np.zeros((2, 2)), np.eye(2), np.ones((2, 2))])
    for p in (None, -2, 1, "fro", INF):
        with np.errstate(divide="ignore"):
            found = L.cond(am.Value(stack.astype(np.float32)), p)
        np.testing.assert_allclose(found.data, L.cond(stack.astype(np.float32), p))
        assert found.dtype == np.float32


def test_simple_roots_beside_a_multiple_one_have_their_derivatives():
    def first(a):
        return np.real(np.roots(np.append(a, [0, 0])))[0]

    with pytest.warns(DegenerateWarning, match="multiple"):
        found = am.grad(first)(np.array([1.0, -6, 11, -6]))
    np.testing.assert_allclose(found, -np.array([27.0, 9, 3, 1]) / 2, rtol=1e-9)  # -r^k / P'(r) at r = 3


def of_phase(vectors):
    return np.sum(np.real(vectors))


def of_lines(vectors):  # each vector divided by the phase of its first element
    return of_phase(vectors * np.conj(vectors[:1]) / np.abs(vectors[:1]))


@pytest.mark.parametrize("name", ["eigh", "svd"])
def test_the_phase_of_complex_vectors_is_told_where_a_function_depends_on_it(name):
    rng = np.random.default_rng(3)
    z = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    vectors = (lambda z: L.eigh(z + np.conj(z.T))[1]) if name == "eigh" else (lambda z: L.svd(z)[0])
    with pytest.warns(DegenerateWarning, match=rf"linalg\.{name}: the function depends on the phase"):
        am.grad(lambda z: of_phase(vectors(z)))(z)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        am.check_grads(lambda z: of_lines(vectors(z)), z)
