"""The training loop."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import nn, optim
from autograd_mini.data import Loader, two_moons
from autograd_mini.errors import AnomalyError, BackwardError, InvalidInput, ShapeError
from autograd_mini.optim import SGD
from autograd_mini.train import History, Watch, accuracy, fit, predict

POINTS, LABELS = two_moons(60, seed=1)
VALIDATION = two_moons(40, seed=2)


def setup(seed=0, batch_size=16, lr=0.5):
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(2, 8, rng=rng), nn.tanh, nn.Linear(8, 2, rng=rng))
    return model, nn.cross_entropy, Loader(POINTS, LABELS, batch_size, seed=seed), SGD(model.parameters(), lr)


def test_a_training_learns():
    model, *rest = setup()
    history = fit(model, *rest, epochs=200, metrics=accuracy, validation=(POINTS, LABELS), progress=False)
    assert history.last["validation_accuracy"] == accuracy(predict(model, POINTS), LABELS) > 0.95
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert {name: len(x) for name, x in history.arrays().items()} == {
        "batch_losses": 800, "loss": 200, "accuracy": 200, "validation_loss": 200, "validation_accuracy": 200, "lr": 200
    }  # fmt: skip
    assert len(history) == 200


def test_the_same_seed_gives_the_same_training_bit_for_bit():
    runs = []
    for seed in (3, 3, 4):
        model, *rest = setup(seed)
        runs.append((fit(model, *rest, epochs=5, progress=False).batch_losses, model.state_dict()))
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


def test_the_numbers_of_an_epoch_are_averaged_over_samples():
    model, *rest = setup(batch_size=40)
    seen = []

    def share(outputs, labels):
        seen.append(accuracy(outputs, labels))
        return seen[-1]

    history = fit(model, *rest, epochs=1, metrics={"right": share}, progress=False)
    first, second = history.batch_losses
    assert history["loss"] == pytest.approx((40 * first + 20 * second) / 60)
    assert history["right"] == pytest.approx((40 * seen[0] + 20 * seen[1]) / 60)


def test_batches_that_are_accumulated_are_one_step_over_all_of_them():
    runs = []
    for batch_size, accumulate in ((30, 1), (10, 3)):
        model, loss, _, optimizer = setup()
        loader = Loader(POINTS, LABELS, batch_size, shuffle=False)
        fit(model, loss, loader, optimizer, 3, accumulate=accumulate, progress=False)
        runs.append(model.state_dict())
    for path, x in runs[0].items():
        np.testing.assert_allclose(runs[1][path], x, rtol=1e-12)


def test_the_last_batches_of_an_epoch_are_a_step_of_their_own():
    w = am.Value(0.0)
    loader = Loader(np.ones(5), np.arange(5.0), batch_size=1, shuffle=False)
    fit(lambda x: w * x, lambda y, t: np.sum(y - t), loader, SGD([w], 1.0), 1, accumulate=2, progress=False)
    assert w.data == -3  # three steps along a slope of 1: of two batches, of two, and of one


@pytest.mark.parametrize("kind", [optim.LBFGS, optim.Newton])
def test_optimisers_that_take_a_closure_train_too(kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3))
    model = nn.Linear(3, 1, rng=rng)
    y = x @ [[1.0], [-2.0], [0.5]] + 4.0
    sums = {"sum": lambda outputs, targets: np.sum(outputs)}
    history = fit(model, nn.mse_loss, Loader(x, y), kind(model.parameters()), 10, metrics=sums, progress=False)
    np.testing.assert_allclose(model.weight.data, [[1.0, -2.0, 0.5]], rtol=1e-6)
    assert history["loss"][-1] < 1e-12 < history["loss"][0]
    text = text_of(
        InvalidInput,
        lambda: fit(model, nn.mse_loss, Loader(x, y, 5), kind(model.parameters()), 1, accumulate=2),
    )
    assert text.startswith(f"accumulate=2 with {kind.__name__}\n")


def test_in_training_dropout_is_on_and_for_validation_it_is_off():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Dropout(0.5, rng), nn.Linear(2, 2, rng=rng))
    modes = []

    def loss(outputs, labels):
        modes.append(model.training)
        return nn.cross_entropy(outputs, labels)

    fit(model.eval(), loss, Loader(POINTS, LABELS), SGD(model.parameters(), 0.1), 2, validation=VALIDATION,
        progress=False)  # fmt: skip
    assert modes == [True, True, True, True]  # the mode is evaluation only while the outputs are computed
    assert (predict(model, POINTS) == predict(model, POINTS)).all()
    assert (model(POINTS).data != model(POINTS).data).any()


# What is not finite


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_stops_with_the_operation():
    w = am.Value(4.0, name="w")

    def model(x):
        return np.log(w - x)

    loader = Loader(np.array([1.0, 1.0, 9.0, 1.0]), np.zeros(4), batch_size=1, shuffle=False)
    history = History()
    with pytest.raises(AnomalyError) as caught:
        fit(model, nn.mse_loss, loader, SGD([w], 0.1), 3, progress=False, history=history)
    text = str(caught.value)
    assert text.startswith(
        "the loss is nan in batch 3 of epoch 1: the result of numpy.log is nan at [0], in 1 of 1 ele"
    )
    assert "test_train.py" in text
    assert text.endswith("; or a smaller learning rate than 0.1, or gradients clipped")
    assert np.isfinite(w.data)
    assert len(history.batch_losses) == 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_is_not_finite_stops_before_the_step():
    w = am.Value(np.array([1.0, 0.0]), name="w")
    loader = Loader(np.ones(1), np.zeros(1))
    with pytest.raises(AnomalyError) as caught:
        fit(lambda x: np.sum(np.sqrt(w)), lambda y, t: y, loader, SGD([w], 0.1), 1, progress=False)
    assert str(caught.value).startswith(
        "the gradient of w isn't finite in batch 1 of epoch 1: the gradient that numpy.sqrt gives to its argument"
    )
    np.testing.assert_array_equal(w.data, [1, 0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_batch_that_is_not_finite_leaves_running_moments_and_dropout_where_they_were():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.BatchNorm(2), nn.Dropout(0.5, rng), nn.Linear(2, 2, rng=rng))
    points = np.array([[1.0, 2.0], [2.0, 1.0], [np.nan, 1.0], [1.0, 1.0]])
    loader = Loader(points, np.zeros(4, int), batch_size=2, shuffle=False)
    with pytest.raises(
        AnomalyError, match=r"loss is nan in batch 2 of epoch 1: its inputs are not finite at \[0, 0\]\n"
    ):
        fit(model, nn.cross_entropy, loader, SGD(model.parameters(), 0.1), 1, progress=False)
    assert all(np.isfinite(x).all() for x in model.state_dict().values())
    assert model[0].num_batches_tracked == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_not_finite_in_a_closure_is_named_too():
    w = am.Value(4.0)
    loader = Loader(np.array([9.0]), np.zeros(1))
    with pytest.raises(AnomalyError, match=r"loss is nan in batch 1 of epoch 1: the result of numpy\.log is nan"):
        fit(lambda x: np.log(w - x), nn.mse_loss, loader, optim.LBFGS([w]), 1, progress=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_line_search_that_is_not_finite_leaves_running_moments_where_they_were():
    model = nn.Sequential(nn.BatchNorm(2), nn.Linear(2, 2, rng=0), np.log)
    with pytest.raises(AnomalyError, match="in batch 1 of epoch 1"):
        fit(model, nn.mse_loss, Loader(POINTS, POINTS), optim.LBFGS(model.parameters()), 1, progress=False)
    assert model[0].num_batches_tracked == 0


def test_a_line_search_goes_over_one_function():
    """Dropout is the same at every place, and running moments move once for each step."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 6, rng=rng), nn.BatchNorm(6), nn.Dropout(0.5, rng), nn.Linear(6, 2, rng=rng))
    fit(model, nn.cross_entropy, Loader(POINTS, LABELS), optim.LBFGS(model.parameters(), max_iter=5), 3, progress=False)
    assert model[1].num_batches_tracked == 3


# History and progress


def test_an_interrupted_training_leaves_its_history():
    model, loss, loader, optimizer = setup()

    def interrupted(outputs, labels):
        if len(history.batch_losses) == 6:
            raise KeyboardInterrupt
        return loss(outputs, labels)

    history = History()
    with pytest.raises(KeyboardInterrupt):
        fit(model, interrupted, loader, optimizer, 5, progress=False, history=history)
    assert (len(history.batch_losses), len(history)) == (6, 1)


def test_progress_shows_epoch_loss_and_metric(capsys):
    fit(*setup(), epochs=2, metrics=accuracy, validation=(POINTS, LABELS))
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown
    for name in ("loss=", "accuracy=", "validation_accuracy=", "8/8"):
        assert name in shown


def test_a_history_is_a_plot():
    history = fit(*setup(), epochs=3, metrics=accuracy, validation=VALIDATION, progress=False)
    left, right = history.plot().axes
    assert (left.get_title(), right.get_title()) == ("loss", "accuracy")
    each, training, validation = left.get_lines()
    np.testing.assert_array_equal(each.get_ydata(), history.batch_losses)
    np.testing.assert_array_equal(training.get_ydata(), history["loss"])
    np.testing.assert_array_equal(validation.get_ydata(), history["validation_loss"])
    assert each.get_xdata()[-1] == training.get_xdata()[-1] == 3


# Schedules, and the best epoch


def test_a_schedule_sets_the_learning_rate_of_each_step():
    model, loss, loader, optimizer = setup()
    rates = []

    def noted(outputs, labels):
        rates.append(optimizer.lr * optimizer.lr_scale)
        return loss(outputs, labels)

    history = fit(model, noted, loader, optimizer, 2, progress=False, schedule=lambda t: 1 / (t + 1))
    assert rates == [0.5 / (1 + t / 4) for t in range(8)]
    np.testing.assert_array_equal(history["lr"], rates[3::4])


def test_a_plateau_of_the_watched_number_lowers_the_learning_rate():
    model, loss, loader, optimizer = setup()
    schedule = optim.OnPlateau(factor=0.1, patience=0)
    history = fit(model, loss, loader, optimizer, 3, progress=False, schedule=schedule, validation=VALIDATION,
                  metrics={"same": lambda y, t: 1.0}, watch=Watch("validation_same", "min"))  # fmt: skip
    np.testing.assert_allclose(history["lr"], [0.5, 0.5, 0.05])


def test_the_model_of_the_best_epoch_is_kept():
    numbers = iter([3.0, 1.0, 2.0, 5.0])
    states = []

    def judged(outputs, labels):
        states.append(model.state_dict())
        return next(numbers)

    model, *rest = setup()
    fit(model, *rest, epochs=4, metrics={"m": lambda y, t: judged(y, t) if len(t) == 40 else 0.0},
        validation=VALIDATION, watch=Watch("validation_m", "min"), progress=False)  # fmt: skip
    assert all((x == states[1][path]).all() for path, x in model.state_dict().items())


@pytest.mark.parametrize(
    ("watch", "epochs"),
    [(Watch("m", "max", patience=2), 5), (Watch("m", "max", 2, min_delta=0.5), 3), (Watch("m", "max"), 7)],
)
def test_patience_ends_a_training(watch, epochs):
    numbers = iter(np.repeat([1.0, 1.2, 1.4, 1.4, 1.3, 1.3, 1.3], 4))
    history = fit(*setup(), epochs=7, metrics={"m": lambda y, t: next(numbers)}, watch=watch, progress=False)
    assert len(history) == epochs


def test_patience_begins_when_a_training_goes_on_with_a_history():
    model, loss, loader, optimizer = setup()
    history = fit(model, loss, loader, optimizer, 5, progress=False)
    fit(model, loss, loader, optimizer, 9, history=history, watch=Watch("loss", patience=3), progress=False)
    assert len(history) == 9


def test_after_a_schedule_the_learning_rate_is_what_it_was():
    model, loss, loader, optimizer = setup()
    fit(model, loss, loader, optimizer, 2, schedule=optim.cosine(2), progress=False)
    assert optimizer.lr_scale == 1


def test_a_first_number_that_is_nan_is_worse_than_any():
    assert Watch("loss").better(5.0, float("nan"))
    assert not Watch("loss").better(float("nan"), 5.0)


# What is refused


def text_of(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_a_loss_without_gradient_is_refused():
    _, _, loader, optimizer = setup()
    with pytest.raises(BackwardError, match="the loss returned float64, not a Value"):
        fit(lambda x: x, lambda y, t: np.mean(y), loader, optimizer, 1, progress=False)


def test_options_that_cannot_be_are_refused():
    assert text_of(InvalidInput, lambda: fit(*setup(), epochs=0)).startswith("epochs=0\n")
    assert text_of(InvalidInput, lambda: fit(*setup(), 1, accumulate=2.0)).startswith("accumulate=2.0\n")
    assert text_of(InvalidInput, lambda: fit(*setup(), 1, save_every=3)) == (
        'save_every without a checkpoint\n  why: there is nowhere to save\n  instead: checkpoint="run.safetensors"'
    )
    watch = Watch("validation_accuracy", "max")
    assert text_of(InvalidInput, lambda: fit(*setup(), 1, metrics=accuracy, watch=watch)) == (
        "the watched number 'validation_accuracy' isn't among those of an epoch\n  why: there are 'loss', 'accuracy'\n"
        "  instead: one of them, or the metrics= or the validation= that give it"
    )
    assert text_of(InvalidInput, lambda: Watch("loss", "least")).startswith("mode='least' for 'loss'\n  instead: 'min'")
    assert text_of(InvalidInput, lambda: Watch("accuracy")).startswith("mode=None for 'accuracy'\n  instead: 'min' for")
    assert text_of(InvalidInput, lambda: Watch("loss", patience=0)).startswith("patience=0\n")
    assert text_of(InvalidInput, lambda: Watch("loss", patience=1.5)).startswith("patience=1.5\n")
    model, loss, loader, optimizer = setup()
    for name in ("loss", "validation_x"):
        text = text_of(InvalidInput, lambda name=name: fit(model, loss, loader, optimizer, 1, metrics={name: accuracy}))
        assert text.startswith(f"a metric named '{name}'\n")
    assert text_of(InvalidInput, lambda: fit(model, loss, iter([]), optimizer, 1)).startswith(
        "loader is of type list_it"
    )
    text = text_of(InvalidInput, lambda: fit(model, loss, loader, optimizer, 1, schedule="cosine"))
    assert text.startswith("schedule='cosine'\n  why: it maps the time in epochs to a factor")
    text = text_of(
        InvalidInput,
        lambda: fit(model, loss, loader, optimizer, 1, metrics=accuracy, schedule=optim.OnPlateau(),
                    watch=Watch("accuracy", "max")),
    )  # fmt: skip
    assert text.startswith("a schedule that waits for a min of 'accuracy', of which the max is watched\n")


def test_a_loss_that_is_no_single_number_is_refused():
    model, _, loader, optimizer = setup()
    text = text_of(
        ShapeError,
        lambda: fit(model, lambda y, t: nn.cross_entropy(y, t, reduction="none"), loader, optimizer, 1, progress=False),
    )
    assert text.startswith("the loss has the shape (16,)\n")


def test_what_is_watched_is_the_state_of_a_module_that_has_all_parameters():
    w = am.Value(1.0, name="w")
    loader = Loader(np.ones(2), np.zeros(2))
    text = text_of(
        InvalidInput, lambda: fit(lambda x: w * x, nn.mse_loss, loader, SGD([w], 0.1), 1, watch=Watch("loss"))
    )
    assert text.startswith("watch= with a model of type function\n")
    model, loss, loader, _ = setup()
    both = SGD([*model.parameters(), w], 0.1)
    text = text_of(InvalidInput, lambda: fit(model, loss, loader, both, 1, watch=Watch("loss")))
    assert text.startswith("watch= with w in the optimiser, and not in the model\n")


def test_predict_records_nothing():
    model, *_ = setup()
    outputs = predict(model, POINTS)
    assert type(outputs) is np.ndarray
    assert [p.grad for p in model.parameters()] == [None] * 4


def test_accuracy_of_values():
    assert accuracy(am.Value([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 1])) == 0.5
