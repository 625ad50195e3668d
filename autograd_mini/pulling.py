"""Pulling cotangents back through nodes: calling a rule, fitting what it returns, accumulating.

Two ways lead through a node. A first-order pass works on raw arrays, through functions specialised for each rule
with one or two arguments. A recorded pass (`join` given) first joins what the node saved to its nodes again, so that
the rule itself is recorded; that is all that higher orders need.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getrefcount
from typing import Any

import numpy as np

from .anomaly import advice, refuse_given, refuse_seed
from .errors import AnomalyError, BackwardError, RuleError
from .graph import ACTIVE, MAKERS, PICK, Cotangents, Like, Node, accumulate, line_of, own_module
from .primitives import is_foreign
from .registry import Pullback, Rule
from .state import current, unlock

float64, ndarray = np.float64, np.ndarray
own_module(globals())
Join = Callable[[Any, Any], Any]

# ---------------------------------------------------------------------------------- What a rule returns must fit


def fit(cot: Any, like: Like, rule: Rule, param: str, g: Any) -> Any:
    """Return a cotangent in the shape and dtype of its argument, from the cotangent `g` of the result.

    Sums over axes that the function broadcast (if it is declared to broadcast), takes the real part for a real
    argument, and casts.

    Raises
    ------
    RuleError
        If the rule returned a shape that can't be explained by broadcasting, or a NumPy array where `g` is of another
        library.
    """
    shape, dtype = like
    if type(cot) is not type(g) and not is_foreign(cot) and is_foreign(g[0] if isinstance(g, tuple) else g):
        refuse_numpy(rule, f"the cotangent that its rule returned for {param}")
    if not hasattr(cot, "dtype"):
        cot = float64(cot) if isinstance(cot, (int, float)) else np.asarray(cot)
    if cot.dtype.kind not in "biufc":
        raise RuleError(
            f"the rule of {rule.name} returned {cot!r} for its argument {param}",
            "a cotangent is a number or an array of numbers",
            "np.zeros_like(g) where there is no derivative, or None in the place of the line",
        )
    if cot.shape != shape:
        cot = _sum_to(cot, shape) if rule.broadcasts and fits(shape, cot.shape) else _refuse(cot, like, rule, param)
    if cot.dtype != dtype:
        if cot.dtype.kind == "c" and dtype.kind != "c":
            cot = cot.real
        cot = cot.astype(dtype)
    return cot


def fits(shape: tuple[int, ...], wide: tuple[int, ...]) -> bool:
    """Whether an array of `shape` broadcasts to `wide`.

    Examples
    --------
    >>> fits((1, 3), (2, 3)), fits((2, 3), (3,))
    (True, False)
    """
    extra = len(wide) - len(shape)
    return extra >= 0 and all(n in (1, m) for n, m in zip(shape, wide[extra:], strict=True))


def _sum_to(cot: Any, shape: tuple[int, ...]) -> Any:
    extra = len(cot.shape) - len(shape)
    total = np.add.reduce if type(cot) is ndarray else np.sum  # the first spares NumPy's detour through Python
    if extra == 1 and cot.shape[1:] == shape:
        return total(cot, axis=0)
    stretched = tuple(i for i, n in enumerate(shape, extra) if n == 1 and cot.shape[i] != 1)
    summed = total(cot, axis=(*range(extra), *stretched))
    return np.reshape(summed, shape) if stretched else summed


def refuse_numpy(rule: Rule, what: str) -> None:
    """Raise because a function or its rule made a NumPy array of one of another library."""
    raise RuleError(
        f"{rule.name} made a NumPy array of {what}",
        "the array's own library lacks the function, or one that the rule calls, and converted it",
        "functions that the library has, or the whole computation in NumPy arrays",
    )


def _refuse(cot: Any, like: Like, rule: Rule, param: str) -> Any:
    raise RuleError(
        f"the rule of {rule.name} returned shape {cot.shape} for its argument {param} of shape {like[0]}",
        "a cotangent has the shape of the argument it belongs to",
        f"sum over the axes that {param} doesn't have, in the rule's line",
    )


# ------------------------------------------------------------------------- First order, one or two arguments


def slots_of(rule: Rule, line: Pullback) -> tuple[str, ...]:
    """Return where a two-slot node keeps what a line needs: its first parameter is x1, its second x2."""
    place = {p: f"x{i + 1}" for i, p in enumerate(rule.params)}
    place |= {f"{p}_shape": f"like{i + 1}[0]" for i, p in enumerate(rule.params)}
    return tuple(place.get(name, name) for name in line.names)


_PULL = """
    one = node.in{i}
    if one in cots:
        cot = line{i}({arguments})
        {fit}
        old = cots[one]
        cots[one] = cot if old is None else old + cot
"""
_EXACT = """if cot is not g:
            kind = type(cot)
            if kind is not type(g) or (kind is not float64 and (cot.dtype is not g.dtype or cot.shape != g.shape)):
                cot = fit(cot, (g.shape, g.dtype), rule, {param!r}, g)"""
_LOOSE = """cot = fit(cot, node.like{i}, rule, {param!r}, g)"""


def pull_for(rule: Rule, fitting: str) -> Callable[[Any, Any, Cotangents], None]:
    """Return the pull of a rule's two-slot nodes: the lines above, once for each parameter that has a line.

    This is source text rather than closures because the calls that it saves are a tenth of a scalar node's time.
    """
    body, namespace = "", {"fit": fit, "float64": float64, "rule": rule}
    for i, (param, line) in enumerate(two(rule), start=1):
        if line is not None:
            namespace[f"line{i}"] = line.function
            arguments = ", ".join(["g", *(f"node.{slot}" for slot in slots_of(rule, line))])
            body += _PULL.format(i=i, arguments=arguments, fit=fitting.format(i=i, param=param))
    exec(f"def pull(node, g, cots):{body or ' pass'}", namespace)
    pull: Callable[[Any, Any, Cotangents], None] = namespace["pull"]  # type: ignore[assignment]
    return pull


def two(rule: Rule) -> list[tuple[str, Pullback | None]]:
    """Return the first two parameters of a rule with their lines, None where there is none."""
    lines: list[tuple[str, Pullback | None]] = [(p, rule.pullbacks.get(p)) for p in rule.params[:2]]
    return [*lines, ("", None)][:2]


# --------------------------------------------------------------------------------- Any order, any arguments


def apply(line: Pullback, g: Any, saved: dict[str, Any], wanted: list[int] | None = None) -> Any:
    """Call a line of a rule with what it names."""
    known = {name: saved[name] for name in line.names if name in saved}
    if wanted is not None:
        known["wanted"] = wanted
    return line.function(g, **known)


def pull_call(node: Any, g: Any, cots: Cotangents, saved: dict[str, Any] | None = None) -> None:
    """Pull a cotangent back through a node by the names in its rule; `saved` replaces what the node saved."""
    rule: Rule = node.op.rule
    saved = node.saved if saved is None else saved
    if node.results is not None:
        g = complete(g, node.results)
    for name, inputs, like in node.edges:
        line = rule.pullbacks[name]
        if isinstance(inputs, tuple):
            wanted = [i for i, one in enumerate(inputs) if one in cots]
            if wanted:
                for i, cot in zip(wanted, apply(line, g, saved, wanted), strict=True):
                    accumulate(cots, inputs[i], fit(cot, like[i], rule, f"{name}[{i}]", g))
        elif inputs in cots:
            if "where" in saved and isinstance(rule.function, np.ufunc):
                with np.errstate(divide="ignore", invalid="ignore"):  # in the gaps, which get 0
                    cot = np.where(saved["where"], apply(line, g, without_gaps(saved, rule)), 0)
            else:
                cot = apply(line, g, saved)
            accumulate(cots, inputs, fit(cot, like or (g.shape, g.dtype), rule, name, g))


def without_gaps(saved: dict[str, Any], rule: Rule) -> dict[str, Any]:
    """Return what a call with `where=` saved, with 1/2 in the gaps, where the function may be singular."""
    arrays = (*rule.pullbacks, "out")
    return {name: np.where(saved["where"], x, 0.5) if name in arrays else x for name, x in saved.items()}


def complete(parts: dict[int, Any], results: tuple[Like, ...]) -> tuple[Any, ...]:
    """Return a cotangent for each of several results: zero for a result that nobody used."""
    some = next(iter(parts.values()))
    return tuple(
        parts[i] if i in parts else np.zeros_like(some, shape=shape, dtype=dtype)
        for i, (shape, dtype) in enumerate(results)
    )


def pull_recorded(node: Any, g: Any, cots: Cotangents, join: Join) -> None:
    """Pull a cotangent back with the rule itself recorded: what was saved is joined to its nodes again."""
    if node.op.rule is None:
        if node.op.pull is not None:
            node.op.pull(node, g, cots, join)
        return
    saved = dict(node.saved)
    for name, inputs, _ in node.edges:
        if name in saved:
            if isinstance(inputs, tuple):
                pairs = zip(saved[name], inputs, strict=True)
                saved[name] = [join(x, one) if one is not None else x for x, one in pairs]
            else:
                saved[name] = join(saved[name], inputs)
    if "out" in saved:
        if node.results is None:
            saved["out"] = join(saved["out"], node)
        else:
            picks = [pick(node, i) for i in range(len(node.results))]
            saved["out"] = tuple(join(x, one) for x, one in zip(saved["out"], picks, strict=True))
    try:
        pull_call(node, g, cots, saved)
    except AnomalyError as error:  # in a step of the rule, which is recorded itself
        what = f"the gradient that {node.op.name} gives to its argument isn't finite"
        why, instead = f"in a step of its rule {error.why}", advice(node, error.instead)
        raise AnomalyError(f"{what} ({line_of(node.code, node.lasti)})", why, instead) from error


def pick(node: Node, index: int) -> Node:
    """Return a light node for one result of an operation with several."""
    light = Node(PICK)
    light.in1, light.x1 = node, index
    light.code, light.lasti = node.code, node.lasti
    return light


MAKERS["call"] = lambda rule: pull_call
MAKERS["exact"] = lambda rule: pull_for(rule, _EXACT)
MAKERS["loose"] = lambda rule: pull_for(rule, _LOOSE)


def run(
    order: list[Any],
    cots: Cotangents,
    join: Join | None = None,
    kept: list[tuple[Any, Any]] | None = None,
    shared: dict[Any, int] | None = None,
) -> None:
    """Pull the cotangents in `cots` back through the nodes in `order`, newest first.

    Recorded if `join` is given. With `kept`, a list, the cotangents of leaves and of nodes whose Value somebody still
    holds are put there, and a leaf that a transform is differentiating is refused.

    Whether a Value is held is read from the number of references to its node: more than the uses that the walk has
    counted (`shared`). A weak reference in each node would tell the same, for 72 bytes and a visit of the garbage
    collector more. Where a node is used outside this walk too, its gradient is kept for nothing; none is ever missed.
    """
    mode = current()
    anomaly = mode is not None and mode.anomaly
    uses = shared or {}
    for node in order:
        g = cots.pop(node)
        if g is None:
            continue
        if anomaly:  # what the pass starts with; all other cotangents are looked at as they arise
            refuse_seed(g, node)
        pull = node.op.pull
        if join is not None:
            pull_recorded(node, g, cots, join)
        elif pull is not None:
            pull(node, g, cots)
        if anomaly:
            refuse_given(node, cots)
        if kept is not None:
            if pull is None:
                if node.op is ACTIVE:
                    raise BackwardError(
                        "backward() was called inside a transform that differentiates what the result came from",
                        "am.grad and its relatives look only at what their function returns",
                        "am.grad(...) of the inner function; transforms nest",
                    )
                kept.append((node, g))
            elif getrefcount(node) > UNHELD and getrefcount(node) > UNHELD + uses.get(node, 0) and node.results is None:
                kept.append((node, g))


def count_unheld() -> int:
    """Count the references, as `run` sees them, to a node that is used once and whose Value nobody holds."""
    newer, older = Node(PICK), Node(PICK)
    newer.in1 = older
    order = [newer, older]
    del newer, older
    count = 0
    for node in order:
        count = getrefcount(node)
    return count


UNHELD = count_unheld()


def unlock_after_pass() -> None:
    """Make the arrays that `detect_anomaly` locked writable again: their pass is over, an optimiser may step."""
    mode = current()
    if mode is not None and mode.anomaly:
        unlock(mode.locked)
