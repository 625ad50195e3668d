"""What is refused, and what to write instead: the errors of the operators and of the recorders."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, NoReturn

from .errors import InvalidInput, NotCovered
from .primitives import contains_value
from .registry import COMPOSED, RULES, Rule, import_rules, qualified_name
from .rewriting import rewritten


def asking_function() -> str:
    """Return the name of NumPy's function that the user called to convert a Value, if it is written in Python."""
    name = ""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith("numpy."):
        name, frame = f"numpy.{frame.f_code.co_qualname}", frame.f_back
    return name


def scipy_namesake(frame: Any) -> str:
    """Return how to call a function of SciPy so that it takes a Value, if it is one that asked for an array."""
    advice = ""
    while frame is not None and frame.f_globals.get("__name__", "").startswith(("scipy.", "numpy.")):
        package, topic, *_ = frame.f_globals["__name__"].split(".")
        if package == "scipy" and topic in ("fft", "integrate", "linalg", "signal", "special"):
            name = frame.f_code.co_name
            import_rules(f"scipy.{topic}.")
            known = [qualified_name(function) for function in (*RULES, *COMPOSED) if callable(function)]
            if any(one.startswith(f"scipy.{topic}.") and one.endswith(f".{name}") for one in known):
                advice = f"from autograd_mini.scipy import {topic}; {topic}.{name}(v)"
            advice = advice or f"a function of autograd_mini.scipy.{topic}, of which am.coverage() has the table"
        frame = frame.f_back
    return advice


def describe(x: Any) -> str:
    """Return an argument as messages show it: type, shape and dtype of arrays, the text of the rest."""
    if isinstance(x, (list, tuple)):
        return f"[{', '.join(map(describe, x[:4]))}{', ...' if len(x) > 4 else ''}]"
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return f"{type(x).__name__} {x.shape} {x.dtype}"
    return repr(x)[:60]


def refuse_out(name: str) -> NoReturn:
    """Raise because of `out=`."""
    raise InvalidInput(
        f"{name} was called with out= and a Value",
        "writing a result into an existing array would drop its gradient in silence",
        rewritten() or f"result = {name.replace('numpy.', 'np.')}(...), and a = a + v for a += v",
    )


def refuse_argument(rule: Rule, name: str, arg: Any) -> NoReturn:
    """Raise because a Value was passed where the function has no derivative rule, or an argument isn't covered."""
    known = f"a raw array for {name} (v.data), or am.rule(..., {name}=lambda g, ...: ...)"
    raise NotCovered(
        f"{rule.name} has no derivative rule for its argument {name} = {describe(arg)}",
        f"the rule covers {', '.join(rule.pullbacks)}",
        known if contains_value(arg) else "the call without it",
    )


def refuse_function(name: str, instead: str) -> NoReturn:
    """Raise because of a function that can't take a Value, with its replacement."""
    raise NotCovered(f"{name} can't be called with a Value", "NumPy writes the result without telling us", instead)


def refuse_complex(name: str, instead: str) -> NoReturn:
    """Raise because of a function that is flat on real numbers, but not on complex ones."""
    raise NotCovered(f"{name} of a complex number has no derivative rule", "it isn't flat there", instead)


def refuse_uncovered(name: str, args: Any, kwargs: Any, method: bool = False) -> NoReturn:
    """Raise because of a function without a rule, or because of a method of a ufunc."""
    shown = ", ".join([describe(a) for a in args] + [f"{k}={describe(x)}" for k, x in kwargs.items()])
    short = name.replace("numpy.", "np.").removeprefix("__main__.").removeprefix("ufunc ")
    instead = "v.data if no gradient is needed, or the same composed of functions that have rules"
    raise NotCovered(
        f"{name}({shown}) has no derivative rule",
        "its result would be a constant in silence",
        instead if method else f"{instead}, or a rule of your own: am.rule({short}, x=lambda g, ...: ...)",
    )
