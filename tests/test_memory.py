"""Graphs are freed without the garbage collector, and cost what they need: counted, not timed."""

import copy
import gc
import os
import pickle
import weakref

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini import graph, pulling


@pytest.fixture
def nodes(monkeypatch):
    """Weak references to every node that is made, with the garbage collector off."""
    made = []

    def watch(node):
        made.append(weakref.ref(node))

    original = graph.next_number
    gc.collect()
    gc.disable()
    try:
        yield Watched(made, watch, original)
    finally:
        gc.enable()


class Watched:
    def __init__(self, made, watch, original):
        self.made, self.watch = made, watch

    def of(self, value):
        """Watch all nodes of a graph."""
        for node in graph.collect([value.node]).order:
            self.watch(node)
        return value

    def alive(self):
        return sum(one() is not None for one in self.made)


def work(x):
    y = np.sin(x) * x + np.exp(x)
    first, second = np.split(y, 2)
    return (first * second).sum() + np.linalg.norm(y)


def test_backward_frees_the_graph(nodes):
    x = am.Value(np.ones(4))
    loss = nodes.of(work(x))
    loss.backward()
    assert nodes.alive() == len(nodes.made) > 8
    del loss
    assert nodes.alive() == 1  # x itself
    del x
    assert nodes.alive() == 0


def test_what_nobody_needs_is_freed_as_the_forward_pass_goes_on(nodes):
    x = am.Value(np.ones(1000))
    y = x + 1.0
    data = weakref.ref(y.data)
    y = y + 1.0  # nothing saves the result of the first addition
    assert data() is None


def test_a_saved_array_does_not_keep_a_handle_alive(nodes):
    x = am.Value(np.ones(3))
    y = np.exp(x)
    handle = weakref.ref(y)
    z = y * y
    del y
    assert handle() is None
    z.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp(2) * np.ones(3))


TRANSFORMS = {
    "grad": lambda f, x: am.grad(f)(x),
    "value_and_grad": lambda f, x: am.value_and_grad(f)(x),
    "nested grad": lambda f, x: am.grad(lambda y: (am.grad(f)(y) ** 2).sum())(x),
    "jvp": lambda f, x: am.jvp(f, (x,), (x,)),
    "hvp": lambda f, x: am.hvp(f, x, x),
    "hessian": lambda f, x: am.hessian(f)(x),
    "jacobian": lambda f, x: am.jacobian(lambda y: np.sin(y) * y)(x),
    "vjp": lambda f, x: am.vjp(f, x)[1](1.0),
    "elementwise_grad": lambda f, x: am.elementwise_grad(np.exp)(x),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
def test_a_transform_frees_everything(nodes, transform):
    def spied(x):
        return nodes.of(work(x))

    result = transform(spied, np.ones(4))
    assert nodes.alive() == 0
    assert not any(isinstance(part, am.Value) for part in (result if isinstance(result, tuple) else (result,)))


def test_an_exception_inside_the_function_frees_everything(nodes):
    def breaks(x):
        nodes.of(work(x))
        raise KeyError("inside")

    for transform in (am.grad(breaks), am.grad(lambda x: am.grad(breaks)(x).sum())):
        with pytest.raises(KeyError, match="inside"):
            transform(np.ones(4))
        assert nodes.alive() == 0


def test_a_failed_call_leaves_nothing(nodes):
    x = nodes.of(am.Value(np.ones(3)))
    with pytest.raises(ValueError, match="broadcast"):
        x + np.ones(4)
    (x * 2.0).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0, 2.0])


def test_a_chain_of_a_million_nodes():
    x = am.Value(1.0)
    y = x
    for _ in range(10**6):
        y = y + 1e-6
    y.backward()
    assert x.grad == 1.0
    assert graph.collect([y.node]).order[0] is y.node
    last = weakref.ref(y.node)
    del y
    assert last() is None


def chain(depth):
    x = am.Value(1.0, name="x")
    y = x
    for _ in range(depth):
        y = y * 1.0000001
    return x, y


def test_a_deep_chain_is_pickled_and_copied():
    x, y = chain(20_000)  # twenty times the interpreter's recursion limit
    for made_x, made_y in (pickle.loads(pickle.dumps((x, y))), copy.deepcopy((x, y))):
        made_y.backward()
        np.testing.assert_allclose(made_x.grad, made_y.data)
        assert (made_x.name, x.grad) == ("x", None)


def test_a_chain_as_long_as_the_profile_allows_is_pickled_and_freed():
    depth = 10**6 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 10**5
    _, y = pickle.loads(pickle.dumps(chain(depth)))
    y.backward()
    assert len(graph.collect([y.node]).order) == depth + 1
    last = weakref.ref(y.node)
    del y
    assert last() is None


def count_visits(monkeypatch):
    """Count the nodes that walks look at and pulls run through."""
    visits = {"walked": 0, "pulled": 0}
    collect, run = graph.collect, pulling.run

    def counted_collect(*args, **kwargs):
        walk = collect(*args, **kwargs)
        visits["walked"] += len(walk.order)
        return walk

    def counted_run(order, *args, **kwargs):
        visits["pulled"] += len(order)
        return run(order, *args, **kwargs)

    import autograd_mini.engine
    import autograd_mini.trace

    monkeypatch.setattr(graph, "collect", counted_collect)
    monkeypatch.setattr(autograd_mini.engine, "collect", counted_collect)
    for module in (autograd_mini.engine, autograd_mini.trace):
        monkeypatch.setattr(module, "run", counted_run)
    return visits


def test_the_cost_is_linear_in_depth(monkeypatch):
    visits = count_visits(monkeypatch)
    y = am.Value(1.0)
    for _ in range(5000):
        y = y + y
        y = y * 0.5
    y.backward()
    assert visits == {"walked": 10_001, "pulled": 10_001}


def test_a_node_of_many_inputs_is_visited_once(monkeypatch):
    visits = count_visits(monkeypatch)
    leaves = [am.Value(float(i)) for i in range(100_000)]
    (np.stack(leaves) * np.arange(100_000.0)).sum().backward()
    assert visits["walked"] == visits["pulled"] == 100_003
    assert [leaves[i].grad for i in (0, 1, 99_999)] == [0.0, 1.0, 99_999.0]


def test_concatenating_many_arrays_computes_each_part_once():
    parts = [am.Value(np.full(2, float(i))) for i in range(20_000)]
    np.concatenate(parts).sum().backward()
    assert all((part.grad == 1).all() for part in parts)


def test_nested_gradients_never_look_at_the_outer_history(monkeypatch):
    visits = count_visits(monkeypatch)

    def step(state):
        return state - 0.01 * am.grad(lambda s: np.sin(s) * s)(state)

    def outer(x):
        visits["walked"] = 0
        for _ in range(400):
            x = step(x)
        return x

    slope = am.grad(outer)(1.0)
    inner = 400 * 8  # each inner walk sees its own handful of nodes
    assert visits["walked"] < inner + 400 * 30  # and the outer one each node once
    h = 1e-6
    np.testing.assert_allclose(slope, (outer(1.0 + h) - outer(1.0 - h)) / (2 * h), rtol=1e-6)


def test_first_order_transforms_record_nothing_backwards():
    before = graph.next_number()
    am.grad(lambda x: (np.sin(x) * x).sum())(np.ones(3))
    assert graph.next_number() - before == 1 + 4  # a leaf and three operations: the backward pass makes no node
