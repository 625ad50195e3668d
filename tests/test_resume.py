"""A training that is killed goes on from its file as if nothing had happened, bit for bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import nn, optim
from autograd_mini.data import Loader, two_moons
from autograd_mini.errors import InvalidInput
from autograd_mini.storage import StorageError, load_arrays, save_arrays
from autograd_mini.train import Watch, accuracy, fit

POINTS, LABELS = two_moons(60, seed=1)


class Killed(BaseException):
    """Ends a training at once, as a signal would."""


def setup(make_optimizer=optim.Adam, dropout_generator=np.random.default_rng):
    """Return what `fit` takes: with dropout, running moments, and a schedule that remembers."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Linear(2, 8, rng=rng), nn.BatchNorm(8), nn.relu, nn.Dropout(0.3, dropout_generator(5)),
        nn.Linear(8, 2, rng=rng),
    )  # fmt: skip
    optimizer = make_optimizer(model.parameters(), lr=0.05)
    options = {
        "schedule": optim.OnPlateau(factor=0.5, patience=0, mode="max"), "validation": two_moons(40, seed=2),
        "metrics": accuracy, "watch": Watch("validation_accuracy", "max", patience=9), "progress": False,
    }  # fmt: skip
    return model, Loader(POINTS, LABELS, 16, seed=3), optimizer, options


def train(path, epochs=4, kill_after=None, **given):
    """Train, with all in a file, and die in the middle of a step; return all that the training left."""
    model, loader, optimizer, options = setup(**given)
    calls = 0

    def loss(outputs, labels):
        nonlocal calls
        calls += 1
        if calls == kill_after:
            raise Killed
        return nn.cross_entropy(outputs, labels)

    history = fit(model, loss, loader, optimizer, epochs, checkpoint=path, save_every=1, **options)
    return {**history.arrays(), **model.state_dict(), **optimizer.state_dict(), "draw": loader.state_dict()}


def assert_same(first, second):
    assert list(first) == list(second)
    for name, x in first.items():
        assert np.array_equal(x, second[name]), name


@pytest.mark.parametrize("kill_after", range(1, 21))
def test_it_is_the_unbroken_one_whenever_it_was_killed(tmp_path, kill_after):
    unbroken = train(tmp_path / "unbroken.safetensors")
    path = tmp_path / "killed.safetensors"
    with pytest.raises(Killed):
        train(path, kill_after=kill_after)
    assert_same(train(path), unbroken)


@pytest.mark.parametrize(
    "optimizer", [optim.SGD, optim.Adagrad, optim.Adadelta, optim.RMSprop, optim.AdamW, optim.NAdam]
)
def test_every_optimiser_goes_on(tmp_path, optimizer):
    unbroken = train(tmp_path / "unbroken.safetensors", make_optimizer=optimizer)
    with pytest.raises(Killed):
        train(tmp_path / "killed.safetensors", kill_after=8, make_optimizer=optimizer)
    assert_same(train(tmp_path / "killed.safetensors", make_optimizer=optimizer), unbroken)


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_random_generator_goes_on(tmp_path, kind):
    def generator(seed):
        return np.random.Generator(kind(seed))

    unbroken = train(tmp_path / "unbroken.safetensors", dropout_generator=generator)
    with pytest.raises(Killed):
        train(tmp_path / "killed.safetensors", kill_after=8, dropout_generator=generator)
    assert_same(train(tmp_path / "killed.safetensors", dropout_generator=generator), unbroken)


def test_a_finished_training_goes_on_with_more_epochs(tmp_path):
    train(tmp_path / "x.safetensors", epochs=2)
    assert_same(train(tmp_path / "x.safetensors"), train(tmp_path / "unbroken.safetensors"))


def test_a_process_that_is_killed_leaves_a_whole_file(tmp_path):
    """Kill a real process twice, at random moments, and compare with one that was left alone."""
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent("""
            import sys
            sys.path.insert(0, sys.argv[1])
            from test_resume import train
            train(sys.argv[2], epochs=150)
        """)
    )

    def start(name):
        return subprocess.Popen([sys.executable, script, os.path.dirname(__file__), tmp_path / name])

    path, rng = tmp_path / "killed.safetensors", np.random.default_rng()
    for _ in range(2):
        before = path.stat().st_mtime_ns if path.exists() else 0
        process = start(path.name)
        while not path.exists() or path.stat().st_mtime_ns == before:  # not yet at its first step
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.1))
        process.kill()
        assert process.wait() != 0
    assert start(path.name).wait() == start("unbroken.safetensors").wait() == 0
    assert_same(*({"notes": json.dumps(notes), **arrays} for arrays, notes in
                  (load_arrays(tmp_path / f"{name}.safetensors") for name in ("unbroken", "killed"))))  # fmt: skip


# What does not fit


def refused(error, path, **given):
    model, loader, optimizer, options = setup(**given)
    before = {**model.state_dict(), **optimizer.state_dict(), "draw": loader.state_dict()}
    with pytest.raises(error) as caught:
        fit(model, nn.cross_entropy, loader, optimizer, 4, checkpoint=path, **options)
    assert_same({**model.state_dict(), **optimizer.state_dict(), "draw": loader.state_dict()}, before)
    return str(caught.value), getattr(caught.value, "__notes__", [])


def test_a_file_that_does_not_fit_is_refused_with_each_key_named(tmp_path):
    path = tmp_path / "x.safetensors"
    train(path, epochs=1)
    arrays, notes = load_arrays(path)
    del arrays["model/0.bias"]
    save_arrays(path, {**arrays, "model/4.weight": np.zeros((2, 9)), "model/9.weight": np.zeros(1)}, notes)
    text, more = refused(InvalidInput, path)
    assert text.startswith(
        "a state that doesn't fit the module: 0.bias is missing; 9.weight is unknown; 4.weight has shape (2, 9), not "
    )
    assert more == [f"while {str(path)!r} was read, the part 'model' of it"]


def test_a_file_of_another_optimiser_is_refused_and_nothing_is_changed(tmp_path):
    path = tmp_path / "x.safetensors"
    train(path, epochs=1, make_optimizer=optim.SGD)
    text, more = refused(InvalidInput, path)
    assert "betas" in text
    assert "the part 'optimizer' of it" in more[0]


def test_a_file_of_other_random_generators_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    train(path, epochs=1)
    text, _ = refused(InvalidInput, path, dropout_generator=lambda seed: np.random.Generator(np.random.SFC64(seed)))
    assert text.startswith("random generators {'3.rng': 'PCG64'} for a model that has {'3.rng': 'SFC64'}")


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    setup()[0].save(path)
    assert "x.safetensors' holds the parts of something else\n" in refused(InvalidInput, path)[0]
    path.write_bytes(b"not a training")
    assert "isn't a whole safetensors file" in refused(StorageError, path)[0]


def test_other_options_are_refused_by_name(tmp_path):
    path = tmp_path / "x.safetensors"
    train(path, epochs=1)
    model, loader, optimizer, options = setup()
    for changed, text in (
        ({"accumulate": 2}, "accumulate was 1, not 2"),
        (
            {"metrics": {"right": accuracy}, "watch": Watch("loss", "max")},
            "metrics was ['accuracy'], not ['right']; watch",
        ),
        ({"validation": None, "watch": Watch("accuracy", "max")}, "validation was True, not False; watch was ['valid"),
    ):
        with pytest.raises(InvalidInput) as caught:
            fit(model, nn.cross_entropy, loader, optimizer, 4, checkpoint=path, **{**options, **changed})
        assert str(caught.value).startswith(f"the state of another training: {text}")


def test_a_file_from_which_something_is_missing_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    train(path, epochs=1)
    arrays, notes = load_arrays(path)
    del arrays["training/rows"], notes["training"]["best"]
    save_arrays(path, arrays, notes)
    assert refused(InvalidInput, path)[0].startswith(
        "the state of another training: best is missing; rows is missing\n"
    )


@pytest.mark.parametrize("name", ["run.npz", "nowhere/run.safetensors"])
def test_a_file_that_cannot_be_written_is_noticed_before_the_training(tmp_path, name):
    model, loader, optimizer, options = setup()
    before = model.state_dict()
    with pytest.raises(StorageError):
        fit(model, nn.cross_entropy, loader, optimizer, 4, checkpoint=tmp_path / name, **options)
    assert_same(model.state_dict(), before)


def test_a_parameter_outside_the_model_is_no_part_of_a_checkpoint(tmp_path):
    model, loader, *_ = setup()
    optimizer = optim.SGD([*model.parameters(), am.Value(1.0, name="temperature")], lr=0.1)
    with pytest.raises(InvalidInput, match=r"checkpoint= with temperature in the optimiser, and not in the model\n"):
        fit(model, nn.cross_entropy, loader, optimizer, 1, checkpoint=tmp_path / "x.safetensors", progress=False)


def test_what_a_killed_writer_left_is_cleared(tmp_path):
    (tmp_path / ".x.safetensors.123.part").write_bytes(b"half")
    train(tmp_path / "x.safetensors", epochs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


def test_what_has_no_state_has_no_checkpoint(tmp_path):
    model, loader, optimizer, options = setup()
    with pytest.raises(InvalidInput, match="a checkpoint with a loader of type list\n"):
        fit(model, nn.cross_entropy, list(loader), optimizer, 1, checkpoint=tmp_path / "x.safetensors", **options)
