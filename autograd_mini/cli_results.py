"""What `autograd-mini train digits` leaves in its folder: weights, summary, graph, learning curve, wrong digits."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .augment import Jittered
    from .data import Samples
    from .nn import Sequential
    from .train import History

GRAPHED = 32  # samples in the drawing of the graph
MOST_SHOWN = 40  # digits in the sheet
BLUE, ORANGE, GREY = "#2f6db3", "#d9822b", "#6b7280"


def write(
    folder: Path,
    model: Sequential,
    loader: Jittered,
    history: History,
    held_out: Samples,
    outputs: Any,
    summary: dict[str, Any],
) -> None:
    """Write everything, each file whole or not at all, and print its name.

    Parameters
    ----------
    folder : Path
        Exists, and is empty.
    model : Sequential
        After its training.
    loader : Jittered
        The training part, for the graph.
    history : History
    held_out : Samples
    outputs : array of shape (len(held_out), 10)
        What the model answers to the held-out digits.
    summary : dict
        What goes into summary.json, beside the digits that are wrong.
    """
    from .view.rendering import write_whole

    wrong = np.flatnonzero(np.argmax(outputs, axis=1) != held_out.labels)
    summary = {**summary, "wrong_held_out_digits": wrong.tolist()}
    weights = io.BytesIO()
    np.savez(weights, **model.state_dict())
    write_whole(folder / "weights.npz", weights.getvalue())
    write_whole(folder / "summary.json", (json.dumps(summary, indent=2) + "\n").encode())
    print(f"results in {folder}:")
    print("  weights.npz         the parameters; model.load_state_dict(np.load(...)) reads them")
    print("  summary.json        settings, accuracy, losses")
    draw_graph(folder, model, loader)
    try:
        import matplotlib  # noqa: F401 - an extra
    except ImportError:
        print('  no pictures of the learning curve and the wrong digits: pip install "autograd_mini[plot]"')
        return
    write_whole(folder / "learning_curve.png", learning_curve(history, len(loader)))
    print("  learning_curve.png  loss and accuracy over the training")
    write_whole(folder / "wrong_digits.png", wrong_digits(held_out, outputs, wrong))
    print(f"  wrong_digits.png    the {len(wrong)} held-out digits that it got wrong")


def draw_graph(folder: Path, model: Sequential, loader: Jittered) -> None:
    """Draw what one step of the training records: as DOT text, and as pictures if something here renders them."""
    from .engine import Value
    from .nn import cross_entropy
    from .state import full_record
    from .view import draw
    from .view.rendering import find_renderer

    model.zero_grad()
    with full_record():
        images = Value(loader.loader.inputs[:GRAPHED], name="images")
        loss = cross_entropy(model(images), loader.loader.targets[:GRAPHED])
    loss.name = "loss"
    loss.backward()
    drawing = draw(loss)
    drawing.save(folder / "graph.dot")
    if find_renderer() is None:
        print('  graph.dot           what a step records; for a picture: pip install "autograd_mini[draw]"')
        return
    drawing.save(folder / "graph.svg")
    drawing.save(folder / "graph.png")
    print("  graph.svg           what a step records, with values and gradients (also .png, .dot)")


def figure(width: float, height: float, rows: int, columns: int) -> tuple[Any, Any]:
    """Return a figure in pixels of the file, whatever display there is, and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made, made.subplots(rows, columns, squeeze=False)


def as_png(made: Any) -> bytes:
    """Return a figure as the content of a PNG file."""
    stream = io.BytesIO()
    made.savefig(stream, format="png", dpi=150)
    return stream.getvalue()


def learning_curve(history: History, steps: int) -> bytes:
    """Return a picture of the loss of each step and each epoch, and of the accuracy on both parts of the data."""
    made, ((left, right),) = figure(10, 4, 1, 2)
    at = np.arange(1, len(history.step_losses) + 1) / steps
    epochs = np.arange(1, len(history.epoch_losses) + 1)
    if steps > 1:
        left.plot(at, history.step_losses, color=BLUE, alpha=0.3, linewidth=0.6, label="each step")
    left.plot(epochs, history.epoch_losses, color=BLUE, linewidth=1.8, label="mean of an epoch")
    left.set(title="Loss on the training part", xlabel="epoch", ylabel="cross-entropy", yscale="log")
    right.plot(
        epochs, 100 * np.array(history.epoch_metrics), color=BLUE, linewidth=1.8, label="training part, jittered"
    )
    held_out = 100 * np.array(history.validation_metrics)
    right.plot(epochs, held_out, color=ORANGE, linewidth=1.8, label="held-out part")
    right.set(title="Accuracy", xlabel="epoch", ylabel="right, in %")
    if len(held_out):
        right.set_ylim(max(0, min(90, np.floor(held_out[len(held_out) // 5 :].min() - 2))), 100.5)
    for axes in (left, right):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return as_png(made)


def wrong_digits(held_out: Samples, outputs: Any, wrong: Any) -> bytes:
    """Return a picture of the digits that the model got wrong, the surest mistake first."""
    from .rules.network import softmax

    sure = softmax(outputs)
    order = wrong[np.argsort(-np.max(sure[wrong], axis=1), kind="stable")][:MOST_SHOWN]
    columns = min(8, max(4, len(order)))
    rows = max(1, -(-len(order) // columns))
    made, axes = figure(1.35 * columns, 1.8 * rows + 0.35, rows, columns)
    shown = f", the {len(order)} surest of them" if len(order) < len(wrong) else ""
    title = f"{len(wrong)} of {len(held_out)} held-out digits are wrong{shown}" if len(wrong) else "No digit is wrong"
    made.suptitle(title, fontsize=12)
    for place in axes.flat:
        place.axis("off")
    for place, i in zip(axes.flat, order, strict=False):
        place.imshow(held_out.images[i], cmap="gray_r", vmin=0, vmax=16)
        answer = int(np.argmax(outputs[i]))
        place.set_title(f"{held_out.labels[i]}, read as {answer}\n{sure[i, answer]:.0%} sure", fontsize=9)
        place.axis("on")
        place.set(xticks=[], yticks=[])
        for spine in place.spines.values():
            spine.set_color(GREY)
    return as_png(made)
