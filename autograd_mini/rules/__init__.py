"""The derivative rules, one file for each family. Importing this package registers them."""

from . import (
    calling,
    elementwise,
    factorisations,
    fourier,
    histograms,
    indexing,
    kinks,
    linalg,
    network,
    polynomials,
    products,
    reductions,
    scipy,
    sets,
    shaping,
    statistics,
)

__all__ = [
    "calling", "elementwise", "factorisations", "fourier", "histograms", "indexing", "kinks", "linalg", "network",
    "polynomials", "products", "reductions", "scipy", "sets", "shaping", "statistics",
]  # fmt: skip
