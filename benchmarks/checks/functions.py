"""What the gradient checks are given: functions, their right derivatives, and wrong ones to plant.

A function is written once, `function(xp, *arrays)`, and runs in each library; `xp` is the library's NumPy, with
`constant` (of a NumPy array), `cast` and `stop_gradient`. A line of its derivative is `line(xp, g, *arrays)`, the
cotangent of one argument. Cotangents are unconjugated (that of z in f(z) is g f'(z)), as in JAX.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np

Line = Callable[..., Any]
Lines = dict[str, Line]  # by the name of the argument, in order

DRAW = np.random.default_rng(0)
TIMES = np.linspace(0, 1, 10_000)
ONE = np.where(np.arange(1000) == 617, 1.0, 0.0)
HILBERT = 1 / (np.arange(5)[:, None] + np.arange(5) + 1.0)


@dataclass(frozen=True)
class Subject:
    """A function at a point.

    Attributes
    ----------
    name : str
    function : callable
    args : tuple of arrays
    lines : dict of callables
        The right derivative.
    bugs : dict of dicts of callables
        By the name of the bug, the lines that replace the right ones.
    kind : str
        ``"planted"`` (an ordinary point; the derivative that is checked is planted, right or wrong), ``"hard"`` (the
        right one is the library's own) or ``"unfit"`` (differences say nothing about the gradient).
    exact : bool
        Whether the lines give the derivative to rounding, so that a numeric one can be compared with it.
    """

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    lines: Lines
    bugs: Mapping[str, Lines] = field(default_factory=dict)
    kind: str = "planted"
    exact: bool = True

    def with_bug(self, bug: str | None) -> Lines:
        """Return the derivative with a bug in it."""
        return self.lines | dict(self.bugs[bug] if bug else {})


def times(factor: float, lines: Lines) -> Lines:
    """Return lines that are wrong by a factor."""

    def scaled(line: Line) -> Line:
        @wraps(line)  # the names of its parameters are what a rule keeps
        def wrong(xp: Any, g: Any, *args: Any, **named: Any) -> Any:
            return factor * line(xp, g, *args, **named)

        return wrong

    return {name: scaled(line) for name, line in lines.items()}


def hard(
    name: str, function: Callable[..., Any], *args: Any, exact: bool = True, bugs: Any = None, **lines: Line
) -> Subject:
    """Return a subject at which differences are hard, with a gross bug and a smaller one, beside others."""
    bugs = {"factor 2": times(2, lines), "factor 1.01": times(1.01, lines), **(bugs or {})}
    return Subject(name, function, tuple(map(np.asarray, args)), lines, bugs, "hard", exact)


def unfit(name: str, function: Callable[..., Any], x: Any, line: Line) -> Subject:
    """Return a subject of whose gradient differences say nothing."""
    return Subject(name, function, (np.asarray(x),), {"x": line}, kind="unfit", exact=False)


# ------------------------------------------------------------------------------------------- Ordinary points


def product_line(xp: Any, g: Any, x: Any) -> Any:
    return g * (2 * x * xp.sin(x) + x * x * xp.cos(x))


def constant_slope(xp: Any, g: Any, x: Any) -> Any:
    """Right, but for the derivative's own derivative: what it keeps is cut off from the graph."""
    return product_line(xp, g, xp.stop_gradient(x))


def half_constant_slope(xp: Any, g: Any, x: Any) -> Any:
    kept = xp.stop_gradient(x)
    return g * (2 * x * xp.sin(x) + kept * kept * xp.cos(kept))


def layer_slope(xp: Any, g: Any, x: Any, b: Any) -> Any:
    return g * (1 - xp.tanh(x + b) ** 2)


def softmax(xp: Any, x: Any) -> Any:
    e = xp.exp(x)
    return e / xp.sum(e, axis=1, keepdims=True)


def softmax_line(xp: Any, g: Any, x: Any) -> Any:
    s = softmax(xp, x)
    return s * (g - xp.sum(g * s, axis=1, keepdims=True))


def wave_line(xp: Any, g: Any, x: Any) -> Any:
    return g * (2 * x * xp.cos(x) - x * x * xp.sin(x))


PRODUCT = {"x": product_line}
PLANTED = (
    Subject(
        "x² sin x",
        lambda xp, x: x * x * xp.sin(x),
        (DRAW.standard_normal((3, 4)),),
        PRODUCT,
        {
            **{f"factor {f}": times(f, PRODUCT) for f in (2, 1.01, 1.0001, 1.000001)},
            "sign": times(-1, PRODUCT),
            "missing term": {"x": lambda xp, g, x: g * 2 * x * xp.sin(x)},
            "wrong where x < 0": {"x": lambda xp, g, x: product_line(xp, xp.where(x < 0, 1.1 * g, g), x)},
            "wrong at order 2": {"x": constant_slope},
            "missing term at order 2": {"x": half_constant_slope},
        },
    ),
    Subject(
        "matrix product",
        lambda xp, a, b: a @ b,
        (DRAW.standard_normal((4, 4)), DRAW.standard_normal((4, 4))),
        {"a": lambda xp, g, b: g @ b.T, "b": lambda xp, g, a: a.T @ g},
        {
            "operand not transposed": {"a": lambda xp, g, b: g @ b},
            "transposed": {"b": lambda xp, g, a: g.T @ a},
        },
    ),
    Subject(
        "layer with a bias",
        lambda xp, x, b: xp.tanh(x + b),
        (DRAW.standard_normal((5, 4)), DRAW.standard_normal(4)),
        {"x": layer_slope, "b": lambda xp, g, x, b: xp.sum(layer_slope(xp, g, x, b), axis=0)},
        {"missing broadcast sum": {"b": lambda xp, g, x, b: layer_slope(xp, g, x, b)[0]}},
    ),
    Subject(
        "softmax",
        softmax,
        (DRAW.standard_normal((3, 5)),),
        {"x": softmax_line},
        {"missing term": {"x": lambda xp, g, x: softmax(xp, x) * g}},
    ),
    Subject(
        "sum of 1,000 waves",
        lambda xp, x: xp.sum(x * x * xp.cos(x)),
        (DRAW.standard_normal(1000),),
        {"x": wave_line},
        {
            "one element of 1,000": {"x": lambda xp, g, x: wave_line(xp, g * xp.constant(1 + ONE), x)},
            "1 % at one element of 1,000": {"x": lambda xp, g, x: wave_line(xp, g * xp.constant(1 + ONE / 100), x)},
        },
    ),
    Subject(
        "z² exp z",
        lambda xp, z: z * z * xp.exp(z),
        (DRAW.standard_normal(3) + 1j * DRAW.standard_normal(3),),
        {"z": lambda xp, g, z: g * (2 * z + z * z) * xp.exp(z)},
        {"conjugate": {"z": lambda xp, g, z: g * xp.conj((2 * z + z * z) * xp.exp(z))}},
    ),
    Subject(
        "|z|²",
        lambda xp, z: xp.abs(z) ** 2,
        (DRAW.standard_normal(3) + 1j * DRAW.standard_normal(3),),
        {"z": lambda xp, g, z: g * 2 * xp.conj(z)},
        {"missing conjugate": {"z": lambda xp, g, z: g * 2 * z}},
    ),
)

# ------------------------------------------------------------------------- Points at which differences are hard


def network_slope(xp: Any, g: Any, x: Any, w: Any) -> Any:
    return g * (1 - xp.tanh(x @ w) ** 2)


def solve_line(xp: Any, g: Any, a: Any, b: Any) -> Any:
    return -xp.outer(xp.linalg.solve(a.T, g), xp.linalg.solve(a, b))


def sigmoid_line(xp: Any, g: Any, x: Any) -> Any:
    s = 1 / (1 + xp.exp(-x))
    return g * s * (1 - s)


def network(kind: type) -> Subject:
    x, w = (DRAW.uniform(-1, 1, shape).astype(np.float32).astype(kind) for shape in ((4, 3), (3, 2)))
    return hard(
        f"tanh(x @ w), {kind.__name__}",
        lambda xp, x, w: xp.tanh(x @ w),
        x,
        w,
        x=lambda xp, g, x, w: network_slope(xp, g, x, w) @ w.T,
        w=lambda xp, g, x, w: x.T @ network_slope(xp, g, x, w),
    )


def waves(kind: type) -> Subject:
    x = DRAW.uniform(-3, 3, 6).astype(np.float32).astype(kind)
    return hard(f"sum(sin x), {kind.__name__}", lambda xp, x: xp.sum(xp.sin(x)), x, x=lambda xp, g, x: g * xp.cos(x))


HARD = (
    waves(np.float32),
    waves(np.float64),
    network(np.float32),
    network(np.float64),
    hard(
        "float32 inside",
        lambda xp, x: xp.cast(xp.sin(xp.cast(x, "float32")), "float64") + x,
        [0.3, 1.1, -2.0],
        x=lambda xp, g, x: g * (xp.cos(x) + 1),
    ),
    hard(
        "log x at 1e-6, 1, 1e6",
        lambda xp, x: xp.log(x),
        [1e-6, 1.0, 1e6],
        bugs={"factor 2 at 1e6": {"x": lambda xp, g, x: g * xp.where(x > 2, 2 / x, 1 / x)}},
        x=lambda xp, g, x: g / x,
    ),
    hard(
        "x² at 1e-6, 1, 1e6",
        lambda xp, x: x * x,
        [1e-6, 1.0, 1e6],
        bugs={"factor 2 at 1e-6": {"x": lambda xp, g, x: g * xp.where(x < 0.5, 4 * x, 2 * x)}},
        x=lambda xp, g, x: g * 2 * x,
    ),
    hard("√x at 1e-6, 1", lambda xp, x: xp.sqrt(x), [1e-6, 1.0], x=lambda xp, g, x: g * 0.5 / xp.sqrt(x)),
    hard("1e9 + sin x", lambda xp, x: 1e9 + xp.sin(x), [0.3, 1.1, -2.0], x=lambda xp, g, x: g * xp.cos(x)),
    hard("1e-9 sin x", lambda xp, x: 1e-9 * xp.sin(x), [0.3, 1.1, -2.0], x=lambda xp, g, x: g * 1e-9 * xp.cos(x)),
    hard("sin 1000x", lambda xp, x: xp.sin(1000 * x), [0.1, 0.5, 2.0], x=lambda xp, g, x: g * 1000 * xp.cos(1000 * x)),
    hard("exp 20x", lambda xp, x: xp.exp(20 * x), [1.0, 1.5, 2.0], x=lambda xp, g, x: g * 20 * xp.exp(20 * x)),
    hard(
        "sigmoid at ±40",
        lambda xp, x: 1 / (1 + xp.exp(-x)),
        [-40.0, -5.0, 0.0, 5.0, 40.0],
        x=sigmoid_line,
    ),
    hard(
        "sum of 10,000 terms",
        lambda xp, x: xp.sum(xp.sin(x[:, None] * xp.constant(TIMES))),
        [0.3, 1.1, -2.0],
        x=lambda xp, g, x: g * xp.sum(xp.constant(TIMES) * xp.cos(x[:, None] * xp.constant(TIMES)), axis=1),
    ),
    hard("x |x| at 0", lambda xp, x: x * xp.abs(x), [-1.0, 0.0, 2.0], x=lambda xp, g, x: g * 2 * xp.abs(x)),
    hard("|x|, 1e-7 from 0", lambda xp, x: xp.abs(x), [-1e-7, 1e-7, 1.0], x=lambda xp, g, x: g * xp.sign(x)),
    hard(
        "1e-5 from a jump",
        lambda xp, x: xp.where(x > 1e-5, xp.sin(x) + 1, xp.sin(x)),
        [0.0, 1.0],
        x=lambda xp, g, x: g * xp.cos(x),
    ),
    hard(
        "solve, a Hilbert matrix",
        lambda xp, a, b: xp.linalg.solve(a, b),
        HILBERT,
        np.ones(5),
        exact=False,
        a=solve_line,
        b=lambda xp, g, a: xp.linalg.solve(a.T, g),
    ),
    hard(
        "relu, 0 among its input",
        lambda xp, x: xp.where(x > 0, x, 0.0),
        [-1.0, 0.0, 2.0],
        exact=False,
        x=lambda xp, g, x: xp.where(x > 0, g, 0.0),
    ),
    hard(
        "|x|, 0 among its input",
        lambda xp, x: xp.abs(x),
        [-1.0, 0.0, 2.0],
        exact=False,
        x=lambda xp, g, x: g * xp.sign(x),
    ),
    hard(
        "max, with a tie",
        lambda xp, x: xp.max(x),
        [1.0, 3.0, 3.0, 2.0],
        exact=False,
        x=lambda xp, g, x: xp.where(x == 3, 0.5 * g, 0.0),
    ),
)

# ----------------------------------------------------------------- Points at which differences say nothing about it

UNFIT = (
    unfit(
        "sin x with random noise",
        lambda xp, x: xp.sin(x) * (1 + 0.01 * random.random()),
        [0.3, 1.1],
        lambda xp, g, x: g * xp.cos(x),
    ),
    unfit("a jump at the point", lambda xp, x: xp.where(x >= 0, x + 1, x), [-1.0, 0.0, 2.0], lambda xp, g, x: g),
    unfit("√x at 0", lambda xp, x: xp.sqrt(x), [0.0, 1.0], lambda xp, g, x: g * 0.5 / xp.sqrt(x)),
    unfit("x log x at 0", lambda xp, x: x * xp.log(x), [0.0, 1.0], lambda xp, g, x: g * (xp.log(x) + 1)),
)

SUBJECTS = (*PLANTED, *HARD, *UNFIT)
