"""A SQLite store as a file: made private, looked over, copied before it is migrated."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text

from gatewayz.core import StoreError
from gatewayz.store.rows import damaged

_MAGIC = b"SQLite format 3\x00"

# The full structure check reads every page; beyond this size only the header is looked at.
_CHECKED_BYTES = 64 * 1024 * 1024

# This process's own connections to each file, and the right to count them or to open one by hand.
_connections: Counter[str] = Counter()
_reading = threading.Lock()


def prepare(file: Path, shown: str) -> None:
    """Makes the folder and an empty private file when they are not there; else reads the header.

    Raises: StoreError for a file that is no database, or was cut; OSError.
    """
    if not file.parent.is_dir():
        file.parent.mkdir(mode=0o700, parents=True)
    try:
        # SQLite gives the journal beside it the same mode.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        _check_header(file, shown)


def _check_header(file: Path, shown: str) -> None:
    """Source: https://sqlite.org/fileformat2.html, "The Database Header".

    Where this process has the file open already it is left alone: it was looked over then, and to
    close it would take away the locks of those who use it, behind whose back another process could
    throw away what they have just written (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    with _reading:
        if _connections[_real(file)]:
            return
        with file.open("rb") as opened:
            header = opened.read(100)
            size = opened.seek(0, os.SEEK_END)
    if not header:
        return  # an empty file is an empty database
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise StoreError(damaged(shown, "it is not a SQLite database"))
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    pages = int.from_bytes(header[28:32], "big")
    # The page count holds only when both change counters agree.
    counted = header[24:28] == header[92:96]
    if counted and size < page * pages and not _has_journal(file):
        raise StoreError(damaged(shown, f"it ends after {size} of {page * pages} bytes"))


def _real(file: Path) -> str:
    return os.path.realpath(file)


def _has_journal(file: Path) -> bool:
    wal = file.with_name(file.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def engine(file: Path, wait_s: float) -> Engine:
    """An engine for the file; nothing is read or written yet."""
    made = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": wait_s})

    @event.listens_for(made, "connect")
    def connected(raw: Any, _record: object) -> None:
        # Before its first lock is taken.
        with _reading:
            _connections[_real(file)] += 1
        # The driver's own idea of when a transaction begins is too late for "IMMEDIATE".
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = FULL")

    @event.listens_for(made, "close")
    def closed(_raw: Any, _record: object) -> None:
        with _reading:
            _connections[_real(file)] -= 1

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


def look_over(connection: Connection, file: Path, shown: str) -> None:
    """Raises StoreError when the file's structure is damaged; repairs nothing."""
    if file.stat().st_size > _CHECKED_BYTES:
        return
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found != "ok":
        raise StoreError(damaged(shown, str(found).splitlines()[-1]))
    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        raise StoreError(damaged(shown, "results without their run"))


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
