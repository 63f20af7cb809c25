"""What is counted for a key, or for a whole server: by one process alone, or by several together.

Several share a file without a name, mapped into each: the kernel keeps it for as long as one of them
lives, and it leaves nothing behind. docs/design/workers.md says why.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from gatewayz.server.window import WINDOW_BYTES, WORD_BYTES, Window


class Running:
    """How many are under way. Each worker counts its own, so that what a dead one had is known.

    Only `begin` of several workers needs a lock, and only where what it decides must be exact.
    """

    def __init__(self, counts: memoryview, worker: int) -> None:
        self._counts = counts.cast("q")
        self._worker = worker

    @property
    def total(self) -> int:
        """Those of all workers."""
        return sum(self._counts)

    def begin(self) -> None:
        """One more."""
        self._counts[self._worker] += 1

    def end(self) -> None:
        """One less."""
        self._counts[self._worker] -= 1

    def bury(self, worker: int) -> None:
        """None of those that a worker had are under way any more."""
        self._counts[worker] = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The memory of one key's counts: what is under way, and of each window; and its lock."""

    running: Running
    windows: tuple[memoryview, ...]
    lock: AbstractContextManager[object]


class Accounts(Protocol):
    """Where accounts are; `account` gives every worker the same one for the same name."""

    def account(self, name: str, *, windows: int = 0) -> Account:
        """The account of that name, with nothing in it at first."""
        ...


class OwnAccounts:
    """Accounts of one process: each is a new one, and gone with whoever holds it."""

    def account(self, name: str, *, windows: int = 0) -> Account:  # noqa: ARG002 -- nobody else asks
        """A new account."""
        size = _size(1, windows)
        return _account(memoryview(mmap.mmap(-1, size))[:size], 1, 0, windows, threading.Lock())


# Of each account in the file: the digest of its name, its whole size, how many windows it has.
_DIGEST_BYTES: Final = 32
_HEAD_BYTES: Final = _DIGEST_BYTES + 2 * WORD_BYTES
# What stands before the first account. Its first byte's lock is the file's own.
_START: Final = 64
_FIRST_SIZE: Final = 1 << 20


class SharedAccounts:
    """Accounts of `workers` processes: made before they are forked, and handed down to them.

    `worker` is whose counts this process writes. Accounts stand in the file one after the other; it
    grows, and none is ever moved or taken out.
    """

    def __init__(self, workers: int, worker: int = 0) -> None:
        self._workers = workers
        self.worker = worker
        self._file = nameless_file()
        # Earlier maps stay for those who look through them; the last one shows the whole file.
        self._memory = memoryview(b"")
        self._found: dict[bytes, tuple[int, int]] = {}
        self._end = _START

    def account(self, name: str, *, windows: int = 0) -> Account:
        """The account of that name, for this worker to write."""
        digest = sha256(name.encode()).digest()
        with self._locked(0):
            self._look()
            if digest not in self._found:
                self._add(digest, windows)
        return self._at(*self._found[digest])

    def bury(self, worker: int) -> None:
        """Takes back what a worker left that has died, whatever it was just doing."""
        with self._locked(0):
            self._look()
        for place, windows in self._found.values():
            account = self._at(place, windows)
            with account.lock:
                account.running.bury(worker)
                for memory in account.windows:
                    Window(0, memory).mend()

    def _look(self) -> None:
        """Finds the accounts that others have added."""
        while True:
            self._reach(self._end + _HEAD_BYTES)
            head = self._memory[self._end : self._end + _HEAD_BYTES]
            size, windows = head[_DIGEST_BYTES:].cast("q")
            if not size:
                return
            self._found[bytes(head[:_DIGEST_BYTES])] = (self._end + _HEAD_BYTES, windows)
            self._end += size

    def _add(self, digest: bytes, windows: int) -> None:
        size = _HEAD_BYTES + _size(self._workers, windows)
        self._reach(self._end + size + _HEAD_BYTES)
        head = self._memory[self._end : self._end + _HEAD_BYTES]
        head[:_DIGEST_BYTES] = digest
        numbers = head[_DIGEST_BYTES:].cast("q")
        numbers[1] = windows
        numbers[0] = size  # the last: from now on it is there
        self._found[digest] = (self._end + _HEAD_BYTES, windows)
        self._end += size

    def _reach(self, end: int) -> None:
        """Sees to it that the file goes up to there, and that this process sees all of it."""
        if end <= len(self._memory):
            return
        size = os.fstat(self._file).st_size
        if size < end:
            size = max(_FIRST_SIZE, 2 * size, end)
            os.ftruncate(self._file, size)
        self._memory = memoryview(mmap.mmap(self._file, size))

    def _at(self, place: int, windows: int) -> Account:
        memory = self._memory[place : place + _size(self._workers, windows)]
        return _account(memory, self._workers, self.worker, windows, self._locked(place))

    def _locked(self, place: int) -> AbstractContextManager[object]:
        return _ByteLock(self._file, place)


class _ByteLock:
    """A lock on one byte of a file. The kernel lets go of it when its holder dies, however."""

    __slots__ = ("_byte", "_file")

    def __init__(self, file: int, byte: int) -> None:
        self._file = file
        self._byte = byte

    def __enter__(self) -> None:
        _lockf(self._file, _EXCLUSIVE, 1, self._byte)

    def __exit__(self, *_: object) -> None:
        _lockf(self._file, _UNLOCK, 1, self._byte)


def _size(workers: int, windows: int) -> int:
    return workers * WORD_BYTES + windows * WINDOW_BYTES


def _account(
    memory: memoryview,
    workers: int,
    worker: int,
    windows: int,
    lock: AbstractContextManager[object],
) -> Account:
    counts = workers * WORD_BYTES
    starts = range(counts, counts + windows * WINDOW_BYTES, WINDOW_BYTES)
    return Account(
        Running(memory[:counts], worker),
        tuple(memory[start : start + WINDOW_BYTES] for start in starts),
        lock,
    )


def nameless_file() -> int:
    """A file that only those can open to whom this handle is handed down; gone with the last."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("gatewayz")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


try:
    from fcntl import LOCK_EX as _EXCLUSIVE
    from fcntl import LOCK_UN as _UNLOCK
    from fcntl import lockf as _lockf
except ImportError:  # Windows, where no server has several workers
    pass
