"""What `mlp_small` and `mlp_large` share: a tanh network with softmax cross-entropy, loss and gradients.

Every library runs it the way its users would write it, in float64, on data it has converted beforehand.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np

from benchmarks.harness import Case, Step, Target, Workload, timed


class Problem:
    def __init__(self, sizes: tuple[int, ...], batch: int) -> None:
        rng = np.random.default_rng(0)
        self.layers = [
            (rng.normal(scale=n_in**-0.5, size=(n_in, n_out)), rng.normal(scale=0.1, size=n_out))
            for n_in, n_out in pairwise(sizes)
        ]
        self.x = rng.normal(size=(batch, sizes[0]))
        self.labels = rng.integers(sizes[-1], size=batch)


def affine(x, w, b):
    return x @ w + b


def network(layers, x, tanh, affine=affine):
    """The logits."""
    *hidden, last = layers
    for w, b in hidden:
        x = tanh(affine(x, w, b))
    return affine(x, *last)


def flat(layers) -> list:
    return [parameter for layer in layers for parameter in layer]


def with_numpy(problem: Problem) -> Step:
    layers, labels = problem.layers, problem.labels
    rows = np.arange(len(labels))

    def step():
        signals = [problem.x]
        for w, b in layers[:-1]:
            out = signals[-1] @ w
            out += b
            signals.append(np.tanh(out, out=out))
        w, b = layers[-1]
        logits = signals[-1] @ w + b

        logits -= logits.max(axis=1, keepdims=True)
        exp = np.exp(logits)
        total = exp.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - logits[rows, labels]).mean()
        g = exp / total
        g[rows, labels] -= 1
        g /= len(labels)

        gradients = []
        for (w, _), signal in zip(reversed(layers), reversed(signals), strict=True):
            gradients += [g.sum(axis=0), signal.T @ g]
            if signal is not problem.x:
                g = g @ w.T
                g *= 1 - signal * signal
        return loss, gradients[::-1]

    return step


def with_autograd_mini(problem: Problem) -> Step:
    import autograd_mini as am

    layers = [(am.Value(w), am.Value(b)) for w, b in problem.layers]
    parameters = flat(layers)

    def step():
        for p in parameters:
            p.grad = None
        loss = am.nn.cross_entropy(network(layers, problem.x, np.tanh), problem.labels)
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return step


def with_autograd(problem: Problem) -> Step:
    import autograd.numpy as anp
    from autograd import value_and_grad

    rows = np.arange(len(problem.labels))

    def loss(layers):
        logits = network(layers, problem.x, anp.tanh)
        logits = logits - anp.max(logits, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(logits), axis=1)) - logits[rows, problem.labels])

    differentiated = value_and_grad(loss)

    def step():
        value, gradients = differentiated(problem.layers)
        return value, flat(gradients)

    return step


def with_mygrad(problem: Problem) -> Step:
    import mygrad as mg
    from mygrad.nnet.losses import softmax_crossentropy

    layers = [(mg.tensor(w), mg.tensor(b)) for w, b in problem.layers]
    parameters = flat(layers)

    def step():
        loss = softmax_crossentropy(network(layers, problem.x, mg.tanh), problem.labels)
        loss.backward()  # using a tensor again clears its gradient
        return loss.data, [p.grad for p in parameters]

    return step


def with_torch(problem: Problem) -> Step:
    import torch

    layers = [tuple(torch.tensor(p, requires_grad=True) for p in layer) for layer in problem.layers]
    parameters = flat(layers)
    x, labels = torch.tensor(problem.x), torch.tensor(problem.labels)

    def fused_affine(x, w, b):  # what torch.nn.Linear runs
        return torch.addmm(b, x, w)

    def step():
        for p in parameters:
            p.grad = None
        loss = torch.nn.functional.cross_entropy(network(layers, x, torch.tanh, fused_affine), labels)
        loss.backward()
        return loss.detach(), [p.grad for p in parameters]

    return step


def with_jax(problem: Problem) -> Step:
    import jax
    import jax.numpy as jnp

    def loss(layers, x, labels):
        log_probabilities = jax.nn.log_softmax(network(layers, x, jnp.tanh))
        return -jnp.mean(jnp.take_along_axis(log_probabilities, labels[:, None], axis=1))

    differentiated = jax.jit(jax.value_and_grad(loss))
    arguments = jax.tree.map(jnp.asarray, (problem.layers, problem.x, problem.labels))

    def step():
        value, gradients = jax.block_until_ready(differentiated(*arguments))
        return value, flat(gradients)

    return step


def workload(sizes: tuple[int, ...], batch: int, target: Target) -> Workload:
    problem = Problem(sizes, batch)
    return Workload(
        title=f"MLP {'-'.join(map(str, sizes))}, tanh, cross-entropy, batch {batch}, loss and gradients",
        unit="ms",
        target=target,
        cases=(
            Case("numpy", partial(with_numpy, problem)),
            Case("autograd_mini", partial(with_autograd_mini, problem)),
            Case("autograd", partial(with_autograd, problem)),
            Case("mygrad", partial(with_mygrad, problem)),
            Case("torch", partial(with_torch, problem)),
            Case("jax", partial(with_jax, problem), note="jit"),
        ),
        measure=timed(scale=1e3),
    )
