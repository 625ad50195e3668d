"""`check_grads`: is a gradient wrong, where, how, which operation, and how sure is that?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np

from ..errors import InvalidInput, NotCovered, RuleError
from ..graph import own_module
from ..trace import as_argument, name_of, positions
from ..tree import leaves
from .blame import blame, overwritten, raising
from .comparison import Comparison
from .orders import orders
from .patterns import find_patterns
from .probe import Unfit, raw
from .report import CheckError, Entry, Report, Verdict
from .singular import find_singular
from .subject import label, restrict, without_modules

MODES = ("vjp", "jvp")
own_module(globals())


def check_grads(
    function: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = MODES,
    seed: int | Sequence[int] = 0,
    rtol: float = 0.0,
    atol: float = 0.0,
    report: bool = False,
    names: Sequence[str] | None = None,
    argnums: int | Sequence[int] | None = None,
    grad: Any = None,
    max_elements: int = 200,
    directions: int = 4,
) -> Report:
    """Check the gradients of a function against differences, at one point, and name what is wrong.

    Parameters
    ----------
    function : callable
        Returns a number, an array, or a container of them, real or complex. A module of `nn` is checked by its
        parameters too.
    *args
        The point: numbers, arrays, modules and containers of them.
    order : int, default 2
        Up to which order; 2 checks the gradient, and the gradient of the gradient.
    modes : sequence of {"vjp", "jvp"}, default both
        vjp is compared with differences, jvp with vjp (with differences, if vjp isn't among the modes).
    seed : int or sequence of int, default 0
        Of the random cotangents and directions; several repeat the check with each.
    rtol, atol : float, default 0
        A relative and an absolute error to allow beside the estimated errors of the differences and of rounding.
    report : bool, default False
        Return a report that finds errors, too, instead of raising.
    names : sequence of str, optional
        Names for the arguments; by default those of the function's parameters.
    argnums : int or sequence of int, optional
        The arguments to check; by default all.
    grad : array_like or container, or callable, optional
        Check this gradient, which may come from anywhere, instead of ours: of the structure of the argument
        (a tuple for several), or a function that returns it for the same arguments. The function itself returns one
        real number and need not be differentiable by us.
    max_elements : int, default 200
        Arrays of at most so many elements are compared element by element. Of a larger one a tenth of that number is
        drawn at random, and all elements together move in random directions: the cost doesn't grow with the size, and
        the report says with what probability an error would have been found.
    directions : int, default 4
        How many random directions that are.

    Returns
    -------
    Report
        The verdict, every comparison, the pattern of the errors, and the operation that is to blame.

    Raises
    ------
    GradientMismatch
        If a gradient is wrong, or no subgradient at a kink; an AssertionError that names arguments, elements, numbers,
        the operation and its line.
    CheckError
        If nothing can be said: the function isn't finite at the point or beside it, jumps, differs from call to call,
        is too noisy, or there is nothing to differentiate.

    Notes
    -----
    With a random cotangent v (1 for a single number), each element of the pullback of v is compared with
    Re <v, difference>, and for a random direction t of each array Re <v, jvp(t)> with Re <vjp(v), t>. For the second
    order, the same is done to the function that maps the arguments to the pullback of v. What is allowed comes from
    the estimated errors (see `finite_difference`), not from a constant. A gradient in single precision is compared
    with that in double.

    Examples
    --------
    >>> check_grads(lambda w, x: np.tanh(w * x), 0.5, 2.0).ok
    True
    >>> str(check_grads(np.abs, 0.0).verdict)
    'a kink here'
    >>> claimed = np.array([2.0, 4.2, 12.6])
    >>> wrong = check_grads(lambda x: np.sum(x**2), np.array([1.0, 2.0, 6.0]), grad=claimed, report=True)
    >>> [entry.place for entry in wrong.wrong]
    ['x[2]', 'x[1]']
    """
    if order < 1 or not modes or not set(modes) <= set(MODES):
        raise InvalidInput(
            f"order={order!r}, modes={modes!r}",
            "there would be nothing to check",
            'order=1 or more, modes=("vjp", "jvp")',
        )
    grad = grad(*args) if callable(grad) else grad
    function, args, names = without_modules(function, args, names)
    at = tuple(range(len(args))) if argnums is None else positions(argnums, args, name_of(function))
    arguments = tuple(as_argument(args[i], i) for i in at)
    tops = names if names is None or len(names) == len(at) else [names[i] for i in at if i < len(names)]
    labels = label(function, at, arguments, tops)
    if not labels:
        raise CheckError(
            f"the arguments of {name_of(function)} hold no floating numbers: there is nothing to differentiate",
            "integers, booleans and strings in containers are constants",
            "floats, or arrays of floats",
        )
    subject = restrict(function, args, at)
    seeds = [seed] if isinstance(seed, int) else list(seed)
    found = [Comparison(labels, tuple(modes), rtol, atol, max_elements, directions, np.random.default_rng(s))
             for s in seeds]  # fmt: skip
    cause: Exception | None = None
    try:
        for comparison in found:
            if grad is not None:
                comparison.claimed(subject, arguments, grad if len(at) > 1 else (grad,))
            else:
                orders(comparison, subject, arguments, order)
    except Unfit as unfit:
        made = Report(name_of(function), (), error=unfit, failed=unfit.verdict)
    except Exception as error:  # of any kind: a line of a rule may raise it
        made, cause = refused(error, subject, arguments, seeds[0], labels), error
    else:
        made = explained(found, subject, arguments, grad is not None, seeds[0])
    if not (made.ok or report):
        raise made.refusal() from cause
    return made


def refused(
    error: Exception, function: Callable[..., Any], arguments: tuple[Any, ...], seed: int, labels: Sequence[str]
) -> Report:
    """Return the report of a gradient that can't be had: a line of a rule raises, or returns what is no cotangent.

    An error that comes from elsewhere is raised, and one by which a rule says what it can't do, or what is doubtful.
    """
    if isinstance(error, (NotCovered, Warning)):
        raise error
    try:
        to_blame = raising(function, arguments, seed)
        if not to_blame and isinstance(error, RuleError):
            to_blame = blame(function, arguments, 1, seed, labels)
    except Exception:  # of any kind: what the line returns may be no array at all
        to_blame = ()
    if not to_blame:
        raise error
    what = str(error).partition("\n")[0] if isinstance(error, RuleError) else f"{type(error).__name__}: {error}"
    whole = Entry(1, "vjp", ", ".join(labels), (), "", nan, nan, "difference", 0.0, Verdict.WRONG, note=what)
    return Report(name_of(function), (whole,), blame=to_blame)


def explained(
    found: list[Comparison], function: Callable[..., Any], arguments: tuple[Any, ...], claimed: bool, seed: int
) -> Report:
    """Return the report of comparisons, with the patterns of what is wrong and the operations that are to blame."""
    first = found[0]
    made = Report(
        name_of(function), tuple(e for one in found for e in one.entries), coverage=tuple(first.coverage),
        taylor=first.taylor, maps=tuple(first.maps),
    )  # fmt: skip
    if made.verdict is not Verdict.WRONG:
        return made
    points = dict(zip(first.labels, (np.asarray(raw(x)) for _, x in leaves(arguments)), strict=True))
    wrong = {e.argument for e in made.entries if e.verdict is Verdict.WRONG}
    maps = [one for one in first.maps + first.samples if one.argument in wrong]
    patterns = find_patterns(maps, [points[one.argument] for one in maps])
    if claimed:
        again = overwritten(function, arguments, [one.found for one in first.maps], first.labels)
        return replace(made, patterns=(*([again] if again is not None else []), *patterns))
    lowest = min(e.order for e in made.entries if e.verdict is Verdict.WRONG)
    to_blame = blame(function, arguments, lowest, seed, first.labels)
    singular = None if to_blame else find_singular(function, arguments, seed)
    if singular is None:
        return replace(made, patterns=tuple(patterns), blame=to_blame)
    told: dict[str, Any] = {"verdict": singular.verdict, "note": singular.text}
    hit = (Verdict.WRONG, Verdict.JUMP)
    return replace(made, entries=tuple(replace(e, **told) if e.verdict in hit else e for e in made.entries))
