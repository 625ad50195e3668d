"""The command `autograd-mini draw`: the graph of an expression or of a function in a file, as text or as a picture."""

from __future__ import annotations

import argparse
import inspect
import sys
import traceback
from typing import Any

EPILOG = """\
examples:
  autograd-mini draw "tanh(w*x + b)" w=0.5 x=2 b=-1
  autograd-mini draw "x*x + x" x=3 -o graph.svg
  autograd-mini draw model.py:loss x="normal(3, 4)" w=@weights.npy -o graph.png

Without -o the graph is printed as a tree, from the result down. Values are written as for `autograd-mini check`.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line.

    Parameters
    ----------
    subparsers : argparse subparsers
        What ``parser.add_subparsers()`` returned.
    """
    parser = subparsers.add_parser(
        "draw",
        help="the graph of an expression or of a function in a file",
        description="Draw the graph of an expression, or of a function in a file, with every value and gradient.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("target", metavar="EXPRESSION", help='such as "tanh(w*x + b)", or FILE.py:FUNCTION')
    add("values", nargs="*", metavar="NAME=VALUE", help="the point")
    add("-o", "--output", metavar="FILE", help="a .svg, .png, .pdf or .dot file (default: print a tree)")
    add("--direction", choices=("TB", "LR"), default="TB", help="from top to bottom or from left to right")
    add("--max-nodes", type=int, default=200, metavar="N", help="draw at most so many nodes (default: 200)")
    add("--depth", type=int, metavar="N", help="fold groups below this depth (default: all are open)")
    add("--overlay", choices=("flow", "health", "memory"), help="what the colours of boxes tell")
    add("--seed", type=int, default=0, metavar="N", help="of random numbers (default: 0)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; return 0, or 2 for what can't be done as asked.

    Parameters
    ----------
    options : argparse.Namespace
        With `target`, `values`, `output`, `direction`, `max_nodes`, `depth`, `overlay` and `seed`.
    """
    from .cli_check import from_user_code
    from .errors import AutogradError
    from .view import draw

    try:
        function, values = called(options)
        chosen = {name: getattr(options, name) for name in ("direction", "max_nodes", "depth", "overlay")}
        drawing = draw(function, *values, **chosen)
        if options.output:
            print(f"graph in {drawing.save(options.output)}")
        else:
            print(drawing)
    except (AutogradError, OSError) as error:
        print(f"autograd-mini draw: {error}", file=sys.stderr)
        return 2
    except (Exception, SystemExit) as error:  # of any kind: it is the user's code
        traceback.print_exception(error.with_traceback(from_user_code(error.__traceback__)))
        print(f"autograd-mini draw: {options.target} raised this, so there is nothing to draw", file=sys.stderr)
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
    drawn.__name__ = getattr(function, "__name__", options.target)
    setattr(drawn, "__signature__", signature)  # noqa: B010 - functions have no such attribute until it is set
    return drawn, values
