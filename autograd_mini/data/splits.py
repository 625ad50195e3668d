"""Samples in parts in which each label has the same share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import DataError, generator, integer, samples


def stratified_split(labels: ArrayLike, fraction: float, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split samples at random in two parts in which each label has the same share.

    Of the n_k samples with label k, round(fraction · n_k) go to the second part.

    Parameters
    ----------
    labels : array_like of shape (n,)
        The label of each sample: numbers or strings.
    fraction : float
        The share of the second part, between 0 and 1.
    seed : int, default 0
        Decides the draw, which may differ between versions of NumPy: store the indices if it must not.

    Returns
    -------
    first, second : int64 arrays
        The indices of both parts, rising.

    Raises
    ------
    DataError
        If there are no labels, they have more than one dimension, `fraction` isn't between 0 and 1, or a part
        stays empty.

    Examples
    --------
    >>> first, second = stratified_split(["a", "a", "a", "b", "b", "b"], 1 / 3)
    >>> len(first), len(second)
    (4, 2)
    """
    if not 0 < fraction < 1:
        raise DataError(f"fraction={fraction}", instead="the share of the second part, between 0 and 1")
    members = shuffled_members(labels, seed)
    second = np.sort(np.concatenate([indices[: round(fraction * len(indices))] for indices in members]))
    first = np.setdiff1d(np.concatenate(members), second)
    if not (len(first) and len(second)):
        raise DataError(
            f"fraction={fraction} of {len(first) + len(second)} samples with {len(members)} labels leaves a part empty",
            "each label is split by itself, and its share is rounded",
            "more samples of each label, or a fraction nearer to 1/2",
        )
    return first, second


def stratified_folds(labels: ArrayLike, k: int, seed: int = 0) -> list[NDArray[np.int64]]:
    """Split samples at random in k parts for cross-validation, in which each label has the same share.

    The numbers of samples with a label differ by at most 1 between the folds, and so do their sizes: the samples are
    dealt like cards, label by label.

    Parameters
    ----------
    labels : array_like of shape (n,)
        The label of each sample: numbers or strings.
    k : int
        How many folds, from 2 to n.
    seed : int, default 0
        Decides the draw, as in `stratified_split`.

    Returns
    -------
    list of k int64 arrays
        The indices of each fold, rising. To train on all others, ``np.delete(inputs, fold, axis=0)``.

    Raises
    ------
    DataError
        If there are no labels, they have more than one dimension, or `k` isn't an integer from 2 to n.

    Examples
    --------
    >>> labels = np.array(["a", "a", "a", "b", "b", "b"])
    >>> [sorted(labels[fold].tolist()) for fold in stratified_folds(labels, 3)]
    [['a', 'b'], ['a', 'b'], ['a', 'b']]
    """
    k, cards = integer("k", k, at_least=2), np.concatenate(shuffled_members(labels, seed))
    if k > len(cards):
        raise DataError(f"k={k} folds of {len(cards)} samples", "a fold would be empty", f"k from 2 to {len(cards)}")
    return [np.sort(cards[i::k]) for i in range(k)]


def shuffled_members(labels: ArrayLike, seed: int) -> list[NDArray[np.int64]]:
    """Return the indices of the samples of each label, in random order."""
    classes = samples("labels", labels)
    if classes.ndim != 1:
        raise DataError(
            f"labels of shape {classes.shape}",
            "each sample has one label",
            "an array of shape (n,); for one-hot rows, np.argmax(labels, axis=1)",
        )
    rng, (found, number) = generator(seed), np.unique(classes, return_inverse=True)
    return [rng.permutation(np.flatnonzero(number == i)) for i in range(len(found))]
