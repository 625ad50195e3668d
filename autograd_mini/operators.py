"""What makes a Value look like an array: operators, ndarray methods, conversions, formatting.

Everything here is said through NumPy's own functions, which record. The engine replaces the operators of functions
with one or two arguments by recorders that skip NumPy's dispatch (the table `DIRECT`).
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from .errors import ConversionRefused, InvalidInput
from .primitives import Recorded, cast, getitem, relu, sigmoid, unstack
from .refusals import asking_function, scipy_namesake
from .registry import UNREACHED
from .rewriting import rewritten

# Operators whose recorder may be called directly, and how two plain numbers are combined: Python's own operators on
# NumPy scalars are about five times faster than the ufunc.
DIRECT: dict[Callable[..., Any], tuple[str, ...]] = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.true_divide: ("__truediv__", "__rtruediv__"),
    np.power: ("__pow__", "__rpow__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
    np.negative: ("__neg__",),
    np.absolute: ("__abs__",),
    np.tanh: ("tanh",),
    np.exp: ("exp",),
    np.log: ("log",),
    relu: ("relu",),
    sigmoid: ("sigmoid",),
}
SCALAR: dict[Callable[..., Any], Callable[[Any, Any], Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
}


# Methods of arrays that a Value hasn't got, since they write, and what to write instead.
IN_PLACE = {
    "fill": "v = np.full_like(v, number)",
    "partition": "v = np.partition(v, k)",
    "put": "v = np.reshape(am.set_at(np.ravel(v), indices, new), v.shape)",
    "resize": "v = np.resize(v, shape), which repeats the elements",
    "sort": "v = np.sort(v)",
}
_FLOAT_INSTEAD = "v.item() for the bare number; np.sin(v), not math.sin(v); am.set_at(a, i, v) for a[i] = v"


class ArrayOperators(Recorded):
    """The array interface of a Value, in terms of NumPy functions."""

    __slots__ = ()
    _raw: Any
    _node: Any

    # Arithmetic. Reflected forms are reached only with a left operand that doesn't dispatch itself.
    def __add__(self, other: Any) -> Any:
        return np.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return np.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return np.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return np.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return np.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return np.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return np.true_divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return np.true_divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return np.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return np.floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return np.remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return np.remainder(other, self)

    def __divmod__(self, other: Any) -> Any:
        return np.floor_divide(self, other), np.remainder(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return np.floor_divide(other, self), np.remainder(other, self)

    def __pow__(self, other: Any) -> Any:
        return np.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return np.power(other, self)

    def __round__(self, digits: int | None = None) -> Any:
        return np.round(self, digits or 0)

    def __matmul__(self, other: Any) -> Any:
        return np.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return np.matmul(other, self)

    def __neg__(self) -> Any:
        return np.negative(self)

    def __pos__(self) -> Any:
        return np.positive(self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    # Comparisons compare the data: their results have no derivative.
    def __eq__(self, other: object) -> Any:
        if other is None or isinstance(other, (str, bytes)):
            return NotImplemented
        return np.equal(self, other)

    def __ne__(self, other: object) -> Any:
        if other is None or isinstance(other, (str, bytes)):
            return NotImplemented
        return np.not_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return np.less(self, other)

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return np.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self, other)

    __hash__ = object.__hash__

    # What an array tells of itself.
    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        shape: tuple[int, ...] = self._raw.shape
        return shape

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the data."""
        return self._raw.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._raw.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self._raw.size)

    @property
    def T(self) -> Any:
        """The array with its axes reversed."""
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        """The array with its last two axes exchanged."""
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        """The real part."""
        return np.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return np.imag(self)

    def __len__(self) -> int:
        return len(self._raw)

    def __bool__(self) -> bool:
        return bool(self._raw)

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a Value of shape (): it is a single number")
        return iter(unstack(self))

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(np.equal(self, x)))

    # Methods that aren't simply the NumPy function of the same name.
    def relu(self) -> Any:
        """Return max(x, 0), with slope 0 at 0."""
        return relu(self)

    def sigmoid(self) -> Any:
        """Return 1 / (1 + exp(-x))."""
        return sigmoid(self)

    def reshape(self, *sizes: Any, shape: Any = None, order: Any = "C") -> Any:
        """Return the same elements in another shape (`np.reshape`)."""
        if shape is None:
            shape = sizes[0] if len(sizes) == 1 else sizes
        return np.reshape(self, shape) if order == "C" else np.reshape(self, shape, order=order)

    def transpose(self, *axes: Any) -> Any:
        """Return the array with its axes permuted (`np.transpose`)."""
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Return the array in another dtype; a cast to integers or booleans has no derivative."""
        if np.dtype(dtype).kind not in "biufc":
            raise InvalidInput(
                f"astype({np.dtype(dtype)}) of {self!r}", "a Value holds numbers", f"v.data.astype({np.dtype(dtype)})"
            )
        return cast(self, np.dtype(dtype))

    def clip(self, min: Any = None, max: Any = None, **keywords: Any) -> Any:
        """Return the elements within bounds (`np.clip`)."""
        return np.clip(self, min, max, **keywords)

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """Return the slices along an axis where a condition holds (`np.compress`)."""
        return np.compress(condition, self, axis)

    def flatten(self, order: Any = "C") -> Any:
        """Return the elements as one axis (`np.ravel`)."""
        return np.ravel(self) if order == "C" else np.ravel(self, order=order)

    def item(self, *index: Any) -> Any:
        """Return one element as a Python number, without its history."""
        return self._raw.item(*index)

    def tolist(self) -> Any:
        """Return the data as nested lists of Python numbers, without their history."""
        return self._raw.tolist()

    # Conversions work where no gradient is lost by them, else they say what to write.
    @property
    def _recorded(self) -> bool:
        return self._node is not None and self._node.op.kind != "zero"

    def _convert(self, wanted: str, instead: str) -> Any:
        if self._recorded:
            raise ConversionRefused(f"{wanted} of {self!r}", "it would drop the gradient in silence", instead)
        return self._raw

    def __float__(self) -> float:
        return float(self._convert("float()", _FLOAT_INSTEAD))

    def __int__(self) -> int:
        return int(self._convert("int()", "int(v.item()) for the bare number"))

    def __index__(self) -> int:
        return operator.index(self._convert("an index", "int(v.item()) for the bare number"))

    def __complex__(self) -> complex:
        return complex(self._convert("complex()", "v.item() for the bare number; np.exp(v), not cmath.exp(v)"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if not self._recorded:
            return np.array(self._raw, dtype=dtype, copy=copy)
        asked = asking_function()
        known = UNREACHED.get(asked)
        return self._convert(
            f"conversion by {asked}" if known else "conversion to a NumPy array",
            scipy_namesake(sys._getframe(1))
            or known
            or ("p.coeffs for an np.poly1d p, am.Value(p) beside a Value" if asked.startswith("numpy.poly") else "")
            or "v.data for the bare array, v itself for np.asarray(v); am.array([v, w]) or np.stack([v, w]) to put"
            " Values together; am.set_at(a, i, v) for a[i] = v; np.dot(a, v) for a.dot(v); v * np.arange(n)",
        )

    def __setitem__(self, index: Any, new: Any) -> NoReturn:
        raise InvalidInput(
            f"assignment to elements of {self!r}",
            "what was computed from it would no longer match what was recorded",
            f"{rewritten() or 'v = am.set_at(v, index, new)'}; v.data[index] = new to change a leaf between passes",
        )

    def __delitem__(self, index: Any) -> NoReturn:
        raise InvalidInput(f"deletion of elements of {self!r}", "an array keeps its length", "v = np.delete(v, index)")

    def __getattr__(self, name: str) -> Any:
        hint = ""
        if name in IN_PLACE:
            hint = f": it would write in place; {IN_PLACE[name]}, or v.data.{name} to change a leaf between passes"
        elif hasattr(np.ndarray, name):
            hint = f"np.{name}(v) may be" if hasattr(np, name) else f"v.data.{name} is that of the bare array"
            hint = f": it is not covered as a method; {hint}"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __format__(self, spec: str) -> str:
        return format(self._raw, spec) if spec else str(self._raw)

    def __repr__(self) -> str:
        if self.shape == ():
            text = str(np.asarray(self._raw).item()) if self.dtype.itemsize > 4 else str(self._raw)
        else:
            text = np.array2string(
                np.asarray(self._raw), threshold=20, edgeitems=2, precision=6, separator=", ", prefix="Value("
            )
        return f"Value({text}{self._details()})"

    def _details(self) -> str:
        node, kind = self._node, self._raw.dtype
        parts = [] if kind == np.float64 else [f"dtype={kind}"]
        if self._raw.size > 20 or not self._raw.size:
            parts.append(f"shape={self.shape}")
        if node is None:
            parts.append("constant")
        elif node.name:
            parts.append(f"name={node.name!r}")
        elif node.op.kind not in ("leaf", "active leaf", "link"):
            parts.append(f"op={node.op.name.rpartition('.')[2]}")
        return "".join(f", {part}" for part in parts)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__doc__ = f"Call `np.{function.__name__}` on this Value."
    return method


# The ndarray methods that are the NumPy function of the same name, and the usual elementwise functions.
METHODS = [
    "sum", "prod", "mean", "var", "std", "max", "min", "cumsum", "cumprod", "all", "any", "argmax", "argmin",
    "argsort", "argpartition", "searchsorted", "nonzero", "round", "ravel", "squeeze", "swapaxes",
    "repeat", "take", "choose", "diagonal", "trace", "dot", "copy", "exp", "log", "tanh", "sqrt", "conj",
    "conjugate",
]  # fmt: skip
for _name in METHODS:
    setattr(ArrayOperators, _name, _method(getattr(np, _name)))


def plain(x: Any) -> Any:
    """Return an array of a subclass as a plain one, whose operators mean what the rules say.

    Raises
    ------
    InvalidInput
        If it is a masked array.
    """
    if not isinstance(x, np.ndarray) or type(x) is np.ndarray:
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise InvalidInput(
            f"a masked array of shape {x.shape}",
            "its mask would be lost on the way back",
            "np.where(mask, 0.0, x), with the mask as an array of its own",
        )
    return np.asarray(x)
