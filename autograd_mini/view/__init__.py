"""The graph as a picture (`draw`), and one gradient in words and numbers (`explain`)."""

from .drawing import Drawing, draw
from .explaining import explain
from .explanation import Explanation
from .rendering import DrawingError

__all__ = ["Drawing", "DrawingError", "Explanation", "draw", "explain"]
