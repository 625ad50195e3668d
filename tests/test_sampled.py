"""Functions of samples and of what stands around them, beside NumPy's own: values, dtypes, and what NumPy refuses."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import DegenerateWarning

ROW = np.array([0.5, -1.0, 2.0, 4.0, 3.0])


@pytest.mark.parametrize("f", [[1.0, np.nan, 3, 4, 5], [0.0, 1e16, 1, 2, 3], [1e308, -1e308, 1e308, 0, 0], ROW])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("args", [(), (0.5,), (np.arange(5) * 2.0,)])
def test_slopes_are_those_of_numpy(f, order, args):
    f = np.asarray(f)
    with np.errstate(all="ignore"):
        wanted = np.gradient(f, *args, edge_order=order)
        found = np.gradient(am.Value(f), *args, edge_order=order).data
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("x", [[0.0, 1, 3, 4, 7], np.array([25, 16, 9, 4, 0], np.uint8)])
def test_slopes_between_uneven_points_are_those_of_numpy(x, order):
    found = np.gradient(am.Value(ROW), x, edge_order=order).data
    np.testing.assert_allclose(found, np.gradient(ROW, np.asarray(x), edge_order=order), rtol=1e-13)


def test_even_coordinates_that_are_differentiated_are_taken_one_by_one():
    report = am.check_grads(lambda f, x: np.gradient(f, x), ROW, np.arange(5.0), report=True)
    assert report.ok, report


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda v: np.gradient(v, 1.0, 2.0), ValueError, "2 spacings for 1 axes"),
        (lambda v: np.gradient(v, edge_order=3), ValueError, "edge_order=3 along an axis of 5"),
        (lambda v: np.gradient(v[:1]), ValueError, "an axis of 1 elements"),
        (lambda v: np.gradient(v, [1.0, 2.0]), ValueError, r"coordinates of shape \(2,\) for an axis of 5"),
        (lambda v: np.gradient(v, axis=3), ValueError, "out of bounds"),
        (lambda v: np.gradient(v, axis=(0, 0)), ValueError, "repeated axis"),
        (lambda v: np.logaddexp.reduce(v, axis=3), ValueError, "out of bounds"),
        (lambda v: np.interp(v, [0.0, 1.0], [1.0, 2.0], period=0), ValueError, "period must be"),
        (lambda v: np.interp(v, [0.0, 1.0], [1.0], period=2), ValueError, "not of the same length"),
        (lambda v: np.cross(np.reshape(v[:4], (1, 4)), np.ones((1, 4))), ValueError, "4 and 4 components"),
        (lambda v: np.apply_along_axis(np.sum, 2, v), ValueError, "out of bounds"),
        (lambda v: np.apply_over_axes(np.sum, v, [2]), ValueError, "out of bounds"),
        (lambda v: np.histogram(v, [2, 1, 0]), ValueError, "monotonically"),
        (lambda v: np.histogram(v, range=(1, 0)), ValueError, "max must be larger"),
        (lambda v: np.polyder(v, -1), am.errors.AutogradError, "m=-1"),
        (lambda v: np.polyfit(v, v, -1), am.errors.AutogradError, "deg=-1"),
        (lambda v: np.pad(v, 1, "maximum", end_values=3), ValueError, "unsupported keyword"),
        (lambda v: np.polyint(v, 2, [1.0, 2.0, 3.0][:0]), am.errors.AutogradError, "m=2 and 0 constants"),
        (lambda v: np.polyint(v, 3, [1.0, 2.0]), am.errors.AutogradError, "m=3 and 2 constants"),
        (lambda v: np.cov(v, fweights=[1, 2, 1.5, 1, 1]), TypeError, "must be integer"),
        (lambda v: np.cov(v, aweights=am.Value([1.0, 1, 1, 1, -1])), ValueError, "cannot be negative"),
        (lambda v: np.cov(v, ddof=0.5), ValueError, "ddof must be integer"),
        (lambda v: np.block([[v], v]), ValueError, "depths are mismatched"),
        (lambda v: np.block([v, (v, v)]), TypeError, r"arrays\[1\] is a tuple"),
        (lambda v: np.histogram(v, "auto", weights=v), TypeError, "not supported for weighted data"),
        (lambda v: np.pad(v, 1.5, "median"), TypeError, "integral type"),
    ],
)
def test_what_numpy_refuses_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call(am.Value(ROW))


def test_each_integration_has_its_own_constant():
    for k in (None, 4.0, [1.0, 2.0], [1.0, 2.0, 3.0]):
        np.testing.assert_array_equal(np.polyint(am.Value(ROW), 2, k).data, np.polyint(ROW, 2, k))
    slope = am.jacobian(lambda k: np.polyint(am.Value(ROW).detach(), 2, k))(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(slope[-2:], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_roots_of_a_polynomial_object_are_those_of_its_coefficients():
    gradients = am.jacobian(lambda p: np.roots(np.poly1d(p))), am.jacobian(np.roots)
    np.testing.assert_array_equal(*(gradient(np.array([1.0, -3.0, 1.0])) for gradient in gradients))
    with pytest.raises(am.errors.ConversionRefused, match=r"p\.coeffs for an np\.poly1d p"):
        np.polyval(np.poly1d(am.Value(ROW)), 2.0)


def test_the_axes_of_slopes_may_be_a_list():
    for found, wanted in zip(*(np.gradient(x, axis=[1, 0]) for x in (am.Value(np.eye(3)), np.eye(3))), strict=True):
        np.testing.assert_array_equal(found.data, wanted)


@pytest.mark.parametrize("mode", ["maximum", "minimum", "median"])
def test_padding_with_a_statistic_takes_empty_axes_and_numbers(mode):
    for x, width in ((np.ones((2, 0)), ((1, 0), (0, 0))), (np.float64(2.0), 0), (np.ones((2, 0)), 0)):
        np.testing.assert_array_equal(np.pad(am.Value(x), width, mode).data, np.pad(x, width, mode))


def test_a_number_is_padded_with_nothing():
    assert am.grad(lambda v: np.sum(np.pad(am.Value(1.0), 1, constant_values=v)))(2.0) == 0


WIDTHS = [((1, 1), (2, 0)), [[1], [2]]]
if np.lib.NumpyVersion(np.__version__) >= "2.2.0":
    WIDTHS.append({0: 1, -2: (2, 0), -1: 1})  # the last width given for an axis counts


@pytest.mark.parametrize("mode", ["constant", "edge", "maximum"])
@pytest.mark.parametrize("width", WIDTHS)
def test_widths_are_read_as_numpy_reads_them(mode, width):
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(np.pad(am.Value(x), width, mode).data, np.pad(x, width, mode))
    assert am.check_grads(lambda x: np.pad(x, width, mode), x, report=True).ok


def test_nothing_is_joined_to_a_difference_of_order_0():
    assert am.grad(lambda v: np.sum(np.diff(np.ones(3), n=0, axis=7, prepend=v)))(1.0) == 0


def test_weights_of_a_quantile_along_some_axes():
    x, weights = np.random.default_rng(0).normal(size=(3, 4, 2)), np.arange(1.0, 7).reshape(2, 3)
    options = {"axis": (2, 0), "weights": weights, "method": "inverted_cdf"}
    assert am.check_grads(lambda x: np.quantile(x, 0.4, **options), x).ok


def test_an_initial_value_shares_a_tie():
    shares = am.grad(lambda a, i: np.max(a, initial=i), argnums=(0, 1))(np.array([1.0, 1.0, 0.0]), 1.0)
    np.testing.assert_allclose(shares[0], [1 / 3, 1 / 3, 0])
    np.testing.assert_allclose(shares[1], 1 / 3)


def test_nan_where_nothing_is_asked_for_leaves_the_slope_by_a_period_alone():
    p = np.array([0.5, 3.2, 0.35, np.nan])
    assert am.grad(lambda t: np.sum(np.unwrap(am.Value(p), period=t)[:3]))(2.0) == -1
    assert np.unwrap(p, period=2.5)[:3].sum() - np.unwrap(p, period=2.0)[:3].sum() == pytest.approx(-0.5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1.0, 1e-30])
def test_cotangents_that_underflow_are_no_dependence_on_the_phase(scale):
    rng = np.random.default_rng(0)
    for n in (8, 40):
        z = (rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))).astype(np.complex64)

        def damped(z):
            w, v = np.linalg.eigh(z + np.conj(z.T))
            return scale * np.sum(np.abs((v * np.exp(-(w**2))) @ np.conj(v.T)) ** 2)

        assert np.all(np.isfinite(am.grad(damped)(z)))
    with pytest.warns(DegenerateWarning, match="phase"):
        am.grad(lambda z: np.sum(np.real(np.linalg.eigh(z + np.conj(z.T))[1])))(z)
