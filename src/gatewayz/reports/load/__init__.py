"""Reports of load runs: one file per format, found by its name."""
