"""Model lists in memory: read when first asked for, then kept fresh; the last good one stands.

A gateway whose list nobody asks for is not asked either: starting a server sends nothing.
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
RETRY_S = 10.0
LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The models of one gateway, as last read.

    `read_at` is a moment on the monotonic clock; `asked_at` when it was last tried. `failure`
    says why the last try failed, None when these models are what the gateway lists now.
    """

    models: tuple[Model, ...] = ()
    by_id: dict[str, Model] = field(default_factory=dict)
    read_at: float | None = None
    asked_at: float = 0.0
    failure: Refusal | None = None

    def age_s(self, now: float) -> int:
        """Whole seconds since the models were read."""
        return int(now - self.read_at) if self.read_at is not None else 0


class Catalogues:
    """One list per gateway; any number of clients asking at once cause one read.

    `clock` is monotonic, in seconds; `sleep` waits for some.
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
        self._reading: dict[str, asyncio.Task[Catalogue]] = {}
        self._gateways: dict[str, Gateway] = {}
        self.clock = clock
        self._sleep = sleep

    async def get(self, gateway: Gateway) -> Catalogue:
        """The gateway's list; the last good one, with its failure, when it cannot be read now.

        Raises: Refusal when it never could.
        """
        kept = self._fresh(gateway) or await self._read_once(gateway)
        if kept.read_at is None and kept.failure is not None:
            raise kept.failure.with_traceback(None)
        return kept

    def _fresh(self, gateway: Gateway) -> Catalogue | None:
        kept = self._kept.get(gateway.name)
        if kept is None or self.clock() - kept.asked_at > self._patience(kept):
            return None
        return kept

    def listed(self, gateway: Gateway, model_id: str) -> Model | None:
        """A model as it was last listed; None where no list is here, or it is not on it."""
        kept = self._kept.get(gateway.name)
        return kept.by_id.get(model_id) if kept is not None else None

    def kept(self) -> Iterable[tuple[str, Catalogue]]:
        """Every list that was ever asked for, by gateway."""
        return self._kept.items()

    async def get_all(self, gateways: Iterable[Gateway]) -> dict[str, Catalogue | Refusal]:
        """Several lists, read side by side: by gateway, the list or why there is none."""

        async def one(gateway: Gateway) -> Catalogue | Refusal:
            try:
                return await self.get(gateway)
            except Refusal as refusal:
                return refusal

        chosen = tuple(gateways)
        old = [gateway for gateway in chosen if self._fresh(gateway) is None]
        read = await asyncio.gather(*map(one, old)) if old else ()
        found = {gateway.name: list_ for gateway, list_ in zip(old, read, strict=True)}
        return {g.name: found.get(g.name) or await one(g) for g in chosen}

    async def keep_fresh(self) -> None:
        """Reads each list that was ever asked for anew before it is old, for as long as it is let.

        Each at a moment of its own, so that neither this server nor several of them ask all at once.
        """
        due: dict[str, float] = {}
        while True:
            await self._sleep(LOOK_EVERY_S)
            for name, kept in self._kept.items():
                if due.get(name, 0.0) <= kept.asked_at:
                    due[name] = kept.asked_at + self._patience(kept) * random.uniform(0.7, 0.95)
                if self.clock() >= due[name]:
                    # What comes of it is kept with the list; who asks next is told.
                    self._begin_read(self._gateways[name])

    async def aclose(self) -> None:
        """Stops the reads that are under way."""
        reading = tuple(self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    def _patience(self, kept: Catalogue) -> float:
        return self._fresh_s if kept.failure is None else min(RETRY_S, self._fresh_s)

    async def _read_once(self, gateway: Gateway) -> Catalogue:
        # A client that leaves does not take the list from the others who wait for it.
        return await asyncio.shield(self._begin_read(gateway))

    def _begin_read(self, gateway: Gateway) -> asyncio.Task[Catalogue]:
        task = self._reading.get(gateway.name)
        if task is None:
            self._gateways[gateway.name] = gateway
            task = asyncio.create_task(self._read(gateway))
            self._reading[gateway.name] = task
            task.add_done_callback(lambda _: self._reading.pop(gateway.name, None))
        return task

    async def _read(self, gateway: Gateway) -> Catalogue:
        listing = await self._client.list_models(gateway)
        if listing.attempts and went_stale(listing.attempts[-1]):
            listing = await self._client.list_models(gateway)
        now = self.clock()
        problem = _problem_of(listing, gateway)
        kept = self._kept.get(gateway.name, Catalogue())
        if problem is not None and (kept.read_at is not None or not listing.models):
            kept = replace(kept, asked_at=now, failure=problem)
        else:
            by_id = {model.id: model for model in listing.models}
            kept = Catalogue(
                models=listing.models, by_id=by_id, read_at=now, asked_at=now, failure=problem
            )
        self._kept[gateway.name] = kept
        return kept


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
