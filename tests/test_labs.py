"""The labs: what each claims, as numbers; the command that runs them; and their notebooks."""

from __future__ import annotations

import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from autograd_mini import cli_lab, labs
from autograd_mini.check import Verdict
from autograd_mini.cli import main
from autograd_mini.errors import InvalidInput
from autograd_mini.labs import find_labs

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LABS = find_labs()
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


# The claims of each lab


def test_closed_form_descent_finds_the_line_of_the_formula(ran):
    lab = ran("closed-form").values
    assert lab.difference < 1e-6
    np.testing.assert_allclose(lab.formula, np.polyfit(lab.x, lab.y, 1), rtol=1e-10)
    np.testing.assert_allclose(lab.formula, [1.5, -0.5], atol=0.15)  # what the data were made of, but for their noise
    assert np.max(np.abs(lab.gradient_there)) < 1e-12


def test_closed_form_the_hessian_predicts_how_fast(ran):
    lab = ran("closed-form").values
    np.testing.assert_allclose(lab.hessian, lab.hessian_by_formula, rtol=1e-12)
    np.testing.assert_allclose(lab.measured, lab.predicted, rtol=1e-6)
    assert lab.predicted[0] > 0.9 > 0.5 > lab.predicted[1]  # a slow direction and a fast one
    for weights, condition, foreseen, steps, off in lab.rates:
        assert weights > 1
        assert condition > 5
        assert abs(foreseen - steps) <= 1
        assert off < 1e-5


def test_closed_form_the_networks_equations_are_its_gradient_and_its_hessian_changes(ran):
    lab = ran("closed-form").values
    assert lab.equations_off < 1e-13
    assert all(spectrum[0] < 0 < spectrum[-1] for spectrum in lab.spectra)
    assert np.max(np.abs(lab.spectra[0] - lab.spectra[1])) > 0.1
    assert lab.eigenvalues[0] > 0


def test_closed_form_descent_ends_in_two_minima_and_a_saddle_all_better_than_the_line(ran):
    lab = ran("closed-form").values
    kinds = [kind for kind, *_ in lab.kinds]
    assert kinds.count("minimum") >= 2
    assert kinds.count("saddle") >= 1
    losses = sorted(value for kind, value, *_ in lab.kinds if kind == "minimum")
    assert losses[1] - losses[0] > 0.005
    assert lab.linear_loss > max(value for _, value, *_ in lab.kinds)
    assert np.max(lab.reached) < 1e-2
    assert all(min(lab.reached[members]) < 1e-3 for members in lab.found.values())
    saddle = next(value for kind, value, *_ in lab.kinds if kind == "saddle")
    np.testing.assert_array_equal(lab.w[lab.found[saddle][0], 0:6:2], lab.w[lab.found[saddle][0], 1:6:2])


def test_closed_form_each_solution_has_eight_copies_and_none_midway(ran):
    lab = ran("closed-form").values
    assert len({tuple(copy) for copy in lab.copies}) == 8
    assert np.ptp(lab.copy_losses) < 1e-15
    assert np.max(lab.copy_gradients) < 1e-3
    answers = [lab.network(copy, lab.t) for copy in lab.copies]
    np.testing.assert_allclose(answers, [answers[0]] * 8, rtol=0, atol=1e-14)
    assert lab.midway > 0.1


def test_threshold_nothing_is_learned_through_thresholds(ran):
    lab = ran("threshold").values
    assert "numpy.heaviside, whose derivative is zero wherever it exists" in lab.warning
    assert lab.largest_gradient == lab.largest_difference == lab.moved_by == 0
    assert len(lab.differences) == sum(array.size for pair in lab.layers for array in pair)
    assert len(set(lab.flat)) == 1
    assert lab.flat[0] > 0.2


def test_threshold_a_linear_output_learns_and_nothing_before_it(ran):
    first, second, last = ran("threshold").values.half_sizes
    assert first == second == 0
    assert last > 0.1


def test_threshold_a_sigmoid_learns_between_too_flat_and_too_steep(ran):
    lab = ran("threshold").values
    flat, good, steep = lab.results
    (_, flat_1, _, flat_3, flat_share, flat_right, _, _) = flat
    (_, good_1, _, good_3, good_share, good_right, good_went, _) = good
    (_, steep_1, _, steep_3, steep_share, steep_right, steep_went, _) = steep
    assert good_right > 0.95 > 0.7 > max(flat_right, steep_right)
    assert flat_1 < flat_3 / 50  # the first layer's gradient vanishes first
    assert good_1 > 1000 * flat_1
    assert steep_1 < 1e-12 > steep_3
    assert good_3 > 0.01
    assert flat_share == 0 < good_share < 0.2 < 0.99 < steep_share
    assert steep_went == 0 < good_went


def test_threshold_saturation_grows_with_the_steepness(ran):
    shares = ran("threshold").values.curves[:, 3]
    assert np.all(np.diff(shares) >= 0)
    assert shares[0] == 0
    assert shares[-1] > 0.99


def test_backprop_by_hand_and_by_the_engine_are_the_same_numbers(ran):
    lab = ran("backprop").values
    assert [node for node, *_ in lab.nodes] == ["o", "W2", "b2", "h", "z", "W1", "b1", "x"]
    for (_, _, by_hand, value), off in zip(lab.nodes, lab.one_sample, strict=True):
        assert by_hand.shape == value.shape
        assert off <= 2 * np.spacing(np.max(np.abs(by_hand)))  # 0 here; another BLAS may round another way
    assert max(lab.ulps) <= 8
    assert lab.hand_error < 1e-14


def test_backprop_the_error_of_differences_is_a_v(ran):
    lab = ran("backprop").values
    for both, order, best in ((False, 1, 1 / 2), (True, 2, 1 / 3)):
        steps, errors = lab.STEPS, lab.curves[both]
        long = (steps < 0.05) & (steps > 10 * np.finfo(float).eps ** best)
        short = steps < 1e-10
        assert np.polyfit(np.log(steps[long]), np.log(errors[long]), 1)[0] == pytest.approx(order, abs=0.2)
        assert np.polyfit(np.log(steps[short]), np.log(errors[short]), 1)[0] == pytest.approx(-1, abs=0.3)
        assert 0.03 < lab.best_steps[both] / np.finfo(float).eps ** best < 30
    assert min(lab.curves[True]) < 1e-8 < 1e-5 > min(lab.curves[False]) > 1e-9


def test_backprop_saves_a_pass_for_each_weight(ran):
    costs = ran("backprop").values.costs
    assert all(passes == weights + 1 for weights, passes, *_ in costs)
    _, _, one_pass, both_passes, differences = costs[-1]
    assert differences > 20 * both_passes > 20 * one_pass


def test_expressions_the_paths_add_up_to_the_gradient(ran):
    lab = ran("expressions").values
    x, y = lab.at
    known = [np.cos(x) * np.cos(y) + x / 5, -np.sin(x) * np.sin(y) + y / 5]
    np.testing.assert_allclose(lab.gradient, known, rtol=1e-14)
    assert lab.sum_of_paths == pytest.approx(known[0], rel=1e-14)
    assert len(lab.explanation.terms) == 2


def test_expressions_a_right_gradient_passes_and_the_planted_one_is_blamed(ran):
    lab = ran("expressions").values
    assert lab.report.verdict is Verdict.RIGHT
    assert np.all(np.abs(lab.gradient - lab.slope) <= 10 * lab.bar)
    assert lab.wrong.verdict is Verdict.WRONG
    assert "my_sin for x" in str(lab.wrong)
    assert "its sign is wrong" in str(lab.wrong)
    assert "expressions.py, line" in str(lab.wrong)


def test_expressions_the_hessian_is_symmetric_and_right(ran):
    lab = ran("expressions").values
    x, y = lab.at
    known = [
        [0.2 - np.sin(x) * np.cos(y), -np.cos(x) * np.sin(y)],
        [-np.cos(x) * np.sin(y), 0.2 - np.sin(x) * np.cos(y)],
    ]
    np.testing.assert_allclose(lab.hessian, known, rtol=1e-13)
    assert lab.asymmetry < 1e-15
    np.testing.assert_allclose(lab.hessian, lab.curvature, atol=1e-8)


def test_expressions_newton_ends_in_points_of_every_kind_and_descent_in_minima(ran):
    lab = ran("expressions").values
    assert {lab.kind(jump[-1]) for jump in lab.jumps} == {"minimum", "saddle", "summit"}
    assert {lab.kind(walk[-1]) for walk in lab.walks} == {"minimum"}
    assert all(lab.size(jump[-1]) < 1e-14 for jump in lab.jumps)
    assert all(lab.size(walk[-1]) < 1e-5 for walk in lab.walks)


def test_expressions_newton_doubles_the_digits_and_descent_adds_to_them(ran):
    lab = ran("expressions").values
    for jump in lab.jumps:
        digits = [-np.log10(lab.size(p)) for p in jump]
        near = [(now, then) for now, then in pairwise(digits) if now > 1.5 and then < 15]
        assert near
        assert all(then > 1.7 * now for now, then in near)
    digits = [-np.log10(lab.size(p)) for p in lab.walks[0][30:60]]
    np.testing.assert_allclose(np.diff(digits), np.mean(np.diff(digits)), rtol=0.05)


# The command


@each_lab
def test_the_command_prints_tables_and_leaves_pictures(lab, ran):
    done = ran(lab.name)
    lines = done.printed.splitlines()
    assert lines[0] == f"{lab.number}. {lab.title}"
    assert re.fullmatch(rf"\d+\.\d s; the pictures are in {re.escape(str(done.folder))}, .*", lines[-1])
    source = lab.script.read_text(encoding="utf-8")
    printed = re.findall(r"^\[(.+)\]$", done.printed, re.MULTILINE)
    assert len(printed) == source.count("\nshow(") > 0
    assert len(done.titles) == source.count("\ntable(") > 0
    titles = [title for title in done.titles if title]
    assert [line for line in lines if line in titles] == titles
    starts = {".png": b"\x89PNG", ".svg": b"<?xml", ".html": b"<!doctype html>", ".gif": b"GIF89a"}
    for path in map(Path, printed):
        assert path.parent == done.folder
        assert path.read_bytes().lower().startswith(starts[path.suffix].lower())
        assert path.suffix in (".html", ".gif") or path.with_suffix(".svg").exists()
    assert (done.folder / lab.script.name).read_text(encoding="utf-8") == source


def test_without_a_name_the_labs_are_listed(capsys):
    assert main(["lab"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[: len(LABS)]] == [[str(lab.number), lab.name] for lab in LABS]
    assert all(line.endswith(lab.title) for line, lab in zip(lines, LABS, strict=False))
    assert lines[-1] == "run one with: autograd-mini lab NAME"


def test_an_unknown_lab_is_answered_with_those_there_are(capsys):
    assert main(["lab", "closed-from"]) == 2
    err = capsys.readouterr().err
    assert "autograd-mini lab: there is no lab 'closed-from'\n  instead: one of closed-form, threshold, " in err


def test_a_folder_that_is_there_is_refused_before_the_experiments(capsys, tmp_path):
    assert main(["lab", "expressions", "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{str(tmp_path)!r} is there already" in err


def test_without_matplotlib_it_says_what_to_install(capsys, without_matplotlib, tmp_path):
    assert main(["lab", "expressions", "--out", str(tmp_path / "new")]) == 2
    err = capsys.readouterr().err
    assert 'a figure needs the package matplotlib\n  why: it draws the axes\n  instead: pip install "autogr' in err
    assert not (tmp_path / "new").exists()


def test_ctrl_c_before_the_first_picture_leaves_nothing(capsys, monkeypatch, tmp_path):
    def interrupted(path, run_name):
        assert Path(path).exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_lab.runpy, "run_path", interrupted)
    assert main(["lab", "expressions", "--out", str(tmp_path / "new")]) == 130
    assert "stopped" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_size_comes_from_the_option_and_the_environment(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(cli_lab.runpy, "run_path", lambda *_, **__: seen.append(labs.full()) or {})
    for name, options in (("a", []), ("b", ["--small"]), ("c", [])):
        assert main(["lab", "expressions", *options, "--out", str(tmp_path / name)]) == 0
    monkeypatch.setenv(labs.SIZE, "small")
    assert main(["lab", "expressions", "--out", str(tmp_path / "d")]) == 0
    assert seen == [True, False, True, False]


# What scripts call


def test_an_unknown_size_is_refused(monkeypatch):
    monkeypatch.setenv(labs.SIZE, "tiny")
    with pytest.raises(InvalidInput, match="AUTOGRAD_MINI_LAB='tiny' in the environment") as refused:
        labs.full()
    assert refused.value.instead == "AUTOGRAD_MINI_LAB=small or full"


def test_a_row_that_fits_no_column_is_refused():
    with pytest.raises(InvalidInput, match="a row of 3 cells for 2 columns"):
        labs.table([(1, 2), (1, 2, 3)], ["a", "b"])


def test_in_a_notebook_tables_are_html_and_figures_pictures(monkeypatch, tmp_path, capsys):
    import autograd_mini as am

    shown, module = [], ModuleType("IPython.display")
    module.display, module.HTML, module.Image = shown.append, str, lambda content, alt: (content[:4], alt)
    monkeypatch.setitem(
        sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=None), version_info=(9, 0))
    )
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    labs.table([("<w>", 0.5)], ["", "gradient"], "At the start")
    picture, _ = labs.figure(1, 1, 1, 1)
    drawing = am.draw(am.Value(2.0) * 3.0)
    with labs.saved_in(tmp_path):
        labs.show(picture, "line")
        labs.show(drawing, "graph")
        labs.show(b"GIF89a", "film")
    assert shown[0] == (
        '<table><caption style="text-align:left"><b>At the start</b></caption><thead><tr><th style="text-align:left">'
        '</th><th style="text-align:right">gradient</th></tr></thead><tbody><tr><td style="text-align:left">&lt;w&gt;'
        '</td><td style="text-align:right">0.5</td></tr></tbody></table>'
    )
    assert shown[1:] == [(b"\x89PNG", "line"), drawing, '<img alt="film" src="data:image/gif;base64,R0lGODlh">']
    assert capsys.readouterr().out == ""
    assert not any(tmp_path.iterdir())


def test_without_a_renderer_a_drawing_is_saved_as_text(monkeypatch, tmp_path, capsys):
    import autograd_mini as am

    monkeypatch.setattr(labs, "find_renderer", lambda: None)
    with labs.saved_in(tmp_path):
        labs.show(am.draw(am.Value(2.0) * 3.0), "graph")
    assert (tmp_path / "graph.dot").read_text().startswith("digraph")
    assert capsys.readouterr().out == f"[{tmp_path / 'graph.dot'}]\n\n"


# The notebooks


def cells_of(script):
    """Return the cells of a script in the percent format: their type and text."""
    parts = re.split(r"^# %%( \[markdown\])?\n", script, flags=re.MULTILINE)
    assert parts[0] == ""
    for markdown, body in zip(parts[1::2], parts[2::2], strict=True):
        text = re.sub(r"^# ?", "", body.strip("\n"), flags=re.MULTILINE) if markdown else body.strip("\n")
        yield "markdown" if markdown else "code", text


def test_each_lab_has_its_notebook_and_no_other_is_there():
    names = {f"{lab.number:02d}-{lab.name}.ipynb" for lab in LABS}
    assert {path.name for path in NOTEBOOKS.glob("*.ipynb")} == names


@each_lab
def test_a_notebook_has_the_cells_of_its_script(lab):
    notebook = json.loads((NOTEBOOKS / f"{lab.number:02d}-{lab.name}.ipynb").read_text(encoding="utf-8"))
    found = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    assert found == list(cells_of(lab.script.read_text(encoding="utf-8"))), "python tools/notebooks.py makes it anew"


@each_lab
def test_a_notebook_holds_the_outputs_of_one_run_and_nothing_of_the_machine(lab):
    path = NOTEBOOKS / f"{lab.number:02d}-{lab.name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"display_data", "stream"}
    assert all(output.get("name", "stdout") == "stdout" for output in outputs)  # no warnings
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    source = lab.script.read_text(encoding="utf-8")
    assert kinds.count("image/png") + kinds.count("image/svg+xml") >= 2
    assert kinds.count("text/html") >= source.count("\ntable(")
    assert path.stat().st_size < 600_000
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{i}" for i in range(len(notebook["cells"]))]
    assert all(cell["metadata"] == {} for cell in notebook["cells"])
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert "ipykernel_" not in path.read_text(encoding="utf-8")
