"""What the store costs, and how that grows with what is in it.

usage: python -m benchmarks.store [--short] [--print] [--fill FOLDER | --in FOLDER]

The figures go to benchmarks/figures.json and to docs/store.md; --print leaves both as they are. --fill
makes the stores in a folder and asks nothing; --in asks those, so that only this needs a quiet machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.run_facts import run_facts
from benchmarks.store.asking import OF_RESULTS, OF_SUMS, Question, timed_ms
from benchmarks.store.filling import fill, fill_sums, summing_s, write_run
from benchmarks.store.page import SECTION, page, write_page
from benchmarks.table import keep
from benchmarks.words import words_of
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
    summed_hours: int = 24


FULL = Plan((10_000, 100_000, 1_000_000), days=90, written=10_000)
SHORT = Plan((1_000, 10_000), days=3, written=1_000, summed_hours=4)


def main(arguments: Sequence[str]) -> int:
    """0 when all was measured."""
    words = words_of("benchmarks.store", "What the store costs.", arguments, "--fill", "--in")
    plan, there = SHORT if words.short else FULL, vars(words)["in"]
    try:
        if words.fill:
            fill_all(plan, Path(words.fill))
            return 0
        with _folder(plan, there) as folder:
            figures = {**run_facts(is_short=words.short), **ask_all(plan, folder)}
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return _INTERRUPTED
    print(page(figures))
    if not words.print:
        keep(SECTION, figures, write_page)
    return 0


@contextmanager
def _folder(plan: Plan, there: str | None) -> Iterator[Path]:
    """Where the stores are: one that was filled before, or a new one."""
    if there is not None:
        yield Path(there)
        return
    with tempfile.TemporaryDirectory(prefix="gatewayz-store-") as folder:
        fill_all(plan, Path(folder))
        yield Path(folder)


def fill_all(plan: Plan, folder: Path) -> None:
    """Makes every store that is asked."""
    folder.mkdir(exist_ok=True)
    for size in plan.sizes:
        _say(f"{size:,} results")
        fill(folder / f"{size}.db", size, plan.per_run)
    _say(f"{plan.days} days of sums")
    results = fill_sums(folder / "sums.db", plan.days)
    (folder / "sums.txt").write_text(str(results))


def ask_all(plan: Plan, folder: Path) -> dict[str, object]:
    """What writing costs, and what the stores of a folder answer in which time."""
    with tempfile.TemporaryDirectory(prefix="gatewayz-store-") as fresh:
        _say(f"{plan.written:,} results are written")
        written = _written(plan, Path(fresh) / "written.db")
        _say("a day is summed")
        each_s = summing_s(Path(fresh) / "summed.db", plan.summed_hours)
    raw = []
    for size in plan.sizes:
        _say(f"{size:,} results are asked")
        raw.append(_asked(plan, folder / f"{size}.db", size, OF_RESULTS))
    _say("sums are asked")
    results = int((folder / "sums.txt").read_text())
    sums = _asked(plan, folder / "sums.db", results, OF_SUMS)
    return {
        "plan": {"days": plan.days, "rounds": plan.rounds, "at_once": plan.at_once},
        "written": written,
        "raw": raw,
        "sums": {**sums, "summing_us": each_s * 1e6},
    }


_BEGAN = time.monotonic()


def _say(line: str) -> None:
    print(f"{time.monotonic() - _BEGAN:5.1f} s  {line}", file=sys.stderr, flush=True)


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
    plan: Plan, file: Path, results: int, questions: Mapping[str, Question]
) -> dict[str, object]:
    """How long opening a store takes, and each question to it."""
    open_store(file).close()
    began = time.process_time()
    store = open_store(file)
    opened_ms = (time.process_time() - began) * 1000
    asked = {name: timed_ms(store, question, plan.rounds) for name, question in questions.items()}
    store.close()
    return {
        "results": results,
        "bytes": file.stat().st_size / results,
        "ms": {"opening": opened_ms, **asked},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
