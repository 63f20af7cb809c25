"""What every client is put through, and what of it is measured: this process's CPU and memory.

Nothing of gatewayz is imported here: other clients run in environments of their own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

# Streams begin one after the other for so long, and then each for itself.
RAMP_S = 0.4
GAP_S = 0.02
_WARM_CHUNKS = 10
_BYTES_PER_PAGE = resource.getpagesize()
Figures = dict[str, float]


class Client(Protocol):
    """One client under measurement."""

    async def whole(self) -> None:
        """Asks once for a whole answer. Raises where that is not what came."""
        ...

    async def streamed(self, chunks: int) -> int:
        """Asks once for a stream of so many chunks of text; how many came."""
        ...

    async def aclose(self) -> None:
        """Shuts every connection, and keeps what is still to be kept."""
        ...


async def plain(client: Client, connections: int, count: int) -> Figures:
    """So many requests for whole answers, one after the other on each connection."""
    await _in_turn(client, connections, 2 * connections)
    began, cpu = time.monotonic(), time.process_time()
    await _in_turn(client, connections, count)
    return {
        "count": count,
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.monotonic() - began,
    }


async def _in_turn(client: Client, connections: int, count: int) -> None:
    left = iter(range(count))

    async def one_connection() -> None:
        for _ in left:
            await client.whole()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one_connection())


async def streams(client: Client, count: int, chunks: int) -> Figures:
    """So many paced streams at once: the CPU of all of it, from the first request to the last verdict.

    `bytes_each` is by how much this process had grown for each of them when all were open.
    """
    await client.streamed(_WARM_CHUNKS)
    gc.collect()
    before, cpu, began = resident(), time.process_time(), time.monotonic()
    grown = 0

    async def one(number: int) -> int:
        await asyncio.sleep(RAMP_S * number / count)
        return await client.streamed(chunks)

    async def look() -> None:
        nonlocal grown
        # When the last has begun and the first goes on still.
        await asyncio.sleep(max(RAMP_S, chunks * GAP_S))
        grown = resident() - before

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        asked = [group.create_task(one(number)) for number in range(count)]
    assert looking.done()
    return {
        "count": sum(task.result() for task in asked),
        "wanted": count * chunks,
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.monotonic() - began,
        "bytes_each": grown / count,
    }


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _BYTES_PER_PAGE


Job = Callable[[Client, int, int], Awaitable[Figures]]
JOBS: dict[str, Job] = {"plain": plain, "streams": streams}


def serve(make: Callable[[], Client], further: Mapping[str, Job] | None = None) -> None:
    """Does each job that a line of standard input names ("plain 64 1000"), and prints its figures.

    A client is made anew for each job, in an event loop of its own.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Others' clients tell of themselves on standard output.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=told, flush=True)
    for line in sys.stdin:
        job, first, second = line.split()
        asked = {**JOBS, **(further or {})}[job]
        figures = asyncio.run(_done(make, asked, int(first), int(second)))
        print(json.dumps(figures), file=told, flush=True)


async def _done(make: Callable[[], Client], job: Job, first: int, second: int) -> Figures:
    client = make()
    try:
        return await job(client, first, second)
    finally:
        await client.aclose()
