"""What `autograd_mini.testing` offers to other projects."""

import os
import re
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given

import autograd_mini as am
from autograd_mini.testing import KINKED, SIDES, SMOOTH, Function, arrays, broadcastable_shapes, functions, shapes

PACKAGE = Path(am.__file__).parents[1]
PROJECT = """
import numpy as np
from hypothesis import given
from autograd_mini.testing import arrays

def energy(x):
    return np.sum(x**3)

def test_right(gradcheck):
    assert gradcheck(energy, np.array([1.0, 2.0])).ok

def test_wrong(gradcheck):
    gradcheck(energy, np.array([1.0, 2.0]), grad=np.array([3.0, 6.0]))

def test_report(gradcheck):
    assert not gradcheck(energy, 2.0, grad=1.0, report=True).ok

@given(arrays((2,)))
def test_many(gradcheck, x):
    gradcheck(energy, x, grad=2 * x**2)
"""


def run_pytest(folder: Path, conftest: str, *words: str) -> str:
    """Return what pytest prints in a project of its own."""
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_energy.py").write_text(PROJECT)
    words = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}", *words)
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    return done.stdout


def test_the_fixture_in_a_project_of_its_own(tmp_path: Path) -> None:
    out = run_pytest(tmp_path, 'pytest_plugins = ["autograd_mini.testing"]\n')
    assert "2 failed, 2 passed in" in out
    one, many = re.split("_{5,} test_many _{5,}", out)
    assert ">       gradcheck(energy, np.array([1.0, 2.0]), grad=np.array([3.0, 6.0]))\n" in one
    assert "E       autograd_mini.errors.GradientMismatch: gradient of energy: wrong in 1 of 2 numbers\n" in one
    assert "E         x[1]: grad 6, difference 12" in one
    assert "E         checked: all 2 elements, one by one\n" in one
    assert f"E         seed={zlib.crc32(b'test_energy.py::test_wrong')}\n" in one, "of the test's own, in each run"
    assert "x=array([0., 1.])" in many, "Hypothesis shows the smallest array that fails"


@pytest.mark.parametrize("way", ["import", "option"])
def test_other_ways_to_the_fixture(way: str, tmp_path: Path) -> None:
    conftest = "from autograd_mini.testing import gradcheck\n" if way == "import" else ""
    option = ["-p", "autograd_mini.testing"] if way == "option" else []
    assert "1 failed, 1 passed, 2 deselected in" in run_pytest(tmp_path, conftest, "-k", "right or wrong", *option)


def test_without_its_packages_it_says_what_to_install() -> None:
    script = "import sys; sys.modules['hypothesis'] = None; import autograd_mini.testing"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "MissingPackage: autograd_mini.testing needs the package hypothesis" in done.stderr
    assert 'instead: pip install "autograd_mini[test]"' in done.stderr


def test_the_package_does_without() -> None:
    script = "import sys, autograd_mini as am; am.check_grads; print('hypothesis' in sys.modules, am.testing.__name__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "autograd_mini.testing"]


@given(shapes(max_dims=2), broadcastable_shapes(3))
def test_shapes(shape: tuple[int, ...], several: tuple[tuple[int, ...], ...]) -> None:
    assert len(shape) <= 2
    assert len(several) == 3
    np.broadcast_shapes(*several)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64, np.complex128])
def test_arrays(dtype: Any) -> None:
    @given(arrays(dtype=dtype, low=-1.5, high=3, special=[0.0]))
    def search(x: Any) -> None:
        assert x.dtype == dtype
        assert np.all((np.real(x) >= -1.5) & (np.imag(x) <= 3))
        assert x.shape or isinstance(x, np.generic)

    search()


def test_the_elements_of_arrays_differ_unless_they_are_planted() -> None:
    near: list[Any] = []

    @given(arrays((2, 3), low=-1), arrays((2, 3), special=[0.25]))
    def search(x: Any, tied: Any) -> None:
        assert len(np.unique(x)) == 6
        assert np.all((x == 0) | (abs(x) >= 0.002))
        near.append(np.count_nonzero(tied == 0.25))

    search()
    assert max(near) > 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_functions_are_sound_and_can_be_pasted(dtype: Any) -> None:
    @given(functions(dtype=dtype), functions(dtype=dtype, planted=True))
    def search(anywhere: Function, planted: Function) -> None:
        for f in (anywhere, planted):
            value = f(*f.point)
            assert np.max(abs(value)) < 1e3
            assert all(x.dtype == dtype for x in f.point)
            scope: dict[str, Any] = {"np": np}
            source, _, call = repr(f).rpartition("\n")
            exec(source, scope)
            assert np.array_equal(eval(call, scope), value)

    search()


@given(functions(max_steps=5))
def test_gradients_of_functions_are_right(f: Function) -> None:
    report = am.check_grads(f, *f.point, order=1)
    assert {entry.argument for entry in report.entries} == set("xyz"[: len(f.point)])


@pytest.mark.parametrize("axes", [0, 1, 2])
def test_every_operation_of_functions_is_covered(axes: int) -> None:
    shapes = [shape for shape in SIDES if len(shape) >= axes]
    arguments = [np.random.default_rng(i).normal(size=shape) for i, shape in enumerate([*shapes, (2, 1, 3)])]
    for operation in SMOOTH[axes] + KINKED.get(axes, []):
        for a in arguments:
            f = Function(f"def f(a, b):\n    return {operation.format(a='a', b='b')}\n", (a, np.float64(0.3)))
            assert am.check_grads(f, *f.point, order=1).verdict == "right", operation


def test_every_operation_of_functions_grows_slowly() -> None:
    for operation in SMOOTH[0] + KINKED[0]:
        x = np.array([-3.0, 1.0, 3.0])
        for _ in range(8):
            x = eval(operation.format(a="x", b="x"), {"np": np, "x": x})
        assert np.max(abs(x)) < 1e3, operation


def test_a_function_that_fails_is_shrunk_and_shown_as_code() -> None:
    f = find(functions(), lambda f: "np.tanh(" in f.source and len(f.point) > 1, random=Random(0))
    assert repr(f).startswith("def f(x, y):\n    t0 = ")
    assert f.source.count("\n") == 3
    assert re.search(r"\n\nf\(np\.float64\(.*\), np\.float64\(.*\)\)$", repr(f))


def test_the_tests_on_the_page_for_other_projects_pass(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "testing.md").read_text(encoding="utf-8")
    conftest, *examples = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "test_page.py").write_text("\n".join(examples))
    few = 'settings.register_profile("few", max_examples=10, deadline=None)\nsettings.load_profile("few")\n'
    assert "5 passed in" in run_pytest(tmp_path, conftest + few, "test_page.py")
