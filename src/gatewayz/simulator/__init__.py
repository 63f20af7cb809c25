"""Pretend providers with faults, over real HTTP on loopback. See docs/simulator.md."""

from gatewayz.simulator.doors import DOORS
from gatewayz.simulator.faults import all_faults
from gatewayz.simulator.launch import (
    addresses_behind,
    main,
    running,
    serve,
    shell_exports,
)
from gatewayz.simulator.server import Simulator
from gatewayz.simulator.sheet import Served

__all__ = [
    "DOORS",
    "Served",
    "Simulator",
    "addresses_behind",
    "all_faults",
    "main",
    "running",
    "serve",
    "shell_exports",
]
