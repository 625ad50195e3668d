"""Figures of matplotlib, an extra, in the pixels of a file: no display is needed, and no state is shared."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .errors import MissingPackage

# Told apart by colour-blind readers too, who also get markers and line styles.
BLUE, ORANGE, GREEN, GREY = "#2f6db3", "#d9822b", "#1f9e77", "#6b7280"


def require_matplotlib() -> None:
    """Raise where matplotlib isn't installed.

    Raises
    ------
    MissingPackage
        If it can't be imported.
    """
    try:
        import matplotlib  # noqa: F401 - whether it is there
    except ImportError as missing:
        raise MissingPackage(
            "a figure needs the package matplotlib", "it draws the axes", 'pip install "autograd_mini[plot]"'
        ) from missing


def figure(width: float, height: float, rows: int, columns: int) -> tuple[Any, Any]:
    """Return a figure, whatever display there is, and its axes.

    Parameters
    ----------
    width, height : float
        In inches.
    rows, columns : int
        Of the axes.

    Returns
    -------
    tuple of matplotlib.figure.Figure and array of matplotlib.axes.Axes
        The axes have the shape (rows, columns).

    Raises
    ------
    MissingPackage
        If matplotlib isn't installed.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made, made.subplots(rows, columns, squeeze=False)


def tidy(*many: Any, legend: bool = True) -> None:
    """Give axes a light grid, no frame, and a legend without a box."""
    for axes in many:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if legend and axes.get_legend_handles_labels()[0]:
            axes.legend(frameon=False)


def as_png(made: Any, dpi: int = 150, palette: bool = False) -> bytes:
    """Return a figure as the content of a PNG file; of 256 colours, which is a third as large, with a palette."""
    stream = io.BytesIO()
    made.savefig(stream, format="png", dpi=dpi)
    if not palette:
        return stream.getvalue()
    from PIL import Image  # which matplotlib needs

    small = io.BytesIO()
    Image.open(stream).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


def as_gif(made: Any, draw: Callable[[int], Any], frames: Iterable[int]) -> bytes:
    """Return a figure that moves, four frames a second, as the content of a GIF file.

    Parameters
    ----------
    made : matplotlib.figure.Figure
    draw : callable
        Draws the figure as it is in a frame.
    frames : iterable of int
        What `draw` is called with.
    """
    from matplotlib.animation import FuncAnimation, PillowWriter

    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        FuncAnimation(made, draw, frames).save(path, PillowWriter(fps=4), dpi=66)
        return path.read_bytes()


def as_svg(made: Any) -> bytes:
    """Return a figure as the content of an SVG file, the same each time."""
    from matplotlib import rc_context

    stream = io.BytesIO()
    with rc_context({"svg.hashsalt": "autograd_mini"}):
        made.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()
