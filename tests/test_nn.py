"""Modules and layers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from case import uniform

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.errors import InvalidInput, ShapeError


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
    with pytest.raises(InvalidInput, match=r"first.weight has shape \(2, 2, 2\), not \(2, 2\); first.bias has shape"):
        pair.load_state_dict(wide)
    with pytest.raises(InvalidInput, match=r"doesn't fit the module: others.1 is missing; extra is unknown\n"):
        pair.load_state_dict({"extra": 0.0, **{p: x + 1 for p, x in before.items() if p != "others.1"}})
    for path, p in pair.named_parameters():
        np.testing.assert_array_equal(p.data, before[path])


@pytest.mark.parametrize(
    ("init", "bound"),
    [(nn.xavier_uniform, (6 / 300) ** 0.5), (nn.he_uniform, (6 / 200) ** 0.5), (None, 1 / 200**0.5)],
)
def test_weights_are_drawn_within_their_bounds(init, bound):
    layer = nn.Linear(200, 100, init=init, rng=3)
    size = np.abs(layer.weight.data)
    assert layer.weight.shape == (100, 200)
    assert 0.99 * bound < size.max() <= bound
    np.testing.assert_allclose(layer.weight.data.std(), bound / 3**0.5, rtol=0.02)
    assert layer.bias.data.any() == (init is None)
    assert np.abs(layer.bias.data).max() <= bound
    np.testing.assert_array_equal(nn.Linear(200, 100, init=init, rng=3).weight.data, layer.weight.data)


def test_an_init_is_a_function():
    with pytest.raises(InvalidInput, match=r"init='he'\n.*\n  instead: nn.xavier_uniform or nn.he_uniform"):
        nn.Linear(2, 2, init="he")


@pytest.mark.parametrize(
    ("sizes", "text"),
    [((0, 3), "in_features=0"), ((2.0, 3), "in_features=2.0"), ((2, "a"), "out_features='a'"), ((True, 2), "=True")],
)
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


class Net(nn.Module):
    buffers = ("mean",)

    def __init__(self):
        self.parts = [nn.Linear(2, 3, rng=0), nn.Sequential(nn.Dropout(0.5, rng=0), nn.LayerNorm(3))]
        self.mean = np.zeros(3)

    def forward(self, x):
        return self.parts[1](self.parts[0](x)) - self.mean


def test_modules_are_found_and_set_to_training_or_not():
    net = Net()
    assert [path for path, _ in net.named_modules()] == ["", "parts.0", "parts.1", "parts.1.0", "parts.1.1"]
    assert all(module.training for module in net.modules())
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_buffers_belong_to_the_state_and_are_no_parameters():
    net, other = Net(), Net()
    paths = ["parts.0.weight", "parts.0.bias", "parts.1.1.weight", "parts.1.1.bias"]
    assert [path for path, _ in net.named_parameters()] == paths
    net.mean += 1.0
    state = net.state_dict()
    assert list(state) == [*paths, "mean"]
    state["mean"] += 1.0  # a copy
    other.load_state_dict(state)
    np.testing.assert_array_equal(other.mean, np.full(3, 2.0))
    np.testing.assert_array_equal(net.mean, np.ones(3))
    with pytest.raises(InvalidInput, match=r"mean has shape \(2,\), not \(3,\)\n"):
        other.load_state_dict({**state, "mean": np.zeros(2)})


def test_dropout_keeps_the_mean_in_training_and_does_nothing_else():
    layer, x = nn.Dropout(0.3, rng=1), np.ones((200, 500))
    y = layer(am.Value(x))
    assert {*np.unique(y.data)} == {0.0, 1 / 0.7}
    np.testing.assert_allclose(np.mean(y.data), 1, rtol=0.01)
    np.sum(y).backward()
    assert layer.eval()(x) is x
    again = nn.Dropout(0.3, rng=1)
    np.testing.assert_array_equal(again(x), y.data)
    assert (again(x) != y.data).any()


def test_the_gradient_of_dropout_is_that_of_what_was_kept():
    x = am.Value(uniform(4, 5))
    y = nn.Dropout(0.5, rng=2)(x)
    np.sum(y * y).backward()
    np.testing.assert_allclose(x.grad, np.where(y.data != 0, 8 * x.data, 0))


def test_an_embedding_adds_up_the_gradients_of_a_row():
    layer = nn.Embedding(5, 2, rng=0)
    np.sum(layer([[1, 1], [4, 1]]) * np.arange(4.0).reshape(2, 2, 1)).backward()
    np.testing.assert_array_equal(layer.weight.grad, [[0, 0], [4, 4], [0, 0], [0, 0], [2, 2]])


@pytest.mark.parametrize("shape", [(4,), (3, 4)])
def test_a_layer_norm_has_mean_0_and_variance_1_and_right_gradients(shape):
    layer, x = nn.LayerNorm(shape), uniform(5, 3, 4)
    y = layer(x).data
    axes = tuple(range(-len(shape), 0))
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axes), 1, rtol=1e-3)
    assert am.check_grads(lambda layer, x: np.sum(layer(x) ** 3), layer, x)
    assert nn.LayerNorm(4, elementwise_affine=False).parameters() == []
    assert type(nn.LayerNorm(4, elementwise_affine=False)(x)) is np.ndarray


def test_residual_and_flatten():
    net = nn.Sequential(nn.Flatten(), nn.Residual(nn.Linear(6, 6, rng=0)))
    x = uniform(4, 2, 3)
    inner = net.layers[1].layer
    np.testing.assert_allclose(net(x).data, x.reshape(4, 6) + inner(x.reshape(4, 6)).data)
    assert [path for path, _ in net.named_parameters()] == ["1.layer.weight", "1.layer.bias"]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nn.Dropout(1.1), InvalidInput, "p=1.1"),
        (lambda: nn.Embedding(0, 2), InvalidInput, "num_embeddings=0"),
        (lambda: nn.Embedding(3, 2, rng=0)([3]), InvalidInput, "numbers from 3 to 3\n  why: the table has 3 rows"),
        (lambda: nn.Embedding(3, 2, rng=0)([0.5]), InvalidInput, "Embedding of dtype float64"),
        (lambda: nn.LayerNorm(4)(np.ones((4, 3))), ShapeError, "an input of shape \\(4, 3\\) for LayerNorm"),
        (lambda: nn.LayerNorm((4, 0)), InvalidInput, "normalized_shape\\[1\\]=0"),
        (lambda: nn.Residual(nn.Linear(2, 3, rng=0))(np.ones((1, 2))), ShapeError, "a residual of shape \\(1, 3\\)"),
        (lambda: nn.Flatten()(1.0), ShapeError, "Flatten of a single number"),
    ],
)
def test_layers_refuse_what_makes_no_sense(call, error, text):
    with pytest.raises(error, match=text):
        call()
