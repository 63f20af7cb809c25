"""Addresses behind faults that act before a request can be read: names, connects, TLS, proxies.

Each is opened on demand, on loopback, and closed with the simulator. The faults are real: a queue
that is full, a handshake that stops, a certificate that has expired.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from gatewayz.core import UnknownName

CERTIFICATES = Path(__file__).parent / "certificates"
CA_FILE = CERTIFICATES / "ca.pem"

_PROXY_PAGE = (
    b"HTTP/1.1 %b\r\n%bcontent-type: text/html\r\ncontent-length: 22\r\n"
    b"connection: close\r\n\r\n<h1>Proxy refused</h1>"
)
_PLAIN_ON_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nserver: nginx\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"
    b"<html><h1>400</h1>The plain HTTP request was sent to HTTPS port</html>"
)
# An alert of TLS (RFC 5246): no version that you offer is spoken here.
_ALERT_VERSION = b"\x15\x03\x01\x00\x02\x02\x46"
# Two frames of HTTP/2 (RFC 9113).
_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_GOAWAY = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8)


def _server_hello(version: bytes, cipher: bytes, extensions: bytes = b"") -> bytes:
    """A whole ServerHello record; nothing after it."""
    body = version + b"\x5a" * 32 + b"\x00" + cipher + b"\x00" + extensions
    handshake = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16" + version + len(handshake).to_bytes(2, "big") + handshake


@dataclass(frozen=True, slots=True)
class Script:
    """What a listener does that reads no request.

    `greeting` is sent at once, `reply` after the first bytes; then the connection is closed, or held
    while `holds`.
    """

    scheme: str
    reply: bytes = b""
    greeting: bytes = b""
    holds: bool = False


def _proxy(status: bytes, header: bytes = b"") -> Script:
    return Script("http", _PROXY_PAGE % (status, header))


_OLD = _server_hello(b"\x03\x01", b"\x00\x2f")
# With secure renegotiation, without which today's clients end the handshake themselves.
_NEW = _server_hello(b"\x03\x03", b"\xc0\x2f", b"\x00\x05\xff\x01\x00\x01\x00")

SCRIPTS: dict[str, dict[str, Script]] = {
    "tls-handshake-stall": {
        "silent": Script("https", holds=True),
        "one-byte": Script("https", _NEW[:1], holds=True),
        "record-header": Script("https", _NEW[:5], holds=True),
        "half-hello": Script("https", _NEW[:30], holds=True),
        "hello-only": Script("https", _NEW, holds=True),
    },
    "http2-goaway": {
        "on-request": Script("http", _SETTINGS + _GOAWAY),
        "at-once": Script("http", greeting=_SETTINGS, reply=_GOAWAY),
    },
    "proxy-failure": {
        "407": _proxy(
            b"407 Proxy Authentication Required", b'proxy-authenticate: Basic realm="proxy"\r\n'
        ),
        "502": _proxy(b"502 Bad Gateway"),
        "403": _proxy(b"403 Forbidden"),
        "closes": Script("http"),
        "stalls": Script("http", holds=True),
    },
    "tls-version-mismatch": {
        "obsolete-alert": Script("https", _ALERT_VERSION),
        "obsolete-hello": Script("https", _OLD, holds=True),
        "http-to-https-told": Script("http", _PLAIN_ON_TLS),
    },
}
_CROSSED = ("https-to-http", "http-to-https")
_BAD_CERTIFICATES = ("expired", "not-yet-valid", "self-signed", "other-name", "unknown-authority")
_NO_HOSTS = (
    "api.PLACE.invalid",
    "PLACE.no-such-host.invalid",
    "gone.invalid",
    "a.b.c.PLACE.invalid",
    "xn--bcher-kva.invalid",
)

DOORS: dict[str, tuple[str, ...]] = {
    "connect-timeout": ("full-queue",),
    "connection-refused": ("nobody-listens",),
    "dns-failure": _NO_HOSTS,
    "tls-bad-certificate": _BAD_CERTIFICATES,
    **{name: tuple(ways) for name, ways in SCRIPTS.items()},
    "tls-version-mismatch": (*SCRIPTS["tls-version-mismatch"], *_CROSSED),
}
"""Every fault that has an address of its own, and the ways in which it can be had."""

Factory = Callable[[str, str], asyncio.Protocol]


class Doors:
    """The open addresses of one simulator.

    Args: host is where they listen; factory makes the protocol of a connection that is answered
    like any other, given the origin's URL and the fault's name.
    """

    def __init__(self, host: str, factory: Factory, *, seed: int) -> None:
        self._host, self._factory, self._seed = host, factory, seed
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._loop = asyncio.get_running_loop()
        self._open: dict[tuple[str, str], str] = {}
        self._sockets: list[socket.socket] = []
        self._tasks: list[asyncio.Task[asyncio.Server]] = []
        self._held: set[asyncio.Transport] = set()

    def origin(self, name: str, place: str, way: str, plain: str) -> str:
        """The scheme, host and port of a door; it is opened when it was not.

        `plain` is the simulator's own origin; `way` is one of DOORS[name], or "" for one by the seed.
        Safe to be called from any thread.
        Raises: UnknownName for a name without a door, or a way that it does not have.
        """
        if name not in DOORS:
            raise UnknownName("fault with an address of its own", name, DOORS)
        ways = DOORS[name]
        way = way or Random(f"{self._seed}|{name}|{place}").choice(ways)
        if way not in ways:
            raise UnknownName(f"way of {name}", way, ways)
        if name == "dns-failure":
            return "http://" + way.replace("PLACE", place or "nowhere")
        if way == "https-to-http":
            return plain.replace("http://", "https://", 1)
        if (name, way) not in self._open:
            self._open[name, way] = self._opened(name, way)
        return self._open[name, way]

    def trusted(self) -> str:
        """The origin of the simulator behind a certificate that CA_FILE vouches for."""
        key = ("tls", "good")
        if key not in self._open:
            self._open[key] = self._behind_tls("good", "")
        return self._open[key]

    def _opened(self, name: str, way: str) -> str:
        if name == "connection-refused":
            return self._url("http", self._bound())
        if name == "connect-timeout":
            return self._url("http", self._full())
        if name == "tls-bad-certificate":
            return self._behind_tls(way, name)
        if way == "http-to-https":
            return self._behind_tls("good", name).replace("https://", "http://", 1)
        script = SCRIPTS[name][way]
        listener = self._listening()
        self._serve(listener, lambda: _Scripted(script, self._held), None)
        return self._url(script.scheme, listener)

    def _behind_tls(self, certificate: str, name: str) -> str:
        listener = self._listening()
        url = self._url("https", listener)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
        self._serve(listener, lambda: self._factory(url, name), context)
        return url

    def _bound(self) -> socket.socket:
        """A port that is taken, so that nobody else gets it; without a listener it refuses."""
        one = socket.socket(self._family, socket.SOCK_STREAM)
        self._sockets.append(one)
        one.bind((self._host, 0))
        return one

    def _listening(self) -> socket.socket:
        one = self._bound()
        one.listen(128)
        one.setblocking(False)
        return one

    def _full(self) -> socket.socket:
        """A listener that accepts nobody, its queue filled by connections of our own."""
        listener = self._bound()
        listener.listen(0)
        for _ in range(64):
            filler = socket.socket(self._family, socket.SOCK_STREAM)
            self._sockets.append(filler)
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            if not select.select([], [filler], [], 0.05)[1]:
                # No answer: the next one gets none either.
                break
        return listener

    def _url(self, scheme: str, listener: socket.socket) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{listener.getsockname()[1]}"

    def _serve(
        self,
        listener: socket.socket,
        factory: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        """Answers on a listener from the simulator's loop; until it does, the queue keeps them."""

        def begin() -> None:
            serving: Coroutine[Any, Any, asyncio.Server] = self._loop.create_server(
                factory, sock=listener, ssl=context
            )
            self._tasks.append(self._loop.create_task(serving))

        self._loop.call_soon_threadsafe(begin)

    async def aclose(self) -> None:
        """Closes every door."""
        # A door that was asked for a moment ago is begun first.
        await asyncio.sleep(0)
        for task in self._tasks:
            with contextlib.suppress(OSError):
                (await task).close()
        # Somebody may just have been let in: that takes the loop two turns.
        for _ in range(3):
            for transport in tuple(self._held):
                transport.abort()
            await asyncio.sleep(0)
        for one in self._sockets:
            one.close()


class _Scripted(asyncio.Protocol):
    """A connection on which a script is played."""

    def __init__(self, script: Script, held: set[asyncio.Transport]) -> None:
        self._script, self._held = script, held
        self._replied = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a stream transport is needed, not {transport!r}")
        self._transport = transport
        self._held.add(transport)
        if self._script.greeting:
            transport.write(self._script.greeting)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - asyncio's name
        """The first bytes are answered, the rest is not listened to."""
        if self._replied:
            return
        self._replied = True
        self._transport.write(self._script.reply)
        if not self._script.holds:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """The client is gone, or we closed."""
        self._held.discard(self._transport)
