"""The training loop."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.data import Loader, two_moons
from autograd_mini.errors import AnomalyError, BackwardError, InvalidInput
from autograd_mini.optim import SGD
from autograd_mini.train import History, accuracy, fit, predict

POINTS, LABELS = two_moons(60, seed=1)


def setup(seed=0, batch_size=16, lr=0.5):
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(2, 8, rng=rng), nn.tanh, nn.Linear(8, 2, rng=rng))
    return model, nn.cross_entropy, Loader(POINTS, LABELS, batch_size, seed=seed), SGD(model.parameters(), lr)


def test_a_training_learns():
    model, *rest = setup()
    history = fit(model, *rest, epochs=200, metric=accuracy, validation=(POINTS, LABELS), progress=False)
    assert history.validation_metrics[-1] == accuracy(predict(model, POINTS), LABELS) > 0.95
    assert history.epoch_losses[-1] < 0.3 * history.epoch_losses[0]
    assert {name: len(x) for name, x in history.arrays().items()} == {
        "step_losses": 800, "epoch_losses": 200, "epoch_metrics": 200, "validation_metrics": 200
    }  # fmt: skip


def test_the_same_seed_gives_the_same_training_bit_for_bit():
    runs = []
    for seed in (3, 3, 4):
        model, *rest = setup(seed)
        runs.append((fit(model, *rest, epochs=5, progress=False).step_losses, model.state_dict()))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    assert all((runs[0][1][path] == x).all() for path, x in runs[1][1].items())


def test_a_batch_descent_is_plain_gradient_descent():
    w = am.Value(0.0)
    x, y = np.array([1.0, 2.0]), np.array([2.0, 4.0])
    fit(lambda x: w * x, nn.mse_loss, Loader(x, y), SGD([w], 0.1), 2, progress=False)
    by_hand = 0.0
    for _ in range(2):
        by_hand -= 0.1 * np.mean(2 * (by_hand * x - y) * x)
    assert w.data == pytest.approx(by_hand, rel=1e-15)


def test_the_losses_of_an_epoch_are_averaged_over_samples():
    model, *rest = setup(batch_size=40)
    history = fit(model, *rest, epochs=1, metric=accuracy, progress=False)
    first, second = history.step_losses
    assert history.epoch_losses == [pytest.approx((40 * first + 20 * second) / 60)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_stops_with_the_place():
    w = am.Value(1.0)
    x = np.array([1.0, 1.0, np.nan, 1.0])
    loader = Loader(x, np.zeros(4), batch_size=1, shuffle=False)
    with pytest.raises(AnomalyError) as caught:
        fit(lambda x: w * x, nn.mse_loss, loader, SGD([w], 0.1), 3, progress=False)
    assert str(caught.value).startswith("the loss is nan at step 3 (epoch 1, batch 3)\n  why: steps that are too long")
    assert "a smaller learning rate than 0.1" in str(caught.value)
    assert np.isfinite(w.data)


def test_an_interrupted_training_leaves_its_history():
    model, loss, loader, optimizer = setup()

    def interrupted(outputs, labels):
        if len(history.step_losses) == 6:
            raise KeyboardInterrupt
        return loss(outputs, labels)

    history = History()
    with pytest.raises(KeyboardInterrupt):
        fit(model, interrupted, loader, optimizer, 5, progress=False, history=history)
    assert (len(history.step_losses), len(history.epoch_losses)) == (6, 1)


def test_a_loss_without_gradient_is_refused():
    _, _, loader, optimizer = setup()
    with pytest.raises(BackwardError, match="the loss returned float64, not a Value"):
        fit(lambda x: x, lambda y, t: np.mean(y), loader, optimizer, 1, progress=False)


def test_validation_needs_a_metric():
    with pytest.raises(InvalidInput, match=r"validation without a metric(.|\n)*metric=am.train.accuracy"):
        fit(*setup(), epochs=1, validation=(POINTS, LABELS), progress=False)


def test_progress_shows_epoch_loss_and_metric(capsys):
    fit(*setup(), epochs=2, metric=accuracy, validation=(POINTS, LABELS))
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown
    for name in ("loss=", "accuracy=", "validation=", "8/8"):
        assert name in shown


def test_predict_records_nothing():
    model, *_ = setup()
    outputs = predict(model, POINTS)
    assert type(outputs) is np.ndarray
    assert [p.grad for p in model.parameters()] == [None] * 4


def test_accuracy_of_values():
    assert accuracy(am.Value([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 1])) == 0.5


def test_a_schedule_sets_the_learning_rate_of_each_epoch():
    model, loss, loader, optimizer = setup()
    rates = []

    def noted(outputs, labels):
        rates.append(optimizer.lr)
        return loss(outputs, labels)

    fit(model, noted, loader, optimizer, 3, progress=False, schedule=lambda epoch: 0.5 / (epoch + 1))
    assert rates == [0.5] * 4 + [0.25] * 4 + [0.5 / 3] * 4
