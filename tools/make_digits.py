"""Make autograd_mini/datasets/digits.npz out of scikit-learn's copy of the UCI digits.

Needs scikit-learn, which is why the result is kept in the repository: ``python tools/make_digits.py``.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from autograd_mini.data import stratified_split

TARGET = Path(__file__).parents[1] / "autograd_mini" / "datasets" / "digits.npz"

digits = load_digits()
_, held_out = stratified_split(digits.target, 1 / 3, seed=0)
np.savez_compressed(
    TARGET,
    images=digits.images.astype(np.uint8),
    labels=digits.target.astype(np.uint8),
    held_out=held_out.astype(np.uint16),
)
print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {len(held_out)} of {len(digits.target)} held out")
