"""Losses. They refuse shapes that would broadcast by mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..errors import InvalidInput, ShapeError
from ..rules import network

Reduction = Literal["mean", "sum", "none"]
REDUCTIONS: dict[str, Callable[[Any], Any]] = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}

__all__ = [
    "binary_cross_entropy_with_logits", "cross_entropy", "hinge_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss",
]  # fmt: skip


def mse_loss(predicted: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """Return the squared error: the mean of (predicted - target)².

    Parameters
    ----------
    predicted, target : array_like or Value, of one shape
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean over all elements, their sum, or each by itself.

    Returns
    -------
    Value or array
        A single number; with ``reduction="none"`` of the shape of the arguments.

    Raises
    ------
    ShapeError
        If the shapes differ, also where NumPy would broadcast them.
    InvalidInput
        If `reduction` is unknown.

    Examples
    --------
    >>> mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(2.0)
    """
    return reduced(np.square(difference("mse_loss", predicted, target)), reduction)


def l1_loss(predicted: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """Return the absolute error: the mean of |predicted - target|. Arguments and errors are those of `mse_loss`.

    Examples
    --------
    >>> l1_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    np.float64(1.0)
    """
    return reduced(np.abs(difference("l1_loss", predicted, target)), reduction)


def huber_loss(predicted: Any, target: Any, reduction: Reduction = "mean", delta: float = 1.0) -> Any:
    """Return a loss that is quadratic near 0 and linear beyond: d² / 2 where |d| ≤ δ, else δ (|d| - δ / 2).

    Parameters
    ----------
    predicted, target, reduction
        As for `mse_loss`.
    delta : float, default 1.0
        The δ above, greater than 0.

    Raises
    ------
    ShapeError, InvalidInput
        As for `mse_loss`, and if `delta` isn't above 0.

    References
    ----------
    P. J. Huber (1964), Robust estimation of a location parameter.

    Examples
    --------
    >>> huber_loss(np.array([0.0, 0.0]), np.array([1.0, 3.0]), reduction="none")
    array([0.5, 2.5])
    """
    size = np.abs(difference("huber_loss", predicted, target))
    if not delta > 0:
        raise InvalidInput(f"delta={delta!r}", "it is the distance at which the loss turns linear", "a number above 0")
    return reduced(np.where(size <= delta, 0.5 * np.square(size), delta * (size - 0.5 * delta)), reduction)


def hinge_loss(scores: Any, target: Any, reduction: Reduction = "mean") -> Any:
    """Return the loss of a margin: the mean of max(0, 1 - target · score), of targets 1 and -1.

    Parameters
    ----------
    scores : array_like or Value
    target : array_like of the same shape
        1 or -1.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ShapeError
        If the shapes differ.
    InvalidInput
        If a target is neither 1 nor -1, or `reduction` is unknown.

    References
    ----------
    C. Cortes and V. Vapnik (1995), Support-vector networks.

    Examples
    --------
    >>> hinge_loss(np.array([2.0, 0.5, -1.0]), np.array([1, 1, 1]), reduction="none")
    array([0. , 0.5, 2. ])
    """
    refuse_broadcasting("hinge_loss", scores, target)
    if not np.all(np.abs(target) == 1):
        raise InvalidInput("hinge_loss of targets that are not 1 or -1", "the sign says the class", "2 * target - 1")
    return reduced(np.maximum(0, 1 - np.multiply(target, scores)), reduction)


def binary_cross_entropy_with_logits(
    logits: Any, target: Any, pos_weight: Any = None, reduction: Reduction = "mean"
) -> Any:
    """Return the cross-entropy of yes or no: the mean of -t log σ(x) - (1 - t) log(1 - σ(x)), without overflow.

    Parameters
    ----------
    logits : array_like or Value
        The scores x before the sigmoid σ.
    target : array_like of the same shape
        The probabilities t, from 0 to 1.
    pos_weight : array_like, optional
        What the first term is multiplied with: how much more a missed yes counts. It broadcasts against the logits.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ShapeError
        If the shapes differ.
    InvalidInput
        If a target isn't from 0 to 1, or `reduction` is unknown.

    Examples
    --------
    >>> binary_cross_entropy_with_logits(np.array([0.0, 1000.0]), np.array([1.0, 1.0]))
    np.float64(0.34657359027997264)
    """
    refuse_broadcasting("binary_cross_entropy_with_logits", logits, target)
    if not np.all(np.greater_equal(target, 0) & np.less_equal(target, 1)):
        raise InvalidInput(
            "binary_cross_entropy_with_logits of targets that are not from 0 to 1",
            "a target is the probability of yes",
            "(target + 1) / 2 for targets of 1 and -1",
        )
    if pos_weight is not None and np.broadcast_shapes(np.shape(pos_weight), np.shape(logits)) != np.shape(logits):
        raise ShapeError(
            f"pos_weight of shape {np.shape(pos_weight)} for logits of shape {np.shape(logits)}",
            "it would broadcast the logits",
            f"pos_weight of shape {np.shape(logits)[-1:]}",
        )
    weight = 1 if pos_weight is None else 1 + (np.subtract(pos_weight, 1)) * target
    return reduced((1 - np.asarray(target)) * logits + weight * np.logaddexp(0, np.negative(logits)), reduction)


def cross_entropy(
    logits: Any, labels: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: Reduction = "mean"
) -> Any:
    """Return the cross-entropy of classes: the mean of -log(softmax(logits)[label]), without overflow.

    Parameters
    ----------
    logits : floating array_like or Value of shape (..., k)
        The scores of k classes, before the softmax. (PyTorch has the classes along axis 1: ``np.moveaxis(x, 1, -1)``.)
    labels : integer array_like of shape (...)
        The right class of each sample, from 0 to k - 1.
    weight : array_like of shape (k,), optional
        How much a sample of each class counts; the mean is weighted by them.
    label_smoothing : float, default 0.0
        The share ε of the target that is spread over all classes: 1 - ε + ε/k for the right one, ε/k for the others.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Value or array
        A single number; with ``reduction="none"`` of the shape of the labels.

    Raises
    ------
    ShapeError
        If there isn't one label for each row of the logits, or one weight for each class.
    InvalidInput
        If labels aren't integers from 0 to k - 1, `label_smoothing` isn't from 0 to 1, or `reduction` is unknown.

    References
    ----------
    C. Szegedy et al. (2016), Rethinking the Inception architecture for computer vision, for the smoothing.

    Examples
    --------
    >>> cross_entropy(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([1, 0]))
    np.float64(0.34657359027997264)
    """
    labels = labels if hasattr(labels, "dtype") else np.asarray(labels)
    check_labels(np.shape(logits), labels)
    labels = labels.astype(np.intp) if labels.dtype.kind == "u" else labels  # an unsigned one is no index
    if weight is None and not label_smoothing and reduction == "mean":
        return network.softmax_cross_entropy(logits, labels)  # one node
    k = np.shape(logits)[-1]
    if weight is not None and np.shape(weight) != (k,):
        raise ShapeError(
            f"weight of shape {np.shape(weight)} for {k} classes", "each class has its own", f"weight of shape ({k},)"
        )
    if not 0 <= label_smoothing <= 1:
        raise InvalidInput(f"label_smoothing={label_smoothing!r}", "it is a share", "a number from 0 to 1")
    log_probabilities = network.log_softmax(logits)
    of_classes = np.asarray(1 if weight is None else weight, dtype=log_probabilities.dtype)
    hot = (labels[..., None] == np.arange(k)) * of_classes
    share = (1 - label_smoothing) * hot + label_smoothing / k * of_classes
    # A class that can't be, with a logit of -inf, has no share: 0 · inf would be NaN.
    losses = -np.sum(share * np.where(share != 0, log_probabilities, 0), axis=-1)
    return np.sum(losses) / np.sum(hot) if reduction == "mean" else reduced(losses, reduction)


def kl_div(
    log_predicted: Any, target: Any, log_target: bool = False, reduction: Literal["batchmean"] | Reduction = "mean"
) -> Any:
    """Return the Kullback-Leibler divergence of predicted probabilities q from the target's p: Σ p (log p - log q).

    Parameters
    ----------
    log_predicted : array_like or Value
        log q, as `log_softmax` gives it.
    target : array_like or Value, of the same shape
        p, or log p if `log_target`. Where p is 0, the term is 0.
    log_target : bool, default False
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        ``"batchmean"`` is the sum divided by the length of the first axis, which is the divergence of the
        distributions; ``"mean"``, the default that PyTorch has, divides by the number of elements.

    Raises
    ------
    ShapeError
        If the shapes differ.
    InvalidInput
        If `reduction` is unknown.

    References
    ----------
    S. Kullback and R. A. Leibler (1951), On information and sufficiency.

    Examples
    --------
    >>> p = np.array([[0.5, 0.5]])
    >>> kl_div(np.log(np.array([[0.25, 0.75]])), p, reduction="batchmean").round(4)
    np.float64(0.1438)
    """
    refuse_broadcasting("kl_div", log_predicted, target)
    if log_target:
        losses = np.exp(target) * np.subtract(target, log_predicted)
    else:
        some = np.greater(target, 0)
        losses = np.where(some, target * (np.log(np.where(some, target, 1)) - log_predicted), 0)
    if reduction == "batchmean":
        return np.sum(losses) / (np.shape(losses)[0] if np.ndim(losses) else 1)
    return reduced(losses, reduction)


def reduced(losses: Any, reduction: str) -> Any:
    """Return the mean or the sum of losses, or the losses themselves."""
    if reduction not in REDUCTIONS:
        raise InvalidInput(
            f"reduction={reduction!r}",
            instead=", ".join(map(repr, REDUCTIONS)) + ", and of kl_div 'batchmean'",
        )
    return REDUCTIONS[reduction](losses)


def difference(name: str, predicted: Any, target: Any) -> Any:
    """Return predicted - target, of one shape."""
    refuse_broadcasting(name, predicted, target)
    return np.subtract(predicted, target)


def refuse_broadcasting(name: str, predicted: Any, target: Any) -> None:
    """Raise if the shapes of predictions and targets differ."""
    mine, theirs = np.shape(predicted), np.shape(target)
    if mine != theirs:
        squeezed = [n for n in mine if n != 1] == [n for n in theirs if n != 1]
        turned = mine == theirs[::-1]
        raise ShapeError(
            f"{name} of predictions of shape {mine} and targets of shape {theirs}",
            "each prediction is compared with its own target; broadcasting would compare it with others too",
            f"target.reshape{mine}" if squeezed else "target.T" if turned else f"targets of shape {mine}",
        )


def check_labels(shape: tuple[int, ...], labels: Any) -> None:
    """Raise if there isn't one label of a class for each row of logits of a shape."""
    if labels.shape != shape[:-1] or not shape:
        instead = f"labels of shape {shape[:-1]}"
        if labels.shape == shape and shape:
            instead = "np.argmax(labels, axis=-1) for one-hot rows"
        elif len(shape) > 2 and labels.shape == shape[:1] + shape[2:]:
            instead = "np.moveaxis(logits, 1, -1): the classes stand along the last axis"
        raise ShapeError(
            f"cross_entropy of logits of shape {shape} and labels of shape {labels.shape}",
            "each row of logits has one label, the number of its class",
            instead,
        )
    if labels.dtype.kind not in "iu":
        raise InvalidInput(
            f"cross_entropy of labels of dtype {labels.dtype}",
            "a label is the number of a class",
            "labels.astype(int), if they are whole numbers",
        )
    if labels.size and (labels.min() < 0 or labels.max() >= shape[-1]):
        raise InvalidInput(
            f"cross_entropy of labels from {labels.min()} to {labels.max()} with {shape[-1]} classes",
            "a label is the position of a class in a row of logits",
            f"labels from 0 to {shape[-1] - 1}"
            + (f", or logits of shape {(*shape[:-1], int(labels.max()) + 1)}" if labels.min() >= 0 else ""),
        )
