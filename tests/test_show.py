"""The report of a gradient check in words and as a page."""

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini.check import Map, Report
from autograd_mini.check.show import heat_map, percent, shade

X = np.linspace(0.1, 1.0, 12).reshape(3, 4)


def wrong_in_a_row(x: Any) -> Report:
    claimed = np.cos(x)
    claimed[1] *= 1.5
    return am.check_grads(lambda x: np.sum(np.sin(x)), x, grad=claimed, report=True, names=["<w & b>"])


def test_the_text_answers_the_five_questions() -> None:
    text = str(wrong_in_a_row(X))
    lines = [
        f"  <w & b>[1, {i}]: grad {1.5 * np.cos(x):.8g}, difference {np.cos(x):.8g} ± e" for i, x in enumerate(X[1])
    ]
    assert re.sub(r"± \S+", "± e", text).replace("complex step", "difference").splitlines() == [
        "gradient of <lambda>: wrong in 4 of 12 numbers",
        "  pattern: <w & b>: it is wrong only in row 1; there, it is 3/2 times what it should be",
        *lines,
        "  why: it differs from central differences of the function itself",
        "  checked: all 12 elements, one by one",
        "  the remainder falls as h^1.00 (2 if right, 1 if wrong)",
        "  instead: am.check_grads(..., report=True) returns every comparison",
    ]


def test_a_sample_says_how_sure_it_is() -> None:
    text = str(am.check_grads(lambda x: np.sum(np.sin(x)), np.linspace(0, 1, 1000), order=1))
    assert (
        "checked: 20 of 1,000 elements of x, and 4 random directions of all: an error of 1% of the gradient's" in text
    )
    assert "is found with probability more than 99.9999%" in text
    assert "a sample is no proof: max_elements= raises what is compared one by one" in text
    assert percent(0.99871) == "99.9%"


def test_a_kink_shows_both_slopes() -> None:
    text = str(am.check_grads(np.abs, np.array([0.0, 1.0]), order=1))
    assert text.startswith("gradient of absolute: right in 3 numbers, 1 of them at kinks; worst relative error ")
    assert "x[0]: a kink here, left slope -" in text
    assert "vjp 0 is a subgradient" in text


def test_the_line() -> None:
    assert repr(wrong_in_a_row(X)) == "<gradient of <lambda>: wrong in 4 of 12 numbers>"
    assert repr(am.check_grads(np.log, -1.0, report=True)) == "<gradient of log: outside the domain>"


class Page(HTMLParser):
    """Reads a page, and notes its rectangles and whether each tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fills: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "rect":
            self.fills.append(dict(attrs)["fill"])

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        if tag == "rect":
            self.fills.append(dict(attrs)["fill"])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_has_a_map_of_the_errors() -> None:
    html = wrong_in_a_row(X)._repr_html_()
    page = Page()
    page.feed(html)
    assert page.open == []
    assert "<w" not in html.replace("<width", "")  # names are escaped
    cells = np.array(page.fills[:12]).reshape(3, 4)
    assert np.all(cells[[0, 2]] == "#ffffff")
    assert np.all(cells[1] != "#ffffff")
    assert f"<w & b>[1, 2]: {1.5 * np.cos(X[1, 2]):.6g}, should be {np.cos(X[1, 2]):.6g}" in page.words


def test_a_large_array_is_drawn_by_the_worst_of_each_block() -> None:
    expected = np.ones((200, 10))
    found = expected.copy()
    found[150, 3] = 2.0
    page = Page()
    page.feed(heat_map(Map("w", found, expected, np.full((200, 10), 1e-6))))
    cells = np.array(page.fills[: 50 * 10]).reshape(50, 10)
    assert [tuple(map(int, index)) for index in np.argwhere(cells != "#ffffff")] == [(37, 3)]
    assert any("blocks of 4 × 1" in words for words in page.words)


def test_shades_darken_with_the_error() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [lightness(shade(x)) for x in (0.5, 2, 1e2, 1e4, 1e8, 1e12, np.inf)]
    assert shades == sorted(shades, reverse=True)
    assert shade(1e30) == shade(np.inf)
