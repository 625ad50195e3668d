"""Dask arrays go through the rules chunk by chunk; what Dask lacks raises, and is never a NumPy array in silence."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES
from duck import Duck
from planting import planted

import autograd_mini as am
from autograd_mini.covered import row_of
from autograd_mini.errors import RuleError
from autograd_mini.primitives import getitem, relu, scatter, unstack
from autograd_mini.rules.network import softmax_cross_entropy

SAMPLE = [
    np.multiply, np.true_divide, np.power, np.exp, np.log, np.tanh, np.absolute, np.maximum, np.where, np.clip, relu,
    np.mean, np.var, np.average, np.nanvar, np.cumsum, np.ptp, np.ravel, np.transpose, np.moveaxis,
    np.broadcast_to, np.meshgrid, np.diagonal, np.diff, np.trapezoid, np.stack, np.column_stack, np.repeat, getitem,
    scatter, unstack, np.insert, np.sort, np.median, np.dot, np.tensordot, np.cross, np.linalg.det, np.linalg.solve,
    np.linalg.qr, np.fft.rfft, np.interp, np.cov, softmax_cross_entropy,
]  # fmt: skip


@pytest.fixture(scope="module")
def da():
    """Dask's arrays, imported only here: that takes a second."""
    import dask.array

    return dask.array


@pytest.fixture
def lazy(da):
    """Fail where Dask computes something."""
    import dask

    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    return dask.config.set(scheduler=refuse)


@pytest.mark.parametrize("function", SAMPLE, ids=lambda function: function.__name__)
def test_the_column_of_the_table_is_what_dask_does(function, da):
    from dask_status import status

    found = status([case for case in CASES if case.function is function])
    assert found == row_of(function).dask


def network(p, x):
    return np.mean((np.tanh(x @ p["w"] + p["b"]) @ p["v"] - np.sin(x[:, 0])) ** 2)


def parameters(make=np.asarray):
    rng = np.random.default_rng(0)
    shapes = {"w": (6, 4), "b": (4,), "v": (4,)}
    return {name: make(rng.normal(size=shape)) for name, shape in shapes.items()}


def test_a_network_is_differentiated_without_computing_anything(da, lazy):
    data = np.random.default_rng(1).normal(size=(50, 6))
    x = da.from_array(data, chunks=(20, 3))
    with lazy:
        value, gradient = am.value_and_grad(network)(parameters(lambda p: da.from_array(p, chunks=3)), x)
    assert isinstance(value, da.Array)
    wanted_value, wanted = am.value_and_grad(network)(parameters(), data)
    np.testing.assert_allclose(value.compute(), wanted_value)
    for name, g in gradient.items():
        assert isinstance(g, da.Array)
        np.testing.assert_allclose(g.compute(), wanted[name])


def test_a_numpy_parameter_has_a_numpy_gradient(da):
    data = np.random.default_rng(1).normal(size=(50, 6))
    wanted = am.grad(network)(parameters(), data)
    for name, g in am.grad(network)(parameters(), da.from_array(data, chunks=20)).items():
        assert type(g) is np.ndarray
        np.testing.assert_allclose(g, wanted[name])
    w = am.Value(2.0)
    np.sum(w * da.ones(5, chunks=2)).backward()
    assert type(w.grad) is np.float64
    assert am.grad(lambda w: np.sum(w * da.ones(5, chunks=2)))(2.0) == w.grad == 5


def test_values_hold_dask_arrays(da, lazy):
    data = np.random.default_rng(2).normal(size=(7, 3))
    with lazy:
        v = am.Value(da.from_array(data, chunks=(3, 2)), name="v")
        middle = v[1:, ::2]
        np.sum(np.exp(middle) + 2.0 * middle + da.ones((6, 2), chunks=4) * middle).backward()
        middle.backward(np.ones((6, 2)))
    wanted = np.zeros((7, 3))
    wanted[1:, ::2] = np.exp(data[1:, ::2]) + 4
    assert isinstance(v.grad, da.Array)
    assert isinstance(middle.grad, da.Array)
    np.testing.assert_allclose(v.grad.compute(), wanted)
    assert f"{data[0, 0]:.3f}" in str(v)


def test_higher_orders_on_dask_arrays(da, lazy):
    data, direction = np.random.default_rng(3).normal(size=(2, 5, 4))

    def f(x):
        return np.sum(np.sin(x) * np.cumsum(x, axis=0))

    x, d = da.from_array(data, chunks=(2, 3)), da.from_array(direction, chunks=(4, 2))
    with lazy:
        product = am.hvp(f, x, d)
        slope = am.jvp(f, (x,), (d,))[1]
        same = am.hvp(f, x, direction)
        hessian = am.hessian(f)(x[:2, 0])
    wanted = am.hvp(f, data, direction)
    assert all(isinstance(found, da.Array) for found in (product, slope, same, hessian))
    np.testing.assert_allclose(product.compute(), wanted)
    np.testing.assert_allclose(same.compute(), wanted)
    np.testing.assert_allclose(slope.compute(), am.jvp(f, (data,), (direction,))[1])
    np.testing.assert_allclose(hessian.compute(), am.hessian(f)(data[:2, 0]))


def test_the_gradient_of_a_sum_is_not_one_chunk_as_large_as_the_array(da, lazy):
    x = da.zeros(10**10, chunks=10**7)
    with lazy:
        assert am.grad(np.sum)(x).npartitions > 100
        assert max(am.grad(lambda x: np.mean(np.sin(x)))(x).chunks[0]) <= 10**7


@pytest.mark.parametrize("repeats", [1, 2, 3, 9])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_repeated_places_add_up_where_nothing_can_be_written(da, repeats, axis):
    data = np.random.default_rng(4).normal(size=(5, 4))
    places = np.random.default_rng(5).permutation(np.repeat([0, 3, 1], repeats))
    index = (slice(None),) * (axis or 0) + (places,)

    def f(x):
        taken = (np.ravel(x) if axis is None else x)[(places,) if axis is None else index]
        return np.sum(taken * np.reshape(np.arange(taken.size), taken.shape))

    for x in (da.from_array(data, chunks=(2, 3)), Duck(data)):
        found = am.grad(f)(x)
        assert type(found) is type(x)
        np.testing.assert_allclose(found.raw if isinstance(found, Duck) else found.compute(), am.grad(f)(data))


@pytest.mark.filterwarnings("ignore:The `numpy.sort` function is not implemented by Dask:FutureWarning")
def test_what_dask_converts_is_refused(da):
    x = da.ones((4, 2), chunks=2)
    with pytest.raises(RuleError, match=r"numpy\.sort made a NumPy array of its argument a: Array \(4, 2\) float64"):
        np.sort(am.Value(x))
    with pytest.raises(RuleError, match=r"instead: functions that the library has"):
        am.hvp(lambda x: np.sum(np.sort(x) ** 2), x, x)


WRONG = {
    np.sin: {"x": lambda g, x: np.ones(x.shape)},
    np.multiply: {"x2": lambda g, x1: np.ones(x1.shape)},
    np.sum: {"a": lambda g, a_shape, axis=None: np.ones(a_shape)},
    np.modf: {"x": lambda g, x: np.ones(x.shape)},
}


@pytest.mark.parametrize("function", WRONG, ids=lambda function: function.__name__)
def test_a_rule_that_makes_a_numpy_array_of_another_is_refused(function):
    def f(x):
        return np.sum(
            x * {np.multiply: lambda: x * x, np.modf: lambda: np.modf(x)[0]}.get(function, lambda: function(x))()
        )

    with planted(function, **WRONG[function]):
        am.grad(f)(np.ones(3))
        for g in (am.grad(f), am.grad(lambda x: np.sum(am.grad(f)(x)))):
            with pytest.raises(
                RuleError, match=rf"{function.__name__} made a NumPy array of the cotangent that its rule"
            ):
                g(Duck(np.ones(3)))
