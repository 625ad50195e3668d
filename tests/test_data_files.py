"""Samples from files: what is in them arrives, and what is wrong with them is named with its line and column."""

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograd_mini.data import DataError, Loader, Table, files, load_csv, load_npz
from autograd_mini.errors import InvalidInput

PEOPLE = "age,height,city\n30,1.75,Bonn\n41,1.62,Ulm\n25,1.8,Bonn\n"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a file in the current folder, and return its name."""
    monkeypatch.chdir(tmp_path)

    def write(content, name="data.csv"):
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


# CSV


def test_a_table_has_inputs_targets_and_names(file):
    table = load_csv(file(PEOPLE))
    np.testing.assert_array_equal(table.inputs, [[30, 1.75], [41, 1.62], [25, 1.8]])
    np.testing.assert_array_equal(table.targets, [0, 1, 0])
    assert (table.inputs.dtype, table.targets.dtype) == (np.float64, np.int64)
    assert (table.input_names, table.target_name, table.classes) == (("age", "height"), "city", ("Bonn", "Ulm"))
    assert len(table) == 3


def test_a_table_goes_straight_into_a_loader(file):
    inputs, targets = table = load_csv(file(PEOPLE))
    assert (inputs is table.inputs, targets is table.targets) == (True, True)
    assert [len(targets) for _, targets in Loader(*table, batch_size=2)] == [2, 1]


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(numbers=arrays(np.float64, (3, 4), elements=FINITE), at=st.integers(0, 3))
def test_numbers_arrive_bit_for_bit(tmp_path_factory, numbers, at):
    path = tmp_path_factory.mktemp("csv") / "numbers.csv"
    path.write_text("\n".join(",".join(map(repr, row)) for row in numbers.tolist()))
    table = load_csv(path, target=at)
    assert table.targets.tobytes() == np.ascontiguousarray(numbers[:, at]).tobytes()
    assert table.inputs.tobytes() == np.delete(numbers, at, axis=1).tobytes()
    assert table.input_names == tuple(str(i) for i in range(4) if i != at)


@pytest.mark.parametrize("target", ["height", 1, -2, np.int64(1)])
def test_the_target_is_known_by_its_name_or_its_number(file, target):
    table = load_csv(file("age,height,weight\n30,1.75,70\n41,1.62,60\n"), target)
    np.testing.assert_array_equal(table.targets, [1.75, 1.62])
    assert (table.targets.dtype, table.classes) == (np.float64, ())
    assert (table.input_names, table.target_name) == (("age", "weight"), "height")


def test_the_inputs_are_chosen_in_their_order(file):
    table = load_csv(file("id,age,city,height,y\nA,30,Bonn,1.75,0\nB,41,Ulm,1.62,1\n"), inputs=["height", 1])
    np.testing.assert_array_equal(table.inputs, [[1.75, 30], [1.62, 41]])
    assert table.input_names == ("height", "age")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("x;y\n1.5;2\n3;4\n", {"delimiter": ";"}),
        ("x\ty\n1.5\t2\n3\t4\n", {"delimiter": "\t"}),
        ("x y\n1.5 2\n3 4\n", {"delimiter": " "}),
        ("\ufeffx,y\r\n1.5,2\r\n3,4\r\n", {"inputs": ["x"]}),
        ('\n"x", "y"\n\n 1.5 , 2\n  \n"3", "4"\n\n', {"target": "y"}),
        ("1,2\n1.5,2\n3,4\n", {"header": True, "target": "2"}),
        ("1.5,2\n3,4\n", {}),
        ("1.5,2\n3,4\n", {"header": False}),
    ],
    ids=["semicolon", "tab", "space", "Windows", "blanks and quotes", "numbers as names", "no header", "said so"],
)
def test_each_way_to_write_a_table_is_read(file, text, options):
    table = load_csv(file(text), **options)
    np.testing.assert_array_equal(table.inputs, [[1.5], [3]])
    np.testing.assert_array_equal(table.targets, [2, 4])


@pytest.mark.parametrize(
    ("cells", "options", "targets", "classes"),
    [
        (["b", "a", "b"], {}, [1, 0, 1], ("a", "b")),
        (["10", "9", "10"], {}, [10.0, 9.0, 10.0], ()),
        (["10", "9", "10"], {"classes": True}, [1, 0, 1], ("9", "10")),
        (["1", "2", "1.0"], {"classes": True}, [0, 1, 0], ("1", "2")),
        (["10", "9", "many"], {"classes": True}, [0, 1, 2], ("10", "9", "many")),
        (["2", "-1", "0.5"], {"classes": True}, [2, 0, 1], ("-1", "0.5", "2")),
        (["7", "007", "10"], {"classes": True}, [2, 0, 1], ("007", "10", "7")),
        (["9007199254740993", "9007199254740992"], {"classes": True}, [1, 0], ("9007199254740992", "9007199254740993")),
        (["b\0", "b", "\0"], {}, [2, 1, 0], ("\0", "b", "b\0")),
        (["1_0", "10"], {"classes": True}, [1, 0], ("10", "1_0")),
    ],
)
def test_words_are_classes_and_numbers_if_asked_for(file, cells, options, targets, classes):
    table = load_csv(file("x,y\n" + "".join(f"1,{cell}\n" for cell in cells)), **options)
    assert table.targets.tolist() == targets
    assert table.targets.dtype == (np.int64 if classes else np.float64)
    assert table.classes == classes


# What is wrong with a table

INPUT = "  instead: a number such as 1.5; inputs=[...] without this column"
TARGET = "  instead: a number such as 1.5; classes=True for a target that is a class"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "'data.csv' is empty\n  instead: a file with a sample in each line"),
        ("\n\n", {}, "'data.csv' is empty\n  instead: a file with a sample in each line"),
        (
            "x,y\n",
            {},
            "'data.csv' holds no samples\n  why: its only line was read as names of columns\n  instead: header=False",
        ),
        (
            "x,y\n1,2\n\n1,2,3\n",
            {},
            "line 4 of 'data.csv' has 3 cells\n  why: line 1 has 2\n"
            "  instead: as many in each line, and double quotes around a cell with the delimiter in it",
        ),
        ("x,y\n1,2\n1\n", {}, "line 3 of 'data.csv' has 1 cell\n  why: line 1 has 2"),
        ("x,y\n1,2\none,2\n", {}, f"line 3, column 'x' of 'data.csv': 'one' is not a finite number\n{INPUT}"),
        ("x,y\n1,2\n1,two\n", {}, f"line 3, column 'y' of 'data.csv': 'two' is not a finite number\n{TARGET}"),
        ("x,y\n1,2\nnan,2\n", {}, f"line 3, column 'x' of 'data.csv': 'nan' is not a finite number\n{INPUT}"),
        (
            "1,2\n1,inf\n",
            {},
            f"line 2, column 1 (from 0) of 'data.csv': 'inf' is not a finite number\n{TARGET}",
        ),
        (
            "x,1,y\n1,2,3\n",
            {},
            f"line 1, column 0 (from 0) of 'data.csv': 'x' is not a finite number\n{INPUT};"
            " header=True if that line holds names",
        ),
        (
            "x,y\n1,2\n,2\n",
            {},
            "line 3, column 'x' of 'data.csv': the cell is empty\n  why: a sample without it can't be trained on\n"
            "  instead: the line left out of the file; inputs=[...] without this column",
        ),
        ("x,y,z\n1,2,3\n,,\n", {}, "line 3, column 'x' of 'data.csv': the cell is empty\n"),
        ("x y\n1 2\n \n", {"delimiter": " "}, "line 3, column 'x' of 'data.csv': the cell is empty\n"),
        ("x,y\n1,2\n1_0,2\n", {}, f"line 3, column 'x' of 'data.csv': '1_0' is not a finite number\n{INPUT}"),
        ("x,y\n1,2\n1,1_0\n", {}, f"line 3, column 'y' of 'data.csv': '1_0' is not a finite number\n{TARGET}"),
        ("x,y\n1,a\n1,\n", {}, "line 3, column 'y' of 'data.csv': the cell is empty\n"),
        ("x,y\n1,2\n1,\n", {}, "line 3, column 'y' of 'data.csv': the cell is empty\n"),
        (
            "x;y\n1;2\n",
            {},
            "'data.csv' has a single column\n  why: a sample has inputs and a target\n  instead: delimiter=';'",
        ),
        ("x\n1\n", {}, "'data.csv' has a single column\n  why: a sample has inputs and a target\n  instead: a column"),
        ("x,y\n1,2\n", {"target": "z"}, "'data.csv' has no column 'z'\n  instead: one of 'x', 'y'"),
        (
            "1,2\n1,2\n",
            {"target": "y"},
            "'data.csv' has no column 'y'\n"
            "  why: its first line was read as a sample, so its columns have numbers\n"
            "  instead: a number from 0 to 1; header=True if that line holds names",
        ),
        (
            "x,y\n1,2\n",
            {"target": 2},
            "'data.csv' has no column 2\n  why: it has 2 columns\n  instead: a number from 0 to 1, or from -2 to -1",
        ),
        ("x,y\n1,2\n", {"inputs": ["x", -3]}, "'data.csv' has no column -3\n"),
        (
            ",".join(f"c{i}" for i in range(30)),
            {"target": "c30"},
            "'data.csv' has no column 'c30'\n"
            f"  instead: one of {', '.join(repr(f'c{i}') for i in range(20))}, ... (30 in all)",
        ),
        ("x,x,y\n1,2,3\n", {"target": "x"}, "'data.csv' has 2 columns 'x'\n  instead: a number of [0, 1]"),
        (
            "x,y\n1,2\n",
            {"inputs": ["x", "y"]},
            "inputs=['x', 'y'] with target=-1\n  why: the target would be known\n"
            "  instead: the columns that the target is to be told from",
        ),
        ("x,y\n1,2\n", {"inputs": []}, "inputs=[] with target=-1\n  why: there would be nothing to learn from\n"),
        ('x,y\n1,2\n"1,2\n', {}, "line 3 of 'data.csv' is not CSV: unexpected end of data\n  instead: double quotes"),
        (b"x,y\n1,M\xfcnchen\n", {}, "'data.csv' is not text in UTF-8\n  instead: the file saved as CSV in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(file, text, options, message):
    with pytest.raises(DataError) as caught:
        load_csv(file(text), **options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": 1.0}, "target: a column 1.0\n  instead: the name of a column, or its number from 0"),
        ({"target": True}, "target: a column True\n"),
        ({"inputs": [None]}, "inputs: a column None\n"),
        ({"inputs": "age"}, "inputs='age'\n  why: they are a list of columns\n  instead: ['age']"),
        ({"delimiter": ";;"}, "delimiter=';;'\n  instead: a single character, such as ',' or ';' or '\\t'"),
        ({"delimiter": ""}, "delimiter=''\n"),
        ({"delimiter": '"'}, "delimiter='\"'\n"),
        ({"delimiter": None}, "delimiter=None\n"),
    ],
)
def test_options_that_make_no_sense_are_refused(file, options, message):
    with pytest.raises(InvalidInput) as caught:
        load_csv(file(PEOPLE), **options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("load", [load_csv, load_npz])
def test_a_file_that_is_not_there_is_named_with_the_folder(load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        load("nowhere.dat")
    assert str(caught.value) == (
        "'nowhere.dat' can't be read: No such file or directory\n"
        f"  why: the current folder is {os.getcwd()!r}\n"
        "  instead: a file that is there"
    )
    with pytest.raises(DataError, match="can't be read"):
        load(tmp_path)


def test_the_file_is_closed_after_an_error(file, monkeypatch):
    streams, opened = [], files.opened
    monkeypatch.setattr(files, "opened", lambda path: streams.append(opened(path)) or streams[-1])
    with pytest.raises(DataError, match="not a finite number") as caught:
        load_csv(file("x,y\n1,2\none,2\n1,2\n"))
    assert caught.tb is not None
    assert [stream.closed for stream in streams] == [True]


# NumPy's files


def saved(name="data.npz", **stored):
    np.savez(name, **stored)
    return name


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, bool, np.complex128])
def test_arrays_arrive_as_they_were_stored(file, dtype):
    images, labels = np.arange(24).reshape(2, 3, 4).astype(dtype), np.array([1, 0], np.int8)
    name = file(b"")
    np.savez_compressed(name + ".npz", x=images, y=labels)
    table = load_npz(name + ".npz", inputs="x", targets="y")
    np.testing.assert_array_equal(table.inputs, images)
    np.testing.assert_array_equal(table.targets, labels)
    assert (table.inputs.dtype, table.targets.dtype) == (dtype, np.int8)
    assert (table.input_names, table.target_name, table.classes) == (("x",), "y", ())
    assert isinstance(table, Table)


def test_words_in_an_array_are_classes(file):
    file(b"")
    table = load_npz(saved(inputs=np.ones((3, 2)), targets=["no", "yes", "no"]))
    assert (table.targets.tolist(), table.classes) == ([0, 1, 0], ("no", "yes"))


class Trap:
    """Makes a file when it is read from a pickle."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_nothing_in_a_file_is_executed(file):
    file(b"")
    name = saved(inputs=np.ones(1), targets=np.array([Trap()], object))
    with pytest.raises(DataError, match=r"can't be read: (.|\n)*holds Python objects, which could run code"):
        load_npz(name)
    with pytest.raises(DataError, match=r"is no \.npz file"):
        load_npz(file(pickle.dumps(Trap())))
    assert not Path("executed").exists()
    pickle.loads(pickle.dumps(Trap()))
    assert Path("executed").exists()  # the trap would have caught it


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (
            {"inputs": np.ones(2), "labels": np.ones(2)},
            "'data.npz' has no array 'targets'\n  instead: one of 'inputs', 'labels'",
        ),
        ({"inputs": np.ones(2), "targets": np.ones(3)}, "2 inputs (shape (2,)) and 3 targets (shape (3,))\n"),
        ({"inputs": np.ones((0, 2)), "targets": np.ones(0)}, "inputs of shape (0, 2) hold no samples\n"),
        ({"inputs": np.ones(2), "targets": 1.0}, "targets of shape () hold no samples\n"),
        (
            {"inputs": ["a", "b"], "targets": np.ones(2)},
            "'inputs' in 'data.npz' is of dtype <U1\n  instead: numbers; words, of shape (n,), for the targets alone",
        ),
        ({"inputs": np.ones(2), "targets": [["a"], ["b"]]}, "'targets' in 'data.npz' is of dtype <U1\n"),
        (
            {"inputs": [[1.0, 2.0], [3.0, np.nan]], "targets": np.ones(2)},
            "'inputs' in 'data.npz' holds nan at [1, 1]\n"
            "  why: nothing can be learned from a sample with a number that isn't finite\n"
            "  instead: the sample left out",
        ),
        ({"inputs": np.ones(2), "targets": [np.inf, 1.0]}, "'targets' in 'data.npz' holds inf at [0]\n"),
    ],
)
def test_arrays_that_nothing_can_be_learned_from_are_refused(file, stored, message):
    file(b"")
    with pytest.raises(DataError) as caught:
        load_npz(saved(**stored))
    assert str(caught.value).startswith(message)


def test_a_damaged_file_is_refused(file):
    file(b"")
    whole = Path(saved(inputs=np.arange(100.0), targets=np.arange(100.0))).read_bytes()
    at = whole.index(np.arange(100.0).tobytes()) + 99
    for content in (b"", whole[: len(whole) // 2], PEOPLE, np.ones(3).tobytes()):
        with pytest.raises(DataError, match=r"'data\.npz' is no \.npz file, or a part of one\n"):
            load_npz(file(content, "data.npz"))
    with pytest.raises(DataError, match=r"in 'data\.npz' can't be read: .*\n  why: the file is damaged"):
        load_npz(file(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], "data.npz"))


def archive(shape, marks=b""):
    """Return a .npz file whose inputs claim to have a shape; `marks` are their flags and method of compression."""
    content = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    content = b"\x93NUMPY\x01\x00" + len(content).to_bytes(2, "little") + content + bytes(8)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        written.writestr("inputs.npy", content)
    whole = bytearray(stream.getvalue())
    at = whole.index(b"PK\x01\x02") + 8
    whole[at : at + len(marks)] = marks
    return bytes(whole)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (archive("(1,)", marks=b"\x01\x00"), "File 'inputs.npy' is encrypted"),
        (archive("(1,)", marks=b"\x00\x00\x63\x00"), "That compression method is not supported"),
        (archive("(100000000000000,)"), "Unable to allocate 728. TiB"),
        (archive(f"({10**30},)"), ""),
        (archive("(True,)"), ""),
        (archive("(10**3,)"), ""),
        (archive("((("), ""),
        (archive("(1,)").replace(b"PK\x01\x02", b"PK\x01\x03"), "Bad magic number for central directory"),
    ],
    ids=["encrypted", "compressed", "large", "too large", "a switch", "an expression", "brackets", "no directory"],
)
def test_an_archive_that_cannot_be_read_is_refused_whatever_is_wrong_with_it(file, content, problem):
    with pytest.raises(DataError) as caught:
        load_npz(file(content, "data.npz"), targets="inputs")
    assert str(caught.value).startswith(f"'inputs', 'inputs' in 'data.npz' can't be read: {problem}")
    assert "why: the file is damaged, encrypted or too large, or holds Python objects" in str(caught.value)


def test_an_archive_with_nothing_wrong_is_read(file):
    assert load_npz(file(archive("(1,)"), "data.npz"), targets="inputs").inputs.tolist() == [0]
