"""Writing in place: what is refused shows the line to write; what was saved and then changed is caught."""

from __future__ import annotations

import ast
import linecache

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import InvalidInput, StaleDataError
from autograd_mini.rewriting import functional
from autograd_mini.scipy import fft, linalg, signal


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("v[i] = w", "v = am.set_at(v, i, w)"),
        ("v[0] = 2 * w", "v = am.set_at(v, 0, 2 * w)"),
        ("net.w[:, 1] = w", "net.w = am.set_at(net.w, np.s_[:, 1], w)"),
        ("v[1, j] = w", "v = am.set_at(v, (1, j), w)"),
        ("v[mask] *= 2", "v = am.set_at(v, mask, v[mask] * 2)"),
        ("a += v", "a = a + v"),
        ("x.total -= v ** 2", "x.total = x.total - v ** 2"),
        ("np.add(a, b, out=c)", "c = np.add(a, b)"),
        ("y = np.dot(a, b, out=c)", "c = np.dot(a, b)"),
        ("np.add(a, b, out=(c,))", "c = np.add(a, b)"),
        ("f()[0] = w", None),
        ("v.T[0] = w", None),
        ("v[i][j] += w", None),
        ("np.sin(x, out=np.empty(3))", None),
        ("np.sin(x, out=c[1:])", None),
        ("a = b", None),
        ("f(x)", None),
        ("del a[0]", None),
    ],
)
def test_a_statement_in_place_is_rewritten(line, wanted):
    assert functional(ast.parse(line).body[0]) == wanted


def test_assignment_to_elements_shows_its_own_line_rewritten():
    v, w = am.Value([1.0, 2.0, 3.0]), am.Value(5.0)
    with pytest.raises(InvalidInput) as caught:
        v[1:] = w * 2
    assert caught.value.instead.startswith("v = am.set_at(v, np.s_[1:], w * 2); v.data[index] = new")
    with pytest.raises(InvalidInput) as caught:
        v[0] += w
    assert caught.value.instead.startswith("v = am.set_at(v, 0, v[0] + w);")
    v = am.set_at(v, 0, v[0] + w)
    np.testing.assert_array_equal(v.data, [6.0, 2.0, 3.0])


def test_an_array_that_a_value_is_added_to_shows_its_own_line_rewritten():
    a, v = np.ones(3), am.Value([1.0, 2.0, 3.0])
    with pytest.raises(InvalidInput) as caught:
        a += v
    assert caught.value.instead == "a = a + v"
    with pytest.raises(InvalidInput) as caught:
        np.multiply(v, 2.0, out=a)
    assert caught.value.instead == "a = np.multiply(v, 2.0)"
    np.testing.assert_array_equal(a, np.ones(3))


def test_without_the_source_a_general_form_is_shown():
    code = compile("v[0] = 1.0", "<no source>", "exec")
    with pytest.raises(InvalidInput) as caught:
        exec(code, {"v": am.Value([1.0])})
    assert caught.value.instead.startswith("v = am.set_at(v, index, new);")
    linecache.clearcache()


def test_rebinding_is_no_change_in_place():
    v = am.Value([1.0, 2.0])
    u = v
    v += 1.0
    v *= v
    np.sum(v).backward()
    np.testing.assert_array_equal(u.data, [1.0, 2.0])
    np.testing.assert_array_equal(u.grad, [4.0, 6.0])


def test_assignment_of_many_and_of_repeated_elements():
    x, w = np.arange(4.0), np.array([10.0, 20.0, 30.0])
    np.testing.assert_array_equal(am.set_at(x, [0, 0, 2], w), [20.0, 1.0, 30.0, 3.0])
    grads = am.grad(lambda x, w: np.sum(am.set_at(x, [0, 0, 2], w) * [1.0, 2.0, 3.0, 4.0]), (0, 1))(x, w)
    np.testing.assert_array_equal(grads[0], [0.0, 2.0, 0.0, 4.0])
    np.testing.assert_array_equal(grads[1], [0.0, 1.0, 3.0])
    assert am.set_at(np.zeros(2, np.float32), 0, 1.0).dtype == np.float32


def test_a_training_loop_that_holds_its_loss_is_never_in_the_way():
    p = am.Value([1.0, -2.0])
    for _ in range(3):
        loss = np.sum(p**2)
        loss.backward()
        p.data -= 0.1 * p.grad  # loss is still held
        p.grad = None
    np.testing.assert_allclose(p.data, np.array([1.0, -2.0]) * 0.8**3)
    with pytest.raises(StaleDataError, match="changed in place"):
        loss.backward()


def test_a_write_through_the_raw_array_is_caught_where_saved_arrays_are_locked():
    v = am.Value([1.0, 2.0])
    with am.detect_anomaly():
        y = np.sum(v * v)
        with pytest.raises(ValueError, match="read-only"):
            v.data[0] = 5.0
        y.backward()
        v.data[0] = 5.0  # the pass is over
    np.testing.assert_array_equal(v.grad, [2.0, 4.0])


def test_detect_anomaly_locks_saved_arrays():
    x = am.Value(np.ones(3))
    with am.detect_anomaly():
        (x * x).sum()
        with pytest.raises(ValueError, match="read-only"):
            x.data[0] = 5.0
    x.data[0] = 5.0  # writable again
    assert x.data[0] == 5.0


def test_a_write_through_a_base_or_a_view_of_what_was_saved_is_told_with_what_saved_it():
    p, data = am.Value([[1.0, 2.0], [3.0, 4.0]]), np.ones((4, 2))

    def through_a_view():
        with am.detect_anomaly():
            np.sum(p[0] * p[0])
            p.data[0, 0] = 50.0

    def through_the_base():
        with am.detect_anomaly():
            data[:2] @ p
            data[...] = 0

    for write, saver in ((through_a_view, "numpy.multiply"), (through_the_base, "numpy.matmul")):
        with pytest.raises(ValueError, match="read-only") as caught:
            write()
        assert f"{saver} saved arrays\n  instead: the write after backward()" in caught.value.__notes__[0]
    data[...] = 0  # writable again


@pytest.mark.parametrize("call", [lambda v: am.set_at(np.arange(3), 0, v), lambda v: np.insert([1, 2], 0, v)])
def test_a_value_is_not_written_among_integers(call):
    with pytest.raises(InvalidInput, match=r"a Value into an array of int(.|\n)*instead: array\.astype\(float\)"):
        call(am.Value(1.5))


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.median(a, overwrite_input=True),
        lambda a: np.median(a, None, None, True),
        lambda a: np.nanquantile(a, 0.3, overwrite_input=True),
        lambda a: linalg.solve(a, np.ones(3), overwrite_a=True),
        lambda a: linalg.solve_triangular(np.eye(3), a, overwrite_b=True),
        lambda a: linalg.qr(a, overwrite_a=True)[0],
        lambda a: linalg.inv(a, overwrite_a=True),
        lambda a: signal.detrend(a, overwrite_data=True),
        lambda a: fft.dct(a, overwrite_x=True),
        lambda a: np.abs(fft.fftn(a, overwrite_x=True, workers=1)),
    ],
)
def test_leave_to_use_the_memory_of_an_argument_is_not_taken(call):
    a = np.asfortranarray([[3.0, 1.0, 2.0], [0.5, 4.0, 1.0], [2.0, 1.0, 6.0]])
    v = am.Value(a)
    y = np.sum(call(v))
    np.testing.assert_array_equal(v.data, a)
    y.backward()
    np.testing.assert_array_equal(v.grad, am.grad(lambda a: np.sum(call(a)))(a))
    assert am.check_grads(call, a, report=True).ok


@pytest.mark.parametrize(
    ("write", "instead"),
    [
        (lambda v: np.nan_to_num(v, copy=False), r"v = np\.nan_to_num\(v\)"),
        (lambda v: v.__delitem__(0), r"v = np\.delete\(v, index\)"),
        (lambda v: v.sort(), r"v = np\.sort\(v\), or v\.data\.sort"),
        (lambda v: v.put([0], 1.0), r"v = np\.reshape\(am\.set_at\("),
        (lambda v: v.fill(0.0), r"v = np\.full_like\(v, number\)"),
    ],
)
def test_what_writes_into_a_value_names_what_does_not(write, instead):
    v = am.Value([2.0, np.nan, 1.0])
    with pytest.raises((InvalidInput, AttributeError), match=instead):
        write(v)
    np.testing.assert_array_equal(v.data, [2.0, np.nan, 1.0])
