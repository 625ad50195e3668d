"""The commands `autograd-mini draw` and `autograd-mini step`."""

from __future__ import annotations

import pytest

from autograd_mini.cli import main

MODEL = """\
import numpy as np

def loss(x, *, w=2.0):
    h = np.tanh(x @ x)
    return h * w

def broken(x):
    raise ZeroDivisionError("the user's own")
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return str(path)


def test_an_expression_is_printed_as_a_tree(capsys):
    assert main(["draw", "tanh(w*x + b)", "w=0.5", "x=2", "b=-1"]) == 0
    assert capsys.readouterr().out == (
        "result = tanh  value 0  grad 1\n"
        "← + add        value 0  grad 1\n"
        "├─ × multiply  value 1  grad 1\n"
        "│  ├─ w        value 0.5  grad 2\n"
        "│  └─ x        value 2  grad 0.5\n"
        "└─ b           value -1  grad 1\n"
    )


def test_an_expression_may_start_with_a_minus_and_go_into_a_file(capsys, tmp_path):
    target = tmp_path / "graph.svg"
    assert main(["draw", "-x*x", "x=3", "-o", str(target), "--direction", "LR"]) == 0
    assert capsys.readouterr().out == f"graph in {target}\n"
    assert "<svg" in target.read_text(encoding="utf-8")


def test_a_function_in_a_file_with_its_variables(capsys, model):
    assert main(["draw", f"{model}:loss", "x=ones(3)"]) == 0
    text = capsys.readouterr().out
    for part in ("result = × multiply", "h = tanh", "x2: x (above)", "└─ w "):
        assert part in text
    assert main(["draw", f"{model}:loss", "x=ones(3)", "w=[1, 2, 3]", "--max-nodes", "10"]) == 0
    assert "[1, 2, 3]" in capsys.readouterr().out
    assert main(["draw", f"{model}:loss", "x=ones(3)", "--overlay", "flow", "--depth", "0"]) == 0
    assert "size 1.0e+00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["tanh("], "not an expression"),
        (["tanh(x)"], "'x' has no value"),
        (["x*x", "x=2", "-o", "graph.xyz"], "'.xyz' is not one of"),
        (["x*x", "x=2", "-o", "no/such/folder/graph.svg"], "doesn't exist"),
        (["x*x", "x=2", "--max-nodes", "3"], "max_nodes is 3"),
        (["MODEL:loss", "x=@none.npy"], "can't be read"),
        (["MODEL:nothing"], "nothing"),
        (["MODEL:broken", "x=1.0"], "raised this: there is nothing to show"),
    ],
)
def test_what_cannot_be_drawn_says_why_and_leaves_nothing(capsys, tmp_path, monkeypatch, model, words, text):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert main(["draw", *(word.replace("MODEL", model) for word in words)]) == 2
    assert text in capsys.readouterr().err
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "__pycache__"] == before


def test_a_page_of_steps(capsys, tmp_path, model, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["step", "-x*x + w", "x=3", "w=1"]) == 0
    assert capsys.readouterr().out == "9 steps in steps.html\n"
    text = (tmp_path / "steps.html").read_text(encoding="utf-8")
    assert "<title>-x*x + w, step by step</title>" in text
    assert '"source":"-x*x + w"' in text
    assert "expression.py" not in text
    assert main(["step", f"{model}:loss", "x=ones(3)", "-o", "page.html", "--depth", "0", "--max-nodes", "20"]) == 0
    assert "h = np.tanh(x @ x)" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert main(["step", "x*x", "x=3", "-o", "page.svg"]) == 2
    assert "a page can't be saved as 'page.svg'" in capsys.readouterr().err
