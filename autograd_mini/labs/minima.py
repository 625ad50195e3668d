# %% [markdown]
# # 5. Where descent ends depends on where it starts, and nothing guarantees the best
#
# Descent goes downhill until the gradient vanishes. A landscape with several valleys has several such places, and
# descent finds the bottom of the one it is in. This lab draws maps of who ends where, for functions of one and two
# variables and for a small network, tells minima from saddles by the Hessian, and measures what more starts, noise and
# momentum can do.

# %%
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini import data, nn
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, figure, full, progress, show, table, tidy

# %% [markdown]
# ## One variable
#
# A double well, tilted: $f(x) = (x^2 - 1)^2 + 0.3\,x$. Its derivative is a polynomial of degree three, whose roots
# NumPy finds: two minima, of which the left one is lower, and a maximum between them. We let descent run from many
# starts, and look for the border between those that go left and those that go right, by halving.


# %%
def double_well(x: Any) -> Any:
    """Two valleys, the left one deeper."""
    return (x**2 - 1) ** 2 + 0.3 * x


def ends(x: Any) -> Any:
    """Where descent ends, from each of many starts."""
    slope = am.elementwise_grad(double_well)
    for _ in range(300):
        x = x - 0.05 * slope(x)
    return x


roots = np.sort(np.roots([4, 0, -4, 0.3]).real)
curvatures = am.elementwise_grad(am.elementwise_grad(double_well))(roots)
names = ["minimum" if c > 0 else "maximum" for c in curvatures]
starts = np.linspace(-1.6, 1.6, 65)
reached = ends(starts)
low, high = -0.5, 0.5
for _ in range(45):
    middle = (low + high) / 2
    low, high = (middle, high) if ends(np.array([middle]))[0] < roots[1] else (low, middle)

table(
    [
        (name, x, double_well(x), c, np.mean(abs(reached - x) < 1e-6))
        for name, x, c in zip(names, roots, curvatures, strict=True)
    ],
    ["", "x", "f(x)", "second derivative", "share of starts that end here"],
    "Stationary points of the double well",
)
print(f"The border between the starts, by halving: {low:.9f}; the maximum: {roots[1]:.9f}.\n")

# %% [markdown]
# The border is the maximum: what starts to the left of it goes left, however much lower or higher the other valley is.
# Descent sees a slope, and nothing of what lies behind the hill.
#
# ## Two variables
#
# The function of Himmelblau (1972), $(x^2 + y - 11)^2 + (x + y^2 - 7)^2$, has four minima, all with the value 0. We
# find its stationary points by Newton's method, which goes to any of them, from a grid of starts. The eigenvalues of
# the Hessian tell what they are: both positive at a minimum, one negative at a *saddle*, both at a summit.

# %%
STEPS, RATE = 600 if full() else 300, 0.002


def himmelblau(p: Any) -> Any:
    """Four valleys of the same depth."""
    x, y = p[..., 0], p[..., 1]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def newton(p: Any) -> Any:
    """The stationary point that Newton's method finds."""
    for _ in range(30):
        p = p - np.linalg.solve(am.hessian(himmelblau)(p), am.grad(himmelblau)(p))
    return p


def kind(spectrum: Any) -> str:
    """What a stationary point is, by the eigenvalues of the Hessian."""
    return "minimum" if spectrum[0] > 0 else "summit" if spectrum[-1] < 0 else "saddle"


corners = np.linspace(-4.5, 4.5, 7)
found = [newton(np.array([x, y])) for x in corners for y in corners]
points = np.unique([np.round(p, 8) for p in found if np.linalg.norm(am.grad(himmelblau)(p)) < 1e-9], axis=0)
spectra = [np.linalg.eigvalsh(am.hessian(himmelblau)(p)) for p in points]
kinds = np.array([kind(spectrum) for spectrum in spectra])
minima, saddles = points[kinds == "minimum"], points[kinds == "saddle"]


def slope_of(function: Any) -> Any:
    """The gradient of each row by itself: that of the sum over the rows."""
    return am.grad(lambda p: np.sum(function(p)))


def descend(slope: Any, p: Any, steps: int, rate: float, momentum: float = 0.0, noise: float = 0.0) -> Any:
    """Where descent ends from each row; noise of this size is added to the gradient, and falls to 0."""
    rng = np.random.default_rng(0)
    velocity = np.zeros_like(p)
    for step in range(steps):
        g = slope(p)
        if noise:
            g = g + noise * (1 - step / steps) * rng.normal(size=p.shape)
        velocity = momentum * velocity - rate * g
        p = p + velocity
    return p


def nearest(p: Any) -> Any:
    """Which minimum is nearest to each row."""
    return np.argmin(np.sum((p[..., None, :] - minima) ** 2, axis=-1), axis=-1)


GRID = 161 if full() else 41
side = np.linspace(-6, 6, GRID)
grid = np.stack(np.meshgrid(side, side), axis=-1)
WAYS = {
    "short steps": (RATE, 0.0),
    "steps six times as long": (6 * RATE, 0.0),
    "short steps with momentum": (RATE, 0.9),
}
maps = {name: nearest(descend(slope_of(himmelblau), grid, STEPS, *way)) for name, way in progress(WAYS.items(), "maps")}
base = maps["short steps"]


def place(p: Any) -> str:
    """A point as text."""
    return "({:.3f}, {:.3f})".format(*p)


table(
    [
        (name, place(p), himmelblau(p), *spectrum, f"{np.mean(base == nearest(p)):.1%}" if name == "minimum" else "")
        for name, p, spectrum in sorted(zip(kinds, points, spectra, strict=True), key=lambda row: himmelblau(row[1]))
    ],
    ["", "at", "value", "eigenvalues", "of H", "share of starts"],
    "The stationary points of Himmelblau's function",
)
moved = {name: float(np.mean(map_ != base)) for name, map_ in maps.items()}
for name, share in list(moved.items())[1:]:
    print(f"With {name}, {share:.0%} of the starts end in another minimum.")
print()

# %% [markdown]
# The starts that end in one minimum are its *basin*. Where two basins meet there is a saddle: the two ways down from it
# lead into different valleys. With longer steps or with momentum, descent jumps over ridges, and the map frays; but it
# is still decided by the start.

# %%
ways_down = []
for saddle in saddles:
    vectors = np.linalg.eigh(am.hessian(himmelblau)(saddle)).eigenvectors
    both = descend(slope_of(himmelblau), saddle + 1e-3 * np.array([-1, 1])[:, None] * vectors[:, 0], 1000, RATE)
    ways_down.append((saddle, both))
table(
    [(place(saddle), himmelblau(saddle), *(place(end) for end in both)) for saddle, both in ways_down],
    ["saddle", "value", "one way down leads to", "the other to"],
    "From a saddle, descent goes to two minima",
)

# %%
picture, panels = figure(13, 3.7, 1, 4)
line, *squares = panels[0]
line.plot(starts, double_well(starts), color=GREY, linewidth=1)
for root, colour, marker in ((roots[0], BLUE, "o"), (roots[2], ORANGE, "s")):
    here = abs(reached - root) < 1e-6
    line.plot(starts[here], double_well(starts[here]), marker, color=colour, markersize=4)
    line.plot(root, double_well(root), "*", color=colour, markeredgecolor="black", markersize=14)
line.axvline(roots[1], color="black", linewidth=0.8, linestyle=":")
line.set(title="The border is the hilltop", xlabel="start x", ylabel="f(x)")
tidy(line)
for axes, (name, map_) in zip(squares, maps.items(), strict=True):
    for i, colour in enumerate((BLUE, ORANGE, GREEN, GREY)):
        axes.contourf(side, side, 1.0 * (map_ == i), levels=[0.5, 1.5], colors=[colour], alpha=0.6)
    axes.contour(side, side, himmelblau(grid), levels=[5, 20, 60, 120, 200, 500], colors="white", linewidths=0.6)
    axes.plot(*minima.T, "*", color="black", markersize=9)
    axes.plot(*saddles.T, "x", color="black", markersize=6)
    axes.set(title=name.capitalize(), xlabel="start x", aspect="equal")
squares[0].set_ylabel("start y")
show(picture, "basins")

# %% [markdown]
# ## A network: XOR with two hidden units
#
# The smallest task that needs a hidden layer: 0 for equal inputs, 1 for different ones. The network has two hidden
# units and an output, all sigmoids, nine weights; its loss is the mean squared error, and a small penalty
# $\alpha \lVert w \rVert^2$. Without the penalty the weights run off to infinity, since sigmoids never reach 0 and 1;
# with it, minima are points that we can look at.

# %%
corners_of_square, labels = data.xor()
ALPHA = 1e-4


def xor_answers(w: Any, inputs: Any) -> Any:
    """The network's answers; w may be many networks, of shape (..., 9)."""
    a, b, c, v = (w[..., None, 2 * i : 2 * i + 2] for i in range(4))
    hidden = nn.sigmoid(inputs[..., 0, None] * a + inputs[..., 1, None] * b + c)
    return nn.sigmoid(np.sum(hidden * v, axis=-1) + w[..., 8:])


def xor_loss(w: Any, inputs: Any = corners_of_square, targets: Any = labels) -> Any:
    """The loss of a network, or that of each of many."""
    errors = np.mean((xor_answers(w, inputs) - targets) ** 2, axis=-1)
    return errors + ALPHA * np.sum(w**2, axis=-1)


def settle(w: Any) -> Any:
    """Go to the bottom of the valley, with momentum, which gets through the long flat parts."""
    return descend(slope_of(xor_loss), w, 2000 if full() else 700, rate=4.0, momentum=0.95)


NETWORKS = 400 if full() else 80
weights = 2 * np.random.default_rng(0).normal(size=(NETWORKS, 9))
weights[0, 1:8:2] = weights[0, 0:8:2]  # both units of the first network are the same
weights[1] = 0.0
settled = settle(weights)
losses, sizes = xor_loss(settled), np.linalg.norm(slope_of(xor_loss)(settled), axis=1)
answers = xor_answers(settled, corners_of_square)
solved = np.all((answers > 0.5) == labels, axis=1)

# %% [markdown]
# All have come to rest: the gradients in the table are next to 0. So each is a stationary point, and the eigenvalues
# of `am.hessian` tell of which kind. Two starts are special. The first network began with two equal units, which get
# equal gradients, and remain equal: it stands on a saddle, where every way down makes them differ. The second began
# with all weights 0, where the gradient is exactly 0.

# %%
places: dict[float, list[int]] = {}
for i, value in enumerate(losses):
    places.setdefault(round(float(value), 4), []).append(i)
xor_points = []
for value, members in sorted(places.items()):
    spectrum = np.linalg.eigvalsh(am.hessian(xor_loss)(settled[members[0]]))
    outputs = " ".join(f"{answer:.2f}" for answer in answers[members[0]])
    xor_points.append((kind(spectrum), value, len(members), outputs, np.max(sizes[members]), spectrum[0]))
table(
    xor_points,
    ["", "loss", "starts", "answers to 00 01 10 11", "largest gradient", "smallest eigenvalue of H"],
    f"Where {NETWORKS} starts end",
)
share = float(np.mean(solved[2:]))
print(f"{share:.0%} of the random starts solve the task.\n")

# %% [markdown]
# The others answer 0.5 to two of the four questions, and every small change of the weights makes it worse: local
# minima, with all eigenvalues above 0. Even those who solve the task differ, and the lowest loss of all is found by one
# start in five. (Each row stands for several points: with the units or the inputs exchanged, the loss is the same.)

# %%
picture, (panels,) = figure(13, 4, 1, 3)
w, curves = weights[2:62], []
for _ in range(100 if full() else 25):
    curves.append(xor_loss(w))
    w = descend(slope_of(xor_loss), w, 20, rate=4.0)
for curve in np.transpose(curves):
    solves = curve[-1] < 0.1
    panels[0].plot(
        20 * np.arange(len(curve)), curve, "-" if solves else "--", color=BLUE if solves else ORANGE, linewidth=0.8
    )
panels[0].plot([], [], color=BLUE, label="solves the task")
panels[0].plot([], [], "--", color=ORANGE, label="doesn't")
panels[0].set(title="Down by stairs, or stuck on one", xlabel="step", ylabel="loss")
tidy(panels[0])
stuck = 2 + int(np.argmin(solved[2:]))  # the first random start that doesn't solve the task
unit = np.linspace(-0.25, 1.25, 121)
square = np.stack(np.meshgrid(unit, unit), axis=-1)
for axes, i, title in ((panels[1], int(np.argmin(losses)), "The best minimum"), (panels[2], stuck, "A local minimum")):
    heights = xor_answers(settled[i], square.reshape(-1, 2)).reshape(121, 121)
    shown = axes.contourf(unit, unit, heights, levels=np.linspace(0, 1, 11), cmap="Greys", alpha=0.6)
    for label, colour, marker in ((0, ORANGE, "^"), (1, BLUE, "o")):
        axes.plot(*corners_of_square[labels == label].T, marker, color=colour, markersize=11, markeredgecolor="white")
    axes.set(title=f"{title}: loss {losses[i]:.3f}", xlabel="x₁", ylabel="x₂")
picture.colorbar(shown, ax=panels[2], label="answer")
show(picture, "xor")

# %% [markdown]
# ## What helps: more starts, noise, momentum
#
# A *success* is an end in the lowest valley. To have one in the landscape of Himmelblau, we tilt it towards $(3, 2)$ by
# $\tfrac12 \lVert p - (3, 2)\rVert^2$; for XOR, a success is a network that solves the task. Three things may raise the
# share of successes. *Momentum* carries over small ridges. *Noise* pushes over larger ones, if it is as large as the
# slopes there; it must fall to 0, or nothing comes to rest. In training, noise comes for nothing: the gradient of one
# sample in place of all is a *stochastic* gradient. And one may simply *start again*, and keep the best.


# %%
def tilted(p: Any) -> Any:
    """Four valleys, that at (3, 2) the lowest."""
    return himmelblau(p) + 0.5 * np.sum((p - np.array([3.0, 2.0])) ** 2, axis=-1)


def one_sample(w: Any) -> Any:
    """The gradient of each network for one of the four samples, at random."""
    which = sampler.integers(4, size=len(w))
    return slope_of(lambda w: xor_loss(w, corners_of_square[which][:, None], labels[which][:, None]))(w)


sampler = np.random.default_rng(1)
HILLS, HILL_STEPS, XOR_STEPS = (2000, 1000, 2000) if full() else (600, 100, 100)
points_on_hills = np.random.default_rng(2).uniform(-6, 6, size=(HILLS, 2))


def hills(steps: int, **options: float) -> Any:
    """Which starts on the tilted landscape end in the lowest valley, after walking in some way and then settling."""
    p = descend(slope_of(tilted), points_on_hills, steps, RATE, **options)
    return np.linalg.norm(descend(slope_of(tilted), p, 150, RATE) - [3, 2], axis=1) < 0.5


def networks(slope: Any, rate: float, **options: float) -> Any:
    """Which networks solve the task, after walking in some way and then settling."""
    w = settle(descend(slope, weights[2:], XOR_STEPS, rate, **options))
    return xor_loss(w) < 0.1


by_xor = slope_of(xor_loss)
trials = {
    "hills: descent": hills(HILL_STEPS),
    "hills: momentum 0.9": hills(HILL_STEPS, momentum=0.9),
    "hills: noise": hills(HILL_STEPS, noise=200.0),
    "hills: noise, ten times the steps": hills(10 * HILL_STEPS, noise=200.0),
    "XOR: descent": networks(by_xor, 4.0),
    "XOR: momentum 0.9": networks(by_xor, 4.0, momentum=0.9),
    "XOR: noise": networks(by_xor, 1.0, noise=0.1),
    "XOR: stochastic gradients": networks(one_sample, 1.0),
}


def deviation(successes: Any) -> float:
    """The standard deviation of a share of successes."""
    p = np.mean(successes)
    return float(np.sqrt(p * (1 - p) / len(successes)))


shares = {name: float(np.mean(successes)) for name, successes in trials.items()}
table(
    [
        (name, len(successes), f"{shares[name]:.1%}", f"{deviation(successes):.1%}")
        for name, successes in trials.items()
    ],
    ["", "starts", "successes", "±"],
    "The share of starts that end in the lowest valley",
)

# %% [markdown]
# On the hills momentum helps a little, and noise more, the longer it may last. On XOR none of them makes a difference
# that could be told from chance.
#
# ### Start again
#
# If one start succeeds with the probability $p$, at least one of $k$ independent starts does with the probability
# $1 - (1 - p)^k$. We take $p$ from one half of the starts, and count the successes in groups of $k$ from the other
# half.

# %%
KS = (1, 2, 3, 5, 10)


def of_groups(successes: Any, k: int) -> Any:
    """Whether there is a success in each group of k."""
    return successes[: len(successes) // k * k].reshape(-1, k).any(axis=1)


restarts = []
for name in ("hills: descent", "XOR: descent"):
    one_half, other_half = np.array_split(trials[name], 2)
    p = float(np.mean(one_half))
    for k in KS:
        groups = of_groups(other_half, k)
        restarts.append((name, k, 1 - (1 - p) ** k, float(np.mean(groups)), len(groups)))
table(
    [(name, k, f"{foreseen:.1%}", f"{counted:.1%}", n) for name, k, foreseen, counted, n in restarts],
    ["", "starts k", "1 − (1 − p)ᵏ", "counted", "groups"],
    "The best of k starts is the lowest valley",
)

# %% [markdown]
# On the hills, ten starts cost as much as the long noise, and succeed more often. But that is so because there are four
# valleys.
#
# ### No guarantee
#
# The sum of $d$ double wells, $\sum_i f(x_i)$, has $2^d$ minima, and one of them is the lowest. A start must be on the
# right side in each variable: if the probability for one is $p$, it is $p^d$ for all. The number of starts that find
# the lowest valley with 95 %, $\ln 0.05 / \ln(1 - p^d)$, grows exponentially. With noise the share for one variable,
# $q$, is larger, and $q^d$ falls more slowly; but it falls. (The variables don't feel each other, so one run in the
# highest dimension tells of all the lower ones.)

# %%
DIMENSIONS = (1, 2, 5, 10, 20)
WELLS, WELL_STEPS = (1000, 300) if full() else (300, 60)
begin = np.random.default_rng(3).uniform(-1.6, 1.6, size=(WELLS, DIMENSIONS[-1]))


def left(steps: int, noise: float) -> Any:
    """In which variables descent ends in the left valley, the lower one."""
    x = descend(slope_of(double_well), begin, steps, 0.02, noise=noise)
    return descend(slope_of(double_well), x, 100, 0.02) < 0


plain, noisy = left(WELL_STEPS, 0.0), left(10 * WELL_STEPS, 8.0)
p, q = float(np.mean(plain)), float(np.mean(noisy))
wells = [
    (
        d,
        2**d,
        p**d,
        float(np.mean(plain[:, :d].all(axis=1))),
        int(np.ceil(np.log(0.05) / np.log1p(-(p**d)))),
        1 - (1 - p**d) ** 10,
        float(np.mean(noisy[:, :d].all(axis=1))),
    )
    for d in DIMENSIONS
]
table(
    wells,
    ["d", "minima", "pᵈ", "counted", "starts for 95 %", "best of 10 starts", "noise, at the same cost"],
    f"The share of starts that find the lowest of 2ᵈ valleys: p = {p:.2f}, with noise q = {q:.2f}",
)

# %%
picture, ((few, many),) = figure(11, 4.2, 1, 2)
for name, colour, marker in (("hills: descent", BLUE, "o"), ("XOR: descent", ORANGE, "^")):
    rows = [row for row in restarts if row[0] == name]
    few.plot(KS, [100 * row[3] for row in rows], marker, color=colour, label=name + ", counted")
    few.plot(KS, [100 * row[2] for row in rows], color=colour, linewidth=1, label="1 − (1 − p)ᵏ")
few.set(
    title="Few valleys: start again", xlabel="starts k", ylabel="best of k is the lowest valley, in %", ylim=(0, 104)
)
dimension, _, one_start, _, _, ten_starts, with_noise = np.array(wells).T
many.semilogy(dimension, one_start, "o-", color=BLUE, label="one start")
many.semilogy(dimension, ten_starts, "s--", color=GREEN, label="best of ten")
many.semilogy(
    dimension[with_noise > 0], with_noise[with_noise > 0], "^-.", color=ORANGE, label="noise, at the same cost"
)
many.set(title="Very many valleys: nothing is sure", xlabel="variables d, with 2ᵈ minima", ylabel="share of successes")
many.set_xticks(DIMENSIONS)
tidy(few, many)
show(picture, "starts")

# %% [markdown]
# ## What to take along
#
# - Descent ends at the bottom of the valley in which it starts; basins meet at saddles and hilltops. That the gradient
#   is 0 there says nothing about other valleys. The Hessian tells a minimum from a saddle, never a local from a global
#   one.
# - Starting again is the plain remedy, and its success can be foreseen: $1 - (1 - p)^k$. Noise and momentum help in
#   some landscapes. None of them is sure for any number of steps; and where the smallest loss isn't known, a success
#   can't be told from a failure by looking at the point reached.
# - A method that finds the best network of any task quickly is not to be hoped for, unless P = NP: to decide whether a
#   network of three threshold units can answer all samples rightly is NP-complete (A. Blum and R. Rivest 1992, Training
#   a 3-node neural network is NP-complete).
# - Try: `ALPHA = 1e-3`, with which some networks give up and take all their weights to 0; less or more noise on the
#   hills, in place of 200.
