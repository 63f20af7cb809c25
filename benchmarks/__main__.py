"""Runs the benchmarks, prints their figures and writes them to benchmarks/figures.json.

usage: python -m benchmarks [--print]

The README's table is then written from that file. --print leaves both as they are. How the backend
compares with other gateways is measured apart: `python -m benchmarks.gateway`.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks import cold_start, roll_call
from benchmarks.run_facts import this_python
from benchmarks.table import save, write_readme
from benchmarks.words import words_of


def main() -> int:
    """Prints the figures; 0 when all ran."""
    about = "Measures the tool's own start and roll call, and writes the README's table."
    words = words_of("benchmarks", about, sys.argv[1:], has_short=False)
    figures = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": this_python(),
        "cores": os.cpu_count(),
        "gatewayz": version("gatewayz"),
        "cold_start": cold_start.measure(),
        "roll_call": roll_call.measure(),
    }
    print(json.dumps(figures, indent=2))
    if not words.print:
        save(figures)
        write_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
