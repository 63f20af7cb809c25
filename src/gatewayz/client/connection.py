"""One HTTP/1.1 connection: writes a request, hands over the answer as it arrives.

Every piece is stamped before anything is parsed: with the moment at which the kernel received it, or
where that is not known at which this process first holds it. Reading pauses while the consumer is
behind.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

import httptools

from gatewayz.client import http2
from gatewayz.client.alarm import Alarm
from gatewayz.client.later import Later, Received, Unread
from gatewayz.client.listening import Listening
from gatewayz.client.sights import quoted
from gatewayz.client.stamps import StampedSocket
from gatewayz.client.wire import LateSink, Sink, WireError, fail, words_of
from gatewayz.core.attempt import FaultName, Phase

HIGH_WATER = 256 * 1024
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 200
MAX_REASON = 200
# Of an answer that is no HTTP, so many bytes are shown.
MAX_SHOWN = 80
# What asyncio hands over at once: a packet may hold the headers and much of the body.
MAX_READ = 256 * 1024
# llama.cpp says that it keeps a connection and closes it behind each stream (seen 2026-11-25), so
# the next request waits until such a close has surely come; others get a fresh connection.
SETTLE_S = 0.05
_LEAST_STATUS = 100
_LEAST_ERROR = 400
_TLS_ALERT = b"\x15\x03"
_FIRST_OF_HTTP = ord("H")


class Connection(Listening):
    """A socket and the parser on it; one request at a time.

    `buffer` is what bytes are read into, `MAX_READ` at once. It may be shared by all connections of a
    loop: what is in it has been taken out before anybody else is read. `stamped` is the socket below
    where the kernel tells when bytes came. What need not be read at once is left to `later`.
    """

    def __init__(
        self, buffer: memoryview, later: Later, stamped: StampedSocket | None = None
    ) -> None:
        super().__init__(buffer, stamped)
        self._unread = Unread(later, self._take_late)
        self.idle_since = 0.0
        self.usable_at = 0.0
        self._is_dirty = False
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._alarm = Alarm(self._loop, self._wake)
        self._drained = True
        # As these are now, they are again when a connection has been put to rest.
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: deque[tuple[bytes, float]] = deque()
        self.queued = 0
        self._held_back = False
        self._listening_since = 0.0
        self._keep_alive = False
        self._came = 0.0
        self._sink: Sink | None = None
        self._late_sink: LateSink | None = None
        self.reset()

    def reset(self) -> None:
        """Ready for the next answer."""
        self.status = 0
        self.reason = ""
        self.headers: tuple[tuple[str, str], ...] = ()
        self.named: dict[str, str] = {}
        self._fields: list[tuple[bytes, bytes]] = []
        self.headers_done = False
        self.complete = False
        self.first_byte: float | None = None
        self.fault: WireError | None = None
        self._without_body = 0
        if self._stamped is not None:
            self._stamped.begin()
        self._sink_error: Exception | None = None
        self._busy = True
        self._head = b""
        self._undecided = True

    # What asyncio calls.

    def received(self, nbytes: int) -> None:
        """Takes so many bytes, which are in the buffer."""
        if self._late_sink is not None:
            self._unread.add(bytes(self._buffer[:nbytes]), self.stamp)
        else:
            self._take(self._buffer[:nbytes], self.stamp)

    @property
    def is_patient(self) -> bool:
        """Whether what comes is in no haste."""
        return self._late_sink is not None

    def _take(self, data: bytes | memoryview, stamp: float) -> None:
        """Reads what was received."""
        if not self._busy:
            # Bytes that nobody asked for: this connection cannot be trusted with a request.
            self.shut()
            return
        if self.first_byte is None:
            self.first_byte = stamp
        if self._undecided:
            data = self._head + bytes(data)
            if data[0] != _FIRST_OF_HTTP and not self._may_be_http(data):
                return
            self._undecided = False
        self._parse(data, stamp)
        if self._sink is not None:
            self._hand_over()
        elif (waiter := self._waiter) is not None and not waiter.done():
            waiter.set_result(None)

    def _take_late(self, received: Received) -> None:
        """Reads what was received of a body in many reads."""
        for data, stamp in received:
            if self.fault is not None:
                break
            self._parse(data, stamp)
        if self._sink is None:
            self._wake()
        else:
            self._hand_over()

    def _parse(self, data: bytes | memoryview, stamp: float) -> None:
        if self.complete:
            self._dirty()
            return
        self._came = stamp
        self._without_body += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self.complete:
                self._dirty()
            else:
                self._fail(self._parse_fault(error, bytes(data)))
        # The parser itself holds what it reads of a header, a trailer or a chunk's size.
        if self._without_body > MAX_HEADER_BYTES and not self.complete:
            self._hold_to_cap()

    def _hold_to_cap(self) -> None:
        if self._without_body > MAX_HEADER_BYTES + MAX_READ:
            self._fail(fail(FaultName.TOO_LARGE, self._phase, "the header block passes the cap"))
        elif not self.headers_done and self.fault is None:
            self._passes_cap()

    def _may_be_http(self, data: bytes) -> bool:
        """False where it is too little to tell, or something else, which then is a fault."""
        self._head = data[: http2.FRAME_HEADER]
        if data == _TLS_ALERT[:1] or (data[0] == 0 and len(data) < http2.FRAME_HEADER):
            return False
        if http2.opens_with_frame(data):
            self._undecided = False
            self._fail(fail(FaultName.GOAWAY, Phase.HEADERS, http2.reason(data)))
            self._wake()
            return False
        return True

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        exc = exc or self.broken
        # These hold this object, too: without a circle it is gone with its last user.
        self.let_go()
        self._unread.end()
        self.closed = True
        self._alarm.end()
        del self._parser
        self._drained = True
        if self._busy and not self.complete and self.fault is None:
            if exc is None and self.headers_done and self._ends_with_close():
                self.complete = True
            elif self._undecided and self._head:
                self.fault = fail(FaultName.MALFORMED, Phase.HEADERS, "no status line came")
            else:
                name = FaultName.CLOSED if exc is None else FaultName.RESET
                self.fault = fail(
                    name, self._phase, words_of(exc) if exc else "closed by the server"
                )
        self._wake()

    def pause_writing(self) -> None:
        self._drained = False

    def resume_writing(self) -> None:
        self._drained = True
        self._wake()

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self.complete:
            # A second answer in one packet: nobody asked for it.
            self._dirty()

    def on_status(self, reason: bytes) -> None:
        if not self.complete:
            self.reason = (self.reason + reason.decode("latin-1"))[:MAX_REASON]

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self._fields) <= MAX_HEADERS:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        # What passed the cap is no answer, even where all the rest came in the same packet.
        if self.complete or self.fault is not None:
            return
        if (
            self._without_body > MAX_HEADER_BYTES or len(self._fields) > MAX_HEADERS
        ) and self._passes_cap():
            return
        if status < _LEAST_STATUS:
            self._fail(fail(FaultName.MALFORMED, Phase.HEADERS, f"{status:03} is no status"))
            return
        if status < 200:
            self._fields.clear()
            self.reason = ""
            return
        self.status = status
        self.headers = tuple(
            [(n.decode("latin-1").lower(), v.decode("latin-1").strip()) for n, v in self._fields]
        )
        self.named = dict(self.headers)
        self.headers_done = True

    def _passes_cap(self) -> bool:
        """Whether the headers are too many or too long, which is a fault."""
        size = sum([len(name) + len(value) + 4 for name, value in self._fields])
        if len(self._fields) <= MAX_HEADERS and size <= MAX_HEADER_BYTES:
            return False
        self._fail(fail(FaultName.TOO_LARGE, Phase.HEADERS, "the header block passes the cap"))
        return True

    def on_body(self, body: bytes) -> None:
        if self.complete or self.fault is not None:
            return
        self._without_body = 0
        self._pieces.append((body, self._came))
        self.queued += len(body)
        if self.queued > HIGH_WATER and self.transport is not None:
            self._held_back = True
            self.deafen()

    def on_message_complete(self) -> None:
        if self.headers_done and not self.complete:
            self.complete = True
            self._keep_alive = self._parser.should_keep_alive()

    # What the response calls.

    def write(self, data: bytes) -> bool:
        """Writes a request; False when `taken` is to be waited for. Raises: WireError: the peer is gone."""
        if self.fault is not None:
            raise self.fault
        if self.transport is None or self.closed:
            raise fail(FaultName.CLOSED, Phase.SEND, "the connection was closed")
        self.transport.write(data)
        return self._drained

    async def taken(self, deadline: float) -> None:
        """Returns once the peer takes what was written, or answers before it does. Raises: WireError."""
        while not (self._drained or self.headers_done):
            self._raise_fault()
            await self._woken(deadline)
            if not (self._drained or self.headers_done) and time.monotonic() >= deadline:
                raise fail(FaultName.TIMEOUT, Phase.SEND, "", "total")

    def hold_to_all_taken(self) -> None:
        """Does not use the connection again where the peer may have answered before it read all.

        What it has not read then is yet to be read, or would be as another request. Its kernel takes
        megabytes on its behalf, so that only an answer that is no error says that the request was read.
        """
        if not self._drained or self.status >= _LEAST_ERROR:
            self._dirty()

    async def wait_headers(self, deadline: float, timer: str) -> None:
        """Returns once the headers are there. Raises: WireError."""
        while not self.headers_done:
            self._raise_fault()
            await self._woken(deadline)
            if not self.headers_done and not self._pieces:
                self._raise_if_late(deadline, timer, Phase.HEADERS)

    async def read(self, deadline: float, timer: str) -> tuple[bytes, float]:
        """The next piece of the raw body and its stamp; b"" at the end. Raises: WireError.

        A piece that was here in time counts, however late it is read; one that came after the
        deadline does not, so that no sender stretches a limit by never pausing.
        """
        while not self._pieces:
            if self.complete:
                return b"", self.stamp
            self._raise_fault()
            await self._woken(deadline)
            if not self._pieces:
                self._raise_if_late(deadline, timer, Phase.BODY)
        if self._pieces[0][1] > deadline:
            raise fail(FaultName.TIMEOUT, Phase.BODY, "", timer)
        return self._next_piece()

    async def pour(
        self, sink: Sink, silence_s: float, until: float, late: LateSink | None = None
    ) -> bool:
        """Hands the pieces of the raw body and their stamps over, each in the turn it comes in.

        True at the end; False when the sink wants no more for now, and returned False. `silence_s`
        limits the time between two pieces, as far as they were listened for, the moment `until` all of it.
        With `late` what is received is read, and handed over to it many pieces at a time, up to `LATEST_S`
        later, the end and what ends a limit excepted.
        Raises: WireError, and what the sink raises.
        """
        self._sink = sink
        # Where the length was told beforehand, only who reads knows where the end is.
        self._late_sink = late if self._is_chunked else None
        try:
            self._hand_over()
            while self._sink is not None:
                if self.complete:
                    return True
                self._raise_fault()
                silent = max(self.stamp, self._listening_since) + silence_s
                deadline, timer = (silent, "idle") if silent < until else (until, "total")
                if time.monotonic() >= deadline:
                    if self._unread:
                        self._unread.read_all()
                        continue
                    raise fail(FaultName.TIMEOUT, Phase.BODY, "", timer)
                await self._woken(deadline)
            if self._sink_error is not None:
                raise self._sink_error
            return False
        finally:
            self._sink = self._late_sink = None
            self._unread.read_all()

    def stop_pouring(self) -> None:
        """Makes `pour` return False."""
        self._sink = None
        self._wake()

    def _hand_over(self) -> None:
        sink, late = self._sink, self._late_sink
        while sink is not None and self._pieces:
            try:
                if not (sink(*self._next_piece()) if late is None else late(self._next_pieces())):
                    self._sink = sink = None
            except Exception as error:  # noqa: BLE001 -- raised where the sink was given
                self._sink, self._sink_error = None, error
                sink = None
        if sink is None or self.complete or self.fault is not None or self.closed:
            self._wake()

    def _next_piece(self) -> tuple[bytes, float]:
        piece, stamp = self._pieces.popleft()
        self.queued -= len(piece)
        if self._held_back and self.queued <= HIGH_WATER // 2:
            self._hold_back_no_more()
        return piece, stamp

    def _next_pieces(self) -> Received:
        """All that are here."""
        pieces = [*self._pieces]
        self._pieces.clear()
        self.queued = 0
        if self._held_back:
            self._hold_back_no_more()
        return pieces

    def _hold_back_no_more(self) -> None:
        self._held_back = False
        if self.transport is not None and not self.closed:
            # What came meanwhile waits in the kernel: till now the peer was not to be heard.
            self._listening_since = time.monotonic()
            self.listen()

    def take_all(self) -> tuple[bytes, float]:
        """All of a complete answer's body that is left, and its stamp."""
        pieces = self._pieces
        if len(pieces) == 1:
            found = pieces.popleft()
        else:
            stamp = pieces[-1][1] if pieces else self.stamp
            found = b"".join([piece for piece, _ in pieces]), stamp
            pieces.clear()
        self.queued = 0
        return found

    def rest(self, now: float) -> bool:
        """Puts the connection to rest after a complete answer; False when it cannot be reused."""
        sound = (
            self.complete
            and not self.closed
            and not self._is_dirty
            and not self._pieces
            and self._keep_alive
        )
        if sound:
            self._busy = False
            self.idle_since = now
            self.usable_at = now + SETTLE_S if self._is_chunked else now
        return sound

    @property
    def _is_chunked(self) -> bool:
        return "transfer-encoding" in self.named

    @property
    def _phase(self) -> Phase:
        return Phase.BODY if self.headers_done else Phase.HEADERS

    def _dirty(self) -> None:
        """Bytes came that belong to no answer: this connection is not used again."""
        self._is_dirty = True

    def _ends_with_close(self) -> bool:
        return not self.named.keys() & {"content-length", "transfer-encoding"}

    def _parse_fault(self, error: Exception, data: bytes) -> WireError:
        phase = self._phase
        detail = str(error)
        if isinstance(error, httptools.HttpParserUpgrade):
            # Of it the parser tells no more than a place among the bytes.
            status = self._parser.get_status_code()
            what = f"status {status}: the server changes to another protocol"
            return fail(FaultName.MALFORMED, phase, what)
        if http2.opens_with_frame(data):
            return fail(FaultName.GOAWAY, phase, http2.reason(data))
        if self._head.startswith(_TLS_ALERT):
            return fail(FaultName.TLS_PROTOCOL, Phase.TLS, "the server speaks TLS on this port")
        if "Content-Length" in detail and "Invalid" not in detail:
            return fail(FaultName.CONFLICTING_LENGTH, phase, detail)
        if phase is Phase.HEADERS and not self._fields:
            begins = quoted(data[:MAX_SHOWN].decode("latin-1"))
            what = "no status line of HTTP" if detail.startswith("Expected HTTP") else detail
            detail = f"{what}; it begins with {begins}"
        return fail(FaultName.MALFORMED, phase, detail)

    def _fail(self, fault: WireError) -> None:
        if self.fault is None:
            self.fault = fault
        self.shut()

    def _raise_fault(self) -> None:
        if self.fault is not None:
            raise self.fault
        if self.closed:
            raise fail(FaultName.CLOSED, self._phase, "the connection was closed")

    def _raise_if_late(self, deadline: float, timer: str, phase: Phase) -> None:
        if time.monotonic() >= deadline and not (self.complete or self.fault or self.closed):
            raise fail(FaultName.TIMEOUT, phase, "", timer)

    async def _woken(self, deadline: float) -> None:
        self._waiter = self._loop.create_future()
        self._alarm.set(deadline)
        try:
            await self._waiter
        finally:
            self._alarm.unset()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
