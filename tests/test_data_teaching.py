"""Sets of points and functions to teach with: each lies where its formula says, and its noise is that of its seed."""

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.data import (
    FUNCTIONS,
    DataError,
    curve,
    linear_regression,
    sine_product,
    spirals,
    two_circles,
    two_moons,
    xor,
)

# What each makes of 4,000 samples, and which part of it is noisy.
MAKERS = {
    "two_moons": (lambda **options: two_moons(4000, **options), 0),
    "two_circles": (lambda **options: two_circles(4000, **options), 0),
    "spirals": (lambda **options: spirals(4000, **options), 0),
    "xor": (lambda **options: xor(1000, **options), 0),
    "curve": (lambda **options: curve("runge", 4000, **options), 1),
    "sine_product": (lambda **options: sine_product(4000, **options), 1),
    "linear_regression": (lambda **options: linear_regression(4000, **options), 1),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_noise_has_its_deviation_and_depends_on_the_seed_alone(name):
    make, part = MAKERS[name]
    clean, noisy = make(noise=0, seed=5), make(noise=0.2, seed=5)
    np.testing.assert_allclose((noisy[part] - clean[part]).std(axis=0), 0.2, rtol=0.05)
    assert abs((noisy[part] - clean[part]).mean()) < 0.02
    np.testing.assert_array_equal(noisy[1 - part], clean[1 - part])
    for again, x in zip(make(noise=0.2, seed=5), noisy, strict=True):
        np.testing.assert_array_equal(again, x)
    assert (make(noise=0.2, seed=6)[part] != noisy[part]).any()


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf")])
def test_noise_that_is_no_deviation_is_refused(name, noise):
    with pytest.raises(DataError, match=f"noise={noise}\n  why: it is a standard deviation"):
        MAKERS[name][0](noise=noise)


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_that_is_none_is_refused(name):
    for seed in (-1, None):
        with pytest.raises(DataError, match=f"seed={seed}\n  instead: an integer of at least 0"):
            MAKERS[name][0](seed=seed)


# Points in classes


@pytest.mark.parametrize("n", [2, 7, 100])
def test_two_moons_lie_on_their_half_circles(n):
    points, labels = two_moons(n, noise=0)
    assert (points.shape, points.dtype, labels.dtype) == ((n, 2), np.float64, np.int64)
    assert np.bincount(labels).tolist() == [(n + 1) // 2, n // 2]
    centres = np.array([[0, 0], [1, 0.5]])[labels]
    np.testing.assert_allclose(np.linalg.norm(points - centres, axis=1), 1)
    upper = (points - centres)[:, 1] * np.where(labels == 0, 1, -1)
    assert (upper > -1e-15).all()


@pytest.mark.parametrize("n", [2, 7, 100])
def test_two_circles_lie_about_one_middle(n):
    points, labels = two_circles(n, noise=0, factor=0.3)
    assert (points.shape, points.dtype, labels.dtype) == ((n, 2), np.float64, np.int64)
    assert np.bincount(labels).tolist() == [(n + 1) // 2, n // 2]
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), np.array([1, 0.3])[labels])
    if n >= 4:  # evenly round the circle
        np.testing.assert_allclose([points[labels == k].mean(axis=0) for k in (0, 1)], 0, atol=1e-15)


@pytest.mark.parametrize(("n", "arms", "turns"), [(60, 3, 0.75), (7, 2, 1.5), (5, 5, -1.0), (201, 2, 3.0)])
def test_spirals_are_one_arm_turned_about_the_middle(n, arms, turns):
    points, labels = spirals(n, arms, turns, noise=0)
    assert (points.shape, points.dtype, labels.dtype) == ((n, 2), np.float64, np.int64)
    counts = np.bincount(labels)
    assert (len(counts), counts.max() - counts.min()) == (arms, int(n % arms > 0))
    z = [np.array([complex(*point) for point in points[labels == k]]) for k in range(arms)]
    for k in range(arms):
        if len(z[k]) == len(z[0]):
            np.testing.assert_allclose(z[k], z[0] * np.exp(2j * np.pi * k / arms), atol=1e-14)
    m = len(z[0])
    np.testing.assert_allclose(np.abs(z[0]), np.arange(1, m + 1) / m)
    turned = np.sum(np.angle(z[0][1:] / z[0][:-1])) / (2 * np.pi)
    assert m < 5 or turned == pytest.approx(turns * (m - 1) / m)


def test_the_corners_of_xor_are_exact_and_repeated():
    points, labels = xor(3)
    corners = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    assert [(*map(int, point), label) for point, label in zip(points, labels.tolist(), strict=True)] == corners * 3
    assert (points.dtype, labels.dtype) == (np.float64, np.int64)


def test_no_linear_model_knows_anything_about_xor():
    points, labels = xor(2)
    design = np.column_stack([points, np.ones(8)])
    np.testing.assert_allclose(design @ np.linalg.lstsq(design, labels)[0], 0.5)


def test_the_labels_of_xor_are_those_of_the_corners_however_loud_the_noise():
    np.testing.assert_array_equal(xor(50, noise=3.0)[1], xor(50)[1])


# Functions


def test_curves_are_columns_over_their_domain():
    for name, function in FUNCTIONS.items():
        inputs, targets = curve(name, 33)
        assert inputs.shape == targets.shape == (33, 1)
        assert inputs.dtype == targets.dtype == np.float64
        assert (inputs[0, 0], inputs[-1, 0]) == function.domain
        np.testing.assert_allclose(np.diff(inputs, axis=0), np.diff(function.domain)[0] / 32)


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("sine", [-1, 0, 0.25, 0.75], [0, 0, 1, -1]),
        ("sines", [0, 0.25, 0.5], [0, 1 - 1 / 3 + 1 / 5, 0]),
        ("absolute", [-1, -0.5, 0, 2], [1, 0.5, 0, 2]),
        ("runge", [-1, 0, 0.2, 1], [1 / 26, 1, 0.5, 1 / 26]),
        ("bump", [-2, -1, 0, 0.5**0.5, 1, 2], [0, 0, 1, 1 / np.e, 0, 0]),
        ("step", [-1, -1e-300, 0, 1], [0, 0, 1, 1]),
    ],
)
def test_functions_have_their_known_values(name, x, y):
    np.testing.assert_allclose(FUNCTIONS[name](np.array(x, float)), y, atol=1e-15)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_continuous_function_has_no_jump_and_the_step_has(name):
    # Between neighbours, the difference of a continuous function falls with their distance.
    coarse, fine = (np.abs(np.diff(curve(name, n)[1], axis=0)).max() for n in (10_001, 1_000_001))
    assert FUNCTIONS[name].continuous == (fine < 0.02 * coarse)


def test_a_function_shows_its_formula_and_no_address():
    assert repr(FUNCTIONS["absolute"]) == "Function(formula='|x|', domain=(-1, 1), continuous=True)"


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if FUNCTIONS[name].continuous])
def test_functions_can_be_differentiated(name):
    assert am.check_grads(lambda x: np.sum(FUNCTIONS[name](x)), np.array([-0.9, -0.3, 0.2, 0.7, 1.2]), report=True).ok


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
def test_a_product_of_sines_is_sampled_all_over_its_cube(dimensions):
    inputs, targets = sine_product(1000, dimensions)
    assert (inputs.shape, targets.shape) == ((1000, dimensions), (1000, 1))
    assert ((np.abs(inputs).max(axis=0) > 0.98) & (np.abs(inputs).max(axis=0) <= 1)).all()
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=0.1)
    turns = np.exp(1j * np.pi * inputs)
    np.testing.assert_allclose(targets[:, 0], np.prod((turns - 1 / turns) / 2j, axis=1).real, atol=1e-14)


def test_least_squares_finds_the_coefficients_again():
    inputs, targets = linear_regression(50, [2.0, -3.0, 0.5], intercept=4.0, noise=0)
    assert (inputs.shape, targets.shape) == ((50, 3), (50,))
    design = np.column_stack([inputs, np.ones(50)])
    np.testing.assert_allclose(np.linalg.lstsq(design, targets)[0], [2, -3, 0.5, 4])


def test_a_column_of_coefficients_for_each_target():
    coefficients = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    inputs, targets = linear_regression(20, coefficients, intercept=[7.0, 8.0, 9.0], noise=0)
    assert (inputs.shape, targets.shape) == ((20, 2), (20, 3))
    design = np.column_stack([inputs, np.ones(20)])
    np.testing.assert_allclose(np.linalg.lstsq(design, targets)[0], [*coefficients, [7, 8, 9]])


# What is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_moons(1), "n=1\n  instead: an integer of at least 2"),
        (lambda: two_circles(1), "n=1\n  instead: an integer of at least 2"),
        (lambda: two_circles(factor=1), "factor=1\n  why: the outer circle has the radius 1"),
        (lambda: two_circles(factor=float("nan")), "factor=nan"),
        (lambda: spirals(arms=1), "arms=1\n  instead: an integer of at least 2"),
        (lambda: spirals(2, arms=3), "n=2\n  instead: an integer of at least 3"),
        (lambda: xor(0), "repetitions=0\n  instead: an integer of at least 1"),
        (lambda: curve("sinus"), "unknown function 'sinus'\n  instead: one of 'sine', 'sines', 'absolute', 'runge'"),
        (lambda: curve("sine", 1), "n=1\n  instead: an integer of at least 2"),
        (lambda: sine_product(0), "n=0\n  instead: an integer of at least 1"),
        (lambda: sine_product(dimensions=0), "dimensions=0\n  instead: an integer of at least 1"),
        (lambda: linear_regression(0), "n=0\n  instead: an integer of at least 1"),
        (lambda: linear_regression(5, 2.0), r"coefficients of shape \(\)\n(.|\n)*of shape \(k,\) or \(k, m\)"),
        (lambda: linear_regression(5, []), r"coefficients of shape \(0,\)"),
        (
            lambda: linear_regression(5, [1.0, 2.0], intercept=np.ones(5)),
            r"intercept of shape \(5,\) with coefficients of shape \(2,\)\n  instead: a number, or one for each target",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(DataError, match=message):
        call()
