"""The NumPy protocols: what happens when a function is called with a Value (NEP 13 for ufuncs, NEP 18 for the rest).

A function with a rule is recorded. One that is composed of others is called in their terms, one whose derivative is
zero gives a constant, one that only looks gets the raw data. Anything else is refused at once.
"""

from __future__ import annotations

from inspect import CO_VARARGS, CO_VARKEYWORDS
from sys import _getframe as getframe
from typing import Any

import numpy as np

from . import refusals
from .engine import Value
from .graph import OWN, ZERO, own_module, user_depth
from .primitives import contains_value
from .recording import FAST, record_call, wrap, zero_result
from .registry import ARRAYS, COMPOSED, PLAIN, REAL_ONLY, REFUSED, RULES, import_rules, qualified_name, signature_of
from .registry import ZERO as ZERO_FUNCTIONS
from .state import current

own_module(globals())

# The methods of ufuncs that are NumPy functions by another name.
UFUNC_METHODS = {
    (np.add, "reduce"): np.sum, (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max, (np.minimum, "reduce"): np.min,
    (np.add, "accumulate"): np.cumsum, (np.multiply, "accumulate"): np.cumprod,
}  # fmt: skip


def dispatch_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record a call of a ufunc or of one of its methods."""
    kwargs = {name: x for name, x in kwargs.items() if x is not None or name == "axis"}  # axis=None is every axis
    if "out" in kwargs:
        refusals.refuse_out(f"numpy.{ufunc.__name__}")
    if method == "outer":
        a, b = inputs
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kwargs)
    if (ufunc, method) in ((np.maximum, "reduce"), (np.minimum, "reduce")):  # np.max takes no dtype
        kwargs = dict(zip(("axis", "dtype", "out", "keepdims", "initial", "where"), inputs[1:], strict=False)) | kwargs
        dtype, inputs = kwargs.pop("dtype", None), inputs[:1]
        inputs = inputs if dtype is None else (inputs[0].astype(dtype),)
    if method == "accumulate" and np.ndim(inputs[0]) == 0:
        ufunc.accumulate(1.0)  # raises: there is no axis
    equivalent: Any = UFUNC_METHODS.get((ufunc, method))
    if equivalent is not None:
        return equivalent(inputs[0], *inputs[1:], **({} if len(inputs) > 1 else {"axis": 0}) | kwargs)
    if method in COMPOSED:
        return COMPOSED[method](ufunc, *inputs, **kwargs)
    if method == "at":
        instead = f"am.set_at(a, i, np.{ufunc.__name__}(a[i], v)), for indices i that don't repeat"
        refusals.refuse_function(f"{qualified_name(ufunc)}.at", instead)
    if method != "__call__":
        refusals.refuse_uncovered(f"{qualified_name(ufunc)}.{method}", inputs, kwargs, method=True)
    rule = RULES.get(ufunc)
    if rule is None:
        return call_without_rule(ufunc, inputs, kwargs)
    if ufunc.signature and not kwargs.keys().isdisjoint(("axis", "axes", "keepdims")):
        return COMPOSED["axes"](ufunc, *inputs, **kwargs)
    return record_call(rule, inputs, kwargs)


def call_without_rule(function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function without a rule: one made of others, one of zero derivative or that only looks; or refuse."""
    if function in COMPOSED:
        return call_composed(function, args, kwargs)
    found: list[Value] = []
    arguments = raw(tuple(args), found)
    keywords = {name: raw(x, found) for name, x in kwargs.items()}
    mode = current()
    floor = 0 if mode is None else mode.floor
    hidden = [v._node for v in found if v._node is not None and v._node.number >= floor]
    if function in REFUSED:
        refusals.refuse_function(qualified_name(function), REFUSED[function])
    if function in PLAIN:
        return function(*arguments, **keywords)
    if function in ZERO_FUNCTIONS:
        if kwargs.get("out") is not None:
            refusals.refuse_out(qualified_name(function))
        result = function(*arguments, **keywords)
        if not hidden:
            return result
        if function in REAL_ONLY and np.iscomplexobj(result):
            refusals.refuse_complex(qualified_name(function), REAL_ONLY[function])
        return wrap(result, lambda part, _: zero_result(qualified_name(function), hidden, part))
    if all(node.op is ZERO for node in hidden):
        return function(*arguments, **keywords)
    if import_rules(qualified_name(function)):
        rule = RULES.get(function)
        return call_without_rule(function, args, kwargs) if rule is None else record_call(rule, args, kwargs)
    return refusals.refuse_uncovered(qualified_name(function), args, kwargs)


def call_composed(function: Any, args: Any, kwargs: Any) -> Any:
    """Call what a function is composed of, in its place."""
    composition = COMPOSED[function]
    names, _ = signature_of(composition)
    if kwargs.get("out") is not None:
        refusals.refuse_out(qualified_name(function))
    if len(args) > len(names) and not composition.__code__.co_flags & CO_VARARGS:
        own, defaults = signature_of(function)
        for name, x in zip(own[len(names) :], args[len(names) :], strict=False):
            if x is not defaults.get(name, x):
                refusals.refuse_uncovered(qualified_name(function), args, kwargs)
        args = args[: len(names)]
    for name, x in list(kwargs.items()):
        if name not in names and not composition.__code__.co_flags & CO_VARKEYWORDS:
            if x is not signature_of(function)[1].get(name, signature_of):
                refusals.refuse_uncovered(qualified_name(function), args, {name: x})
            kwargs = {other: y for other, y in kwargs.items() if other != name}  # its default says nothing
    arrays = ARRAYS[composition]
    args = [as_floats(x) if name in arrays else x for name, x in zip((*names, *("" for _ in args)), args, strict=False)]
    return composition(*args, **{name: as_floats(x) if name in arrays else x for name, x in kwargs.items()})


def as_floats(x: Any) -> Any:
    """Return a list of numbers, a number or an array of integers as an array of floats; anything else as it is."""
    if x is None or isinstance(x, Value) or (hasattr(x, "dtype") and x.dtype.kind not in "iu") or contains_value(x):
        return x
    if isinstance(x, (bool, int, float)):
        return float(x)  # which leaves the dtype of arrays to them
    made = np.asarray(x)
    return made.astype(np.float64) if made.dtype.kind in "iu" else made


def raw(x: Any, found: list[Value]) -> Any:
    """Return an argument with raw data for each Value in it, which is added to `found`."""
    if isinstance(x, Value):
        found.append(x)
        return x._raw
    if type(x) in (list, tuple):
        return type(x)([raw(item, found) for item in x])
    return x


def array_ufunc(self: Value, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Receive a ufunc that was called with a Value (NEP 13)."""
    if method == "__call__" and not kwargs:
        fast = FAST[ufunc]
        if fast is not None:
            # The usual depth is found without a call, which is a tenth of what the record of a small array costs.
            return fast(*inputs, depth=2 if id(getframe(1).f_globals) not in OWN else user_depth(1) + 1)
    return dispatch_ufunc(ufunc, method, inputs, kwargs)


def array_function(self: Value, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Receive any other NumPy function, or a primitive, that was called with a Value (NEP 18)."""
    rule = RULES.get(function)
    if rule is not None and not kwargs and len(args) == len(rule.params) and FAST[function] is not None:
        return FAST[function](*args, depth=user_depth(1) + 1)
    if rule is None:
        return call_without_rule(function, args, kwargs)
    return record_call(rule, args, kwargs)


setattr(Value, "__array_ufunc__", array_ufunc)  # noqa: B010 - the class stands in a module above this one
setattr(Value, "__array_function__", array_function)  # noqa: B010
