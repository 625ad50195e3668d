"""`python -m benchmarks.checks`: the gradient checks of every library that is installed, on the same functions."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import environment

if TYPE_CHECKING:
    from benchmarks.checks.functions import Subject
    from benchmarks.checks.libraries import Check

LIBRARIES = ("numpy", "autograd_mini", "torch", "jax", "autograd", "numdifftools")
ACCEPTED, WRONG = "accepted", "wrong"
OURS, LARGE = "am.check_grads", "sum of 1,000 waves"
Table = list[list[str]]  # the first row is the head


class Outcome(NamedTuple):
    """What one check says of one gradient: "accepted", "wrong" or something else."""

    check: str
    subject: str
    kind: str
    bug: str | None
    says: str
    message: str
    calls: int


class Numeric(NamedTuple):
    """The largest error of one numeric derivative, as a part of the gradient's largest number.

    `inside` is the share of its numbers that are off by no more than it says itself.
    """

    method: str
    subject: str
    error: float
    inside: float | None
    calls: int


class Duration(NamedTuple):
    """How long one check of a right gradient takes, and as a ratio to ours in the same round: medians of the rounds."""

    check: str
    subject: str
    seconds: float
    ratio: float


class Results(NamedTuple):
    checks: list[str]
    outcomes: list[Outcome]
    numeric: list[Numeric]
    durations: list[Duration]


# ------------------------------------------------------------------------------------------------------- Running


def outcomes(check: Check, subjects: Sequence[Subject]) -> list[Outcome]:
    """Return what a check says of each gradient: the right one, and those with a bug."""
    made = []
    for subject in subjects:
        for bug in (None, *subject.bugs):
            lines = None if bug is None and subject.kind != "planted" else subject.with_bug(bug)
            run, function = check.prepare(subject, lines)
            says, message = ACCEPTED, ""
            try:
                run()
            except Exception as error:  # of any kind: it is what the check says
                says, message = check.says(error), str(error)
            made.append(Outcome(check.label, subject.name, subject.kind, bug, says, message, function.calls))
    return made


def numeric(label: str, method: Callable[..., Any], subjects: Sequence[Subject]) -> list[Numeric]:
    """Compare a numeric derivative with the exact one, where that is known."""
    import numpy as np

    from benchmarks.checks.libraries import Counted, flat, gradient, scalar, wide

    made = []
    for subject in (one for one in subjects if one.exact):
        exact = flat(gradient(replace(subject, args=tuple(map(wide, subject.args))), subject.lines))
        function = Counted(scalar(subject))
        found, error = method(function, subject.args)
        size, off = np.max(abs(exact)), abs(found - exact)
        inside = None if error is None else float(np.mean(off <= error + 4 * np.finfo(float).eps * size))
        made.append(Numeric(label, subject.name, float(np.max(off) / size), inside, function.calls))
    return made


def durations(checks: Sequence[Check], subjects: Sequence[Subject], repeat: int) -> list[Duration]:
    """Time the checks of right gradients at ordinary points, which all of them accept; they take turns."""
    from benchmarks.harness import interleaved

    made = []
    for subject in (one for one in subjects if one.kind == "planted"):
        runs = {check.label: check.prepare(subject, subject.lines)[0] for check in checks}
        for run in runs.values():
            run()  # compiles, imports and allocates what is kept
        samples = interleaved({label: partial(seconds, run) for label, run in runs.items()}, repeat)
        for label, taken in samples.items():
            ratio = median(a / b for a, b in zip(taken, samples[OURS], strict=True))
            made.append(Duration(label, subject.name, median(taken), ratio))
    return made


def seconds(run: Callable[[], None]) -> float:
    gc.collect()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def everything(repeat: int) -> Results:
    """Run it all, for the libraries that are installed."""
    import numpy as np

    from benchmarks.checks.functions import SUBJECTS
    from benchmarks.checks.libraries import CHECKS, NUMERIC

    checks = [make() for library, make in CHECKS if environment.installed(library)]
    found, errors = [], []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # PyTorch's of single precision; that of a result is its verdict
        for check in checks:
            print(f"{check.label} ...", file=sys.stderr)
            found += outcomes(check, SUBJECTS)
        for library, label, method in NUMERIC:
            if environment.installed(library):
                errors += numeric(label, method, SUBJECTS)
        print("times ...", file=sys.stderr)
        times = durations(checks, SUBJECTS, repeat)
    return Results([check.label for check in checks], found, errors, times)


# ----------------------------------------------------------------------------------------------------- Reporting


def summary(results: Results) -> Table:
    """Return for each check how many bugs it finds and how many right gradients it refuses."""
    rows = [["check", "bugs found", "and the right gradient accepted", "false alarms", "can't tell"]]
    for check in results.checks:
        mine = [one for one in results.outcomes if one.check == check and one.kind != "unfit"]
        bugs, right = ([one for one in mine if (one.bug is None) is so] for so in (False, True))
        accepted = {one.subject for one in right if one.says == ACCEPTED}
        wrong = [one for one in bugs if one.says == WRONG]
        rows.append([
            check,
            f"{len(wrong)} of {len(bugs)}",
            str(sum(one.subject in accepted for one in wrong)),
            f"{sum(one.says == WRONG for one in right)} of {len(right)}",
            str(sum(one.says not in (ACCEPTED, WRONG) for one in mine)),
        ])  # fmt: skip
    return rows


def costs(results: Results) -> Table:
    """Return for each check how often it calls a function, and how long it takes."""
    rows = [["check", "calls", "ms", "ratio to ours", "calls, 1,000 numbers", "ms", "ratio to ours"]]
    for check in results.checks:
        row = [check]
        for large in (False, True):
            mine = [one for one in results.outcomes if (one.check, one.kind, one.bug) == (check, "planted", None)]
            calls = [one.calls for one in mine if (one.subject == LARGE) is large]
            times = [one for one in results.durations if one.check == check and (one.subject == LARGE) is large]
            row += [f"{median(calls):,.0f}", number(1000 * median(one.seconds for one in times)),
                    number(median(one.ratio for one in times))]  # fmt: skip
        rows.append(row)
    return rows


def accuracy(results: Results) -> Table:
    """Return for each numeric derivative how far it is off."""
    rows = [
        ["numeric derivative", "error, median", "worst", "off by more than 1 %", "within its own error bar", "calls"]
    ]
    for method in dict.fromkeys(one.method for one in results.numeric):
        mine = [one for one in results.numeric if one.method == method]
        errors = [one.error if one.error == one.error else float("inf") for one in mine]
        bars = [one.inside for one in mine if one.inside is not None]
        rows.append([
            method,
            f"{median(errors):.1e}",
            f"{max(errors):.1e}",
            f"{sum(error > 0.01 for error in errors)} of {len(errors)}",
            f"{sum(inside == 1 for inside in bars)} of {len(bars)}" if bars else "has none",
            f"{median(one.calls for one in mine):,.0f}",
        ])  # fmt: skip
    return rows


def differing(results: Results, kind: str) -> Table:
    """Return what each check says, of the gradients of a kind of which they don't all say what they should."""

    def belongs(one: Outcome) -> bool:
        mine = "unfit" if one.kind == "unfit" else "right" if one.bug is None else "bug"
        return mine == kind

    rows = [[{"bug": "planted", "right": "right gradient", "unfit": "function"}[kind], *results.checks]]
    told: dict[str, dict[str, str]] = {}
    for one in filter(belongs, results.outcomes):
        told.setdefault(f"{one.subject}: {one.bug}" if one.bug else one.subject, {})[one.check] = one.says
    for name, says in told.items():
        if kind == "unfit" or set(says.values()) != {WRONG if kind == "bug" else ACCEPTED}:
            rows.append([name, *(says[check] for check in results.checks)])
    return rows


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"


def text(results: Results, machine: dict[str, Any], markdown: bool) -> str:
    """Return all tables, for a terminal or as Markdown."""
    from benchmarks import report

    drawn = report.pipes if markdown else report.aligned
    mark = "**" if markdown else ""
    parts = (
        ("What they find", summary(results)),
        ("What it costs (right gradients at ordinary points, medians)", costs(results)),
        ("The numeric derivatives (the largest error, as a part of the gradient's largest number)", accuracy(results)),
        ("Bugs that not all find", differing(results, "bug")),
        ("Right gradients that not all accept", differing(results, "right")),
        ("Where differences say nothing", differing(results, "unfit")),
    )
    return "\n\n".join(
        [report.machine_line(machine), *(f"{mark}{head}{mark}\n\n{drawn(rows)}" for head, rows in parts)]
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checks", description=__doc__)
    parser.add_argument("--repeat", type=int, default=7, help="rounds of timing (default: 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to FILE")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    environment.pin()
    machine = environment.describe() | {"versions": {name: environment.version(name) for name in LIBRARIES}}
    results = everything(options.repeat)
    print(text(results, machine, options.markdown))
    if options.json:
        made = {
            name: [row._asdict() for row in getattr(results, name)] for name in ("outcomes", "numeric", "durations")
        }
        options.json.write_text(json.dumps({"machine": machine, **made}, indent=2) + "\n")


if __name__ == "__main__":
    main()
