"""One store's database: where it is, and the way to read and to write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from gatewayz.store import sqlite_file
from gatewayz.store.faults import told_plainly
from gatewayz.store.place import Place


class Session:
    """What the parts of a store share. Each fault is raised as StoreError, one line with its remedy."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._place = place
        self._inode = place.inode()

    @property
    def is_replaced(self) -> bool:
        """Whether another file than the one that was opened lies there by now, or none."""
        return self._place.inode() != self._inode

    @property
    def where(self) -> str:
        """The path or URL for people, without a password."""
        return self._place.shown

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: what was written is on the disk at its end, or nothing of it."""
        with (
            told_plainly(self._place),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read by."""
        with told_plainly(self._place), self._engine.connect() as connection:
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
        with told_plainly(self._place):
            sqlite_file.compact(self._engine)
        return True

    def close(self) -> None:
        """Lets go of the database."""
        self._engine.dispose()
