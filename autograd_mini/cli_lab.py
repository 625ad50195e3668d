"""The command `autograd-mini lab`: the experiments of the lecture, with their tables and pictures."""

from __future__ import annotations

import argparse
import os
import runpy
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .labs import Lab


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line.

    Parameters
    ----------
    subparsers : argparse subparsers
        What ``parser.add_subparsers()`` returned.
    """
    parser = subparsers.add_parser(
        "lab",
        help="run an experiment of the lecture",
        description="Run an experiment of the lecture: its tables are printed, its pictures go into a folder.",
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="of the lab (default: list them)")
    add("--small", action="store_true", help="run it with less data and fewer steps, in seconds")
    add("--out", type=Path, metavar="FOLDER", help="new folder for the pictures (default: runs/lab-NAME)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        With `name`, `small` and `out`.

    Returns
    -------
    int
        0, 2 for what can't be done as asked, 130 after Ctrl-C.
    """
    from .cli_train import new_folder
    from .errors import AutogradError
    from .figures import require_matplotlib
    from .labs import find_labs

    labs, folder = find_labs(), None
    if options.name is None:
        list_labs(labs)
        return 0
    started = time.perf_counter()
    try:
        lab = find(options.name, labs)
        require_matplotlib()
        folder = new_folder(options.out or Path("runs") / f"lab-{lab.name}")
        print(f"{lab.number}. {lab.title}\n")
        run_script(lab, folder, options.small)
        print(f"{time.perf_counter() - started:.1f} s; the pictures are in {folder}, with the script to change and run")
        return 0
    except AutogradError as error:
        print(f"autograd-mini lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    finally:
        if folder is not None and all(path.name == lab.script.name for path in folder.iterdir()):
            shutil.rmtree(folder)  # there are no pictures yet


def list_labs(labs: list[Lab]) -> None:
    """Print what labs there are."""
    width = max(len(lab.name) for lab in labs)
    for lab in labs:
        print(f"  {lab.number}  {lab.name.ljust(width)}  {lab.title}")
    print("\nrun one with: autograd-mini lab NAME")


def find(name: str, labs: list[Lab]) -> Lab:
    """Return the lab of a name.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    from .errors import InvalidInput

    for lab in labs:
        if lab.name == name.replace("_", "-"):
            return lab
    raise InvalidInput(f"there is no lab {name!r}", instead="one of " + ", ".join(lab.name for lab in labs))


def run_script(lab: Lab, folder: Path, small: bool) -> dict[str, Any]:
    """Run the script of a lab, from a copy in the folder where its pictures go; return the script's variables.

    The copy is the user's own code: drawings and explanations name its lines, as they don't do with lines of this
    package.
    """
    from .labs import SIZE, saved_in

    script = str(shutil.copy(lab.script, folder))
    before = os.environ.get(SIZE)
    try:
        if small:
            os.environ[SIZE] = "small"
        with saved_in(folder):
            return runpy.run_path(script, run_name="__main__")
    finally:
        if before is None:
            os.environ.pop(SIZE, None)
        else:
            os.environ[SIZE] = before
