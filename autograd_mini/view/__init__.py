"""Graphs as pictures (`draw`) and walks (`step_through`), gradients in words (`explain`), wrong ones (`mistakes`)."""

from .comparing import draw_diff
from .drawing import Drawing, draw
from .explaining import explain
from .explanation import Explanation
from .mistaken import mistakes
from .rendering import DrawingError
from .stepping import StepThrough, step_through

__all__ = [
    "Drawing",
    "DrawingError",
    "Explanation",
    "StepThrough",
    "draw",
    "draw_diff",
    "explain",
    "mistakes",
    "step_through",
]
