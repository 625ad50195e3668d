"""What a gradient check found: one entry for each comparison, and the report over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from math import isfinite, isnan, nan
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..errors import AutogradError, GradientMismatch


class CheckError(AutogradError, ValueError):
    """A function, or a point, at which differences say nothing about a gradient."""


class Verdict(StrEnum):
    """What a check can say of a gradient, the gravest last."""

    RIGHT = "right"
    KINK = "a kink here"
    UNKNOWN = "can't tell"
    JUMP = "discontinuous"
    OUTSIDE = "outside the domain"
    WRONG = "wrong"
    RANDOM = "not deterministic"


TOGETHER = "all elements together"
GRAVITY = {verdict: i for i, verdict in enumerate(Verdict)}


@dataclass(frozen=True)
class Entry:
    """One comparison: a number of a gradient, and what it should be.

    Attributes
    ----------
    order : int
        1 for the gradient itself, 2 for the gradient of the gradient, and so on.
    mode : str
        Where `found` comes from: ``"vjp"``, ``"jvp"`` or, for a gradient made elsewhere, ``"grad"``.
    argument : str
        The argument's name, and the path to the array in it.
    index : tuple of int or None
        The element of the array; None where all elements moved at once.
    part : str
        ``"real"`` or ``"imag"`` for an element of a complex array; where all moved at once, and by the same, ``"all
        elements together"``; else ``""``.
    found, expected : float
        The number under test, and what it should be.
    reference : str
        Where `expected` comes from: ``"difference"``, ``"complex step"``, or ``"vjp"`` for a jvp.
    allowed : float
        How far both may be apart: the estimated error of the differences and of rounding, and what `rtol` and `atol`
        add.
    verdict : Verdict
    left, right : float
        The slopes on both sides, where they differ: of a kink, or at the edge of the domain (NaN on the outer side).
    note : str
        The reason for the verdict, where it isn't plain.
    beside : tuple of float
        At a kink, slopes at points beside it, if they were looked at; of a gradient, any are taken for granted.
    """

    order: int
    mode: str
    argument: str
    index: tuple[int, ...] | None
    part: str
    found: float
    expected: float
    reference: str
    allowed: float
    verdict: Verdict
    left: float = nan
    right: float = nan
    note: str = ""
    beside: tuple[float, ...] = ()

    @property
    def absolute(self) -> float:
        """The absolute error: ``|found - expected|``."""
        return abs(self.found - self.expected)

    @property
    def relative(self) -> float:
        """The error relative to the larger of both numbers; NaN if one of them isn't finite."""
        if not (isfinite(self.found) and isfinite(self.expected)):
            return nan
        size = max(abs(self.found), abs(self.expected))
        return self.absolute / size if size else 0.0

    @property
    def subgradient(self) -> bool:
        """Whether the number is a subgradient: between the slopes on both sides, or at points beside it [1]_.

        The first is the subgradient of a convex function (or the supergradient of a concave one), the second the
        generalised gradient of any; three numbers that tie in a sort have one that is no slope on a side.

        References
        ----------
        .. [1] F. H. Clarke, Generalized gradients and applications, Trans. AMS 205 (1975) 247-262.
        """
        slopes = (self.left, self.right, *self.beside)
        return min(slopes) - self.allowed <= self.found <= max(slopes) + self.allowed

    @property
    def ok(self) -> bool:
        """Whether the number is right, or as right as it can be at a kink."""
        return self.verdict is Verdict.RIGHT or (self.verdict is Verdict.KINK and self.subgradient)

    @property
    def place(self) -> str:
        """The argument and its element, as code would name it."""
        if self.index is None:
            return f"{self.argument}, {self.part or 'in a random direction'}"
        index = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.argument}{index}{self.part and '.' + self.part}"

    @property
    def badness(self) -> float:
        """How many times the error is larger than what is allowed; infinite for NaN."""
        if isnan(self.absolute) or self.allowed == 0:
            return float("inf") if isnan(self.absolute) or self.absolute else 0.0
        return self.absolute / self.allowed


class Pattern(NamedTuple):
    """What the errors of one array have in common.

    `kind` is one of ``"sign"``, ``"constant factor"``, ``"zero"``, ``"offset"``, ``"transposed"``, ``"conjugate"``,
    ``"swapped"``, ``"missing sum"``, ``"overwritten"`` (``=`` for ``+=``), ``"dtype"``, ``"some elements"``; `text`
    says it in words, with its numbers.
    """

    argument: str
    kind: str
    text: str


class Blame(NamedTuple):
    """One operation whose local derivative is wrong, or at which the graph was walked wrongly.

    `what` is ``"rule"``, ``"shape"``, ``"dtype"`` or ``"accumulation"``; `line` is the line of code that called the
    operation, `argument` the parameter whose rule is wrong, `order` the lowest order at which it is.
    """

    what: str
    operation: str
    argument: str
    line: str
    order: int
    pattern: Pattern | None
    text: str


class Coverage(NamedTuple):
    """How thoroughly one array was checked: `elements` of its `size` numbers alone, and `directions` of all at once.

    `detection` is the probability that an error of a hundredth of the gradient's length would have been found.
    """

    argument: str
    size: int
    elements: int
    directions: int
    detection: float

    @property
    def complete(self) -> bool:
        """Whether each element was compared by itself."""
        return self.elements == self.size


class Map(NamedTuple):
    """A whole gradient beside its differences, in the shape of its argument (complex for a complex one)."""

    argument: str
    found: NDArray[Any]
    expected: NDArray[Any]
    allowed: NDArray[Any]


@dataclass(frozen=True)
class Report:
    """All comparisons of a gradient check, and what they come to.

    Attributes
    ----------
    name : str
        The name of the function.
    entries : tuple of Entry
        Every comparison, the gravest and worst first.
    patterns : tuple of Pattern
        What the errors of each wrong array have in common, where they have anything.
    blame : tuple of Blame
        The operations that are at fault, if the gradient is wrong and the function could be recorded.
    coverage : tuple of Coverage
        How thoroughly each array was checked.
    taylor : float
        The order at which the remainder ``f(x + h d) - f(x) - h g·d`` vanishes with h: 2 if the gradient is right, 1 if
        it isn't; NaN where it can't be measured (the remainder is rounding, or the point is at a kink).
    maps : tuple of Map
        The gradients of order 1 that were compared element by element.
    error : CheckError or None
        Why nothing could be compared, where that is so.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_mini.check import check_grads
    >>> found = check_grads(np.sin, 1.0, report=True)
    >>> found.ok, str(found.verdict), found.worst < 1e-8
    (True, 'right', True)
    >>> found.entries[0].place
    'x'
    """

    name: str
    entries: tuple[Entry, ...]
    patterns: tuple[Pattern, ...] = ()
    blame: tuple[Blame, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    taylor: float = nan
    maps: tuple[Map, ...] = ()
    error: CheckError | None = None
    failed: Verdict = field(default=Verdict.RIGHT)

    def __post_init__(self) -> None:
        ranked = sorted(self.entries, key=lambda e: (-GRAVITY[e.verdict], e.ok, -e.badness, e.mode == "jvp"))
        object.__setattr__(self, "entries", tuple(ranked))

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of all entries."""
        return max((self.failed, *(entry.verdict for entry in self.entries)), key=GRAVITY.__getitem__)

    @property
    def ok(self) -> bool:
        """Whether every number is right, or a subgradient at a kink."""
        return self.error is None and all(entry.ok for entry in self.entries)

    @property
    def worst(self) -> float:
        """The largest relative error, where numbers too small to be known that well count as they are known."""
        return max((e.absolute / max(abs(e.found), abs(e.expected), e.allowed * 1e8) for e in self.entries
                    if e.allowed and isfinite(e.absolute)), default=0.0)  # fmt: skip

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The entries that aren't right, the gravest and worst first."""
        return tuple(entry for entry in self.entries if not entry.ok)

    def __bool__(self) -> bool:
        return self.ok

    def as_dict(self) -> Mapping[str, Any]:
        """Return everything as dicts, lists, strings and numbers, as JSON has them: None for NaN and infinity."""
        made: dict[str, Any] = as_json({
            "function": self.name,
            "verdict": str(self.verdict),
            "ok": self.ok,
            "taylor": self.taylor,
            "error": None if self.error is None else str(self.error),
            "entries": [asdict(entry) | {"verdict": str(entry.verdict)} for entry in self.entries],
            "patterns": [pattern._asdict() for pattern in self.patterns],
            "blame": [blame._asdict() | {"pattern": blame.pattern and blame.pattern._asdict()} for blame in self.blame],
            "coverage": [coverage._asdict() for coverage in self.coverage],
        })  # fmt: skip
        return made

    def __str__(self) -> str:
        from .show import as_text

        return as_text(self)

    def __repr__(self) -> str:
        from .show import in_a_line

        return in_a_line(self)

    def _repr_html_(self) -> str:
        from .show import as_html

        return as_html(self)

    def refusal(self) -> AutogradError:
        """Return the error that says what was found: a `GradientMismatch` for a wrong gradient, else a `CheckError`."""
        from .show import message

        if self.error is not None:
            return self.error
        wrong = self.verdict in (Verdict.WRONG, Verdict.KINK)
        return (GradientMismatch if wrong else CheckError)(*message(self))


def grave_first(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries of the lowest order that is not right."""
    lowest = min((entry.order for entry in entries if not entry.ok), default=1)
    return [entry for entry in entries if entry.order == lowest and not entry.ok]


def as_json(x: Any) -> Any:
    """Return a tree with null for NaN and infinity, which JSON doesn't have.

    Examples
    --------
    >>> as_json({"taylor": float("nan"), "found": [1.5, float("inf")]})
    {'taylor': None, 'found': [1.5, None]}
    """
    if isinstance(x, dict):
        return {key: as_json(part) for key, part in x.items()}
    if isinstance(x, list | tuple):
        return [as_json(part) for part in x]
    return None if isinstance(x, float) and not isfinite(x) else x
