"""Write docs/mutants.md: how the gradient check does on every mutant (takes half an hour)."""

import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mutants import KINDS, all_mutants, outcome  # noqa: E402 - they stand beside the tests

from autograd_mini.registry import all_rules  # noqa: E402

HEAD = """\
# Planted bugs

Made by `python tools/mutation_table.py`. Each line of each rule was made wrong in each of these ways, one at a time. A
mutant counts where its gradient differs from the right one by more than 1e-6 of its largest number; it was then checked
at each such sample call, bare and inside a composed function. "Refused": the engine can't use what the line returns,
and raises. Found, operation and argument are shares of the checks: a verdict `wrong`, only the right operation blamed,
and only its wrong line. The pattern is a share of those checks whose numbers show one.

| mutation | mutants | refused | count | checks | found | operation | argument | pattern |
|---|---|---|---|---|---|---|---|---|
"""


def share(part: int, whole: int) -> str:
    """Return a share in per cent, cut so that only all is 100."""
    return f"{int(1000 * part / whole) / 10:g} %" if whole else ""


def row(name: str, cells: list[int]) -> str:
    """Return a row of the table from its sums."""
    mutants, refused, count, checks, found, blamed, placed, seen, recognised = cells
    shares = [share(found, checks), share(blamed, checks), share(placed, checks), share(recognised, seen)]
    return f"| {name} | {mutants} | {refused} | {count} | {checks} | {' | '.join(shares)} |\n"


total = [0] * 9
table = HEAD
silent: dict[str, list[str]] = defaultdict(list)
for kind in KINDS:
    cells = [0] * 9
    for mutant in (one for rule in all_rules() for one in all_mutants(rule) if one.kind == kind):
        samples = mutant.samples()
        refused = not samples and mutant.refused
        cells[:3] = [cells[0] + 1, cells[1] + refused, cells[2] + bool(samples)]
        for form in (form for sample in samples for form in mutant.forms(sample)):
            one = outcome(mutant, form)
            if one is None:
                continue
            seen, recognised = one.recognised is not None, one.recognised is True
            found = (1, one.found, one.blamed, one.placed, seen, recognised)
            cells[3:] = [old + new for old, new in zip(cells[3:], found, strict=True)]
        if not samples and not refused:
            silent[kind].append(str(mutant).removeprefix(f"{kind} in "))
    table += row(kind, cells)
    total = [a + b for a, b in zip(total, cells, strict=True)]
    print(row(kind, cells), end="", flush=True)
table += row("all", total)
table += "\n## Those that change no gradient at any sample call\n"
for kind, names in silent.items():
    table += f"\n**{kind}**: {'; '.join(names)}.\n"
(ROOT / "docs" / "mutants.md").write_text(table, encoding="utf-8")
