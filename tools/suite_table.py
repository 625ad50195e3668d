"""Run the suite and write docs/suite.md, a table of its run times: ``python tools/suite_table.py`` (10 minutes)."""

import ast
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

ROOT = Path(__file__).parents[1]
HEAD = """\
# How long the tests take

Written by `python tools/suite_table.py`: {wall:.0f} seconds on {cores} cores ({machine}, Python {python},
NumPy {numpy}). The seconds are those of one run, on all cores together; another machine has others. The tests of
the page that `step_through` writes run apart, in a browser.

| file | of what | tests | seconds |
|---|---|---:|---:|
"""


def main() -> None:
    """Run the suite and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "auto", f"--junitxml={results}"], cwd=ROOT, check=True
        )
        wall = time.perf_counter() - start
        found: dict[str, list[float]] = defaultdict(list)
        for case in ElementTree.parse(results).iter("testcase"):
            found[case.attrib["classname"].rpartition(".")[2]].append(float(case.attrib["time"]))
    versions = {"machine": platform.machine(), "python": platform.python_version(), "numpy": np.__version__}
    text = HEAD.format(wall=wall, cores=os.cpu_count(), **versions)
    for name, seconds in sorted(found.items(), key=lambda item: -sum(item[1])):
        about = ast.get_docstring(ast.parse((ROOT / "tests" / f"{name}.py").read_text(encoding="utf-8"))) or ""
        first = about.partition("\n\n")[0].replace("\n", " ").rstrip(".")
        text += f"| {name}.py | {first} | {len(seconds):,} | {sum(seconds):.1f} |\n"
    count, total = sum(map(len, found.values())), sum(map(sum, found.values()))
    text += f"| **all** | | **{count:,}** | **{total:.0f}** |\n"
    (ROOT / "docs" / "suite.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
