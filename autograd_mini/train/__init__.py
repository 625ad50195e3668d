"""The training loop: gradient descent over a loader, with progress, a history, early stopping, and exact resumption."""

from .history import History
from .loop import fit
from .measures import Watch, accuracy, predict

__all__ = ["History", "Watch", "accuracy", "fit", "predict"]
