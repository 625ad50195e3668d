"""One run of a function on fresh leaves, and the ways back through it: what every transform is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from math import prod
from operator import index
from typing import Any

import numpy as np

from .engine import Value, close_leaf, join, leaf_data, start_leaf, zero_warning
from .errors import BackwardError, InvalidInput, RuleError
from .graph import Node, ancestors, behind, own_module, refuse_stale, towards
from .primitives import is_foreign, of_the_library
from .pulling import run
from .registry import parameters_of
from .state import current, listening, switched
from .tree import children, is_leaf, leaves, map_leaves, replace_leaves, same_structure

Function = Callable[..., Any]
Argnums = int | Sequence[int]
own_module(globals())


class Trace:
    """One run of a function on fresh leaves, and the ways back through it.

    Parameters
    ----------
    function : callable
    args, kwargs
        What to call it with.
    argnums : tuple of int
        Positions of the arguments to differentiate.
    copy : bool, default False
        Whether to copy raw arguments: they are kept for a pullback that runs later, when they may have changed.
    """

    def __init__(
        self,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: tuple[int, ...],
        copy: bool = False,
    ):
        mode = current()
        self.outside = 0 if mode is None else mode.floor
        self.arguments = tuple(as_argument(args[i], i) for i in argnums)
        self.leaves = [self._leaf(x, copy) for _, x in leaves(self.arguments)]
        self.targets: list[Node] = [leaf._node for leaf in self.leaves]
        self.oldest = min((node.number for node in self.targets), default=float("inf"))
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

    def _leaf(self, x: Any, copy: bool) -> Value:
        if isinstance(x, Value):
            outer = x._node if x._node is not None and x._node.number >= self.outside else None
            return start_leaf(x._raw, outer)
        return start_leaf(leaf_data(x, copy=copy))

    def recording(self) -> Any:
        """Return a context in which this run's own leaves are recorded, also inside `no_grad`."""
        return switched(floor=self.oldest) if self.outside > self.oldest else nullcontext()

    def walk(self, results: Sequence[Any]) -> Any:
        """Return the walk from some results to the leaves."""
        return towards(self.targets, [r._node for r in results if depends(r, self.oldest)], self.outside)

    def pull(self, walk: Any, results: Sequence[Any], seeds: Sequence[Any], recorded: bool = False) -> list[Any]:
        """Pull seeds back from results to the leaves: a cotangent for each leaf, None where there is none."""
        refuse_stale(walk.order)
        cots = dict(walk.cots)
        recorded = recorded or walk.outer or any(depends(seed, self.outside) for seed in seeds)
        for result, seed in zip(results, seeds, strict=True):
            if depends(result, self.oldest) and result._node in cots:
                seed = seed if recorded or not isinstance(seed, Value) else seed._raw
                old = cots[result._node]
                cots[result._node] = seed if old is None else old + seed
        self.back(walk.order, cots, recorded)
        return [cots[node] for node in self.targets]

    def back(self, order: list[Any], cots: Any, recorded: bool) -> None:
        """Run a pass over nodes in order, in silence: what rules compare or round is no concern of the user."""
        token = listening.set(False)
        try:
            with self.recording():
                run(order, cots, join if recorded else None)
        finally:
            listening.reset(token)

    def gradients(self, walk: Any, cots: list[Any], names: Sequence[str], plain: bool = False) -> list[Any]:
        """Return a gradient for each leaf in its shape and dtype, zeros (with a warning if due) where none came."""
        lost = [i for i, cot in enumerate(cots) if cot is None]
        if lost:
            self._warn(walk, lost, names)
        made = []
        for cot, leaf in zip(cots, self.leaves, strict=True):
            if cot is None:
                cot = np.zeros_like(leaf._raw)
            elif not plain:
                cot = conjugate(cot)
            made.append(own_result(cot, leaf._raw))
        return made

    def derivative(self, walk: Any, results: Sequence[Any], seeds: Sequence[Any], names: Sequence[str]) -> list[Any]:
        """Return the plain derivative of results along real seeds.

        The cotangent of a real leaf is the real part of its derivative; where the result is complex, a second pull
        gives the imaginary part.
        """
        found = self.gradients(walk, self.pull(walk, results, seeds), names, plain=True)
        if any(map(np.iscomplexobj, results)) and not all(map(np.iscomplexobj, self.leaves)):
            turned_seeds = [seed * -1j if np.iscomplexobj(seed) else 0 * seed for seed in seeds]
            turned = self.gradients(walk, self.pull(walk, results, turned_seeds), names, plain=True)
            pairs = zip(found, turned, self.leaves, strict=True)
            found = [a if np.iscomplexobj(leaf) else a + 1j * b for a, b, leaf in pairs]
        return found

    def _warn(self, walk: Any, lost: list[int], names: Sequence[str]) -> None:
        nodes, functions = behind(walk.blocked)
        called: dict[str, set[Any]] = {}
        for name, inputs in self.heard:
            called.setdefault(name, set()).update(inputs)
        for name, inputs in called.items():
            found = ancestors(inputs, self.oldest)
            if any(self.targets[i] in found for i in lost):
                functions.append(name)
            nodes |= found
        behind_them = [i for i in lost if self.targets[i] in nodes]
        if behind_them:
            zero_warning([names[i] for i in behind_them], list(dict.fromkeys(functions)))

    def strip(self, tree: Any, outer: bool) -> Any:
        """Return results as the caller gets them: raw unless an outer Value is behind them."""
        return map_leaves(lambda x: x if outer or not isinstance(x, Value) else x._raw, tree)


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
    """Whether a list holds nothing but integers, in lists of any depth."""
    return all(numeric(i) if isinstance(i, list) else isinstance(i, int) and not isinstance(i, bool) for i in x)


def flat(x: Any) -> Any:
    """Return the derivative of a result that is an integer or boolean number or array: zeros."""
    return np.zeros(np.shape(x))[()]


def like_result(result: Any, found: Iterator[Any], constant: Callable[[Any], Any]) -> Any:
    """Return derivatives in the structure of a result.

    A constant inside a container holds None; `constant` makes the derivative of a result that is itself an integer
    or boolean number or array.
    """
    number = isinstance(result, (int, np.generic)) or hasattr(result, "dtype")
    return constant(result) if number and not is_leaf(result) else replace_leaves(result, found, lambda x: None)


def conjugate(x: Any) -> Any:
    """Return the conjugate of something complex, and anything else as it is."""
    return np.conj(x) if getattr(x, "dtype", None) is not None and x.dtype.kind == "c" else x


def own_result(cot: Any, data: Any) -> Any:
    """Return a raw gradient that shares no memory with anything else, a scalar for a scalar; a Value as it is.

    It is of its argument's library: one that another library's array met on the way is computed for a NumPy array.
    """
    if is_foreign(cot) and not isinstance(cot, Value) and not is_foreign(data):
        cot = np.array(cot)
    if isinstance(cot, np.ndarray):
        return cot.copy() if cot.shape or isinstance(data, np.ndarray) else cot[()]
    return np.array(cot) if isinstance(data, np.ndarray) and not isinstance(cot, Value) else cot


def positions(argnums: Argnums, args: tuple[Any, ...], name: str) -> tuple[int, ...]:
    """Return argnums as a tuple of positions, checked against the arguments given."""
    wanted = (index(argnums),) if hasattr(argnums, "__index__") else tuple(map(index, argnums))
    for i in wanted:
        if not -len(args) <= i < len(args):
            raise InvalidInput(
                f"argnums has {i}, but {name} was called with {len(args)} positional argument"
                f"{'' if len(args) == 1 else 's'}",
                "argnums counts positional arguments from 0",
                f"one of 0..{len(args) - 1}" if args else "the arguments to differentiate, by position",
            )
    at = tuple(i % len(args) for i in wanted)
    if len(set(at)) < len(at):
        raise InvalidInput(
            f"argnums {tuple(wanted)} names an argument twice",
            "it has one gradient",
            f"argnums={tuple(sorted(set(at)))}",
        )
    return at


def leaf_names(function: Function, argnums: tuple[int, ...], arguments: tuple[Any, ...]) -> list[str]:
    """Return names for the leaves of the differentiated arguments: the parameter's name and the path."""
    try:
        names = parameters_of(function)
    except (RuleError, TypeError):
        names = ()
    tops = [names[i] if i < len(names) and names[i][0] != "*" else f"argument {i}" for i in argnums]
    return [top + path for top, x in zip(tops, arguments, strict=True) for path, _ in leaves(x)]


def name_of(function: Function) -> str:
    """Return a function's name, as messages show it."""
    return getattr(function, "__name__", None) or repr(function)


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
    if shape is None or prod(shape) != 1:
        got = f"an array of shape {shape}" if shape else "None" if result is None else type(result).__name__
        instead = "np.sum(...) of it, am.jacobian for all derivatives, or am.vjp with a cotangent"
        raise BackwardError(
            f"{name_of(function)} returned {got}",
            "a gradient is the derivative of a single number",
            "`return` with that number" if result is None else instead,
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
    return trees[0] if hasattr(argnums, "__index__") else trees


def as_seeds(result: Any, cotangent: Any, what: str) -> list[Any]:
    """Return the leaves of a cotangent, checked against a result and in its dtypes."""
    seeds = same_structure(result, cotangent, what)
    datas = [x._raw if isinstance(x, Value) else x for _, x in leaves(result)]
    return [cast_to(seed, data) for seed, data in zip(seeds, datas, strict=True)]


def cast_to(seed: Any, data: Any) -> Any:
    """Return a seed in the dtype of the data it belongs to."""
    dtype = np.result_type(data)
    seed = of_the_library(seed if hasattr(seed, "dtype") else np.asarray(seed)[()], data)
    if seed.dtype.kind == "c" and dtype.kind != "c":
        seed = np.real(seed)
    return seed if seed.dtype == dtype else seed.astype(dtype)


def same_tree(x: Any, v: Any) -> Any:
    """Return `v` in the structure of `x`, checked."""
    x = as_argument(x, 0)
    return replace_leaves(x, iter(same_structure(x, v, "the vector")), constants=lambda c: None)
