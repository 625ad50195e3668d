"""Laws that hold for every function, tried on random ones.

A random function is a program: it starts from arguments and constants of all kinds, and each step applies an operation
to what is there already, so that results are used several times, in several shapes, and from either side.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_mini as am
from autograd_mini.check import check_grads

# Every operation is finite everywhere and grows slowly, so that any program of them is a sound function.
UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "tanh": np.tanh,
    "arctan": np.arctan,
    "arcsinh": np.arcsinh,
    "negative": lambda a: -a,
    "abs": abs,
    "exp": lambda a: np.exp(np.cos(a)),
    "log": lambda a: np.log(1.5 + np.sin(a)),
    "log1p": lambda a: np.log1p(np.tanh(a) ** 2),
    "sqrt": lambda a: (1 + a * a) ** 0.5,
    "cbrt": lambda a: np.cbrt(2 + np.sin(a)),
    "square": lambda a: np.square(np.tanh(a)),
    "power": lambda a: np.tanh(a) ** 3,
    "reciprocal": lambda a: 1 / (2 + np.cos(a)),
    "sinh of arctan": lambda a: np.sinh(np.arctan(a)) - np.cosh(np.sin(a)),
    "clip": lambda a: np.clip(a, -0.875, 1.125),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: np.arctan(a * b),
    "/": lambda a, b: a / (1.5 + np.sin(b)),
    "**": lambda a, b: (1.5 + np.sin(a)) ** np.tanh(b),
    "add": np.add,
    "subtract": np.subtract,
    "multiply": lambda a, b: np.tanh(np.multiply(b, a)),
    "hypot": lambda a, b: np.hypot(a, 1 + np.abs(b)),
    "arctan2": lambda a, b: np.arctan2(a, 1 + b * b),
    "logaddexp": np.logaddexp,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": lambda a, b: np.where(a > b, a, np.sin(b)),
}
SHAPES = [(), (1,), (3,), (2, 1), (1, 3), (2, 3)]  # each broadcasts with each
CONSTANTS = [2, 0.75, np.float64(-1.25), np.array(0.5), np.array([[1.5], [-0.5]]), np.array([0.25, -2.0, 1.0])]


class Program(NamedTuple):
    """A function of two or three arguments, and a point."""

    point: tuple[Any, ...]
    steps: tuple[tuple[str, int, int], ...]
    seed: int

    def __call__(self, *args: Any) -> Any:
        """Return the last result, to which the first one is added, so that it depends on an argument."""
        found = [*args, *CONSTANTS]
        for name, i, j in self.steps:
            a, b = found[-1 - i % len(found)], found[j % len(found)]
            found.append(UNARY[name](a) if name in UNARY else BINARY[name](a, b))
        return found[-1] + np.sin(found[len(args) + len(CONSTANTS)]) + args[0]

    def number(self, *args: Any) -> Any:
        """Return one number: a sum of unequal parts of the result."""
        return np.sum(self(*args) * self.like(self.value, 0))

    @property
    def value(self) -> Any:
        return self(*self.point)

    def like(self, x: Any, number: int) -> Any:
        """Return random numbers of the shape of an array, other ones for each `number`."""
        return np.random.default_rng([self.seed, number]).normal(size=np.shape(x))[()]

    def likes(self, number: int) -> tuple[Any, ...]:
        """Return random numbers of the shapes of the arguments."""
        return tuple(self.like(x, number + i) for i, x in enumerate(self.point))


@st.composite
def programs(draw: st.DrawFn, longest: int = 8) -> Program:
    """Draw a program, and a point where it has no kink (with probability 1)."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3))
    point = tuple(rng.normal(size=shape) if shape else float(rng.normal()) for shape in shapes)
    names = st.sampled_from([*UNARY, *BINARY])
    step = st.tuples(names, st.integers(0, 5), st.integers(0, 20))
    steps = draw(st.lists(step, min_size=1, max_size=longest))
    return Program(point, tuple(steps), seed)


def everything(program: Program) -> tuple[int, ...]:
    """Return the positions of all arguments."""
    return tuple(range(len(program.point)))


def assert_close(found: Any, wanted: Any, rtol: float = 1e-10) -> None:
    """Compare tuples of arrays, in shapes and dtypes too, relative to the largest number."""
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.result_type(a) == np.result_type(b)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * max(1.0, np.max(np.abs(b), initial=0)))


def dot(a: Any, b: Any) -> float:
    """Return the sum of products over tuples of arrays."""
    return float(sum(np.sum(np.multiply(x, y)) for x, y in zip(a, b, strict=True)))


pytestmark = pytest.mark.filterwarnings("ignore::autograd_mini.errors.ZeroGradientWarning")


@given(programs())
def test_gradients_equal_finite_differences(program: Program) -> None:
    assert check_grads(program, *program.point, order=1, seed=program.seed).ok


@given(programs(longest=5))
def test_second_order_equals_finite_differences(program: Program) -> None:
    assert check_grads(program.number, *program.point, order=2, seed=program.seed).ok


@given(programs())
def test_the_vjp_is_linear(program: Program) -> None:
    value, pullback = am.vjp(program, *program.point)
    u, v = program.like(value, 1), program.like(value, 2)
    parts = zip(pullback(u), pullback(v), strict=True)
    assert_close(pullback(2.5 * u - v), [2.5 * a - b for a, b in parts])
    assert all(np.all(g == 0) for g in pullback(0 * u))


@given(programs())
def test_the_vjp_is_the_transpose_of_the_jvp(program: Program) -> None:
    value, pullback = am.vjp(program, *program.point)
    u, t = program.like(value, 1), program.likes(2)
    same, slope = am.jvp(program, program.point, t)
    assert np.array_equal(same, value)
    forth, back = dot([u], [slope]), dot(pullback(u), t)
    assert forth == pytest.approx(back, rel=1e-9, abs=1e-9)


@given(programs(longest=5))
def test_the_hessian_is_symmetric(program: Program) -> None:
    hessian = am.hessian(program.number, everything(program))(*program.point)
    for i, row in enumerate(hessian):
        for j, block in enumerate(row):
            ahead, behind = np.ndim(program.point[i]), np.ndim(program.point[j])
            assert np.shape(block) == np.shape(program.point[i]) + np.shape(program.point[j])
            turned = np.moveaxis(np.asarray(hessian[j][i]), range(behind), range(ahead, ahead + behind))
            np.testing.assert_allclose(block, turned, rtol=1e-9, atol=1e-9)


@given(programs(longest=5))
def test_the_hessian_times_a_vector(program: Program) -> None:
    t = program.likes(3)
    every = everything(program)
    rows = am.hessian(program.number, every)(*program.point)
    wanted = [sum(np.tensordot(block, d, np.ndim(d)) for block, d in zip(row, t, strict=True)) for row in rows]
    assert_close(am.hvp(lambda p: program.number(*p), program.point, t), wanted)
    assert_close(am.jvp(am.grad(program.number, every), program.point, t)[1], wanted)


@given(st.lists(programs(longest=4), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_terms_does_not_matter(terms: list[Program], random: Any) -> None:
    point = terms[0].point
    every = everything(terms[0])

    def total(order: list[Program], turned: bool) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            result: Any = 0.0
            for term in order:
                given = (args * 2)[: len(term.point)]
                part = np.sum(term(*given)) * 0.5
                result = part + result if turned else result + part
            return result

        return function

    shuffled = list(terms)
    random.shuffle(shuffled)
    found = am.grad(total(terms, False), every)(*point)
    assert_close(found, am.grad(total(shuffled, True), every)(*point))


@given(programs())
def test_the_order_of_operands_does_not_matter(program: Program) -> None:
    mirrored = {
        "+": lambda a, b: b + a,
        "-": lambda a, b: -(b - a),
        "*": lambda a, b: np.arctan(b * a),
        "add": lambda a, b: np.add(b, a),
        "multiply": lambda a, b: np.tanh(np.multiply(a, b)),
        "logaddexp": lambda a, b: np.logaddexp(b, a),
        "maximum": lambda a, b: np.maximum(b, a),
        "minimum": lambda a, b: np.minimum(b, a),
    }
    every = everything(program)
    found = am.grad(program.number, every)(*program.point)
    with pytest.MonkeyPatch.context() as patch:
        for name, operation in mirrored.items():
            patch.setitem(BINARY, name, operation)
        assert_close(found, am.grad(program.number, every)(*program.point), rtol=1e-9)


@given(programs())
def test_backward_equals_grad(program: Program) -> None:
    wanted = am.grad(program.number, everything(program))(*program.point)
    values = tuple(am.Value(x) for x in program.point)
    result = program.number(*values)
    result.backward()
    found = [np.zeros_like(v.data) if v.grad is None else v.grad for v in values]
    assert_close(found, wanted, rtol=1e-13)
    result.backward()
    again = [np.zeros_like(v.data) if v.grad is None else v.grad for v in values]
    assert_close(again, [2 * np.asarray(g)[()] for g in wanted], rtol=1e-13)


@given(programs())
def test_a_recorded_pass_equals_a_raw_one(program: Program) -> None:
    gradient = am.grad(program.number, everything(program))
    raw = gradient(*program.point)
    recorded, _ = am.vjp(gradient, *program.point)
    assert_close(recorded, raw, rtol=1e-13)
    outside = tuple(am.Value(x) for x in program.point)  # leaves of somebody else
    found = gradient(*outside)
    assert_close([g.data if isinstance(g, am.Value) else g for g in found], raw, rtol=1e-13)


@given(programs())
def test_a_function_of_values_gives_the_same_numbers(program: Program) -> None:
    values = tuple(am.Value(x) for x in program.point)
    assert np.array_equal(program(*values).data, program.value)
    with am.no_grad():
        assert np.array_equal(program(*values).data, program.value)
    with am.full_record():
        assert np.array_equal(program(*values).data, program.value)


@given(programs())
def test_switches_do_not_change_the_gradient(program: Program) -> None:
    every = everything(program)
    wanted = am.grad(program.number, every)(*program.point)
    for switch in (am.no_grad, am.full_record, am.detect_anomaly):
        with switch():
            assert_close(am.grad(program.number, every)(*program.point), wanted, rtol=1e-13)


@given(programs(longest=5))
def test_the_jacobian_has_the_vjp_in_its_rows(program: Program) -> None:
    every = everything(program)
    value, pullback = am.vjp(program, *program.point)
    u = program.like(value, 1)
    jacobian = am.jacobian(program, every)(*program.point)
    assert_close([np.tensordot(u, block, np.ndim(u))[()] for block in jacobian], pullback(u))


@given(programs())
def test_single_precision_stays_single(program: Program) -> None:
    point = tuple(np.asarray(x, np.float32) for x in program.point)
    for g in am.grad(program.number, everything(program))(*point):
        assert g.dtype == np.float32
