"""The command `autograd-mini grad`: an expression's value and derivatives, beside their finite differences."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .expression import Expression

EPILOG = """\
examples:
  autograd-mini grad "tanh(w*x + b)" w=0.5 x=2 b=-1
  autograd-mini grad "x**2 * sin(y)" x=1 y=2 --order 2
  autograd-mini grad "sigmoid(w*x)" w=1 x=3 --draw graph.svg

An expression holds numbers, variables, + - * / **, parentheses, pi, e, and functions such as sin, exp, log, sqrt,
tanh, abs, maximum, relu and sigmoid.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line.

    Parameters
    ----------
    subparsers : argparse subparsers
        What ``parser.add_subparsers()`` returned.
    """
    parser = subparsers.add_parser(
        "grad",
        help="the value and the gradient of an expression",
        description="Print an expression's value and its derivative by each variable, beside its finite difference.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("expression", help='such as "tanh(w*x + b)"')
    parser.add_argument("values", nargs="*", metavar="name=number", help="the value of each variable")
    parser.add_argument("--order", type=int, choices=(1, 2), default=1, help="2 adds the second derivatives")
    parser.add_argument("--draw", metavar="FILE", help="draw the graph into a .svg, .png, .pdf or .dot file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; return 0, 1 if gradient and difference disagree, or 2 for input that can't be used.

    Parameters
    ----------
    options : argparse.Namespace
        With `expression`, `values`, `order` and `draw`.
    """
    from .errors import AutogradError
    from .expression import Expression, read_values

    try:
        expression = Expression(options.expression)
        values = read_values(expression, options.values)
        expression.refuse_not_finite(values)
        right = show(expression, values, options.order)
        if options.draw:
            draw(expression, values, options.draw)
    except (AutogradError, OSError) as error:
        print(f"autograd-mini grad: {error}", file=sys.stderr)
        return 2
    return 0 if right else 1


def show(expression: Expression, values: dict[str, float], order: int) -> bool:
    """Print value, gradient and, for order 2, second derivatives; return whether they agree with differences."""
    import warnings

    import numpy as np

    from .check import Verdict, check_grads
    from .errors import ZeroGradientWarning
    from .transforms import grad, jacobian

    point = tuple(values.values())
    at = ", ".join(f"{name} = {x:g}" for name, x in values.items())
    with np.errstate(all="ignore"):  # an infinite derivative shows itself in the table
        print(f"{expression.text} = {number(expression(*map(np.float64, point)))}" + (at and f"  at {at}"))
        if not values:
            return True
        report = check_grads(expression, *point, order=order, report=True, names=expression.names)
        firsts = [entry for entry in report.entries if (entry.order, entry.mode) == (1, "vjp")]
        firsts.sort(key=lambda entry: expression.names.index(entry.argument))
        rows = [
            (entry.argument, number(entry.found), number(entry.expected), f"{entry.relative:.1e}") for entry in firsts
        ]
        print()
        print_table([("", "gradient", "finite difference", "relative error"), *rows])
        if order == 2:
            every = tuple(range(len(point)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ZeroGradientWarning)  # the differences tell whether it is really 0
                second = jacobian(grad(expression, every), every)(*point)
            print("\nsecond derivatives")
            names = expression.names
            print_table([("", *names), *((n, *map(number, r)) for n, r in zip(names, second, strict=True))])
            worst = max((entry.relative for entry in report.entries if entry.order == 2), default=0.0)
            print(f"largest relative error beside differences of the gradient: {worst:.1e}")
    if report.verdict is not Verdict.RIGHT:
        print(f"\n{report}")
    return report.ok


def number(x: float) -> str:
    """Return a number as it is shown."""
    return f"{x + 0:.10g}"  # + 0 makes -0 a 0


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts in columns, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(x.rjust(width) for x, width in zip(others, widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())


def draw(expression: Expression, values: dict[str, float], path: str) -> None:
    """Draw the graph of the expression, with its gradients, into a file."""
    from .engine import Value
    from .view import draw as draw_value

    result = expression(*(Value(x, name=name) for name, x in values.items()))
    if isinstance(result, Value):
        result.backward()
    draw_value(result).save(path)
    print(f"\ngraph in {path}")
