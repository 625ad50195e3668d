"""Write the table of planted bugs in docs/check.md, and the lists of docs/mutants.md (75 minutes on two cores).

``python tools/mutation_table.py fourier linalg`` tries the rules of these modules only, and prints what it would write.
"""

import re
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mutants import KINDS, all_mutants, outcome, tried_rules  # noqa: E402 - they stand beside the tests

NAMES = {
    "missing sum": "missing sum over a broadcast axis", "conjugate": "missing conjugate",
    "one sign": "wrong for one sign of the input", "second order": "wrong at second order only",
}  # fmt: skip
HEAD = """\
| mutation | checks | found | right operation | right argument | pattern |
|---|---:|---:|---:|---:|---:|
"""
LISTS = """\
# Planted bugs, one by one

Written by `python tools/mutation_table.py`, with the table in [check.md](check.md#how-well-it-finds-planted-bugs).
"""
REFUSED = "The engine refuses what the line returns, and raises"
SILENT = "No gradient changes at any sample call, so there is nothing to find"
MISSED = "Not found"
UNBLAMED = "Found, but another operation or argument was named, or none"


@dataclass
class Tally:
    """What became of some mutants: the cells of the table, by kind, and those to be listed, by heading and kind."""

    cells: dict[str, list[int]] = field(default_factory=lambda: {kind: [0] * 6 for kind in KINDS})
    listed: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: "Tally") -> None:
        """Add those of another one."""
        for kind, cells in other.cells.items():
            self.cells[kind] = [a + b for a, b in zip(self.cells[kind], cells, strict=True)]
        for key, names in other.listed.items():
            self.listed[key] += names


def tally(number: int) -> Tally:
    """Try all mutants of one rule, which is given by its number."""
    found = Tally()
    for mutant in all_mutants(tried_rules()[number]):
        samples, name = mutant.samples(), str(mutant).removeprefix(f"{mutant.kind} in ")
        if not samples:
            found.listed[REFUSED if mutant.refused else SILENT, mutant.kind].append(name)
        for sample, form in [(bare, form) for bare in samples for form in mutant.forms(bare)]:
            one = outcome(mutant, form)
            place = f"{name} at {sample.function}{', composed' if form is not sample else ''}"
            if one is None:
                found.listed[REFUSED, mutant.kind].append(place)
                continue
            new = (1, one.found, one.blamed, one.placed, one.recognised is not None, one.recognised is True)
            found.cells[mutant.kind] = [a + b for a, b in zip(found.cells[mutant.kind], new, strict=True)]
            if not one.placed:
                said = "; ".join(f"{blame.operation} by {blame.argument}" for blame in one.report.blame)
                told = f"{place}: {one.report.verdict}{said and f', {said}'}"
                found.listed[UNBLAMED if one.found else MISSED, mutant.kind].append(told)
    return found


def row(name: str, cells: list[int]) -> str:
    """Return a row of the table."""
    *counts, seen, recognised = cells
    shown = [name, *(f"{n:,}" for n in counts), f"{recognised:,} of {seen:,}" if seen else ""]
    return f"| {' | '.join(f'**{x}**' if name == 'all' and x else x for x in shown)} |\n"


def table_of(total: Tally) -> str:
    """Return the table in Markdown."""
    rows: Any = [row(NAMES.get(kind, kind), cells) for kind, cells in total.cells.items() if cells[0]]
    return HEAD + "".join(rows) + row("all", [sum(column) for column in zip(*total.cells.values(), strict=True)])


def lists_of(total: Tally) -> str:
    """Return the lists in Markdown: of each heading, those of each kind."""
    text = LISTS
    for heading in (MISSED, UNBLAMED, REFUSED, SILENT):
        kinds = [(kind, total.listed[heading, kind]) for kind in KINDS if total.listed[heading, kind]]
        text += f"\n## {heading}\n" if kinds else ""
        text += "".join(f"\n**{kind}** ({len(names)}): `{'`; `'.join(names)}`.\n" for kind, names in kinds)
    return text


def main() -> None:
    """Try the mutants and write what became of them."""
    wanted = [f"autograd_mini.rules.{name}" for name in sys.argv[1:]]
    files = [next((m.file for m in all_mutants(rule)), "") for rule in tried_rules()]
    total = Tally()
    numbers = [i for i, file in enumerate(files) if not wanted or file in wanted]
    with ProcessPoolExecutor() as pool:
        for one in tqdm(pool.map(tally, numbers), total=len(numbers), unit=" rules"):
            total.add(one)
    if wanted:
        print(table_of(total) + lists_of(total))
        return
    page = ROOT / "docs" / "check.md"
    old = page.read_text(encoding="utf-8")
    new = re.sub(r"\| mutation \|.*?(?=\n\n)", lambda _: table_of(total).rstrip(), old, count=1, flags=re.DOTALL)
    page.write_text(new, encoding="utf-8")
    (ROOT / "docs" / "mutants.md").write_text(lists_of(total), encoding="utf-8")


if __name__ == "__main__":
    main()
