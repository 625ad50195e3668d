"""What must be settled before the first test: threads, plotting, how long hypothesis searches."""

import os

# Small matrices are slower on many threads, and timings waver. NumPy reads this once, while it is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("MPLBACKEND", "Agg")  # draws without a display

from hypothesis import settings  # noqa: E402 - it may import NumPy

# No deadline: the first call of a rule also builds its pullback.
settings.register_profile("ci", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
