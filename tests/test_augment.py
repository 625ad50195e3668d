"""Images that are moved and stretched a little."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_mini.data import DataError, Jittered, Loader


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


@pytest.mark.parametrize("shape", [(9, 7), (1, 9, 7)])
def test_images_keep_their_axes(shape):
    inputs = np.random.default_rng(0).uniform(size=(6, 63))
    flat, shaped = (
        epoch(Jittered(Loader(x, np.arange(6), 4), (9, 7), shift=1, scale=0.1))
        for x in (inputs, inputs.reshape(6, *shape))
    )
    assert shaped.shape == (6, *shape)
    np.testing.assert_array_equal(shaped.reshape(6, -1), flat)


@pytest.mark.parametrize(
    ("dtype", "moved"), [(np.float32, np.float32), (np.float64, np.float64), (np.uint8, np.float64)]
)
def test_floating_images_keep_their_dtype(dtype, moved):
    inputs = (200 * np.random.default_rng(0).uniform(size=(6, 63))).astype(dtype)
    shaken, exact = (epoch(Jittered(Loader(x, np.arange(6)), (9, 7), 1, 0.1)) for x in (inputs, inputs.astype(float)))
    assert shaken.dtype == moved
    np.testing.assert_allclose(shaken, exact, rtol=1e-6)


def test_jittered_batches_show_their_options():
    shown = repr(Jittered(Loader(np.ones((2, 12)), [0, 1]), (3, 4), shift=1, scale=0.1))
    assert shown == (
        "Jittered(Loader(2 samples, batch_size=2, shuffle=True, seed=0), shape=(3, 4), shift=1, scale=0.1)"
    )


def test_the_channels_of_an_image_move_together():
    image = np.random.default_rng(0).uniform(size=(5, 1, 4, 4))
    moved = epoch(Jittered(Loader(np.concatenate([image, 2 * image], axis=1), np.arange(5)), (4, 4), 1, 0.1))
    np.testing.assert_allclose(moved[:, 1], 2 * moved[:, 0])
    assert (np.abs(moved[:, :1] - image).max(axis=(1, 2, 3)) > 0.01).all()


def test_a_batch_is_jittered_alike_whatever_was_given_before_it():
    batches = Jittered(Loader(dots(10), np.arange(10), 3), (9, 7), shift=1, scale=0.1)
    whole = [images for images, _ in batches.batches(2)]
    alone, _ = next(batches.batches(2, start=2))
    np.testing.assert_array_equal(alone, whole[2])
    assert (np.abs(whole[0] - whole[1]).max(axis=1) > 0.01).all()


@pytest.mark.parametrize("shape", [(10,), (4, 3), (2, 12), (2, 1, 3, 4)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(DataError) as caught:
        Jittered(Loader(np.ones((2, *shape)), [0, 1]), (3, 4), 1, 0)
    assert str(caught.value) == (
        f"inputs of shape {(2, *shape)} for images of 3 rows and 4 columns\n"
        "  why: the axes after the first are those of one image\n"
        "  instead: inputs of shape (n, 12), (n, 3, 4) or (n, channels, 3, 4)"
    )
