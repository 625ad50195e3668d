"""Files are written whole or not at all, and what can't be read says why."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from autograd_mini import storage
from autograd_mini.errors import InvalidInput, MissingPackage
from autograd_mini.storage import StorageError, load_arrays, save_arrays, write_whole


def test_arrays_and_notes_come_back_bit_for_bit(tmp_path):
    wide = np.random.default_rng(0).normal(size=(3, 4))
    arrays = {
        "turned": wide.T, "part": wide[::2, ::-1], "number": np.array(2.5), "empty": np.zeros((0, 3)),
        "half": np.array([1.5, np.nan, -0.0], np.float16), "counts": np.arange(3), "masks": np.array([True, False]),
    }  # fmt: skip
    notes = {"losses": [0.1, 1 / 3, 5e-324, 1.7976931348623157e308], "big": 2**127, "none": None, "text": "σ\n"}
    save_arrays(tmp_path / "x.safetensors", arrays, notes)
    found, told = load_arrays(tmp_path / "x.safetensors")
    assert told == notes
    assert found.keys() == arrays.keys()
    for name, x in arrays.items():
        assert (found[name].dtype, found[name].shape) == (x.dtype, x.shape)
        assert found[name].tobytes() == np.ascontiguousarray(x).tobytes()


def test_a_file_without_notes_has_none(tmp_path):
    save_arrays(tmp_path / "x.safetensors", {})
    assert load_arrays(tmp_path / "x.safetensors") == ({}, None)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "file"
    write_whole(target, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(target, b"new and longer")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"old"


def test_numbers_of_a_dtype_that_numpy_has_not_are_named(tmp_path):
    header = b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(
        StorageError, match=r"holds numbers of a dtype that NumPy hasn't: .*bfloat16(.|\n)*x\.float\(\)"
    ):
        load_arrays(path)


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path):
    write_whole(tmp_path / "x", b"old")
    (tmp_path / "x").chmod(0o600)
    write_whole(tmp_path / "x", b"new")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", [0, 5, 30, 99])
def test_half_a_file_is_refused(tmp_path, kept):
    path = tmp_path / "x.safetensors"
    save_arrays(path, {"w": np.ones(100)})
    path.write_bytes(path.read_bytes()[: -100 + kept] if kept else b"")
    with pytest.raises(StorageError, match=r"x\.safetensors' can't be read: (.|\n)*why: it isn't a whole safetensors"):
        load_arrays(path)


def test_what_cannot_be_saved_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(InvalidInput, match=r"z is of dtype complex128\n(.|\n)*instead: z\.real and z\.imag"):
        save_arrays(tmp_path / "x.safetensors", {"w": np.ones(2), "z": np.ones(2, complex)})
    with pytest.raises(StorageError, match=r"can't be saved as .*x\.npz'\n  instead: 'x\.safetensors'"):
        save_arrays(tmp_path / "x.npz", {})
    with pytest.raises(StorageError, match=r"the folder of .* doesn't exist\n(.|\n)*instead: os\.makedirs\("):
        save_arrays(tmp_path / "nowhere" / "x.safetensors", {})
    with pytest.raises(StorageError, match="isn't a file"):
        load_arrays(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
    with pytest.raises(MissingPackage, match=r"pip install \"autograd_mini\[save\]\""):
        storage.load_arrays(tmp_path / "x.safetensors")


def test_numbers_that_are_not_finite_are_kept_too(tmp_path):
    save_arrays(tmp_path / "x.safetensors", {}, [math.inf, -math.inf])
    assert load_arrays(tmp_path / "x.safetensors")[1] == [math.inf, -math.inf]
