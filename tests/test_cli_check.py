"""The command `autograd-mini check`."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import cli_check
from autograd_mini.cli import main

SOURCE = '''
import numpy as np
import autograd_mini as am
from helpers import half

def loss(w, x, n=2):
    """Half a sum of powers.

    >>> a = half(np.array([2.0, 2.0, 2.0]))
    >>> loss(np.array([1.0, 2.0, 3.0]), 2 * a)
    28.0
    """
    return half(np.sum((w * x) ** n))

def right(w, x, n=2):
    return w * x**2, w**2 * x

def wrong(w, x, n=2):
    return w * x**2, 1.5 * w**2 * x

def with_example(x, how):
    return np.sum(x) if how == "sum" else np.max(x)

with_example.example = {"x": np.array([1.0, 4.0]), "how": "max"}

def by_example(x):
    return np.sum(np.sin(x))

by_example.example = lambda: np.array([0.1, 0.2])

class Model:
    @staticmethod
    def forward(p):
        return p["w"] * np.tanh(p["b"])

def counts(n):
    return n * 2

def by_defaults(x=0.5, *, y=(2.0, 3.0)):
    """Multiply and add.

    >>> by_defaults("a text", y=(2, "s"))
    'a texta texts'
    """
    return x * y[0] + y[1]

def middle(x):
    return np.median(x)

def read_only(x):
    return np.linalg.qr(x.reshape(1, 3), "raw")[0]

def slope_of_middle(x):
    return np.array([0.0, 1.0, 0.0])

def quotient(x, *, by, how="fast"):
    return x / by if how == "fast" else None

def surplus(x):
    return x

surplus.example = {"z": 1.5}

def lists(x):
    return [][0] + x

@am.primitive
def cube(x):
    return x**3

am.rule(cube, x=lambda g, x: g * 2 * x**2)

def of_cube(x):
    return np.sum(np.sin(cube(x)))

net = am.nn.Sequential(am.nn.Linear(3, 2, rng=0), np.tanh)
threshold = 3.0
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model.py").write_text(SOURCE)
    (tmp_path / "helpers.py").write_text("def half(x):\n    return x / 2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("model", "helpers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["model.py:loss"],
        ["model.py:loss", "w=[1, 2]", "x=3.0"],
        ["model.py:loss", "w=normal(2, 3)", "x=ones(3)", "--argnums", "w, x", "--order", "1"],
        ["model.py:loss", "w=linspace(0, 1, 4)", "x=arange(1, 5)"],
        ["model.py:loss", "w=uniform()", "x=zeros(3)", "n=3"],
        ["model.py:loss", "--order", "1", "w=[1, 2]", "--seed", "3", "x=3.0"],
        ["--order", "1", "model.py:loss", "w=2.0", "x=3.0"],
        ["model.py:loss", "--gradient", "model.py:right"],
        ["model:by_example"],
        ["model.py:with_example"],
        ["model.py:with_example", "x=[1, 2]", "how='sum'"],
        ["model.py:Model.forward", 'p={"w": 2.0, "b": [1, 2]}'],
        ["model.py:by_defaults"],
        ["model.py:by_defaults", "y=(1.5, [[1], [2]])"],
        ["model.py:quotient", "x=[[1], [2]]", "by=2.5"],
        ["model.py:middle", "x=[1, 2, 4]", "--gradient", "model.py:slope_of_middle"],
        ["model.py:net", "x=normal(4, 3)"],
    ],
)
@pytest.mark.usefixtures("here")
def test_a_right_gradient(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *words]) == 0
    assert "right in" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["check", "model.py:loss", "--ordre", "1", "x=2.0"], ["train", "digits", "x=2"]])
def test_an_unknown_word_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert f"unrecognized arguments: {' '.join(words[2:])}" in capsys.readouterr().err


def test_an_array_from_a_file(here: Path) -> None:
    np.save(here / "w.npy", np.array([[1.0, 2.0]]))
    np.savez(here / "p.npz", w=np.ones(3), b=np.zeros(3))
    assert main(["check", "model.py:loss", "w=@w.npy", "x=1.5"]) == 0
    assert main(["check", "model.py:Model.forward", "p=@p.npz"]) == 0


@pytest.mark.usefixtures("here")
def test_what_a_value_is(capsys: pytest.CaptureFixture[str]) -> None:
    def entries(*words: str) -> list[dict[str, object]]:
        assert main(["check", "--json", "--order", "1", *words]) == 0
        return list(json.loads(capsys.readouterr().out)["entries"])

    for words in (["model.py:by_example", "x=normal(3)"], ["model.py:Model.forward", 'p={"w": 2.0, "b": [1, 2]}']):
        drawn = [entries(*words, "--seed", seed) for seed in "778"]
        assert drawn[0] == drawn[1] != drawn[2], "the point, or the cotangent of a result with several numbers"
    assert {entry["argument"] for entry in entries("model.py:loss", "w=1.5", "x=[2]", "n=2")} == {"w", "x"}
    assert {entry["argument"] for entry in entries("model.py:loss", "w=1.5", "x=[2]", "n=2.5")} == {"w", "x", "n"}
    assert {entry["argument"] for entry in entries("model.py:net", "x=ones(3)")} == {
        "parameters['0.weight']", "parameters['0.bias']", "x",
    }  # fmt: skip


@pytest.mark.usefixtures("here")
def test_how_many_elements_are_compared_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model.py:by_example", "x=ones(30)", "--elements", "20"]) == 0
    assert "checked: 2 of 30 elements of x, and 4 random directions of all" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_a_wrong_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model.py:loss", "--gradient", "model.py:wrong"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "gradient of loss: wrong in 3 of 6 numbers\n  pattern: x: it is 3/2 times what it should be\n"
    )
    assert main(["check", "model.py:loss", "--gradient", "model.py:wrong", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["patterns"][0]["argument"]) == ("wrong", "x")
    assert main(["check", "model.py:loss", "--gradient", "model.py:wrong", "--rtol", "0.6"]) == 0


@pytest.mark.usefixtures("here")
def test_a_wrong_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model.py:of_cube", "x=[1, 2]"]) == 1
    out = capsys.readouterr().out
    assert "blame: the rule of model.cube for x" in out
    line = SOURCE.splitlines().index("    return np.sum(np.sin(cube(x)))") + 1
    assert f"model.py, line {line})" in out


@pytest.mark.usefixtures("here")
def test_the_edge_of_the_domain_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    Path("edge.py").write_text("import numpy as np\n\ndef f(x):\n    return np.log(x)\n")
    assert main(["check", "edge.py:f", "x=-1.0"]) == 1
    assert capsys.readouterr().out.startswith("gradient of f: outside the domain\n")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["model.py"], "'model.py' names no function\n  instead: FILE.py:function, or package.module:function"),
        (["nothing.py:f"], "there is no file nothing.py"),
        (["nothing:f"], "there is no module nothing"),
        (["model.py:los"], "model.py has no function 'los'\n  instead: loss"),
        (["model.py:threshold"], "model.py:threshold is float, not a function"),
        (["model.py:loss", "ww=1"], "loss has no parameter 'ww'\n  instead: w=1"),
        (["model.py:loss", "w"], "'w' is no value\n  instead: w=w"),
        (["model.py:loss", "w=1.5+"], "'1.5+' can't be read as a value"),
        (["model.py:loss", "w=exit()"], "'exit()' can't be read as a value"),
        (
            ["model.py:loss", "w=1.5"],
            'loss needs a value for x\n  why: there is no default\n  instead: x="normal(3)"\n',
        ),
        (
            ["model.py:quotient"],
            "quotient needs a value for x, by\n  why: there is no default, no attribute `example`",
        ),
        (["model.py:loss", "x=normal(-1)"], "'normal(-1)' can't be read as a value"),
        (["model.py:loss", "x=@x.npy"], "@x.npy can't be read: No such file or directory"),
        (["model.py:loss", "x=@model.py"], "'@model.py' can't be read as a value"),
        (["model.py:surplus"], "surplus has no parameter 'z'\n  instead: one of x"),
        (["numpy:tanh", "x=0.5"], "the parameters of tanh can't be read\n  why: it isn't written in Python"),
        (["model.py:read_only", "x=[1.0, 2, 4]"], "np.linalg.qr with mode='raw' has no derivative rule"),
        (["model.py:counts", "n=2"], "the arguments n hold no floating numbers"),
        (["model.py:loss", "--argnums", "v"], "--argnums names 'v'\n  instead: one of w, x, n"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_cannot_be_done_is_said(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("autograd-mini check: ")
    assert text in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("model.py:lists", "IndexError: list index out of range"),
        ("done.py:f", "SystemExit: 0"),
        ("broken.py:f", "ZeroDivisionError: division by zero"),
        ("needy:f", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_what_the_code_raises_is_shown_from_there(
    target: str, text: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "broken.py").write_text("def f(x):\n    return x\n\n1 / 0\n")
    (here / "done.py").write_text("def f(x):\n    return x\n\nraise SystemExit(0)\n")
    (here / "needy.py").write_text("import nowhere\n\ndef f(x):\n    return x\n")
    assert main(["check", target, "x=1.5"]) == 2
    first, second, *_, error, last = capsys.readouterr().err.splitlines()
    assert first == "Traceback (most recent call last):"
    assert str(here) in second
    assert error == text
    assert last == f"autograd-mini check: {target} raised this, so there is nothing to check"


def test_a_file_with_the_name_of_a_library(here: Path) -> None:
    (here / "json.py").write_text("def f(x):\n    return x * x\n")
    assert main(["check", "json.py:f", "x=1.5"]) == 0
    assert sys.modules["json"] is json


def test_a_file_runs_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "loud.py").write_text("print('once')\n\ndef f(x):\n    return x * x\n\ndef g(x):\n    return 2 * x\n")
    assert main(["check", "loud.py:f", "x=1.5", "--gradient", "loud.py:g"]) == 0
    assert capsys.readouterr().out.count("once") == 1


@pytest.mark.usefixtures("here")
def test_progress_is_shown_to_a_person_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = []
    for patience in (0.0, 60.0):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(cli_check, "PATIENCE", patience)
        assert main(["check", "model.py:by_example"]) == 0
        shown.append("calls" in terminal.getvalue())
    assert shown == [True, False]


def test_from_the_command_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(am.__file__).parents[1]))
    words = [sys.executable, "-m", "autograd_mini", "check", "model.py:loss"]
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "checked: all 6 elements, one by one" in done.stdout
