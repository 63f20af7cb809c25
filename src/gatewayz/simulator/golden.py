"""A provider that knows when it sent what: the truth that a measuring client is held against.

    python -m gatewayz.simulator.golden

Prints its base URL, and on a second line the one over TLS (with a certificate that the simulator's
`ca_file` vouches for). Each chunk's moment is read from the monotonic clock, which all processes of a
machine share, right before and right after the kernel took it. `GET /log` tells them, a JSON line
for each answer; `DELETE /log` forgets them. One thread on the system's own selector: an event loop
with timers of whole milliseconds would send in bursts.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import math
import select
import selectors
import signal
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType

from gatewayz.core import ConfigError, GatewayzError
from gatewayz.core.units import parse_duration_s
from gatewayz.simulator.doors import CERTIFICATES
from gatewayz.simulator.golden_visits import Golden, Visitor, refusal
from gatewayz.simulator.paced import MODEL, said_at_once

_KEPT = 20_000
_BACKLOG = 4096
_IDLE_S = 0.5


class GoldenSender:
    """The server: one thread, which sends and does little else."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, tls_port: int = 0) -> None:
        """Raises: ConfigError when it cannot listen there."""
        self.log: deque[Golden] = deque(maxlen=_KEPT)
        self._selector = selectors.DefaultSelector()
        self._later: list[tuple[float, int, Visitor]] = []
        self._turns = self._answers = 0
        self._running = True
        self.url = self._listen("http", host, port, None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "good.pem")
        self.tls_url = self._listen("https", host, tls_port, context)

    def _listen(self, scheme: str, host: str, port: int, tls: ssl.SSLContext | None) -> str:
        """Lets clients in; returns the origin."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            self._close()
            raise ConfigError(f"cannot listen on {host}:{port}: {error}") from error
        listener.setblocking(False)
        self._selector.register(
            listener, selectors.EVENT_READ, partial(self._accept, listener, tls)
        )
        name = f"[{host}]" if family == socket.AF_INET6 else host
        return f"{scheme}://{name}:{listener.getsockname()[1]}"

    def run(self, for_s: float = math.inf) -> None:
        """Serves until `stop`, or for so many seconds."""
        until = time.monotonic() + for_s
        try:
            while self._running and time.monotonic() < until:
                self._read(self._send_due())
        finally:
            self._close()

    def _close(self) -> None:
        for key in tuple(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def stop(self) -> None:
        """Ends `run` within half a second; any thread may call it."""
        self._running = False

    def count(self) -> int:
        """The number of a new answer."""
        self._answers += 1
        return self._answers

    def later(self, due_s: float, visitor: Visitor) -> None:
        """Has a visitor send at a moment of the monotonic clock."""
        self._turns += 1
        heapq.heappush(self._later, (due_s, self._turns, visitor))

    def forget(self, sock: socket.socket) -> None:
        """Reads no more from a connection that is about to be closed."""
        if sock.fileno() >= 0:
            self._selector.unregister(sock)

    def page(self, method: bytes, path: bytes) -> bytes:
        """The answer to what is no chat."""
        if path == b"/log" and method == b"GET":
            lines = b"".join(golden.line() for golden in self.log)
            return said_at_once(200, lines, "application/x-ndjson")
        if path == b"/log" and method == b"DELETE":
            self.log.clear()
            return said_at_once(200, {"forgotten": True})
        if path.endswith(b"/models"):
            return said_at_once(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})
        return refusal(404, "there are /v1/chat/completions, /v1/models and /log")

    def _send_due(self) -> float:
        """Sends every part whose turn has come; returns the seconds until the next one's."""
        while self._later:
            due_s, _, visitor = self._later[0]
            wait_s = due_s - time.monotonic()
            if wait_s > 0:
                return min(wait_s, _IDLE_S)
            heapq.heappop(self._later)
            visitor.send_due(due_s)
        return _IDLE_S

    def _read(self, wait_s: float) -> None:
        # epoll waits for whole milliseconds, select for microseconds.
        handle = getattr(self._selector, "fileno", None)
        if handle is not None:
            select.select([handle()], [], [], wait_s)
            wait_s = 0
        for key, _ in self._selector.select(wait_s):
            key.data()

    def _accept(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        try:
            sock, _ = listener.accept()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                sock = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError:  # gone again already
            return
        self._selector.register(sock, selectors.EVENT_READ, Visitor(self, sock).read)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gatewayz.simulator.golden",
        description="A provider on loopback that knows when it sent what.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default)")
    parser.add_argument("--tls-port", type=int, default=0, help="the same for the one over TLS")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (loopback)")
    parser.add_argument("--for", dest="for_", metavar="30m", help="end after this long")
    options = parser.parse_args(arguments)

    def ready(sender: GoldenSender) -> None:
        print(f"{sender.url}/v1\n{sender.tls_url}/v1", flush=True)

    try:
        for_s = parse_duration_s(options.for_) if options.for_ else None
        serve_golden(
            for_s=for_s,
            ready=ready,
            host=options.host,
            port=options.port,
            tls_port=options.tls_port,
        )
    except GatewayzError as error:
        print(f"golden: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def serve_golden(
    *,
    for_s: float | None = None,
    ready: Callable[[GoldenSender], None],
    host: str = "127.0.0.1",
    port: int = 0,
    tls_port: int = 0,
) -> None:
    """Runs a sender until SIGTERM, SIGINT or the end of `for_s` seconds, in a process of its own.

    `ready` is called once it listens. Raises: ConfigError when it cannot.
    """
    sender = GoldenSender(host, port, tls_port=tls_port)

    def stop(_number: int, _frame: FrameType | None) -> None:
        sender.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    ready(sender)
    # Nothing here goes in circles, and a collection would come between a clock and a send.
    gc.freeze()
    gc.disable()
    sender.run(math.inf if for_s is None else for_s)


if __name__ == "__main__":
    raise SystemExit(main())
