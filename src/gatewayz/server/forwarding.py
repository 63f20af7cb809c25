"""The way of one request to its provider, and of the answer back, byte for byte but for our secrets.

The answer's beginning is held for a moment: a fault in that time still gets a status of its own.
After that bytes pass as they come, a stream's in whole lines; a stream that then breaks ends with an
error event and without an end mark, and anything else that breaks is broken off for the client too.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from gatewayz.client import BadDocument, OutOfHandles, WireError, WireRequest, WireResponse, parse
from gatewayz.client.alarm import Alarm
from gatewayz.client.cleaning import clean_error
from gatewayz.client.error_bodies import read_error
from gatewayz.client.replies import ReplyBuilder
from gatewayz.core.attempt import Attempt, ErrorBody, Phase, Reply, Timing, WireFault
from gatewayz.core.failures import classify, failure, unnamed
from gatewayz.core.text import well_formed
from gatewayz.server.backend import Backend
from gatewayz.server.callers import Caller
from gatewayz.server.costs import cost_usd
from gatewayz.server.early_head import COMMENT, COMMENT_EVERY_S, EarlyHead
from gatewayz.server.headers import Clean, RawHeaders, answer_headers, passed_on
from gatewayz.server.key_mask import Forms, KeyMask, masked
from gatewayz.server.last_usage import LastUsage, Told, said_of
from gatewayz.server.lines import WholeLines
from gatewayz.server.opening import is_to_be_sent_anew
from gatewayz.server.passed_tokens import PassedTokens
from gatewayz.server.refusals import Refusal, cut_by_stop, unavailable
from gatewayz.server.routing import CHAT, RESPONSES, Order
from gatewayz.server.told_errors import note_told
from gatewayz.server.unasked_counts import WithoutCounts, may_have_only_counts
from gatewayz.server.upstream_errors import has_no, no_stream, refusal_of

HOLD_S = 1.0
HOLD_BYTES = 256 * 1024
ERROR_BODY_BYTES = 64 * 1024
# Nothing of it is kept: this ends only what would never end. A batch of embeddings has a hundred
# megabytes.
MAX_ANSWER_BYTES = 1024**3
# How long after its end mark a stream may take to end, where its client is gone by then.
READ_OUT_S = 0.25
_NO_BODY = (204, 304)


class Forwarding:
    """The answer to a request: whatever the order's gateway says to these bytes.

    `early` is what a streamed one's client hears until then.
    """

    _response: WireResponse | None = None
    _received = 0
    _held = b""
    _secrets: Forms = ()
    _content_type = ""
    _last_byte: float | None = None
    _waited_until = _heard = 0.0
    _is_over = False
    _line_due: Alarm | None = None
    _without_counts: WithoutCounts | None = None

    def __init__(
        self,
        order: Order,
        data: bytes,
        backend: Backend,
        caller: Caller,
        early: EarlyHead | None = None,
    ) -> None:
        self._order = order
        self._data = data
        self._backend = backend
        self._caller = caller
        self._early = early
        self._visit = caller.visit

    async def answer(self) -> None:
        """Forwards, and hands on what comes. Raises: Refusal before the first byte."""
        order, backend = self._order, self._backend
        url, headers, self._secrets = backend.sent(
            order.gateway, order.endpoint.path, order.key, stream=order.stream
        )
        request = WireRequest(
            method="POST", url=url, headers=headers, body=self._data, max_body=MAX_ANSWER_BYTES
        )
        if self._early is not None:
            self._early.watch()
        called = time.monotonic()
        try:
            response = await backend.transport.open(request, backend.timeouts)
        except WireError as broken:
            self._visit.lost_s += time.monotonic() - called
            response = await self._asked_again(request, broken)
        self._response = response
        self._content_type = response.header("content-type")
        self._waited_until = self._heard = response.times.first_byte or response.times.started
        try:
            if self._early is not None:
                await self._early.over()
            if not 200 <= response.status < 300:
                raise await self._provider_error(response)
            if (whole := response.whole()) is not None:  # nearly always, where nothing is streamed
                await self._pass_whole(response, *whole)
            else:
                await self._pass_on(response)
        finally:
            self._account(response)
            if self._is_over:  # for its client, which may ask again by now
                self._backend.beside(_read_out(response))
            else:
                await response.close()

    async def _asked_again(self, request: WireRequest, broken: WireError) -> WireResponse:
        """The same for a second try, where only the first one's connection went stale."""
        if is_to_be_sent_anew(broken):
            try:
                return await self._backend.transport.open(request, self._backend.timeouts)
            except WireError as again:
                broken = again
        if isinstance(broken, OutOfHandles):
            self._visit.attempts -= 1
            raise unavailable(_NO_HANDLE, code="server_overloaded") from None
        raise self._refusal(broken.fault) from None

    async def _pass_whole(self, response: WireResponse, answer: bytes, stamp: float) -> None:
        """Passes on an answer that is all here."""
        self._received = len(answer)
        self._waited_until = self._heard = self._last_byte = stamp
        self._visit.usage, told = said_of(answer, echoes=self._order.endpoint is RESPONSES)
        answer = masked(self._secrets, answer)
        is_stream = self._order.stream and self._is_stream(answer[:_BEGINNING])
        if is_stream and self._visit.reserved is not None:
            passed = PassedTokens()
            passed.add(answer)
            self._visit.passed = passed.count
        if is_stream and self._order.counts_unasked:
            answer = WithoutCounts().feed(answer)
        if is_stream and not answer.endswith(b"\n"):
            lines = self._lines = WholeLines()
            answer = lines.feed(answer, stamp) + self._end_of_stream()
        if self._early is not None and self._early.begun:
            answer = self._who_gives_it(response, self._early, answer) + answer
            if told is not None:
                self._note_told(told)
            await self._caller.end(answer)
            return
        if told is not None:
            self._note_told(told)
        headers = self._headers(response)
        if response.status not in _NO_BODY:
            headers.append((b"content-length", b"%d" % len(answer)))
        self._begins(response)
        await self._caller.answer(response.status, headers, answer)

    def _who_gives_it(self, response: WireResponse, early: EarlyHead, beginning: bytes) -> bytes:
        """What takes the place of headers where those are out. Raises: Refusal for what is no stream."""
        order = self._order
        if not self._is_stream(beginning[:_BEGINNING]):
            raise no_stream(order.gateway)
        self._begins(response)
        return early.passes(order.gateway.name, order.model)

    def _begins(self, response: WireResponse) -> None:
        """The answer goes out: what its provider takes from here on is no wait for it."""
        self._visit.began = time.monotonic()
        self._visit.upstream_s = self._waited_until - response.times.started

    def _headers(self, response: WireResponse) -> RawHeaders:
        order = self._order
        headers = answer_headers(
            response, self._content_type, order.gateway, order.model, self._clean
        )
        headers += self._times(response)
        if order.adapted:
            headers.append((b"x-gatewayz-adapted", ", ".join(order.adapted).encode()))
        return headers

    async def _pass_on(self, response: WireResponse) -> None:
        """Passes on an answer that is still coming."""
        self._mask = KeyMask(self._secrets)
        order, visit = self._order, self._visit
        self._usage = LastUsage(
            echoes=order.endpoint is RESPONSES, adds_up=visit.reserved is not None
        )
        self._lines = WholeLines()
        if order.counts_unasked:
            self._without_counts = WithoutCounts()
        try:
            await self._pass_pieces(response)
        finally:
            if self._received:
                visit.usage, told = self._usage.said()
                visit.passed = self._usage.passed()
                if told is not None and visit.began is not None:  # else another may be asked
                    self._note_told(told)

    async def _pass_pieces(self, response: WireResponse) -> None:
        try:
            held, complete = await self._beginning(response)
        except WireError as broken:
            raise self._refusal(broken.fault) from None
        if self._early is not None and self._early.begun:
            who = self._who_gives_it(response, self._early, held)
            if complete:  # without a byte
                await self._caller.end(who)
                return
            await self._caller.write(who)
            await self._pass_stream(response, held)
            return
        headers = self._headers(response)
        if complete and response.status not in _NO_BODY:
            headers.append((b"content-length", b"%d" % len(held)))
        self._begins(response)
        if complete:
            await self._caller.answer(response.status, headers, held)
            return
        await self._caller.start(response.status, headers)
        if not held:
            # With some servers the head goes out with the first piece, be it of nothing.
            await self._caller.write(b"")
        if self._is_stream(held):
            await self._pass_stream(response, held)
        else:
            await self._pass_plain(response, held)

    async def _beginning(self, response: WireResponse) -> tuple[bytes, bool]:
        """What came first, and whether it is all: a stream's first piece, or up to a second's worth.

        Raises: WireError.
        """
        until = time.monotonic() + HOLD_S
        while len(self._held) < HOLD_BYTES:
            try:
                piece = await self._read(response, until)
            except _Held:
                self._waited_until = until
                break
            if not piece:
                return self._held, True
            self._held += piece
            if self._is_stream(self._held):
                break
        return self._held, False

    async def _pass_stream(self, response: WireResponse, first: bytes) -> None:
        """Passes on whole lines, so that the error event of a broken stream starts on its own."""
        limits, caller = self._backend.timeouts, self._caller
        until = response.times.started + limits.total_s
        due = self._line_due = Alarm(asyncio.get_running_loop(), self._pass_held_line)
        try:
            going = self._pass_lines(first or await self._after_comments(response))
            while True:
                if not going:
                    await caller.room()
                if await response.pour(self._pass_piece, limits.idle_s, until):
                    break
                going = False
            self._pass_lines(self._mask.rest())
            last = self._end_of_stream()
        except asyncio.CancelledError:
            # Many clients close at the end mark, and do not wait for the body's own end.
            if not (self._usage.is_ended() and caller.left_with_all()):
                if self._backend.traffic.stopping:
                    await caller.end(b"\n\n" + cut_by_stop().event())
                raise
            self._is_over = True
            last = b""
        except WireError as broken:
            refusal = self._note(self._refusal(broken.fault))
            # Whatever line or event the break left open ends here; its rest is not passed on.
            last = b"\n\n" + refusal.event()
        finally:
            due.end()
        await caller.end(last)

    def _end_of_stream(self) -> bytes:
        """The last of a stream that has ended as HTTP has it, which many end without saying where.

        One that ends amid an event was cut, and is told as one.
        """
        if not self._lines.ends_amid_event:
            rest = self._lines.rest()
            return rest if self._without_counts is None else self._without_counts.feed(rest)
        return b"\n\n" + self._note(self._cut_off()).event()

    def _cut_off(self) -> Refusal:
        return refusal_of(Attempt(), failure("sse-missing-finish"), self._order.gateway)

    async def _after_comments(self, response: WireResponse) -> bytes:
        """The first piece; comments keep the connection alive until it comes, and can land in no event."""
        while True:
            try:
                return await self._read(response, time.monotonic() + COMMENT_EVERY_S)
            except _Held:
                await self._caller.write(COMMENT)

    def _pass_piece(self, piece: bytes, stamp: float) -> bool:
        return self._pass_lines(self._seen(piece, stamp))

    def _pass_lines(self, piece: bytes) -> bool:
        """Passes on the whole lines that are there; False when the client takes no more for now."""
        ready = self._lines.feed(piece, self._heard)
        if self._without_counts is not None:
            ready = self._without_counts.feed(ready)
        if self._line_due is not None:
            self._line_due.set_or_unset(self._lines.due)
        return self._caller.put(ready) if ready else True

    def _pass_held_line(self) -> None:
        """A line whose end is long in coming goes without it, unless it may not go at all."""
        if self._without_counts is not None and may_have_only_counts(self._lines.unseen):
            return
        if not self._caller.put(self._lines.so_far()) and self._response is not None:
            self._response.stop_pouring()

    async def _pass_plain(self, response: WireResponse, first: bytes) -> None:
        """Passes on a long or slow plain answer; one that breaks is left without its end."""
        piece = first
        try:
            while True:
                if piece:
                    await self._caller.write(piece)
                    # The time that the client took for it is no silence of its provider.
                    self._heard = time.monotonic()
                piece = await self._read(response)
                if not piece:
                    break
        except WireError as broken:
            self._note(self._refusal(broken.fault))
            return
        await self._caller.end()

    async def _read(self, response: WireResponse, hold_until: float | None = None) -> bytes:
        """The next piece, b"" at the end, under whichever limit comes first.

        `hold_until` is a moment on the monotonic clock.
        Raises: WireError; _Held at `hold_until`, after which reading may go on.
        """
        while True:
            deadline, timer = self._next_limit(response)
            if hold_until is not None and hold_until < deadline:
                deadline, timer = hold_until, "hold"
            try:
                piece, stamp = await response.read(deadline, timer)
            except WireError as broken:
                if broken.fault.timer == "hold":
                    raise _Held from None
                raise
            if not piece:
                if not self._received:
                    self._waited_until = time.monotonic()
                return self._mask.rest()
            if passed := self._seen(piece, stamp):
                return passed  # else all of it may be a secret's beginning

    def _next_limit(self, response: WireResponse) -> tuple[float, str]:
        """The moment at which the provider has been silent for too long, or took too long, and its name."""
        limits = self._backend.timeouts
        total = response.times.started + limits.total_s
        quiet = self._heard + (limits.idle_s if self._received else limits.first_event_s)
        if quiet < total:
            return quiet, "idle" if self._received else "first-event"
        return total, "total"

    def _seen(self, piece: bytes, stamp: float) -> bytes:
        """What can be passed on of a piece that came at that moment."""
        self._received += len(piece)
        self._waited_until = self._heard = self._last_byte = stamp
        self._usage.feed(piece)
        return self._mask.feed(piece)

    def _is_stream(self, beginning: bytes) -> bool:
        if "text/event-stream" in self._content_type.lower():
            return True
        return self._order.stream and beginning.lstrip().startswith(_LOOKS_LIKE_EVENTS)

    async def _provider_error(self, response: WireResponse) -> Refusal:
        """The provider's own error, read under a short limit; its status stands anyway."""
        deadline = time.monotonic() + self._backend.timeouts.error_body_s
        data = bytearray()
        fault = None
        try:
            while len(data) < ERROR_BODY_BYTES:
                piece, stamp = await response.read(deadline, "error-body")
                if not piece:
                    break
                self._waited_until = stamp
                data += piece
        except WireError as broken:
            fault, self._waited_until = broken.fault, time.monotonic()
        self._received = len(data)
        error = read_error(
            bytes(data[:ERROR_BODY_BYTES]),
            content_type=self._content_type.lower(),
            headers=dict(response.headers),
        )
        refusal = self._refusal(fault, error)
        refusal.headers.update((n.decode(), v.decode()) for n, v in self._times(response))
        return refusal

    def _account(self, response: WireResponse) -> None:
        """What the request cost, also when its answer broke off or its client left."""
        visit, order = self._visit, self._order
        if visit.began is None:
            visit.upstream_s = self._waited_until - response.times.started
        if visit.usage is not None:
            visit.cost_usd = cost_usd(order, visit.usage, self._backend)

    def _times(self, response: WireResponse) -> RawHeaders:
        """What was taken so far, and over what connection."""
        times = self._visit.times(self._waited_until - response.times.started)
        return [*times, _REUSED if response.reused else _NEW]

    def _refusal(self, fault: WireFault | None, error: ErrorBody | None = None) -> Refusal:
        """What happened, named by the common table, as this API tells it."""
        order = self._order
        attempt = self._attempt(fault, error)
        found = classify(attempt, order.gateway.quirks) or unnamed("server-error")
        if order.endpoint is not CHAT and found.kind == "endpoint-not-found":
            return has_no(order.endpoint.path, order.gateway)
        refusal = refusal_of(attempt, found, order.gateway)
        refusal.detail = self._clean(refusal.detail)
        return refusal

    def _attempt(self, fault: WireFault | None = None, error: ErrorBody | None = None) -> Attempt:
        """What happened, as the tester would have it."""
        response, order = self._response, self._order
        if fault is not None and response is not None and not self._received:
            fault = replace(fault, phase=Phase.FIRST_EVENT)
        if error is not None:
            error = clean_error(error, self._clean)
        is_plain_chat = order.endpoint is CHAT and not order.stream
        elapsed = last_byte_s = None
        if response is not None:
            elapsed = time.monotonic() - response.times.started
            if self._last_byte is not None:
                last_byte_s = self._last_byte - response.times.started
        return Attempt(
            url=order.url,
            body={"model": order.body.get("model")},
            status=response.status if response else None,
            headers=_kept(response, self._clean) if response else {},
            body_bytes=self._received,
            streamed=order.stream,
            fault=fault,
            reply=_whole_reply(self._held) if is_plain_chat else None,
            error=error,
            timing=Timing(total_s=elapsed, last_byte_s=last_byte_s),
            had_key=order.key is not None,
        )

    def _note(self, refusal: Refusal) -> Refusal:
        """Remembers for the log how an answer that had begun came to its end."""
        self._visit.note(refusal)
        return refusal

    def _note_told(self, told: Told) -> None:
        """Remembers an error that came as a success; it is passed on as it is."""
        note_told(self._visit, told, self._attempt(), self._order.gateway, self._clean)

    def _clean(self, text: str) -> str:
        return well_formed(self._backend.redact(text))


async def _read_out(response: WireResponse) -> None:
    """Waits for the end of a stream that has said it is over, so that its connection is kept."""
    until = time.monotonic() + READ_OUT_S
    try:
        while not await response.pour(_to_nobody, READ_OUT_S, until):
            pass
    except WireError:
        pass
    finally:
        await response.close()


def _to_nobody(_piece: bytes, _stamp: float) -> bool:
    return True


def _whole_reply(held: bytes) -> Reply | None:
    """The answer in what has come so far, when all of it has and only its end is missing."""
    try:
        document, _ = parse(held)
    except BadDocument:
        return None
    builder = ReplyBuilder()
    builder.add_document(document)
    return builder.build()


_NO_HANDLE = (
    "this server may hold no more connections for now; come back in 1 s (its operator: raise the limit of"
    " open files)"
)
_REUSED = (b"x-gatewayz-upstream-connection", b"reused")
_NEW = (b"x-gatewayz-upstream-connection", b"new")
_BEGINNING = 100
_LOOKS_LIKE_EVENTS = (b"data:", b":", b"event:", b"id:", b"retry:")


class _Held(Exception):
    """The moment for which something is held back is over."""


def _kept(response: WireResponse, clean: Clean) -> dict[str, str]:
    """The headers that name a failure, or tell a client when to come back."""
    naming = {name: clean(response.header(name)) for name in ("location", "transfer-encoding")}
    return {**passed_on(response.headers, clean), **{n: v for n, v in naming.items() if v}}
