"""One of several processes under a load: does what it is told over its socket, and tells its samples."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec

from gatewayz.core.codec import dumps
from gatewayz.core.garbage import collect_seldom
from gatewayz.core.load import Sample
from gatewayz.load.board import Board
from gatewayz.load.driver import Driver
from gatewayz.load.lines import LONGEST_LINE, Heard, Told, written_report
from gatewayz.load.order import Asker, Example, GuardOf, LoadOrder

_EVERY_S: Final = 0.1


def work(worker: Worker, theirs: socket.socket) -> None:
    """The whole life of a worker. We are told when to stop; signals of the terminal are not for it."""
    code = 0
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        collect_seldom()
        asyncio.run(worker.live(theirs))
    except BaseException:  # noqa: BLE001 -- it has told of it; the parent's code must not run here
        code = 1
    os._exit(code)


class Worker:
    def __init__(
        self,
        order: LoadOrder,
        asker: Callable[[], Asker],
        part: int,
        parts: int,
        guard: GuardOf,
        board: Board,
    ) -> None:
        self._order, self._asker, self._guard = order, asker, guard
        self._board = board
        self._part, self._parts = part, parts
        self._heard = Heard()
        self._driver: Driver | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def live(self, theirs: socket.socket) -> None:
        """Does what it is told until the socket is shut."""
        reader, self._writer = await asyncio.open_connection(sock=theirs, limit=LONGEST_LINE)
        flushing = asyncio.create_task(self._flush_now_and_then())
        work: asyncio.Task[None] | None = None
        decoder = msgspec.json.Decoder(Told)
        while line := await reader.readline():
            told = decoder.decode(line)
            if told.begin is not None:
                self._driver = self._driver_since(told.begin)
            elif told.halt is not None and self._driver is not None:
                self._driver.halt(now=told.halt)
            else:
                work = asyncio.create_task(self._guarded(self._do(told)))
        for task in (flushing, work):
            if task is not None:
                task.cancel()

    def _driver_since(self, zero: float) -> Driver:
        return Driver(
            self._order,
            self._asker(),
            zero=zero,
            take=self._heard_sample,
            show=self._show,
            end=self._ended,
            out=self._out,
            guard=self._guard(self._part, self._parts),
            part=self._part,
            parts=self._parts,
            board=self._board,
        )

    def _heard_sample(self, sample: Sample) -> None:
        self._heard.samples.append(sample)

    def _show(self, example: Example) -> None:
        target, verdict = example
        self._heard.shown.append((target, dumps(verdict)))

    def _out(self, target: str, why: str) -> None:
        self._heard.out.append((target, why))

    def _ended(self, why: str) -> None:
        self._heard.ended = why

    async def _do(self, told: Told) -> None:
        driver = self._driver
        if driver is None:
            return
        if told.stage is not None:
            await driver.stage(told.stage)
            self._heard.staged = True
        elif told.finish:
            self._heard.report = written_report(await driver.finish())
        self._flush()

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except Exception as bug:  # noqa: BLE001 -- the parent raises it
            self._heard.bug = f"{type(bug).__name__}: {bug}"
            self._flush()

    async def _flush_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            self._flush()

    def _flush(self) -> None:
        if self._writer is None or self._driver is None or self._writer.is_closing():
            return
        heard, self._heard = self._heard, Heard()
        heard.sent = self._driver.sent
        self._writer.write(msgspec.json.encode(heard) + b"\n")
