"""The gradient checks of each library, and how a derivative is planted there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import autograd_mini as am
from autograd_mini.errors import GradientMismatch
from benchmarks.checks.functions import Line, Lines, Subject

SEED = 0
WRONG = "wrong"
MARGIN = 10.0  # how many times numdifftools' estimate of its error its derivative may be off
ROUNDING = 100.0  # how many times the epsilon of its dtype a gradient may be off, as a part of its largest number
Function = Callable[..., Any]


class Namespace:
    """A library's NumPy, with what the functions need beside it."""

    def __init__(self, module: Any, constant: Function, cast: Function, stop_gradient: Function) -> None:
        self.module, self.constant, self.cast, self.stop_gradient = module, constant, cast, stop_gradient

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)


class Counted:
    """A function that counts how often it is called."""

    def __init__(self, function: Function) -> None:
        self.function, self.calls = function, 0
        self.__name__ = "function"

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.function(*args)


def same(x: Any) -> Any:
    return x


def astype(x: Any, dtype: str) -> Any:
    return x.astype(dtype)


NUMPY = Namespace(np, same, astype, same)


def taken(line: Line) -> list[str]:
    """Return the names of the arguments that a line of a derivative takes."""
    return list(inspect.signature(line).parameters)[2:]


def cotangents(lines: Lines, xp: Any, g: Any, args: tuple[Any, ...]) -> list[Any]:
    """Return the cotangent of each argument."""
    given = dict(zip(lines, args, strict=True))
    return [line(xp, g, *(given[name] for name in taken(line))) for line in lines.values()]


def weights(subject: Subject) -> Any:
    """Return what each number of the result counts, where one number is wanted: exact in single precision."""
    with np.errstate(all="ignore"):
        result = np.asarray(subject.function(NUMPY, *subject.args))
    return (np.random.default_rng(1).integers(32, 97, result.shape) / 64).astype(result.real.dtype)[()]


def scalar(subject: Subject) -> Function:
    """Return the function in NumPy, its result weighed and summed to one real number."""
    v = weights(subject)
    return lambda *args: np.real(np.sum(v * subject.function(NUMPY, *args)))


def gradient(subject: Subject, lines: Lines) -> tuple[Any, ...]:
    """Return the gradient of `scalar` that lines give: df/da + i df/db for complex arguments."""
    with np.errstate(all="ignore"):
        return tuple(map(np.conj, cotangents(lines, NUMPY, weights(subject), subject.args)))


def flat(args: tuple[Any, ...]) -> Any:
    """Return the real coordinates of arrays as one vector, in double precision."""
    return np.concatenate([wide(x).reshape(-1).view(float) for x in args])


def from_flat(vector: Any, like: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return arrays of the shapes of others, of which a vector holds the coordinates."""
    views = [wide(x) for x in like]
    parts = np.split(vector, np.cumsum([x.view(float).size for x in map(np.atleast_1d, views)])[:-1])
    return tuple(part.view(x.dtype).reshape(x.shape) for part, x in zip(parts, views, strict=True))


def wide(x: Any) -> Any:
    return np.ascontiguousarray(x, complex if np.iscomplexobj(x) else float)


class Check:
    """A gradient check, with its own default settings."""

    label: str

    def plant(self, subject: Subject, lines: Lines | None) -> Function:
        """Return a function of the library's arrays, whose derivative is given by `lines` (None: the library's own)."""
        raise NotImplementedError

    def array(self, x: Any) -> Any:
        return x

    def run(self, function: Function, args: tuple[Any, ...], planted: bool) -> None:
        """Check a function; raise if the gradient is not accepted. A planted derivative is of one mode, backward."""
        raise NotImplementedError

    def prepare(self, subject: Subject, lines: Lines | None) -> tuple[Callable[[], None], Counted]:
        """Return the check of one subject, to be called, and the counter in it."""
        function = Counted(self.plant(subject, lines))
        args = tuple(map(self.array, subject.args))
        return partial(self.run, function, args, lines is not None), function

    def says(self, error: Exception) -> str:
        """Return ``"wrong"`` if what `run` raised says that of the gradient, or else what it says."""
        return WRONG if isinstance(error, AssertionError) else type(error).__name__


class Torch(Check):
    """PyTorch: `gradcheck` and, for order 2, `gradgradcheck`."""

    def __init__(self, fast: bool) -> None:
        import torch

        self.torch, self.fast = torch, fast
        self.label = "torch gradcheck" + ", fast_mode" * fast
        kinds = {"float32": torch.float32, "float64": torch.float64}
        self.xp = Namespace(torch, torch.from_numpy, lambda x, dtype: x.to(kinds[dtype]), torch.Tensor.detach)

    def plant(self, subject: Subject, lines: Lines | None) -> Function:
        xp = self.xp
        if lines is None:
            return partial(subject.function, xp)

        class Operation(self.torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *args: Any) -> Any:
                ctx.save_for_backward(*args)
                return subject.function(xp, *args)

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:  # cotangents are conjugated here
                return tuple(x.conj() for x in cotangents(lines, xp, g.conj(), ctx.saved_tensors))

        return Operation.apply

    def array(self, x: Any) -> Any:
        return self.torch.from_numpy(x.copy()).requires_grad_()

    def run(self, function: Function, args: tuple[Any, ...], planted: bool) -> None:
        self.torch.manual_seed(SEED)
        self.torch.autograd.gradcheck(function, args, fast_mode=self.fast)
        self.torch.autograd.gradgradcheck(function, args, fast_mode=self.fast)

    def says(self, error: Exception) -> str:
        return WRONG if "mismatch" in str(error) else type(error).__name__


class Jax(Check):
    """JAX, in double precision, at order 2."""

    label = "jax check_grads"

    def __init__(self) -> None:
        import jax
        from jax.test_util import check_grads

        self.jax, self.check_grads = jax, check_grads
        self.xp = Namespace(jax.numpy, jax.numpy.asarray, astype, jax.lax.stop_gradient)

    def plant(self, subject: Subject, lines: Lines | None) -> Function:
        function = partial(subject.function, self.xp)
        if lines is None:
            return function
        operation = self.jax.custom_vjp(lambda *args: function(*args))
        operation.defvjp(
            lambda *args: (function(*args), args), lambda args, g: tuple(cotangents(lines, self.xp, g, args))
        )
        return operation

    def array(self, x: Any) -> Any:
        return self.jax.numpy.asarray(x)

    def run(self, function: Function, args: tuple[Any, ...], planted: bool) -> None:
        self.check_grads(function, args, order=2, **({"modes": ["rev"]} if planted else {}))


class Hips(Check):
    """HIPS autograd, at order 2."""

    label = "HIPS check_grads"

    def __init__(self) -> None:
        import autograd.numpy
        from autograd import extend, tracer
        from autograd.test_util import check_grads

        self.extend, self.check_grads = extend, check_grads

        def unboxed(x: Any) -> Any:
            while tracer.isbox(x):
                x = tracer.getval(x)
            return x

        self.xp = Namespace(autograd.numpy, same, astype, unboxed)

    def plant(self, subject: Subject, lines: Lines | None) -> Function:
        if lines is None:
            return partial(subject.function, self.xp)
        operation = self.extend.primitive(lambda *args: subject.function(NUMPY, *args))
        names = list(lines)

        def maker(line: Line) -> Function:
            at = [names.index(name) for name in taken(line)]
            return lambda ans, *args: lambda g: line(self.xp, g, *(args[i] for i in at))

        self.extend.defvjp(operation, *map(maker, lines.values()))
        return operation

    def run(self, function: Function, args: tuple[Any, ...], planted: bool) -> None:
        for modes in [["rev"]] if planted else [["fwd", "rev"], ["rev"]]:
            np.random.seed(SEED)  # noqa: NPY002 - it draws from NumPy's global state
            try:
                self.check_grads(function, tuple(range(len(args))), modes=modes, order=2)(*args)
            except NotImplementedError:  # some of its functions have no forward mode
                continue
            break


class Refused(AssertionError):
    """What our report says where it isn't content."""

    def __init__(self, report: Any) -> None:
        super().__init__(str(report))
        self.verdict = WRONG if isinstance(report.refusal(), GradientMismatch) else str(report.verdict)


class Ours(Check):
    """`check_grads` of this library."""

    label = "am.check_grads"
    xp = Namespace(np, same, astype, am.stop_gradient)

    def plant(self, subject: Subject, lines: Lines | None) -> Function:
        function = partial(subject.function, self.xp)
        if lines is None:
            return function
        operation = am.primitive(function)
        am.rule(operation, " ".join(lines), **{name: partial(line, self.xp) for name, line in lines.items()})
        return operation

    def run(self, function: Function, args: tuple[Any, ...], planted: bool, **options: Any) -> None:
        report = am.check_grads(function, *args, report=True, **options)
        if not report:
            raise Refused(report)

    def says(self, error: Exception) -> str:
        return error.verdict if isinstance(error, Refused) else super().says(error)


class Claimed(Check):
    """A check of a gradient that was made elsewhere, by differences alone; of order 1."""

    def prepare(self, subject: Subject, lines: Lines | None) -> tuple[Callable[[], None], Counted]:
        claim = gradient(subject, subject.lines if lines is None else lines)
        function = Counted(scalar(subject))
        return partial(self.compare, function, subject.args, claim), function

    def compare(self, function: Function, args: tuple[Any, ...], claim: tuple[Any, ...]) -> None:
        raise NotImplementedError


class OursClaimed(Claimed, Ours):
    """`check_grads` of this library, for a gradient from elsewhere."""

    label = "am.check_grads, grad="

    def compare(self, function: Function, args: tuple[Any, ...], claim: tuple[Any, ...]) -> None:
        self.run(function, args, False, grad=claim if len(claim) > 1 else claim[0])


class Numdifftools(Claimed):
    """The gradient by numdifftools, which may be off by some times the error that it estimates."""

    label = "numdifftools"

    def __init__(self) -> None:
        import numdifftools

        self.gradient = numdifftools.Gradient

    def compare(self, function: Function, args: tuple[Any, ...], claim: tuple[Any, ...]) -> None:
        found, error = self.derivative(function, args)
        expected = flat(claim)
        rounding = ROUNDING * max(np.finfo(x.dtype).eps for x in claim) * np.max(abs(expected))
        allowed = MARGIN * error + rounding
        assert np.all(abs(found - expected) <= allowed), f"{expected} is claimed, {found} ± {error} was found"

    def derivative(self, function: Function, args: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the gradient of a function of one real number, as one vector, and its estimated error."""
        made = self.gradient(lambda x: function(*from_flat(x, args)), full_output=True)(flat(args))
        return made.estimate.reshape(-1), made.error_estimate.reshape(-1)


CHECKS: tuple[tuple[str, Callable[[], Check]], ...] = (  # with the library that each needs
    ("torch", lambda: Torch(fast=False)),
    ("torch", lambda: Torch(fast=True)),
    ("jax", Jax),
    ("autograd", Hips),
    ("numdifftools", Numdifftools),
    ("autograd_mini", Ours),
    ("autograd_mini", OursClaimed),
)

# ------------------------------------------------------------------------------------------- Numeric derivatives

Found = tuple[Any, Any]  # a gradient as one vector, and its estimated error (None: there is no estimate)


def by_step(step: float, function: Function, args: tuple[Any, ...]) -> Found:
    """Return central differences with a fixed step, in the precision of the arguments."""
    found = []
    for unit in np.eye(flat(args).size):
        moves = [(step * d).astype(x.dtype) for d, x in zip(from_flat(unit, args), args, strict=True)]
        ahead, behind = (function(*(x + sign * d for x, d in zip(args, moves, strict=True))) for sign in (1, -1))
        found.append((ahead - behind) / (2 * step))
    return np.array(found), None


def by_hips(function: Function, args: tuple[Any, ...]) -> Found:
    from autograd.test_util import make_numerical_jvp

    along = make_numerical_jvp(lambda given: function(*given), args)
    units = (from_flat(unit, args) for unit in np.eye(flat(args).size))
    return np.array([along(tuple(d.astype(x.dtype) for d, x in zip(u, args, strict=True))) for u in units]), None


def by_numdifftools(function: Function, args: tuple[Any, ...]) -> Found:
    return Numdifftools().derivative(function, args)


def by_us(function: Function, args: tuple[Any, ...]) -> Found:
    made = [am.finite_difference(function, *args, argnum=i) for i in range(len(args))]
    spread = [error * (1 + 1j) if np.iscomplexobj(x) else error for (_, error), x in zip(made, args, strict=True)]
    return flat(tuple(derivative for derivative, _ in made)), flat(tuple(spread))


NUMERIC: tuple[tuple[str, str, Callable[..., Found]], ...] = (
    ("numpy", "step 1e-6, as in PyTorch", partial(by_step, 1e-6)),
    ("numpy", "step 1e-4, as in JAX", partial(by_step, 1e-4)),
    ("autograd", "HIPS make_numerical_jvp", by_hips),
    ("numdifftools", "numdifftools.Gradient", by_numdifftools),
    ("autograd_mini", "am.finite_difference", by_us),
)
