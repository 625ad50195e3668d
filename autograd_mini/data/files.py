"""Samples from the user's own files: tables of text (CSV) and arrays of NumPy (.npz). Nothing in a file is executed."""

from __future__ import annotations

import csv
import io
import math
import os
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from .checks import DataError, paired

Column = str | int
MOST_NAMED = 20  # names in an error
LEFT_OUT = "inputs=[...] without this column"
IN_WORDS = "classes=True for a target that is a class"


@dataclass(frozen=True, eq=False)
class Table:
    """Samples from a file; ``inputs, targets = table`` and ``Loader(*table)`` work.

    Attributes
    ----------
    inputs : array of shape (n, k), or (n, ...) from a .npz
    targets : array of shape (n,), or (n, ...) from a .npz
        Numbers; for a target in words, the number of its class as int64.
    input_names : tuple of str
        The names of the k columns (their numbers, in a file without header), or of the one array in a .npz.
    target_name : str
    classes : tuple of str
        What the classes are called, by their number; empty if the targets are plain numbers.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    input_names: tuple[str, ...]
    target_name: str
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.targets)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return iter((self.inputs, self.targets))


# ------------------------------------------------------------------------------------------------- CSV


def load_csv(
    path: str | os.PathLike[str],
    target: Column = -1,
    inputs: Sequence[Column] | None = None,
    header: bool | None = None,
    delimiter: str = ",",
    classes: bool | None = None,
) -> Table:
    """Load a table of numbers from a CSV file: a sample in each line, its target in one of the columns.

    Parameters
    ----------
    path : str or path
        A file of text in UTF-8.
    target : str or int, default -1
        The column of the targets: its name, or its number from 0, or from -1 backwards.
    inputs : sequence of str or int, optional
        The columns of the inputs, in this order. The default is all but the target.
    header : bool, optional
        Whether the first line holds the names of the columns. By default it does if none of its cells is a number.
    delimiter : str, default ","
        What stands between two cells: a single character.
    classes : bool, optional
        Whether the target is a class. By default it is if none of its cells is a number. Classes are compared as words
        and numbered in the order of the alphabet; as numbers, if all of them are written as Python writes numbers: 9
        and 9.0 are one class then, while 007 and 7 are two.

    Returns
    -------
    Table
        `inputs` is a float64 array of shape (n, k), `targets` a float64 or, for classes, int64 array of shape (n,).

    Raises
    ------
    DataError
        If the file can't be read or holds no samples, a line that isn't blank has more or fewer cells than the first, a
        cell that is used is empty or isn't a finite number, or there is no such column.
    InvalidInput
        If a column is neither a name nor a number, or the delimiter isn't a single character.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "animals.csv")
    ...     _ = path.write_text("legs,weight,kind\\n4,30.5,dog\\n2,0.1,bird\\n4,4.2,cat\\n")
    ...     table = load_csv(path, target="kind")
    >>> table.inputs
    array([[ 4. , 30.5],
           [ 2. ,  0.1],
           [ 4. ,  4.2]])
    >>> table.targets, table.classes
    (array([2, 0, 1]), ('bird', 'cat', 'dog'))
    """
    name = os.fspath(path)
    with closing(read_lines(name, delimiter)) as lines:  # closes the file also after an error
        first = next(lines, None)
        if first is None:
            raise DataError(f"{name!r} is empty", instead="a file with a sample in each line")
        columns = Columns(name, *first, header)
        at_target, at_inputs = columns.chosen(target, inputs)
        rows, words = [], []
        for line, cells in lines if columns.named else chain([first], lines):
            columns.check_width(line, cells)
            rows.append(np.array([columns.number(line, i, cells[i], LEFT_OUT) for i in at_inputs]))
            words.append((line, cells[at_target]))
    if not rows:
        raise DataError(f"{name!r} holds no samples", "its only line was read as names of columns", "header=False")
    if classes is None:
        classes = not any(is_number(word) for _, word in words)
    targets, found = (
        numbered([columns.filled(line, at_target, word) for line, word in words])
        if classes
        else (np.array([columns.number(line, at_target, word, IN_WORDS) for line, word in words]), ())
    )
    names = columns.names
    return Table(np.array(rows), targets, tuple(names[i] for i in at_inputs), names[at_target], found)


class Columns:
    """The columns of a CSV file by its first line, and what is wrong in another line.

    Parameters
    ----------
    path : str
    line : int
    cells : list of str
        The first line.
    header : bool or None
        Whether it holds names; None for if none of its cells is a number.
    """

    def __init__(self, path: str, line: int, cells: list[str], header: bool | None) -> None:
        self.path, self.first = path, line
        self.named = not any(map(is_number, cells)) if header is None else header
        self.names = tuple(cells) if self.named else tuple(map(str, range(len(cells))))
        self.hint = "" if self.named or header is False else "; header=True if that line holds names"
        if len(cells) == 1:
            other = next((repr(mark) for mark in ",;\t|" if mark in cells[0]), None)
            raise DataError(
                f"{path!r} has a single column",
                "a sample has inputs and a target",
                f"delimiter={other}" if other else "a column for each input, and one for the target",
            )

    def chosen(self, target: Column, inputs: Sequence[Column] | None) -> tuple[int, list[int]]:
        """Return the positions of the target and of the inputs."""
        at_target = self.position("target", target)
        if inputs is None:
            return at_target, [i for i in range(len(self.names)) if i != at_target]
        if isinstance(inputs, str):
            raise InvalidInput(f"inputs={inputs!r}", "they are a list of columns", f"[{inputs!r}]")
        at_inputs = [self.position("inputs", column) for column in inputs]
        if at_target in at_inputs or not at_inputs:
            raise DataError(
                f"inputs={list(inputs)!r} with target={target!r}",
                "the target would be known" if at_inputs else "there would be nothing to learn from",
                "the columns that the target is to be told from",
            )
        return at_target, at_inputs

    def position(self, role: str, column: Column) -> int:
        """Return the position of a column that is known by its name or its number."""
        count = len(self.names)
        if isinstance(column, str):
            places = [i for i, name in enumerate(self.names) if self.named and name == column]
            if len(places) == 1:
                return places[0]
            if places:
                raise DataError(f"{self.path!r} has {len(places)} columns {column!r}", instead=f"a number of {places}")
            raise DataError(
                f"{self.path!r} has no column {column!r}",
                "" if self.named else "its first line was read as a sample, so its columns have numbers",
                f"one of {listed(self.names)}" if self.named else f"a number from 0 to {count - 1}{self.hint}",
            )
        if isinstance(column, bool) or not isinstance(column, (int, np.integer)):
            raise InvalidInput(f"{role}: a column {column!r}", instead="the name of a column, or its number from 0")
        if not -count <= column < count:
            raise DataError(
                f"{self.path!r} has no column {column}",
                f"it has {count} columns",
                f"a number from 0 to {count - 1}, or from {-count} to -1",
            )
        return int(column) % count

    def check_width(self, line: int, cells: list[str]) -> None:
        """Raise if a line hasn't as many cells as the first."""
        if len(cells) != len(self.names):
            raise DataError(
                f"line {line} of {self.path!r} has {len(cells)} cell{'s' * (len(cells) > 1)}",
                f"line {self.first} has {len(self.names)}",
                "as many in each line, and double quotes around a cell with the delimiter in it",
            )

    def number(self, line: int, i: int, cell: str, instead: str) -> float:
        """Return the number in a cell; `instead` is what may be written where there is none."""
        if is_number(cell):
            return float(cell)
        hint = self.hint if line == self.first else ""
        raise DataError(
            f"{self.place(line, i)}: {self.filled(line, i, cell)!r} is not a finite number",
            instead=f"a number such as 1.5; {instead}{hint}",
        )

    def filled(self, line: int, i: int, cell: str) -> str:
        """Return a cell, if it isn't empty."""
        if not cell:
            raise DataError(
                f"{self.place(line, i)}: the cell is empty",
                "a sample without it can't be trained on",
                f"the line left out of the file; {LEFT_OUT}",
            )
        return cell

    def place(self, line: int, i: int) -> str:
        """Return where a cell is."""
        column = repr(self.names[i]) if self.named else f"{i} (from 0)"
        return f"line {line}, column {column} of {self.path!r}"


def read_lines(path: str, delimiter: Any) -> Generator[tuple[int, list[str]], None, None]:
    """Iterate over the lines of a CSV file that aren't blank: their numbers from 1, and their cells."""
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise InvalidInput(f"delimiter={delimiter!r}", instead="a single character, such as ',' or ';' or '\\t'")
    with opened(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True)
        try:
            for cells in reader:
                stripped = [cell.strip() for cell in cells]
                if stripped not in ([], [""]):
                    yield reader.line_num, stripped
        except UnicodeDecodeError:
            raise DataError(f"{path!r} is not text in UTF-8", instead="the file saved as CSV in UTF-8") from None
        except csv.Error as error:
            raise DataError(
                f"line {reader.line_num} of {path!r} is not CSV: {error}",
                instead="double quotes around a whole cell or not at all, and two of them for one inside",
            ) from None


def is_number(cell: str) -> bool:
    """Whether a cell holds a finite number; unlike in Python, without underscores between its digits.

    Examples
    --------
    >>> [is_number(cell) for cell in ("1.5", "-2e3", "", "nan", "two", "1_0")]
    [True, True, False, False, False, False]
    """
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def numbered(words: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the class of each word as a number, and the words of the classes, in order.

    Examples
    --------
    >>> numbered(["b", "a", "b"])
    (array([1, 0, 1]), ('a', 'b'))
    >>> numbered(["10", "9", "9.0"])
    (array([1, 0, 0]), ('9', '10'))
    >>> numbered(["10", "9", "09"])
    (array([1, 2, 0]), ('09', '10', '9'))
    """
    numbers = [written_number(word) for word in words]
    keys: Sequence[Any] = words if None in numbers else numbers
    written = dict(zip(reversed(keys), reversed(words), strict=True))  # as a class is written first
    place = {key: i for i, key in enumerate(sorted(written))}
    return np.array([place[key] for key in keys], np.int64), tuple(written[key] for key in place)


def written_number(word: str) -> int | float | None:
    """Return the number that Python writes as this word, if there is one.

    Examples
    --------
    >>> [written_number(word) for word in ("9007199254740993", "0.5", "7.0", "007", "1e3", "seven")]
    [9007199254740993, 0.5, 7.0, None, None, None]
    """
    if not is_number(word):
        return None
    number = int(word) if word.lstrip("-").isdecimal() else float(word)
    return number if str(number) == word else None


def listed(names: Sequence[str]) -> str:
    """Return names for an error, the first ones if they are many."""
    more = f", ... ({len(names)} in all)" if len(names) > MOST_NAMED else ""
    return ", ".join(map(repr, names[:MOST_NAMED])) + more


# ------------------------------------------------------------------------------------------------- NumPy's files


def load_npz(path: str | os.PathLike[str], inputs: str = "inputs", targets: str = "targets") -> Table:
    """Load samples from two arrays in a file that ``np.savez`` wrote.

    Parameters
    ----------
    path : str or path
        A file of NumPy's format .npz. Arrays of Python objects, which could run code, are refused.
    inputs, targets : str
        The names of the arrays in it, of shape (n, ...). The targets may be words, of shape (n,).

    Returns
    -------
    Table
        The arrays with the dtypes that they are stored in; words become the numbers of their classes, as in `load_csv`.

    Raises
    ------
    DataError
        If the file can't be read, there are no such arrays, they don't belong together, or they hold anything but
        finite numbers.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "flags.npz")
    ...     np.savez(path, pixels=np.zeros((3, 8, 8)), country=["fr", "de", "fr"])
    ...     table = load_npz(path, inputs="pixels", targets="country")
    >>> table.inputs.shape, table.targets, table.classes
    ((3, 8, 8), array([1, 0, 1]), ('de', 'fr'))
    """
    name = os.fspath(path)
    x, y = paired(*read_arrays(name, [inputs, targets]))
    classes: tuple[str, ...] = ()
    if y.dtype.kind == "U" and y.ndim == 1:
        y, classes = numbered(y.tolist())
    for label, array in ((inputs, x), (targets, y)):
        if array.dtype.kind not in "biufc":
            raise DataError(
                f"{label!r} in {name!r} is of dtype {array.dtype}",
                instead="numbers; words, of shape (n,), for the targets alone",
            )
        wrong = np.argwhere(~np.isfinite(array))
        if len(wrong):
            raise DataError(
                f"{label!r} in {name!r} holds {array[tuple(wrong[0])]} at {wrong[0].tolist()}",
                "nothing can be learned from a sample with a number that isn't finite",
                "the sample left out",
            )
    return Table(x, y, (inputs,), targets, classes)


def read_arrays(path: str, names: Sequence[str]) -> list[NDArray[Any]]:
    """Return arrays of a .npz file by their names."""
    with opened(path) as stream:
        if not zipfile.is_zipfile(stream):
            raise DataError(
                f"{path!r} is no .npz file, or a part of one",
                "such a file is a zip archive of arrays",
                "np.savez(path, inputs=..., targets=...); load_csv for text",
            )
        stream.seek(0)
        try:
            with np.load(stream, allow_pickle=False) as stored:
                there = stored.files
                arrays = [stored[name] for name in names if name in there]
        except Exception as error:  # of zipfile, of zlib or of NumPy: they have nothing else in common
            raise DataError(
                f"{listed(names)} in {path!r} can't be read: {error}",
                "the file is damaged, encrypted or too large, or holds Python objects, which could run code",
                "arrays of numbers or of strings, as np.savez writes them",
            ) from None
    unknown = [name for name in names if name not in there]
    if unknown:
        raise DataError(f"{path!r} has no array {unknown[0]!r}", instead=f"one of {listed(there)}")
    return arrays


def opened(path: str) -> BinaryIO:
    """Open a file to read its bytes."""
    try:
        return open(path, "rb")
    except OSError as error:
        raise DataError(
            f"{path!r} can't be read: {error.strerror}",
            f"the current folder is {os.getcwd()!r}",
            "a file that is there",
        ) from None
