"""The graph as a picture (`draw`), one gradient in words and numbers (`explain`), what may go wrong (`mistakes`)."""

from .comparing import draw_diff
from .drawing import Drawing, draw
from .explaining import explain
from .explanation import Explanation
from .mistaken import mistakes
from .rendering import DrawingError

__all__ = ["Drawing", "DrawingError", "Explanation", "draw", "draw_diff", "explain", "mistakes"]
