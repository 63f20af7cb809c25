"""What the process holds, and whether it grows: measured in calm moments, judged by slope."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from benchmarks.soak.wire import Place, head, line

MIB = 1024 * 1024


@dataclass(frozen=True)
class Sample:
    """One calm moment: seconds since the start, and what is held then."""

    at_s: float
    memory_bytes: float
    handles: float
    tasks: float
    running: float


# What a noun may grow by from the warm baseline to the end, and how it is shown.
# Memory: what allocators keep of a burst comes and goes by some MiB, whatever the length.
# Handles and tasks: connections to providers are kept for some moments, a list may just be read.
LIMITS = {"memory_bytes": 8.0 * MIB, "handles": 12.0, "tasks": 6.0}


async def sample(place: Place, at_s: float) -> Sample:
    """As the process itself tells it."""
    async with line(place) as to:
        await to.send(head(place, "GET", "/metrics"))
        async with asyncio.timeout(20):
            answer = await to.answer()
    told = dict(_series(answer.body.decode()))
    return Sample(
        at_s=at_s,
        memory_bytes=told["process_resident_memory_bytes"],
        handles=told["process_open_fds"],
        tasks=told["gatewayz_tasks"],
        running=told["gatewayz_requests_running"],
    )


def _series(text: str) -> Iterator[tuple[str, float]]:
    for row in text.splitlines():
        name, _, value = row.rpartition(" ")
        if name and not name.startswith("#"):
            yield name, float(value)


def warm(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Without the first third, in which caches and pools are filled."""
    return samples[len(samples) // 3 :]


def grown(samples: Sequence[Sample], noun: str) -> float:
    """By how much from the first sample to the last, by the median of all slopes between two.

    One odd sample changes nothing (Theil and Sen's estimator).
    """
    slopes = [
        (getattr(b, noun) - getattr(a, noun)) / (b.at_s - a.at_s)
        for a, b in combinations(samples, 2)
    ]
    return statistics.median(slopes) * (samples[-1].at_s - samples[0].at_s) if slopes else 0.0


def growing(samples: Sequence[Sample]) -> list[str]:
    """What grows, in words; too few samples to tell are a complaint, too."""
    held = warm(samples)
    if len(held) < 3:
        return [f"only {len(held)} warm samples: too few to tell whether anything grows"]
    return [
        f"{noun} grew by {_shown(noun, by)} from {_shown(noun, getattr(held[0], noun))}"
        f" in {held[-1].at_s - held[0].at_s:.0f} s (at most {_shown(noun, limit)})"
        for noun, limit in LIMITS.items()
        if (by := grown(held, noun)) > limit
    ]


def _shown(noun: str, value: float) -> str:
    return f"{value / MIB:.1f} MiB" if noun == "memory_bytes" else f"{value:.0f}"


def row(one: Sample) -> str:
    """A sample as a line."""
    return (
        f"{one.at_s:7.0f} s  {one.memory_bytes / MIB:7.1f} MiB  {one.handles:4.0f} handles"
        f"  {one.tasks:4.0f} tasks  {one.running:3.0f} running"
    )
