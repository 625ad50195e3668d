"""A small network: the library's own work for each operation still counts."""

from benchmarks.harness import Target
from benchmarks.workloads.mlp import workload

WORKLOAD = workload((64, 128, 64, 10), batch=32, target=Target(0.9, over="torch"))
