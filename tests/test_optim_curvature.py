"""L-BFGS and Newton's method: where they arrive, and what they are made of."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import optimize

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.errors import AnomalyError, BackwardError, InvalidInput
from autograd_mini.optim import LBFGS, SGD, Newton
from autograd_mini.optim.line_search import Point, between, strong_wolfe
from autograd_mini.optim.second_order import newton_direction, times_inverse_hessian

ALONE = r"lambda: loss\(model\(inputs\), targets\), without backward\(\) and zero_grad\(\)"
BOTH = pytest.mark.parametrize("kind", [LBFGS, Newton], ids=lambda kind: kind.__name__)
RNG = np.random.default_rng(5)
POINTS, SIDES = RNG.normal(size=(40, 3)), RNG.integers(0, 2, 40) * 2.0 - 1


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(w, b):
    return np.mean(np.logaddexp(0, -SIDES * (POINTS @ w + b))) + 0.01 * (np.sum(w**2) + b**2)


def settle(optimizer, closure, steps=60):
    return [optimizer.step(closure) for _ in range(steps)]


# ---------------------------------------------------------------------------------------------- Where they arrive


@BOTH
@pytest.mark.parametrize("start", [[-1.2, 1.0], [0.0, 0.0], [2.0, -2.0], [1.3, 0.7, 0.8, 1.9, 1.2]], ids=str)
def test_the_valley_of_rosenbrock_is_followed_to_its_end(kind, start):
    x = am.Value(start)
    losses = settle(kind([x], tolerance_grad=0.0) if kind is LBFGS else kind([x]), lambda: rosenbrock(x))
    np.testing.assert_allclose(x.data, 1, rtol=0, atol=1e-10)
    assert losses == sorted(losses, reverse=True)


@BOTH
def test_a_minimum_is_the_one_that_scipy_finds(kind):
    w, b = am.Value(np.zeros(3)), am.Value(0.0)
    settle(kind([w, b]), lambda: logistic(w, b), 10)
    found = optimize.minimize(lambda x: logistic(x[:3], x[3]), np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    np.testing.assert_allclose([*w.data, b.data], found.x, atol=2e-6)


@BOTH
def test_a_network_is_fitted_as_far_as_scipy_fits_it(kind):
    net = nn.Sequential(nn.Linear(3, 2, rng=0), nn.tanh, nn.Linear(2, 1, rng=1))
    targets = np.sin(POINTS @ np.array([1.0, -0.5, 0.2]))[:, np.newaxis]

    def closure():
        return np.mean((net(POINTS) - targets) ** 2) + 1e-3 * sum(np.sum(p**2) for p in net.parameters())

    settle(kind(net.parameters()), closure, 30)
    shapes = [p.shape for p in net.parameters()]
    cuts = np.cumsum([p.size for p in net.parameters()])[:-1]

    def loss(x):
        w1, b1, w2, b2 = (part.reshape(shape) for part, shape in zip(np.split(x, cuts), shapes, strict=True))
        return np.mean((np.tanh(POINTS @ w1.T + b1) @ w2.T + b2 - targets) ** 2) + 1e-3 * np.sum(x**2)

    here = np.concatenate([p.data.ravel() for p in net.parameters()])
    found = optimize.minimize(loss, here + 0.01 * np.cos(np.arange(here.size)), method="L-BFGS-B", tol=1e-12)
    np.testing.assert_allclose(here, found.x, atol=1e-3)
    assert closure().item() <= found.fun + 1e-12


def test_a_quadratic_takes_one_newton_step():
    rows = RNG.normal(size=(6, 5))
    matrix, vector = rows.T @ rows + np.eye(5), RNG.normal(size=5)
    x = am.Value(RNG.normal(size=5))
    Newton([x]).step(lambda: x @ matrix @ x / 2 - vector @ x)
    np.testing.assert_allclose(x.data, np.linalg.solve(matrix, vector), rtol=1e-9)


def test_a_newton_step_is_the_one_of_the_whole_hessian():
    w = am.Value([0.3, -0.2, 0.1])
    expected = w.data - np.linalg.solve(am.hessian(logistic)(w.data, 0.2), am.grad(logistic)(w.data, 0.2))
    Newton([w]).step(lambda: logistic(w, 0.2))
    np.testing.assert_allclose(w.data, expected, rtol=1e-9)


@BOTH
@pytest.mark.parametrize("start", [[1e-6, 0.3], [0.2, -0.1], [-0.5, 1e-3]], ids=str)
def test_where_the_loss_curves_down_it_still_falls_to_a_minimum(kind, start):
    x = am.Value(start)
    losses = settle(kind([x]), lambda: np.sum(x**4 / 4 - x**2 / 2), 15)
    np.testing.assert_allclose(x.data, np.sign(start), atol=1e-8)
    assert losses == sorted(losses, reverse=True)


@BOTH
def test_complex_and_single_precision_parameters_descend_in_their_dtypes(kind):
    z, w = am.Value(np.array([1 + 1j, 2 - 3j])), am.Value(np.float32(2))
    settle(kind([z, w]), lambda: np.sum(np.abs(z**2 - np.array([2j, -9])) ** 2) + np.square(w - 1), 15)
    np.testing.assert_allclose(z.data, [1 + 1j, -3j], atol=1e-5)
    assert w.data == 1
    assert (z.dtype, w.dtype) == (np.complex128, np.float32)


@BOTH
def test_a_noisy_minimum_is_left_alone(kind):
    x = am.Value([1.0, 2.0])
    optimizer = kind([x])
    settle(optimizer, lambda: np.sum(np.cosh(x)) + 1e6, 5)
    reached = x.data.copy()
    assert np.abs(reached).max() < 1e-2  # the loss has no more than about ten digits behind the point
    losses = settle(optimizer, lambda: np.sum(np.cosh(x)) + 1e6, 5)
    np.testing.assert_allclose(losses, 1e6 + 2, rtol=1e-15)


# ------------------------------------------------------------------------------------------------- The closure


@BOTH
def test_a_closure_runs_on_the_parameters_themselves_and_leaves_them_leaves(kind):
    w = am.Value([2.0, 3.0], name="w")
    array, node = w.data, w.node

    def closure():
        assert w.data.shape == (2,)
        with am.scope("inside"):
            return np.sum(w * am.grad(lambda x: np.sum(x**3))(w))

    assert kind([w]).step(closure) == 3 * (8 + 27)
    assert (w.data is array, w.node is node, w.name, w.grad) == (True, True, "w", None)
    assert (np.abs(array) < [2, 3]).all()


@BOTH
def test_a_step_works_where_nothing_is_recorded(kind):
    w = am.Value(2.0)
    with am.no_grad():
        kind([w]).step(lambda: (w - 1) ** 2)
    assert w.data == pytest.approx(1)


@BOTH
def test_a_closure_that_fails_leaves_the_parameters_in_place(kind):
    w = am.Value([2.0])
    node = w.node
    optimizer = kind([w])
    before = optimizer.state_dict()

    def pytorchs():
        optimizer.zero_grad()
        loss = np.sum(w**2)
        loss.backward()
        return loss

    for closure, error, text in [
        (lambda: 1 / 0, ZeroDivisionError, "division"),
        (lambda: 1.5, BackwardError, rf"the closure returned float\n(.|\n)*{ALONE}"),
        (lambda: np.sum(w.detach()), BackwardError, "the closure returned a constant"),
        (lambda: w * np.ones(2), BackwardError, r"an array of shape \(2,\)"),
        (pytorchs, BackwardError, rf"the closure calls backward\(\)\n(.|\n)*instead: return the loss: {ALONE}"),
        (lambda: am.grad(lambda x: x * np.ones(2))(w), BackwardError, r"\A<lambda> returned an array of shape \(2,\)"),
        (lambda: np.sum(w) * np.nan, AnomalyError, "the closure's loss is nan\n(.|\n)*no way down"),
    ]:
        with pytest.raises(error, match=text):
            optimizer.step(closure)
        assert w.node is node
        assert w.data[0] == 2
        np.testing.assert_equal(optimizer.state_dict(), before)


@BOTH
def test_a_state_continues_bit_for_bit(kind):
    x, y = am.Value([-1.2, 1.0, 0.3]), am.Value(np.zeros(3))
    options = {"max_iter": 2} if kind is LBFGS else {}
    optimizer, other = kind([x], **options), kind([y], lr=0.5)
    settle(optimizer, lambda: rosenbrock(x), 4)
    state = optimizer.state_dict()
    arrays = {name: array for name, array in state.items() if isinstance(array, np.ndarray)}
    rest = json.loads(json.dumps({name: item for name, item in state.items() if name not in arrays}))
    y.data = np.array(x.data)
    other.load_state_dict({**arrays, **rest})
    losses = settle(optimizer, lambda: rosenbrock(x), 3)
    assert settle(other, lambda: rosenbrock(y), 3) == losses
    np.testing.assert_array_equal(y.data, x.data)
    assert losses[-1] > 0


def test_a_scale_shortens_the_first_trial():
    x = am.Value([1.0])
    optimizer = Newton([x])
    optimizer.lr_scale = 0.25
    optimizer.step(lambda: np.sum(x * x))
    np.testing.assert_allclose(x.data, [0.75])


@BOTH
def test_groups_and_options_that_make_no_sense_are_refused(kind):
    v, w = am.Value(1.0), am.Value(1.0)
    with pytest.raises(InvalidInput, match=rf"{kind.__name__} with 2 groups\n(.|\n)*one list of parameters"):
        kind([{"params": [v]}, {"params": [w]}])
    limit = "max_iter" if kind is LBFGS else "max_products"
    assert kind([{"params": [v, w], limit: 7}]).param_groups[0][limit] == 7
    wrong = {LBFGS: ("history_size", 0, "an integer above 0"), Newton: ("tolerance", 1, "from 0 to below 1")}
    for name, x, instead in [("lr", 0, "above 0"), (limit, 0, "an integer above 0"), wrong[kind]]:
        with pytest.raises(InvalidInput, match=rf"{name}={x}\n(.|\n)*{instead}"):
            kind([v], **{name: x})


def test_a_state_of_another_optimiser_does_not_fit():
    x = am.Value([1.0, 2.0])
    with pytest.raises(InvalidInput, match=r"missing groups.0.history_size(.|\n)*unknown groups.0.dampening"):
        LBFGS([x]).load_state_dict(SGD([x]).state_dict())
    with pytest.raises(InvalidInput, match=r"history.0.steps \(\(100, 2\) instead of \(5, 2\)\)"):
        LBFGS([x], history_size=5).load_state_dict(LBFGS([x]).state_dict())


# -------------------------------------------------------------------------------------------------- The pieces

FUNCTIONS = {
    "parabola": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "far": (lambda t: np.cosh((t - 500) / 100), lambda t: np.sinh((t - 500) / 100) / 100),
    "wavy": (lambda t: -t + 0.4 * np.sin(3 * t + 1), lambda t: -1 + 1.2 * np.cos(3 * t + 1)),
    "wall": (
        lambda t: -np.log1p(-t) - 4 * t if t < 1 else np.nan,
        lambda t: 1 / (1 - t) - 4 if t < 1 else np.nan,
    ),
    "kink": (lambda t: abs(t - 0.3), lambda t: np.sign(t - 0.3)),
}  # fmt: skip


@pytest.mark.parametrize("first", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("name", ["parabola", "far", "wavy", "wall"])
def test_a_line_search_ends_where_the_strong_wolfe_conditions_hold(name, first):
    f, slope = FUNCTIONS[name]

    def at(t):
        return Point(t, float(f(t)), float(slope(t)), np.array([slope(t)]))

    start = at(0.0)
    assert start.slope < 0
    found = strong_wolfe(at, start, first)
    assert found.distance > 0
    assert found.loss <= start.loss + 1e-4 * found.distance * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)


def test_a_line_search_on_a_kink_ends_lower_than_it_began():
    f, slope = FUNCTIONS["kink"]
    found = strong_wolfe(lambda t: Point(t, f(t), slope(t), np.array([slope(t)])), Point(0.0, 0.3, -1, np.ones(1)), 1.0)
    assert found.loss < 0.01


def test_a_line_search_upwards_finds_nothing():
    start = Point(0.0, 0.0, -1.0, np.ones(1))  # the slope is a lie
    assert strong_wolfe(lambda t: Point(t, t, 1.0, np.ones(1)), start, 1.0) is None


def test_the_minimum_of_a_cubic_is_found_and_the_middle_where_there_is_none():
    def at(t):  # t³ - t, whose minimum is at 1/√3
        return Point(t, t**3 - t, 3 * t**2 - 1, None)

    assert between(at(0.0), at(1.0)) == between(at(1.0), at(0.0)) == pytest.approx(3**-0.5)
    assert between(at(0.0), Point(1.0, float("nan"), 0.0, None)) == 0.5
    assert between(at(0.0), Point(1.0, -1.0, -1.0, None)) == 0.5  # a line
    assert between(at(0.57), at(10.0)) == pytest.approx(5.285)  # too close to the end
    assert between(at(0.5), at(0.5)) == 0.5


def test_the_two_loops_are_the_bfgs_updates_of_a_matrix():
    hessian = np.diag([1.0, 4.0, 9.0, 0.5]) + 0.1
    steps = RNG.normal(size=(3, 4))
    changes = steps @ hessian
    inverse = np.eye(4) * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for s, y in zip(steps, changes, strict=True):
        left = np.eye(4) - np.outer(s, y) / (s @ y)
        inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
    g = RNG.normal(size=4)
    np.testing.assert_allclose(times_inverse_hessian(g, steps, changes), inverse @ g, rtol=1e-12)
    padded = [np.concatenate([np.zeros((2, 4)), x]) for x in (steps, changes)]
    np.testing.assert_array_equal(times_inverse_hessian(g, *padded), times_inverse_hessian(g, steps, changes))
    np.testing.assert_array_equal(times_inverse_hessian(g, *np.zeros((2, 5, 4))), g)


@pytest.mark.parametrize("curvatures", [[1, 2, 3], [1, -2, 3], [-1, -2, -3], [0, 0, 0], [1, 0, -1]], ids=str)
def test_newtons_direction_descends_whatever_the_curvature(curvatures):
    turn, _ = np.linalg.qr(RNG.normal(size=(3, 3)))
    hessian, g = turn @ np.diag(np.array(curvatures, float)) @ turn.T, RNG.normal(size=3)
    for limit in (1, 2, 6):
        assert newton_direction(hessian.__matmul__, g, limit, 1e-10) @ g < 0
