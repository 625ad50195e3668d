"""Recording: how a call of a function on Values becomes a node. The operators of `Value` get their fast paths here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import operators, refusals
from .anomaly import refuse_value
from .engine import Value, join
from .errors import InvalidInput, ShapeError
from .fast import record_one, record_two
from .graph import ZERO, Call, CallNode, Node, find_op, locate, own_module
from .primitives import contains_value, is_foreign
from .pulling import pick, refuse_numpy
from .registry import PREPARED, RULES, Rule, listeners
from .state import current, listening

ndarray = np.ndarray
own_module(globals())
# ------------------------------------------------------------------------------------------ Recording any call


def record_call(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function on the raw arguments and record the call by the names in its rule."""
    mode = current()
    floor = 0 if mode is None else mode.floor
    prepare = PREPARED.get(rule.function)
    if prepare is not None:
        prepared = prepare(*args, **kwargs)
        if isinstance(prepared, Value):
            return prepared
        args, kwargs = prepared
    star, names = rule.star, rule.params
    given = args if star is None else (*args[:star], args[star:])
    if len(given) > len(names):
        refusals.refuse_argument(rule, f"number {len(names) + 1}", given[len(names)])
    raw: dict[str, Any] = dict(zip(names, given, strict=False))
    if kwargs:
        raw.update(kwargs)
        for name in kwargs.keys() - rule.known:
            refusals.refuse_argument(rule, name, kwargs[name])
    if raw.get("out") is not None:
        refusals.refuse_out(rule.name)
    for name in rule.overwrites:
        if name in raw:
            raw[name] = False
    edges: list[tuple[str, Any, Any]] = []
    inputs: list[Node] = []
    hidden: list[Node] = []
    for name, arg in raw.items():
        if isinstance(arg, Value):
            raw[name] = arg._raw
            one = arg._node
            if one is None or one.number < floor:
                continue
            if name in rule.pullbacks:
                edges.append((name, one, (arg._raw.shape, arg._raw.dtype)))
                inputs.append(one)
            elif name in rule.constants or one.op is ZERO:
                hidden.append(one)
            else:
                refusals.refuse_argument(rule, name, arg)
        elif type(arg) in (list, tuple):
            raw[name], ones, likes = unpack(arg, floor)
            if ones is None:
                line = rule.pullbacks.get(name)
                if isinstance(rule.function, np.ufunc) or (line is not None and "wanted" not in line.names):
                    raw[name] = np.asarray(arg)
            elif name in rule.pullbacks and "wanted" in rule.pullbacks[name].names:
                edges.append((name, ones, likes))
                inputs += [one for one in ones if one is not None]
            elif star is not None and name == names[star]:
                refusals.refuse_argument(rule, name, arg)
            else:
                return record_call(rule, *stacked(rule, args, kwargs))
        elif isinstance(arg, ndarray) and type(arg) is not ndarray:
            raw[name] = operators.plain(arg)

    keywords = {name: raw[name] for name in kwargs}
    arguments = tuple(raw.values())[: len(given)]
    if star is not None and len(given) > star:
        arguments = (*arguments[:star], *arguments[star])
    if "where" in keywords and isinstance(rule.function, np.ufunc):
        none = (None,) * rule.function.nout if rule.function.nout > 1 else None  # says that gaps are intended
        result = rule.compute(*arguments, **keywords, out=none)
        chosen = keywords["where"]
        if isinstance(result, tuple):
            result = tuple(np.where(chosen, part, np.zeros((), part.dtype)) for part in result)
        else:
            result = np.where(chosen, result, np.zeros((), result.dtype))
    else:
        result = rule.compute(*arguments, **keywords)
    result = checked_result(result, rule)
    if not is_foreign(result[0] if isinstance(result, (tuple, list)) and result else result):
        for name, ones, _ in edges:
            if any(map(is_foreign, raw[name])) if isinstance(ones, tuple) else is_foreign(raw[name]):
                refuse_numpy(rule, f"its argument {name}: {refusals.describe(raw[name])}")
    if not isinstance(result, (tuple, list)) and result.dtype.kind not in "fc":
        hidden, inputs = [*hidden, *inputs], []  # integers carry no gradient
    if not inputs:
        if not hidden:
            return wrap(result, lambda part, _: join(part, None) if is_floating(part) else part)
        return zero_result(rule.name, hidden, result)

    several = isinstance(result, (tuple, list))
    node: Any = CallNode(find_op("call", rule))
    node.edges, node.hidden = tuple(edges), tuple(hidden)
    node.saved = what_to_save(rule, edges, raw, result)
    locate(node)
    if several:
        node.results = tuple((np.shape(part), getattr(part, "dtype", None)) for part in result)
    if mode is not None:
        switched_on(mode, node, Call(rule.function, arguments, keywords, result))
    if not several:
        return join(result, node)
    return wrap(result, lambda part, i: join(part, pick(node, i)) if is_floating(part) else part)


def is_floating(x: Any) -> bool:
    """Whether something is a number or array that can carry a gradient."""
    return getattr(x, "dtype", None) is not None and x.dtype.kind in "fc"


def checked_result(result: Any, rule: Rule) -> Any:
    """Return what a function gave, with Python numbers as NumPy scalars.

    Raises
    ------
    InvalidInput
        If it is a Value, an array of something else than numbers, or not an array at all.
    """
    if isinstance(result, (tuple, list)):
        parts = [np.float64(part) if type(part) is float else part for part in result]
        if not any(isinstance(part, Value) for part in parts):
            return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    elif isinstance(result, (bool, int, float, complex)):
        return np.asarray(result)[()]
    elif hasattr(result, "dtype") and not isinstance(result, Value) and result.dtype.kind in "biufc":
        return result
    raise InvalidInput(
        f"{rule.name} returned {refusals.describe(result)} from raw arguments",
        "a function with a rule maps numbers and arrays to numbers and arrays",
        "Values as arguments of their own, not inside a dict or a closure; arrays of numbers, not of objects or texts",
    )


def unpack(items: Any, floor: float) -> tuple[Any, Any, Any]:
    """Return a list of arguments as raw data, with the nodes and the shapes and dtypes of its Values (or None)."""
    if not any(isinstance(item, Value) for item in items):
        return items, (None if not contains_value(items) else ()), None
    data = [item._raw if isinstance(item, Value) else item for item in items]
    ones = [item._node if isinstance(item, Value) else None for item in items]
    ones = [one if one is not None and one.number >= floor else None for one in ones]
    likes = [None if one is None else (np.shape(x), x.dtype) for one, x in zip(ones, data, strict=True)]
    return (data if type(items) is list else tuple(data)), tuple(ones), likes


def stacked(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call with each list of Values as one Value, where one array is expected."""

    def one(name: str, arg: Any) -> Any:
        if type(arg) in (list, tuple) and contains_value(arg):
            if name not in rule.pullbacks:
                refusals.refuse_argument(rule, name, arg)
            return array(arg)
        return arg

    names = (*rule.params, *[""] * len(args))
    return tuple(map(one, names, args)), {name: one(name, arg) for name, arg in kwargs.items()}


def what_to_save(rule: Rule, edges: list[Any], raw: dict[str, Any], result: Any) -> dict[str, Any]:
    """Return what the lines in use name, and every number of a call on numbers alone."""
    saved: dict[str, Any] = {}
    for name, _, _ in edges:
        for need in rule.pullbacks[name].names:
            if need in saved or need == "wanted":
                continue
            if need == "out":
                saved[need] = result
            elif need in raw:
                if raw[need] is not np._NoValue:  # NumPy's own word for an argument that wasn't given
                    saved[need] = raw[need]
            elif need in rule.defaults:
                saved[need] = rule.defaults[need]
            elif need.endswith("_shape") and need[:-6] in raw:
                whole = raw[need[:-6]]
                listed = "wanted" in rule.pullbacks[name].names and isinstance(whole, (list, tuple))
                saved[need] = [np.shape(x) for x in whole] if listed else np.shape(whole)
    if isinstance(rule.function, np.ufunc) and "where" in raw:
        saved["where"] = raw["where"]
    if isinstance(result, np.generic) and all(isinstance(x, (float, int, np.generic)) for x in raw.values()):
        saved.update(raw, out=result)
    return saved


def record_mixed(rule: Rule, x1: Any, x2: Any) -> Any:
    """Record a function of a Value and something that isn't a plain number or array, if NumPy would take it."""
    for x in (x1, x2):
        number = isinstance(x, (Value, list, tuple, bool, int, float, complex, np.generic))
        if not (number or hasattr(x, "__array__") or hasattr(x, "__array_ufunc__")):
            return NotImplemented
    return record_call(rule, (x1, x2), {})


class Recorders(dict[Any, Any]):
    """The specialised recorder of each function that can have one (None for the rest), built on first use."""

    def __missing__(self, function: Any) -> Any:
        rule, made = RULES.get(function), None
        if rule is not None and rule.broadcasts and rule.star is None and getattr(function, "nout", 1) == 1:
            compute = rule.compute if isinstance(function, np.ufunc) else checking(rule)
            if len(rule.params) == 1 and rule.pullbacks:
                made = record_one(rule, compute, Value, record_call)
            elif len(rule.params) == 2 == len(rule.pullbacks):
                made = record_two(rule, compute, Value, record_call, record_mixed)
        self[function] = made
        return made


def checking(rule: Rule) -> Callable[..., Any]:
    """Return what computes a primitive, with its result checked: only of a ufunc is it known to be an array."""
    return lambda *args: checked_result(rule.compute(*args), rule)


FAST = Recorders()


def reset(function: Any) -> None:
    """Forget the recorder of a function whose rule was just registered, also where it serves as an operator."""
    FAST.pop(function, None)
    for name in operators.DIRECT.get(function, ()):
        setattr(Value, name, first_call(function, name))


def first_call(function: Any, name: str) -> Callable[..., Any]:
    """Return an operator that puts the function's recorder in its own place when it is first called."""

    def operate(*args: Any) -> Any:
        fast = FAST[function]
        if fast is None:
            return vars(operators.ArrayOperators)[name](*args)
        reflected = name.startswith("__r")
        setattr(Value, name, (lambda self, other: fast(other, self, depth=2)) if reflected else fast)
        return fast(*(args[::-1] if reflected else args), depth=2)

    return operate


listeners.append(reset)


def zero_result(name: str, hidden: list[Node], result: Any) -> Any:
    """Return the result of a function without a derivative.

    Floats become Values whose node says so, so that a gradient that is zero for this reason can be explained.
    Integers and booleans can't carry a gradient anyway: they stay raw, and a transform that listens is told.
    """
    heard = listening.get()
    if heard is False:
        return result
    if getattr(result, "dtype", None) is None or result.dtype.kind not in "fc":
        if heard is not None:
            heard.append((name, tuple(hidden)))
        return result
    node: Any = CallNode(ZERO)
    node.hidden, node.saved = tuple(hidden), {"function": name}
    locate(node)
    return join(result, node)


def wrap(result: Any, make: Callable[[Any, int], Any]) -> Any:
    """Return the result of a call with each array in it made a Value."""
    if isinstance(result, (tuple, list)):
        parts = [make(part, i) for i, part in enumerate(result)]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return make(result, 0)


def switched_on(mode: Any, node: Any, call: Call) -> None:
    """Do what the current mode asks for with a new node: keep the call, look for NaN, lock what was saved."""
    node.scope = mode.scope
    if mode.full_record or mode.anomaly:
        node.call = call
    if mode.anomaly:
        refuse_value(node, call)
        for saved in node.saved.values():
            for x in saved if isinstance(saved, (list, tuple)) else (saved,):
                while isinstance(x, ndarray):  # a view, and the array that it is a view of
                    if x.flags.writeable:
                        x.flags.writeable = False
                        mode.locked[id(x)] = x, node
                    x = x.base


def array(data: Any, name: str | None = None) -> Value:
    """Make a Value of nested lists that contain Values, numbers and arrays, as `np.array` does of numbers.

    Parameters
    ----------
    data : nested lists or tuples of Values, numbers and arrays
        All items at one depth must have the same shape.
    name : str, optional
        Shown in drawings, reports and messages.

    Returns
    -------
    Value
        The stacked Values, through which gradients flow; a new leaf if there is no Value in `data`.

    Raises
    ------
    ShapeError
        If the items of a list differ in shape.

    Examples
    --------
    >>> v = Value(3.0)
    >>> m = array([[v, 0.0], [1.0, v]])
    >>> np.sum(m).backward()
    >>> m.shape, v.grad
    ((2, 2), np.float64(2.0))
    """
    if isinstance(data, Value):
        return data
    if not contains_value(data):
        return Value(data, name=name)
    items = [array(x) if contains_value(x) else x for x in data]
    shapes = [np.shape(x) for x in items]
    if len(set(shapes)) > 1:
        raise ShapeError(
            f"items of shapes {', '.join(map(str, dict.fromkeys(shapes)))} in one list",
            "an array has the same shape in each of its rows",
            "items of one shape, or np.concatenate along an axis that they have",
        )
    made: Any = np.stack(items)
    if name is not None:
        made.name = name
    stack: Value = made
    return stack
