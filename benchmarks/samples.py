"""Whole commands, timed side by side so that a ratio holds when the machine's speed drifts."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One finished command: wall and CPU in seconds."""

    wall_s: float
    cpu_s: float


def run_once(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Sample:
    """Runs a command to its end, its output thrown away. Raises: CalledProcessError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environ or {})},
        timeout=60,
    )
    wall_s = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Sample(wall_s, cpu_s)


def pair(ours: Sequence[str], yardstick: Sequence[str], *, runs: int = 15) -> dict[str, Any]:
    """Two commands in turn after a warm-up each: medians, and the median of the pairs' ratios."""
    run_once(ours)
    run_once(yardstick)
    samples = [(run_once(ours), run_once(yardstick)) for _ in range(runs)]
    return {
        "runs": runs,
        "wall_ms": _median_ms(a.wall_s for a, _ in samples),
        "cpu_ms": _median_ms(a.cpu_s for a, _ in samples),
        "yardstick_wall_ms": _median_ms(b.wall_s for _, b in samples),
        "ratio": round(statistics.median(a.wall_s / b.wall_s for a, b in samples), 2),
    }


def _median_ms(values: Any) -> float:
    return round(statistics.median(values) * 1000, 1)
