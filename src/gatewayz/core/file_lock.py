"""A lock between processes that inherit it, which the kernel lets go of when its holder dies."""

from __future__ import annotations

import os
import tempfile
import weakref


class FileLock:
    """On a file that has no name; made before the processes are forked. Not between threads."""

    def __init__(self) -> None:
        from fcntl import LOCK_EX, LOCK_UN, lockf  # where processes fork, it is there

        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        self._lock, self._how, self._free = lockf, LOCK_EX, LOCK_UN
        weakref.finalize(self, os.close, self._file)

    def __enter__(self) -> None:
        self._lock(self._file, self._how)

    def __exit__(self, *_: object) -> None:
        self._lock(self._file, self._free)
