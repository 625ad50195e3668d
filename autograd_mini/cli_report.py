"""The page that `autograd-mini train digits` leaves: curves, confusion matrix, mistakes, gradient check and flow."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import MissingPackage

if TYPE_CHECKING:
    from .data import Samples
    from .train import History

MOST_SHOWN = 40  # wrong digits


def report_page(
    title: str,
    subtitle: str,
    numbers: dict[str, str],
    history: History,
    held_out: Samples,
    outputs: Any,
    verdict: str,
    flow: str,
    settings: dict[str, Any],
) -> str:
    """Return the page as one HTML file, which needs no network and runs no code.

    Parameters
    ----------
    title, subtitle : str
    numbers : dict of str
        What stands large on top, by what it is.
    history : History
    held_out : Samples
    outputs : array of shape (len(held_out), classes)
        What the model answers to them.
    verdict : str
        What the gradient check says.
    flow : str
        The picture of the gradient's flow as SVG; empty if nothing here could render it.
    settings : dict
    """
    template = Template((files(__package__) / "report.html").read_text(encoding="utf-8"))
    missing = '<p>No picture: <code>pip install "autograd_mini[{}]"</code></p>'
    return template.substitute(
        title=escape(title),
        subtitle=escape(subtitle),
        numbers="".join(f"<li><b>{escape(x)}</b>{escape(name)}</li>" for name, x in numbers.items()),
        curves=curves(history) or missing.format("plot"),
        confusion=confusion_table(held_out.labels, np.argmax(outputs, axis=1)),
        wrong=wrong_digits(held_out, outputs),
        verdict=escape(verdict),
        flow=f'<div class="picture flow">{flow}</div>' if flow else missing.format("draw"),
        settings=settings_table(settings),
    )


def curves(history: History) -> str:
    """Return the learning curves as a picture, or nothing without matplotlib."""
    from .figures import as_svg

    try:
        svg = as_svg(history.plot())
    except MissingPackage:
        return ""
    name = f"loss and metrics over {len(history)} epochs"
    return f'<div class="picture"><img alt="{name}" src="data:image/svg+xml;base64,{b64encode(svg).decode()}"></div>'


def confusion_matrix(labels: Any, read: Any, classes: int) -> Any:
    """Count how often each class is read as each.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, read), 1)
    return counts


def confusion_table(labels: Any, read: Any) -> str:
    """Return the confusion matrix as a table whose cells are shaded by their share of the row."""
    counts = confusion_matrix(labels, read, int(max(labels.max(), read.max())) + 1)
    head = "".join(f'<th scope="col">{i}</th>' for i in range(len(counts)))
    rows = []
    for i, row in enumerate(counts):
        cells = []
        for j, n in enumerate(row):
            kind = "right" if i == j else "wrong" if n else "none"
            cells.append(f'<td class="{kind}" style="--share:{n / max(1, row.sum()):.3f}">{n or ""}</td>')
        rows.append(f'<tr><th scope="row">{i}</th>{"".join(cells)}</tr>')
    return f'<table class="confusion"><tr><td></td>{head}</tr>{"".join(rows)}</table>'


def wrong_digits(held_out: Samples, outputs: Any) -> str:
    """Return pictures of the digits that the model got wrong, the surest mistake first."""
    from .rules.network import softmax

    sure, read = softmax(outputs), np.argmax(outputs, axis=1)
    wrong = np.flatnonzero(read != held_out.labels)
    order = wrong[np.argsort(-np.max(sure[wrong], axis=1), kind="stable")][:MOST_SHOWN]
    if not len(wrong):
        return "<p>No digit is wrong.</p>"
    shown = f", the {len(order)} surest of them" if len(order) < len(wrong) else ", the surest first"
    figures = "".join(
        f"<figure>{as_picture(held_out.images[i])}<figcaption>{held_out.labels[i]}, read as {read[i]}"
        f"<br>{sure[i, read[i]]:.0%} sure</figcaption></figure>"
        for i in order
    )
    return f'<p>{len(wrong)} of {len(read)} are wrong{shown}.</p><div class="digits">{figures}</div>'


def as_picture(image: Any) -> str:
    """Return an image of grey levels from 0 to 16 as SVG, dark on white."""
    height, width = image.shape
    pixels = "".join(
        f'<rect x="{j}" y="{i}" width="1.02" height="1.02" fill-opacity="{image[i, j] / 16:.2f}"/>'
        for i, j in np.argwhere(image)
    )
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="an image of {height}×{width}">{pixels}</svg>'


def settings_table(settings: dict[str, Any]) -> str:
    """Return what was chosen as a table."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(x))}</td></tr>" for name, x in settings.items())
    return f'<table class="settings">{rows}</table>'
