"""Transforms: a function in, its derivative out. They nest to any order.

Each starts fresh leaves, linked to outer Values where there are some, runs the function once, and pulls cotangents
back; the backward pass is recorded if and only if somebody outside could differentiate its result.

Complex numbers: inside, cotangents are unconjugated (dL = Re(g dz)). `grad` gives df/da + i df/db for z = a + ib, the
pullback of `vjp` the adjoint of the Jacobian; `jvp`, `jacobian` and `elementwise_grad` give the plain derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from .engine import Value, close_leaf, leaf_data, one_like, start_leaf
from .errors import InvalidInput
from .graph import own_module, towards
from .trace import (
    Argnums,
    Function,
    Trace,
    arrange,
    as_seeds,
    cast_to,
    check_scalar,
    conjugate,
    depends,
    flat,
    leaf_names,
    like_result,
    name_of,
    own_result,
    positions,
    same_tree,
    split_aux,
)  # fmt: skip
from .tree import leaves, map_leaves, same_structure

own_module(globals())

# ---------------------------------------------------------------------------------------------- The transforms


def value_and_grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that gives the value of `function` and its gradient.

    Parameters
    ----------
    function : callable
        Returns one real number (with `has_aux`, a pair of it and anything else).
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate, counted from 0.
    has_aux : bool, default False
        Whether `function` returns ``(value, aux)``; the result is then ``((value, aux), gradient)``.

    Returns
    -------
    callable
        Takes the arguments of `function`, returns ``(value, gradient)``. The gradient has the structure, shapes and
        dtypes of the argument (a tuple of such for a sequence of argnums); the place of a constant holds None. For
        complex z = a + ib it is df/da + i df/db.

    Raises
    ------
    BackwardError
        If `function` doesn't return a single real number.
    InvalidInput
        If argnums names an argument that wasn't given, or one that can't be differentiated.

    Examples
    --------
    >>> value_and_grad(lambda w: np.sum(w**2))(np.array([1.0, 3.0]))
    (np.float64(10.0), array([2., 6.]))
    """

    @wraps(function)
    def with_gradient(*args: Any, **kwargs: Any) -> Any:
        at = positions(argnums, args, name_of(function))
        trace = Trace(function, args, kwargs, at)
        result, aux = split_aux(trace.result, has_aux, function)
        check_scalar(result, function)
        walk = trace.walk([result])
        seed = one_like(result._raw) if isinstance(result, Value) else None
        cots = trace.pull(walk, [result], [seed])
        names = leaf_names(function, at, trace.arguments)
        gradients = arrange(trace.arguments, trace.gradients(walk, cots, names), argnums)
        value = trace.strip(result, walk.outer)
        return ((value, trace.strip(aux, walk.outer)) if has_aux else value), gradients

    return with_gradient


def grad(function: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return a function that gives the gradient of `function`.

    Parameters
    ----------
    function : callable
        Returns one real number (with `has_aux`, a pair of it and anything else).
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate, counted from 0.
    has_aux : bool, default False
        Whether `function` returns ``(value, aux)``; the result is then ``(gradient, aux)``.

    Returns
    -------
    callable
        Takes the arguments of `function`, returns the gradient as `value_and_grad` does.

    Examples
    --------
    >>> grad(np.tanh)(0.0)
    np.float64(1.0)
    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> grad(lambda p: np.sum(p["w"] * p["x"]))({"w": 2.0, "x": np.array([1.0, 3.0])})
    {'w': np.float64(4.0), 'x': array([2., 2.])}
    """
    both = value_and_grad(function, argnums, has_aux)

    @wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, slope = both(*args, **kwargs)
        return (slope, value[1]) if has_aux else slope

    return gradient


def vjp(function: Function, *args: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Run a function and return its value and its pullback (the vector-Jacobian product).

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a container of them.
    *args
        All are differentiated.
    has_aux : bool, default False
        Whether `function` returns ``(value, aux)``; aux is then returned as a third item.

    Returns
    -------
    value
        What the function returned.
    pullback : callable
        Maps a cotangent v of the value's structure and shapes to a tuple with the cotangent of each argument: the
        adjoint of the Jacobian times v. It may be called any number of times.

    Examples
    --------
    >>> y, pullback = vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> y, pullback(np.array([1.0, 10.0]))
    (array([1., 4.]), (array([ 2., 40.]),))
    """
    at = tuple(range(len(args)))
    trace = Trace(function, args, {}, at, copy=True)
    result, aux = split_aux(trace.result, has_aux, function)
    results = [x for _, x in leaves(result)]
    walk = trace.walk(results)
    names = leaf_names(function, at, trace.arguments)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = as_seeds(result, cotangent, "the cotangent")
        cots = trace.pull(walk, results, [conjugate(seed) for seed in seeds])
        gradients: tuple[Any, ...] = arrange(trace.arguments, trace.gradients(walk, cots, names), at)
        return gradients

    value = map_leaves(lambda x: x if isinstance(x, Value) else leaf_data(x), trace.strip(result, walk.outer))
    return (value, pullback, trace.strip(aux, walk.outer)) if has_aux else (value, pullback)


def jvp(function: Function, args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Run a function and return its value and the directional derivative (the Jacobian-vector product).

    The pullback is linear in its cotangent; its own pullback, at the tangents, is the product asked for. So no
    second set of rules is needed, and the function itself runs once.

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a container of them.
    args : sequence
        The arguments; all are differentiated.
    tangents : sequence
        A direction for each argument, of its structure and shapes.

    Returns
    -------
    value
        What the function returned.
    tangent
        The derivative of the value in that direction, of the value's structure, shapes and dtypes.

    Raises
    ------
    InvalidInput
        If the tangents don't have the structure and shapes of the arguments.

    Examples
    --------
    >>> jvp(lambda x: x**2, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    if not isinstance(args, (tuple, list)) or not isinstance(tangents, (tuple, list)) or len(args) != len(tangents):
        raise InvalidInput(
            "jvp takes a tuple of arguments and a tuple with a tangent for each",
            "every argument moves in a direction of its own",
            "am.jvp(f, (x, y), (dx, dy)); zeros for an argument that stands still",
        )
    trace = Trace(function, tuple(args), {}, tuple(range(len(args))))
    directions = same_structure(trace.arguments, tuple(tangents), "the tangent")
    directions = [cast_to(d, leaf._raw) for d, leaf in zip(directions, trace.leaves, strict=True)]
    results = [x for _, x in leaves(trace.result)]
    walk = trace.walk(results)
    dummies = [start_leaf(np.zeros_like(r._raw)) if depends(r, trace.oldest) else None for r in results]
    for dummy in dummies:
        if dummy is not None:
            close_leaf(dummy)
    cots = trace.pull(walk, results, dummies, recorded=True)
    moving = [(cot, d) for cot, d in zip(cots, directions, strict=True) if isinstance(cot, Value)]
    recorded = walk.outer or any(depends(d, trace.outside) for d in directions)
    aims = [dummy._node for dummy in dummies if dummy is not None]
    back = towards(aims, [cot._node for cot, _ in moving if cot._node is not None], trace.outside)
    arrived = dict(back.cots)
    for cot, d in moving:
        if cot._node in arrived:
            d = d if recorded or not isinstance(d, Value) else d._raw
            old = arrived[cot._node]
            arrived[cot._node] = d if old is None else old + d
    trace.back(back.order, arrived, recorded)
    made = []
    for result, dummy in zip(results, dummies, strict=True):
        slope = None if dummy is None else arrived[dummy._node]
        data = result._raw if isinstance(result, Value) else result
        made.append(own_result(np.zeros_like(data) if slope is None else slope, data))
    return trace.strip(trace.result, walk.outer), like_result(trace.result, iter(made), flat)


def elementwise_grad(function: Function, argnums: Argnums = 0) -> Function:
    """Return the plain derivative of a function that works on each element alone, like a ufunc.

    Parameters
    ----------
    function : callable
        Each element of its result depends on the same element of its argument only (else the derivatives of all
        elements are summed).
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `function`, returns an array of the argument's shape. For a holomorphic function of a
        complex argument it is the complex derivative.

    Examples
    --------
    >>> elementwise_grad(np.tanh)(np.array([0.0, 100.0]))
    array([1., 0.])
    """

    @wraps(function)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        at = positions(argnums, args, name_of(function))
        trace = Trace(function, args, kwargs, at)
        results = [x for _, x in leaves(trace.result)]
        walk = trace.walk(results)
        seeds = [np.ones_like(r._raw if isinstance(r, Value) else r) for r in results]
        names = leaf_names(function, at, trace.arguments)
        return arrange(trace.arguments, trace.derivative(walk, results, seeds, names), argnums)

    return derivative


def jacobian(function: Function, argnums: Argnums = 0) -> Function:
    """Return a function that gives the Jacobian: the plain derivative of each output by each input.

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a container of them.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `function`, returns an array of shape ``out.shape + in.shape`` (in containers of the
        output's and, inside them, the input's structure). One backward pass is run for each element of the output.

    Examples
    --------
    >>> jacobian(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @wraps(function)
    def rows(*args: Any, **kwargs: Any) -> Any:
        at = positions(argnums, args, name_of(function))
        trace = Trace(function, args, kwargs, at)
        names = leaf_names(function, at, trace.arguments)
        found = (one_jacobian(trace, result, names, argnums) for _, result in leaves(trace.result))
        return like_result(trace.result, found, lambda x: one_jacobian(trace, flat(x), names, argnums))

    return rows


def one_jacobian(trace: Trace, result: Any, names: list[str], argnums: Argnums) -> Any:
    """Return the Jacobian of one array of a function's result."""
    walk = trace.walk([result])
    shape = np.shape(result)
    found = []
    for index in np.ndindex(*shape):
        seed = np.zeros_like(result._raw if isinstance(result, Value) else result)
        seed = np.ones_like(seed) if not shape else seed
        if shape:
            seed[index] = 1
        found.append(trace.derivative(walk, [result], [seed if shape else seed[()]], names))
    columns = []
    for i, leaf in enumerate(trace.leaves):
        parts = [row[i] for row in found]
        whole = np.stack(parts) if parts else np.zeros((0, *leaf.shape), leaf.dtype)
        columns.append(np.reshape(whole, shape + leaf.shape) if shape + leaf.shape else whole[0])
    return arrange(trace.arguments, columns, argnums)


def hessian(function: Function, argnums: Argnums = 0) -> Function:
    """Return a function that gives the matrix of second derivatives: the Jacobian of the gradient.

    Parameters
    ----------
    function : callable
        Returns one real number.
    argnums : int or sequence of int, default 0
        Which positional arguments to differentiate.

    Returns
    -------
    callable
        Takes the arguments of `function`, returns an array of shape ``in.shape + in.shape`` (in nested containers
        for containers).

    Examples
    --------
    >>> hessian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(grad(function, argnums), argnums)


def hvp(function: Function, x: Any, v: Any) -> Any:
    """Return the Hessian of `function` at `x` times `v`, at the cost of a few gradients.

    Parameters
    ----------
    function : callable
        Of one argument, returns one real number.
    x : array_like or container
        Where to take the Hessian.
    v : array_like or container
        The direction, of the structure and shapes of `x`.

    Returns
    -------
    array or container
        Of the structure and shapes of `x`.

    Examples
    --------
    >>> hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 0.5]))
    array([6., 6.])
    """
    _, pullback = vjp(grad(function), x)
    return pullback(same_tree(x, v))[0]


def stop_gradient(x: Any) -> Any:
    """Return the same numbers as constants: no gradient flows through them.

    Parameters
    ----------
    x : Value, array or container of them

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return map_leaves(lambda leaf: leaf.detach() if isinstance(leaf, Value) else leaf, x)
