"""A SQLite store as a file: made private, looked over, copied before it is migrated."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from gatewayz.core import StoreError
from gatewayz.store.rows import damaged

# The full check reads every page and index; beyond this size only the file's length is looked at.
_CHECKED_BYTES = 64 * 1024 * 1024
# At most so many KiB of pages, as they come to be used: with the 2 MiB that are usual, the indexes of a
# large store are read again and again while results are written.
CACHE_KIB = 32_000
# For who writes row behind row, or reads a few: more than that would be held for nothing, for as long as
# a server runs.
SMALL_CACHE_KIB = 2_000


def prepare(file: Path) -> None:
    """Makes the folder and an empty private file when they are not there.

    A file that is there is not opened but by SQLite: whoever closes it lets go of all locks that
    this process has on it (https://sqlite.org/howtocorrupt.html, 2.2), those of a store that is open
    elsewhere in it too, and two processes then write at once.
    Raises: OSError.
    """
    if not file.parent.is_dir():
        file.parent.mkdir(mode=0o700, parents=True)
    with contextlib.suppress(FileExistsError):
        # SQLite gives the journal beside it the same mode.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def engine(file: Path, wait_s: float, cache_kib: int) -> Engine:
    """An engine for the file; nothing is read or written yet."""
    made = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": wait_s})

    @event.listens_for(made, "connect")
    def connected(raw: Any, _record: object) -> None:
        # The driver's own idea of when a transaction begins is too late for "IMMEDIATE".
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute(f"PRAGMA cache_size = -{cache_kib}")

    @event.listens_for(made, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that starts as a reader and then writes may fail at once instead of wait.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return made


@contextmanager
def writing(made: Engine) -> Iterator[Connection]:
    """A transaction that holds the right to write from its start, committed at its end."""
    with made.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def write_ahead(made: Engine) -> None:
    """Switches on write-ahead logging: readers and one writer never wait for each other.

    Where the file system cannot do it (some network folders) SQLite stays with its journal.
    """
    raw = made.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def leave_as_it_is(made: Engine) -> None:
    """Has the file stay as it is when the engine lets go of it.

    Whoever is the last to close writes the log into the file. Only an interrupt that has just come
    keeps SQLite from that (`sqlite3WalClose`); its own setting has no name in Python 3.11.
    """

    @event.listens_for(made, "close")
    def closing(raw: Any, _record: object) -> None:
        raw.interrupt()


def size_of(file: Path) -> int:
    """The bytes of a store and of its log. Raises: OSError."""
    wal = file.with_name(file.name + "-wal")
    return file.stat().st_size + (wal.stat().st_size if wal.exists() else 0)


def compact(made: Engine) -> None:
    """Writes the file anew without the pages of what was removed. Needs room for a copy meanwhile."""
    raw = made.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        # What was written anew is in the log until then, and the file as long as before.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def look_over(connection: Connection, file: Path, shown: str) -> None:
    """Raises StoreError when the file was cut or its structure is damaged; repairs nothing."""
    whole = _number(connection, "page_count") * _number(connection, "page_size")
    size = file.stat().st_size
    if size < whole and not _has_journal(file):
        raise StoreError(damaged(shown, f"it ends after {size} of {whole} bytes"))
    if size > _CHECKED_BYTES:
        return
    # The quick check does not look whether an index leads to every row: some would be read as none.
    found = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
    if found != "ok":
        raise StoreError(damaged(shown, str(found).splitlines()[-1]))
    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        raise StoreError(damaged(shown, "results without their run"))


def _number(connection: Connection, pragma: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one())


def _has_journal(file: Path) -> bool:
    wal = file.with_name(file.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def keep_copy(made: Engine, file: Path, version: int) -> Path:
    """Keeps a private copy of the store beside it, whole or not at all."""
    copy = file.with_name(f"{file.name}.v{version}")
    part = copy.with_name(copy.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    raw = made.raw_connection()
    try:
        target = sqlite3.connect(part)
        try:
            raw.driver_connection.backup(target)  # type: ignore[union-attr]
        finally:
            target.close()
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(copy)
    finally:
        raw.close()
        part.unlink(missing_ok=True)
    return copy
