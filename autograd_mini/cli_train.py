"""The command `autograd-mini train digits`: a network on handwritten digits, from data to a folder of results."""

from __future__ import annotations

import argparse
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import AutogradError

if TYPE_CHECKING:
    from .augment import Jittered
    from .check import Report
    from .nn import Sequential
    from .optim import SGD

# The numbers were chosen by cross-validation on the training part.
HIDDEN = [256, 128]
MOMENTUM = 0.9
DEFAULTS = {"minibatch": (100, 0.05), "stochastic": (15, 0.005), "batch": (400, 0.3)}  # epochs, learning rate
SHIFT, SCALE = 0.7, 0.1
CHECKED = 8  # samples in the gradient check; each of its numbers costs several runs of the network

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
    add("--descent", choices=list(DEFAULTS), default="minibatch", help="all samples in a step, one, or some (default)")
    add("--batch-size", type=positive, metavar="N", help="samples in a step of minibatch descent (default: 32)")
    add("--epochs", type=positive, metavar="N", help="times through the data (default: depends on the descent)")
    add("--lr", type=float, metavar="X", help="learning rate (default: depends on the descent)")
    add(
        "--hidden",
        type=positive,
        nargs="+",
        default=HIDDEN,
        metavar="N",
        help="sizes of hidden layers (default: 256 128)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of the first weights and the order of samples (default: 0)")
    add("--out", type=Path, metavar="FOLDER", help="new folder for the results (default: runs/digits-seedN)")
    parser.set_defaults(run=run)


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
        With `descent`, `batch_size`, `epochs`, `lr`, `hidden`, `seed` and `out`.

    Returns
    -------
    int
        0, 1 if the gradient check fails, 2 for what can't be done as asked, 130 after Ctrl-C.
    """
    folder = None
    try:
        model, loader, optimizer, epochs = prepare(options)
        folder = new_folder(options.out or Path("runs") / f"digits-seed{options.seed}")
        return train_digits(model, loader, optimizer, epochs, folder, settings(options, epochs, optimizer.lr))
    except AutogradError as error:
        print(f"autograd-mini train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped before there were results: nothing was kept", file=sys.stderr)
        return 130
    finally:
        if folder is not None and not any(folder.iterdir()):
            folder.rmdir()


def prepare(options: argparse.Namespace) -> tuple[Sequential, Jittered, SGD, int]:
    """Return the network, the training part of the data, the optimiser and the number of epochs asked for."""
    import numpy as np

    from . import nn
    from .augment import Jittered
    from .data import Loader, load_digits
    from .optim import SGD

    part, (epochs, lr) = load_digits().train, DEFAULTS[options.descent]
    loader = Loader.for_descent(options.descent, part.inputs, part.labels, options.batch_size, seed=options.seed)
    rng = np.random.default_rng(options.seed)
    sizes = [part.inputs.shape[1], *options.hidden]
    hidden = [layer for pair in pairwise(sizes) for layer in (nn.Linear(*pair, init=nn.he_uniform, rng=rng), nn.relu)]
    model = nn.Sequential(*hidden, nn.Linear(sizes[-1], 10, init=nn.xavier_uniform, rng=rng))
    optimizer = SGD(model.parameters(), lr if options.lr is None else options.lr, MOMENTUM)
    return model, Jittered(loader, (8, 8), SHIFT, SCALE), optimizer, options.epochs or epochs


def settings(options: argparse.Namespace, epochs: int, lr: float) -> dict[str, Any]:
    """Return what was chosen, as the summary keeps it."""
    chosen = {name: x for name, x in vars(options).items() if name not in ("run", "out")}
    return {**chosen, "epochs": epochs, "lr": lr, "momentum": MOMENTUM, "shift": SHIFT, "scale": SCALE}


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


def train_digits(
    model: Sequential, loader: Jittered, optimizer: SGD, epochs: int, folder: Path, chosen: dict[str, Any]
) -> int:
    """Check the gradient, train, print the accuracy and write the results."""
    from . import cli_results
    from .check import Verdict
    from .data import load_digits
    from .nn import cross_entropy
    from .optim import cosine_schedule
    from .train import History, accuracy, fit, predict

    held_out = load_digits().held_out
    print(f"{model}, {sum(p.size for p in model.parameters()):,} parameters")
    print(f"{len(loader.loader.inputs):,} digits to learn from, {len(held_out)} held out; {chosen['descent']} descent")
    report = check_gradient(model, loader)
    if not report.ok:
        print(report, file=sys.stderr)
    if not (report.ok or report.verdict is Verdict.UNKNOWN):
        return 1
    agree = sum(entry.ok for entry in report.entries)
    print(
        f"gradient check: {agree:,} of {len(report.entries):,} numbers agree with finite differences,"
        f" largest relative error {report.worst:.1e}"
    )
    history, started, stopped = History(), time.perf_counter(), False
    try:
        watched = (held_out.inputs, held_out.labels)
        schedule = cosine_schedule(optimizer.lr, epochs)
        fit(model, cross_entropy, loader, optimizer, epochs, accuracy, watched, True, schedule, history)
    except KeyboardInterrupt:
        if not history.step_losses:
            raise
        stopped = True
        print(f"\nstopped in epoch {len(history.epoch_losses) + 1} of {epochs}; what was learned so far is kept")
    seconds = time.perf_counter() - started
    outputs = predict(model, held_out.inputs)
    reached = accuracy(outputs, held_out.labels)
    print(f"held-out accuracy: {reached:.2%} of {len(held_out)} digits, after {seconds:.1f} s")
    summary = {
        "held_out_accuracy": reached,
        "seconds": round(seconds, 2),
        "stopped_by_user": stopped,
        "gradient_check": {"numbers": len(report.entries), "largest_relative_error": report.worst},
        "settings": chosen,
        "epoch_losses": history.epoch_losses,
        "epoch_accuracies": history.epoch_metrics,
        "held_out_accuracies": history.validation_metrics,
    }
    cli_results.write(folder, model, loader, history, held_out, outputs, summary)
    return 130 if stopped else 0


def check_gradient(model: Sequential, loader: Jittered) -> Report:
    """Compare the gradient of the loss of a few samples with finite differences, for every parameter."""
    from .check import check_grads
    from .nn import cross_entropy

    inputs, labels = loader.loader.inputs[:CHECKED], loader.loader.targets[:CHECKED]

    def loss(network: Any) -> Any:
        return cross_entropy(network(inputs), labels)

    return check_grads(loss, model, order=1, report=True)
