# %% [markdown]
# # 3. Backpropagation by hand and by the engine, and what it saves
#
# The gradient of a network is the chain rule, applied from the output layer to the input layer, each result used
# again by the layer below. This lab does it by hand, line by line, beside the engine and beside finite differences,
# and measures what it costs.

# %%
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, figure, full, progress, show, table, tidy

# %% [markdown]
# ## One sample
#
# A network of two layers maps $x$ to the output $o$, which should be $t$:
#
# $$
# z = W_1 x + b_1, \qquad h = \tanh z, \qquad o = W_2 h + b_2, \qquad L = \tfrac12 \lVert o - t\rVert^2 .
# $$

# %%
rng = np.random.default_rng(0)
x, t = np.array([0.5, -1.0]), np.array([1.0, 0.0])
W1, b1 = rng.normal(size=(3, 2)), rng.normal(size=3)
W2, b2 = rng.normal(size=(2, 3)), rng.normal(size=2)

# %% [markdown]
# ### Forward
#
# Each node is computed from those before it, and kept.


# %%
def forward(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[Any, Any, Any, Any]:
    """All nodes, from the input layer to the loss."""
    z = W1 @ x + b1
    h = np.tanh(z)
    o = W2 @ h + b2
    L = 0.5 * np.sum((o - t) ** 2)
    return z, h, o, L


z, h, o, L = forward(x, W1, b1, W2, b2)

# %% [markdown]
# ### Backward
#
# Now from the output layer to the input layer. Write $\delta$ for the gradient of the loss by what enters a layer's
# function: $\delta_2 = \partial L/\partial o$, $\delta_1 = \partial L/\partial z$. Then
#
# $$
# \begin{aligned}
# \delta_2 &= o - t &
# \frac{\partial L}{\partial W_2} &= \delta_2 h^\top &
# \frac{\partial L}{\partial b_2} &= \delta_2 &
# \frac{\partial L}{\partial h} &= W_2^\top \delta_2 \\
# \delta_1 &= W_2^\top \delta_2 \odot (1 - h^2) &
# \frac{\partial L}{\partial W_1} &= \delta_1 x^\top &
# \frac{\partial L}{\partial b_1} &= \delta_1 &
# \frac{\partial L}{\partial x} &= W_1^\top \delta_1
# \end{aligned}
# $$
#
# where $1 - h^2$ is the derivative of tanh, and $\odot$ multiplies element by element. Everything on the right is known
# from the forward pass, or from the line above.

# %%
delta2 = o - t
by_W2, by_b2, by_h = np.outer(delta2, h), delta2, W2.T @ delta2
delta1 = by_h * (1 - h**2)
by_W1, by_b1, by_x = np.outer(delta1, x), delta1, W1.T @ delta1

# %% [markdown]
# ### The engine
#
# The same function, called with Values in place of arrays: each operation is recorded (in full, for the picture
# below), and `backward()` walks back through the record. Every node gets its `.grad`.

# %%
inputs = ((x, "x"), (W1, "W1"), (b1, "b1"), (W2, "W2"), (b2, "b2"))
leaves = [am.Value(array, name=name) for array, name in inputs]
with am.full_record():
    v_z, v_h, v_o, loss = forward(*leaves)
loss.backward()
v_x, v_W1, v_b1, v_W2, v_b2 = leaves

nodes: list[tuple[str, str, Any, Any]] = [
    ("o", "δ₂ = o − t", delta2, v_o),
    ("W2", "δ₂ hᵀ", by_W2, v_W2),
    ("b2", "δ₂", by_b2, v_b2),
    ("h", "W₂ᵀ δ₂", by_h, v_h),
    ("z", "δ₁ = W₂ᵀ δ₂ ⊙ (1 − h²)", delta1, v_z),
    ("W1", "δ₁ xᵀ", by_W1, v_W1),
    ("b1", "δ₁", by_b1, v_b1),
    ("x", "W₁ᵀ δ₁", by_x, v_x),
]
one_sample = [np.max(np.abs(by_hand - value.grad)) for _, _, by_hand, value in nodes]


def numbers(array: Any) -> str:
    """The numbers of an array in a line."""
    return " ".join(f"{number:.3f}" for number in np.ravel(array))


table(
    [
        (node, formula, numbers(by_hand), numbers(value.grad), off)
        for (node, formula, by_hand, value), off in zip(nodes, one_sample, strict=True)
    ],
    ["node", "formula", "by hand", "by the engine", "difference"],
    "The gradient of each node, from the output layer to the input layer",
)
print(f"The largest difference is {max(one_sample):.1g}.\n")

# %% [markdown]
# The graph that was recorded, with every value and gradient, and a page that walks through both passes:

# %%
show(am.draw(loss), "graph")

# %%
show(am.step_through(loss), "steps")

# %% [markdown]
# ## Many samples
#
# With a sample in each row of $X$, the products with transposes turn around, and those with $h^\top$ and $x^\top$ sum
# over the samples. A sum can be taken in another order, which changes the last digit: what differs is measured in
# units in the last place (ulp) of the largest number.

# %%
samples, n_in, n_hidden, n_out = 100, 20, 30, 5
X, T = rng.normal(size=(samples, n_in)), rng.normal(size=(samples, n_out))
weights = [rng.normal(size=shape) / 4 for shape in ((n_in, n_hidden), (n_hidden,), (n_hidden, n_out), (n_out,))]


def batch_loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    """Half of the squared error, summed over the outputs, as a mean over the samples."""
    return 0.5 * np.sum((np.tanh(X @ W1 + b1) @ W2 + b2 - T) ** 2) / samples


def by_hand(W1: Any, b1: Any, W2: Any, b2: Any) -> list[Any]:
    """The gradient of `batch_loss` by each weight."""
    H = np.tanh(X @ W1 + b1)
    delta2 = (H @ W2 + b2 - T) / samples
    delta1 = (delta2 @ W2.T) * (1 - H**2)
    return [X.T @ delta1, np.sum(delta1, axis=0), H.T @ delta2, np.sum(delta2, axis=0)]


hand, engine = by_hand(*weights), am.grad(batch_loss, (0, 1, 2, 3))(*weights)
off = [np.max(np.abs(g - e)) for g, e in zip(hand, engine, strict=True)]
ulps = [d / np.spacing(np.max(np.abs(g))) for d, g in zip(off, hand, strict=True)]
rows = zip(("W1", "b1", "W2", "b2"), (g.size for g in hand), off, ulps, strict=True)
table(rows, ["weights", "numbers", "largest difference", "in ulp"], "By hand and by the engine, 100 samples")

# %% [markdown]
# ## Finite differences
#
# Without any rule, a derivative is a difference of two losses: on one side, $(L(w + s) - L(w))/s$, or on both,
# $(L(w + s) - L(w - s))/2s$. A large step $s$ sees the curvature (the *truncation* error, which falls as $s$ or as
# $s^2$), a small one the *rounding* of the losses, $\varepsilon/s$ with $\varepsilon = 2^{-52}$. Between them is the
# best step, $\varepsilon^{1/2}$ or $\varepsilon^{1/3}$, and it still loses half or a third of the digits.


# %%
def slopes(loss: Callable[[], Any], weights: list[Any], step: float, both: bool) -> list[Any]:
    """Differences by each weight of each array, on one side or on both."""
    found, here = [np.zeros_like(array) for array in weights], loss()
    for array, slope in zip(weights, found, strict=True):
        for i in range(array.size):
            kept = array.flat[i]
            array.flat[i] = kept + step
            above = loss()
            array.flat[i] = kept - step
            below = loss() if both else here
            array.flat[i] = kept
            slope.flat[i] = (above - below) / (2 * step if both else step)
    return found


def error(found: list[Any]) -> float:
    """The largest error of a gradient, by the largest number of the right one."""
    largest = max(np.max(np.abs(g)) for g in engine)
    return float(max(np.max(np.abs(f - g)) for f, g in zip(found, engine, strict=True)) / largest)


STEPS = 10.0 ** -np.arange(0.5, 14.1, 0.5 if full() else 1.0)
curves = {
    both: np.array([error(slopes(lambda: batch_loss(*weights), weights, step, both)) for step in progress(STEPS, name)])
    for both, name in ((False, "one side"), (True, "both sides"))
}
best_steps = {both: STEPS[np.argmin(curve)] for both, curve in curves.items()}
hand_error = error(hand)
table(
    [
        ("by hand", "", hand_error),
        ("differences on both sides", f"{best_steps[True]:.1g}", min(curves[True])),
        ("differences on one side", f"{best_steps[False]:.1g}", min(curves[False])),
    ],
    ["gradient", "best step", "error beside the engine's"],
    "How near each comes",
)

# %%
picture, ((axes,),) = figure(7, 4.5, 1, 1)
for both, colour, style, label in ((False, ORANGE, "s--", "on one side"), (True, BLUE, "o-", "on both sides")):
    axes.loglog(STEPS, curves[both], style, color=colour, markersize=4, linewidth=1.5, label=label)
axes.axhline(hand_error, color=GREEN, linestyle="-.", linewidth=1.5, label="by hand, no step")
for root in (2, 3):
    place = np.finfo(float).eps ** (1 / root)
    axes.axvline(place, color=GREY, linestyle=":", linewidth=1)
    axes.text(1.3 * place, 2, rf"$\varepsilon^{{1/{root}}}$", color=GREY, fontsize=12)
axes.set(
    title="Too long a step sees curvature, too short a one rounding", xlabel="step", ylabel="largest relative error"
)
axes.set(ylim=(1e-17, 20))
tidy(axes)
show(picture, "differences")

# %% [markdown]
# ## The cost
#
# Differences need one forward pass more for each weight. Backpropagation needs one forward and one backward pass for
# all of them, whose products are twice those of the forward pass. We count and measure both, for networks of growing
# width. (In a small network, most of the time of backpropagation goes into recording, which costs the same for a small
# array as for a large one.)

# %%
WIDTHS = (4, 16, 64, 256, 512) if full() else (4, 16, 64)
passes = 0


def measured(call: Callable[[], Any], times: int) -> float:
    """The shortest time of a call, in seconds: what disturbs a measurement only makes it longer."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return best


def cost(width: int) -> tuple[int, int, float, float, float]:
    """The number of weights and of forward passes; the seconds of one of these, of both passes, and of differences."""
    weights = [rng.normal(size=shape) / width for shape in ((n_in, width), (width,), (width, n_out), (n_out,))]

    def one() -> Any:
        global passes
        passes += 1
        return batch_loss(*weights)

    gradient = am.grad(batch_loss, (0, 1, 2, 3))
    one_pass, both_passes = measured(one, 20), measured(lambda: gradient(*weights), 20)
    before = passes
    differences = measured(lambda: slopes(one, weights, 1e-8, both=False), 1)
    return sum(array.size for array in weights), passes - before, one_pass, both_passes, differences


costs = [cost(width) for width in progress(WIDTHS, "widths")]
table(
    [(n, count, 1e3 * one, 1e3 * both, 1e3 * all_, all_ / both, both / one) for n, count, one, both, all_ in costs],
    ["weights", "forward passes", "one, in ms", "backprop, in ms", "differences, in ms", "ratio", "backprop / forward"],
    "One backward pass, or a forward pass for each weight",
)
largest = costs[-1]
print(
    f"For {largest[0]:,} weights, differences take {largest[4] / largest[3]:,.0f} times as long as backpropagation.\n"
)

# %%
picture, ((axes,),) = figure(7, 4.5, 1, 1)
n_weights, _, one_pass, both_passes, differences = np.array(costs).T
axes.loglog(n_weights, differences, "s--", color=ORANGE, label="differences: a forward pass for each weight")
axes.loglog(n_weights, both_passes, "o-", color=BLUE, label="backpropagation: both passes, once")
axes.loglog(n_weights, one_pass, "^:", color=GREEN, label="one forward pass")
axes.set(title="The more weights, the more backpropagation saves", xlabel="number of weights", ylabel="seconds")
tidy(axes)
show(picture, "cost")

# %% [markdown]
# ## What to take along
#
# - Backpropagation is two lines for each layer, $\delta_l = W_{l+1}^\top \delta_{l+1} \odot \varphi'(z_l)$ and
#   $\partial L/\partial W_l = \delta_l h_{l-1}^\top$. The engine does the same operations, and gives the same numbers.
# - It is exact to rounding. Differences never are, but they know no rules: they are what to check against.
# - It costs a few forward passes, however many weights there are.
# - Try: leave the factor $1 - h^2$ out of $\delta_1$, and see which rows of the first table notice; `am.mistakes` shows
#   other ways to go wrong.
