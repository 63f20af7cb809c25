"""The moment at which a server is told to stop, whichever server it is that runs the app."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType

from gatewayz.server.callers import Callers
from gatewayz.server.listening import take_the_last
from gatewayz.server.traffic import Traffic

# What runs has so long to come to its end, and then so long to say that it does not.
GRACE_S = 10
LAST_WORDS_S = 1.0
_LOOK_S = 0.02
# For so long new connections are still taken, and then those that were taken last are heard.
_LATE_S = 0.3
_SILENT_S = 0.1
_TURNS = 10


def server_here() -> object | None:
    """The server that runs this process, where it is one that listens to signals as uvicorn's does."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return getattr(signal.getsignal(signal.SIGTERM), "__self__", None)


def tell_when_stopping(
    traffic: Traffic, callers: Callers, told: Callable[[], None]
) -> Callable[[], None]:
    """Notes INT and TERM on `traffic`, and leaves them to whoever handled them before.

    The first one is held back until those were heard who came before it or just behind it, and each
    connection ends with its answer from then on; `told` is called at once, on the running loop. A second
    one holds nothing back, and ends all connections of `callers`: a server that waits for its connections to close,
    as those of Python 3.12 and later do, would wait all the same. What is given back leaves them to those
    again, unless somebody else has taken them since.
    """
    loop = asyncio.get_running_loop()
    ours: _Ours = {}
    if threading.current_thread() is not threading.main_thread():
        return partial(_give_back, ours)
    held: list[Callable[[], object]] = []
    tasks: set[asyncio.Task[None]] = set()

    def let_go() -> None:
        while held:
            held.pop()()

    async def hear_the_last(server: object) -> None:
        try:
            await _turns(_LATE_S)
            await take_the_last(server)
            await _turns(_SILENT_S)
        finally:
            let_go()

    def begin(server: object) -> None:
        callers.be_the_last()
        told()
        tasks.add(asyncio.create_task(hear_the_last(server), name="the last who come"))

    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)
        if not callable(before):
            continue

        def noted(
            number: int, frame: FrameType | None, before: Callable[..., object] = before
        ) -> None:
            if not traffic.stopping:
                traffic.stopping = True
                held.append(partial(before, number, None))
                loop.call_soon_threadsafe(begin, getattr(before, "__self__", None))
                return
            loop.call_soon_threadsafe(callers.close_all)
            let_go()
            before(number, frame)

        ours[number] = noted, before
        signal.signal(number, noted)
    return partial(_give_back, ours)


# Of a signal our handler, and the one before it.
_Ours = dict[signal.Signals, tuple[object, Callable[..., object]]]


def _give_back(ours: _Ours) -> None:
    for number, (own, before) in ours.items():
        if signal.getsignal(number) is own:
            signal.signal(number, before)


async def _turns(seconds: float) -> None:
    """Waits so long, and for so many turns of the loop that all who wait were looked at, however busy it is."""
    for _ in range(_TURNS):
        await asyncio.sleep(seconds / _TURNS)


class InTime:
    """Ends what is still running `grace_s` seconds after `begin`, where the server sets no limit.

    uvicorn by itself waits for as long as any answer takes, and tells the app that it stops only behind
    the last of them. None for a server that has a limit of its own.
    """

    def __init__(self, traffic: Traffic, callers: Callers, grace_s: float | None) -> None:
        self._traffic = traffic
        self._callers = callers
        self._grace_s = grace_s
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The server has been told to stop."""
        if self._grace_s is not None and self._task is None:
            self._task = asyncio.create_task(self._end(self._grace_s), name="the end")

    def stop(self) -> None:
        """The server ends by itself."""
        if self._task is not None:
            self._task.cancel()

    async def _end(self, grace_s: float) -> None:
        await asyncio.sleep(grace_s)
        self._callers.end_all()
        await last_words(self._traffic, self._callers)
        await asyncio.sleep(LAST_WORDS_S)
        # Those, too, who asked for something else than a model, and who do not take an answer that has ended.
        self._callers.close_all()


async def last_words(traffic: Traffic, callers: Callers) -> None:
    """Those who are cut off as the server stops tell their clients, and then leave their records.

    A client that does not listen, even now, is not waited for.
    """
    for _ in range(2):
        for _ in range(int(LAST_WORDS_S / _LOOK_S)):
            if not traffic.running_here:
                return
            await asyncio.sleep(_LOOK_S)
        callers.cut_all()
