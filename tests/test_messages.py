"""The texts of the errors that a check raises, and what it makes of points that it can't check."""

import json
import re
from typing import Any

import numpy as np
import pytest
from planting import A, B, planted

import autograd_mini as am
from autograd_mini.check import CheckError, check_grads
from autograd_mini.errors import GradientMismatch, InvalidInput


def message(function: Any, *args: Any, error: type[Exception] = GradientMismatch, **options: Any) -> str:
    with pytest.raises(error) as caught:
        check_grads(function, *args, **options)
    return str(caught.value)


def test_the_message() -> None:
    with planted(np.sin, x=lambda g, x: g * np.where(x > 1, 1.01, 2.0) * np.cos(x)):
        text = message(lambda p: np.sin(p["w"])[0] + np.sin(p["w"])[1], {"w": np.array([1.25, 0.5])}, modes=["vjp"])
    line = f"({__file__}, line {test_the_message.__code__.co_firstlineno + 2})"
    assert issubclass(GradientMismatch, AssertionError)
    assert re.sub(r"gives \S+ where differences give \S+", "gives A where differences give B", text) == (
        "gradient of <lambda>: wrong in 2 of 4 numbers\n"
        f"  blame: the rule of numpy.sin for x gives A where differences give B {line}\n"
        "  p['w'][1]: vjp 1.7551651, difference 0.87758256 ± 2e-12\n"
        "  p['w'][0]: vjp 0.31847559, difference 0.31532236 ± 1e-12\n"
        "  why: the operation's own derivative differs from differences of that operation alone\n"
        "  instead: mend its rule; am.check_grads(..., report=True) returns every comparison"
    )


def test_the_message_is_short() -> None:
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        text = message(np.sin, A, order=1)
    assert text.startswith("gradient of sin: wrong in 12 of 13 numbers\n")
    assert "\n  pattern: x: it is 2 times what it should be\n" in text
    assert "\n  ... and 7 more\n" in text
    assert len(text.splitlines()) == 1 + 2 + 5 + 1 + 2
    line = test_the_message_is_short.__code__.co_firstlineno
    assert f"({__file__}, line " in text
    assert int(re.search(r"line (\d+)\)", text)[1]) < line  # of `message`, which calls the check
    with planted(np.sin, x=lambda g, x: 2 * g * np.cos(x)):
        text = message(lambda w, x: np.sin(w) * np.cos(x), A, B)
    assert " at higher order\n" in text
    assert "order 2" not in text


def test_the_message_at_order_2() -> None:
    with planted(np.sin, x=lambda g, x: g * np.cos(am.stop_gradient(x))):
        text = message(np.sin, 0.5)
    assert "right at order 1 but not at order 2\n" in text
    assert "the rule of numpy.sin for x is right, but not its own derivative" in text
    assert "  x: vjp 0, difference -0.47942554" in text


def test_the_message_of_a_rule_that_is_not_linear() -> None:
    with planted(np.sin, x=lambda g, x: np.where(g == 0, 0, g * np.cos(x))):
        text = message(np.sin, 0.5, order=1)
    assert "in a random direction: jvp 0, vjp" in text
    assert "the rule of numpy.sin isn't linear in its cotangent g" in text


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_message_at_the_edge_of_the_domain() -> None:
    text = message(np.sqrt, 0.0, order=1, error=CheckError)
    assert text.startswith("gradient of sqrt: outside the domain, in 1 of 2 numbers\n")
    assert "x: outside the domain: vjp inf, difference nan (the function isn't finite on the left)" in text
    assert "a point inside the domain" in text


def test_the_message_at_a_kink() -> None:
    assert message(np.abs, 0.0, grad=3.0) == (
        "gradient of absolute: no subgradient at a kink, in 1 of 1 numbers\n"
        "  x: a kink here, left slope -1, right slope 1; grad 3 is no subgradient\n"
        "  why: at a kink only the numbers between the slopes on both sides are subgradients\n"
        "  instead: one of them; am.check_grads(..., report=True) returns every comparison"
    )


def test_the_message_of_a_gradient_from_elsewhere() -> None:
    def reused(x: Any) -> Any:
        y = np.exp(x)
        return np.sum(y * np.sin(y))

    text = message(reused, B, grad=np.exp(B) * np.sin(np.exp(B)))  # the second use of y is lost
    assert "pattern: x: of the 2 uses of the result of numpy.exp" in text
    assert "= for +=" in text
    x = np.linspace(0, 1, 1000)
    text = message(lambda x: np.sum(np.sin(x)), x, grad=-np.cos(x))
    assert "pattern: x: its sign is wrong" in text


def test_the_report() -> None:
    report = check_grads(np.exp, 1.0)
    assert repr(report).startswith("<gradient of exp: right in 4 numbers up to order 2; worst relative error ")
    assert bool(report)
    assert report.worst < 1e-8
    assert report.wrong == ()
    entry = next(entry for entry in report.entries if entry.order == 1 and entry.mode == "vjp")
    assert entry.found == np.exp(1.0)
    assert entry.absolute == abs(entry.found - entry.expected) <= entry.allowed
    with planted(np.exp, x=lambda g, out: 2 * g * out):
        report = check_grads(np.exp, 1.0, report=True, order=1)
    assert repr(report) == "<gradient of exp: wrong in 1 of 2 numbers>"
    assert not report
    assert json.loads(json.dumps(report.as_dict(), allow_nan=False))["verdict"] == "wrong"


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
