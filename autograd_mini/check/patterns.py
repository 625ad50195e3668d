"""What the errors of a gradient have in common: a factor, a sign, a transposition, one row only.

Each explanation is tried on the whole array, the simplest first, and counts only if it reproduces every number of the
wrong gradient within what differences know of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .report import Map, Pattern

Array = NDArray[Any]
LARGEST_FRACTION = 1000  # the denominator up to which a factor is shown as a fraction


def find_patterns(maps: Sequence[Map], points: Sequence[Any]) -> list[Pattern]:
    """Return for each wrong gradient what its errors have in common, where they have anything.

    Parameters
    ----------
    maps : sequence of Map
        Gradients beside their differences.
    points : sequence of array_like
        The arguments that they belong to, in the same order.

    Returns
    -------
    list of Pattern
        At most one for each map.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> [pattern.text for pattern in find_patterns([Map("x", 4 * x, 2 * x, 1e-9 * x)], [x])]
    ['it is 2 times what it should be']
    """
    found = []
    for one, point in zip(maps, points, strict=True):
        if one.found.shape == one.expected.shape and not np.any(wrong_at(one.found, one.expected, one.allowed)):
            continue
        told = next((p for p in explanations(one, np.asarray(point), maps) if p is not None), None)
        if told is not None:
            found.append(Pattern(one.argument, *told))
    return found


def explanations(one: Map, point: Array, maps: Sequence[Map]) -> Iterator[tuple[str, str] | None]:
    """Iterate over explanations of a wrong gradient, the simplest first: their kind and text, or None."""
    found, expected, allowed = one.found, one.expected, one.allowed
    if found.shape != expected.shape:
        yield of_another_shape(one)
        return
    if np.iscomplexobj(found) and not np.iscomplexobj(expected):
        right = equal(np.real(found), expected, allowed)
        yield "dtype", "it is complex, and its argument is real" + (": the real part is right" if right else "")
        return
    yield factor(found, expected, allowed)
    if found.size == 1:
        return
    yield cut(found, expected, allowed)
    yield conjugate(found, expected, allowed)
    yield transposed(found, expected, allowed)
    yield swapped(one, maps)
    yield offset(found, expected, allowed)
    yield some_elements(found, expected, allowed, point)


def wrong_at(found: Array, expected: Array, allowed: Array) -> Array:
    """Return where two arrays differ by more than is allowed; what differences don't know counts as right."""
    with np.errstate(all="ignore"):
        right: Array = (abs(found - expected) <= allowed) | ~np.isfinite(expected)
    return ~right


def equal(found: Array, expected: Array, allowed: Array, factor: float = 1.0) -> bool:
    """Whether an array is a multiple of another, as far as the other is known."""
    return found.shape == expected.shape and not np.any(
        wrong_at(found, factor * expected, allowed * (1 + abs(factor)) + 1e-7 * abs(factor * expected))
    )


# ------------------------------------------------------------------------------------------ Of the whole array


def factor(
    found: Array, expected: Array, allowed: Array, shape: tuple[int, ...] | None = None
) -> tuple[str, str] | None:
    """Explain a gradient, or some elements of one that has a shape, as a multiple of what it should be."""
    known = np.isfinite(expected) & (abs(expected) > 10 * allowed)
    if not np.any(known) or not np.all(np.isfinite(found[known])):
        return None
    if not np.any(found):
        return "zero", "it is zero: something on the way is a constant (detached, raw, or behind stop_gradient)"
    scaled = np.where(known, abs(expected), 0.0)
    best = np.unravel_index(int(np.argmax(scaled)), scaled.shape)
    ratio = found[best] / expected[best]
    c = float(np.real(ratio))
    if abs(np.imag(ratio)) > 1e-6 * abs(ratio) or not equal(found, expected, allowed, c):
        return None
    if abs(c - 1) * scaled[best] <= allowed[best]:  # what is wrong is some smaller number
        return None
    if abs(c + 1) < 1e-6:
        return "sign", "its sign is wrong"
    shown = as_fraction(c)
    why = ""
    shape = expected.shape if shape is None else shape
    for count, what in ((prod(shape), "elements"), *((n, "elements along an axis") for n in shape)):
        if count > 2 and min(abs(c * count - 1), abs(c / count - 1)) < 1e-6:
            why = f" ({count} is the number of {what}: a mean in the place of a sum, or the other way round)"
            break
    return "constant factor", f"it is {shown} times what it should be{why}"


def as_fraction(c: float) -> str:
    """Return a factor as it reads best.

    Examples
    --------
    >>> as_fraction(0.5), as_fraction(1.0100000001), as_fraction(-3.0), as_fraction(0.7071), as_fraction(1 + 2e-8)
    ('1/2', '1.01', '-3', '0.7071', '1 + 2e-08')
    """
    if abs(c - 1) < 1e-6:
        return f"1 {'+' if c > 1 else '-'} {abs(c - 1):.2g}"
    near = Fraction(c).limit_denominator(LARGEST_FRACTION)
    if abs(float(near) - c) <= 1e-7 * abs(c) and (near.denominator == 1 or abs(near.numerator) <= 3):
        return str(near)
    return f"{c:.6g}"


def cut(found: Array, expected: Array, allowed: Array) -> tuple[str, str] | None:
    """Explain a gradient by integers in the place of its numbers."""
    for whole, how in ((np.trunc, "cut"), (np.rint, "rounded")):
        if not np.iscomplexobj(expected) and equal(found, whole(expected), np.zeros_like(allowed)):
            return "dtype", f"its numbers are {how} to integers"
    return None


def conjugate(found: Array, expected: Array, allowed: Array) -> tuple[str, str] | None:
    """Explain a complex gradient by a missing conjugate, or a missing part."""
    if not np.iscomplexobj(expected):
        return None
    if equal(found, np.conj(expected), allowed):
        return "conjugate", "it is the complex conjugate of what it should be"
    if equal(found, -np.conj(expected), allowed):
        return "conjugate", "it is the negative complex conjugate of what it should be"
    if equal(found, np.real(expected), allowed):
        return "conjugate", "its imaginary part is missing"
    return None


def transposed(found: Array, expected: Array, allowed: Array) -> tuple[str, str] | None:
    """Explain a gradient by swapped axes."""
    if expected.ndim < 2:
        return None
    other = np.swapaxes(expected, -1, -2)
    uncertain = np.swapaxes(allowed, -1, -2)
    if equal(found, other, uncertain):
        return "transposed", "it is transposed"
    if equal(found, other.reshape(expected.shape), uncertain.reshape(expected.shape)):
        return "transposed", "its numbers lie in transposed order"
    reverse = np.transpose(expected)
    if equal(found, reverse.reshape(expected.shape), np.transpose(allowed).reshape(expected.shape)):
        return "transposed", "its axes are reversed"
    return None


def swapped(one: Map, maps: Sequence[Map]) -> tuple[str, str] | None:
    """Explain a gradient as that of another argument."""
    for other in maps:
        if other is not one and equal(one.found, other.expected, other.allowed):
            return "swapped", f"it is the gradient by {other.argument}"
    return None


def offset(found: Array, expected: Array, allowed: Array) -> tuple[str, str] | None:
    """Explain a gradient by a constant that was added."""
    known = np.isfinite(expected)
    off = (found - expected)[known]
    if not off.size or not np.all(np.isfinite(off)):
        return None
    middle = np.median(off) if not np.iscomplexobj(off) else np.mean(off)
    if np.any(wrong_at(np.full_like(expected, middle), np.zeros_like(expected), allowed)) and equal(
        found, expected + middle, allowed
    ):
        return "offset", f"{middle:.6g} is added to each number of it"
    return None


def of_another_shape(one: Map) -> tuple[str, str] | None:
    """Explain a gradient of another shape than its argument."""
    found, expected, allowed = one.found, one.expected, one.allowed
    shapes = f"its shape is {found.shape}, the argument's {expected.shape}"
    for axes in (axes for n in range(1, found.ndim + 1) for axes in combinations(range(found.ndim), n)):
        summed = np.sum(found, axis=axes)
        if summed.size == expected.size and equal(summed.reshape(expected.shape), expected, allowed * found.size):
            named = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
            return "missing sum", f"it isn't summed over {named}, along which the argument was broadcast; {shapes}"
    if found.ndim == expected.ndim == 2 and equal(found.T, expected, allowed):
        return "transposed", f"it is transposed; {shapes}"
    if found.size == expected.size and equal(found.reshape(expected.shape), expected, allowed):
        return "shape", f"its numbers are right; {shapes}"
    return "shape", shapes


# ---------------------------------------------------------------------------------------- Of some elements only


def some_elements(found: Array, expected: Array, allowed: Array, point: Array) -> tuple[str, str] | None:
    """Explain a gradient as right but for some elements: a part of an axis, or where the argument has some sign."""
    wrong = wrong_at(found, expected, allowed)
    known = wrong | (np.isfinite(expected) & (abs(expected) > allowed))  # of a number near 0 a factor doesn't show
    if np.all(wrong | ~known):
        return None
    described = None
    if np.count_nonzero(np.isfinite(expected)) > expected.size / 2:  # not of a sample
        described = of_an_axis(wrong, known)
    described = described or (by_sign(wrong, known, point) if wrong.shape == point.shape else None)
    if described is None and np.count_nonzero(wrong) == 1 < wrong.size:
        index = ", ".join(str(int(i)) for i in np.argwhere(wrong)[0])
        described = f"at [{index}]"
    if described is None:
        return None
    how = factor(found[wrong], expected[wrong], allowed[wrong], expected.shape)
    only = "" if described.startswith("everywhere") else "only "
    return "some elements", f"it is wrong {only}{described}" + (f"; there, {how[1]}" if how is not None else "")


def of_an_axis(wrong: Array, known: Array) -> str | None:
    """Describe wrong elements that are one slice of an axis, or all but one; those not known may be either."""
    for axis, n in enumerate(wrong.shape):
        rows, others = (np.moveaxis(part, axis, 0).reshape(n, -1) for part in (wrong, ~known))
        any_wrong, all_wrong = np.any(rows, axis=1), np.all(rows | others, axis=1)
        kind = (
            ("in row", "in column")[axis] if wrong.ndim == 2 else "at" if wrong.ndim == 1 else f"along axis {axis}, at"
        )
        if n > 2 and np.count_nonzero(any_wrong) == 1:
            return f"{kind} {int(np.argmax(any_wrong))}"
        if n > 2 and np.count_nonzero(any_wrong) == n - 1 and np.array_equal(any_wrong, all_wrong):
            return f"everywhere but {kind} {int(np.argmin(any_wrong))}"
    return None


def by_sign(wrong: Array, known: Array, point: Array) -> str | None:
    """Describe wrong elements by the numbers of the argument."""
    if np.iscomplexobj(point):
        parts = {"real": np.real(point), "imaginary": np.imag(point)}
        told = ((part, by_sign(wrong, known, x)) for part, x in parts.items())
        return next((f"{text.replace('where', f'where the {part} part of', 1)}" for part, text in told if text), None)
    if not point.size:
        return None
    tests: list[tuple[str, Callable[[Array], Array]]] = [
        ("where the argument is negative", lambda x: x < 0),
        ("where the argument is positive", lambda x: x > 0),
        ("where the argument is zero", lambda x: x == 0),
        ("where the argument isn't negative", lambda x: x >= 0),
        ("where the argument isn't positive", lambda x: x <= 0),
    ]
    for text, test in tests:
        if np.array_equal(wrong, test(point) & known):
            return text
    inside, outside = point[wrong], point[~wrong & known]
    if inside.size > 1 < outside.size:
        if inside.min() > outside.max():
            return f"where the argument is above {outside.max():.4g}"
        if inside.max() < outside.min():
            return f"where the argument is below {outside.min():.4g}"
    return None
