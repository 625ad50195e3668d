"""Linear algebra where numbers are special: singular, degenerate, zero, tied, or out of shape."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import NotCovered
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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: np.linalg.svd(a)[0], r"shape \(3, 2\) with full_matrices=True(.|\n)*full_matrices=False"),
        (lambda a: np.linalg.qr(a, "complete")[0], r"shape \(3, 2\) with mode='complete'(.|\n)*reduced"),
        (lambda a: np.linalg.qr(a, "r"), r"shape \(3, 2\) with mode='r'(.|\n)*reduced"),
    ],
)
def test_factors_that_are_not_unique_are_refused(call, message):
    with pytest.raises(NotCovered, match=message):
        am.grad(lambda a: np.sum(call(a)))(np.random.default_rng(2).normal(size=(3, 2)))


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
