"""Our own derivatives of a function, order by order: vjp beside differences, jvp beside vjp, one precision beside two.

A gradient from elsewhere is only compared with differences (`Comparison.claimed`); our own can be asked for more.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import join
from ..errors import ZeroGradientWarning
from ..graph import own_module
from ..trace import name_of
from ..transforms import jvp, vjp
from ..tree import leaves, replace_leaves
from .comparison import ROUNDING, Comparison, coarseness
from .probe import Probe, Vector, coordinates, raw
from .report import Entry, Verdict

Function = Callable[..., Any]
own_module(globals())
NUDGES = 8  # how many neighbouring points in single precision are looked at before its gradient is called wrong


def orders(comparison: Comparison, function: Function, arguments: tuple[Any, ...], upto: int) -> None:
    """Compare the orders 1 to `upto` of a function's derivatives, as far as they are finite."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroGradientWarning)  # differences tell whether a gradient is really zero
        for order in range(1, upto + 1):
            function, finite = one_order(comparison, function, arguments, order)
            if not finite:
                break  # it has no derivative of its own


def entries_of(
    function: Function, arguments: tuple[Any, ...], order: int, seed: int, labels: Sequence[str]
) -> list[Entry]:
    """Compare the orders 1 to `order` of a function of arrays with differences, nothing else."""
    comparison = Comparison(list(labels), rng=np.random.default_rng(seed))
    orders(comparison, function, arguments, order)
    return comparison.entries


def one_order(
    comparison: Comparison, function: Function, arguments: tuple[Any, ...], order: int
) -> tuple[Function, bool]:
    """Compare the vjp and the jvp of a function.

    Returns the function of the next order, which maps the arguments to the pullback of a random cotangent, and
    whether that is finite. All is done in double precision, if the function takes it; what single precision
    makes of the gradient is compared with that.
    """
    probe = Probe(function, arguments, give=lambda x: join(x, None))  # a Value, so that it has a Value's methods
    wide = arguments if probe.narrow else replace_leaves(arguments, iter(probe.leaves))
    value, pullback = vjp(function, *wide)
    single = coordinates(value).size == 1
    make = (lambda x: np.ones(np.shape(x))) if single else comparison.weights
    cotangent = replace_leaves(value, (make(raw(x)) for _, x in leaves(value)))
    weights = coordinates(cotangent)
    gradients = [np.asarray(raw(g)) for _, g in leaves(pullback(cotangent))]
    eps = [coarseness(x) if probe.narrow else 0.0 for _, x in leaves(arguments)]
    second_pull(
        comparison, gradients, pullback(replace_leaves(cotangent, (-2 * x for _, x in leaves(cotangent)))), order
    )
    following = pulled(function, cotangent)
    if "vjp" in comparison.modes:
        comparison.compare(probe, weights, gradients, order, "vjp", eps, lambda: own_noise(following, wide))
        if order == 1 and not probe.narrow:
            narrowed(comparison, function, arguments, probe, gradients, cotangent)
    if "jvp" in comparison.modes:
        for number, g in enumerate(gradients):
            if g.size:
                tangent(comparison, function, probe, wide, weights, number, coordinates([g]), order)
    return following, all(np.all(np.isfinite(g)) for g in gradients)


def second_pull(comparison: Comparison, gradients: list[Any], second: Any, order: int) -> None:
    """Hold a second pull through the same graph, of -2 times the cotangent, against the first."""
    for label, g, other in zip(
        comparison.labels, gradients, (np.asarray(raw(x)) for _, x in leaves(second)), strict=True
    ):
        size = float(np.max(abs(g[np.isfinite(g)]), initial=0.0))
        off = abs(other + 2 * g)[np.isfinite(g)]
        allowed = ROUNDING * float(np.finfo(g.dtype).eps) * size
        if np.any(off > allowed):
            k = int(np.argmax(off))
            found, expected = (float(np.real(x[np.isfinite(g)][k])) for x in (other, -2 * g))
            note = "a second pullback through the same graph, of -2 times the cotangent"
            comparison.add(Entry(order, "vjp", label, None, "", found, expected, "the first one", allowed,
                                 Verdict.WRONG, note=note))  # fmt: skip


def tangent(
    comparison: Comparison,
    function: Function,
    probe: Probe,
    arguments: tuple[Any, ...],
    weights: Vector,
    number: int,
    g: Vector,
    order: int,
) -> None:
    """Compare the jvp in a random direction with the vjp, or with differences if vjp isn't among the modes."""
    x, place = probe.leaves[number], (comparison.labels[number], None, "")
    direction = comparison.weights(x)
    others = [join(raw(p), None) for _, p in leaves(arguments)]

    def of_one(moved: Any) -> Any:  # an infinite slope by another argument has no part in it
        return function(*replace_leaves(arguments, iter([*others[:number], moved, *others[number + 1 :]])))

    _, slope = jvp(of_one, (others[number],), (direction,))
    found, along = float(weights @ coordinates(slope)), coordinates([direction])
    if "vjp" not in comparison.modes:
        comparison.judged(probe, weights, [(place, {number: np.asarray(direction)}, found)], g, order, "jvp", 0.0,
                          lambda: np.zeros_like(along))  # fmt: skip
        return
    by_vjp = float(g @ along)
    natural = float(np.max(abs(probe.start), initial=0.0))
    relative = float(np.max(probe.noise, initial=0.0)) / natural if natural else probe.eps
    eps = max(relative, coarseness(x) if probe.narrow else 0.0)
    width = probe.width({number: np.asarray(direction)})
    reach = float(abs(weights) @ np.maximum(abs(probe.start), comparison.terms.get(order - 1, 0.0))) / width
    comparison.terms[order] = max(comparison.terms.get(order, 0.0), reach)
    # Where all is 0 nothing tells how large the terms are that cancel: as the argument, then.
    size = float(abs(g) @ abs(along)) + reach or float(np.max(abs(x), initial=0.0, where=~np.isnan(x))) / width
    error = ROUNDING * eps * size
    finite = math.isfinite(found) == math.isfinite(by_vjp)
    same = abs(found - by_vjp) <= error + max(comparison.atol, comparison.rtol * abs(by_vjp))
    verdict = Verdict.RIGHT if same or (finite and not math.isfinite(found)) else Verdict.WRONG
    comparison.add(Entry(order, "jvp", *place, found, by_vjp, "vjp", error, verdict))


def narrowed(
    comparison: Comparison,
    function: Function,
    arguments: tuple[Any, ...],
    probe: Probe,
    wide: list[Any],
    cotangent: Any,
) -> None:
    """Compare what single precision makes of a gradient with the one in double precision, array by array."""
    if not any(coarseness(x) > 1e-10 for _, x in leaves(arguments)):
        return
    value, pullback = vjp(function, *arguments)
    if shapes(value) != shapes(cotangent):  # of another size by rounding: what cancels is left out there, or not
        return
    gradients = [np.asarray(raw(g)) for _, g in leaves(pullback(cotangent))]
    coarse = max(coarseness(raw(x)) for _, x in (*leaves(arguments), *leaves(value)))

    def sway() -> list[float]:  # of each gradient by rounding of the arguments, at which ties come and go
        nudged = [x * (1 + coarse * comparison.weights(x.real)) for x in probe.leaves]
        try:
            moved, pull_nudged = vjp(function, *replace_leaves(arguments, iter(nudged)))
        except (ArithmeticError, ValueError):  # the point is at an edge of the domain
            return [math.inf] * len(wide)
        if shapes(moved) != shapes(cotangent):
            return [math.inf] * len(wide)
        pairs = zip((np.asarray(raw(g)) for _, g in leaves(pull_nudged(cotangent))), wide, strict=True)
        return [float(np.max(abs(one - g), initial=0.0)) for one, g in pairs]

    swayed = sway()
    strays = np.max(abs(coordinates(value) - probe.start), initial=0.0) / (np.max(abs(probe.start), initial=0) or 1)
    for number, (narrow, g) in enumerate(zip(gradients, wide, strict=True)):
        if not narrow.size or coarseness(probe.dtypes[number].type(0)) <= 1e-10:
            continue
        miss = abs(narrow - g).reshape(-1)
        k = int(np.argmax(np.where(np.isnan(miss), np.inf, miss)))
        size = float(np.max(abs(g), initial=0.0))
        terms = ROUNDING * coarse * float(np.max(abs(probe.start), initial=0.0))  # which may cancel
        allowed = terms + math.sqrt(coarse) * size + 100 * swayed[number]
        if not miss[k] <= allowed:
            swayed = [max(several) for several in zip(swayed, *(sway() for _ in range(NUDGES)), strict=True)]
            allowed = terms + math.sqrt(coarse) * size + 100 * swayed[number]
        index = tuple(map(int, np.unravel_index(k, narrow.shape)))
        found, expected = complex(narrow[index]), complex(g[index])
        part = "imag" if abs(found.imag - expected.imag) > abs(found.real - expected.real) else "real"
        place = (comparison.labels[number], index, part if np.iscomplexobj(g) else "")
        verdict, note = Verdict.RIGHT, f"in {narrow.dtype}"
        if not miss[k] <= allowed or narrow.dtype != probe.dtypes[number]:
            lost = not strays < 1e-2 or 100 * strays * size > miss[k]
            lost = (lost or not math.isfinite(abs(found))) and narrow.dtype == probe.dtypes[number]
            verdict = Verdict.UNKNOWN if lost else Verdict.WRONG
            note += f" for an argument of {probe.dtypes[number]}, right in double precision"
        comparison.add(Entry(1, "vjp", *place, getattr(found, part), getattr(expected, part), "double precision",
                             allowed, verdict, note=note))  # fmt: skip


def shapes(tree: Any) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays in a container."""
    return [np.shape(x) for _, x in leaves(tree)]


def pulled(function: Function, cotangent: Any) -> Function:
    """Return the function that maps the arguments of another to its pullback of a fixed cotangent."""

    def gradient(*args: Any) -> Any:
        return vjp(function, *args)[1](cotangent)

    gradient.__name__ = f"the gradient of {name_of(function)}"
    return gradient


def own_noise(gradient: Function, arguments: tuple[Any, ...]) -> list[Vector]:
    """Return how far each number of each gradient strays by rounding, from point to neighbouring point."""
    with np.errstate(all="ignore"):
        probe = Probe(gradient, arguments, give=lambda x: join(x, None))
    bounds = np.cumsum([coordinates([g]).size for _, g in leaves(probe.result)])
    return np.split(probe.noise, bounds[:-1])
