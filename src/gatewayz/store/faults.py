"""A database's own errors as one line with a remedy."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from gatewayz.core import GatewayzError, StoreError
from gatewayz.core.text import visible
from gatewayz.store.place import Place
from gatewayz.store.rows import damaged

_HELD = "another process held it for too long; try again when that is done"
_ELSEWHERE = "set GATEWAYZ_STORE to another place"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOCK_NOT_AVAILABLE = "55P03"
# SQLite's primary result codes (the low byte): https://sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room, or " + _ELSEWHERE,
    sqlite3.SQLITE_IOERR: (
        "reading or writing failed; check the disk's space, a file-size limit and its health, or "
        + _ELSEWHERE
    ),
    sqlite3.SQLITE_READONLY: "it may not be written; give yourself the right, or " + _ELSEWHERE,
    sqlite3.SQLITE_PERM: "it may not be opened; give yourself the right, or " + _ELSEWHERE,
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened; check that its folder exists and may be written, or " + _ELSEWHERE
    ),
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
}


@contextmanager
def told_plainly(place: Place) -> Iterator[None]:
    """Turns whatever the database or the file system raises into a StoreError of one line."""
    try:
        yield
    except GatewayzError:
        raise
    except SQLAlchemyError as wrong:
        raise StoreError(_of_database(place, wrong)) from wrong
    except sqlite3.Error as wrong:
        raise StoreError(_of_sqlite(place, wrong)) from wrong
    except OSError as wrong:
        raise StoreError(_of_file(place, wrong)) from wrong
    except (ValueError, TypeError, KeyError) as wrong:
        # Rows that pass their checksum and still are no nouns: another program wrote them.
        raise StoreError(damaged(place.shown, one_line(wrong))) from wrong


def one_line(wrong: BaseException) -> str:
    """An exception's first line, safe to print."""
    lines = str(wrong).strip().splitlines()
    return visible(lines[0] if lines else type(wrong).__name__)[:200]


def _of_database(place: Place, wrong: SQLAlchemyError) -> str:
    if isinstance(wrong, IntegrityError):
        return (
            f"the store {place.shown} does not take this ({one_line(wrong.orig or wrong)}): there is "
            "one of this name already, or what it belongs to is not there"
        )
    original = wrong.orig if isinstance(wrong, DBAPIError) else None
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(place, original)
    if getattr(original, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        return f"the store {place.shown}: {_HELD} ({one_line(original or wrong)})"
    return (
        f"the store {place.shown} cannot be used: {one_line(original or wrong)}; check that the "
        "server runs, and the address and rights in GATEWAYZ_STORE"
    )


def _of_sqlite(place: Place, wrong: sqlite3.Error) -> str:
    code = getattr(wrong, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_NOTADB:
        return damaged(place.shown, "it is not a SQLite database")
    if primary == sqlite3.SQLITE_CORRUPT:
        return damaged(place.shown, one_line(wrong))
    remedy = _SQLITE.get(primary) if primary is not None else None
    detail = f" ({one_line(wrong)})"
    return f"the store {place.shown}: {remedy or 'it cannot be used; ' + _ELSEWHERE}{detail}"


def _of_file(place: Place, wrong: OSError) -> str:
    if wrong.errno in _FULL:
        remedy = _SQLITE[sqlite3.SQLITE_FULL]
    elif wrong.errno in _DENIED:
        remedy = _SQLITE[sqlite3.SQLITE_READONLY]
    else:
        remedy = _SQLITE[sqlite3.SQLITE_CANTOPEN]
    return f"the store {place.shown}: {remedy} ({wrong.strerror or one_line(wrong)})"
