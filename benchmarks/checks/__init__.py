"""Gradient checks side by side: `python -m benchmarks.checks`."""
