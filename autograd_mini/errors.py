"""Named exceptions and warnings: each message says what was wrong, why, and what to write instead."""

from __future__ import annotations

import copyreg
from typing import Any


class AutogradError(Exception):
    """Base of every error that `autograd_mini` raises on purpose.

    Parameters
    ----------
    what : str
        What was wrong, with the names, shapes and dtypes involved.
    why : str, optional
        Why that can't work.
    instead : str, optional
        What to write instead.

    Examples
    --------
    >>> print(AutogradError("x has shape (2,)", "a loss is one number", "np.sum(x)"))
    x has shape (2,)
      why: a loss is one number
      instead: np.sum(x)
    """

    def __init__(self, what: str, why: str = "", instead: str = "") -> None:
        super().__init__(what, why, instead)
        self.what, self.why, self.instead = what, why, instead

    def __str__(self) -> str:
        lines = [self.what]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.instead:
            lines.append(f"  instead: {self.instead}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        # A subclass may take other arguments, and an error comes back from another process as a pickle.
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]


class NotCovered(AutogradError, TypeError):
    """A function (or one of its arguments) has no derivative rule, so its call on a Value is refused."""


class ConversionRefused(AutogradError, TypeError):
    """A conversion would have dropped the gradient in silence (`float(v)`, `np.asarray(v)`, `a[0] = v`)."""


class InvalidInput(AutogradError, TypeError):
    """An argument has a type or dtype that can't be differentiated."""


class ShapeError(AutogradError, ValueError):
    """Shapes that don't belong together."""


class BackwardError(AutogradError, RuntimeError):
    """A backward pass that can't give the gradient that was asked for."""


class StaleDataError(AutogradError, RuntimeError):
    """An array that a rule saved was changed in place before the backward pass used it."""


class RuleError(AutogradError, ValueError):
    """A derivative rule is malformed, or returned something that doesn't fit its argument."""


class AnomalyError(AutogradError, FloatingPointError):
    """The first NaN or infinity, found inside `detect_anomaly`."""


class MissingPackage(AutogradError, ImportError):
    """A package that only an extra needs isn't installed."""


class GradientMismatch(AutogradError, AssertionError):
    """A gradient check found a difference larger than the numbers allow."""


class ZeroGradientWarning(UserWarning):
    """A gradient is zero only because every path passes a function that has no derivative."""


class DegenerateWarning(UserWarning):
    """Eigenvalues or singular values coincide where a gradient through their vectors was asked for."""
