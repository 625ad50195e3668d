"""What it would cost to lock every array that a rule saves: `python -m benchmarks.locks`.

A lock makes a saved array read-only, so that a write through the raw array raises at the write. It is taken when the
array is saved and given back after the pass. Both are timed beside the passes that they would protect, in turn.
"""

from __future__ import annotations

from benchmarks import environment


def main() -> None:
    environment.pin()
    from statistics import median
    from timeit import timeit

    import numpy as np

    import autograd_mini as am
    from benchmarks.workloads.chain import OPERATIONS, B, W, X, chain

    leaves = [am.Value(x) for x in (X, W, B)]
    saved = [np.ones(10) for _ in range(OPERATIONS)]

    def step() -> None:
        chain(np, *leaves).backward()

    def locks() -> None:
        for x in saved:
            x.flags.writeable = False
        for x in saved:
            x.flags.writeable = True

    rounds = [(timeit(step, number=5) / 5, timeit(locks, number=5) / 5) for _ in range(25)]
    ratio = median(lock / whole for whole, lock in rounds)
    whole, lock = (1e6 / OPERATIONS * median(times) for times in zip(*rounds, strict=True))
    print(f"an operation, forward and backward: {whole:.2f} µs; a lock, taken and given back: {lock:.2f} µs")
    print(f"one lock for each operation costs {100 * ratio:.0f} % more")


if __name__ == "__main__":
    main()
