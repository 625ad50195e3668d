"""The labs: scripts in cells, run by `autograd-mini lab` or as notebooks, and the few functions that they share.

A lab is one file of this folder, in the percent format of jupytext: `# %% [markdown]` starts prose, `# %%` code. Its
first line of prose is its title, `# # 1. What it shows`; nothing else has to be said anywhere for a lab to be found.
"""

from __future__ import annotations

import html
import os
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..errors import InvalidInput
from ..figures import BLUE, GREEN, GREY, ORANGE, as_gif, as_png, as_svg, figure, tidy
from ..storage import write_whole
from ..view.drawing import Drawing
from ..view.rendering import find_renderer
from ..view.stepping import StepThrough

__all__ = [
    "BLUE", "GREEN", "GREY", "ORANGE", "Lab", "as_gif", "figure", "find_labs", "full", "progress", "saved_in", "show",
    "table", "tidy",
]  # fmt: skip

SIZE = "AUTOGRAD_MINI_LAB"
TITLE = re.compile(r"^# # (\d+)\. (.+)$", re.MULTILINE)
FOLDER: ContextVar[Path] = ContextVar("FOLDER", default=Path())  # where `show` saves
Item = TypeVar("Item")

# ----------------------------------------------------------------------------------------------- Which there are


class Lab(NamedTuple):
    """A lab: its name on the command line, its place in the series, what it shows, and its file."""

    name: str
    number: int
    title: str
    script: Path


def find_labs() -> list[Lab]:
    """Return the labs in their order.

    Examples
    --------
    >>> [lab.name for lab in find_labs()][:2]
    ['closed-form', 'threshold']
    """
    scripts = (path for path in Path(__file__).parent.glob("*.py") if path.name != "__init__.py")
    titles = ((path, TITLE.search(path.read_text(encoding="utf-8"))) for path in scripts)
    labs = [Lab(path.stem.replace("_", "-"), int(title[1]), title[2], path) for path, title in titles if title]
    return sorted(labs, key=lambda lab: lab.number)


# --------------------------------------------------------------------------------------------- What a script calls


def full() -> bool:
    """Return whether experiments have their full size: unless the environment says ``AUTOGRAD_MINI_LAB=small``.

    Raises
    ------
    InvalidInput
        If the variable has another value than ``full`` or ``small``.
    """
    size = os.environ.get(SIZE, "full")
    if size not in ("full", "small"):
        raise InvalidInput(f"{SIZE}={size!r} in the environment", "it is the size of the labs", f"{SIZE}=small or full")
    return size == "full"


def table(rows: Iterable[Sequence[Any]], columns: Sequence[str], title: str = "") -> None:
    """Print rows as an aligned table; a notebook shows it as HTML.

    Parameters
    ----------
    rows : iterable of sequences
        Numbers are shown with four digits, integers with all of theirs; texts are left as they are.
    columns : sequence of str
    title : str, optional
        Stands above.

    Raises
    ------
    InvalidInput
        If a row has more or fewer cells than there are columns.

    Examples
    --------
    >>> table([("w", 2 / 3), ("b", -1.5)], ["", "gradient"], "At the start")
    At the start
         gradient
      w    0.6667
      b      -1.5
    """
    cells = [[text(cell) for cell in row] for row in rows]
    for row in cells:
        if len(row) != len(columns):
            raise InvalidInput(
                f"a row of {len(row)} cells for {len(columns)} columns", instead=f"one cell for each of {columns}"
            )
    if in_notebook():
        shown = import_module("IPython.display")
        shown.display(shown.HTML(as_html(cells, columns, title)))
        return
    if title:
        print(title)
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in [list(columns), *cells]:
        aligned = [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        print("  " + "  ".join(aligned).rstrip())
    print()


def show(what: Any, name: str) -> None:
    """Show a figure, a drawing or a page in a notebook; elsewhere save it and print where.

    Parameters
    ----------
    what : matplotlib.figure.Figure, bytes of a GIF, or the result of `am.draw` or `am.step_through`
        A figure is saved as PNG and SVG, a drawing as SVG (as DOT text where nothing renders it), a page as HTML.
    name : str
        Of the files, without a suffix.
    """
    if in_notebook():
        shown = import_module("IPython.display")
        if isinstance(what, bytes):
            what = shown.HTML(f'<img alt="{name}" src="data:image/gif;base64,{b64encode(what).decode()}">')
        elif not isinstance(what, (Drawing, StepThrough)):
            what = shown.Image(as_png(what, dpi=100, palette=True), alt=name)
        shown.display(what)
        return
    path = FOLDER.get() / name
    if isinstance(what, bytes):
        saved = path.with_suffix(".gif")
        write_whole(saved, what)
    elif isinstance(what, StepThrough):
        saved = what.save(path.with_suffix(".html"))
    elif isinstance(what, Drawing):
        saved = what.save(path.with_suffix(".svg" if find_renderer() else ".dot"))
    else:
        write_whole(path.with_suffix(".svg"), as_svg(what))
        saved = path.with_suffix(".png")
        write_whole(saved, as_png(what))
    print(f"[{saved}]\n")


def progress(items: Iterable[Item], what: str) -> Iterable[Item]:
    """Iterate over items, with a bar on stderr if that takes longer than three seconds."""
    from tqdm import tqdm  # here, since it takes longer to import than this package

    bar: Iterable[Item] = tqdm(items, desc=what, delay=3, leave=False)
    return bar


# ----------------------------------------------------------------------------------------------- How it is shown


@contextmanager
def saved_in(folder: Path) -> Iterator[None]:
    """Make `show` save into a folder; otherwise it saves into the one that a script was started in."""
    token = FOLDER.set(folder)
    try:
        yield
    finally:
        FOLDER.reset(token)


def in_notebook() -> bool:
    """Return whether this runs in the kernel of a notebook, which shows pictures and HTML itself."""
    return "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel")


def text(cell: Any) -> str:
    """Return a cell of a table as text.

    Examples
    --------
    >>> text(1 / 3), text(12345), text(0.0), text("σ"), text(np.bool_(True))
    ('0.3333', '12,345', '0', 'σ', 'yes')
    """
    if isinstance(cell, (bool, np.bool_)):
        return "yes" if cell else "no"
    if isinstance(cell, Integral):
        return f"{int(cell):,}"
    return f"{float(cell):.4g}" if isinstance(cell, Real) else str(cell)


def as_html(cells: Sequence[Sequence[str]], columns: Sequence[str], title: str) -> str:
    """Return a table as HTML."""

    def line(kind: str, row: Sequence[str]) -> str:
        sides = ["left", *["right"] * (len(row) - 1)]
        parts = zip(row, sides, strict=True)
        return "".join(f'<{kind} style="text-align:{side}">{html.escape(cell)}</{kind}>' for cell, side in parts)

    caption = title and f'<caption style="text-align:left"><b>{html.escape(title)}</b></caption>'
    body = "".join(f"<tr>{line('td', row)}</tr>" for row in cells)
    return f"<table>{caption}<thead><tr>{line('th', columns)}</tr></thead><tbody>{body}</tbody></table>"
