"""How a workload is measured: checked first, then interleaved, and summed up by medians.

The libraries take turns (A B C A B C ...), so a slow spell of the machine meets all of them. A ratio is
the median of the ratios within each round, which such a spell leaves alone.
"""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import numpy as np

from benchmarks import environment

SAMPLE_SECONDS = 0.02
RTOL = 1e-7

Step = Callable[[], tuple[object, Sequence[object]]]  # one forward and backward pass: the loss, the gradients
Samples = dict[str, list[float]]  # label of a row -> one number for each round, in the workload's unit


@dataclass(frozen=True)
class Case:
    """One row of a workload: what one library does.

    `make` gives what the workload measures, such as a `Step`. `collector=False` switches Python's
    garbage collector off while the row is timed.
    """

    library: str
    make: Callable[[], Any] | None = None
    note: str = ""
    collector: bool = True

    @property
    def label(self) -> str:
        return f"{self.library}, {self.note}" if self.note else self.library


@dataclass(frozen=True)
class Target:
    """What `autograd_mini` has to reach: at most `limit` times the row `over`, or in the workload's unit."""

    limit: float
    over: str | None = None

    def describe(self, unit: str) -> str:
        return f"at most {self.limit:g} of {self.over}" if self.over else f"at most {self.limit:g} {unit}"


@dataclass(frozen=True)
class Workload:
    title: str
    unit: str
    target: Target
    cases: tuple[Case, ...]
    measure: Callable[[Sequence[Case], int], Samples]
    baselines: tuple[str, ...] = ("numpy",)


@dataclass(frozen=True)
class Result:
    name: str
    workload: Workload
    samples: Samples

    def median(self, label: str) -> float | None:
        return median(self.samples[label]) if label in self.samples else None

    def quartiles(self, label: str) -> tuple[float, float]:
        samples = self.samples[label]
        low, _, high = quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else samples * 3
        return low, high

    def ratio(self, label: str, over: str) -> float | None:
        if label not in self.samples or over not in self.samples:
            return None
        return median(a / b for a, b in zip(self.samples[label], self.samples[over], strict=True))

    def against_target(self) -> tuple[float | None, bool | None]:
        """What was measured for the target, and whether it is met."""
        target = self.workload.target
        ours = "autograd_mini"
        measured = self.ratio(ours, target.over) if target.over else self.median(ours)
        return measured, None if measured is None else measured <= target.limit


def run(name: str, repeat: int) -> Result:
    workload: Workload = importlib.import_module(f"benchmarks.workloads.{name}").WORKLOAD
    present = [case for case in workload.cases if environment.installed(case.library)]
    return Result(name, workload, workload.measure(present, repeat))


def timed(scale: float) -> Callable[[Sequence[Case], int], Samples]:
    """The measure of a workload whose cases make a `Step`: seconds for each pass, times `scale`."""

    def measure(cases: Sequence[Case], repeat: int) -> Samples:
        if any(case.library == "torch" for case in cases):
            importlib.import_module("torch").set_num_threads(1)
        steps = {case.label: case.make() for case in cases}
        _check_agreement(steps)
        loops = {case.label: _loops(steps[case.label], case.collector) for case in cases}

        # What is loaded by now moves out of the collector's sight: the import of one library must not
        # make a collection dearer for another.
        gc.collect()
        gc.freeze()
        try:
            return interleaved(
                {
                    case.label: lambda case=case: scale * _seconds(steps[case.label], loops[case.label], case.collector)
                    for case in cases
                },
                repeat,
            )
        finally:
            gc.unfreeze()

    return measure


def interleaved(samplers: dict[str, Callable[[], float]], repeat: int) -> Samples:
    samples: Samples = {label: [] for label in samplers}
    for _ in range(repeat):
        for label, sampler in samplers.items():
            samples[label].append(sampler())
    return samples


def _seconds(step: Step, loops: int, collector: bool) -> float:
    """The mean time of one pass. What earlier passes left is collected before the clock starts."""
    gc.collect()
    if not collector:
        gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(loops):
            step()
        return (time.perf_counter() - start) / loops
    finally:
        gc.enable()


def _loops(step: Step, collector: bool) -> int:
    quickest = min(_seconds(step, 1, collector) for _ in range(3))
    return max(1, round(SAMPLE_SECONDS / quickest))


def _check_agreement(steps: dict[str, Step]) -> None:
    """Raise unless every library has the loss and the gradients of the hand-written NumPy, in float64."""
    expected_loss, expected = steps["numpy"]()
    for label, step in steps.items():
        for _ in range(2):  # a second pass shows gradients that pile up
            loss, gradients = step()
        np.testing.assert_allclose(np.asarray(loss), expected_loss, rtol=RTOL, err_msg=f"{label}: loss")
        assert len(gradients) == len(expected), f"{label}: {len(gradients)} gradients, not {len(expected)}"
        for index, (ours, theirs) in enumerate(zip(gradients, expected, strict=True)):
            array = np.asarray(ours)
            message = f"{label}: gradient {index}"
            assert array.dtype == np.float64, f"{message} is {array.dtype}"
            # The absolute term allows for cancellation in a sum whose result is near 0.
            atol = RTOL * np.abs(theirs).max()
            np.testing.assert_allclose(array, theirs, rtol=RTOL, atol=atol, err_msg=message)
