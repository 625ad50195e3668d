"""A drawing as text: a tree for terminals."""

from __future__ import annotations

import numpy as np

import autograd_mini as am


def test_a_tree_names_what_is_shared_and_repeats_nothing():
    w, b = am.Value(0.5), am.Value(-1.0)
    n = w * 2.0 + b
    loss = n * n + 0.1 * w
    assert str(am.draw(loss)) == (
        "loss = + add             value 0.05  grad 1\n"
        "├─ × multiply            value 0  grad 1\n"
        "│  ├─ n = + add          value 0  grad 0\n"
        "│  │  ├─ × multiply (2)  value 1  grad 0\n"
        "│  │  │  ← w             value 0.5  grad 0.1\n"
        "│  │  └─ b               value -1  grad 0\n"
        "│  └─ n = + add (above)\n"
        "└─ × multiply (0.1)      value 0.05  grad 1\n"
        "   ← w (above)"
    )


def test_a_tree_of_arrays_tells_arguments_several_results_and_steps():
    def f(x, v):
        first, _, last = np.split(v, 3)
        return np.sum((x @ v / 2.0) ** 2) * np.floor(v[0]) + np.sum(first * last)

    text = str(am.draw(f, np.ones((2, 3)), np.array([1.0, 2.0, 3.0])))
    for part in (
        "result = + add",
        "÷ divide (x2 = 2)",
        "x1: x ",
        "x2: v ",
        "3 outputs",
        "split(indices_or_sections=3) #1 (above)",
        "no gradient: getitem [0]",
        "v (above)",
    ):
        assert part in text, part


def test_a_long_chain_is_not_indented_and_a_large_graph_says_what_is_left_out():
    x = am.Value(1.0)
    for _ in range(1000):
        x = np.sin(x)
    first, *lines = str(am.draw(x, max_nodes=20)).splitlines()
    assert first.startswith("1,001 nodes")
    assert len(lines) == 20
    assert all(line.startswith("← x = sin") for line in lines[1:-1])
    assert "← … 981 more operations" in lines[-1]


def test_a_deep_tree_goes_on_below_and_what_is_used_again_is_told_apart():
    z = am.Value(0.5)
    for _ in range(50):
        z = np.sin(z) + z
    text = str(am.draw(z))
    assert max(map(len, text.splitlines())) < 120
    headings = [line for line in text.splitlines() if " = + add" in line or line.startswith("z ")]
    for line in headings:
        if line.endswith(("(above)", "(below)")):
            label = line.lstrip("│├└─ ←").rpartition(" (")[0]
            assert sum(label + "  " in one for one in headings) == 1, label
    assert text.count("(below)") > 0
    assert text.count("(above)") + text.count("(below)") >= 50


def test_a_leaf_that_is_drawn_again_at_each_use():
    w = am.Value(2.0, name="w")
    text = str(am.draw(np.sum(np.stack([w * float(i) for i in range(20)]))))
    assert text.count("w (above)") == 20
