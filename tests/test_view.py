"""Drawings: what they show, and any text in a label."""

import os
import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from drawn import edges_of, neuron, node_with, nodes_of

import autograd_mini as am
from autograd_mini.view import draw

# ------------------------------------------------------------------------------------------------ What is shown


def test_a_scalar_graph_shows_names_values_and_gradients_and_touches_no_grad():
    w, x = am.Value(0.5, name="w"), am.Value(2.0, name="x")
    y = np.tanh(w * x - 0.4)
    slope = 1 - np.tanh(0.6) ** 2
    assert sorted(nodes_of(draw(y)).values()) == sorted(
        [
            f"w value 0.5 grad {2 * slope:.4g}",
            f"x value 2 grad {0.5 * slope:.4g}",
            f"× multiply value 1 grad {slope:.4g}",
            "0.4",
            f"− subtract value 0.6 grad {slope:.4g}",
            "y : tanh value 0.537 grad 1",
        ]
    )
    assert len(edges_of(draw(y))) == 5
    assert w.grad is None


def test_what_is_no_loss_or_was_changed_since_shows_the_gradients_that_backward_left():
    w = am.Value([1.0, 2.0], name="w")
    y = w * w
    np.sum(y).backward()
    assert "w (2,) float64 value [1, 2] grad [2, 4]" in nodes_of(draw(y)).values()
    loss = np.sum(w * w)
    w.data -= 1.0
    assert "w (2,) float64 value [0, 1] grad [2, 4]" in nodes_of(draw(loss)).values()


def test_a_rule_that_raises_leaves_a_picture_without_gradients():
    @am.custom_vjp(x=lambda g, x: 1 / 0)
    def broken(x):
        return 2.0 * x

    assert "grad" not in str(draw(broken(am.Value(2.0)) * 3.0))


def test_values_held_by_nobody_are_shown_too_since_scalars_keep_their_numbers():
    y = am.Value(3.0) * 2.0 + 1.0
    assert "not kept" not in draw(y).source
    assert "× multiply value 6 grad 1" in nodes_of(draw(y)).values()


def test_a_function_is_drawn_with_gradients_and_touches_no_grad():
    w = am.Value(0.5, name="weight")
    w.grad = 7.0
    shown = nodes_of(draw(neuron, w, 2.0, -0.4)).values()
    assert {
        "weight value 0.5 grad 1.423",  # its own name first
        "x value 2 grad 0.3558",
        "× multiply value 1 grad 0.7116",
        "result : tanh value 0.537 grad 1",
    } < set(shown)
    assert w.grad == 7.0


def test_leaves_of_containers_are_named_by_their_path():
    def loss(parameters, scale):
        return np.sum(parameters["w"] * scale) + parameters["b"][0]

    text = draw(loss, {"w": np.ones(3), "b": [2.0]}, 3).source
    assert "parameters[&#x27;w&#x27;]" in text
    assert "parameters[&#x27;b&#x27;][0]" in text
    assert "<B>scale</B>" in text


def test_parameters_of_star_arguments_of_numpy_and_of_methods():
    class Line:
        def __init__(self, slope):
            self.slope = slope

        def at(self, x):
            return self.slope * x

    assert "<B>xs[1]</B>" in draw(lambda *xs: xs[0] * xs[1], 1.0, 2.0).source
    assert "<B>x1</B>" in draw(np.multiply, 1.0, 2.0).source
    assert "<B>x</B>" in draw(Line(2.0).at, 3.0).source


def test_a_function_may_close_over_values_and_run_under_no_grad():
    w = am.Value(3.0, name="w")
    assert {"w value 3 grad 2", "x value 2 grad 3"} < set(nodes_of(draw(lambda x: x * w, 2.0)).values())
    assert w.grad is None
    with am.no_grad():
        assert {"3", "x value 2 grad 3"} < set(nodes_of(draw(lambda x: x * w, 2.0)).values())


def test_integer_arrays_booleans_and_strings_are_passed_as_they_are():
    def pick(x, rows, double, label):
        assert rows.dtype.kind == "i"
        assert (double, label) == (True, "a")
        return np.sum(x[rows])

    assert repr(draw(pick, np.arange(4.0), np.array([0, 2]), True, "a")) == "<Drawing of 2 operations, 1 leaf>"


def test_arrays_are_summarised():
    x = np.linspace(-1.0, 3.0, 101)
    text = nodes_of(draw(lambda x: np.sum(x * np.array([np.nan] + [1.0] * 100)), x))
    assert any("(101,) float64 value -1 … 3, mean 1 grad" in shown for shown in text.values())
    assert any("all 1, 1 not finite" in shown for shown in text.values())
    small = nodes_of(draw(lambda x: x * np.float32(2), np.array([1, 2.5], np.float32))).values()
    assert any("(2,) float32 value [1, 2.5]" in shown for shown in small)


def test_complex_gradients_are_conjugated_as_grad_gives_them():
    z = 1.0 + 2.0j
    gradient = am.grad(lambda z: np.real(z * z))(z)
    assert f"z complex128 value 1+2j grad {gradient:.4g}" in nodes_of(draw(lambda z: np.real(z * z), z)).values()


def test_a_value_used_twice_has_two_arrows():
    x = am.Value(3.0, name="x")
    (first, second) = edges_of(draw(x * x))
    assert first == second


def test_edges_have_names_where_the_order_matters():
    assert draw(lambda a, b: a - b, 1.0, 2.0).source.count("label=<x") == 2
    assert "label=<x" not in draw(lambda a, b: a + b, 1.0, 2.0).source


def test_an_operation_with_several_results():
    drawing = draw(lambda a: np.linalg.eigh(a)[0], np.diag([1.0, 2.0]))
    shown = nodes_of(drawing)
    operation, one = node_with(drawing, "eigh"), node_with(drawing, "result : output [0]")
    assert "2 outputs" in shown[operation]
    assert "[1, 2]" in shown[one]
    assert (operation, one) in edges_of(drawing)


def test_several_results_of_a_function():
    source = draw(lambda x: {"sine": np.sin(x), "pair": (x * 2, x)}, 1.0).source
    assert source.count("peripheries=2") == 3
    assert "result[&#x27;sine&#x27;]" in source
    assert ">grad<" not in source


def test_the_leaf_of_an_inner_transform_is_linked():
    drawing = draw(lambda x: am.grad(lambda t: t**3)(x), 2.0)
    assert (node_with(drawing, "x value 2"), node_with(drawing, "start of an inner transform")) in edges_of(drawing)
    assert "x value 2 grad 12" in nodes_of(drawing).values()


def test_where_no_gradient_flows_the_arrow_is_dashed():
    source = draw(lambda x: np.floor(x) * x, 1.5).source
    assert "floor (slope 0)" in source
    assert re.search(r"-> \w+ \[label=<no gradient> style=dashed\]", source)


def test_settings_and_indices_are_part_of_an_operation():
    source = draw(lambda x: np.sum(x[0, ::2], axis=0), np.ones((2, 6))).source
    assert "getitem [0, ::2]" in source
    assert "sum(axis=0)" in source


def test_constants_come_from_the_full_record():
    source = draw(lambda x: np.where(np.arange(8) > 2, x, 5.0) + np.concatenate([x, np.ones(2)])[:8], np.ones(8)).source
    assert "5 of 8 true" in source
    assert re.search(r">5<.*shape=note", source)
    assert "[1, 1]" in source
    assert "not kept" not in source


def test_what_was_not_kept_is_marked_with_how_to_keep_it():
    def compute():
        return np.exp(am.Value(np.arange(9.0)) * 1.0 + 1.0 + np.ones(9))

    marked = draw(compute()).source
    assert "<I>not kept</I>" in marked
    assert "with am.full_record():" in marked
    with am.full_record():
        kept = compute()
    assert "not kept" not in draw(kept).source


def test_scopes_are_clusters():
    def f(x):
        with am.scope("outer"), am.scope("inner"):
            return np.sin(x)

    source = draw(f, 1.0).source
    assert source.index("<outer>") < source.index("<inner>") < source.index("sin")
    assert source.count("subgraph cluster_") == 2


def test_kinds_differ_in_shape_as_well_as_in_colour():
    styles = [
        tuple(sorted(re.findall(r"(?:shape|style|peripheries)=\S+", line)))
        for line in draw(lambda x: np.sin(x * 2.0), 1.0).source.splitlines()
        if "label=<<" in line
    ]
    assert len(styles) == len(set(styles)) == 4  # leaf, constant, operation, result


def test_the_tooltip_names_the_line_of_code_without_folders():
    line = sys._getframe().f_lineno + 1
    source = draw(np.sin(am.Value(1.0))).source
    assert f"numpy.sin · shape (), float64 · test_view.py, line {line}" in source
    assert os.path.dirname(__file__) not in source


def test_heat_maps_have_a_cell_for_each_number_or_for_a_block_of_them():
    x = np.array([[1.0, -2.0, 0.0], [np.nan, np.inf, 0.5]])
    text = draw(lambda x: np.sum(x * 2.0), x, heat=True).source
    (box,) = (line for line in text.splitlines() if "<B>x</B>" in line)
    colours = re.findall(r'BGCOLOR="(#\w{6})"', box)
    assert len(colours) == 12  # of the value and of the gradient
    assert colours[1] == "#2166ac"  # the largest of the finite ones
    assert colours[2] == "#f7f7f7"
    assert colours[3] == colours[4] == "#d100d1"
    assert set(colours[6:]) == {"#b2182b"}
    large = draw(lambda x: np.sum(x), np.ones((100, 30)), heat=True).source
    assert large.count("BGCOLOR") == 2 * 8 * 8
    assert "BGCOLOR" not in draw(lambda x: x * x, 3.0, heat=True).source
    complex_numbers = draw(lambda z: np.sum(np.abs(z)), np.array([1 + 1j, 0]), heat=True).source
    assert 'BGCOLOR="#b2182b"' in complex_numbers


def test_constants_stand_in_the_group_that_uses_them():
    def f(x):
        with am.scope("inside"):
            return x * 2.0

    cluster = re.search(r"subgraph cluster_\d+ \{(.*?)\}", draw(f, 3.0).source, re.S)
    assert "shape=note" in cluster[1]


def test_direction():
    assert "rankdir=LR" in draw(neuron, 1.0, 2.0, 3.0, direction="LR").source
    assert "rankdir=TB" in draw(neuron, 1.0, 2.0, 3.0).source


def test_a_value_inside_a_transform_can_be_drawn():
    seen = []

    def f(x):
        y = x * 2.0
        seen.append(draw(y))
        return y

    am.grad(f)(3.0)
    assert repr(seen[0]) == "<Drawing of 1 operation, 1 leaf>"


# ------------------------------------------------------------------------------------------- Any text in a label


@pytest.mark.parametrize(
    "name",
    [
        "<b>x</b>",
        '"]; evil [label="',
        "back\\slash\\",
        "\\N \\G",
        "&lt; & &#92;",
        "σ … 重み 🙂",
        "two\nlines\x00",
        "\ud800",
        ">",
    ],
)
def test_any_name_is_shown_as_it_is(name):
    y = np.sin(am.Value(1.0, name=name))
    with am.scope(name):
        y = y * 2.0
    drawing = draw(y)
    assert len(nodes_of(drawing)) == 4
    assert len(edges_of(drawing)) == 3
    svg = ElementTree.fromstring(drawing._repr_svg_())
    shown = "".join("".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text"))
    assert "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name) in shown


def test_no_name_becomes_markup():
    svg = draw(np.sin(am.Value(1.0, name="<script>alert(1)</script>")))._repr_svg_()
    assert "<script" not in svg


def test_long_names_are_cut():
    assert len(draw(np.sin(am.Value(1.0, name="n" * 10_000))).source) < 3_000
