"""What a client takes of what is sent to it, and the end of one that takes nothing.

An event loop knows what it could not hand to the kernel, and the kernel takes megabytes for a client.
Whether that has any of them its acknowledgements tell. The kernel would watch over them, too, but its
limit (TCP_USER_TIMEOUT) ends clients with small buffers that read slowly and all the time: while a
window opens by less than the next packet, it counts on.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from contextlib import suppress

# unacked, acked and not yet sent: `tcp_info` of include/uapi/linux/tcp.h, since Linux 4.6.
_TCP_INFO = struct.Struct("=24xI92xQ16xI")
# Of a socket that has just been closed uvloop says that its number is negative.
_ENDED = (OSError, ValueError)
_INT = struct.Struct("i")
# Whether more is known than what the loop holds.
TELLS = sys.platform == "linux"
# `tcpi_state`, the first byte of it: of these the other end says no more (include/net/tcp_states.h).
_CLOSE, _CLOSE_WAIT = 7, 8
_AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Taking:
    """What one client takes, looked at from time to time."""

    __slots__ = ("_acked", "_buffered", "_since")

    def __init__(self) -> None:
        self._acked = self._buffered = 0
        self._since: float | None = None

    def none_since(self, transport: asyncio.WriteTransport, now: float) -> float | None:
        """The look since which it has taken nothing, `now` when it did; None while nothing waits."""
        buffered = transport.get_write_buffer_size()
        acked, in_kernel = _told_by_the_kernel(transport)
        if not (buffered or in_kernel):
            self._since = None
        elif self._since is None or acked > self._acked or buffered < self._buffered:
            self._since = now
        self._acked, self._buffered = acked, buffered
        return self._since


def _told_by_the_kernel(transport: asyncio.WriteTransport) -> tuple[int, bool]:
    """How many bytes were acknowledged in all, and whether any is yet to be; nothing where it tells nothing."""
    sock = transport.get_extra_info("socket")
    if not TELLS or sock is None:
        return 0, False
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    except _ENDED:  # it has ended, or is no TCP
        return 0, False
    if len(info) < _TCP_INFO.size:
        return 0, False
    unacked, acked, unsent = _TCP_INFO.unpack(info)
    return acked, bool(unacked or unsent)


def has_hung_up(transport: asyncio.BaseTransport) -> bool:
    """Whether the other end has closed, also where nobody reads; False where the kernel tells nothing.

    An end that stands behind more than the kernel takes unread is not told of yet.
    """
    sock = transport.get_extra_info("socket")
    if not TELLS or sock is None:
        return False
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
    except _ENDED:  # it has ended, or is no TCP
        return False
    return bool(info) and info[0] in (_CLOSE, _CLOSE_WAIT)


def waits_unread(transport: asyncio.BaseTransport) -> int:
    """The bytes that the kernel holds of what the other end has sent; 0 where it tells nothing."""
    sock = transport.get_extra_info("socket")
    if not TELLS or sock is None:
        return 0
    import fcntl
    import termios

    try:
        told = fcntl.ioctl(sock.fileno(), termios.FIONREAD, bytes(_INT.size))
    except _ENDED:
        return 0
    waiting: int = _INT.unpack(told)[0]
    return waiting


def reset(transport: asyncio.WriteTransport) -> None:
    """Ends a connection at once, so that its client hears of it and nothing waits for it any more.

    Without that the kernel would keep what it has for the client, and say nothing until it is taken.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with suppress(*_ENDED):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()
