"""What came of reading a gateway's model list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatewayz.core.attempt import Attempt
from gatewayz.core.catalog import Catalog, CatalogPage, dig
from gatewayz.core.model import Model

# What a list says that has more to give than it gave, and how its full length may be named.
_MORE = ("has_more", "next", "next_page", "next_cursor", "next_page_token", "nextPageToken",
         "links.next")  # fmt: skip
_TOTALS = ("total", "total_count")
# Servers cut lists at such numbers; by itself none is seldom met.
_ROUND = (100, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A gateway's chat models in its own order, and how they were come by.

    `listed` counts every entry, chat or not; `dropped` those that are no entries at all.
    `oddities` are names from the failure table. `complete` is False when reading broke off; the
    models read until then are kept. `attempts` are the calls, one a page; empty for a list that
    was not fetched over HTTP. `earlier` are the calls at which readings before this one failed. `duplicates` are ids that were listed twice, `flapping` those that
    only one of two readings named; `odd` and `cut` say in words what is unusual about the list's
    shape, and how it looks cut short.
    """

    models: tuple[Model, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    earlier: tuple[Attempt, ...] = ()
    listed: int = 0
    dropped: int = 0
    oddities: tuple[str, ...] = ()
    complete: bool = True
    duplicates: tuple[str, ...] = ()
    flapping: tuple[str, ...] = ()
    odd: str = ""
    cut: str = ""


def oddness(catalog: Catalog, document: Any, page: CatalogPage) -> str:
    """How a page that could be read differs from the documented shape; "" when it does not."""
    found = [page.odd] if page.odd else []
    if isinstance(document, list) and catalog.entries:
        found.append("a bare list")
    elif isinstance(document, dict) and not isinstance(document.get(catalog.entries), list):
        found.append(f"no list under '{catalog.entries}'" if catalog.entries else "not a bare list")
    if page.dropped:
        found.append(f"{page.dropped} entries that are no models")
    return ", ".join(found)


def shortness(catalog: Catalog, document: Any, listed: int) -> str:
    """How a last page tells that there was more; "" when it does not.

    `listed` counts the entries of all pages.
    """
    if isinstance(document, dict):
        more = next((name for name in _MORE if dig(document, name)), "")
        if more:
            return f"'{more}' speaks of more, but not of where it is"
        for name in _TOTALS:
            total = document.get(name)
            if isinstance(total, int) and not isinstance(total, bool) and total > listed:
                return f"{listed} of {total} listed"
    if listed in _ROUND and not catalog.pages_are_documented:
        return f"exactly {listed} listed"
    return ""
