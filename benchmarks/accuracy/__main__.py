"""Measures how right our client's times and counts are, by the log of a sender that knows.

usage: python -m benchmarks.accuracy [--short] [--print]

Three minutes; --short takes some seconds, and measures too briefly to quote. The figures go to
benchmarks/figures.json and docs/accuracy.md; --print leaves both as they are. Exit code 1 when a
count is wrong, a planted delay does not show, or (long form) an aim is missed.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Sequence

from benchmarks.accuracy.page import SECTION, missed, table, write_page
from benchmarks.accuracy.rounds import (
    FULL,
    SHORT,
    Figures,
    Plan,
    cells,
    cores_apart,
    golden_sender,
    measure,
)
from benchmarks.gateway import usage
from benchmarks.run_facts import run_facts
from benchmarks.table import keep
from benchmarks.words import words_of

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """0 when all is as it should be."""
    words = words_of(
        "benchmarks.accuracy", "How right our client's times and counts are.", arguments
    )
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        figures = run(SHORT if words.short else FULL, is_short=words.short)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    print(table(figures))
    if not words.print:
        keep(SECTION, figures, write_page)
    for line in (wrong := missed(figures)):
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def run(plan: Plan, *, is_short: bool) -> Figures:
    """All rounds of a plan, and the machine they ran on."""
    sender, clients = cores_apart()
    began, rounds = time.monotonic(), []
    idle = _Others()
    with golden_sender(sender) as sent_by:
        for cell in cells(plan):
            rounds.append(measure(plan, cell, sent_by, clients))
            print(f"{time.monotonic() - began:5.1f} s  {cell}", file=sys.stderr, flush=True)
    return {
        **run_facts(is_short=is_short),
        "apart": sender is not None,
        "others": idle.share(),
        "plan": vars(plan),
        "rounds": rounds,
    }


class _Others:
    """How much of all cores other programs take, from now on; None where the system does not tell."""

    def __init__(self) -> None:
        self._ours_s, self._began = self._used_s(), time.monotonic()
        self._before = self._cores()

    def share(self) -> float | None:
        """0 to 1, of all cores."""
        after = self._cores()
        if not after:
            return None
        busy = sum(a.share_since(b) for a, b in zip(after, self._before, strict=True)) / len(after)
        ours = (self._used_s() - self._ours_s) / (time.monotonic() - self._began) / len(after)
        return round(max(0.0, busy - ours), 3)

    @staticmethod
    def _used_s() -> float:
        """CPU of this process and of those that it has waited for."""
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    @staticmethod
    def _cores() -> list[usage.Ticks]:
        try:
            return [usage.ticks(core) for core in sorted(os.sched_getaffinity(0))]
        except (AttributeError, LookupError):
            return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
