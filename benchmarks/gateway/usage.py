"""What processes and cores have used, read from Linux itself."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_CPU = Path("/sys/devices/system/cpu")
# clockid_t of a process's CPU time: its inverted number above, the kind of clock in three bits.
_CPU_CLOCK, _CLOCK_BITS = 2, 3


class TooFewCoresError(Exception):
    """This machine cannot keep the load apart from what is measured; the message says why."""


@dataclass(frozen=True)
class Cores:
    """Where things run: what is measured on one core, load and upstream on the other."""

    measured: int
    load: int


def two_cores() -> Cores:
    """The last two that this process may use and that are not two halves of one.

    Raises: TooFewCoresError.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise TooFewCoresError("processes can be held to a core under Linux only")
    allowed = sorted(os.sched_getaffinity(0))
    measured = allowed[-1]
    siblings = _cpus_of(_text(_CPU / f"cpu{measured}" / "topology" / "thread_siblings_list"))
    others = [core for core in allowed if core not in {measured, *siblings}]
    if not others:
        raise TooFewCoresError(
            "two cores are needed, one for the load and one for what is measured"
        )
    return Cores(measured=measured, load=others[-1])


def family(pid: int) -> tuple[int, ...]:
    """A process and all that come from it."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (stat := _text(entry / "stat")):
            children.setdefault(parent_of(stat), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return tuple(found)


def cpu_s(pids: tuple[int, ...]) -> float:
    """Seconds of CPU that these have used so far, of all their threads, also of ended ones."""
    total = 0
    for pid in pids:
        try:
            total += time.clock_gettime_ns(~pid << _CLOCK_BITS | _CPU_CLOCK)
        except OSError:
            continue  # It has ended.
    return total / 1e9


@dataclass(frozen=True)
class Memory:
    """Megabytes: `rss` counts what processes share in each of them, `pss` divides it among them."""

    rss_mb: float = 0.0
    pss_mb: float = 0.0


def memory(pids: tuple[int, ...]) -> Memory:
    """What these hold now, added up."""
    texts = [_text(_PROC / str(pid) / "smaps_rollup") for pid in pids]
    return Memory(
        rss_mb=round(sum(kilobytes(text, "Rss") for text in texts) / 1000, 1),
        pss_mb=round(sum(kilobytes(text, "Pss") for text in texts) / 1000, 1),
    )


@dataclass(frozen=True)
class Ticks:
    """A core's time since the machine's start, in the kernel's own unit."""

    busy: int
    total: int

    def share_since(self, before: Ticks) -> float:
        """How much of the time since then the core was busy, 0 to 1."""
        total = self.total - before.total
        return (self.busy - before.busy) / total if total else 0.0


def ticks(core: int) -> Ticks:
    """A core's time until now."""
    return ticks_in(_text(_PROC / "stat"), core)


def cpu_model() -> str:
    """What the processor calls itself."""
    lines = _text(_PROC / "cpuinfo").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")


def parent_of(stat: str) -> int:
    """The parent in a line of /proc/PID/stat, whose second field is a name of any characters."""
    return int(stat.rpartition(")")[2].split()[1])


def kilobytes(rollup: str, name: str) -> float:
    """A figure of /proc/PID/smaps_rollup, in kB of 1,000 bytes; 0 where it is not told."""
    for line in rollup.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1.024
    return 0.0


def ticks_in(stat: str, core: int) -> Ticks:
    """A core's line of /proc/stat. Idle are its fourth and fifth field, all others busy."""
    for line in stat.splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            # The last two, guests' time, are counted in the first two already.
            numbers = [int(field) for field in fields[:8]]
            return Ticks(busy=sum(numbers) - sum(numbers[3:5]), total=sum(numbers))
    raise LookupError(f"/proc/stat does not tell of core {core}")


def _cpus_of(ranges: str) -> set[int]:
    """`0,2-3` as numbers."""
    found: set[int] = set()
    for part in filter(None, ranges.strip().split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _text(path: Path) -> str:
    """What a file says; nothing, where it is gone or closed to us."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
