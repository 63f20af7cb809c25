"""Model lists in memory: read when first needed, then kept fresh; the last good one stands.

Needed is the list of a gateway when somebody asks for it, or for one of its models: then for their
prices. A gateway that nobody uses is not asked either: starting a server sends nothing. Only a list
that was never read is waited for, only by who asks for it, and only for a moment: whoever asks later
gets what is here, a list or the reason why there is none, while the reading goes on behind it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

from gatewayz.client import HttpClient, Listing
from gatewayz.core.attempt import Attempt
from gatewayz.core.failures import classify, failure, unnamed
from gatewayz.core.gateway import Gateway
from gatewayz.core.model import Model
from gatewayz.core.verdict import Failure
from gatewayz.core.wire_faults import went_stale
from gatewayz.server.refusals import Refusal
from gatewayz.server.upstream_errors import refusal_of

FRESH_S = 300.0
# After a failure, and twice as long after each more, so that nobody's trouble is made worse.
RETRY_S = 10.0
LONGEST_RETRY_S = 160.0
# From the beginning of a list's first read. Most lists are here in one.
FIRST_WAIT_S = 5.0
LOOK_EVERY_S = 1.0
# What a server says of a path that it does not have.
_NO_LIST = (404, 405, 501)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The models of one gateway, as last read.

    `read_at` is a moment on the monotonic clock; `asked_at` when it was last tried. `failure`
    says why the last try failed, None when these models are what the gateway lists now; `failed` is
    how many tries did in a row, `is_none` that it never had one to be found.
    """

    models: tuple[Model, ...] = ()
    by_id: dict[str, Model] = field(default_factory=dict)
    read_at: float | None = None
    asked_at: float = 0.0
    failure: Refusal | None = None
    failed: int = 0
    is_none: bool = False

    def age_s(self, now: float) -> int:
        """Whole seconds since the models were read."""
        return int(now - self.read_at) if self.read_at is not None else 0


@dataclass(frozen=True, slots=True)
class _Reading:
    """A read that is under way, and when it began, on the monotonic clock."""

    task: asyncio.Task[Catalogue]
    began: float


class Catalogues:
    """One list per gateway; any number of clients asking at once cause one read.

    `clock` is monotonic, in seconds; `sleep` waits for some. `when_read` is called after each read.
    """

    def __init__(
        self,
        client: HttpClient,
        *,
        fresh_s: float = FRESH_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._fresh_s = fresh_s
        self._kept: dict[str, Catalogue] = {}
        self._reading: dict[str, _Reading] = {}
        self._gateways: dict[str, Gateway] = {}
        self.clock = clock
        self.when_read: Callable[[], None] = lambda: None
        self._sleep = sleep

    async def get(self, gateway: Gateway) -> Catalogue:
        """The gateway's list, be it an old one; only before its first read has ended this takes time.

        Raises: Refusal when there is none, or none yet.
        """
        found = self._at_once(gateway) or await self._first_read(gateway)
        if isinstance(found, Refusal):
            raise found.with_traceback(None)
        return found

    def _at_once(self, gateway: Gateway) -> Catalogue | Refusal | None:
        """What is known now; one that is old is read anew meanwhile. None where it never was read."""
        kept = self._kept.get(gateway.name)
        if kept is None:
            return None
        if self.clock() - kept.asked_at > self._patience(kept):
            self._begin_read(gateway)
        return _of(kept)

    def begin(self, gateway: Gateway) -> None:
        """Has a list that was never read be read, which nobody waits for."""
        if gateway.name not in self._kept:
            self._begin_read(gateway)

    def listed(self, gateway: Gateway, model_id: str) -> Model | None:
        """A model as it was last listed; None where no list is here, or it is not on it."""
        kept = self._kept.get(gateway.name)
        return kept.by_id.get(model_id) if kept is not None else None

    def was_tried(self, gateway: Gateway) -> bool:
        """Whether its list was ever read, or tried to."""
        return gateway.name in self._kept

    def kept(self) -> Iterable[tuple[str, Catalogue]]:
        """Every list that was ever read, or tried to, by gateway."""
        return self._kept.items()

    def all_here(self, gateways: Iterable[Gateway]) -> dict[str, Catalogue | Refusal] | None:
        """The same as `get_all` where nothing has to be waited for, else None."""
        here = {gateway.name: self._at_once(gateway) for gateway in gateways}
        known = {name: found for name, found in here.items() if found is not None}
        return known if len(known) == len(here) else None

    async def get_all(self, gateways: Iterable[Gateway]) -> dict[str, Catalogue | Refusal]:
        """Several lists, read side by side: by gateway, the list or why there is none."""
        chosen = tuple(gateways)
        here = {gateway.name: self._at_once(gateway) for gateway in chosen}
        new = [gateway for gateway in chosen if here[gateway.name] is None]
        read = await asyncio.gather(*map(self._first_read, new)) if new else ()
        first = {gateway.name: found for gateway, found in zip(new, read, strict=True)}
        return {name: found or first[name] for name, found in here.items()}

    async def keep_fresh(self) -> None:
        """Reads each list that was ever needed anew before it is old, for as long as it is let.

        Each at a moment of its own, so that neither this server nor several of them ask all at once. A
        gateway that has none is asked again only when somebody wants its list.
        """
        due: dict[str, float] = {}
        while True:
            await self._sleep(LOOK_EVERY_S)
            for name, kept in self._kept.items():
                if due.get(name, 0.0) <= kept.asked_at:
                    due[name] = kept.asked_at + self._patience(kept) * random.uniform(0.7, 0.95)
                if self.clock() >= due[name] and not kept.is_none:
                    # What comes of it is kept with the list; who asks next is told.
                    self._begin_read(self._gateways[name])

    async def aclose(self) -> None:
        """Stops the reads that are under way."""
        reading = tuple(one.task for one in self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    def _patience(self, kept: Catalogue) -> float:
        """Seconds from the last try to the next."""
        if not kept.failed:
            return self._fresh_s
        pause_s: float = RETRY_S * 2 ** min(kept.failed - 1, 10)
        return min(pause_s, LONGEST_RETRY_S, self._fresh_s)

    async def _first_read(self, gateway: Gateway) -> Catalogue | Refusal:
        """What comes of the first read, if it comes in time.

        A client that leaves does not take the list from the others who wait for it.
        """
        reading = self._begin_read(gateway)
        left_s = reading.began + FIRST_WAIT_S - self.clock()
        if left_s > 0 and not reading.task.done():
            alarm = asyncio.ensure_future(self._sleep(left_s))
            try:
                await asyncio.wait({reading.task, alarm}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                alarm.cancel()
        return _of(reading.task.result()) if reading.task.done() else _not_yet(gateway)

    def _begin_read(self, gateway: Gateway) -> _Reading:
        reading = self._reading.get(gateway.name)
        if reading is None:
            self._gateways[gateway.name] = gateway
            reading = _Reading(asyncio.create_task(self._read(gateway)), self.clock())
            self._reading[gateway.name] = reading
            reading.task.add_done_callback(lambda _: self._reading.pop(gateway.name, None))
        return reading

    async def _read(self, gateway: Gateway) -> Catalogue:
        listing = await self._client.list_models(gateway)
        if listing.attempts and went_stale(listing.attempts[-1]):
            listing = await self._client.list_models(gateway)
        now = self.clock()
        problem = _problem_of(listing, gateway)
        kept = self._kept.get(gateway.name, Catalogue())
        if problem is not None and (kept.read_at is not None or not listing.models):
            kept = replace(
                kept,
                asked_at=now,
                failure=problem,
                failed=kept.failed + 1,
                is_none=kept.read_at is None and _has_none(listing),
            )
        else:
            by_id = {model.id: model for model in listing.models}
            kept = Catalogue(
                models=listing.models,
                by_id=by_id,
                read_at=now,
                asked_at=now,
                failure=problem,
                failed=int(problem is not None),
            )
        self._kept[gateway.name] = kept
        self.when_read()
        return kept


def _of(kept: Catalogue) -> Catalogue | Refusal:
    """A list that was read at some time, else why it was not."""
    return kept if kept.read_at is not None or kept.failure is None else kept.failure


def _has_none(listing: Listing) -> bool:
    return bool(listing.attempts) and listing.attempts[-1].status in _NO_LIST


def _not_yet(gateway: Gateway) -> Refusal:
    """504: the list is being read for longer than anybody is to wait for it."""
    told = f"its model list has not come within {FIRST_WAIT_S:g} s; it is still being read"
    return Refusal(
        504,
        f"{gateway.name}: {told}",
        type="upstream_error",
        kind="",
        failure_class="timeout",
        gateway=gateway.name,
        headers={"retry-after": f"{RETRY_S:.0f}"},
    )


def _problem_of(listing: Listing, gateway: Gateway) -> Refusal | None:
    """Why a list could not be read to its end; None when it could."""
    if listing.complete:
        return None
    attempt = listing.attempts[-1] if listing.attempts else Attempt(method="GET")
    found: Failure | None = classify(attempt, gateway.quirks)
    if found is None:
        odd = next(iter(listing.oddities), "")
        found = failure(odd) if odd else unnamed("catalogue", "the list cannot be read")
    refusal = refusal_of(attempt, found, gateway, what="its model list could not be read")
    if refusal.status >= 500 and refusal.status not in (503, 504):
        # It is not this server that is at fault.
        refusal.status = 502
    return refusal
