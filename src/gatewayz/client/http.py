"""One OpenAI-compatible client for every gateway: it asks, and writes down what happened.

Nothing here judges. A provider's fault is data in the Attempt; only our own bugs raise.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from gatewayz.client import calls
from gatewayz.client.bodies import read_body, read_if_whole
from gatewayz.client.documents import MAX_VALUES, holds_too_much
from gatewayz.client.error_bodies import error_in, read_error
from gatewayz.client.events import EventTooLarge
from gatewayz.client.listing import Listing, oddness, shortness
from gatewayz.client.pulse import Pulse
from gatewayz.client.record import Record, told_by
from gatewayz.client.stream_reading import StreamReading
from gatewayz.client.threads import in_thread
from gatewayz.client.transport import HttpTransport
from gatewayz.client.wire import Network, Transport, WireError, WireRequest, WireResponse, fail
from gatewayz.core.attempt import Attempt, FaultName, Phase, WireFault
from gatewayz.core.catalog import MAX_ENTRIES, MAX_PAGES, CatalogPage
from gatewayz.core.errors import CatalogError, ConfigError
from gatewayz.core.gateway import Calls, Gateway
from gatewayz.core.model import Model
from gatewayz.core.text import Redactor
from gatewayz.core.timeouts import Caps, Timeouts

if TYPE_CHECKING:
    from gatewayz.core.probe import ChatRequest

USER_AGENT = "gatewayz/0.1"
_AFTER_DONE_S = 0.25
# Made once: `json.dumps` with any wish makes an encoder for each request.
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode
# A longer model list is read beside the loop, and cleaned of keys so many entries at a time.
_SHORT_LIST = 256 * 1024
_ENTRIES_AT_ONCE = 200


class HttpClient:
    """Asks gateways and records attempts.

    `keys` gives the key for a gateway at the moment a request is signed, None for none; where it
    raises ConfigError (a key file has gone since the start), nothing is sent. `redact` takes secrets out of everything kept. `transport` is the seam; sockets by default.
    """

    def __init__(
        self,
        *,
        keys: Callable[[Gateway], str | None],
        timeouts: Timeouts,
        caps: Caps | None = None,
        network: Network | None = None,
        redact: Callable[[str], str] | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._keys = keys
        self._timeouts = timeouts
        self._caps = caps or Caps()
        self._redact = redact or Redactor()
        self._transport: Transport = transport or HttpTransport(network)
        self._pulse = Pulse()

    async def aclose(self) -> None:
        """Shuts every connection."""
        await self._transport.aclose()

    def without_keys(self, text: str) -> str:
        """A text of our own with `***` for every key in use."""
        redact = self._redact
        return redact.without_values(text) if isinstance(redact, Redactor) else redact(text)

    async def attempt(
        self,
        gateway: Gateway,
        model_id: str,
        request: ChatRequest,
        *,
        number: int = 1,
        step: int = 0,
    ) -> Attempt:
        """Asks one model once. Never raises for what a provider or the network does."""
        body = {**request.body(model_id, gateway.quirks), **gateway.extra_body}
        url = gateway.chat_url if gateway.calls is None else ""
        record = Record(number=number, step=step, url=url, body=body, streamed=request.stream)
        if gateway.calls is not None:
            await self._call(gateway.calls, record)
            return self._written(record)
        headers = {
            "Accept": "text/event-stream" if request.stream else "application/json",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        try:
            data = (request.raw or _AS_JSON(body)).encode()
            made_up = request.credential != "own"
            signed = self._signed(gateway, headers, record, made_up=made_up)
        except (TypeError, ValueError) as error:
            record.fault = _unsendable(f"the request is not JSON: {error}")
            return self._written(record)
        except ConfigError as problem:
            record.fault = _unsendable(str(problem))
            return self._written(record)
        wire = WireRequest(
            method="POST",
            url=gateway.chat_url,
            headers=signed,
            body=data,
            max_body=self._caps.body,
        )
        await self._exchange(wire, record, self._read_answer)
        return self._written(record)

    async def list_models(self, gateway: Gateway) -> Listing:
        """Reads a gateway's whole catalogue, page after page."""
        if gateway.calls is not None:
            listing = await calls.list_models(gateway.calls, self._timeouts.total_s, self._redact)
            return replace(listing, models=tuple(map(self._without_secret, listing.models)))
        models: dict[str, Model] = {}
        attempts: list[Attempt] = []
        oddities: dict[str, None] = {}
        listed = dropped = 0
        url: str | None = gateway.catalog_url
        seen: set[str] = set()
        complete = True
        duplicates: dict[str, None] = {}
        odd = cut = ""
        by_cursor = False
        while url is not None:
            if url in seen or len(seen) >= MAX_PAGES or listed >= MAX_ENTRIES:
                oddities["models-truncated"] = None
                cut = f"after {len(seen)} pages and {listed} entries"
                break
            seen.add(url)
            attempt, document = await self._fetch(gateway, url)
            attempts.append(attempt)
            other = gateway.other_catalog_url
            if attempt.status in _NO_SUCH_ROUTE and len(seen) == 1 and other:
                url = other
                continue
            if document is None:
                complete = False
                break
            try:
                page = await self._page(gateway, document, attempt.body_bytes)
            except CatalogError as error:
                attempts[-1] = replace(attempt, excerpt=f"{error}. {attempt.excerpt}".strip())
                oddities["models-odd-shape"] = None
                complete = False
                break
            if by_cursor and page.models and models.keys() >= {model.id for model in page.models}:
                # The cursor is a guess, and this server does not know it.
                cut = "'has_more' speaks of more, and 'after' the last id the same came again"
                break
            listed += page.listed
            dropped += page.dropped
            for model in page.models:
                if models.setdefault(model.id, model) is not model:
                    duplicates[model.id] = None
            following = _next_url(url, page.next_page)
            if unread := _unread_of(page, following):
                oddities["models-truncated"] = None
                cut = unread
            elif following is None:
                cut = shortness(gateway.catalog, document, listed)
            odd = odd or oddness(gateway.catalog, document, page)
            by_cursor = following is not None and not gateway.catalog.pages_are_documented
            url = following
        return Listing(
            models=tuple(models.values()),
            attempts=tuple(attempts),
            listed=listed,
            dropped=dropped,
            oddities=tuple(oddities),
            complete=complete,
            duplicates=tuple(duplicates),
            odd=odd,
            cut=cut,
        )

    async def _call(self, functions: Calls, record: Record) -> None:
        """Asks through a client's own functions, which may raise anything."""
        record.started = time.monotonic()
        detail, name = "", FaultName.CALL_RAISED
        try:
            async with asyncio.timeout(self._timeouts.total_s):
                await calls.ask(functions, record)
        except TimeoutError:
            name, detail = FaultName.TIMEOUT, "the call took too long"
        except Exception as error:  # noqa: BLE001 -- somebody else's code, any error is data
            detail = f"{type(error).__name__}: {error}"
        if detail:
            phase = Phase.BODY if record.builder.started else Phase.HEADERS
            record.fault = WireFault(name=name, phase=phase, detail=detail, timer="total")
        record.ended = time.monotonic()

    async def _fetch(self, gateway: Gateway, url: str) -> tuple[Attempt, Any | None]:
        """One catalogue page: what happened, and the document when there is one."""
        record = Record(number=1, url=url, method="GET", body={}, streamed=False)
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        try:
            signed = self._signed(gateway, headers, record, for_catalog=True)
        except ConfigError as problem:
            record.fault = _unsendable(str(problem))
            return self._written(record), None
        wire = WireRequest(method="GET", url=url, headers=signed, max_body=self._caps.catalog)
        await self._exchange(wire, record, self._read_document)
        document = record.document and record.document.value
        if record.fault is None and record.status is not None and 200 <= record.status < 300:
            record.error = error_in(document, in_band=True)
            if record.error is not None:
                document = None
        return self._written(record), document

    def _signed(
        self,
        gateway: Gateway,
        headers: Mapping[str, str],
        record: Record,
        *,
        for_catalog: bool = False,
        made_up: bool = False,
    ) -> tuple[tuple[str, str], ...]:
        """The headers with the key, which is read here and nowhere kept.

        With `made_up` it is a key that nobody was given.
        """
        signed = {"User-Agent": USER_AGENT, **headers, **gateway.headers}
        if made_up:
            key: str | None = f"made-up-{secrets.token_hex(16)}"
        else:
            key = None if for_catalog and gateway.catalog.public else self._keys(gateway)
        if key:
            record.had_key = True
            if isinstance(self._redact, Redactor):
                self._redact.add(key)
            if for_catalog and gateway.catalog.key_header:
                signed[gateway.catalog.key_header] = key
            else:
                signed[gateway.auth.header] = gateway.auth.value(key)
        # Names of headers have no case: the later of two wins.
        return tuple({name.lower(): (name, value) for name, value in signed.items()}.values())

    async def _exchange(
        self,
        wire: WireRequest,
        record: Record,
        read: Callable[[WireResponse, Record], Any],
    ) -> None:
        """Sends, then reads under the total limit; whatever fails is written down."""
        response: WireResponse | None = None
        record.started = time.monotonic()
        self._pulse.begin()
        try:
            response = await self._transport.open(wire, self._timeouts)
            record.take_head(response)
            record.reached = Phase.FIRST_EVENT
            if 200 <= response.status < 300:
                await read(response, record)
                record.reached = Phase.END
            else:
                await self._read_failure(response, record)
        except WireError as error:
            record.fault = error.fault
            record.reached = error.fault.phase
            record.times_from(error)
        finally:
            record.ended = time.monotonic()
            record.held_up_s = self._pulse.held_up_s(record.started)
            self._pulse.end()
            if response is not None:
                record.stamped_by = response.stamped_by
                await response.close()

    async def _read_answer(self, response: WireResponse, record: Record) -> None:
        if record.streamed:
            await self._read_stream(response, record)
            return
        try:
            await self._read_document(response, record)
        finally:
            if record.document is not None:
                record.builder.add_document(record.document.value)

    async def _read_document(self, response: WireResponse, record: Record) -> None:
        """A whole body, parsed; oddities go to the builder."""
        here = response.whole()  # all of it is there already, as short answers are
        body = await _all_of(response, record) if here is None else here[0]
        if here is not None and body:
            record.take_piece(*here)
        if holds_too_much(body):
            detail = f"the document holds more than {MAX_VALUES} values"
            raise fail(FaultName.TOO_LARGE, Phase.BODY, detail)
        record.document = read_body(body, record.builder, record.content_type)

    async def _read_stream(self, response: WireResponse, record: Record) -> None:
        """An event stream, under a first-event limit that comments do not reset."""
        limits, builder = self._timeouts, record.builder
        total = record.started + limits.total_s
        first = (record.first_byte or record.started) + limits.first_event_s
        reading = StreamReading(record, cap=self._caps.event)
        reading.hold_to(*((first, "first-event") if first < total else (total, "total")))
        try:
            while not reading.flooded:
                if reading.waits:
                    # However much is here, clocks, signals and other requests get their turn.
                    await asyncio.sleep(0)
                    reading.read_waiting()
                elif builder.done:
                    piece, stamp = await _after_done(response, total)
                    if not piece:
                        break
                    reading.read(piece, stamp)
                elif not reading.has_begun:
                    if await response.pour(reading.take, math.inf, reading.until):
                        break
                else:
                    reading.hold_to(total, "total")
                    # Nothing depends on its single events any more.
                    if await response.pour(reading.take, limits.idle_s, total, reading.take_many):
                        break
            reading.finish()
        except EventTooLarge:
            raise fail(
                FaultName.TOO_LARGE, Phase.BODY, "one event passes the cap", "event"
            ) from None
        except WireError as error:
            reading.note_comments()
            fault = error.fault
            if not reading.has_begun and fault.phase is Phase.BODY:
                # Headers came, but no event: the trouble is before the first one.
                timer = reading.timer if fault.name is FaultName.TIMEOUT else fault.timer
                raise WireError(replace(fault, phase=Phase.FIRST_EVENT, timer=timer)) from None
            raise
        reading.end()

    async def _read_failure(self, response: WireResponse, record: Record) -> None:
        """An error answer's body, under its own short limit and cap; the status stands anyway."""
        deadline = min(
            time.monotonic() + self._timeouts.error_body_s, record.started + self._timeouts.total_s
        )
        cap = self._caps.error_body
        record.most_kept = min(cap, record.most_kept)
        data = bytearray()
        try:
            while len(data) < cap:
                piece, stamp = await response.read(deadline, "error-body")
                if not piece:
                    break
                record.take_piece(piece, stamp)
                data += piece
            # What lies beyond the cap is not waited for.
            record.body_left = len(data) >= cap
            record.reached = Phase.END
        except WireError as error:
            record.fault = error.fault
        record.error = read_error(
            bytes(data[:cap]),
            content_type=record.content_type,
            headers=dict(response.headers),
        )
        record.error = told_by(response.status, record.headers, record.error)

    async def _page(self, gateway: Gateway, document: Any, size: int) -> CatalogPage:
        """The models of a page of so many bytes, without secrets.

        A provider may greet its callers by their keys there, too. Raises: CatalogError.
        """
        read = partial(gateway.catalog.page, document)
        page = read() if size <= _SHORT_LIST else await in_thread(read)
        models: list[Model] = []
        for at in range(0, len(page.models), _ENTRIES_AT_ONCE):
            models += map(self._without_secret, page.models[at : at + _ENTRIES_AT_ONCE])
            await asyncio.sleep(0)
        return replace(page, models=tuple(models))

    def _without_secret(self, model: Model) -> Model:
        """A model with each of its texts cleaned, whatever fields it may be given one day."""
        values = {field.name: getattr(model, field.name) for field in fields(model)}
        clean: dict[str, Any] = {
            n: self._redact(v) for n, v in values.items() if isinstance(v, str)
        }
        return replace(model, **clean)

    def _written(self, record: Record) -> Attempt:
        """The record as an Attempt, without secrets."""
        return record.attempt(self._redact)


async def _after_done(response: WireResponse, total: float) -> tuple[bytes, float]:
    """The next bytes behind the end mark; b"" at the end.

    Clients leave at the end mark, so a close that never comes harms nobody.
    """
    try:
        return await response.read(min(time.monotonic() + _AFTER_DONE_S, total), "idle")
    except WireError as error:
        if error.fault.name is FaultName.TIMEOUT:
            return b"", time.monotonic()
        raise


async def _all_of(response: WireResponse, record: Record) -> bytes:
    """A whole body, as it comes. Raises: WireError."""
    data = bytearray()
    try:
        async for piece, stamp in response.chunks():
            record.take_piece(piece, stamp)
            data += piece
    except WireError as error:
        if error.fault.name is FaultName.TIMEOUT:
            # All of it may be there, and only the end is not.
            whole = bytes(data)
            record.document = None if holds_too_much(whole) else read_if_whole(whole)
        raise
    return bytes(data)


# What a server says of a path it does not know.
_NO_SUCH_ROUTE = (404, 405)


def _unread_of(page: CatalogPage, following: str | None) -> str:
    """How it is cut short that a page was not all read, or that what follows is not; "" if neither."""
    if page.listed > MAX_ENTRIES:
        return f"after {MAX_ENTRIES} of {page.listed} entries on one page"
    return "the next page is on another host" if page.next_page and following is None else ""


def _next_url(url: str, reference: str | None) -> str | None:
    """The next page's URL; None when there is none, or when it leads to another host."""
    if not reference:
        return None
    try:
        following = urljoin(url, reference)
        here, there = urlsplit(url), urlsplit(following)
    except ValueError:
        return None
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        return None
    return following


def _unsendable(detail: str) -> WireFault:
    return WireFault(name=FaultName.UNSENDABLE, phase=Phase.BUILD, detail=detail)
