"""Files: written whole or not at all; arrays and notes as safetensors with JSON, whose loading can't run code."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .errors import AutogradError, InvalidInput, MissingPackage

SUFFIX = ".safetensors"
NOTES = "json"  # where the notes stand in the header


class StorageError(AutogradError, OSError):
    """A file that can't be read as what it should be, or can't be written."""


def write_whole(target: Path, content: bytes) -> None:
    """Write a file so that nobody ever finds half of it: beside its place first, then moved there."""
    target = Path(os.path.realpath(target))  # a link stays a link
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())  # or a power failure could leave the new name with nothing in it
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def save_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any], notes: Any = None) -> None:
    """Write arrays, and what JSON can hold, as one safetensors file.

    Parameters
    ----------
    path : path-like
        Ends in ``.safetensors``. An existing file is replaced, by a whole one.
    arrays : mapping of str to array
        Of booleans, integers or floating numbers up to float64.
    notes : optional
        What `json.dumps` takes; it stands in the file's header. Floats come back bit for bit.

    Raises
    ------
    MissingPackage
        If safetensors isn't installed.
    InvalidInput
        If the format has no place for a dtype; nothing is written then.
    StorageError
        If the suffix is another one, or the folder is missing.

    References
    ----------
    The format: https://huggingface.co/docs/safetensors

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "state.safetensors"
    >>> save_arrays(path, {"w": np.array([1.0, 2.0])}, {"epoch": 3})
    >>> load_arrays(path)
    ({'w': array([1., 2.])}, {'epoch': 3})
    """
    library, target = safetensors(), Path(path)
    if target.suffix != SUFFIX:
        raise StorageError(f"arrays can't be saved as {str(target)!r}", instead=f"{target.stem + SUFFIX!r}")
    if not target.parent.is_dir():
        raise StorageError(
            f"the folder of {str(target)!r} doesn't exist",
            "no folder is made, so that a misspelt one is noticed",
            f"os.makedirs({str(target.parent)!r})",
        )
    for name, x in arrays.items():
        if np.asarray(x).dtype.kind not in "biuf" or np.asarray(x).dtype.itemsize > 8:
            raise InvalidInput(
                f"{name} is of dtype {np.asarray(x).dtype}",
                "a safetensors file holds booleans, integers and floating numbers of at most 8 bytes",
                f"{name}.real and {name}.imag, for complex numbers",
            )
    # Copies in C order: the library takes the memory as it lies.
    whole = {name: np.array(x, order="C") for name, x in arrays.items()}
    write_whole(target, library.numpy.save(whole, metadata={NOTES: json.dumps(notes)}))


def load_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, Any], Any]:
    """Read a safetensors file: its arrays by name, and the notes that `save_arrays` wrote, or None.

    Raises
    ------
    MissingPackage
        If safetensors isn't installed.
    StorageError
        If there is no such file, or it isn't a whole safetensors file.
    """
    library, source = safetensors(), Path(path)
    if not source.is_file():
        raise StorageError(f"{str(source)!r} isn't a file", instead=f"the path of a file that ends in {SUFFIX}")
    try:
        with library.safe_open(source, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in sorted(file.keys())}
            notes = json.loads((file.metadata() or {}).get(NOTES, "null"))
    except TypeError as error:
        raise StorageError(
            f"{str(source)!r} holds numbers of a dtype that NumPy hasn't: {error}",
            instead="the same file in float32: {name: x.float() for name, x in state.items()} in PyTorch",
        ) from error
    except (library.SafetensorError, ValueError) as error:
        raise StorageError(
            f"{str(source)!r} can't be read: {error}",
            "it isn't a whole safetensors file",
            "a file that save_arrays, a module or PyTorch's safetensors wrote",
        ) from error
    return arrays, notes


def safetensors() -> Any:
    """Return the library, which is an extra.

    Raises
    ------
    MissingPackage
        If it isn't installed.
    """
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingPackage(
            "safetensors isn't installed",
            "it reads and writes the files of weights and trainings",
            'pip install "autograd_mini[save]"',
        ) from None
    return safetensors


def misfits(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Describe each difference of the keys and the shapes of two states, the state found and the one it should fit.

    Examples
    --------
    >>> misfits({"w": np.ones(2), "c": 1}, {"w": np.ones(3), "b": 2})
    ['b is missing', 'c is unknown', 'w has shape (2,), not (3,)']
    """
    lines = [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    lines += [f"{name} is unknown" for name in sorted(found.keys() - wanted.keys())]
    return lines + [
        f"{name} has shape {np.shape(found[name])}, not {np.shape(x)}"
        for name, x in wanted.items()
        if name in found and np.shape(found[name]) != np.shape(x)
    ]
