"""The names of `scipy.signal`, whose functions also take Values here."""

from . import mirror

__getattr__, __dir__ = mirror("signal", globals())
