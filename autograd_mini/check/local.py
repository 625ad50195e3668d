"""One operation of a recorded function, alone: as a function of its own, with what its rule gives of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..graph import own_module
from ..transforms import vjp
from ..tree import leaves, replace_leaves
from ..view.calls import arguments as arguments_of
from .differences import finite_difference
from .orders import pulled
from .probe import coordinates, precise, raw
from .report import Pattern
from .walking import Record, Walked, passed_on, same, unsummed

Function = Callable[..., Any]
own_module(globals())
STILL = 1e-9  # the part of an array's size below which a movement is taken for rounding
WIDE = 1000  # the size up to which an argument is broadcast to look for a missing sum


class Local(NamedTuple):
    """One node's operation, as a function of its differentiated arguments alone.

    `kind` is equal for nodes whose rule uses the same lines on arrays of the same shapes and dtypes. With `tangents`,
    the function takes how far each argument moves along its own one.
    """

    node: Any
    function: Function
    points: tuple[Any, ...]
    labels: tuple[str, ...]
    kind: Any
    tangents: tuple[Any, ...] = ()

    @property
    def has_gauge(self) -> bool:
        """Whether its results may turn in phase from point to point, as complex eigenvectors do."""
        return self.node.results is not None and any(map(np.iscomplexobj, (*self.points, *self.tangents)))


class Pull(NamedTuple):
    """A function, what its results are weighted with, and the gradients that a rule gives of the weighted sum."""

    function: Function
    cotangent: Any
    gradients: list[Any]


def following(function: Function, arguments: tuple[Any, ...], draw: Function) -> Function:
    """Return the function that maps arguments to the pullback of a random cotangent."""
    return pulled(function, weighted(vjp(function, *arguments)[0], draw))


def weighted(tree: Any, draw: Function) -> Any:
    """Return random numbers in the place of the leaves of a tree."""
    return replace_leaves(tree, (draw(raw(x)) for _, x in leaves(tree)))


def locals_of(record: Record, walked: Walked) -> Iterator[Local]:
    """Iterate over the operations that a cotangent reaches, in the order of the code."""
    for node in reversed(record.order):
        if node in walked.totals and node.call is not None and node.op.rule is not None:
            yield local(node, record.on_path)


def local(node: Any, on_path: set[Any]) -> Local:
    """Return the operation of a node as a function of the arguments through which it depends on the leaves."""
    call, rule = node.call, node.op.rule
    known = arguments_of(node)
    places: list[tuple[str, int | None]] = []
    for name, inputs, _ in node.edges:
        if isinstance(inputs, tuple):
            places += [(name, i) for i, one in enumerate(inputs) if one in on_path]
        elif inputs in on_path:
            places.append((name, None))

    def function(*moved: Any) -> Any:
        given = dict(known)
        for (name, i), x in zip(places, moved, strict=True):
            if i is None:
                given[name] = x
            else:
                given[name] = [*given[name][:i], x, *given[name][i + 1 :]]
        keywords = {name: given.pop(name) for name in call.keywords}
        starred = () if rule.star is None else given.pop(rule.params[rule.star], ())
        result = call.function(*given.values(), *starred, **keywords)
        if "where" in keywords and isinstance(call.function, np.ufunc) and isinstance(result, (np.ndarray, np.generic)):
            result = np.where(keywords["where"], result, 0)  # the gaps, which NumPy leaves as they are
        return result

    function.__name__ = rule.name
    points = tuple(known[name] if i is None else known[name][i] for name, i in places)
    labels = tuple(name if i is None else f"{name}[{i}]" for name, i in places)
    return Local(node, function, points, labels, (rule, labels, *((np.shape(x), np.result_type(x)) for x in points)))


def along(one: Local, other: Local) -> Local:
    """Return an operation as a function of how far each argument moves towards that of another call of it.

    Some operations have no value as soon as their arguments leave, say, the symmetric matrices. The function that calls
    them keeps to these.
    """
    tangents = [np.asarray(y - x) for x, y in zip(one.points, other.points, strict=True)]
    sizes = [np.max(abs(np.asarray(x)), initial=0) for x in one.points]
    # An argument that moves by its rounding alone doesn't move.
    tangents = [v * (np.max(abs(v), initial=0) > STILL * size) for v, size in zip(tangents, sizes, strict=True)]

    def function(*steps: Any) -> Any:
        return one.function(*(x + t * v for x, t, v in zip(one.points, steps, tangents, strict=True)))

    function.__name__ = one.function.__name__
    return one._replace(function=function, points=(0.0,) * len(tangents), tangents=tuple(tangents))


def pull_of(one: Local, record: Record, walked: Walked, draw: Function, order: int) -> Pull:
    """Return what a node's rule gives: the lines alone at order 1, and at higher ones the pullback of a pullback.

    An operation with several results gets the cotangent that arrived at it, for these needn't be unique (the phase of
    an eigenvector): then only what the function makes of them has a derivative.
    """
    if order == 1:
        result = one.node.call.result
        g = walked.totals[one.node]
        if one.node.results is None:
            g = np.asarray(draw(result)).astype(result.dtype)[()]
        floating = (np.conj(part) for part in (g if isinstance(g, tuple) else (g,)) if part.dtype.kind in "fc")
        arrived = [arrival for _, arrival in passed_on(one.node, g, record.on_path)]
        summed = one.node.op.rule.broadcasts  # by the engine; of other rules the shape must be right
        cots = [np.conj(a.cot if summed or np.shape(a.returned) == np.shape(a.cot) else a.returned) for a in arrived]
        if one.tangents:
            cots = [coordinates([g]) @ coordinates([v]) for g, v in zip(cots, one.tangents, strict=True)]
        return Pull(one.function, replace_leaves(result, floating), cots)
    function = one.function
    for _ in range(order - 1):
        function = following(function, one.points, draw)
    value, pullback = vjp(function, *one.points)
    cotangent = weighted(value, draw)
    return Pull(function, cotangent, [raw(g) for g in pullback(cotangent)])


def suspicion(pull: Pull, points: Sequence[Any], rng: np.random.Generator) -> float:
    """Return how far a pull is off a difference along one random direction, relative to what is added up."""
    if any(np.shape(g) != np.shape(x) for g, x in zip(pull.gradients, points, strict=True)):
        return np.inf
    step, weights = 2.0**-17, coordinates(pull.cotangent)
    sizes = [np.maximum(abs(x), 1e-3 * (np.max(abs(x), initial=0) or 1)) for x in points]
    along = [rng.standard_normal(np.shape(x)) * size for x, size in zip(points, sizes, strict=True)]
    up, down = (coordinates(pull.function(*(precise(x) + h * t for x, t in zip(points, along, strict=True))))
                for h in (step, -step))  # fmt: skip
    if up.shape != weights.shape or down.shape != weights.shape:
        return 0.0
    change = weights * (up - down) / (2 * step)
    slope = np.concatenate([coordinates([g * t]) if not np.iscomplexobj(g) else np.real(np.conj(g) * t).reshape(-1)
                            for g, t in zip(pull.gradients, along, strict=True)])  # fmt: skip
    size = np.sum(abs(change)) + np.sum(abs(slope))
    off = abs(np.sum(change) - np.sum(slope)) / size if size else 0.0
    return float(off) if np.isfinite(off) else float(np.all(np.isfinite(change)))


def missing_sum(one: Local, label: str, pull: Pull) -> Pattern | None:
    """Look for a slice or a mean in place of the sum over axes that a function broadcast, a user's own perhaps.

    The cotangent that should be summed is that of the argument broadcast beforehand, by differences.
    """
    at, weights = one.labels.index(label), coordinates(pull.cotangent)
    x = one.points[at]

    def function(wide: Any) -> Any:
        return coordinates(one.function(*one.points[:at], wide, *one.points[at + 1 :]))

    for shape, put in ways_to_broadcast(one, np.shape(x)):
        try:
            wide = np.broadcast_to(x, shape)
            fits = same(function(put(wide)), coordinates(one.node.call.result))
        except Exception:  # of any kind: it is a user's function, perhaps, and doesn't broadcast that
            continue
        if fits and wide.size <= WIDE:
            slopes = finite_difference(lambda wide, put=put: weights @ function(put(wide)), wide).derivative
            part = unsummed(pull.gradients[at], slopes, np.shape(x))
            if part:
                return Pattern(label, "missing sum", f"{part} in place of the sum over the axes that were broadcast")
    return None


def ways_to_broadcast(one: Local, shape: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Callable[[Any], Any]]]:
    """Iterate over the shapes to which an operation may have broadcast an argument, and how it is then passed."""
    found = [np.shape(result) for _, result in leaves(one.node.call.result)][:1]
    cores = range(len(shape) + 1)
    found = [result[: len(result) - core] + shape[len(shape) - core :] for result in found for core in cores]
    shapes = [x.shape for x in one.node.call.arguments if isinstance(getattr(x, "shape", None), tuple)]
    try:
        found.append(np.broadcast_shapes(*shapes))
    except ValueError:  # its arguments have axes that aren't broadcast, as matrices have
        pass
    yield from ((wide, lambda x: x) for wide in dict.fromkeys(found) if wide != shape)
    if len(shape) == 1:  # a vector beside a stack of matrices: a stack of columns, or of rows
        for stack in dict.fromkeys(other[:-2] for other in shapes if len(other) > 2):
            yield stack + shape, lambda x: x[..., :, None]
            yield stack + shape, lambda x: x[..., None, :]
