# %% [markdown]
# # 4. Batch, stochastic and mini-batch descent, how long a step may be, and what momentum is worth
#
# Descent takes a step against the gradient: $w \leftarrow w - \eta\,\nabla L(w)$. Three choices are left. Of how many
# samples is the gradient taken? How long is the step? And what is remembered of the steps before? This lab measures
# what each is worth.

# %%
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd_mini as am
from autograd_mini import data, nn, optim
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, as_gif, figure, full, progress, show, table, tidy

# %% [markdown]
# ## Of how many samples: three kinds of descent
#
# The loss is a mean over $n$ samples, and so is its gradient. *Batch* descent takes all of them for each step,
# *stochastic* descent one, *mini-batch* descent some, here 32. What a mean of few costs is exactness; what it saves is
# time. There are two tasks: handwritten digits, for a network with one hidden layer, and a regression with 20 inputs,
# of which the smallest loss is known from the formula, so that the curves can show the distance from it.


# %%
class Task(NamedTuple):
    """What is to be learned: how to make the model, the loss, the samples, and the smallest loss that there is."""

    model: Callable[[], Any]
    loss: Callable[[Any, Any], Any]
    inputs: Any
    targets: Any
    least: float


def digit_network() -> Any:
    """A network for the digits, the same each time."""
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Linear(64, 32, rng=rng), np.tanh, nn.Linear(32, 10, rng=rng))


SAMPLES = 1198 if full() else 200
train = data.load_digits().train
digits = Task(digit_network, nn.cross_entropy, train.inputs[:SAMPLES], train.labels[:SAMPLES], 0.0)

rng = np.random.default_rng(0)
x, y = data.linear_regression(SAMPLES, rng.normal(size=20), noise=0.5)
x = x * np.geomspace(0.3, 1, 20)  # inputs of different sizes
X = np.column_stack([x, np.ones(SAMPLES)])
formula = np.linalg.lstsq(X, y, rcond=None)[0]
least = float(np.mean((X @ formula - y) ** 2))
regression = Task(lambda: nn.Linear(20, 1, rng=0), nn.mse_loss, x, y[:, None], least)
TASKS = {"digits": digits, "regression": regression}

# %% [markdown]
# Each kind runs until it has taken a number of steps, seen a number of samples *and* had a number of seconds. The clock
# runs during the steps, and stands while we look at the loss of all samples. Each has the best of three learning rates
# (that after the same samples), since a rough gradient needs shorter steps. For the regression there is a fourth way:
# stochastic descent whose rate falls like $1/t$, as Robbins and Monro had it in 1951.

# %%
STEPS, EPOCHS, SECONDS = (100, 8, 1.0) if full() else (20, 6, 0.1)
RATES: dict[tuple[str, data.Descent], tuple[float, ...]] = {
    ("digits", "batch"): (0.5, 1, 2),
    ("digits", "minibatch"): (0.3, 1, 2),
    ("digits", "stochastic"): (0.03, 0.1, 0.3),
    ("regression", "batch"): (0.3, 0.5, 0.8),
    ("regression", "minibatch"): (0.03, 0.1, 0.3),
    ("regression", "stochastic"): (0.003, 0.01, 0.03),
}
BUDGET = np.array([STEPS, EPOCHS * SAMPLES, SECONDS])


def descend(task: Task, kind: data.Descent, rate: float, falls: bool = False) -> Any:
    """Descend; return rows of steps, samples, seconds, and the loss above the smallest."""
    model, loader = task.model(), data.Loader.for_descent(kind, task.inputs, task.targets, seed=1)
    optimizer = optim.SGD(model.parameters(), lr=rate)

    def above() -> float:
        with am.no_grad():
            return max(float(task.loss(model(task.inputs), task.targets).item()) - task.least, 0.0)

    spent, rows, look = np.zeros(3), [], 0.0
    while True:
        for inputs, targets in loader:
            if spent[0] >= look:
                rows.append([*spent, above()])
                look = 1.15 * spent[0]
            if np.all(spent >= BUDGET):
                return np.array(rows)
            optimizer.lr_scale = 1 / (1 + spent[0] / 300) if falls else 1.0
            started = time.perf_counter()
            optimizer.zero_grad()
            task.loss(model(inputs), targets).backward()
            optimizer.step()
            spent += 1, len(inputs), time.perf_counter() - started


def after_budget(rows: Any) -> list[float]:
    """The loss after the same steps, samples and seconds: that where we looked last before."""
    return [float(rows[rows[:, i] <= BUDGET[i], 3][-1]) for i in range(3)]


runs: dict[tuple[str, str], tuple[float, Any]] = {}
for (task, kind), rates in progress(RATES.items(), "descent"):
    tried = [(rate, descend(TASKS[task], kind, rate)) for rate in (rates if full() else rates[1:2])]
    runs[task, kind] = min(tried, key=lambda run: after_budget(run[1])[1])
FAST = 0.03  # a learning rate for stochastic descent on the regression
constant, falling = (descend(regression, "stochastic", FAST, falls) for falls in (False, True))
runs["regression", "stochastic, falling"] = FAST, falling

table(
    [
        (f"{task}, {kind}", rate, *after_budget(rows), 1e6 * rows[-1, 2] / rows[-1, 0], rows[-1, 1] / rows[-1, 2])
        for (task, kind), (rate, rows) in runs.items()
    ],
    ["", "rate", f"{STEPS} steps", f"{EPOCHS * SAMPLES:,} samples", f"{SECONDS:g} s", "µs for a step", "samples/s"],
    "The loss (of the regression: above the smallest) after the same budget",
)
late = [float(np.mean(rows[rows[:, 1] > BUDGET[1] / 2, 3])) for rows in (constant, falling)]
print(f"A constant rate of {FAST} ends {late[0]:.1g} above the smallest loss, the falling one {late[1]:.1g}.\n")

# %% [markdown]
# Step for step, the batch leads at first, since its gradient is exact. Sample for sample it is last: it looks at
# everything before it moves. In time it depends on what a step costs. One sample takes nearly as long as 32, since most
# of the time goes into Python and not into arithmetic, so the mini-batch wins on the digits; on the regression even a
# step of all samples is cheap, and the batch wins. Rough gradients have an end, too: at a constant rate they come no
# nearer than their noise lets them, and only a falling rate does. (The network of the digits can get every sample
# right, and its gradients lose their noise there. So on the digits the mini-batch doesn't stop.)

# %%
picture, panels = figure(12, 6, 2, 3)
STYLES = {"batch": "-", "minibatch": "--", "stochastic": "-.", "stochastic, falling": ":"}
COLOURS = dict(zip(STYLES, (BLUE, GREEN, ORANGE, GREY), strict=True))
TITLES = (
    ("Digits: step for step, the batch leads ...", "... sample for sample, few ...", "... in time, the mini-batch"),
    ("Regression: step for step, the batch ...", "... sample for sample, few ...", "... in time, the batch"),
)
for row, name, titles, height in zip(panels, TASKS, TITLES, ("loss", "loss above the smallest"), strict=True):
    for i, what in enumerate(("steps", "samples seen", "seconds")):
        row[i].axvline(BUDGET[i], color="black", linewidth=0.8, label="the budget of the table")
        for way, style in STYLES.items():
            if (name, way) in runs:
                rows = runs[name, way][1][1:]
                row[i].loglog(rows[:, i], rows[:, 3], style, color=COLOURS[way], linewidth=1.8, label=way)
        row[i].set(title=titles[i], xlabel=what, ylabel=height)
        row[i].minorticks_off()
    tidy(*row, legend=False)
for axes in panels[1]:
    axes.set_ylim(1e-6, 40)
handles = panels[1, 0].get_legend_handles_labels()
picture.legend(*handles, loc="outside lower center", ncols=5, frameon=False)
show(picture, "kinds")

# %% [markdown]
# ### How rough a gradient is
#
# The gradient $g_B$ of $B$ samples is a mean. Drawn each by itself (a sample may come twice), it has the variance of
# one over $B$. A loader draws *without replacement*, and knows more: after half of the samples, the other half can be
# only what is left. That makes the variance smaller by a factor which reaches 0 where the batch is everything:
#
# $$
# \mathbb E \lVert g_B - g \rVert^2 = \frac{\sigma^2}{B} \quad\text{with replacement,} \qquad
# \frac{\sigma^2}{B} \cdot \frac{n - B}{n - 1} \quad\text{without,} \qquad
# \sigma^2 = \frac1n \sum_i \lVert g_i - g \rVert^2 .
# $$
#
# We measure it for the network of the digits at its start, and fit the slope of the logarithms.

# %%
DRAWS = 400 if full() else 60
SIZES = [*(2**k for k in range(SAMPLES.bit_length())), SAMPLES]
model = digit_network()


def gradient_of(which: Any) -> Any:
    """The gradient of some samples, as one vector."""
    model.zero_grad()
    nn.cross_entropy(model(digits.inputs[which]), digits.targets[which]).backward()
    return np.concatenate([np.ravel(p.grad) for p in model.parameters()])


whole = gradient_of(slice(None))
sigma2 = np.mean([np.sum((gradient_of([i]) - whole) ** 2) for i in range(SAMPLES)])


def variance(size: int, replace: bool) -> float:
    """The mean squared distance of the gradient of a batch from that of all samples."""
    batches = (rng.choice(SAMPLES, size, replace) for _ in range(DRAWS))
    return float(np.mean([np.sum((gradient_of(batch) - whole) ** 2) for batch in batches]))


with_replacement = np.array([variance(size, True) for size in progress(SIZES, "variances")])
without = np.array([variance(size, False) for size in progress(SIZES, "variances")])
sizes = np.array(SIZES)
factor = (SAMPLES - sizes) / (SAMPLES - 1)
slope = np.polyfit(np.log(sizes), np.log(with_replacement), 1)[0]
table(
    zip(SIZES, sigma2 / sizes, with_replacement, sigma2 / sizes * factor, without, strict=True),
    ["batch", "σ²/B", "measured, with replacement", "σ²/B (n−B)/(n−1)", "measured, without"],
    f"The variance of the gradient, over {DRAWS} batches of each size",
)
print(f"The slope of log variance on log B, with replacement: {slope:.3f}.\n")

# %%
picture, ((left, right),) = figure(9, 3.6, 1, 2)
left.loglog(sizes, sigma2 / sizes, color="black", linewidth=1, label="σ²/B")
left.loglog(sizes, with_replacement, "o", color=BLUE, label="with replacement")
left.loglog(sizes[:-1], without[:-1], "^", color=ORANGE, label="without")
left.set(title="Twice the samples, half the variance ...", xlabel="batch B", ylabel="variance of the gradient")
right.plot(sizes / SAMPLES, factor, color="black", linewidth=1, label="(n − B)/(n − 1)")
right.plot(sizes / SAMPLES, with_replacement / (sigma2 / sizes), "o", color=BLUE, label="with replacement")
right.plot(sizes / SAMPLES, without / (sigma2 / sizes), "^", color=ORANGE, label="without")
right.set(title="... and less, where few samples are left out", xlabel="B/n", ylabel="variance, in units of σ²/B")
right.set(ylim=(-0.05, 1.3))
tidy(left, right)
show(picture, "variance")

# %% [markdown]
# ## How long a step
#
# Near a minimum $w^*$ a loss is a quadratic with the Hessian $H$, and a step multiplies the error $w - w^*$ along an
# eigenvector by $1 - \eta\lambda$. It shrinks if $\lvert 1 - \eta\lambda\rvert < 1$ for every eigenvalue, so descent
# diverges exactly above
#
# $$\eta = 2 / \lambda_{\max} .$$
#
# For the regression, `am.hessian` gives the eigenvalues, and with them the factor by which the error changes in a step,
# the largest $\lvert 1 - \eta\lambda\rvert$. We measure it close to both sides of the edge. And we look for the edge
# without knowing the Hessian, by halving: where does descent begin to diverge?


# %%
def regression_loss(w: Any) -> Any:
    """The mean squared error of the regression, of 20 slopes and an intercept."""
    return np.mean((X @ w - y) ** 2)


def errors(rate: float, steps: int) -> Any:
    """How far descent is from the formula's weights, before each step."""
    slope, w, found = am.grad(regression_loss), np.ones(21), []
    for _ in range(steps):
        found.append(float(np.linalg.norm(w - formula)))
        w = w - rate * slope(w)
    return np.array(found)


eigenvalues = np.linalg.eigvalsh(am.hessian(regression_loss)(np.zeros(21)))
edge = 2 / eigenvalues[-1]
factors = []
for share in (0.95, 0.99, 0.999, 1.001, 1.01, 1.05):
    far = errors(share * edge, 201)
    by_hessian = float(np.max(np.abs(1 - share * edge * eigenvalues)))
    factors.append((share, by_hessian, float((far[200] / far[100]) ** (1 / 100)), far[200]))
low, high = 0.5, 2.0
for _ in range(40 if full() else 20):
    middle = (low + high) / 2
    with np.errstate(over="ignore", invalid="ignore"):  # far above the edge, numbers overflow
        far = errors(middle, 201)
    low, high = (middle, high) if far[200] < far[100] else (low, middle)

table(
    [(*row, "converges" if row[2] < 1 else "diverges") for row in factors],
    ["η / (2/λmax)", "factor by the Hessian", "measured", "error after 200 steps", "descent"],
    "What a step leaves of the error, on both sides of the edge",
)
print(f"The edge by the Hessian, 2/λmax: {edge:.9f}; by halving: {low:.9f}.\n")

# %% [markdown]
# ### Networks go to the edge by themselves
#
# In a network the Hessian changes on the way. Its largest eigenvalue, the *sharpness*, is found by power iteration: a
# vector is multiplied with $H$ again and again (`am.hvp`, without the matrix), until only the direction of the
# eigenvalue is left that is largest in size. Cohen et al. (2021, Gradient descent on neural networks typically occurs
# at the edge of stability) saw that, in batch descent, the sharpness rises until it comes to $2/\eta$, and stays there.
# The loss then goes up in many steps, and yet falls in the long run. We look whether a network for 100 digits does
# that, with three learning rates from the same start.

# %%
DIGITS, HIDDEN, LONG, LOOKS = (100, 32, 6000, 100) if full() else (50, 8, 600, 30)
EDGE_RATES = (0.2, 0.5, 0.8) if full() else (0.2, 0.8)
pixels = train.inputs[:DIGITS] - np.mean(train.inputs[:DIGITS], axis=0)
answers = np.eye(10)[train.labels[:DIGITS]]
SHAPES = (64, HIDDEN), (HIDDEN,), (HIDDEN, 10), (10,)
ENDS = np.cumsum([np.prod(shape) for shape in SHAPES])


def digits_loss(w: Any) -> Any:
    """Half the squared error of a network whose weights are all in one vector."""
    parts = np.split(w, ENDS[:-1])
    W, b, V, c = (np.reshape(part, shape) for part, shape in zip(parts, SHAPES, strict=True))
    return np.sum((np.tanh(pixels @ W + b) @ V + c - answers) ** 2) / (2 * DIGITS)


def sharpness(w: Any, direction: Any, times: int = 10) -> tuple[float, Any]:
    """The largest eigenvalue of the Hessian by power iteration, and its eigenvector, to begin with the next time."""
    for _ in range(times):
        direction = direction / np.linalg.norm(direction)
        product = am.hvp(digits_loss, w, direction)
        value, direction = float(direction @ product), product
    return value, direction


def descend_to_the_edge(rate: float) -> tuple[Any, Any, Any]:
    """Descend; return each loss, the sharpness at some steps on the way, and the last weights."""
    rng = np.random.default_rng(0)
    w = np.concatenate(
        [0.5 * rng.normal(size=np.prod(shape)) / np.sqrt(shape[0]) * (len(shape) > 1) for shape in SHAPES]
    )
    _, direction = sharpness(w, rng.normal(size=w.size), 100)
    value_and_slope, losses, sharp = am.value_and_grad(digits_loss), [], []
    for step in range(LONG):
        if step % (LONG // LOOKS) == 0:
            value, direction = sharpness(w, direction)
            sharp.append(value)
        loss, slope = value_and_slope(w)
        losses.append(float(loss))
        w = w - rate * slope
    return np.array(losses), np.array(sharp), w


at_edge = {rate: descend_to_the_edge(rate) for rate in progress(EDGE_RATES, "edge")}
THIRD = LONG // 3  # of the steps, the last ones
uphill = {rate: float(np.mean(np.diff(losses[-THIRD:]) > 0)) for rate, (losses, _, _) in at_edge.items()}
reached = {rate: float(np.median(sharp[-LOOKS // 3 :])) for rate, (_, sharp, _) in at_edge.items()}
table(
    [
        (rate, 2 / rate, sharp[0], reached[rate], f"{uphill[rate]:.0%}", losses[-2 * THIRD], losses[-1])
        for rate, (losses, sharp, _) in at_edge.items()
    ],
    ["η", "2/η", "sharpness, first", "last third", "steps uphill", "loss after a third", "at the end"],
    "The sharpness of a network in batch descent, and how often the loss goes up in the last third of the steps",
)

# %% [markdown]
# It does. With the two longer steps the sharpness climbs to $2/\eta$ and is held there: where it is larger, the
# weights swing to and fro along the sharpest direction, the loss goes up, and the swing leads to a less sharp place.
# With the shortest step, $2/\eta$ is too far to be reached in this time, and the loss falls in every step.

# %%
picture, ((left, middle, right),) = figure(13, 3.8, 1, 3)
for share, colour, style in ((0.99, BLUE, "-"), (1.0, GREEN, "--"), (1.01, ORANGE, "-.")):
    left.semilogy(errors(share * edge, 300), style, color=colour, linewidth=1.8, label=f"η = {share:g} · 2/λmax")
left.set(title="A quadratic: 2/λmax is the edge", xlabel="step", ylabel="error")
times = np.arange(LOOKS) * (LONG // LOOKS)
for (rate, (losses, sharp, _)), colour, style in zip(
    at_edge.items(), (GREEN, BLUE, ORANGE), ("-.", "-", "--"), strict=False
):
    middle.plot(times, sharp, style, color=colour, linewidth=1.8, label=f"η = {rate:g}")
    middle.axhline(2 / rate, color=colour, linewidth=0.8)
    right.semilogy(losses, style, color=colour, linewidth=1, label=f"η = {rate:g}")
middle.axhline(np.nan, color="black", linewidth=0.8, label="2/η")
middle.set(title="A network: sharper, up to the edge ...", xlabel="step", ylabel="sharpness", ylim=(0, 6))
right.set(title="... where the loss falls, but not in each step", xlabel="step", ylabel="loss")
tidy(left, middle, right)
show(picture, "edge")

# %% [markdown]
# ## What is remembered: momentum, and a scale for each weight
#
# Where the largest eigenvalue is $\kappa$ times the smallest, a step short enough for the one is too short for the
# other: $\kappa$ is the *condition* of the problem. *Momentum* lets steps along the valley add up, while those across
# it cancel. The heavy ball of Polyak (1964) and the method of Nesterov (1983) are
#
# $$
# \begin{aligned}
# v &\leftarrow \mu v + g, & p &\leftarrow p - \eta v &&\text{(heavy ball)} \\
# v &\leftarrow \mu v + g, & p &\leftarrow p - \eta (g + \mu v) &&\text{(Nesterov)} .
# \end{aligned}
# $$
#
# On a quadratic with eigenvalues from 1 to $\kappa$, good $\eta$ and $\mu$ are known (for descent and the heavy ball,
# they are the best), and so is the factor that a step leaves of the error in the long run. With
# $r = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$:
#
# | | $\eta$ | $\mu$ | factor |
# |---|---|---|---|
# | descent | $2/(\kappa + 1)$ | 0 | $(\kappa - 1)/(\kappa + 1)$ |
# | heavy ball | $4/(\sqrt\kappa + 1)^2$ | $r^2$ | $r$ |
# | Nesterov | $1/\kappa$ | $r$ | $1 - 1/\sqrt\kappa$ |
#
# The number of steps grows with $\kappa$, and with momentum only with $\sqrt\kappa$. (For these $\mu$ two roots of an
# equation fall together, so the error is a power of the factor times the number of the step: it needs some more steps.)

# %%
KAPPA = 100.0
ROOT = float(np.sqrt(KAPPA))
CURVES = np.geomspace(1, KAPPA, 10)  # the eigenvalues


def quadratic(p: Any) -> Any:
    """A valley whose walls are steeper than its bottom by the factor of the condition."""
    return np.sum(CURVES * p**2, axis=-1) / 2


def distances(rate: float, momentum: float, nesterov: bool) -> Any:
    """How far descent with momentum is from the minimum, before each step."""
    p = am.Value(np.ones(10))
    optimizer, found = optim.SGD([p], rate, momentum, nesterov=nesterov), [float(np.sqrt(10))]
    while found[-1] > 1e-12:
        optimizer.zero_grad()
        quadratic(p).backward()
        optimizer.step()
        found.append(float(np.linalg.norm(p.data)))
    return np.array(found)


r = (ROOT - 1) / (ROOT + 1)
BEST = {
    "descent": (2 / (KAPPA + 1), 0.0, False, (KAPPA - 1) / (KAPPA + 1)),
    "heavy ball": (4 / (ROOT + 1) ** 2, r**2, False, r),
    "Nesterov": (1 / KAPPA, r, True, 1 - 1 / ROOT),
}
momenta = []
for name, (rate, momentum, nesterov, foreseen) in BEST.items():
    far = distances(rate, momentum, nesterov)
    begun, done = (int(np.flatnonzero(far > share * far[0])[-1]) for share in (1e-5, 1e-11))
    left_over = (far[done] / far[begun]) ** (1 / (done - begun))
    needed = int(np.flatnonzero(far > 1e-6 * far[0])[-1]) + 1
    momenta.append((name, rate, momentum, foreseen, left_over, int(np.ceil(np.log(1e-6) / np.log(foreseen))), needed))
table(
    momenta,
    ["", "η", "μ", "factor predicted", "measured", "steps to a millionth, predicted", "needed"],
    f"What a step leaves of the error, at the condition {KAPPA:g}",
)

# %% [markdown]
# Other methods give each number a scale of its own: RMSprop divides it by the size that its gradients have had lately
# (Tieleman and Hinton 2012), and Adam does that to the momentum (Kingma and Ba 2015). On the quadratic above this is
# a great help, since its steep and flat directions are the axes. So we try it turned, too, where they are not (several
# times, from several starts), and on the bent valley of Rosenbrock (1960), $(1 - x)^2 + 100\,(y - x^2)^2$.
#
# Each method gets the best of 15 learning rates, which run side by side: an optimiser is a chain of parts, and a part
# of our own puts another rate into each row.

# %%
DRAWN, GOAL = (9, 1e-4) if full() else (3, 1e-2)  # how far to come down the bent valley
START = np.array([-1.2, 1.0])
TRIED = 2.0 ** -np.arange(15)
METHODS: dict[str, tuple[Any, dict[str, Any]]] = {
    "descent": (optim.SGD, {"momentum": 0.0}),
    "heavy ball": (optim.SGD, {"momentum": 0.9}),
    "Nesterov": (optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "RMSprop": (optim.RMSprop, {"momentum": 0.0}),
    "Adam": (optim.Adam, {}),
}


def turned_by(turn: Any) -> Callable[[Any], Any]:
    """The same valley as above, but not along the axes."""
    return lambda p: quadratic(p @ turn)


def rosenbrock(p: Any) -> Any:
    """A bent valley, with its minimum at (1, 1)."""
    return (1 - p[..., 0]) ** 2 + 100 * (p[..., 1] - p[..., 0] ** 2) ** 2


def each_its_rate(g: Any, state: Any, p: Any, step: Any) -> tuple[Any, Any]:
    """A part of an optimiser: another learning rate for each row."""
    return g * TRIED[:, None], state


def steps_needed(name: str, function: Callable[[Any], Any], first: Any, goal: float = 1e-4) -> tuple[int, float]:
    """The number of steps until the first row is below the goal, and its learning rate."""
    kind, options = METHODS[name]
    p = am.Value(np.tile(first, (len(TRIED), 1)))
    parts = *kind.chain[1:-1], each_its_rate, kind.chain[-1]  # without the first one, the decay of weights
    optimizer = optim.Optimizer([p], *parts, lr=1.0, **options)
    heights, steps = function(p), 0
    with np.errstate(all="ignore"):  # rows with too large a rate overflow
        while np.nanmin(heights.data) > goal:
            optimizer.zero_grad()
            np.sum(heights).backward()
            optimizer.step()
            heights, steps = function(p), steps + 1
    return steps, float(TRIED[np.nanargmin(heights.data)])


starts = [rng.normal(size=10) for _ in range(DRAWN)]
turns = [np.linalg.qr(rng.normal(size=(10, 10)))[0] for _ in range(DRAWN)]
straight = {name: [steps_needed(name, quadratic, start)[0] for start in starts] for name in METHODS}
turned = {
    name: [steps_needed(name, turned_by(t), t @ start)[0] for start, t in zip(starts, turns, strict=True)]
    for name in progress(METHODS, "turned")
}
bent = {name: steps_needed(name, rosenbrock, START, GOAL) for name in progress(METHODS, "bent")}
table(
    [
        (name, *(int(np.median(found[name])) for found in (straight, turned)), max(turned[name]), *bent[name])
        for name in METHODS
    ],
    ["", "along the axes", "turned", "turned, most", "bent", "with the rate"],
    f"Steps to a loss of 0.0001 (bent: {GOAL:g}), with the best rate; the median of {DRAWN} starts",
)

# %% [markdown]
# Descent and momentum don't notice that a valley is turned: their steps turn with it. RMSprop does notice. Along the
# axes it sees ten problems of one number each, and solves them in a few steps; turned, it needs many times more. It
# also never settles: its steps are about as long as its rate, however small the gradient is, so where a valley is
# narrow the rate must be small from the first. Adam, with momentum in addition, minds neither much. In the bent valley,
# where descent goes to and fro between the walls, momentum is worth a factor of nearly ten.
#
# Here are the paths, and below they are in motion. Mind how the number of the step grows from frame to frame.


# %%
def path_of(name: str, steps: int) -> Any:
    """The points that a method visits in the bent valley, with its best rate."""
    kind, options = METHODS[name]
    p = am.Value(START)
    optimizer, visited = kind([p], bent[name][1], **options), [START]
    for _ in range(steps):
        optimizer.zero_grad()
        rosenbrock(p).backward()
        optimizer.step()
        visited.append(p.data.copy())
    return np.array(visited)


paths = {name: path_of(name, bent[name][0]) for name in METHODS}
LOOKS_OF = zip(METHODS, (GREY, BLUE, GREEN, ORANGE, "black"), ("-", "-", "--", ":", "-."), strict=True)
LINES = {name: {"color": colour, "linestyle": style, "linewidth": 1.6} for name, colour, style in LOOKS_OF}


def draw_valley(axes: Any) -> None:
    """Draw the contour lines of the bent valley, its minimum and where the paths start."""
    across, up = np.meshgrid(np.linspace(-2, 2, 201), np.linspace(-1.6, 2.3, 201))
    heights = rosenbrock(np.stack([across, up], axis=-1))
    axes.contour(across, up, heights, levels=10.0 ** np.arange(4), colors=GREY, linewidths=0.6)
    axes.plot(1, 1, "*", color="black", markersize=10)
    axes.plot(*START, "o", color="black", markerfacecolor="white")
    axes.set(xlabel="x", ylabel="y", xlim=(-2, 2), ylim=(-1.6, 2.3))


picture, ((left, right),) = figure(11, 4.4, 1, 2)
draw_valley(left)
for name, path in paths.items():
    left.plot(*path.T, **LINES[name], label=name)
    right.loglog(np.arange(1, len(path) + 1), rosenbrock(path), **LINES[name], label=name)
left.set(title="From the circle to the star, along the valley")
right.axhline(GOAL, color="black", linewidth=0.8)
right.set(title="The loss of each, down to the goal", xlabel="step", ylabel="loss")
tidy(left, right, legend=False)
right.legend(frameon=False, loc="upper right")
show(picture, "paths")


# %%
picture, ((axes,),) = figure(5.4, 3.9, 1, 1)
draw_valley(axes)
trails = {name: axes.plot([], [], color=LINES[name]["color"], linewidth=0.8)[0] for name in METHODS}
heads = {
    name: axes.plot([], [], marker, color=LINES[name]["color"], markersize=7, label=name)[0]
    for name, marker in zip(METHODS, "os^Dv", strict=True)
}
axes.legend(frameon=False, loc="lower left", ncols=2, fontsize=8)
axes.set_title("step 0")
picture.draw_without_rendering()  # which finds the layout
picture.set_layout_engine("none")


def draw_step(step: int) -> None:
    """Draw how far each path is after a step."""
    for name, path in paths.items():
        trails[name].set_data(*path[: step + 1].T)
        heads[name].set_data(*path[[min(step, len(path) - 1)]].T)
    axes.set_title(f"step {step:,}")


longest = max(map(len, paths.values())) - 1
moments = np.unique(np.geomspace(1, longest, 18 if full() else 6).astype(int))
film = as_gif(picture, draw_step, [0, *moments.tolist()])
show(film, "film")

# %% [markdown]
# ## What to take along
#
# - Of few samples a step is rough and cheap, of all exact and dear. The variance falls with the size of the batch, the
#   time of a small batch doesn't: so one takes a mini-batch, and a rate that falls in the end.
# - The Hessian sets the longest step, $2/\lambda_{\max}$, also for a network, which goes to this edge by itself.
# - Long valleys need momentum: with it the steps grow with $\sqrt\kappa$ in place of $\kappa$. A scale for each weight
#   helps where the weights are the axes of the valley.
# - Try: `KAPPA = 1000`; a rate of 1.6 in `EDGE_RATES`, which starts beyond the edge.
