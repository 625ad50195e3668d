"""Drawings of large graphs: how large they get, and what they leave behind."""

import gc
import re
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest
from drawn import edges_of, node_with, nodes_of

import autograd_mini as am
from autograd_mini.view import draw

CHAIN = 1_000_000


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


def test_a_leaf_that_only_hidden_operations_use_still_shows_its_value():
    x, w = am.Value(0.5, name="x"), am.Value(0.9, name="w")
    with am.full_record():
        y = x
        for _ in range(300):
            y = np.sin(y * w) + y
    drawing = am.draw(y, max_nodes=40)
    assert "not kept" not in drawing.source
    assert "full_record" not in drawing.source
    assert any(text.startswith("x value 0.5 ") for text in nodes_of(drawing).values())
