"""Drawings: how they are saved and shown, and what is refused."""

import os
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from drawn import neuron

import autograd_mini as am
from autograd_mini.engine import join
from autograd_mini.view import DrawingError, draw, rendering

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
    with pytest.raises(DrawingError, match=r"'.jpg' is not one of .svg, .png, .pdf, .dot, .gv"):
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

    def full(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
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
    assert drawing._repr_mimebundle_() == {"text/plain": str(drawing)}
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
