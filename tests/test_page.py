"""The page of `step_through` in a real Chromium, without a network: run with ``-m browser``."""

from __future__ import annotations

import time

import numpy as np
import pytest

import autograd_mini as am

pytestmark = pytest.mark.browser


def shown(view, name, part):
    """Return the text that the box of a name shows for its value or its gradient."""
    return view.evaluate(
        "([name, part]) => story.boxes.find((box) => box.name === name).parts[part].textContent", [name, part]
    )


def gradient(view, name):
    """Return the gradient of a name as the page has it at this step."""
    cells = view.evaluate("(name) => stepThrough.gradient(name)", name)
    return None if cells is None else np.array(cells, float)


def summed(w, b, x):
    h = np.tanh(x * w + b)  # b is broadcast, h is used by each part
    first, second = np.split(h, 2, axis=1)
    return np.sum(first * second) + np.sum(w * w) + np.sum(h) * b[0]


def test_the_end_of_the_slider_is_the_gradient_that_backward_leaves(opened):
    w, b = am.Value(np.linspace(-1, 1, 4), name="w"), am.Value([0.3], name="b")
    x = np.array([[1.0, 2, 3, 4], [0.5, -1, 2, 0], [1, 1, 1, 1]])
    with am.full_record():
        loss = summed(w, b, x)
    view = opened(am.step_through(loss))
    assert gradient(view, "w") is None
    slider = view.locator("#slider")
    slider.focus()
    slider.press("End")
    loss.backward()
    np.testing.assert_allclose(gradient(view, "w").ravel(), w.grad, rtol=1e-5)
    np.testing.assert_allclose(gradient(view, "b").ravel(), b.grad, rtol=1e-5)
    assert view.locator("#where").text_content().startswith("backward ")
    images = view.locator('[data-name="w"] image[data-role="gradient"]')
    assert images.get_attribute("href").startswith("data:image/png")


def test_a_sum_grows_use_by_use(opened):
    x = am.Value(3.0, name="x")
    y = am.Value(2.0, name="y")
    z = x * y + x * x + x
    view = opened(am.step_through(z))
    seen = []
    for i in range(view.evaluate("stepThrough.steps")):
        view.evaluate("(i) => stepThrough.go(i)", i)
        seen.append((shown(view, "x", "value"), shown(view, "x", "gradient")))
    z.backward()
    assert seen[0] == ("3", "")
    assert list(dict.fromkeys(g for _, g in seen)) == ["", "1", "7", "9"]
    assert seen[-1] == ("3", f"{x.grad:g}")
    assert "sum so far: 1 + 3 + 3" not in view.locator("#step").text_content()
    assert "sum so far: 7 + 2 = 9" in view.locator("#step").text_content()


def test_keys_buttons_and_the_slider_take_the_same_steps(opened):
    view = opened(am.step_through(lambda w, x: np.tanh(w * x), 0.5, 2.0))
    step = lambda: view.evaluate("stepThrough.step()")  # noqa: E731 - read again and again
    view.keyboard.press("ArrowRight")
    view.keyboard.press("ArrowRight")
    assert step() == 2
    view.locator("#back").click()
    assert step() == 1
    view.locator("#slider").fill("4")
    assert step() == 4
    view.keyboard.press("b")
    assert "backward pass starts" in view.locator("#step h2").text_content()
    view.keyboard.press("Home")
    assert step() == 0
    view.keyboard.press("Space")
    deadline = time.monotonic() + 30
    while step() < 2:
        assert time.monotonic() < deadline
        view.wait_for_timeout(100)
    view.keyboard.press("Space")
    assert view.locator("#play").text_content() == "play"
    view.keyboard.press("End")
    assert view.locator("#slider").get_attribute("aria-valuetext").startswith("backward 3 of 3: z1 passes")
    assert view.locator("#step .code").text_content().startswith("view = opened(am.step_through(lambda w, x")


def test_zoom_and_pan(opened):
    view = opened(am.step_through(lambda x: x * x, 3.0))
    box = view.locator('[data-name="x"]')
    before = box.bounding_box()
    view.mouse.move(before["x"] + 20, before["y"] + 20)
    view.mouse.wheel(0, -400)
    view.wait_for_timeout(100)
    larger = box.bounding_box()
    assert larger["width"] > 1.3 * before["width"]
    assert abs(larger["x"] + 20 * larger["width"] / before["width"] - before["x"] - 20) < 3  # under the pointer
    view.mouse.move(60, 200)
    view.mouse.down()
    view.mouse.move(160, 260, steps=5)
    view.mouse.up()
    moved = box.bounding_box()
    assert abs(moved["x"] - larger["x"] - 100) < 2
    assert abs(moved["y"] - larger["y"] - 60) < 2
    view.keyboard.press("0")
    view.wait_for_timeout(100)
    assert abs(box.bounding_box()["width"] - before["width"]) < 1


def network(w, x):
    for _ in range(4):
        with am.scope("layer"):
            x = np.tanh(x @ w)
    return np.sum(x)


def test_groups_open_on_a_click_and_by_keys(opened):
    view = opened(am.step_through(network, np.eye(2), np.ones(2), depth=0))
    names = lambda: view.evaluate("[...drawn.boxes.keys()].map((key) => boxFor(key).name)")  # noqa: E731
    assert sorted(names()) == ["layer 1", "layer 2", "layer 3", "layer 4", "result", "w"]
    view.locator('[data-name="layer 2"]').click()
    assert "layer 2" not in names()
    assert len(names()) == 7
    assert view.locator(".frame").count() == 1
    view.locator(".frame text").click()
    assert view.locator(".frame").count() == 0
    view.locator('[data-name="layer 3"]').focus()
    view.keyboard.press("Enter")
    assert view.locator(".frame").count() == 1
    view.locator("#unfold").click()
    assert view.locator(".frame").count() == 4
    view.locator("#fold").click()
    assert view.locator(".frame").count() == 0
    view.keyboard.press("End")  # a step inside a folded group shows that group
    assert view.locator(".box.now").get_attribute("data-name") == "layer 1"


def test_search_finds_names_operations_and_lines_and_opens_groups(opened):
    view = opened(am.step_through(network, np.eye(2), np.ones(2), depth=0))
    view.keyboard.press("/")
    view.keyboard.type("tanh")
    assert view.locator("#found").text_content() == "8 found"  # a line has both operations
    assert view.locator(".box.found").count() == 4
    view.keyboard.press("Enter")
    assert view.locator(".box.chosen").count() == 1
    assert view.locator("#chosen").is_visible()
    view.keyboard.press("Escape")
    assert view.locator("#found").text_content() == ""
    assert view.locator(".box.found").count() == 0
    view.locator("#search").fill("layer 2")
    assert int(view.locator("#found").text_content().split()[0]) >= 2


def test_a_heat_map_tells_its_numbers(opened):
    view = opened(am.step_through(lambda x: np.sum(x * x), np.array([[1.0, -2.0], [np.nan, np.inf]])))
    image = view.locator('[data-name="x"] image').first
    place = image.bounding_box()
    for i, text in enumerate(("[0, 0] = 1", "[0, 1] = −2", "[1, 0] = NaN", "[1, 1] = Infinity")):
        across, down = (0.25 + 0.5 * (i % 2)) * place["width"], (0.25 + 0.5 * (i // 2)) * place["height"]
        view.mouse.move(place["x"] + across, place["y"] + down)
        assert view.locator("#tooltip").text_content() == text
    view.locator("#step .numbers summary").click()
    view.locator("#step td").first.wait_for()
    assert view.locator("#step td").all_text_contents() == ["1", "−2", "NaN", "Infinity"]


def test_light_and_dark(opened):
    view = opened(am.step_through(lambda x: np.sum(x), np.arange(4.0)))
    colour = lambda: view.evaluate("getComputedStyle(document.body).backgroundColor")  # noqa: E731
    light = colour()
    map_before = view.locator('[data-name="x"] image').first.get_attribute("href")
    view.keyboard.press("d")
    assert colour() != light
    assert view.locator('[data-name="x"] image').first.get_attribute("href") != map_before


def test_a_screen_reader_hears_what_each_box_has(opened):
    view = opened(am.step_through(lambda w, x: np.tanh(w * x), 0.5, 2.0))
    view.keyboard.press("End")
    label = view.locator('[data-name="w"]').get_attribute("aria-label")
    assert label == "w, value 0.5, gradient 0.8399"
    assert "of w and x" in view.locator('[data-name="z1"]').get_attribute("aria-label")
    assert view.locator("#step").get_attribute("aria-live") == "polite"
    assert view.locator("[aria-current]").get_attribute("data-name") == "z1"
    view.evaluate(
        "new MutationObserver((all) => (window.told = all.length)).observe(find('step'), { childList: true })"
    )
    view.locator('[data-name="x"]').click()
    assert view.evaluate("window.told ?? 0") == 0  # a step is read once
    view.keyboard.press("Escape")
    unnamed = view.evaluate(
        "[...document.querySelectorAll('button, input, svg[role], canvas')].filter((one) =>"
        " !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length)).map((one) => one.id)"
    )
    assert unnamed == []
    view.locator('[data-name="w"]').click()
    view.keyboard.press("ArrowDown")
    assert view.locator(".box.chosen").get_attribute("data-name") == "z1"
    assert view.evaluate("document.activeElement.dataset.name") == "z1"


def test_rules_are_set_as_mathematics(opened):
    view = opened(am.step_through(lambda x: np.arcsin(x), 0.5))
    view.keyboard.press("End")
    fractions = view.locator("#step mfrac")
    assert fractions.count() == 3  # of differentials, of the rule, and of its numbers
    assert fractions.nth(1).text_content() == "g1−x2"
    assert view.locator("#step msqrt").count() == 2
    assert view.locator("#step math[aria-label]").first.get_attribute("aria-label") == "g / √(1 − x²)"


def test_arrows_point_down_and_gradients_go_only_where_they_arrive(opened):
    view = opened(am.step_through(lambda x: x * 2.0, 3.0))
    ends = view.evaluate("[...document.querySelectorAll('.arrow.last path')].map((path) => path.getAttribute('d'))")
    assert ends
    assert not any(" v" in d for d in ends)  # an empty last part would turn the head to the right
    view.keyboard.press("End")
    assert view.locator(".arrow.now").count() == 1
    assert view.locator(".arrow").count() == 2


def test_a_larger_window_is_filled(opened):
    view = opened(am.step_through(network, np.eye(2), np.ones(2), depth=0))
    view.set_viewport_size({"width": 500, "height": 260})
    view.keyboard.press("+")
    view.keyboard.press("+")
    few = view.locator(".box").count()
    view.set_viewport_size({"width": 1500, "height": 1000})
    view.wait_for_timeout(200)
    assert view.locator(".box").count() > few


def test_one_box_can_always_be_reached_by_keys(opened):
    view = opened(am.step_through(network, np.eye(2), np.ones(2)))
    reachable = view.locator(".box[tabindex='0']")
    view.evaluate("choose(story.steps[3].at)")
    assert reachable.count() == 1
    for act in ("ArrowRight", "Escape", "End", "ArrowLeft"):
        view.keyboard.press(act)
        assert reachable.count() == 1, act
    view.evaluate("choose(story.steps[3].at)")
    view.locator("#fold").click()
    assert reachable.count() == 1
    view.evaluate("move(-5000, -5000); show()")
    assert reachable.count() == 1


def test_from_box_to_box_by_keys(opened):
    view = opened(am.step_through(lambda x, y: (x * y) ** 2, 3.0, 2.0))
    chosen = view.locator(".box.chosen")
    view.keyboard.press("End")
    view.keyboard.press("ArrowUp")
    assert chosen.get_attribute("data-name") == "x"
    view.keyboard.press(".")
    assert chosen.get_attribute("data-name") == "y"
    view.keyboard.press("ArrowDown")
    assert chosen.get_attribute("data-name") == "z1"
    view.keyboard.press("Space")  # on a box it chooses, or no longer
    assert chosen.count() == 0
    view.keyboard.press("Space")
    assert chosen.count() == 1
    view.keyboard.press("Space")
    view.locator("#slider").focus()
    view.keyboard.press("Home")
    view.keyboard.press("ArrowUp")
    assert view.evaluate("stepThrough.step()") == 1


def test_paper_has_the_whole_picture_in_light_colours(opened):
    view = opened(am.step_through(network, np.eye(2), np.ones(2)))
    view.keyboard.press("d")
    view.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert view.evaluate("document.documentElement.dataset.theme") == "light"
    assert view.locator("#graph").get_attribute("viewBox")
    assert view.locator(".box").count() == view.evaluate("drawn.boxes.size")
    view.evaluate("dispatchEvent(new Event('afterprint'))")
    assert view.evaluate("document.documentElement.dataset.theme") == "dark"
    assert view.locator("#graph").get_attribute("viewBox") is None


def test_what_a_script_asks_for_must_be_there(opened):
    view = opened(am.step_through(lambda x: x * 2.0, 3.0))
    said = view.evaluate("(() => { try { stepThrough.gradient('w') } catch (error) { return error.message } })()")
    assert said == 'no box is named "w"; there are x, result'


def test_any_scope_and_any_name_is_shown(opened):
    def f(x):
        with am.scope("·dot"), am.scope("<b>&$\\"):
            return np.sin(x)

    view = opened(am.step_through(f, am.Value(1.0, name="<i>'\"${x}")))
    assert view.locator(".frame text").all_text_contents() == ["▾ ·dot", "▾ <b>&$\\"]
    assert view.evaluate("story.boxes[0].name") == "<i>'\"${x}"


def test_the_arrows_of_two_uses_are_two(opened):
    view = opened(am.step_through(lambda x: x * x, 3.0))
    paths = view.evaluate("[...document.querySelectorAll('.arrow path')].map((path) => path.getAttribute('d'))")
    assert len(set(paths)) == 2


def test_a_page_of_two_thousand_nodes_draws_what_can_be_seen(opened):
    def deep(x, w):
        for i in range(660):
            x = np.tanh(x * w[i % 7]) if i % 3 else x + 0.1 * np.sin(x)
        return np.sum(x)

    view = opened(am.step_through(deep, 0.3, np.linspace(0.5, 1.5, 7)))
    assert view.evaluate("story.boxes.length") > 1_900
    for share in np.linspace(0, 1, 9):  # how long it takes: docs/gallery.md
        view.evaluate("(share) => stepThrough.go(share * stepThrough.steps)", float(share))
        assert 0 < view.locator(".box").count() < 200
        assert view.locator(".box.now").count() == 1
