"""What the errors of a gradient have in common: each pattern is planted, and must be named."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_mini.check import Map, Verdict, check_grads
from autograd_mini.check.patterns import find_patterns
from autograd_mini.testing import arrays

RNG = np.random.default_rng(3)
A, Z = RNG.normal(size=(3, 3)), RNG.normal(size=4) + 1j * RNG.normal(size=4)
BLOCK = RNG.normal(size=(2, 3, 4))


def one(found: Any, expected: Any, point: Any = None, allowed: float = 1e-9) -> tuple[str, str] | None:
    """Return the kind and the text of the pattern of one gradient."""
    found, expected = np.asarray(found), np.asarray(expected)
    off = np.full(expected.shape, allowed)
    patterns = find_patterns([Map("x", found, expected, off)], [expected if point is None else np.asarray(point)])
    return (patterns[0].kind, patterns[0].text) if patterns else None


def changed(x: Any, index: Any, factor: float = 2.0) -> Any:
    other = x.copy()
    other[index] *= factor
    return other


PATTERNS = {
    "right": (A, A, None),
    "double": (2 * A, A, ("constant factor", "it is 2 times what it should be")),
    "half": (A / 2, A, ("constant factor", "it is 1/2 times what it should be")),
    "a hundredth": (1.01 * A, A, ("constant factor", "it is 1.01 times what it should be")),
    "one number": (np.array(3.0), np.array(2.0), ("constant factor", "it is 3/2 times what it should be")),
    "a mean": (A / 9, A, ("constant factor", "it is 1/9 times what it should be (9 is the number of elements: a mean"
                          " in the place of a sum, or the other way round)")),
    "sign": (-A, A, ("sign", "its sign is wrong")),
    "zero": (0 * A, A, ("zero", "it is zero: something on the way is a constant (detached, raw, or behind"
                        " stop_gradient)")),
    "transposed": (A.T, A, ("transposed", "it is transposed")),
    "in transposed order": (BLOCK[0].T.reshape(3, 4), BLOCK[0], ("transposed", "its numbers lie in transposed order")),
    "reversed axes": (np.transpose(BLOCK).reshape(2, 3, 4), BLOCK, ("transposed", "its axes are reversed")),
    "conjugate": (np.conj(Z), Z, ("conjugate", "it is the complex conjugate of what it should be")),
    "no imaginary part": (Z.real + 0j, Z, ("conjugate", "its imaginary part is missing")),
    "offset": (A + 0.25, A, ("offset", "0.25 is added to each number of it")),
    "unsummed": (BLOCK, BLOCK.sum(0), ("missing sum", "it isn't summed over axis 0, along which the argument was"
                                       " broadcast; its shape is (2, 3, 4), the argument's (3, 4)")),
    "unsummed, size 1": (BLOCK[0], BLOCK[0].sum(0, keepdims=True), ("missing sum", "it isn't summed over axis 0, along"
                         " which the argument was broadcast; its shape is (3, 4), the argument's (1, 4)")),
    "unsummed, last axis": (BLOCK, BLOCK.sum(2), ("missing sum", "it isn't summed over axis 2, along which the argument"
                            " was broadcast; its shape is (2, 3, 4), the argument's (2, 3)")),
    "transposed shape": (BLOCK[0].T, BLOCK[0], ("transposed", "it is transposed; its shape is (4, 3), the argument's"
                                                " (3, 4)")),
    "flat": (A.ravel(), A, ("shape", "its numbers are right; its shape is (9,), the argument's (3, 3)")),
    "another shape": (np.ones(5), A, ("shape", "its shape is (5,), the argument's (3, 3)")),
    "complex": (A + 1j, A, ("dtype", "it is complex, and its argument is real: the real part is right")),
    "integers": (np.trunc(3 * A), 3 * A, ("dtype", "its numbers are cut to integers")),
    "one row": (changed(A, 1, -1.0), A, ("some elements", "it is wrong only in row 1; there, its sign is wrong")),
    "one column": (changed(A, (slice(None), 2), -1.0), A,
                   ("some elements", "it is wrong only in column 2; there, its sign is wrong")),
    "all but a row": (changed(A, slice(1, None), 0.0), A,
                      ("some elements", "it is wrong everywhere but in row 0; there, it is zero: something on the"
                       " way is a constant (detached, raw, or behind stop_gradient)")),
    "one element": (changed(BLOCK[0, 0], 3), BLOCK[0, 0],
                    ("some elements", "it is wrong only at 3; there, it is 2 times what it should be")),
    "no pattern": (A * (1 + np.arange(9).reshape(3, 3) ** 2), A, None),
}  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_named(name: str) -> None:
    found, expected, wanted = PATTERNS[name]
    assert one(found, expected, point=np.zeros(np.shape(expected))) == wanted


def test_the_numbers_of_the_argument_explain_errors() -> None:
    x = np.array([-2.0, 0.5, -1.0, 3.0, 1.0])
    g = np.cos(x)
    factor = "; there, it is 2 times what it should be"
    assert one(np.where(x < 0, 2 * g, g), g, x) == (
        "some elements",
        f"it is wrong only where the argument is negative{factor}",
    )
    assert one(np.where(x > 0, 2 * g, g), g, x) == (
        "some elements",
        f"it is wrong only where the argument is positive{factor}",
    )
    assert one(np.where(x > 0.7, 2 * g, g), g, x) == (
        "some elements",
        f"it is wrong only where the argument is above 0.5{factor}",
    )
    y = np.array([0.0, 1.0, 0.0, -1.0, 2.0])
    assert one(np.where(y == 0, g + 1, g), g, y) == ("some elements", "it is wrong only where the argument is zero")


def test_either_part_of_a_complex_argument_explains_errors() -> None:
    z = np.array([-1 + 2j, 1 + 1j, -3 - 1j, 2 - 2j])
    for x, part in ((z.real, "real"), (z.imag, "imaginary")):
        assert one(np.where(x < 0, -Z, Z), Z, z) == (
            "some elements",
            f"it is wrong only where the {part} part of the argument is negative; there, its sign is wrong",
        )


def test_numbers_that_should_be_zero_do_not_hide_a_pattern() -> None:
    x = np.array([-2.0, 0.5, -1.0, 3.0, -4.0])
    g = np.array([0.0, 1.5, 2.0, 3.0, 0.5])
    assert one(np.where(x < 0, 2 * g, g), g, x) == (
        "some elements",
        "it is wrong only where the argument is negative; there, it is 2 times what it should be",
    )


def test_a_sample_of_a_large_array_shows_the_pattern_of_the_whole() -> None:
    x = np.random.default_rng(0).normal(size=(40, 40))
    for bug, kind in ((lambda g: g.T, "transposed"), (lambda g: np.where(x < 0, 2 * g, g), "some elements")):
        report = check_grads(lambda x: np.sum(x**3), x, grad=bug(3 * x**2), report=True)
        assert [pattern.kind for pattern in report.patterns] == [kind]
    one_row = 3 * x**2
    one_row[7] *= 2
    report = check_grads(lambda x: np.sum(x**3), x, grad=one_row, report=True)
    assert report.verdict is Verdict.WRONG
    assert report.patterns == ()  # of which row it is a sample doesn't tell


def test_swapped_gradients_are_those_of_each_other() -> None:
    maps = [Map("a", A, A.T + 1, np.full((3, 3), 1e-9)), Map("b", A.T + 1, A, np.full((3, 3), 1e-9))]
    assert [(p.argument, p.kind, p.text) for p in find_patterns(maps, [A, A])] == [
        ("a", "swapped", "it is the gradient by b"),
        ("b", "swapped", "it is the gradient by a"),
    ]


def test_what_differences_do_not_know_is_left_out() -> None:
    expected = np.array([1.0, np.nan, 2.0])
    assert one([2.0, 7.0, 4.0], expected) == ("constant factor", "it is 2 times what it should be")
    assert one([1.0, 7.0, 2.0], expected) is None
    assert one([1.5, 7.0, 2.5], expected) == ("offset", "0.5 is added to each number of it")
    table = np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, 5.0]])
    assert one(changed(table, 1), table) == (
        "some elements",
        "it is wrong only in row 1; there, it is 2 times what it should be",
    )
    found = changed(table, slice(1, 3), 4.0)
    assert one(found, table) == (
        "some elements",
        "it is wrong everywhere but in row 0; there, it is 4 times what it should be",
    )


def test_small_errors_are_no_factor_of_1_and_no_offset_of_0() -> None:
    large = np.array([1e3, 1.0, 0.5])
    assert one(large + [0, 1e-7, 0], large) == (
        "some elements",
        "it is wrong only at 1; there, it is 1 + 1e-07 times what it should be",
    )
    assert one(large + [1e-10, 1e-4, 5e-4], large, point=np.zeros(3)) == (
        "some elements",
        "it is wrong everywhere but at 0",
    )


@given(arrays((3, 4), low=0.5, high=2.0), st.floats(-3, 3))
def test_any_factor_is_found(expected: Any, factor: float) -> None:
    assume(min(abs(factor - 1), abs(factor + 1), abs(factor)) > 1e-3)
    kind, text = one(factor * expected, expected)
    assert kind == "constant factor"
    shown = text.split()[2]
    assert float(np.prod([float(x) ** s for x, s in zip(shown.split("/"), (1, -1), strict=False)])) == pytest.approx(
        factor, rel=1e-5
    )


@given(arrays((4, 5), low=0.5, high=2.0), arrays((4, 5), low=1.5, high=4.0))
def test_unrelated_errors_have_no_factor(expected: Any, factors: Any) -> None:
    assume(np.ptp(factors) > 1e-3)
    found = one(factors * expected, expected, point=np.zeros((4, 5)))
    assert found is None or found[0] not in ("constant factor", "sign", "zero")
