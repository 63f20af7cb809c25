"""What the other end of a connection has not taken yet, as far as the kernel tells."""

from __future__ import annotations

import asyncio
import struct
import sys

_INT = struct.Struct("i")


def untaken(transport: asyncio.BaseTransport) -> int:
    """The bytes that the kernel holds of what was written, until the other end has acknowledged them.

    It takes megabytes for one who does not read. 0 where it tells nothing.
    """
    sock = transport.get_extra_info("socket")
    if sys.platform != "linux" or sock is None:
        return 0
    import fcntl
    import termios

    try:
        # SIOCOUTQ of tcp(7), which has the same number.
        told = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(_INT.size))
    except (OSError, ValueError):  # it has just ended
        return 0
    waiting: int = _INT.unpack(told)[0]
    return waiting
