"""Gradient descent and its variants: held against PyTorch's, step by step."""

from __future__ import annotations

import inspect
import json
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from optim_table import INPUTS, OPTIMIZERS, ROOTS, STEPS, TARGETS, grouped, loss, start

import autograd_mini as am
from autograd_mini import nn, optim
from autograd_mini.errors import BackwardError, InvalidInput, StaleDataError
from autograd_mini.optim import SGD, Adam, Optimizer

with np.load(Path(__file__).parent / "reference" / "optim.npz") as file:
    KEPT = dict(file)
CHAINS = [optim.SGD, optim.Adagrad, optim.Adadelta, optim.RMSprop, optim.Adam, optim.AdamW, optim.NAdam]
CLIPPING = {"clip_norm": "max_norm", "clip_value": "clip_value"}


def made(row):
    """Return the parameters and the optimiser of a row of the table."""
    name, options, more = OPTIMIZERS[row]
    params = [am.Value(x) for x in start(more.get("complex", False))]
    kind = getattr(optim, name)
    clip = [(getattr(optim, part), {option: more[part]}) for part, option in CLIPPING.items() if part in more]
    if not clip:
        return params, kind(grouped(params, more), **options)
    return params, Optimizer(grouped(params, more), clip[0][0], *kind.chain, **clip[0][1], **options)


def descend(params, optimizer, steps):
    """Return the parameters after each step, each time as one vector."""
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss(np, params, INPUTS, TARGETS, ROOTS).backward()
        optimizer.step()
        path.append(np.concatenate([np.ravel(p.data) for p in params]))
    return np.stack(path)


# ----------------------------------------------------------------------------------------------- The table


@pytest.mark.parametrize("row", OPTIMIZERS)
def test_an_optimiser_takes_pytorchs_path(row):
    np.testing.assert_allclose(descend(*made(row), STEPS), KEPT[row], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", OPTIMIZERS)
def test_a_state_continues_bit_for_bit(row):
    params, optimizer = made(row)
    descend(params, optimizer, 7)
    state = optimizer.state_dict()
    arrays = {name: x for name, x in state.items() if isinstance(x, np.ndarray)}
    rest = json.loads(json.dumps({name: x for name, x in state.items() if name not in arrays}))
    others, other = made(row)
    other.lr, other.lr_scale = 123.0, 0.5
    for p, q in zip(params, others, strict=True):
        q.data = np.array(p.data)
    other.load_state_dict({**arrays, **rest})
    np.testing.assert_array_equal(descend(others, other, 3), descend(params, optimizer, 3))
    for x in arrays.values():  # they are copies
        x[...] = np.nan
    assert np.isfinite(descend(others, other, 1)).all()


@pytest.mark.parametrize("kind", CHAINS, ids=lambda kind: kind.__name__)
def test_an_optimisers_defaults_are_those_of_its_parts(kind):
    own = {p.name: p.default for p in inspect.signature(kind).parameters.values()}
    for part in kind.chain:
        for p in inspect.signature(part).parameters.values():
            if p.kind is p.KEYWORD_ONLY and p.default is not p.empty and p.name in own:
                assert own[p.name] == p.default


# --------------------------------------------------------------------------------------------- What a step does


@pytest.mark.parametrize("kind", CHAINS, ids=lambda kind: kind.__name__)
def test_arrays_change_in_place_numbers_are_rebound_and_dtypes_stay(kind):
    p, number = am.Value(np.ones(2, np.float32)), am.Value(np.float32(3.0))
    array = p.data
    optimizer = kind([p, number], lr=np.float64(0.5), weight_decay=np.float64(0.1))
    for _ in range(2):
        optimizer.zero_grad()
        (np.sum(p) * number).backward()
        optimizer.step()
    assert p.data is array
    assert (array < 1).all()
    assert number.data < 3
    assert type(number.data) is np.float32
    assert {x.dtype for x in optimizer.state_dict().values() if getattr(x, "ndim", 0)} <= {np.dtype(np.float32)}


@pytest.mark.parametrize("row", ["sgd, all", "rmsprop, all", "adam, all", "nadam, all"])
def test_a_step_leaves_gradients_and_old_states_alone(row):
    params, optimizer = made(row)
    loss(np, params, INPUTS, TARGETS, ROOTS).backward()
    optimizer.step()
    gradients, states = [np.copy(p.grad) for p in params], optimizer.states
    before = deepcopy(states)
    optimizer.step()
    for p, gradient in zip(params, gradients, strict=True):
        np.testing.assert_array_equal(p.grad, gradient)
    assert states is not optimizer.states
    np.testing.assert_equal(states, before)


def test_a_gradient_that_is_changed_afterwards_changes_no_momentum():
    p = am.Value([1.0])
    optimizer = SGD([p], lr=0.1, momentum=0.5)
    np.sum(p).backward()
    optimizer.step()
    p.grad *= 0
    optimizer.step()
    np.testing.assert_allclose(p.data, [1 - 0.1 - 0.05])


def test_a_graph_that_is_held_is_stale_after_the_step():
    p = am.Value([1.0])
    value = np.sum(p * p)
    value.backward()
    SGD([p], lr=0.1).step()
    with pytest.raises(StaleDataError, match="changed in place"):
        value.backward()


@pytest.mark.parametrize("kind", CHAINS, ids=lambda kind: kind.__name__)
def test_a_complex_parameter_moves_as_its_real_and_imaginary_part_do(kind):
    z, goal = am.Value(np.array([1 + 2j, -1j])), np.array([3 - 1j, 2.0])
    a, b = am.Value(z.data.real), am.Value(z.data.imag)
    one, two = kind([z], lr=0.1, weight_decay=0.1), kind([a, b], lr=0.1, weight_decay=0.1)
    for _ in range(5):
        one.zero_grad()
        two.zero_grad()
        np.sum(np.abs(z - goal) ** 2).backward()
        np.sum((a - goal.real) ** 2 + (b - goal.imag) ** 2).backward()
        one.step()
        two.step()
    np.testing.assert_allclose(z.data, a.data + 1j * b.data, rtol=1e-13)
    number = am.Value(1 + 1j)
    (number * np.conj(number)).real.backward()
    kind([number], lr=0.1).step()
    assert 0 < number.data.real == number.data.imag < 1


def test_backward_passes_over_parts_of_the_samples_are_one_over_all():
    whole, parts = ([am.Value(x) for x in start()] for _ in range(2))
    optimizers = [Adam(whole, lr=0.1), Adam(parts, lr=0.1)]
    for _ in range(3):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss(np, whole, INPUTS[:6], TARGETS[:6], ROOTS).backward()
        for i in range(0, 6, 2):
            (loss(np, parts, INPUTS[i : i + 2], TARGETS[i : i + 2], ROOTS) / 3).backward()
        for optimizer in optimizers:
            optimizer.step()
    for p, q in zip(whole, parts, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-13)


def test_parameters_without_a_gradient_are_named_and_nothing_changes():
    w, b, c = am.Value(1.0, name="w"), am.Value(1.0, name="b"), am.Value(1.0)
    (w * 2).backward()
    optimizer = SGD([{"params": [w]}, {"params": [b, c]}], lr=0.1, momentum=0.9)
    before = optimizer.state_dict()
    with pytest.raises(BackwardError) as caught:
        optimizer.step()
    assert str(caught.value).startswith("no gradient for b, parameter 2\n  why: backward() wasn't called")
    assert "the loss uses in SGD(...)" in str(caught.value)
    assert w.data == 1.0
    assert optimizer.state_dict() == before


def test_a_part_that_fails_changes_nothing():
    def broken(g, state, p, step):
        raise ZeroDivisionError

    p = am.Value([1.0])
    optimizer = Optimizer([p], optim.add_momentum, broken, optim.scale_by_lr, lr=0.1, momentum=0.9)
    np.sum(p).backward()
    with pytest.raises(ZeroDivisionError):
        optimizer.step()
    assert (p.data[0], optimizer.steps) == (1.0, 0)
    assert not optimizer.state_dict()["add_momentum.0.velocity"].any()


def test_zero_grad_forgets():
    w = am.Value(1.0)
    (w * w).backward()
    SGD([w], lr=0.1).zero_grad()
    assert w.grad is None


def test_the_learning_rate_is_that_of_all_groups_and_a_scale_multiplies_it():
    v, w = am.Value(1.0), am.Value(1.0)
    optimizer = SGD([{"params": [v], "lr": 0.5}, {"params": [w]}], lr=0.25)
    assert optimizer.lr == 0.5
    optimizer.lr_scale = 0.1
    (v + w).backward()
    optimizer.step()
    assert (v.data, w.data) == (pytest.approx(0.95), pytest.approx(0.975))
    optimizer.lr = 0.2
    assert [group["lr"] for group in optimizer.param_groups] == [0.2, 0.2]
    with pytest.raises(InvalidInput, match="lr=-1"):
        optimizer.lr = -1


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), -0.1, None])
def test_a_scale_that_is_no_factor_is_refused_when_it_is_set(scale):
    p = am.Value([1.0])
    optimizer = SGD([p], lr=0.1)
    optimizer.lr_scale = np.float64(0.5)
    with pytest.raises(InvalidInput, match=r"lr_scale=(.|\n)*a number of at least 0"):
        optimizer.lr_scale = scale
    assert (optimizer.lr_scale, type(optimizer.lr_scale)) == (0.5, float)


def test_parameters_that_an_optimiser_was_not_given_are_frozen():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.tanh, nn.Linear(3, 1, rng=1))
    before = model.state_dict()
    optimizer = Adam([p for name, p in model.named_parameters() if not name.startswith("0.")], lr=0.1, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        np.sum(model(np.ones((4, 2))) ** 2).backward()
        optimizer.step()
    assert {path: (x == before[path]).all() for path, x in model.state_dict().items()} == {
        "0.weight": True, "0.bias": True, "2.weight": False, "2.bias": False
    }  # fmt: skip


@pytest.mark.parametrize("kind", CHAINS, ids=lambda kind: kind.__name__)
def test_a_closure_is_only_for_those_that_compute_the_loss_themselves(kind):
    p = am.Value([1.0])
    np.sum(p).backward()
    with pytest.raises(InvalidInput, match=rf"{kind.__name__}.step\(closure\)\n.*only LBFGS and Newton(.|\n)*backward"):
        kind([p]).step(lambda: np.sum(p))
    assert p.data == 1


def test_an_optimiser_shows_the_options_that_are_switched_on_of_each_group():
    v, w = am.Value([1.0]), am.Value([1.0])
    assert repr(SGD([v, w], lr=0.1, momentum=0.9)) == "SGD(lr=0.1, momentum=0.9, 2 parameters)"
    assert repr(SGD([{"params": [v], "nesterov": True}, {"params": [w], "momentum": 0.0}], lr=0.1, momentum=0.5)) == (
        "SGD(lr=0.1, momentum=0.5, nesterov=True, 1 parameter; lr=0.1, 1 parameter)"
    )
    assert repr(Adam([v])) == "Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-08, 1 parameter)"
    own = Optimizer([v], optim.clip_norm, optim.scale_by_lr, max_norm=2.0, lr=1.0)
    assert repr(own) == "Optimizer(lr=1.0, max_norm=2.0, 1 parameter)"
    assert repr(optim.Newton([v, w])) == "Newton(lr=1.0, tolerance=1e-10, 2 parameters)"


def test_momentum_may_be_switched_on_later():
    p = am.Value([1.0])
    optimizer = SGD([p], lr=0.1)
    np.sum(p).backward()
    optimizer.step()
    optimizer.param_groups[0]["momentum"] = 0.5
    optimizer.step()
    optimizer.step()
    np.testing.assert_allclose(p.data, [1 - 0.1 - 0.1 - 0.15])


# ----------------------------------------------------------------------------------------- A chain of one's own


def test_a_chain_of_ones_own_may_keep_a_state():
    @optim.keeps(lambda p, share: {"last": np.zeros_like(p)})
    def smooth(g, state, p, step, *, share=0.5):
        mean = share * state["last"] + (1 - share) * g
        return mean / (1 - share**step.number), {"last": mean}

    p = am.Value([4.0])
    optimizer = Optimizer([p], optim.clip_norm, smooth, optim.scale_by_lr, lr=1.0, max_norm=2.0)
    for slope in (1.0, 1.0, 4.0):
        optimizer.zero_grad()
        np.sum(slope * p).backward()
        optimizer.step()
    # Means 1/2, 3/4, and 11/8 of what is clipped to 2, over what the weights add up to: 1/2, 3/4, 7/8.
    np.testing.assert_allclose(p.data, [4 - 1 - 1 - 11 / 7], rtol=1e-6)
    np.testing.assert_allclose(optimizer.state_dict()["smooth.0.last"], [11 / 8], rtol=1e-6)


def test_gradients_shorter_than_the_bound_are_not_clipped():
    g = np.array([3.0, 4.0])
    step = optim.Step(1, [g, np.array(12.0)])
    assert step.norm == 13
    assert optim.clip_norm(g, {}, g, step, max_norm=20.0)[0] is g
    np.testing.assert_allclose(optim.clip_norm(g, {}, g, step, max_norm=6.5)[0], g / 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("chain", "options", "text"),
    [
        ((optim.scale_by_lr, optim.scale_by_lr), {}, "scale_by_lr is twice in the chain"),
        ((0.1, optim.scale_by_lr), {}, "0.1 in the chain(.|\n)*clip_norm itself, and its options by name"),
        ((optim.add_momentum,), {"momentum": 0.9}, "unknown option lr\n(.|\n)*one of momentum, dampening, nesterov"),
        ((optim.scale_by_lr,), {"a": 1, "b": 2}, "unknown options a, b\n(.|\n)*one of lr"),
        ((), {}, "unknown option lr\n(.|\n)*a chain of parts that have options"),
        ((optim.clip_norm, optim.scale_by_lr), {}, r"group 0 has no max_norm\n(.|\n)*max_norm=\.\.\."),
    ],
)
def test_a_chain_that_makes_no_sense_is_refused(chain, options, text):
    with pytest.raises(InvalidInput, match=text):
        Optimizer([am.Value(1.0)], *chain, lr=0.1, **options)


# -------------------------------------------------------------------------------------------- What is refused


@pytest.mark.parametrize("lr", [0, -0.1, float("nan"), float("inf"), "0.1", None, True])
def test_a_learning_rate_that_is_no_length_is_refused(lr):
    with pytest.raises(InvalidInput, match=r"lr=(.|\n)*a number above 0, such as 0.1"):
        SGD([am.Value(1.0)], lr=lr)


@pytest.mark.parametrize(
    ("kind", "name", "x", "instead"),
    [
        *[(optim.SGD, "momentum", x, "a number from 0 to below 1") for x in (-0.1, 1, 1.5, float("nan"))],
        (optim.SGD, "dampening", 1.5, "a number from 0 to 1"),
        (optim.SGD, "weight_decay", -1, "a number of at least 0"),
        (optim.SGD, "nesterov", 1, "True or False"),
        (optim.Adagrad, "lr_decay", -1, "a number of at least 0"),
        (optim.Adagrad, "initial_accumulator_value", -1, "a number of at least 0"),
        (optim.Adadelta, "rho", 1.0, "a number from 0 to below 1"),
        (optim.RMSprop, "alpha", -0.1, "a number from 0 to below 1"),
        (optim.RMSprop, "centered", None, "True or False"),
        (optim.Adam, "betas", (0.9, 1.0), r"such as \(0.9, 0.999\)"),
        (optim.Adam, "betas", 0.9, r"such as \(0.9, 0.999\)"),
        (optim.Adam, "eps", -1e-8, "a number of at least 0"),
        (optim.Adam, "amsgrad", 0, "True or False"),
        (optim.NAdam, "momentum_decay", -1, "a number of at least 0"),
    ],
)
def test_an_option_out_of_range_is_refused(kind, name, x, instead):
    for params, options in [([am.Value(1.0)], {name: x}), ([{"params": [am.Value(1.0)], name: x}], {})]:
        with pytest.raises(InvalidInput, match=rf"{name}=(.|\n)*instead: {instead}"):
            kind(params, **options)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.1}])
def test_nesterov_needs_all_of_a_momentum(options):
    with pytest.raises(InvalidInput, match=r"nesterov=True with momentum=(.|\n)*a momentum such as 0.9, and no damp"):
        SGD([am.Value(1.0)], lr=0.1, nesterov=True, **options)


def test_what_is_no_list_of_parameters_is_refused():
    w = am.Value(1.0)
    with pytest.raises(InvalidInput, match=r"params is a single Value(.|\n)*\[p\]"):
        SGD(w, lr=0.1)
    model = nn.Linear(2, 1, rng=0)
    for given, name in [(model, "Linear"), (model.parameters, "method"), (0.1, "float")]:
        with pytest.raises(InvalidInput, match=rf"params is of type {name}\n(.|\n)*instead: model\.parameters\(\)"):
            SGD(given, lr=0.1)
    for nothing in ([], [{"params": []}]):
        with pytest.raises(InvalidInput, match="no parameters"):
            SGD(nothing, lr=0.1)
    with pytest.raises(InvalidInput, match="parameter 1 is of type ndarray"):
        SGD([w, np.ones(2)], lr=0.1)
    for no_leaf in (w * 2.0, w.detach()):
        with pytest.raises(InvalidInput, match=r"parameter 1 is Value\((?s:.*)the leaves that it was computed from"):
            SGD([w, no_leaf], lr=0.1)
    for twice in ([w, w], [{"params": [w]}, {"params": [w]}]):
        with pytest.raises(InvalidInput, match="a parameter is there twice"):
            SGD(twice, lr=0.1)


def test_what_is_no_group_is_refused():
    v, w = am.Value(1.0), am.Value(1.0)
    with pytest.raises(InvalidInput, match=r"params is a single group(.|\n)*\[group\]"):
        SGD({"params": [w]}, lr=0.1)
    for wrong in (w, {"lr": 0.1}, {"params": w}, {"params": nn.Linear(2, 1, rng=0)}, {"params": 0.1}):
        with pytest.raises(InvalidInput, match=r"group 1 has no list of parameters(.|\n)*where one group is a dict"):
            SGD([{"params": [v]}, wrong], lr=0.1)
    with pytest.raises(InvalidInput, match=r"unknown option betas of group 1\n(.|\n)*one of weight_decay, mom"):
        SGD([{"params": [v]}, {"params": [w], "betas": (0.9, 0.9)}], lr=0.1)


def test_a_state_that_does_not_fit_is_refused_with_every_key_and_changes_nothing():
    params, optimizer = made("adam")
    descend(params, optimizer, 2)
    state = optimizer.state_dict()
    wrong = {**state, "extra": 1, "scale_by_adam.1.mean": np.zeros(3), "groups.0.lr": [0.1]}
    del wrong["scale_by_adam.0.mean"], wrong["steps"]
    with pytest.raises(InvalidInput) as caught:
        optimizer.load_state_dict(wrong)
    assert str(caught.value).splitlines()[0] == (
        "a state that doesn't fit: missing scale_by_adam.0.mean, steps; unknown extra;"
        " of another shape groups.0.lr ((1,) instead of ()), scale_by_adam.1.mean ((3,) instead of (2,))"
    )
    for name, x in {"groups.0.lr": -1.0, "lr_scale": float("nan"), "steps": 1.5}.items():
        with pytest.raises(InvalidInput, match=f"{name.split('.')[-1]}={x}"):
            optimizer.load_state_dict({**state, "lr_scale": 0.5, name: x})
    np.testing.assert_equal(optimizer.state_dict(), state)


def test_a_state_brings_its_options_with_it():
    saved, other = SGD([am.Value(1.0)], lr=0.1, weight_decay=0.5), SGD([am.Value(1.0)], lr=0.001)
    other.load_state_dict(saved.state_dict())
    assert (other.lr, other.param_groups[0]["weight_decay"]) == (0.1, 0.5)
