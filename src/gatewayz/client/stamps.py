"""When bytes came: by the kernel's own clock where it tells, else by the moment they were read.

Linux stamps a packet when it arrives (SO_TIMESTAMPNS, socket(7)), so a loop that is busy with other
answers does not make this one look slow. What waits longer is put together: one read has one stamp,
and it is the last packet's.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

# As `both_clocks`.
Clocks = Callable[[], tuple[float, int]]

BY_KERNEL, BY_PROCESS = "kernel", "process"

# From Linux' asm-generic/socket.h; Python has no name for it. The same number names the message.
_SO_TIMESTAMPNS = 35
# A `struct timespec`: whole seconds of the wall clock and nanoseconds.
_TIMESPEC = struct.Struct("@ll")
_ROOM = socket.CMSG_SPACE(_TIMESPEC.size) if hasattr(socket, "CMSG_SPACE") else 0
# Names of this module are found the quickest, and a stamp is taken with every read.
_LEVEL, _SIZE, _timespec = socket.SOL_SOCKET, _TIMESPEC.size, _TIMESPEC.unpack
_monotonic, _wall_ns = time.monotonic, time.time_ns
# Two clocks are read one after the other: so far one stamp may be off. Where that took longer, we were
# put aside in between.
_AT_ONCE_S = 5e-6
_TRIES = 3

_Told = Iterable[tuple[int, int, bytes]]


class StampedSocket(socket.socket):
    """A TCP socket that knows when the bytes it read last came.

    asyncio's transports read by `recv_into`, beneath TLS too. A loop that reads by other means (uvloop)
    leaves no stamps, and `came` then gives the moment it is asked.
    """

    _told: _Told = ()
    by_kernel = True

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """As socket.recv_into, and notes what the kernel says of the time."""
        room = memoryview(buffer)[:nbytes] if nbytes else buffer
        count, self._told, _, _ = self.recvmsg_into((room,), _ROOM, flags)
        return count

    def receive(
        self, buffer: memoryview, earliest: float, now: float, wall_ns: int
    ) -> tuple[int, float]:
        """Reads; how many bytes, and when they came, as `came` tells it. At the end (0 bytes) nothing came.

        `now` and `wall_ns` are what both clocks showed a moment ago, for many reads one after the other.
        """
        count, self._told, _, _ = self.recvmsg_into((buffer,), _ROOM)
        for level, kind, value in self._told:
            if level == _LEVEL and kind == _SO_TIMESTAMPNS and len(value) == _SIZE:
                seconds, nanoseconds = _timespec(value)
                moment = now - (wall_ns - seconds * 1_000_000_000 - nanoseconds) * 1e-9
                if earliest <= moment <= now:
                    return count, moment
        # Nearly always something that came since.
        return count, self.came(earliest) if count else earliest

    def begin(self) -> None:
        """What is read from now on belongs to another answer."""
        self.by_kernel = True
        self._told = ()

    def came(self, earliest: float, clocks: Clocks | None = None) -> float:
        """When the bytes that were read last came, in seconds of the monotonic clock.

        Never before `earliest`, the moment of the request or of the read before, and never after now:
        a stamp outside of that says that the wall clock was set. Where there is no good one it
        is now, and `by_kernel` turns False.
        """
        now, wall_ns = (clocks or both_clocks)()
        for level, kind, value in self._told:
            if level == _LEVEL and kind == _SO_TIMESTAMPNS and len(value) == _SIZE:
                seconds, nanoseconds = _timespec(value)
                moment = now - (wall_ns - seconds * 1_000_000_000 - nanoseconds) * 1e-9
                if earliest - _AT_ONCE_S <= moment <= now:
                    return moment if moment > earliest else earliest
        self.by_kernel = False
        return now


def stamping(sock: StampedSocket) -> bool:
    """Turns the kernel's stamps on; False where there are none."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    return True


class KeptOn:
    """Has the kernel stamp while this lives.

    It begins a moment after the first socket has asked for it and ends with the last one (net/core/dev.c,
    `net_enable_timestamp`): the answer to a first or a lone connection would come unstamped.
    """

    def __init__(self) -> None:
        self._socket = StampedSocket(socket.AF_INET, socket.SOCK_DGRAM)
        stamping(self._socket)

    def __del__(self) -> None:
        self._socket.close()


def kernel_may_stamp() -> bool:
    """Whether this is a system whose kernel can tell when bytes came."""
    return sys.platform == "linux"


def both_clocks() -> tuple[float, int]:
    """The monotonic clock in seconds, and at that moment the wall clock in nanoseconds.

    Read afresh each time, so that a wall clock that was set since does no harm; and once more where
    too much time went by between the two.
    """
    before, wall_ns, after = _monotonic(), _wall_ns(), _monotonic()
    for _ in range(_TRIES):
        if after - before < _AT_ONCE_S:
            break
        before, wall_ns, after = _monotonic(), _wall_ns(), _monotonic()
    return (before + after) / 2, wall_ns
