# %% [markdown]
# # 1. Where a formula finds the best weights, and where only descent does
#
# A *model* has weights $w$, and a *loss* $L(w)$ says how far it is from the data. At the best weights the gradient
# vanishes: $\nabla L(w) = 0$. For a straight line these equations are linear, and a formula solves them. For a network
# with one hidden layer they aren't, and we have to walk downhill. This lab does both, and shows what differs.

# %%
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, figure, full, progress, show, table, tidy

# %% [markdown]
# ## A line
#
# The data come from a known line, $y = 1.5\,x - 0.5$, and noise. With a column of ones for the intercept,
# $X = (x, 1)$, the model is $Xw$, and its loss the mean squared error
#
# $$L(w) = \frac1n \lVert Xw - y\rVert^2 .$$

# %%
rng = np.random.default_rng(0)
x = rng.uniform(0, 3, 60)
X = np.stack([x, np.ones_like(x)], axis=1)
y = X @ np.array([1.5, -0.5]) + 0.3 * rng.normal(size=len(x))


def line_loss(w: Any) -> Any:
    """The mean squared error of the line with slope w[0] and intercept w[1]."""
    return np.mean((X @ w - y) ** 2)


# %% [markdown]
# ### By the formula
#
# The loss is quadratic in $w$, so its gradient is linear: $\nabla L = \frac2n X^\top(Xw - y)$. It vanishes where
# $X^\top X\, w = X^\top y$, the *normal equations*. They are as many as there are weights: solved at once.

# %%
formula = np.linalg.solve(X.T @ X, X.T @ y)
gradient_there = am.grad(line_loss)(formula)

# %% [markdown]
# ### By descent
#
# Descent knows nothing of that: it asks for the gradient where it stands, and takes a step against it,
# $w \leftarrow w - \eta\,\nabla L(w)$.

# %%
ETA = 0.1
gradient = am.grad(line_loss)
path = [np.zeros(2)]
for _ in range(800):
    path.append(path[-1] - ETA * gradient(path[-1]))
descended = path[-1]
difference = np.max(np.abs(descended - formula))

table(
    [("slope", 1.5, formula[0], descended[0]), ("intercept", -0.5, formula[1], descended[1])],
    ["", "behind the data", "formula", "descent"],
    "The same line, found in two ways",
)
print(
    f"Both agree to {difference:.1g}; the gradient at the formula's weights is {np.max(np.abs(gradient_there)):.1g}.\n"
)

# %% [markdown]
# ### How fast: the Hessian tells
#
# The matrix of second derivatives, $H = \frac2n X^\top X$, is the same everywhere. With $w^*$ the formula's weights,
# the gradient is exactly $H(w - w^*)$, so a step of descent multiplies the error by a matrix:
#
# $$w_{t+1} - w^* = (I - \eta H)\,(w_t - w^*) .$$
#
# Along an eigenvector of $H$ with the eigenvalue $\lambda$, the error shrinks by the factor $1 - \eta\lambda$ in each
# step. We predict these factors from `am.hessian`, and measure them on the path.

# %%
hessian = am.hessian(line_loss)(np.array([7.0, -3.0]))  # anywhere
hessian_by_formula = 2 * X.T @ X / len(x)
eigenvalues, eigenvectors = np.linalg.eigh(hessian)
components = (np.array(path) - formula) @ eigenvectors  # the error of each step, along each eigenvector
predicted = 1 - ETA * eigenvalues
measured = (components[10] / components[0]) ** (1 / 10)

table(
    zip(("slow direction", "fast direction"), eigenvalues, predicted, measured, strict=True),
    ["", "eigenvalue λ", "1 − ηλ, predicted", "measured over 10 steps"],
    "How much of the error each step of descent leaves",
)

# %% [markdown]
# The same holds for any number of weights. With $\eta = 1/\lambda_{\max}$, the error needs about
# $\ln(10^{6}) / -\ln(1 - \lambda_{\min}/\lambda_{\max})$ steps to fall to a millionth.


# %%
def descend_to_a_millionth(inputs: int) -> tuple[int, float, int, int, float]:
    """Descend on a random regression; return what the table below shows."""
    A = rng.normal(size=(200, inputs)) * np.geomspace(0.2, 1, inputs)  # inputs of different sizes
    b = A @ rng.normal(size=inputs) + rng.normal(size=200)

    def loss(w: Any) -> Any:
        return np.mean((A @ w - b) ** 2)

    best = np.linalg.solve(A.T @ A, A.T @ b)
    values, vectors = np.linalg.eigh(am.hessian(loss)(best))
    w, steps = best + vectors.sum(axis=1), 0  # an error of 1 along each eigenvector
    while np.max(np.abs((w - best) @ vectors)) > 1e-6:
        w, steps = w - am.grad(loss)(w) / values[-1], steps + 1
    foreseen = np.ceil(np.log(1e-6) / np.log(1 - values[0] / values[-1]))
    return inputs, values[-1] / values[0], int(foreseen), steps, np.max(np.abs(w - best))


rates = [descend_to_a_millionth(inputs) for inputs in (2, 5, 20)]
table(rates, ["weights", "λmax / λmin", "steps predicted", "steps needed", "largest difference"], "More weights")

# %%
picture, ((left, middle, right),) = figure(13, 4, 1, 3)
left.scatter(x, y, s=14, color=GREY, label="data")
ends = np.array([0.0, 3.0])
for steps, style in ((1, ":"), (5, "--"), (800, "-")):
    left.plot(ends, path[steps][0] * ends + path[steps][1], style, color=BLUE, label=f"descent, after step {steps}")
ring = {"markersize": 9, "markerfacecolor": "none", "markeredgewidth": 2, "color": ORANGE}
left.plot(ends, formula[0] * ends + formula[1], "o", label="the formula's line", **ring)
left.set(title="Descent reaches the line of the formula", xlabel="x", ylabel="y")
slopes, intercepts = np.meshgrid(np.linspace(-0.2, 2.2, 80), np.linspace(-1.4, 1.2, 80))
losses = np.mean((slopes[..., None] * x + intercepts[..., None] - y) ** 2, axis=-1)
middle.contour(slopes, intercepts, losses, levels=np.geomspace(0.1, 10, 12), colors=GREY, linewidths=0.7)
middle.plot(*np.array(path).T, ".-", color=BLUE, linewidth=1, label="descent")
middle.plot(*formula, "o", label="formula", **ring)
middle.set(title="The loss is one bowl", xlabel="slope", ylabel="intercept")
for i, (name, colour) in enumerate((("slow", BLUE), ("fast", GREEN))):
    right.semilogy(abs(components[:500, i]), color=colour, linewidth=1.8, label=f"{name} direction")
    right.semilogy(abs(components[0, i]) * predicted[i] ** np.arange(500), ":", color="black", linewidth=1.2)
right.plot([], [], ":", color="black", label="predicted by the Hessian")
right.set(title="The error falls as the Hessian predicts", xlabel="step", ylabel="error", ylim=(1e-10, 10))
tidy(left, middle, right)
show(picture, "line")

# %% [markdown]
# ## One hidden layer
#
# Now a tiny network, two units with tanh: $f(x) = v_1 \tanh(a_1 x + b_1) + v_2 \tanh(a_2 x + b_2) + c$. Its loss has a
# small penalty, without which some weights run off to infinity:
#
# $$L = \frac1n \sum_i r_i^2 + \alpha \lVert w \rVert^2, \qquad r_i = f(x_i) - y_i .$$
#
# With $h_{ij} = \tanh(a_j x_i + b_j)$, the gradient vanishes where
#
# $$
# \begin{aligned}
# \partial L/\partial a_j &= \tfrac2n \textstyle\sum_i r_i\, v_j (1 - h_{ij}^2)\, x_i + 2\alpha a_j = 0 \\
# \partial L/\partial b_j &= \tfrac2n \textstyle\sum_i r_i\, v_j (1 - h_{ij}^2) + 2\alpha b_j = 0 \\
# \partial L/\partial v_j &= \tfrac2n \textstyle\sum_i r_i\, h_{ij} + 2\alpha v_j = 0 \\
# \partial L/\partial c &= \tfrac2n \textstyle\sum_i r_i + 2\alpha c = 0 .
# \end{aligned}
# $$
#
# These are seven equations for seven weights, as for the line. But the weights stand inside tanh, in $h$ and in $r$:
# no step of algebra gets them out. The equations are right, though: they give the numbers of `am.grad`.

# %%
t = np.linspace(-2, 2, 40)
target = 1.0 * (abs(t) < 0.6) + 0.4 * (t > 1.2) + 0.05 * np.random.default_rng(0).normal(size=len(t))
ALPHA = 3e-4


def network(w: Any, inputs: Any) -> Any:
    """The network's answers to inputs; w may be many networks, of shape (..., 7)."""
    a, b, v, c = w[..., None, 0:2], w[..., None, 2:4], w[..., None, 4:6], w[..., 6:]
    return np.sum(v * np.tanh(inputs[:, None] * a + b), axis=-1) + c


def network_loss(w: Any) -> Any:
    """The loss of a network, or that of each of many."""
    return np.mean((network(w, t) - target) ** 2, axis=-1) + ALPHA * np.sum(w**2, axis=-1)


def equations(w: Any) -> Any:
    """The left-hand sides of the equations above."""
    a, b, v = w[0:2], w[2:4], w[4:6]
    h, r = np.tanh(t[:, None] * a + b), network(w, t) - target
    by_a, by_b = (r * t) @ (v * (1 - h**2)), r @ (v * (1 - h**2))
    return 2 / len(t) * np.concatenate([by_a, by_b, r @ h, [np.sum(r)]]) + 2 * ALPHA * w


one, other = np.random.default_rng(3).normal(size=(2, 7))
equations_off = max(np.max(np.abs(equations(w) - am.grad(network_loss)(w))) for w in (one, other))
spectra = [np.linalg.eigvalsh(am.hessian(network_loss)(w)) for w in (one, other)]
table(
    [
        ("line, anywhere", eigenvalues[0], eigenvalues[-1]),
        ("network, at one point", spectra[0][0], spectra[0][-1]),
        ("network, at another", spectra[1][0], spectra[1][-1]),
    ],
    ["Hessian", "smallest eigenvalue", "largest eigenvalue"],
    "The network's Hessian depends on where one stands, and isn't positive everywhere",
)
print(f"The equations give the gradient of the engine to {equations_off:.1g}.\n")

# %% [markdown]
# ### Many starts
#
# So we descend, from many starts at once, and with momentum, $u \leftarrow \mu u - \eta \nabla L$,
# $w \leftarrow w + u$, which gets through the long flat valleys. One start is special: its two units are equal.

# %%
STARTS, STEPS = (24, 6000) if full() else (6, 2500)
w = np.random.default_rng(1).normal(size=(STARTS, 7))
w[0, 1::2] = w[0, 0:6:2]  # both units of the first network are the same
u = np.zeros_like(w)
all_gradients = am.grad(lambda w: np.sum(network_loss(w)))  # of each network by its own weights
curves = []
for _ in progress(range(STEPS), "descent"):
    u = 0.97 * u - 0.05 * all_gradients(w)
    w = w + u
    curves.append(network_loss(w))
reached = np.linalg.norm(all_gradients(w), axis=1)  # the size of each gradient, 0 at a stationary point

# %% [markdown]
# What they reached differs. Some networks found a good place, others a worse one, and the one with equal units was
# never told to make them different: it stands on a saddle, where the Hessian has a negative eigenvalue.

# %%
found: dict[float, list[int]] = {}
for i, value in enumerate(network_loss(w)):
    found.setdefault(round(float(value), 3), []).append(i)
kinds = []
for value, members in sorted(found.items()):
    smallest = np.linalg.eigvalsh(am.hessian(network_loss)(w[members[0]]))[0]
    kinds.append(("minimum" if smallest > 0 else "saddle", value, len(members), max(reached[members]), smallest))
line = np.polyfit(t, target, 1)  # by the formula
linear_loss = np.mean((np.polyval(line, t) - target) ** 2)
table(
    kinds,
    ["", "loss", "starts that end here", "largest gradient", "smallest eigenvalue of H"],
    f"Stationary points of one network, found from {STARTS} starts",
)
print(f"The best line, by the formula, has the loss {linear_loss:.3f}: every one of these is better.\n")

# %% [markdown]
# ### Every solution is one of eight
#
# Exchange the two units, or change the signs of a unit's $a$, $b$ and $v$: the function stays the same, and so does
# the loss. So each minimum has $2! \cdot 2^2 = 8$ copies. That alone rules out linear equations: for those, the point
# midway between two solutions is a solution too. Here it isn't one.

# %%
best = w[found[min(found)][0]]
copies = []
for order in ([0, 1], [1, 0]):
    for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        units = best[:6].reshape(3, 2)[:, order] * signs
        copies.append(np.append(units, best[6]))
copy_losses = np.array([network_loss(w) for w in copies])
copy_gradients = np.array([np.linalg.norm(am.grad(network_loss)(w)) for w in copies])
exchanged = copies[4]
midway = np.linalg.norm(am.grad(network_loss)((best + exchanged) / 2))
table(
    [
        ("the best network", copy_losses[0], copy_gradients[0]),
        ("its units exchanged", copy_losses[4], copy_gradients[4]),
        ("midway between them", network_loss((best + exchanged) / 2), midway),
    ],
    ["", "loss", "size of the gradient"],
    "Midway between two solutions there is none",
)
spread = np.max(copy_losses) - np.min(copy_losses)
print(f"The losses of all {len(copies)} copies differ by {spread:.1g}.\n")

# %%
picture, ((left, middle, right),) = figure(13, 4, 1, 3)
dense = np.linspace(-2, 2, 400)
left.scatter(t, target, s=14, color=GREY, label="data")
left.plot(dense, np.polyval(line, dense), "--", color="black", linewidth=1.2, label=f"line {linear_loss:.3f}")
styles = zip((BLUE, ORANGE, GREEN), ("-", "-.", ":"), kinds, strict=False)
for colour, style, (kind, value, *_rest) in styles:
    members, label = found[value], f"{kind} {value:.3f}"
    left.plot(dense, network(w[members[0]], dense), style, color=colour, linewidth=2, label=label)
    middle.loglog(np.minimum.accumulate(curves)[:, members], color=colour, linewidth=0.8)
left.set(title="Each stationary point is another network", xlabel="x", ylabel="y", ylim=(-0.4, 2.2))
middle.axhline(linear_loss, color="black", linestyle="--", linewidth=1.2, label="the best line, by formula")
middle.set(title="Descent ends in different places", xlabel="step", ylabel="smallest loss so far")
along = np.linspace(-0.3, 1.3, 200)
hill = [network_loss(best + s * (exchanged - best)) for s in along]
bowl = [line_loss(formula + (s - 0.5) * np.array([1.0, -0.5])) for s in along]
right.plot(along, hill, color=BLUE, linewidth=1.8, label="network")
right.plot(along, bowl, "--", color="black", linewidth=1.2, label="a line: always a parabola")
right.plot([0, 1], copy_losses[[0, 4]], "o", color=BLUE)
right.set(title="From a solution to its copy, over a hill", xlabel="0: solution, 1: units exchanged", ylabel="loss")
tidy(left, middle, right)
show(picture, "network")

# %% [markdown]
# ## What to take along
#
# - Quadratic loss, linear equations, one solution: a formula, and descent whose speed the Hessian predicts.
# - A hidden layer makes the equations nonlinear. They have many isolated solutions, good and bad, and a formula would
#   have to choose among them. (That none exists isn't proved here; none is known.) Descent finds one of them.
# - Try: `ALPHA = 1e-3`, where the worse minimum is gone; a larger `ETA`, up to the $2/\lambda_{\max}$ beyond which
#   descent on the line diverges.
