"""Gradients are compared with differences; the comparison is itself tested with wrong rules, planted on purpose."""

import gc
import weakref
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from planting import RNG, A, B, Z, planted

import autograd_mini as am
from autograd_mini.check import Verdict, check_grads, finite_difference
from autograd_mini.errors import GradientMismatch, InvalidInput


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


def test_of_large_arrays_some_elements_and_some_directions_are_compared() -> None:
    report = check_grads(np.sin, np.linspace(0, 1, 500), order=1, max_elements=200)
    assert len(report.entries) == 20 + 4 + 1
    wrong = np.cos(np.linspace(0, 1, 500))
    wrong[0] = 5.0  # not among the elements drawn
    entries = check_grads(np.sin, np.linspace(0, 1, 500), order=1, seed=3).entries
    assert all(entry.index != (0,) for entry in entries)
    with (
        planted(np.sin, x=lambda g, x: g * np.where(x == 0, 5.0, np.cos(x))),
        pytest.raises(GradientMismatch, match="x, in a random direction: vjp"),
    ):
        check_grads(np.sin, np.linspace(0, 1, 500), order=1, seed=3)


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


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_millionth_off_is_found(dtype: Any) -> None:
    with planted(np.sin, x=lambda g, x: g * (1 + 1e-6) * np.cos(x)):
        report = check_grads(np.sin, np.array([0.4, 1.3], dtype), report=True)
    assert report.worst == pytest.approx(1e-6, rel=1e-2)
    assert report.verdict is Verdict.WRONG


def test_only_the_wrong_elements_are_named() -> None:
    with planted(np.sin, x=lambda g, x: g * np.where(x < 0, 1.1, 1.0) * np.cos(x)):
        report = check_grads(np.sin, np.array([[0.5, -0.7], [-0.2, 0.9]]), order=1, report=True, modes=["vjp"])
    assert {entry.index for entry in report.wrong} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("factor", [2, 1.01, 1.0001])
@pytest.mark.parametrize("k", [0, 1, 2])
def test_a_small_element_is_not_hidden_by_a_large_one(k: int, factor: float) -> None:
    x = np.array([1e-6, 1.0, 1e6])
    assert check_grads(np.square, x).ok
    with planted(np.square, x=lambda g, x: 2 * g * x * np.where(x == x[k], factor, 1.0)):
        report = check_grads(np.square, x, order=1, modes=("vjp",), report=True)
    assert [entry.place for entry in report.wrong] == [f"x[{k}]"]


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


def test_single_precision_inside_is_seen_as_noise() -> None:
    def function(x: Any) -> Any:
        return np.sin(x.astype(np.float32)).astype(np.float64)

    assert check_grads(function, np.array([0.4, 1.3])).ok
    with planted(np.sin, x=lambda g, x: g * 1.001 * np.cos(x)), pytest.raises(GradientMismatch):
        check_grads(function, np.array([0.4, 1.3]))


def test_single_precision_beside_double_is_seen_as_noise() -> None:
    rng = np.random.default_rng(0)

    def function(x: Any) -> Any:
        return np.sin(x.astype(np.float32)).astype(np.float64) + x

    for _ in range(5):
        x = rng.normal(size=3) * rng.choice([0.1, 1.0, 5.0], 3)
        assert check_grads(function, x).ok
        slopes, error = finite_difference(lambda x: np.sum(function(x)), x)
        assert np.all(abs(slopes - np.cos(x) - 1) <= error)
    with planted(np.sin, x=lambda g, x: g * 1.01 * np.cos(x)), pytest.raises(GradientMismatch):
        check_grads(function, np.array([0.4, 1.3]))


def test_tolerances_can_be_given() -> None:
    with planted(np.sin, x=lambda g, x: g * 1.01 * np.cos(x)):
        check_grads(np.sin, B, rtol=0.1)
        check_grads(np.sin, B, atol=0.1)
        with pytest.raises(GradientMismatch):
            check_grads(np.sin, B, rtol=1e-3)


# ------------------------------------------------------------------------------------------ Large and many


def test_the_cost_does_not_grow_with_the_size() -> None:
    def calls(size: int) -> int:
        count = 0

        def counted(x: Any) -> Any:
            nonlocal count
            count += 1
            return np.sum(np.sin(x) * x)

        check_grads(counted, np.linspace(0.1, 1, size), order=1)
        return count

    assert max(calls(1_000), calls(100_000)) < 800


def test_directions_find_what_elements_miss_as_often_as_they_say() -> None:
    x = np.random.default_rng(0).normal(size=1000)
    right = np.cos(x)
    found = 0
    for seed in range(40):
        wrong = right.copy()
        wrong[seed] += 0.01 * np.linalg.norm(right)  # one element: an error of a hundredth of the length
        report = check_grads(lambda x: np.sum(np.sin(x)), x, grad=wrong, report=True, seed=seed, directions=1)
        found += report.verdict is Verdict.WRONG
        (coverage,) = report.coverage
    assert (coverage.elements, coverage.directions, coverage.complete) == (20, 1, False)
    assert coverage.detection > 0.999
    assert found >= 39
    noisy = check_grads(lambda x: np.sum(np.sin(x).astype(np.float16)), x, grad=right, report=True, directions=1)
    assert noisy.coverage[0].detection < 0.99


def test_several_seeds_repeat_the_check() -> None:
    one = check_grads(np.sin, B, seed=3)
    three = check_grads(np.sin, B, seed=[3, 4, 5])
    assert len(three.entries) == 3 * len(one.entries)
    assert set(one.entries) < set(three.entries)


def test_a_model_on_a_batch_in_one_call() -> None:
    model = am.nn.Sequential(am.nn.Linear(3, 4, rng=0), am.nn.tanh, am.nn.Linear(4, 2, rng=1))
    report = check_grads(model, RNG.normal(size=(5, 3)), order=1)
    assert report.name == "Sequential"
    assert {entry.argument for entry in report.entries} == {
        *(f"parameters[{path!r}]" for path, _ in model.named_parameters()),
        "x",
    }
    labels = np.array([0, 1, 1, 0, 1])

    def loss(network: Any, x: Any) -> Any:
        return am.nn.cross_entropy(network(x), labels)

    with planted(np.tanh, x=lambda g, out: g * (1 - out)):
        report = check_grads(loss, model, RNG.normal(size=(5, 3)), argnums=0, order=1, report=True)
    assert {entry.argument for entry in report.wrong} == {
        "network['0.weight']",
        "network['0.bias']",
    }
    assert all(parameter.grad is None for parameter in model.parameters())


def test_infinite_elements_are_points_like_others() -> None:
    assert am.check_grads(np.tanh, np.array([1.0, np.inf, -np.inf]), order=2).ok
    report = am.check_grads(lambda x: np.tanh(x) * 1.0, np.array([1.0, -np.inf]), grad=None, report=True)
    assert report.verdict is Verdict.RIGHT


def test_a_function_of_single_precision_only() -> None:
    def strict(x: Any) -> Any:
        if x.dtype != np.float32:
            raise TypeError("single precision only")
        return np.tanh(x) * x

    x = np.float32([0.3, -1.2])
    assert check_grads(strict, x, order=1).verdict is Verdict.RIGHT
    assert check_grads(strict, x, order=1).worst < 1e-3
    with planted(np.tanh, x=lambda g, out: 1.05 * g * (1 - out * out)), pytest.raises(GradientMismatch):
        check_grads(strict, x, order=1)


def test_ill_conditioned_functions_are_no_false_alarm() -> None:
    hilbert = 1 / (np.arange(6)[:, None] + np.arange(6) + 1)
    assert check_grads(np.linalg.solve, hilbert, np.ones(6), order=1).verdict is Verdict.RIGHT
    narrow = hilbert[:4, :4].astype(np.float32)
    assert check_grads(np.linalg.solve, narrow, np.ones(4, np.float32), order=1, report=True).verdict is Verdict.RIGHT


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
