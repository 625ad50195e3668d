"""`step_through`: a page that goes through the forward and the backward pass, one node at a time."""

from __future__ import annotations

import html
import json
import os
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from ..graph import own_module
from ..storage import write_whole
from .drawing import check_options
from .naming import argument_names
from .rendering import PAGE_SUFFIXES, writable_path
from .sources import source_of
from .story import story_of

PARTS = ("place.js", "show.js", "arrows.js", "page.js", "picture.js", "panel.js", "events.js")
own_module(globals())


class StepThrough:
    """A page that walks through a graph: it shows itself in a notebook, and `save` writes it as one file.

    It holds text only, nothing of the graph itself.

    Attributes
    ----------
    html : str
        The whole page, which needs no network and no other file.
    """

    def __init__(self, story: dict[str, Any]) -> None:
        self._totals, self._steps = story["totals"], len(story["steps"])
        own = files(__package__) / "page"
        told = json.dumps(story, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self.html = Template((own / "page.html").read_text(encoding="utf-8")).substitute(
            title=html.escape(f"{story['title']}, step by step"),
            style=(own / "page.css").read_text(encoding="utf-8"),
            script="\n".join((own / part).read_text(encoding="utf-8") for part in PARTS),
            story=told.replace("<", "\\u003c"),  # or a text could end the element that it stands in
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page, whole or not at all.

        Parameters
        ----------
        path : str or path
            With the suffix ``.html``; its folder must exist.

        Returns
        -------
        Path
            The path written.

        Raises
        ------
        DrawingError
            If the suffix is another one, or the folder is missing.

        Examples
        --------
        >>> import os, tempfile
        >>> import autograd_mini as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = am.step_through(am.Value(2.0) * 3.0).save(os.path.join(folder, "steps.html"))
        ...     path.name
        'steps.html'
        """
        target = writable_path(path, PAGE_SUFFIXES, "a page")
        write_whole(target, self.html.encode("utf-8", errors="backslashreplace"))
        return target

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, as a notebook shows it."""
        page = html.escape(self.html)
        return f'<iframe srcdoc="{page}" style="width:100%;height:640px;border:1px solid #c9d0d8"></iframe>'

    def __len__(self) -> int:
        return self._steps

    def __repr__(self) -> str:
        return f"<StepThrough of {self._totals}, {len(self)} steps>"


def step_through(what: Any, *args: Any, max_nodes: int = 2_000, depth: int | None = None) -> StepThrough:
    """Walk through the forward and the backward pass of a recorded Value, or of a function at some arguments.

    The page has the graph, and a slider that goes through it one node at a time, in the order of the engine: first each
    value as it is computed, then each operation as it passes its gradient on, with its rule in symbols and in numbers,
    what every use of a value adds to that value's gradient, and the line of code. Arrays are heat maps.

    Parameters
    ----------
    what : Value or callable
        A Value is shown with what its graph kept; a function is run on the arguments with everything kept. Nobody's
        `.grad` is touched.
    *args
        The arguments of the function, as for `draw`.
    max_nodes : int, default 2,000
        How many boxes the page has at most. Of a larger graph, those nearest the result and the named leaves.
    depth : int, optional
        How many groups inside each other are open at first; as many as there is room for by default. A click opens and
        folds each.

    Returns
    -------
    StepThrough
        Shows itself in a notebook; ``.save("steps.html")`` writes one file, which needs no network.

    Raises
    ------
    DrawingError
        If there is no graph, as for `draw`, or if `max_nodes` or `depth` make no sense.

    Notes
    -----
    A backward pass starts from one real number: of other results, the page shows the forward pass alone.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_mini as am
    >>> w, x = am.Value(0.5, name="w"), am.Value(2.0, name="x")
    >>> step_through(np.tanh(w * x))
    <StepThrough of 2 operations, 2 leaves, 7 steps>
    """
    check_options(max_nodes, depth=depth)
    source = source_of(what, args, argument_names("step_through", "what").get("what"), "am.step_through")
    return StepThrough(story_of(source, int(max_nodes), depth))
