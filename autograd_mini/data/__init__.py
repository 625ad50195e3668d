"""Data to learn from: a loader for every kind of descent, files, splits, and small sets to teach with. Plain NumPy."""

from .augment import Jittered
from .checks import DataError
from .curves import FUNCTIONS, Function, curve, linear_regression, sine_product
from .digits import Digits, Samples, load_digits
from .files import Table, load_csv, load_npz
from .loader import BATCH_SIZES, Descent, Loader
from .splits import stratified_folds, stratified_split
from .teaching import spirals, two_circles, two_moons, xor

__all__ = [
    "BATCH_SIZES", "FUNCTIONS", "DataError", "Descent", "Digits", "Function", "Jittered", "Loader", "Samples", "Table",
    "curve", "linear_regression", "load_csv", "load_digits", "load_npz", "sine_product", "spirals", "stratified_folds",
    "stratified_split", "two_circles", "two_moons", "xor",
]  # fmt: skip
