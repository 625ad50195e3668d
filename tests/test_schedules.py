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
    assert 0.04 < optim.one_cycle(10)(0.5) < optim.one_cycle(10)(1)


def test_a_schedule_stays_where_it_ends():
    assert optim.cosine(4)(9) == 0
    assert optim.warm_up(2)(9) == 1
    assert optim.one_cycle(10)(99) == pytest.approx(1 / 25e4)


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
    ("call", "text"),
    [
        (lambda: optim.cosine(0), "length=0\n(.|\n)*a number above 0, such as 10"),
        (lambda: optim.step_decay(-1), "every=-1"),
        (lambda: optim.step_decay(1, factor=2), "factor=2\n(.|\n)*at most 1"),
        (lambda: optim.exponential(0), "factor=0"),
        (lambda: optim.warm_up(3, start=1), "start=1\n(.|\n)*from 0 to below 1"),
        (lambda: optim.warm_up(3, then=0.5), "then=0.5"),
        (lambda: optim.one_cycle(1), "length=1\n(.|\n)*above 1"),
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
