"""What `autograd-mini train digits` leaves in its folder: a report, the weights, a summary, the graph."""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .data import Jittered
    from .nn import Sequential
    from .optim import SGD
    from .train import History
    from .view import Drawing

GRAPHED = 32  # samples in the drawing of the graph


class Setup(NamedTuple):
    """What is trained, on what and how."""

    model: Sequential
    loader: Jittered
    optimizer: SGD
    epochs: int
    held_out: Any  # inputs, in the shape that the model takes
    settings: dict[str, Any]


def is_installed(name: str) -> bool:
    """Whether a package of an extra is there.

    Examples
    --------
    >>> is_installed("numpy")
    True
    """
    return find_spec(name) is not None


def write(
    folder: Path,
    setup: Setup,
    history: History,
    outputs: Any,
    summary: dict[str, Any],
    verdict: str,
    drawings: tuple[Drawing, Drawing],
) -> None:
    """Write everything, each file whole or not at all, and print its name.

    Parameters
    ----------
    folder : Path
        Exists.
    setup : Setup
        After the training of its model.
    history : History
    outputs : array of shape (held-out samples, 10)
        What the model answers to the held-out digits.
    summary : dict
        What goes into summary.json, beside the digits that are wrong.
    verdict : str
        What the gradient check said.
    drawings : tuple of Drawing
        As `draw_step` made them.
    """
    from .cli_report import report_page
    from .data import load_digits
    from .storage import write_whole

    held_out = load_digits().held_out
    wrong = np.flatnonzero(np.argmax(outputs, axis=1) != held_out.labels)
    summary = {**summary, "wrong_held_out_digits": wrong.tolist()}
    weights = io.BytesIO()
    np.savez(weights, **setup.model.state_dict())
    write_whole(folder / "weights.npz", weights.getvalue())
    write_whole(folder / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())
    print(f"results in {folder}:")
    every_operation, layers = drawings
    save_drawing(folder, every_operation)
    flow = layers._repr_svg_() or ""
    page = report_page(
        title=f"{summary['held_out_accuracy']:.2%} of {len(held_out)} handwritten digits are read right",
        subtitle=repr(setup.model),
        numbers={
            "right on held-out digits": f"{summary['held_out_accuracy']:.2%}",
            "wrong": str(len(wrong)),
            "parameters": f"{sum(p.size for p in setup.model.parameters()):,}",
            "epochs": str(len(history)),
            "seconds, since it was resumed" if summary["resumed"] else "seconds": f"{summary['seconds']:.0f}",
        },
        history=history,
        held_out=held_out,
        outputs=outputs,
        verdict=verdict,
        flow=flow[flow.find("<svg") :],
        settings=setup.settings | {"batch_size": setup.loader.loader.batch_size},
    )
    write_whole(folder / "report.html", page.encode())
    print(
        "  report.html          curves, confusion matrix, wrong digits, gradient check and flow: open it in a browser"
    )
    print("  weights.npz          the parameters; model.load_state_dict(np.load(...)) reads them")
    print("  summary.json         settings, accuracy, losses")
    if (folder / "training.safetensors").exists():
        print("  training.safetensors all that the training depends on, for --resume")


def draw_step(setup: Setup) -> tuple[Drawing, Drawing]:
    """Draw what one step records, coloured by its gradients: with every operation, and with a box for each layer.

    It is the first step: when a training is over, all gradients are small.
    """
    from .engine import Value
    from .nn import cross_entropy
    from .state import full_record
    from .view import draw

    loader = setup.loader.loader
    with full_record():
        images = Value(loader.inputs[:GRAPHED], name="images")
        loss = cross_entropy(setup.model(images), loader.targets[:GRAPHED])
    loss.name = "loss"
    loss.backward()
    return draw(loss, overlay="flow"), draw(loss, overlay="flow", depth=1)


def save_drawing(folder: Path, drawing: Drawing) -> None:
    """Write the graph of a step as DOT text, and as pictures if something here renders them."""
    from .view.rendering import find_renderer

    drawing.save(folder / "graph.dot")
    if find_renderer() is None:
        print('  graph.dot            what a step records; for a picture: pip install "autograd_mini[draw]"')
        return
    drawing.save(folder / "graph.svg")
    drawing.save(folder / "graph.png")
    print("  graph.svg            what a step records, with values and gradients (also .png, .dot)")
