"""uvicorn's HTTP over httptools, with what it leaves out: a client must get to the point."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# From connecting, or from a request's first byte, until its headers are whole.
HEADERS_S = 20.0


class Protocol(HttpToolsProtocol):
    """One connection. One that sends no whole request for `HEADERS_S` is closed."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEADERS_S, transport.abort)

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        if self._late is None:
            self._late = self.loop.call_later(HEADERS_S, self.transport.abort)

    def on_headers_complete(self) -> None:
        """All that a request says before its body."""
        self._in_time()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._in_time()
        super().connection_lost(exc)

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
