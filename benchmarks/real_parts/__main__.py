"""Puts the `full` preset to the real parts and writes docs/real-parts.md.

usage: python -m benchmarks.real_parts [--print]

Needs the engine's wheel, Node.js and what `make test-peers` installs. --print leaves the page as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.real_parts import peers
from benchmarks.real_parts.asked import ask, every_part
from benchmarks.real_parts.page import page
from benchmarks.words import words_of
from gatewayz.core import GatewayzError
from gatewayz.simulator import running

PAGE = Path(__file__).resolve().parents[2] / "docs" / "real-parts.md"


def main() -> int:
    """Prints the page; 0 when every part ran."""
    about = "Puts the full preset to the real parts and writes docs/real-parts.md."
    words = words_of("benchmarks.real_parts", about, sys.argv[1:], has_short=False)
    try:
        versions = peers.versions()
        with running(seed=1, latency_s=0.0) as simulator, every_part(simulator) as parts:
            seen = [(part, ask(part)) for part in parts]
    except (peers.NotHereError, GatewayzError) as reason:
        print(reason, file=sys.stderr)
        return 1
    text = page(seen, versions)
    print(text)
    if not words.print:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
