"""Linear algebra where numbers are special: singular, degenerate, zero, tied, or out of shape."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import DegenerateWarning, NotCovered
from autograd_mini.rules.products import einsum_terms

HERMITIAN = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 3.0]])  # eigenvalues 1, 3, 3


@pytest.mark.parametrize("ord", [None, 2, 3])
def test_a_norm_has_gradient_0_at_0(ord):
    np.testing.assert_array_equal(am.grad(lambda x: np.linalg.norm(x, ord))(np.zeros(3)), np.zeros(3))
    assert am.hvp(lambda x: np.linalg.norm(x, ord), np.zeros(2), np.ones(2)).tolist() == [0, 0]


def test_a_tied_maximum_norm_shares_its_gradient():
    slope = am.grad(lambda x: np.linalg.norm(x, np.inf))(np.array([2.0, -2.0, 1.0]))
    np.testing.assert_array_equal(slope, [0.5, -0.5, 0])
    np.testing.assert_array_equal(am.grad(lambda x: np.linalg.norm(x, 1))(np.eye(2)), np.eye(2) / 2)


def test_the_sum_of_equal_eigenvalues_has_a_gradient():
    def trace(a):
        return np.sum(np.linalg.eigh(a)[0])

    np.testing.assert_allclose(am.grad(trace)(np.eye(3)), np.eye(3), atol=1e-14)
    np.testing.assert_allclose(am.grad(trace)(HERMITIAN), np.eye(3), atol=1e-14)


def test_the_eigenvector_of_a_single_eigenvalue_has_a_gradient_beside_equal_ones():
    def onto_first(a):
        v = np.linalg.eigh(a)[1][:, 0]
        return np.sum(np.outer(v, v) * WEIGHTS)

    rng = np.random.default_rng(0)
    WEIGHTS, direction = rng.normal(size=(2, 3, 3))
    direction = direction + direction.T
    step = 1e-5 * direction
    difference = (onto_first(HERMITIAN + step) - onto_first(HERMITIAN - step)) / 2e-5
    assert am.jvp(onto_first, (HERMITIAN,), (direction,))[1] == pytest.approx(difference, rel=1e-7)
    assert np.sum(am.grad(onto_first)(HERMITIAN) * direction) == pytest.approx(difference, rel=1e-7)


def test_the_gradient_of_eigh_is_of_the_triangle_that_it_reads():
    a = np.random.default_rng(1).normal(size=(3, 3))
    for triangle, unread in (("L", np.triu_indices(3, 1)), ("U", np.tril_indices(3, -1))):
        slope = am.grad(lambda a, t=triangle: np.sum(np.linalg.eigh(a, t)[0] ** 3))(a)
        assert not slope[unread].any()


def test_a_determinant_that_underflows_is_no_reason_for_minors():
    a = 1e-4 * np.eye(120)
    assert np.linalg.det(a) == 0
    np.testing.assert_array_equal(am.grad(np.linalg.det)(a), np.zeros_like(a))


def test_what_only_lapack_reads_is_refused_at_the_call():
    with pytest.raises(NotCovered, match=r"mode='raw'(.|\n)*q, r = np\.linalg\.qr"):
        np.linalg.qr(am.Value(np.eye(3)), "raw")
    with pytest.raises(NotCovered, match=r"over axes \(0, 1\)(.|\n)*np\.reshape\(np\.nanquantile\(a, np\.ravel\(q\)"):
        np.nanquantile(am.Value(np.ones((3, 2))), np.full((2, 2), 0.5), axis=(0, 1))


@pytest.mark.parametrize(
    ("subscripts", "ndims", "terms"),
    [
        ("ij,jk", [2, 2], (["ij", "jk"], "ik")),
        ("ba", [2], (["ba"], "ab")),
        ("ii", [2], (["ii"], "")),
        ("...ij, ...jk", [4, 3], (["abij", "bjk"], "abik")),
        ("i...->...", [3], (["iab"], "ab")),
        ("...,...->...", [0, 2], (["", "ab"], "ab")),
    ],
)
def test_einsum_subscripts_are_spelled_out(subscripts, ndims, terms):
    assert einsum_terms(subscripts, ndims) == terms


def test_einsum_differentiates_the_operands_asked_for_alone():
    a, b = np.ones((2, 3)), am.Value(np.ones((3, 2)))
    np.sum(np.einsum("ij,jk->ik", a, b)).backward()
    np.testing.assert_array_equal(b.grad, 2 * np.ones((3, 2)))


# ------------------------------------------------------------------------------------------- Only rounding apart


def turned(values, n=5):
    """Return a Hermitian matrix of these eigenvalues, which rounding tells apart where they are equal."""
    q = np.linalg.qr(np.random.default_rng(1).normal(size=(n, n)))[0]
    return (q * values) @ q.T


def test_functions_of_a_space_have_exact_gradients_where_eigenvalues_are_equal_but_for_rounding():
    a = turned([2.0, 2.0, 2.0, -1.0, -1.0])
    w = np.linalg.eigvalsh(a)
    assert np.any((np.diff(w) != 0) & (np.diff(w) < 1e-13)), "the case is none"

    def of_space(a):
        v = np.linalg.eigh(a)[1][:, 2:]
        return np.sum(weights * (v @ v.T))

    weights = np.random.default_rng(2).normal(size=(5, 5))
    with pytest.warns(DegenerateWarning, match=r"numpy\.linalg\.eigh: values coincide"):
        found = am.grad(of_space)(a)
    # The projector p on the space of eigenvalue 2 has the derivative (p e (1 - p) + (1 - p) e p) / (2 - -1) along e.
    p = (a + np.eye(5)) / 3
    whole = (p @ (weights + weights.T) @ (np.eye(5) - p)) / 3
    np.testing.assert_allclose((found + found.T) / 2, (whole + whole.T) / 2, atol=1e-13)


def test_the_slope_of_a_singular_value_of_0_is_0():
    a = np.outer([1.0, 2.0, 2.0], [3.0, 4.0])  # singular values 15 and 0, or what rounding makes of it
    assert 0 < np.linalg.svdvals(a + 1e-17)[1] < 1e-14 or np.linalg.svdvals(a)[1] == 0
    of_largest = np.outer([1, 2, 2], [3, 4]) / 15
    for f in (np.linalg.svdvals, lambda x: np.linalg.svd(x, compute_uv=False)):
        np.testing.assert_allclose(am.grad(lambda x, f=f: np.sum(f(x)))(a), of_largest, atol=1e-14)
    np.testing.assert_allclose(am.grad(lambda x: np.linalg.norm(x, "nuc"))(a), of_largest, atol=1e-14)
    np.testing.assert_array_equal(am.grad(lambda x: np.linalg.norm(x, -2))(a), np.zeros((3, 2)))
    np.testing.assert_array_equal(am.grad(lambda x: np.linalg.norm(x, 2))(0 * a), np.zeros((3, 2)))


@pytest.mark.parametrize("a", [np.ones((3, 3)), np.zeros((4, 3)), np.ones((2, 4))], ids=lambda a: str(a.shape))
def test_dependent_columns_have_no_gradient_through_qr(a):
    with pytest.warns(DegenerateWarning, match=r"numpy\.linalg\.qr: the columns are linearly dependent"):
        gradient = am.grad(lambda a: np.sum(np.linalg.qr(a)[1] ** 2))(a)
    assert np.any(np.isnan(gradient))


def test_of_a_stack_only_the_dependent_matrix_has_no_gradient_through_qr():
    a = np.stack([np.ones((2, 2)), np.array([[2.0, 1.0], [0.0, 1.0]])])
    with pytest.warns(DegenerateWarning):
        gradient = am.grad(lambda a: np.sum(np.linalg.qr(a)[1] ** 2))(a)
    assert np.all(np.isnan(gradient[0]))
    np.testing.assert_allclose(gradient[1], 2 * a[1], atol=1e-14)
