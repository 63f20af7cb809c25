"""What any run of a benchmark says of itself: when, where, and whether it may be quoted."""

from __future__ import annotations

import os
import platform
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
            "python": platform.python_version(),
        },
    }
