"""Figures with their machine and their yardstick: `python -m benchmarks`."""
