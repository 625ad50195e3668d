"""The derivative rules, one file for each family. Importing this package registers them."""

from . import (
    calling,
    differences,
    elementwise,
    factorisations,
    fourier,
    histograms,
    indexing,
    kinks,
    linalg,
    network,
    padding,
    polynomials,
    products,
    quantiles,
    reductions,
    scipy,
    sets,
    shaping,
    statistics,
)

__all__ = [
    "calling", "differences", "elementwise", "factorisations", "fourier", "histograms", "indexing", "kinks", "linalg",
    "network", "padding", "polynomials", "products", "quantiles", "reductions", "scipy", "sets", "shaping",
    "statistics",
]  # fmt: skip
