"""`draw`: a recorded graph as a picture that shows itself in a notebook and can be saved."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..engine import Value
from ..errors import StaleDataError
from ..graph import by_number, own_module
from ..registry import RULES
from ..state import full_record
from ..trace import Trace, name_of
from ..tree import leaves, map_leaves
from .dot import to_graph
from .graph_data import GraphData, Root, Shown, describe_graph
from .known import Known
from .mistaken import current
from .naming import argument_names
from .overlays import OVERLAYS, Overlay
from .passes import gradients, is_loss
from .rendering import DrawingError, find_renderer, render, writable_path, write_whole
from .scalars import scalar_results
from .selection import reachable
from .text import as_tree

FEWEST = 10
own_module(globals())


class Options(NamedTuple):
    """How a graph is drawn."""

    max_nodes: int
    scalars: bool
    overlay: Overlay | None
    exact: bool = False


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
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = draw(Value(2.0) * 3.0).save(os.path.join(folder, "graph.dot"))
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
) -> Drawing:
    """Draw the graph of a recorded Value, or of a function at some arguments.

    Leaves are boxes (blue), constants dashed notes (grey), operations round (yellow); the result has a double outline
    (green). Names are bold. A box shows shape and dtype (for float64 numbers neither), the value, and the gradient: of
    arrays the range and the mean. An operation's tooltip is the line of code that called it.

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
    >>> w, x = Value(0.5, name="w"), Value(2.0, name="x")
    >>> draw(np.tanh(w * x))
    <Drawing of 2 operations, 2 leaves>
    >>> draw(lambda w, x: np.tanh(w * x), 0.5, 2.0, direction="LR")
    <Drawing of 2 operations, 2 leaves>
    """
    check_options(direction, max_nodes, overlay)
    options = Options(max_nodes, scalars, OVERLAYS[overlay] if overlay else None)
    if isinstance(what, Value):
        data = of_value(what, args, options)
    elif callable(what):
        data = of_function(what, args, options)
    else:
        raise DrawingError(
            f"am.draw got {type(what).__name__}, which has no graph",
            "only what is computed from a Value is recorded",
            "am.draw(value) with the result of a computation on am.Value(...), or am.draw(f, *args)",
        )
    return Drawing(data, direction)


def check_options(direction: str, max_nodes: Any, overlay: Any) -> None:
    """Raise if an option of `draw` makes no sense."""
    if overlay is not None and overlay not in OVERLAYS:
        raise DrawingError(
            f"overlay is {overlay!r}", "it says what the colours of a drawing tell", ", ".join(map(repr, OVERLAYS))
        )
    if direction not in ("TB", "LR"):
        raise DrawingError(
            f"direction is {direction!r}", "a graph is drawn from top to bottom or from left to right", '"TB" or "LR"'
        )
    if not isinstance(max_nodes, int) or max_nodes < FEWEST:
        raise DrawingError(
            f"max_nodes is {max_nodes!r}",
            "a result, its inputs and a node for the rest need some room",
            f"an integer of at least {FEWEST}",
        )


def of_value(value: Value, args: tuple[Any, ...], options: Options) -> GraphData:
    """Describe the graph of a recorded Value."""
    if args:
        raise DrawingError(
            f"am.draw got a Value and {len(args)} more",
            "a Value is drawn alone; arguments belong to a function",
            "am.draw(value), am.draw(f, *args), or am.draw(np.stack([v, w])) for several in one picture",
        )
    if value.node is None:
        raise DrawingError(
            f"{value!r} has no graph",
            "it was not computed from a Value that can be differentiated, or under no_grad",
            "make the inputs am.Value(...), and compute the result from them outside no_grad",
        )
    if options.scalars:
        return of_scalars([Root(value.node, value.data)], options)
    name = "result" if options.exact else argument_names("what").get("what")
    shown = Shown(*gradients_of(value), options.overlay, options.exact)
    return describe_graph([Root(value.node, value.data, name)], options.max_nodes, shown)


def of_scalars(roots: list[Root], options: Options) -> GraphData:
    """Describe the graph of what was computed, on single numbers."""
    nodes = [root.node for root in roots]
    newest_first = sorted(reachable(nodes), key=by_number, reverse=True)
    results = scalar_results(nodes, Known({root.node: root.data for root in roots}, newest_first))
    found = gradients_of(results[0]) if len(results) == 1 else (None, None)
    return describe_graph(
        [Root(x.node, x.data) for x in results], options.max_nodes, Shown(*found, overlay=options.overlay)
    )


def of_function(function: Callable[..., Any], args: tuple[Any, ...], options: Options) -> GraphData:
    """Run a function with everything kept, and describe its graph."""
    raw = tuple(map_leaves(lambda x: x.data if isinstance(x, Value) else x, x) for x in args)
    argnums = tuple(i for i, x in enumerate(raw) if is_number(x) or any(True for _ in leaves(x)))
    if not argnums:
        raise DrawingError(
            f"am.draw({name_of(function)}) has no number or array to start from",
            "a function is drawn as it runs on its arguments" if not args else "no argument can be differentiated",
            f"am.draw({name_of(function)}, 2.0), with the arguments it takes",
        )
    with full_record():
        trace = Trace(function, raw, {}, argnums)
    for leaf, (name, given) in zip(trace.leaves, named_leaves(function, args, argnums), strict=True):
        own_name = given.name if isinstance(given, Value) else None
        if leaf.name is None:
            leaf.name = own_name or name
    roots = [
        Root(x.node, x.data, f"result{path}")
        for path, x in leaves(trace.result)
        if isinstance(x, Value) and x.node is not None
    ]
    if not roots:
        raise DrawingError(
            f"the result of {name_of(function)} doesn't depend on its arguments",
            "nothing was recorded: it returned a constant, or computed it outside NumPy or under no_grad",
            "return what is computed from the arguments, with np functions",
        )
    if options.scalars:
        return of_scalars(roots, options)
    found, right = gradients_of(trace.result)
    return describe_graph(roots, options.max_nodes, Shown(found or {}, right, overlay=options.overlay))


def is_number(x: Any) -> bool:
    """Whether an argument is an integer that counts as a number to differentiate, as for `grad`."""
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


def named_leaves(
    function: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int]
) -> Iterator[tuple[str, Any]]:
    """Iterate over the leaves of the differentiated arguments as they were given, named by parameter and path."""
    parameters = parameter_names(function, len(args))
    for i in argnums:
        for path, x in [("", args[i])] if is_number(args[i]) else leaves(args[i]):
            yield parameters[i] + path, x


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """Return the names under which a function takes its positional arguments, numbered where it has none."""
    if function in RULES:
        names = list(RULES[function].params)
        star = RULES[function].star
    else:
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except ValueError:  # some functions written in C
            parameters = []
        names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        star = next((i for i, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL), None)
    if star is None:
        return [*names, *(f"argument {i}" for i in range(len(names), count))][:count]
    return [*names[:star], *(f"{names[star]}[{i}]" for i in range(count))][:count]


def gradients_of(result: Any) -> tuple[dict[Any, Any] | None, dict[Any, Any] | None]:
    """Return the gradient of a result with respect to every node behind it, and inside `mistakes` the right ones too.

    None unless it is a single real number, or if arrays that are needed were changed in place since.
    """
    if not is_loss(result):
        return None, None
    seed, mistake = result.dtype.type(1), current.get()
    try:
        with warnings.catch_warnings(action="ignore"):  # told where the user asks for a gradient
            right = gradients(result.node, seed)
    except StaleDataError:
        return None, None
    return (right, None) if mistake is None else (mistake.gradients(result.node, seed), right)
