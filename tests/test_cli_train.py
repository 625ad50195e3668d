"""`autograd-mini train digits`, from its options to its folder."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("options", "shown", "model"),
    [
        (
            ["--hidden", "16"],
            "Sequential(Linear(64, 16), relu, Linear(16, 10))",
            lambda: nn.Sequential(nn.Linear(64, 16), nn.relu, nn.Linear(16, 10)),
        ),
        (
            ["--model", "conv", "--hidden", "16"],
            "Sequential(Conv2d(1, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)), relu, Conv2d(16, 32,",
            lambda: cli_train.network((16, 32), [16], seed=1),
        ),
    ],
    ids=["mlp", "conv"],
)
def test_it_trains_and_leaves_everything(options, shown, model, at, capsys):
    code, folder = at("--epochs", "2", *options)
    out, err = capsys.readouterr()
    assert code == 0
    assert {path.name for path in folder.iterdir()} == {
        "graph.dot", "graph.svg", "graph.png", "report.html", "settings.json", "summary.json", "training.safetensors",
        "weights.npz",
    }  # fmt: skip
    order = [shown, "gradient check:", "held-out accuracy:", "results in"]
    assert [out.index(text) for text in order] == sorted(out.index(text) for text in order)
    assert "epoch 2/2" in err
    assert (folder / "graph.png").read_bytes().startswith(b"\x89PNG")

    summary = json.loads((folder / "summary.json").read_text())
    digits = load_digits().held_out
    network = model()
    with np.load(folder / "weights.npz") as weights:
        network.load_state_dict(weights)
    inputs = digits.inputs.reshape(-1, 1, 8, 8) if "conv" in options else digits.inputs
    outputs = train.predict(network, inputs)
    assert summary["held_out_accuracy"] == train.accuracy(outputs, digits.labels) > 0.7
    assert summary["wrong_held_out_digits"] == np.flatnonzero(outputs.argmax(axis=1) != digits.labels).tolist()
    assert summary["gradient_check"]["largest_relative_error"] < 1e-6
    assert (summary["settings"]["seed"], summary["settings"]["epochs"]) == (0, 2)
    assert {name: len(x) for name, x in summary["epochs"].items()} == dict.fromkeys(
        ["loss", "accuracy", "validation_loss", "validation_accuracy", "lr"], 2
    )


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
        options = SimpleNamespace(
            model="mlp", descent="minibatch", batch_size=32, seed=seed, hidden=None, lr=None, epochs=1
        )
        report = cli_train.check_gradient(cli_train.prepare(options))
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
    assert (folder / "report.html").exists()


def test_ctrl_c_before_the_first_step_leaves_nothing(at, capsys, monkeypatch):
    interrupt_after(monkeypatch, 0)
    code, folder = at("--hidden", "16")
    assert (code, folder.exists()) == (130, False)
    assert "nothing was kept" in capsys.readouterr().err


# What was interrupted goes on


def test_a_training_that_was_killed_goes_on_as_it_was_set_up(tmp_path, monkeypatch, capsys):
    class Killed(BaseException):
        pass

    real = nn.cross_entropy
    left = iter(range(100))  # losses of batches, before it is killed in the third epoch

    def loss(outputs, labels):
        if len(labels) == 32 and next(left, None) is None:
            raise Killed
        return real(outputs, labels)

    words = ["train", "digits", "--hidden", "8", "--epochs", "4", "--seed", "7", "--lr", "0.02"]
    monkeypatch.setattr(nn, "cross_entropy", loss)
    with pytest.raises(Killed):
        main([*words, "--out", str(tmp_path / "killed")])
    monkeypatch.undo()
    assert {path.name for path in (tmp_path / "killed").iterdir()} == {"settings.json", "training.safetensors"}
    assert main(["train", "digits", "--resume", str(tmp_path / "killed")]) == 0
    assert main([*words, "--out", str(tmp_path / "unbroken")]) == 0
    first, second = (np.load(tmp_path / name / "weights.npz") for name in ("killed", "unbroken"))
    with first, second:
        assert all((first[path] == second[path]).all() for path in second)
    first, second = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("killed", "unbroken"))
    assert first["epochs"] == second["epochs"]
    assert first["settings"] == second["settings"]
    assert (first["resumed"], second["resumed"]) == (True, False)
    assert main(["train", "digits", "--resume", str(tmp_path / "killed"), "--lr", "9", "--batch-size", "3"]) == 2
    assert "--resume together with --batch-size, --lr\n" in capsys.readouterr().err
    (tmp_path / "killed" / "settings.json").write_text("{")
    assert main(["train", "digits", "--resume", str(tmp_path / "killed")]) == 2
    assert "settings.json' can't be read: JSONDecodeError(" in capsys.readouterr().err
    capsys.readouterr()


# Extras that aren't there


def test_without_matplotlib_it_says_what_is_missing(at, without_matplotlib):
    code, folder = at("--epochs", "1", "--hidden", "8")
    assert code == 0
    assert 'No picture: <code>pip install "autograd_mini[plot]"</code>' in (folder / "report.html").read_text()
    assert (folder / "weights.npz").exists()


def test_without_safetensors_there_is_nothing_to_resume(at, capsys, monkeypatch):
    monkeypatch.setattr("autograd_mini.cli_results.find_spec", lambda name: None)
    code, folder = at("--epochs", "1", "--hidden", "8")
    assert (code, (folder / "training.safetensors").exists()) == (0, False)
    assert "--resume" not in capsys.readouterr().out
    assert main(["train", "digits", "--resume", str(folder)]) == 2
    assert f"{str(folder)!r} has no training.safetensors\n" in capsys.readouterr().err


def test_without_a_renderer_the_dot_text_is_left(at, capsys, monkeypatch):
    monkeypatch.setattr("autograd_mini.view.rendering.shutil.which", lambda program, path=None: None)
    code, folder = at("--epochs", "1", "--hidden", "8")
    assert code == 0
    assert 'for a picture: pip install "autograd_mini[draw]"' in capsys.readouterr().out
    assert (folder / "graph.dot").read_text().startswith("digraph")
    assert not (folder / "graph.svg").exists()
    assert 'No picture: <code>pip install "autograd_mini[draw]"</code>' in (folder / "report.html").read_text()


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
