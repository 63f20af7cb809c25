"""docs/tool-speed.md, made of the figures and of nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.table import load
from benchmarks.tool_speed.rounds import CANDIDATES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tool-speed.md"
SECTION = "tool_speed"
YARDSTICK = "bare"
Figures = dict[str, Any]
_INTRODUCTION = """\
# Speed of the tool itself

What it costs this process to test, beside other clients of Python that ask the same questions of the
same provider in the same run. A client that is slow takes its own time for the server's, so this
bounds how much may be asked at once. `python -m benchmarks.tool_speed` measures again and writes this
page (`--short --print` gives an idea in seconds).

{machine}

Versions: {versions}.

"""
_METHOD = """\

A roll call of {gateways} gateways × {models} models by the probe `chat`, with plan, judgement and store
and nothing to wait for: {roll} µs of CPU a probe, {roll_per_s} probes a second.

## How it is measured

- Each client is a process of its own on one core, the provider, which answers at once, has another.
  They take turns, round after round. CPU is all that the process used, its threads and the kernel's
  work for its sockets included. Rounds: {rounds}; figures are their medians. Loopback, no TLS.
- **A plain request** is a whole answer of one sentence, {connections} connections, each asking again as
  soon as it is answered.
- **A streamed chunk** is one event in a packet of its own, {chunks} of them 20 ms apart in each stream.
  All CPU of the streams counts, from the connection to the last verdict, divided by the chunks. The
  fewer streams, the less comes at once, and the more of it is the waking up.
- **KB a stream** is by how much the process has grown when all streams are open, the largest number
  of them that is asked of it.
- **Bare** is asyncio with httptools and a count of the pieces: no limits, nothing parsed beyond
  HTTP, nothing kept. What is above it is what a client does for its keep; below it is only who reads
  many sockets at once, and late ([Why](design/wire.md#rounds-and-reading-late)).
- The aim is 10 µs a chunk, verdict and record included. Where being woken, and reading the socket, alone
  take more of a machine, which the row of the bare client shows, the ratio to it is what says something.
- The three rows of gatewayz are one client: what was asked and what came is written down (timed,
  bounded, read, and looked through for secrets), is judged by {checks} checks, and goes into SQLite,
  fifty verdicts to a transaction. Python's cycle collector looks seldom, as it does in the commands.
- The others are used as their documentation shows it, with as many connections as are asked for:
  they read the JSON, and keep and judge nothing. 512 streams are not asked of those who spend more
  than a core on them.
"""


def page(figures: Figures) -> str:
    """docs/tool-speed.md."""
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    head = _INTRODUCTION.format(machine=_machine(figures), versions=versions)
    roll = figures["roll_call"]
    method = _METHOD.format(
        roll=_number(roll["cpu_us"]), roll_per_s=f"{roll['per_s']:,}", **figures["plan"],
        checks=figures["checks"],
    )  # fmt: skip
    skipped = "".join(f"\nNot here: {what} ({why}).\n" for what, why in figures["skipped"].items())
    return head + "\n".join(_table(figures)) + "\n" + skipped + method


def write_page() -> None:
    """The page from benchmarks/figures.json."""
    PAGE.write_text(page(load()[SECTION]), encoding="utf-8")


def _machine(figures: Figures) -> str:
    machine = figures["machine"]
    cpu = f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"
    caveat = "" if figures["niceness"] <= 0 else " Measured at low priority, beside other work."
    short = " A short run." if figures["short"] else ""
    return f"{cpu}, Python {machine['python']}, {figures['date']}.{caveat}{short}"


def _table(figures: Figures) -> list[str]:
    plan, rows = figures["plan"], figures["candidates"]
    columns = ["client", "requests/s of a core", "CPU µs a request"]
    columns += [f"CPU µs a chunk, {plan[count]} streams" for count in ("streams", "many_streams")]
    columns += ["KB a stream"]
    lines = [f"| {' | '.join(columns)} |", "|---|---:|---:|---:|---:|---:|"]
    base = rows[YARDSTICK]
    for candidate in CANDIDATES:
        if (row := rows.get(candidate.name)) is not None:
            cells = [
                _beside(row[kind], base[kind]) for kind in ("plain", "streams", "many_streams")
            ]
            per_s = f"{row['plain']['of_a_core']:,}"
            lines.append(
                f"| {candidate.title} | {per_s} | {' | '.join(cells)} | {row['kb_each']:.0f} |"
            )
    return lines


def _beside(ours: Figures | None, bare: Figures) -> str:
    if ours is None:
        return "-"
    times = ours["cpu_us"] / bare["cpu_us"]
    beside = "" if ours is bare else f" ({times:.1f} ×)"
    return f"{_number(ours['cpu_us'])}{beside}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
