"""Small sets of points in classes that are drawn by a formula: each shows what a network needs to tell them apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .checks import DataError, generator, integer, noisy

Labelled = tuple[NDArray[np.float64], NDArray[np.int64]]


def two_moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> Labelled:
    """Draw two half circles that reach into each other: no straight line separates them.

    The first is (cos t, sin t), the second (1 - cos t, 1/2 - sin t), for t evenly over [0, π].

    Parameters
    ----------
    n : int, default 100
        The number of points, at least 2; the first half of them, rounded up, has label 0.
    noise : float, default 0.1
        The standard deviation of what is added to each coordinate.
    seed : int, default 0
        Decides the noise.

    Returns
    -------
    points : float64 array of shape (n, 2)
    labels : int64 array of shape (n,)
        0 for the first half circle, 1 for the second.

    Raises
    ------
    DataError
        If `n` is below 2 or `noise` below 0.

    Examples
    --------
    >>> points, labels = two_moons(4, noise=0)
    >>> points.round(1) + 0.0
    array([[ 1. ,  0. ],
           [-1. ,  0. ],
           [ 0. ,  0.5],
           [ 2. ,  0.5]])
    >>> labels
    array([0, 0, 1, 1])
    """
    labels = classes_of(n, 2)
    t = np.concatenate([np.linspace(0, np.pi, size) for size in np.bincount(labels)])
    circle, first = np.stack([np.cos(t), np.sin(t)], axis=1), labels[:, None] == 0
    return noisy(np.where(first, circle, [1, 0.5] - circle), noise, generator(seed)), labels


def two_circles(n: int = 100, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Labelled:
    """Draw a circle in another: one class is the inside, so the distance from the middle tells them apart.

    The outer is (cos t, sin t), the inner factor · (cos t, sin t), for t evenly over [0, 2π).

    Parameters
    ----------
    n : int, default 100
        The number of points, at least 2; the first half of them, rounded up, has label 0.
    noise : float, default 0.05
        The standard deviation of what is added to each coordinate.
    factor : float, default 0.5
        The radius of the inner circle, between 0 and 1.
    seed : int, default 0
        Decides the noise.

    Returns
    -------
    points : float64 array of shape (n, 2)
    labels : int64 array of shape (n,)
        0 for the outer circle, 1 for the inner.

    Raises
    ------
    DataError
        If `n` is below 2, `noise` below 0, or `factor` not between 0 and 1.

    Examples
    --------
    >>> points, labels = two_circles(4, noise=0, factor=0.5)
    >>> points.round(1) + 0.0
    array([[ 1. ,  0. ],
           [-1. ,  0. ],
           [ 0.5,  0. ],
           [-0.5,  0. ]])
    """
    if not 0 < factor < 1:
        raise DataError(f"factor={factor}", "the outer circle has the radius 1", "a radius between 0 and 1")
    labels = classes_of(n, 2)
    t = np.concatenate([np.linspace(0, 2 * np.pi, size, endpoint=False) for size in np.bincount(labels)])
    radius = np.where(labels == 0, 1, factor)
    return noisy(polar(radius, t), noise, generator(seed)), labels


def spirals(n: int = 150, arms: int = 3, turns: float = 0.75, noise: float = 0.02, seed: int = 0) -> Labelled:
    """Draw spirals that wind about each other: the longer they are, the more a network must bend its boundary.

    Arm k is t · (cos φ, sin φ) with φ = 2π (turns · t + k / arms), for t evenly over (0, 1].

    Parameters
    ----------
    n : int, default 150
        The number of points, at least as many as arms; they are shared out evenly, the first arms get what is left.
    arms : int, default 3
        The number of spirals, at least 2.
    turns : float, default 0.75
        How often an arm goes round the middle; one below 0 goes clockwise.
    noise : float, default 0.02
        The standard deviation of what is added to each coordinate.
    seed : int, default 0
        Decides the noise.

    Returns
    -------
    points : float64 array of shape (n, 2)
    labels : int64 array of shape (n,)
        The number of the arm, from 0, rising.

    Raises
    ------
    DataError
        If `arms` is below 2, `n` below `arms`, or `noise` below 0.

    Examples
    --------
    >>> points, labels = spirals(4, arms=2, turns=0.5, noise=0)
    >>> points.round(1) + 0.0
    array([[ 0. ,  0.5],
           [-1. ,  0. ],
           [ 0. , -0.5],
           [ 1. ,  0. ]])
    >>> labels
    array([0, 0, 1, 1])
    """
    labels = classes_of(n, integer("arms", arms, at_least=2))
    t = np.concatenate([np.arange(1, size + 1) / size for size in np.bincount(labels)])
    return noisy(polar(t, 2 * np.pi * (turns * t + labels / arms)), noise, generator(seed)), labels


def xor(repetitions: int = 1, noise: float = 0.0, seed: int = 0) -> Labelled:
    """Return the corners of a square and whether their coordinates differ: label = (x ≠ y).

    No single neuron computes it, as Minsky and Papert showed; a network with two hidden ones does.

    Parameters
    ----------
    repetitions : int, default 1
        How often each corner is there.
    noise : float, default 0
        The standard deviation of what is added to each coordinate. The labels are those of the corners.
    seed : int, default 0
        Decides the noise.

    Returns
    -------
    points : float64 array of shape (4 · repetitions, 2)
        Without noise, 0 and 1 exactly.
    labels : int64 array of shape (4 · repetitions,)

    Raises
    ------
    DataError
        If `repetitions` is below 1 or `noise` below 0.

    References
    ----------
    M. Minsky and S. Papert (1969), Perceptrons.

    Examples
    --------
    >>> points, labels = xor()
    >>> points
    array([[0., 0.],
           [0., 1.],
           [1., 0.],
           [1., 1.]])
    >>> labels
    array([0, 1, 1, 0])
    """
    times = integer("repetitions", repetitions, at_least=1)
    corners = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (times, 1))
    return noisy(corners, noise, generator(seed)), np.tile([0, 1, 1, 0], times)


def classes_of(n: int, count: int) -> NDArray[np.int64]:
    """Return the labels of n points in classes of the same size, or of one more for the first ones."""
    return np.sort(np.arange(integer("n", n, at_least=count)) % count)


def polar(radius: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points at a distance and an angle from the middle."""
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
