"""The derivative rules, one file for each family. Importing this package registers them."""

from . import elementwise

__all__ = ["elementwise"]
