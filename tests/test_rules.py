"""Every rule, on every sample call of the table in `cases.py`: checked, linear in its cotangent, in any memory."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from case import Case, like, split_complex, uniform
from cases import CASES
from duck import Duck, unwrap

import autograd_mini as am
from autograd_mini.check import Verdict
from autograd_mini.errors import NotCovered
from autograd_mini.registry import COMPOSED, PREPARED, all_rules
from autograd_mini.scipy import linalg

# An extremum has no second derivative of its own: its rule compares, and says so where nothing else is left.
pytestmark = pytest.mark.filterwarnings("ignore::autograd_mini.errors.ZeroGradientWarning")

REAL = [case for case in CASES if not any(np.iscomplexobj(x) for x in case.inputs)]
each = pytest.mark.parametrize("case", CASES, ids=str)
# SciPy makes a NumPy array of what it is given, except where it is a ufunc.
PROTOCOLS = [case for case in CASES if not (getattr(case.function, "__module__", "") or "").startswith("scipy")]
each_by_protocols = pytest.mark.parametrize("case", PROTOCOLS, ids=str)
each_real = pytest.mark.parametrize("case", REAL, ids=str)


def assert_close(got, wanted, tolerance=1e-7):
    for one, other in zip(got, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def cotangents(case: Case, inputs) -> list:
    """Return a random, non-uniform cotangent for each result of a case."""
    return list(like(case(*inputs), seed=100))


def pulled(case: Case, inputs, us) -> list:
    """Return the cotangent of each input."""
    return list(am.vjp(case, *inputs)[1](us))


def check(case: Case, inputs, order: int = 2) -> None:
    """Hold vjp and jvp against differences, and each argument's alone against that of all together."""
    report = am.check_grads(case, *inputs, order=order)
    assert report.verdict is Verdict.RIGHT
    assert all(coverage.complete for coverage in report.coverage)
    us = cotangents(case, inputs)
    value, pullback = am.vjp(case, *inputs)
    composed = case.function in COMPOSED or case.function in PREPARED  # which may compose what a rule doesn't hold for
    precision = 1000 * np.finfo(np.result_type(*inputs)).eps if composed else 0
    for got, wanted in zip(value, case(*inputs), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=precision, atol=precision)
    found = pullback(us)
    assert [g.dtype for g in found] == [x.dtype for x in inputs]
    tangents = am.jvp(case, tuple(inputs), tuple(inputs))[1]
    assert [t.dtype for t in tangents] == [y.dtype for y in value]
    for i, x in enumerate(inputs):
        (one,) = am.vjp(lambda new, i=i: case(*inputs[:i], new, *inputs[i + 1 :]), x)[1](us)
        np.testing.assert_allclose(one, found[i], rtol=1e-14, atol=1e-14)


@each
def test_the_rule_is_right_at_first_and_second_order(case):
    check(case, case.inputs)


@each_real
def test_the_rule_is_right_for_complex_numbers(case):
    inputs = [split_complex(x, i) for i, x in enumerate(case.inputs)]
    if case.real_only:
        with pytest.raises((TypeError, ValueError, np.exceptions.ComplexWarning)):
            case(*inputs)
    else:
        check(case, inputs)


@each
def test_the_rule_is_linear_in_its_cotangent(case):
    us = cotangents(case, case.inputs)
    ws = list(like(us, seed=400))
    pullback = am.vjp(case, *case.inputs)[1]
    mixed = pullback([2.5 * u - 0.5 * w for u, w in zip(us, ws, strict=True)])
    assert_close(mixed, [2.5 * a - 0.5 * b for a, b in zip(pullback(us), pullback(ws), strict=True)], 1e-12)
    for nothing in pullback([0 * u for u in us]):
        np.testing.assert_array_equal(nothing, np.zeros_like(nothing))
    # The rule recorded at 0 must still have the slope of the rule: what it does to 0 + u.
    zeros = [np.zeros_like(u) for u in us]
    slopes = am.jvp(lambda *gs: list(am.vjp(case, *case.inputs)[1](list(gs))), tuple(zeros), tuple(us))[1]
    assert_close(slopes, pullback(us), 1e-12)


@each_real
def test_the_rule_is_right_in_single_precision(case):
    inputs = [np.asarray(x, np.float32)[()] for x in case.inputs]
    check(case, inputs, order=1)


@each
def test_the_layout_in_memory_changes_nothing(case):
    us = cotangents(case, case.inputs)
    wanted = pulled(case, case.inputs, us)
    for layout in (np.asfortranarray, backwards, strided):
        inputs = [layout(x) if x.ndim else x for x in case.inputs]
        moved = [layout(u) if u.ndim else u for u in us]
        assert_close(pulled(case, inputs, moved), wanted, 1e-12)


def backwards(x):
    """Return the same numbers with negative strides."""
    return np.flip(np.flip(x).copy())


def strided(x):
    """Return the same numbers with gaps between them."""
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return wide[..., ::2]


@each_by_protocols
def test_an_array_that_only_speaks_the_protocols_goes_through(case):
    us = cotangents(case, case.inputs)
    ducks = [Duck(x) for x in case.inputs]
    found = pulled(case, ducks, [Duck(u) for u in us])
    assert [type(g) for g in found] == [Duck] * len(ducks)
    assert_close(map(unwrap, found), map(np.asarray, pulled(case, case.inputs, us)), 1e-12)


@each_by_protocols
def test_it_goes_through_at_the_second_order_too(case):
    us, ws = cotangents(case, case.inputs), list(like(case.inputs, seed=200))
    wanted = am.vjp(lambda *xs: pulled(case, xs, us), *case.inputs)[1](ws)
    strict_us = [Duck(u) for u in us]
    ducks = [Duck(x) for x in case.inputs]
    found = am.vjp(lambda *xs: pulled(case, xs, strict_us), *ducks)[1]([Duck(w) for w in ws])
    assert_close(map(unwrap, found), map(np.asarray, wanted), 1e-10)


def test_a_value_takes_a_strict_array_and_gives_it_a_strict_gradient():
    x = uniform(2, 3)
    leaf = am.Value(Duck(x))
    assert isinstance(leaf.data, Duck)
    assert leaf.data.raw is not x
    np.sum(np.tanh(leaf[:, ::2]) ** 2).backward()
    assert isinstance(leaf.grad, Duck)
    assert_close([leaf.grad.raw], [am.grad(lambda v: np.sum(np.tanh(v[:, ::2]) ** 2))(x)])


def numpy_parameters(rule) -> dict:
    """Return the parameters of a rule's function, none where NumPy doesn't tell."""
    try:
        return dict(inspect.signature(rule.function).parameters)
    except ValueError:
        return {}


KEYWORDS = {np.pad: {"constant_values", "end_values"}}  # which NumPy's signature doesn't name
# Arguments that are brought into the form of others before a call is recorded.
REPLACED = {np.interp: {"period"}, linalg.solve_continuous_are: {"e", "s"}, linalg.solve_discrete_are: {"e", "s"}}


@pytest.mark.parametrize("rule", list(all_rules()), ids=lambda rule: rule.name)
def test_every_line_of_every_rule_has_a_case(rule):
    own = [case for case in CASES if case.function is rule.function]
    last = len(rule.params) if rule.star is None else rule.star
    tested = {key if isinstance(key, str) else rule.params[min(key, last)] for case in own for key in case.wrt}
    parameters = numpy_parameters(rule)  # those that this version of NumPy has
    names = parameters.keys() | KEYWORDS.get(rule.function, set())
    lines = {param for param in rule.pullbacks if not parameters or param in names}
    assert tested == lines | REPLACED.get(rule.function, set())


# Parameters that change no number of any result.
INERT = {"out", "dtype", "casting", "order", "subok", "signature", "copy", "device", "kind", "stable", "sorted",
         "check_finite", "lwork", "workers", "driver"}  # fmt: skip
# Of some functions, those that a line needn't name: they show in a shape, are read off the result, or are brought into
# the form of others before a call is recorded.
UNNAMED = {
    "numpy.sum": "axis keepdims where", "numpy.nansum": "axis keepdims where", "numpy.unwrap": "axis",
    "numpy.real_if_close": "tol", "numpy.bincount": "minlength", "numpy.partition": "kth", "numpy.vander": "N",
    "numpy.linalg.pinv": "rcond rtol", "numpy.reshape": "shape newshape", "numpy.squeeze": "axis",
    "numpy.expand_dims": "axis", "numpy.broadcast_to": "shape", "numpy.meshgrid": "sparse", "numpy.resize": "new_shape",
    "numpy.pad": "mode reflect_type stat_length", "autograd_mini.primitives.scatter": "shape",
    "autograd_mini.rules.shaping.paste": "shape", "autograd_mini.rules.network.overlap_add": "space",
    "numpy.unique": "return_index return_inverse return_counts equal_nan",
    "numpy.setxor1d": "assume_unique", "numpy.setdiff1d": "ar2 assume_unique", "numpy.interp": "period",
    "numpy.linalg.vecdot": "axis", "scipy.linalg._matfuncs.logm": "disp",
    "scipy.linalg._matfuncs.sqrtm": "disp blocksize",
    "scipy.linalg._solvers.solve_discrete_lyapunov": "method", "scipy.linalg._basic.pinv": "atol rtol",
    "scipy.linalg._solvers.solve_continuous_are": "e s balanced",
    "scipy.linalg._solvers.solve_discrete_are": "e s balanced",
    "scipy.special._lambertw": "x2 x3", "scipy.special.gdtrix": "x2", "scipy.special.gdtria": "x2",
    "scipy.signal._signaltools.convolve2d": "fillvalue", "scipy.signal._signaltools.correlate2d": "fillvalue",
    **dict.fromkeys(["numpy.median", "numpy.nanmedian"], "keepdims"),
    **dict.fromkeys([f"numpy.{name}" for name in ("quantile", "nanquantile", "percentile", "nanpercentile")],
                    "keepdims weights"),
    **dict.fromkeys([f"numpy.fft.{name}" for name in ("fft", "ifft", "fft2", "ifft2", "irfft", "hfft")], "n s"),
    **dict.fromkeys([f"scipy.fft._realtransforms.{name}" for name in ("dct", "dst", "idct", "idst")], "n"),
}  # fmt: skip


@pytest.mark.parametrize("rule", list(all_rules()), ids=lambda rule: rule.name)
def test_every_parameter_that_changes_a_number_is_named_by_each_line(rule):
    free = INERT | set(UNNAMED.get(rule.name, "").split()) | set(rule.overwrites) | rule.constants
    for name, line in rule.pullbacks.items():
        named = {part.removesuffix("_shape") for part in line.names} | rule.pullbacks.keys() | free
        assert set(rule.params) <= named, f"{rule.name}, {name}"


def test_every_composed_function_has_a_case():
    assert {case.function for case in CASES} >= {function for function in COMPOSED if callable(function)}


@pytest.mark.parametrize("rule", list(all_rules()), ids=lambda rule: rule.name)
def test_the_defaults_of_a_rule_are_those_of_numpy(rule):
    signature = numpy_parameters(rule)
    for line in rule.pullbacks.values():
        for name, default in line.defaults.items():
            own = signature[name].default if name in signature else np._NoValue
            if own is not np._NoValue and own is not inspect.Parameter.empty:
                assert default == own, f"{rule.name}: {name}"


@pytest.mark.parametrize("function", [np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin])
def test_elements_that_tie_share_an_extremum_equally(function):
    x = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(am.grad(function)(x), np.full((2, 3), 1 / 6))
    rows = am.grad(lambda v: np.sum(function(v, axis=1) * [3.0, 6.0]))(x)
    np.testing.assert_array_equal(rows, [[1.0] * 3, [2.0] * 3])


def test_an_element_that_ties_with_where_and_initial_left_out_gets_nothing():
    x = np.array([2.0, 2.0, 1.0])
    np.testing.assert_array_equal(am.grad(lambda v: np.max(v, where=[True, False, True], initial=0))(x), [1, 0, 0])
    np.testing.assert_array_equal(am.grad(lambda v: np.max(v, initial=3.0))(x), [0, 0, 0])


@pytest.mark.parametrize("function", [np.std, np.nanstd])
def test_the_slope_of_a_standard_deviation_of_zero_is_zero(function):
    x = np.array([2.0, 2.0, 2.0])
    np.testing.assert_array_equal(am.grad(function)(x), [0, 0, 0])
    np.testing.assert_array_equal(am.hessian(function)(x), np.zeros((3, 3)))


def test_an_array_stacked_with_itself_gets_both_cotangents():
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(am.grad(lambda v: np.sum(np.stack([v, v]) * [[1.0], [10.0]]))(x), [11, 11])
    np.testing.assert_array_equal(am.grad(lambda v: np.sum(np.concatenate([v, x, v]) ** 2))(x), [4, 8])


def test_joining_many_arrays_slices_the_cotangent_once_for_each():
    class Counted(np.ndarray):
        cuts = 0

        def __getitem__(self, index):
            Counted.cuts += 1
            return super().__getitem__(index)

    parts = [np.ones(1) for _ in range(1000)]
    joined, pullback = am.vjp(lambda *xs: np.concatenate(xs), *parts)
    pullback(np.ones_like(joined).view(Counted))
    assert Counted.cuts == 1000


@pytest.mark.parametrize("function", [np.ravel, lambda x, order: np.reshape(x, (3, 2), order=order)])
def test_an_order_that_depends_on_the_memory_is_refused(function):
    with pytest.raises(NotCovered, match="depends on how the array lies in memory"):
        function(am.Value(np.ones((2, 3))), order="A")


def test_a_padding_that_writes_into_the_array_is_refused():
    with pytest.raises(NotCovered, match=r"a function as its mode(.|\n)*np\.concatenate"):
        np.pad(am.Value(np.ones((2, 3))), 1, lambda row, *_: None)


@pytest.mark.parametrize(
    "call",
    [
        lambda v: np.fill_diagonal(v, 0.0),
        lambda v: np.put(v, [0], 1.0),
        lambda v: np.place(v, np.ones((2, 2), bool), [1.0]),
        lambda v: np.putmask(v, np.ones((2, 2), bool), 1.0),
        lambda v: np.copyto(np.zeros((2, 2)), v),
        lambda v: np.put_along_axis(v, np.zeros((1, 2), int), 1.0, 0),
    ],
)
def test_writing_into_a_value_is_refused_and_what_to_write_named(call):
    with pytest.raises(NotCovered, match=r"instead: .*(am\.set_at|np\.where)\("):
        call(am.Value(np.ones((2, 2))))
