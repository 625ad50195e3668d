"""Make the notebooks of the labs, with their outputs: ``python tools/notebooks.py`` (2 minutes).

Names after it, such as ``closed-form``, choose some of them. With ``--check`` all are run in their small size, and
nothing is written. It needs the extra `notebooks`.
"""

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from ipykernel.compiler import get_file_name
from nbclient import NotebookClient

from autograd_mini.cli import THREADS
from autograd_mini.labs import SIZE, Lab, find_labs

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
# What a notebook says of itself: the same on every machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook_of(lab: Lab) -> Any:
    """Return a lab as a notebook without outputs."""
    made = jupytext.reads(lab.script.read_text(encoding="utf-8"), fmt="py:percent")
    made.metadata = METADATA
    for i, cell in enumerate(made.cells):
        cell.id, cell.metadata = f"cell-{i}", {}
    return made


def run(notebook: Any) -> Any:
    """Return a notebook with its outputs, run in a folder that is thrown away; an error in a cell is raised."""
    with tempfile.TemporaryDirectory() as folder:
        place = {"metadata": {"path": folder}}
        quiet = ["--IPKernelApp.log_level=40"]  # it warns that its connection isn't encrypted
        NotebookClient(notebook, timeout=600, record_timing=False, resources=place, extra_arguments=quiet).execute()
    notebook.metadata = METADATA  # the kernel has told its version
    for cell in notebook.cells:
        cell.metadata = {}
    return notebook


def stable(text: str, notebook: Any) -> str:
    """Return the text of a notebook with its cells by number, where the kernel names a file for each."""
    text = re.sub(re.escape(tempfile.gettempdir()) + r"/ipykernel_\d+/", "", text)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            text = text.replace(Path(get_file_name(cell.source)).name, f"cell {cell.execution_count}")
    return text


def main(words: list[str]) -> None:
    """Make or check the notebooks."""
    check = "--check" in words
    os.environ["TQDM_DISABLE"] = "1"  # bars are nothing to keep
    os.environ |= dict.fromkeys(THREADS, "1")  # as the command does, or timings waver
    os.environ[SIZE] = "small" if check else "full"
    NOTEBOOKS.mkdir(exist_ok=True)
    for lab in find_labs():
        if lab.name in words or not set(words) - {"--check"}:
            started = time.perf_counter()
            notebook = run(notebook_of(lab))
            path = NOTEBOOKS / f"{lab.number:02d}-{lab.name}.ipynb"
            if not check:
                path.write_text(stable(nbformat.writes(notebook), notebook) + "\n", encoding="utf-8", newline="\n")
            print(f"{path.name}: {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
