"""Gradient descent."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import BackwardError, InvalidInput, StaleDataError
from autograd_mini.optim import SGD, cosine_schedule


def minimise(optimizer, p, steps):
    """Take steps on p²/2 and return where p was before each, and after the last."""
    path = [p.data.copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * np.sum(p * p)).backward()
        optimizer.step()
        path.append(p.data.copy())
    return path


def test_a_step_goes_against_the_gradient():
    p = am.Value([1.0, -2.0])
    np.testing.assert_allclose(minimise(SGD([p], lr=0.1), p, 3)[-1], np.array([1.0, -2.0]) * 0.9**3)


def test_momentum_keeps_a_share_of_the_last_step():
    p = am.Value([1.0])
    # v = 1, p = 0.9; v = 0.5 + 0.9 = 1.4, p = 0.76; v = 0.7 + 0.76 = 1.46, p = 0.614
    np.testing.assert_allclose(np.ravel(minimise(SGD([p], lr=0.1, momentum=0.5), p, 3)), [1, 0.9, 0.76, 0.614])


def test_arrays_change_in_place_and_numbers_are_rebound():
    p, number = am.Value([1.0, 2.0]), am.Value(3.0)
    array = p.data
    optimizer = SGD([p, number], lr=0.5)
    (np.sum(p) * number).backward()
    optimizer.step()
    assert p.data is array
    np.testing.assert_allclose(array, [-0.5, 0.5])
    assert number.data == 1.5
    assert number.data.dtype == np.float64


def test_float32_stays_float32():
    p = am.Value(np.ones(2, np.float32))
    assert minimise(SGD([p], lr=0.1, momentum=0.9), p, 2)[-1].dtype == np.float32


def test_a_step_leaves_the_gradient_alone():
    p = am.Value([1.0])
    optimizer = SGD([p], lr=0.1, momentum=0.9)
    np.sum(3 * p).backward()
    optimizer.step()
    optimizer.step()
    np.testing.assert_array_equal(p.grad, [3.0])


def test_a_graph_that_is_held_is_stale_after_the_step():
    p = am.Value([1.0])
    loss = np.sum(p * p)
    loss.backward()
    SGD([p], lr=0.1).step()
    with pytest.raises(StaleDataError, match="changed in place"):
        loss.backward()


def test_complex_parameters_descend():
    z = am.Value(np.array([1 + 2j]))
    optimizer = SGD([z], lr=0.25)
    for _ in range(40):
        optimizer.zero_grad()
        np.sum(np.abs(z - (3 - 1j)) ** 2).backward()
        optimizer.step()
    np.testing.assert_allclose(z.data, [3 - 1j])


def test_parameters_without_a_gradient_are_named_and_nothing_changes():
    w, b, c = am.Value(1.0, name="w"), am.Value(1.0, name="b"), am.Value(1.0)
    (w * 2).backward()
    with pytest.raises(BackwardError) as caught:
        SGD([w, b, c], lr=0.1).step()
    assert str(caught.value).startswith("no gradient for b, parameter 2\n  why: backward() wasn't called")
    assert w.data == 1.0


def test_zero_grad_forgets():
    w = am.Value(1.0)
    (w * w).backward()
    SGD([w], lr=0.1).zero_grad()
    assert w.grad is None


@pytest.mark.parametrize("lr", [0, -0.1, float("nan"), float("inf"), "0.1", None])
def test_a_learning_rate_that_is_no_length_is_refused(lr):
    with pytest.raises(InvalidInput, match=r"lr=(.|\n)*a number above 0, such as 0.1"):
        SGD([am.Value(1.0)], lr=lr)


@pytest.mark.parametrize("momentum", [-0.1, 1, 1.5, float("nan")])
def test_a_momentum_outside_0_to_1_is_refused(momentum):
    with pytest.raises(InvalidInput, match=r"momentum=(.|\n)*from 0 to below 1"):
        SGD([am.Value(1.0)], lr=0.1, momentum=momentum)


def test_what_is_no_list_of_parameters_is_refused():
    w = am.Value(1.0)
    with pytest.raises(InvalidInput, match=r"params is a single Value(.|\n)*\[p\]"):
        SGD(w, lr=0.1)
    with pytest.raises(InvalidInput, match="no parameters"):
        SGD([], lr=0.1)
    with pytest.raises(InvalidInput, match="parameter 1 is of type ndarray"):
        SGD([w, np.ones(2)], lr=0.1)
    for no_leaf in (w * 2.0, w.detach()):
        with pytest.raises(InvalidInput, match=r"parameter 1 is Value\((?s:.*)the leaves that it was computed from"):
            SGD([w, no_leaf], lr=0.1)
    with pytest.raises(InvalidInput, match="a parameter is there twice"):
        SGD([w, w], lr=0.1)


def test_a_cosine_schedule_falls_from_the_full_rate_to_nearly_nothing():
    rates = [cosine_schedule(0.2, 50)(epoch) for epoch in range(50)]
    assert rates[0] == 0.2
    assert rates == sorted(rates, reverse=True)
    assert rates[25] == pytest.approx(0.1)
    assert 0 < rates[-1] < 0.001
