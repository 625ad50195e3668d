"""The names of `scipy.integrate`, whose functions also take Values here."""

from . import mirror

__getattr__, __dir__ = mirror("integrate", globals())
