"""What a recorded graph tells of its values: each node knows its own, or the operations that used it do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..graph import PICK, CallNode, Like
from .calls import arguments


class Known:
    """The values of nodes, and their shapes and dtypes, as far as the graph kept them.

    Attributes
    ----------
    values : dict
        For each node its number or array.
    likes : dict
        For each node its shape and dtype, also where the value wasn't kept.
    """

    def __init__(self, held: Mapping[Any, Any], newest_first: Iterable[Any]) -> None:
        self.values: dict[Any, Any] = dict(held)
        self.likes: dict[Any, Like] = {}
        for node in newest_first:
            self._learn(node)

    def _learn(self, node: Any) -> None:
        """Note what a node tells about itself and about its inputs."""
        call, saved = node.call, node.saved
        if node.op is PICK:
            parts = node.in1.call.result if node.in1.call else node.in1.saved.get("out")
            self._note(node, None if parts is None else parts[node.x1], node.in1.results[node.x1])
            return
        if node.results is None:
            self._note(node, saved.get("out") if call is None else call.result)
        given = arguments(node)
        for name, inputs, like in node.edges:
            if isinstance(inputs, tuple):
                items = given.get(name) or [None] * len(inputs)
                for one, item, its_like in zip(inputs, items, like, strict=True):
                    if one is not None:
                        self._note(one, item, its_like)
            else:
                call_node = type(node) is CallNode
                is_link = not node.op.rule and not call_node  # whose value is its input's
                data = self.values.get(node) if is_link else given.get(name)
                self._note(inputs, data, like or (None if call_node else self.likes.get(node)))

    def _note(self, node: Any, data: Any, like: Any = None) -> None:
        if data is not None:
            self.values.setdefault(node, data)
        data = self.values.get(node)
        if data is not None and hasattr(data, "dtype"):
            like = (data.shape, data.dtype)
        elif isinstance(data, (float, int, complex)):
            like = ((), np.result_type(data))
        if like is not None:
            self.likes.setdefault(node, like)
