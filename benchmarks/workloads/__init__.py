"""One file for each workload; each defines `WORKLOAD`."""
