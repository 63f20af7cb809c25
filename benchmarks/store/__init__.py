"""What the store costs, and how that grows: `python -m benchmarks.store`."""
