"""Draw the picture at the top of the README: ``python tools/draw_readme.py``."""

from pathlib import Path

import numpy as np

from autograd_mini.view import draw

IMAGES = Path(__file__).parents[1] / "docs" / "images"


def neuron(w: float, x: float, b: float) -> float:
    """A neuron with one input."""
    return np.tanh(w * x + b)


IMAGES.mkdir(parents=True, exist_ok=True)
drawing = draw(neuron, 0.5, 2.0, -0.4, direction="LR")
for suffix in ("svg", "png"):
    print(drawing.save(IMAGES / f"neuron.{suffix}"))
