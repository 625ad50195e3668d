"""Layers, activations and losses hold what PyTorch computes: outputs, gradients, states, and a file of weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch_table import ACTIVATIONS, EVALUATED, LAYERS, LOSSES, WEIGHT, cotangent, key, targets

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.storage import load_arrays

FOLDER = Path(__file__).parent / "reference"
KEPT, _ = load_arrays(FOLDER / "layers.safetensors")
RENAMED = {"BatchNorm1d": "BatchNorm", "BatchNorm2d": "BatchNorm"}


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def flat(outputs):
    return [outputs] if isinstance(outputs, (am.Value, np.ndarray)) else [x for part in outputs for x in flat(part)]


def part_of(*beginning):
    start = key(*beginning, "")
    return {name.removeprefix(start): x for name, x in KEPT.items() if name.startswith(start)}


def hold(name, outputs, inputs):
    """Compare outputs with PyTorch's, and the gradients of a sum over them."""
    theirs = part_of(name, "output")
    assert len(outputs) == len(theirs)
    for i, output in enumerate(outputs):
        close(am.stop_gradient(output), theirs[str(i)])
    sum(np.sum(output * cotangent(output.shape)) for output in outputs).backward()
    for path, gradient in part_of(name, "gradient").items():
        close(inputs[path].grad, gradient)
    assert part_of(name, "gradient").keys() == inputs.keys()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_pytorchs_outputs_and_gradients(name):
    kind, args, options, _ = LAYERS[name]
    layer = getattr(nn, RENAMED.get(kind, kind))(*args, **options)
    layer.load_state_dict(part_of(name, "state"))
    given = KEPT[key(name, "x")]
    x = given if kind == "Embedding" else am.Value(given)
    inputs = dict(layer.named_parameters()) | ({} if kind == "Embedding" else {"x": x})
    hold(name, flat(layer(x)), inputs)
    buffers = {path: getattr(module, own) for path, module, own in layer.named_buffers()}
    assert buffers.keys() == part_of(name, "after").keys()
    for path, buffer in buffers.items():
        close(buffer, KEPT[key(name, "after", path)])
    if name in EVALUATED:
        for leaf in inputs.values():
            leaf.grad = None
        hold(key(name, "evaluated"), flat(layer.eval()(x)), inputs)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_pytorchs(name):
    options = {"axis" if k == "dim" else k: v for k, v in ACTIVATIONS[name].items()}
    x = am.Value(KEPT["x"])
    hold(name, [getattr(nn, name)(x, **options)], {"x": x})


@pytest.mark.parametrize("i", range(len(LOSSES)), ids=lambda i: f"{LOSSES[i][0]}-{i}")
def test_a_loss_is_pytorchs(i):
    name, kind, options = LOSSES[i]
    x = am.Value(KEPT["x"])
    options = {k: np.array(v) if v is WEIGHT else v for k, v in options.items()}
    hold(key("loss", i), [getattr(nn, name)(x, targets(kind), **options)], {"x": x})


def test_weights_that_pytorch_saved_load_and_give_its_gradients(tmp_path):
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm(3), nn.relu, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48, 10)
    )
    network.load(FOLDER / "network.safetensors").eval()
    images = np.random.default_rng(0).normal(size=(4, 1, 8, 8))
    loss = nn.cross_entropy(network(images), np.arange(4))
    loss.backward()
    answers, _ = load_arrays(FOLDER / "network_gradients.safetensors")
    close(loss.data, answers.pop("loss"))
    assert answers.keys() == dict(network.named_parameters()).keys()
    for path, parameter in network.named_parameters():
        close(parameter.grad, answers[path])
    network.save(tmp_path / "again.safetensors")
    theirs, ours = (load_arrays(folder / name)[0] for folder, name in
                    ((FOLDER, "network.safetensors"), (tmp_path, "again.safetensors")))  # fmt: skip
    assert {path: x.tolist() for path, x in ours.items()} == {path: x.tolist() for path, x in theirs.items()}
