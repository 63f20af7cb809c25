"""Connections of uvicorn's own protocols on which nobody says what is wanted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.types import Send

from gatewayz.server.heads import HEADERS_S

_NO_CYCLE = object()


class Silent:
    """Closes those that for `HEADERS_S` have neither asked anything nor rest after an answer.

    uvicorn lets a connection begin a request for as long as it likes, and each holds a handle.
    `is_new_here` says that the connections of the server are not known yet.
    """

    def __init__(self) -> None:
        self.is_new_here = True
        self._connections: Collection[Any] = ()
        self._since: dict[Any, tuple[object, float]] = {}

    def meet_server(self, server: object) -> None:
        """Learns of a server's connections; of none where it is not uvicorn's."""
        state = getattr(server, "server_state", None)
        if state is not None:
            self.is_new_here = False
            self._connections = state.connections

    def meet(self, send: Send) -> None:
        """Learns of them by way of a request, where nobody has told of the server."""
        self.is_new_here = False
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        protocol = transport.get_protocol() if transport is not None else None
        self._connections = getattr(protocol, "connections", ())

    def look(self, now: float) -> None:
        """Closes those whose time is up; to be called from time to time with the monotonic clock."""
        since: dict[Any, tuple[object, float]] = {}
        for connection in tuple(self._connections):
            cycle = getattr(connection, "cycle", _NO_CYCLE)
            if not _says_nothing(connection, cycle):
                continue
            before = self._since.get(connection)
            # Behind another request the time begins anew.
            since[connection] = before if before and before[0] is cycle else (cycle, now)
            if now - since[connection][1] >= HEADERS_S:
                connection.transport.close()
        self._since = since


def _says_nothing(connection: Any, cycle: Any) -> bool:
    """Whether it has no request under way, and uvicorn no watch on it, as on one that rests."""
    if cycle is _NO_CYCLE or getattr(connection, "timeout_keep_alive_task", None) is not None:
        return False
    return cycle is None or bool(cycle.response_complete)
