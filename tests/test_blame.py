"""Who is to blame for a wrong gradient: wrong rules and wrong walks are planted, and each must be named."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from planting import planted

import autograd_mini as am
from autograd_mini import graph, pulling, registry
from autograd_mini.check.blame import blame, overwritten
from autograd_mini.check.report import Blame, Verdict
from autograd_mini.errors import DegenerateWarning, GradientMismatch, RuleError

RNG = np.random.default_rng(11)
A, B = RNG.normal(size=(3, 4)), RNG.normal(size=4)
Z = RNG.normal(size=3) + 1j * RNG.normal(size=3)


@contextmanager
def engine(**changes: Any) -> Iterator[None]:
    """Replace parts of the engine's pulls, which are made anew, for the time of a `with` block."""

    def afresh() -> None:
        graph.OPS.clear()
        for rule in registry.all_rules():
            registry.restore(rule)

    with pytest.MonkeyPatch.context() as patch:
        for name, new in changes.items():
            patch.setattr(pulling, name, new)
        afresh()
        yield
    afresh()


def several(x: Any, y: Any) -> Any:
    h = np.sin(x)
    left = h * np.exp(h)
    right = np.tanh(x @ y)
    return np.sum(left * y) + np.sum(right)


def line(function: Any, text: str) -> str:
    """Return the place of the line in a function's source that contains a text, as messages name it."""
    lines, start = inspect.getsourcelines(function)
    (number,) = [start + i for i, one in enumerate(lines) if text in one]
    return f"{__file__}, line {number}"


def named(found: tuple[Blame, ...]) -> set[tuple[str, str]]:
    return {(one.operation, one.argument) for one in found}


# ------------------------------------------------------------------------------------------ What is right

RIGHT = {
    "several": (several, A, B),
    "float32": (several, A.astype(np.float32), B.astype(np.float32)),
    "a scalar": (lambda x: x * x + np.sin(x) / x, 0.7),
    "containers": (lambda p: np.sum(p["w"] * p["b"][0]), {"w": A, "b": [B, 3], "name": "first"}),
    "complex": (lambda z: np.real(np.exp(z) * np.conj(z)), Z),
    "eigenvectors": (lambda a: (lambda w, v: (v * np.sin(w)) @ v.T)(*np.linalg.eigh(a + a.T)), A[:, :3]),
    "complex eigenvectors": (
        lambda a: (lambda w, v: (v * np.sin(w)) @ np.conj(v.T))(*np.linalg.eigh(a + np.conj(a.T))),
        A[:, :3] + 1j * A[:, 1:],
    ),
    "lists and several results": (lambda x: np.concatenate(np.split(x, 2, axis=1)[::-1]) * 2.0, A),
    "gaps": (lambda x, y: np.add(x, y, where=A > 0) * x, A, B),
    "a kink": (lambda x: np.abs(x) + np.maximum(x, 0), np.array([0.0, 1.0])),
    "a gradient inside": (lambda x: np.sum(am.grad(lambda y: np.sum(np.sin(y) * y))(x) ** 2), B),
    "no dependence": (lambda x, y: np.sum(y * 2), A, B),
    "a constant in a closure": (lambda x: np.sum(x * OUTER), B),
    "singular beside the point": (np.linalg.cholesky, np.array([[1.0, 0.0], [1.0, 1.001]])),
}  # fmt: skip
OUTER = am.Value(B)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", RIGHT)
def test_nobody_is_to_blame_for_a_right_gradient(name: str, order: int) -> None:
    function, *arguments = RIGHT[name]
    assert blame(function, tuple(arguments), order) == ()


def test_what_can_not_be_recorded_gives_nobody_to_blame() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("w")

    assert blame(lambda x: np.float64(float(x)), (1.0,), 1) == ()
    assert blame(broken, (1.0,), 1) == ()
    assert blame(lambda x: 3, (1.0,), 1) == ()


# ------------------------------------------------------------------------------------------ Wrong rules

WRONG = {
    "twice": (np.sin, {"x": lambda g, x: 2 * g * np.cos(x)}, "constant factor"),
    "a hundredth": (np.exp, {"x": lambda g, out: 1.01 * g * out}, "constant factor"),
    "sign": (np.tanh, {"x": lambda g, out: -g * (1 - out * out)}, "sign"),
    "a sum dropped": (np.multiply, {"x2": lambda g, x1, x2_shape: one_row(g * x1, x2_shape, 0)}, "missing sum"),
    "the last slice": (np.multiply, {"x2": lambda g, x1, x2_shape: one_row(g * x1, x2_shape, -1)}, "missing sum"),
    "transposed": (np.sin, {"x": lambda g, x: np.reshape(np.transpose(g * np.cos(x)), np.shape(x))}, "transposed"),
}


def one_row(cot: Any, shape: tuple[int, ...], row: int) -> Any:
    return cot if np.shape(cot) == shape else cot[row]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_named_with_its_line_and_pattern(name: str) -> None:
    function, lines, pattern = WRONG[name]
    made_at = {np.sin: "np.sin", np.exp: "np.exp", np.tanh: "np.tanh", np.multiply: "left * y"}[function]
    with planted(function, **lines):
        (found,) = blame(several, (A, B), 1)
    assert found.what == "rule"
    assert (found.operation, found.argument) == (f"numpy.{function.__name__}", next(iter(lines)))
    assert found.line == line(several, made_at)
    assert found.order == 1
    assert found.pattern is not None
    assert found.pattern.kind == pattern
    assert found.text.startswith(f"the rule of {found.operation} for {found.argument} gives ")


def test_two_wrong_rules_are_both_named() -> None:
    with (
        planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)),
        planted(np.tanh, x=lambda g, out: -g * (1 - out * out)),
    ):
        found = blame(several, (A, B), 1)
    assert named(found) == {("numpy.sin", "x"), ("numpy.tanh", "x")}


def test_a_rule_that_is_wrong_at_order_2_only() -> None:
    with planted(np.sin, x=lambda g, x: g * np.cos(am.stop_gradient(x))):
        assert blame(several, (A, B), 1) == ()
        (found,) = blame(several, (A, B), 2)
    assert (found.operation, found.argument, found.order) == ("numpy.sin", "x", 2)
    assert found.line == line(several, "np.sin")
    assert "is right, but not its own derivative" in found.text


def test_what_moves_by_its_rounding_alone_is_not_blamed() -> None:
    right = registry.RULES[np.linalg.pinv].pullbacks["a"].function

    def wrong(g: Any, a: Any, out: Any) -> Any:
        return right(g, am.stop_gradient(a), out)

    with planted(np.linalg.pinv, a=wrong):
        (found,) = blame(np.linalg.pinv, (A[:, :3],), 2)  # the rule subtracts a @ out, which is the unit matrix
    assert (found.operation, found.argument, found.order) == ("numpy.linalg.pinv", "a", 2)


def test_a_rule_that_is_not_linear() -> None:
    with planted(np.sin, x=lambda g, x: np.where(g == 0, 0, g * np.cos(x))):
        (found,) = blame(several, (A, B), 1)
    assert (found.operation, found.argument) == ("numpy.sin", "x")
    assert "isn't linear in its cotangent g" in found.text


def test_operations_on_lists_and_with_several_results() -> None:
    def f(x: Any) -> Any:
        first, second = np.split(x, 2, axis=1)
        return np.sum(np.concatenate([np.sin(first), second * x[:, :2]]) ** 2)

    right = registry.RULES[np.concatenate].pullbacks["arrays"].function

    def wrong(g: Any, arrays_shape: Any, wanted: Any, axis: int = 0) -> Any:
        return [2 * cot for cot in right(g, arrays_shape, wanted, axis)]

    with planted(np.concatenate, arrays=wrong):
        found = blame(f, (A,), 1)
    assert {one.operation for one in found} == {"numpy.concatenate"}


@am.primitive
def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


@pytest.fixture
def affine_rule() -> None:
    am.rule(affine, x=lambda g, w: g @ w.T, w=lambda g, x: x.T @ g, b=lambda g: np.sum(g, axis=0))


UNSUMMED = {
    "the sum forgotten": (lambda g: g, "it isn't summed over axis 0"),
    "the first row": (lambda g: g[0], "the first slice in place of the sum"),
    "the mean": (lambda g: np.mean(g, axis=0), "the mean in place of the sum"),
}


@pytest.mark.usefixtures("affine_rule")
@pytest.mark.parametrize("name", UNSUMMED)
def test_a_missing_sum_in_a_rule_of_the_users_own(name: str) -> None:
    def loss(x: Any, w: Any, b: Any) -> Any:
        return np.sum(np.tanh(affine(x, w, b)) ** 2)

    wrong, text = UNSUMMED[name]
    point = A, RNG.normal(size=(4, 2)), B[:2]
    with planted(affine, b=wrong):
        report = am.check_grads(loss, *point, report=True)
        with pytest.raises(GradientMismatch, match=r"the rule of test_blame\.affine for b"):
            am.check_grads(loss, *point)
    (found,) = report.blame
    assert report.verdict is Verdict.WRONG
    assert (found.operation, found.argument, found.line) == ("test_blame.affine", "b", line(loss, "affine"))
    assert found.pattern is not None
    assert found.pattern.kind == "missing sum"
    assert text in found.text
    assert am.check_grads(loss, *point).ok


def test_an_argument_that_is_a_dtype_has_no_shape_to_broadcast() -> None:
    with planted(np.sum, a=lambda g, a: 2 * g * np.ones_like(a)):
        report = am.check_grads(lambda x: np.sum(x, dtype=np.float64), A, report=True)
    assert [one.operation for one in report.blame] == ["numpy.sum"]


@pytest.mark.usefixtures("affine_rule")
def test_a_rule_that_returns_no_array_raises() -> None:
    with planted(affine, b=lambda g: None), pytest.raises(RuleError, match="returned array"):
        am.check_grads(affine, A, A.T, B[:3])


@pytest.mark.usefixtures("affine_rule")
def test_a_line_that_raises_is_named_with_its_error() -> None:
    point = A, RNG.normal(size=(4, 2)), B[:2]
    with planted(affine, w=lambda g, x: x @ g):
        report = am.check_grads(lambda x, w, b: np.sum(np.sin(affine(x, w, b))), *point, report=True)
        with pytest.raises(
            GradientMismatch, match=r"the rule of test_blame\.affine for w raises ValueError: "
        ) as caught:
            am.check_grads(affine, *point)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "why: there is no gradient to compare: a rule raises, or returns none" in str(caught.value)
    assert report.verdict is Verdict.WRONG
    assert named(report.blame) == {("test_blame.affine", "w")}


def test_a_line_that_refuses_some_cotangents_hides_no_other_one() -> None:
    @am.primitive
    def square(x: Any) -> Any:
        return x @ x

    def symmetric_only(g: Any, x: Any) -> Any:
        if not np.allclose(am.stop_gradient(g), am.stop_gradient(g.T)):
            raise ValueError("not symmetric")
        return g @ x.T + x.T @ g

    am.rule(square, x=symmetric_only)
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        report = am.check_grads(lambda x: np.sum(np.sin(square(x + x.T))), A[:, :3], order=1, report=True)
    assert named(report.blame) == {("numpy.sin", "x")}


@pytest.mark.filterwarnings("error::autograd_mini.errors.DegenerateWarning")
def test_a_warning_that_is_an_error_is_raised_as_it_is() -> None:
    with pytest.raises(DegenerateWarning, match="values coincide"):
        am.check_grads(lambda a: np.linalg.eigh(a)[1], np.eye(3), report=True)


def test_an_error_of_the_function_itself_is_raised_as_it_is() -> None:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        am.check_grads(f, A)


@am.primitive
def inverse_of_symmetric(a: Any) -> Any:
    if np.any(a != a.T):
        raise ValueError("not symmetric")
    return np.linalg.inv(a)


def around(g: Any, out: Any) -> Any:
    return -out.T @ g @ out.T


SYMMETRIC_ONLY = {
    "a factor": (lambda g, out: 2 * around(g, out), 1),
    "no second order": (lambda g, out: around(g, am.stop_gradient(out)), 2),
}


@pytest.mark.parametrize("name", SYMMETRIC_ONLY)
def test_an_operation_that_takes_symmetric_matrices_only(name: str) -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.tanh(inverse_of_symmetric(x + x.T + 5 * np.eye(3))))

    wrong, order = SYMMETRIC_ONLY[name]
    am.rule(inverse_of_symmetric, a=around)
    assert am.check_grads(loss, A[:, :3], order=2).ok
    with planted(inverse_of_symmetric, a=wrong):
        report = am.check_grads(loss, A[:, :3], order=2, report=True)
    assert [(one.operation, one.argument, one.order) for one in report.blame] == [
        ("test_blame.inverse_of_symmetric", "a", order)
    ]


def test_a_line_that_raises_for_values_only_is_named() -> None:
    am.rule(inverse_of_symmetric, a=around)
    with planted(inverse_of_symmetric, a=lambda g, out: around(g, out) * float(g[0, 0])):
        report = am.check_grads(lambda x: inverse_of_symmetric(x + x.T + 5 * np.eye(3)), A[:, :3], report=True)
    assert report.verdict is Verdict.WRONG
    assert "for a raises ConversionRefused" in report.blame[0].text


def test_several_results_of_complex_numbers_are_looked_at_by_order_2() -> None:
    lines = {"a": lambda g, a, out: slogdet(g, a, tuple(map(am.stop_gradient, out)))}
    slogdet = registry.RULES[np.linalg.slogdet].pullbacks["a"].function
    with planted(np.linalg.slogdet, **lines):
        report = am.check_grads(np.linalg.slogdet, Z[:, None] + np.eye(3), report=True)
    assert [(one.operation, one.argument, one.order) for one in report.blame] == [("numpy.linalg.slogdet", "a", 2)]


def test_one_wrong_rule_among_ten_thousand_nodes() -> None:
    def long(x: Any) -> Any:
        y = x
        for _ in range(5_000):
            y = np.cos(y) + x
        return np.sum(np.sin(y))

    with planted(np.sin, x=lambda g, x: 1.01 * g * np.cos(x)):
        (found,) = blame(long, (B,), 1)
    assert (found.operation, found.line) == ("numpy.sin", line(long, "np.sin"))


# ------------------------------------------------------------------------------------------ A wrong walk


def test_an_engine_that_takes_a_slice_for_a_sum() -> None:
    with engine(_sum_to=lambda cot, shape: np.reshape(cot[0] if cot.ndim > len(shape) else cot[:1], shape)):
        (found,) = blame(several, (A, B), 1)
    assert found.pattern is not None
    assert found.pattern.kind == "missing sum"
    assert (found.operation, found.line) == ("numpy.multiply", line(several, "left * y"))


def test_an_engine_that_overwrites() -> None:
    text = pulling._PULL.replace("cots[one] = cot if old is None else old + cot", "cots[one] = cot")
    assert text != pulling._PULL
    with engine(_PULL=text):
        (found,) = blame(several, (A, B), 1)
    assert found.what == "accumulation"
    assert found.pattern is not None
    assert found.pattern.kind == "overwritten"
    assert "= for +=" in found.text


def test_a_gradient_from_elsewhere_that_overwrites() -> None:
    def f(x: Any) -> Any:
        y = np.exp(x)
        return np.sum(y * np.sin(y))

    y = np.exp(B)
    for claimed in (y * np.sin(y), y * y * np.cos(y)):  # one of both uses of y
        found = overwritten(f, (B,), [claimed], ["x"])
        assert found is not None
        assert found.kind == "overwritten"
        assert line(f, "np.exp(x)") in found.text
    assert overwritten(f, (B,), [y * np.sin(y) + y * y * np.cos(y)], ["x"]) is None
    assert overwritten(f, (B,), [np.ones_like(y)], ["x"]) is None
