"""Whether a port speaks TLS: asked when it hung up on a request in plain HTTP.

Many TLS servers answer plain text by hanging up, which looks like any other silent close. The first
message of a handshake tells: it holds no key and no request, and only what speaks TLS answers it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable

# The first bytes of a record: a handshake's or an alert's, then the version 3.x.
_RECORDS = (b"\x16\x03", b"\x15\x03")
_TOLD_BY = 2


async def speaks_tls(dial: Callable[[], Awaitable[socket.socket]], deadline: float) -> bool:
    """Whether the peer that `dial` connects to answers a handshake in TLS.

    `dial` gives a fresh, non-blocking connection; it is closed again.
    """
    sock: socket.socket | None = None
    try:
        async with asyncio.timeout_at(deadline):
            sock = await dial()
            return await _answer_of(sock) in _RECORDS
    except (OSError, UnicodeError):  # a time-out is an OSError, too
        return False
    finally:
        if sock is not None:
            sock.close()


async def _answer_of(sock: socket.socket) -> bytes:
    """As much of what the peer says to a handshake's first message as tells what it speaks."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, _client_hello())
    answer = b""
    while len(answer) < _TOLD_BY and (piece := await loop.sock_recv(sock, _TOLD_BY - len(answer))):
        answer += piece
    return answer


def _client_hello() -> bytes:
    """The first message of a handshake with anybody; the certificate never comes to be looked at."""
    context = ssl.create_default_context()
    context.check_hostname = False
    sent = ssl.MemoryBIO()
    handshake = context.wrap_bio(ssl.MemoryBIO(), sent)
    with contextlib.suppress(ssl.SSLWantReadError):
        handshake.do_handshake()
    return sent.read()
