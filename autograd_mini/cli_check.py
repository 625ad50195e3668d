"""The command `autograd-mini check`: is the gradient of a function in a file right?"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import sys
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .check import Report

PATIENCE = 2.0  # seconds after which progress is shown
EPILOG = """\
examples:
  autograd-mini check model.py:loss x=1.5 w="[1, 2, 3]"
  autograd-mini check model.py:loss x="normal(3, 4)" w=@weights.npy --order 1
  autograd-mini check package.module:loss                 with the function's own example
  autograd-mini check model.py:loss x=2.0 --gradient model.py:my_gradient

A value is a number, a list, a tuple, a dict or a text in quotes as Python writes them; @FILE.npy or @FILE.npz; or
ones(2, 3), zeros(2, 3), normal(2, 3), uniform(2, 3), arange(3), linspace(0, 1, 5), where --seed draws the random ones.
Lists of numbers become arrays of floats; a whole number alone is a constant. Without values the arguments come from
the function's attribute `example` (a tuple, a dict, or a function that returns one), else from the defaults of its
parameters, else from the first call in the examples of its docstring.

exit code: 0 right, 1 wrong or can't tell, 2 for what can't be done as asked
"""

# ------------------------------------------------------------------------------------------------- The command


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line.

    Parameters
    ----------
    subparsers : argparse subparsers
        What ``parser.add_subparsers()`` returned.
    """
    parser = subparsers.add_parser(
        "check",
        help="is the gradient of a function in a file right?",
        description="Check the gradient of a function, and name what is wrong.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("function", metavar="FILE.py:FUNCTION", help="or MODULE:FUNCTION")
    add("values", nargs="*", metavar="NAME=VALUE", help="the point")
    add("--gradient", metavar="FILE.py:FUNCTION", help="check this gradient, called with the same values")
    add("--argnums", metavar="NAME,NAME", help="the arguments to check (default: all that hold floats)")
    add("--order", type=int, default=2, metavar="N", help="up to which order (default: 2)")
    add("--seed", type=int, default=0, metavar="N", help="of random numbers (default: 0)")
    add("--rtol", type=float, default=0.0, metavar="X", help="a relative error to allow beside the estimated ones")
    add("--elements", type=int, default=200, metavar="N", help="size up to which an array is checked number by number")
    add("--json", action="store_true", help="print the whole report as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        With `function`, `values`, `gradient`, `argnums`, `order`, `seed`, `rtol`, `elements` and `json`.

    Returns
    -------
    int
        0, 1 if the gradient is wrong or nothing can be said, 2 for what can't be done as asked, 130 after Ctrl-C.
    """
    from .errors import AutogradError

    try:
        report = check(options)
    except AutogradError as error:
        print(f"autograd-mini check: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped before there was a verdict", file=sys.stderr)
        return 130
    except (Exception, SystemExit) as error:  # of any kind: it is the user's code; no exit code may pass for a verdict
        traceback.print_exception(error.with_traceback(from_user_code(error.__traceback__)))
        print(f"autograd-mini check: {options.function} raised this, so there is nothing to check", file=sys.stderr)
        return 2
    print(json.dumps(report.as_dict(), indent=2, allow_nan=False) if options.json else report)
    return 0 if report.ok else 1


def from_user_code(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback from its first frame outside this package and the import machinery on."""
    part = trace
    while part is not None:
        if part.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in ("autograd_mini", "importlib"):
            return part
        part = part.tb_next
    return trace


def check(options: argparse.Namespace) -> Report:
    """Return the report of the check that the command line asks for."""
    from tqdm import tqdm  # here, since it takes longer to import than this package

    from .check import check_grads
    from .cli_values import arguments_of
    from .errors import InvalidInput
    from .tree import leaves

    function = load(options.function)
    names, values = arguments_of(function, options.values, options.seed)
    claimed = None if options.gradient is None else by_position(load(options.gradient), names)(*values)
    called = by_position(function, names)
    if hasattr(function, "with_parameters"):  # a module: its parameters are an argument too
        names, values, called = ["parameters", *names], [function, *values], call
    at = tuple(i for i, x in enumerate(values) if x is function or any(True for _ in leaves(x)))
    if options.argnums is not None:
        at = positions([name.strip() for name in options.argnums.split(",")], names)
    if not at:
        raise InvalidInput(
            f"the arguments {', '.join(names) or '(none)'} hold no floating numbers",
            "there is nothing to differentiate",
            "x=2.0 in the place of x=2",
        )
    with tqdm(unit=" calls", delay=PATIENCE, leave=False, disable=None, file=sys.stderr) as bar:

        def counted(*args: Any) -> Any:
            bar.update()
            return called(*args)

        counted.__name__ = getattr(function, "__name__", type(function).__name__)
        return check_grads(
            counted, *values, argnums=at, names=[names[i] for i in at], grad=claimed, order=options.order,
            seed=options.seed, rtol=options.rtol, max_elements=options.elements, report=True,
        )  # fmt: skip


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function that is an argument itself."""
    return function(*args)


def by_position(function: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
    """Return a function that takes each of its arguments, named in order, by its position."""
    from .cli_values import signature_of

    kinds = {name: parameter.kind for name, parameter in signature_of(function).parameters.items()}
    keywords = [name for name in names if kinds.get(name) is inspect.Parameter.KEYWORD_ONLY]
    rest = len(names) - len(keywords)
    return lambda *args: function(*args[:rest], **dict(zip(keywords, args[rest:], strict=True)))


def positions(wanted: list[str], names: list[str]) -> tuple[int, ...]:
    """Return the positions of arguments by their names."""
    from .errors import InvalidInput

    for name in wanted:
        if name not in names:
            raise InvalidInput(f"--argnums names {name!r}", instead=f"one of {', '.join(names)}")
    return tuple(names.index(name) for name in wanted)


# ------------------------------------------------------------------------------------------------ The function


def load(target: str) -> Callable[..., Any]:
    """Return the function that `FILE.py:function` or `package.module:function` names.

    Raises
    ------
    InvalidInput
        If there is no such file, module or function.
    """
    from .errors import InvalidInput

    place, colon, name = target.rpartition(":")
    if not colon or not name:
        raise InvalidInput(f"{target!r} names no function", instead="FILE.py:function, or package.module:function")
    found = file_module(place) if place.endswith(".py") else named_module(place)
    for part in name.split("."):
        if not hasattr(found, part):
            functions = [n for n in dir(found) if n[:2] != "__" and callable(getattr(found, n))]
            near = get_close_matches(part, functions, 1, 0)
            raise InvalidInput(f"{place} has no function {name!r}", instead=near[0] if near else "")
        found = getattr(found, part)
    if not callable(found):
        raise InvalidInput(f"{target} is {type(found).__name__}, not a function")
    checked: Callable[..., Any] = found
    return checked


def file_module(place: str) -> Any:
    """Return the module that a file makes; the same one for a second function of the file."""
    from .errors import InvalidInput

    path = Path(place).resolve()
    if not path.is_file():
        raise InvalidInput(f"there is no file {place}", instead="the path of a Python file")
    for known in list(sys.modules.values()):
        if getattr(known, "__file__", None) == str(path):
            return known
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # as `python FILE.py` does, for the file's own imports
    name = path.stem if path.stem not in sys.modules else f"checked {path.stem}"  # numpy.py mustn't replace NumPy
    spec: Any = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = found = importlib.util.module_from_spec(spec)  # where pickle and dataclasses look for it
    try:
        spec.loader.exec_module(found)
    except BaseException:
        del sys.modules[name]
        raise
    return found


def named_module(place: str) -> Any:
    """Return a module by its name."""
    from .errors import InvalidInput

    if "" not in sys.path:
        sys.path.insert(0, "")  # the folder that the command runs in
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{place}.".startswith(f"{error.name}."):
            raise  # the module is there, and imports one that isn't
        raise InvalidInput(f"there is no module {place}", instead="FILE.py:function for a file") from error
