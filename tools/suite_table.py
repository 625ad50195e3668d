"""Run the suite and write docs/suite.md, a table of its run times: ``python tools/suite_table.py`` (10 minutes)."""

import ast
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

ROOT = Path(__file__).parents[1]
HEAD = """\
# How long the tests take

Written by `python tools/suite_table.py`: on one core ({machine}), Python {python}, NumPy {numpy}. The seconds
are those of one run; another machine has others.

| file | of what | tests | seconds |
|---|---|---:|---:|
"""


def main() -> None:
    """Run the suite and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        subprocess.run([sys.executable, "-m", "pytest", "-q", f"--junitxml={results}"], cwd=ROOT, check=True)
        found: dict[str, list[float]] = defaultdict(list)
        for case in ElementTree.parse(results).iter("testcase"):
            found[case.attrib["classname"].rpartition(".")[2]].append(float(case.attrib["time"]))
    text = HEAD.format(machine=platform.machine(), python=platform.python_version(), numpy=np.__version__)
    for name, seconds in sorted(found.items(), key=lambda item: -sum(item[1])):
        about = ast.get_docstring(ast.parse((ROOT / "tests" / f"{name}.py").read_text(encoding="utf-8"))) or ""
        first = about.partition("\n\n")[0].replace("\n", " ").rstrip(".")
        text += f"| {name}.py | {first} | {len(seconds):,} | {sum(seconds):.1f} |\n"
    count, total = sum(map(len, found.values())), sum(map(sum, found.values()))
    text += f"| **all** | | **{count:,}** | **{total:.0f}** |\n"
    (ROOT / "docs" / "suite.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
