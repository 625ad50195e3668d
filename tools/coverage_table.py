"""Write what the tests know of each function into the package, and the table of what is covered into the docs.

    python tools/coverage_table.py [--dask]

`autograd_mini/tested.json` and `docs/coverage.md`; the tests fail where these are stale. With `--dask`, which takes two
minutes, each function is tried on Dask arrays too; otherwise what is known of that is kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from cases import CASES  # noqa: E402

import autograd_mini as am  # noqa: E402
from autograd_mini.covered import DIFFERENTIABLE, Table, named, row_of, tested  # noqa: E402
from autograd_mini.registry import COMPOSED, import_rules, qualified_name, signature_of  # noqa: E402

NAMES = (ROOT / "tests" / "numpy_names.txt").read_text(encoding="utf-8").split()
TESTED, PAGE = ROOT / "autograd_mini" / "tested.json", ROOT / "docs" / "coverage.md"
OTHERS = ("autograd_mini.", "scipy.")  # not those that a test registers
COLUMNS = ["name", "how", "arguments", "complex", "kink", "cases", "dask"]


def facts(dask: bool = False) -> dict[str, dict[str, Any]]:
    """Return what the sample calls tell of each function, on Dask arrays too if asked for."""
    by_function: dict[Callable[..., Any], list[Any]] = {}
    for case in CASES:
        by_function.setdefault(case.function, []).append(case)
    found = {}
    for function, cases in by_function.items():
        name = qualified_name(function)
        import_rules(name)
        of_it: dict[str, Any] = {"complex": not all(case.real_only for case in cases), "cases": len(cases)}
        if function in COMPOSED:
            names = signature_of(COMPOSED[function])[0]
            last = next((i for i, name in enumerate(names) if name.startswith("*")), len(names) - 1)
            wrt = {key if isinstance(key, str) else names[min(key, last)] for c in cases for key in c.wrt}
            of_it["arguments"] = [param.lstrip("*") for param in names if param in wrt]
        if dask:
            from dask_status import status

            of_it["dask"] = status(cases)
        elif "dask" in tested().get(name, {}):
            of_it["dask"] = tested()[name]["dask"]
        found[name] = of_it
    return dict(sorted(found.items()))


def rows_of_numpy() -> Table:
    """Return the rows of NumPy's differentiable functions, under the names that NumPy has for them."""
    rows = []
    for name in NAMES:
        row = row_of(np.vstack if name == "numpy.row_stack" else named(name))
        rows.append(type(row)(**{**vars(row), "name": name}))
    return Table(rows)


def page() -> str:
    """Return the page of the docs."""
    rows = rows_of_numpy()
    right = Table(row for row in rows if row.how in DIFFERENTIABLE)
    refused = Table(row for row in rows if row.how not in DIFFERENTIABLE)
    rest = Table(
        row for row in am.coverage() if row.how in ("zero", "looks") and row.name.startswith(("numpy.", *OTHERS))
    )
    others = Table(row for row in am.coverage() if row.how in DIFFERENTIABLE and row.name.startswith(OTHERS))
    zero = ", ".join(f"`{row.name}`" for row in rest if row.how == "zero")
    looks = ", ".join(f"`{row.name}`" for row in rest if row.how == "looks")
    return f"""# What is covered

`am.coverage()` returns this table at run time, and `am.coverage("numpy.median")` one row of it. It is made from the
registry by `tools/coverage_table.py`, with NumPy {np.__version__}.

NumPy has {len(rows)} public names (with `linalg` and `fft`) that are differentiable in an array argument. Of these,
**{len(right)} differentiate**, at any order, by vjp and jvp; the other **{len(refused)} raise with the replacement**,
since NumPy writes their result, or converts their argument, without telling us.

- *how*: a function has a *rule* of its own, or is *composed*: recorded as the functions that it is made of.
- *cases*: the sample calls at which the tests hold order 1 and 2, vjp and jvp against differences.
- *dask*: what happens with a Dask array inside (see [dask.md](dask.md)).

## They differentiate

{right.to_markdown(COLUMNS)}

## They raise, and say what to write

{refused.to_markdown(["name", "instead"])}

## Other functions with a derivative

{others.to_markdown(COLUMNS)}

## The derivative is zero

Wherever it exists. A gradient that is zero only for that reason comes with a `ZeroGradientWarning`.

{zero}

## They only look

Their result depends on shapes and dtypes alone, or is no number.

{looks}
"""


def main() -> None:
    """Write both files."""
    TESTED.write_text(json.dumps(facts("--dask" in sys.argv), indent=0, sort_keys=True) + "\n", encoding="utf-8")
    tested.cache_clear()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
