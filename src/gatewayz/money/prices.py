"""What a model's tokens cost, who says so, and as of when; unknown is unknown, and never zero."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from gatewayz.core import Gateway, Model, Price
from gatewayz.core.costs import price_that_counts
from gatewayz.core.units import utc_now

CATALOGUE = "catalogue"
PACKAGE = "genai-prices"


@dataclass(frozen=True, slots=True)
class Quote:
    """A price with its source and date.

    source   "catalogue" for the gateway's own list, a file of settings, or a package with its
             version; "" where nobody tells
    as_of    the day that the source speaks of; None where it does not say
    """

    price: Price = Price()
    source: str = ""
    as_of: date | None = None

    @property
    def known(self) -> bool:
        """Whether both sides are known."""
        return self.price.known


Lookup = Callable[[Gateway, Model], Quote | None]


@dataclass(slots=True)
class PriceBook:
    """Prices of a run: the gateway's own catalogue first, then what the user wrote, then a package.

    given    by gateway, for those of its models that its list has no price for
    source   what `given` is called
    package  another source, None for none; see `package_prices`
    """

    given: Mapping[str, Price] = field(default_factory=dict)
    source: str = "gatewayz.toml"
    package: Lookup | None = None
    _found: dict[tuple[str, str, str, date], Quote] = field(default_factory=dict, repr=False)

    def of(self, gateway: Gateway, model: Model, *, read_on: date | None = None) -> Quote:
        """What is known of one model's price; `read_on` is the day of its catalogue."""
        price = price_that_counts(model.price, self.given.get(gateway.name))
        if price is not None:
            is_listed = price is model.price
            return Quote(price, CATALOGUE, read_on) if is_listed else Quote(price, self.source)
        if model.price.unreckoned:
            # What the gateway charges beside the tokens, another list does not know either.
            return Quote(model.price, CATALOGUE, read_on)
        # A watch goes on for months, and prices change from one day to the next.
        key = (gateway.name, gateway.base_url, model.id, utc_now().date())
        found = self._found.get(key)
        if found is None:
            known = self.package(gateway, model) if self.package is not None else None
            found = self._found[key] = known or Quote()
        return found


def package_prices() -> Lookup | None:
    """The price list of the genai-prices package where it is installed (`gatewayz[prices]`).

    It comes with the package, and nothing is downloaded: its date is that of the newest price in
    it that holds by now. Of prices that hang on the hour the dearest counts, whatever the hour is: a
    run may go on into it. The import takes a quarter of a second, so it is done here and not while a run goes on.
    Source: https://github.com/pydantic/genai-prices (read 2026-11-26).
    """
    try:
        import genai_prices
        from genai_prices.data_snapshot import get_snapshot
    except ImportError:
        return None
    snapshot, source = get_snapshot(), f"{PACKAGE} {genai_prices.__version__}"

    @lru_cache(maxsize=1)
    def as_of(today: date) -> date | None:
        return max(filter(None, map(_newest(today), snapshot.providers)), default=None)

    def look_up(gateway: Gateway, model: Model) -> Quote | None:
        provider = _provider(snapshot.providers, gateway)
        found = (
            None
            if provider is None
            else provider.find_model(model.id.lower(), all_providers=snapshot.providers)
        )
        today = utc_now().date()
        price = None if found is None else _price(_prices_on(found.prices, today))
        return None if price is None else Quote(price, source, as_of(today))

    return look_up


def _provider(providers: Any, gateway: Gateway) -> Any:
    """The provider of a gateway's name, else that of its address; no name is guessed at."""
    name = _bare(gateway.name)
    by_name = (one for one in providers if _bare(one.id) == name)
    at = (
        one for one in providers if gateway.base_url and re.match(one.api_pattern, gateway.base_url)
    )
    return next(by_name, None) or next(at, None)


def _bare(name: str) -> str:
    return name.lower().replace("-", "")


def _prices_on(prices: Any, today: date) -> list[Any]:
    """Those of a model's prices that may hold at some hour of a day.

    The last one that holds goes before those in front of it; where none does it is the first.
    """
    if not isinstance(prices, list):
        return [prices]
    found: list[Any] = []
    for one in reversed(prices):
        starts = getattr(one.constraint, "start_date", None)
        if starts is not None and starts > today:
            continue
        found.append(one.prices)
        if one.constraint is None or starts is not None:
            return found
    return [*found, prices[0].prices]


def _price(prices: Sequence[Any]) -> Price | None:
    """Both sides at the dearest of these; None where something else is charged for as well, or nothing is.

    What cached input costs is told where all of them do.
    """
    if any(getattr(one, "requests_kcount", None) for one in prices):
        return None
    into = [_dearest(one, "input_mtok") for one in prices]
    out = [_dearest(one, "output_mtok") for one in prices]
    known = [side for side in (*into, *out) if side is not None]
    if len(known) < len(into) + len(out):
        return None
    dear, cached = max(known[: len(into)]), [_dearest(one, "cache_read_mtok") for one in prices]
    cheap = [side for side in cached if side is not None]
    told = len(cheap) == len(cached) and 0 < max(cheap) <= dear
    return Price(
        dear,
        max(known[len(into) :]),
        cached_usd_per_mtok=max(cheap) if told else None,
        is_most=len({*into}) + len({*out}) > 2 or any(map(_has_tiers, prices)),
    )


def _has_tiers(prices: Any) -> bool:
    """Whether a side costs more from some length on."""
    sides = (getattr(prices, name, None) for name in ("input_mtok", "output_mtok"))
    return any(getattr(side, "tiers", None) for side in sides)


def _dearest(prices: Any, name: str) -> float | None:
    """One price, of several tiers the highest: a bound must hold for all of them."""
    price = getattr(prices, name, None)
    if price is None:
        return None
    tiers = getattr(price, "tiers", None)
    if tiers is None:
        return float(price)
    return float(max(price.base, *(tier.price for tier in tiers)))


def _newest(today: date) -> Callable[[Any], date | None]:
    """The latest day on which one of a provider's prices began, as far as it has come."""

    def of(provider: Any) -> date | None:
        lists = (m.prices for m in provider.models if isinstance(m.prices, list))
        starts = (getattr(p.constraint, "start_date", None) for prices in lists for p in prices)
        return max((day for day in starts if day is not None and day <= today), default=None)

    return of
