"""Loads the plugin, installed or not; named the same both ways, pytest loads it once."""

import sys
from pathlib import Path

# Bare `pytest` does not put the root on the path as `python -m pytest` does.
_root = str(Path(__file__).resolve().parent)
if _root not in sys.path:
    sys.path.insert(0, _root)

import src  # noqa: E402, F401 -- a bare checkout finds the package from here on

pytest_plugins = ["gatewayz.pytest_plugin"]
