"""Every public function of NumPy is known to the registry, or can't reach it; what is differentiable is counted."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from cases import CASES

import autograd_mini as am
from autograd_mini.covered import DIFFERENTIABLE, named, row_of
from autograd_mini.errors import ConversionRefused, InvalidInput, NotCovered
from autograd_mini.registry import COMPOSED, KINKS, PLAIN, REFUSED, RULES, UNREACHED, ZERO

ROOT = Path(__file__).parents[1]
NAMES = (ROOT / "tests" / "numpy_names.txt").read_text(encoding="utf-8").split()
NEWEST = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
TESTED = {case.function for case in CASES}

# What takes no array to differentiate: it makes arrays of sizes, reads files, sets options, looks at dtypes.
NO_ARRAY = {
    "arange", "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray",
    "asmatrix", "bartlett", "base_repr", "binary_repr", "blackman", "bmat", "broadcast_shapes", "datetime_data",
    "diag_indices", "empty", "eye", "format_float_positional", "format_float_scientific", "from_dlpack",
    "frombuffer", "fromfile", "fromfunction", "fromiter", "frompyfunc", "fromregex", "fromstring", "full",
    "genfromtxt", "get_include", "get_printoptions", "getbufsize", "geterr", "geterrcall", "hamming", "hanning",
    "identity", "indices", "info", "isdtype", "isfortran", "isscalar", "issubdtype", "iterable", "kaiser", "load",
    "loadtxt", "mask_indices", "mintypecode", "nested_iters", "ones", "printoptions", "promote_types", "require",
    "row_stack", "set_printoptions", "setbufsize", "seterr", "seterrcall", "show_config", "show_runtime", "test",
    "tri", "tril_indices", "triu_indices", "typename", "zeros", "fftfreq", "rfftfreq", "disp", "safe_eval", "in1d",
    "trapz",
}  # fmt: skip


def public_functions() -> dict:
    """Return every public callable of the installed NumPy that isn't a class, by its name."""
    places = {"": np, "linalg.": np.linalg, "fft.": np.fft, "emath.": np.emath}
    found = {
        prefix + name: getattr(module, name)
        for prefix, module in places.items()
        for name in dir(module)
        if not name.startswith("_")
    }
    return {name: f for name, f in found.items() if callable(f) and not isinstance(f, type)}


def dispatches(function) -> bool:
    """Whether NumPy asks a Value what a function should do."""
    return isinstance(function, np.ufunc) or hasattr(function, "_implementation")


def test_every_public_function_of_numpy_is_known():
    tables = (RULES, COMPOSED, ZERO, PLAIN, REFUSED)
    unknown = {name for name, function in public_functions().items() if not any(function in table for table in tables)}
    new = {name for name in unknown if name.rpartition(".")[2] not in NO_ARRAY}
    assert not new, "functions of NumPy that the registry doesn't know: give them a rule, or say what they are"


def test_what_has_no_array_is_no_function_that_asks_a_value():
    assert [name for name, f in public_functions().items() if name in NO_ARRAY and dispatches(f)] == [] or not NEWEST


def test_the_two_counts_are_all_of_the_differentiable_names():
    """265 differentiate, each held against differences by the tests of its cases; 17 raise with the replacement."""
    known = [name for name in NAMES if find(name) is not None]
    rows = {name: row_of(find(name)) for name in known}
    right = {name for name in known if rows[name].how in DIFFERENTIABLE and find(name) in TESTED}
    refused = {name for name in known if rows[name].how == "refused" and rows[name].instead}
    stacked = {"numpy.row_stack"} & set(known)  # np.vstack by another name, see below
    assert right | refused | stacked == set(known)
    if NEWEST:
        assert (len(right | stacked), len(refused), len(known)) == (265, 17, 282)


def find(name: str):
    """Return a function of NumPy by its name, None if this version hasn't got it."""
    found = np
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    return found


@pytest.mark.filterwarnings("ignore:`row_stack`")
def test_row_stack_is_vstack():
    stack = getattr(np, "row_stack", np.vstack)
    np.testing.assert_array_equal(am.grad(lambda x: np.sum(stack([x, x]) * [[1.0], [3.0]]))(np.ones(2)), [4.0, 4.0])


V = am.Value([1.0, 2.0, 3.0], name="v")
CALLS = {
    "numpy.array": lambda: np.array([V, V]),
    "numpy.asarray": lambda: np.asarray(V),
    "numpy.asanyarray": lambda: np.asanyarray(V),
    "numpy.asarray_chkfinite": lambda: np.asarray_chkfinite(V),
    "numpy.ascontiguousarray": lambda: np.ascontiguousarray(V),
    "numpy.asfortranarray": lambda: np.asfortranarray(V),
    "numpy.require": lambda: np.require(V),
    "numpy.asmatrix": lambda: np.asmatrix(V),
    "numpy.bmat": lambda: np.bmat([[V, V]]),
    "numpy.arange": lambda: np.arange(V[0]),
    "numpy.fill_diagonal": lambda: np.fill_diagonal(np.zeros((3, 3)), V),
    "numpy.full": lambda: np.full(3, V),
    "numpy.vectorize.__call__": lambda: np.vectorize(abs)(V),
    "numpy.AxisConcatenator.__getitem__": lambda: np.r_[V, V],
}
WRITTEN_IN_C = {
    "numpy.array", "numpy.asarray", "numpy.asanyarray", "numpy.ascontiguousarray", "numpy.asfortranarray",
    "numpy.arange",
}  # fmt: skip
CONVERSIONS = [
    lambda: np.sum([V, V]), lambda: np.max([V[0], V[1]]), lambda: np.dot([V[0], V[1]], [1, 2]),
    lambda: np.polynomial.Polynomial(V), lambda: np.array([V[0], 1.0]), lambda: np.ones(3).dot(V),
    lambda: np.zeros(3).__setitem__(slice(None), V),
]  # fmt: skip


def test_what_cannot_reach_us_is_refused_with_its_replacement():
    assert CALLS.keys() == UNREACHED.keys()
    for name, call in CALLS.items():
        with pytest.raises(ConversionRefused) as caught:
            call()
        if name in WRITTEN_IN_C:  # it leaves no trace of its name: the text has the replacements of all
            assert "conversion to a NumPy array" in str(caught.value)
            assert re.search(r"v itself for np\.asarray.*am\.array.*np\.arange", caught.value.instead)
        else:
            assert f"conversion by {name}" in str(caught.value)
            assert caught.value.instead == UNREACHED[name]


@pytest.mark.parametrize("call", CONVERSIONS)
def test_no_object_array_comes_out(call):
    with pytest.raises((ConversionRefused, NotCovered), match="instead: "):
        call()


def test_assignment_of_a_value_to_an_element_names_what_to_write():
    with pytest.raises(ValueError, match="sequence") as caught:
        np.zeros(3)[0] = V[0]
    assert "am.set_at(a, i, v) for a[i] = v" in str(caught.value.__cause__)


def test_coverage_answers_for_one_function():
    row = am.coverage("np.median")
    assert (row.name, row.how, row.arguments, row.orders, row.complex) == ("numpy.median", "rule", ("a",), "any", True)
    assert row.kink == "at a tie: each element keeps its place"
    assert row.cases > 5
    assert str(row).splitlines()[0] == "name:       numpy.median"
    assert am.coverage(np.cov).arguments == ("m", "y", "aweights")
    assert am.coverage(np.floor).how == "zero"
    assert am.coverage("scipy.linalg.expm").arguments == ("A",) == am.coverage(scipy.linalg.expm).arguments
    assert am.coverage("scipy.special.gamma").how == "rule"
    assert am.coverage("numpy.shape").how == "looks"
    assert am.coverage(np.fill_diagonal).instead == "am.set_at(v, np.diag_indices(n), new)"
    assert am.coverage("numpy.zeros").how == "unknown"
    with pytest.raises(InvalidInput, match=r"no function 'numpy\.medain'"):
        am.coverage("numpy.medain")


def test_coverage_is_a_table_of_the_registry():
    table = am.coverage()
    assert {row.name for row in table} >= {"numpy.sin", "numpy.linalg.eig", "numpy.fft.rfft", "numpy.floor"}
    assert str(table).splitlines()[0].split()[:3] == ["name", "how", "arguments"]
    assert re.search(r"\d+ rule", table.summary())
    assert "<th>arguments</th>" in table._repr_html_()
    assert table.to_markdown(["name", "how"]).startswith("| name | how |")


def test_every_kink_belongs_to_a_function_with_a_derivative():
    assert all(function in RULES or function in COMPOSED for function in KINKS)


def test_the_files_made_from_the_cases_are_fresh(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    sys.modules.pop("coverage_table", None)
    import coverage_table

    stored = json.loads(coverage_table.TESTED.read_text(encoding="utf-8"))
    if NEWEST:
        assert stored == coverage_table.facts(), "run tools/coverage_table.py"
        assert coverage_table.PAGE.read_text(encoding="utf-8") == coverage_table.page(), "run tools/coverage_table.py"
    else:  # an older NumPy lacks functions and options
        assert stored.keys() >= {name for name in coverage_table.facts() if "._" not in name}  # private modules move


def test_named_finds_functions_by_every_name():
    assert named("np.linalg.solve") is np.linalg.solve
    assert named("numpy.acos") is np.acos
