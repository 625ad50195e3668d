"""Convolution, pooling, batch normalisation and recurrent layers: what PyTorch's numbers don't say of them."""

from __future__ import annotations

import numpy as np
import pytest
from case import uniform

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.errors import InvalidInput, ShapeError


def text_of(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(2, 4, (2, 3), stride=(1, 2), padding=1, groups=2, rng=0), (2, 2, 3, 4)),
        (nn.Conv1d(1, 2, 2, dilation=2, rng=0), (2, 1, 5)),
        (nn.Sequential(nn.MaxPool2d(2, 1), nn.AvgPool2d(2, 1, padding=1)), (1, 2, 3, 4)),
        (nn.BatchNorm(2), (3, 2, 2)),
    ],
    ids=["conv2d", "conv1d", "pools", "batch_norm"],
)
def test_the_gradient_of_a_layer_agrees_with_differences_at_both_orders(layer, shape):
    am.check_grads(lambda module, x: np.sum(np.sin(module(x))), layer, uniform(*shape), order=2)


@pytest.mark.parametrize("layer", [nn.RNN(2, 2, rng=0), nn.LSTM(2, 2, rng=0)], ids=["rnn", "lstm"])
def test_first_states_have_a_gradient(layer):
    states = (uniform(1, 2, 2), uniform(1, 2, 2, seed=1))[: layer.states]

    def loss(module, x, *states):
        outputs, last = module(x, states if len(states) > 1 else states[0])
        return np.sum(outputs**2) + sum(np.sum(np.sin(part)) for part in (last if len(states) > 1 else [last]))

    am.check_grads(loss, layer, uniform(3, 2, 2), *states)


def test_a_convolution_is_a_correlation():
    layer, x = nn.Conv1d(1, 1, 3, bias=False, rng=0), uniform(1, 1, 9)
    expected = np.correlate(x[0, 0], layer.weight.data[0, 0], mode="valid")
    np.testing.assert_allclose(layer(x).data[0, 0], expected)


def test_a_network_of_float32_stays_float32():
    layers = nn.Conv2d(1, 2, 3, padding="same", rng=0), nn.BatchNorm(2), nn.relu, nn.MaxPool2d(2), nn.Flatten()
    wide = nn.Sequential(*layers, nn.Linear(8, 3, rng=0), nn.Dropout(0.2, rng=0))
    net = wide.astype(np.float32)
    logits = net(np.ones((2, 1, 4, 4), np.float32))
    loss = nn.cross_entropy(logits, np.array([0, 2]), np.array([1.0, 2.0, 3.0]), label_smoothing=0.1)
    loss.backward()
    assert {x.dtype for x in (logits, loss, *(p.grad for p in net.parameters()))} == {np.dtype("float32")}
    assert {x.dtype.name for x in net.state_dict().values()} == {"float32", "int64"}
    assert [path for path, _ in net.named_parameters()] == [p.name for p in net.parameters()]
    assert wide.parameters()[0].dtype == np.float64
    outputs, (h, c) = nn.LSTM(2, 2, num_layers=2, rng=0).astype(np.float32)(np.ones((3, 1, 2), np.float32))
    assert {outputs.dtype, h.dtype, c.dtype} == {np.dtype("float32")}


def test_the_largest_share_the_gradient():
    x = am.Value(np.array([[[1.0, 1.0, 0.0, 2.0]]]))
    np.sum(nn.MaxPool1d(2)(x)).backward()
    np.testing.assert_array_equal(x.grad, [[[0.5, 0.5, 0, 1]]])


def test_padding_is_never_the_largest():
    assert nn.MaxPool1d(2, padding=1)(np.full((1, 1, 3), -5.0)).tolist() == [[[-5.0, -5.0]]]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: nn.Conv2d(3, 4, 2, groups=2), "groups=2 with 3 channels in and 4 out\n  why: each group"),
        (lambda: nn.Conv2d(2, 2, (3,)), "kernel_size=(3,) for Conv2d\n  why: space has 2 axes\n"),
        (lambda: nn.Conv2d(2, 2, 0), "kernel_size=0\n  why: it is a size"),
        (lambda: nn.Conv2d(2, 2, 3, padding=-1), "padding=-1\n"),
        (lambda: nn.Conv1d(2, 2, 3, padding="full"), "padding='full' with stride=(1,)"),
        (lambda: nn.Conv1d(2, 2, 3, 2, padding="same"), "padding='same' with stride=(2,)\n  why: 'same' keeps"),
        (lambda: nn.MaxPool2d(2, padding=2), "padding=2 with kernel_size=2\n  why: a kernel may see"),
        (lambda: nn.RNN(2, 3, nonlinearity="sin"), "nonlinearity='sin'\n  instead: 'tanh' or 'relu'"),
        (lambda: nn.LSTM(2, 0), "hidden_size=0\n"),
        (lambda: nn.BatchNorm(-1), "num_features=-1\n"),
        (lambda: nn.BatchNorm(2, momentum=1.5), "momentum=1.5\n"),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_be_is_refused(make, text):
    assert text_of(InvalidInput, make).startswith(text)


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (
            nn.Conv2d(3, 4, 2, padding=1, rng=0),
            (2, 4, 5, 5),
            "an input of shape (2, 4, 5, 5) for Conv2d(3, 4, kernel_size=(2, 2), stride=(1, 1), padding=(1, 1))\n"
            "  why: it takes (samples, 3 channels, height, width)\n  instead: a layer for that number of channels",
        ),
        (
            nn.Conv2d(3, 4, 2, rng=0),
            (2, 5, 5, 3),
            "an input of shape (2, 5, 5, 3) for Conv2d(3, 4, kernel_size=(2, 2), stride=(1, 1))\n"
            "  why: it takes (samples, 3 channels, height, width)\n  instead: np.moveaxis(x, -1, 1), if the channels",
        ),
        (
            nn.Conv1d(3, 4, 2, rng=0),
            (3, 5),
            "an input of shape (3, 5) for Conv1d(3, 4, kernel_size=(2,), stride=(1,))\n"
            "  why: it takes (samples, 3 channels, length)\n  instead: x[None] for a single sample of shape (3, 5)",
        ),
        (
            nn.MaxPool2d(3),
            (1, 1, 2, 5),
            "an input of shape (1, 1, 2, 5) for MaxPool2d(kernel_size=(3, 3), stride=(3, 3))\n"
            "  why: the kernel reaches over (3, 3), and space with its padding is (2, 5)\n  instead: a smaller kernel",
        ),
        (nn.BatchNorm(3), (2, 4), "an input of shape (2, 4) for BatchNorm(3)\n  why: its axis 1 must be the 3"),
        (
            nn.RNN(3, 2, num_layers=2, bidirectional=True, rng=0),
            (5, 4),
            "an input of shape (5, 4) for RNN(3, 2, num_layers=2, bidirectional=True)\n"
            "  why: it takes (steps, samples, 3)\n  instead: x[:, None] for a single sequence",
        ),
        (nn.LSTM(3, 2, batch_first=True, rng=0), (5, 4, 2), "an input of shape (5, 4, 2) for LSTM(3, 2)\n"
         "  why: it takes (samples, steps, 3)\n  instead: LSTM(2, ...)"),
        (nn.LSTM(3, 2, rng=0), (0, 4, 3), "a sequence without steps, of shape (0, 4, 3)"),
    ],
)  # fmt: skip
def test_an_input_that_does_not_fit_is_refused(layer, shape, text):
    assert text_of(ShapeError, lambda: layer(np.zeros(shape))).startswith(text)


def test_a_first_state_that_does_not_fit_is_refused():
    layer = nn.LSTM(3, 2, rng=0)
    text = text_of(ShapeError, lambda: layer(np.zeros((5, 4, 3)), (np.zeros((1, 4, 2)), np.zeros((4, 2)))))
    assert text == (
        "a first state of shape (4, 2) for LSTM(3, 2)\n  why: it is (layers times directions, samples, hidden_size)\n"
        "  instead: an array of shape (1, 4, 2), or none for zeros"
    )


def test_an_lstm_begins_with_two_states():
    layer, h0 = nn.LSTM(3, 2, rng=0), np.zeros((1, 4, 2))
    assert text_of(ShapeError, lambda: layer(np.zeros((5, 4, 3)), (h0,))).startswith("1 first states for LSTM(3, 2)\n")


def test_pooling_of_integers_is_that_of_their_numbers():
    assert nn.MaxPool2d(2, padding=1)(np.array([[[[1, -2], [3, 4]]]])).tolist() == [[[[1, -2], [3, 4]]]]


def test_sizes_may_be_lists():
    assert nn.Conv2d(1, 1, [3, 1], padding=[1, 0], rng=0)(np.ones((1, 1, 4, 4))).shape == (1, 1, 4, 4)
    assert nn.LayerNorm([2, 3])(np.ones((1, 2, 3))).shape == (1, 2, 3)


def test_running_moments_keep_their_dtype():
    layer = nn.BatchNorm(2).astype(np.float32)
    layer(np.ones((3, 2)))
    assert layer.running_mean.dtype == layer.running_var.dtype == np.float32


def test_one_number_for_each_channel_has_no_variance_to_train_on():
    layer = nn.BatchNorm(2)
    assert text_of(InvalidInput, lambda: layer(np.ones((1, 2)))).endswith("or eval() if this isn't training")
    np.testing.assert_array_equal(layer.running_mean, [0, 0])
    assert layer.eval()(np.ones((1, 2))).shape == (1, 2)


def test_the_running_moments_of_a_functional_call_stay_with_it():
    layer = nn.BatchNorm(2)
    layer.functional_call(dict(layer.named_parameters()), uniform(4, 2))
    np.testing.assert_array_equal(layer.running_mean, [0, 0])


def test_dropout_stands_between_recurrent_layers_in_training_alone():
    layer, x = nn.RNN(2, 3, num_layers=2, dropout=0.5, rng=0), uniform(4, 2, 2)
    assert (layer(x)[0].data != layer(x)[0].data).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].data, layer(x)[0].data)
