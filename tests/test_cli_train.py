"""`autograd-mini train digits`, from its options to its folder."""

from __future__ import annotations

import builtins
import json
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_mini import cli, cli_train, nn, train
from autograd_mini.check import Verdict
from autograd_mini.cli import main
from autograd_mini.data import load_digits


@pytest.fixture
def at(tmp_path):
    """Run the command with a folder for its results, which is returned with the exit code."""

    def run(*options):
        folder = tmp_path / "results"
        return main(["train", "digits", "--out", str(folder), *options]), folder

    return run


def test_it_trains_and_leaves_everything(at, capsys):
    code, folder = at("--epochs", "2", "--hidden", "16")
    out, err = capsys.readouterr()
    assert code == 0
    assert {path.name for path in folder.iterdir()} >= {
        "graph.dot", "graph.svg", "graph.png", "learning_curve.png", "wrong_digits.png", "weights.npz", "summary.json"
    }  # fmt: skip
    order = ["Sequential(Linear(64, 16)", "gradient check:", "held-out accuracy:", "results in"]
    assert [out.index(text) for text in order] == sorted(out.index(text) for text in order)
    assert "epoch 2/2" in err
    for name in ("learning_curve.png", "wrong_digits.png", "graph.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")

    summary = json.loads((folder / "summary.json").read_text())
    digits = load_digits().held_out
    model = nn.Sequential(nn.Linear(64, 16), nn.relu, nn.Linear(16, 10))
    with np.load(folder / "weights.npz") as weights:
        model.load_state_dict(weights)
    outputs = train.predict(model, digits.inputs)
    assert summary["held_out_accuracy"] == train.accuracy(outputs, digits.labels) > 0.8
    assert summary["wrong_held_out_digits"] == np.flatnonzero(outputs.argmax(axis=1) != digits.labels).tolist()
    assert summary["gradient_check"]["largest_relative_error"] < 1e-6
    assert (summary["settings"]["seed"], summary["settings"]["epochs"]) == (0, 2)
    assert len(summary["epoch_losses"]) == len(summary["held_out_accuracies"]) == 2


def test_the_same_seed_gives_the_same_weights(tmp_path):
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        words = f"train digits --epochs 1 --hidden 8 --seed {seed} --out {tmp_path / name}"
        assert main(words.split()) == 0
        found.append((tmp_path / name / "weights.npz").read_bytes())
        with np.load(tmp_path / name / "weights.npz") as stored:
            found[-1] = {key: stored[key] for key in stored}
    assert all((found[0][key] == found[1][key]).all() for key in found[0])
    assert any((found[0][key] != found[2][key]).any() for key in found[0])


@pytest.mark.parametrize(
    ("options", "steps"),
    [(["--descent", "batch"], 1), (["--descent", "stochastic"], 1198), (["--batch-size", "100"], 12)],
)
def test_each_descent_takes_its_steps(options, steps, at, capsys):
    code, folder = at("--epochs", "1", "--hidden", "4", "--lr", "0.001", *options)
    assert code == 0
    assert f"{steps}/{steps}" in capsys.readouterr().err
    assert json.loads((folder / "summary.json").read_text())["settings"]["lr"] == 0.001


def test_several_hidden_layers(at, capsys):
    code, _ = at("--epochs", "1", "--hidden", "12", "8")
    assert code == 0
    assert "Linear(64, 12), relu, Linear(12, 8), relu, Linear(8, 10)" in capsys.readouterr().out


# What can't be done as asked


def test_a_folder_that_is_there_is_refused_before_the_training(at, capsys, tmp_path):
    (tmp_path / "results").mkdir()
    assert at()[0] == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{str(tmp_path / 'results')!r} is there already" in err
    assert "--out with a new name" in err


def test_a_folder_that_cannot_be_made_is_refused(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["train", "digits", "--out", str(tmp_path / "file" / "results")]) == 2
    assert "can't be made: Not a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lr", "-1"], "lr=-1.0"),
        (["--descent", "batch", "--batch-size", "5"], "batch_size=5 with descent 'batch'"),
        (["--batch-size", "5000"], "batch_size=5000 with 1198 samples"),
    ],
)
def test_options_that_contradict_the_data_are_refused(options, message, at, capsys):
    code, folder = at(*options)
    assert (code, folder.exists()) == (2, False)
    assert f"autograd-mini train: {message}" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--hidden", "0"], ["--epochs", "many"], ["--descent", "mini"]])
def test_options_that_are_no_numbers_or_names_are_refused(options, at):
    with pytest.raises(SystemExit) as stopped:
        at(*options)
    assert stopped.value.code == 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_overflows_leaves_no_folder(at, capsys):
    code, folder = at("--lr", "1e200", "--epochs", "3", "--hidden", "8")
    assert (code, folder.exists()) == (2, False)
    assert "a smaller learning rate than 1e+200" in capsys.readouterr().err


def test_a_wrong_gradient_is_no_start(at, capsys, monkeypatch):
    from autograd_mini.check import Entry, Report

    wrong = Entry(1, "vjp", "w", (0,), "", 2.0, 1.0, "difference", 1e-9, Verdict.WRONG)
    monkeypatch.setattr(cli_train, "check_gradient", lambda *_: Report("loss", (wrong,)))
    code, folder = at()
    assert (code, folder.exists()) == (1, False)
    assert "w[0]: vjp 2, difference 1" in capsys.readouterr().err


def test_what_differences_cannot_tell_is_shown_and_no_hindrance(at, capsys, monkeypatch):
    from autograd_mini.check import Entry, Report

    vague = Entry(1, "vjp", "w", (0,), "", 2.0, 1.0, "difference", 9.0, Verdict.UNKNOWN)
    monkeypatch.setattr(cli_train, "check_gradient", lambda *_: Report("loss", (vague,)))
    code, _ = at("--epochs", "1", "--hidden", "8")
    out, err = capsys.readouterr()
    assert code == 0
    assert "gradient check: 0 of 1 numbers agree" in out
    assert "w[0]: can't tell: vjp 2, difference 1" in err


def test_the_gradient_check_of_the_default_network_is_right():
    for seed in range(3):
        options = SimpleNamespace(descent="minibatch", batch_size=32, seed=seed, hidden=[256, 128], lr=None, epochs=1)
        model, loader, *_ = cli_train.prepare(options)
        report = cli_train.check_gradient(model, loader)
        assert report.verdict is Verdict.RIGHT, str(report)
        assert report.worst < 1e-6


# Ctrl-C


def interrupt_after(monkeypatch, steps):
    real = nn.cross_entropy
    left = iter(range(steps))

    def loss(outputs, labels):
        if len(labels) == 32 and next(left, None) is None:
            monkeypatch.undo()
            raise KeyboardInterrupt
        return real(outputs, labels)

    monkeypatch.setattr(nn, "cross_entropy", loss)


def test_ctrl_c_keeps_what_was_learned(at, capsys, monkeypatch):
    interrupt_after(monkeypatch, 50)
    code, folder = at("--hidden", "16")
    assert code == 130
    assert "stopped in epoch 2 of" in capsys.readouterr().out
    assert json.loads((folder / "summary.json").read_text())["stopped_by_user"]
    assert (folder / "weights.npz").exists()
    assert (folder / "learning_curve.png").exists()


def test_ctrl_c_before_the_first_step_leaves_nothing(at, capsys, monkeypatch):
    interrupt_after(monkeypatch, 0)
    code, folder = at("--hidden", "16")
    assert (code, folder.exists()) == (130, False)
    assert "nothing was kept" in capsys.readouterr().err


# Extras that aren't there


def test_without_matplotlib_it_says_what_is_missing(at, capsys, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    code, folder = at("--epochs", "1", "--hidden", "8")
    assert code == 0
    assert 'no pictures of the learning curve and the wrong digits: pip install "autograd_mini[plot]"' in (
        capsys.readouterr().out
    )
    assert not (folder / "learning_curve.png").exists()
    assert (folder / "weights.npz").exists()


def test_without_a_renderer_the_dot_text_is_left(at, capsys, monkeypatch):
    monkeypatch.setattr("autograd_mini.view.rendering.find_renderer", lambda: None)
    code, folder = at("--epochs", "1", "--hidden", "8")
    assert code == 0
    assert 'for a picture: pip install "autograd_mini[draw]"' in capsys.readouterr().out
    assert (folder / "graph.dot").read_text().startswith("digraph")
    assert not (folder / "graph.svg").exists()


def test_as_a_program_it_starts_again_on_one_thread(monkeypatch, tmp_path):
    class Replaced(Exception):
        pass

    def execve(program, words, environment):
        raise Replaced(program, words, environment)

    for name in cli.THREADS:
        monkeypatch.delenv(name, raising=False)
    # Its own view of the system, so that the test runs on any.
    monkeypatch.setattr(cli, "os", SimpleNamespace(name="posix", environ=os.environ, execve=execve))
    monkeypatch.setattr("sys.argv", ["autograd-mini", "train", "digits", "--out", str(tmp_path)])
    with pytest.raises(Replaced) as caught:
        main()
    program, words, environment = caught.value.args
    assert words == [program, *sys.orig_argv[1:]]
    assert [environment[name] for name in cli.THREADS] == ["1"] * len(cli.THREADS)
    monkeypatch.setattr(cli.os, "name", "nt")  # Windows goes on as it is
    assert main() == 2  # the folder is there already
    monkeypatch.setattr(cli.os, "name", "posix")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # somebody has said how many
    assert main() == 2  # the folder is there already
