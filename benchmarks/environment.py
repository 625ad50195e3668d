"""The conditions of a run: one thread for every library, and what is stated about the machine.

Nothing here imports NumPy, which reads its thread variables only once, when it is imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

PINNED = {
    **dict.fromkeys(
        (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "BLIS_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS",
            "NPROC",  # the size of XLA's thread pool; its flags in XLA_FLAGS leave the pool as it is
        ),
        "1",
    ),
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
}
REMOVED = (
    "OPENBLAS_CORETYPE",  # a preset can halve NumPy's matrix products
    "OPENBLAS_L2_SIZE",
    "PYTHONDONTWRITEBYTECODE",  # a package that isn't compiled ahead would be compiled at each import
)

# The distribution of each library has the name of its module.
LIBRARIES = ("numpy", "autograd_mini", "autograd", "mygrad", "micrograd", "torch", "jax")


def pin() -> None:
    """Run this same command again, in a pinned environment, unless this process has one already."""
    pinned = {key: value for key, value in os.environ.items() if key not in REMOVED} | PINNED
    if pinned != dict(os.environ):
        sys.exit(subprocess.run([sys.executable, *sys.orig_argv[1:]], env=pinned).returncode)


def installed(library: str) -> bool:
    spec = importlib.util.find_spec(library)
    return spec is not None and spec.origin is not None  # a folder without __init__.py has no origin


def version(library: str) -> str:
    if not installed(library):
        return "not installed"
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "source tree"


def describe() -> dict[str, object]:
    """The machine, the versions and the pinning, for the head of a report."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": 1,
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "blas": f"{blas['name']} {blas['version']}",
        "versions": {library: version(library) for library in LIBRARIES},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown CPU"
