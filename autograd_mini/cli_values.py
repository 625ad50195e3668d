"""The values that the command line gives to a function: as written, or by the function's own example."""

from __future__ import annotations

import ast
import doctest
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any


def arguments_of(function: Callable[..., Any], given: list[str], seed: int) -> tuple[list[str], list[Any]]:
    """Return the names and values of the arguments: as given, else the function's own example.

    Raises
    ------
    InvalidInput
        If a value can't be read, a name is unknown, or a value is missing.
    """
    import numpy as np

    from .errors import InvalidInput
    from .trace import name_of

    signature = signature_of(function)
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = {name: p for name, p in signature.parameters.items() if p.kind not in several}
    names = sorted(named, key=lambda name: named[name].kind is inspect.Parameter.KEYWORD_ONLY)
    defaults = {name: p.default for name, p in named.items() if p.default is not p.empty}
    rng = np.random.default_rng(seed)
    texts = dict(text.partition("=")[::2] for text in given)
    for text in given:
        if "=" not in text:
            raise InvalidInput(f"{text!r} is no value", instead=f"{names[0] if names else 'x'}={text}")
    known = {name: read(text, rng) for name, text in texts.items() if name in names}
    if not texts:
        known = example_of(function, signature, complete=len(defaults) == len(names))
    for name in texts or known:
        if name not in names:
            near = get_close_matches(name, names, 1)
            instead = f"{near[0]}={texts.get(name, '')}" if near else "one of " + ", ".join(names or ["(none)"])
            raise InvalidInput(f"{name_of(function)} has no parameter {name!r}", instead=instead)
    known = defaults | known
    missing = [name for name in names if name not in known]
    if missing:
        raise InvalidInput(
            f"{name_of(function)} needs a value for {', '.join(missing)}",
            "there is no default" + (", no attribute `example` and no example in its docstring" if not given else ""),
            " ".join(f'{name}="normal(3)"' for name in missing),
        )
    return names, [known[name] for name in names]


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the parameters of a function; those of a module of `nn` are the ones of its `forward`.

    Raises
    ------
    InvalidInput
        If the function isn't written in Python.
    """
    import numpy as np

    from .errors import InvalidInput
    from .trace import name_of

    try:
        if not isinstance(function, np.ufunc):  # its parameters are those of every ufunc, and not all fit together
            return inspect.signature(getattr(function, "forward", function))
    except ValueError:
        pass
    what = f"the parameters of {name_of(function)} can't be read"
    raise InvalidInput(what, "it isn't written in Python", "a function of yours that calls it")


def read(text: str, rng: Any) -> Any:
    """Return the value that a text of the command line stands for.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> read("[1, 2]", rng), read("1.5", rng), read("ones(2)", rng), read("linspace(0, 1, 3)", rng)
    (array([1., 2.]), 1.5, array([1., 1.]), array([0. , 0.5, 1. ]))
    """
    import numpy as np

    from .errors import InvalidInput

    makers: dict[str, Callable[..., Any]] = {
        "ones": lambda *shape: np.ones(shape),
        "zeros": lambda *shape: np.zeros(shape),
        "normal": lambda *shape: rng.normal(size=shape),
        "uniform": lambda *shape: rng.uniform(size=shape),
        "arange": lambda *ends: np.arange(*ends, dtype=float),
        "linspace": np.linspace,
    }
    try:
        if text.startswith("@"):
            loaded = np.load(text[1:], allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else dict(loaded)
        match ast.parse(text.strip(), mode="eval").body:
            case ast.Call(ast.Name(name), args, []) if name in makers:
                return makers[name](*map(ast.literal_eval, args))
            case tree:
                return as_array(ast.literal_eval(tree))
    except OSError as error:
        raise InvalidInput(f"{text} can't be read: {error.strerror}", instead="@ and the path of a file") from error
    except (ValueError, SyntaxError, TypeError) as error:
        raise InvalidInput(
            f"{text!r} can't be read as a value",
            f"it is no number, list, tuple, dict or text in quotes, no @FILE.npy, and no {'(), '.join(makers)}()",
            "x=1.5, x='[1, 2]', x='normal(3, 4)', x=@x.npy",
        ) from error


def as_array(x: Any) -> Any:
    """Return a list of numbers as an array of floats, also inside a container; anything else as it is.

    Examples
    --------
    >>> as_array({"w": [1, 2], "name": "first", "pair": ([[3.5]], 2)})
    {'w': array([1., 2.]), 'name': 'first', 'pair': (array([[3.5]]), 2)}
    """
    import numpy as np

    if type(x) is dict:
        return {key: as_array(part) for key, part in x.items()}
    if type(x) is list:
        try:
            made = np.asarray(x)
        except ValueError:  # rows of unequal lengths
            made = np.asarray(None)
        if made.dtype.kind in "iufc":
            return made.astype(np.result_type(made, np.float64))
    return type(x)(map(as_array, x)) if type(x) in (list, tuple) else x


class Called(Exception):
    """The function was called by its docstring's example, with these arguments."""


def example_of(function: Callable[..., Any], signature: inspect.Signature, complete: bool) -> dict[str, Any]:
    """Return the values of a function's own example; none, if the defaults are complete and there is no attribute."""
    import numpy as np

    import autograd_mini as am

    from .trace import name_of

    example = getattr(function, "example", None)
    example = example() if callable(example) else example
    if isinstance(example, dict):
        return example
    if example is not None:
        return signature.bind_partial(*(example if isinstance(example, tuple) else (example,))).arguments
    if complete:
        return {}

    def stop(*args: Any, **keywords: Any) -> None:
        raise Called(args, keywords)

    names = getattr(inspect.unwrap(function), "__globals__", {})
    scope = {"np": np, "am": am, **names, name_of(function): stop}
    try:
        for line in doctest.DocTestParser().get_examples(function.__doc__ or ""):
            if line.exc_msg is None:
                exec(line.source, scope)
    except Called as call:
        args, keywords = call.args
        return signature.bind_partial(*args, **keywords).arguments
    return {}
