"""Times `autograd_mini` beside its peers: `python -m benchmarks`."""
