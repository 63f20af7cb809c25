"""Runs, verdicts and catalogues, kept in SQLite, or in PostgreSQL by URL.

Importing this room is cheap: the database library is loaded when a store is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatewayz.core.exports import on_demand
from gatewayz.store.place import parse_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeVar

    from gatewayz.store.last_probes import ProbedGateway
    from gatewayz.store.lines import (
        RunLine,
        StoredCatalog,
        StoredHabits,
        StoredVerdict,
    )
    from gatewayz.store.parts import Parts
    from gatewayz.store.store import Store

    Open = TypeVar("Open", bound=Parts)
else:
    __getattr__, __dir__ = on_demand(
        __name__,
        {
            "last_probes": "ProbedGateway",
            "lines": "RunLine StoredCatalog StoredHabits StoredVerdict",
            "parts": "Parts",
            "store": "Store",
        },
    )

__all__ = [
    "Parts",
    "ProbedGateway",
    "RunLine",
    "Store",
    "StoredCatalog",
    "StoredHabits",
    "StoredVerdict",
    "holds_anything",
    "open_parts",
    "open_store",
    "open_where_it_lies",
]


def open_store(url: str | Path) -> Store:
    """The store at a path or URL, made when it is not there, migrated when it is older.

    `url` is a path, `sqlite:///path` or `postgresql://user@host/database`. A SQLite file is made
    private to the user (0600), its folder too (0700) when that has to be made.
    Raises: ConfigError for another kind of URL; StoreError, one line with its remedy, when the
    store cannot be opened, is damaged, or was written by a newer version.
    """
    place = parse_place(url)
    from gatewayz.store.opening import open_engine
    from gatewayz.store.store import Store

    return Store(open_engine(place), place)


def open_parts(url: str | Path) -> Parts:
    """The same store by its parts alone, of which only those are loaded that are asked for.

    It keeps little of a file in memory. Raises: as `open_store` does.
    """
    place = parse_place(url)
    from gatewayz.store.opening import open_engine
    from gatewayz.store.parts import Parts
    from gatewayz.store.sqlite_file import SMALL_CACHE_KIB

    return Parts(open_engine(place, SMALL_CACHE_KIB), place)


def open_where_it_lies(
    store: Open | None, url: str | Path, opened: Callable[[str | Path], Open]
) -> Open:
    """The store that was `opened` at a path or URL, or the one that lies there by now.

    A file that was restored or removed is another one: what was opened would be read and written for
    ever, and nobody else would see it. `store` is closed then; None where none has been opened.
    Raises: as `opened` does.
    """
    if store is not None:
        if not store.is_replaced:
            return store
        store.close()
    return opened(url)


def holds_anything(url: str | Path) -> bool:
    """Whether there may be anything in the store: a file that is there, or any database by URL."""
    file = parse_place(url).file
    return file is None or file.exists()
