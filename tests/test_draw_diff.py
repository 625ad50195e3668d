"""`draw_diff`: what is different between two graphs."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.view import DrawingError
from autograd_mini.view.comparing import ADDED, CHANGED, REMOVED


def boxes(drawing) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the fill and the rows of each box by its operation or name."""
    return {box.name or box.operation or box.rows[0][1]: (box.fill, dict(box.rows)) for box in drawing._data.boxes}


def model(w, x, f=np.tanh):
    return np.sum(f(w @ x) ** 2)


def test_what_was_added_removed_and_changed():
    x, w = np.array([1.0, -2.0]), am.Value([[1.0, 2.0], [3.0, 4.0]], name="w")
    drawing = am.draw_diff(model(w, x), model(w, x, np.sin) + np.sum(w) * 0.0)
    found = boxes(drawing)
    assert found["sin"][0] == ADDED
    assert found["tanh"][0] == REMOVED
    assert found["w"][0] == CHANGED  # by its gradient
    assert found["w"][1]["grad"].count("→") == 1
    assert "value" in found["w"][1]
    assert "→" not in found["w"][1]["value"]
    assert repr(drawing).startswith("<Drawing of ")
    assert "added" in str(drawing)
    assert "removed" in str(drawing)
    for fill in (ADDED, REMOVED, CHANGED):
        assert fill in drawing.source


def test_equal_graphs_have_no_difference_and_every_digit_counts():
    x, w = np.array([1.0, -2.0]), am.Value([[1.0, 2.0], [3.0, 4.0]], name="w")
    same = am.draw_diff(model(w, x), model(w, x))
    assert repr(same) == "<Drawing of 0 added, 0 removed, 0 changed, 7 the same>"
    v = am.Value([[1.0, 2.0], [3.0, 4.0 + 1e-15]], name="w")
    with am.full_record():
        drawing = am.draw_diff(model(w, x), model(v, x))
    assert "[[1, 2], [3, 4]], changed in later digits" in str(drawing)


def test_another_shape_and_a_step_of_descent():
    w = am.Value(np.zeros((3, 2)), name="w")
    before = np.sum(np.exp(w))
    assert "(3, 2) float64 → (4, 2) float64" in str(
        am.draw_diff(before, np.sum(np.exp(am.Value(np.zeros((4, 2)), name="w"))))
    )
    before.backward()
    w.data = w.data - 0.1 * w.grad
    found = boxes(am.draw_diff(before, np.sum(np.exp(w))))
    assert found["exp"][1]["value"].startswith("[[1, 1], [1, 1], [1, 1]] → [[0.9048, 0.9048]")


def test_what_is_removed_keeps_its_place():
    x = am.Value(2.0, name="x")
    drawing = am.draw_diff(np.sin(np.exp(x) * 3.0), np.sin(x))
    removed = {box.key for box in drawing._data.boxes if box.fill == REMOVED}
    assert len(removed) == 3
    around = [arrow for arrow in drawing._data.arrows if {arrow.source, arrow.target} & removed]
    assert len(around) == 4
    assert all(arrow.dashed for arrow in around)
    known = {box.key for box in drawing._data.boxes}
    assert all({arrow.source, arrow.target} <= known for arrow in drawing._data.arrows)


def test_large_graphs_are_compared_near_their_results(tmp_path):
    def chain(n):
        x = am.Value(1.0, name="x")
        for _ in range(n):
            x = np.sin(x)
        return x

    drawing = am.draw_diff(chain(2_000), chain(2_001), max_nodes=30)
    assert len(drawing._data.boxes) <= 60
    drawing.save(tmp_path / "diff.dot")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: am.draw_diff(x * 2.0, 3.0), "got b = float"),
        (lambda x: am.draw_diff(np.ones(2), x * 2.0), "got a = ndarray"),
        (lambda x: am.draw_diff(x * 2.0, x.detach()), "has no graph"),
        (lambda x: am.draw_diff(x * 2.0, x * 3.0, direction="up"), "direction is 'up'"),
    ],
)
def test_what_cannot_be_compared(call, text):
    with pytest.raises(DrawingError, match=text):
        call(am.Value(1.0))
