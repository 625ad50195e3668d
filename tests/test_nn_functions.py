"""Activations, losses and initialisers."""

from __future__ import annotations

import numpy as np
import pytest
from case import uniform

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.errors import InvalidInput, ShapeError, ZeroGradientWarning


@pytest.mark.parametrize("activation", [nn.sigmoid, nn.tanh, nn.relu])
def test_an_activation_agrees_with_differences(activation):
    assert am.check_grads(activation, uniform(2, 3)).ok


def test_a_threshold_warns_that_nothing_is_learned():
    np.testing.assert_array_equal(nn.threshold(np.array([-1.0, 0.0, 3.0])), [0, 0, 1])
    with pytest.warns(ZeroGradientWarning, match="heaviside"):
        slope = am.grad(lambda x: np.sum(nn.threshold(x)))(uniform(3))
    np.testing.assert_array_equal(slope, np.zeros(3))


# Losses


def test_cross_entropy_is_that_of_probabilities():
    logits, labels = uniform(4, 3), np.array([2, 0, 1, 1])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert nn.cross_entropy(logits, labels) == pytest.approx(-np.mean(np.log(p[np.arange(4), labels])))
    assert nn.cross_entropy(logits[0], 2) == pytest.approx(-np.log(p[0, 2]))


def test_cross_entropy_does_not_overflow():
    logits, labels = np.array([[1e4, -1e4], [1e4, -1e4]]), [0, 1]
    value, slope = am.value_and_grad(nn.cross_entropy)(logits, labels)
    assert value == 1e4
    np.testing.assert_array_equal(slope, [[0, 0], [0.5, -0.5]])


def test_cross_entropy_is_one_node():
    logits = am.Value(uniform(4, 3))
    assert nn.cross_entropy(logits, [0, 1, 2, 0]).node.inputs == (logits.node,)


@pytest.mark.parametrize(
    ("predicted", "target", "message"),
    [
        ((5, 1), (5,), "predictions of shape (5, 1) and targets of shape (5,)|target.reshape(5, 1)"),
        ((5,), (5, 1), "predictions of shape (5,) and targets of shape (5, 1)|target.reshape(5,)"),
        ((5, 2), (), "predictions of shape (5, 2) and targets of shape ()|targets of shape (5, 2)"),
    ],
)
def test_mse_loss_refuses_to_broadcast(predicted, target, message):
    with pytest.raises(ShapeError) as caught:
        nn.mse_loss(am.Value(np.ones(predicted)), np.ones(target))
    what, instead = message.split("|")
    assert str(caught.value) == (
        f"mse_loss of {what}\n"
        "  why: each prediction is compared with its own target; broadcasting would compare it with others too\n"
        f"  instead: {instead}"
    )


def test_mse_loss_is_the_mean_of_squares():
    x, y = uniform(4, 3), uniform(4, 3, seed=1)
    value, slope = am.value_and_grad(nn.mse_loss)(x, y)
    assert value == pytest.approx(((x - y) ** 2).sum() / 12)
    np.testing.assert_allclose(slope, (x - y) / 6)
    assert nn.mse_loss([1.0, 2.0], [1.0, 4.0]) == 2.0


@pytest.mark.parametrize(
    ("logits", "labels", "instead"),
    [((4, 3), (4, 1), "labels of shape (4,)"), ((4, 3), (4, 3), "np.argmax(labels, axis=-1) for one-hot rows"),
     ((4, 3), (3,), "labels of shape (4,)"), ((), (), "labels of shape ()")],
)  # fmt: skip
def test_cross_entropy_refuses_labels_that_do_not_belong_to_rows(logits, labels, instead):
    with pytest.raises(ShapeError) as caught:
        nn.cross_entropy(np.zeros(logits), np.zeros(labels, int))
    assert str(caught.value) == (
        f"cross_entropy of logits of shape {logits} and labels of shape {labels}\n"
        f"  why: each row of logits has one label, the number of its class\n  instead: {instead}"
    )


def test_cross_entropy_refuses_labels_that_are_no_classes():
    with pytest.raises(InvalidInput, match="labels from -1 to 1 with 3 classes"):
        nn.cross_entropy(np.zeros((2, 3)), [-1, 1])
    with pytest.raises(InvalidInput, match=r"labels from 0 to 3 with 3 classes(.|\n)*or logits of shape \(2, 4\)"):
        nn.cross_entropy(np.zeros((2, 3)), [0, 3])
    with pytest.raises(InvalidInput, match=r"labels of dtype float64(.|\n)*labels.astype\(int\)"):
        nn.cross_entropy(np.zeros((2, 3)), [0.0, 1.0])


ACTIVATIONS = [
    nn.leaky_relu, nn.elu, nn.silu, nn.softplus, nn.tanh, nn.sigmoid, nn.relu, nn.softmax, nn.log_softmax, nn.gelu,
    lambda x: nn.gelu(x, approximate="tanh"), lambda x: nn.elu(x, alpha=0.7), lambda x: nn.leaky_relu(x, 0.2),
    lambda x: nn.softplus(x, beta=3.0), lambda x: nn.softmax(x, axis=0),
]  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_activations_keep_shape_and_dtype_and_their_gradients_are_right(activation, dtype):
    x = uniform(3, 4).astype(dtype)
    y = activation(x)
    assert (y.shape, y.dtype) == (x.shape, dtype)
    assert am.check_grads(lambda x: activation(x), x)


@pytest.mark.parametrize(
    ("activation", "x", "value", "slope"),
    [
        (nn.leaky_relu, 0.0, 0.0, 0.01),
        (nn.leaky_relu, -2.0, -0.02, 0.01),
        (nn.elu, 0.0, 0.0, 1.0),
        (nn.elu, -1e4, -1.0, 0.0),
        (nn.elu, 1e4, 1e4, 1.0),
        (nn.silu, 0.0, 0.0, 0.5),
        (nn.silu, -1e4, 0.0, 0.0),
        (nn.softplus, 0.0, np.log(2), 0.5),
        (nn.softplus, 1e4, 1e4, 1.0),
        (nn.softplus, -1e4, 0.0, 0.0),
        (nn.gelu, 0.0, 0.0, 0.5),
        (nn.gelu, 1.0, 0.8413447460685429, 1.0833154705876864),  # Φ(1), and Φ(1) + φ(1)
        (nn.gelu, 50.0, 50.0, 1.0),
    ],
)
def test_activations_at_points_that_matter(activation, x, value, slope):
    found = am.value_and_grad(activation)(x)
    np.testing.assert_allclose(found, (value, slope), rtol=1e-12, atol=1e-300)


def test_gelu_refuses_another_approximation():
    with pytest.raises(
        InvalidInput, match=r"approximate='tan'\n  instead: \"none\" for the error function, or \"tanh\""
    ):
        nn.gelu(1.0, approximate="tan")


T = np.array([[0.3, -1.2, 2.5], [0.1, 0.9, -0.4]])
SIGNS = np.array([[1, -1, 1], [-1, 1, 1]])
SHARES = np.array([[0.2, 0.0, 0.8], [0.5, 0.25, 0.25]])
LABELS = np.array([2, 0])
WEIGHT = np.array([0.5, 1.0, 3.0])
LOSSES = [
    lambda x, **to: nn.mse_loss(x, T, **to),
    lambda x, **to: nn.l1_loss(x, T, **to),
    lambda x, **to: nn.huber_loss(x, T, **to),
    lambda x, **to: nn.huber_loss(x, T, delta=0.3, **to),
    lambda x, **to: nn.hinge_loss(x, SIGNS, **to),
    lambda x, **to: nn.binary_cross_entropy_with_logits(x, SHARES, **to),
    lambda x, **to: nn.binary_cross_entropy_with_logits(x, SHARES, pos_weight=WEIGHT, **to),
    lambda x, **to: nn.cross_entropy(x, LABELS, **to),
    lambda x, **to: nn.cross_entropy(x, LABELS, weight=WEIGHT, label_smoothing=0.1, **to),
    lambda x, **to: nn.kl_div(nn.log_softmax(x), SHARES, **to),
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_have_right_gradients_and_one_number_for_each_reduction(loss):
    x = uniform(2, 3, seed=4)
    each = loss(x, reduction="none")
    np.testing.assert_allclose(loss(x, reduction="sum"), np.sum(each), rtol=1e-14)
    for reduction in ("mean", "sum", "none"):
        assert am.check_grads(lambda x, to=reduction: loss(x, reduction=to), x)
    assert np.ndim(loss(x)) == 0
    with pytest.raises(InvalidInput, match=r"reduction='average'\n  instead: 'mean', 'sum', 'none'"):
        loss(x, reduction="average")


def test_losses_are_what_their_formulas_say():
    x = uniform(2, 3, seed=4)
    d, p, q = x - T, SHARES, np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    s = 1 / (1 + np.exp(-x))
    shares = np.array([[0.1 / 3, 0.1 / 3, 0.9 + 0.1 / 3], [0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]])
    weighted = np.sum(-WEIGHT * shares * np.log(q), axis=1)
    divergence = np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0), axis=1)
    for found, right in [
        (nn.l1_loss(x, T), np.mean(np.abs(d))),
        (nn.huber_loss(x, T, delta=0.5), np.mean(np.where(np.abs(d) < 0.5, d * d / 2, 0.5 * (np.abs(d) - 0.25)))),
        (nn.hinge_loss(x, SIGNS), np.mean(np.clip(1 - SIGNS * x, 0, None))),
        (nn.binary_cross_entropy_with_logits(x, p), np.mean(-p * np.log(s) - (1 - p) * np.log(1 - s))),
        (nn.binary_cross_entropy_with_logits(x, p, WEIGHT), np.mean(-WEIGHT * p * np.log(s) - (1 - p) * np.log(1 - s))),
        (nn.cross_entropy(x, LABELS, WEIGHT), -(3 * np.log(q[0, 2]) + 0.5 * np.log(q[1, 0])) / 3.5),
        (nn.cross_entropy(x, LABELS, WEIGHT, 0.1), np.sum(weighted) / 3.5),
        (nn.kl_div(np.log(q), p, reduction="batchmean"), np.mean(divergence)),
        (nn.kl_div(np.log(q), p), np.mean(divergence) / 3),
        (nn.kl_div(np.log(q), np.log(shares), True, "batchmean"), np.mean(np.sum(shares * np.log(shares / q), axis=1))),
    ]:
        np.testing.assert_allclose(found, right, rtol=1e-12)


def test_losses_do_not_overflow():
    assert nn.binary_cross_entropy_with_logits(np.array([1e4, -1e4]), np.array([1.0, 0.0])) == 0.0
    assert nn.binary_cross_entropy_with_logits(np.array([-1e4]), np.array([1.0])) == 1e4
    assert am.grad(nn.binary_cross_entropy_with_logits)(np.array([-1e4]), np.array([1.0])) == [-1.0]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: nn.huber_loss(T, T, delta=0.0), InvalidInput, "delta=0.0\n  why: it is the distance"),
        (lambda: nn.hinge_loss(T, SIGNS > 0), InvalidInput, "targets that are not 1 or -1.*2 \\* target - 1"),
        (
            lambda: nn.binary_cross_entropy_with_logits(T, SIGNS),
            InvalidInput,
            "not from 0 to 1.*\\(target \\+ 1\\) / 2",
        ),
        (lambda: nn.cross_entropy(T, LABELS, weight=np.ones(2)), ShapeError, "weight of shape \\(2,\\) for 3 classes"),
        (lambda: nn.cross_entropy(T, LABELS, label_smoothing=2), InvalidInput, "label_smoothing=2"),
        (lambda: nn.l1_loss(T, T[0]), ShapeError, "l1_loss of predictions of shape \\(2, 3\\) and targets of shape"),
        (lambda: nn.kl_div(T, T[:, :1]), ShapeError, "kl_div of predictions"),
    ],
)
def test_losses_refuse_what_makes_no_sense(call, error, text):
    with pytest.raises(error, match="(?s)" + text):
        call()


@pytest.mark.parametrize(
    ("draw", "variance", "is_uniform"),
    [
        (nn.xavier_uniform, 2 / (450 + 900), True),
        (nn.xavier_normal, 2 / (450 + 900), False),
        (nn.he_uniform, 2 / 450, True),
        (nn.he_normal, 2 / 450, False),
        (nn.lecun_uniform, 1 / 450, True),
        (nn.lecun_normal, 1 / 450, False),
        (lambda shape, rng: nn.xavier_normal(shape, 3.0, rng), 9 * 2 / (450 + 900), False),
        (lambda shape, rng: nn.he_uniform(shape, 0.5, rng), 2 / (1.25 * 450), True),
    ],
)
def test_initialisers_draw_with_their_variance(draw, variance, is_uniform):
    w = draw((100, 50, 3, 3), rng=np.random.default_rng(1))
    assert w.shape == (100, 50, 3, 3)
    np.testing.assert_allclose(w.var(), variance, rtol=0.02)
    assert (np.abs(w).max() <= np.sqrt(3 * variance)) == is_uniform
    np.testing.assert_array_equal(draw((3, 2), rng=7), draw((3, 2), rng=7))


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (5, 5), (4, 2, 3)])
def test_orthogonal_weights_have_orthonormal_rows_or_columns(shape):
    w = nn.orthogonal(shape, gain=2.0, rng=3).reshape(shape[0], -1)
    w = w if w.shape[0] <= w.shape[1] else w.T
    np.testing.assert_allclose(w @ w.T, 4 * np.eye(len(w)), atol=1e-12)


def test_a_bias_has_no_fans():
    with pytest.raises(ShapeError, match=r"a weight of shape \(3,\)"):
        nn.he_uniform((3,))


@pytest.mark.parametrize("options", [{"reduction": "sum"}, {"weight": np.ones(3)}, {"reduction": "none"}])
def test_classes_that_cannot_be_have_no_share(options):
    logits = am.Value([[1.0, -np.inf, 2.0]])
    loss = np.sum(nn.cross_entropy(logits, np.array([0]), **options))
    loss.backward()
    p = 1 / (1 + np.exp(1.0))
    np.testing.assert_allclose(loss.data, -np.log(p))
    np.testing.assert_allclose(logits.grad, [[p - 1, 0, 1 - p]])


def test_a_weight_of_yes_that_would_broadcast_is_refused():
    with pytest.raises(ShapeError, match=r"pos_weight of shape \(5, 1\) for logits of shape \(3,\)"):
        nn.binary_cross_entropy_with_logits(np.zeros(3), np.ones(3), pos_weight=np.ones((5, 1)))


def test_the_classes_along_another_axis_are_answered_with_moveaxis():
    with pytest.raises(ShapeError, match=r"instead: np\.moveaxis\(logits, 1, -1\)"):
        nn.cross_entropy(np.zeros((2, 3, 4, 5)), np.zeros((2, 4, 5), int))


def test_lists_and_unsigned_labels_are_taken():
    np.testing.assert_allclose(nn.silu([0.0, 1.0]), [0, 1 / (1 + np.exp(-1))])
    np.testing.assert_allclose(nn.gelu([0.0, 1.0], "tanh"), [0, 0.841192], rtol=1e-6)
    assert nn.cross_entropy(np.zeros((1, 2)), np.array([1], np.uint64)) == pytest.approx(np.log(2))


def test_targets_that_are_turned_or_longer_get_the_right_advice():
    for target, instead in (
        ((2, 3), "target.T"),
        ((1, 3, 2), "target.reshape(3, 2)"),
        ((6,), "targets of shape (3, 2)"),
    ):
        with pytest.raises(ShapeError) as caught:
            nn.mse_loss(np.zeros((3, 2)), np.zeros(target))
        assert str(caught.value).endswith(f"instead: {instead}")
