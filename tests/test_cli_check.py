"""The command `autograd-mini check`."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.cli import main

SOURCE = '''
import numpy as np
from helpers import half

def loss(w, x, n=2):
    """Half a sum of powers.

    >>> a = np.ones(3)
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
        ["model.py:loss", "w=normal(2, 3)", "x=ones(3)", "--argnums", "w", "--order", "1"],
        ["model.py:loss", "w=uniform()", "x=zeros(3)", "n=3"],
        ["model.py:loss", "--gradient", "model.py:right"],
        ["model:by_example"],
        ["model.py:with_example"],
        ["model.py:with_example", "x=[1, 2]", "how='sum'"],
        ["model.py:Model.forward", 'p={"w": 2.0, "b": [1, 2]}'],
    ],
)
@pytest.mark.usefixtures("here")
def test_a_right_gradient(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *words]) == 0
    assert "right in" in capsys.readouterr().out


def test_an_array_from_a_file(here: Path) -> None:
    np.save(here / "w.npy", np.array([[1.0, 2.0]]))
    assert main(["check", "model.py:loss", "w=@w.npy", "x=1.5"]) == 0


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
        (["model.py:loss", "w=1.5"], "loss needs a value for x\n  why: there is no default"),
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


def test_from_the_command_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(am.__file__).parents[1]))
    words = [sys.executable, "-m", "autograd_mini", "check", "model.py:loss"]
    done = subprocess.run(words, cwd=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "checked: all 6 elements, one by one" in done.stdout
