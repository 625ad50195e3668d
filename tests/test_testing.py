"""What `autograd_mini.testing` offers to other projects."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import autograd_mini as am
from autograd_mini.testing import Function, arrays, broadcastable_shapes, functions, shapes

PACKAGE = Path(am.__file__).parents[1]
PROJECT = """
import numpy as np

def energy(x):
    return np.sum(x**3)

def test_right(gradcheck):
    assert gradcheck(energy, np.array([1.0, 2.0])).ok

def test_wrong(gradcheck):
    gradcheck(energy, np.array([1.0, 2.0]), grad=np.array([3.0, 6.0]))

def test_report(gradcheck):
    assert not gradcheck(energy, 2.0, grad=1.0, report=True).ok
"""


def test_the_fixture_in_a_project_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["autograd_mini.testing"]\n')
    (tmp_path / "test_energy.py").write_text(PROJECT)
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 2 passed" in done.stdout
    assert "GradientMismatch: gradient of energy: wrong in 1 of 2 numbers" in done.stdout
    assert "x[1]: grad 6, difference 12" in done.stdout
    assert "  seed=" in done.stdout


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


@given(functions(max_steps=5))
def test_functions_are_sound_and_can_be_pasted(f: Function) -> None:
    value = f(*f.point)
    assert np.all(np.isfinite(value))
    scope: dict[str, Any] = {"np": np}
    source, _, call = repr(f).rpartition("\n")
    exec(source, scope)
    np.testing.assert_array_equal(eval(call, scope), value)
    assert am.check_grads(f, *f.point, order=1).ok
