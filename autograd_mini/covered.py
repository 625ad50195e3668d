"""What is covered: a table made from the registry itself."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pkgutil import resolve_name
from typing import Any

import numpy as np

from .errors import InvalidInput
from .registry import COMPOSED, KINKS, PLAIN, REFUSED, RULES, UNREACHED, ZERO, import_rules, qualified_name

DIFFERENTIABLE = ("rule", "composed")


@dataclass(frozen=True)
class Row:
    """What is known of one function.

    Attributes
    ----------
    name : str
        Its qualified name.
    how : str
        ``"rule"`` (it has a derivative rule), ``"composed"`` (it is recorded as the functions that it is made of),
        ``"zero"`` (its derivative is zero wherever it exists), ``"looks"`` (its result depends on shapes or dtypes
        alone, or is no number), ``"refused"`` (a Value raises, with what to write instead), ``"unknown"``.
    arguments : tuple of str
        The differentiable arguments.
    orders : str
        ``"any"`` where it has a derivative.
    complex : bool
        Whether the tests hold it against differences with complex numbers too.
    kink : str
        Where it has a kink, and what is done there.
    cases : int
        How many sample calls the tests hold against differences.
    dask : str
        What happens with a Dask array: ``"works"``, ``"needs one chunk"``, ``"not in Dask"``, ``"rule not in Dask"``
        (it has the function, but not one that the rule calls), ``"differs in Dask"`` (from NumPy), or nothing if
        untried; ``"some calls differ"`` stands behind it where Dask's numbers do.
    instead : str
        What to write where it is refused.
    """

    name: str
    how: str
    arguments: tuple[str, ...] = ()
    orders: str = ""
    complex: bool = False
    kink: str = ""
    cases: int = 0
    dask: str = ""
    instead: str = ""

    def cells(self) -> list[str]:
        """Return the row as texts."""
        shown = [getattr(self, field.name) for field in fields(self)]
        return [", ".join(x) if isinstance(x, tuple) else ("", "yes")[x] if isinstance(x, bool) else str(x or "")
                for x in shown]  # fmt: skip

    def __str__(self) -> str:
        pairs = zip(HEADINGS, self.cells(), strict=True)
        return "\n".join(f"{heading + ':':<11} {text}" for heading, text in pairs if text)

    __repr__ = __str__


HEADINGS = [field.name for field in fields(Row)]


class Table(list[Row]):
    """Rows of coverage, shown as a text, as a table in a notebook, or as Markdown."""

    def __str__(self) -> str:
        lines = [HEADINGS[:-1], *(row.cells()[:-1] for row in self)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS) - 1)]
        rows = ["  ".join(text.ljust(n) for text, n in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([*rows, "", self.summary()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: list[str], tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

        rows = "".join(line(row.cells(), "td") for row in self)
        return f"<p>{self.summary()}</p><table><thead>{line(HEADINGS, 'th')}</thead><tbody>{rows}</tbody></table>"

    def to_markdown(self, columns: list[str] | None = None) -> str:
        """Return the table in Markdown, with these columns."""
        places = [HEADINGS.index(column) for column in columns or HEADINGS]
        lines = [[HEADINGS[i] for i in places], ["---"] * len(places)]
        lines += [[row.cells()[i].replace("|", r"\|") for i in places] for row in self]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def summary(self) -> str:
        """Return how many functions there are of each kind."""
        counts = {how: sum(row.how == how for row in self) for how in dict.fromkeys(row.how for row in self)}
        return ", ".join(f"{n} {how}" for how, n in counts.items())


@cache
def tested() -> dict[str, dict[str, Any]]:
    """Return what the tests know of each function: sample calls, complex numbers, Dask arrays."""
    found: dict[str, dict[str, Any]] = json.loads(
        resources.files(__package__).joinpath("tested.json").read_text(encoding="utf-8")
    )
    return found


def row_of(function: Callable[..., Any]) -> Row:
    """Return what is known of a function."""
    name = qualified_name(function)
    facts = tested().get(name, {})
    if function in RULES:
        lines = RULES[function].pullbacks
        return Row(name, "rule", tuple(lines), "any" if lines else "", kink=KINKS.get(function, ""), **facts)
    if function in COMPOSED:
        arguments = tuple(facts.get("arguments", ()))
        return Row(name, "composed", orders="any", kink=KINKS.get(function, ""), **facts | {"arguments": arguments})
    if function in ZERO:
        return Row(name, "zero", kink="its steps: slope 0")
    if function in PLAIN:
        return Row(name, "looks")
    if function in REFUSED or name in UNREACHED:
        return Row(name, "refused", instead=REFUSED.get(function) or UNREACHED[name])
    return Row(name, "unknown", instead="a rule of your own: am.rule(function, x=lambda g, x: ...)")


def known_functions() -> Iterator[Callable[..., Any]]:
    """Iterate over the functions that the registry knows, and those of NumPy's that can't reach it."""
    yield from (f for table in (RULES, COMPOSED, ZERO, PLAIN, REFUSED) for f in table if callable(f))
    yield from (getattr(np, name[6:]) for name in UNREACHED if hasattr(np, name[6:]))


def coverage(function: Callable[..., Any] | str | None = None) -> Table | Row:
    """Return what can be differentiated: a table of all functions, or the row of one.

    Parameters
    ----------
    function : callable or str, optional
        A function, or its qualified name (``"numpy.median"``).

    Returns
    -------
    Table or Row
        A table is a list of rows, which shows itself as text, or as a table in a notebook.

    Raises
    ------
    InvalidInput
        If nothing has the name.

    Examples
    --------
    >>> import numpy as np
    >>> coverage("numpy.median")
    name:       numpy.median
    how:        rule
    arguments:  a
    orders:     any
    ...
    >>> coverage(np.floor).how
    'zero'
    >>> coverage(np.full).instead
    'np.broadcast_to(v, shape), or v * np.ones(shape)'
    """
    if isinstance(function, str):
        return row_of(named(function))
    if function is not None:
        import_rules(qualified_name(function))
        return row_of(namesake(function))
    return Table(sorted(map(row_of, known_functions()), key=lambda row: row.name))


def namesake(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that the registry knows under the name of another, as those of `autograd_mini.scipy`."""
    if any(function in table for table in (RULES, COMPOSED, ZERO, PLAIN, REFUSED)):
        return function
    name = qualified_name(function)
    import_rules(name)
    return registered(name) or function


def registered(name: str) -> Callable[..., Any] | None:
    """Return the function that the registry knows under a qualified name."""
    return next((f for f in known_functions() if qualified_name(f) == name), None)


def named(name: str) -> Callable[..., Any]:
    """Return the function of a qualified name; ``np.`` stands for ``numpy.``."""
    name = name.replace("np.", "numpy.", 1) if name.startswith("np.") else name
    import_rules(name)
    found: Any = registered(name)
    if found is None and name.startswith("scipy."):
        with suppress(ImportError, AttributeError, ValueError):
            found = namesake(resolve_name(name))
    if found is None and name.startswith("numpy."):
        found = np
        for part in name.split(".")[1:]:
            found = getattr(found, part, None)
    if not callable(found):
        raise InvalidInput(
            f"there is no function {name!r}",
            "coverage knows NumPy's functions, and those that have a rule",
            'the qualified name, as "numpy.linalg.solve", or the function itself',
        )
    return found  # type: ignore[no-any-return]
