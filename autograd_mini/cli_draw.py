"""The commands `autograd-mini draw` and `step`: the graph of an expression, or of a function in a file."""

from __future__ import annotations

import argparse
import inspect
import sys
import traceback
from typing import Any

EXAMPLES = """\
examples:
  autograd-mini {command} "tanh(w*x + b)" w=0.5 x=2 b=-1
  autograd-mini {command} "x*x + x" x=3 -o {file}
  autograd-mini {command} model.py:loss x="normal(3, 4)" w=@weights.npy -o {file}

{without} Values are written as for `autograd-mini check`.
"""


def add_parser(subparsers: Any) -> None:
    """Add both commands to the command line.

    Parameters
    ----------
    subparsers : argparse subparsers
        What ``parser.add_subparsers()`` returned.
    """
    what = "the graph of an expression or of a function in a file"
    without = "Without -o the graph is printed as a tree, from the result down."
    add = start(subparsers, "draw", what, f"Draw {what}, with every value and gradient.", "graph.svg", without, 200)
    add("-o", "--output", metavar="FILE", help="a .svg, .png, .pdf or .dot file (default: print a tree)")
    add("--direction", choices=("TB", "LR"), default="TB", help="from top to bottom or from left to right")
    add("--heat", action="store_true", help="show arrays as heat maps")
    add("--overlay", choices=("flow", "health", "memory"), help="what the colours of boxes tell")
    what = "both passes of an expression or of a function in a file, step by step"
    without = "Open the page in any browser; it needs no network."
    add = start(subparsers, "step", what, f"Write a page that walks through {what}.", "page.html", without, 2_000)
    add("-o", "--output", metavar="FILE", default="steps.html", help="an .html file (default: steps.html)")


def start(subparsers: Any, command: str, short: str, about: str, file: str, without: str, max_nodes: int) -> Any:
    """Begin the parser of a command with what both take; return its method that adds an option."""
    parser = subparsers.add_parser(
        command,
        help=short,
        description=about,
        epilog=EXAMPLES.format(command=command, file=file, without=without),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("target", metavar="EXPRESSION", help='such as "tanh(w*x + b)", or FILE.py:FUNCTION')
    add("values", nargs="*", metavar="NAME=VALUE", help="the point")
    add(
        "--max-nodes",
        type=int,
        default=max_nodes,
        metavar="N",
        help=f"show so many nodes at most (default: {max_nodes})",
    )
    add("--depth", type=int, metavar="N", help="fold groups below this depth")
    add("--seed", type=int, default=0, metavar="N", help="of random numbers (default: 0)")
    parser.set_defaults(run=run, command=command)
    return add


def run(options: argparse.Namespace) -> int:
    """Run one of the commands; return 0, or 2 for what can't be done as asked.

    Parameters
    ----------
    options : argparse.Namespace
        With `command`, `target`, `values`, `output`, `max_nodes`, `depth`, `seed`, and for a drawing `direction`,
        `heat` and `overlay`.
    """
    from .cli_check import from_user_code
    from .errors import AutogradError
    from .view import draw, step_through

    try:
        function, values = called(options)
        if options.command == "step":
            page = step_through(function, *values, max_nodes=options.max_nodes, depth=options.depth)
            print(f"{len(page)} steps in {page.save(options.output)}")
            return 0
        chosen = {name: getattr(options, name) for name in ("direction", "max_nodes", "depth", "overlay", "heat")}
        drawing = draw(function, *values, **chosen)
        if options.output:
            print(f"graph in {drawing.save(options.output)}")
        else:
            print(drawing)
    except (AutogradError, OSError) as error:
        print(f"autograd-mini {options.command}: {error}", file=sys.stderr)
        return 2
    except (Exception, SystemExit) as error:  # of any kind: it is the user's code
        traceback.print_exception(error.with_traceback(from_user_code(error.__traceback__)))
        print(
            f"autograd-mini {options.command}: {options.target} raised this: there is nothing to show", file=sys.stderr
        )
        return 2
    return 0


def called(options: argparse.Namespace) -> tuple[Any, list[Any]]:
    """Return what is to be drawn, and the arguments to call it with.

    Raises
    ------
    AutogradError
        If the expression, the file or a value can't be read.
    """
    from .cli_check import by_position, load
    from .cli_values import arguments_of
    from .expression import Expression, read_values

    if ":" not in options.target:
        expression = Expression(options.target)
        names, values = list(expression.names), list(read_values(expression, options.values).values())
        function: Any = expression
        call = function
    else:
        function = load(options.target)
        names, values = arguments_of(function, options.values, options.seed)
        call = by_position(function, names)

    def drawn(*args: Any) -> Any:
        return call(*args)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    drawn.__name__ = getattr(function, "__name__", options.target.strip())
    setattr(drawn, "__signature__", signature)  # noqa: B010 - functions have no such attribute until it is set
    return drawn, values
