"""Layers, activations and losses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from case import uniform

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.errors import InvalidInput, ShapeError, ZeroGradientWarning


class Pair(nn.Module):
    def __init__(self):
        self.first = nn.Linear(2, 2, rng=0)
        self.others = [nn.Linear(2, 1, bias=False, rng=1), am.Value(2.0)]
        self.note = "no parameter"

    def forward(self, x):
        return self.others[0](np.tanh(self.first(x))) * self.others[1]


def test_parameters_are_found_by_attribute_and_named_by_path():
    pair = Pair()
    paths = ["first.weight", "first.bias", "others.0.weight", "others.1"]
    assert [path for path, _ in pair.named_parameters()] == paths
    assert [p.name for p in pair.parameters()] == paths
    assert pair.first.weight.shape == (2, 2)


def test_a_shared_parameter_is_listed_once():
    layer = nn.Linear(2, 2, rng=0)
    assert len(nn.Sequential(layer, np.tanh, layer).parameters()) == 2


def test_the_gradient_of_a_network_agrees_with_differences():
    pair, x = Pair(), uniform(3, 2)
    np.sum(pair(x)).backward()
    claimed = {path: p.grad for path, p in pair.named_parameters()}
    assert am.check_grads(lambda module: np.sum(module(x)).item(), pair, grad=claimed).ok


def test_zero_grad_forgets():
    pair = Pair()
    np.sum(pair(uniform(3, 2))).backward()
    pair.zero_grad()
    assert [p.grad for p in pair.parameters()] == [None] * 4


def test_a_state_is_a_copy_and_comes_back():
    pair, other = Pair(), Pair()
    state = pair.state_dict()
    for p in pair.parameters():
        p.data -= 1.0
    assert all((state[path] == p.data).all() for path, p in other.named_parameters())
    other.load_state_dict(pair.state_dict())
    assert all((p.data == q.data).all() for p, q in zip(pair.parameters(), other.parameters(), strict=True))


def test_a_state_that_does_not_fit_changes_nothing():
    pair = Pair()
    before = pair.state_dict()
    wide = {path: np.zeros((*x.shape, 2)) for path, x in before.items()}
    with pytest.raises(ShapeError, match=r"an array of shape \(2, 2, 2\) for first.weight of shape \(2, 2\)"):
        pair.load_state_dict(wide)
    with pytest.raises(InvalidInput, match=r"without others.1 and with unknown extra"):
        pair.load_state_dict({"extra": 0.0, **{p: x + 1 for p, x in before.items() if p != "others.1"}})
    for path, p in pair.named_parameters():
        np.testing.assert_array_equal(p.data, before[path])


@pytest.mark.parametrize(("init", "bound"), [("xavier", (6 / 300) ** 0.5), ("he", (6 / 200) ** 0.5)])
def test_weights_are_drawn_within_their_bounds(init, bound):
    layer = nn.Linear(200, 100, init=init, rng=3)
    size = np.abs(layer.weight.data)
    assert 0.99 * bound < size.max() <= bound
    np.testing.assert_allclose(layer.weight.data.std(), bound / 3**0.5, rtol=0.02)
    assert not layer.bias.data.any()
    np.testing.assert_array_equal(nn.Linear(200, 100, init=init, rng=3).weight.data, layer.weight.data)


def test_an_unknown_init_is_answered_with_the_known():
    with pytest.raises(InvalidInput, match='init=\'lecun\'\n  instead: "xavier" for tanh and sigmoid, "he" for relu'):
        nn.Linear(2, 2, init="lecun")


@pytest.mark.parametrize(("sizes", "text"), [((0, 3), "n_in=0"), ((2.0, 3), "n_in=2.0"), ((2, "a"), "n_out='a'")])
def test_a_linear_layer_has_whole_numbers_of_features(sizes, text):
    with pytest.raises(InvalidInput, match=re.escape(text)):
        nn.Linear(*sizes)


@pytest.mark.parametrize(
    ("shape", "instead"),
    [((3, 5), "x.T"), ((5, 4), r"Linear\(4, 2\)"), ((), r"Linear\(1, 2\)"), ((5,), r"Linear\(5, 2\)")],
)
def test_a_linear_layer_refuses_other_features(shape, instead):
    with pytest.raises(ShapeError) as caught:
        nn.Linear(3, 2, rng=0)(np.zeros(shape))
    assert f"an input of shape {shape} for a Linear layer from 3 to 2 features" in str(caught.value)
    assert caught.match(f"instead: {instead}$")


def test_reprs_show_the_network():
    net = nn.Sequential(nn.Linear(3, 2, rng=0), nn.relu, nn.Linear(2, 1, bias=False, rng=0))
    assert repr(net) == "Sequential(Linear(3, 2), relu, Linear(2, 1, bias=False))"


def test_what_is_no_layer_is_refused():
    with pytest.raises(InvalidInput, match=r"layer 1 is 'relu'"):
        nn.Sequential(nn.tanh, "relu")


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Module has no forward method"):
        nn.Module()(1.0)


@pytest.mark.parametrize("activation", [nn.sigmoid, nn.tanh, nn.relu])
def test_an_activation_agrees_with_differences(activation):
    assert am.check_grads(activation, uniform(2, 3)).ok


def test_a_threshold_warns_that_nothing_is_learned():
    np.testing.assert_array_equal(nn.threshold(np.array([-1.0, 0.0, 3.0])), [0, 0, 1])
    with pytest.warns(ZeroGradientWarning, match="heaviside"):
        slope = am.grad(lambda x: np.sum(nn.threshold(x)))(uniform(3))
    np.testing.assert_array_equal(slope, np.zeros(3))


# Losses


def test_softmax_cross_entropy_is_that_of_probabilities():
    logits, labels = uniform(4, 3), np.array([2, 0, 1, 1])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert nn.softmax_cross_entropy(logits, labels) == pytest.approx(-np.mean(np.log(p[np.arange(4), labels])))
    assert nn.softmax_cross_entropy(logits[0], 2) == pytest.approx(-np.log(p[0, 2]))


def test_softmax_cross_entropy_does_not_overflow():
    logits, labels = np.array([[1e4, -1e4], [1e4, -1e4]]), [0, 1]
    value, slope = am.value_and_grad(nn.softmax_cross_entropy)(logits, labels)
    assert value == 1e4
    np.testing.assert_array_equal(slope, [[0, 0], [0.5, -0.5]])


def test_softmax_cross_entropy_is_one_node():
    logits = am.Value(uniform(4, 3))
    assert nn.softmax_cross_entropy(logits, [0, 1, 2, 0]).node.inputs == (logits.node,)


@pytest.mark.parametrize(
    ("predicted", "target", "message"),
    [
        ((5, 1), (5,), "predictions of shape (5, 1) and targets of shape (5,)|target.reshape(5, 1)"),
        ((5,), (5, 1), "predictions of shape (5,) and targets of shape (5, 1)|target.reshape(5,)"),
        ((5, 2), (), "predictions of shape (5, 2) and targets of shape ()|targets of shape (5, 2)"),
    ],
)
def test_mean_squared_error_refuses_to_broadcast(predicted, target, message):
    with pytest.raises(ShapeError) as caught:
        nn.mean_squared_error(am.Value(np.ones(predicted)), np.ones(target))
    what, instead = message.split("|")
    assert str(caught.value) == (
        f"mean_squared_error of {what}\n"
        "  why: each prediction is compared with its own target; broadcasting would compare it with others too\n"
        f"  instead: {instead}"
    )


def test_mean_squared_error_is_the_mean_of_squares():
    x, y = uniform(4, 3), uniform(4, 3, seed=1)
    value, slope = am.value_and_grad(nn.mean_squared_error)(x, y)
    assert value == pytest.approx(((x - y) ** 2).sum() / 12)
    np.testing.assert_allclose(slope, (x - y) / 6)
    assert nn.mean_squared_error([1.0, 2.0], [1.0, 4.0]) == 2.0


@pytest.mark.parametrize(
    ("logits", "labels", "instead"),
    [((4, 3), (4, 1), "labels of shape (4,)"), ((4, 3), (4, 3), "np.argmax(labels, axis=-1) for one-hot rows"),
     ((4, 3), (3,), "labels of shape (4,)"), ((), (), "labels of shape ()")],
)  # fmt: skip
def test_softmax_cross_entropy_refuses_labels_that_do_not_belong_to_rows(logits, labels, instead):
    with pytest.raises(ShapeError) as caught:
        nn.softmax_cross_entropy(np.zeros(logits), np.zeros(labels, int))
    assert str(caught.value) == (
        f"softmax_cross_entropy of logits of shape {logits} and labels of shape {labels}\n"
        f"  why: each row of logits has one label, the number of its class\n  instead: {instead}"
    )


def test_softmax_cross_entropy_refuses_labels_that_are_no_classes():
    with pytest.raises(InvalidInput, match="labels from -1 to 1 with 3 classes"):
        nn.softmax_cross_entropy(np.zeros((2, 3)), [-1, 1])
    with pytest.raises(InvalidInput, match=r"labels from 0 to 3 with 3 classes(.|\n)*or logits of shape \(2, 4\)"):
        nn.softmax_cross_entropy(np.zeros((2, 3)), [0, 3])
    with pytest.raises(InvalidInput, match=r"labels of dtype float64(.|\n)*labels.astype\(int\)"):
        nn.softmax_cross_entropy(np.zeros((2, 3)), [0.0, 1.0])
