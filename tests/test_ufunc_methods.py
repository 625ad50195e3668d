"""Methods and options of ufuncs: folds of a part of the elements, other axes than the last ones."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import InvalidInput, NotCovered

X = np.random.default_rng(5).uniform(0.5, 2.0, size=(3, 4))
MASK = np.array([[True, False, True, True], [False, False, True, False], [True, True, False, False]])


@pytest.mark.parametrize("ufunc", [np.logaddexp, np.hypot, np.fmax, np.fmin, np.logaddexp2, np.subtract, np.divide])
@pytest.mark.parametrize("axis", [0, -1])
def test_a_fold_of_a_part_of_the_elements(ufunc, axis):
    def fold(x):
        return ufunc.reduce(x, axis=axis, where=MASK, initial=1.5)

    np.testing.assert_allclose(fold(am.Value(X)).data, fold(X), rtol=1e-14)
    assert am.check_grads(fold, X).ok


@pytest.mark.parametrize(("shape", "axis"), [((3, 0), 0), ((0, 3), 0), ((2, 0, 3), (0, 1))])
def test_a_fold_of_nothing(shape, axis):
    found = np.logaddexp.reduce(am.Value(np.ones(shape)), axis=axis)
    np.testing.assert_array_equal(found.data, np.logaddexp.reduce(np.ones(shape), axis=axis))


def test_the_initial_value_of_a_fold_has_a_derivative():
    def fold(x, start):
        return np.logaddexp.reduce(x, axis=0, initial=start)

    assert am.check_grads(lambda x, start: fold(x + start * 0, start), X, 0.3).ok


def test_what_numpy_folds_in_no_order_is_refused():
    with pytest.raises(ValueError, match="not reorderable"):
        np.subtract.reduce(am.Value(X), axis=None)
    with pytest.raises(InvalidInput, match=r"np\.fmax\.reduce with where= and without initial="):
        np.fmax.reduce(am.Value(X), where=MASK)
    with pytest.raises(NotCovered, match=r"numpy\.add\.at(.|\n)*am\.set_at\(a, i, np\.add\(a\[i\], v\)\)"):
        np.add.at(np.zeros(3), [0, 1], am.Value([1.0, 2.0]))


STACK = np.random.default_rng(6).normal(size=(2, 3, 4))
AXES = {
    "vecdot, axis": lambda a, b: np.vecdot(a, b, axis=1),
    "vecdot, axis, keepdims": lambda a, b: np.vecdot(a, b, axis=0, keepdims=True),
    "vecdot, keepdims": lambda a, b: np.vecdot(a, b, keepdims=True),
    "vecdot, axes": lambda a, b: np.vecdot(a, np.moveaxis(b, 1, 0), axes=[1, 0]),
    "matmul, axes": lambda a, b: np.matmul(a, b, axes=[(1, 2), (2, 1), (0, 1)]),
    "matmul, axes of the result last": lambda a, b: np.matmul(a, b, axes=[(1, 2), (2, 1), (-2, -1)]),
    "matmul of a vector, axes": lambda a, b: np.matmul(a, b[0, 0], axes=[(-2, -1), 0, -1]),
}
if hasattr(np, "matvec"):
    AXES["matvec, axes"] = lambda a, b: np.matvec(a, b[:, 0, :], axes=[(1, 2), 1, 0])


@pytest.mark.parametrize("name", AXES)
def test_other_axes_than_the_last_ones(name):
    call = AXES[name]
    np.testing.assert_allclose(call(am.Value(STACK), am.Value(STACK[::-1])).data, call(STACK, STACK[::-1]), rtol=1e-12)
    assert am.check_grads(call, STACK, STACK[::-1]).ok
