# %% [markdown]
# # 7. Any expression: draw it, explain it, check it, and walk on it
#
# A gradient is nothing that only networks have. This lab takes an expression, any one, and goes through all that can
# be asked of it: its graph, its gradient path by path, whether that is right, its second derivatives, and where they
# lead. Change `TEXT` and run it again.

# %%
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini.expression import Expression
from autograd_mini.labs import BLUE, GREEN, GREY, ORANGE, figure, full, show, table, tidy

TEXT = "sin(x) * cos(y) + (x**2 + y**2) / 10"
HERE = {"x": 1.2, "y": -0.7}

# %% [markdown]
# ## Build it, draw it
#
# `Expression` reads the text into steps: numbers, variables, and NumPy functions, and nothing else, so a text can run
# no program. With Values for the variables, each step is recorded, and the graph can be drawn: every node with its
# value, and with its gradient, which one backward pass gives.

# %%
f = Expression(TEXT)
x, y = (am.Value(HERE[name], name=name) for name in f.names)
result = f(x, y)
result.backward()
print(f"{f} = {result.item():.6f} at x = {x.item()}, y = {y.item()}\n")
show(am.draw(result), "graph")

# %% [markdown]
# A page goes through both passes one node at a time (a slider, or the arrow keys):

# %%
show(am.step_through(result), "steps")

# %% [markdown]
# ## Explain it
#
# The chain rule multiplies the slopes along each path from the result down to a variable, and adds up the paths. Here
# is $\partial f/\partial x$ as it was computed:

# %%
explanation = am.explain(x, of=result)
print(f"{explanation}\n")
sum_of_paths = sum(term.value for term in explanation.terms)

# %% [markdown]
# ## Check it
#
# Finite differences know nothing of rules. `am.finite_difference` chooses its steps by the noise that it measures, and
# gives an error bar; `am.check_grads` compares, and gives a verdict.

# %%
at = np.array([HERE[name] for name in f.names])


def of_point(p: Any) -> Any:
    """The expression as a function of one array."""
    return f(p[0], p[1])


gradient = am.grad(of_point)(at)
slope, bar = am.finite_difference(of_point, at)
report = am.check_grads(f, *at, order=2, report=True, names=f.names)
rows = zip(f.names, gradient, slope, bar, np.abs(gradient - slope), strict=True)
table(rows, ["", "gradient", "finite difference", "its error bar", "apart by"], "The gradient, with and without rules")
print(f"Verdict at orders 1 and 2: {report.verdict}.\n")

# %% [markdown]
# A check that says "right" is worth something only if it says "wrong" when something is. So we plant a mistake: a sine
# of our own, whose derivative has the wrong sign, in the same expression. The check finds it, and says which operation
# is to blame, and how.


# %%
@am.custom_vjp(x=lambda g, x: -g * np.cos(x))  # it should be g * np.cos(x)
def my_sin(x: Any) -> Any:
    """A sine with a wrong derivative."""
    return np.sin(x)


def planted(x: Any, y: Any) -> Any:
    """The expression, with that sine."""
    return my_sin(x) * np.cos(y) + (x**2 + y**2) / 10


wrong = am.check_grads(planted, *at, order=1, report=True)
print(f"{wrong}\n")

# %% [markdown]
# ## Second derivatives
#
# The gradient is a function like any other, and has a gradient: the Hessian
# $H_{ij} = \partial^2 f/\partial x_i \partial x_j$. It is symmetric, since the order of differentiation doesn't
# matter. The engine doesn't use that, so it is a check; differences are another.

# %%
hessian = am.hessian(of_point)(at)
curvature, curvature_bar = am.finite_difference(of_point, at, order=2)
asymmetry = np.max(np.abs(hessian - hessian.T))
table(
    [(name, *row, *other) for name, row, other in zip(f.names, hessian, curvature, strict=True)],
    ["", *(f"∂ by {name}" for name in f.names), *(f"by {name}, differences" for name in f.names)],
    "Second derivatives",
)
print(f"Asymmetry {asymmetry:.1g}, apart from differences by {np.max(np.abs(hessian - curvature)):.1g}.\n")

# %% [markdown]
# ## Walk on it
#
# *Descent* goes against the gradient, which stands at right angles to the contour lines. *Newton's method* asks where
# the gradient would vanish if the Hessian stayed as it is, and jumps there:
#
# $$p \leftarrow p - H(p)^{-1}\,\nabla f(p) .$$
#
# Near a solution, the number of right digits doubles in each step. But a gradient vanishes at saddles and summits too,
# and Newton's method goes to any of them; the eigenvalues of $H$ tell which it found. Descent ends in minima alone. (In
# the picture, darker is higher.)

# %%
STEEPEST = 200 if full() else 60


def newton(p: Any) -> list[Any]:
    """The points that Newton's method visits, until the gradient is 0 to rounding."""
    visited = [p]
    while np.linalg.norm(am.grad(of_point)(p)) > 1e-14 and len(visited) < 30:
        p = p - np.linalg.solve(am.hessian(of_point)(p), am.grad(of_point)(p))
        visited.append(p)
    return visited


def descend(p: Any) -> list[Any]:
    """The points that descent visits."""
    visited = [p]
    for _ in range(STEEPEST):
        p = p - 0.3 * am.grad(of_point)(p)
        visited.append(p)
    return visited


def kind(p: Any) -> str:
    """What kind of stationary point a point is, by its Hessian."""
    falls = int(np.sum(np.linalg.eigvalsh(am.hessian(of_point)(p)) < 0))
    return ("minimum", "saddle", "summit")[falls]


def size(p: Any) -> float:
    """The size of the gradient."""
    return float(np.linalg.norm(am.grad(of_point)(p)))


def place(p: Any) -> str:
    """A point as text."""
    a, b = np.round(p, 4) + 0.0  # + 0 makes -0 a 0
    return f"({a:g}, {b:g})"


starts = [np.array(p) for p in ((-0.8, 0.4), (1.2, 0.5), (1.0, 2.2), (0.6, 1.2))]
jumps, walks = [newton(p) for p in starts], [descend(p) for p in starts]
table(
    [
        (
            place(jump[0]),
            len(jump) - 1,
            kind(jump[-1]),
            place(jump[-1]),
            size(jump[-1]),
            kind(walk[-1]),
            place(walk[-1]),
        )
        for jump, walk in zip(jumps, walks, strict=True)
    ],
    ["start", "steps", "found", "at", "size of the gradient", "descent finds", "at"],
    "Newton's method ends in stationary points of every kind",
)
table(
    [
        (step, size(jumps[0][step]) if step < len(jumps[0]) else "", size(walks[0][step]))
        for step in (*range(6), 10, 20, 40)
    ],
    ["step", *(f"{how} from {place(starts[0])}" for how in ("Newton", "descent"))],
    "The size of the gradient",
)

# %%
picture, ((left, right),) = figure(12, 5, 1, 2)
across, up = np.meshgrid(np.linspace(-3.2, 3.2, 161), np.linspace(-3.2, 3.2, 161))
left.contourf(across, up, f(across, up), levels=16, cmap="Greys", alpha=0.35)
sparse = across[::10, ::10], up[::10, ::10]
arrows = am.grad(lambda x, y: np.sum(f(x, y)), (0, 1))(*sparse)  # a sum, so each point has its own gradient
left.quiver(*sparse, *arrows, color=GREY, width=0.003)
markers = {"minimum": ("v", BLUE), "saddle": ("X", GREEN), "summit": ("^", ORANGE)}
for i, (jump, walk) in enumerate(zip(jumps, walks, strict=True)):
    left.plot(*np.array(walk).T, "-", color=BLUE, linewidth=1.5, label="descent" if i == 0 else None)
    left.plot(*np.array(jump).T, ".--", color=ORANGE, linewidth=1.2, label="Newton" if i == 0 else None)
    left.plot(*starts[i], "o", markerfacecolor="white", color="black", label="start" if i == 0 else None)
for name, (marker, colour) in markers.items():
    places = [jump[-1] for jump in jumps if kind(jump[-1]) == name]
    left.plot(
        *np.array(places).reshape(-1, 2).T, marker, color=colour, markersize=11, markeredgecolor="white", label=name
    )
left.set(
    title="Gradients point uphill; descent ends in valleys,\nNewton's method anywhere flat", xlabel="x", ylabel="y"
)
left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal")
tidy(left, right, legend=False)
left.legend(loc="upper left", fontsize=8, framealpha=0.9)
for i, (jump, walk) in enumerate(zip(jumps, walks, strict=True)):
    right.semilogy(
        [size(p) + 1e-17 for p in walk[:61]], "-", color=BLUE, linewidth=1.2, label="descent" if i == 0 else None
    )
    right.semilogy(
        [size(p) + 1e-17 for p in jump], "o--", color=ORANGE, markersize=4, label="Newton" if i == 0 else None
    )
right.set(title="Newton's method doubles the right digits in a step,\ndescent adds a constant number", xlabel="step")
right.set(ylabel="size of the gradient", xlim=(-1, 60), ylim=(1e-18, 10))
right.legend(frameon=False)
show(picture, "walk")

# %% [markdown]
# ## What to take along
#
# - An expression is a graph; its gradient is the sum, over all paths, of the product of the slopes along a path.
# - A derivative is never trusted, it is checked, and a check is tested by a planted mistake.
# - Derivatives nest: a Hessian is a gradient's gradient, and Newton's method needs no formula for either.
# - Try: another `TEXT`, such as `(1 - x)**2 + 5 * (y - x**2)**2`, the valley of Rosenbrock; the command line does much
#   of this for a single text: `autograd-mini grad "sin(x) * cos(y)" x=1 y=2 --order 2`, and `draw` and `step`.
