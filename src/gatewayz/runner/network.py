"""Whether one host is out of reach, or this machine's network is.

What runs on this machine says nothing of its network: neither a server on loopback nor a backend
there, which is asked about the hosts behind it instead.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from gatewayz.client import Listing, is_loopback
from gatewayz.core import Attempt, Outcome, Verdict, Way
from gatewayz.core.hindsight import TOGETHER_S, Contacts, Route, lost_on, our_network
from gatewayz.runner.catalogues import has_answered, host_of
from gatewayz.runner.order import Lane


@lru_cache(maxsize=1024)  # a run asks it of its few lanes with every attempt
def route_to(host: str, way: Way, behind: str) -> Route | None:
    """The route that calls to a host take; None where they do not leave this machine.

    Hosts with a port, if they have one; `behind` is the one that a backend at `host` passes on to.
    """
    if not _is_here(host):
        return Route(host)
    if way != "api" or _is_here(behind):
        return None
    return Route(behind, relayed=True)


def _route_of(lane: Lane) -> Route | None:
    return route_to(host_of(lane), lane.way, lane.behind or lane.name)


def _is_here(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


class _News:
    """Wakes whoever waits for something to become known."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def until(self, known: Callable[[], bool]) -> None:
        while not known():
            await self._event.wait()


class HostsInUse:
    """What a run hears of its hosts, and which of them it still waits to hear of."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._in_use = Counter(filter(None, map(_route_of, lanes)))
        self._contacts = Contacts()
        self._news = _News()
        self._lost_since: dict[Route, float] = {}
        self._untold: set[Route] = set()

    def heard(self, lane: Lane, attempt: Attempt) -> None:
        """Takes one attempt that ended just now."""
        route, now = _route_of(lane), asyncio.get_running_loop().time()
        if route is None:
            return
        self._untold.discard(route)
        is_lost = lost_on(route, attempt)
        if is_lost is not None:
            self._contacts.note(route, now, is_lost=is_lost)
        if is_lost:
            self._lost_since.setdefault(route, now)
        elif is_lost is False:
            self._lost_since.pop(route, None)
        elif attempt.status is None:
            self._untold.add(route)
        self._news.tell()

    def done_with(self, lanes: Iterable[Lane]) -> None:
        """These lanes will not be heard of any more."""
        self._in_use.subtract(filter(None, map(_route_of, lanes)))
        self._news.tell()

    def in_doubt(self, lane: Lane, verdict: Verdict) -> bool:
        """Whether a case failed in a way that may be our network's fault."""
        last, route = verdict.observation.last, _route_of(lane)
        if verdict.outcome is not Outcome.FAILED or last is None or route is None:
            return False
        return lost_on(route, last) is True

    async def all_lost(self, lane: Lane, verdict: Verdict) -> bool:
        """Whether a case failed because nothing at all can be reached.

        That shows only in what other hosts do meanwhile, so they are waited for, a few seconds.
        """
        route = _route_of(lane)
        if route is None or not self.in_doubt(lane, verdict):
            return False
        since = self._lost_since.get(route, asyncio.get_running_loop().time())
        found: list[bool] = []

        def known() -> bool:
            awaited = self._awaited()
            told = self._contacts.all_lost(route, since, awaited)
            if told is None and all(other.host == route.host for other in awaited):
                told = False
            found.extend([] if told is None else [told])
            return told is not None

        try:
            async with asyncio.timeout(TOGETHER_S):
                await self._news.until(known)
        except TimeoutError:
            return False
        return found[-1]

    def _awaited(self) -> set[Route]:
        """The routes that may still be heard of, but for those whose backend has fallen silent."""
        return {route for route, lanes in self._in_use.items() if lanes > 0} - self._untold


class ListsRead:
    """What the reading of the model lists says of the hosts, while it goes on."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        lanes = tuple(lanes)
        self._left = len(lanes)
        self._hosts = {route.host for lane in lanes if (route := _route_of(lane)) is not None}
        self._up: set[str] = set()
        self._reached: set[str] = set()
        self._news = _News()

    def read(self, lane: Lane, listing: Listing | None) -> None:
        """Takes one list; None for one that tells nothing, since nobody asked for it or that raised."""
        self._left -= 1
        route = _route_of(lane)
        if listing is not None and has_answered(listing):
            self._up.add(host_of(lane))
            last = listing.attempts[-1] if listing.attempts else None
            if route is not None and (last is None or lost_on(route, last) is False):
                self._reached.add(route.host)
        self._news.tell()

    async def whose_fault(self, lane: Lane, listing: Listing, verdict: Verdict) -> Verdict:
        """The verdict over a list that gave nothing, once other hosts have answered, or none has."""
        down = lane.way == "api" and verdict.outcome is Outcome.UNKNOWN and verdict.failure
        if down:
            host = host_of(lane)
            # Of a backend elsewhere, servers on this machine do not show that it could be reached.
            up = self._up if _is_here(host) else self._reached
            await self._news.until(lambda: not self._left or bool(up))
            # Where the gateways themselves can be reached, the backend is at fault.
            return replace(verdict, outcome=Outcome.FAILED, reason="") if up - {host} else verdict
        route = _route_of(lane)
        last = listing.attempts[-1] if listing.attempts else None
        if route is None or last is None or not lost_on(route, last):
            return verdict
        await self._news.until(lambda: not self._left or bool(self._reached))
        if verdict.outcome is Outcome.FAILED and not self._reached and len(self._hosts) > 1:
            return our_network(verdict)
        return verdict
