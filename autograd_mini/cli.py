"""The command line: `autograd-mini train digits`, `autograd-mini grad EXPRESSION`, `autograd-mini check FUNCTION`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import cli_check, cli_grad, cli_train


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
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == [
        "grad"
    ]:  # whose options have two: a single minus starts an expression, a space says so to argparse
        words = [f" {word}" if word.startswith("-") and word[1:2] != "-" and word != "-h" else word for word in words]
    options, late = parser.parse_known_args(words)
    if late and (not hasattr(options, "values") or any(word.startswith("-") for word in late)):
        parser.error(f"unrecognized arguments: {' '.join(late)}")
    if late:  # the values that follow an option, which argparse leaves
        options.values += late
    return int(options.run(options))
