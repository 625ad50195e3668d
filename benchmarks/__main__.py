"""`python -m benchmarks`: time the workloads for every library that is installed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from benchmarks import environment

HERE = Path(__file__).parent
WORKLOADS = ("chain", "scalars", "mlp_small", "mlp_large", "import_time", "memory")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--workload",
        nargs="+",
        choices=WORKLOADS,
        default=WORKLOADS,
        metavar="NAME",
        help=f"of {', '.join(WORKLOADS)} (default: all)",
    )
    parser.add_argument("--repeat", type=int, default=15, help="rounds of each workload (default: 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything to FILE")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--write-readme", action="store_true", help="put them into benchmarks/README.md")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    environment.pin()
    from benchmarks import harness, report  # not before NumPy's threads are pinned

    machine = environment.describe()
    results = []
    for name in options.workload:
        print(f"{name} ...", file=sys.stderr)
        results.append(harness.run(name, options.repeat))

    markdown = report.as_markdown(results, machine)
    print(markdown if options.markdown else report.as_text(results, machine))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results, machine), indent=2) + "\n")
    if options.write_readme:
        write_readme(markdown)


def write_readme(markdown: str) -> None:
    """Replace what stands between the two markers."""
    readme = HERE / "README.md"
    marker = "<!-- results -->"
    block = f"{marker}\n{markdown}\n{marker}"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(f"{marker}.*{marker}", lambda _: block, text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
