"""The command `autograd-mini train digits`: a network on handwritten digits, from data to a folder of results."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import AutogradError

if TYPE_CHECKING:
    from .check import Report
    from .cli_results import Setup
    from .nn import Sequential

MOMENTUM = 0.9
SHIFT, SCALE = 0.7, 0.1
CHECKED = 8  # samples in the gradient check; each of its numbers costs several runs of the network
OPTIONS = ("model", "descent", "batch_size", "epochs", "lr", "hidden", "seed", "out")
SETTINGS, TRAINING = "settings.json", "training.safetensors"  # what --resume goes on from


class Network(NamedTuple):
    """A kind of network: its dense hidden layers, and for each descent the epochs and the learning rate."""

    hidden: list[int]
    descents: dict[str, tuple[int, float]]
    convolved: tuple[int, ...] = ()  # channels of convolutions before them


# The numbers were chosen by cross-validation on the training part.
NETWORKS = {
    "mlp": Network([256, 128], {"minibatch": (100, 0.05), "stochastic": (15, 0.005), "batch": (400, 0.3)}),
    "conv": Network([64], {"minibatch": (60, 0.05), "stochastic": (8, 0.003), "batch": (300, 0.2)}, (16, 32)),
}

# ------------------------------------------------------------------------------------------------- The options


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line.

    Parameters
    ----------
    subparsers : argparse subparsers
        What ``parser.add_subparsers()`` returned.
    """
    parser = subparsers.add_parser(
        "train",
        help="train a network on real data",
        description="Train a network on 1,797 real handwritten digits of 8×8 pixels, a third of them held out.",
    )
    add = parser.add_argument
    add("data", choices=["digits"], help="what to learn")
    add("--model", choices=list(NETWORKS), default="mlp", help="dense layers (default), or convolutions before them")
    descents = list(NETWORKS["mlp"].descents)
    add("--descent", choices=descents, default="minibatch", help="all samples in a step, one, or some (default)")
    add("--batch-size", type=positive, metavar="N", help="samples in a step of minibatch descent (default: 32)")
    add("--epochs", type=positive, metavar="N", help="times through the data (default: depends on the descent)")
    add("--lr", type=float, metavar="X", help="learning rate (default: depends on the descent)")
    sizes = ", ".join(f"{' '.join(map(str, kind.hidden))} for {name}" for name, kind in NETWORKS.items())
    add("--hidden", type=positive, nargs="+", metavar="N", help=f"sizes of dense hidden layers (default: {sizes})")
    add("--seed", type=int, default=0, metavar="N", help="of the first weights and the order of samples (default: 0)")
    add("--out", type=Path, metavar="FOLDER", help="new folder for the results (default: runs/digits-MODEL-seedN)")
    add("--resume", type=Path, metavar="FOLDER", help="go on with a training that was killed, as it was set up")
    # What the options are if they aren't given: beside --resume none can be.
    parser.set_defaults(run=run, unset={name: parser.get_default(name) for name in OPTIONS})


def positive(text: str) -> int:
    """Return the whole number that an option was given, if it is above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


# ------------------------------------------------------------------------------------------------- The command


class OutputError(AutogradError, OSError):
    """A folder for the results that can't be made."""


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        With `model`, `descent`, `batch_size`, `epochs`, `lr`, `hidden`, `seed`, `out` and `resume`.

    Returns
    -------
    int
        0, 1 if the gradient check fails, 2 for what can't be done as asked, 130 after Ctrl-C.
    """
    folder = None
    try:
        if options.resume is not None:
            given = [name for name, x in options.unset.items() if getattr(options, name) != x]
            options = chosen_before(options.resume, given)
        setup = prepare(options)
        if options.resume is None:
            folder = new_folder(options.out or Path("runs") / f"digits-{options.model}-seed{options.seed}")
        code = train_digits(setup, folder or options.resume, resumed=folder is None)
    except AutogradError as error:
        print(f"autograd-mini train: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("stopped before there were results: nothing was kept", file=sys.stderr)
        code = 130
    if folder is not None and code and {path.name for path in folder.iterdir()} <= {SETTINGS, TRAINING}:
        shutil.rmtree(folder)
    return code


def prepare(options: argparse.Namespace) -> Setup:
    """Return the network, the training part of the data, the optimiser and all else that was asked for."""
    from .cli_results import Setup
    from .data import Jittered, Loader, load_digits
    from .optim import SGD

    kind, digits = NETWORKS[options.model], load_digits()
    shape = (-1, 1, 8, 8) if kind.convolved else (-1, 64)
    part, (epochs, lr) = digits.train, kind.descents[options.descent]
    inputs = part.inputs.reshape(shape)
    loader = Loader.for_descent(options.descent, inputs, part.labels, options.batch_size, seed=options.seed)
    model = network(kind.convolved, options.hidden or kind.hidden, options.seed)
    optimizer = SGD(model.parameters(), lr if options.lr is None else options.lr, MOMENTUM)
    epochs = options.epochs or epochs
    chosen = {name: getattr(options, name) for name in OPTIONS if name != "out"}
    fixed = {"momentum": MOMENTUM, "shift": SHIFT, "scale": SCALE}
    settings = {**chosen, "hidden": options.hidden or kind.hidden, "epochs": epochs, "lr": optimizer.lr, **fixed}
    held_out = digits.held_out.inputs.reshape(shape)
    return Setup(model, Jittered(loader, (8, 8), SHIFT, SCALE), optimizer, epochs, held_out, settings)


def network(convolved: Sequence[int], hidden: Sequence[int], seed: int) -> Sequential:
    """Return a network from images of 8×8 pixels to 10 scores, with relu between its layers.

    Convolutions of 3×3 keep the size of the image; after them the largest of each 2×2 pixels is kept.
    """
    import numpy as np

    from . import nn

    rng = np.random.default_rng(seed)
    layers: list[Any] = []
    for pair in pairwise([1, *convolved]):
        layers += [nn.Conv2d(*pair, 3, padding=1, rng=rng), nn.relu]
    if convolved:
        layers += [nn.MaxPool2d(2), nn.Flatten()]
    for pair in pairwise([16 * convolved[-1] if convolved else 64, *hidden]):
        layers += [nn.Linear(*pair, init=nn.he_uniform, rng=rng), nn.relu]
    return nn.Sequential(*layers, nn.Linear(hidden[-1], 10, init=nn.xavier_uniform, rng=rng))


def chosen_before(folder: Path, given: Sequence[str]) -> argparse.Namespace:
    """Return the options of the training that a folder is of.

    Raises
    ------
    OutputError
        If there is no training in it, or other options were given.
    """
    if given:
        raise OutputError(
            f"--resume together with {', '.join('--' + name.replace('_', '-') for name in given)}",
            "a training goes on as it was set up",
            "--resume alone, or a new training without it",
        )
    missing = [name for name in (SETTINGS, TRAINING) if not (folder / name).is_file()]
    if missing:
        raise OutputError(
            f"{str(folder)!r} has no {' and no '.join(missing)}",
            "a training goes on from both; the second is written after each epoch, if safetensors is installed",
            "the folder of a training that was interrupted",
        )
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        options = {name: settings[name] for name in OPTIONS if name != "out"}
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{str(folder / SETTINGS)!r} can't be read: {error!r}", instead="a file that this command wrote"
        ) from error
    return argparse.Namespace(**options, out=None, resume=folder)


def new_folder(path: Path) -> Path:
    """Make the folder for the results, before any work.

    Raises
    ------
    OutputError
        If it is there already, or can't be made or written to.
    """
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise OutputError(
            f"{str(path)!r} is there already",
            "results of another run would be mixed with these",
            "--out with a new name",
        ) from None
    except OSError as error:
        raise OutputError(
            f"the folder {str(path)!r} can't be made: {error.strerror}",
            instead="--out with a folder in a place that you may write to",
        ) from None
    return path


def train_digits(setup: Setup, folder: Path, resumed: bool) -> int:
    """Check the gradient, train, print the accuracy and write the results."""
    from . import cli_results
    from .check import Verdict
    from .data import load_digits
    from .nn import cross_entropy
    from .optim import cosine
    from .storage import write_whole
    from .train import History, accuracy, fit, predict

    model, labels = setup.model, load_digits().held_out.labels
    print(f"{model}, {sum(p.size for p in model.parameters()):,} parameters")
    descent = setup.settings["descent"]
    print(f"{len(setup.loader.loader.inputs):,} digits to learn from, {len(labels)} held out; {descent} descent")
    report = check_gradient(setup)
    if not report.ok:
        print(report, file=sys.stderr)
    if not (report.ok or report.verdict is Verdict.UNKNOWN):
        return 1
    agree = sum(entry.ok for entry in report.entries)
    verdict = (
        f"{agree:,} of {len(report.entries):,} numbers agree with finite differences,"
        f" largest relative error {report.worst:.1e}"
    )
    print(f"gradient check: {verdict}")
    drawings = cli_results.draw_step(setup)
    write_whole(folder / SETTINGS, (json.dumps(setup.settings, indent=2) + "\n").encode())
    history, started, stopped = History(), time.perf_counter(), False
    try:
        fit(
            model, cross_entropy, setup.loader, setup.optimizer, setup.epochs, metrics=accuracy,
            validation=(setup.held_out, labels), schedule=cosine(setup.epochs), history=history,
            checkpoint=folder / TRAINING if cli_results.is_installed("safetensors") else None,
        )  # fmt: skip
    except KeyboardInterrupt:
        if not history.batch_losses:
            raise
        stopped = True
        print(f"\nstopped in epoch {len(history) + 1} of {setup.epochs}; what was learned so far is kept")
    seconds = time.perf_counter() - started
    outputs = predict(model, setup.held_out)
    reached = accuracy(outputs, labels)
    print(f"held-out accuracy: {reached:.2%} of {len(labels)} digits, after {seconds:.1f} s")
    summary = {
        "held_out_accuracy": reached,
        "seconds": round(seconds, 2),
        "resumed": resumed,  # then the seconds are those since
        "stopped_by_user": stopped,
        "gradient_check": {"numbers": len(report.entries), "largest_relative_error": report.worst},
        "settings": setup.settings,
        "epochs": history.epochs,
    }
    cli_results.write(folder, setup, history, outputs, summary, verdict, drawings)
    return 130 if stopped else 0


def check_gradient(setup: Setup) -> Report:
    """Compare the gradient of the loss of a few samples with finite differences, for every parameter."""
    from .check import check_grads
    from .nn import cross_entropy

    inputs, labels = setup.loader.loader.inputs[:CHECKED], setup.loader.loader.targets[:CHECKED]

    def loss(network: Any) -> Any:
        return cross_entropy(network(inputs), labels)

    return check_grads(loss, setup.model, order=1, report=True)
