"""The training loop: gradient descent over a loader, with progress, a history, early stopping, and exact resumption."""

from .fitting import fit
from .history import History
from .measures import Watch, accuracy, predict

__all__ = ["History", "Watch", "accuracy", "fit", "predict"]
