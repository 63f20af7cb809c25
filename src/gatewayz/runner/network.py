"""Whether one host is out of reach, or this machine's network is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from gatewayz.core import Attempt, Outcome, Verdict
from gatewayz.core.hindsight import TOGETHER_S, Contacts, lost
from gatewayz.runner.catalogues import down_here, host_of
from gatewayz.runner.order import Lane


class HostsInUse:
    """What a run hears of its hosts, and which of them it still waits to hear of."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._in_use = Counter(map(host_of, lanes))
        self._contacts = Contacts()
        self._news = asyncio.Event()
        self._lost_since: dict[str, float] = {}

    def heard(self, lane: Lane, attempt: Attempt) -> None:
        """Takes one attempt that ended just now."""
        host, now = host_of(lane), asyncio.get_running_loop().time()
        self._contacts.note(host, now, attempt)
        if not lost(attempt):
            self._lost_since.pop(host, None)
        else:
            self._lost_since.setdefault(host, now)
        self._stir()

    def done_with(self, lanes: Iterable[Lane]) -> None:
        """These lanes will not be heard of any more."""
        self._in_use.subtract(map(host_of, lanes))
        self._stir()

    async def all_lost(self, lane: Lane, verdict: Verdict) -> bool:
        """Whether a case failed because nothing at all can be reached.

        That shows only in what other hosts do meanwhile, so they are waited for, a few seconds.
        """
        last, host = verdict.observation.last, host_of(lane)
        if verdict.outcome is not Outcome.FAILED or last is None:
            return False
        if not lost(last) or down_here(last):
            return False
        now = asyncio.get_running_loop().time()
        since = self._lost_since.get(host, now)
        try:
            async with asyncio.timeout(TOGETHER_S):
                while True:
                    awaited = [name for name, lanes in self._in_use.items() if lanes > 0]
                    known = self._contacts.all_lost(host, since, awaited)
                    if known is not None:
                        return known
                    if not set(awaited) - {host}:
                        return False
                    await self._news.wait()
        except TimeoutError:
            return False

    def _stir(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
