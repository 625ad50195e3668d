"""The rule table: which functions have a derivative, and what each rule needs to know.

A rule is one line of plain NumPy for each differentiable parameter of a function::

    rule(np.multiply, x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)

Its parameter names say what a node must save. They may be `g` (the cotangent of the result, always first), `out`
(the result), any parameter of the function, `<parameter>_shape`, and, for a parameter that is a list of arrays,
`wanted` (the positions asked for; the rule returns one cotangent for each of them).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pkgutil import resolve_name
from typing import Any, NamedTuple

import numpy as np

from .errors import RuleError

Function = Callable[..., Any]


class Pullback(NamedTuple):
    """One line of a rule: the function, and the names that it takes after `g`."""

    function: Function
    names: tuple[str, ...]
    defaults: dict[str, Any]


UFUNC_OPTIONS = ("out", "where", "dtype", "casting", "order", "subok")


class Rule:
    """The derivative of one function: a pullback for each differentiable parameter.

    Attributes
    ----------
    function : callable
        The function that the rule belongs to.
    compute : callable
        What computes it on raw arguments.
    name : str
        Its qualified name, e.g. ``"numpy.linalg.solve"``; a rule is pickled by it.
    params : tuple of str
        The function's parameter names, in order.
    star : int or None
        Position of the parameter that takes all remaining arguments (``*operands``).
    pullbacks : dict
        For each differentiable parameter its `Pullback`.
    constants : frozenset of str
        Parameters whose derivative is zero everywhere (the condition of `np.where`).
    broadcasts : bool
        Whether the engine sums a cotangent over axes that the function broadcast.
    defaults : dict
        Of a primitive, the defaults of its parameters.
    known : frozenset of str
        The names that may be given as keywords; another one is refused, since it could change the result.
    overwrites : tuple of str
        Parameters that allow the function to use an argument's memory, which is never done when a call is recorded.
    """

    def __init__(
        self, function: Function, params: tuple[str, ...], broadcasts: bool, lines: dict[str, Function | None]
    ) -> None:
        self.function = function
        self.compute = getattr(function, "on_raw", function)  # a primitive's own, without its dispatch
        self.name = qualified_name(function)
        self.star = next((i for i, p in enumerate(params) if p.startswith("*")), None)
        self.params = tuple(p.lstrip("*") for p in params)
        self.broadcasts = broadcasts
        self.defaults = signature_of(function)[1] if hasattr(function, "on_raw") else {}
        self.overwrites = tuple(p for p in self.params if p.startswith("overwrite_"))
        self.known = frozenset((*self.params, *(UFUNC_OPTIONS if isinstance(function, np.ufunc) else ("out",))))
        self.constants = frozenset(p for p, line in lines.items() if line is None)
        self.pullbacks = {p: self._read(p, line) for p, line in lines.items() if line is not None}

    def _read(self, param: str, line: Function) -> Pullback:
        if param not in self.params:
            raise RuleError(
                f"rule for {self.name}: it has no parameter {param!r}",
                instead=f"one of {', '.join(self.params)}",
            )
        names, defaults = signature_of(line)
        if names[:1] != ("g",):
            raise RuleError(
                f"rule for {self.name}, {param}: its first parameter is {names[0] if names else 'missing'}",
                "a rule maps the cotangent g of the result to the cotangent of its argument",
                f"{param}=lambda g, ...: ...",
            )
        known = {*self.params, *(f"{p}_shape" for p in self.params), "out", "wanted"}
        if self.star is not None and param == self.params[self.star] and "wanted" not in names:
            raise RuleError(
                f"rule for {self.name}, {param}: it takes any number of arrays, and the line doesn't name `wanted`",
                "the line returns one cotangent for each position in `wanted`",
                f"{param}=lambda g, wanted, ...: [... for i in wanted]",
            )
        for name in names[1:]:
            if name not in known:
                raise RuleError(
                    f"rule for {self.name}, {param}: unknown name {name!r}",
                    "the names of a rule say what a node saves",
                    f"g, out, wanted, one of {', '.join(self.params)}, or one of these with _shape",
                )
        return Pullback(line, names[1:], defaults)

    def __repr__(self) -> str:
        return f"<rule of {self.name}: {', '.join(self.pullbacks)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return rule_named, (self.name,)

    def __deepcopy__(self, memo: Any) -> Rule:
        return self


RULES: dict[Function, Rule] = {}
# Functions whose result has derivative zero wherever it has one (floor, argmax, comparisons).
ZERO: dict[Function, str] = {}
# Those of them whose derivative isn't zero on complex numbers, and what to write there instead.
REAL_ONLY: dict[Function, str] = {}
# Functions whose result depends on shapes and dtypes alone, or that only look (shape, zeros_like, array_repr).
PLAIN: set[Function] = set()
# Functions that can't take a Value, and what to write instead.
REFUSED: dict[Function, str] = {}
# Where a function has a kink or a tie, and what is done there, for the table of what is covered.
KINKS: dict[Function, str] = {}
# Functions that NumPy doesn't tell us of: they convert a Value, which is refused. What to write instead.
UNREACHED: dict[str, str] = {}
# Functions, and methods of ufuncs by name, that are written in terms of others: called with a Value, they are recorded
# as what they are made of.
COMPOSED: dict[Function | str, Function] = {}
# The parameters of such a composition that are arrays.
ARRAYS: dict[Function, tuple[str, ...]] = {}
# For functions with a rule: what brings the arguments of a call into the form that the rule expects, or refuses them.
PREPARED: dict[Function, Function] = {}
# Called with each new rule or zero-derivative function; the engine specialises its fast paths there.
listeners: list[Callable[[Function], None]] = []
# Called with the qualified name of a function that is not in the table; each may import more rules (those of SciPy,
# which is imported only by who uses it), and tells whether it did.
sources: list[Callable[[str], bool]] = []


def qualified_name(function: Function) -> str:
    """Return the name under which messages, drawings and pickles know a function.

    Examples
    --------
    >>> qualified_name(np.linalg.solve), qualified_name(np.add)
    ('numpy.linalg.solve', 'numpy.add')
    """
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function))
    if isinstance(function, np.ufunc):
        if getattr(np, str(name), None) is function:
            return f"numpy.{name}"
        of_scipy = getattr(sys.modules.get("scipy.special._ufuncs"), str(name), None) is function
        return f"scipy.special.{name}" if of_scipy else f"ufunc {name}"
    module = getattr(function, "__module__", None)
    return f"{module}.{name}" if module else str(name)


def signature_of(function: Function) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the parameter names of a function, a star at the one that takes the rest, and the defaults.

    Raises
    ------
    ValueError
        If the signature can't be read.
    """
    plain = getattr(function, "__wrapped__", function)
    code = getattr(plain, "__code__", None)
    open_ended = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
    if code is not None and not inspect.ismethod(plain) and not code.co_flags & open_ended:
        # Some twenty times quicker than inspect.signature, which counts when hundreds of rules are imported.
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        positional = plain.__defaults__ or ()
        defaults = dict(zip(names[code.co_argcount - len(positional) :], positional, strict=False))
        return names, defaults | (plain.__kwdefaults__ or {})
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    names = tuple(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name for p in parameters)
    return names, {p.name: p.default for p in parameters if p.default is not p.empty}


def parameters_of(function: Function) -> tuple[str, ...]:
    """Return a function's parameter names, with a star at the one that takes all remaining arguments."""
    if isinstance(function, np.ufunc):
        return ("x",) if function.nin == 1 else tuple(f"x{i + 1}" for i in range(function.nin))
    try:
        return signature_of(function)[0]
    except ValueError:
        raise RuleError(
            f"the signature of {qualified_name(function)} can't be read",
            instead='rule(function, "a b axis", ...) with its parameter names in order',
        ) from None


def rule(
    function: Function,
    params: str | None = None,
    /,
    *,
    broadcasts: bool | None = None,
    **lines: Function | None,
) -> Rule:
    """Register the derivative of a function, one line for each differentiable parameter.

    Parameters
    ----------
    function : callable
        A NumPy function or ufunc, or a primitive of your own.
    params : str, optional
        The function's parameter names in order, separated by spaces (a star marks the one that takes all remaining
        arguments), for functions whose signature can't be read or differs between versions.
    broadcasts : bool, optional
        Whether the function broadcasts its arguments, so that the engine sums cotangents over broadcast axes;
        true for ufuncs unless said otherwise.
    **lines : callable or None
        For each differentiable parameter a function of the cotangent `g` that returns the cotangent of that
        parameter, in its shape, linear in `g`: the transposed Jacobian times `g`, without conjugation. None marks
        a parameter whose derivative is zero everywhere.

    Returns
    -------
    Rule

    Raises
    ------
    RuleError
        If a name is unknown, or the first parameter of a line isn't `g`.

    Examples
    --------
    >>> import autograd_mini as am
    >>> @am.primitive
    ... def cube(x):
    ...     return x**3
    >>> am.rule(cube, x=lambda g, x: g * 3 * x**2)
    <rule of autograd_mini.registry.cube: x>
    >>> am.grad(cube)(2.0)
    np.float64(12.0)
    """
    if broadcasts is None:
        broadcasts = isinstance(function, np.ufunc)
    names = tuple(params.split()) if params is not None else parameters_of(function)
    return restore(Rule(function, names, broadcasts, lines))


def restore(known: Rule) -> Rule:
    """Register a rule that was made before, in the place of what stands there now."""
    ZERO.pop(known.function, None)
    RULES[known.function] = known
    _announce(known.function)
    return known


def non_differentiable(*functions: Function) -> None:
    """Register functions whose derivative is zero wherever it exists; their results are constants.

    Examples
    --------
    >>> import numpy as np, autograd_mini as am
    >>> am.non_differentiable(np.floor, np.argmax)
    """
    for function in functions:
        RULES.pop(function, None)
        ZERO[function] = qualified_name(function)
        _announce(function)


def composed(function: Function | str, arrays: str = "") -> Callable[[Function], Function]:
    """Register how a function is composed of others that have rules, instead of a rule of its own.

    For functions that call one of the user's (`np.piecewise`), and for those that are shorter so than their rule
    would be. The parameters of the decorated function are those of NumPy's that a Value may meet; those named in
    `arrays` get lists and integers as arrays of floats.

    Examples
    --------
    >>> import autograd_mini as am
    >>> @am.primitive
    ... def middle(a, b):
    ...     return (a + b) / 2
    >>> @composed(middle)
    ... def _(a, b):
    ...     return 0.5 * a + 0.5 * b
    >>> am.grad(middle)(1.0, 3.0)
    np.float64(0.5)
    """

    def register(composition: Function) -> Function:
        COMPOSED[function] = composition
        ARRAYS[composition] = tuple(arrays.split())
        return composition

    return register


def prepared(function: Function) -> Callable[[Function], Function]:
    """Register what happens to the arguments of a function before a call is recorded by its rule.

    The decorated function takes them, and returns ``args, kwargs`` in the form that the rule expects, or the result,
    composed of other functions where the rule doesn't hold, or raises `NotCovered`: so a call whose derivative isn't
    covered is refused at the call, not in the backward pass.
    """

    def register(preparation: Function) -> Function:
        PREPARED[function] = preparation
        return preparation

    return register


def _announce(function: Function) -> None:
    for listener in listeners:
        listener(function)


def rule_named(name: str) -> Rule:
    """Return the registered rule of a qualified name (how pickles find it).

    Examples
    --------
    >>> rule_named("numpy.sin")
    <rule of numpy.sin: x>
    """
    found = [candidate for candidate in RULES.values() if candidate.name == name]
    if not found:
        import_rules(name)
        with suppress(ImportError, AttributeError, ValueError):
            resolve_name(name)  # imports the module that defines the function, and with it the rule
        found = [candidate for candidate in RULES.values() if candidate.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise RuleError(
            f"{len(found)} rules are registered for functions named {name}",
            "a pickled graph names its rules",
            "functions of different names, at the top of a module",
        )
    raise RuleError(
        f"no rule is registered for {name}", "a pickled graph names its rules", "import the module that does"
    )


def import_rules(name: str) -> bool:
    """Import the rules that a function of this qualified name may be among; return whether there were new ones.

    Examples
    --------
    >>> import_rules("numpy.sin")
    False
    """
    imported = [source(name) for source in sources]
    return any(imported)


def all_rules() -> Iterator[Rule]:
    """Iterate over the registered rules, in the order of their registration."""
    return iter(tuple(RULES.values()))
