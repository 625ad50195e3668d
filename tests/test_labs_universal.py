"""The claims of the lab on universal approximation, as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini import nn
from autograd_mini.data import FUNCTIONS, sine_product

# Built by hand


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_built_network_is_the_interpolating_line(ran, name):
    lab, f = ran("universal").values, FUNCTIONS[name]
    x = np.linspace(*f.domain, 777)
    for n in (1, 2, 5, 40):
        layers = lab.broken_line(f, f.domain, n)
        assert layers[0][0].shape == (1, n)
        knots = np.linspace(*f.domain, n + 1)
        answers = lab.network(layers, nn.relu, x[:, None])[:, 0]
        np.testing.assert_allclose(answers, np.interp(x, knots, f(knots)), atol=1e-12)


def test_the_error_falls_as_the_function_is_smooth(ran):
    lab = ran("universal").values
    assert lab.rates["absolute"] == pytest.approx(1, abs=0.01)
    for name in ("sine", "sines", "runge"):
        assert lab.rates[name] == pytest.approx(2, abs=0.11)
    assert lab.rates["bump"] == pytest.approx(2, abs=0.4)  # on the way there
    np.testing.assert_allclose(lab.errors["step"], 0.5)
    np.testing.assert_allclose(lab.errors["absolute"], 1 / lab.WIDTHS)


def test_no_error_is_above_its_bounds(ran):
    lab = ran("universal").values
    assert set(lab.bounds) == {"sine", "sines", "runge", "bump"}
    for name, bound in lab.bounds.items():
        assert np.all(lab.errors[name] <= bound)
        assert lab.errors[name][-1] > 0.9 * bound[-1]  # which is sharp
    assert all(lab.errors[name][-1] <= change for name, change in lab.changes.items())
    h = 2 / lab.WIDTHS
    np.testing.assert_allclose(lab.bounds["sine"], (2 * np.pi) ** 2 * h**2 / 8, rtol=1e-5)
    np.testing.assert_allclose(lab.bounds["runge"], 50 * h**2 / 8)
    assert lab.changes["absolute"] == pytest.approx(h[-1], rel=0.05)


# Found by training


def test_training_hardly_finds_what_is_known_to_exist(ran):
    lab = ran("universal").values
    for n in lab.TRAINED:
        for how in ("drawn as usual", "kinks in the domain"):
            largest, root = lab.trained[n, how]
            assert np.median(largest) > 2 * lab.built[n][1]
            assert np.median(root) > 2 * lab.built[n][2]
            assert np.all(root < np.sqrt(0.5))  # of the target: each has learned something


def test_half_of_the_kinks_that_are_drawn_as_usual_are_outside(ran):
    (W, b), (V, c) = ran("universal").values.drawn([1, 400, 1], 10)
    assert np.mean(np.abs(b / W) > 1) == pytest.approx(0.5, abs=0.03)
    assert max(np.max(np.abs(W)), np.max(np.abs(b))) <= 1  # 1/√n for n inputs
    assert 0.04 < max(np.max(np.abs(V)), np.max(np.abs(c))) <= 0.05


def test_descent_from_the_built_weights_improves_the_mean_square(ran):
    lab = ran("universal").values
    for n in lab.TRAINED:
        layers = lab.found[n, "from the built one"]
        (V, c), _ = layers
        moved = np.abs(-c / V + lab.built[n][0][0][1])
        assert lab.trained[n, "from the built one"][1] < 0.8 * lab.built[n][2]
        assert 0 < np.max(moved) < 2 / n  # no knot as far as to the next one


# More inputs


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_the_waves_add_up_to_the_product_of_sines(ran, d):
    lab = ran("universal").values
    layers = lab.waves(d, 400)
    assert layers[0][0].shape == (d, 2 ** (d - 1) * 400)
    x, y = sine_product(500, d, seed=3)
    answers = lab.network(layers, nn.relu, x)
    np.testing.assert_allclose(answers, y, atol=(2 * d / 400) ** 2 * np.pi**2 / 8 + 1e-12)


def test_the_error_of_a_grid_is_that_of_interpolation_in_two_dimensions(ran):
    lab, m = ran("universal").values, 6
    knots, along = np.linspace(-1, 1, m + 1), np.linspace(-1, 1, 601)
    values = np.outer(np.sin(np.pi * knots), np.sin(np.pi * knots))
    rows = np.array([np.interp(along, knots, row) for row in values])
    between = np.array([np.interp(along, knots, column) for column in rows.T])
    target = np.outer(np.sin(np.pi * along), np.sin(np.pi * along))
    expected = np.sqrt(np.mean((between - target) ** 2) / np.mean(target**2))
    assert lab.grid_error(2, m) == pytest.approx(expected, rel=0.01)


def test_random_units_are_no_more_than_it_takes(ran):
    lab = ran("universal").values
    for d, _, _, n, error, _ in lab.needed:
        x, y = sine_product(2000 * d, d, seed=1)
        (W, b), _ = lab.drawn([d, 12 * 4**d, 1], 1, 3 * np.sqrt(d))
        units = np.concatenate([np.ones_like(y), np.tanh(x @ W[0] + b[0])], axis=1)
        left = []
        for k in (n, n + 1):  # units, with the constant before them
            output = np.linalg.lstsq(units[:, :k], y, rcond=None)[0]
            left.append(np.sqrt(np.mean((units[:, :k] @ output - y) ** 2) / np.mean(y**2)))
        assert left[0] > lab.TOLERANCE >= left[1]
        assert error < 1.2 * lab.TOLERANCE


def test_each_input_multiplies_the_number_of_units(ran):
    lab = ran("universal").values
    assert [row[0] for row in lab.needed] == [1, 2, 3]
    assert np.all(np.diff(lab.counts, axis=0) > 0)
    grid, waves, random, trained = lab.factors
    assert grid > 8
    assert 2.5 < waves < 4.5  # 2d / (d - 1), about: twice as many waves, each of them longer
    assert 3.5 < random < 8
    assert 1.5 < trained < random < grid
    steps = np.diff(np.log(lab.counts[:, [0, 2]]), axis=0)
    np.testing.assert_allclose(steps, np.log([grid, random]) * np.ones((2, 1)), atol=0.2)  # on a line: exponential


# Jumps, and a second layer


def test_two_layers_of_thresholds_make_an_l_exactly(ran):
    lab = ran("universal").values
    assert lab.exact == (0, 0)
    inside = [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.69, -0.01), (-0.01, 0.69)]
    outside = [(0.5, 0.5), (0.01, 0.01), (0.71, -0.5), (-0.5, 0.71), (-0.71, 0.0), (0.0, -0.71)]
    answers = lab.network(lab.POLYGON, nn.threshold, np.array(inside + outside))[:, 0]
    np.testing.assert_array_equal(answers, [1] * len(inside) + [0] * len(outside))
    np.testing.assert_array_equal(lab.REGIONS["L"](np.array(inside + outside))[:, 0], answers)


def test_steep_sigmoids_come_near_it_as_the_inverse_of_their_steepness(ran):
    lab = ran("universal").values
    mean, misread = np.array(lab.steep).T
    assert np.polyfit(np.log(lab.KS), np.log(mean), 1)[0] == pytest.approx(-1, abs=0.1)
    assert np.all(np.diff(misread) < 0)


def test_no_sum_of_the_half_planes_is_the_l(ran):
    lab = ran("universal").values
    assert lab.summed[0] > 0.2
    assert lab.summed[1] == 0  # but read at 1/2, which is a second layer


def test_two_layers_learn_a_region_better_than_one_with_as_many_weights(ran):
    lab = ran("universal").values
    for name in lab.REGIONS:
        for M in lab.PAIRS:
            (one, *_), (two, *_) = (lab.learned[name, hidden, M] for hidden in (1, 2))
            assert lab.size(one) == lab.size(two) == lab.REPEATS * (M**2 + 5 * M + 1)
            one_mean, two_mean = (lab.learned[name, hidden, M][2] for hidden in (1, 2))
            assert np.median(two_mean) < 0.9 * np.median(one_mean)
            assert np.median(one_mean) < 0.2
    assert np.max(lab.learned["disc", 2, 8][2]) < np.min(lab.learned["disc", 1, 8][2])
    assert all(np.all(largest > 0.5) for _, largest, _ in lab.learned.values())  # near the jump, nothing helps


# Depth


def test_a_deep_saw_is_a_wide_one(ran):
    lab = ran("universal").values
    x = np.linspace(0, 1, 333)[:, None]
    for k, pieces, deep, wide, same, few, _ in lab.saws:
        assert pieces == 2**k
        assert (deep, wide, few) == (6 * k + 1, 3 * 2**k + 1, 2 * k + 1)
        assert same
        np.testing.assert_allclose(lab.teeth(k, x), np.arccos(np.cos(np.pi * 2**k * x)) / np.pi, atol=1e-9)


def test_the_saw_is_out_of_reach_of_a_shallow_network_with_as_many_weights(ran):
    lab = ran("universal").values
    k = 4
    *_, misread = lab.trials[k, "one layer of 8"]
    _, _, _, _, _, pieces, least = lab.saws[k - 1]
    assert least == "21%"
    assert np.all(misread * 17 >= (16 - pieces) / 2)
    # The bound is reached by the best such network, one that is right as far as its pieces last.
    ends = np.arange(17)
    best = np.where(ends <= pieces, ends % 2, 1)
    assert np.count_nonzero(best != ends % 2) == np.ceil((16 - pieces) / 2)


def test_depth_helps_only_who_starts_near_the_exact_weights(ran):
    lab = ran("universal").values
    for how in ("one layer of 8", "4 layers of 2", "4 layers of 8"):
        _, _, after, _ = lab.trials[4, how]
        assert np.all(after > 0.25)  # where a constant 1/2 has 0.289
    _, before, after, misread = lab.trials[4, "4 layers of 2, near the exact weights"]
    assert np.median(after) < 0.1 < 0.3 < np.median(before)
    assert np.median(misread) < 0.1
    _, _, shallow, _ = lab.trials[4, "one layer of 80"]
    assert np.median(shallow) < np.median(lab.trials[4, "4 layers of 8"][2])
    assert lab.size(lab.trials[4, "one layer of 80"][0]) == lab.size(lab.trials[4, "4 layers of 8"][0]) == 6 * 241
