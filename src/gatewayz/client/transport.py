"""Requests over sockets: name lookup, connect, proxy, TLS, pooling; each phase told apart.

Redirects are never followed, so that a key stays with the host it was given for.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import ipaddress
import os
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property, lru_cache, partial
from typing import NamedTuple, cast
from urllib.parse import SplitResult, unquote, urlsplit
from weakref import WeakSet

from gatewayz.client.connection import HIGH_WATER, MAX_READ, Connection
from gatewayz.client.decoding import AS_IT_CAME, STEP, Decoder, Identity, decoder_for
from gatewayz.client.hello import speaks_tls
from gatewayz.client.later import Later, Received
from gatewayz.client.rounds import Rounds
from gatewayz.client.stamps import KeptOn, StampedSocket, kernel_may_stamp, stamping
from gatewayz.client.threads import in_thread
from gatewayz.client.wire import (
    LateSink,
    Network,
    OutOfHandles,
    Sink,
    WireError,
    WireRequest,
    WireTimes,
    fail,
    words_of,
)
from gatewayz.core.attempt import FaultName, Phase
from gatewayz.core.timeouts import Timeouts

# Shorter than the 5 seconds after which common servers drop an idle connection, so that the
# race between their close and our next request is rare.
IDLE_S = 4.0
MAX_IDLE_PER_ORIGIN = 64

# So much of a plain body may be here unread; of a packed one, which may be long, no more counts.
_MOST_WAITING = HIGH_WATER + MAX_READ

# Less than that a server reads before it refuses it.
_LARGE = 64 * 1024
# Where a peer that hangs up has not said a word yet, and how long it may take to say one in TLS.
_UNANSWERED = (Phase.SEND, Phase.HEADERS)
_HELLO_S = 2.0
# The kernel's words where it is this process, or this machine, that can hold no more connections.
_NO_HANDLES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS)


# A family, and an address as sockets take it.
_Address = tuple[int, tuple[object, ...]]


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int


class HttpTransport:
    """The socket transport. One per event loop, until it is closed; connections are pooled, `most_idle` per origin.

    `kernel_stamps` has answers stamped by the kernel where it can (see stamps.py), which costs a read
    a little more; else by the moment of the read.
    """

    def __init__(
        self,
        network: Network | None = None,
        *,
        most_idle: int = MAX_IDLE_PER_ORIGIN,
        kernel_stamps: bool = True,
    ) -> None:
        self._network = network or Network()
        self._most_idle = most_idle
        stamped = kernel_stamps and kernel_may_stamp()
        self._socket = StampedSocket if stamped else socket.socket
        self._kept_on = KeptOn() if stamped else None
        self._idle: dict[_Origin, list[Connection]] = {}
        self._connections: WeakSet[Connection] = WeakSet()
        self._speaks_http: set[_Origin] = set()
        self._buffer = memoryview(bytearray(MAX_READ))
        self._rounds: Rounds | None = None
        self._later: Later | None = None

    async def open(self, request: WireRequest, timeouts: Timeouts) -> HttpResponse:
        """Sends a request and returns once the answer's headers are there. Raises: WireError."""
        started = time.monotonic()
        times, total = WireTimes(started=started), started + timeouts.total_s
        origin, body = _origin(request.url), request.body
        data = _head(request.method, request.url, request.headers, self._proxy_for(origin))
        if body or request.method in _WITH_BODY:
            data = b"%bContent-Length: %d\r\n\r\n%b" % (data, len(body), body)
        else:
            data += b"\r\n"
        connection = self._take(origin, started)
        reused = connection is not None
        try:
            if connection is None:
                connection = await self._connect(origin, times, timeouts)
                self._connections.add(connection)
            if connection.fault is None:
                connection.reset()
            # Stamped before the write: what the kernel takes to send is part of the wait.
            times.sent = connection.stamp = time.monotonic()
            if not connection.write(data):
                await connection.taken(total)
            first_byte = times.sent + timeouts.first_byte_s
            limit = (first_byte, "first-byte") if first_byte < total else (total, "total")
            await connection.wait_headers(*limit)
            if len(data) > _LARGE:
                connection.hold_to_all_taken()
        except BaseException as error:
            if connection is not None:
                times.first_byte = connection.first_byte
                connection.shut()
                # It holds the frames that it is raised through, and they would hold it.
                connection.fault = None
            if isinstance(error, WireError):
                better = error
                if not reused:
                    deadline = min(total, time.monotonic() + _HELLO_S)
                    better = await self._understood(error, origin, deadline)
                better.times = times
                better.reused = reused
                if reused:
                    # Its neighbours in the pool are as old: another try gets a fresh connection.
                    self._forget(origin)
                try:
                    raise better from None
                finally:
                    del better
            raise
        times.first_byte = connection.first_byte
        if not reused:
            self._speaks_http.add(origin)
        return HttpResponse(self, origin, connection, request, timeouts, times, reused=reused)

    async def _understood(self, error: WireError, origin: _Origin, deadline: float) -> WireError:
        """The same error, or a better one where the peer hung up because it speaks TLS."""
        fault = error.fault
        hung_up = fault.name in (FaultName.CLOSED, FaultName.RESET) and fault.phase in _UNANSWERED
        plain = origin.scheme == "http" and origin not in self._speaks_http
        if not hung_up or not plain or self._proxy_for(origin) is not None:
            return error

        async def dial() -> socket.socket:
            return await _dial(await _addresses(origin.host, origin.port), deadline)

        if not await speaks_tls(dial, deadline):
            return error
        return fail(FaultName.TLS_PROTOCOL, Phase.TLS, "the server speaks TLS on this port")

    async def aclose(self) -> None:
        """Shuts every connection, in use or not. What is opened behind it may be of another loop."""
        self._idle.clear()
        for connection in [*self._connections]:
            connection.shut()
        self._rounds = self._later = None
        await asyncio.sleep(0)

    def give_back(self, origin: _Origin, connection: Connection) -> None:
        """Takes a connection back: into the pool when it is sound, else it is shut."""
        idle = self._idle.get(origin)
        if idle is None:
            idle = self._idle[origin] = []
        if len(idle) < self._most_idle and connection.rest(time.monotonic()):
            idle.append(connection)
        else:
            connection.shut()

    def _forget(self, origin: _Origin) -> None:
        for connection in self._idle.pop(origin, []):
            connection.shut()

    def _take(self, origin: _Origin, now: float) -> Connection | None:
        resting = self._idle.get(origin)
        if not resting:
            return None
        last = resting[-1]
        if (
            now - resting[0].idle_since < IDLE_S and now >= last.usable_at and not last.closed
        ):  # nearly always
            return resting.pop()
        while resting and now - resting[0].idle_since >= IDLE_S:  # the first one in is the oldest
            resting.pop(0).shut()
        # The last one in is the likeliest to live, unless its server may be closing it right now.
        for at in reversed(range(len(resting))):
            if resting[at].closed:
                resting.pop(at).shut()
            elif now >= resting[at].usable_at:
                return resting.pop(at)
        return None

    async def _connect(self, origin: _Origin, times: WireTimes, timeouts: Timeouts) -> Connection:
        """A fresh connection, through the proxy where one is set. Raises: WireError."""
        loop = asyncio.get_running_loop()
        deadline = times.started + min(timeouts.connect_s, timeouts.total_s)
        proxy = self._proxy_for(origin)
        target = _origin_of(proxy) if proxy else origin
        phase = Phase.DNS
        sock: socket.socket | None = None
        is_the_loops = False
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._outward(target, bool(proxy))
                phase = Phase.CONNECT
                sock = await _dial(addresses, deadline, self._socket)
                if proxy and origin.scheme == "https":
                    await _tunnel(sock, origin, proxy)
                times.connected = time.monotonic()
                context = self._tls if origin.scheme == "https" else None
                connection = Connection(self._buffer, self._for_later(), _stamped(sock))
                is_the_loops = True
                transport, _ = await loop.create_connection(lambda: connection, sock=sock)
                if context is not None:
                    phase = Phase.TLS
                    secured = await loop.start_tls(
                        transport, connection, context, server_hostname=origin.host
                    )
                    connection.secured(cast("asyncio.Transport", secured))
                    times.secured = time.monotonic()
                if (rounds := self._in_rounds()) is not None:
                    connection.read_in(rounds)
                return connection
        except TimeoutError:
            _let_go(sock, is_the_loops=is_the_loops)
            if target is not origin and phase is Phase.CONNECT and sock is not None:
                raise fail(
                    FaultName.PROXY, phase, f"the proxy {target.host}:{target.port} says nothing"
                ) from None
            raise fail(
                FaultName.TIMEOUT, phase, f"{origin.host}:{origin.port}", "connect"
            ) from None
        except (OSError, UnicodeError) as error:  # ssl.SSLError, a name that is no host name
            _let_go(sock, is_the_loops=is_the_loops)
            raise _connect_fault(error, phase, target, origin) from None
        except BaseException:
            _let_go(sock, is_the_loops=is_the_loops)
            raise

    def _for_later(self) -> Later:
        if self._later is None:
            self._later = Later(asyncio.get_running_loop())
        return self._later

    def _in_rounds(self) -> Rounds | None:
        """What reads sockets that the kernel stamps, beneath transports of asyncio's own."""
        loop = asyncio.get_running_loop()
        if self._kept_on is None or not isinstance(loop, asyncio.SelectorEventLoop):
            return None
        if self._rounds is None:
            self._rounds = Rounds(loop)
        return self._rounds

    async def _outward(self, target: _Origin, is_proxy: bool) -> list[_Address]:
        """Where a host is; looked at anew for each connection, since a name may come to mean others.

        Raises: WireError where it leads inward and may not, OSError, UnicodeError.
        """
        addresses = await _addresses(target.host, target.port)
        allowed = self._network.inward
        if allowed is None or is_proxy or target.host in allowed:
            return addresses
        if not all(_is_public(str(address[0])) for _, address in addresses):
            # Not to which: what comes of this is told to clients too.
            raise fail(
                FaultName.DNS,
                Phase.DNS,
                f"{target.host} leads into a private network; if it is meant to, set private = true"
                " in its [gateways] table",
            )
        return addresses

    def _proxy_for(self, origin: _Origin) -> SplitResult | None:
        if not self._network.proxy or is_loopback(origin.host):
            return None
        if origin.host in self._network.no_proxy:
            return None
        proxy = _split(self._network.proxy)
        if proxy.scheme != "http":
            raise fail(FaultName.UNSENDABLE, Phase.BUILD, "the proxy is not an http:// URL")
        return proxy

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """What is trusted, read with the first call. Raises: WireError for a CA file that cannot be read."""
        context = ssl.create_default_context()
        if self._network.ca_file:
            try:
                context.load_verify_locations(self._network.ca_file)
            except (OSError, ssl.SSLError) as error:
                # Not where it lies: what comes of this is told to clients too.
                raise fail(
                    FaultName.UNSENDABLE,
                    Phase.BUILD,
                    f"the certificates of ca_file cannot be read: {error.strerror or error}",
                ) from None
        if not self._network.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
        return context


class HttpResponse:
    """An answer whose headers are there; see `wire.WireResponse`."""

    # As they are at first; most answers are read whole, and need none of them.
    _steps: Iterator[bytes] = iter(())
    _stamp = 0.0
    _late = _unrested = 0
    _closed = False
    _decoder: Decoder = AS_IT_CAME

    def __init__(
        self,
        transport: HttpTransport,
        origin: _Origin,
        connection: Connection,
        request: WireRequest,
        timeouts: Timeouts,
        times: WireTimes,
        *,
        reused: bool,
    ) -> None:
        self.status = connection.status
        self.reason = connection.reason
        self.headers = connection.headers
        self._named = connection.named
        self.times = times
        self.reused = reused
        self._transport = transport
        self._origin = origin
        self._connection = connection
        self._timeouts = timeouts
        if "content-encoding" in self._named:
            self._decoder = decoder_for(self.header("content-encoding"), request.max_body)
        self._left = request.max_body

    @property
    def stamped_by(self) -> str:
        """Whose clock stamped what was read so far: "kernel" or "process"."""
        return self._connection.stamped_by

    def header(self, name: str) -> str:
        """The values of a lower-cased header, joined with commas; "" when it is not there."""
        named = self._named
        if name not in named or len(named) == len(self.headers):  # nearly always
            return named.get(name, "")
        return ", ".join([value for key, value in self.headers if key == name])

    async def read(self, deadline: float, timer: str) -> tuple[bytes, float]:
        """The next step of the body, decoded, and its stamp; b"" at the end. Raises: WireError.

        A step is of `STEP` bytes at most, and after as many the loop is let go: however much is
        here, clocks, signals and other requests get their turn.
        """
        if self._unrested >= STEP:
            self._unrested = 0
            await asyncio.sleep(0)
        step = next(self._steps, b"")
        while not step:
            raw, self._stamp = await self._connection.read(deadline, timer)
            if not raw:
                self._decoder.finish()
                return b"", self._stamp
            self._steps = self._decoder.feed(raw)
            step = next(self._steps, b"")
        self._count(step, deadline, timer)
        return step, self._stamp

    def whole(self) -> tuple[bytes, float] | None:
        """All of a body that is here to its end, and its stamp; None when it is to be read in steps."""
        connection = self._connection
        if not connection.complete or connection.queued > min(STEP, self._left):
            return None
        return connection.take_all() if isinstance(self._decoder, Identity) else None

    async def pour(
        self, sink: Sink, silence_s: float, until: float, late: LateSink | None = None
    ) -> bool:
        """The body piece by piece into a sink; see `wire.WireResponse`."""
        if isinstance(self._decoder, Identity):
            for step in self._steps:  # of a piece whose first step was read by itself
                if not self._poured(sink, step, self._stamp):
                    return False
            counted = partial(self._poured, sink)
            counted_late = late and partial(self._poured_late, late, sink)
            return await self._connection.pour(counted, silence_s, until, counted_late)
        going = True
        while going:  # what is packed is taken apart in steps, with turns for others between them
            silent = time.monotonic() + silence_s
            limit = (silent, "idle") if silent < until else (until, "total")
            piece, stamp = await self.read(*limit)
            if not piece:
                return True
            going = sink(piece, stamp)
        return False

    def stop_pouring(self) -> None:
        """Makes `pour` return False, at the latest behind the next piece."""
        self._connection.stop_pouring()

    def _poured(self, sink: Sink, piece: bytes, stamp: float) -> bool:
        self._left -= len(piece)
        if self._left < 0:
            raise fail(FaultName.TOO_LARGE, Phase.BODY, "the body passes the cap")
        return sink(piece, stamp)

    def _poured_late(self, late: LateSink, sink: Sink, pieces: Received) -> bool:
        size = sum([len(piece) for piece, _ in pieces])
        if size <= self._left:
            self._left -= size
            return late(pieces)
        going = True
        for piece, stamp in pieces:  # what comes before the cap counts
            going = self._poured(sink, piece, stamp)
        return going

    def _count(self, step: bytes, deadline: float, timer: str) -> None:
        """Holds a step against the cap and the clock.

        What was here in time counts, late as it is read, up to what may wait of a plain body: else
        a small piece that decodes to megabytes would stretch the limit.
        """
        self._unrested += len(step)
        self._left -= len(step)
        if self._left < 0:
            raise fail(FaultName.TOO_LARGE, Phase.BODY, "the body passes the cap")
        if time.monotonic() > deadline:
            self._late += len(step)
            if self._late > _MOST_WAITING:
                raise fail(FaultName.TIMEOUT, Phase.BODY, "", timer)

    async def chunks(self) -> AsyncIterator[tuple[bytes, float]]:
        """The body piece by piece, under the idle and total limits of the request."""
        total = self.times.started + self._timeouts.total_s
        while True:
            idle = time.monotonic() + self._timeouts.idle_s
            piece, stamp = await self.read(*((idle, "idle") if idle < total else (total, "total")))
            if not piece:
                return
            yield piece, stamp

    async def close(self) -> None:
        """Ends the request: back to the pool when all was read, else the connection is shut."""
        if not self._closed:
            self._closed = True
            self._transport.give_back(self._origin, self._connection)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine, without looking anything up."""
    host = host.strip("[]").lower().removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if not _is_address(host):
        return False
    address = ipaddress.ip_address(host)
    # So a socket for both kinds of addresses tells of one who comes by the older kind.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise fail(FaultName.UNSENDABLE, Phase.BUILD, "not an http:// or https:// URL") from None


def _origin_of(url: SplitResult) -> _Origin:
    try:
        port = url.port
    except ValueError:
        raise fail(FaultName.UNSENDABLE, Phase.BUILD, "the URL's port is not a number") from None
    if url.scheme not in ("http", "https") or not url.hostname:
        raise fail(FaultName.UNSENDABLE, Phase.BUILD, "not an http:// or https:// URL")
    return _Origin(url.scheme, url.hostname, port or (443 if url.scheme == "https" else 80))


@lru_cache(maxsize=256)
def _origin(url: str) -> _Origin:
    """Where a URL leads to. Raises: WireError for one that leads nowhere."""
    return _origin_of(_split(url))


_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PRINTABLE = re.compile(r"[ -~]*")
_TARGET = re.compile(r"[!-~]+")


@lru_cache(maxsize=256)  # requests to one place differ in their bodies alone
def _head(
    method: str,
    address: str,
    headers: tuple[tuple[str, str], ...],
    proxy: SplitResult | None,
) -> bytes:
    """The request line and headers, but for a body's length and the last line's end.

    Raises: WireError for anything that would break the frame.
    """
    origin, url = _origin(address), _split(address)
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    default = 443 if origin.scheme == "https" else 80
    authority = host if origin.port == default else f"{host}:{origin.port}"
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    fields = [("Host", authority), *headers]
    if proxy is not None and origin.scheme == "http":
        target = f"http://{authority}{target}"
        if proxy.username:
            fields.append(("Proxy-Authorization", _proxy_credential(proxy)))
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in fields:
        if _TOKEN.fullmatch(name) is None:
            raise fail(FaultName.UNSENDABLE, Phase.BUILD, "a header name is not a token")
        if _PRINTABLE.fullmatch(value) is None:
            # Never the value itself: it may be a key.
            raise fail(
                FaultName.UNSENDABLE,
                Phase.BUILD,
                f"the value of {name} has a character no header may hold",
            )
        lines.append(f"{name}: {value}")
    if _TARGET.fullmatch(target) is None:
        raise fail(
            FaultName.UNSENDABLE, Phase.BUILD, "the URL has a character that must be escaped"
        )
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


async def _addresses(host: str, port: int) -> list[_Address]:
    """Where a host is. Raises: OSError, UnicodeError for what cannot be a host name."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    # An address needs no name service. A name may take the resolver long, and its thread must
    # not hold up the end of the program.
    found = look_up() if _is_address(host) else await in_thread(look_up)
    return [(family, address) for family, _, _, _, address in found]


def _is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also where it is packed into IPv6's."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    packed = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return (packed or ip).is_global


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _dial(
    addresses: list[_Address],
    deadline: float,
    make: Callable[[int, int], socket.socket] = socket.socket,
) -> socket.socket:
    """A connected socket to the first address that answers, made by `make(family, type)`.

    Each but the last gets a share of the time, so that a dead first address does not use it up.
    Raises: OSError, TimeoutError.
    """
    loop = asyncio.get_running_loop()
    problem: OSError | None = None
    for left, (family, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        sock = make(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        share = time.monotonic() + max(0.0, deadline - time.monotonic()) / left
        try:
            async with asyncio.timeout_at(share):
                await loop.sock_connect(sock, address)
            return sock
        except TimeoutError:
            sock.close()
            if left == 1:
                raise
        except OSError as error:
            sock.close()
            problem = error
        except BaseException:
            sock.close()
            raise
    raise problem or OSError("no address")


def _proxy_credential(proxy: SplitResult) -> str:
    pair = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


async def _tunnel(sock: socket.socket, origin: _Origin, proxy: SplitResult) -> None:
    """Asks an HTTP proxy for a way through. Raises: WireError when it refuses."""
    loop = asyncio.get_running_loop()
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
    if proxy.username:
        lines.append(f"Proxy-Authorization: {_proxy_credential(proxy)}")
    await loop.sock_sendall(sock, ("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    answer = b""
    # One byte at a time, so that nothing of the tunnelled stream is swallowed.
    while not answer.endswith(b"\r\n\r\n"):
        byte = await loop.sock_recv(sock, 1)
        if not byte or len(answer) > 16_384:
            raise fail(FaultName.PROXY, Phase.CONNECT, "the proxy broke off")
        answer += byte
    status = answer.split(b"\r\n", 1)[0].decode("latin-1")
    if " 200" not in status[:13]:
        raise fail(FaultName.PROXY, Phase.CONNECT, f"the proxy answered: {status[:80]}")


def _stamped(sock: socket.socket) -> StampedSocket | None:
    """The socket itself where it tells when bytes came."""
    return sock if isinstance(sock, StampedSocket) and stamping(sock) else None


def _let_go(sock: socket.socket | None, *, is_the_loops: bool) -> None:
    """Closes a socket that led to no connection; `is_the_loops`: it had been handed to the event loop."""
    if sock is None:
        return
    if is_the_loops and not isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop):
        # uvloop has closed it by its number, which may be somebody else's by now.
        sock.detach()
    else:
        sock.close()


def _no_handle_is_left() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _NO_HANDLES
    return False


def _connect_fault(
    error: OSError | UnicodeError, phase: Phase, target: _Origin, origin: _Origin
) -> WireError:
    """What went wrong on the way to `target`: the origin itself, or a proxy in front of it."""
    where = f"{origin.host}:{origin.port}"
    # To look a name up takes one as well, and where there is none the system says that it has no such name.
    if getattr(error, "errno", None) in _NO_HANDLES or (
        phase is Phase.DNS and _no_handle_is_left()
    ):
        return OutOfHandles(fail(FaultName.UNREACHABLE, phase, f"{where}: {words_of(error)}").fault)
    if isinstance(error, ssl.SSLCertVerificationError):
        return fail(FaultName.TLS_CERTIFICATE, Phase.TLS, f"{where}: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return fail(FaultName.TLS_PROTOCOL, Phase.TLS, f"{where}: {error.reason or error}")
    problem = words_of(error)
    proxied = target is not origin
    if proxied and phase in (Phase.DNS, Phase.CONNECT):
        return fail(FaultName.PROXY, phase, f"the proxy {target.host}:{target.port}: {problem}")
    if phase is Phase.DNS:
        return fail(FaultName.DNS, phase, f"{origin.host}: {problem}")
    if isinstance(error, ConnectionRefusedError):
        return fail(FaultName.REFUSED, phase, f"{where}: connection refused")
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return fail(FaultName.RESET, phase, f"{where}: {problem}")
    return fail(FaultName.UNREACHABLE, phase, f"{where}: {problem}")
