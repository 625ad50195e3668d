"""What is switched on around a computation: `no_grad`, `full_record`, `scope`, `detect_anomaly`.

The state is one immutable object in a context variable, so threads and tasks don't see each other's, and None
while nothing is switched on, so that the common path pays for one look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal


@dataclass(frozen=True)
class Mode:
    """What differs from the common path.

    `floor` is a creation number: nodes older than it count as constants. `no_grad` sets it to infinity, and a
    transform inside `no_grad` sets it to the number of its own oldest leaf.
    """

    floor: float = 0
    full_record: bool = False
    scope: tuple[str, ...] = ()
    anomaly: bool = False
    locked: Any = None  # the arrays that detect_anomaly made read-only, as `Locked`


class ScopeName(str):
    """The name of a scope, with a number for each time that it is entered."""

    instance: int

    def __new__(cls, name: str) -> ScopeName:
        made = super().__new__(cls, name)
        made.instance = next(_instances)
        return made


_instances = count(1)
_mode: ContextVar[Mode | None] = ContextVar("autograd_mini_mode", default=None)
current = _mode.get


@contextmanager
def switched(**changes: Any) -> Iterator[None]:
    """Change the current mode for the time of a `with` block."""
    token = _mode.set(replace(_mode.get() or Mode(), **changes))
    try:
        yield
    finally:
        _mode.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: every result is a constant. Also usable as a decorator.

    Transforms work inside for their own leaves; Values from outside are constants to them.

    Examples
    --------
    >>> import autograd_mini as am
    >>> w = am.Value(3.0)
    >>> with am.no_grad():
    ...     y = w * w
    >>> float(y)
    9.0
    """
    with switched(floor=float("inf")):
        yield


@contextmanager
def full_record() -> Iterator[None]:
    """Keep each call's function, arguments and result, also where no rule needs them.

    Examples
    --------
    >>> import autograd_mini as am
    >>> with am.full_record():
    ...     y = am.Value([1.0, 2.0]) + 1.0
    >>> y.node.call.arguments
    (array([1., 2.]), 1.0)
    """
    with switched(full_record=True):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Group what is recorded inside under a name, for drawings. Scopes nest.

    Examples
    --------
    >>> import autograd_mini as am
    >>> with am.scope("encoder"):
    ...     y = am.Value(2.0) * 3.0
    >>> y.node.scope
    ('encoder',)
    """
    mode = _mode.get() or Mode()
    with switched(scope=(*mode.scope, ScopeName(name))):
        yield


Locked = dict[int, tuple[Any, Any]]  # by its id, an array and the node that saved it


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise at the first NaN or infinity, in a value or a gradient, naming the operation and its line.

    Inside, arrays that a rule saved are read-only, so a write through a raw array raises at the write.

    Raises
    ------
    AnomalyError
        Where an operation's result, or a cotangent, stops being finite.

    Examples
    --------
    >>> import numpy as np, autograd_mini as am
    >>> with am.detect_anomaly(), np.errstate(invalid="ignore"):
    ...     np.log(am.Value(-1.0))
    Traceback (most recent call last):
    ...
    autograd_mini.errors.AnomalyError: the result of numpy.log is nan...
    """
    locked: Locked = {}
    with switched(anomaly=True, locked=locked):
        try:
            yield
        except ValueError as error:
            if "read-only" in str(error) and locked:
                names = ", ".join(dict.fromkeys(node.op.name for _, node in locked.values()))
                error.add_note(
                    "  why: inside am.detect_anomaly() what an operation saved is read-only until the backward pass has"
                    f" used it; {names} saved arrays\n  instead: the write after backward(), or into a copy"
                )
            raise
        finally:
            unlock(locked)


def unlock(locked: Locked) -> None:
    """Make arrays writable again: owners of memory before their views, which can't be writable alone."""
    for array, _ in sorted(locked.values(), key=lambda pair: pair[0].base is not None):
        array.flags.writeable = True
    locked.clear()


# Calls of functions without a derivative that gave integers or booleans (their results are raw arrays, so the
# graph can't show them): (name, nodes of the arguments). A transform listens, to name them in a warning. False while
# a rule runs: what a rule compares or rounds is no concern of the user.
Heard = list[tuple[str, tuple[Any, ...]]]
listening: ContextVar[Heard | Literal[False] | None] = ContextVar("autograd_mini_listening", default=None)
