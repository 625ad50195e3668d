"""What a module finds among its attributes: leaves, modules and generators, in containers, shared or in a circle."""

from __future__ import annotations

import numpy as np
import pytest
from case import uniform

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.errors import InvalidInput


class Tied(nn.Module):
    """Encodes and decodes by the same weight."""

    def __init__(self):
        self.encode = nn.Linear(3, 3, rng=0)
        self.decode = nn.Linear(3, 3, rng=1)
        self.decode.weight = self.encode.weight

    def forward(self, x):
        return self.decode(np.tanh(self.encode(x)))


class Held(nn.Module):
    """Holds its parts in containers."""

    def __init__(self):
        self.ways = {"left": nn.Linear(2, 2, rng=0), "right": [nn.Dropout(0.5, 3)]}
        self.generators = [np.random.default_rng(4)]
        self.last = None

    def forward(self, x):
        self.last = self.ways["left"](x)
        return self.last


def test_a_shared_weight_is_one_parameter_and_stands_in_the_state_under_each_path():
    net = Tied()
    assert [path for path, _ in net.named_parameters()] == ["encode.weight", "encode.bias", "decode.bias"]
    state = net.state_dict()
    assert set(state) == {"encode.weight", "encode.bias", "decode.weight", "decode.bias"}  # as PyTorch has it
    other = Tied()
    other.load_state_dict({path: x + 1 for path, x in state.items()})
    np.testing.assert_array_equal(other.encode.weight.data, net.encode.weight.data + 1)
    assert other.decode.weight is other.encode.weight


def test_a_shared_weight_stays_shared_with_other_numbers():
    net, x = Tied(), uniform(2, 3)
    am.check_grads(lambda net, x: np.sum(net(x)), net, x)
    small = net.astype(np.float32)
    assert small.decode.weight is small.encode.weight
    assert small.decode.weight.dtype == np.float32
    np.testing.assert_array_equal(net.functional_call(net.state_dict(), x), net(x).data)


def test_a_shared_module_stays_one():
    layer = nn.BatchNorm(2)
    net = nn.Sequential(layer, layer).astype(np.float32)
    assert net[0] is net[1] is not layer
    assert len(net.parameters()) == 2
    assert set(net.state_dict()) == {f"{i}.{name}" for i in (0, 1) for name in layer.state_dict()}


def test_parts_in_dicts_and_lists_are_found():
    net = Held()
    assert [path for path, _ in net.named_parameters()] == ["ways.left.weight", "ways.left.bias"]
    assert [path for path, _ in net.named_modules()] == ["", "ways.left", "ways.right.0"]
    assert [path for path, _ in net.named_generators()] == ["ways.right.0.rng", "generators.0"]
    assert all(not module.training for module in net.eval().modules())


def test_results_among_the_attributes_are_no_parameters():
    net = Held()
    net(uniform(3, 2))
    assert [path for path, _ in net.named_parameters()] == ["ways.left.weight", "ways.left.bias"]
    assert set(net.state_dict()) == {"ways.left.weight", "ways.left.bias"}


def test_a_module_that_knows_what_it_is_in_is_counted_once():
    net = nn.Sequential(nn.Linear(2, 2, rng=0))
    net[0].parent = net
    assert [path for path, _ in net.named_parameters()] == ["0.weight", "0.bias"]
    other = net.with_parameters(dict(net.named_parameters()))
    assert other[0].parent is other


def test_a_list_that_grows_gives_paths_as_names():
    net = Held()
    net.ways["right"].append(nn.Linear(2, 1, rng=0))
    assert [p.name for p in net.parameters()][2:] == ["ways.right.1.weight", "ways.right.1.bias"]


def test_part_of_a_network_has_the_same_parameters():
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.relu, nn.Linear(3, 1, rng=1))
    assert len(net) == 3
    assert list(net) == [net[0], nn.relu, net[-1]]
    assert net[:2][0].weight is net[0].weight
    np.testing.assert_array_equal(net[2](net[:2](uniform(4, 2))).data, net(uniform(4, 2)).data)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"weight": np.zeros((1, 2))}, "bias is missing"),
        ({"weight": np.zeros((1, 2)), "bias": np.zeros((7, 1))}, r"bias has shape \(7, 1\), not \(1,\)"),
        ({"weight": np.zeros((1, 2)), "bias": np.zeros(1), "c": 1.0}, "c is unknown"),
    ],
)
def test_other_numbers_that_do_not_fit_are_refused(parameters, text):
    with pytest.raises(InvalidInput, match=rf"parameters that don't fit the module: {text}\n"):
        nn.Linear(2, 1, rng=0).functional_call(parameters, np.ones((3, 2)))


def test_buffers_may_be_among_the_other_numbers():
    layer = nn.BatchNorm(2).eval()
    state = layer.state_dict()
    state["running_mean"] += 1.0
    np.testing.assert_allclose(layer.functional_call(state, np.ones((1, 2))), 0, atol=1e-12)
    np.testing.assert_array_equal(layer.running_mean, [0, 0])


def test_a_module_of_integers_is_refused():
    with pytest.raises(InvalidInput, match=r"astype\(<class 'int'>\) of a module\n(.|\n)*np.float32"):
        nn.Linear(2, 1, rng=0).astype(int)


def test_inside_a_transform_parameters_are_what_they_were():
    """A weight penalty over `parameters()` has its gradient in every transform, nested ones too."""

    def penalty(net):
        assert len(net.parameters()) == 2
        return sum(np.sum(p**2) for p in net.parameters())

    layer = nn.Linear(2, 1, rng=0)
    numbers = dict(layer.named_parameters())
    slopes = am.grad(lambda p: penalty(layer.with_parameters(p)))(layer.state_dict())
    for path, p in numbers.items():
        np.testing.assert_allclose(slopes[path], 2 * p.data)
    twice = am.hessian(lambda p: penalty(layer.with_parameters(p)))(layer.state_dict())
    np.testing.assert_allclose(twice["bias"]["bias"], [[2.0]])
