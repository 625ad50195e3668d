"""Modules: what holds the parameters of a network, and applies them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Self

import numpy as np

from ..engine import Value
from ..errors import InvalidInput, ShapeError
from ..state import current, scope

Layer = Callable[[Any], Any]


class Module:
    """Base of everything that has parameters: subclass it, assign parameters and modules, write `forward`.

    Parameters are the Values among the attributes, and those of modules among the attributes, also in lists and
    tuples. They get their path as their name, so that drawings and messages show it.

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
    """

    def __setattr__(self, name: str, x: Any) -> None:
        object.__setattr__(self, name, x)
        for path, parameter in named(x, name):
            parameter.name = path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        mode = current()
        if mode is None or not mode.full_record:
            return self.forward(*args, **kwargs)
        with scope(type(self).__name__):  # a group in drawings
            return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the module; to be written by each subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Iterate over the parameters and their paths, each once, in the order of their assignment."""
        seen: set[int] = set()
        for name, x in vars(self).items():
            for path, parameter in named(x, name):
                if id(parameter) not in seen:
                    seen.add(id(parameter))
                    yield path, parameter

    def parameters(self) -> list[Value]:
        """Return the parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of each parameter's array, by path."""
        return {path: np.copy(parameter.data) for path, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set each parameter to the array of its path.

        Raises
        ------
        InvalidInput
            If a path is missing or unknown; nothing is changed then.
        ShapeError
            If an array has another shape than its parameter; nothing is changed then.
        """
        own = dict(self.named_parameters())
        if own.keys() != set(state):
            missing, unknown = sorted(own.keys() - set(state)), sorted(set(state) - own.keys())
            raise InvalidInput(
                f"a state without {', '.join(missing) or 'nothing'} and with unknown {', '.join(unknown) or 'nothing'}",
                "it must hold each parameter of the module, and nothing else",
                "the state_dict() of a module built in the same way",
            )
        for path, parameter in own.items():
            if np.shape(state[path]) != parameter.shape:
                raise ShapeError(
                    f"an array of shape {np.shape(state[path])} for {path} of shape {parameter.shape}",
                    instead="the state_dict() of a module of the same sizes",
                )
        for path, parameter in own.items():
            parameter.data = np.array(state[path], dtype=parameter.dtype)

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
        >>> layer = Linear(2, 1, rng=0)
        >>> slopes = grad(lambda p: np.sum(layer.functional_call(p, np.ones((3, 2)))))(layer.state_dict())
        >>> slopes["bias"]
        array([3.])
        """
        return self.with_parameters(parameters)(*args)

    def with_parameters(self, parameters: Mapping[str, Any]) -> Self:
        """Return a module of the same shape with other numbers, arrays or Values in place of its parameters."""
        other = object.__new__(type(self))
        vars(other).update((name, replaced(x, name, parameters)) for name, x in vars(self).items())
        return other


def replaced(x: Any, path: str, parameters: Mapping[str, Any]) -> Any:
    """Return an attribute with other numbers in place of the parameters in it."""
    if isinstance(x, Value):
        return parameters[path]
    if isinstance(x, Module):
        other = object.__new__(type(x))
        vars(other).update((name, replaced(part, f"{path}.{name}", parameters)) for name, part in vars(x).items())
        return other
    if type(x) in (list, tuple):
        return type(x)(replaced(part, f"{path}.{i}", parameters) for i, part in enumerate(x))
    return x


def named(x: Any, path: str) -> Iterator[tuple[str, Value]]:
    """Iterate over the parameters in an attribute, with their paths.

    Examples
    --------
    >>> [path for path, _ in named([Value(1.0), "text"], "weights")]
    ['weights.0']
    """
    if isinstance(x, Value):
        yield path, x
    elif isinstance(x, Module):
        for name, part in vars(x).items():
            yield from named(part, f"{path}.{name}")
    elif isinstance(x, (list, tuple)):
        for i, part in enumerate(x):
            yield from named(part, f"{path}.{i}")


class Linear(Module):
    """The affine map x W + b.

    Parameters
    ----------
    n_in, n_out : int
        Numbers of features.
    bias : bool, default True
        Whether there is a b.
    init : {"xavier", "he"}
        Draw W uniformly from ±sqrt(6 / (n_in + n_out)), which suits tanh and sigmoid [1]_, or from
        ±sqrt(6 / n_in), which suits relu [2]_. b starts at 0.
    rng : numpy.random.Generator or int, optional
        What W is drawn with. An int is a seed: give layers different ones, or all the same generator.

    Attributes
    ----------
    weight : Value of shape (n_in, n_out)
        The transpose of what PyTorch keeps, so that a layer is one product.
    bias : Value of shape (n_out,), or None

    Raises
    ------
    InvalidInput
        If a number of features is no integer above 0, or `init` is unknown.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    .. [2] K. He et al. (2015), Delving deep into rectifiers.

    Examples
    --------
    >>> layer = Linear(3, 2, rng=0)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        bias: bool = True,
        init: Literal["xavier", "he"] = "xavier",
        rng: np.random.Generator | int | None = None,
    ) -> None:
        sizes: dict[str, Any] = {"n_in": n_in, "n_out": n_out}
        for name, n in sizes.items():
            if not isinstance(n, (int, np.integer)) or n < 1:
                raise InvalidInput(f"{name}={n!r}", "it is a number of features", "an integer of at least 1")
        fans = {"xavier": n_in + n_out, "he": n_in}
        if init not in fans:
            raise InvalidInput(f"init={init!r}", instead='"xavier" for tanh and sigmoid, "he" for relu')
        bound = (6 / fans[init]) ** 0.5
        self.weight = Value(np.random.default_rng(rng).uniform(-bound, bound, (n_in, n_out)), copy=False)
        self.bias = Value(np.zeros(n_out), copy=False) if bias else None

    def forward(self, x: Any) -> Any:
        """Return x W + b.

        Parameters
        ----------
        x : array_like or Value of shape (..., n_in)

        Raises
        ------
        ShapeError
            If the last axis of x isn't n_in long.
        """
        n_in, n_out = self.weight.shape
        shape = np.shape(x)
        if shape[-1:] != (n_in,):
            raise ShapeError(
                f"an input of shape {shape} for a Linear layer from {n_in} to {n_out} features",
                f"its last axis must be the {n_in} features; samples stand along the axes before it",
                "x.T" if len(shape) == 2 and shape[0] == n_in else f"Linear({shape[-1] if shape else 1}, {n_out})",
            )
        y = x @ self.weight
        return y if self.bias is None else y + self.bias

    def __repr__(self) -> str:
        return f"Linear({', '.join(map(str, self.weight.shape))}{', bias=False' if self.bias is None else ''})"


class Sequential(Module):
    """Layers applied one after the other: modules, or any functions of an array.

    Examples
    --------
    >>> net = Sequential(Linear(2, 4, rng=0), np.tanh, Linear(4, 1, rng=1))
    >>> net(np.ones((5, 2))).shape
    (5, 1)
    >>> [name for name, _ in net.named_parameters()]
    ['layers.0.weight', 'layers.0.bias', 'layers.2.weight', 'layers.2.bias']
    """

    def __init__(self, *layers: Layer) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise InvalidInput(
                    f"layer {i} is {layer!r}", "each layer is applied to the result of the one before", "a function"
                )
        self.layers = layers

    def forward(self, x: Any) -> Any:
        """Return the result of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        names = [repr(x) if isinstance(x, Module) else getattr(x, "__name__", repr(x)) for x in self.layers]
        return f"Sequential({', '.join(names)})"
