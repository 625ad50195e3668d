"""The command `autograd-mini grad`."""

import re
from pathlib import Path

import pytest

from autograd_mini.cli import main


def run(*words: str) -> int:
    """Run the command line, as the console script does."""
    return main(["grad", *words])


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tanh(w*x + b)", "w=0.5", "x=2", "b=-1") == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[:3] == [
        "tanh(w*x + b) = 0  at w = 0.5, x = 2, b = -1",
        "",
        "     gradient  finite difference  relative error",
    ]
    rows = [line.split() for line in lines[3:]]
    assert [row[:2] for row in rows] == [["w", "2"], ["x", "0.5"], ["b", "1"]]
    for _, gradient, difference, relative in rows:
        assert float(difference) == pytest.approx(float(gradient), rel=1e-8)
        assert float(relative) < 1e-8


def test_second_derivatives(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("x**2 * y + relu(x)", "x=3", "y=5", "--order", "2") == 0
    out = capsys.readouterr().out
    assert "\nsecond derivatives\n      x  y\n  x  10  6\n  y   6  0\n" in out
    last = out.splitlines()[-1]
    assert last.startswith("largest relative error beside differences of the gradient: ")
    assert float(last.split()[-1]) < 1e-8


def test_an_expression_without_variables(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("2 * sqrt(4)") == 0
    assert capsys.readouterr().out == "2 * sqrt(4) = 4\n"


def test_an_infinite_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sqrt(x)", "x=0") == 1
    out = capsys.readouterr().out
    assert "  x       inf                nan             nan\n" in out
    assert "outside the domain" in out
    assert "the function isn't finite on the left" in out


def test_a_kink(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("relu(x)", "x=0") == 0
    out = capsys.readouterr().out
    assert "a kink here" in out
    assert "gradient of relu(x): right" in out


@pytest.mark.parametrize(("text", "slope"), [("-x", -1), ("-x**2", -6), ("-h*x", -2), ("-2*x", -2), ("-(x)", -1)])
def test_an_expression_may_start_with_a_minus(text: str, slope: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(text, "x=3", *(["h=2"] if "h" in text else [])) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{text} = ")
    assert re.search(rf"^  x +{slope} ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tanhh(x)", "x=1"), "unknown function 'tanhh'\n  tanhh(x)\n  ^^^^^\n  instead: tanh\n"),
        (("w*x", "w=1"), "'x' has no value\n  w*x\n    ^\n  instead: add x=...\n"),
        (("w*x", "w=1", "x=1", "w=2"), "w is given twice\n  instead: w=2 once\n"),
        (("x", "x=one"), "'one' isn't a number\n  x=one\n    ^^^\n"),
        (
            ("2x", "x=1"),
            "not an expression: invalid decimal literal\n  2x\n  ^\n  instead: numbers, the names given, +",
        ),
        (("x", "x=1", "y=2"), "'y' isn't in the expression\n  instead: its variables are: x\n"),
        (("log(x) + 1", "x=-1"), "this is nan at the values given\n  log(x) + 1\n  ^^^^^^\n"),
        (("9**9**9**9",), "this is inf at the values given\n  9**9**9**9\n     ^^^^^^^\n"),
        (("__import__('os')",), "unknown function '__import__'\n  __import__('os')\n  ^^^^^^^^^^\n"),
        (("().__class__",), "this isn't allowed\n  ().__class__\n  ^^^^^^^^^^^^\n"),
        (("f'{x}'", "x=1"), "this isn't allowed\n  f'{x}'\n  ^^^^^^\n"),
        (("(y := x)", "x=1"), "this isn't allowed\n  (y := x)\n   ^^^^^^\n"),
        (("[x for x in x]", "x=1"), "this isn't allowed\n  [x for x in x]\n  ^^^^^^^^^^^^^^\n"),
    ],
)
def test_input_that_cannot_be_used(words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"autograd-mini grad: {message}")


def test_nothing_is_run(tmp_path: Path) -> None:
    target = tmp_path / "written"
    assert run(f"open({str(target)!r}, 'w')") == 2
    assert run(f"__import__('pathlib').Path({str(target)!r}).touch()") == 2
    assert not target.exists()


@pytest.mark.parametrize("order", ["0", "3", "two"])
def test_other_orders(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("x", "x=1", "--order", order)
    assert caught.value.code == 2
    assert "--order" in capsys.readouterr().err


def test_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--help")
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert 'autograd-mini grad "tanh(w*x + b)" w=0.5 x=2 b=-1' in out
    assert "--draw FILE" in out


def test_a_drawing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "graph.dot"
    assert run("tanh(w*x + b)", "w=0.5", "x=2", "b=-1", "--draw", str(path)) == 0
    text = path.read_text(encoding="utf-8")
    assert "tanh" in text
    assert capsys.readouterr().out.endswith(f"\ngraph in {path}\n")


def test_a_drawing_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("x", "x=1", "--draw", str(tmp_path / "missing" / "graph.dot")) == 2
    assert capsys.readouterr().err.startswith("autograd-mini grad: ")
