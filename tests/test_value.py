"""The handle: making Values, operators on either side, comparisons, conversions, what it shows."""

import math
import operator
import re

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import (
    BackwardError,
    ConversionRefused,
    InvalidInput,
    NotCovered,
    ShapeError,
)

OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.mod,
    operator.floordiv,
]
OTHERS = [2, 1.5, True, np.float64(1.5), np.float32(1.5), np.int64(2), np.array(1.5), np.array([1.5, 2.0]), [1.5, 2.0]]


@pytest.mark.parametrize("operation", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("other", OTHERS, ids=lambda x: f"{type(x).__name__}{np.shape(x)}")
@pytest.mark.parametrize("x", [0.75, np.array([0.75, 2.25])], ids=["scalar", "array"])
def test_a_value_on_either_side_of_an_operator(operation, other, x):
    v = am.Value(x)
    plain = np.asarray(other) if isinstance(other, list) else other
    for made, wanted in (
        (operation(v, other), operation(v.data, plain)),
        (operation(other, v), operation(plain, v.data)),
        (operation(v, am.Value(2.0)), operation(v.data, np.float64(2.0))),
    ):
        assert type(made) is am.Value
        np.testing.assert_array_equal(made.data, wanted)
        assert made.shape == np.shape(wanted)
        assert made.dtype == np.result_type(wanted)


def test_matmul_on_either_side():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    for made in (am.Value(a) @ b, a @ am.Value(b), am.Value(a) @ am.Value(b)):
        assert type(made) is am.Value
        np.testing.assert_array_equal(made.data, a @ b)


def test_unary_operators_and_divmod():
    v = am.Value([-1.5, 2.5])
    np.testing.assert_array_equal((-v).data, [1.5, -2.5])
    np.testing.assert_array_equal((+v).data, v.data)
    np.testing.assert_array_equal(abs(v).data, [1.5, 2.5])
    whole, rest = divmod(v, 2.0)
    np.testing.assert_array_equal(whole.data, [-1.0, 1.0])
    np.testing.assert_array_equal(rest.data, [0.5, 0.5])
    whole, rest = divmod(7.0, am.Value(2.0))
    assert (whole.data, rest.data) == (3.0, 1.0)


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
def test_comparisons_give_raw_booleans(compare):
    v = am.Value([1.0, 2.0, 3.0])
    for made in (compare(v, 2.0), compare(v, am.Value([2.0, 2.0, 2.0])), compare(v, np.full(3, 2.0))):
        assert type(made) is np.ndarray
        np.testing.assert_array_equal(made, compare(v.data, 2.0))
    assert isinstance(compare(am.Value(1.0), 2), (bool, np.bool_))
    assert compare(2.0, v).tolist() == compare(2.0, v.data).tolist()


def test_values_are_hashable_by_identity():
    a, b = am.Value(1.0), am.Value(1.0)
    assert len({a, b, a}) == 2
    assert {a: "a"}[a] == "a"


def test_foreign_operands_get_their_turn_and_nonsense_is_refused():
    class Foreign:
        def __radd__(self, other):
            return "mine"

        def __rmul__(self, other):
            return "mine too"

    assert am.Value(1.0) + Foreign() == "mine"
    assert am.Value([1.0]) * Foreign() == "mine too"
    with pytest.raises(TypeError):
        am.Value(1.0) + "text"
    with pytest.raises(TypeError):
        am.Value(1.0) @ {}


def test_rebinding_operators_make_new_values():
    x = am.Value(2.0)
    y = x
    y += 1
    y *= x
    assert x.data == 2.0
    y.backward()
    assert x.grad == 5.0  # d (x + 1) x = 2 x + 1


def test_leaf_dtypes():
    assert am.Value(2).dtype == np.float64
    assert am.Value(2.0).dtype == np.float64
    assert am.Value(2j).dtype == np.complex128
    assert am.Value(np.float32(2)).dtype == np.float32
    assert am.Value([1, 2]).dtype == np.float64
    assert am.Value(np.array([1, 2], dtype=np.int8)).dtype == np.float64
    assert am.Value(np.ones(2, np.float32)).dtype == np.float32
    assert (2.0 * am.Value(np.ones(2, np.float32))).dtype == np.float32


def test_a_leaf_owns_its_data_unless_it_shares():
    raw = np.ones(3)
    own, shared = am.Value(raw), am.Value(raw, copy=False)
    raw[0] = 5
    assert own.data[0] == 1
    assert shared.data is raw


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (True, "a Value can't be made of True"),
        (None, "a Value can't be made of None"),
        ("word", "a Value can't be made of 'word'"),
        (np.array([True, False]), "an array of shape (2,) and dtype bool"),
        (np.array(["a", "b"]), "dtype <U1"),
    ],
)
def test_what_cannot_be_a_value(data, text):
    with pytest.raises(InvalidInput, match=re.escape(text)) as caught:
        am.Value(data)
    assert "only real and complex numbers can be differentiated" in str(caught.value)


def test_a_value_of_values_is_refused_with_the_replacement():
    v = am.Value(1.0)
    with pytest.raises(InvalidInput, match=r"v\.detach\(\)"):
        am.Value(v)
    with pytest.raises(InvalidInput, match=r"am\.array"):
        am.Value([v, 1.0])


def test_repr_is_short_and_says_what_it_is():
    assert repr(am.Value(2.0)) == "Value(2.0)"
    assert repr(am.Value(2.0, name="w")) == "Value(2.0, name='w')"
    assert repr(am.Value([1.0, 2.5])) == "Value([1. , 2.5])"
    assert repr(am.Value(2.0) * 3.0) == "Value(6.0, op=multiply)"
    assert repr(am.Value(2.0).detach()) == "Value(2.0, constant)"
    assert repr(am.Value(np.float32(0.5))) == "Value(0.5, dtype=float32)"
    assert "shape=(100, 100)" in repr(am.Value(np.ones((100, 100))))
    assert len(repr(am.Value(np.ones((100, 100))))) < 200
    assert repr(am.Value(np.zeros((0, 3)))) == "Value([], shape=(0, 3))"


def test_formatting_len_iteration_and_bool():
    v = am.Value(2.345)
    assert f"{v:.1f}" == "2.3"
    assert f"{v}" == "2.345"
    assert f"{am.Value([1.0, 2.0])}" == "[1. 2.]"
    assert len(am.Value([1.0, 2.0])) == 2
    assert bool(am.Value(1.0))
    assert not am.Value(0.0)
    assert 2.0 in am.Value([1.0, 2.0])
    assert 3.0 not in am.Value([1.0, 2.0])
    with pytest.raises(ValueError, match="ambiguous"):
        bool(am.Value([1.0, 2.0]))
    with pytest.raises(TypeError, match="iteration over a Value of shape"):
        iter(am.Value(1.0))


def test_iteration_gives_rows_with_gradients():
    v = am.Value([[1.0, 2.0], [3.0, 4.0]])
    first, second = v
    (first * 10 + second).sum().backward()
    np.testing.assert_array_equal(v.grad, [[10.0, 10.0], [1.0, 1.0]])


def test_array_attributes():
    v = am.Value(np.ones((2, 3)))
    assert (v.shape, v.ndim, v.size, v.dtype) == ((2, 3), 2, 6, np.float64)
    assert v.T.shape == (3, 2)
    assert am.Value(np.ones((4, 2, 3))).mT.shape == (4, 3, 2)
    assert (np.shape(v), np.ndim(v), np.size(v), np.result_type(v)) == ((2, 3), 2, 6, np.float64)
    assert v.item(0, 1) == 1.0
    assert am.Value([1.0, 2.0]).tolist() == [1.0, 2.0]
    assert (am.Value(1 + 2j).real.data, am.Value(1 + 2j).imag.data) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("call", "plain"),
    [
        (lambda v: v.sum(axis=0), lambda a: a.sum(axis=0)),
        (lambda v: v.mean(), lambda a: a.mean()),
        (lambda v: v.prod(axis=1, keepdims=True), lambda a: a.prod(axis=1, keepdims=True)),
        (lambda v: v.max(axis=1), lambda a: a.max(axis=1)),
        (lambda v: v.var(ddof=1), lambda a: a.var(ddof=1)),
        (lambda v: v.cumsum(axis=1), lambda a: a.cumsum(axis=1)),
        (lambda v: v.reshape(3, 2), lambda a: a.reshape(3, 2)),
        (lambda v: v.reshape((6,)), lambda a: a.reshape((6,))),
        (lambda v: v.reshape(-1), lambda a: a.reshape(-1)),
        (lambda v: v.transpose(1, 0), lambda a: a.transpose(1, 0)),
        (lambda v: v.transpose(), lambda a: a.transpose()),
        (lambda v: v.flatten(), lambda a: a.flatten()),
        (lambda v: v.ravel(), lambda a: a.ravel()),
        (lambda v: v.swapaxes(0, 1), lambda a: a.swapaxes(0, 1)),
        (lambda v: v.clip(1.0, 3.0), lambda a: a.clip(1.0, 3.0)),
        (lambda v: v.clip(2.0), lambda a: a.clip(2.0)),
        (lambda v: v.clip(max=3.0), lambda a: a.clip(max=3.0)),
        (lambda v: v.dot(np.ones(3)), lambda a: a.dot(np.ones(3))),
        (lambda v: v.astype(np.float32), lambda a: a.astype(np.float32)),
        (lambda v: v.copy(), lambda a: a.copy()),
        (lambda v: v.exp(), np.exp),
        (lambda v: v.tanh(), np.tanh),
        (lambda v: v.relu(), lambda a: np.maximum(a, 0)),
        (lambda v: v.sigmoid(), lambda a: 1 / (1 + np.exp(-a))),
        (lambda v: v.argmax(), lambda a: a.argmax()),
        (lambda v: v.trace(), lambda a: a.trace()),
        (lambda v: v.round(), lambda a: a.round()),
    ],
)
def test_ndarray_methods(call, plain):
    a = np.array([[0.5, -1.5, 2.0], [3.5, 4.0, -0.25]])
    made = call(am.Value(a))
    np.testing.assert_allclose(getattr(made, "data", made) if type(made) is am.Value else made, plain(a), rtol=1e-15)


def test_an_ndarray_method_that_is_missing_names_the_function():
    with pytest.raises(AttributeError, match=r"np\.sort\(v\)"):
        am.Value([2.0, 1.0]).sort()
    with pytest.raises(AttributeError, match=r"v\.data\.view is that of the bare array"):
        am.Value([2.0, 1.0]).view(np.int64)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = am.Value(1.0).nonsense


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (float, "v.item() for the bare number"),
        (int, "int(v.item())"),
        (complex, "v.item()"),
        (math.sin, "np.sin(v), not math.sin(v)"),
        (lambda v: [0, 1][v], "an index"),
        (np.asarray, "v.data for the bare array"),
        (lambda v: np.array([v, v]), "np.stack([v, w])"),
        (lambda v: np.array([1.0, v]), "am.array([v, w])"),
        (lambda v: np.sum([v, v]), "am.array([v, w])"),
        (lambda v: np.eye(1).dot(v), "np.dot(a, v) for a.dot(v)"),
    ],
)
def test_no_conversion_drops_a_gradient_in_silence(convert, text):
    for v in (am.Value(1.0), am.Value(1.0) * 2.0):
        with pytest.raises(ConversionRefused, match=re.escape(text)) as caught:
            convert(v)
        assert "it would drop the gradient in silence" in str(caught.value)


def test_assigning_a_value_into_a_raw_array_is_refused():
    a = np.zeros(3)
    with pytest.raises(ValueError, match="setting an array element") as caught:
        a[0] = am.Value(1.0)  # NumPy puts its own error around ours
    assert "am.set_at(a, i, v) for a[i] = v" in str(caught.value.__cause__)
    with pytest.raises(ConversionRefused, match=re.escape("am.set_at(a, i, v)")):
        a[:] = am.Value([1.0, 2.0, 3.0])
    assert a.tolist() == [0.0, 0.0, 0.0]


def test_a_constant_converts_freely():
    c = am.Value(2.0).detach()
    assert (float(c), int(c), complex(c), math.sqrt(c), [0, 1, 2][am.Value(2.0).detach().astype(int)]) == (
        2.0,
        2,
        2 + 0j,
        math.sqrt(2.0),
        2,
    )
    assert np.array([c, c]).tolist() == [2.0, 2.0]
    steps = np.floor(am.Value(2.5))  # has no derivative: a constant, though its node tells where it came from
    assert float(steps) == 2.0
    a = np.zeros(2)
    a[0] = c
    assert a.tolist() == [2.0, 0.0]


def test_assignment_and_out_are_refused_with_the_rewritten_line():
    v = am.Value([1.0, 2.0])
    with pytest.raises(InvalidInput, match=re.escape("v = am.set_at(v, 0, 3.0)")):
        v[0] = 3.0
    with pytest.raises(InvalidInput, match="out="):
        np.add(v, 1.0, out=np.zeros(2))
    with pytest.raises(InvalidInput, match="out="):
        np.add(np.ones(2), 1.0, out=v)
    with pytest.raises(InvalidInput, match="out="):
        np.sum(v, out=np.zeros(()))
    a = np.ones(2)
    with pytest.raises(InvalidInput, match=re.escape("a = a + v")):
        a += v
    assert a.tolist() == [1.0, 1.0]
    assert v.data.tolist() == [1.0, 2.0]


def test_array_builds_a_value_of_nested_lists():
    v, w = am.Value(3.0), am.Value(4.0)
    m = am.array([[v, 0.0], [1.0, w]], name="m")
    assert m.name == "m"
    (m * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert (v.grad, w.grad) == (1.0, 4.0)
    assert am.array([1, 2]).dtype == np.float64
    assert am.array(v) is v
    rows = am.array([am.Value([1.0, 2.0]), np.array([3.0, 4.0])])
    assert rows.shape == (2, 2)
    with pytest.raises(ShapeError, match=re.escape("items of shapes (), (2,) in one list")):
        am.array([v, am.Value([1.0, 2.0])])


def test_data_can_be_rebound_but_keeps_its_shape_and_dtype():
    p = am.Value(np.ones(3, np.float32))
    p.data = np.full(3, 2.0)
    assert p.dtype == np.float32
    assert p.data.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(ShapeError, match=re.escape("data of shape (2,) for a Value of shape (3,)")):
        p.data = np.ones(2)
    with pytest.raises(InvalidInput, match=r"v\.data"):
        p.data = am.Value(np.ones(3))
    with pytest.raises(BackwardError, match="the result of an operation"):
        (p * 2).data = np.ones(3)
    s = am.Value(1.0)
    s.data -= 0.5
    assert type(s.data) is np.float64
    s.data = 3
    assert type(s.data) is np.float64


def test_names():
    x = am.Value(1.0, name="x")
    y = x * 2
    assert (x.name, y.name) == ("x", None)
    y.name = "y"
    assert repr(y) == "Value(2.0, name='y')"


def test_uncovered_functions_raise_at_the_call():
    own = np.frompyfunc(lambda x: x, 1, 1)
    for function, name in ((own, "<lambda>"), (am.primitive(math.erf), "math.erf")):
        with pytest.raises(NotCovered, match=r"\(Value \(2,\) float64\) has no derivative rule") as caught:
            function(am.Value([1.0, 2.0]))
        assert f"or a rule of your own: am.rule({name}" in caught.value.instead


def test_an_argument_that_is_not_covered_is_to_be_left_out():
    v = am.Value([1.0, 2.0])
    with pytest.raises(NotCovered, match=r"argument signature = 'dd->d'(?s:.*)instead: the call without it"):
        np.add(v, 1.0, signature="dd->d")
    with pytest.raises(NotCovered, match=r"argument shape = \[Value(?s:.*)instead: a raw array for shape"):
        np.reshape(v, (am.Value(2.0), 1))


def test_numpy_scalars_on_the_left_dispatch():
    for number in (np.float64(2.0), np.float32(2.0), np.int64(2), np.int32(2), np.bool_(True), np.complex128(2.0)):
        v = am.Value(3.0)
        for made in (number * v, number + v, number - v, number / v):
            assert type(made) is am.Value
