"""What a gradient check found: one entry for each comparison, and the report over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan

from ..errors import AutogradError, GradientMismatch

SHOWN = 5  # the lines of a message


class CheckError(AutogradError, ValueError):
    """A function, or a point, at which differences say nothing about a gradient."""


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
        The element of the array; None where all elements moved at once, in a random direction.
    part : str
        ``"real"`` or ``"imag"`` for an element of a complex array, else ``""``.
    found, expected : float
        The number under test, and what it should be.
    reference : str
        Where `expected` comes from: ``"difference"``, or ``"vjp"`` for a jvp.
    error : float
        How far `expected` may be off: the estimated error of the differences and of rounding.
    rtol : float
        The relative error that is allowed.
    """

    order: int
    mode: str
    argument: str
    index: tuple[int, ...] | None
    part: str
    found: float
    expected: float
    reference: str
    error: float
    rtol: float

    @property
    def absolute(self) -> float:
        """The absolute error: ``|found - expected|``."""
        return abs(self.found - self.expected)

    @property
    def relative(self) -> float:
        """The error relative to the larger of both numbers.

        Where both are too small to be known to `rtol`, it is relative to the smallest number that is,
        ``error / rtol``. NaN if one of them isn't finite.
        """
        if not (isfinite(self.found) and isfinite(self.expected)):
            return float("nan")
        size = max(abs(self.found), abs(self.expected), self.error / self.rtol if self.rtol else 0.0)
        return self.absolute / size if size else 0.0

    @property
    def ok(self) -> bool:
        """Whether both numbers are the same, as far as they are known."""
        return self.relative <= self.rtol or (self.rtol == 0 and self.absolute <= self.error)

    @property
    def place(self) -> str:
        """The argument and its element, as code would name it."""
        if self.index is None:
            return f"{self.argument}, in a random direction"
        index = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{self.argument}{index}{self.part and '.' + self.part}"

    @property
    def badness(self) -> float:
        """How many times the error is larger than what is allowed; infinite for NaN."""
        relative = self.relative
        return float("inf") if isnan(relative) else relative / self.rtol if self.rtol else self.absolute

    def __str__(self) -> str:
        return (
            f"{self.place}: {self.mode} {self.found:.8g}, {self.reference} {self.expected:.8g},"
            f" absolute error {self.absolute:.2g}, relative error {self.relative:.2g}"
        )


class Report:
    """All comparisons of a gradient check.

    Attributes
    ----------
    name : str
        The name of the function.
    entries : tuple of Entry
        Every comparison, the worst first.

    Examples
    --------
    >>> import numpy as np
    >>> from autograd_mini.check import check_grads
    >>> found = check_grads(np.sin, 1.0, report=True)
    >>> found.ok, found.worst < 1e-8
    (True, True)
    >>> found.entries[0].place
    'x'
    """

    def __init__(self, name: str, entries: Sequence[Entry]) -> None:
        self.name = name
        self.entries = tuple(sorted(entries, key=lambda entry: (-entry.badness, entry.mode == "jvp")))

    @property
    def ok(self) -> bool:
        """Whether every number is right."""
        return all(entry.ok for entry in self.entries)

    @property
    def worst(self) -> float:
        """The relative error of the worst entry."""
        return self.entries[0].relative if self.entries else 0.0

    @property
    def wrong(self) -> tuple[Entry, ...]:
        """The entries that are wrong, the worst first."""
        return tuple(entry for entry in self.entries if not entry.ok)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        count, orders = len(self.entries), sorted({entry.order for entry in self.entries})
        upto = f" up to order {orders[-1]}" if orders[-1:] > [1] else ""
        if self.ok:
            at = f", at {self.entries[0].place}" if self.entries and self.worst else ""
            return (
                f"<gradient of {self.name}: right in {count} numbers{upto}; worst relative error {self.worst:.2g}{at}>"
            )
        return f"<{self._summary()}>"

    def _summary(self) -> str:
        wrong = self.wrong
        lowest = min(entry.order for entry in wrong)
        shown = [entry for entry in wrong if entry.order == lowest]
        lines = [f"gradient of {self.name}: wrong in {len(wrong)} of {len(self.entries)} numbers"]
        if lowest > 1:
            lines.append(f"right at order {lowest - 1}, but at order {lowest}:")
        lines += [f"  {entry}" for entry in shown[:SHOWN]]
        if len(wrong) > len(shown[:SHOWN]):
            more = len(wrong) - len(shown)
            lines.append(
                f"  ... and {len(wrong) - len(shown[:SHOWN])} more{f', {more} at higher order' if more else ''}"
            )
        return "\n".join(lines)

    def mismatch(self) -> GradientMismatch:
        """Return the error that says what is wrong."""
        return GradientMismatch(self._summary(), *explain(self.wrong))


def explain(wrong: Sequence[Entry]) -> tuple[str, str]:
    """Return why entries are wrong, as far as their kinds tell, and what to do."""
    more = "am.check_grads(..., report=True) returns every comparison"
    if any(not isfinite(entry.found) or not isfinite(entry.expected) for entry in wrong):
        return (
            "a number that isn't finite can't be compared: the point is at a pole or at the edge of the domain",
            f"a point inside the domain; {more}",
        )
    if all(entry.mode == "grad" for entry in wrong):
        return "it differs from central differences of the function itself", more
    if all(entry.reference == "vjp" for entry in wrong):
        return (
            "jvp is the transpose of vjp, so a rule on the way isn't linear in its cotangent g",
            f"no branch, mask or power of g in a rule; {more}",
        )
    if min(entry.order for entry in wrong) > 1:
        return (
            "the gradient is right, its own derivative isn't: a rule on the way computes with raw numbers"
            " that depend on its arguments",
            f"a rule written with NumPy functions of the parameters that it names; {more}",
        )
    return (
        "it differs from central differences of the function itself: a rule on the way to these arguments is wrong,"
        " or the point is at a kink, where the difference is the mean of both slopes",
        f"check the functions on the way one by one, at a point away from kinks; {more}",
    )
