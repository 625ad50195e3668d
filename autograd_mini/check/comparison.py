"""The comparison of gradients with differences: a verdict for each element, each direction and each order."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import own_module
from ..trace import name_of
from ..tree import leaves, same_structure
from .kinks import at_tie, beside, together
from .probe import Directions, Probe, Vector, coordinates, element, raw, unit
from .report import Coverage, Entry, Map, Verdict
from .slopes import Shape, Slope, exact, second_opinion, slopes

Function = Callable[..., Any]
own_module(globals())
ROUNDING = 1000  # how many times the relative noise of a function its gradient may be off
KNOWN = 1e-2  # a slope counts as known if its error is less than this part of the gradient's size
SMALL, TINIEST = 2.0**-10, 1e-300  # elements so much smaller than ordinary ones have a scale of their own, down to that
OPINIONS = 8  # how many wrong elements of an array get a second opinion; the rest are taken to be of the same kind


class Comparison:
    """How gradients are compared, and what was found so far.

    Parameters
    ----------
    labels : list of str
        Names for the leaves of the arguments.
    modes : tuple of str
        Of ``"vjp"`` and ``"jvp"``.
    rtol, atol : float
        What is allowed beside the estimated errors.
    max_elements : int
        Arrays of at most so many elements are compared one by one.
    directions : int
        How many random directions a larger array is moved in.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        labels: list[str],
        modes: tuple[str, ...] = ("vjp", "jvp"),
        rtol: float = 0.0,
        atol: float = 0.0,
        max_elements: int = 200,
        directions: int = 4,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.labels, self.modes, self.rtol, self.atol = labels, modes, rtol, atol
        self.max_elements, self.directions = max_elements, directions
        self.rng = np.random.default_rng(0) if rng is None else rng
        self.entries: list[Entry] = []
        self.coverage: list[Coverage] = []
        self.maps: list[Map] = []
        self.samples: list[Map] = []  # of larger arrays; what differences don't know there is NaN
        self.taylor = math.nan
        self.terms: dict[int, float] = {}  # for each order, how large terms may be that cancel in its derivatives

    def weights(self, x: Any) -> Any:
        """Return random numbers for the elements of an array, away from 0 and exact in single precision."""
        shape = np.shape(x)

        def draw() -> Any:
            return self.rng.choice([-1.0, 1.0], shape) * self.rng.integers(32, 97, shape) / 64

        return (draw() + 1j * draw() if np.iscomplexobj(raw(x)) else draw())[()]

    def normal(self, x: Any) -> Any:
        """Return a random direction of no preferred angle, exact in single precision."""

        def draw() -> Any:
            return self.rng.standard_normal(np.shape(x)).astype(np.float32).astype(np.float64)

        return np.asarray(draw() + 1j * draw() if np.iscomplexobj(x) else draw())

    # ------------------------------------------------------------------------------- What is compared

    def claimed(self, function: Function, arguments: tuple[Any, ...], grad: Any) -> None:
        """Compare a gradient that was made elsewhere with differences."""
        probe = Probe(function, arguments)
        if probe.start.size != 1:
            raise ShapeError(
                f"{name_of(function)} returned {probe.start.size} real numbers",
                "grad= is the gradient of a single real number",
                "np.sum(...) of it, or a check without grad=",
            )
        given = same_structure(arguments, grad, "the gradient", shapes=False)
        gradients = [np.asarray(raw(g)) for g in given]
        eps = [max(coarseness(g), coarseness(x)) for g, (_, x) in zip(gradients, leaves(arguments), strict=True)]
        none = [np.zeros(coordinates([x]).size) for x in probe.leaves]
        for n, (g, x) in enumerate(zip(gradients, probe.leaves, strict=True)):
            if np.iscomplexobj(g) != np.iscomplexobj(x) and not np.any(np.imag(g)):
                gradients[n] = g.astype(complex) if np.iscomplexobj(x) else g.real  # the same numbers
        self.compare(probe, np.ones(1), gradients, 1, "grad", eps, lambda: none)

    def compare(
        self,
        probe: Probe,
        weights: Vector,
        gradients: list[Any],
        order: int,
        mode: str,
        eps: list[float],
        own_noise: Callable[[], list[Vector]],
    ) -> None:
        """Compare the gradient by each leaf."""
        notes = [misfit(g, x) for x, g in zip(probe.leaves, gradients, strict=True)]
        fit = not any(notes)
        for number, (x, g, note) in enumerate(zip(probe.leaves, gradients, notes, strict=True)):
            label = self.labels[number]
            if note:
                whole = self._expected(probe, weights, number)
                self.maps.append(Map(label, g, whole, np.full(np.shape(x), 1e-6 * np.max(abs(whole), initial=0.0))))
                self.add(Entry(order, mode, label, None, "", math.nan, math.nan, "difference", 0.0, Verdict.WRONG,
                               note=note))  # fmt: skip
                continue
            flat = coordinates([g])
            coarse = math.sqrt(eps[number]) if eps[number] > 1e-10 else 0.0
            self._elements(probe, weights, number, flat, order, mode, coarse, own_noise)
        if order == 1 and fit:
            more = together(self.entries, probe, weights, gradients, mode, self.normal)
            if more is not None:
                self.add(more)
        if order == 1 and fit and all(entry.verdict in (Verdict.RIGHT, Verdict.WRONG) for entry in self.entries):
            self._taylor(probe, weights, {n: self.normal(x) for n, x in enumerate(probe.leaves)}, gradients)

    def _elements(
        self,
        probe: Probe,
        weights: Vector,
        number: int,
        g: Vector,
        order: int,
        mode: str,
        coarse: float,
        own_noise: Callable[[], list[Vector]],
    ) -> None:
        """Compare the elements of one gradient with differences: all, or some and a few random directions."""
        x, label = probe.leaves[number], self.labels[number]
        whole = g.size <= self.max_elements
        chosen = np.arange(g.size)
        moves: list[tuple[tuple[str, Any, str], Directions, float]] = []
        if not whole:
            parts = 2 if np.iscomplexobj(x) else 1  # an element of a complex array is drawn with both
            drawn = np.sort(self.rng.choice(g.size // parts, max(self.max_elements // 10, 1), replace=False))
            chosen = (parts * drawn[:, None] + np.arange(parts)).reshape(-1)
            for _ in range(self.directions):
                direction = self.normal(x)
                moves.append(((label, None, ""), {number: direction}, float(g @ coordinates([direction]))))
        units: list[Any] = [((label, *element(x, int(k))), {number: unit(x, int(k))}, float(g[k])) for k in chosen]
        made = self.judged(probe, weights, [*units, *moves], g, order, mode, coarse, lambda: own_noise()[number])
        if order == 1 and len(units):
            self._keep_map(label, x, g, chosen, made[: len(units)])
        if order == 1:
            detection = 1.0
            if not whole:
                size = float(np.linalg.norm(g)) or 1.0
                missed = [math.erf(e.allowed / (KNOWN * size) / math.sqrt(2)) for e in made[len(units) :]]
                detection = 1 - math.prod(missed)
            self.coverage.append(Coverage(label, g.size, len(units), len(moves), detection))

    def _keep_map(self, label: str, x: Any, g: Vector, chosen: Any, entries: list[Entry]) -> None:
        """Keep a gradient and the numbers of entries as arrays in the shape of the argument."""
        found, expected, allowed = g.copy(), np.full(g.shape, np.nan), np.full(g.shape, np.inf)
        expected[chosen], allowed[chosen] = np.array([(e.expected, e.allowed) for e in entries]).T
        if np.iscomplexobj(x):
            found, expected = found.view(np.complex128), expected.view(np.complex128)
            allowed = allowed[0::2] + allowed[1::2]
        kept = self.maps if len(chosen) == g.size else self.samples
        kept.append(Map(label, *(part.reshape(np.shape(x)) for part in (found, expected, allowed))))

    def judged(
        self,
        probe: Probe,
        weights: Vector,
        moves: list[tuple[tuple[str, Any, str], Directions, float]],
        g: Vector,
        order: int,
        mode: str,
        coarse: float,
        own_noise: Callable[[], Vector],
    ) -> list[Entry]:
        """Return an entry with its verdict for each move of the point, and keep them.

        Steps of an ordinary size may miss all that a function does with tiny elements: what isn't right is then looked
        at again with steps of each element's own size.
        """
        largest = float(np.max(abs(g[np.isfinite(g)]), initial=0.0))
        strays, finer = cache(own_noise), cache(lambda: Probe(probe.function, probe.arguments, probe.give, TINIEST))
        sizes = np.concatenate([np.abs(x[x != 0]).reshape(-1) for x in map(np.asarray, probe.leaves)])
        tiny = np.min(sizes, initial=np.inf) < SMALL * probe.scale
        made: list[Entry] = []
        for place, directions, found in moves:
            opinion = sum(one.verdict is Verdict.WRONG for one in made) < OPINIONS
            how: Any = (weights, place, directions, found, largest, order, mode, coarse, strays, opinion)
            one = self._judge(probe, *how)
            if tiny and one.verdict is not Verdict.RIGHT and probe.moving(directions) > 0:
                other = self._judge(finer(), *how)
                one = other if other.ok or (other.verdict is Verdict.WRONG and not one.ok) else one
            made.append(self.add(one))
        return made

    def _judge(
        self,
        probe: Probe,
        weights: Vector,
        place: tuple[str, Any, str],
        directions: Directions,
        found: float,
        largest: float,
        order: int,
        mode: str,
        coarse: float,
        strays: Callable[[], Vector],
        opinion: bool,
    ) -> Entry:
        """Return an entry with its verdict for one move of the point."""
        reach = max(float(np.max(abs(d), initial=0.0)) for d in directions.values())
        size = max(largest * reach, abs(found) if math.isfinite(found) else 0.0)
        own, rounding, rounded = self._size(probe, weights, directions, found, size)
        slack = max(rounding * own, coarse * size) + rounded
        (slope,) = slopes(probe, directions, weights, found if math.isfinite(found) else None, slack)
        size = max(size, abs(slope.value) if math.isfinite(slope.value) else 0.0)
        if slope.shape is Shape.SMOOTH and abs(found - slope.value) > slope.error + slack and opinion:
            if abs(found - slope.value) < 1e-4 * size:  # small enough to be rounding of the gradient itself
                along = coordinates(list(directions.values()))
                slack += 10 * float(np.max(strays()[along != 0], initial=0.0)) * reach
            slope = second_opinion(probe, directions, weights, slope, found, slack)
        verdict, note = self._verdict(found, slope, slack, size, rounded, order)
        if verdict is Verdict.UNKNOWN and slope.shape is Shape.SMOOTH:
            for value, error in zip(*(exact(probe, directions, weights) or ((), ())), strict=True):
                if abs(found - value) <= 1e-6 * abs(value) and abs(value - slope.value) <= slope.error:
                    slope = slope._replace(value=float(value), error=float(error), reference="complex step")
                    verdict, note = Verdict.RIGHT, "the complex step agrees, where differences are noise"
        sides = (slope.left, slope.right) if verdict in (Verdict.KINK, Verdict.OUTSIDE) else (math.nan, math.nan)
        if verdict is Verdict.KINK and slope.shape is not Shape.KINK:
            sides = (-math.inf, math.inf)
        error = slope.side if slope.shape is Shape.KINK else slope.error
        one = Entry(order, mode, *place, found, slope.value, slope.reference, error + slack, verdict, *sides, note)
        if verdict is Verdict.KINK and not one.subgradient:
            return beside(one, probe, weights, directions, self.normal)
        if verdict is Verdict.WRONG and order == 1 and math.isfinite(found):
            return at_tie(one, probe, weights, directions, self.normal)
        return one

    @staticmethod
    def _size(
        probe: Probe, weights: Vector, directions: Directions, found: float, size: float
    ) -> tuple[float, float, float]:
        """Return the size of a slope, what part of it may be rounding, and below what it counts as zero.

        Where only a part of the result moves, as in a function of each element alone, these are that part's: a small
        element's slope isn't hidden by a large one's.
        """
        step = probe.step(directions)
        change = abs(probe.change(directions, step))
        moves = probe.moves(directions, step)
        if np.any(moves) and not np.all(moves) and np.all(np.isfinite(change)):
            size = max(float(abs(weights) @ change) / step, abs(found) if math.isfinite(found) else 0.0)
        else:
            moves = np.ones_like(moves)
        natural = float(np.max(abs(probe.start[moves]), initial=0.0))
        noise = float(np.max(probe.noise[moves], initial=0.0))
        rounding = ROUNDING * (noise / natural if natural else probe.eps)
        return size, rounding, 100 * probe.eps * natural / probe.width(directions)

    def _verdict(
        self, found: float, slope: Slope, slack: float, size: float, rounded: float, order: int
    ) -> tuple[Verdict, str]:
        """Return the verdict on a number, and the reason where it isn't plain; below `rounded` it counts as zero."""
        if slope.shape is Shape.KINK:
            return Verdict.KINK, ""
        if slope.shape is not Shape.SMOOTH and any(e.verdict is Verdict.KINK and e.order < order for e in self.entries):
            return Verdict.KINK, "the gradient itself has no slope where the function has a kink"
        if slope.shape is Shape.EDGE:
            sides = [side for side, x in (("left", slope.left), ("right", slope.right)) if not math.isfinite(x)]
            return Verdict.OUTSIDE, f"the function isn't finite on the {' and on the '.join(sides)}"
        if slope.shape is Shape.JUMP:
            return Verdict.JUMP, "the function jumps here, however small the step"
        three = (slope.left, slope.right, slope.value)
        if slope.shape is Shape.UNSETTLED and all(abs(found - side) <= slack for side in three):
            return Verdict.RIGHT, ""
        infinite = not math.isfinite(found) and slope.error > max(1e-3 * abs(slope.value), 1e-6 * size, rounded)
        if slope.shape is Shape.UNSETTLED or infinite:
            both = f"left {slope.left:.3g}, right {slope.right:.3g}"
            return Verdict.UNKNOWN, f"the slope doesn't settle as the step shrinks ({both})"
        allowed = slope.error + slack + max(self.atol, self.rtol * abs(slope.value))
        if not abs(found - slope.value) <= allowed:
            return Verdict.WRONG, ""
        if slack > max(size, self.atol) and abs(found) > rounded:
            return Verdict.UNKNOWN, f"by rounding alone the gradient may be off by {slack:.1g}"
        if slope.error > max(KNOWN * size, self.atol, self.rtol * size) and abs(found) > rounded:
            return Verdict.UNKNOWN, f"the slope is known to {slope.error:.1g} only: the function's noise hides it"
        return Verdict.RIGHT, ""

    def add(self, entry: Entry) -> Entry:
        """Keep an entry, with what `rtol` and `atol` add to what is allowed."""
        more = max(self.atol, self.rtol * abs(entry.expected) if math.isfinite(entry.expected) else 0.0)
        self.entries.append(replace(entry, allowed=entry.allowed + more))
        return self.entries[-1]

    def _taylor(self, probe: Probe, weights: Vector, directions: Directions, gradients: list[Any]) -> None:
        """Measure the order at which the remainder of the first Taylor polynomial vanishes (see `Report.taylor`)."""
        slope = sum(float(coordinates([g]) @ coordinates([directions[n]])) for n, g in enumerate(gradients))
        width, noise = probe.width(directions), float(abs(weights) @ probe.noise)
        steps = width * 2.0 ** -np.arange(2, 16)
        with np.errstate(all="ignore"):
            rest = np.array([abs(weights @ probe.change(directions, h) - h * slope) for h in steps])
        usable = np.isfinite(rest) & (rest > 100 * noise)
        if np.count_nonzero(usable) >= 3:
            at = np.flatnonzero(usable)[-5:]
            self.taylor = float(np.polyfit(np.log(steps[at]), np.log(rest[at]), 1)[0])

    def _expected(self, probe: Probe, weights: Vector, number: int) -> Any:
        """Return the gradient by one leaf from differences, in the leaf's shape."""
        x = probe.leaves[number]
        flat = np.array([slopes(probe, {number: unit(x, k)}, weights)[0].value for k in range(coordinates([x]).size)])
        return (flat.view(np.complex128) if np.iscomplexobj(x) else flat).reshape(np.shape(x))


def misfit(g: Any, x: Any) -> str:
    """Say why a gradient can't be compared with its argument number by number; empty if it can."""
    if g.shape != np.shape(x):
        return f"its shape is {g.shape}, and the argument's is {np.shape(x)}"
    if np.iscomplexobj(g) and not np.iscomplexobj(x):
        return f"its dtype is {g.dtype}, and the argument's is {np.result_type(x)}"
    return ""


def coarseness(x: Any) -> float:
    """Return the precision of a number's or array's dtype: the distance from 1 to the next number."""
    dtype = np.result_type(raw(x))
    return float(np.finfo(dtype).eps) if dtype.kind in "fc" else 0.0
