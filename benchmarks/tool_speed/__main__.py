"""What testing costs this process, beside other clients.

usage: python -m benchmarks.tool_speed [--short] [--print]

The figures go to benchmarks/figures.json and to docs/tool-speed.md; --print leaves both as they are.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.gateway import usage
from benchmarks.run_facts import run_facts
from benchmarks.table import keep
from benchmarks.tool_speed.page import SECTION, page, write_page
from benchmarks.tool_speed.rounds import CANDIDATES, FULL, SHORT, Candidate, Plan, here, measure
from benchmarks.words import words_of
from gatewayz.probes import PROBES

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """0 when all went through; what was skipped is named."""
    words = words_of("benchmarks.tool_speed", "What testing costs this process.", arguments)
    try:
        figures = figures_of(SHORT if words.short else FULL, CANDIDATES, is_short=words.short)
    except (usage.TooFewCoresError, RuntimeError) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    print(page(figures))
    if not words.print:
        keep(SECTION, figures, write_page)
    return 0


def figures_of(plan: Plan, wanted: Sequence[Candidate], *, is_short: bool) -> dict[str, object]:
    """What one run showed, and where."""
    candidates, skipped = here(wanted)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {line}", file=sys.stderr, flush=True)

    return {
        **run_facts(is_short=is_short),
        "plan": vars(plan),
        "checks": len(PROBES["chat"].checks),
        "versions": {candidate.package: _version(candidate) for candidate in candidates},
        "skipped": skipped,
        **measure(plan, candidates, usage.two_cores(), say),
    }


def _version(candidate: Candidate) -> str:
    asked = f"import importlib.metadata as m; print(m.version({candidate.package!r}))"
    told = subprocess.run(
        [candidate.python, "-c", asked], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
