"""Gateways that are a client's own functions: their answers, put on the wire as OpenAI's API would."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from gatewayz.client import calls
from gatewayz.core.attempt import Attempt, FaultName, Phase, WireFault
from gatewayz.core.codec import to_json
from gatewayz.core.failures import classify, unnamed
from gatewayz.core.gateway import Calls
from gatewayz.core.text import well_formed
from gatewayz.server.backend import Backend
from gatewayz.server.callers import Caller
from gatewayz.server.costs import cost_usd
from gatewayz.server.early_head import EarlyHead
from gatewayz.server.headers import raw, served_by
from gatewayz.server.key_mask import masked
from gatewayz.server.last_usage import LastUsage
from gatewayz.server.refusals import Refusal, cut_by_stop
from gatewayz.server.routing import Order
from gatewayz.server.told_errors import note_told
from gatewayz.server.upstream_errors import no_stream, refusal_of

# How soon a stop is seen by who waits for a function that its client has left.
_LOOK_EVERY_S = 0.2


class CallingFunctions:
    """The answer to a chat request whose gateway is made of functions.

    A stream that is asked of a client without a stream function is answered as one document. `early`
    is what a streamed one's client hears until its first chunk.
    """

    def __init__(
        self,
        order: Order,
        functions: Calls,
        backend: Backend,
        caller: Caller,
        early: EarlyHead | None = None,
    ) -> None:
        self._order = order
        self._functions = functions
        self._stream = functions.stream if order.stream else None
        self._backend = backend
        self._caller = caller
        self._early = early
        self._visit = caller.visit
        self._secrets = backend.secrets_of(order.gateway, order.key)
        self._said = LastUsage(adds_up=self._visit.reserved is not None)
        self._begun = False
        # Threads of plain functions that run on though nobody waits for them.
        self._left: list[asyncio.Future[Any]] = []

    async def answer(self) -> None:
        """Calls, and hands on what comes. Raises: Refusal before the first byte."""
        self._backend.catalogues.begin(self._order.gateway)
        if self._early is not None:
            await self._prepare(self._early)
        until = time.monotonic() + self._backend.timeouts.total_s
        try:
            async with asyncio.timeout(self._backend.timeouts.total_s):
                await self._call()
        except Exception as problem:  # noqa: BLE001 -- somebody else's code, any error is data
            refusal = self._refusal(problem)
            if not self._begun:
                raise refusal from None
            self._visit.note(refusal)
            await self._caller.end(refusal.event())
        except asyncio.CancelledError:
            await self._cut_off(until)
            raise
        finally:
            if self._begun:
                self._account()

    async def _prepare(self, early: EarlyHead) -> None:
        """Raises: Refusal where a document can take no comment's place any more."""
        if self._stream is not None:
            early.watch()
            return
        await early.over()
        if early.begun:
            raise no_stream(self._order.gateway)

    async def _cut_off(self, until: float) -> None:
        """The end of an answer that nobody waits for, or that this server as it stops does not.

        A plain function cannot be ended. While it runs the request keeps its place, so that there are
        no more at a time than its key and this server allow; but not for ever, since it may hang, nor
        when the server stops.
        """
        traffic = self._backend.traffic
        if traffic.stopping:
            if self._begun and self._stream is not None:
                await self._caller.end(cut_by_stop().event())
            return
        if self._early is not None:
            self._early.close()
        running: set[asyncio.Future[Any]] = set(self._left)
        while running and not traffic.stopping and time.monotonic() < until:
            _, running = await asyncio.wait(running, timeout=_LOOK_EVERY_S)

    async def _call(self) -> None:
        body = self._order.body
        called = time.monotonic()
        if self._stream is None:
            data = self._passed(await calls.answer(self._functions, body, left=self._left.append))
            self._said.feed(data)
            await self._start("application/json", called, len(data))
            await self._caller.end(data)
            return
        chunks = await calls.open_stream(self._stream, body, left=self._left.append)
        async for chunk in chunks:
            data = b"data: " + self._passed(chunk) + b"\n\n"
            self._said.feed(data)
            if not self._begun:
                await self._start("text/event-stream", called)
            await self._caller.write(data)
        if not self._begun:
            await self._start("text/event-stream", called)
        await self._caller.end(b"data: [DONE]\n\n")

    def _passed(self, document: Any) -> bytes:
        """A document as it goes out, without what its functions were given in secret."""
        return masked(self._secrets, _json(document))

    async def _start(self, media_type: str, called: float, length: int | None = None) -> None:
        """The answer's head, or who gives it where one is out."""
        name, model, early = self._order.gateway.name, self._order.model, self._early
        if early is not None:
            await early.over()
        self._begun = True
        self._visit.began = time.monotonic()
        self._visit.upstream_s = self._visit.began - called
        if early is not None and early.begun:
            await self._caller.write(early.passes(name, model))
            return
        headers = {"content-type": media_type, **served_by(name, model)}
        if length is not None:
            headers["content-length"] = str(length)
        if self._order.adapted:
            headers["x-gatewayz-adapted"] = ", ".join(self._order.adapted)
        times = self._visit.times(self._visit.began - called)
        await self._caller.start(200, [*raw(headers), *times])

    def _account(self) -> None:
        """What the answer says of itself: its tokens, so what it cost, and an error in a success."""
        visit, order = self._visit, self._order
        visit.usage, told = self._said.said()
        if visit.usage is not None:
            visit.cost_usd = cost_usd(order, visit.usage, self._backend)
        visit.passed = self._said.passed()
        if told is not None:
            attempt = Attempt(status=200, streamed=order.stream)
            note_told(visit, told, attempt, order.gateway, self._clean)

    def _clean(self, text: str) -> str:
        return well_formed(self._backend.redact(text))

    def _refusal(self, problem: Exception) -> Refusal:
        """The error as the common table names it; its text may tell secrets, so the log has it."""
        gateway = self._order.gateway
        timed_out = isinstance(problem, TimeoutError)
        fault = WireFault(
            name=FaultName.TIMEOUT if timed_out else FaultName.CALL_RAISED,
            phase=Phase.BODY if self._begun else Phase.HEADERS,
            detail=self._backend.redact(f"{type(problem).__name__}: {problem}"),
            timer="total",
        )
        attempt = Attempt(fault=fault, streamed=self._order.stream)
        found = classify(attempt, gateway.quirks) or unnamed("server-error")
        return refusal_of(attempt, found, gateway, what="its client's function failed")


def _json(document: Any) -> bytes:
    text = json.dumps(document, separators=(",", ":"))
    if "NaN" in text or "Infinity" in text:  # which are no JSON, unless they stand in a text
        try:
            json.dumps(document, allow_nan=False)
        except ValueError:
            text = json.dumps(to_json(document), separators=(",", ":"))
    return text.encode("ascii")
