"""For the tests of your own project: a pytest fixture that checks gradients, and Hypothesis strategies.

Needs the packages pytest and hypothesis. In `conftest.py`::

    pytest_plugins = ["autograd_mini.testing"]

It isn't a plugin that pytest loads by itself: NumPy would then be imported before a project can set its threads.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import numpy as np

from .check import Report, check_grads
from .check.show import surety
from .errors import MissingPackage

try:
    import pytest
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as numpy_strategies
except ImportError as missing:
    raise MissingPackage(
        f"autograd_mini.testing needs the package {missing.name}",
        "its strategies and its fixture are for Hypothesis and pytest",
        'pip install "autograd_mini[test]"',
    ) from missing

Shape = tuple[int, ...]


@pytest.fixture(scope="session")  # so that tests with `@given`, whose body runs many times, may use it too
def gradcheck() -> Callable[..., Report]:
    """Check gradients as `am.check_grads` does, with a seed of the test's own, which a failure shows.

    Examples
    --------
    A test of your own::

        def test_my_loss(gradcheck):
            x = np.array([0.1, 0.7])
            gradcheck(my_loss, x)
            gradcheck(my_loss, x, grad=my_gradient(x))
    """

    def check(function: Callable[..., Any], *args: Any, **options: Any) -> Report:
        __tracebackhide__ = True  # pytest then shows the line of the test
        test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]  # without the phase
        seed = options.setdefault("seed", zlib.crc32(test.encode()))
        made = check_grads(function, *args, **options | {"report": True})
        if not (made.ok or options.get("report")):
            refusal = made.refusal()
            refusal.add_note("\n".join([*surety(made), f"  seed={seed}"]))
            raise refusal
        return made

    return check


# ------------------------------------------------------------------------------------------------ Arrays


def shapes(max_dims: int = 3, min_side: int = 0, max_side: int = 4) -> st.SearchStrategy[Shape]:
    """Draw shapes of arrays: none, empty and size-1 axes among them.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(shapes(), lambda shape: len(shape) == 2 and 0 not in shape)
    (1, 1)
    """
    return numpy_strategies.array_shapes(min_dims=0, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable_shapes(count: int = 2, max_dims: int = 3, max_side: int = 4) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Draw several shapes that broadcast with each other.

    Examples
    --------
    >>> from hypothesis import find
    >>> a, b = find(broadcastable_shapes(2), lambda pair: pair[0] != pair[1])
    >>> np.broadcast_shapes(a, b)
    (1,)
    """
    drawn = numpy_strategies.mutually_broadcastable_shapes(num_shapes=count, max_dims=max_dims, max_side=max_side)
    return drawn.map(lambda found: tuple(found.input_shapes))


def arrays(
    shape: Shape | st.SearchStrategy[Shape] | None = None,
    dtype: Any = np.float64,
    low: float = -2.0,
    high: float = 2.0,
    special: Sequence[float] = (),
) -> st.SearchStrategy[Any]:
    """Draw arrays of moderate numbers; a NumPy scalar for the shape ().

    Parameters
    ----------
    shape : tuple of int or strategy, optional
        By default any of `shapes`.
    dtype : floating or complex dtype
    low, high : float
        Bounds of the numbers, and of both parts of complex ones. None but 0 is nearer to 0 than a thousandth of the
        larger bound.
    special : sequence of float
        Numbers to put among them, such as 0 where a function has a kink. Several elements get the same one, so ties
        are tried too; without it, all elements differ.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(arrays((3,), special=[0.0, 1.0]), lambda x: np.count_nonzero(x == 1) == 2)
    array([0., 1., 1.])
    """
    kind = np.dtype(dtype)
    bits = np.finfo(kind).bits  # of one part of a complex number
    width: Any = min(bits, 64)
    low, high = (float(np.dtype(f"f{width // 8}").type(bound)) for bound in (low, high))
    least = max(abs(low), abs(high)) / 1000
    numbers: st.SearchStrategy[Any] = st.floats(low, high, width=width).filter(lambda x: x == 0 or abs(x) >= least)
    if special:
        numbers = st.sampled_from(list(map(float, special))) | numbers
    if kind.kind == "c":
        numbers = st.builds(complex, numbers, numbers)
    side = shapes() if shape is None else shape
    drawn = numpy_strategies.arrays(kind, side, elements=numbers, unique=not special)
    return drawn.map(lambda x: x[()])


# --------------------------------------------------------------------------------------------- Functions

# Every operation is finite everywhere and grows slowly, so that any composition of them is a sound function. Each is
# an expression of {a}, which has at least so many axes, and of {b}, which broadcasts with it.
SMOOTH = {
    0: [
        "-{a}", "{a} + {b}", "{a} - {b}", "np.arctan({a} * {b})", "{a} / (1.5 + np.sin({b}))", "1 / (2 + np.cos({a}))",
        "(1 + {a} * {a}) ** 0.5", "np.tanh({a}) ** 3", "(1.5 + np.sin({a})) ** np.tanh({b})",
        "np.tanh(np.multiply({b}, {a}))", "np.sin({a})", "np.cos({a})", "np.tanh({a})", "np.arctan({a})",
        "np.arcsinh({a})", "np.tan(np.sin({a}))", "np.sinh(np.arctan({a}))", "np.cosh(np.sin({a}))",
        "np.arcsin(0.9 * np.sin({a}))", "np.arccos(0.9 * np.cos({a}))", "np.arctanh(0.9 * np.tanh({a}))",
        "np.arccosh(2.5 + np.sin({a}))", "np.sinc(np.tanh({a}))", "np.exp(np.cos({a}))", "np.exp2(np.sin({a}))",
        "np.expm1(np.tanh({a}))", "np.log(1.5 + np.sin({a}))", "np.log2(2 + np.cos({a}))", "np.log10(1 + {a} * {a})",
        "np.log1p(np.tanh({a}) ** 2)", "np.sqrt(1.5 - np.sin({a}))", "np.cbrt(2 + np.sin({a}))",
        "np.square(np.tanh({a}))", "np.reciprocal(1.5 + np.sin({a}))", "np.hypot({a}, 1.5 + np.sin({b}))",
        "np.arctan2({a}, 1 + {b} * {b})", "np.logaddexp({a}, {b})", "np.logaddexp2({a}, {b})",
        "np.stack([{a}, np.sin({a})])", "np.std(np.stack([{a}, {a} + 1.5 + np.sin({a})]), axis=0)", "{a}[..., None]",
        "np.ravel({a})", "np.tile({a}, 2)", "np.mean({a})",
    ],
    1: [
        "np.sum({a}, axis=0)", "np.mean({a}, axis=-1, keepdims=True)", "np.prod(np.cos({a}), axis=0)",
        "np.var(np.sin({a}), axis=-1)", "np.cumsum(np.sin({a}), axis=-1)", "np.cumprod(np.cos({a}), axis=0)",
        "np.flip({a}, axis=0)", "np.roll({a}, 1, axis=-1)", "np.repeat({a}, 2, axis=0)", "np.pad({a}, 1)",
        "np.concatenate([{a}, np.sin({a})], axis=-1)", "np.take({a}, [0, -1], axis=-1)", "{a}[-1]", "{a}[..., ::-1]",
        "{a}[[0, 0, -1]]", "np.outer(np.sin({a}), {a})", "np.vdot(np.sin({a}), np.cos({a}))",
        "np.einsum('i...->...', {a})", "np.inner(np.tanh({a}), np.sin({a}))",
        "np.broadcast_to({a}, (2, *np.shape({a})))", "np.real(np.fft.fft(np.sin({a})))", "np.imag(np.fft.rfft({a}, 4))",
        "np.fft.irfft(np.fft.rfft(np.sin({a}), axis=0), 3, axis=0)", "np.nansum({a}, axis=0)",
        "np.nanvar(np.sin({a}), axis=-1)",
    ],
    2: [
        "np.reshape({a}, -1)", "np.transpose({a})", "np.moveaxis({a}, 0, -1)", "np.triu({a})", "np.diagonal({a})",
        "np.trace({a})", "np.tanh({a} @ np.swapaxes({a}, -1, -2))",
        "np.tensordot(np.sin({a}), np.cos({a}), [[0], [0]])",
        "np.linalg.inv(np.eye(np.shape({a})[-1]) + np.swapaxes(np.sin({a}), -1, -2) @ np.sin({a}))",
        "np.linalg.slogdet(np.eye(np.shape({a})[-1]) + np.swapaxes({a}, -1, -2) @ {a})[1]",
    ],
}  # fmt: skip
KINKED = {
    0: [
        "np.abs({a})", "np.clip({a}, -0.875, 1.125)", "np.maximum({a}, 0)", "np.maximum({a}, {b})",
        "np.minimum({a}, {b})", "np.fmax({a}, {b})", "np.where({a} > {b}, {a}, {b})",
        "np.interp({a}, [-1.0, 0.0, 2.0], [0.5, 1.5, -1.0])",
    ],
    1: [
        "np.max({a}, axis=-1)", "np.min({a}, axis=0)", "np.sort({a}, axis=-1)", "np.linalg.norm({a}, axis=-1)",
        "np.median({a}, axis=0)", "np.quantile({a}, [0.2, 0.75], axis=-1)", "np.nanpercentile({a}, 40, axis=0)",
        "np.nanmax({a}, axis=-1)",
    ],
}  # fmt: skip
CONSTANTS = ["2", "0.75", "np.float64(-1.25)", "np.array([[1.5], [-0.5]])", "np.array([0.25, -2.0, 1.0])"]
SIDES = [(), (1,), (3,), (2, 1), (1, 3), (2, 3)]  # each broadcasts with each
LARGEST = 200  # elements of an intermediate result


class Function:
    """A function composed of covered operations, and a point to call it at.

    Its `repr` is code that makes both again, with all digits.

    Attributes
    ----------
    source : str
        The function as NumPy code.
    point : tuple of arrays and NumPy scalars
    """

    def __init__(self, source: str, point: tuple[Any, ...]) -> None:
        self.source, self.point = source, point
        namespace: dict[str, Any] = {"np": np}
        exec(source, namespace)
        self.call: Callable[..., Any] = namespace["f"]
        update_wrapper(self, self.call)  # its name, and those of its parameters

    def __call__(self, *args: Any) -> Any:
        """Return the result of the last operation, and parts of the first one and of the first argument."""
        return self.call(*args)

    def __repr__(self) -> str:
        return f"{self.source}\n\nf({', '.join(map(as_code, self.point))})"


def as_code(x: Any) -> str:
    """Return code that makes a floating array or NumPy scalar.

    Examples
    --------
    >>> print(as_code(np.float64(0.1)), as_code(np.array([[0.1, -2.0]], np.float32)))
    np.float64(0.1) np.array([[0.1, -2.0]], np.float32)
    """
    if not isinstance(x, np.ndarray):
        return f"np.{x.dtype}({x})"
    numbers = np.array2string(x, separator=", ", threshold=x.size + 1, formatter={"float_kind": str})
    return f"np.array({' '.join(numbers.split())}{'' if x.dtype == np.float64 else f', np.{x.dtype}'})"


@st.composite
def functions(
    draw: st.DrawFn, max_steps: int = 8, dtype: Any = np.float64, kinks: bool = True, planted: bool = False
) -> Function:
    """Draw a function composed of covered operations, and a point to call it at.

    Results are used several times, in several shapes and from either side, together with constants. The `repr` is the
    function's source, ready to be pasted.

    Parameters
    ----------
    max_steps : int, default 8
        How many operations at most.
    dtype : floating dtype
        Of the point.
    kinks : bool, default True
        Whether operations with kinks are among them (`abs`, `maximum`, `sort`, ...).
    planted : bool, default False
        Whether the point has zeros, ones and ties, so that kinks are hit; else it has none, with probability 1.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, deadline=None)
    ... @given(functions())
    ... def test_that_gradients_are_right(f):
    ...     check_grads(f, *f.point)
    >>> test_that_gradients_are_right()
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def number(shape: Shape) -> Any:
        drawn = rng.normal(size=shape)
        if planted:
            drawn = np.where(rng.random(shape) < 0.6, rng.choice([0.0, 1.0, -0.5], shape), drawn)
        return np.asarray(drawn, dtype)[()]

    sides = draw(st.lists(st.sampled_from(SIDES), min_size=1, max_size=3))
    results = {name: number(shape) for name, shape in zip("xyz", sides, strict=False)}
    names, point = list(results), tuple(results.values())
    constants = {text: eval(text, {"np": np}) for text in CONSTANTS}
    tables = [SMOOTH, KINKED] if kinks else [SMOOTH]
    lines: list[str] = []
    for _ in range(draw(st.integers(1, max_steps))):
        deepest = max(map(np.ndim, results.values()))
        operations = [(axes, op) for table in tables for axes in table if axes <= deepest for op in table[axes]]
        axes, operation = draw(st.sampled_from(operations))
        a = draw(st.sampled_from([name for name in reversed(results) if np.ndim(results[name]) >= axes]))
        fitting = [name for name, x in (constants | results).items() if broadcast(x, results[a])]
        step = operation.format(a=a, b=draw(st.sampled_from(fitting[::-1])) if "{b}" in operation else "")
        result = eval(step, {"np": np}, results)
        if np.size(result) <= LARGEST:
            lines.append(f"    t{len(lines)} = {step}\n")
            results[f"t{len(lines) - 1}"] = result
    last = f"t{len(lines) - 1} + np.sum(np.sin(t0)) + np.sum(x)"  # depends on an argument, whatever the last result is
    return Function(f"def f({', '.join(names)}):\n{''.join(lines)}    return {last}\n", point)


def broadcast(a: Any, b: Any) -> bool:
    """Whether two arrays broadcast with each other."""
    sides = zip(reversed(np.shape(a)), reversed(np.shape(b)), strict=False)
    return all(m == n or 1 in (m, n) for m, n in sides)
