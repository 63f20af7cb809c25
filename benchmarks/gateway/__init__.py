"""This backend beside other gateways, on one core, in one run: `python -m benchmarks.gateway`."""
