"""Gradients are compared with differences; the comparison is itself tested with wrong rules, planted on purpose."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import registry
from autograd_mini.check import CheckError, check_grads, finite_difference
from autograd_mini.errors import GradientMismatch, InvalidInput, ShapeError

RNG = np.random.default_rng(7)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)
Z = RNG.normal(size=3) + 1j * RNG.normal(size=3)


@contextmanager
def planted(function: Any, **lines: Any) -> Iterator[None]:
    """Replace lines of a function's rule, for the time of a `with` block."""
    old = registry.RULES[function]
    kept = {name: pullback.function for name, pullback in old.pullbacks.items()}
    try:
        registry.rule(function, " ".join(old.params), broadcasts=old.broadcasts, **kept | lines)
        yield
    finally:
        registry.RULES[function] = old
        registry._announce(function)


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass
class Layer:
    w: Any
    steps: int


# ------------------------------------------------------------------------------------------ What is right passes

RIGHT = {
    "a number": (lambda x: np.tanh(x) * x**3, 0.7),
    "an integer": (lambda x: x**2, 3),
    "an array to an array": (lambda x: np.sin(x) * np.exp(-x), A),
    "broadcasting": (lambda x, y: np.log(2 + np.tanh(x * y)) - y, A, B),
    "a 0-d array": (np.exp, np.array(0.3)),
    "an empty array": (lambda x, y: np.sin(x) * y, np.zeros((0, 3)), 2.0),
    "one use for many": (lambda x: (lambda y: y * y + np.sqrt(y))(np.exp(x)) + x, B),
    "methods of a Value": (lambda x: x.relu() * x.sigmoid(), A),
    "containers": (
        lambda p, q: {"u": p["w"] * p["bs"][0], "v": (q.left / (1 + q.right**2), 3, None)},
        {"w": A, "bs": [B, 2.0], "name": "first", "n": 3},
        Pair(0.5, B),
    ),
    "a dataclass": (lambda layer: layer.w**layer.steps, Layer(B, 3)),
    "holomorphic": (lambda z: np.exp(z) * z**2, Z),
    "not holomorphic": (lambda z, x: np.conj(z) * x + np.real(z) ** 2, Z, 2.0),
    "real to complex": (lambda x: np.exp(1j * x) * Z, np.array([0.1, 0.2, 0.3])),
    "complex to real": (lambda z: np.real(z * np.conj(z)) * np.imag(z), Z),
    "float32": (lambda x, y: np.tanh(x * y) / (1 + y * y), A.astype(np.float32), B.astype(np.float32)),
    "float32 and float64": (lambda x, y: np.tanh(x * y), A.astype(np.float32), B),
    "float16": (lambda x: np.tanh(x), np.float16([0.5, -1.25])),
    "complex64": (lambda z: np.sin(z), Z.astype(np.complex64)),
    "large and small numbers": (lambda x: np.log(x) * x, np.array([1e-7, 1.0, 1e9])),
    "a kink nearby": (lambda x: np.abs(x) * np.maximum(x, 1e-5), np.array([1e-6, -1e-6, 2e-5])),
    "near the edge of the domain": (lambda x: np.sqrt(x) + np.arcsin(1 - x), np.array([1e-5, 0.5])),
    "a fast oscillation": (lambda x: np.sin(3e4 * x), np.array([0.1, 0.7])),
    "a large constant beside": (lambda x: 1e9 + np.sin(x), np.array([0.1, 0.7])),
    "a slope of zero": (lambda x: np.cos(x), np.zeros(2)),
    "no dependence": (lambda x, y: y * 2, B, 1.0),
    "piecewise constant": (lambda x: np.floor(x) + 0.5, np.array([1.5])),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_pass(name: str) -> None:
    function, *args = RIGHT[name]
    report = check_grads(function, *args)
    assert report.ok
    assert {entry.order for entry in report.entries} == {1, 2}
    assert {entry.mode for entry in report.entries} == {"vjp", "jvp"}


def test_differences_are_precise_where_nothing_is_in_the_way() -> None:
    assert check_grads(lambda x, y: np.tanh(x * y) * y, A, B).worst < 1e-9


def test_orders_up_to_four() -> None:
    report = check_grads(lambda x: np.tanh(x) * x**3, np.array([0.4, 1.2]), order=4)
    assert {entry.order for entry in report.entries} == {1, 2, 3, 4}


def test_each_element_is_compared_with_its_own_derivative() -> None:
    report = check_grads(lambda x, y: x[0] * x[1] ** 2 + y, np.array([2.0, 3.0]), 1.0, order=1, report=True)
    found = {entry.place: entry.expected for entry in report.entries if entry.mode == "vjp"}
    assert found == pytest.approx({"x[0]": 9.0, "x[1]": 12.0, "y": 1.0})


def test_complex_elements_are_compared_in_both_directions() -> None:
    report = check_grads(lambda z: np.real(z * np.conj(z)), 3 - 4j, order=1, report=True)
    found = {entry.place: entry.found for entry in report.entries if entry.mode == "vjp"}
    assert found == pytest.approx({"z.real": 6.0, "z.imag": -8.0})  # the direction of steepest ascent


def test_of_large_arrays_some_elements_and_one_direction_are_compared() -> None:
    report = check_grads(np.sin, np.linspace(0, 1, 500), order=1, max_elements=20)
    assert len(report.entries) == 20 + 2
    wrong = np.cos(np.linspace(0, 1, 500))
    wrong[0] = 5.0  # not among the elements drawn
    entries = check_grads(np.sin, np.linspace(0, 1, 500), order=1, max_elements=20, seed=3).entries
    assert all(entry.index != (0,) for entry in entries)
    with (
        planted(np.sin, x=lambda g, x: g * np.where(x == 0, 5.0, np.cos(x))),
        pytest.raises(GradientMismatch, match="x, in a random direction: vjp"),
    ):
        check_grads(np.sin, np.linspace(0, 1, 500), order=1, max_elements=20, seed=3)


def test_the_seed_makes_it_reproducible() -> None:
    one, two, other = (check_grads(np.sin, A, seed=seed).entries for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_argnums_leaves_the_others_alone() -> None:
    report = check_grads(lambda w, labels: w[labels] ** 2, B, np.array([0, 2, 2]), argnums=0)
    assert {entry.argument for entry in report.entries} == {"w"}


def test_names_of_arguments() -> None:
    def several(first: Any, *others: Any) -> Any:
        return first * others[0] * others[1]

    def arguments(function: Any, *args: Any, **options: Any) -> set[str]:
        return {entry.argument for entry in check_grads(function, *args, **options).entries}

    assert arguments(several, 1.0, 2.0, 3.0) == {"first", "others[0]", "others[1]"}
    assert arguments(np.multiply, 1.0, 2.0) == {"x1", "x2"}
    assert arguments(lambda p: p["w"][0] * 2, {"w": [1.0]}) == {"p['w'][0]"}
    assert arguments(lambda x: x * 2, 1.0, names=["rate"]) == {"rate"}
    with pytest.raises(InvalidInput, match="1 names for 2 arguments"):
        check_grads(lambda x, y: x * y, 1.0, 2.0, names=["x"])


# ------------------------------------------------------------------------------------------ What is wrong is found

WRONG = {
    "twice as large": (np.sin, {"x": lambda g, x: 2 * g * np.cos(x)}, 1, 0.5),
    "a hundredth off": (np.sin, {"x": lambda g, x: g * 1.01 * np.cos(x)}, 1, 0.01 / 1.01),
    "the wrong sign": (np.sin, {"x": lambda g, x: -g * np.cos(x)}, 1, 2.0),
    "a term dropped": (np.tanh, {"x": lambda g: g}, 1, None),
    "wrong for negative arguments": (np.sin, {"x": lambda g, x: g * np.where(x < 0, 1.0, np.cos(x))}, 1, None),
    "wrong at order 2": (np.sin, {"x": lambda g, x: g * np.cos(am.stop_gradient(x))}, 2, None),
    "not linear in g": (np.sin, {"x": lambda g, x: np.where(g == 0, 0, g * np.cos(x))}, 1, 1.0),
    "infinite": (np.sin, {"x": lambda g, x: g * np.inf}, 1, None),
    "not a number": (np.sin, {"x": lambda g, x: g * np.nan}, 1, None),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_wrong_rule_is_found(name: str, dtype: Any) -> None:
    function, lines, order, relative = WRONG[name]
    x = np.array([-0.7, 0.4, 1.3], dtype)
    with np.errstate(invalid="ignore"), planted(function, **lines):
        report = check_grads(lambda p, y: function(p["w"]) * y, {"b": 1.0, "w": x}, 2.0, report=True)
        with pytest.raises(GradientMismatch, match=r"p\['w'\]"):
            check_grads(lambda p, y: function(p["w"]) * y, {"b": 1.0, "w": x}, 2.0)
    assert not report.ok
    first = [entry for entry in report.wrong if entry.order == order and (entry.mode == "vjp" or "linear" in name)]
    assert min(entry.order for entry in report.wrong) == order
    assert {entry.argument for entry in first} == {"p['w']"}
    if relative is not None:
        assert max(entry.relative for entry in first) == pytest.approx(relative, rel=1e-2)
    check_grads(function, x)  # the rule in its place again


def test_a_millionth_off_is_found_in_double_precision_and_invisible_in_single() -> None:
    with planted(np.sin, x=lambda g, x: g * (1 + 1e-6) * np.cos(x)):
        check_grads(np.sin, np.float32([0.4, 1.3]))
        report = check_grads(np.sin, np.array([0.4, 1.3]), report=True)
    assert report.worst == pytest.approx(1e-6, rel=1e-2)
    assert not report.ok


def test_only_the_wrong_elements_are_named() -> None:
    with planted(np.sin, x=lambda g, x: g * np.where(x < 0, 1.1, 1.0) * np.cos(x)):
        report = check_grads(np.sin, np.array([[0.5, -0.7], [-0.2, 0.9]]), order=1, report=True, modes=["vjp"])
    assert {entry.index for entry in report.wrong} == {(0, 1), (1, 0)}


def test_only_the_wrong_argument_is_named() -> None:
    with planted(np.multiply, x2=lambda g, x1: g * x1 * 1.01):
        report = check_grads(lambda left, right: left * right, A, A + 1, order=1, report=True)
    assert {entry.argument for entry in report.wrong} == {"right"}


def test_a_transposed_result_is_found() -> None:
    square = am.primitive(lambda x: 2 * x)
    am.rule(square, "x", x=lambda g: np.transpose(2 * g))
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda x: square(x), A[:3, :3])
    assert "wrong in" in str(caught.value)
    report = check_grads(lambda x: square(x), A[:3, :3], order=1, modes=["vjp"], report=True)
    assert {entry.index for entry in report.wrong} == {(i, j) for i in range(3) for j in range(3) if i != j}


def test_a_sum_that_takes_one_element_is_found() -> None:
    broadcast = am.primitive(lambda x, y: x * y)
    am.rule(broadcast, "x y", x=lambda g, y: g * y, y=lambda g, x: (g * x)[0])  # instead of the sum over rows
    report = check_grads(lambda x, y: broadcast(x, y), A, B, order=1, report=True)
    assert {entry.argument for entry in report.wrong} == {"y"}


def test_a_wrong_imaginary_part_is_found() -> None:
    with planted(np.sin, x=lambda g, x: g * np.conj(np.cos(x))):
        report = check_grads(np.sin, Z, order=1, report=True)
    assert {entry.part for entry in report.wrong} >= {"real", "imag"}


def test_a_rule_that_is_not_linear_in_g_shows_in_jvp() -> None:
    with planted(np.sin, x=lambda g, x: np.where(g == 0, 0, g * np.cos(x))):
        report = check_grads(np.sin, B, order=1, report=True)
    assert {(entry.mode, entry.reference) for entry in report.wrong} == {("jvp", "vjp")}


def test_jvp_alone_is_compared_with_differences() -> None:
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        report = check_grads(np.sin, B, order=1, report=True, modes=("jvp",))
    assert {(entry.mode, entry.reference, entry.ok) for entry in report.entries} == {("jvp", "difference", False)}


def test_single_precision_inside_needs_a_tolerance() -> None:
    def function(x: Any) -> Any:
        return np.sin(x.astype(np.float32)).astype(np.float64)

    check_grads(function, np.array([0.4, 1.3]), rtol=1e-2)
    with planted(np.sin, x=lambda g, x: g * 1.1 * np.cos(x)), pytest.raises(GradientMismatch):
        check_grads(function, np.array([0.4, 1.3]), rtol=1e-2)


def test_tolerances_can_be_given() -> None:
    with planted(np.sin, x=lambda g, x: g * 1.01 * np.cos(x)):
        check_grads(np.sin, B, rtol=0.1)
        check_grads(np.sin, B, atol=0.1)
        with pytest.raises(GradientMismatch):
            check_grads(np.sin, B, rtol=1e-3)


# ------------------------------------------------------------------------------------------ Gradients from elsewhere


def test_a_claimed_gradient() -> None:
    def loss(p: Any, x: Any) -> Any:
        return float(np.sum(np.asarray(p["w"]) ** 2) * x)  # nothing that could be recorded

    right = {"w": np.array([4.0, 8.0])}
    assert check_grads(loss, {"w": np.array([1.0, 2.0])}, 2.0, argnums=0, grad=right).ok
    report = check_grads(loss, {"w": np.array([1.0, 2.0])}, 2.0, grad=({"w": np.array([4.0, 8.1])}, 5.0), report=True)
    assert [entry.place for entry in report.wrong] == ["p['w'][1]"]
    assert {entry.mode for entry in report.entries} == {"grad"}


def test_a_claimed_complex_gradient_is_the_direction_of_steepest_ascent() -> None:
    def loss(z: Any) -> Any:
        return abs(z) ** 2

    assert check_grads(loss, 3 - 4j, grad=6 - 8j).ok
    with pytest.raises(GradientMismatch, match=r"z.imag: grad 8, difference -8"):
        check_grads(loss, 3 - 4j, grad=6 + 8j)


def test_a_claimed_gradient_belongs_to_one_number() -> None:
    with pytest.raises(ShapeError, match="returned 4 real numbers"):
        check_grads(lambda x: x * 2, B, grad=B)
    with pytest.raises(InvalidInput, match=r"the gradient has shape \(3,\)"):
        check_grads(lambda x: x[0], B, grad=np.ones(3))


# ------------------------------------------------------------------------------------------ The texts


def test_the_message() -> None:
    with (
        planted(np.sin, x=lambda g, x: g * np.where(x > 1, 1.01, 2.0) * np.cos(x)),
        pytest.raises(GradientMismatch) as caught,
    ):
        check_grads(lambda p: np.sin(p["w"])[0] + np.sin(p["w"])[1], {"w": np.array([1.25, 0.5])}, modes=["vjp"])
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == (
        "gradient of <lambda>: wrong in 2 of 4 numbers\n"
        "  p['w'][1]: vjp 1.7551651, difference 0.87758256, absolute error 0.88, relative error 0.5\n"
        "  p['w'][0]: vjp 0.31847559, difference 0.31532236, absolute error 0.0032, relative error 0.0099\n"
        "  why: it differs from central differences of the function itself: a rule on the way to these arguments is"
        " wrong, or the point is at a kink, where the difference is the mean of both slopes\n"
        "  instead: check the functions on the way one by one, at a point away from kinks;"
        " am.check_grads(..., report=True) returns every comparison"
    )


def message(function: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(GradientMismatch) as caught:
        check_grads(function, *args, **options)
    return str(caught.value)


def test_the_message_is_short() -> None:
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        text = message(np.sin, A, order=1)
    assert text.startswith("gradient of sin: wrong in 12 of 13 numbers\n")
    assert "\n  ... and 7 more\n" in text
    assert len(text.splitlines()) == 1 + 5 + 1 + 2
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        text = message(lambda w, x: np.sin(w) * np.cos(x), A, B)
    assert " at higher order\n" in text
    assert "order 2" not in text


def test_the_message_at_order_2() -> None:
    with planted(np.sin, x=lambda g, x: g * np.cos(am.stop_gradient(x))):
        text = message(np.sin, 0.5)
    assert "right at order 1, but at order 2:\n  x: vjp 0, difference -0.47942554" in text
    assert "the gradient is right, its own derivative isn't" in text


def test_the_message_of_a_rule_that_is_not_linear() -> None:
    with planted(np.sin, x=lambda g, x: np.where(g == 0, 0, g * np.cos(x))):
        text = message(np.sin, 0.5, order=1)
    assert "in a random direction: jvp 0, vjp" in text
    assert "a rule on the way isn't linear in its cotangent g" in text


def test_the_message_at_the_edge_of_the_domain() -> None:
    with np.errstate(all="ignore"):
        text = message(np.sqrt, 0.0, order=1)
    assert "x: vjp inf, difference nan" in text
    assert "at the edge of the domain" in text


def test_the_message_at_a_kink() -> None:
    assert "or the point is at a kink" in message(lambda x: x.relu(), 0.0, order=1)


def test_the_report() -> None:
    report = check_grads(np.exp, 1.0)
    assert repr(report).startswith("<gradient of exp: right in 4 numbers up to order 2; worst relative error ")
    assert repr(report).endswith(", at x>")
    assert bool(report)
    assert report.worst == report.entries[0].relative < 1e-8
    assert report.wrong == ()
    entry = next(entry for entry in report.entries if entry.order == 1 and entry.mode == "vjp")
    assert entry.found == np.exp(1.0)
    assert entry.absolute == abs(entry.found - entry.expected) <= max(entry.error, entry.rtol * entry.found)
    with planted(np.exp, x=lambda g, out: 2 * g * out):
        report = check_grads(np.exp, 1.0, report=True, order=1)
    assert repr(report).startswith("<gradient of exp: wrong in 1 of 2 numbers\n  x: vjp 5.43")
    assert not report


def test_a_function_that_is_not_deterministic() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(CheckError) as caught:
        check_grads(lambda x: x * rng.normal(), 1.0)
    assert str(caught.value) == (
        "<lambda> returned something else when it was called again with the same arguments\n"
        "  why: differences need the same function each time: it draws random numbers, counts its calls, or changes its"
        " arguments in place\n"
        "  instead: a generator made inside the function from a fixed seed, or a function without state"
    )


def test_a_function_that_is_not_finite_at_the_point() -> None:
    with pytest.raises(CheckError) as caught:
        check_grads(lambda x: {"y": [x, np.log(x)]}, np.array([1.0, -1.0]))
    assert str(caught.value) == (
        "<lambda> returned nan at this point, at ['y'][1] of its result\n"
        "  why: differences of what isn't finite say nothing\n"
        "  instead: a point inside the function's domain; am.detect_anomaly() names the operation"
    )


def test_nothing_to_differentiate() -> None:
    with pytest.raises(CheckError, match="returned int: there is nothing to differentiate"):
        check_grads(lambda x: 3, 1.0)
    with pytest.raises(CheckError, match="hold no floating numbers"):
        check_grads(lambda p: p["n"] * 2.0, {"n": 3})
    with pytest.raises(InvalidInput, match="argument 1 is 'mean'"):
        check_grads(lambda x, how: x, 1.0, "mean")


@pytest.mark.parametrize("options", [{"order": 0}, {"modes": ()}, {"modes": ("forward",)}])
def test_options_that_check_nothing(options: Any) -> None:
    with pytest.raises(InvalidInput, match="there would be nothing to check"):
        check_grads(np.sin, 1.0, **options)


def test_an_error_of_the_function_comes_through() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("w")

    with pytest.raises(KeyError):
        check_grads(broken, 1.0)


# ------------------------------------------------------------------------------------------ Nothing is left behind


@pytest.mark.parametrize("wrong", [False, True])
def test_nothing_is_left_behind(wrong: bool) -> None:
    seen: list[weakref.ref[Any]] = []

    def watched(p: Any) -> Any:
        y = np.sin(p["w"]) * p["w"]
        seen.extend(weakref.ref(node) for node in (y.node, p["w"].node) if node is not None)
        return y

    lines = {"x": lambda g, x: 2 * g * np.cos(x)} if wrong else {}
    gc.collect()
    gc.disable()
    try:
        with planted(np.sin, **lines):
            assert check_grads(watched, {"w": B}, report=True).ok is not wrong
        assert len(seen) > 4
        assert [ref for ref in seen if ref() is not None] == []
    finally:
        gc.enable()


def test_arguments_are_not_changed() -> None:
    x = A.copy()
    check_grads(np.sin, x)
    finite_difference(np.sin, x)
    assert np.array_equal(x, A)


def test_outer_values_are_constants_to_it() -> None:
    w = am.Value([1.0, 2.0])
    assert check_grads(lambda x: x * w, np.array([3.0, 4.0])).ok
    assert check_grads(np.sin, w).ok
    assert w.grad is None


# ------------------------------------------------------------------------------------------ Finite differences


def test_the_difference_of_a_number_by_an_array_is_the_gradient() -> None:
    p = {"w": A, "b": [B, 2.0], "n": 3}

    def loss(p: Any) -> Any:
        y = np.tanh(p["w"] * p["b"][0]) * p["b"][1]
        return y[0, 0] * y[1, 1] + y[2, 3]

    found, wanted = finite_difference(loss, p), am.grad(loss)(p)
    np.testing.assert_allclose(found["w"], wanted["w"], atol=1e-9)
    np.testing.assert_allclose(found["b"][0], wanted["b"][0], atol=1e-9)
    np.testing.assert_allclose(found["b"][1], wanted["b"][1], atol=1e-9)
    assert found["n"] is None


def test_the_difference_of_an_array_by_an_array_is_the_jacobian() -> None:
    def function(x: Any) -> Any:
        return {"a": np.sin(x[:, :2]), "b": (x * x, 7)}

    found, wanted = finite_difference(function, A), am.jacobian(function)(A)
    assert found["a"].shape == (3, 2, 3, 4)
    np.testing.assert_allclose(found["a"], wanted["a"], atol=1e-9)
    np.testing.assert_allclose(found["b"][0], wanted["b"][0], atol=1e-9)


def test_differences_in_one_direction_are_the_jvp() -> None:
    t = RNG.normal(size=4)
    found = finite_difference(lambda x, y: x * np.exp(y), A, B, argnum=1, tangent=t)
    np.testing.assert_allclose(found, am.jvp(lambda y: A * np.exp(y), (B,), (t,))[1], atol=1e-8)
    assert finite_difference(lambda p: p["x"] * p["y"], {"x": 2.0, "y": 5.0}, tangent={"x": 1.0, "y": 10.0}) == (
        pytest.approx(25.0)
    )


def test_complex_differences() -> None:
    np.testing.assert_allclose(finite_difference(np.exp, Z), np.diag(np.exp(Z)), atol=1e-9)
    np.testing.assert_allclose(finite_difference(np.abs, 3 + 4j), 0.6 + 0.8j)
    np.testing.assert_allclose(finite_difference(lambda x: np.exp(1j * x), 1.0), 1j * np.exp(1j), atol=1e-9)
    np.testing.assert_allclose(finite_difference(np.conj, Z, tangent=1j * Z), np.conj(1j * Z), atol=1e-9)


def test_differences_of_single_precision_are_made_in_double() -> None:
    x = np.float32([0.5, 1.5])
    found = finite_difference(np.sin, x, tangent=np.ones(2))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, np.cos(x.astype(float)), rtol=1e-9)
    inside = finite_difference(lambda x: np.sin(x.astype(np.float32)), x, tangent=np.ones(2))
    np.testing.assert_allclose(inside, np.cos(x), rtol=1e-3)


def test_differences_of_a_function_that_is_not_ours() -> None:
    import math

    assert finite_difference(math.erf, 0.5) == pytest.approx(2 / math.sqrt(math.pi) * math.exp(-0.25), rel=1e-9)


def test_the_step_follows_scale() -> None:
    def wiggly(x: Any) -> Any:
        return x + 1e-3 * np.sin(1e3 * x)

    assert finite_difference(wiggly, 0.0) == pytest.approx(2.0, rel=1e-6)
    assert finite_difference(lambda x: np.log(x), 1e-9, scale=1e-9) == pytest.approx(1e9, rel=1e-8)


def test_differences_need_something_to_move() -> None:
    with pytest.raises(InvalidInput, match="argument 1 holds no floating numbers"):
        finite_difference(lambda x, n: x, 1.0, {"n": 2}, argnum=1)
    with pytest.raises(InvalidInput, match="argnums has 2"):
        finite_difference(lambda x: x, 1.0, argnum=2)
    with pytest.raises(InvalidInput, match=r"the tangent has shape \(2,\)"):
        finite_difference(np.sin, B, tangent=np.ones(2))
