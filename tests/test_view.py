"""Drawings: what they show, how large they get, what they leave behind, how they are saved."""

import gc
import os
import re
import subprocess
import sys
import time
import weakref
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.engine import join
from autograd_mini.view import DrawingError, draw, rendering

CHAIN = 1_000_000


def nodes_of(drawing):
    """Return the text of each DOT node's label by its key."""
    found = re.findall(r"^\t+(\w+) \[label=<(<TABLE .*</TABLE>)> ", drawing.source, re.M)
    return {key: " ".join(unescape(re.sub(r"<[^>]*>", " ", label)).split()) for key, label in found}


def edges_of(drawing):
    """Return the pairs of keys that arrows join, one for each arrow."""
    return re.findall(r"^\t(\w+) -> (\w+)", drawing.source, re.M)


def node_with(drawing, text):
    """Return the key of the one node whose text begins with `text`."""
    (key,) = [key for key, shown in nodes_of(drawing).items() if shown.startswith(text)]
    return key


def neuron(w, x, b):
    return np.tanh(w * x + b)


# ------------------------------------------------------------------------------------------------ What is shown


def test_a_scalar_graph_shows_names_values_and_gradients_left_by_backward():
    w, x = am.Value(0.5, name="w"), am.Value(2.0, name="x")
    y = np.tanh(w * x - 0.4)
    y.backward()
    slope = 1 - np.tanh(0.6) ** 2
    assert sorted(nodes_of(draw(y)).values()) == sorted(
        [
            f"w value 0.5 grad {2 * slope:.4g}",
            f"x value 2 grad {0.5 * slope:.4g}",
            "× multiply value 1",
            "0.4",
            "− subtract value 0.6",
            "tanh value 0.537 grad 1",
        ]
    )
    assert len(edges_of(draw(y))) == 5


def test_values_held_by_nobody_are_shown_too_since_scalars_keep_their_numbers():
    y = am.Value(3.0) * 2.0 + 1.0
    assert "not kept" not in draw(y).source
    assert "× multiply value 6" in nodes_of(draw(y)).values()


def test_a_function_is_drawn_with_gradients_and_touches_no_grad():
    w = am.Value(0.5, name="weight")
    w.grad = 7.0
    shown = nodes_of(draw(neuron, w, 2.0, -0.4)).values()
    assert {
        "weight value 0.5 grad 1.423",  # its own name first
        "x value 2 grad 0.3558",
        "× multiply value 1 grad 0.7116",
        "result : tanh value 0.537 grad 1",
    } < set(shown)
    assert w.grad == 7.0


def test_leaves_of_containers_are_named_by_their_path():
    def loss(parameters, scale):
        return np.sum(parameters["w"] * scale) + parameters["b"][0]

    text = draw(loss, {"w": np.ones(3), "b": [2.0]}, 3).source
    assert "parameters[&#x27;w&#x27;]" in text
    assert "parameters[&#x27;b&#x27;][0]" in text
    assert "<B>scale</B>" in text


def test_parameters_of_star_arguments_of_numpy_and_of_methods():
    class Line:
        def __init__(self, slope):
            self.slope = slope

        def at(self, x):
            return self.slope * x

    assert "<B>xs[1]</B>" in draw(lambda *xs: xs[0] * xs[1], 1.0, 2.0).source
    assert "<B>x1</B>" in draw(np.multiply, 1.0, 2.0).source
    assert "<B>x</B>" in draw(Line(2.0).at, 3.0).source


def test_a_function_may_close_over_values_and_run_under_no_grad():
    w = am.Value(3.0, name="w")
    assert {"w value 3 grad 2", "x value 2 grad 3"} < set(nodes_of(draw(lambda x: x * w, 2.0)).values())
    assert w.grad is None
    with am.no_grad():
        assert {"3", "x value 2 grad 3"} < set(nodes_of(draw(lambda x: x * w, 2.0)).values())


def test_integer_arrays_booleans_and_strings_are_passed_as_they_are():
    def pick(x, rows, double, label):
        assert rows.dtype.kind == "i"
        assert (double, label) == (True, "a")
        return np.sum(x[rows])

    assert repr(draw(pick, np.arange(4.0), np.array([0, 2]), True, "a")) == "<Drawing of 2 operations, 1 leaf>"


def test_arrays_are_summarised():
    x = np.linspace(-1.0, 3.0, 101)
    text = nodes_of(draw(lambda x: np.sum(x * np.array([np.nan] + [1.0] * 100)), x))
    assert any("(101,) float64 value -1 … 3, mean 1 grad" in shown for shown in text.values())
    assert any("all 1, 1 not finite" in shown for shown in text.values())
    small = nodes_of(draw(lambda x: x * np.float32(2), np.array([1, 2.5], np.float32))).values()
    assert any("(2,) float32 value [1, 2.5]" in shown for shown in small)


def test_complex_gradients_are_conjugated_as_grad_gives_them():
    z = 1.0 + 2.0j
    gradient = am.grad(lambda z: np.real(z * z))(z)
    assert f"z complex128 value 1+2j grad {gradient:.4g}" in nodes_of(draw(lambda z: np.real(z * z), z)).values()


def test_a_value_used_twice_has_two_arrows():
    x = am.Value(3.0, name="x")
    (first, second) = edges_of(draw(x * x))
    assert first == second


def test_edges_have_names_where_the_order_matters():
    assert draw(lambda a, b: a - b, 1.0, 2.0).source.count("label=<x") == 2
    assert "label=<x" not in draw(lambda a, b: a + b, 1.0, 2.0).source


def test_an_operation_with_several_results():
    drawing = draw(lambda a: np.linalg.eigh(a)[0], np.diag([1.0, 2.0]))
    shown = nodes_of(drawing)
    operation, one = node_with(drawing, "eigh"), node_with(drawing, "result : output [0]")
    assert "2 outputs" in shown[operation]
    assert "[1, 2]" in shown[one]
    assert (operation, one) in edges_of(drawing)


def test_several_results_of_a_function():
    source = draw(lambda x: {"sine": np.sin(x), "pair": (x * 2, x)}, 1.0).source
    assert source.count("peripheries=2") == 3
    assert "result[&#x27;sine&#x27;]" in source
    assert ">grad<" not in source


def test_the_leaf_of_an_inner_transform_is_linked():
    drawing = draw(lambda x: am.grad(lambda t: t**3)(x), 2.0)
    assert (node_with(drawing, "x value 2"), node_with(drawing, "start of an inner transform")) in edges_of(drawing)
    assert "x value 2 grad 12" in nodes_of(drawing).values()


def test_where_no_gradient_flows_the_arrow_is_dashed():
    source = draw(lambda x: np.floor(x) * x, 1.5).source
    assert "floor (slope 0)" in source
    assert re.search(r"-> \w+ \[label=<no gradient> style=dashed\]", source)


def test_settings_and_indices_are_part_of_an_operation():
    source = draw(lambda x: np.sum(x[0, ::2], axis=0), np.ones((2, 6))).source
    assert "getitem [0, ::2]" in source
    assert "sum(axis=0)" in source


def test_constants_come_from_the_full_record():
    source = draw(lambda x: np.where(np.arange(8) > 2, x, 5.0) + np.concatenate([x, np.ones(2)])[:8], np.ones(8)).source
    assert "5 of 8 true" in source
    assert re.search(r">5<.*shape=note", source)
    assert "[1, 1]" in source
    assert "not kept" not in source


def test_what_was_not_kept_is_marked_with_how_to_keep_it():
    def compute():
        return np.exp(am.Value(np.arange(9.0)) * 1.0 + 1.0 + np.ones(9))

    marked = draw(compute()).source
    assert "<I>not kept</I>" in marked
    assert "with am.full_record():" in marked
    with am.full_record():
        kept = compute()
    assert "not kept" not in draw(kept).source


def test_scopes_are_clusters():
    def f(x):
        with am.scope("outer"), am.scope("inner"):
            return np.sin(x)

    source = draw(f, 1.0).source
    assert source.index("<outer>") < source.index("<inner>") < source.index("sin")
    assert source.count("subgraph cluster_") == 2


def test_kinds_differ_in_shape_as_well_as_in_colour():
    styles = [
        tuple(sorted(re.findall(r"(?:shape|style|peripheries)=\S+", line)))
        for line in draw(lambda x: np.sin(x * 2.0), 1.0).source.splitlines()
        if "label=<<" in line
    ]
    assert len(styles) == len(set(styles)) == 4  # leaf, constant, operation, result


def test_the_tooltip_names_the_line_of_code_without_folders():
    line = sys._getframe().f_lineno + 1
    source = draw(np.sin(am.Value(1.0))).source
    assert f"numpy.sin · shape (), float64 · test_view.py, line {line}" in source
    assert os.path.dirname(__file__) not in source


def test_direction():
    assert "rankdir=LR" in draw(neuron, 1.0, 2.0, 3.0, direction="LR").source
    assert "rankdir=TB" in draw(neuron, 1.0, 2.0, 3.0).source


def test_a_value_inside_a_transform_can_be_drawn():
    seen = []

    def f(x):
        y = x * 2.0
        seen.append(draw(y))
        return y

    am.grad(f)(3.0)
    assert repr(seen[0]) == "<Drawing of 1 operation, 1 leaf>"


# ------------------------------------------------------------------------------------------- Any text in a label


@pytest.mark.parametrize(
    "name",
    [
        "<b>x</b>",
        '"]; evil [label="',
        "back\\slash\\",
        "\\N \\G",
        "&lt; & &#92;",
        "σ … 重み 🙂",
        "two\nlines\x00",
        "\ud800",
        ">",
    ],
)
def test_any_name_is_shown_as_it_is(name):
    y = np.sin(am.Value(1.0, name=name))
    with am.scope(name):
        y = y * 2.0
    drawing = draw(y)
    assert len(nodes_of(drawing)) == 4
    assert len(edges_of(drawing)) == 3
    svg = ElementTree.fromstring(drawing._repr_svg_())
    shown = "".join("".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text"))
    assert "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name) in shown


def test_no_name_becomes_markup():
    svg = draw(np.sin(am.Value(1.0, name="<script>alert(1)</script>")))._repr_svg_()
    assert "<script" not in svg


def test_long_names_are_cut():
    assert len(draw(np.sin(am.Value(1.0, name="n" * 10_000))).source) < 3_000


# ------------------------------------------------------------------------------------------------ Large graphs


def is_acyclic(edges):
    """Whether nodes can be taken away one by one, each when nothing points at it any more."""
    while edges:
        targets = {target for _, target in edges}
        rest = [(source, target) for source, target in edges if source in targets]
        if len(rest) == len(edges):
            return False
        edges = rest
    return True


def test_a_million_nodes_within_the_budget():
    w, total = am.Value(0.5, name="w"), am.Value(1.0)
    for _ in range(CHAIN // 2):
        total = total * w + 1.0
    start = time.perf_counter()
    drawing = draw(total)
    assert time.perf_counter() - start < 30
    assert 150 < len(nodes_of(drawing)) <= 200
    assert is_acyclic(edges_of(drawing))
    source = drawing.source
    assert "1,000,002 nodes (1,000,000 operations, 2 leaves)" in source
    hidden = int(re.search(r"… ([\d,]+) more operations", source)[1].replace(",", ""))
    visible = sum("multiply value" in text or "add value" in text for text in nodes_of(drawing).values())
    assert hidden + visible == CHAIN


@pytest.mark.parametrize("max_nodes", [10, 57, 200])
def test_max_nodes_bounds_wide_and_deep_graphs(max_nodes):
    ws = [am.Value(float(i), name=f"w{i}") for i in range(300)]
    stacked = np.stack([w * 2.0 for w in ws] + ws + [ws[0]] * 300)
    early = np.sin(ws[0])
    late = stacked
    for w in ws:
        late = late * w
    for drawing in (
        draw(np.sum(late), max_nodes=max_nodes),
        draw(stacked, max_nodes=max_nodes),
        draw(am.array([early, np.sum(late)]), max_nodes=max_nodes),
        draw(lambda x: [x * float(i) for i in range(400)], 2.0, max_nodes=max_nodes),
    ):
        assert 2 <= len(nodes_of(drawing)) <= max_nodes
        assert "more operations" in drawing.source
        assert "peripheries=2" in drawing.source


def test_named_leaves_stay_however_far_they_are():
    far = am.Value(2.0, name="far")
    total = far * 1.0
    for _ in range(500):
        total = total + 1.0
    drawing = draw(total)
    assert (node_with(drawing, "far"), "folded") in edges_of(drawing)


def test_a_leaf_with_many_uses_is_drawn_again_beside_them():
    w, total = am.Value(0.5, name="w"), am.Value(1.0)
    for _ in range(20):
        total = total * w
    assert list(nodes_of(draw(total)).values()).count("w") == 20
    assert draw(w * w * w).source.count("<B>w</B>") == 1


def test_a_graph_with_long_arrows_is_laid_out_within_seconds():
    h = total = np.sin(am.Value(0.5))
    for _ in range(180):
        total = total * h
    start = time.perf_counter()
    assert draw(total)._repr_svg_()
    assert time.perf_counter() - start < 30


# -------------------------------------------------------------------------------------------- Nothing left behind


def test_a_drawing_keeps_nothing_of_the_graph():
    gc.collect()
    gc.disable()
    try:
        x = am.Value(np.ones(9), name="x")
        y = np.sum(np.tanh(x) * 2.0 + np.linalg.eigh(np.diag(np.ones(2)))[0][0])
        watched = [weakref.ref(y.node), weakref.ref(y.node.inputs[0]), weakref.ref(x.node)]
        first = draw(y)
        made = []

        def f(w):
            z = np.sin(w) * am.grad(np.cos)(w)
            made.extend([weakref.ref(z.node), weakref.ref(w.node)])
            return z

        second = draw(f, x.data[0])
        del x, y
        assert [node() for node in watched + made] == [None] * 5
        assert first.source != second.source
    finally:
        gc.enable()


def test_a_failing_function_leaves_nothing_behind():
    made = []

    def f(x):
        made.append(weakref.ref(x.node))
        raise ZeroDivisionError

    gc.disable()
    try:
        with pytest.raises(ZeroDivisionError):
            draw(f, 1.0)
        assert made[0]() is None
    finally:
        gc.enable()


def test_graphviz_is_imported_only_when_something_is_drawn():
    code = (
        "import sys, autograd_mini as am, autograd_mini.view as view;"
        "assert 'graphviz' not in sys.modules;"
        "view.draw(am.Value(1.0) * 2.0); assert 'graphviz' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --------------------------------------------------------------------------------------------- Saving and showing


@pytest.fixture
def drawing():
    return draw(neuron, 0.5, 2.0, -0.4)


@pytest.mark.parametrize(
    ("suffix", "start"),
    [(".dot", b"digraph"), (".gv", b"digraph"), (".svg", b"<?xml"), (".png", b"\x89PNG\r\n\x1a\n"), (".PDF", b"%PDF-")],
)
def test_saved_by_suffix(drawing, tmp_path, suffix, start):
    target = tmp_path / f"graph{suffix}"
    target.write_bytes(b"old")
    assert drawing.save(target) == target
    assert target.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [target.name]


def test_the_pdf_made_of_a_picture_tells_where_its_objects_are(drawing, monkeypatch):
    monkeypatch.setattr(rendering.shutil, "which", only("graphviz-pure"))
    pdf = rendering.render(drawing.source, ".pdf")
    table = int(re.search(rb"startxref\n(\d+)", pdf)[1])
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n", pdf[table:])]
    assert [pdf[at : at + 7] for at in offsets] == [b"%d 0 obj" % i for i in range(1, 6)]
    length = int(re.search(rb"DCTDecode/Length (\d+)", pdf)[1])
    picture = pdf[pdf.index(b"stream\n") + 7 :][:length]
    assert picture.startswith(b"\xff\xd8")
    assert picture.endswith(b"\xff\xd9")


def only(name):
    """Return a `shutil.which` that finds one program alone."""
    found = rendering.shutil.which(name) or rendering.shutil.which(name, path=rendering.sysconfig.get_path("scripts"))
    return lambda program, path=None: found if program == name else None


def test_the_suffix_is_checked_before_any_work(drawing, tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "render", None)
    with pytest.raises(DrawingError, match=r"'.jpg' is not one of .dot, .gv, .svg, .png, .pdf"):
        drawing.save(tmp_path / "graph.jpg")
    with pytest.raises(DrawingError, match="no suffix"):
        drawing.save(tmp_path / "graph")
    with pytest.raises(DrawingError, match=r"folder of .* doesn't exist"):
        drawing.save(tmp_path / "missing" / "graph.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(DrawingError, match="is a folder"):
        drawing.save(tmp_path / "folder.svg")


def test_a_write_that_fails_leaves_the_old_file(drawing, tmp_path, monkeypatch):
    target = tmp_path / "graph.dot"
    target.write_text("old")

    def full(self, content):
        with open(self, "wb") as file:
            file.write(content[:5])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="disk full"):
        drawing.save(target)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["graph.dot"]


def test_without_a_renderer_the_error_names_both_ways_and_the_text_still_works(drawing, tmp_path, monkeypatch):
    monkeypatch.setattr(rendering.shutil, "which", lambda program, path=None: None)
    with pytest.raises(DrawingError) as caught:
        drawing.save(tmp_path / "graph.svg")
    for way in ('pip install "autograd_mini[draw]"', "apt install graphviz", "brew install", ".source"):
        assert way in str(caught.value)
    assert os.listdir(tmp_path) == []
    assert drawing._repr_svg_() is None
    assert drawing._repr_mimebundle_() == {"text/plain": drawing.source}
    assert drawing.save(tmp_path / "graph.dot").read_text(encoding="utf-8") == drawing.source


def test_dot_comes_before_graphviz_pure(monkeypatch):
    monkeypatch.setattr(rendering.shutil, "which", lambda program, path=None: f"/bin/{program}")
    assert rendering.find_renderer() == "/bin/dot"


def test_a_renderer_that_fails_is_reported():
    with pytest.raises(DrawingError, match=r"could not make SVG: .*syntax error"):
        rendering.render("digraph {", ".svg")


def test_a_notebook_gets_svg(drawing):
    bundle = drawing._repr_mimebundle_()
    ElementTree.fromstring(bundle["image/svg+xml"])
    assert bundle["text/plain"] == "<Drawing of 3 operations, 3 leaves>"


def test_the_graph_is_one_of_the_graphviz_package(drawing):
    drawing.graph.node("mine")
    assert "mine" in drawing.source


# ------------------------------------------------------------------------------------------------------- Errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw(join(np.float64(1.0), None)), r"has no graph\n.*\n.*am.Value"),
        (lambda: draw(3.0), r"got float, which has no graph\n.*\n.*am.draw\(f, \*args\)"),
        (lambda: draw(neuron), r"neuron\) has no number or array.*\n.*runs on its arguments\n.*neuron, 2.0\)"),
        (lambda: draw(neuron, "a"), r"no argument can be differentiated"),
        (lambda: draw(am.Value(1.0), 2.0), r"a Value and 1 more\n.*\n.*am.draw\(value\)"),
        (lambda: draw(lambda x: 3.0, 1.0), r"doesn't depend on its arguments"),
        (lambda: draw(am.Value(1.0), direction="up"), r'direction is \'up\'\n.*\n.*"TB" or "LR"'),
        (lambda: draw(am.Value(1.0), max_nodes=3), r"max_nodes is 3\n.*\n.*at least 10"),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(DrawingError, match=message):
        call()
