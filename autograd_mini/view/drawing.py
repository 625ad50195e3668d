"""`draw`: a recorded graph as a picture that shows itself in a notebook and can be saved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..graph import own_module
from ..storage import write_whole
from .dot import to_graph
from .graph_data import GraphData, Root, Shown, describe_graph
from .groups import fold_groups
from .naming import argument_names
from .overlays import OVERLAYS
from .rendering import DrawingError, find_renderer, render, writable_path
from .selection import reachable
from .sources import of_scalars, source_of
from .text import as_tree

FEWEST = 10
FOLDABLE = 5_000  # nodes of which groups are made
own_module(globals())


class Drawing:
    """The picture of a graph: it shows itself in a notebook, `save` writes it, and `print` shows it as a tree of text.

    It holds text only, nothing of the graph itself, so a drawing that is kept doesn't keep the graph.

    Attributes
    ----------
    graph : graphviz.Digraph
        The picture as the `graphviz` package has it, to change or to add to.
    """

    def __init__(self, data: GraphData, direction: str) -> None:
        self.graph = to_graph(data, direction)
        self._data = data

    @property
    def source(self) -> str:
        """The picture as DOT text, which needs no renderer."""
        return str(self.graph.source)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture: as DOT, SVG, PNG or PDF, by the suffix of the path; whole or not at all.

        Parameters
        ----------
        path : str or path
            With the suffix ``.dot``, ``.gv``, ``.svg``, ``.png`` or ``.pdf``; its folder must exist.

        Returns
        -------
        Path
            The path written.

        Raises
        ------
        DrawingError
            If the suffix is unknown, the folder is missing, or there is no renderer for the format.

        Examples
        --------
        >>> import os, tempfile
        >>> import autograd_mini as am
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = am.draw(am.Value(2.0) * 3.0).save(os.path.join(folder, "graph.dot"))
        ...     path.name
        'graph.dot'
        """
        target = writable_path(path)
        write_whole(target, render(self.source, target.suffix.lower()))
        return target

    def _repr_svg_(self) -> str | None:
        """Return the picture as SVG, or None where there is no renderer (front ends then show the text)."""
        return render(self.source, ".svg").decode() if find_renderer() else None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows: the picture, or the tree where there is no renderer."""
        svg = self._repr_svg_()
        return {"text/plain": str(self)} if svg is None else {"image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Drawing of {self._data.totals}>"

    def __str__(self) -> str:
        return as_tree(self._data)


def draw(
    what: Any,
    *args: Any,
    direction: str = "TB",
    max_nodes: int = 200,
    scalars: bool = False,
    overlay: str | None = None,
    depth: int | None = None,
    heat: bool = False,
) -> Drawing:
    """Draw the graph of a recorded Value, or of a function at some arguments.

    Leaves are boxes (blue), with a tab if they are parameters: not among a function's arguments. Constants are dashed
    notes (grey), operations round (yellow), groups grey; the result has a double outline (green). Names are bold. A box
    shows shape and dtype (for float64 numbers neither), the value, and the gradient: of arrays the range and the mean.
    An operation's tooltip is the line of code that called it.

    Parameters
    ----------
    what : Value or callable
        A Value is drawn with what its graph kept; a function is run on the arguments with everything kept. The
        gradients of a result that is a single real number are computed for the picture alone, and nobody's `.grad`
        is touched; for any other Value those are shown that `backward` left.
    *args
        The arguments of the function. Numbers, floating arrays, Values and containers of them become leaves, named
        as the function's parameters; anything else (integer arrays, booleans, strings) is passed as it is.
    direction : {"TB", "LR"}, default "TB"
        From top to bottom, or from left to right.
    max_nodes : int, default 200
        How many nodes the picture has at most. Of a larger graph those nearest the result and the named leaves are
        shown, and one node stands for all others; the title has the totals.
    scalars : bool, default False
        Draw each operation on small arrays as what it does with single numbers: a matrix product as its
        multiplications and additions. The gradients are the same.
    overlay : {"flow", "health", "memory"}, optional
        What the colours of boxes tell, with a legend: ``"flow"`` how large the gradient is, from vanishing to
        exploding; ``"health"`` where NaN and infinities begin, dead relus, saturated sigmoids, broadcasts and
        changes of dtype; ``"memory"`` how much an operation keeps for the backward pass.
    depth : int, optional
        How many groups inside each other are open: 0 folds every ``with am.scope(...)`` and every layer of `nn` into
        one box, 1 opens the outermost ones. Equal groups one after the other become one box "× n". All by default.
    heat : bool, default False
        Show arrays as small heat maps in place of range and mean: red above 0, blue below, NaN and infinities magenta.
        Of a large array, each cell has the largest number of a block.

    Returns
    -------
    Drawing
        Shows itself in a notebook; ``.save("graph.svg")`` writes it, ``.source`` is the DOT text.

    Raises
    ------
    DrawingError
        If there is no graph: a constant, a raw array, a function without arguments or whose result doesn't depend on
        them; if `direction` or `max_nodes` make no sense; or if there is no scalar view of a function.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_mini as am
    >>> w, x = am.Value(0.5, name="w"), am.Value(2.0, name="x")
    >>> draw(np.tanh(w * x))
    <Drawing of 2 operations, 2 leaves>
    >>> draw(lambda w, x: np.tanh(w * x), 0.5, 2.0, direction="LR")
    <Drawing of 2 operations, 2 leaves>
    """
    check_options(max_nodes, direction, overlay, depth)
    source = source_of(what, args, argument_names("draw", "what").get("what"))
    source = of_scalars(source) if scalars else source
    on_top = OVERLAYS[overlay] if overlay else None
    shown = Shown(source.gradients, source.right, on_top, heat=heat, inputs=source.inputs)
    return Drawing(described(source.roots, shown, max_nodes, depth), direction)


def described(roots: Sequence[Root], shown: Shown, max_nodes: int, depth: int | None) -> GraphData:
    """Describe a graph, with its groups folded below a depth; by itself, where it has too many nodes to show.

    Of a graph that doesn't fit, as many groups are open as there is room for.
    """
    if depth is not None:
        return fold_groups(describe_graph(roots, max(max_nodes, FOLDABLE), shown), depth)
    data = describe_graph(roots, max_nodes, shown)
    if data.left_out and any(node.scope for node in reachable([root.node for root in roots])):
        wide = describe_graph(roots, max(max_nodes, FOLDABLE), shown)
        for level in range(max(len(box.scope) for box in wide.boxes) - 1, -1, -1):
            folded = fold_groups(wide, level)
            if len(folded.boxes) <= max_nodes:
                said = f"groups are folded below depth {level}; depth={level + 1} opens more"
                return replace(folded, title=[*folded.title, said])
    return data


def check_options(max_nodes: Any, direction: str = "TB", overlay: Any = None, depth: Any = None) -> None:
    """Raise if an option of `draw` makes no sense."""
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise DrawingError(f"depth is {depth!r}", "it counts the groups that are open", "0, 1, ... or None for all")
    if overlay is not None and (not isinstance(overlay, str) or overlay not in OVERLAYS):
        raise DrawingError(
            f"overlay is {overlay!r}", "it says what the colours of a drawing tell", ", ".join(map(repr, OVERLAYS))
        )
    if direction not in ("TB", "LR"):
        raise DrawingError(
            f"direction is {direction!r}", "a graph is drawn from top to bottom or from left to right", '"TB" or "LR"'
        )
    if not isinstance(max_nodes, (int, np.integer)) or max_nodes < FEWEST:
        raise DrawingError(
            f"max_nodes is {max_nodes!r}",
            "a result, its inputs and a node for the rest need some room",
            f"an integer of at least {FEWEST}",
        )
