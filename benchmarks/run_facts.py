"""What any run of a benchmark says of itself: when, where, and whether it may be quoted."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from datetime import UTC, datetime

from benchmarks.gateway import usage


def run_facts(*, is_short: bool) -> dict[str, object]:
    """The date, whether it was the short form, its priority, and the machine."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "short": is_short,
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "machine": {
            "cpu": usage.cpu_model(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release().partition('-')[0]}",
            "python": this_python(),
        },
    }


def this_python() -> str:
    """The version that runs, and how it was compiled, which alone makes a factor of up to two.

    Distributions compile theirs by a profile of what programs do; a plain `configure` and `make` do not.
    """
    version = platform.python_version()
    if sys.base_prefix == "/usr":
        return f"{version} of the system"
    if "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or ""):
        return version
    return f"{version} compiled without --enable-optimizations"
