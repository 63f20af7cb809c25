"""Connections of uvicorn's own protocols that serve nobody: no request is under way on them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from starlette.types import Send

from gatewayz.server.heads import HEADERS_S
from gatewayz.server.taking import Taking, reset


class Silent:
    """Ends those that for `HEADERS_S` have neither asked anything nor rest after an answer, and those
    that take nothing of an answer which has ended.

    uvicorn lets a connection begin a request for as long as it likes, and waits for as long as it likes
    for what it has written to be taken; each holds a handle. `is_new_here` says that the connections of
    the server are not known yet.
    """

    def __init__(self) -> None:
        self.is_new_here = True
        self._connections: Collection[Any] = ()
        self._since: dict[Any, tuple[object, float]] = {}
        self._taking: dict[Any, Taking] = {}

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

    def look(self, now: float, patience_s: float) -> None:
        """Ends those whose time is up; to be called from time to time with the monotonic clock.

        `patience_s` is how long one may take nothing.
        """
        since: dict[Any, tuple[object, float]] = {}
        taking: dict[Any, Taking] = {}
        for connection in tuple(self._connections):
            # Those of `serve` have none, and end by themselves.
            if not hasattr(connection, "cycle") or _is_at_work(connection):
                continue
            cycle, transport = connection.cycle, connection.transport
            if transport.get_write_buffer_size():
                its = taking[connection] = self._taking.get(connection) or Taking()
                none_since = its.none_since(transport, now)
                if none_since is not None and now - none_since > patience_s:
                    reset(transport)
            elif getattr(connection, "timeout_keep_alive_task", None) is None:
                # uvicorn has no watch on it, as on one that rests. Behind another request the time begins anew.
                before = self._since.get(connection)
                since[connection] = before if before and before[0] is cycle else (cycle, now)
                if now - since[connection][1] >= HEADERS_S:
                    transport.close()
        self._since, self._taking = since, taking

    def cut_all(self) -> None:
        """Ends all connections of the server at once, also those at work."""
        for connection in tuple(self._connections):
            connection.transport.abort()


def _is_at_work(connection: Any) -> bool:
    """Whether a request is under way; one that was broken off is not."""
    cycle = connection.cycle
    is_over = cycle is None or cycle.response_complete or connection.transport.is_closing()
    return not is_over
