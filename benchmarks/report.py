"""Results as aligned text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.harness import Result

Table = list[list[str]]  # the first row is the head


def machine_line(machine: dict) -> str:
    versions = ", ".join(f"{library} {version}" for library, version in machine["versions"].items())
    load = "" if machine["load"] is None else f", load {machine['load']} at the start"
    return (
        f"{machine['cpu']}, {machine['cores']} cores{load}; {machine['threads']} thread for each library; "
        f"{machine['system']}, Python {machine['python']}, NumPy on {machine['blas']}; {versions}."
    )


def table(result: Result) -> Table:
    workload = result.workload
    rows = [["library", workload.unit, "quartiles", *(f"ratio to {base}" for base in workload.baselines)]]
    for case in workload.cases:
        if case.label not in result.samples:
            rows.append([case.label, "not installed", *[""] * (len(rows[0]) - 2)])
            continue
        low, high = result.quartiles(case.label)
        ratios = (result.ratio(case.label, base) for base in workload.baselines)
        rows.append(
            [case.label, _number(result.median(case.label)), f"{_number(low)} to {_number(high)}"]
            + ["" if ratio is None else _number(ratio) for ratio in ratios]
        )
    return rows


def targets(results: Sequence[Result]) -> Table:
    rows = [["workload", "target for autograd_mini", "measured", "met"]]
    for result in results:
        measured, met = result.against_target()
        verdict = {True: "yes", False: "no", None: ""}[met]
        target = result.workload.target.describe(result.workload.unit)
        rows.append([result.name, target, "" if measured is None else _number(measured), verdict])
    return rows


def as_text(results: Sequence[Result], machine: dict) -> str:
    blocks = [machine_line(machine)]
    blocks += [f"{result.name}: {result.workload.title}\n{aligned(table(result))}" for result in results]
    return "\n\n".join([*blocks, aligned(targets(results))])


def as_markdown(results: Sequence[Result], machine: dict) -> str:
    blocks = [machine_line(machine), pipes(targets(results))]
    for result in results:
        blocks.append(f"**`{result.name}`** {result.workload.title}\n\n{pipes(table(result))}")
    return "\n\n".join(blocks)


def as_json(results: Sequence[Result], machine: dict) -> dict:
    return {"machine": machine, "workloads": {result.name: _result_as_json(result) for result in results}}


def _result_as_json(result: Result) -> dict:
    workload = result.workload
    measured, met = result.against_target()
    return {
        "title": workload.title,
        "unit": workload.unit,
        "target": {"text": workload.target.describe(workload.unit), "measured": measured, "met": met},
        "not_installed": [c.label for c in workload.cases if c.label not in result.samples],
        "rows": {
            label: {
                "median": result.median(label),
                "ratios": {base: result.ratio(label, base) for base in workload.baselines},
                "samples": samples,
            }
            for label, samples in result.samples.items()
        },
    }


def _number(value: float) -> str:
    """Three significant digits, and never an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def aligned(rows: Table) -> str:
    """Return a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def pipes(rows: Table) -> str:
    """Return a table in Markdown."""
    head, *body = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    rule = "|---|" + "---:|" * (len(rows[0]) - 1)
    return "\n".join([head, rule, *body])
