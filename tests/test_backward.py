"""`backward`: accumulation, repeated calls, seeds, ownership of gradients, threads, state of the leaves."""

import re
import threading

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import graph
from autograd_mini.errors import BackwardError, RuleError, ShapeError, StaleDataError


def test_shared_nodes_accumulate():
    a = am.Value(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert (a.grad, b.grad, c.grad) == (4.0, 2.0, 1.0)


def test_calling_twice_accumulates_leaves_and_overwrites_the_rest():
    a = am.Value(3.0)
    b = a * a
    c = b + b
    c.backward()
    c.backward()
    assert (a.grad, b.grad, c.grad) == (24.0, 2.0, 1.0)


def test_gradients_can_be_reset_in_each_way():
    p = am.Value([1.0, 2.0])
    for reset in (lambda: setattr(p, "grad", None), lambda: setattr(p, "grad", 0), p.zero_grad):
        reset()
        (p * p).sum().backward()
        np.testing.assert_array_equal(p.grad, [2.0, 4.0])
        assert p.grad.dtype == np.float64
    with pytest.raises(ShapeError, match=r"a gradient of shape \(3,\) for a Value of shape \(2,\)"):
        p.grad = np.zeros(3)


def test_leaves_that_do_not_matter_keep_no_gradient():
    a, b = am.Value(1.0), am.Value(2.0)
    unused = a * b
    (a * 2).backward()
    assert (a.grad, b.grad, unused.grad) == (2.0, None, None)


def test_what_is_held_has_its_gradient_and_the_rest_does_not_keep_one():
    x = am.Value(np.ones(3))
    held = x * 2
    dropped = held * 3
    node = dropped.node
    loss = (dropped + held).sum()
    del dropped
    loss.backward()
    np.testing.assert_array_equal(held.grad, np.full(3, 4.0))
    assert loss.grad == 1.0
    path = graph.collect([loss.node]).order
    keeping = [one for one in path if one.grad is not None and one is not node]
    assert {id(one) for one in keeping} == {id(v.node) for v in (x, held, loss)}


def test_a_non_scalar_needs_a_seed():
    y = am.Value([1.0, 2.0]) * 2
    with pytest.raises(BackwardError, match=re.escape("backward() of a Value of shape (2,) needs a seed")) as caught:
        y.backward()
    assert "np.sum(v).backward()" in str(caught.value)
    with pytest.raises(ShapeError, match=re.escape("a seed of shape (3,) for a Value of shape (2,)")):
        y.backward(np.ones(3))
    with pytest.raises(BackwardError, match="complex128 needs a seed"):
        am.Value(1j).backward()


def test_a_constant_has_no_backward():
    with pytest.raises(BackwardError, match="is a constant"):
        am.Value(1.0).detach().backward()
    with am.no_grad():
        y = am.Value(1.0) * 2
    with pytest.raises(BackwardError, match="no_grad"):
        y.backward()


@pytest.mark.parametrize("seed", [[1.0, 10.0], np.array([1, 10]), np.array([1.0, 10.0], np.float32)])
def test_seeds_are_cast(seed):
    x = am.Value([3.0, 4.0])
    (x * x).backward(seed)
    np.testing.assert_array_equal(x.grad, [6.0, 80.0])


def test_the_leaf_itself():
    x = am.Value(2.0)
    x.backward()
    assert x.grad == 1.0


def test_gradients_belong_to_the_user():
    for combine in (
        lambda a, b: a + b,
        lambda a, b: np.concatenate([a, b]),
        lambda a, b: np.stack([a, b]).sum(axis=0),
        lambda a, b: (a + b).reshape(3, 1),
        lambda a, b: np.where([True, True, False], a, b),
        lambda a, b: (a + b).sum(),
        lambda a, b: np.broadcast_to(a + b, (2, 3)),
        lambda a, b: a + 0 * b,
    ):
        a, b = am.Value(np.ones(3)), am.Value(np.ones(3))
        y = combine(a, b)
        seed = np.ones(y.shape)
        y.backward(seed)
        others = [np.array(b.grad), np.array(y.grad)]
        assert a.grad.flags.writeable
        assert not np.shares_memory(a.grad, a.data)
        a.grad *= 10
        np.testing.assert_array_equal(b.grad, others[0])
        np.testing.assert_array_equal(y.grad, others[1])
        np.testing.assert_array_equal(seed, np.ones(y.shape))
        b.grad += 5
        y.grad += 7
        np.testing.assert_array_equal(seed, np.ones(y.shape))
        assert a.grad.max() <= 20


def test_a_sole_gradient_is_handed_over_without_a_copy():
    kept = []
    probe = am.primitive(lambda x: x * 1.0)

    def pull(g):
        made = g * 2.0
        kept.append(made.__array_interface__["data"][0])
        return made

    am.rule(probe, "x", x=pull)
    x = am.Value(np.ones(1000))
    probe(x).sum().backward()
    assert x.grad.__array_interface__["data"][0] == kept[0]


def test_data_of_shape_zero_has_a_writable_gradient():
    x = am.Value(np.array(2.0))
    (x * 3).backward()
    assert isinstance(x.grad, np.ndarray)
    x.grad *= 2
    assert x.grad == 6.0
    x.data -= 1.0
    assert x.data == 1.0


def test_a_gradient_has_the_dtype_and_shape_of_its_input():
    x32 = am.Value(np.ones((2, 1), np.float32))
    w64 = am.Value(np.ones(3))
    y = (x32 * w64).sum()
    y.backward()
    assert (x32.grad.dtype, x32.grad.shape) == (np.float32, (2, 1))
    assert (w64.grad.dtype, w64.grad.shape) == (np.float64, (3,))
    s32 = am.Value(np.float32(2))
    (np.log2(s32) * np.float64(3)).backward()
    assert type(s32.grad) is np.float32


def test_complex_gradients_point_uphill():
    z = am.Value(3.0 + 4.0j)
    np.abs(z).backward()
    np.testing.assert_allclose(z.grad, (3 + 4j) / 5)  # df/da + i df/db of |a + ib|
    z = am.Value(np.array([1 + 2j]))
    start = z.data.copy()
    loss = (np.abs(z - 2j) ** 2).sum()
    loss.backward()
    np.testing.assert_allclose(z.grad, 2 * (start - 2j))


def test_an_error_in_a_rule_leaves_every_gradient_as_it_was():
    bad = am.primitive(lambda x: x * 1.0)
    am.rule(bad, "x", x=lambda g: np.ones(7))
    x = am.Value(np.ones(3))
    held = bad(x)
    after = held * 2
    with pytest.raises(RuleError, match=re.escape("returned shape (7,) for its argument x of shape (3,)")):
        after.sum().backward()
    assert (x.grad, held.grad, after.grad) == (None, None, None)


def test_backward_inside_a_transform_is_refused():
    def f(x):
        (x * 2).backward()
        return x * 3

    with pytest.raises(BackwardError, match=r"am\.grad"):
        am.grad(f)(1.0)

    def harmless(x):
        own = am.Value(2.0)
        (own * own).backward()
        return x * own.grad

    assert am.grad(harmless)(1.0) == 4.0


def test_backward_passes_through_a_finished_transform():
    w = am.Value(2.0)
    slope = am.grad(lambda x: x**3)(w)  # 3 w^2
    (slope * slope).backward()  # 9 w^4
    assert w.grad == 36 * 2.0**3


def test_two_threads_share_leaves():
    p = am.Value(np.zeros(50))
    rounds, workers = 40, 4

    def work():
        for _ in range(rounds):
            y = p
            for _ in range(20):
                y = y + 1.0
            y.sum().backward()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(p.grad, np.full(50, float(rounds * workers)))


def test_two_threads_run_one_graph_at_once():
    p = am.Value(np.ones(10))
    y = p
    for _ in range(200):
        y = y * 1.0
    y = y.sum()
    threads = [threading.Thread(target=y.backward) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(p.grad, np.full(10, 8.0))


def test_threads_do_not_see_each_others_state():
    seen = []
    with am.no_grad():
        thread = threading.Thread(target=lambda: seen.append((am.Value(1.0) * 2).node))
        thread.start()
        thread.join()
        assert (am.Value(1.0) * 2).node is None
    assert seen[0] is not None


def test_an_in_place_change_of_saved_data_is_caught_and_both_lines_are_named():
    p = am.Value(np.ones(3), name="p")
    loss = (p * p).sum()
    p.data -= 0.1
    with pytest.raises(StaleDataError) as caught:
        loss.backward()
    lines = re.findall(r"test_backward\.py, line (\d+)", str(caught.value))
    assert len(lines) == 2
    assert int(lines[1]) == int(lines[0]) + 1
    assert p.grad is None


def test_an_in_place_change_of_what_no_rule_saved_is_in_nobodys_way():
    p = am.Value(np.ones(3))
    loss = (p + p).sum()
    p.data -= 0.1
    loss.backward()
    np.testing.assert_array_equal(p.grad, np.full(3, 2.0))


def test_rebinding_data_is_no_change_of_what_was_saved():
    p = am.Value(np.ones(3))
    loss = (p * p).sum()
    p.data = p.data - 0.1
    loss.backward()
    np.testing.assert_array_equal(p.grad, np.full(3, 2.0))


def test_a_saved_result_that_is_changed_is_caught():
    x = am.Value(np.ones(3))
    y = np.exp(x)
    loss = y.sum()
    y.data *= 2
    with pytest.raises(StaleDataError, match=r"numpy\.exp .* saved its result"):
        loss.backward()


def test_a_training_loop_that_keeps_its_loss_is_never_in_the_way():
    p, losses = am.Value(np.full(3, 5.0)), []
    for _ in range(50):
        p.grad = None
        loss = (p * p - 2.0 * p).sum()
        loss.backward()
        p.data -= 0.1 * p.grad
        losses.append(loss)
    np.testing.assert_allclose(p.data, 1.0, atol=1e-3)
    assert losses[-1].data < losses[0].data
    with pytest.raises(StaleDataError):
        losses[0].backward()


def test_the_scalar_engines_own_demo_runs_unchanged():
    """The public part of the well-known scalar engine, and the loop of its demo: 2 moons would take longer."""
    import random

    from autograd_mini import Value

    random.seed(1337)

    class Neuron:
        def __init__(self, nin, nonlin=True):
            self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(0)
            self.nonlin = nonlin

        def __call__(self, x):
            act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
            return act.relu() if self.nonlin else act

        def parameters(self):
            return [*self.w, self.b]

    hidden, last = [Neuron(2) for _ in range(8)], Neuron(8, nonlin=False)
    parameters = [p for n in (*hidden, last) for p in n.parameters()]
    xb = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    yb = np.array([-1, 1, 1, -1])
    for k in range(100):
        inputs = [list(map(Value, row)) for row in xb]
        scores = [last([n(x) for n in hidden]) for x in inputs]
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total_loss = data_loss + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        total_loss.backward()
        for p in parameters:
            p.data -= (1.0 - 0.9 * k / 100) * 0.3 * p.grad
    assert [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores, strict=True)] == [True] * 4


def test_an_array_of_one_element_needs_no_seed():
    x = np.array([[1.0], [2.0]])
    v = am.Value(x)
    (v.T @ v).backward()
    np.testing.assert_array_equal(v.grad, 2 * x)
    np.testing.assert_array_equal(am.grad(lambda x: x.T @ x)(x), 2 * x)
    value, grad = am.value_and_grad(lambda x: np.sum(x, keepdims=True))(x)
    assert (value.shape, grad.shape) == ((1, 1), (2, 1))
