"""`Module`: what holds the parameters of a network, and applies them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np

from ..engine import Value
from ..errors import InvalidInput
from ..graph import ACTIVE, LEAF, LINK
from ..state import current, scope
from ..storage import load_arrays, misfits, save_arrays

Part = TypeVar("Part")
LEAVES = (LEAF, ACTIVE, LINK)  # a parameter is one of the latter two inside a transform


class Module:
    """Base of everything that has parameters: subclass it, assign parameters and modules, write `forward`.

    Parameters are the Values among the attributes that are leaves (not results of operations), and those of modules
    among the attributes, also in lists, tuples and dicts. They get their path as their name, so that drawings and
    messages show it.

    Examples
    --------
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Value(2.0)
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(3.0).data, [name for name, _ in scale.named_parameters()]
    (np.float64(6.0), ['factor'])

    Attributes
    ----------
    training : bool
        Whether the module is being trained, which some layers do another thing for: see `train` and `eval`.
    buffers : tuple of str
        The names of arrays that belong to the state but aren't learned: to be set by a subclass that has some.
    """

    training = True
    buffers: tuple[str, ...] = ()

    def __setattr__(self, name: str, x: Any) -> None:
        object.__setattr__(self, name, x)
        for path, part in parts_of(x, name):
            if isinstance(part, Value):
                part.name = path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        mode = current()
        if mode is None or not mode.full_record:
            return self.forward(*args, **kwargs)
        with scope(type(self).__name__):  # a group in drawings
            return self.forward(*args, **kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the module; to be written by each subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Iterate over the parameters and their paths, each once, in the order of their assignment."""
        for path, parameter in once(parts_of(self), Value):
            parameter.name = path  # a list may have grown since
            yield path, parameter

    def parameters(self) -> list[Value]:
        """Return the parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Return an iterator over this module, under the path ``""``, and all modules in it, outer ones first."""
        return once(parts_of(self), Module)

    def modules(self) -> list[Module]:
        """Return this module and all modules in it, each once, outer ones first."""
        return [module for _, module in self.named_modules()]

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """Return an iterator over the random generators of all modules and their paths, each once."""
        return once(parts_of(self), np.random.Generator)

    def named_buffers(self) -> Iterator[tuple[str, Module, str]]:
        """Iterate over the arrays of the state that aren't learned: their paths, the modules and the names there."""
        for path, module in parts_of(self):
            if isinstance(module, Module):
                for name in module.buffers:
                    yield joined(path, name), module, name

    def train(self, mode: bool = True) -> Self:
        """Set this module and all in it to training, or no longer; return it."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set this module and all in it to evaluation: dropout keeps everything, running statistics are used."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of each parameter's array, and of each buffer, by path; what is shared has several."""
        state = {path: np.copy(part.data) for path, part in parts_of(self) if isinstance(part, Value)}
        return state | {path: np.copy(getattr(module, name)) for path, module, name in self.named_buffers()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set each parameter and each buffer to the array of its path, cast to the dtype that it has.

        Raises
        ------
        InvalidInput
            If paths are missing or unknown, or an array has another shape than what it is for, with each of them
            named; nothing is changed then.
        """
        parameters = {path: part for path, part in parts_of(self) if isinstance(part, Value)}
        buffers = {path: getattr(module, name) for path, module, name in self.named_buffers()}
        wrong = misfits(state, parameters | buffers)
        if wrong:
            raise InvalidInput(
                f"a state that doesn't fit the module: {'; '.join(wrong)}",
                "it must hold an array for each parameter and buffer, and nothing else",
                "the state_dict() of a module built in the same way",
            )
        for path, parameter in parameters.items():
            parameter.data = np.array(state[path], dtype=parameter.dtype)
        for path, module, name in self.named_buffers():
            setattr(module, name, np.array(state[path], dtype=buffers[path].dtype))

    def astype(self, dtype: Any) -> Self:
        """Return a module of the same shape with new parameters and floating buffers, of another floating dtype.

        Examples
        --------
        >>> from autograd_mini.nn import Linear
        >>> Linear(3, 2, rng=0).astype(np.float32)(np.ones((5, 3), np.float32)).dtype
        dtype('float32')
        """
        if np.dtype(dtype).kind not in "fc":
            raise InvalidInput(f"astype({dtype!r}) of a module", "parameters are floating numbers", "np.float32")
        cast = {path: Value(p.data.astype(dtype), copy=False, name=path) for path, p in self.named_parameters()}
        other = self.with_parameters(cast)
        for _, module, name in other.named_buffers():
            buffer = getattr(module, name)
            setattr(module, name, buffer.astype(dtype) if buffer.dtype.kind == "f" else buffer)
        return other

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state to a safetensors file, which PyTorch reads too: see `storage.save_arrays`."""
        save_arrays(path, self.state_dict())

    def load(self, path: str | os.PathLike[str]) -> Self:
        """Set the state to that of a safetensors file, also one that PyTorch wrote; return the module.

        Raises
        ------
        StorageError
            If there is no such file, or it isn't a whole safetensors file.
        InvalidInput
            If the state doesn't fit; nothing is changed then.

        Examples
        --------
        >>> import tempfile
        >>> from autograd_mini.nn import Linear
        >>> path = f"{tempfile.mkdtemp()}/weights.safetensors"
        >>> Linear(3, 2, rng=0).save(path)
        >>> Linear(3, 2, rng=1).load(path).weight.data[0].round(2)
        array([ 0.16, -0.27, -0.53])
        """
        self.load_state_dict(load_arrays(path)[0])
        return self

    def functional_call(self, parameters: Mapping[str, Any], *args: Any) -> Any:
        """Apply the module with other numbers in place of its parameters: a function for `am.grad` and its relatives.

        Parameters
        ----------
        parameters : mapping
            For each path an array or a Value, as `state_dict` has them.
        *args
            What to call the module with.

        Examples
        --------
        >>> from autograd_mini import grad
        >>> from autograd_mini.nn import Linear
        >>> layer = Linear(2, 1, rng=0)
        >>> slopes = grad(lambda p: np.sum(layer.functional_call(p, np.ones((3, 2)))))(layer.state_dict())
        >>> slopes["bias"]
        array([3.])
        """
        return self.with_parameters(parameters)(*args)

    def with_parameters(self, parameters: Mapping[str, Any]) -> Self:
        """Return a module of the same shape with other numbers, arrays or Values in place of its parameters.

        Parameters
        ----------
        parameters : mapping
            For each path of `named_parameters` a number of its shape. Those of buffers may be among them, too.

        Raises
        ------
        InvalidInput
            If paths are missing or unknown, or a number has another shape than the parameter.
        """
        own, buffers = dict(self.named_parameters()), {path for path, _, _ in self.named_buffers()}
        aliases = {path for path, _ in parts_of(self)} - own.keys()
        wrong = misfits({path: x for path, x in parameters.items() if path not in buffers | aliases}, own)
        if wrong:
            raise InvalidInput(
                f"parameters that don't fit the module: {'; '.join(wrong)}",
                "there must be one for each parameter, of its shape",
                "a dict like dict(module.named_parameters())",
            )
        other: Self = replaced(self, {id(p): parameters[path] for path, p in own.items()})
        for path, module, name in list(other.named_buffers()):
            if path in parameters:
                setattr(module, name, parameters[path])
        return other


def checked_sizes(least: int = 1, **sizes: Any) -> None:
    """Raise if a size is no integer of at least 1."""
    for name, n in sizes.items():
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < least:
            raise InvalidInput(f"{name}={n!r}", "it is a size", f"an integer of at least {least}")


def replaced(x: Any, new: dict[int, Any]) -> Any:
    """Return an attribute with other numbers in place of the parameters in it, which are known by their id.

    A module that is met again, also by its own parts, becomes the same new one.
    """
    if id(x) in new:
        return new[id(x)]
    if isinstance(x, Module):
        new[id(x)] = other = object.__new__(type(x))
        vars(other).update((name, replaced(part, new)) for name, part in vars(x).items())
        return other
    if type(x) in (list, tuple):
        return type(x)(replaced(part, new) for part in x)
    if type(x) is dict:
        return {name: replaced(part, new) for name, part in x.items()}
    return x


def parts_of(x: Any, path: str = "", around: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Iterate over the parameters, the modules and the random generators in an attribute, with their paths.

    Outer modules come first. What is shared comes under each of its paths; a module that is a part of itself doesn't.

    Examples
    --------
    >>> [path for path, _ in parts_of({"a": [Value(1.0), "text", Module()]}, "weights")]
    ['weights.a.0', 'weights.a.2']
    """
    if isinstance(x, Value):
        if x.node is not None and x.node.op in LEAVES:
            yield path, x
        return
    inside: Iterable[tuple[Any, Any]]
    if isinstance(x, np.random.Generator):
        yield path, x
    if isinstance(x, Module):
        if id(x) in around:
            return
        yield path, x
        around, inside = (*around, id(x)), vars(x).items()
    else:
        inside = x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, (list, tuple)) else ()
    for name, part in list(inside):
        yield from parts_of(part, joined(path, str(name)), around)


def once(parts: Iterator[tuple[str, Any]], kind: type[Part]) -> Iterator[tuple[str, Part]]:
    """Iterate over those parts that are of a kind, each at its first path alone."""
    seen: set[int] = set()
    for path, part in parts:
        if isinstance(part, kind) and id(part) not in seen:
            seen.add(id(part))
            yield path, part


def joined(path: str, name: str) -> str:
    """Return the path of an attribute of what stands at a path.

    Examples
    --------
    >>> joined("", "weight"), joined("layers.0", "weight")
    ('weight', 'layers.0.weight')
    """
    return f"{path}.{name}" if path else name
