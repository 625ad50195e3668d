"""The gradient check is held against wrong rules and a wrong engine: it finds them, and names what is wrong.

A few mutants of each kind and of each file of rules are tried; all of them with ``HYPOTHESIS_PROFILE=long``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from case import distinct, uniform
from mutants import ENGINE, KINDS, chosen, faulty_engine, outcome

import autograd_mini as am
from autograd_mini.check import Verdict

FEW = None if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 2
BLAMED = 0.99  # the share of mutants whose operation is named, and no other
# The least share of mutants whose pattern is recognised, of those that leave one.
RECOGNISED = {
    "factor 2": 0.99, "factor 1.01": 0.99, "sign": 0.99, "transposed": 0.95, "missing sum": 0.8,
    "swapped arguments": 0.8, "conjugate": 0.75, "one sign": 0.8,
}  # fmt: skip
W = uniform(2, 3, seed=9)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_rules_are_found_and_blamed(kind: str) -> None:
    missed, unblamed, recognised, total = [], [], [], 0
    for mutant, sample in chosen(kind, FEW):
        found = outcome(mutant, sample)
        if found is None:
            continue
        total += 1
        place = f"{mutant} at {sample.function}"
        missed += [] if found.found else [f"{place}: {found.report.verdict}"]
        unblamed += [] if found.placed else [f"{place}: {[one.text for one in found.report.blame]}"]
        recognised += [] if found.recognised is None else [found.recognised]
    assert total > 0
    assert not missed
    assert len(unblamed) <= math.ceil((1 - BLAMED) * total), unblamed
    assert sum(recognised) >= RECOGNISED.get(kind, 1.0) * len(recognised)


# ------------------------------------------------------------------------------------------ Faults of the engine


def broadcasting(x: Any, b: Any) -> Any:
    return np.sum(np.tanh(x * b + b) * W)


def columns(x: Any, b: Any) -> Any:
    return np.sum(np.where(W > 0, np.sin(x), b) * W)


def reusing(x: Any) -> Any:
    y = np.sin(x)
    return np.sum(y * y * W + np.exp(y))


def reusing_numbers(x: Any) -> Any:
    y = np.sin(x)
    return y * y + np.exp(y)


def reusing_an_argument(w: Any, x: Any) -> Any:
    return np.sum(np.tanh(w @ np.tanh(w @ x)))


def reusing_by_calls(x: Any) -> Any:
    y = np.sin(x)
    return np.sum(np.cumsum(y, axis=0) ** 2 * W) + np.sum(np.reshape(y, (3, 2)) @ W)


def reusing_parts(x: Any) -> Any:
    a, b = np.split(np.sin(x), 2)
    return np.sum(a * b + np.exp(a))


def reusing_results(x: Any) -> Any:
    w, v = np.linalg.eigh(x + x.T)
    return np.sum((v * np.sin(w)) @ v.T * np.arange(9.0).reshape(3, 3))


SCALAR, ROW, MATRIX = uniform(), uniform(3, seed=1), uniform(2, 3)
FAULTS: dict[str, list[tuple[Callable[..., Any], tuple[Any, ...], int, set[str]]]] = {
    "missing broadcast sum": [
        (broadcasting, (MATRIX, ROW), 1, {"numpy.multiply", "numpy.add"}),
        (broadcasting, (MATRIX, SCALAR), 1, {"numpy.multiply", "numpy.add"}),
        (columns, (uniform(2, 1), ROW), 1, {"numpy.where"}),
    ],
    "= for += in calls": [(reusing_by_calls, (MATRIX,), 1, {"numpy.sin"})],
    "= for += in generated pulls": [
        (reusing, (MATRIX,), 1, {"numpy.sin"}),
        (reusing_numbers, (SCALAR,), 1, {"numpy.sin"}),
        (reusing_parts, (MATRIX,), 1, {"numpy.split", "pick"}),
        (reusing_an_argument, (uniform(3, 3), ROW), 1, {"argument"}),
    ],
    "= for += in one of several results": [(reusing_results, (distinct(3, 3),), 2, {"numpy.linalg.eigh"})],
    "gradients of an earlier pull": [(reusing, (MATRIX,), 1, {"the backward pass"})],
    "gradients of an earlier call": [(reusing, (MATRIX,), 1, {"the backward pass"})],
}


EACH = [(fault, *each) for fault, several in FAULTS.items() for each in several]
NAMES = [f"{fault}, {function.__name__}" for fault, function, *_ in EACH]


@pytest.mark.parametrize(("fault", "function", "point", "order", "culprits"), EACH, ids=NAMES)
def test_faults_of_the_engine_are_found_and_blamed(
    fault: str, function: Callable[..., Any], point: tuple[Any, ...], order: int, culprits: set[str]
) -> None:
    with faulty_engine(fault):
        am.vjp(function, *(1.1 * x for x in point))[1](1.0)
        report = am.check_grads(function, *point, order=order, report=True)
    assert report.verdict is Verdict.WRONG
    assert {one.what for one in report.blame} == {"accumulation"}
    assert {one.operation for one in report.blame} <= culprits
    assert am.check_grads(function, *point, order=order).ok  # the engine is whole again


def test_every_fault_of_the_engine_is_tried() -> None:
    assert FAULTS.keys() == ENGINE.keys()
