"""A chain of 1,000 elementwise operations on ten numbers: what one operation costs, beside its arithmetic."""

from __future__ import annotations

import numpy as np

from benchmarks.harness import Case, Step, Target, Workload, timed

ROUNDS, OPERATIONS_PER_ROUND = 250, 4
OPERATIONS = ROUNDS * OPERATIONS_PER_ROUND

rng = np.random.default_rng(0)
# Factors near 1 and shifts near 0 keep the slope of a round near 1: no gradient vanishes on the way back.
X, W, B = rng.uniform(0.5, 1.0, 10), rng.uniform(1.0, 1.01, 10), rng.uniform(0.0, 1e-4, 10)


def chain(xp, x, w, b):
    for _ in range(ROUNDS):
        x = xp.tanh(xp.sin(x * w) + b)
    return xp.sum(x)


def with_numpy() -> Step:
    def step():
        x, kept = X, []
        for _ in range(ROUNDS):
            product = x * W
            out = np.tanh(np.sin(product) + B)
            kept.append((x, product, out))
            x = out
        g, gw, gb = np.ones_like(x), np.zeros_like(W), np.zeros_like(B)
        for x_in, product, out in reversed(kept):
            g = g * (1 - out * out)
            gb += g
            g = g * np.cos(product)
            gw += g * x_in
            g = g * W
        return np.sum(x), (g, gw, gb)

    return step


def with_autograd_mini() -> Step:
    import autograd_mini as am

    leaves = [am.Value(array) for array in (X, W, B)]

    def step():
        for leaf in leaves:
            leaf.grad = None
        loss = chain(np, *leaves)
        loss.backward()
        return loss.data, [leaf.grad for leaf in leaves]

    return step


def with_autograd() -> Step:
    import autograd.numpy as anp
    from autograd import value_and_grad

    differentiated = value_and_grad(lambda x, w, b: chain(anp, x, w, b), argnum=(0, 1, 2))
    return lambda: differentiated(X, W, B)


def with_mygrad() -> Step:
    import mygrad as mg

    leaves = [mg.tensor(array) for array in (X, W, B)]

    def step():
        loss = chain(mg, *leaves)  # using a tensor again clears its gradient
        loss.backward()
        return loss.data, [leaf.grad for leaf in leaves]

    return step


def with_torch() -> Step:
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in (X, W, B)]

    def step():
        for leaf in leaves:
            leaf.grad = None
        loss = chain(torch, *leaves)
        loss.backward()
        return loss.detach(), [leaf.grad for leaf in leaves]

    return step


def with_jax() -> Step:
    import jax
    import jax.numpy as jnp

    differentiated = jax.jit(jax.value_and_grad(lambda x, w, b: chain(jnp, x, w, b), argnums=(0, 1, 2)))
    arrays = [jnp.asarray(array) for array in (X, W, B)]
    return lambda: jax.block_until_ready(differentiated(*arrays))


WORKLOAD = Workload(
    title=f"{OPERATIONS:,} operations (multiply, sin, add, tanh) on shape (10,), forward and backward",
    unit="µs per operation",
    target=Target(0.6, over="torch"),
    cases=(
        Case("numpy", with_numpy),
        Case("autograd_mini", with_autograd_mini),
        Case("autograd", with_autograd),
        Case("mygrad", with_mygrad),
        Case("torch", with_torch),
        Case("jax", with_jax, note="jit"),
    ),
    measure=timed(scale=1e6 / OPERATIONS),
)
