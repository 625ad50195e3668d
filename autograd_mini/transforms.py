"""Transforms: a function in, its derivative out. They nest to any order.

Each starts fresh leaves, linked to outer Values where there are some, runs the function once, and pulls cotangents
back; the backward pass is recorded if and only if somebody outside could differentiate its result.

Complex numbers: inside, cotangents are unconjugated (dL = Re(g dz)). `grad` gives df/da + i df/db for z = a + ib, the
pullback of `vjp` the adjoint of the Jacobian; `jvp`, `jacobian` and `elementwise_grad` give the plain derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Any

import numpy as np

from .engine import Value, close_leaf, join, leaf_data, start_leaf, zero_warning
from .errors import BackwardError, InvalidInput, ShapeError
from .graph import Node, behind, own_module, towards
from .pulling import run
from .state import current, listening, switched
from .tree import children, is_leaf, leaves, map_leaves, replace_leaves, same_structure

Function = Callable[..., Any]
Argnums = int | Sequence[int]
own_module(globals())

# ----------------------------------------------------------------------------------- One run of a function


class Trace:
    """One run of a function on fresh leaves, and the ways back through it.

    Parameters
    ----------
    function : callable
    args, kwargs
        What to call it with.
    argnums : tuple of int
        Positions of the arguments to differentiate.
    """

    def __init__(self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: tuple[int, ...]):
        mode = current()
        self.outside = 0 if mode is None else mode.floor
        self.arguments = tuple(as_argument(args[i], i) for i in argnums)
        self.leaves = [self._leaf(x) for _, x in leaves(self.arguments)]
        self.targets: list[Node] = [leaf._node for leaf in self.leaves]
        self.oldest = min((node.number for node in self.targets), default=0)
        fresh = replace_leaves(self.arguments, iter(self.leaves))
        given = list(args)
        for i, x in zip(argnums, fresh, strict=True):
            given[i] = x
        self.heard: list[Any] = []
        token = listening.set(self.heard)
        try:
            with self.recording():
                self.result = function(*given, **kwargs)
        finally:
            listening.reset(token)
            for leaf in self.leaves:
                close_leaf(leaf)

    def _leaf(self, x: Any) -> Value:
        if isinstance(x, Value):
            outer = x._node if x._node is not None and x._node.number >= self.outside else None
            return start_leaf(x._data, outer)
        return start_leaf(leaf_data(x, copy=False))

    def recording(self) -> Any:
        """Return a context in which this run's own leaves are recorded, also inside `no_grad`."""
        return switched(floor=self.oldest) if self.outside > self.oldest else nullcontext()

    def walk(self, results: Sequence[Any]) -> Any:
        """Return the walk from some results to the leaves."""
        return towards(self.targets, [r._node for r in results if depends(r, self.oldest)], self.outside)

    def pull(self, walk: Any, results: Sequence[Any], seeds: Sequence[Any]) -> list[Any]:
        """Pull seeds back from results to the leaves: a cotangent for each leaf, None where there is none."""
        cots = dict(walk.cots)
        recorded = walk.outer or any(depends(seed, self.outside) for seed in seeds)
        for result, seed in zip(results, seeds, strict=True):
            if depends(result, self.oldest) and result._node in cots:
                seed = seed if recorded or not isinstance(seed, Value) else seed._data
                old = cots[result._node]
                cots[result._node] = seed if old is None else old + seed
        with self.recording():
            run(walk.order, cots, join if recorded else None)
        return [cots[node] for node in self.targets]

    def gradients(self, walk: Any, cots: list[Any], names: Sequence[str], plain: bool = False) -> list[Any]:
        """Return a gradient for each leaf in its shape and dtype, zeros (with a warning if due) where none came."""
        lost = [i for i, cot in enumerate(cots) if cot is None]
        if lost:
            self._warn(walk, lost, names)
        made = []
        for cot, leaf in zip(cots, self.leaves, strict=True):
            if cot is None:
                made.append(np.zeros_like(leaf._data))
            elif not isinstance(cot, Value):
                made.append(own_result(cot if plain else conjugate(cot), leaf._data))
            else:
                made.append(cot if plain else conjugate(cot))
        return made

    def _warn(self, walk: Any, lost: list[int], names: Sequence[str]) -> None:
        functions: list[str] = []
        if walk.blocked:
            nodes, functions = behind(walk.blocked)
        else:
            nodes = set()
        for name, inputs in self.heard:
            found = {one for one in inputs}
            order = list(found)
            for node in order:
                for one in (*node.inputs, *node.hidden):
                    if one not in found and one.number >= self.oldest:
                        found.add(one)
                        order.append(one)
            if any(self.targets[i] in found for i in lost):
                functions.append(name)
            nodes |= found
        behind_them = [i for i in lost if self.targets[i] in nodes]
        if behind_them:
            zero_warning([names[i] for i in behind_them], list(dict.fromkeys(functions)))

    def strip(self, tree: Any, outer: bool) -> Any:
        """Return results as the caller gets them: raw unless an outer Value is behind them."""
        return map_leaves(lambda x: x if outer or not isinstance(x, Value) else x._data, tree)


def depends(x: Any, oldest: float) -> bool:
    """Whether something is a Value recorded since the node of number `oldest`."""
    return isinstance(x, Value) and x._node is not None and x._node.number >= oldest


def as_argument(x: Any, position: int) -> Any:
    """Return an argument to differentiate; integers become float64 at the top, and are constants in containers."""
    if isinstance(x, (bool, np.bool_, str, bytes)) or x is None:
        raise InvalidInput(
            f"argument {position} is {x!r}",
            "only real and complex numbers can be differentiated",
            "argnums= with the positions of the arguments to differentiate",
        )
    if is_leaf(x):
        return x
    if children(x) is None or (isinstance(x, list) and x and not any(True for _ in leaves(x)) and numeric(x)):
        return leaf_data(x, copy=False)
    return x


def numeric(x: Any) -> bool:
    """Whether a list holds nothing but integers."""
    return all(isinstance(item, int) and not isinstance(item, bool) for item in x)


def conjugate(x: Any) -> Any:
    """Return the conjugate of something complex, and anything else as it is."""
    return np.conj(x) if getattr(x, "dtype", None) is not None and x.dtype.kind == "c" else x


def own_result(cot: Any, data: Any) -> Any:
    """Return a raw gradient that shares no memory with anything else."""
    if isinstance(cot, np.ndarray):
        return cot.copy() if cot.shape or isinstance(data, np.ndarray) else cot[()]
    return np.array(cot) if isinstance(data, np.ndarray) else cot


def positions(argnums: Argnums, args: tuple[Any, ...], name: str) -> tuple[int, ...]:
    """Return argnums as a tuple of positions, checked against the arguments given."""
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for i in wanted:
        if not -len(args) <= i < len(args):
            raise InvalidInput(
                f"argnums has {i}, but {name} was called with {len(args)} positional argument"
                f"{'' if len(args) == 1 else 's'}",
                "argnums counts positional arguments from 0",
                f"one of 0..{len(args) - 1}" if args else "the arguments to differentiate, by position",
            )
    return tuple(i % len(args) for i in wanted)


def leaf_names(function: Function, argnums: tuple[int, ...], arguments: tuple[Any, ...]) -> list[str]:
    """Return names for the leaves of the differentiated arguments: the parameter's name and the path."""
    code = getattr(function, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    tops = [names[i] if i < len(names) else f"argument {i}" for i in argnums]
    return [top + path for top, x in zip(tops, arguments, strict=True) for path, _ in leaves(x)]


def name_of(function: Function) -> str:
    """Return a function's name, as messages show it."""
    return getattr(function, "__name__", None) or repr(function)


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
        seed = result.dtype.type(1) if isinstance(result, Value) else None
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
    trace = Trace(function, args, {}, at)
    result, aux = split_aux(trace.result, has_aux, function)
    results = [x for _, x in leaves(result)]
    walk = trace.walk(results)
    names = leaf_names(function, at, trace.arguments)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = as_seeds(result, cotangent, "the cotangent")
        cots = trace.pull(walk, results, [conjugate(seed) for seed in seeds])
        gradients: tuple[Any, ...] = arrange(trace.arguments, trace.gradients(walk, cots, names), at)
        return gradients

    value = trace.strip(result, walk.outer)
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
    directions = [cast_to(d, leaf._data) for d, leaf in zip(directions, trace.leaves, strict=True)]
    results = [x for _, x in leaves(trace.result)]
    walk = trace.walk(results)
    dummies = [start_leaf(np.zeros_like(r._data)) if depends(r, trace.oldest) else None for r in results]
    for dummy in dummies:
        if dummy is not None:
            close_leaf(dummy)
    cots = trace.pull(walk, results, dummies)
    moving = [(cot, d) for cot, d in zip(cots, directions, strict=True) if isinstance(cot, Value)]
    recorded = walk.outer or any(depends(d, trace.outside) for d in directions)
    aims = [dummy._node for dummy in dummies if dummy is not None]
    back = towards(aims, [cot._node for cot, _ in moving if cot._node is not None], trace.outside)
    arrived = dict(back.cots)
    for cot, d in moving:
        if cot._node in arrived:
            d = d if recorded or not isinstance(d, Value) else d._data
            old = arrived[cot._node]
            arrived[cot._node] = d if old is None else old + d
    with trace.recording():
        run(back.order, arrived, join if recorded else None)
    made = []
    for result, dummy in zip(results, dummies, strict=True):
        slope = None if dummy is None else arrived[dummy._node]
        data = result._data if isinstance(result, Value) else result
        made.append(np.zeros_like(data) if slope is None else slope if recorded else own_result(slope, data))
    return trace.strip(trace.result, walk.outer), replace_leaves(trace.result, iter(made))


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
        seeds = [np.ones_like(r._data) if isinstance(r, Value) else None for r in results]
        cots = trace.pull(walk, results, seeds)
        names = leaf_names(function, at, trace.arguments)
        return arrange(trace.arguments, trace.gradients(walk, cots, names, plain=True), argnums)

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
        return map_leaves(lambda result: one_jacobian(trace, result, names, argnums), trace.result)

    return rows


def one_jacobian(trace: Trace, result: Any, names: list[str], argnums: Argnums) -> Any:
    """Return the Jacobian of one array of a function's result."""
    walk = trace.walk([result])
    shape = np.shape(result)
    found = []
    for index in np.ndindex(*shape):
        seed = np.zeros_like(result._data if isinstance(result, Value) else result)
        seed = np.ones_like(seed) if not shape else seed
        if shape:
            seed[index] = 1
        cots = trace.pull(walk, [result], [seed if shape else seed[()]])
        found.append(trace.gradients(walk, cots, names, plain=True))
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


# ------------------------------------------------------------------------------------- What they have in common


def split_aux(result: Any, has_aux: bool, function: Function) -> tuple[Any, Any]:
    """Return a function's result and its auxiliary output."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise BackwardError(
            f"{name_of(function)} returned {type(result).__name__}, not (value, aux)",
            "has_aux=True says that it returns a pair",
            "return value, aux",
        )
    return result


def check_scalar(result: Any, function: Function) -> None:
    """Raise unless a function returned a single real number."""
    shape = np.shape(result) if is_leaf(result) or isinstance(result, (int, np.integer)) else None
    if shape != ():
        got = f"an array of shape {shape}" if shape else f"{type(result).__name__}"
        raise BackwardError(
            f"{name_of(function)} returned {got}",
            "a gradient is the derivative of a single number",
            "np.sum(...) of it, am.jacobian for all derivatives, or am.vjp with a cotangent",
        )
    if np.iscomplexobj(result):
        raise BackwardError(
            f"{name_of(function)} returned a complex number",
            "a gradient points to where a real number grows",
            "np.real(...) or np.abs(...) of it, or am.jacobian / am.elementwise_grad for the complex derivative",
        )


def arrange(arguments: tuple[Any, ...], found: Sequence[Any], argnums: Argnums) -> Any:
    """Return gradients in the structure of the arguments: one, or a tuple for a sequence of argnums."""
    trees = replace_leaves(arguments, iter(found), constants=lambda x: None)
    return trees[0] if isinstance(argnums, int) else trees


def as_seeds(result: Any, cotangent: Any, what: str) -> list[Any]:
    """Return the leaves of a cotangent, checked against a result and in its dtypes."""
    seeds = same_structure(result, cotangent, what)
    datas = [x._data if isinstance(x, Value) else x for _, x in leaves(result)]
    return [cast_to(seed, data) for seed, data in zip(seeds, datas, strict=True)]


def cast_to(seed: Any, data: Any) -> Any:
    """Return a seed in the dtype of the data it belongs to."""
    dtype = np.result_type(data)
    seed = seed if hasattr(seed, "dtype") else np.asarray(seed)[()]
    if seed.dtype.kind == "c" and dtype.kind != "c":
        seed = np.real(seed)
    return seed if seed.dtype == dtype else seed.astype(dtype)


def same_tree(x: Any, v: Any) -> Any:
    """Return `v` in the structure of `x`, checked."""
    x = as_argument(x, 0)
    return replace_leaves(x, iter(same_structure(x, v, "the vector")), constants=lambda c: None)
