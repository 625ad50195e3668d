# %% [markdown]
# # 2. Why a threshold can't learn, and a sigmoid can, unless it is too steep
#
# The first artificial neurons answered 0 or 1: a *threshold* of a weighted sum. A network of them can compute
# anything, but can't be trained by descent. This lab shows why, puts a sigmoid of growing steepness in its place, and
# finds where learning begins and ends.

# %%
import warnings
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, figure, full, progress, show, table, tidy

# %% [markdown]
# ## A task and a network
#
# Two half-moons are to be told apart; no straight line does it. The network has two hidden layers,
#
# $$a_0 = x, \qquad z_l = a_{l-1} W_l + b_l, \qquad a_l = \varphi(z_l), \qquad L = \frac1n \sum_i (a_3 - y)^2 ,$$
#
# and every unit, the output too, applies the same $\varphi$.

# %%
SAMPLES, HIDDEN = (150, 12) if full() else (100, 8)
rng = np.random.default_rng(0)
upper = np.arange(SAMPLES) % 2  # which moon
angle = rng.uniform(0, np.pi, SAMPLES)
x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
x = np.where(upper[:, None], x, [1.0, 0.5] - x) - [0.5, 0.25] + 0.15 * rng.normal(size=(SAMPLES, 2))
y = upper[:, None].astype(float)


def start(seed: int) -> list[Any]:
    """The first weights: a pair (W, b) for each layer."""
    rng = np.random.default_rng(seed)
    sizes = [(2, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 1)]
    return [(1.5 * rng.normal(size=(n, m)) / np.sqrt(n), 0.5 * rng.normal(size=(1, m))) for n, m in sizes]


def network(layers: Any, unit: Any, inputs: Any) -> Any:
    """The answers of a network whose units are all of one kind."""
    for W, b in layers:
        inputs = unit(inputs @ W + b)
    return inputs


def loss(layers: Any, unit: Any) -> Any:
    """The mean squared error; of many networks at once, that of each."""
    return np.mean((network(layers, unit, x) - y) ** 2, axis=(-2, -1))


# %% [markdown]
# ## Thresholds
#
# The threshold $\theta(z)$ is 1 where $z > 0$ and 0 elsewhere: flat, with a step. Its derivative is 0 wherever it has
# one. By the chain rule every gradient has $\theta'$ as a factor, so it is 0 too. The library gives this gradient,
# and warns, since a zero of this kind says nothing about the way to go:

# %%
layers = start(0)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    threshold_gradient = am.grad(loss)(layers, nn.threshold)
warning = str(caught[0].message)
print(f"{caught[0].category.__name__}: {warning}\n")

# %% [markdown]
# Is that the truth, or a defect of the rule? Finite differences know no rules. We move each weight a little to both
# sides, and look at the loss.

# %%
H = 1e-6
differences = []
for pair in layers:
    for array in pair:
        for i in range(array.size):
            kept = array.flat[i]
            array.flat[i] = kept + H
            above = loss(layers, nn.threshold)
            array.flat[i] = kept - H
            below = loss(layers, nn.threshold)
            array.flat[i] = kept
            differences.append((above - below) / (2 * H))
largest_gradient = max(np.max(np.abs(g)) for pair in threshold_gradient for g in pair)
largest_difference = np.max(np.abs(differences))

# %% [markdown]
# So descent stands still: the weights after many steps are those before.

# %%
warnings.simplefilter("ignore", am.errors.ZeroGradientWarning)  # from here on we know
moved, flat = layers, [loss(layers, nn.threshold)]
for _ in range(100):
    pairs = zip(moved, am.grad(loss)(moved, nn.threshold), strict=True)
    moved = [(W - 10.0 * dW, b - 10.0 * db) for (W, b), (dW, db) in pairs]
    flat.append(loss(moved, nn.threshold))
moved_by = max(np.max(np.abs(new - old)) for i in range(3) for new, old in zip(moved[i], layers[i], strict=True))

table(
    [
        ("largest gradient by the engine", largest_gradient),
        (f"largest of {len(differences)} finite differences", largest_difference),
        ("loss before", flat[0]),
        ("loss after 100 steps", flat[-1]),
        ("largest change of a weight", moved_by),
    ],
    ["what", "how much"],
    "A network of thresholds doesn't learn",
)

# %% [markdown]
# Where only the hidden units are thresholds and the output is linear, the last layer has a gradient, and learns, as
# the perceptron of 1958 did. The layers before it still learn nothing.


# %%
def half_threshold_loss(layers: Any) -> Any:
    """The loss with thresholds in the hidden layers and a linear output."""
    *hidden, (W, b) = layers
    return np.mean((network(hidden, nn.threshold, x) @ W + b - y) ** 2)


def size(pair: Any) -> float:
    """The norm of all numbers of a layer's gradient together."""
    return float(np.sqrt(sum(np.sum(g**2) for g in pair)))


half_sizes = [size(pair) for pair in am.grad(half_threshold_loss)(layers)]
rows = [(f"layer {i}", g) for i, g in enumerate(half_sizes, start=1)]
table(rows, ["", "size of its gradient"], "Thresholds in the hidden layers alone")

# %% [markdown]
# ## A sigmoid of steepness k
#
# Replace the step by a slope: $\varphi(z) = \sigma(kz) = 1 / (1 + e^{-kz})$, with the derivative
# $\varphi'(z) = k\,\sigma(kz)\,(1 - \sigma(kz))$. It is at most $k/4$, in the middle, and next to nothing where
# $|kz| > 7$: there the unit is *saturated*. As $k$ grows, $\varphi$ becomes the threshold. Along one direction of the
# weights, the loss turns from a hill into a staircase, whose steps are flat.

# %%
picture, ((left, middle, right),) = figure(13, 4, 1, 3)
z = np.linspace(-3, 3, 1201)
styles = ((0.3, GREEN, ":"), (1, BLUE, "--"), (3, ORANGE, "-."), (30, GREY, "-"))
for k, colour, style in styles:
    s = nn.sigmoid(k * z)
    left.plot(z, s, style, color=colour, linewidth=1.8, label=f"k = {k:g}")
    middle.plot(z, k * s * (1 - s), style, color=colour, linewidth=1.8, label=f"k = {k:g}")
left.plot(z, nn.threshold(z), color="black", linewidth=1, label="threshold")
left.set(title="The steeper, the nearer to a threshold", xlabel="z", ylabel="φ(z) = σ(kz)")
middle.set(title="... and the narrower the derivative", xlabel="z", ylabel="φ′(z)", yscale="log", ylim=(1e-4, 20))
way = start(1)
along = np.linspace(-1, 1, 801)
kinds = [(f"k = {k:g}", colour, style, lambda z, k=k: nn.sigmoid(k * z)) for k, colour, style in styles[1:]]
for label, colour, style, unit in (*kinds, ("threshold", "black", "-", nn.threshold)):
    heights = [loss([(W + s * V, b + s * c) for (W, b), (V, c) in zip(layers, way, strict=True)], unit) for s in along]
    right.plot(along, heights, style, color=colour, linewidth=1 if label == "threshold" else 1.8, label=label)
right.set(title="The loss becomes a staircase", xlabel="way along a direction of the weights", ylabel="loss")
tidy(left, middle, right)
show(picture, "units")

# %% [markdown]
# ### The gradient at the start
#
# For each steepness we take networks with the same first weights, and measure the gradient of each layer, and the
# share of units that are saturated, $\sigma'(kz) < 10^{-3}$. In a gradient of layer 1 three derivatives are
# multiplied, in one of layer 3 only one. Where $\varphi' \approx k/4$ is small, the first layer's gradient vanishes
# first. Where units saturate all vanish together, since the derivative of the output unit is a factor of each.

# %%
KS = np.array([0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 1000, 10000]) if full() else np.array([0.03, 3, 10000])
STEEPS, SEEDS = (np.geomspace(0.03, 1e4, 45), 20) if full() else (np.geomspace(0.03, 1e4, 12), 5)


def at_the_start(k: float) -> tuple[float, ...]:
    """The median size of each layer's gradient over several starts, and the share of saturated units."""
    sizes, shares = [], []
    for seed in range(SEEDS):
        layers, a = start(seed), x
        sizes.append([size(pair) for pair in am.grad(loss)(layers, lambda z: nn.sigmoid(k * z))])
        for W, b in layers:
            a = nn.sigmoid(k * (a @ W + b))
            shares.append(np.mean(a * (1 - a) < 1e-3))
    return (*np.median(sizes, axis=0), float(np.mean(shares)))


curves = np.array([at_the_start(k) for k in progress(STEEPS, "gradients")])

# %% [markdown]
# ### Learning
#
# A steeper unit has a larger derivative in the middle, and needs smaller steps. To be fair to each $k$, we train it
# with five learning rates, from several starts, and keep the best rate. These networks are trained at once: their
# weights stand along one more axis.

# %%
RATES = np.array([0.01, 0.1, 1, 10, 100])
TRIED, STEPS = (3, 1000) if full() else (1, 300)


def train(k: float) -> tuple[float, float, list[Any]]:
    """The share of right answers after training, how far weights went, and the best network."""
    first = [start(seed) for _ in RATES for seed in range(TRIED)]
    rate = np.repeat(RATES, TRIED)[:, None, None]
    W0, W1, W2 = (np.stack([layers[i][0] for layers in first]) for i in range(3))
    b0, b1, b2 = (np.stack([layers[i][1] for layers in first]) for i in range(3))
    trained = [(W0, b0), (W1, b1), (W2, b2)]

    def unit(z: Any) -> Any:
        return nn.sigmoid(k * z)

    gradient = am.grad(lambda layers: np.sum(loss(layers, unit)))  # of each network by its own weights
    for _ in range(STEPS):
        pairs = zip(trained, gradient(trained), strict=True)
        trained = [(W - rate * dW, b - rate * db) for (W, b), (dW, db) in pairs]
    right = np.mean((network(trained, unit, x) > 0.5) == y, axis=(-2, -1))
    best = int(np.argmax(right))
    went = np.max(np.abs(trained[0][0] - W0))
    return right.reshape(len(RATES), TRIED).mean(axis=1).max(), went, [(W[best], b[best]) for W, b in trained]


results = [(k, *at_the_start(k), *train(k)) for k in progress(KS, "training")]
table(
    [(f"{k:g}", *sizes, f"{saturated:.1%}", f"{right:.1%}") for k, *sizes, saturated, right, _, _ in results],
    ["steepness k", "gradient, layer 1", "layer 2", "layer 3", "saturated units", "right after training"],
    "Too flat, right, too steep",
)
steepest = results[-1]
print(
    f"With k = {steepest[0]:g}, no weight of layer 1 moved by more than {steepest[6]:.1g}: as dead as the threshold.\n"
)

# %%
picture, ((left, right),) = figure(11, 4.2, 1, 2)
for i, (colour, style) in enumerate(((BLUE, "-"), (GREEN, "--"), (ORANGE, "-."))):
    shown = np.where(curves[:, i] > 1e-20, curves[:, i], np.nan)  # 0 has no place on a logarithmic axis
    left.loglog(STEEPS, shown, style, color=colour, linewidth=1.8, label=f"layer {i + 1}")
left.axvspan(STEEPS[np.argmin(curves[:, :3].max(axis=1) > 1e-12)], 2e4, color=GREY, alpha=0.15, label="next to nothing")
left.set(title="The gradient vanishes on both sides", xlabel="steepness k", ylabel="size of the gradient, at the start")
left.set(xlim=(0.02, 2e4), ylim=(1e-12, 10))
right.semilogx(STEEPS, 100 * curves[:, 3], "--", color=GREY, linewidth=1.8, label="saturated units, at the start")
percent = [100 * result[5] for result in results]
right.semilogx(KS, percent, "o-", color=BLUE, linewidth=1.8, label="right answers, after training")
right.set(
    title="Learning ends where units saturate", xlabel="steepness k", ylabel="%", xlim=(0.02, 2e4), ylim=(-3, 103)
)
tidy(left, right)
show(picture, "steepness")

# %% [markdown]
# What three of the networks have learned: too flat a unit gives no more than a line within the time given, and of the
# steepest nothing has changed since the start.

# %%
grid = np.stack(np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-1.4, 1.4, 200)), axis=-1)
picture, (panels,) = figure(13, 3.8, 1, 3)
chosen = [results[int(np.argmin(abs(KS - k)))] for k in (0.1, 3, 10000)]
for axes, (k, *_rest, best) in zip(panels, chosen, strict=True):
    answers, answers_there = (network(best, lambda z, k=k: nn.sigmoid(k * z), points)[..., 0] for points in (grid, x))
    axes.contourf(*np.moveaxis(grid, -1, 0), answers, levels=[-0.01, 0.5, 1.01], colors=[ORANGE, BLUE], alpha=0.25)
    axes.plot(*x[upper == 1].T, "o", color=BLUE, markersize=3.5)
    axes.plot(*x[upper == 0].T, "^", color=ORANGE, markersize=3.5)
    axes.set(title=f"k = {k:g}: {np.mean((answers_there > 0.5) == upper):.0%} right", xlabel="x₁", ylabel="x₂")
tidy(*panels)
show(picture, "regions")

# %% [markdown]
# ## What to take along
#
# - The gradient of a network of thresholds is 0, exactly and everywhere but on the steps: descent has nothing to go by.
# - A sigmoid gives it slopes. They must be neither too small, $k/4 \ll 1$ to the power of the depth, nor confined to
#   a strip so narrow that no sample falls into it.
# - $\sigma(kz)$ with the weights $W$ is $\sigma(z)$ with the weights $kW$: a network whose first weights are too large
#   is too steep in just this way. That is what initialisers are for.
# - Try: `nn.relu` for the unit, whose derivative is 1 on half of the line; four layers in place of three.
