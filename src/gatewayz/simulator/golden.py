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
import json
import select
import selectors
import signal
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FrameType

import httptools

from gatewayz.core import ConfigError, GatewayzError
from gatewayz.simulator.doors import CERTIFICATES
from gatewayz.simulator.paced import MODEL, Pace, Wording, pace_of, said_at_once

_READ = 65536
_MOST_BYTES = 16 * 1024 * 1024
_PAGE_S = 10.0
_KEPT = 20_000
_BACKLOG = 4096
_IDLE_S = 0.5
_NS = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class Golden:
    """One answer, and when its parts were really sent.

    id            also the answer's own, so that both sides can be put together
    received_ns   when the request was whole
    sent          (tokens, due, before, after) of each write, in order: 0 tokens in the opening and in the
                  ending of a stream. The bytes left between `before` and `after`
    ended         "kept", "client left" or "too slow"; "" while it is answered
    Moments are nanoseconds of the monotonic clock.
    """

    id: str
    stream: bool
    received_ns: int
    usage: Mapping[str, int]
    sent: list[tuple[int, int, int, int]] = field(default_factory=list)
    ended: str = ""

    def line(self) -> bytes:
        """The entry as a line of JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(values, separators=(",", ":")).encode() + b"\n"


class _Visitor:
    """One connection, and the answer that is under way on it."""

    def __init__(self, sender: GoldenSender, sock: socket.socket) -> None:
        self._sender, self._sock = sender, sock
        self._parser = httptools.HttpRequestParser(self)
        self._target, self._body = b"", b""
        self._unanswered = 0
        self._golden: Golden | None = None
        self._steps: Iterator[tuple[int, float, bytes]] = iter(())
        self._next: tuple[int, bytes] = (0, b"")

    # What the sender and the parser call.

    def read(self) -> None:
        """Bytes of a request, or the end of the connection."""
        try:
            # Beneath TLS this shakes hands too, and may hold more than one record.
            while data := self._sock.recv(_READ):
                self._unanswered += len(data)
                if self._unanswered > _MOST_BYTES:
                    break
                self._parser.feed_data(data)
                if not isinstance(self._sock, ssl.SSLSocket) or not self._sock.pending():
                    return
            self.leave("client left")
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.leave("client left")

    def on_message_begin(self) -> None:
        """A request starts."""
        self._target, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._target += url

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """A request is whole."""
        received_ns = time.monotonic_ns()
        self._unanswered = 0
        if self._golden is not None:
            self.leave("client left")  # it asks again before it is answered
            return
        method, path = self._parser.get_method(), self._target.partition(b"?")[0]
        if method == b"POST" and path.endswith(b"/chat/completions"):
            self._answer(received_ns)
        else:
            self._send_whole(self._sender.page(method, path))

    def send_due(self, due_s: float) -> None:
        """Sends what is due now, and has the next part sent in its time."""
        golden = self._golden
        if golden is None:
            return
        tokens, data = self._next
        before = time.monotonic_ns()
        is_sent = self._send(data)
        golden.sent.append((tokens, int(due_s * _NS), before, time.monotonic_ns()))
        if is_sent:
            self._go_on(due_s)

    def leave(self, why: str) -> None:
        """Ends the connection."""
        if self._golden is not None:
            self._golden.ended = why
            self._golden = None
        self._sender.forget(self._sock)
        self._sock.close()

    # Answering.

    def _answer(self, received_ns: int) -> None:
        try:
            body = json.loads(self._body)
            pace = pace_of(str(body["model"]))
        except (ValueError, KeyError, TypeError) as error:
            self._send(_refusal(400, f"the body is not understood: {error!r}"))
            return
        except ConfigError as error:
            self._send(_refusal(404, str(error)))
            return
        stream = body.get("stream") is True
        wording = Wording(self._sender.count(), body, pace)
        golden = Golden(id=wording.id, stream=stream, received_ns=received_ns, usage=wording.usage)
        self._sender.log.append(golden)
        self._golden = golden
        if stream:
            self._steps = _streamed(pace, wording)
        else:
            self._steps = iter(((pace.tokens, pace.first_s, wording.whole()),))
        self._go_on(received_ns / _NS)

    def _go_on(self, last_due_s: float) -> None:
        step = next(self._steps, None)
        if step is None:
            if self._golden is not None:
                self._golden.ended = "kept"
            self._golden = None
            return
        tokens, wait_s, data = step
        self._next = (tokens, data)
        self._sender.later(last_due_s + wait_s, self)

    def _send_whole(self, data: bytes) -> None:
        """A page that may be long; nobody is measured meanwhile."""
        try:
            self._sock.settimeout(_PAGE_S)
            self._sock.sendall(data)
            self._sock.setblocking(False)
        except OSError:
            self.leave("client left")

    def _send(self, data: bytes) -> bool:
        """Whether the kernel took it all: who lets so much pile up is beyond measuring."""
        try:
            taken = self._sock.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError):
            taken = 0
        except OSError:
            self.leave("client left")
            return False
        if taken < len(data):
            self.leave("too slow")
        return taken == len(data)


class GoldenSender:
    """The server: one thread, which sends and does little else."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, tls_port: int = 0) -> None:
        """Raises: ConfigError when it cannot listen there."""
        self.log: deque[Golden] = deque(maxlen=_KEPT)
        self._selector = selectors.DefaultSelector()
        self._later: list[tuple[float, int, _Visitor]] = []
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

    def run(self) -> None:
        """Serves until `stop`."""
        try:
            while self._running:
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

    def later(self, due_s: float, visitor: _Visitor) -> None:
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
        return _refusal(404, "there are /v1/chat/completions, /v1/models and /log")

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
        self._selector.register(sock, selectors.EVENT_READ, _Visitor(self, sock).read)


def _streamed(pace: Pace, wording: Wording) -> Iterator[tuple[int, float, bytes]]:
    """The parts of a stream: tokens, seconds after the part before, bytes."""
    yield 0, 0.0, wording.opening()
    wait_s = pace.first_s
    for size in pace.sizes:
        yield size, wait_s, wording.said(size)
        wait_s = pace.gap_s
    yield 0, wait_s, wording.ending()


def _refusal(status: int, message: str) -> bytes:
    return said_at_once(status, {"error": {"message": message, "type": "invalid_request_error"}})


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gatewayz.simulator.golden",
        description="A provider on loopback that knows when it sent what.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default)")
    parser.add_argument("--tls-port", type=int, default=0, help="the same for the one over TLS")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (loopback)")
    options = parser.parse_args(arguments)
    try:
        sender = GoldenSender(options.host, options.port, tls_port=options.tls_port)
    except GatewayzError as error:
        print(f"golden: {error}", file=sys.stderr)
        return error.exit_code

    def stop(_number: int, _frame: FrameType | None) -> None:
        sender.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    print(f"{sender.url}/v1\n{sender.tls_url}/v1", flush=True)
    # Nothing here goes in circles, and a collection would come between a clock and a send.
    gc.freeze()
    gc.disable()
    sender.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
