"""The names of `scipy.special`, whose functions also take Values here. Its ufuncs do by themselves."""

from . import mirror

__getattr__, __dir__ = mirror("special", globals())
