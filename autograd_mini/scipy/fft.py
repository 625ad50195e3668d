"""The names of `scipy.fft`, whose functions also take Values here."""

from . import mirror

__getattr__, __dir__ = mirror("fft", globals())
