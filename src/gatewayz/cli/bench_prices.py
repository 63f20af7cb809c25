"""What the targets of a load run cost, who says so, and as of when.

Under a cap on money a list is read anew, as `gatewayz test` does: a cap is not kept to by prices of last
month. Without one the stored list is good enough to tell what it may come to, with its age.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gatewayz.cli.complaints import complain
from gatewayz.config import Settings
from gatewayz.core import Model
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.costs import DEAREST, charges_told
from gatewayz.core.text import visible
from gatewayz.core.units import show_age, show_usd_per_mtok, utc_now
from gatewayz.money import Quote
from gatewayz.money.prices import CATALOGUE
from gatewayz.runner import Lane
from gatewayz.store import Store


@dataclass(frozen=True, slots=True)
class Shelf:
    """A gateway's list, and when it was read; None where there is none."""

    models: tuple[Model, ...] = ()
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """One target's price. `remedy` is the command that reads its list, "" for a URL."""

    target: str
    quote: Quote
    read_at: datetime | None = None
    remedy: str = ""

    @property
    def told(self) -> str:
        """For people: the price with its source and age."""
        price, name = self.quote.price, visible(self.target)
        if not self.quote.known:
            why = f" ({also})" if (also := charges_told(price)) else ""
            return f"{name}: the price is unknown{why}{self._where_to_look()}"
        sides = (
            f"{show_usd_per_mtok(price.input_usd_per_mtok)} in, "
            f"{show_usd_per_mtok(price.output_usd_per_mtok)} out"
        )
        cached = price.cached_usd_per_mtok
        if cached is not None:
            sides += f", {show_usd_per_mtok(cached)} cached in"
        also = f" ({DEAREST})" if price.is_most else ""
        also += f", {charges}" if (charges := charges_told(price)) else ""
        return f"{name}: {sides} per million tokens{also}, by {self._source()}"

    def _where_to_look(self) -> str:
        if self.read_at is not None:
            return f"; its own catalogue, read {show_age(self.read_at, utc_now())} ago, tells none"
        return f"; {self.remedy} reads its catalogue" if self.remedy else ""

    def _source(self) -> str:
        quote = self.quote
        if quote.source == CATALOGUE and self.read_at is not None:
            return f"its own catalogue, read {show_age(self.read_at, utc_now())} ago"
        return quote.source + (f" of {quote.as_of}" if quote.as_of is not None else "")

    def shown(self) -> dict[str, Any]:
        """For the result's settings: JSON values, null for what is not known."""
        price, quote = self.quote.price, self.quote
        of_catalogue = quote.source == CATALOGUE and self.read_at is not None
        return {
            "known": quote.known,
            "input_usd_per_mtok": price.input_usd_per_mtok,
            "output_usd_per_mtok": price.output_usd_per_mtok,
            "request_usd": price.request_usd,
            "picture_usd": price.picture_usd,
            "thinking_usd_per_mtok": price.thinking_usd_per_mtok,
            "media_usd_per_mtok": price.media_usd_per_mtok,
            "cached_usd_per_mtok": price.cached_usd_per_mtok,
            "is_most": price.is_most,
            "unreckoned": price.unreckoned,
            "source": quote.source or None,
            "as_of": _day(quote.as_of),
            "read_at": self.read_at.isoformat() if of_catalogue and self.read_at else None,
        }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def notes_on(priced: Sequence[Priced]) -> tuple[str, ...]:
    """A line for each target."""
    return tuple(f"Price of {one.told}" for one in priced)


def shown_for(priced: Sequence[Priced]) -> Mapping[str, Any]:
    """By the target's name."""
    return {one.target: one.shown() for one in priced}


def shelf_of(lane: Lane, settings: Settings, store: Store | None) -> Shelf:
    """A gateway's list: read now where there is a cap on money, else as it is stored."""
    if settings.max_cost_usd is not None:
        return _read_now(lane, settings, store)
    kept = store.catalog(catalog_name(lane.name, lane.way)) if store is not None else None
    return Shelf() if kept is None else Shelf(kept.models, kept.fetched_at)


def _read_now(lane: Lane, settings: Settings, store: Store | None) -> Shelf:
    """What the gateway lists at this moment; nothing where it cannot be read, which is told."""
    from gatewayz.cli.network import read_lists

    listing = asyncio.run(read_lists([lane], settings)).get((lane.name, lane.way))
    if listing is None or not listing.models or not listing.complete:
        complain(
            f"warning: {lane.name}: its model list could not be read, and prices of an older one are "
            "not gone by under --max-cost"
        )
        return Shelf()
    read_at = utc_now()
    if store is not None:
        store.save_catalog(catalog_name(lane.name, lane.way), listing.models, read_at)
    return Shelf(listing.models, read_at)
