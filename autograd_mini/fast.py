"""Recorders of functions with one or two arguments, specialised from the signatures of their rule's lines.

They do what `record_call` of the engine does, without binding, loops over parameters or dictionaries: a scalar node
costs about as much here as its arithmetic. Anything unusual (a mode switched on, constants only, an argument that
isn't a plain number or array) goes to `record_call`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import LooseNode, Node, find_op, next_number, own_module
from .operators import SCALAR
from .pulling import slots_of, two
from .registry import Rule
from .state import current

Recorder = Callable[..., Any]
float64, ndarray = np.float64, np.ndarray
getframe, new = sys._getframe, object.__new__
own_module(globals())

_SCALARS = {float64, float, int}
_RAW = {ndarray, float, int, complex, float64, np.float32, np.float16, np.complex128, np.complex64, np.int64, np.int32}


def record_one(rule: Rule, function: Recorder, Value: Any, record_call: Recorder) -> Recorder:
    """Return the specialised recorder of an elementwise function of one argument; `function` computes it."""
    line = rule.pullbacks[rule.params[0]]
    exact, loose = find_op("exact", rule), find_op("loose", rule)
    keeps_x, keeps_out = "x1" in slots_of(rule, line), "out" in line.names

    def record(x: Any, *, depth: int = 1) -> Any:
        if type(x) is not Value or current() is not None or x._node is None:
            return record_call(rule, (x,), {})
        data = x._raw
        out = function(data)
        if type(data) is float64 and type(out) is float64:
            node: Any = new(Node)
            node.op, node.x1, node.out = exact, data, out
        else:
            if out.dtype is data.dtype:
                node = new(Node)
                node.op = exact
            else:
                node = new(LooseNode)
                node.op, node.like1, node.like2 = loose, (data.shape, data.dtype), None
            if keeps_x:
                node.x1 = data
            if keeps_out:
                node.out = out
        node.in1, node.in2 = x._node, None
        node.number = next_number()
        frame = getframe(depth)
        node.code, node.lasti = frame.f_code, frame.f_lasti
        value = new(Value)
        value._raw, value._node = out, node
        return value

    return record


def record_two(rule: Rule, function: Recorder, Value: Any, record_call: Recorder, record_mixed: Recorder) -> Recorder:
    """Return the specialised recorder of a function of two arguments; `function` computes it."""
    compute = SCALAR.get(rule.function, function)
    exact, loose = find_op("exact", rule), find_op("loose", rule)
    (_, line1), (_, line2) = two(rule)
    needs1, needs2 = (slots_of(rule, line) for line in (line1, line2) if line)
    shaped = any(name.startswith("like") for name in (*needs1, *needs2)) or bool(getattr(function, "signature", None))
    x1_for1, x2_for1, out_for1 = ("x1" in needs1, "x2" in needs1, "out" in needs1)
    x1_for2, x2_for2, out_for2 = ("x1" in needs2, "x2" in needs2, "out" in needs2)

    def record(x1: Any, x2: Any, *, depth: int = 1) -> Any:
        if type(x1) is Value:
            d1, n1 = x1._raw, x1._node
            if type(x2) is Value:
                d2, n2 = x2._raw, x2._node
            elif type(x2) in _RAW:
                d2, n2 = x2, None
            else:
                return record_mixed(rule, x1, x2)
        elif type(x1) in _RAW and type(x2) is Value:
            d1, n1, d2, n2 = x1, None, x2._raw, x2._node
        else:
            return record_mixed(rule, x1, x2)
        if current() is not None or (n1 is None and n2 is None):
            return record_call(rule, (x1, x2), {})

        scalars = (type(d1) is float64 and type(d2) in _SCALARS) or (type(d2) is float64 and type(d1) in _SCALARS)
        out = compute(d1, d2) if scalars else function(d1, d2)
        if scalars and type(out) is float64:
            node: Any = new(Node)
            node.op, node.x1, node.x2, node.out = exact, d1, d2, out
        else:
            dtype, shape = out.dtype, out.shape
            if (
                shaped
                or (n1 is not None and (d1.dtype is not dtype or d1.shape != shape))
                or (n2 is not None and (d2.dtype is not dtype or d2.shape != shape))
            ):
                if dtype.kind not in "fc":
                    return record_call(rule, (x1, x2), {})
                node = new(LooseNode)
                node.op = loose
                node.like1 = (np.shape(d1), None if n1 is None else d1.dtype)
                node.like2 = (np.shape(d2), None if n2 is None else d2.dtype)
            else:
                node = new(Node)
                node.op = exact
            if (x1_for1 and n1 is not None) or (x1_for2 and n2 is not None):
                node.x1 = d1
            if (x2_for1 and n1 is not None) or (x2_for2 and n2 is not None):
                node.x2 = d2
            if (out_for1 and n1 is not None) or (out_for2 and n2 is not None):
                node.out = out
        node.in1, node.in2 = n1, n2
        node.number = next_number()
        frame = getframe(depth)
        node.code, node.lasti = frame.f_code, frame.f_lasti
        value = new(Value)
        value._raw, value._node = out, node
        return value

    return record
