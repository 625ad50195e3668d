"""A network of single numbers: two moons, 2-16-16-1, max-margin loss, all 100 points in one pass.

`micrograd` and `autograd_mini` run the very same code; only the `Value` class differs. The hand-written
NumPy works on whole arrays: it is there to check the gradients and shows what scalar graphs cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from benchmarks.harness import Case, Step, Target, Workload, timed

POINTS, SIZES, DECAY = 100, (2, 16, 16, 1), 1e-4
NODES = 65_818  # of the graph that micrograd records, its leaves and constants included

rng = np.random.default_rng(0)
LAYERS = [(rng.uniform(-1, 1, (n_in, n_out)), rng.uniform(-1, 1, n_out)) for n_in, n_out in pairwise(SIZES)]


def two_moons() -> tuple[np.ndarray, np.ndarray]:
    angle = np.linspace(0, np.pi, POINTS // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([upper, [1.0, 0.5] - upper]) + rng.normal(scale=0.1, size=(POINTS, 2))
    return points, np.repeat([1, -1], POINTS // 2)


X, Y = two_moons()


class Neuron:
    def __init__(self, value: type, weights: np.ndarray, bias: float, hidden: bool) -> None:
        self.weights = [value(weight) for weight in weights.tolist()]
        self.bias = value(float(bias))
        self.hidden = hidden

    def __call__(self, inputs: list) -> object:
        total = sum((w * x for w, x in zip(self.weights, inputs, strict=True)), self.bias)
        return total.relu() if self.hidden else total


class MLP:
    def __init__(self, value: type) -> None:
        self.layers = [
            [Neuron(value, weights, bias, hidden=depth < len(LAYERS)) for weights, bias in zip(w.T, b, strict=True)]
            for depth, (w, b) in enumerate(LAYERS, start=1)
        ]

    def __call__(self, signal: list) -> object:
        for layer in self.layers:
            signal = [neuron(signal) for neuron in layer]
        return signal[0]

    def parameters(self) -> Iterator:
        for layer in self.layers:
            for neuron in layer:
                yield from neuron.weights
                yield neuron.bias


def max_margin_loss(value: type, model: MLP) -> object:
    scores = [model([value(x) for x in point]) for point in X.tolist()]
    losses = [(1 + -label * score).relu() for label, score in zip(Y.tolist(), scores, strict=True)]
    decay = DECAY * sum(p * p for p in model.parameters())
    return sum(losses) * (1.0 / len(losses)) + decay


def scalar_step(value: type) -> Step:
    model = MLP(value)
    parameters = list(model.parameters())

    def step():
        for p in parameters:
            p.grad = 0
        loss = max_margin_loss(value, model)
        loss.backward()
        return loss.data, [[p.grad for p in parameters]]

    return step


def with_numpy() -> Step:
    def step():
        kept, signal = [], X
        for w, b in LAYERS:
            kept.append(signal)
            total = signal @ w + b
            signal = np.maximum(total, 0)
        margin = np.maximum(1 - Y * total[:, 0], 0)
        loss = margin.mean() + DECAY * sum((w * w).sum() + (b * b).sum() for w, b in LAYERS)

        g = (-Y * (margin > 0) / POINTS)[:, None]
        gradients = []
        for (w, b), signal in zip(reversed(LAYERS), reversed(kept), strict=True):
            gw, gb = signal.T @ g + 2 * DECAY * w, g.sum(axis=0) + 2 * DECAY * b
            gradients.append(np.vstack([gw, gb]).T.ravel())  # neuron by neuron: its weights, its bias
            g = g @ w.T * (signal > 0)
        return loss, [np.concatenate(gradients[::-1])]

    return step


def with_micrograd() -> Step:
    from micrograd.engine import Value

    graph, pending = set(), [max_margin_loss(Value, MLP(Value))]
    while pending:
        node = pending.pop()
        if node not in graph:
            graph.add(node)
            pending.extend(node._prev)
    assert len(graph) == NODES, f"the graph has {len(graph):,} nodes; NODES says {NODES:,}"
    return scalar_step(Value)


def with_autograd_mini() -> Step:
    from autograd_mini import Value

    return scalar_step(Value)


WORKLOAD = Workload(
    title=f"Two moons: {POINTS} points, 2-16-16-1, scalar Values, {NODES:,} nodes, forward and backward",
    unit="µs per scalar node",
    target=Target(0.7, over="micrograd, collector off"),
    cases=(
        Case("numpy", with_numpy),
        Case("autograd_mini", with_autograd_mini),
        Case("micrograd", with_micrograd, note="collector off", collector=False),
        Case("micrograd", with_micrograd),
    ),
    measure=timed(scale=1e6 / NODES),
    baselines=("numpy", "micrograd, collector off"),
)
