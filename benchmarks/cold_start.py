"""How long a user waits for `gatewayz --help`, and for a first verdict by `gatewayz probe`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.samples import pair
from gatewayz.simulator import running

# The yardstick: what the interpreter itself takes to start.
BARE = [sys.executable, "-c", "pass"]


def measure() -> dict[str, Any]:
    """Both figures, each beside a bare interpreter's start in the same run."""
    command = str(Path(sys.executable).with_name("gatewayz"))
    with running(latency_s=0.0, gap_s=0.0) as simulator:
        url = simulator.variables()["GROQ_BASE_URL"]
        key = simulator.variables()["GROQ_API_KEY"]
        probe = ["/usr/bin/env", f"BENCH_KEY={key}", command, "probe", url]
        probe += ["--model", "llama-3.3-70b-versatile", "--key-env", "BENCH_KEY"]
        return {"help": pair([command, "--help"], BARE), "probe": pair(probe, BARE)}
