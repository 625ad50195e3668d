"""Schedules of the learning rate: held against PyTorch's, epoch by epoch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from optim_table import EPOCHS, METRICS, SCHEDULES

from autograd_mini import optim
from autograd_mini.errors import InvalidInput

with np.load(Path(__file__).parent / "reference" / "optim.npz") as file:
    KEPT = dict(file)


@pytest.mark.parametrize("row", SCHEDULES)
def test_a_schedule_gives_pytorchs_factors(row):
    (name, options), _ = SCHEDULES[row]
    options = {k: getattr(optim, x[0])(**x[1]) if isinstance(x, tuple) else x for k, x in options.items()}
    schedule = getattr(optim, name)(**options)
    factors = []
    for epoch in range(EPOCHS):
        factors.append(schedule(epoch))
        if name == "OnPlateau":
            schedule.update(METRICS[epoch])
    np.testing.assert_allclose(factors, KEPT[row], rtol=1e-12, atol=1e-15)
    assert len(set(factors)) > 1


def test_a_schedule_scales_the_learning_rate_between_whole_numbers_too():
    assert optim.cosine(4)(1.5) == pytest.approx((1 + np.cos(np.pi * 0.375)) / 2)
    assert optim.step_decay(0.5, 0.5)(0.75) == 0.5
    assert optim.exponential(0.25)(0.5) == 0.5
    assert optim.warm_up(2, start=0.0)(0.5) == 0.25
    assert optim.one_cycle(10)(1.5) == pytest.approx(0.52)


# Each with when it is 1, and where and when it ends.
ENDS = {
    "constant": (optim.constant, 0, 1, 0),
    "step_decay": (optim.step_decay(1, 1e-9), 0, 0, 40),
    "exponential": (optim.exponential(1e-9), 0, 0, 40),
    "cosine": (optim.cosine(3), 0, 0, 3),
    "warm_up": (optim.warm_up(0.7, start=0.0), 0.7, 1, 0.7),
    "warm_up, then": (optim.warm_up(1, then=optim.cosine(1.5)), 1, 0, 2.5),
    "one_cycle": (optim.one_cycle(2), 0.6, 1 / 25e4, 2),
    "one_cycle, short": (optim.one_cycle(0.5, 0.9, 2.0, 3.0), 0.45, 1 / 6, 0.5),
    "one_cycle, no rise": (optim.one_cycle(3, 0.0), 0, 1 / 25e4, 3),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_schedule_rises_to_1_falls_and_stays_where_it_ends(name):
    schedule, top, last, end = ENDS[name]
    batches = [schedule(epoch + batch / 20) for epoch in range(5) for batch in range(20)]  # as `train.fit` has them
    assert 0 <= min(batches) <= max(batches) <= 1
    assert schedule(top) == 1
    peak = round(top * 20)
    assert batches[: peak + 1] == sorted(batches[: peak + 1])
    assert batches[peak:] == sorted(batches[peak:], reverse=True)
    for later in (0, 0.05, 0.5, 1, 7.3, 1e9):
        assert schedule(end + later) == pytest.approx(last, abs=1e-300)


def test_a_cycle_takes_all_of_its_epochs():
    schedule = optim.one_cycle(2, pct_start=0.25, div_factor=10, final_div_factor=5)
    assert [schedule(t) for t in (0, 0.25, 0.5, 1.25, 2)] == pytest.approx([0.1, 0.55, 1, 0.51, 0.02])
    # Without a rise it is a cosine that ends above 0.
    fall, ended = optim.one_cycle(3, pct_start=0), 1 / 25e4
    for t in np.linspace(0, 4, 17):
        assert fall(t) == pytest.approx(ended + (1 - ended) * optim.cosine(3)(t))


def test_a_plateau_is_remembered_in_a_state():
    one, other = optim.OnPlateau(0.5, patience=1), optim.OnPlateau(0.5, patience=1)
    for metric in METRICS[:6]:
        one.update(metric)
    other.load_state_dict(json.loads(json.dumps(one.state_dict())))
    for metric in METRICS[6:]:
        one.update(metric)
        other.update(metric)
        assert one.state_dict() == other.state_dict()
    assert one(0) < 0.5
    with pytest.raises(InvalidInput, match=r"a state of best(.|\n)*must hold present, best and waited"):
        one.load_state_dict({"best": 1.0})
    assert one.state_dict() == other.state_dict()


@pytest.mark.parametrize(
    ("name", "x", "instead"),
    [
        *[("present", x, "a number from 0 to 1") for x in ("x", None, True, -0.1, 1.5, float("nan"))],
        *[("best", x, "a number, or None at first") for x in ("1", [1.0], float("inf"))],
        *[("waited", x, "an integer of at least 0") for x in (-1, 1.0, None, "2")],
    ],
)
def test_a_state_of_a_plateau_that_cannot_be_is_refused_and_changes_nothing(name, x, instead):
    schedule = optim.OnPlateau(0.5, patience=1)
    before = schedule.state_dict()
    with pytest.raises(InvalidInput, match=rf"{name}=(.|\n)*instead: {instead}"):
        schedule.load_state_dict({"present": 0.5, "best": 2.0, "waited": 1, name: x})
    assert schedule.state_dict() == before


def test_neither_infinity_nor_nan_is_better_than_a_number():
    for mode, metrics in (("min", [np.inf, 2.0, -np.inf, np.nan]), ("max", [-np.inf, 2.0, np.inf, np.nan])):
        schedule = optim.OnPlateau(mode=mode)
        for metric in metrics:
            schedule.update(metric)
        assert schedule.state_dict() == {"present": 1.0, "best": 2.0, "waited": 2}


def test_a_plateau_shows_its_options():
    assert repr(optim.OnPlateau(0.5)) == "OnPlateau(factor=0.5, patience=10, threshold=0.0001, mode='min')"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: optim.cosine(0), "length=0\n(.|\n)*a number above 0, such as 10"),
        (lambda: optim.step_decay(-1), "every=-1"),
        (lambda: optim.step_decay(1, factor=2), "factor=2\n(.|\n)*at most 1"),
        (lambda: optim.exponential(0), "factor=0"),
        (lambda: optim.warm_up(3, start=1), "start=1\n(.|\n)*from 0 to below 1"),
        (lambda: optim.warm_up(3, then=0.5), "then=0.5"),
        (lambda: optim.one_cycle(0), "length=0\n(.|\n)*above 0"),
        (lambda: optim.one_cycle(10, pct_start=1), "pct_start=1"),
        (lambda: optim.one_cycle(10, div_factor=0), "div_factor=0"),
        (lambda: optim.one_cycle(10, final_div_factor=0), "final_div_factor=0"),
        (lambda: optim.OnPlateau(factor=0), "factor=0"),
        (lambda: optim.OnPlateau(patience=1.5), "patience=1.5\n(.|\n)*an integer"),
        (lambda: optim.OnPlateau(threshold=-1), "threshold=-1"),
        (lambda: optim.OnPlateau(mode="most"), "mode='most'\n(.|\n)*'min' or 'max'"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(call, text):
    with pytest.raises(InvalidInput, match=text):
        call()
