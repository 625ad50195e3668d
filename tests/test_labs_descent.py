"""The claims of the labs on descent and on its minima, as numbers."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import autograd_mini as am

# Descent


def test_descent_the_formula_gives_the_smallest_loss_and_the_batch_comes_to_it(ran):
    lab = ran("descent").values
    assert lab.least < lab.regression_loss(lab.formula + 0.01)
    np.testing.assert_allclose(am.grad(lab.regression_loss)(lab.formula), 0, atol=1e-12)
    _, rows = lab.runs["regression", "batch"]
    assert rows[-1, 3] < 1e-9


def test_descent_the_rows_count_steps_samples_and_seconds(ran):
    lab = ran("descent").values
    sizes = {"batch": lab.SAMPLES, "minibatch": 32, "stochastic": 1, "stochastic, falling": 1}
    for (_, kind), (_, rows) in lab.runs.items():
        steps, samples, seconds, losses = rows.T
        epochs, rest = np.divmod(steps, -(-lab.SAMPLES // sizes[kind]))  # the last batch of an epoch is smaller
        np.testing.assert_array_equal(samples, epochs * lab.SAMPLES + rest * sizes[kind])
        assert np.all(np.diff(seconds) > 0)
        assert losses[0] == max(losses[0], losses[-1])
        assert np.all(1.3 * rows[-1, :2] >= lab.BUDGET[:2])


def test_descent_the_batch_leads_by_steps_and_is_last_by_samples(ran):
    lab = ran("descent").values
    for task in lab.TASKS:
        found = [lab.after_budget(lab.runs[task, kind][1])[:2] for kind in ("batch", "minibatch", "stochastic")]
        (batch_steps, batch_samples), (mini_steps, mini_samples), (one_steps, one_samples) = found
        assert batch_steps < mini_steps < one_steps
        assert batch_samples > 1.3 * max(mini_samples, one_samples)


def test_descent_32_samples_take_little_longer_than_one(ran):
    lab = ran("descent").values
    one, some = (lab.runs["digits", kind][1][-1] for kind in ("stochastic", "minibatch"))
    assert some[2] / some[0] < 8 * one[2] / one[0]


def test_descent_a_constant_rate_stops_above_the_minimum_and_a_falling_one_goes_on(ran):
    constant, falling = ran("descent").values.late
    assert constant > 3 * falling > 0


def test_descent_the_variance_falls_like_one_over_the_batch(ran):
    lab = ran("descent").values
    assert lab.slope == pytest.approx(-1, abs=0.05)
    np.testing.assert_allclose(lab.with_replacement * lab.sizes, lab.sigma2, rtol=0.25)


def test_descent_without_replacement_it_falls_faster_by_the_share_that_is_left(ran):
    lab = ran("descent").values
    assert lab.without[-1] < 1e-25
    n, sizes = lab.SAMPLES, lab.sizes[:-1]
    np.testing.assert_allclose(lab.without[:-1] * sizes * (n - 1) / (n - sizes), lab.sigma2, rtol=0.25)
    half = sizes > n / 2
    assert np.all(lab.without[:-1][half] < 0.6 * lab.with_replacement[:-1][half])


def test_descent_diverges_exactly_above_two_over_the_largest_eigenvalue(ran):
    lab = ran("descent").values
    by_formula = 2 * lab.X.T @ lab.X / len(lab.X)
    np.testing.assert_allclose(lab.eigenvalues, np.linalg.eigvalsh(by_formula), rtol=1e-9)
    assert lab.low == pytest.approx(2 / np.linalg.norm(by_formula, 2), rel=1e-5)
    for share, foreseen, measured, _ in lab.factors:
        assert (measured < 1) == (share < 1)
        assert measured == pytest.approx(foreseen, rel=1e-4)


def test_descent_power_iteration_finds_the_largest_eigenvalue(ran):
    lab = ran("descent").values
    _, sharp, w = lab.at_edge[0.2]
    largest = np.linalg.eigvalsh(am.hessian(lab.digits_loss)(w))[-1]
    found, _ = lab.sharpness(w, np.random.default_rng(5).normal(size=w.size), 200)
    assert found == pytest.approx(largest, rel=1e-3)
    assert sharp[-1] == pytest.approx(largest, rel=0.05)  # 20 steps before


def test_descent_a_network_gets_sharper_and_stays_at_the_edge(ran):
    lab = ran("descent").values
    for rate, (losses, sharp, _) in lab.at_edge.items():
        assert lab.reached[rate] > 1.3 * sharp[0]
        assert losses[-1] < losses[lab.LONG // 3]
    assert lab.reached[0.8] == pytest.approx(2 / 0.8, rel=0.08)
    assert lab.uphill[0.8] > 0.1
    assert lab.reached[0.2] < 0.5 * 2 / 0.2
    assert lab.uphill[0.2] == 0
    assert np.all(np.diff(lab.at_edge[0.2][0]) < 0)


def test_descent_momentum_has_the_rate_of_the_roots_of_its_equation(ran):
    lab = ran("descent").values
    assert [name for name, *_ in lab.momenta] == ["descent", "heavy ball", "Nesterov"]
    for name, rate, momentum, foreseen, measured, expected, needed in lab.momenta:
        largest = 0.0
        for curve in np.linspace(1, lab.KAPPA, 1000):
            ahead = rate * momentum * momentum if name == "Nesterov" else rate * momentum
            now = rate * curve * (1 + momentum) if name == "Nesterov" else rate * curve
            step = np.array([[1 - now, -ahead], [curve, momentum]])  # of the place and the velocity
            largest = max(largest, np.max(np.abs(np.linalg.eigvals(step))))
        assert foreseen == pytest.approx(largest, rel=1e-6)
        assert measured == pytest.approx(foreseen, rel=0.015)
        assert needed == pytest.approx(expected, rel=0.35)
    descent, ball, nesterov = (row[-1] for row in lab.momenta)
    assert 3 * ball < 2.5 * nesterov < descent


def test_descent_only_a_scale_for_each_number_notices_that_a_valley_is_turned(ran):
    lab = ran("descent").values
    for name in ("descent", "heavy ball", "Nesterov"):
        np.testing.assert_allclose(lab.turned[name], lab.straight[name], rtol=0, atol=1)
    for name, times in (("RMSprop", 8), ("Adam", 0.8)):
        assert np.median(lab.turned[name]) > times * np.median(lab.straight[name])
    assert np.median(lab.turned["Adam"]) < 1.3 * np.median(lab.straight["Adam"])
    assert max(lab.straight["RMSprop"]) < 15
    descent, ball, _, _, adam = (steps for steps, _ in lab.bent.values())
    assert descent > 5 * max(ball, adam)


def test_descent_the_race_of_many_rates_is_the_run_of_the_best(ran):
    lab = ran("descent").values
    for name, path in lab.paths.items():
        heights = lab.rosenbrock(path)
        assert len(path) - 1 == lab.bent[name][0]
        assert heights[-1] <= lab.GOAL < np.min(heights[:-1])


def test_descent_the_film_is_small_and_ends_at_the_minimum(ran):
    done = ran("descent")
    content = (done.folder / "film.gif").read_bytes()
    assert content == done.values.film
    with Image.open(BytesIO(content)) as film:
        assert film.format == "GIF"
        assert film.n_frames == len(done.values.moments) + 1
    assert len(content) < 200_000
    done.values.draw_step(int(done.values.moments[-1]))
    for head in done.values.heads.values():
        x, y = head.get_data()
        assert abs(x[0] - 1) < 0.15
        assert abs(y[0] - 1) < 0.3


# Minima


def test_minima_the_border_of_the_double_well_is_the_maximum(ran):
    lab = ran("minima").values
    assert lab.names == ["minimum", "maximum", "minimum"]
    slope, _ = am.finite_difference(lambda x: np.sum(lab.double_well(x)), lab.roots)
    np.testing.assert_allclose(slope, 0, atol=1e-9)
    assert lab.double_well(lab.roots[0]) < lab.double_well(lab.roots[2])
    assert lab.low == pytest.approx(lab.roots[1], abs=1e-9)
    np.testing.assert_allclose(lab.reached, np.where(lab.starts < lab.roots[1], lab.roots[0], lab.roots[2]), atol=1e-9)


def test_minima_himmelblaus_function_has_four_minima_four_saddles_and_a_summit(ran):
    lab = ran("minima").values
    assert sorted(lab.kinds) == ["minimum"] * 4 + ["saddle"] * 4 + ["summit"]
    known = [[-3.779310, -3.283186], [-2.805118, 3.131313], [3.0, 2.0], [3.584428, -1.848127]]
    np.testing.assert_allclose(lab.minima, known, atol=1e-6)
    for p in lab.points:
        slope, _ = am.finite_difference(lab.himmelblau, p)
        np.testing.assert_allclose(slope, 0, atol=1e-5)


def test_minima_each_basin_has_a_quarter_and_holds_its_minimum(ran):
    lab = ran("minima").values
    shares = [np.mean(lab.base == i) for i in range(4)]
    np.testing.assert_allclose(shares, 0.25, atol=0.03)
    for i, p in enumerate(lab.minima):
        row, column = (int(np.argmin(abs(lab.side - c))) for c in (p[1], p[0]))
        assert all(map_[row, column] == i for map_ in lab.maps.values())
    ended = lab.descend(lab.slope_of(lab.himmelblau), lab.grid, lab.STEPS, lab.RATE)
    assert np.max(lab.himmelblau(ended)) < 0.01


def test_minima_two_basins_meet_at_each_saddle(ran):
    lab = ran("minima").values
    pairs = set()
    for _, both in lab.ways_down:
        assert np.max(lab.himmelblau(both)) < 1e-6
        pairs.add(frozenset(lab.nearest(both).tolist()))
    assert len(pairs) == 4
    assert all(len(pair) == 2 for pair in pairs)


def test_minima_longer_steps_and_momentum_fray_the_map(ran):
    short, long, momentum = ran("minima").values.moved.values()
    assert short == 0
    assert 0.05 < long < 0.5
    assert 0.05 < momentum < 0.6


def test_minima_every_network_ends_in_a_stationary_point_and_the_hessian_tells_which(ran):
    lab = ran("minima").values
    assert np.max(lab.sizes) < 1e-6
    for name, value, _, _, _, smallest in lab.xor_points:
        w = lab.settled[lab.places[value][0]]
        spectrum, vectors = np.linalg.eigh(am.hessian(lab.xor_loss)(w))
        assert smallest == pytest.approx(spectrum[0], rel=1e-9)
        curves, _ = am.finite_difference(lab.xor_loss, w, order=2)
        np.testing.assert_allclose(curves, am.hessian(lab.xor_loss)(w), atol=1e-6)
        around = [lab.xor_loss(w + side * 0.05 * vectors[:, 0]) for side in (-1, 1)]
        assert name == "minimum" if min(around) > lab.xor_loss(w) else name == "saddle"
    kinds = [name for name, *_ in lab.xor_points]
    assert kinds.count("saddle") == 1
    assert kinds.count("minimum") > 5


def test_minima_two_equal_units_stay_on_a_saddle_and_zeros_where_they_are(ran):
    lab = ran("minima").values
    np.testing.assert_array_equal(lab.settled[0, 0:8:2], lab.settled[0, 1:8:2])
    saddle = next(value for name, value, *_ in lab.xor_points if name == "saddle")
    assert lab.places[saddle] == [0]
    np.testing.assert_array_equal(lab.settled[1], 0)
    assert lab.sizes[1] == 0
    np.testing.assert_array_equal(lab.answers[1], 0.5)


def test_minima_some_networks_solve_xor_and_others_are_stuck_at_a_higher_loss(ran):
    lab = ran("minima").values
    assert 0.5 < lab.share < 0.9
    assert np.max(lab.losses[lab.solved]) < 0.05
    stuck = ~lab.solved
    stuck[:2] = False
    assert np.min(lab.losses[stuck]) > 0.14
    near_a_half = np.sum(np.abs(lab.answers[stuck] - 0.5) < 0.05, axis=1)
    np.testing.assert_array_equal(near_a_half, 2)


def test_minima_units_and_inputs_can_be_exchanged(ran):
    lab = ran("minima").values
    units, inputs = [1, 0, 3, 2, 5, 4, 7, 6, 8], [2, 3, 0, 1, 4, 5, 6, 7, 8]
    for order in (units, inputs):
        np.testing.assert_allclose(lab.xor_loss(lab.settled[:, order]), lab.losses, rtol=1e-12)


def test_minima_noise_and_momentum_help_on_the_hills(ran):
    lab = ran("minima").values
    apart = 3 * np.sqrt(2) * lab.deviation(lab.trials["hills: descent"])
    descent, momentum, _, long_noise = (share for name, share in lab.shares.items() if name.startswith("hills"))
    assert descent == pytest.approx(0.25, abs=apart)
    assert long_noise > descent + apart
    assert momentum > descent
    assert all(0.5 < share < 0.95 for name, share in lab.shares.items() if name.startswith("XOR"))


def test_minima_the_best_of_k_starts_is_foreseen_and_never_sure(ran):
    lab = ran("minima").values
    for name, k, foreseen, counted, groups in lab.restarts:
        p = 1 - (1 - foreseen) ** (1 / k)
        of_p = k * (1 - p) ** (k - 1) * np.sqrt(p * (1 - p) / (len(lab.trials[name]) / 2))
        of_groups = np.sqrt(foreseen * (1 - foreseen) / groups)
        assert abs(counted - foreseen) < 4 * np.hypot(of_p, of_groups) + 1 / groups
        assert foreseen < 1
    shares = [counted for name, _, _, counted, _ in lab.restarts if name == "hills: descent"]
    assert shares == sorted(shares)


def test_minima_the_chance_falls_exponentially_with_the_variables(ran):
    lab = ran("minima").values
    for d, minima, foreseen, counted, needed, _, _ in lab.wells:
        assert minima == 2**d
        assert abs(counted - foreseen) < 4 * np.sqrt(foreseen / lab.WELLS) + 1 / lab.WELLS
        assert (1 - foreseen) ** needed <= 0.05 < (1 - foreseen) ** (needed - 1)
    assert lab.p == pytest.approx((1.6 + lab.roots[1]) / 3.2, abs=0.03)  # the part of the starts left of the hilltop
    assert lab.q > lab.p + 0.05
    assert lab.wells[-1][4] > 100_000
    few, many = lab.wells[1], lab.wells[3]
    assert few[5] > few[6]  # ten starts win where there are few valleys
    assert many[5] < many[6]  # and noise where there are many
