"""`python -m benchmarks.training`: train a network on the digits with this library, PyTorch and scikit-learn, in turns.

All have the same architecture, initial weights, batches (jittered images, in one order) and optimiser: descent with
momentum in float64, on one thread. So their losses agree step by step, and what differs is the time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from benchmarks import environment

LR, MOMENTUM, BATCH = 0.05, 0.9, 32
COMPARED = 100  # steps whose losses must agree with PyTorch's
RTOL = 1e-9

Step = Callable[[Any, Any], float]
Answer = Callable[[Any], Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--model", choices=("mlp", "conv"), default="mlp", help="(default: mlp)")
    parser.add_argument("--epochs", type=int, default=30, help="(default: 30)")
    parser.add_argument("--seed", type=int, default=0, help="(default: 0)")
    options = parser.parse_args()
    environment.pin()
    import numpy as np  # not before its threads are pinned

    from autograd_mini.cli_train import NETWORKS, SCALE, SHIFT, network
    from autograd_mini.data import Jittered, Loader, load_digits

    digits = load_digits()
    images = {"inputs": digits.train.inputs, "held_out": digits.held_out.inputs}
    if options.model == "conv":
        images = {name: x.reshape(-1, 1, 8, 8) for name, x in images.items()}
    kind = NETWORKS[options.model]
    model = network(kind.convolved, kind.hidden, options.seed)
    sizes = [512 if kind.convolved else 64, *kind.hidden, 10]
    state = model.state_dict()
    trainers = {"autograd_mini": ours(model), "torch": torch_like(kind.convolved, sizes, state)}
    if not kind.convolved:
        trainers["scikit-learn"] = sklearn_like(sizes, state)
    loader = Loader(images["inputs"], digits.train.labels, BATCH, seed=options.seed)
    batches = Jittered(loader, (8, 8), SHIFT, SCALE)
    seconds = dict.fromkeys(trainers, 0.0)
    losses: dict[str, list[float]] = {name: [] for name in trainers}
    for _ in range(options.epochs):
        epoch = list(batches)
        for name, (step, _) in trainers.items():
            started = time.perf_counter()
            losses[name] += [step(x, y) for x, y in epoch]
            seconds[name] += time.perf_counter() - started

    machine = environment.describe()
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in ("numpy", "torch"))
    print(f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}, {versions}")
    print(f"\n{options.model}, {options.epochs} epochs of {len(loader)} batches of {BATCH}, float64, one thread\n")
    print("| library | held-out accuracy | seconds | ratio to torch | largest difference of a loss, first 100 steps |")
    print("|---|---:|---:|---:|---:|")
    for name, (_, answer) in trainers.items():
        right = np.mean(np.argmax(answer(images["held_out"]), axis=1) == digits.held_out.labels)
        first, theirs = np.array(losses[name][:COMPARED]), np.array(losses["torch"][:COMPARED])
        apart = np.max(np.abs(first - theirs) / theirs)
        ratio = seconds[name] / seconds["torch"]
        print(f"| {name} | {right:.2%} | {seconds[name]:.2f} | {ratio:.2f} | {apart:.1e} |")
        if apart > RTOL:
            raise SystemExit(f"the losses of {name} and torch differ by {apart:.1e}, more than {RTOL:.0e}")


def ours(model: Any) -> tuple[Step, Answer]:
    from autograd_mini import nn, optim
    from autograd_mini.train import predict

    optimizer = optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)

    def step(x: Any, y: Any) -> float:
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return float(loss.data)

    return step, lambda x: predict(model, x)


def torch_like(convolved: Sequence[int], sizes: Sequence[int], state: dict[str, Any]) -> tuple[Step, Answer]:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    layers: list[Any] = []
    for a, b in pairwise([1, *convolved]):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.ReLU()]
    if convolved:
        layers += [nn.MaxPool2d(2), nn.Flatten()]
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    model.load_state_dict({path: torch.from_numpy(x) for path, x in state.items()})
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)

    def step(x: Any, y: Any) -> float:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    def answer(x: Any) -> Any:
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    return step, answer


def sklearn_like(sizes: Sequence[int], state: dict[str, Any]) -> tuple[Step, Answer]:
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        sizes[1:-1], solver="sgd", learning_rate_init=LR, momentum=MOMENTUM, nesterovs_momentum=False, alpha=0.0,
    )  # fmt: skip
    classes = np.arange(sizes[-1])
    model.partial_fit(np.zeros((1, sizes[0])), [0], classes=classes)  # makes its weights and velocities, set here:
    weights = [state[f"{2 * i}.weight"].T for i in range(len(sizes) - 1)]
    biases = [state[f"{2 * i}.bias"] for i in range(len(sizes) - 1)]
    for own, new in zip(model.coefs_ + model.intercepts_, weights + biases, strict=True):
        own[...] = new
    for velocity in model._optimizer.velocities:
        velocity[...] = 0

    def step(x: Any, y: Any) -> float:
        model.partial_fit(x, y)
        return float(model.loss_)

    return step, model.predict_proba


if __name__ == "__main__":
    main()
