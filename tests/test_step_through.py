"""`step_through`: what happens at each step, in which order, with which numbers; test_page.py runs the page itself."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.view import DrawingError
from autograd_mini.view.layout import arrange, crossings


def story(what, *args, **options):
    """Return what a page tells."""
    return json_of(am.step_through(what, *args, **options))


def json_of(page):
    """Return what a page tells, as the page itself reads it."""
    return json.loads(re.search(r'<script id="story" type="application/json">(.*?)</script>', page.html, re.S)[1])


def number_of(picture):
    """Return the number or the array of a picture whose cells are single elements."""
    assert picture["block"] == [1, 1]
    return np.array(picture["cells"], float).reshape(picture["shape"])


def last_sums(told):
    """Return the last running sum of each box, by its name."""
    names = {box["key"]: box["name"] for box in told["boxes"]}
    return {names[use["to"]]: use["sum"] for step in told["steps"] for use in step.get("uses", ())}


def loss_of(w, b, x):
    h = np.tanh(w * x + b)
    first, second = np.split(h, 2)
    return np.sum(first * second) + np.sum(w * w)


def test_the_running_sums_end_at_the_gradients():
    w, b = am.Value(np.linspace(-1, 1, 4), name="w"), am.Value(0.3, name="b")
    x = np.array([[1.0, 2, 3, 4], [0.5, -1, 2, 0], [1, 1, 1, 1], [2, 0, 1, -2]])
    with am.full_record():
        loss = loss_of(w, b, x)
    sums = last_sums(story(loss))
    assert w.grad is None
    loss.backward()
    np.testing.assert_allclose(number_of(sums["w"]), w.grad, rtol=1e-5)
    np.testing.assert_allclose(number_of(sums["b"]), b.grad, rtol=1e-15)
    assert number_of(sums[story(loss)["result"]]) == 1


def test_the_order_is_that_of_the_engine():
    x = am.Value(3.0)
    y = x * x
    z = np.sin(y) + y
    told = json_of(am.step_through(z))
    key = {box["name"]: box["key"] for box in told["boxes"]}
    forward = [step["at"] for step in told["steps"] if step["phase"] == "forward"]
    assert forward == [key["x"], key["y"], key["z1"], key["z"]]
    backward = [(step["at"], [use["to"] for use in step["uses"]]) for step in told["steps"][4:]]
    assert backward == [
        (key["z"], [key["z"]]),
        (key["z"], [key["z1"], key["y"]]),
        (key["z1"], [key["y"]]),
        (key["y"], [key["x"], key["x"]]),
    ]


def test_each_use_has_its_rule_in_symbols_and_in_numbers_and_the_sum_so_far():
    w = am.Value(0.5)
    h = np.tanh(w * 2.0)
    loss = h * h
    step = story(loss)["steps"][-2]
    assert step["title"] == "h passes its gradient on: tanh"
    (use,) = step["uses"]
    assert (use["words"], use["numbers"]) == ("g · (1 − h²)", "1.523 · (1 − 0.7616²)")
    twice = story(loss)["steps"][-3]["uses"]
    assert [use["before"] for use in twice] == ["", "0.7616"]
    assert [use["sum"]["text"] for use in twice] == ["0.7616", "1.523"]
    first = story(loss)["steps"][1]
    assert first["lines"] == ["z1 = w × 2", "= 0.5 × 2 = 1"]
    (box,) = (box for box in story(loss)["boxes"] if box["name"] == "h")
    assert box["source"] == "h = np.tanh(w * 2.0)"
    assert re.fullmatch(r"test_step_through\.py, line \d+", box["line"])


def test_a_function_is_run_with_everything_kept():
    told = story(lambda p, x: np.sum(np.exp(x @ p["w"])), {"w": np.ones((2, 3))}, np.eye(2))
    assert {box["name"] for box in told["boxes"]} >= {"p['w']", "x", "result"}
    assert not told["notes"]
    assert all("value" in box for box in told["boxes"])


def test_what_was_not_kept_is_said():
    v = am.Value(np.ones(3))
    told = story(np.sum(np.abs(v + np.arange(3.0))))
    assert "am.full_record()" in told["notes"][0]
    assert {"text": "not kept"} in [box.get("value") for box in told["boxes"]]


def test_other_results_have_a_forward_pass_alone():
    told = story(lambda x: np.sin(x), np.ones(3))
    assert {step["phase"] for step in told["steps"]} == {"forward"}
    assert "np.sum" in told["notes"][0]
    assert {step["phase"] for step in story(lambda x: (x * 2, x * 3), 1.0)["steps"]} == {"forward"}


def test_large_arrays_are_shown_by_the_largest_number_of_each_block():
    x = np.zeros((100, 60))
    x[37, 51], x[0, 0] = -5.0, np.nan
    told = story(lambda x: np.sum(x), x)
    (picture,) = (box["value"] for box in told["boxes"] if box["name"] == "x")
    cells, (high, wide) = picture["cells"], picture["block"]
    assert max(len(cells), len(cells[0])) <= 24
    assert cells[37 // high][51 // wide] == -5.0
    assert cells[0][0] == "NaN"


def test_a_rule_that_raises_ends_the_pass_and_is_named():
    @am.custom_vjp(x=lambda g, x: 1 / 0)
    def broken(x):
        return np.sin(x)

    told = story(lambda x: 2 * broken(x), 1.0)
    last = told["steps"][-1]
    assert "ZeroDivisionError" in last["lines"][0]
    assert "broken" in last["lines"][0]


def test_a_rule_that_raises_where_nothing_is_shown_is_a_note():
    @am.custom_vjp(x=lambda g, x: 1 / 0)
    def broken(x):
        return np.sin(x)

    def f(x):
        x = broken(x)
        for _ in range(40):
            x = x * 1.01
        return x

    told = story(f, 1.0, max_nodes=12)
    assert "ZeroDivisionError" in told["notes"][-1]


def test_what_was_changed_since_has_no_backward_pass_and_a_note():
    x = am.Value([1.0, 2.0], name="x")
    y = np.sum(np.exp(x) * x)
    x.data += 1
    told = story(y)
    assert {step["phase"] for step in told["steps"]} == {"forward"}
    assert re.search("there is no backward pass: .*changed", told["notes"][-1])
    assert story(y, max_nodes=10)["notes"][-1] == told["notes"][-1]


def test_of_complex_numbers_no_equation_is_shown_that_is_not_true():
    told = story(lambda z: np.real(z * z * (1 + 2j)), 1 - 2j)
    assert not any(use.get("numbers") for step in told["steps"] for use in step.get("uses", ()))
    assert "-0j" not in json.dumps(told)


def test_long_doubles_are_shown_in_double_precision():
    told = story(lambda x: np.sum(x * 2), np.array([0.5, 1e300], np.longdouble) * np.longdouble("1e200"))
    (picture,) = (box["value"] for box in told["boxes"] if box["name"] == "x")
    assert picture["cells"][0][1] == "Infinity"
    assert story(lambda z: np.sum(np.abs(z)), np.ones(2, np.clongdouble))["steps"]


def test_numbers_of_a_mean_and_of_an_element():
    told = story(lambda x: np.mean(np.tanh(x)) + x[1], np.arange(4.0))
    uses = [use for step in told["steps"] for use in step.get("uses", ())]
    assert "1 / 4" in [use.get("numbers") for use in uses]
    assert "g in its place, 0 elsewhere" in [use["words"] for use in uses]
    assert "z3 = x[1]" in [line for step in told["steps"] for line in step.get("lines", ())]


def test_the_code_beside_a_step_is_the_users():
    def f(x):
        return (
            np.sin(x)
            + 2 * np.cos(
                x
            )
        )  # fmt: skip

    told = story(f, 1.0)
    assert told["title"] == "f"
    (cosine,) = (box for box in told["boxes"] if box["operation"] == "cos")
    assert cosine["source"].startswith("+ 2 * np.cos(\n")
    assert cosine["source"].count("\n") == 2


def test_any_name_of_a_scope():
    def f(x):
        with am.scope("·dot"), am.scope('a/b "c" #1'):
            return np.sin(x) * 2.0

    groups = story(f, 1.0)["groups"]
    assert [group["key"] for group in groups] == ["", "g1", "g2"]
    assert [group["name"] for group in groups] == ["", "·dot", 'a/b "c" #1']
    assert story(f, 1.0) == story(f, 1.0)


def test_an_arrow_goes_round_what_stands_in_its_way():
    def f(x):
        with am.scope("inside"):
            y = np.sin(np.cos(x))
            return y * x

    told = story(f, 1.0)
    x = next(box["key"] for box in told["boxes"] if box["name"] == "x")
    (inside,) = (group for group in told["groups"] if group["name"] == "inside")
    assert x in [item for layer in inside["layers"] for item in layer]  # only used in there
    legs = [arrow["legs"] for arrow in told["arrows"] if arrow["source"] == x]
    assert sorted(leg[2] for (leg,) in legs) == [0, 2]


def test_ways_into_and_out_of_groups():
    def f(x):
        with am.scope("first"):
            a, b = np.sin(x), np.cos(x)
            c = a * b
        with am.scope("second"):
            return c * a * x

    told = story(f, 1.0)
    names = {box["key"]: box["name"] for box in told["boxes"]}
    keys = {group["name"]: group["key"] for group in told["groups"]}
    ways = {(names[arrow["source"]], names[arrow["target"]]): arrow["legs"] for arrow in told["arrows"]}
    a = next(key for key, name in names.items() if name == "a")
    first, second = keys["first"], keys["second"]
    (leaving, between, coming) = next(legs for (source, _), legs in ways.items() if source == "a" and len(legs) == 3)
    assert leaving[:2] == [first, a]
    assert leaving[3] == f"·<{a}"
    assert between == ["", first, 0, second]
    assert coming[:2] == [second, f"·>{first}"]


def test_numbers_that_json_lacks():
    told = story(lambda x: np.sum(np.abs(x)), np.array([1 + 2j, np.inf]))
    (picture,) = (box["value"] for box in told["boxes"] if box["name"] == "x")
    assert picture["cells"] == [[[1.0, 2.0], ["Infinity", 0.0]]]
    assert any("conjugates" in note for note in told["notes"])


def test_a_graph_beyond_the_budget_says_so_and_its_leaves_still_end_right():
    w = am.Value(0.99, name="w")
    y = am.Value(1.0)
    for _ in range(50):
        y = y * w
    told = story(y, max_nodes=20)
    assert "51" in told["notes"][0] or "52" in told["notes"][0]
    assert len(told["boxes"]) <= 20
    assert told["steps"][-1]["at"] == "folded"
    y.backward()
    np.testing.assert_allclose(number_of(last_sums(told)["w"]), w.grad, rtol=1e-12)


def test_groups_hold_what_only_they_use_and_can_be_folded_at_first():
    def net(w, x):
        for _ in range(3):
            with am.scope("cell"), am.scope("inner"):
                x = np.tanh(x * w + 1.0)
        return np.sum(x)

    told = story(net, 0.5, np.ones(2), depth=1)
    groups = {group["key"]: group for group in told["groups"]}
    assert [group["name"] for group in told["groups"]] == ["", "cell 1", "inner", "cell 2", "inner", "cell 3", "inner"]
    assert all(group["open"] == (group["name"] != "inner") for group in told["groups"])
    place = {box["key"]: box["place"] for box in told["boxes"]}
    constants = [box["place"] for box in told["boxes"] if box["kind"] == "constant"]
    assert len(set(constants)) == 3
    assert all(groups[key]["name"] == "inner" for key in constants)
    (w,) = (box["key"] for box in told["boxes"] if box["name"] == "w")
    assert place[w] == ""
    inside = {item for group in told["groups"] for layer in group["layers"] for item in layer if item[0] != "·"}
    assert inside == {*place, *groups} - {""}


def test_the_page_is_one_file_that_asks_for_nothing_else():
    page = am.step_through(lambda x: x * x, 3.0).html
    assert not re.search(r'(src|href)\s*=\s*["\'](?!#)', page.split('<script id="story"')[0])
    spaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}  # names, which nobody fetches
    assert set(re.findall(r'https?://[^"]*', page)) == spaces
    assert "default-src 'none'" in page


def test_no_text_can_end_the_data():
    evil = am.Value(1.0, name="</script><b>&\ud800")
    page = am.step_through(evil * 2.0)
    assert "</script><b>" not in page.html
    assert json_of(page)["boxes"][0]["name"] == evil.name


def test_saving(tmp_path):
    page = am.step_through(am.Value(1.0, name="\ud800") * 2.0)
    path = page.save(tmp_path / "page.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert page._repr_html_().startswith("<iframe srcdoc=")
    assert len(page) == 4
    with pytest.raises(DrawingError, match=r"a page can't be saved as .*\n.*'\.svg' is not one of \.html, \.htm"):
        page.save(tmp_path / "page.svg")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: am.step_through(2.0), "am.step_through got float, which has no graph"),
        (lambda: am.step_through(am.Value(1.0) * 2, 3.0), "am.step_through got a Value and 1 more"),
        (lambda: am.step_through(np.sin), r"am.step_through\(sin\) has no number or array"),
        (lambda: am.step_through(np.sin, 1.0, max_nodes=3), "max_nodes is 3"),
        (lambda: am.step_through(np.sin, 1.0, depth=-1), "depth is -1"),
    ],
)
def test_what_cannot_be_walked_through_is_refused(call, text):
    with pytest.raises(DrawingError, match=text):
        call()


def test_layers_go_down_and_arrows_do_not_cross_where_they_need_not():
    layers, routes = arrange(["a", "b", "c", "d", "e", "f"], [("a", "f"), ("b", "e"), ("c", "d")])
    assert len(layers) == 2
    below = {"a": ["f"], "b": ["e"], "c": ["d"]}
    assert crossings(layers, below) == 0
    assert not routes
    row = {
        item: i for i, layer in enumerate(arrange("abcd", [("a", "b"), ("b", "c"), ("a", "c")])[0]) for item in layer
    }
    assert row["a"] < row["b"] < row["c"]
    assert arrange("ab", [("b", "a")]) == ([["a", "b"]], {})  # an arrow backwards is left to the page
