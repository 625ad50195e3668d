"""Images that are moved and stretched a little."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini.augment import Jittered
from autograd_mini.data import Loader


def centre(images):
    """Return the centre of gravity of each image, (row, column)."""
    rows, columns = np.indices(images.shape[1:])
    total = images.sum(axis=(1, 2))
    return np.stack([(images * rows).sum(axis=(1, 2)), (images * columns).sum(axis=(1, 2))]) / total


def dots(n, height=9, width=7):
    """Return images with one dot in the middle."""
    images = np.zeros((n, height, width))
    images[:, height // 2, width // 2] = 1
    return images.reshape(n, -1)


def epoch(batches):
    return np.concatenate([inputs for inputs, _ in batches])


def test_without_shift_and_scale_nothing_changes():
    inputs = np.random.default_rng(0).uniform(size=(6, 12))
    batches = Jittered(Loader(inputs, np.arange(6), 4, shuffle=False), (3, 4), shift=0, scale=0)
    np.testing.assert_allclose(epoch(batches), inputs, rtol=1e-14)
    assert len(batches) == 2


def test_images_move_along_both_axes_by_at_most_the_shift():
    batches = Jittered(Loader(dots(200), np.arange(200), 50), (9, 7), shift=1.5, scale=0)
    moved = centre(epoch(batches).reshape(-1, 9, 7)) - [[4], [3]]
    assert 1.3 < np.abs(moved).max(axis=1).min() <= np.abs(moved).max() <= 1.5
    assert abs(np.corrcoef(moved)[0, 1]) < 0.2
    np.testing.assert_allclose(epoch(batches).sum(axis=1), 1)  # interpolation keeps what is inside


def test_images_are_stretched_and_shrunk_about_their_middle():
    square = np.zeros((1, 9, 9))
    square[:, 2:7, 2:7] = 1
    inputs = np.repeat(square.reshape(1, -1), 100, axis=0)
    images = epoch(Jittered(Loader(inputs, np.arange(100)), (9, 9), shift=0, scale=0.2)).reshape(-1, 9, 9)
    np.testing.assert_allclose(centre(images), 4)
    area = images.sum(axis=(1, 2))
    assert area.min() < 22 < 28 < area.max()


def test_each_epoch_is_new_and_can_be_had_again():
    def batches(seed=3):
        return Jittered(Loader(dots(10), np.arange(10), 5, seed=seed), (9, 7), shift=1, scale=0.1)

    one = batches()
    first, second = epoch(one), epoch(one)
    assert (first != second).any()
    again = batches()
    again.loader.epoch = 1
    np.testing.assert_array_equal(epoch(again), second)
    assert (epoch(batches(4)) != first).any()


def test_labels_stay_with_their_images():
    inputs = np.arange(1.0, 11)[:, None] * dots(10)
    for images, labels in Jittered(Loader(inputs, np.arange(10), 3), (9, 7), shift=1, scale=0):
        np.testing.assert_allclose(images.sum(axis=1), labels + 1)


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        next(iter(Jittered(Loader(np.ones((2, 10)), [0, 1]), (3, 4), 1, 0)))
