"""Recurrent layers: a plain one, and one with a memory of its own (LSTM). Weights and their names are PyTorch's."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ..engine import Value
from ..errors import InvalidInput, ShapeError
from ..primitives import relu, sigmoid
from .initialisers import Seed
from .layers import Dropout
from .module import Module, checked_sizes

__all__ = ["LSTM", "RNN"]


class Recurrent(Module):
    """What recurrent layers share: a cell that goes over a sequence, in layers, in one direction or both."""

    gates: int  # how many blocks of hidden_size rows a weight has
    states: int  # how many arrays a cell hands on to the next step

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        rng: Seed = None,
    ) -> None:
        checked_sizes(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first, self.has_bias = batch_first, bias
        generator, bound, rows = np.random.default_rng(rng), 1 / math.sqrt(hidden_size), self.gates * hidden_size
        self.suffixes = [
            [f"_l{layer}{way}" for way in ("", "_reverse")[: 1 + bidirectional]] for layer in range(num_layers)
        ]
        self.dropout = Dropout(dropout, generator)
        for layer, ways in enumerate(self.suffixes):
            width = hidden_size * len(ways) if layer else input_size
            for suffix in ways:
                shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, hidden_size)}
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)} if bias else {}
                for name, shape in shapes.items():
                    setattr(self, name + suffix, Value(generator.uniform(-bound, bound, shape), copy=False))

    def cell(self, gates: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the states after one step, the output first, of W_ih x + b_ih + W_hh h + b_hh and those before it."""
        raise NotImplementedError

    def run(self, x: Any, initial: tuple[Any, ...] | None) -> tuple[Any, tuple[Any, ...]]:
        """Return the outputs of all steps, and the last states of all layers."""
        shape = np.shape(x)
        if len(shape) != 3 or shape[2] != self.input_size:
            order = "samples, steps" if self.batch_first else "steps, samples"
            raise ShapeError(
                f"an input of shape {shape} for {self!r}",
                f"it takes ({order}, {self.input_size})",
                "x[:, None] for a single sequence" if len(shape) == 2 and not self.batch_first else
                "an array of three axes" if len(shape) != 3 else f"{type(self).__name__}({shape[2]}, ...)",
            )  # fmt: skip
        x = np.swapaxes(x, 0, 1) if self.batch_first else x
        steps, samples = np.shape(x)[:2]
        if not steps:
            raise ShapeError(f"a sequence without steps, of shape {shape}", instead="at least one step")
        ways = len(self.suffixes[0])
        states = self.checked_states(initial, (self.num_layers * ways, samples, self.hidden_size))
        last: list[tuple[Any, ...]] = []
        for layer, suffixes in enumerate(self.suffixes):
            outputs = []
            for i, suffix in enumerate(suffixes):
                before = tuple(part[layer * ways + i] for part in states)
                output, after = self.go(x, suffix, before, backwards=i == 1)
                outputs.append(output)
                last.append(after)
            x = np.concatenate(outputs, axis=-1) if ways > 1 else outputs[0]
            x = self.dropout(x) if layer < self.num_layers - 1 else x
        ends = tuple(np.stack(parts) for parts in zip(*last, strict=True))
        return (np.swapaxes(x, 0, 1) if self.batch_first else x), ends

    def go(self, x: Any, suffix: str, states: tuple[Any, ...], backwards: bool) -> tuple[Any, tuple[Any, ...]]:
        """Return the outputs of one layer in one direction, in the order of the steps, and its last states."""
        own = {name: getattr(self, name + suffix) for name in ("weight_ih", "weight_hh")}
        given = x @ own["weight_ih"].T  # of all steps at once
        if self.has_bias:
            given = given + (getattr(self, "bias_ih" + suffix) + getattr(self, "bias_hh" + suffix))
        back = own["weight_hh"].T
        outputs, steps = [], list(given)
        for step in reversed(steps) if backwards else steps:
            states = self.cell(step + states[0] @ back, states)
            outputs.append(states[0])
        return np.stack(outputs[::-1] if backwards else outputs), states

    def checked_states(self, initial: tuple[Any, ...] | None, shape: tuple[int, ...]) -> tuple[Any, ...]:
        """Return the states to begin with: those given, of a shape, or zeros."""
        if initial is None:
            return (np.zeros(shape, getattr(self, "weight_hh" + self.suffixes[0][0]).dtype),) * self.states
        if len(initial) != self.states:
            raise ShapeError(
                f"{len(initial)} first states for {self!r}", "it hands on an output and a memory", "the tuple (h0, c0)"
            )
        for state in initial:
            if np.shape(state) != shape:
                raise ShapeError(
                    f"a first state of shape {np.shape(state)} for {self!r}",
                    "it is (layers times directions, samples, hidden_size)",
                    f"an array of shape {shape}, or none for zeros",
                )
        return initial

    def __repr__(self) -> str:
        ways = ", bidirectional=True" if len(self.suffixes[0]) > 1 else ""
        layers = f", num_layers={self.num_layers}" if self.num_layers > 1 else ""
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size}{layers}{ways})"


class RNN(Recurrent):
    """The plain recurrent layer: h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).

    Parameters
    ----------
    input_size, hidden_size : int
    num_layers : int, default 1
        Each layer reads the outputs of the one before.
    nonlinearity : {"tanh", "relu"}, default "tanh"
        The φ above.
    bias : bool, default True
    batch_first : bool, default False
        Whether inputs and outputs are (samples, steps, features) instead of (steps, samples, features).
    dropout : float, default 0.0
        The probability of `Dropout` between the layers.
    bidirectional : bool, default False
        Whether a second one goes backwards over the sequence, its outputs beside those of the first.
    rng : numpy.random.Generator or int, optional
        What the weights are drawn with, uniformly from ±1/√hidden_size, as PyTorch does.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 : Value
        Of shapes (hidden_size, input_size), (hidden_size, hidden_size) and twice (hidden_size,); for each layer, and
        with ``_reverse`` for the way back.

    Raises
    ------
    InvalidInput
        If a size is no integer of at least 1, or `nonlinearity` is unknown.
    ShapeError
        At the call, if the input isn't (steps, samples, input_size), or a first state doesn't fit.

    References
    ----------
    J. L. Elman (1990), Finding structure in time.

    Examples
    --------
    >>> outputs, last = RNN(3, 4, rng=0)(np.ones((5, 2, 3)))
    >>> outputs.shape, last.shape
    ((5, 2, 4), (1, 2, 4))
    """

    gates, states = 1, 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        rng: Seed = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise InvalidInput(f"nonlinearity={nonlinearity!r}", instead="'tanh' or 'relu'")
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng)

    def cell(self, gates: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the one new state."""
        return (np.tanh(gates) if self.nonlinearity == "tanh" else relu(gates),)

    def forward(self, x: Any, h0: Any = None) -> tuple[Any, Any]:
        """Return the outputs of all steps, and the last h of each layer.

        Parameters
        ----------
        x : array_like or Value of shape (steps, samples, input_size)
        h0 : array_like or Value of shape (layers, samples, hidden_size), optional
            What to begin with; zeros unless given. Two directions count as two layers.

        Returns
        -------
        outputs : Value of shape (steps, samples, hidden_size)
        last : Value of shape (layers, samples, hidden_size)
        """
        outputs, (last,) = self.run(x, None if h0 is None else (h0,))
        return outputs, last


class LSTM(Recurrent):
    """Long short-term memory: c_t = f ⊙ c_{t-1} + i ⊙ tanh(z), h_t = o ⊙ tanh(c_t).

    The gates i, f and o are sigmoids, z is what is new; all four are of the form W_ih x_t + b_ih + W_hh h_{t-1} + b_hh,
    and stand in the rows of one weight, in the order i, f, z, o.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng
        As for `RNN`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 : Value
        As for `RNN`, with 4 · hidden_size rows.

    References
    ----------
    S. Hochreiter and J. Schmidhuber (1997), Long short-term memory; F. A. Gers, J. Schmidhuber and F. Cummins (2000),
    Learning to forget, for the gate f.

    Examples
    --------
    >>> outputs, (h, c) = LSTM(3, 4, rng=0)(np.ones((5, 2, 3)))
    >>> outputs.shape, h.shape, c.shape
    ((5, 2, 4), (1, 2, 4), (1, 2, 4))
    """

    gates, states = 4, 2

    def cell(self, gates: Any, states: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return h and c after one step."""
        i, f, z, o = np.split(gates, 4, axis=-1)
        c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(z)
        return sigmoid(o) * np.tanh(c), c

    def forward(self, x: Any, initial: tuple[Any, Any] | None = None) -> tuple[Any, tuple[Any, Any]]:
        """Return the outputs of all steps, and the last h and c of each layer.

        Parameters
        ----------
        x : array_like or Value of shape (steps, samples, input_size)
        initial : (h0, c0), optional
            What to begin with, both of shape (layers, samples, hidden_size); zeros unless given.

        Returns
        -------
        outputs : Value of shape (steps, samples, hidden_size)
        (h, c) : Values of shape (layers, samples, hidden_size)
        """
        outputs, (h, c) = self.run(x, initial)
        return outputs, (h, c)
