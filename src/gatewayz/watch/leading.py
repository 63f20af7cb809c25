"""One leader for each store: who may watch, who stands by, and how one takes over.

A leader moves its lease's beat on. Who stands by takes over once the beat has stood still for the
lease's length by its own monotonic clock: no clocks are compared, so none can be wrong. Each new
leader has a higher token, and what an older one still tries to write is refused by the store.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gatewayz.core.watching import Lease

LEASE_S = 20.0
BEAT_S = 5.0


class LeaseRoom(Protocol):
    """Where the lease is kept; each method is one transaction. Raises: StoreError."""

    def lease(self) -> Lease | None:
        """The lease as it stands; None when nobody ever watched."""
        ...

    def take(self, holder: str, seen: Lease | None, at: datetime) -> Lease | None:
        """Takes the lease if it still is what was seen; None when it is not."""
        ...

    def beat(self, lease: Lease, at: datetime) -> Lease:
        """The lease with its beat moved on. Raises: LostLease."""
        ...

    def release(self, lease: Lease, at: datetime) -> None:
        """Lets go of it, unless it is another's by now."""
        ...


@dataclass(slots=True)
class Claim:
    """One watcher's way to the lease. `clock` is monotonic, in seconds."""

    room: LeaseRoom
    holder: str
    clock: Callable[[], float]
    now: Callable[[], datetime]
    length_s: float = LEASE_S
    _seen: Lease | None = None
    _since: float = 0.0
    _own: Lease | None = None

    def attempt(self) -> Lease | None:
        """The lease when it is ours now; None while another watcher is alive, or may be."""
        seen = self.room.lease()
        if seen is None or not seen.holder or self._is_own(seen) or _is_gone(seen.holder):
            return self._taken(seen)
        if self._seen is None or (seen.token, seen.beat) != (self._seen.token, self._seen.beat):
            self._seen, self._since = seen, self.clock()
            return None
        if self.clock() - self._since < self.length_s:
            return None
        return self._taken(seen)

    def _is_own(self, seen: Lease) -> bool:
        """Whether it is the one that was taken here, and could not be let go of, since the store was away."""
        own = self._own
        return own is not None and (seen.holder, seen.token) == (own.holder, own.token)

    def _taken(self, seen: Lease | None) -> Lease | None:
        self._own = self.room.take(self.holder, seen, self.now())
        return self._own

    @property
    def leader(self) -> str:
        """Who leads, as far as it is known here."""
        return told(self._seen.holder) if self._seen is not None else ""


def this_process() -> str:
    """The name of this process as a holder: host, process, and where processes have that number."""
    return f"{socket.gethostname()} {os.getpid()} {_world()}"


def told(holder: str) -> str:
    """A holder for people: "process 4711 on myhost"."""
    host, _, rest = holder.partition(" ")
    return f"process {rest.split(' ')[0]} on {host}" if rest else holder


def _world() -> str:
    """What makes a process number mean one process: this boot, and this space of processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _is_gone(holder: str) -> bool:
    """Whether a holder is known to have ended: only where it ran in our own space of processes."""
    _, pid, world = (*holder.split(" "), "", "")[:3]
    if not world or world != _world() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
