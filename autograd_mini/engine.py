"""The engine: `Value`, the handle that a user holds, and its backward pass.

Its NumPy protocols, by which calls are recorded, come from `recording`.
"""

from __future__ import annotations

import sys
import threading
import warnings
from typing import Any

import numpy as np

from . import operators
from .errors import BackwardError, InvalidInput, ShapeError, ZeroGradientWarning
from .graph import ACTIVE, LEAF, LINK, Node, behind, collect, locate, note_change, own_module, user_depth
from .primitives import contains_value, is_foreign, of_the_library
from .pulling import run, unlock_after_pass

float64, ndarray = np.float64, np.ndarray
ZEROS = object()  # a leaf's gradient that is known to be zero, before its shape is looked up
own_module(globals())

# ------------------------------------------------------------------------------------------------- The Value


class Value(operators.ArrayOperators):
    """A number or an array that remembers how it was computed.

    Parameters
    ----------
    data : number or array_like of real or complex numbers
        A Python number counts as float64; integers become float64. An array is copied, so that it is the Value's
        own (see `copy`).
    name : str, optional
        Shown in drawings, reports and messages.
    copy : bool, default True
        Whether to copy an array; False shares it.

    Attributes
    ----------
    data : ndarray or NumPy scalar
        The number or array itself.
    grad : ndarray, NumPy scalar or None
        The gradient that `backward` left, with the shape and dtype of `data`. For complex z = a + ib it is
        df/da + i df/db, the direction of steepest ascent.

    Raises
    ------
    InvalidInput
        If the data is not numeric, is a Value already, or contains Values.

    Examples
    --------
    >>> import numpy as np
    >>> x = Value([1.0, 2.0], name="x")
    >>> y = np.sum(x**2)
    >>> y.backward()
    >>> y, x.grad
    (Value(5.0, op=sum), array([2., 4.]))
    """

    __slots__ = ("__weakref__", "_node", "_raw")
    _raw: Any
    _node: Any

    def __init__(self, data: Any, name: str | None = None, copy: bool = True) -> None:
        self._raw = leaf_data(data, copy)
        self._node = node = Node(LEAF)
        if name is not None:
            node.name = name
        locate(node)

    @property
    def data(self) -> Any:
        """The number or array itself. Assigning rebinds it; `p.data -= step` changes it in place, and is counted."""
        return self._raw

    @data.setter
    def data(self, new: Any) -> None:
        node = self._node
        if new is self._raw:
            note_change(new, sys._getframe(1))
            return
        if node is not None and node.op is not LEAF:
            raise BackwardError(
                f"the data of {self!r} can't be replaced",
                "it is the result of an operation, and the graph would no longer tell how it was computed",
                "am.Value(new) for a new leaf, or v.detach() to go on without the graph",
            )
        if isinstance(new, Value):
            raise InvalidInput("data can't be a Value", "it holds the raw number or array", "p.data = v.data")
        if np.shape(new) != self.shape:
            raise ShapeError(
                f"data of shape {np.shape(new)} for a Value of shape {self.shape}",
                "its gradient and an optimiser's state would no longer fit",
                "am.Value(new) for a new leaf",
            )
        if not hasattr(new, "dtype") or new.dtype != self.dtype:
            new = np.asarray(new).astype(self.dtype, casting="same_kind")
        self._raw = new[()] if isinstance(self._raw, np.generic) else new

    @property
    def grad(self) -> Any:
        """The gradient that `backward` left, or None."""
        node = self._node
        found = None if node is None else node.grad
        if found is ZEROS:
            found = node.grad = np.zeros_like(self._raw)[()]
        if is_foreign(found) and not is_foreign(self._raw):
            found = node.grad = np.array(found)[()]  # an array of another library met this one on the way
        if isinstance(found, np.generic) and type(self._raw) is ndarray:
            found = node.grad = np.array(found)  # an array of shape () can be written to, so its gradient can
        return found

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not None and np.shape(new) not in ((), self.shape):
            raise ShapeError(
                f"a gradient of shape {np.shape(new)} for a Value of shape {self.shape}",
                "the next backward pass adds to it, and an optimiser subtracts it from the data",
                "p.grad = None to forget it, or an array of the shape of the data",
            )
        if self._node is not None:
            self._node.grad = new
        elif new is not None:
            raise BackwardError(f"{self!r} can't have a gradient", "it is a constant", "am.Value(v.data) for a leaf")

    @property
    def node(self) -> Any:
        """The record of how this Value was computed, or None for a constant."""
        return self._node

    @property
    def name(self) -> str | None:
        """The name under which drawings, reports and messages show this Value."""
        return None if self._node is None else self._node.name

    @name.setter
    def name(self, name: str | None) -> None:
        if self._node is not None:
            self._node.name = name

    def backward(self, seed: Any = None) -> None:
        """Compute the gradient of this Value with respect to everything it was computed from, into `.grad`.

        Leaves accumulate over calls; intermediate Values that are still held are overwritten.

        Parameters
        ----------
        seed : array_like, optional
            The gradient of the final quantity with respect to this Value, of its shape; needed unless it is a
            single number, where it is 1.

        Raises
        ------
        BackwardError
            If this Value is not a single real number and no seed is given, if it is a constant, or inside a
            transform that differentiates what it was computed from.
        ShapeError
            If the seed's shape is not this Value's.
        StaleDataError
            If an array that a rule saved was changed in place since.

        Examples
        --------
        >>> w = Value(3.0)
        >>> (w * w).backward()
        >>> w.grad
        np.float64(6.0)
        """
        backward(self, seed)

    def zero_grad(self) -> None:
        """Forget the gradient, so that the next `backward` starts afresh."""
        self.grad = None

    def detach(self) -> Value:
        """Return the same data as a constant: no gradient flows through it, and it converts freely."""
        return join(self._raw, None)


def leaf_data(data: Any, copy: bool = True) -> Any:
    """Return a user's data as a leaf keeps it: floating or complex, and its own."""
    if isinstance(data, Value):
        raise InvalidInput(
            f"{data!r} is a Value already",
            "a Value made of a Value would lose its history",
            "v.detach() for a constant, am.Value(v.data) for a new leaf with a copy of the data",
        )
    if type(data) in (int, float):
        return float64(data)
    if not hasattr(data, "dtype") or not hasattr(data, "shape"):
        if contains_value(data):
            raise InvalidInput(
                "a Value can't be made of a list of Values",
                "it would lose their history",
                "am.array([v, w]) or np.stack([v, w])",
            )
        data, copy = np.asarray(data), False
        data = data if data.ndim or data.dtype == object else data[()]
    data = operators.plain(data)
    if data.dtype.kind in "iu":
        return data.astype(float64)
    if data.dtype.kind not in "fc":
        shown = (
            repr(np.asarray(data).item())
            if data.shape == ()
            else f"an array of shape {data.shape} and dtype {data.dtype}"
        )
        raise InvalidInput(
            f"a Value can't be made of {shown}",
            "only real and complex numbers can be differentiated",
            "float(x) of a number; am.grad and its relatives take dicts, lists, tuples and dataclasses of numbers too"
            if data.dtype.kind == "O"
            else "x.astype(float), or use it as it is: raw arrays and numbers are constants",
        )
    return data.copy() if copy and hasattr(data, "copy") else data


def join(data: Any, node: Node | None) -> Value:
    """Return a Value for the result of a node; None makes it a constant."""
    value = Value.__new__(Value)
    value._raw, value._node = data, node
    return value


def start_leaf(data: Any, outer: Node | None = None) -> Value:
    """Return a fresh leaf of a transform, linked to the node of an outer Value where there is one."""
    node = Node(ACTIVE)
    node.in1 = outer
    return join(data, node)


def close_leaf(leaf: Value) -> None:
    """End a transform's forward pass: other passes see its leaf as a link to the outer node from now on."""
    leaf._node.op = LINK


# -------------------------------------------------------------------------------------------- The backward pass

_writing = threading.Lock()


def backward(value: Value, seed: Any = None) -> None:
    """Run a first-order backward pass from a Value and write the gradients (see `Value.backward`)."""
    root = value._node
    if root is None:
        raise BackwardError(
            f"{value!r} is a constant",
            "it was not computed from a Value that can be differentiated, or under no_grad",
            "make the inputs am.Value(...), and compute the result from them outside no_grad",
        )
    walk = collect([root])
    walk.cots[root] = as_seed(value, seed)
    kept: list[tuple[Node, Any]] = []
    run(walk.order, walk.cots, kept=kept, shared=walk.shared)
    unlock_after_pass()
    with _writing:
        while kept:
            node, g = kept.pop()
            g = own(g)
            old = node.grad if node.op is LEAF else None
            node.grad = g if old is None else old + g
    if walk.blocked:
        warn_zero(walk.blocked, set(walk.order))


def as_seed(value: Value, seed: Any) -> Any:
    """Return the cotangent that starts a backward pass, inside the engine's convention (unconjugated)."""
    data = value._raw
    if seed is None:
        if data.size != 1 or data.dtype.kind == "c":
            kind = f"dtype {data.dtype}" if data.size == 1 else f"shape {data.shape}"
            raise BackwardError(
                f"backward() of a Value of {kind} needs a seed",
                "only a single real number has a gradient of its own",
                "np.sum(v).backward(), or v.backward(seed) with the gradient of the final number with respect to v",
            )
        return one_like(data)
    seed = seed._raw if isinstance(seed, Value) else seed if hasattr(seed, "dtype") else np.asarray(seed)
    seed = of_the_library(seed, data)
    if seed.shape != data.shape:
        raise ShapeError(
            f"a seed of shape {seed.shape} for a Value of shape {data.shape}",
            "the seed is the gradient of the final number with respect to this Value",
            f"a seed of shape {data.shape}",
        )
    seed = seed.real if seed.dtype.kind == "c" and data.dtype.kind != "c" else seed
    seed = seed.astype(data.dtype)
    return np.conj(seed) if data.dtype.kind == "c" else seed if seed.shape else seed[()]


def one_like(data: Any) -> Any:
    """Return the gradient of a single number with respect to itself, also where it is the only one of an array."""
    return np.ones_like(data) if data.shape else of_the_library(data.dtype.type(1), data)


def own(g: Any) -> Any:
    """Return a gradient as the user's own writable array (conjugated if complex), copied only if it is shared."""
    if g.dtype.kind == "c":
        return np.conj(g)
    if type(g) is ndarray:
        if not g.shape:
            return g[()]
        if g.base is not None or not g.flags.writeable or sys.getrefcount(g) > _SOLE:
            return g.copy()
    return g


def _count(pairs: list[tuple[Any, Any]]) -> int:
    """Count the references to an array that nobody else holds, where `own` counts them and called as `own` is."""

    def look(g: Any) -> int:
        return sys.getrefcount(g)

    _, g = pairs.pop()
    g = look(g)
    return int(g)


_SOLE = _count([(None, np.empty(1))])


def warn_zero(blocked: list[Any], reached: set[Any]) -> None:
    """Warn of leaves that are reached only through functions without a derivative, and give them a zero gradient."""
    nodes, names = behind(blocked)
    lost = [node for node in nodes if node.op is LEAF and node not in reached]
    for node in lost:
        if node.grad is None:
            node.grad = ZEROS
    if lost:
        zero_warning([node.name for node in lost], names)


def zero_warning(leaves: list[str | None], functions: list[str]) -> None:
    """Say that a gradient is zero only because of functions without a derivative."""
    who = ", ".join(name for name in leaves if name) or "an argument"
    warnings.warn(
        f"the gradient of {who} is zero: every path to it passes {' or '.join(functions)}, whose derivative is zero"
        " wherever it exists. A smooth function in its place (a sigmoid for a threshold) has a gradient.",
        ZeroGradientWarning,
        stacklevel=user_depth(1) + 1,
    )
