"""Opening a store: looked at before it is touched, then brought to this version's schema."""

from __future__ import annotations

import importlib.util
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from gatewayz.core import ConfigError, StoreError
from gatewayz.store import sqlite_file
from gatewayz.store.faults import told_plainly
from gatewayz.store.locks import Lock, hold
from gatewayz.store.migrations import MIGRATIONS, bring_up, refuse_newer, version_of
from gatewayz.store.place import Place

# So long is waited for what another holds, and for a machine from which nothing comes back.
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
    url = make_url(place.url)
    ours = {name: wait for name, wait in _waits().items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, connect_args=ours)

    # Ahead of SQLAlchemy's own first look, which stumbles over texts that come as bytes.
    @event.listens_for(engine, "connect", insert=True)
    def connected(raw: Any, _record: object) -> None:
        encoding = raw.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                f"the store {place.shown} is a database in {encoding}, which cannot hold what models are"
                " called and say; make one with: CREATE DATABASE gatewayz ENCODING 'UTF8' TEMPLATE template0"
            )
        raw.execute(f"SET lock_timeout = {int(WAIT_S * 1000)}")
        raw.commit()

    try:
        with engine.begin() as connection:
            # Who brings it up may take minutes, and nothing can be done before.
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            hold(connection, Lock.MIGRATING)
            bring_up(connection, place.shown, MIGRATIONS)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _waits() -> dict[str, int]:
    """How long libpq waits for a server to be reached, and for its machine to take what is sent."""
    return {
        "connect_timeout": int(WAIT_S),
        "tcp_user_timeout": int(WAIT_S * 1000),
        # Where nothing is sent, since an answer is waited for, the machine is asked by TCP itself.
        "keepalives_idle": int(WAIT_S / 2),
        "keepalives_interval": int(WAIT_S / 4),
        "keepalives_count": 2,
    }


def _when_free(step: Callable[[], None]) -> None:
    """Runs the step, again while another process is at the same one.

    SQLite's own wait does not cover the switch to write-ahead logging.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            step()
            return
        except (OperationalError, sqlite3.OperationalError) as wrong:
            # That switch is asked of the driver itself, and told by its own error.
            busy = "locked" in str(getattr(wrong, "orig", wrong))
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
