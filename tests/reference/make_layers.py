"""Write layers.safetensors and network.safetensors: what PyTorch makes of the table in tests/torch_table.py.

Run with PyTorch 2.13 and safetensors, from the root of the project::

    python tests/reference/make_layers.py
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from torch_table import ACTIVATIONS, EVALUATED, LAYERS, LOSSES, WEIGHT, cotangent, key, targets  # noqa: E402

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
kept = {}


def keep(name, outputs, inputs):
    """Keep outputs and the gradients of a sum over them."""
    for i, output in enumerate(outputs):
        kept[key(name, "output", i)] = output.detach().clone().contiguous()
    sum((output * torch.from_numpy(cotangent(tuple(output.shape)))).sum() for output in outputs).backward()
    for path, x in inputs.items():
        kept[key(name, "gradient", path)] = x.grad.clone()


def flat(outputs):
    """Return the arrays in nested tuples."""
    return [outputs] if torch.is_tensor(outputs) else [x for part in outputs for x in flat(part)]


for name, (kind, args, options, shape) in LAYERS.items():
    layer = getattr(torch.nn, kind)(*args, **options)
    with torch.no_grad():
        for parameter in layer.parameters():  # also those that start as ones and zeros
            parameter.add_(0.3 * torch.randn_like(parameter))
    kept |= {key(name, "state", path): x.clone() for path, x in layer.state_dict().items()}
    x = torch.randint(args[0], shape) if kind == "Embedding" else torch.randn(shape, requires_grad=True)
    kept[key(name, "x")] = x.detach().clone()
    inputs = dict(layer.named_parameters()) | ({} if kind == "Embedding" else {"x": x})
    keep(name, flat(layer(x)), inputs)
    kept |= {key(name, "after", path): x.clone() for path, x in layer.named_buffers()}
    if name in EVALUATED:
        layer.zero_grad()
        x.grad = None
        keep(key(name, "evaluated"), flat(layer.eval()(x)), inputs)

x = torch.randn(3, 5, requires_grad=True)
kept["x"] = x.detach().clone()
for name, options in ACTIVATIONS.items():
    x.grad = None
    keep(name, [getattr(torch.nn.functional, name)(x, **options)], {"x": x})
for i, (name, kind, options) in enumerate(LOSSES):
    x.grad = None
    tensors = {k: torch.tensor(v) if v is WEIGHT else v for k, v in options.items()}
    target = torch.from_numpy(targets(kind))
    keep(key("loss", i), [getattr(torch.nn.functional, name)(x, target, **tensors)], {"x": x})

save_file(kept, HERE / "layers.safetensors")

# A whole network, as a user of PyTorch saves it.
network = torch.nn.Sequential(
    torch.nn.Conv2d(1, 3, 3, padding=1), torch.nn.BatchNorm2d(3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Flatten(), torch.nn.Linear(48, 10),
)  # fmt: skip
images = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 1, 8, 8)))
for _ in range(3):
    network(images + torch.randn_like(images))
save_file(network.state_dict(), HERE / "network.safetensors")
loss = torch.nn.functional.cross_entropy(network.eval()(images), torch.arange(4))
loss.backward()
answers = {"loss": loss.detach()} | {path: x.grad for path, x in network.named_parameters()}
save_file(answers, HERE / "network_gradients.safetensors")
