"""The graph as a picture: `draw`."""

from .drawing import Drawing, draw
from .rendering import DrawingError

__all__ = ["Drawing", "DrawingError", "draw"]
