# %% [markdown]
# # 6. One hidden layer approximates anything: at what width, and whether descent gets there
#
# For each continuous function on a closed and bounded region, there is a network with one hidden layer that comes as
# near to it as asked (Cybenko 1989, Hornik 1991; for all units but polynomials, Leshno et al. 1993). The theorem says
# that weights *exist*. It doesn't say how many units it takes, or whether training finds them. This lab builds such
# weights, counts units for one input and for more, trains the same networks, and adds more layers.

# %%
from collections.abc import Iterable
from itertools import count, pairwise, product, repeat
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.data import FUNCTIONS, curve, sine_product
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, figure, full, progress, show, table, tidy

Layers = list[tuple[Any, Any]]  # a pair (W, b) for each layer; of many networks, each with an axis more, in front


def network(layers: Layers, unit: Any, x: Any) -> Any:
    """The answers of a network with a linear output, or of many."""
    *hidden, (W, b) = layers
    for V, c in hidden:
        x = unit(x @ V + c)
    return x @ W + b


def measured(layers: Layers, unit: Any, x: Any, y: Any) -> tuple[Any, Any, Any, Any]:
    """Of each network: the largest error, the root of the mean squared one, the mean one; the share misread at 1/2."""
    answers, points = network(layers, unit, x), (-2, -1)
    r, misread = np.abs(answers - y), (answers > 0.5) != (y > 0.5)
    return np.max(r, points), np.sqrt(np.mean(r**2, points)), np.mean(r, points), np.mean(misread, points)


def drawn(sizes: list[int], starts: int, gain: float = 1.0) -> Layers:
    """Random weights, uniform in ±1/√n for n inputs of a layer, as those of `nn.Linear`; hidden ones in ±gain/√n."""
    rng, layers = np.random.default_rng(0), []
    for i, (n, m) in enumerate(pairwise(sizes)):
        most = (gain if i < len(sizes) - 2 else 1) / np.sqrt(n)
        layers.append((rng.uniform(-most, most, (starts, n, m)), rng.uniform(-most, most, (starts, 1, m))))
    return layers


def train(layers: Layers, unit: Any, batches: Iterable[Any], steps: int, rate: float) -> Layers:
    """Networks after steps of Adam on the mean squared error, with a rate that falls to 0."""
    trained = [(am.Value(W), am.Value(b)) for W, b in layers]
    optimizer = am.optim.Adam([p for pair in trained for p in pair], lr=rate)
    schedule = am.optim.cosine(steps)
    for t, (x, y) in zip(range(steps), batches, strict=False):
        optimizer.lr_scale = schedule(t)
        optimizer.zero_grad()
        losses = np.mean((network(trained, unit, x) - y) ** 2, axis=(-2, -1))
        np.sum(losses).backward()  # each network's gradient is that of its own loss
        optimizer.step()
    return [(W.data, b.data) for W, b in trained]


# %% [markdown]
# ## Built by hand
#
# A relu unit $\max(x - t, 0)$ has a kink at $t$, and changes the slope from there on. With kinks at knots
# $t_0 < t_1 < \dots$ at distances $h$, and the slopes $s_j$ of $f$ from knot to knot,
#
# $$f(x) \approx f(t_0) + s_0 \max(x - t_0, 0) + \sum_{j\ge1} (s_j - s_{j-1}) \max(x - t_j, 0)$$
#
# is the broken line through the points $(t_j, f(t_j))$. For a smooth $f$ it is off by at most $\max|f''|\,h^2/8$. For
# any $f$ it is off by at most $\omega(h)$, the largest change of $f$ over a distance of $h$. If $f$ is continuous on an
# interval, then $\omega(h) \to 0$ as $h \to 0$. That proves the theorem for one input, and gives the weights. (Steep
# sigmoids do too: a staircase, with a step of height $f(t_j) - f(t_{j-1})$ midway between two knots.)


# %%
def broken_line(f: Any, domain: tuple[float, float], n: int) -> Layers:
    """The network of n relu units that is linear between n + 1 knots, where it is f."""
    t = np.linspace(*domain, n + 1)
    y = f(t)
    return [(np.ones((1, n)), -t[None, :-1]), (np.diff(np.diff(y) / np.diff(t), prepend=0)[:, None], y[None, :1])]


WIDTHS = np.array([2**i + 1 for i in range(2, 10 if full() else 8)])
INTERVALS = 20_000 if full() else 4000  # of the grid for the largest error
errors, changes, bounds, rates = {}, {}, {}, {}
for name, f in FUNCTIONS.items():
    x = np.linspace(*f.domain, INTERVALS + 1)[:, None]
    errors[name] = np.array([measured(broken_line(f, f.domain, n), nn.relu, x, f(x))[0] for n in map(int, WIDTHS)])
    windows = np.lib.stride_tricks.sliding_window_view(f(x)[:, 0], -(-INTERVALS // int(WIDTHS[-1])) + 1)
    changes[name] = np.max(np.ptp(windows, axis=1))  # ω(h) of the largest width
    if name not in ("absolute", "step"):  # these have no second derivative at 0
        second = am.elementwise_grad(am.elementwise_grad(f.compute))(x)
        bounds[name] = np.max(np.abs(second)) * ((f.domain[1] - f.domain[0]) / WIDTHS) ** 2 / 8
    rates[name] = -np.polyfit(np.log(WIDTHS[-4:]), np.log(errors[name][-4:]), 1)[0]
table(
    [
        (f.formula, *errors[name][[1, 3, -1]], bounds[name][-1] if name in bounds else "", changes[name],
         f"{rates[name]:.2f}")
        for name, f in FUNCTIONS.items()
    ],
    ["function", *(f"{n} units" for n in WIDTHS[[1, 3, -1]]), "max|f″|h²/8", "ω(h)", "r"],
    "The largest error, its bounds for the largest width, and how it falls: as width⁻ʳ",
)  # fmt: skip

# %% [markdown]
# Where $f''$ exists, twice as many units leave a quarter of the error; at the kink of $|x|$, half of it. (All widths
# here are odd. With an even one, a knot falls on the kink, and the broken line is exact.) At a jump nothing helps. A
# network of continuous units is continuous, so near a jump of 1 it is off by at least 1/2.

# %%
picture, ((left, right),) = figure(12, 4.2, 1, 2)
f, x = FUNCTIONS["sines"], np.linspace(-1, 1, 1001)[:, None]
left.plot(x, f(x), color=GREY, linewidth=4, alpha=0.5, label=f.formula)
for n, colour, style in ((9, GREEN, ":"), (17, ORANGE, "--"), (33, BLUE, "-")):
    answers = network(broken_line(f, f.domain, n), nn.relu, x)
    left.plot(x, answers, style, color=colour, linewidth=1.5, label=f"{n} units")
left.set(title="Broken lines, built", xlabel="x", ylabel="y", ylim=(-1.3, 2.1))
for name, colour, style in (("step", ORANGE, "^-."), ("absolute", GREEN, "s--"), ("sines", BLUE, "o-")):
    right.loglog(WIDTHS, errors[name], style, color=colour, markersize=4, label=FUNCTIONS[name].formula)
right.loglog(WIDTHS, bounds["sines"], ":", color=BLUE, label="its bound, max|f″|h²/8")
right.set(title="How the error falls", xlabel="hidden units", ylabel="largest error", ylim=(3e-4, 90))
tidy(left, right)
show(picture, "built")

# %% [markdown]
# ## Found by training
#
# The same kind of network, $n$ relu units, for $\sin 2\pi x$. Adam gets 257 points, and starts in three ways: from
# weights drawn as usual, with kinks all over the domain, and from the weights that were built above.


# %%
def scattered(n: int, domain: tuple[float, float], starts: int) -> Layers:
    """Random weights of n relu units with slopes ±1, and kinks anywhere in a domain."""
    rng = np.random.default_rng(0)
    W, kinks = rng.choice([-1.0, 1.0], (starts, 1, n)), rng.uniform(*domain, (starts, 1, n))
    return [(W, -W * kinks), (np.sqrt(2 / n) * rng.normal(size=(starts, n, 1)), np.zeros((starts, 1, 1)))]


def chosen(layers: Layers, i: Any) -> Layers:
    """One of many networks."""
    return [(W[i], b[i]) for W, b in layers]


STARTS, STEPS, TRAINED = (10, 3000, (8, 16, 32)) if full() else (5, 300, (8, 16))
f, samples, grid = FUNCTIONS["sine"], curve("sine", 257), curve("sine", 2001)
built, found, trained = {}, {}, {}
for n in progress(TRAINED, "widths"):
    first = broken_line(f, f.domain, n)
    built[n] = first, *measured(first, nn.relu, *grid)[:2]
    for how, start, rate in (
        ("drawn as usual", drawn([1, n, 1], STARTS), 3e-3),
        ("kinks in the domain", scattered(n, f.domain, STARTS), 3e-3),
        ("from the built one", first, 1e-3),
    ):
        found[n, how] = train(start, nn.relu, repeat(samples), STEPS, rate)
        trained[n, how] = measured(found[n, how], nn.relu, *grid)[:2]
table(
    [
        (f"{n}, {how}", built[n][1], *(pick(largest) for pick in (np.min, np.median, np.max)),
         f"{np.sum(largest < built[n][1])} of {np.size(largest)}", built[n][2], np.median(root))
        for (n, how), (largest, root) in trained.items()
    ],
    ["units, start", "built", "best", "median", "worst", "below built", "built, root mean square", "median"],
    "The largest error of the built network and of the trained ones, and roots of mean squares",
)  # fmt: skip

# %% [markdown]
# So existence is no promise: nearly all trained networks are worse than the one that we know. Drawn as usual, half of
# the kinks are outside of the domain. Such a unit is a line there, or 0 and without a gradient. Kinks inside help a
# little, but hardly move to where they are needed. From the built weights, descent shifts the knots, and improves what
# it descends on, the mean square. (The largest error, which it isn't told of, may rise meanwhile.)

# %%
picture, ((left, right),) = figure(12, 4.2, 1, 2)
left.plot(*grid, color=GREY, linewidth=4, alpha=0.5, label=f.formula)
order = np.argsort(trained[16, "drawn as usual"][0])
for label, layers, colour, style in (
    ("built", built[16][0], BLUE, "-"),
    ("the best, drawn as usual", chosen(found[16, "drawn as usual"], order[0]), GREEN, "--"),
    ("the worst", chosen(found[16, "drawn as usual"], order[-1]), ORANGE, "-."),
):
    left.plot(grid[0], network(layers, nn.relu, grid[0]), style, color=colour, linewidth=1.5, label=label)
left.set(title="16 units, built and trained", xlabel="x", ylabel="y", ylim=(-1.3, 2.1))
hows = ("drawn as usual", "kinks in the domain", "from the built one")
for how, shift, marker, colour in zip(hows, (0.93, 1.07, 1), ("^", "s", "D"), (ORANGE, GREEN, GREY), strict=True):
    places = [(n * shift, e) for n in TRAINED for e in np.ravel(trained[n, how][0])]
    right.loglog(*np.transpose(places), marker, color=colour, markersize=5, alpha=0.7, label=f"trained, {how}")
right.loglog(TRAINED, [built[n][1] for n in TRAINED], "o-", color=BLUE, label="built")
right.set(title="Each start of each width", xlabel="hidden units", ylabel="largest error", ylim=(None, 12))
right.set_xticks(TRAINED, labels=map(str, TRAINED))
right.minorticks_off()
tidy(left, right)
show(picture, "found")

# %% [markdown]
# ## More inputs
#
# How many units does the same error take, with $d$ inputs? The target, $\sin \pi x_1 \cdots \sin \pi x_d$, is as smooth
# along each axis whatever $d$ is. Its mean square falls, though, as $2^{-d}$. So we ask for an error (the root of the
# mean square) of 15% of the target's. There are four ways:
#
# - *A grid*, for functions of which we know no more than that they are smooth: interpolation between $(m+1)^d$ values.
# - *Waves*, built: the product is a sum of waves in $2^{d-1}$ directions $s \in \{1\} \times \{-1, 1\}^{d-1}$,
#   $$\prod_i \sin \pi x_i = 2^{1-d} \sum_s \Bigl(\prod_i s_i\Bigr) \cos\bigl(\pi\, s \cdot x - d\,\tfrac\pi2\bigr),$$
#   and each wave is a broken line of $m$ relu units with the weights $s$.
# - *Random* units, $\tanh(w \cdot x + b)$ with $w_i$ and $b$ uniform in $\pm3$, and the output that fits best, by least
#   squares.
# - *Trained* units: all weights, by Adam, from such a start, with new points in each step; the best of three starts.

# %%
DIMENSIONS = (1, 2, 3, 4) if full() else (1, 2, 3)
TRIED = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128) if full() else (4, 16, 32, 64)
TOLERANCE = 0.15


def relative(layers: Layers, unit: Any, d: int) -> Any:
    """The root of the mean squared error on new points, as a share of the target's."""
    x, y = sine_product(4000, d, seed=100_000)
    return measured(layers, unit, x, y)[1] / np.sqrt(np.mean(y**2))


def grid_error(d: int, m: int) -> Any:
    """The same of multilinear interpolation, which for a product is the product of broken lines."""
    x, knots = np.linspace(-1, 1, 5001), np.linspace(-1, 1, m + 1)
    y, line = np.sin(np.pi * x), np.interp(x, knots, np.sin(np.pi * knots))
    return np.sqrt(1 - 2 * (np.mean(y * line) / np.mean(y * y)) ** d + (np.mean(line * line) / np.mean(y * y)) ** d)


def waves(d: int, m: int) -> Layers:
    """The network of m relu units for each wave."""
    (_, b), (v, c) = broken_line(lambda u: np.cos(np.pi * u - d * np.pi / 2), (-d, d), m)
    signs = np.array([(1, *s) for s in product((1, -1), repeat=d - 1)])
    heights = np.prod(signs, axis=1) / len(signs)
    hidden = np.repeat(signs.T, m, axis=1), np.tile(b, len(signs))
    return [hidden, (np.kron(heights[:, None], v), c * np.sum(heights))]


def random_units(d: int) -> tuple[int, Any]:
    """How many random units it takes, and the error on new points."""
    (W, b), _ = drawn([d, 12 * 4**d, 1], 1, 3 * np.sqrt(d))
    x, y = sine_product(2000 * d, d, seed=1)
    # From R of QR = (1, units, y) we read off what is left of y after 1, 2, ... columns.
    R: Any = np.linalg.qr(np.concatenate([np.ones_like(y), np.tanh(x @ W[0] + b[0]), y], axis=1), mode="r")
    left = np.sqrt(np.maximum(1 - np.cumsum(R[:-1, -1] ** 2) / np.sum(R[:, -1] ** 2), 0))
    n = int(np.argmax(left <= TOLERANCE))
    v = np.linalg.solve(R[: n + 1, : n + 1], R[: n + 1, -1:])
    return n, relative([(W[0, :, :n], b[0, :, :n]), (v[1:], v[0])], np.tanh, d)


def trained_error(d: int, n: int) -> Any:
    """The error of the best of three trained networks."""
    new = (sine_product(500, d, seed=t) for t in count())
    layers = train(drawn([d, n, 1], 3, 3 * np.sqrt(d)), np.tanh, new, 2000 if full() else 400, 0.03)
    return np.min(relative(layers, np.tanh, d))


needed, n = [], 2
for d in progress(DIMENSIONS, "inputs"):
    cells = next(m for m in count(2) if grid_error(d, m) <= TOLERANCE)
    parts = next(m for m in count(2) if relative(waves(d, m), nn.relu, d) <= TOLERANCE)
    n = next(m for m in TRIED if m >= n and trained_error(d, m) <= TOLERANCE)
    needed.append((d, (cells + 1) ** d, 2 ** (d - 1) * parts, *random_units(d), n))
counts = np.array(needed)[:, [1, 2, 3, 5]]
fits = np.array([np.polyfit(DIMENSIONS, np.log(column), 1) for column in counts.T])  # log width ≈ b d + a
factors = np.exp(fits[:, 0])
table(
    [*needed, ("each input multiplies by", *factors[:3], "", factors[3])],
    ["inputs d", "values of a grid", "units of waves", "random units", "their error on new points", "trained units"],
    f"What an error of {TOLERANCE:.0%} takes",
)

# %% [markdown]
# Each way is exponential in $d$; how steep depends on what is known. A grid knows nothing of the function, random units
# have their output fitted, trained ones turn to where they are needed, and the waves were built for this function. It
# isn't always that bad: if the Fourier transform has a moment $C = \int |\omega|\,|\hat f(\omega)|\,d\omega$, then in a
# ball of radius $r$ there are $n$ units with a mean squared error of order $(rC)^2/n$, for any $d$ (Barron 1993). Here
# $C = \pi\sqrt d$ and $r = \sqrt d$, which grow slowly. That even the best numbers grow exponentially comes of our
# asking for a share of a target whose mean square is $2^{-d}$.

# %%
picture, ((axes,),) = figure(7, 4.4, 1, 1)
ways = ("values of a grid", "random units, output fitted", "waves, built", "trained units")
for name, i, colour, style in zip(ways, (0, 2, 1, 3), (GREY, ORANGE, GREEN, BLUE), ("s", "^", "D", "o"), strict=True):
    axes.semilogy(DIMENSIONS, counts[:, i], style, color=colour, label=f"{name}: ×{factors[i]:.1f}")
    axes.semilogy(DIMENSIONS, np.exp(np.polyval(fits[i], DIMENSIONS)), ":", color=colour, linewidth=1.5)
axes.set(title=f"Each input multiplies what an error of {TOLERANCE:.0%} takes", xlabel="inputs d", ylabel="number")
axes.set(xticks=DIMENSIONS)
tidy(axes)
show(picture, "inputs")

# %% [markdown]
# ## Jumps, and a second layer
#
# The indicator of a region is 1 inside and 0 outside. Continuous units can't be near it everywhere. So we measure the
# *mean* error, and the share of points that are *misread*: on the wrong side of 1/2.
#
# Two layers of thresholds make a polygon exactly. Units of the first layer are half planes, one for each side. One unit
# of the second is 1 where enough of them are: for a square, all four. For an L, a square with a corner cut out, the
# four sides count 2, those of the corner 1, and it takes more than 8. With sigmoids of steepness $k$ for thresholds,
# the error is in a strip along the sides, whose width falls as $1/k$.
#
# One layer can't: a sum of half planes jumps by the same height all along a line, the indicator only along the side. We
# fit the best sum of the same half planes by least squares. (Read at 1/2 it is right, but that is a second layer.)

# %%
SIDES = np.array([[1, -1, 0, 0, -1, 0], [0, 0, 1, -1, 0, -1]]), np.array([[0.7, 0.7, 0.7, 0.7, 0, 0]])
POLYGON = [SIDES, (np.array([[2], [2], [2], [2], [1], [1]]), np.array([[-8.5]])), (np.ones((1, 1)), np.zeros((1, 1)))]
REGIONS: dict[str, Any] = {
    "disc": lambda p: 1.0 * (np.sum(p**2, axis=1, keepdims=True) < 0.36),
    "L": lambda p: 1.0 * (np.all(abs(p) < 0.7, axis=1, keepdims=True) & np.any(p < 0, axis=1, keepdims=True)),
}
KS = 10.0 * 2 ** np.arange(5)
along = np.linspace(-1, 1, 160)  # no point is on a side
plane = np.stack(np.meshgrid(along, along), axis=-1).reshape(-1, 2)
ell = REGIONS["L"](plane)
exact = measured(POLYGON, nn.threshold, plane, ell)[2:]
steep = [measured(POLYGON, lambda z, k=k: nn.sigmoid(k * z), plane, ell)[2:] for k in KS]
halves = np.concatenate([np.ones_like(ell), nn.threshold(plane @ SIDES[0] + SIDES[1])], axis=1)
best_sum = halves @ np.linalg.lstsq(halves, ell, rcond=None)[0]
summed = np.mean(np.abs(best_sum - ell)), np.mean((best_sum > 0.5) != ell)
table(
    [
        ("two layers, thresholds", *exact),
        *((f"two layers, sigmoids, k = {k:g}", *off) for k, off in zip(KS, steep, strict=True)),
        ("one layer, thresholds: the best sum", *summed),
    ],
    ["built", "mean error", "misread"],
    "An L, of six half planes",
)

# %% [markdown]
# Now trained, with tanh: $M$ units in each of two layers have $M^2 + 5M + 1$ weights, as many as $M(M + 5)/4$ units in
# one layer.

# %%
PAIRS, REPEATS, PLANE_STEPS = ((4, 8, 12), 5, 1200) if full() else ((8,), 3, 400)
p = np.random.default_rng(0).uniform(-1, 1, (1000, 2))
learned, compared = {}, []
for name, M in progress(list(product(REGIONS, PAIRS)), "regions"):
    inside, row = REGIONS[name], []
    for sizes in ([2, M * (M + 5) // 4, 1], [2, M, M, 1]):
        layers = train(drawn(sizes, REPEATS, 3), np.tanh, repeat((p, inside(p))), PLANE_STEPS, 0.05)
        largest, _, mean, misread = measured(layers, np.tanh, plane, inside(plane))
        learned[name, len(sizes) - 2, M] = layers, largest, mean
        row += ["+".join(map(str, sizes[1:-1])), np.median(mean), f"{np.median(misread):.1%}"]
    compared.append((f"{name}, {M**2 + 5 * M + 1} weights", *row))
table(
    compared,
    ["", "one layer", "mean error", "misread", "two layers", "mean error", "misread"],
    f"As many weights in one layer or in two: the median of {REPEATS} starts",
)

# %% [markdown]
# Two layers have about half of the mean error, where one layer gains little from more units. In points misread, which
# forgive a slope that is too gentle, they are nearer to each other.

# %%
picture, ((left, middle, right),) = figure(13.5, 4, 1, 3)
turn = np.linspace(0, 2 * np.pi, 200)
for axes, hidden, title in ((left, 1, "one hidden layer"), (middle, 2, "two hidden layers")):
    layers, _, mean = learned["disc", hidden, 8]
    answers = network(chosen(layers, np.argsort(mean)[len(mean) // 2]), np.tanh, plane).reshape(160, 160)
    image = axes.contourf(along, along, answers, levels=np.linspace(-0.5, 1.5, 21), cmap="RdYlBu_r", extend="both")
    axes.plot(0.6 * np.cos(turn), 0.6 * np.sin(turn), color="black", linewidth=1.2)
    axes.set(title=f"105 weights in {title}", xlabel="x₁", ylabel="x₂")
picture.colorbar(image, ax=middle, label="answer")
for (name, hidden), style in zip(product(REGIONS, (1, 2)), ("o-", "o-", "s--", "s--"), strict=True):
    medians = [np.median(learned[name, hidden, M][2]) for M in PAIRS]
    label, colour = (f"{name}, one layer", ORANGE) if hidden == 1 else (f"{name}, two layers", BLUE)
    right.plot([M**2 + 5 * M + 1 for M in PAIRS], medians, style, color=colour, label=label)
right.set(title="As many weights, in one or two", xlabel="weights", ylabel="mean error", ylim=(0, 0.27))
tidy(right)
show(picture, "regions")

# %% [markdown]
# ## Depth
#
# The tent $T(x) = 2\max(x, 0) - 4\max(x - \tfrac12, 0)$ goes from 0 up to 1 and back. Composed $k$ times it is a saw of
# $2^k$ straight pieces, in $k$ layers of 2 units, $6k + 1$ weights. In one layer each unit adds a kink, so $n$ units
# make at most $n + 1$ pieces. As many weights are $2k$ units there, and $2k + 1$ pieces. Each crosses the height 1/2
# once at most. The $2^k + 1$ ends of the saw's pieces lie above and below it in turn, so at least $(2^k - 2k - 1)/2$ of
# them are misread, whatever the weights (after Telgarsky 2016).


# %%
def saw(k: int) -> Layers:
    """The tent, composed k times."""
    kinks, down = np.array([[0.0, -0.5]]), np.array([[2.0], [-4.0]])
    return [(np.ones((1, 2)), kinks), *[(down @ np.ones((1, 2)), kinks)] * (k - 1), (down, np.zeros((1, 1)))]


def size(layers: Layers) -> int:
    """The number of weights."""
    return sum(array.size for pair in layers for array in pair)


def teeth(k: int, x: Any) -> Any:
    """The answers of the saw."""
    return network(saw(k), nn.relu, x)


saws, x = [], np.linspace(0, 1, 1025)[:, None]  # all kinks are among these points
for k in range(1, 9):
    y, wide = teeth(k, x), broken_line(lambda t, k=k: teeth(k, t[:, None])[:, 0], (0, 1), 2**k)
    pieces = 1 + int(np.count_nonzero(np.diff(y[:, 0], 2)))
    least = max(0, 2**k - 2 * k - 1) / 2 / (2**k + 1)
    same = np.array_equal(network(wide, nn.relu, x), y)
    saws.append((k, pieces, size(saw(k)), size(wide), same, 2 * k + 1, f"{least:.0%}"))
table(
    saws,
    ["k", "pieces", "weights, k layers", "one layer", "same answers", "pieces of 2k units", "ends misread"],
    "A saw in k layers and in one; and what one layer with as many weights as the k layers can do at best",
)

# %% [markdown]
# Can it be learned? Again this is another question. We train both from random weights, the deep one also from its exact
# weights, each disturbed by 3%, and both with more units than it takes, as many weights in each.

# %%
SAWS, SAW_STEPS = ((3, 4), 2000) if full() else ((4,), 250)
x, rng, trials = np.linspace(0, 1, 513)[:, None], np.random.default_rng(0), {}
for k in progress(SAWS, "saws"):
    near = [tuple(a * (1 + 0.03 * rng.normal(size=(6, *a.shape))) for a in pair) for pair in saw(k)]
    ends = np.arange(2**k + 1)[:, None] / 2**k
    for how, first, rate in (
        (f"one layer of {2 * k}", scattered(2 * k, (0, 1), 6), 0.03),
        (f"{k} layers of 2", drawn([1, *[2] * k, 1], 6, np.sqrt(6)), 0.03),
        (f"{k} layers of 2, near the exact weights", near, 0.003),
        ("one layer of 80", scattered(80, (0, 1), 6), 0.01),
        ("4 layers of 8", drawn([1, 8, 8, 8, 8, 1], 6, np.sqrt(6)), 0.01),
    ):
        layers = train(first, nn.relu, repeat((x, teeth(k, x))), SAW_STEPS, rate)
        before, after = (measured(w, nn.relu, x, teeth(k, x))[1] for w in (first, layers))
        trials[k, how] = layers, before, after, measured(layers, nn.relu, ends, teeth(k, ends))[3]
table(
    [
        (f"{2**k} pieces, {how}", size(layers) // 6, np.median(before), np.median(after), np.min(after),
         f"{np.median(misread):.0%}", f"{np.min(misread):.0%}")
        for (k, how), (layers, before, after, misread) in trials.items()
    ],
    ["saw, network", "weights", "at the start", "trained: median", "best", "ends misread: median", "best"],
    "Saws, trained from six starts: roots of mean squared errors (a constant 1/2 has 0.289)",
)  # fmt: skip

# %% [markdown]
# From random weights, the small networks learn next to nothing: the shallow one can't, the deep one could, and doesn't.
# Near the exact weights, descent finds most of the way back. With ten times the weights, both could be exact for these
# saws, and it is the *shallow* one that gets nearer. What depth can express is proved; that descent finds it isn't.

# %%
picture, ((left, right),) = figure(12, 4, 1, 2)
k = SAWS[-1]
left.plot(x, teeth(k, x), color=GREY, linewidth=4, alpha=0.5, label=f"saw of {2**k} pieces")
for how, style in ((f"{k} layers of 2, near the exact weights", "-"), (f"one layer of {2 * k}", "--")):
    layers, _, after, _ = trials[k, how]
    best = network(chosen(layers, np.argmin(after)), nn.relu, x)
    left.plot(x, best, style, color=BLUE if style == "-" else ORANGE, linewidth=1.5, label=f"trained: {how}")
left.set(title=f"{6 * k + 1} weights, deep and shallow: the best of six", xlabel="x", ylabel="y", ylim=(-0.1, 1.7))
_, pieces_of_deep, weights, _, _, pieces_of_wide, _ = zip(*saws, strict=True)
right.semilogy(weights, pieces_of_deep, "o-", color=BLUE, label="k layers of 2: 2ᵏ")
right.semilogy(weights, pieces_of_wide, "s--", color=ORANGE, label="one layer of 2k: at most 2k + 1")
right.set(title="Straight pieces that as many weights make", xlabel="weights", ylabel="pieces")
tidy(left, right)
show(picture, "saw")

# %% [markdown]
# ## What to take along
#
# - One hidden layer is enough for any continuous function. With one input the weights can be written down, and the
#   error falls as $h^2$, or as $h$ where there is a kink, and not at all at a jump.
# - That weights exist doesn't mean that descent finds them. Where it starts decides.
# - The number of units for a given error grows by a factor with each input. How large it is depends on what is known.
# - A second layer makes regions with sharp sides, and depth makes pieces, of far fewer weights. The first is found by
#   training, too, the second hardly.
# - Try: `np.tanh` for `nn.relu` in the second section. Drawn as usual, it learns $\sin 2\pi x$ far better. (The weights
#   that were built for relu are nothing for it.)
