"""The memory that a recorded scalar operation keeps, with every handle but the last one dropped."""

from __future__ import annotations

import gc
import importlib
import tracemalloc
from collections.abc import Sequence
from functools import partial

from benchmarks.harness import Case, Samples, Target, Workload, interleaved

OPERATIONS = 100_000


def bytes_per_node(value: type) -> float:
    """Of a chain of multiplications and additions, as `tracemalloc` sees it."""
    x, w, b = value(0.5), value(0.9), value(0.1)
    gc.collect()
    tracemalloc.start()
    for _ in range(OPERATIONS // 2):
        x = x * w + b
    gc.collect()
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / OPERATIONS


def measure(cases: Sequence[Case], repeat: int) -> Samples:
    return interleaved({case.label: partial(bytes_per_node, case.make()) for case in cases}, repeat)


WORKLOAD = Workload(
    title=f"Bytes that each of {OPERATIONS:,} scalar operations keeps, handles dropped",
    unit="bytes per scalar node",
    target=Target(0.6, over="micrograd"),
    cases=(
        Case("autograd_mini", lambda: importlib.import_module("autograd_mini").Value),
        Case("micrograd", lambda: importlib.import_module("micrograd.engine").Value),
    ),
    measure=measure,
    baselines=("micrograd",),
)
