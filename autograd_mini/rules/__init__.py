"""The derivative rules, one file for each family. Importing this package registers them."""

from . import elementwise, fourier, indexing, linalg, network, products, reductions, shaping, statistics

__all__ = ["elementwise", "fourier", "indexing", "linalg", "network", "products", "reductions", "shaping", "statistics"]
