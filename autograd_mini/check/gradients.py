"""The comparison of gradients with differences, element by element and order by order."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..engine import join
from ..errors import InvalidInput, RuleError, ShapeError, ZeroGradientWarning
from ..registry import parameters_of
from ..trace import as_argument, name_of, positions
from ..transforms import jvp, vjp
from ..tree import leaves, replace_leaves, same_structure
from .differences import Probe, Vector, coordinates, element, raw, unit
from .report import CheckError, Entry, Report

ROUNDING = 100  # how many times its last bit a gradient itself may be off, beside `rtol`
MODES = ("vjp", "jvp")


def check_grads(
    function: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = MODES,
    seed: int = 0,
    rtol: float | None = None,
    atol: float | None = None,
    report: bool = False,
    names: Sequence[str] | None = None,
    argnums: int | Sequence[int] | None = None,
    grad: Any = None,
    max_elements: int = 200,
) -> Report:
    """Check the gradients of a function against central differences, at one point.

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a container of them, real or complex.
    *args
        The point: numbers, arrays and containers of them.
    order : int, default 2
        Up to which order; 2 checks the gradient, and the gradient of the gradient.
    modes : sequence of {"vjp", "jvp"}, default both
        vjp is compared with differences, jvp with vjp (with differences, if vjp isn't among the modes).
    seed : int, default 0
        Of the random cotangents and directions.
    rtol, atol : float, optional
        The relative and absolute error allowed. By default `rtol` is the square root of the coarsest dtype's
        precision, and numbers whose difference can't be known that well are compared as well as they are known.
    report : bool, default False
        Return a report that finds errors, too, instead of raising.
    names : sequence of str, optional
        Names for the arguments; by default those of the function's parameters.
    argnums : int or sequence of int, optional
        The arguments to check; by default all.
    grad : array_like or container, optional
        Check this gradient, which may come from anywhere, instead of ours: of the structure of the argument
        (a tuple for several), for a function that returns one real number and need not be differentiable by us.
    max_elements : int, default 200
        Of each array, how many elements move alone; of a larger array these are drawn at random, and one move of all
        elements together, in a random direction, covers the rest.

    Returns
    -------
    Report
        With every comparison.

    Raises
    ------
    GradientMismatch
        If a gradient is wrong; an AssertionError that names arguments, elements and numbers, the worst first.
    CheckError
        If the function isn't finite at the point, differs from call to call, or there is nothing to differentiate.

    Notes
    -----
    With a random cotangent v (1 for a single number), each element of the pullback of v is compared with
    Re <v, difference>, and for a random direction t of each array Re <v, jvp(t)> with Re <vjp(v), t>. For the second
    order, the same is done to the function that maps the arguments to the pullback of v. A function of single
    precision is evaluated in double for the differences.

    Examples
    --------
    >>> check_grads(lambda w, x: np.tanh(w * x), 0.5, 2.0).ok
    True
    >>> claimed = np.array([2.0, 4.1])
    >>> check_grads(lambda x: x[0] ** 2 + x[1] ** 2, np.array([1.0, 2.0]), grad=claimed)
    Traceback (most recent call last):
    ...
    autograd_mini.errors.GradientMismatch: gradient of <lambda>: wrong in 1 of 2 numbers
      x[1]: grad 4.1, difference 4, absolute error 0.1, relative error 0.024
      why: it differs from central differences of the function itself
      instead: am.check_grads(..., report=True) returns every comparison
    """
    if order < 1 or not modes or not set(modes) <= set(MODES):
        raise InvalidInput(
            f"order={order!r}, modes={modes!r}",
            "there would be nothing to check",
            'order=1 or more, modes=("vjp", "jvp")',
        )
    at = tuple(range(len(args))) if argnums is None else positions(argnums, args, name_of(function))
    arguments = tuple(as_argument(args[i], i) for i in at)
    labels = label(function, at, arguments, names)
    if not labels:
        raise CheckError(
            f"the arguments of {name_of(function)} hold no floating numbers: there is nothing to differentiate",
            "integers, booleans and strings in containers are constants",
            "floats, or arrays of floats",
        )
    subject = restrict(function, args, at)
    comparison = Comparison(labels, tuple(modes), rtol, atol, max_elements, np.random.default_rng(seed))
    if grad is not None:
        entries = list(comparison.claimed(subject, arguments, grad if len(at) > 1 else (grad,)))
    else:
        entries = []
        # The differences tell whether a gradient is really zero.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ZeroGradientWarning)
            for level in range(1, order + 1):
                found, cotangent = comparison.one_order(subject, arguments, level)
                entries += found
                if not all(math.isfinite(entry.found) for entry in found):
                    break  # it has no derivative of its own
                subject = pulled(subject, cotangent)
    made = Report(name_of(function), entries)
    if not (made.ok or report):
        raise made.mismatch()
    return made


def label(
    function: Callable[..., Any], at: tuple[int, ...], arguments: tuple[Any, ...], names: Sequence[str] | None
) -> list[str]:
    """Return a label for each leaf of the arguments: the name of the parameter and the path in it."""
    if names is None:
        try:
            names = parameters_of(function)
        except (RuleError, TypeError):
            names = ()
        star = next((i for i, name in enumerate(names) if name.startswith("*")), None)
        if star is not None:
            names = [*names[:star], *(f"{names[star][1:]}[{i - star}]" for i in range(star, max(at) + 1))]
        tops = [names[i] if i < len(names) else f"argument {i}" for i in at]
    elif len(names) != len(at):
        raise InvalidInput(f"{len(names)} names for {len(at)} arguments", instead="names= with one for each argument")
    else:
        tops = list(names)
    return [top + path for top, x in zip(tops, arguments, strict=True) for path, _ in leaves(x)]


def restrict(function: Callable[..., Any], args: tuple[Any, ...], at: tuple[int, ...]) -> Callable[..., Any]:
    """Return the function of the chosen arguments alone, the others fixed."""

    def restricted(*chosen: Any) -> Any:
        given = list(args)
        for i, x in zip(at, chosen, strict=True):
            given[i] = x
        return function(*given)

    restricted.__name__ = name_of(function)
    return restricted


def pulled(function: Callable[..., Any], cotangent: Any) -> Callable[..., Any]:
    """Return the function that maps the arguments of another to its pullback of a fixed cotangent."""

    def gradient(*args: Any) -> Any:
        return vjp(function, *args)[1](cotangent)

    gradient.__name__ = f"the gradient of {name_of(function)}"
    return gradient


class Comparison:
    """How gradients are compared: labels for the arguments, tolerances, and the source of randomness."""

    def __init__(
        self,
        labels: list[str],
        modes: tuple[str, ...],
        rtol: float | None,
        atol: float | None,
        max_elements: int,
        rng: np.random.Generator,
    ) -> None:
        self.labels, self.modes, self.rtol, self.atol = labels, modes, rtol, atol or 0.0
        self.max_elements, self.rng = max_elements, rng

    def weights(self, x: Any) -> Any:
        """Return random numbers for the elements of an array, away from 0 and exact in single precision."""
        shape = np.shape(x)

        def draw() -> Any:
            return self.rng.choice([-1.0, 1.0], shape) * self.rng.integers(32, 97, shape) / 64

        return (draw() + 1j * draw() if np.iscomplexobj(raw(x)) else draw())[()]

    def claimed(self, function: Callable[..., Any], arguments: tuple[Any, ...], grad: Any) -> Iterator[Entry]:
        """Compare a gradient that was made elsewhere with differences."""
        probe = Probe(function, arguments)
        if probe.start.size != 1:
            raise ShapeError(
                f"{name_of(function)} returned {probe.start.size} real numbers",
                "grad= is the gradient of a single real number",
                "np.sum(...) of it, or a check without grad=",
            )
        gradients = same_structure(arguments, grad, "the gradient")
        eps = coarsest([arguments, gradients])
        for number, g in enumerate(gradients):
            yield from self._elements(probe, np.ones(1), number, coordinates([g]), eps, 1, "grad")

    def one_order(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], order: int
    ) -> tuple[list[Entry], Any]:
        """Compare the vjp and the jvp of a function; return the entries, and the cotangent that was used."""
        probe = Probe(function, arguments, give=lambda x: join(x, None))  # a Value, so that it has a Value's methods
        value, pullback = vjp(function, *arguments)
        single = coordinates(value).size == 1
        make = (lambda x: np.ones(np.shape(x))) if single else self.weights
        cotangent = replace_leaves(value, (make(raw(x)) for _, x in leaves(value)))
        weights = coordinates(cotangent)
        gradients = [coordinates([g]) for _, g in leaves(pullback(cotangent))]
        eps = coarsest([arguments, value])
        entries: list[Entry] = []
        for number, (x, g) in enumerate(zip(probe.leaves, gradients, strict=True)):
            if "vjp" in self.modes:
                entries += self._elements(probe, weights, number, g, eps, order, "vjp")
            if g.size:
                direction = self.weights(x)
                entries += self._direction(probe, weights, number, g, eps, order, direction)
        return entries, cotangent

    def _elements(
        self, probe: Probe, weights: Vector, number: int, g: Vector, eps: float, order: int, mode: str
    ) -> Iterator[Entry]:
        """Compare the elements of one gradient with differences, one by one."""
        chosen = np.arange(g.size)
        if g.size > self.max_elements:
            chosen = np.sort(self.rng.choice(g.size, self.max_elements, replace=False))
        x = probe.leaves[number]
        found = [project(probe, weights, {number: unit(x, int(k))}, eps) for k in chosen]
        largest = max((abs(expected) for expected, _ in found), default=0.0)
        for k, (expected, error) in zip(chosen, found, strict=True):
            place = (self.labels[number], *element(x, int(k)))
            known = error + ROUNDING * eps * largest
            yield self._entry(order, mode, place, float(g[k]), expected, "difference", known, eps)

    def _direction(
        self, probe: Probe, weights: Vector, number: int, g: Vector, eps: float, order: int, direction: Any
    ) -> Iterator[Entry]:
        """Compare the derivative by one whole array in one direction: jvp, vjp and difference."""
        place = (self.labels[number], None, "")
        along = coordinates([direction])
        by_vjp, reference, error = float(g @ along), "vjp", float(ROUNDING * eps * (abs(g) @ abs(along)))
        expected = by_vjp
        if "vjp" not in self.modes or g.size > self.max_elements:
            expected, error = project(probe, weights, {number: np.asarray(direction)}, eps)
            reference = "difference"
            if "vjp" in self.modes:
                yield self._entry(order, "vjp", place, by_vjp, expected, reference, error, eps)
        if "jvp" in self.modes:
            still = [np.zeros_like(x) for x in probe.leaves]
            still[number] = direction
            arguments = probe.arguments
            _, slope = jvp(probe.function, arguments, replace_leaves(arguments, iter(still)))
            by_jvp = float(weights @ coordinates(slope))
            yield self._entry(order, "jvp", place, by_jvp, expected, reference, error, eps)

    def _entry(
        self,
        order: int,
        mode: str,
        place: tuple[str, tuple[int, ...] | None, str],
        found: float,
        expected: float,
        reference: str,
        error: float,
        eps: float,
    ) -> Entry:
        rtol = math.sqrt(eps) if self.rtol is None else self.rtol
        return Entry(order, mode, *place, found, expected, reference, max(error, self.atol), rtol)


def project(probe: Probe, weights: Vector, directions: dict[int, Any], eps: float) -> tuple[float, float]:
    """Return the derivative of the weighted sum of all results in a direction, and its error."""
    slope, error = probe.slope(directions)
    sizes = abs(weights) @ abs(slope)
    return float(weights @ slope), float(abs(weights) @ error + ROUNDING * eps * sizes)


def coarsest(tree: Any) -> float:
    """Return the precision of the coarsest dtype in a tree."""
    return max(float(np.finfo(np.result_type(raw(x))).eps) for _, x in leaves(tree))
