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

from gatewayz.server.window import Memory, Window, words_of_window


class Running:
    """How many are under way. Each worker counts its own, so that what a dead one had is known.

    Only `begin` of several workers needs a lock, and only where what it decides must be exact.
    """

    def __init__(self, counts: list[int] | memoryview, worker: int) -> None:
        self._counts = counts
        self._worker = worker

    @property
    def total(self) -> int:
        """Those of all workers."""
        return sum(self._counts)

    @property
    def has_more_than_another(self) -> bool:
        """Whether this worker has more than the one with the fewest."""
        return self._counts[self._worker] > min(self._counts)

    @property
    def own(self) -> int:
        """Those of this worker."""
        return self._counts[self._worker]

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
    """The memory of one key's counts: what is under way, and of a window for each limit; and a lock."""

    running: Running
    windows: tuple[Memory, ...]
    lock: AbstractContextManager[object]


class Accounts(Protocol):
    """Where accounts are; every worker gets the same one for the same name and limits."""

    def account(self, name: str, limits: tuple[int, ...] = ()) -> Account:
        """The account of that name, with nothing in it at first; `limits` are those of windows."""
        ...

    def is_known(self, name: str) -> bool:
        """Whether an account of that name, without limits, was ever asked for by any worker."""
        ...


class OwnAccounts:
    """Accounts of one process: each is a new one, and gone with whoever holds it."""

    def account(self, name: str, limits: tuple[int, ...] = ()) -> Account:  # noqa: ARG002 -- nobody else asks
        """A new account."""
        return Account(Running([0], 0), tuple(map(Memory.own, limits)), threading.Lock())

    def is_known(self, name: str) -> bool:  # noqa: ARG002 -- there is no other worker
        """No: whoever asked for one has it."""
        return False


# Of each account in the file: the digest of its name, and its whole size (bytes); then the running count
# of each worker, and its windows.
_WORD: Final = 8
_DIGEST: Final = 32
_HEAD: Final = _DIGEST + _WORD
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
        self._found: dict[bytes, int] = {}
        self._end = _START

    def account(self, name: str, limits: tuple[int, ...] = ()) -> Account:
        """The account of that name, for this worker to write."""
        digest = _digest(name, limits)
        with _ByteLock(self._file, 0):
            self._look()
            if digest not in self._found:
                self._add(digest, limits)
        return self._at(self._found[digest])

    def is_known(self, name: str) -> bool:
        """Whether any worker, also one that has died, ever asked for an account of that name."""
        with _ByteLock(self._file, 0):
            self._look()
        return _digest(name, ()) in self._found

    def bury(self, worker: int) -> None:
        """Takes back what a worker left that has died, whatever it was just doing."""
        with _ByteLock(self._file, 0):
            self._look()
        for place in self._found.values():
            account = self._at(place)
            with account.lock:
                account.running.bury(worker)
                for memory in account.windows:
                    Window(0, memory).mend()

    def _look(self) -> None:
        """Finds the accounts that others have added."""
        while True:
            self._reach(self._end + _HEAD)
            digest = bytes(self._memory[self._end : self._end + _DIGEST])
            (size,) = self._ints(self._end + _DIGEST, 1)
            if not size:
                return
            self._found[digest] = self._end
            self._end += size

    def _add(self, digest: bytes, limits: tuple[int, ...]) -> None:
        windows = [words_of_window(limit) for limit in limits]
        # Each window's length stands before it, and a zero behind the last.
        size = _HEAD + _WORD * (self._workers + sum(windows) + len(windows) + 1)
        self._reach(self._end + size + _HEAD)
        self._memory[self._end : self._end + _DIGEST] = digest
        place = self._end + _HEAD + _WORD * self._workers
        for words in windows:
            self._ints(place, 1)[0] = words
            place += _WORD * (1 + words)
        self._ints(self._end + _DIGEST, 1)[0] = size  # the last: from now on it is there
        self._found[digest] = self._end
        self._end += size

    def _at(self, start: int) -> Account:
        place = start + _HEAD
        running = Running(self._ints(place, self._workers), self.worker)
        place += _WORD * self._workers
        windows = []
        while words := self._ints(place, 1)[0]:
            ints = self._ints(place + _WORD, words)
            windows.append(Memory(ints, ints.cast("B").cast("d")))
            place += _WORD * (1 + words)
        return Account(running, tuple(windows), _ByteLock(self._file, start))

    def _ints(self, place: int, count: int) -> memoryview:
        return self._memory[place : place + _WORD * count].cast("q")

    def _reach(self, end: int) -> None:
        """Sees to it that the file goes up to there, and that this process sees all of it."""
        if end <= len(self._memory):
            return
        size = os.fstat(self._file).st_size
        if size < end:
            size = max(_FIRST_SIZE, 2 * size, end)
            os.ftruncate(self._file, size)
        self._memory = memoryview(mmap.mmap(self._file, size))


def _digest(name: str, limits: tuple[int, ...]) -> bytes:
    return sha256(f"{name} {limits}".encode()).digest()


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
