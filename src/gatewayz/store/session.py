"""One store's database: where it is, and the way to read and to write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from gatewayz.core import StoreError
from gatewayz.store import sqlite_file
from gatewayz.store.faults import told_plainly
from gatewayz.store.place import Place

# What SQLite keeps beside a file while it is open: the log of what was written, and its index.
_LOGS = ("-wal", "-shm")


class Session:
    """What the parts of a store share. Each fault is raised as StoreError, one line with its remedy."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._place = place
        self._inode = place.inode()
        self._logs = {log: inode for log in _LOGS if (inode := place.inode(log)) is not None}

    @property
    def is_replaced(self) -> bool:
        """Whether another file than the one that was opened lies there by now, or none."""
        return self._place.inode() != self._inode

    @property
    def _lost_its_log(self) -> bool:
        """Whether the file that lies there is the one that was opened, and its log is not."""
        place = self._place
        return (
            any(place.inode(log) != inode for log, inode in self._logs.items())
            and not self.is_replaced
        )

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        """Raises StoreError for whatever goes wrong, and where others see nothing of what is done here.

        Who removes the log and writes over the file leaves SQLite with a log that no other process
        reads, and that belongs to what was there before. It would go on by that, and mix both.
        """
        with told_plainly(self._place):
            if self._lost_its_log:
                raise StoreError(
                    f"the store {self.where} is open here, and what lay beside it as -wal and -shm is"
                    " gone; move what is to be used into its place (mv, not cp), or start this anew"
                )
            yield

    @property
    def where(self) -> str:
        """The path or URL for people, without a password."""
        return self._place.shown

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: what was written is on the disk at its end, or nothing of it.

        Raises: StoreError also where it went into a file that was replaced or removed meanwhile: it has
        to be written again, to what lies there now.
        """
        with self._told_plainly():
            with (
                self._engine.connect().execution_options(writes=True) as connection,
                connection.begin(),
            ):
                yield connection
            if self.is_replaced:
                raise StoreError(
                    f"the store {self.where} was replaced or removed while it was open here, and what was"
                    " just written is in the one that lay there before; leave it there until this has ended"
                )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read by."""
        with self._told_plainly(), self._engine.connect() as connection:
            yield connection

    def size(self) -> int | None:
        """The bytes of a SQLite file and its log; None for another database."""
        if self._place.file is None:
            return None
        with told_plainly(self._place):
            return sqlite_file.size_of(self._place.file)

    def compact(self) -> bool:
        """Writes a SQLite file anew without its empty pages; False for another database."""
        if self._place.file is None:
            return False
        with self._told_plainly():
            sqlite_file.compact(self._engine)
        return True

    def close(self) -> None:
        """Lets go of the database."""
        if self._lost_its_log:
            sqlite_file.leave_as_it_is(self._engine)
        self._engine.dispose()
