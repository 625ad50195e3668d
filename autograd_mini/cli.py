"""The command line: `autograd-mini train digits`, `lab NAME`, `grad`, `draw`, `step EXPRESSION`, `check FUNCTION`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import cli_check, cli_draw, cli_grad, cli_lab, cli_train

# How many threads share a matrix product; the libraries behind NumPy read it when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, or 2 for something that can't be done as asked.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after the program's name; by default those it was called with.
    """
    parser = argparse.ArgumentParser(prog="autograd-mini", description="Gradients of plain NumPy, seen and checked.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    cli_train.add_parser(commands)
    cli_grad.add_parser(commands)
    cli_check.add_parser(commands)
    cli_draw.add_parser(commands)
    cli_lab.add_parser(commands)
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["grad"], ["draw"], ["step"]):
        # A single minus starts an expression, except in these options, and a space before it says so to argparse.
        words = [f" {x}" if x.startswith("-") and x[1:2] != "-" and x not in ("-h", "-o") else x for x in words]
    options, late = parser.parse_known_args(words)
    if late and (not hasattr(options, "values") or any(word.startswith("-") for word in late)):
        parser.error(f"unrecognized arguments: {' '.join(late)}")
    if late:  # the values that follow an option, which argparse leaves
        options.values += late
    if argv is None and options.run in (cli_train.run, cli_lab.run):
        start_on_one_thread()
    return int(options.run(options))


def start_on_one_thread() -> None:
    """Start this program again with one thread for each matrix product, unless the environment says how many.

    The products of a small network are too short to be shared: where other programs keep the cores busy, the threads
    wait for one another thirty times as long as they compute. (Windows can't replace a process by another.)
    """
    if os.name == "posix" and not any(name in os.environ for name in THREADS):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | dict.fromkeys(THREADS, "1"))
