"""A loader goes on in the middle of an epoch: the batches are those of a run that was never interrupted."""

import json
from itertools import chain, islice, repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini.data import DataError, Jittered, Loader
from autograd_mini.errors import InvalidInput

X = np.arange(40.0).reshape(10, 4)
Y = np.arange(10)


def taken(loader, count):
    """Return the next batches, epoch after epoch."""
    return list(islice(chain.from_iterable(repeat(loader)), count))


def targets_of(batches):
    return [targets.tolist() for _, targets in batches]


@given(
    n=st.integers(1, 20),
    size=st.integers(1, 20),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    jitter=st.booleans(),
    seed=st.integers(0, 9),
    cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3).map(sorted),
)
def test_the_batches_after_resumptions_are_those_of_the_unbroken_run(n, size, shuffle, drop_last, jitter, seed, cuts):
    inputs = np.random.default_rng(n).uniform(size=(n, 6))

    def new():
        loader = Loader(inputs, np.arange(n), min(size, n), shuffle, seed, drop_last)
        return Jittered(loader, (2, 3), shift=0.5, scale=0.1) if jitter else loader

    total = 3 * len(new())
    found, loader = [], new()
    for cut in cuts:
        found += taken(loader, round(cut * total) - len(found))
        stopped, loader = loader, new()
        loader.load_state_dict(json.loads(json.dumps(stopped.state_dict())))
    found += taken(loader, total - len(found))
    for (x, y), (x_found, y_found) in zip(taken(new(), total), found, strict=True):
        np.testing.assert_array_equal(x_found, x)
        np.testing.assert_array_equal(y_found, y)
    assert loader.state_dict()["epoch"] == 3


def test_a_state_counts_epochs_and_batches():
    loader = Loader(X, Y, batch_size=4, seed=3)
    counted = [(loader.state_dict()["epoch"], loader.state_dict()["batch"])]
    for _ in range(2):
        batches = iter(loader)
        counted.append((loader.epoch, loader.batch))
        counted += [(loader.epoch, loader.batch) for _ in batches]
    assert counted == [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3)]
    assert loader.state_dict() == {
        "epoch": 2, "batch": 3, "samples": 10, "batch_size": 4, "shuffle": True, "seed": 3, "drop_last": False
    }  # fmt: skip


def test_the_next_iteration_is_the_rest_and_the_one_after_it_a_whole_epoch():
    stopped, resumed = Loader(X, Y, 3), Loader(X, Y, 3)
    taken(stopped, 5)
    resumed.load_state_dict(stopped.state_dict())
    assert [len(list(resumed)) for _ in range(3)] == [3, 4, 4]


def test_after_the_last_batch_the_next_iteration_is_a_new_epoch():
    stopped, resumed = Loader(X, Y, 3), Loader(X, Y, 3)
    taken(stopped, 4)
    resumed.load_state_dict(stopped.state_dict())
    assert targets_of(resumed) == targets_of(stopped.batches(1))
    assert resumed.epoch == 2


def test_an_epoch_that_was_begun_but_gave_nothing_is_given_whole():
    stopped, resumed = Loader(X, Y, 3), Loader(X, Y, 3)
    iter(stopped)
    resumed.load_state_dict(stopped.state_dict())
    assert targets_of(resumed) == targets_of(stopped.batches(0))


def test_an_epoch_may_be_interrupted_at_each_of_its_batches():
    state, found = Loader(X, Y, 2).state_dict(), []
    for _ in range(10):
        loader = Loader(X, Y, 2)
        loader.load_state_dict(state)
        found += targets_of(taken(loader, 1))
        state = loader.state_dict()
    assert found == targets_of(taken(Loader(X, Y, 2), 10))


def test_an_epoch_that_is_left_goes_on_only_after_loading():
    loader = Loader(X, Y, 3)
    taken(loader, 2)
    state = loader.state_dict()
    assert targets_of(loader) == targets_of(loader.batches(1))
    loader.load_state_dict(state)
    assert loader.state_dict() == state
    assert targets_of(loader) == targets_of(loader.batches(0, start=2))


def test_of_two_iterations_at_once_the_state_is_that_of_the_later():
    loader = Loader(X, Y, 2)
    older, later = iter(loader), iter(loader)
    next(later)
    for _ in older:
        pass
    assert (loader.epoch, loader.batch) == (2, 1)


def test_a_number_of_epochs_that_was_set_is_in_the_state():
    loader, resumed = Loader(X, Y, 3), Loader(X, Y, 3)
    loader.epoch = np.int64(5)
    resumed.load_state_dict(json.loads(json.dumps(loader.state_dict())))
    assert targets_of(resumed) == targets_of(loader.batches(5))
    loader.epoch = 0
    assert targets_of(loader) == targets_of(resumed.batches(0))
    with pytest.raises(DataError, match="epoch=-1"):
        loader.epoch = -1


@pytest.mark.parametrize("shuffle", [False, True])
def test_an_epoch_can_be_begun_at_any_batch(shuffle):
    loader = Loader(X, Y, 3, shuffle)
    whole = targets_of(loader.batches(2))
    for start in range(len(whole) + 2):
        assert targets_of(loader.batches(2, start)) == whole[start:]
    with pytest.raises(DataError, match="start=-1"):
        loader.batches(2, -1)
    with pytest.raises(DataError, match=r"epoch=1\.0"):
        loader.batches(1.0)


# What is refused


def test_a_state_of_another_loader_is_refused_with_each_difference_and_changes_nothing():
    loader, other = Loader(X, Y, 4), Loader(X[:9], Y[:9], 3, shuffle=False, seed=1)
    taken(loader, 2)
    taken(other, 1)
    before = loader.state_dict()
    with pytest.raises(InvalidInput) as caught:
        loader.load_state_dict(other.state_dict())
    assert str(caught.value) == (
        "the state of a loader with samples=9 (here 10), batch_size=3 (here 4), shuffle=False (here True),"
        " seed=1 (here 0)\n"
        "  why: the rest of its epoch has other batches than one of this loader\n"
        "  instead: a Loader of the same data and options, or a new start without the state"
    )
    assert loader.state_dict() == before
    assert targets_of(loader) == targets_of(loader.batches(1))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"batch": 5}, InvalidInput, "a state with epoch=1 and batch=5\n  why: an epoch has 4 batches"),
        ({"epoch": 0}, InvalidInput, "a state with epoch=0 and batch=2\n.*none were given before the first was begun"),
        ({"batch": -1}, DataError, "batch=-1\n  instead: an integer of at least 0"),
        ({"epoch": "1"}, DataError, "epoch='1'\n  instead: an integer of at least 0"),
        ({"step": 7}, InvalidInput, "a state without nothing and with unknown step"),
        ({"drop_last": True}, InvalidInput, r"the state of a loader with drop_last=True \(here False\)"),
    ],
)
def test_a_state_that_cannot_be_is_refused_and_changes_nothing(changes, error, message):
    loader = Loader(X, Y, 3)
    taken(loader, 2)
    before = loader.state_dict()
    with pytest.raises(error, match=message):
        loader.load_state_dict(before | changes)
    assert loader.state_dict() == before


def test_names_that_are_missing_in_a_state_are_named():
    loader = Loader(X, Y, 3)
    with pytest.raises(InvalidInput, match=r"a state without seed, shuffle and with unknown nothing"):
        loader.load_state_dict({k: x for k, x in loader.state_dict().items() if k not in ("seed", "shuffle")})
