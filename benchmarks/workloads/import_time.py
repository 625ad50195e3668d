"""What importing a library adds to importing NumPy, each import in a fresh Python."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial

from benchmarks.harness import Case, Samples, Target, Workload, interleaved


def milliseconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return 1e3 * (time.perf_counter() - start)


def measure(cases: Sequence[Case], repeat: int) -> Samples:
    samplers = {case.label: partial(milliseconds, f"import numpy, {case.library}") for case in cases}
    for sampler in samplers.values():
        sampler()  # compiles what isn't compiled yet and warms the disk's cache
    walls = interleaved(samplers, repeat)
    base = walls["numpy, the whole process"]
    return {
        label: base if wall is base else [a - b for a, b in zip(wall, base, strict=True)]
        for label, wall in walls.items()
    }


WORKLOAD = Workload(
    title="A fresh Python that imports NumPy and the library, less one that imports NumPy alone",
    unit="ms",
    target=Target(60),
    cases=(
        Case("numpy", note="the whole process"),
        *map(Case, ("autograd_mini", "autograd", "mygrad", "micrograd", "torch", "jax")),
    ),
    measure=measure,
    baselines=(),
)
