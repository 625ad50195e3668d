"""Overlays of a drawing: the size of gradients, what is unhealthy, what is kept."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.view import DrawingError
from autograd_mini.view.overlays import ALARM, DOUBT, OVERLAYS, SHADES

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def boxes(function, *args, overlay: str) -> dict[str, tuple[str, str]]:
    """Return the fill and the rows of each box by its heading."""
    drawing = am.draw(function, *args, overlay=overlay)
    return {
        f"{box.name} {box.operation}".strip(): (box.fill, " | ".join(" ".join(row).strip() for row in box.rows))
        for box in drawing._data.boxes
    }


def test_the_flow_of_gradients_on_a_logarithmic_scale():
    def f(x):
        for scale in (1e3, 1e2, 1e-1, 1e-4, 1e-4):
            x = x * scale
        return x

    found = [am.draw(lambda x, n=n: f(x) if n == 0 else f(x) * 1e20, 1.0, overlay="flow") for n in (0, 1)]
    fills = [[box.fill for box in drawing._data.boxes if box.kind == "operation"] for drawing in found]
    # the gradient by what each step gives, from the first: 1e-7 · ... · 1
    assert fills[0] == [SHADES[0], SHADES[0], SHADES[0] if 1e-8 < 1e-6 else "", SHADES[1], SHADES[2]]
    assert set(fills[1][:-1]) == {SHADES[4]}
    assert "exploding" in found[1].source
    assert "vanishing" in found[0].source
    for colour, meaning in OVERLAYS["flow"].legend:
        assert colour in found[0].source
        assert meaning in found[0].source


def test_where_values_and_gradients_stop_being_finite():
    found = boxes(lambda x: np.sum(np.log(x) * 2.0), np.array([1.0, -1.0]), overlay="health")
    assert found["log"][0] == found["× multiply"][0] == ALARM
    assert "not finite from here on" in found["log"][1]
    assert "not finite before" in found["× multiply"][1]
    found = boxes(lambda x: np.sum(np.sqrt(x) * 2.0), np.array([1.0, 0.0]), overlay="health")
    assert "the gradient isn't finite from here on" in found["sqrt"][1]
    assert found["× multiply"][0] != ALARM


def test_dead_relus_and_saturated_sigmoids():
    x = np.array([[1.0, -1.0, -2.0], [2.0, -3.0, 0.5], [1.0, -1.0, 4.0]])
    for relu in (lambda v: np.maximum(v, 0), lambda v: np.maximum(0.0, v), lambda v: v.relu()):
        fill, rows = next(
            mark for name, mark in boxes(lambda v, r=relu: np.sum(r(v)), x, overlay="health").items()
            if "relu" in name or "maximum" in name
        )  # fmt: skip
        assert fill == ALARM
        assert "dead 44% of the elements, 1 of 3 units" in rows
    found = boxes(lambda v: np.sum(np.maximum(v, -5.0)), x, overlay="health")
    assert "dead" not in found["maximum"][1]
    found = boxes(lambda v: np.sum(np.tanh(v * 10) + (v * 20).sigmoid()), x, overlay="health")
    assert "saturated 100% of the elements" in found["tanh"][1]
    assert "saturated 100% of the elements" in found["sigmoid"][1]
    assert "saturated" not in boxes(lambda v: np.sum(np.tanh(v)), x, overlay="health")["tanh"][1]


def test_broadcasts_and_changes_of_dtype():
    found = boxes(lambda x, y: np.sum(x * y), np.ones((4, 3)), np.ones(3, np.float32), overlay="health")
    fill, rows = found["× multiply"]
    assert fill == DOUBT
    assert "broadcast (3,) to (4, 3)" in rows
    assert "dtype float32 to float64" in rows
    assert boxes(lambda x: np.sum(x @ x), np.ones(3), overlay="health")["@ matmul"][0] not in (DOUBT, ALARM)


def test_what_is_kept_for_the_backward_pass():
    found = boxes(lambda x: np.sum(np.sin(x) * x[::2].sum()), np.ones(1000), overlay="memory")
    assert "keeps 7.8 KiB" in found["sin"][1]
    assert found["sin"][0] == SHADES[1]
    assert "keeps" not in found["sum"][1]


def test_an_overlay_of_a_value_and_one_that_does_not_exist():
    x = am.Value([1.0, 2.0])
    y = np.sum(np.exp(x))
    assert SHADES[2] in am.draw(y, overlay="flow").source
    with pytest.raises(DrawingError, match=r"overlay is 'typo'(.|\n)*'flow', 'health', 'memory'"):
        am.draw(y, overlay="typo")


def test_what_was_not_kept_is_not_taken_for_healthy():
    x = am.Value([1e200, 1.0])
    text = str(am.draw(np.sum(x * 1e200), overlay="health"))
    assert "not finite here, and maybe before (not kept)" in text
    assert "from here on" not in text


def test_gradients_that_backward_left_and_very_large_ones_have_a_size():
    x = am.Value([1.0, 2.0])
    y = x * 1e5
    y.backward(np.ones(2))
    assert "size 1.0e+05" in str(am.draw(y, overlay="flow"))
    assert "size 1.0e+200 exploding" in str(am.draw(x * 1.0 @ np.full(2, 1e200), overlay="flow"))
