"""A larger network: nearly all the time is in the matrix products."""

from benchmarks.harness import Target
from benchmarks.workloads.mlp import workload

WORKLOAD = workload((784, 512, 256, 10), batch=128, target=Target(1.15, over="numpy"))
