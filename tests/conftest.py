"""What must be settled before the first test: threads, plotting, hypothesis; and what many tests share."""

import builtins
import os
import shutil
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

# Small matrices are slower on many threads, and timings waver. NumPy reads this once, while it is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")  # draws without a display

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402 - it may import NumPy

# No deadline: the first call of a rule also builds its pullback.
settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = ["--disable-gpu", "--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the one on the PATH, else Chrome as it is installed."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        chosen = {"executable_path": found} if found else {"channel": "chrome"}
        running = playwright.chromium.launch(args=QUIET, **chosen)
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page from its file, with no network; at the end it must not have complained or asked for anything."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 800}, color_scheme="light")
    complaints, requests = [], []

    def open_page(page):
        view = context.new_page()
        view.on("console", lambda message: complaints.append(message.text))
        view.on("pageerror", lambda error: complaints.append(str(error)))
        view.on("request", lambda request: requests.append(request.url))
        path = page if isinstance(page, Path) else page.save(tmp_path / "page.html")
        view.goto(path.as_uri())
        return view

    yield open_page
    assert not complaints
    assert all(url.startswith(("file:", "data:")) for url in requests)
    context.close()


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """Run a lab by the command, in its small size and once; return its variables, tables, words and folder."""
    from autograd_mini import cli_lab, labs
    from autograd_mini.cli import main

    @cache
    def run(name):
        folder = tmp_path_factory.mktemp("labs") / name
        kept, titles, printed = {}, [], StringIO()
        run_script, table = cli_lab.run_script, labs.table

        def noted(rows, columns, title=""):
            titles.append(title)
            table(rows, columns, title)

        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
            patch.setattr(cli_lab, "run_script", lambda *args: kept.update(run_script(*args)))
            patch.setattr(labs, "table", noted)
            assert main(["lab", name, "--small", "--out", str(folder)]) == 0
        return SimpleNamespace(values=SimpleNamespace(**kept), titles=titles, printed=printed.getvalue(), folder=folder)

    return run


@pytest.fixture
def without_matplotlib(monkeypatch):
    """Let every import of matplotlib fail, as where it isn't installed."""
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
