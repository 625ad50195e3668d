"""Optimisers that look at the curvature: L-BFGS and Newton's method. They compute the loss themselves, by a closure."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from ..engine import Value
from ..errors import AnomalyError, BackwardError, InvalidInput
from ..transforms import value_and_grad, vjp
from .base import Array, Descent, as_given, as_real
from .line_search import Point, strong_wolfe
from .options import Params

Closure = Callable[[], Any]
LOSS_ALONE = "lambda: loss(model(inputs), targets), without backward() and zero_grad()"


def loss_of(closure: Closure, params: list[Value]) -> Callable[[list[Value]], Any]:
    """Return a closure's loss as a function of Values that stand in place of the parameters.

    For the time of a call, the parameters are handles of these Values' nodes. So the transforms differentiate the
    closure as they do any function, to any order.

    Examples
    --------
    >>> w = Value(2.0)
    >>> value_and_grad(loss_of(lambda: w**3, [w]))([3.0])
    (np.float64(27.0), [np.float64(27.0)])
    >>> w.data
    np.float64(2.0)
    """

    def loss(values: list[Value]) -> Any:
        kept = [(p._raw, p._node) for p in params]
        try:
            for p, x in zip(params, values, strict=True):
                p._raw, p._node = x._raw, x._node
            result = closure()
        except BackwardError as error:
            if "backward() was called" not in error.what:
                raise
            why = "the optimiser differentiates the closure itself, at several places"
            raise BackwardError("the closure calls backward()", why, f"return the loss: {LOSS_ALONE}") from error
        finally:
            for p, (raw, node) in zip(params, kept, strict=True):
                p._raw, p._node = raw, node
        if not isinstance(result, Value) or result.node is None:
            raise BackwardError(
                f"the closure returned {'a constant' if isinstance(result, Value) else type(result).__name__}",
                "it wasn't computed from the parameters, so it has no gradient",
                f"return the loss, made of NumPy functions of the parameters: {LOSS_ALONE}",
            )
        return result

    return loss


def joined(arrays: list[Array]) -> Array:
    """Return all numbers of some arrays as one vector of real numbers.

    Examples
    --------
    >>> joined([np.array([[1.0, 2.0]]), np.float64(3.0), np.array([4 + 5j])])
    array([1., 2., 3., 4., 5.])
    """
    return np.concatenate([np.ravel(as_real(x)) for x in arrays])


def parted(vector: Array, arrays: list[Array]) -> list[Array]:
    """Return a vector in the shapes and dtypes of the arrays that `joined` would make it of.

    Examples
    --------
    >>> parted(np.array([1.0, 2.0, 3.0, 4.0]), [np.zeros((1, 2)), np.array(1j)])
    [array([[1., 2.]]), array(3.+4.j)]
    """
    shapes = [as_real(x) for x in arrays]
    pieces = np.split(vector, np.cumsum([x.size for x in shapes])[:-1])
    cast = [np.reshape(piece, x.shape).astype(x.dtype) for piece, x in zip(pieces, shapes, strict=True)]
    return [as_given(piece, x) for piece, x in zip(cast, arrays, strict=True)]


class ByClosure(Descent):
    """Base of the optimisers that compute the loss themselves; they take one group of parameters."""

    def __init__(self, params: Params, **options: Any) -> None:
        super().__init__(params, options)
        if len(self.param_groups) > 1:
            raise InvalidInput(
                f"{type(self).__name__} with {len(self.param_groups)} groups",
                "it takes all parameters as one vector",
                "one list of parameters, and options for all of them",
            )

    def search(self, closure: Closure, start: Point, direction: Array, distance: float) -> Point | None:
        """Go along a direction to a lower loss and return the point there; stay, and return None, if there is none."""
        params = self.params
        arrays = [p.data for p in params]
        loss = value_and_grad(loss_of(closure, params))

        def steps(t: float) -> list[Array]:
            return parted(-t * direction, arrays)

        def at(t: float) -> Point:
            value, slopes = loss([x - step for x, step in zip(arrays, steps(t), strict=True)])
            gradient = joined(slopes)
            return Point(t, float(value), float(gradient @ direction), gradient)

        found = strong_wolfe(at, start, distance)
        if found is not None:
            for p, step in zip(params, steps(found.distance), strict=True):
                p.data -= step
        return found


def start_at(value: Any, gradient: Array) -> Point:
    """Return the point that a step starts at, if the loss is finite there; the slope comes with the direction."""
    if not isfinite(value):
        raise AnomalyError(
            f"the closure's loss is {value}",
            "there is no way down from there",
            "other first numbers for the parameters; with am.detect_anomaly(): names the operation",
        )
    return Point(0.0, float(value), 0.0, gradient)


class LBFGS(ByClosure):
    """Limited-memory BFGS: p ← p - t H g, with H built from the last steps, and t by a line search.

    H stands for the inverse of the Hessian: it is a multiple of the identity, changed for each of the last steps s as
    little as makes it map the change y of the gradient in that step to s. t fulfils the strong Wolfe conditions. For
    losses without noise: over all samples, or the same ones in each step.

    The closure must compute one function throughout a step: of the same samples, and without dropout (`model.eval()`),
    unless its generator is set back in each call. `train.fit` sees to that.

    Parameters
    ----------
    params : iterable of Value
        The parameters, each once.
    lr : float, default 1
        The first t to be tried.
    max_iter : int, default 20
        Iterations in each step.
    tolerance_grad : float, default 1e-7
        A step ends where no number of the gradient is larger.
    tolerance_change : float, default 1e-9
        A step ends where neither the loss nor a parameter changes by more.
    history_size : int, default 100
        How many steps are remembered, each in twice as many numbers as there are parameters.

    Raises
    ------
    InvalidInput
        If there are no parameters or groups of them, one isn't a Value or stands there twice, or an option is out of
        range.

    References
    ----------
    D. C. Liu and J. Nocedal (1989), On the limited memory BFGS method for large scale optimization. J. Nocedal and
    S. J. Wright (2006), Numerical optimization, algorithms 7.4 and 7.5.

    Examples
    --------
    >>> x, y = Value(-1.2), Value(1.0)
    >>> optimizer = LBFGS([x, y])
    >>> for _ in range(3):
    ...     loss = optimizer.step(lambda: (1 - x) ** 2 + 100 * (y - x**2) ** 2)
    >>> x.data.round(6), y.data.round(6)
    (np.float64(1.0), np.float64(1.0))
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1.0,
        max_iter: int = 20,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
    ) -> None:
        tolerances = {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        super().__init__(params, lr=lr, max_iter=max_iter, history_size=history_size, **tolerances)
        vector = joined([p.data for p in self.params])
        empty = np.zeros((self.param_groups[0]["history_size"], vector.size), vector.dtype)
        self.states = {"history": [{"steps": empty, "changes": empty}]}

    def step(self, closure: Closure) -> float:
        """Take up to `max_iter` iterations, each to a lower loss.

        Parameters
        ----------
        closure : callable
            Computes the loss from the parameters, and returns it. It calls neither `backward` nor `zero_grad`.

        Returns
        -------
        float
            The loss before the step.

        Raises
        ------
        AnomalyError
            If the loss isn't finite; nothing is changed then.
        BackwardError
            If the loss isn't a single number computed from the parameters; nothing is changed then.
        """
        options, params = self.param_groups[0], self.params
        value, slopes = value_and_grad(loss_of(closure, params))([p.data for p in params])
        first = here = start_at(value, joined(slopes))
        for _ in range(options["max_iter"]):
            g = here.gradient
            if np.max(np.abs(g)) <= options["tolerance_grad"]:
                break
            history = self.states["history"][0]
            direction = -times_inverse_hessian(g, **history)
            known = history["steps"].any()
            distance = options["lr"] * self.lr_scale * (1.0 if known else min(1.0, 1 / float(np.sum(np.abs(g)))))
            start = Point(0.0, here.loss, float(g @ direction), g)
            found = self.search(closure, start, direction, distance)
            if found is None:
                break
            step, change = found.distance * direction, found.gradient - g
            if step @ change > 0:
                new = {"steps": step, "changes": change}
                history = {name: np.concatenate([old[1:], new[name][np.newaxis]]) for name, old in history.items()}
                self.states["history"][0] = history
            before, here = here, found
            if max(np.max(np.abs(step)), abs(found.loss - before.loss)) <= options["tolerance_change"]:
                break
        self.steps += 1
        return first.loss


def times_inverse_hessian(g: Array, steps: Array, changes: Array) -> Array:
    """Return the H of L-BFGS times a vector, by its two loops over the history.

    Parameters
    ----------
    g : array of shape (n,)
    steps, changes : array of shape (m, n)
        The steps, and how the gradient changed in each, the last one at the end. Rows of zeros don't count.

    Examples
    --------
    >>> hessian = np.array([[2.0, 0.0], [0.0, 5.0]])
    >>> steps = np.eye(2)
    >>> times_inverse_hessian(np.array([1.0, 1.0]), steps, steps @ hessian)
    array([0.5, 0.2])
    """
    pairs = [(s, y, s @ y) for s, y in zip(steps, changes, strict=True) if s @ y > 0]
    shares = []
    for s, y, product in reversed(pairs):
        shares.append((s @ g) / product)
        g = g - shares[-1] * y
    if pairs:
        _, y, product = pairs[-1]
        g = g * (product / (y @ y))
    for (s, y, product), share in zip(pairs, reversed(shares), strict=True):
        g = g + (share - (y @ g) / product) * s
    return g


class Newton(ByClosure):
    """Newton's method: p ← p + t d with H d = -g, and t by a line search.

    d is found by conjugate gradients, which need only products of the Hessian H with vectors: those are exact, by
    differentiating twice. Where the loss curves down along one of their directions, d goes as far along it as if it
    curved up, and ends there; so it always descends. For small problems: each step costs up to twice as many products
    as there are parameters, unless `max_products` and `tolerance` say less.

    The closure must compute one function throughout a step: of the same samples, and without dropout (`model.eval()`),
    unless its generator is set back in each call. `train.fit` sees to that.

    Parameters
    ----------
    params : iterable of Value
        The parameters, each once.
    lr : float, default 1
        The first t to be tried; it is kept if it fulfils the strong Wolfe conditions.
    max_products : int, optional
        Products in each step; by default twice as many as there are parameters.
    tolerance : float, default 1e-10
        H d = -g is solved until this share of g is left.

    Raises
    ------
    InvalidInput
        If there are no parameters or groups of them, one isn't a Value or stands there twice, or an option is out of
        range.

    References
    ----------
    R. S. Dembo and T. Steihaug (1983), Truncated-Newton algorithms for large-scale unconstrained optimization.
    J. Nocedal and S. J. Wright (2006), Numerical optimization, algorithm 7.1.

    Examples
    --------
    >>> x = Value([3.0, -1.0])
    >>> optimizer = Newton([x])
    >>> optimizer.step(lambda: np.sum(np.cosh(x)))
    11.610742630...
    >>> for _ in range(5):
    ...     loss = optimizer.step(lambda: np.sum(np.cosh(x)))
    >>> np.abs(x.data).max() < 1e-10
    np.True_
    """

    def __init__(
        self, params: Params, lr: float = 1.0, max_products: int | None = None, tolerance: float = 1e-10
    ) -> None:
        super().__init__(params, lr=lr, max_products=max_products, tolerance=tolerance)

    def step(self, closure: Closure) -> float:
        """Take a step to a lower loss; none where the gradient is 0, or the line search finds none.

        Parameters
        ----------
        closure : callable
            Computes the loss from the parameters, and returns it. It calls neither `backward` nor `zero_grad`.

        Returns
        -------
        float
            The loss before the step.

        Raises
        ------
        AnomalyError
            If the loss isn't finite; nothing is changed then.
        BackwardError
            If the loss isn't a single number computed from the parameters; nothing is changed then.
        """
        options, params = self.param_groups[0], self.params
        arrays = [p.data for p in params]
        loss = value_and_grad(loss_of(closure, params))

        def gradient(values: Any) -> Any:
            value, slopes = loss(values)
            return slopes, value

        slopes, pullback, value = vjp(gradient, arrays, has_aux=True)
        g = joined(slopes)
        start = start_at(value, g)
        if g.any():

            def product(v: Array) -> Array:
                return joined(pullback(parted(v, arrays))[0])

            direction = newton_direction(product, g, options["max_products"] or 2 * g.size, options["tolerance"])
            start = start._replace(slope=float(g @ direction))
            self.search(closure, start, direction, options["lr"] * self.lr_scale)
        self.steps += 1
        return start.loss


def newton_direction(product: Callable[[Array], Array], g: Array, max_products: int, tolerance: float) -> Array:
    """Return a direction d of descent with H d = -g, or as far as conjugate gradients come.

    Parameters
    ----------
    product : callable
        Maps a vector v to H v.
    g : array of shape (n,)
        Not 0.
    max_products : int
        How many products there may be.
    tolerance : float
        Which share of g may be left.

    Examples
    --------
    >>> newton_direction(np.array([[2.0, 1.0], [1.0, 3.0]]).__matmul__, np.array([-3.0, -4.0]), 10, 1e-10).round(9)
    array([1., 1.])
    >>> newton_direction(np.array([[-2.0]]).__matmul__, np.array([1.0]), 10, 1e-10)
    array([-0.5])
    """
    d, rest, along = np.zeros_like(g), g, -g
    square = rest @ rest
    goal = tolerance**2 * square
    for _ in range(max_products):
        turned = product(along)
        curvature = along @ turned
        if not curvature > 0:
            return d + (square / -curvature if curvature < 0 else 1.0) * along
        d = d + (square / curvature) * along
        rest = rest + (square / curvature) * turned
        old, square = square, rest @ rest
        if square <= goal:
            break
        along = (square / old) * along - rest
    return d
