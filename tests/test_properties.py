"""Laws that hold for every function, tried on random ones."""

import ast
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_mini as am
from autograd_mini.check import check_grads
from autograd_mini.testing import Function, functions


def like(f: Function, x: Any, number: int) -> Any:
    """Return random numbers of the shape of an array, other ones for each function and each `number`."""
    return np.random.default_rng([zlib.crc32(repr(f).encode()), number]).normal(size=np.shape(x))[()]


def likes(f: Function, number: int) -> tuple[Any, ...]:
    """Return random numbers of the shapes of the arguments."""
    return tuple(like(f, x, number + i) for i, x in enumerate(f.point))


def summed(f: Function) -> Callable[..., Any]:
    """Return the function whose result is one number: a sum of unequal parts of the result."""
    weights = like(f, f(*f.point), 0)
    return lambda *args: np.sum(f(*args) * weights)


def everything(f: Function) -> tuple[int, ...]:
    """Return the positions of all arguments."""
    return tuple(range(len(f.point)))


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


@given(functions())
def test_gradients_equal_finite_differences(f: Function) -> None:
    assert check_grads(f, *f.point, order=1).ok


@given(functions(max_steps=5))
def test_second_order_equals_finite_differences(f: Function) -> None:
    assert check_grads(summed(f), *f.point, order=2).ok


@given(functions())
def test_the_vjp_is_linear(f: Function) -> None:
    value, pullback = am.vjp(f, *f.point)
    u, v = like(f, value, 1), like(f, value, 2)
    parts = zip(pullback(u), pullback(v), strict=True)
    assert_close(pullback(2.5 * u - v), [2.5 * a - b for a, b in parts])
    assert all(np.all(g == 0) for g in pullback(0 * u))


@given(functions())
def test_the_vjp_is_the_transpose_of_the_jvp(f: Function) -> None:
    value, pullback = am.vjp(f, *f.point)
    u, t = like(f, value, 1), likes(f, 2)
    same, slope = am.jvp(f, f.point, t)
    assert np.array_equal(same, value)
    forth, back = dot([u], [slope]), dot(pullback(u), t)
    assert forth == pytest.approx(back, rel=1e-9, abs=1e-9)


@given(functions(max_steps=5))
def test_the_hessian_is_symmetric(f: Function) -> None:
    hessian = am.hessian(summed(f), everything(f))(*f.point)
    for i, row in enumerate(hessian):
        for j, block in enumerate(row):
            ahead, behind = np.ndim(f.point[i]), np.ndim(f.point[j])
            assert np.shape(block) == np.shape(f.point[i]) + np.shape(f.point[j])
            turned = np.moveaxis(np.asarray(hessian[j][i]), range(behind), range(ahead, ahead + behind))
            np.testing.assert_allclose(block, turned, rtol=1e-9, atol=1e-9)


@given(functions(max_steps=5))
def test_the_hessian_times_a_vector(f: Function) -> None:
    t = likes(f, 3)
    every = everything(f)
    rows = am.hessian(summed(f), every)(*f.point)
    wanted = [sum(np.tensordot(block, d, np.ndim(d)) for block, d in zip(row, t, strict=True)) for row in rows]
    assert_close(am.hvp(lambda p: summed(f)(*p), f.point, t), wanted)
    assert_close(am.jvp(am.grad(summed(f), every), f.point, t)[1], wanted)


@given(functions(max_steps=4), st.permutations([-1.5, 0.25, 0.5, 1.0]))
def test_the_order_of_terms_does_not_matter(f: Function, shuffled: list[float]) -> None:
    every = everything(f)

    def total(factors: list[float], turned: bool) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            result: Any = 0.0
            for factor in factors:
                part = np.sum(f(*(factor * x for x in args))) * 0.5
                result = part + result if turned else result + part
            return result

        return function

    found = am.grad(total(sorted(shuffled), False), every)(*f.point)
    assert_close(found, am.grad(total(shuffled, True), every)(*f.point))


class Mirrored(ast.NodeTransformer):
    """Swaps the operands of what gives the same either way."""

    names = ("multiply", "maximum", "minimum", "fmax", "logaddexp", "logaddexp2")

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Mult):
            node.left, node.right = node.right, node.left
        elif isinstance(node.op, ast.Sub):
            return ast.UnaryOp(ast.USub(), ast.BinOp(node.right, ast.Sub(), node.left))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in self.names:
            node.args.reverse()
        return node


@given(functions())
def test_the_order_of_operands_does_not_matter(f: Function) -> None:
    mirrored = Function(ast.unparse(Mirrored().visit(ast.parse(f.source))), f.point)
    weights = like(f, f(*f.point), 0)

    def gradient(either: Function) -> Any:
        return am.grad(lambda *args: np.sum(either(*args) * weights), everything(f))(*f.point)

    assert_close(gradient(mirrored), gradient(f), rtol=1e-9)


@given(functions())
def test_backward_equals_grad(f: Function) -> None:
    wanted = am.grad(summed(f), everything(f))(*f.point)
    values = tuple(am.Value(x) for x in f.point)
    result = summed(f)(*values)
    result.backward()
    found = [np.zeros_like(v.data) if v.grad is None else v.grad for v in values]
    assert_close(found, wanted, rtol=1e-13)
    result.backward()
    again = [np.zeros_like(v.data) if v.grad is None else v.grad for v in values]
    assert_close(again, [2 * np.asarray(g)[()] for g in wanted], rtol=1e-13)


@given(functions())
def test_a_recorded_pass_equals_a_raw_one(f: Function) -> None:
    gradient = am.grad(summed(f), everything(f))
    raw = gradient(*f.point)
    recorded, _ = am.vjp(gradient, *f.point)
    assert_close(recorded, raw, rtol=1e-13)
    outside = tuple(am.Value(x) for x in f.point)  # leaves of somebody else
    found = gradient(*outside)
    assert_close([g.data if isinstance(g, am.Value) else g for g in found], raw, rtol=1e-13)


@given(functions())
def test_a_function_of_values_gives_the_same_numbers(f: Function) -> None:
    values = tuple(am.Value(x) for x in f.point)
    assert np.array_equal(f(*values).data, f(*f.point))
    with am.no_grad():
        assert np.array_equal(f(*values).data, f(*f.point))
    with am.full_record():
        assert np.array_equal(f(*values).data, f(*f.point))


@given(functions())
def test_switches_do_not_change_the_gradient(f: Function) -> None:
    every = everything(f)
    wanted = am.grad(summed(f), every)(*f.point)
    for switch in (am.no_grad, am.full_record, am.detect_anomaly):
        with switch():
            assert_close(am.grad(summed(f), every)(*f.point), wanted, rtol=1e-13)


@given(functions(max_steps=5))
def test_the_jacobian_has_the_vjp_in_its_rows(f: Function) -> None:
    every = everything(f)
    value, pullback = am.vjp(f, *f.point)
    u = like(f, value, 1)
    jacobian = am.jacobian(f, every)(*f.point)
    assert_close([np.tensordot(u, block, np.ndim(u))[()] for block in jacobian], pullback(u))


@given(functions())
def test_single_precision_stays_single(f: Function) -> None:
    point = tuple(np.asarray(x, np.float32) for x in f.point)
    for g in am.grad(summed(f), everything(f))(*point):
        assert g.dtype == np.float32
