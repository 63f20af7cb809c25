"""Several processes under one load: each has a loop and a client of its own, and tells us its samples.

They are forked, so that nothing they work with, keys above all, goes through arguments, files or the
environment. Each has a socket to us and sends its share of each stage; what they tell is added up by
the same tally as that of a single process. The places of a load are divided among them, and each takes
the next number of the stage whenever it has one free (`board.py`), so all together they send just what
one would. Where one of them dies the run ends, and what the others measured is kept.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from gatewayz.core.codec import loads
from gatewayz.core.errors import ConfigError, GatewayzError
from gatewayz.core.load import Sample
from gatewayz.core.verdict import Verdict
from gatewayz.load.lines import LONGEST_LINE, Heard, Told, read_report
from gatewayz.load.order import Asker, Example, GuardOf, LoadOrder, StageOrder, unguarded
from gatewayz.load.reducing import prime
from gatewayz.load.turns import board_for
from gatewayz.load.work_report import WorkReport
from gatewayz.load.worker import Worker, work

MOST_PROCESSES: Final = 64


def check_processes(processes: int, order: LoadOrder) -> None:
    """Raises: ConfigError where several processes cannot be had."""
    if processes < 2:
        return
    if not hasattr(os, "fork"):
        raise ConfigError("--processes: this system starts one process only; leave it out")
    if processes > MOST_PROCESSES:
        raise ConfigError(f"--processes {processes}: at most {MOST_PROCESSES}")
    own = next((aim.target.name for aim in order.aims if aim.gateway.calls is not None), "")
    if own:
        raise ConfigError(f"--processes: {own} is called by a client's own functions; leave it out")


def needed_of(processes: int, order: LoadOrder) -> int:
    """How many of so many processes have something to do: each has a place at least."""
    return max(1, min(processes, order.most_at_once))


class Processes:
    """A crew of forked processes. Made before there is an event loop.

    `asker` makes the client, in each worker anew.
    """

    def __init__(
        self,
        order: LoadOrder,
        asker: Callable[[], Asker],
        parts: int,
        *,
        guard: GuardOf = unguarded,
    ) -> None:
        check_processes(parts, order)
        self._links: list[_Link] = []
        board = board_for(order, parts)
        prime(order)  # once, for all
        sys.stdout.flush()  # what waits there would be written by each
        sys.stderr.flush()
        for part in range(parts):
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                for link in self._links:
                    link.ours.close()
                ours.close()
                work(Worker(order, asker, part, parts, guard, board), theirs)
            theirs.close()
            self._links.append(_Link(ours, pid))

    def begin(
        self,
        zero: float,
        take: Callable[[Sample], None],
        show: Callable[[Example], None],
        end: Callable[[str], None],
        out: Callable[[str, str], None],
    ) -> None:
        """Tells every worker when the run began."""
        for link in self._links:
            link.take, link.show, link.end, link.out = take, show, end, out
            link.tell(Told(begin=zero))

    async def stage(self, told: StageOrder) -> None:
        """Lets every worker run its share."""
        await asyncio.gather(*(link.staged(told) for link in self._links))

    def halt(self, *, now: bool = False) -> None:
        """Tells every worker."""
        for link in self._links:
            link.tell(Told(halt=now))

    async def finish(self) -> Sequence[WorkReport]:
        """The reports of all that live; the workers are gone then."""
        try:
            told = await asyncio.gather(*(link.reported() for link in self._links))
            return [report for report in told if report is not None]
        finally:
            self.close()

    @property
    def lost(self) -> str:
        """How many died before they had told all."""
        died = [link.died for link in self._links if link.died]
        if not died:
            return ""
        were = "was" if len(died) == 1 else "were"
        return (
            f"{len(died)} of the {len(self._links)} processes of the load run {were} lost "
            f"({died[0]}): what it had under way or had not told yet is in no figure"
        )

    @property
    def sent(self) -> int:
        """How many requests have been sent, as last told."""
        return sum(link.sent for link in self._links)

    def close(self) -> None:
        """Ends every worker that is still there: each goes when its socket is shut.

        Once there was a loop, it has to be called in it.
        """
        for link in self._links:
            link.close()


class _Link:
    """Our end of one worker."""

    def __init__(self, ours: socket.socket, pid: int) -> None:
        self.ours, self.pid = ours, pid
        self.take: Callable[[Sample], None] = lambda _: None
        self.show: Callable[[Example], None] = lambda _: None
        self.end: Callable[[str], None] = lambda _: None
        self.out: Callable[[str, str], None] = lambda *_: None
        self.sent = 0
        self._waiting: list[bytes] = []
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._staged = asyncio.Event()
        self._report: WorkReport | None = None
        self._bug = ""
        self.died = ""

    def tell(self, told: Told) -> None:
        """Sends a line, or keeps it until there is a loop to send it."""
        line = msgspec.json.encode(told) + b"\n"
        if self._writer is None:
            self._waiting.append(line)
        elif not self._writer.is_closing():
            self._writer.write(line)

    async def staged(self, told: StageOrder) -> None:
        """Returns when the worker has run its share of a stage."""
        await self._connect()
        self._staged.clear()
        self.tell(Told(stage=told))
        await self._until(self._staged)

    async def reported(self) -> WorkReport | None:
        """The worker's report; None where it died before it had told one."""
        await self._connect()
        self._staged.clear()
        self.tell(Told(finish=True))
        while self._report is None and not self.died:
            self._staged.clear()
            await self._until(self._staged)
        return self._report

    def close(self) -> None:
        """Shuts the socket, which ends the worker, and waits for that."""
        if not self.pid:
            return
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        self.ours.close()
        pid, self.pid = self.pid, 0
        deadline = time.monotonic() + 2
        with suppress(ChildProcessError):
            while os.waitpid(pid, os.WNOHANG)[0] == 0:
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    return
                time.sleep(0.01)

    async def _connect(self) -> None:
        if self._writer is not None:
            return
        reader, self._writer = await asyncio.open_connection(sock=self.ours, limit=LONGEST_LINE)
        self._reading = asyncio.create_task(self._read(reader))
        for line in self._waiting:
            self._writer.write(line)
        self._waiting.clear()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        decoder = msgspec.json.Decoder(Heard)
        with suppress(ConnectionError):
            # What is cut off before its end was not told.
            while (line := await reader.readline()).endswith(b"\n"):
                self._hear(decoder.decode(line))
        if self._report is None and not self._bug:
            self.died = "it ended without a word"
            self.end(f"a process of the load run failed: {self.died}")
        self._staged.set()

    def _hear(self, heard: Heard) -> None:
        self.sent = heard.sent or self.sent
        for sample in heard.samples:
            self.take(sample)
        for target, text in heard.shown:
            self.show((target, loads(Verdict, text)))
        for target, why in heard.out:
            self.out(target, why)
        if heard.ended:
            self.end(heard.ended)
        if heard.report is not None:
            self._report = read_report(heard.report)
        self._bug = heard.bug or self._bug
        if heard.staged or heard.report is not None or heard.bug:
            self._staged.set()

    async def _until(self, event: asyncio.Event) -> None:
        """Waits until the worker has told, or died. Raises: GatewayzError for a bug in it."""
        if not self.died:
            await event.wait()
        if self._bug and self._report is None:
            raise GatewayzError(f"a process of the load run failed: {self._bug}")
