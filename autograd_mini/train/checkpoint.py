"""A training in a file, from which it goes on bit for bit: safetensors with JSON, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from ..errors import InvalidInput
from ..nn import Module
from ..storage import load_arrays, save_arrays

BETWEEN = "/"  # between the name of a part and that of what it has


class Stateful(Protocol):
    """What can be saved: an optimiser, a loader, a schedule with a memory, the state of a model or of a loop."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: Mapping[str, Any], /) -> None: ...


class Randomness:
    """The states of all random generators in a model, such as those of dropout."""

    def __init__(self, model: Module) -> None:
        self.generators = dict(model.named_generators())

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each generator by its path, as JSON has it."""
        return {path: as_json(generator.bit_generator.state) for path, generator in self.generators.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the state of each generator.

        Raises
        ------
        InvalidInput
            If the paths or the kinds of the generators differ; nothing is changed then.
        """
        own = {path: generator.bit_generator.state["bit_generator"] for path, generator in self.generators.items()}
        found = {path: known["bit_generator"] for path, known in state.items()}
        if own != found:
            raise InvalidInput(
                f"random generators {found} for a model that has {own}",
                "each goes on where it was",
                "a model built in the same way",
            )
        for path, generator in self.generators.items():
            generator.bit_generator.state = state[path]


def as_json(state: Any) -> Any:
    """Return the state of a generator without arrays."""
    return json.loads(json.dumps(state, default=lambda x: x.tolist()))


def save(path: str | os.PathLike[str], parts: Mapping[str, Stateful]) -> None:
    """Write the states of all parts to one file."""
    arrays: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    for part, stateful in parts.items():
        state = stateful.state_dict()
        arrays |= {part + BETWEEN + name: x for name, x in state.items() if isinstance(x, (np.ndarray, np.generic))}
        notes[part] = {name: x for name, x in state.items() if not isinstance(x, (np.ndarray, np.generic))}
    save_arrays(path, arrays, notes)


def load(path: str | os.PathLike[str], parts: Mapping[str, Stateful]) -> None:
    """Set the states of all parts to those in a file, or change none.

    Raises
    ------
    StorageError
        If the file can't be read.
    InvalidInput
        If it holds other parts, or a state doesn't fit its part; nothing is changed then.
    """
    arrays, notes = load_arrays(path)
    whole = isinstance(notes, dict) and all(isinstance(note, dict) for note in notes.values())
    if not whole or notes.keys() != parts.keys():
        raise InvalidInput(
            f"{os.fspath(path)!r} holds the parts {sorted(notes) if whole else 'of something else'}",
            f"this training consists of {sorted(parts)}",
            "the file of a training that was set up in the same way, or another path for a new one",
        )
    before = {part: stateful.state_dict() for part, stateful in parts.items()}
    try:
        for part, stateful in parts.items():
            start = part + BETWEEN
            own = {name.removeprefix(start): x for name, x in arrays.items() if name.startswith(start)}
            stateful.load_state_dict(notes[part] | own)
    except Exception as error:
        error.add_note(f"while {os.fspath(path)!r} was read, the part {part!r} of it")
        for name, stateful in parts.items():
            stateful.load_state_dict(before[name])
        raise
