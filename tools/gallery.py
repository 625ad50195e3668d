"""Draw the gallery and time it: ``python tools/gallery.py`` writes docs/gallery.md and its pictures (1 minute).

With ``png`` after it, drawings are written as PNG too. It needs Chromium or Chrome, and the extra `browser`.
"""

import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

import autograd_mini as am

DOCS = Path(__file__).parents[1] / "docs"
RNG = np.random.default_rng(0)
HEAD = """\
# Gallery

Written by `python tools/gallery.py`. Each picture is one call of `am.draw` or `am.step_through`; how to make and read
them is told in [seeing.md](seeing.md).
"""
TIMES = """\
## How long it takes

Seconds for a chain of small operations, in groups of a hundred or in none, from the recorded Value to the text that is
laid out (`am.draw`), from there to SVG, and to the page of `am.step_through`, which shows 2,000 nodes at most. Then, of
that page in a headless Chromium without a graphics card: seconds until it is there, the median of a step and the
longest of twenty jumps through the passes until the next frame, and how long it takes to open or fold a group. One run
({machine}, Python {python}, NumPy {numpy}, graphviz-pure); another machine has others.

| nodes | groups of | `am.draw` | SVG | boxes | `am.step_through` | its size | opens | step | jump | fold |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
"""
PEERS = """
## Beside others

By their documentation and source in November 2026: [torchviz](https://github.com/szagoruyko/pytorchviz),
[torchview](https://github.com/mert-kurttutan/torchview), the drawing in
[micrograd](https://github.com/karpathy/micrograd)'s notebook, [netron](https://github.com/lutzroeder/netron) and
[Model Explorer](https://github.com/google-ai-edge/model-explorer).

{table}

Where they are ahead: netron reads some thirty formats of files; Model Explorer draws tens of thousands of nodes on the
graphics card, and moves smoothly through them; torchviz and torchview see PyTorch.
"""
COLUMNS = ["", "ours", "torchviz", "torchview", "micrograd", "netron", "Model Explorer"]
OWN_DATA = "data of the user's own"
FEATURES: dict[str, list[str]] = {
    "what it draws": [
        "any function of NumPy arrays",
        "a graph of PyTorch's autograd",
        "modules of PyTorch as they run",
        "scalars",
        "files of models",
        "files of models, PyTorch modules",
    ],
    "value of each node": ["yes", "", "", "yes", "of weights", OWN_DATA],
    "gradient of each node": ["yes", "", "", "after `backward()`", "", OWN_DATA],
    "shapes": ["yes", "of leaves and what is saved", "yes", "(numbers)", "yes", "yes"],
    "names of the user's variables": ["yes", "by `params=`", "of modules", "", "of the file", "of the file"],
    "line of code": ["yes", "", "", "", "", "where the file has it"],
    "groups that open and close": ["yes", "", "by `depth=`", "", "", "yes"],
    "repeated blocks as one": ["yes", "", "yes (`roll=True`)", "", "", "marked as identical"],
    "backward pass step by step": ["yes", "", "", "", "", ""],
    "one gradient in words": ["yes", "", "", "", "", ""],
    "vanishing, NaN, dead units in colour": ["yes", "", "", "", "", OWN_DATA],
    "two graphs compared": ["in one picture", "", "", "", "", "side by side"],
    "without the program `dot`": ["text, a page; pictures by a package from PyPI", "", "", "", "yes", "yes"],
    "graphs of 10⁵ nodes": [
        "fold by themselves",
        "recursion, one box each",
        "one box each",
        "recursion, one box each",
        "one box each",
        "layer by layer",
    ],
}


def softmax_regression(w: Any, b: Any, x: Any) -> Any:
    """The loss of softmax regression on three classes."""
    labels = np.arange(len(x)) % 3
    logits = x @ w + b
    log_p = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(x)), labels])


def perceptron(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, y: Any) -> Any:
    """The loss of a perceptron with two layers."""
    with am.scope("hidden layer"):
        h = np.tanh(x @ w1 + b1)
    with am.scope("output layer"):
        p = h @ w2 + b2
    with am.scope("loss"):
        return np.mean((p - y) ** 2)


def convolution(image: Any, kernels: Any) -> Any:
    """Two kernels over an image: windows, a sum over each, relu, and the largest of each map."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    maps = np.einsum("ijkl,ckl->cij", windows, kernels)
    active = np.maximum(maps, 0)
    return np.sum(np.max(active, axis=(1, 2)))


def lstm(w: Any, xs: Any) -> Any:
    """The loss of an LSTM (Hochreiter and Schmidhuber, 1997) over all steps of its input."""
    h, c = np.zeros((2, 4)), np.zeros((2, 4))
    for i in range(len(xs)):
        with am.scope("cell"):
            gates = np.concatenate([h, xs[i]], axis=1) @ w
            keep, let_in, let_out, new = np.split(gates, 4, axis=1)
            c = c / (1 + np.exp(-keep)) + np.tanh(new) / (1 + np.exp(-let_in))
            h = np.tanh(c) / (1 + np.exp(-let_out))
    with am.scope("loss"):
        return np.mean(h**2)


def normal(*shapes: tuple[int, ...]) -> list[Any]:
    """Random arrays of some shapes."""
    return [RNG.normal(size=shape) for shape in shapes]


def chain(nodes: int, grouped: bool = True) -> Any:
    """A recorded chain of about so many nodes, in groups of a hundred or in none."""
    x, w = am.Value(0.5, name="x"), am.Value(0.9, name="w")
    with am.full_record():
        for _ in range(max(nodes // 100, 1)):
            with am.scope("block") if grouped else nullcontext():
                for _ in range(33):
                    x = np.sin(x * w) + x
    return x


def images() -> Iterator[tuple[str, str, Any]]:
    """Iterate over the pictures: the name of the file, what it shows, and the drawing."""
    regression = am.draw(softmax_regression, *normal((4, 3), (3,), (6, 4)), heat=True, direction="LR")
    yield "regression", "Softmax regression, with arrays as heat maps: red above 0, blue below", regression
    arrays = normal((3, 6), (6,), (6, 2), (2,), (5, 3), (5, 2))
    yield "perceptron", "A perceptron with two layers", am.draw(perceptron, *arrays, heat=True, direction="LR")
    image = np.zeros((8, 8))
    image[2:6, 3:5] = 1.0
    kernels = np.array([[[1.0, 0, -1], [2, 0, -2], [1, 0, -1]], [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]])
    yield (
        "convolution",
        "A convolution with two kernels",
        am.draw(convolution, image, kernels, heat=True, direction="LR"),
    )
    cells, one_cell = normal((7, 16), (20, 2, 3)), normal((7, 16), (1, 2, 3))
    yield "lstm", "An LSTM over 20 steps: equal cells are one box", am.draw(lstm, *cells, depth=0, direction="LR")
    yield "lstm_cell", "One cell of it, open", am.draw(lstm, *one_cell, heat=True)
    yield "large", "100,000 nodes: 1,000 equal blocks", am.draw(chain(100_000), direction="LR")


def table(head: list[str], rows: dict[str, list[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *([name, *cells] for name, cells in rows.items())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long a call takes, and its result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


ANSWERS = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const timed = async (act) => {
    const start = performance.now();
    act();
    await frame();
    return performance.now() - start;
  };
  const steps = [], jumps = [];
  for (let i = 0; i < 20; i++) steps.push(await timed(() => stepThrough.go(i)));
  for (let i = 0; i <= 20; i++) jumps.push(await timed(() => stepThrough.go((i * stepThrough.steps) / 20)));
  return [steps.sort((a, b) => a - b)[10], Math.max(...jumps), await timed(drawAll)];
}"""


def times(browser: Any, folder: Path) -> Iterator[str]:
    """Iterate over the rows of the table of times."""
    for nodes, grouped in [(10**2, True), (10**3, True), (10**3, False), (10**4, True), (10**5, True), (10**5, False)]:
        result = chain(nodes, grouped)
        drawn, drawing = timed(lambda result=result: am.draw(result))
        svg, _ = timed(drawing._repr_svg_)
        walked, page = timed(lambda result=result: am.step_through(result))
        view, path = browser.new_page(), page.save(folder / "times.html")
        opened, _ = timed(lambda view=view, path=path: view.goto(path.as_uri()))
        step, jump, fold = (ms / 1000 for ms in view.evaluate(ANSWERS))
        view.close()
        boxes, size = drawing.source.count("<<TABLE"), len(page.html) / 1e6
        cells = [f"{nodes:,}", "100" if grouped else "", f"{drawn:.3f}", f"{svg:.3f}", str(boxes), f"{walked:.2f}",
                 f"{size:.1f} MB", f"{opened:.2f}", f"{step:.3f}", f"{jump:.3f}", f"{fold:.3f}"]  # fmt: skip
        yield f"| {' | '.join(cells)} |\n"


def screenshots(browser: Any, folder: Path) -> Iterator[tuple[str, str]]:
    """Take pictures of pages, and iterate over their names and what they show."""
    w, b, x = am.Value(0.5, name="w"), am.Value(-1.0, name="b"), 2.0
    h = np.tanh(w * x + b + 0.3)
    loss = h * h + 0.1 * w**2
    arrays = normal((3, 6), (6,), (6, 2), (2,), (5, 3), (5, 2))
    cells = normal((7, 16), (20, 2, 3))
    pages = [
        ("page", "A value that is used twice", am.step_through(loss), ["stepThrough.go(14)"]),
        ("page_arrays", "Arrays as heat maps, in the dark", am.step_through(perceptron, *arrays),
         ["stepThrough.go(29)", "setTheme('dark')"]),
        ("page_groups", "The cells of an LSTM, one of them open", am.step_through(lstm, *cells),
         ["stepThrough.go(800)", "toggle(story.groups[9].key)"]),
    ]  # fmt: skip
    for name, about, page, acts in pages:
        view = browser.new_page(viewport={"width": 1280, "height": 780})
        view.goto(page.save(folder / f"{name}.html").as_uri())
        for act in acts:
            view.evaluate(act)
        view.wait_for_timeout(300)
        view.screenshot(path=DOCS / "images" / f"{name}.png")
        yield name, about


def main() -> None:
    """Write the pictures and the page."""
    text = HEAD
    for name, about, drawing in images():
        for suffix in ["svg", *sys.argv[1:]]:
            print(drawing.save(DOCS / "images" / f"{name}.{suffix}"))
        text += f"\n## {about}\n\n![{about}](images/{name}.svg)\n"
    text += "\n## Step by step\n\nPages of `am.step_through`, which run in any browser without a network.\n"
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    chosen = {"executable_path": found} if found else {"channel": "chrome"}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=["--no-sandbox", "--disable-gpu"], **chosen)
        for name, about in screenshots(browser, Path(folder)):
            text += f"\n![{about}](images/{name}.png)\n\n*{about}.*\n"
        versions = {"machine": platform.machine(), "python": platform.python_version(), "numpy": np.__version__}
        text += "\n" + TIMES.format(**versions) + "".join(times(browser, Path(folder)))
        browser.close()
    text += PEERS.format(table=table(COLUMNS, FEATURES))
    (DOCS / "gallery.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
