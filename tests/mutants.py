"""Wrong rules, planted one at a time, to see whether a check finds them and names them.

A mutant counts at a case of its function where its gradient is another than the right one.
"""

from __future__ import annotations

import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from textwrap import dedent
from typing import Any, NamedTuple

import numpy as np
import pytest
from case import Case, like, split_complex
from cases import CASES
from mutations import LOOKS, RESULTS, Line, changed, edited, first_slice, held, transposed

import autograd_mini as am
from autograd_mini import graph, pulling, recording
from autograd_mini.check.report import Report, Verdict
from autograd_mini.errors import RuleError
from autograd_mini.registry import Rule, all_rules, restore
from autograd_mini.trace import Trace

KINDS = [
    "factor 2", "factor 1.01", "sign", "transposed", "missing sum", "dropped term", "swapped arguments", "conjugate",
    "one sign", "second order",
]  # fmt: skip
COUNTS = 1e-6  # how far, relative to its largest number, a gradient must be off for its mutant to count
ROUNDING = 1e-12  # what may be left of a gradient that is 0


@dataclass(frozen=True)
class Mutant:
    """A rule with wrong lines.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    rule : Rule
        The right one.
    lines : dict
        The wrong lines, by parameter.
    detail : str
        What was changed, where the kind doesn't tell.
    patterns : tuple of str
        The kinds of `Pattern` that describe the mutation, none where it leaves none.
    order : int
        The lowest order of a derivative that is wrong.
    """

    kind: str
    rule: Rule
    lines: dict[str, Line] = field(repr=False)
    detail: str = ""
    patterns: tuple[str, ...] = ()
    order: int = 1

    def __str__(self) -> str:
        return f"{self.kind} in {self.rule.name}, {' and '.join(self.lines)}{self.detail and ': ' + self.detail}"

    @property
    def file(self) -> str:
        """The module of rules that the right lines stand in."""
        return str(self.rule.pullbacks[next(iter(self.lines))].function.__module__)

    @property
    def cases(self) -> list[Case]:
        """The cases in which the mutated lines are used."""
        return cases_of(self.rule, tuple(self.lines))

    def samples(self) -> list[Sample]:
        """Return the cases at which this mutant counts; with complex inputs, if it counts at no real ones."""
        real = [] if self.kind == "conjugate" else [Sample(case, tuple(case.inputs), self.order) for case in self.cases]
        taken = [case for case in self.cases if not case.real_only and not any(map(np.iscomplexobj, case.inputs))]
        turned = [tuple(split_complex(x, i) for i, x in enumerate(case.inputs)) for case in taken]
        return self.counting(real) or self.counting(
            [Sample(case, x, self.order) for case, x in zip(taken, turned, strict=True)]
        )

    def counting(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return those of some samples at which the gradient is wrong, and can be computed at all."""
        return [one for one in samples if (found := self.gradient(one)) is not None and differs(found, one.gradient())]

    def forms(self, sample: Sample) -> list[Sample]:
        """Return a sample, and the same composed with other operations, if the mutant counts there too."""
        return [sample, *self.counting([sample.composed])]

    def gradient(self, sample: Sample) -> list[Any] | None:
        """Return this mutant's gradient at a sample; None if what a line returns can't be used, which isn't silent."""
        with planted(self):
            try:
                return sample.gradient()
            except Exception:
                return None

    @property
    def refused(self) -> bool:
        """Whether the gradient can't be computed at some case."""
        return any(self.gradient(Sample(case, tuple(case.inputs), self.order)) is None for case in self.cases)


class Sample(NamedTuple):
    """A function and a point, and the order of the derivative to look at there."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    order: int

    @property
    def composed(self) -> Sample:
        """The same function with other operations before and after it, down to one real number."""
        parts = self.function(*self.inputs)
        weights = list(like(parts, 500))
        scales = [0.8 / (1 + np.max(np.abs(y), initial=0, where=np.isfinite(y))) for y in parts]

        def composed(*inputs: Any) -> Any:
            moved = [2.0 * x - x for x in inputs]  # the same to the last bit, so that no kink comes nearer
            results = zip(weights, self.function(*moved), scales, strict=True)
            return np.sum(np.stack([np.sum(np.real(w * np.tanh(y * scale))) for w, y, scale in results]))

        return Sample(composed, self.inputs, self.order)

    def gradient(self) -> list[Any]:
        """Return the gradients at a random cotangent; of order 2, those of the pullback."""
        function: Callable[..., Any] = self.function
        for level in range(self.order):
            result, pullback = am.vjp(function, *self.inputs)
            listed = isinstance(result, (list, tuple))
            cotangent = list(like(result if listed else [result], 100 * (level + 1)))
            found = list(pullback(cotangent if listed else cotangent[0]))
            function = pulled(function, cotangent if listed else cotangent[0])
        return found


def pulled(function: Callable[..., Any], cotangent: Any) -> Callable[..., Any]:
    """Return the function that pulls a cotangent back through another."""
    return lambda *inputs: list(am.vjp(function, *inputs)[1](cotangent))


@cache
def cases_of(rule: Rule, params: tuple[str, ...]) -> list[Case]:
    """Return the cases of a rule's function in which these parameters are differentiated."""

    def differentiated(case: Case) -> set[str]:
        last = len(rule.params) - 1
        return {key if isinstance(key, str) else rule.params[min(key, last)] for key in case.wrt}

    return [case for case in CASES if case.function is rule.function and differentiated(case) >= set(params)]


def differs(found: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether a gradient is off the right one by more than `COUNTS` of its largest number, not by rounding alone."""
    for one, other in zip(found, right, strict=True):
        size = float(np.max(np.abs(other), initial=0, where=np.isfinite(other)))
        if not np.allclose(one, other, rtol=0, atol=max(COUNTS * size, ROUNDING), equal_nan=True):
            return True
    return False


class Outcome(NamedTuple):
    """What a check said of a mutant at one sample.

    `blamed` tells whether it named the right operation and no other, `placed` whether it named the right parameters of
    it too. `recognised` tells whether it saw a pattern, and only the mutation's own or one that is true of the numbers;
    None where the mutation left no pattern in the numbers.
    """

    found: bool
    blamed: bool
    placed: bool
    recognised: bool | None
    report: Report


def outcome(mutant: Mutant, sample: Sample) -> Outcome | None:
    """Return what a check says of a mutant at a sample where it counts; None if the engine refuses it with an error."""
    right, wrong = sample.gradient(), mutant.gradient(sample)
    assert wrong is not None
    with planted(mutant):
        try:
            report = am.check_grads(sample.function, *sample.inputs, order=sample.order, report=True)
        except (RuleError, np.linalg.LinAlgError):  # a matrix is singular once it is wrong
            return None
    blamed = bool(report.blame) and all(one.operation == mutant.rule.name for one in report.blame)
    placed = blamed and all(one.argument.partition("[")[0] in mutant.lines for one in report.blame)
    recognised = None
    if left_pattern(mutant, wrong, right):
        allowed = {*mutant.patterns, *(kind for pair in zip(wrong, right, strict=True) for kind in multiple(*pair))}
        of_rules = [one.pattern for one in report.blame if one.pattern is not None]
        said = [one.kind for one in of_rules or report.patterns]
        recognised = bool(said) and all(kind in allowed for kind in said)
    return Outcome(report.verdict is Verdict.WRONG, blamed, placed, recognised, report)


def left_pattern(mutant: Mutant, wrong: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether a mutation shows in the numbers: it doesn't where, say, what was transposed is then summed."""
    pairs = [(a, b) for a, b in zip(wrong, right, strict=True) if differs([a], [b])]
    match mutant.kind:
        case "transposed":
            return all(not differs([a], [transposed(b)]) for a, b in pairs)
        case "swapped arguments":
            return all(any(np.shape(a) == np.shape(b) and not differs([a], [b]) for b in right) for a, _ in pairs)
        case _:
            return bool(mutant.patterns)


def multiple(wrong: Any, right: Any) -> list[str]:
    """Return the kinds of `Pattern` that are true of a wrong array because it is a multiple of the right one."""
    factor = np.vdot(right, wrong) / np.vdot(right, right) if np.any(right) else 0.0
    if not differs([wrong], [right]) or differs([wrong], [factor * right]):
        return []
    return ["constant factor", *(["sign"] if np.isclose(factor, -1) else ["zero"] if np.isclose(factor, 0) else [])]


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """Put a mutant in the place of the right rule, as long as the context lasts."""
    rule = mutant.rule
    names = tuple(f"*{name}" if i == rule.star else name for i, name in enumerate(rule.params))
    lines: dict[str, Line | None] = {name: line.function for name, line in rule.pullbacks.items()}
    wrong = Rule(rule.function, names, rule.broadcasts, {**lines, **mutant.lines, **dict.fromkeys(rule.constants)})
    restore(wrong)
    try:
        with warnings.catch_warnings(action="ignore"):  # wrong numbers overflow, and are taken for zero
            yield
    finally:
        restore(rule)
        for key in [key for key in graph.OPS if key[1] is wrong]:
            del graph.OPS[key]


def all_mutants(rule: Rule) -> Iterator[Mutant]:
    """Iterate over the mutants of a rule, line by line."""
    for param, line in rule.pullbacks.items():
        for kind, patterns, change in RESULTS:
            yield Mutant(kind, rule, {param: changed(line, change)}, "", patterns)
        if param != "g":  # an argument of that name can't be told from the cotangent
            for kind, patterns, change, detail in LOOKS:
                if kind != "missing sum" or rule.broadcasts:
                    yield Mutant(kind, rule, {param: changed(line, change, param)}, detail, patterns)
        for name in line.names:
            if name in rule.pullbacks or name == "out":
                yield Mutant("second order", rule, {param: held(line, name)}, f"{name} taken as a constant", order=2)
        for kind, detail, wrong in edited(line.function):
            yield Mutant(kind, rule, {param: wrong}, detail)
    yield from swapped(rule)


def swapped(rule: Rule) -> Iterator[Mutant]:
    """Iterate over the pairs of parameters whose lines take the same names, exchanged."""
    params = list(rule.pullbacks)
    for i, one in enumerate(params):
        for other in params[i + 1 :]:
            first, second = rule.pullbacks[one], rule.pullbacks[other]
            turned = {turn(name, one, other) for name in first.names}
            if turned == set(second.names):
                yield Mutant("swapped arguments", rule, {one: second.function, other: first.function}, "",
                             ("swapped",))  # fmt: skip


def turn(name: str, one: str, other: str) -> str:
    """Return a name that a line takes, with two parameters exchanged."""
    stem, shape = name.removesuffix("_shape"), "_shape" * name.endswith("_shape")
    return {one: other, other: one}.get(stem, stem) + shape


def tried_rules() -> list[Rule]:
    """Return the rules that have cases, in an order that doesn't depend on which was registered first."""
    functions = {case.function for case in CASES}
    return sorted((rule for rule in all_rules() if rule.function in functions), key=lambda rule: rule.name)


def chosen(kind: str, few: int | None = None) -> Iterator[tuple[Mutant, Sample]]:
    """Iterate over the mutants of a kind and the samples where they count, bare and composed with other operations.

    With `few`, only so many mutants of each file of rules are tried, at one sample each.
    """
    mutants = [one for rule in tried_rules() for one in all_mutants(rule) if one.kind == kind]
    rng = np.random.default_rng(0)
    left = Counter({one.file: few or len(mutants) for one in mutants})
    for i in range(len(mutants)) if few is None else rng.permutation(len(mutants)):
        samples = mutants[i].samples() if left[mutants[i].file] else []
        left[mutants[i].file] -= bool(samples)
        if few is not None and samples:
            samples = [samples[rng.integers(len(samples))]]
        yield from ((mutants[i], form) for sample in samples for form in mutants[i].forms(sample))


# ------------------------------------------------------------------------------------------ Faults of the engine


def rewritten(function: Any, old: str, new: str) -> Any:
    """Return a function with a part of its source replaced."""
    source = dedent(inspect.getsource(function))
    assert old in source
    made: dict[str, Any] = {}
    exec("from __future__ import annotations\n" + source.replace(old, new), function.__globals__, made)
    return made[function.__name__]


def first_of_broadcast(cot: Any, shape: tuple[int, ...]) -> Any:
    return first_slice(cot, np.empty(shape))


def staying(pull: Any) -> Any:
    """Return a pull to whose gradients those of the same trace's earlier pulls are added."""

    def staying_pull(self: Trace, *args: Any, **kwargs: Any) -> list[Any]:
        kept = vars(self).setdefault("kept", [])
        kept.append(pull(self, *args, **kwargs))
        return [None if cots[-1] is None else sum(cots) for cots in zip(*kept, strict=True)]

    return staying_pull


def earlier_gradients() -> Callable[..., Any]:
    """Return a method that gives the gradients of the first call for arguments of the same shapes, again and again."""
    right, earlier = Trace.gradients, {}

    def gradients(self: Trace, *args: Any, **kwargs: Any) -> Any:
        found = right(self, *args, **kwargs)
        return earlier.setdefault(tuple(np.shape(g) for g in found), found)

    return gradients


ADDED, PUT = "cot if old is None else old + cot", "cot"
# For each fault what stands in the place of what: the owner, the name there, and the wrong one.
ENGINE: dict[str, Callable[[], list[tuple[Any, str, Any]]]] = {
    "missing broadcast sum": lambda: [(pulling, "_sum_to", first_of_broadcast)],
    "= for += in calls": lambda: [
        (module, "accumulate", rewritten(graph.accumulate, ADDED, PUT)) for module in (graph, pulling)
    ],
    "= for += in generated pulls": lambda: [(pulling, "_PULL", pulling._PULL.replace(ADDED, PUT))],
    "= for += in one of several results": lambda: [
        (graph.PICK, "pull", rewritten(graph.pull_pick, "parts[node.x1] + g if node.x1 in parts else g", "g"))
    ],
    "gradients of an earlier pull": lambda: [(Trace, "pull", staying(Trace.pull))],
    "gradients of an earlier call": lambda: [(Trace, "gradients", earlier_gradients())],
}


@contextmanager
def faulty_engine(fault: str) -> Iterator[None]:
    """Plant one of the faults of `ENGINE`, as long as the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, wrong in ENGINE[fault]():
            patch.setattr(owner, name, wrong)
        forget_pulls()
        try:
            yield
        finally:
            patch.undo()
            forget_pulls()


def forget_pulls() -> None:
    """Let every recorder and every pull be made anew when it is used next."""
    graph.OPS.clear()
    for rule in all_rules():
        recording.reset(rule.function)
