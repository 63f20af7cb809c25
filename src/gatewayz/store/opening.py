"""Opening a store: looked at before it is touched, then brought to this version's schema."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from gatewayz.core import ConfigError
from gatewayz.store import sqlite_file
from gatewayz.store.faults import told_plainly
from gatewayz.store.locks import Lock, hold
from gatewayz.store.migrations import MIGRATIONS, bring_up, refuse_newer, version_of
from gatewayz.store.place import Place

WAIT_S = 10.0


def open_engine(place: Place, cache_kib: int = sqlite_file.CACHE_KIB) -> Engine:
    """A connected engine whose database is at this version's schema.

    Of a file up to `cache_kib` KiB are kept in memory.
    Raises: StoreError.
    """
    with told_plainly(place):
        if place.file is None:
            return _postgresql(place)
        sqlite_file.prepare(place.file)
        file = place.file
        engine = sqlite_file.engine(file, WAIT_S, cache_kib)
        try:
            _when_free(lambda: _bring_file_up(engine, file, place.shown))
        except BaseException:
            engine.dispose()
            raise
        return engine


def _bring_file_up(engine: Engine, file: Path, shown: str) -> None:
    with engine.connect() as connection:
        sqlite_file.look_over(connection, file, shown)
        version = version_of(connection)
    # Refused before the first statement that could write: a newer store stays byte for byte.
    refuse_newer(version, shown, MIGRATIONS)
    if version == len(MIGRATIONS):
        return
    sqlite_file.write_ahead(engine)
    with sqlite_file.writing(engine) as connection:
        # Read again: another process may have brought it up in between.
        version = version_of(connection)
        if 0 < version < len(MIGRATIONS):
            sqlite_file.keep_copy(engine, file, version)
        bring_up(connection, shown, MIGRATIONS)


def _postgresql(place: Place) -> Engine:
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError("a PostgreSQL store needs its driver: pip install 'gatewayz[postgresql]'")
    engine = create_engine(
        place.url, pool_pre_ping=True, connect_args={"connect_timeout": int(WAIT_S)}
    )
    try:
        with engine.begin() as connection:
            hold(connection, Lock.MIGRATING)
            bring_up(connection, place.shown, MIGRATIONS)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _when_free(step: Callable[[], None]) -> None:
    """Runs the step, again while another process is at the same one.

    SQLite's own wait does not cover the switch to write-ahead logging.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            step()
            return
        except OperationalError as wrong:
            busy = "locked" in str(wrong.orig)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
