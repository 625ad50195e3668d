"""The stated policies, each with a test: kinks and ties, recording, modes, the registry, several results."""

import asyncio
import contextvars
import pickle
import re
import warnings

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import registry
from autograd_mini.errors import DegenerateWarning, InvalidInput, NotCovered, RuleError
from autograd_mini.graph import CallNode, LooseNode, Node


@pytest.mark.parametrize(
    ("f", "x", "slopes"),
    [
        (lambda x: np.maximum(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
        (lambda x: np.minimum(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
        (lambda x: np.max(x), [1.0, 3.0, 3.0, 3.0, 3.0], [0.0, 0.25, 0.25, 0.25, 0.25]),
        (lambda x: np.min(x), [1.0, 1.0, 3.0], [0.5, 0.5, 0.0]),
        (lambda x: np.abs(x).sum(), [0.0, -2.0, 3.0], [0.0, -1.0, 1.0]),
        (lambda x: x.relu().sum(), [0.0, -2.0, 3.0], [0.0, 0.0, 1.0]),
        (lambda x: np.linalg.norm(x), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: np.linalg.norm(x), [3.0, 4.0], [0.6, 0.8]),
        (lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0.0, 0.0]),
        (lambda x: (x**2).sum(), [0.0, 3.0], [0.0, 6.0]),
        (lambda x: (x**1.0).sum(), [0.0], [1.0]),
        (lambda x: (x**0.0).sum(), [0.0, 2.0], [0.0, 0.0]),
        (lambda x: np.prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        (lambda x: np.prod(x), [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        (lambda x: np.clip(x, -1, 1).sum(), [-2.0, -1.0, 0.5, 1.0, 2.0], [0.0, 1.0, 1.0, 1.0, 0.0]),
        (lambda x: np.sinc(x).sum(), [0.0], [0.0]),
    ],
)
def test_kinks_and_ties(f, x, slopes):
    np.testing.assert_allclose(am.grad(f)(np.array(x)), slopes, atol=1e-15)


def test_the_untaken_branch_of_where_gets_exactly_zero():
    def f(x):
        return np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0).sum()

    np.testing.assert_array_equal(am.grad(f)(np.array([-1.0, 2.0])), [0.0, 0.5])
    seen = []
    spy = am.primitive(lambda x: x * 1.0)
    am.rule(spy, "x", x=lambda g: seen.append(np.array(g)) or g)
    am.grad(lambda x: np.where([True, False], x, spy(x)).sum())(np.ones(2))
    assert seen[0].tolist() == [0.0, 1.0]


def test_zero_to_a_power_has_zero_slope_in_the_power():
    slope = am.grad(lambda p: np.power(np.array([0.0, 2.0]), p).sum())(3.0)
    np.testing.assert_allclose(slope, 8 * np.log(2))


def test_ufuncs_with_where_and_dtype():
    x, mask = am.Value([1.0, -1.0, 4.0]), np.array([True, False, True])
    y = np.sqrt(np.abs(x), where=mask)
    np.testing.assert_array_equal(y.data, [1.0, 0.0, 2.0])
    y.sum().backward()
    np.testing.assert_allclose(x.grad, [0.5, 0.0, 0.25])
    z = np.add(am.Value([1.0, 2.0]), 1.0, dtype=np.float32)
    assert z.dtype == np.float32


def test_integer_results_of_a_constant_stay_raw_as_those_of_a_leaf_do():
    for v in (am.Value([2.0, 1.0, 2.0]), am.Value([2.0, 1.0, 2.0]).detach()):
        values, index, inverse, counts = np.unique(v, return_index=True, return_inverse=True, return_counts=True)
        assert isinstance(values, am.Value)
        assert {type(part) for part in (index, inverse, counts)} == {np.ndarray}


def test_a_histogram_of_single_precision_has_edges_of_it():
    x = np.linspace(0, 1, 5, dtype=np.float32)
    counts, edges = np.histogram(am.Value(x))
    np.testing.assert_array_equal(edges.data, np.histogram(x)[1])
    assert edges.dtype == np.float32
    assert np.histogram(am.Value(x), 5, (0, 1))[1].dtype == np.float32 == np.histogram(x, 5, (0, 1))[1].dtype
    np.testing.assert_array_equal(counts, np.histogram(x)[0])


def test_what_stands_for_infinities_and_nan_gets_their_cotangents():
    x = np.array([1.0, np.inf, -np.inf, np.nan, np.inf])

    def f(x, nan, high, low):
        return np.nan_to_num(x, nan=nan, posinf=high, neginf=low) @ np.arange(5.0)

    found = am.grad(f, argnums=(0, 1, 2, 3))(x, 0.5, 2.0, -2.0)
    assert [np.asarray(g).tolist() for g in found] == [[0, 0, 0, 0, 0], 3, 5, 2]
    z = np.array([complex(np.nan, 1.0), complex(2.0, np.inf)])
    g = am.grad(lambda z, high: np.sum(np.abs(np.nan_to_num(z, nan=3.0, posinf=high)) ** 2), argnums=(0, 1))(z, 5.0)
    assert g[0].tolist() == pytest.approx([2j, 4])
    assert g[1] == pytest.approx(10)


def test_a_gap_of_where_may_lie_where_the_function_is_singular():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 0.0])

    def ratio(x, y):
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # NumPy's, of gaps without out=
            return np.sum(np.divide(x, y, where=y != 0) ** 2)

    assert am.grad(ratio, (0, 1))(x, y)[1].tolist() == [0.0, -1.0, 0.0]
    assert am.jvp(ratio, (x, y), (x, np.ones(3)))[1] == 1.0
    blocks = am.hessian(ratio, (0, 1))(x, y)
    assert np.all(np.isfinite([block for row in blocks for block in row]))
    np.testing.assert_array_equal(np.diag(am.hessian(lambda x: np.sum(np.log(x, where=x > 0)))(y)), [0, -0.25, 0])
    beyond = am.grad(lambda x: np.sum(np.arccosh(x, where=x > 1)))  # no warning, though 1/2 is outside its domain
    np.testing.assert_allclose(beyond(x), [0.0, 1 / np.sqrt(3), 1 / np.sqrt(8)])


def test_ufunc_methods():
    x = am.Value([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(np.add.reduce(x).data, [4.0, 6.0])
    np.testing.assert_array_equal(np.multiply.reduce(x, axis=1).data, [2.0, 12.0])
    assert np.add.reduce(x, axis=None).data == 10.0
    assert np.maximum.reduce(x, None).data == 4.0
    np.testing.assert_array_equal(np.add.accumulate(x, axis=1).data, [[1.0, 3.0], [3.0, 7.0]])
    outer = np.multiply.outer(am.Value([1.0, 2.0]), np.array([1.0, 10.0]))
    np.testing.assert_array_equal(outer.data, [[1.0, 10.0], [2.0, 20.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.logaddexp.reduce(x, axis=-1),
        lambda x: np.subtract.reduce(x, axis=0, keepdims=True),
        lambda x: np.hypot.reduce(x, axis=(0, 1)),
        lambda x: np.hypot.reduce(x, axis=None, initial=2.0),
        lambda x: np.logaddexp.reduce(x, axis=(0, 1), initial=0.5, keepdims=True),
        lambda x: np.true_divide.accumulate(x),
        lambda x: np.maximum.accumulate(x, axis=1),
        lambda x: np.add.reduceat(x, [0, 2, 1, 3], axis=1),
        lambda x: np.logaddexp.reduceat(x, [1, 0]),
        lambda x: np.arctan2.outer(x[0], x),
    ],
)
def test_the_methods_of_any_ufunc_of_two_arguments_have_a_derivative(call):
    x = np.array([[0.5, -1.2, 2.0, 0.7], [1.5, 0.3, -0.8, 1.1], [-0.4, 0.9, 1.3, -2.1]])
    np.testing.assert_allclose(call(am.Value(x)).data, call(x), rtol=1e-14)
    am.check_grads(call, x, order=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda v: np.polyfit([0, 1, 2, 3], v, 1),
        lambda v: np.polyfit(np.arange(4), v, 1, w=[1, 2, 1, 2]),
        lambda v: np.cov(v, aweights=[1.0, 2.0, 3.0, 1.0]),
        lambda v: np.linalg.lstsq([[1.0, 2], [3, 4], [5, 6], [7, 9]], v, rcond=None)[0],
        lambda v: np.linalg.tensorsolve(np.eye(4).tolist(), v),
        lambda v: np.trapezoid(v, [0, 1, 3, 4]),
        lambda v: np.emath.power(-2.0, v),
        lambda v: np.polymul([1, 2], v),
        lambda v: np.heaviside([0.0, 1.0, 0.0, -1.0], v),
        lambda v: np.choose([0, 1, 1, 0], np.stack([v, v**2])),
        lambda v: np.select([[True, False, False, True]], np.stack([v])),
        lambda v: am.set_at([1.0, 2.0, 3.0, 4.0], [0, 2], v[:2]),
    ],
)
def test_lists_and_integers_beside_a_value_are_taken_as_numpy_takes_them(call):
    x = np.array([0.5, 1.2, 2.0, 0.7])
    np.testing.assert_allclose(call(am.Value(x)).data, call(x), rtol=1e-12)
    am.check_grads(call, x)


def test_a_value_among_further_arguments_without_a_line_is_refused():
    @am.primitive
    def weighed(x, *weights):
        return x * sum(weights)

    am.rule(weighed, x=lambda g, weights: g * sum(weights))
    assert am.grad(lambda x: weighed(x, 2.0, 3.0))(1.0) == 5
    with pytest.raises(NotCovered, match="no derivative rule for its argument weights"):
        weighed(1.0, am.Value(2.0))


def test_broadcasting_is_summed_only_for_functions_declared_to_broadcast():
    x = am.Value(np.ones((1, 3)))
    (x + np.ones((2, 3))).sum().backward()
    np.testing.assert_array_equal(x.grad, [[2.0, 2.0, 2.0]])
    tower = am.primitive(lambda x: np.concatenate([x, x]))
    am.rule(tower, "x", x=lambda g: g)
    with pytest.raises(RuleError, match=re.escape("returned shape (2, 3) for its argument x of shape (1, 3)")):
        am.grad(lambda x: tower(x).sum())(np.ones((1, 3)))


def test_nodes_save_only_what_their_rules_name():
    x, c = am.Value(np.ones(3)), np.full(3, 2.0)
    assert (x + c).node.saved == {}
    assert list((x * c).node.saved) == ["x2"]
    assert list((c * x).node.saved) == ["x1"]
    assert list(np.exp(x).node.saved) == ["out"]
    assert list(np.sum(x, axis=0).node.saved) == ["a_shape", "axis"]
    assert type((x * c).node) is Node
    assert type((x + np.ones((2, 3))).node) is LooseNode
    assert type(np.sum(x).node) is CallNode


def test_a_recorded_pass_knows_the_shapes_of_constants_too():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    am.check_grads(lambda x: np.linalg.solve(x, np.ones(2)), a, order=2)
    am.check_grads(lambda x: np.linalg.solve(a, x), np.ones((2, 1)), order=2)


def test_scalar_graphs_keep_their_numbers():
    x = am.Value(3.0)
    y = x + 2.0
    assert y.node.saved == {"x1": 3.0, "x2": 2.0, "out": 5.0}


def test_full_record_keeps_every_call():
    with am.full_record():
        x = am.Value(np.ones(3))
        y = np.sum(x + 1.0, axis=0)
    call = y.node.call
    assert (call.function, call.keywords, call.result) == (np.sum, {"axis": 0}, 6.0)
    np.testing.assert_array_equal(call.arguments[0], np.full(3, 2.0))
    y.backward()
    np.testing.assert_array_equal(x.grad, np.ones(3))


def test_scopes_nest():
    with am.scope("model"), am.scope("layer"):
        y = am.Value(1.0) * 2.0
    assert y.node.scope == ("model", "layer")
    assert (y * 2.0).node.scope == ()


def test_modes_belong_to_their_task():
    async def quiet():
        with am.no_grad():
            await asyncio.sleep(0)
            return (am.Value(1.0) * 2).node

    async def loud():
        await asyncio.sleep(0)
        return (am.Value(1.0) * 2).node

    async def both():
        return await asyncio.gather(quiet(), loud())

    silent, recorded = asyncio.run(both())
    assert silent is None
    assert recorded is not None
    fresh = contextvars.Context()
    with am.no_grad():
        assert fresh.run(lambda: (am.Value(1.0) * 2).node) is not None


def test_no_grad_as_a_decorator():
    @am.no_grad()
    def f(x):
        return x * 2

    assert f(am.Value(1.0)).node is None


def test_a_result_that_nobody_used_has_a_zero_cotangent():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    slope = am.grad(lambda a: np.linalg.eigh(a)[0].sum())(a)
    np.testing.assert_allclose(slope, np.eye(2), atol=1e-12)
    assert type(np.linalg.eigh(am.Value(a))).__name__ == "EighResult"
    first, _, last = np.split(am.Value(np.arange(6.0)), 3)
    assert (first.shape, last.shape) == ((2,), (2,))
    x = am.Value(np.arange(6.0))
    (np.split(x, 3)[1] * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 0, 2, 2, 0, 0])


def test_a_gradient_through_eigenvectors_of_equal_eigenvalues_warns():
    a = np.diag([1.0, 1.0, 2.0])
    with pytest.warns(DegenerateWarning, match=r"numpy\.linalg\.eigh"):
        am.grad(lambda a: np.linalg.eigh(a)[1].sum())(a)
    with pytest.warns(DegenerateWarning, match=r"numpy\.linalg\.svd"):
        am.grad(lambda a: np.linalg.svd(a)[0].sum())(a)
    slope = am.grad(lambda a: (np.linalg.eigh(a)[0] ** 2).sum())(a)  # of the eigenvalues alone: no warning
    np.testing.assert_allclose(slope, 2 * a, atol=1e-12)


def test_rules_take_effect_at_once_also_in_operators():
    original = registry.RULES[np.multiply]
    try:
        am.rule(np.multiply, x1=lambda g, x2: g * x2 * 2, x2=lambda g, x1: g * x1)
        assert am.grad(lambda x: x * 3.0)(1.0) == 6.0
        assert am.grad(lambda x: np.multiply(x, 3.0))(1.0) == 6.0
    finally:
        registry.restore(original)
    assert am.grad(lambda x: x * 3.0)(1.0) == 3.0


def test_malformed_rules_are_refused_early():
    f = am.primitive(lambda x, n: x * n)
    with pytest.raises(RuleError, match="no parameter 'y'"):
        am.rule(f, "x n", y=lambda g: g)
    with pytest.raises(RuleError, match="unknown name 'z'"):
        am.rule(f, "x n", x=lambda g, z: g)
    with pytest.raises(RuleError, match="its first parameter is x"):
        am.rule(f, "x n", x=lambda x: x)
    with pytest.raises(NotCovered, match="has no derivative rule"):
        f(am.Value(1.0), 2.0)
    am.rule(f, "x n", x=lambda g, n: g * n)
    with pytest.raises(NotCovered, match="its argument n"):
        f(am.Value(1.0), am.Value(2.0))
    assert am.grad(lambda x: f(x, 3.0))(1.0) == 3.0


def test_a_function_declared_non_differentiable_gives_constants():
    steps = am.primitive(lambda x: np.floor(x) * 1.0)
    am.non_differentiable(steps)
    assert float(steps(am.Value(2.5))) == 2.0


def test_rules_and_ops_are_pickled_by_name():
    sin = registry.RULES[np.sin]
    assert pickle.loads(pickle.dumps(sin)) is sin
    assert len(pickle.dumps(sin)) < 80
    op = np.sin(am.Value(1.0)).node.op
    assert pickle.loads(pickle.dumps(op)) is op
    with pytest.raises(RuleError, match=r"no rule is registered for numpy\.nonsense"):
        registry.rule_named("numpy.nonsense")


@pytest.mark.parametrize("number", [np.float64, np.array], ids=lambda f: f.__name__)
def test_a_complex_result_of_real_numbers_has_real_gradients(number):
    turn, join = am.primitive(lambda x: np.exp(1j * x)), am.primitive(lambda a, b: a + 1j * b)
    am.rule(turn, broadcasts=True, x=lambda g, out: g * 1j * out)
    am.rule(join, broadcasts=True, a=lambda g: g, b=lambda g: g * 1j)
    x, a, b = am.Value(number(0.5)), am.Value(number(2.0)), am.Value(number(3.0))
    (turn(x).imag + join(a, b).imag ** 2).backward()
    assert [type(g) for g in (x.grad.item(), a.grad.item(), b.grad.item())] == [float] * 3
    np.testing.assert_allclose([x.grad, a.grad, b.grad], [np.cos(0.5), 0, 6])


def test_functions_that_only_look_pass_through():
    x = am.Value(np.ones((2, 3)))
    assert np.shape(x) == (2, 3)
    assert type(np.zeros_like(x)) is np.ndarray
    assert type(np.ones_like(x)) is np.ndarray
    assert np.allclose(x, np.ones((2, 3)))
    assert np.array_equal(x, x)
    assert not np.iscomplexobj(x)


def test_functions_that_write_are_refused_with_the_replacement():
    with pytest.raises(NotCovered, match=r"np\.where"):
        np.copyto(np.ones(2), am.Value([1.0, 2.0]))


def test_lists_of_values_become_one_array_where_one_is_expected():
    v, w = am.Value(1.0), am.Value(2.0)
    y = np.multiply(am.Value([3.0, 4.0]), [v, w])
    y.sum().backward()
    assert (v.grad, w.grad) == (3.0, 4.0)
    with pytest.raises(InvalidInput, match=r"am\.array"):
        am.Value([v, w])


def test_importing_loads_neither_graphviz_nor_matplotlib():
    import subprocess
    import sys

    code = "import sys, autograd_mini; print({'graphviz', 'tqdm', 'matplotlib', 'scipy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
