"""Data sets, splits and the loader: each sample once, in an order that can be had again; errors that help."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_mini
from autograd_mini.data import DataError, Loader, load_digits, stratified_folds, stratified_split

PACKAGE = Path(autograd_mini.__file__).parent

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10)


def epoch_targets(loader: Loader) -> list[list[int]]:
    return [targets.tolist() for _, targets in loader]


# Digits


def test_digits_have_the_stated_shapes_and_dtypes():
    digits = load_digits()
    for samples, n in ((digits.train, 1198), (digits.held_out, 599)):
        assert len(samples) == n
        assert (samples.inputs.shape, samples.inputs.dtype) == ((n, 64), np.float64)
        assert (samples.labels.shape, samples.labels.dtype) == ((n,), np.int64)
        assert (samples.images.shape, samples.images.dtype) == ((n, 8, 8), np.uint8)
        assert (samples.inputs.min(), samples.inputs.max()) == (0, 1)
        np.testing.assert_array_equal(samples.inputs.reshape(-1, 8, 8) * 16, samples.images)


def test_digits_are_the_test_part_that_uci_describes():
    digits = load_digits()
    labels = np.concatenate([digits.train.labels, digits.held_out.labels])
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (digits.train.images.min(), digits.train.images.max()) == (0, 16)


def test_a_third_of_each_digit_is_held_out():
    digits = load_digits()
    held_out = np.bincount(digits.held_out.labels, minlength=10)
    np.testing.assert_array_equal(held_out, np.round((held_out + np.bincount(digits.train.labels)) / 3))


def test_held_out_images_are_not_trained_on():
    digits = load_digits()
    seen = {image.tobytes() for image in digits.train.images}
    assert not any(image.tobytes() in seen for image in digits.held_out.images)


def test_digits_are_small_and_come_with_source_and_licence():
    folder = PACKAGE / "datasets"
    assert (folder / "digits.npz").stat().st_size <= 100_000
    text = (folder / "digits.md").read_text(encoding="utf-8")
    for fact in ("10.24432/C50P49", "Alpaydin", "Kaynak", "1998", "CC BY 4.0", "Changed"):
        assert fact in text


def test_digits_are_read_from_a_zip_file_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.suffix in (".py", ".npz"):
                archive.write(path, path.relative_to(PACKAGE.parent))
    code = (
        "import sys; sys.path.insert(0, 'package.zip'); from autograd_mini import data;"
        "print(data.__file__, len(data.load_digits().train))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    path, n = done.stdout.split()
    assert "package.zip" in path
    assert n == "1198"


# Loader


@given(n=st.integers(1, 30), size=st.integers(1, 30), shuffle=st.booleans(), drop_last=st.booleans())
def test_an_epoch_gives_each_sample_once_beside_its_target(n, size, shuffle, drop_last):
    size = min(size, n)
    x = np.arange(n) * 10.0
    loader = Loader(x, np.arange(n), batch_size=size, shuffle=shuffle, drop_last=drop_last)
    batches = list(loader)
    assert len(batches) == len(loader)
    assert all(len(inputs) == size for inputs, _ in batches[:-1])
    for inputs, targets in batches:
        np.testing.assert_array_equal(inputs, targets * 10.0)
    seen = np.concatenate([targets for _, targets in batches])
    assert len(set(seen.tolist())) == len(seen) == (n // size * size if drop_last else n)


def test_the_order_is_new_each_epoch_and_the_same_for_the_same_seed():
    loader, again = Loader(X, Y, batch_size=3), Loader(X, Y, batch_size=3)
    first, second = epoch_targets(loader), epoch_targets(loader)
    assert first != second
    assert [epoch_targets(again), epoch_targets(again)] == [first, second]
    assert epoch_targets(Loader(X, Y, batch_size=3, seed=1)) != first


def test_any_epoch_can_be_had_again():
    loader = Loader(X, Y, batch_size=4, seed=7)
    epochs = [epoch_targets(loader) for _ in range(4)]
    assert [targets.tolist() for _, targets in loader.batches(2)] == epochs[2]
    resumed = Loader(X, Y, batch_size=4, seed=7)
    resumed.epoch = 3
    assert epoch_targets(resumed) == epochs[3]


def test_two_iterations_at_once_are_two_epochs():
    loader = Loader(X, Y, batch_size=5)
    pairs = [(a.tolist(), b.tolist()) for (_, a), (_, b) in zip(loader, loader, strict=True)]
    assert [a for a, _ in pairs] == [t.tolist() for _, t in loader.batches(0)]
    assert [b for _, b in pairs] == [t.tolist() for _, t in loader.batches(1)]


def test_shuffling_leaves_numpys_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that must stay
    list(Loader(X, Y, batch_size=3))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_without_shuffling_the_batches_are_views_in_order():
    batches = list(Loader(X, Y, batch_size=4, shuffle=False))
    assert [targets.tolist() for _, targets in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert all(np.shares_memory(inputs, X) for inputs, _ in batches)


def test_a_batch_of_all_samples_is_not_copied():
    ((inputs, targets),) = Loader(X, Y)
    np.testing.assert_array_equal(targets, Y)
    assert np.shares_memory(inputs, X)


@pytest.mark.parametrize(
    ("descent", "batch_size", "sizes"),
    [
        ("batch", None, [40]),
        ("stochastic", None, [1] * 40),
        ("minibatch", None, [32, 8]),
        ("minibatch", 16, [16, 16, 8]),
    ],
)
def test_each_descent_has_its_batch_size(descent, batch_size, sizes):
    loader = Loader.for_descent(descent, np.ones((40, 3)), np.ones(40), batch_size, seed=3)
    assert [len(targets) for _, targets in loader] == sizes
    assert loader.seed == 3


def test_lists_become_arrays():
    ((inputs, targets),) = Loader([[1, 2], [3, 4]], ["no", "yes"])
    assert inputs.shape == (2, 2)
    assert targets.tolist() == ["no", "yes"]


def test_a_loader_shows_its_options():
    assert repr(Loader(X, Y, batch_size=4)) == "Loader(10 samples, batch_size=4, shuffle=True, seed=0)"
    last = repr(Loader(X, Y, shuffle=False, seed=np.int64(2), drop_last=True))
    assert last == "Loader(10 samples, batch_size=10, shuffle=False, seed=2, drop_last=True)"


def test_an_array_that_speaks_numpys_protocols_stays_what_it_is():
    class Duck(np.ndarray):
        pass

    for inputs, _ in Loader(X.view(Duck), Y, batch_size=3):
        assert type(inputs) is Duck


# Errors of the loader


def test_numbers_of_samples_that_differ_are_both_named():
    with pytest.raises(DataError) as caught:
        Loader(np.ones((64, 100)), np.ones(100))
    assert str(caught.value) == (
        "64 inputs (shape (64, 100)) and 100 targets (shape (100,))\n"
        "  why: each input needs its target, at the same place on the first axis\n"
        "  instead: the same number of both; if the samples lie along the last axis, pass inputs.T"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0\n  instead: an integer of at least 1"),
        ({"batch_size": -3}, "batch_size=-3\n  instead: an integer of at least 1"),
        ({"seed": -1}, "seed=-1\n  instead: an integer of at least 0"),
        (
            {"batch_size": 11},
            "batch_size=11 with 10 samples\n  why: a batch can't hold more samples than there are\n"
            "  instead: batch_size=None for all of them, or a number from 1 to 10",
        ),
    ],
)
def test_a_number_out_of_range_is_refused(options, message):
    with pytest.raises(DataError) as caught:
        Loader(X, Y, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize("given", [2.0, 2.5, "all", True, np.array([1, 2])], ids=repr)
def test_a_batch_size_that_is_no_integer_is_refused(given):
    with pytest.raises(DataError, match=re.escape(f"batch_size={given!r}\n  instead: an integer of at least 1")):
        Loader(X, Y, batch_size=given)


def test_a_numpy_integer_is_an_integer():
    assert len(Loader(X, Y, batch_size=np.int32(4), seed=np.int64(1))) == 3


@pytest.mark.parametrize("empty", [[], np.ones((0, 4)), 3.0])
def test_no_samples_are_refused(empty):
    with pytest.raises(DataError, match=r"inputs of shape .* hold no samples"):
        Loader(empty, Y)
    with pytest.raises(DataError, match=r"targets of shape .* hold no samples"):
        Loader(X, empty)


def test_an_unknown_descent_is_answered_with_the_known():
    with pytest.raises(DataError, match="unknown descent 'mini'\n  instead: one of 'batch', 'stochastic', 'minibatch'"):
        Loader.for_descent("mini", X, Y)


@pytest.mark.parametrize(("descent", "takes"), [("batch", "all samples"), ("stochastic", "one sample")])
def test_a_batch_size_that_contradicts_the_descent_is_refused(descent, takes):
    with pytest.raises(DataError, match=f"batch_size=4 with descent '{descent}'\n.*takes {takes} at each step"):
        Loader.for_descent(descent, X, Y, batch_size=4)


# Splits


@given(
    counts=st.lists(st.integers(4, 40), min_size=1, max_size=5),
    fraction=st.floats(0.2, 0.8),
    seed=st.integers(0, 99),
)
def test_a_stratified_split_parts_each_label_alike(counts, fraction, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    first, second = stratified_split(labels, fraction, seed)
    assert sorted([*first, *second]) == list(range(len(labels)))
    assert (np.diff(first) > 0).all()
    assert (np.diff(second) > 0).all()
    drawn = np.bincount(labels[second], minlength=len(counts))
    assert (np.abs(drawn - fraction * np.array(counts)) <= 0.5).all()


def test_a_split_depends_on_its_seed_alone():
    labels = np.arange(100) % 3
    assert stratified_split(labels, 0.5, 1)[1].tolist() == stratified_split(labels, 0.5, 1)[1].tolist()
    assert stratified_split(labels, 0.5, 1)[1].tolist() != stratified_split(labels, 0.5, 2)[1].tolist()


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_outside_0_to_1_is_refused(fraction):
    with pytest.raises(DataError, match=f"fraction={fraction}\n  instead: the share of the second part"):
        stratified_split(Y, fraction)


def test_a_split_with_an_empty_part_is_refused():
    with pytest.raises(DataError, match=r"fraction=0\.2 of 10 samples with 10 labels leaves a part empty"):
        stratified_split(Y, 0.2)


def test_one_hot_labels_are_answered_with_argmax():
    with pytest.raises(DataError, match=r"labels of shape \(3, 3\)(.|\n)*np.argmax\(labels, axis=1\)"):
        stratified_split(np.eye(3), 0.5)


@given(
    labels=st.lists(st.sampled_from("abc"), min_size=2, max_size=30),
    k=st.integers(2, 30),
    seed=st.integers(0, 99),
)
def test_folds_share_out_each_label_and_all_samples_evenly(labels, k, seed):
    k = min(k, len(labels))
    folds = stratified_folds(labels, k, seed)
    assert len(folds) == k
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(labels)))
    sizes = [len(fold) for fold in folds]
    assert 1 <= min(sizes) <= max(sizes) <= min(sizes) + 1
    for label in set(labels):
        counts = [sum(labels[i] == label for i in fold) for fold in folds]
        assert max(counts) - min(counts) <= 1
    assert all((np.diff(fold) > 0).all() for fold in folds)


def test_folds_depend_on_their_seed_alone():
    labels = np.arange(60) % 3
    drawn = [[fold.tolist() for fold in stratified_folds(labels, 5, seed)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_samples_without_a_number_as_label_stay_in_the_split():
    first, second = stratified_split([0.0, 0.0, np.nan, np.nan], 0.5)
    assert sorted([*first, *second]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (1, "k=1\n  instead: an integer of at least 2"),
        (11, "k=11 folds of 10 samples\n  why: a fold would be empty\n  instead: k from 2 to 10"),
        (2.5, "k=2.5\n  instead: an integer of at least 2"),
    ],
)
def test_folds_that_cannot_be_are_refused(k, message):
    with pytest.raises(DataError, match=message):
        stratified_folds(Y, k)
