"""How the bytes of a socket get here: read by asyncio, or where the kernel stamps them in rounds."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from typing import cast

from gatewayz.client.rounds import Rounds
from gatewayz.client.stamps import BY_KERNEL, BY_PROCESS, StampedSocket

# What follows the read before so soon comes too fast to be read in rounds with pauses.
_QUICK_S = 0.004


class Listening(asyncio.BufferedProtocol, ABC):
    """The lower half of a connection: stamps what is read, and gives it to `received`.

    `buffer` is what bytes are read into, and `stamped` the socket below where the kernel tells when they
    came. `stamp` is the moment of the last read; before the first one, of the request.
    """

    def __init__(self, buffer: memoryview, stamped: StampedSocket | None) -> None:
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self.stamp = 0.0
        self._buffer = buffer
        self._stamped = stamped
        self._rounds: Rounds | None = None
        self._number = -1
        self._beneath: asyncio.Transport | None = None
        self._decipher: asyncio.BufferedProtocol | None = None
        self.broken: OSError | None = None

    @abstractmethod
    def received(self, nbytes: int) -> None:
        """Takes so many bytes, which are in the buffer."""

    @property
    @abstractmethod
    def is_patient(self) -> bool:
        """Whether what comes is in no haste."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio has it."""
        self.transport = cast("asyncio.Transport", transport)

    def secured(self, transport: asyncio.Transport) -> None:
        """From now on this is spoken through a transport of TLS, above the one there was."""
        self._beneath = self.transport
        self.transport = transport

    def read_in(self, rounds: Rounds) -> None:
        """From now on the stamped socket is read in rounds, and no longer by asyncio."""
        if self.closed or self._stamped is None or self.transport is None:
            return
        if self._beneath is None:
            self._beneath = self.transport
        else:
            self._decipher = cast("asyncio.BufferedProtocol", self._beneath.get_protocol())
        self._rounds, self._number = rounds, self._stamped.fileno()
        self._beneath.pause_reading()
        self.listen()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's name
        """As asyncio has it."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """As asyncio has it: so many bytes were read, or deciphered."""
        stamped = self._stamped
        self.stamp = time.monotonic() if stamped is None else stamped.came(self.stamp)
        self.received(nbytes)

    def read_in_round(self, now: float, wall_ns: int) -> bool:
        """Reads the socket, as asyncio does elsewhere; whether what came may wait for the next time."""
        stamped, before, decipher = cast("StampedSocket", self._stamped), self.stamp, self._decipher
        try:
            if decipher is None:
                nbytes, self.stamp = stamped.receive(self._buffer, before, now, wall_ns)
            else:
                nbytes = stamped.recv_into(decipher.get_buffer(-1))
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            self.broken = error
            self.shut()
            return False
        if not nbytes:
            # The end is asyncio's to see.
            self._leave_rounds()
            if self._beneath is not None:
                self._beneath.resume_reading()
            return False
        if decipher is None:
            self.received(nbytes)
        else:
            decipher.buffer_updated(nbytes)  # what it deciphers it hands to `buffer_updated`
        return self.stamp - before > _QUICK_S and self.is_patient

    def listen(self) -> None:
        """Has what comes be read."""
        if self._rounds is not None:
            self._rounds.add(self._number, self.read_in_round)
        elif self.transport is not None:
            self.transport.resume_reading()

    def deafen(self) -> None:
        """Has what comes wait in the kernel."""
        if self._rounds is None and self.transport is not None:
            self.transport.pause_reading()
        self._leave_rounds()

    def shut(self) -> None:
        """Closes the socket at once, without waiting for the peer."""
        self.closed = True
        self._leave_rounds()
        if self.transport is not None:
            self.transport.abort()

    def let_go(self) -> None:
        """Listens no more, and lets go of who listened, who holds this in turn."""
        self._leave_rounds()
        self._beneath = self._decipher = None

    def _leave_rounds(self) -> None:
        if self._rounds is not None:
            self._rounds.drop(self._number, self.read_in_round)

    @property
    def stamped_by(self) -> str:
        """Whose clock stamped this answer: "kernel" where all of it was, else "process"."""
        stamped = self._stamped
        return BY_KERNEL if stamped is not None and stamped.by_kernel else BY_PROCESS
