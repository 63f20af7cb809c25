"""uvicorn's HTTP over httptools, with what it leaves out: a client must get to the point, in few words."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gatewayz.server.refusals import Refusal, bad_request

# From connecting, or from a request's first byte, until its headers are whole.
HEADERS_S = 20.0
# The request line and all headers; clients' are under a few KiB, and common servers take 8 to 64.
MAX_HEAD_BYTES = 64 * 1024


class Protocol(HttpToolsProtocol):
    """One connection. One that sends no whole request for `HEADERS_S` is closed.

    It takes one request at a time. What is sent before an answer's end is thrown away, and the
    connection closes after that answer: uvicorn would queue it and stop reading, and never hear that
    the client, for whom a provider may be at work, has left.
    """

    _late: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_deaf = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEADERS_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        """More of a request. A head that is too long is refused, what comes after it not read."""
        if self._is_deaf or self.transport.is_closing():
            return
        super().data_received(data)
        if self._late is None:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(
                Refusal(
                    431,
                    f"the request's line and headers are longer than {MAX_HEAD_BYTES // 1024} KiB",
                    code="headers_too_large",
                )
            )

    def on_message_begin(self) -> None:
        """A request's first byte."""
        if not self._is_answered():
            self._stop_reading()
            return
        super().on_message_begin()
        self._head_bytes = 0
        if self._late is None:
            self._late = self.loop.call_later(HEADERS_S, self.transport.abort)

    def on_headers_complete(self) -> None:
        """All that a request says before its body."""
        if not self._is_deaf:
            self._in_time()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if not self._is_deaf:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request's last byte."""
        if not self._is_deaf:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP gets the API's own error, unless an answer has begun, which goes on alone."""
        if not self._is_answered() and self.cycle.response_started:
            self._stop_reading()
            return
        self._refuse(bad_request(msg, code="invalid_http"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._in_time()
        super().connection_lost(exc)

    def _refuse(self, refusal: Refusal) -> None:
        """Answers and closes, for requests that never reach the app."""
        body = refusal.envelope()
        head = (
            f"HTTP/1.1 {refusal.status} {_REASONS[refusal.status]}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _stop_reading(self) -> None:
        self._is_deaf, self.cycle.keep_alive = True, False

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


_REASONS = {400: "Bad Request", 431: "Request Header Fields Too Large"}
