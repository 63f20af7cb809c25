"""Expectations, one file each. A check is imported from its own file by the probes that use it."""
