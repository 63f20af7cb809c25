"""What the store costs, and how that grows with what is in it.

usage: python -m benchmarks.store [--short] [--print]

The figures go to benchmarks/figures.json and to docs/store.md; --print leaves both as they are.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.run_facts import run_facts
from benchmarks.store.asking import OF_RESULTS, OF_SUMS, Question, timed_ms
from benchmarks.store.filling import Filled, fill, fill_sums, write_run
from benchmarks.store.page import SECTION, page, write_page
from benchmarks.table import keep
from gatewayz.store import open_store

_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what is measured."""

    sizes: tuple[int, ...]
    days: int
    written: int
    per_run: int = 1000
    at_once: int = 50
    rounds: int = 5


FULL = Plan((10_000, 100_000, 1_000_000), days=90, written=10_000)
SHORT = Plan((1_000, 10_000), days=3, written=1_000)


def main(arguments: Sequence[str]) -> int:
    """0 when all was measured."""
    is_short = "--short" in arguments
    try:
        with tempfile.TemporaryDirectory(prefix="gatewayz-store-") as folder:
            figures = figures_of(SHORT if is_short else FULL, Path(folder), is_short=is_short)
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    print(page(figures))
    if "--print" not in arguments:
        keep(SECTION, figures, write_page)
    return 0


def figures_of(plan: Plan, folder: Path, *, is_short: bool) -> dict[str, object]:
    """What one run showed, and where."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {line}", file=sys.stderr, flush=True)

    say(f"{plan.written:,} results are written")
    written = _written(plan, folder / "written.db")
    raw = []
    for size in plan.sizes:
        say(f"{size:,} results")
        file = folder / f"{size}.db"
        raw.append(_asked(plan, file, fill(file, size, plan.per_run), OF_RESULTS))
        file.unlink()
    say(f"{plan.days} days of sums")
    file = folder / "sums.db"
    filled, each_s = fill_sums(file, plan.days)
    sums = {**_asked(plan, file, filled, OF_SUMS), "summing_us": each_s * 1e6}
    return {
        **run_facts(is_short=is_short),
        "plan": {"days": plan.days, "rounds": plan.rounds, "at_once": plan.at_once},
        "written": written,
        "raw": raw,
        "sums": sums,
    }


def _written(plan: Plan, file: Path) -> dict[str, float]:
    """What it costs to keep results as a run does."""
    store = open_store(file)
    began, cpu_s = time.perf_counter(), 0.0
    for number in range(plan.written // plan.per_run):
        cpu_s += write_run(store, number, plan.per_run, at_once=plan.at_once)
    wall_s = time.perf_counter() - began
    size = store.copies.size() or 0
    store.close()
    return {
        "cpu_us": cpu_s / plan.written * 1e6,
        "per_s": plan.written / wall_s,
        "bytes": size / plan.written,
    }


def _asked(
    plan: Plan, file: Path, filled: Filled, questions: Mapping[str, Question]
) -> dict[str, object]:
    """All questions to one store, and how long opening it takes."""
    with_times = {
        name: timed_ms(filled.store, question, plan.rounds) for name, question in questions.items()
    }
    filled.store.close()
    began = time.perf_counter()
    open_store(file).close()
    opened_ms = (time.perf_counter() - began) * 1000
    return {
        "results": filled.results,
        "bytes": file.stat().st_size / filled.results,
        "ms": {"opening": opened_ms, **with_times},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
