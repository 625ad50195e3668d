"""Draw the pictures of README and docs/seeing.md: ``python tools/draw_docs.py``, with ``png`` after it as PNG too."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd_mini as am

IMAGES = Path(__file__).parents[1] / "docs" / "images"
RNG = np.random.default_rng(0)


def neuron(w: Any, x: Any, b: Any) -> Any:
    """A neuron with one input."""
    return np.tanh(w * x + b)


def perceptron(x: Any, w1: Any, b1: Any, w2: Any) -> Any:
    """The loss of a network that is in no good health: dead and saturated units, a logarithm of negative numbers."""
    h = np.maximum(x @ w1 + b1, 0)
    p = np.tanh(h @ w2 * 30)
    return np.mean(np.log(p * p - 0.001))


def recurrent(w: Any, u: Any, xs: Any) -> Any:
    """The loss of a recurrent network over 20 steps."""
    h = np.zeros((4, 3))
    for i in range(len(xs)):
        with am.scope("cell"):
            h = np.tanh(h @ w + xs[i] @ u)
    with am.scope("loss"):
        return np.mean(h**2)


def pictures() -> Iterator[tuple[str, Any]]:
    """Iterate over the names and the drawings."""
    yield "neuron", am.draw(neuron, 0.5, 2.0, -0.4, direction="LR")
    w = am.Value(0.5, name="w")
    loss = np.sin(np.exp(w) * w)
    with am.mistakes("no accumulation"):
        yield "no_accumulation", am.draw(loss, direction="LR")
    weights, inputs = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -1.0])
    yield "product", am.draw(lambda w, x: np.sum(w @ x), weights, inputs, scalars=True)
    x = RNG.normal(size=(8, 4))
    sick = RNG.normal(size=(4, 5)), np.array([0.0, 0, 0, -9, 0]), RNG.normal(size=(5, 3))
    with np.errstate(all="ignore"):
        yield "health", am.draw(perceptron, x, *sick, overlay="health")
    steps = RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3)), RNG.normal(size=(20, 4, 2))
    yield "recurrent", am.draw(recurrent, *steps, depth=0, direction="LR")
    before = np.tanh(w * 2.0) ** 2 + 0.1 * w
    v = am.Value(0.6, name="w")
    yield "difference", am.draw_diff(before, np.sin(v * 2.0) ** 2 + 0.1 * v, direction="LR")


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, drawing in pictures():
        for suffix in ["svg", *sys.argv[1:]]:
            print(drawing.save(IMAGES / f"{name}.{suffix}"))
