"""The names of `scipy.linalg`, whose functions also take Values here."""

from . import mirror

__getattr__, __dir__ = mirror("linalg", globals())
