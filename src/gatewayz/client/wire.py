"""The seam between what is asked and how bytes travel: requests, responses, and their faults.

`Transport` is what the rest of the room (and the server) speaks to; `transport.py` is the one
that goes over sockets, and a test may pass another.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from gatewayz.client.later import Received
from gatewayz.core.attempt import FaultName, Phase, WireFault
from gatewayz.core.timeouts import Timeouts

# Takes a piece of a body and its stamp; False says that it wants no more for now.
Sink = Callable[[bytes, float], bool]
# Takes several at a time, in their order, and keeps what it wants no more of for now.
LateSink = Callable[[Received], bool]


class WireError(Exception):
    """The wire failed; `fault` says how and when. Data for the judge, not a bug.

    `times` and `reused` are set where the request had got far enough to have them.
    """

    def __init__(self, fault: WireFault) -> None:
        self.fault = fault
        self.times: WireTimes | None = None
        self.reused = False
        super().__init__(f"{fault.name} at {fault.phase}: {fault.detail}")


class OutOfHandles(WireError):
    """This process may open no more connections, which is nobody else's failure."""


def fail(name: FaultName, phase: Phase, detail: str = "", timer: str = "") -> WireError:
    """A WireError ready to be raised."""
    return WireError(WireFault(name=name, phase=phase, detail=detail, timer=timer))


def words_of(error: Exception) -> str:
    """What the system says of a broken connection, without its numbers and addresses."""
    number = getattr(error, "errno", None)
    own = getattr(error, "strerror", None)
    # A name that is not found has numbers of its own; so have asyncio's words the address in them.
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and number:
        return os.strerror(number).lower()
    return own or str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How this machine reaches the outside, asked for by the user and never taken from elsewhere.

    `proxy` is an http:// URL, with user:password where it needs them; `no_proxy` holds host names
    that go straight, loopback always does. `ca_file` holds certificates to trust beside the
    system's. `verify` False is for a server of one's own with a certificate of its own. Of the hosts
    that are reached without a proxy only those in `inward` may lead to this machine or into a
    private network; None: all may.
    """

    proxy: str = ""
    no_proxy: tuple[str, ...] = ()
    ca_file: str = ""
    verify: bool = True
    inward: frozenset[str] | None = None

    def __repr__(self) -> str:
        proxy = "set" if self.proxy else "none"
        return f"Network(proxy={proxy}, ca_file={self.ca_file!r}, verify={self.verify})"


class WireRequest(msgspec.Struct, kw_only=True):
    """One HTTP request, complete; header names as they go out, the body already encoded.

    `max_body` caps the bytes of the answer after decompression.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    max_body: int = 32 * 1024 * 1024

    def __repr__(self) -> str:
        # Headers carry the key.
        return f"WireRequest({self.method} {self.url}, {len(self.body)} bytes)"


class WireTimes(msgspec.Struct, kw_only=True):
    """When the wire got where, on the monotonic clock; None: not on this request."""

    started: float
    connected: float | None = None
    secured: float | None = None
    sent: float | None = None
    first_byte: float | None = None


class WireResponse(Protocol):
    """An answer whose headers are there and whose body is still coming.

    `headers` hold lower-cased names. `times` are on the clock of `asyncio`'s loop.
    """

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    times: WireTimes
    reused: bool

    @property
    def stamped_by(self) -> str:
        """Whose clock stamped what was read so far: "kernel" or "process" (see stamps.py)."""
        ...

    def header(self, name: str) -> str:
        """The values of a lower-cased header, joined with commas; "" when it is not there."""
        ...

    async def read(self, deadline: float, timer: str) -> tuple[bytes, float]:
        """The next piece of the body, a bounded one, and when it came; b"" at the end.

        `deadline` is a moment on the monotonic clock and `timer` the limit's name in the fault.
        Raises: WireError.
        """
        ...

    def whole(self) -> tuple[bytes, float] | None:
        """All of a body that is here to its end, and when it came; None when it is to be read."""
        ...

    async def pour(
        self, sink: Sink, silence_s: float, until: float, late: LateSink | None = None
    ) -> bool:
        """Hands pieces and stamps over as they come, in the turn of the loop that they come in.

        True at the body's end; False when the sink wants no more for now, and said so by False.
        `silence_s` limits the time between pieces, the moment `until` all of it. What is given a
        `late` sink besides may get pieces there, up to half a second after they came and many at a
        time, which is much cheaper.
        Raises: WireError, and what the sink raises.
        """
        ...

    def stop_pouring(self) -> None:
        """Makes `pour` return False, at the latest behind the next piece."""
        ...

    def chunks(self) -> AsyncIterator[tuple[bytes, float]]:
        """The body piece by piece, under the idle and total limits of the request."""
        ...

    async def close(self) -> None:
        """Ends the request: back to the pool when all was read, else the connection is shut."""
        ...


class Transport(Protocol):
    """Whoever can carry a request."""

    async def open(self, request: WireRequest, timeouts: Timeouts) -> WireResponse:
        """Sends a request and returns once the answer's headers are there.

        Raises: WireError, with the phase that was reached.
        """
        ...

    async def aclose(self) -> None:
        """Shuts every connection."""
        ...
