"""The report of `autograd-mini train digits` in a real Chromium, without a network: run with ``-m browser``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from autograd_mini.cli import main

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The results of a short training."""
    path = tmp_path_factory.mktemp("report") / "results"
    assert main(["train", "digits", "--model", "conv", "--hidden", "16", "--epochs", "2", "--out", str(path)]) == 0
    return path


def test_the_report_shows_what_the_summary_holds(opened, folder):
    view = opened(folder / "report.html")
    summary = json.loads((folder / "summary.json").read_text())
    wrong = summary["wrong_held_out_digits"]
    reached = f"{summary['held_out_accuracy']:.2%}"
    assert view.title() == f"{reached} of 599 handwritten digits are read right"
    assert view.locator(".numbers li").first.inner_text().split("\n") == [reached, "right on held-out digits"]
    cells = view.eval_on_selector_all(".confusion td", "cells => cells.map(cell => Number(cell.textContent))")[1:]
    counts = np.reshape(cells, (10, 10))
    assert counts.sum() == 599
    assert counts.sum() - np.trace(counts) == len(wrong)
    assert view.locator(".digits figure").count() == min(40, len(wrong))
    assert "numbers agree with finite differences" in view.locator("pre").inner_text()
    assert view.locator(".settings").inner_text().split() == [
        word for name, x in (summary["settings"] | {"batch_size": 32}).items() for word in (name, str(x))
    ]


def test_the_pictures_are_there_and_fit_the_window(opened, folder):
    view = opened(folder / "report.html")
    assert view.evaluate("document.querySelector('.picture img').naturalWidth") > 500
    assert view.locator(".flow svg text").filter(has_text="Conv2d").count() == 2
    assert view.locator(".flow svg").bounding_box()["width"] > 200
    for width in (1200, 400):
        view.set_viewport_size({"width": width, "height": 800})
        assert view.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_digits_are_the_images(opened, folder):
    from autograd_mini.data import load_digits

    view = opened(folder / "report.html")
    first = view.locator(".digits figure").first
    shown = int(first.inner_text().split(",")[0])
    pixels = first.locator("rect").evaluate_all(
        "all => all.map(r => [r.y.baseVal.value, r.x.baseVal.value, Number(r.getAttribute('fill-opacity'))])"
    )
    image = np.zeros((8, 8))
    for i, j, grey in pixels:
        image[int(i), int(j)] = grey
    held_out = load_digits().held_out
    found = np.flatnonzero(np.all(np.abs(held_out.images / 16 - image) < 0.01, axis=(1, 2)))
    wrong = json.loads((folder / "summary.json").read_text())["wrong_held_out_digits"]
    assert len(found) == 1
    assert found[0] in wrong
    assert held_out.labels[found[0]] == shown


def test_it_can_be_read_in_the_dark(opened, folder):
    view = opened(folder / "report.html")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = view.evaluate(colour)
    view.emulate_media(color_scheme="dark")
    assert (light, view.evaluate(colour)) == ("rgb(255, 255, 255)", "rgb(22, 27, 34)")
