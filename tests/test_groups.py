"""Groups of a drawing: by scope and by layer, folded and opened, and rows of equal ones as one."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import nn
from autograd_mini.view import DrawingError

RNG = np.random.default_rng(0)
W, XS = RNG.normal(size=(3, 3)), RNG.normal(size=(6, 4, 3))


def recurrent(w, xs):
    """Return a loss of a recurrent network, each step of which is a group inside a group."""
    h = np.zeros((4, 3))
    with am.scope("encoder"):
        for x in xs:
            with am.scope("cell"):
                h = np.tanh(h @ w + x)
    with am.scope("head"):
        return np.mean(h**2)


def boxes(drawing) -> dict[str, tuple[str, ...]]:
    """Return the rows of each folded group by its name."""
    return {box.name: tuple(text for _, text in box.rows) for box in drawing._data.boxes if box.kind == "group"}


def test_groups_are_folded_below_a_depth_and_equal_ones_in_a_row_too():
    found = boxes(am.draw(recurrent, W, XS, depth=0))
    assert set(found) == {"encoder", "head"}
    assert found["encoder"][:2] == ("25 operations", "2 leaves")  # with the steps of the loop through xs
    found = boxes(am.draw(recurrent, W, XS, depth=1))
    assert set(found) == {"cell × 6"}
    assert found["cell × 6"][0] == "18 operations"
    assert boxes(am.draw(recurrent, W, XS, depth=2)) == {}
    opened = am.draw(recurrent, W, XS).source
    assert opened.count("subgraph cluster_") == 2 + 6  # each time that a scope is entered is a group of its own


def test_a_folded_group_has_the_value_and_the_gradient_of_its_last_operation():
    plain = {box.operation: dict(box.rows) for box in am.draw(recurrent, W, XS)._data.boxes}
    (head,) = (box for box in am.draw(recurrent, W, XS, depth=0)._data.boxes if box.name == "head")
    assert head.is_result
    assert dict(head.rows)["value"] == plain["mean"]["value"]
    assert dict(head.rows)["grad"] == "1"
    assert "mean" in head.tooltip


def test_arrows_go_from_group_to_group_once_and_none_points_nowhere():
    data = am.draw(recurrent, W, XS, depth=1)._data
    known = {box.key for box in data.boxes}
    assert all({arrow.source, arrow.target} <= known for arrow in data.arrows)
    assert all(arrow.source != arrow.target for arrow in data.arrows)
    (w,) = (box.key for box in data.boxes if box.name == "w")
    assert [arrow.label for arrow in data.arrows if arrow.source == w] == ["×6"]


def test_a_leaf_with_many_uses_points_to_the_group_that_uses_it():
    data = am.draw(recurrent, W, RNG.normal(size=(20, 4, 3)), depth=1)._data
    assert not [box for box in data.boxes if box.kind == "again"]
    (w,) = (box.key for box in data.boxes if box.name == "w")
    (cell,) = (box.key for box in data.boxes if box.name == "cell × 20")
    assert [(arrow.target, arrow.label) for arrow in data.arrows if arrow.source == w] == [(cell, "×20")]


def test_layers_are_groups_by_themselves_and_take_their_parameters_along():
    model = nn.Sequential(
        nn.Linear(8, 8, rng=0), nn.Linear(8, 8, rng=1), nn.Linear(8, 8, rng=2), nn.Linear(8, 2, rng=3)
    )
    drawing = am.draw(lambda x: np.sum(model(x) ** 2), RNG.normal(size=(5, 8)), depth=1)
    found = boxes(drawing)
    assert sum(int(rows[0].split()[0]) for rows in found.values()) == 4 * 3
    assert sum(int(rows[1].split()[0]) for rows in found.values()) == 8 + 1  # the input too
    assert "Linear × 3" in found
    x = am.Value(RNG.normal(size=(5, 8)))
    assert model(x).node.scope == ()  # outside a drawing nothing is grouped, which costs nothing


def test_parameters_are_told_from_inputs():
    layer = nn.Linear(3, 2, rng=0)
    kinds = {box.name: box.kind for box in am.draw(lambda x: np.sum(layer(x)), np.ones((4, 3)))._data.boxes}
    assert (kinds["x"], kinds["weight"], kinds["bias"]) == ("leaf", "parameter", "parameter")
    assert "shape=tab" in am.draw(lambda x: np.sum(layer(x)), np.ones((4, 3))).source
    w = am.Value(2.0)
    assert "shape=tab" not in am.draw(w * 3.0).source


def test_a_large_graph_folds_by_itself_and_says_so():
    def deep(w, x):
        for i in range(40):
            with am.scope(f"block {i}"):
                for _ in range(10):
                    x = np.tanh(x @ w)
        return np.sum(x)

    drawing = am.draw(deep, W, XS[0])
    assert len(drawing._data.boxes) <= 200
    assert "groups are folded below depth 0; depth=1 opens more" in str(drawing)
    assert len(boxes(drawing)) == 40
    assert len(am.draw(deep, W, XS[0], max_nodes=30)._data.boxes) <= 30


def test_scopes_are_pickled_and_copied_with_their_values():
    with am.scope("encoder"):
        y = am.Value(2.0) * 3.0
    for made in (pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        assert made.node.scope == ("encoder",)
        assert made.node.scope[0].instance == y.node.scope[0].instance


@pytest.mark.parametrize("depth", [-1, 1.5, "all"])
def test_a_depth_counts_groups(depth):
    with pytest.raises(DrawingError, match="it counts the groups that are open"):
        am.draw(am.Value(1.0) * 2.0, depth=depth)
