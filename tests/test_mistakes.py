"""`mistakes`: what a wrong backward pass gives, in numbers and in the picture, while the engine stays right."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import InvalidInput
from autograd_mini.view.mistaken import WALKS


def graph():
    """Return leaves w and b, and a loss in which h is used near the result and far from it."""
    w, b = am.Value(0.5), am.Value(-1.0)
    h = np.tanh(w * 2.0 + b + 0.3)
    loss = np.sin(h * h) * h + w
    return w, b, h, loss


def used_near_and_far(w):
    """Return a loss of arrays, of which one is used near the result and far from it."""
    h = np.tanh(w)
    return np.sum(np.sin(h * h) * h)


def shown(kind: str) -> dict[str, tuple[float, float]]:
    """Return the wrong and the right gradient of each named value that a mistake breaks."""
    w, b, h, loss = graph()
    with am.mistakes(kind) as mistake:
        found = mistake.of(loss)
        loss.backward()  # the engine is right here too
    right = {"w": w.grad, "b": b.grad, "h": h.grad, "loss": 1.0}
    for row in found.rows:
        if row.name:
            np.testing.assert_allclose(row.right, right[row.name], rtol=1e-15)
    return {row.name: (float(row.wrong), float(row.right)) for row in found.wrong if row.name}


def test_a_gradient_that_is_overwritten_lacks_what_arrived_before():
    found = shown("no accumulation")
    h = np.tanh(0.3)
    slope = np.cos(h * h) * h * h  # by one of the two factors of h * h, which came last
    np.testing.assert_allclose(found["h"], (slope, np.sin(h * h) + 2 * slope))
    assert set(found) == {"h", "w", "b"}


def test_in_a_wrong_order_a_gradient_is_passed_on_before_all_of_it_has_arrived():
    found = shown("wrong order")
    h = np.tanh(0.3)
    assert "h" not in found  # all of it arrives in the end
    np.testing.assert_allclose(found["b"][0], np.sin(h * h) * (1 - h * h))  # the way through h * h came too late


def test_without_what_arrives_from_above_there_are_local_slopes_alone():
    assert shown("no upstream")["b"][0] == 1.0


def test_stale_gradients_are_passed_on_twice():
    loss = graph()[-1]
    with am.mistakes("stale gradients") as mistake:
        rows = {row.name: row for row in mistake.of(loss).rows}
    assert abs(rows["w"].wrong) > 2 * abs(rows["w"].right)


def test_gradients_of_leaves_that_are_not_set_to_zero_are_those_of_two_steps():
    found = shown("forgot to zero")
    assert set(found) == {"w", "b"}
    for wrong, right in found.values():
        assert wrong == 2 * right


def test_without_a_seed_all_gradients_are_zero():
    assert all(wrong == 0.0 for wrong, _ in shown("no seed").values())


@pytest.mark.parametrize("kind", WALKS)
def test_each_mistake_is_shown_in_text_tables_and_pictures_and_nothing_of_it_is_left(kind):
    w, _, _, loss = graph()
    before = am.draw(loss).source
    with am.mistakes(kind) as mistake:
        found = mistake.of(loss)
        picture = am.draw(loss).source
        drawn = am.draw(used_near_and_far, np.array([1.0, 2.0])).source
    assert am.draw(loss).source == before
    assert w.grad is None
    assert picture.count("right") == len(found.wrong) > 0
    assert picture.count("#b3261e") == len(found.wrong)
    assert "#b3261e" in drawn
    assert str(found).startswith(f"{kind}: {len(found.wrong)} of {len(found.rows)} gradients are wrong\n  why: ")
    assert found._repr_html_().count("<b>not ") == len(found.wrong)


@pytest.mark.parametrize("kind", WALKS)
@pytest.mark.filterwarnings("error")
def test_arrays_lists_and_operations_with_several_results(kind):
    v = am.Value([1.0, -2.0, 3.0])
    first, *_, last = np.split(v, 3)
    loss = np.sum(np.concatenate([first * last, last, v]) ** 2) + np.sum(last)
    loss = loss + np.sum(np.linalg.eigh(np.outer(v, v) + np.diag(v))[0] ** 2)
    with am.mistakes(kind) as mistake:
        found = mistake.of(loss)
    assert found.wrong
    loss.backward()
    np.testing.assert_allclose(found.rows[-1].right, v.grad)
    assert found.rows[-1].name == "v"


def test_a_mistake_that_does_not_show_says_what_it_needs():
    x = am.Value(2.0)
    y = np.sin(x)
    with am.mistakes("no accumulation") as mistake:
        assert "it doesn't show here: that needs a value that is used more than once" in str(mistake.of(y))


def test_what_is_no_mistake_and_no_loss():
    with pytest.raises(InvalidInput, match=r"am\.mistakes\('typo'\)(.|\n)*'no accumulation', 'wrong order'"):
        am.mistakes("typo").__enter__()
    with am.mistakes("no seed") as mistake, pytest.raises(InvalidInput, match="starts from one real number"):
        mistake.of(am.Value([1.0, 2.0]) * 2.0)
