"""The worst case of a plan, gateway by gateway: calls, tokens, money, time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from gatewayz.cli.orders import asked_alike, only_these
from gatewayz.cli.worst_case import Worst, worst_of
from gatewayz.client import Listing
from gatewayz.core import Case, Limits, Model
from gatewayz.core.catalog_names import catalog_name
from gatewayz.core.errors import ConfigError
from gatewayz.money import Quote
from gatewayz.runner import Lane, RollCall, not_offered, plan
from gatewayz.runner.pacing import seconds_to_start

if TYPE_CHECKING:
    from gatewayz.store import StoredCatalog

# How long an answer is taken to need where only the limits are known; the printout says so.
ANSWER_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Priced:
    """How many of a gateway's models have their price from one source, and of which day it is."""

    source: str
    as_of: date | None
    models: int


@dataclass(frozen=True, kw_only=True)
class Bill:
    """One gateway's worst case.

    calls, most_calls  questions when all goes well, and what they may come to
    input_tokens, output_tokens   at most, for `most_calls`; None where nothing bounds them
    usd_once, usd      for `calls`, and for `most_calls`; both at most, of the models with a known
                       price; None where calls are made and no price is known, or nobody knows how many
    unpriced           the models of unknown price, or whose answers nothing bounds
    prices             where the known prices are from
    seconds            how long `calls` take at least, by the gateway's limits and ANSWER_S each
    """

    gateway: str
    way: str
    read_at: datetime | None
    calls: int = 0
    most_calls: int = 0
    input_tokens: int = 0
    output_tokens: int | None = 0
    usd_once: float | None = None
    usd: float | None = None
    unpriced: tuple[str, ...] = ()
    prices: tuple[Priced, ...] = ()
    seconds: float = 0.0
    requests_per_minute: float | None = None
    concurrency: int = 1


class Catalogues(Protocol):
    """Where the last catalogues are; the store is one."""

    def catalog(self, name: str) -> StoredCatalog | None:
        """The last one of a name (see catalog_name); None when there is none."""
        ...


def bills_for(
    order: RollCall, store: Catalogues, *, again: Sequence[Case] | None = None
) -> list[Bill]:
    """The worst case of each gateway that would run, or of the cases of `again` alone.

    Raises: ConfigError when there is no stored catalogue to plan from.
    """
    lanes = [lane for lane in order.lanes if not lane.skip]
    if again is not None:
        if not again:
            return []
        wanted = {(case.gateway, case.way) for case in again}
        lanes = [lane for lane in lanes if (lane.name, lane.way) in wanted]
    stored = {
        (lane.name, lane.way): store.catalog(catalog_name(lane.name, lane.way)) for lane in lanes
    }
    known = {place: catalog for place, catalog in stored.items() if catalog is not None}
    if not known:
        why = "" if lanes else " (and no gateway would run; gatewayz config shows why)"
        by_api = " --api" if lanes and all(lane.way == "api" for lane in lanes) else ""
        raise ConfigError(
            f"no stored catalogue to plan from; read one first: gatewayz models{by_api}{why}"
        )
    listings = {place: Listing(models=catalog.models) for place, catalog in known.items()}
    if again is not None:
        order = only_these(order, again, listings)
    cases = plan(order, asked_alike(listings))
    return [
        _bill(order, [c for c in cases if (c.gateway, c.way) == place], place, stored[place])
        for place in stored
    ]


def seconds_in_all(bills: Iterable[Bill], concurrency: int) -> float:
    """How long a run takes at least: gateways side by side, ways of one gateway after each other."""
    calls: Counter[str] = Counter()
    limits: dict[str, Limits] = {}
    for bill in bills:
        calls[bill.gateway] += bill.calls
        # The ways of a gateway are called at one pace.
        limits.setdefault(bill.gateway, Limits(bill.concurrency, bill.requests_per_minute))
    of_each = [least_seconds(calls[name], limits[name]) for name in calls]
    return max([*of_each, math.ceil(calls.total() / concurrency) * ANSWER_S])


def least_seconds(calls: int, limits: Limits) -> float:
    """How long so many calls take at least: as fast as the runner starts them within the limits, and as
    they are answered.
    """
    if not calls:
        return 0.0
    by_rate = seconds_to_start(calls, limits) + ANSWER_S
    return max(by_rate, math.ceil(calls / max(1, limits.concurrency)) * ANSWER_S)


@dataclass(frozen=True)
class _Asked:
    """One case of a gateway: whom it asks, what it may come to, at which price."""

    model: Model
    most: Worst
    quote: Quote


def _prices(asked: Iterable[_Asked]) -> Iterator[Priced]:
    """How many models have their price from each source."""
    quotes = {one.model.id: one.quote for one in asked}
    found = Counter((quote.source, quote.as_of) for quote in quotes.values())
    for (source, as_of), models in found.items():
        yield Priced(source=source, as_of=as_of, models=models)


def _bill(
    order: RollCall, cases: Sequence[Case], place: tuple[str, str], catalog: StoredCatalog | None
) -> Bill:
    lane: Lane = next(one for one in order.lanes if (one.name, one.way) == place)
    probes = {probe.name: probe for probe in order.probes}
    read_on = catalog.fetched_at.date() if catalog else None
    asked: list[_Asked] = []
    known: dict[tuple[str, str], _Asked] = {}  # the same for each repeat
    for case in cases:
        probe = probes[case.probe]
        if case.model is None or not_offered(case, probe, lane.gateway):
            continue
        key = (probe.name, case.model.id)
        if key not in known:
            quote = order.prices.of(lane.gateway, case.model, read_on=read_on)
            most = worst_of(order, lane, probe, case.model, price=quote.price)
            known[key] = _Asked(case.model, most, quote)
        asked.append(known[key])
    output = [one.most.output_tokens for one in asked]
    priced = [one for one in asked if one.most.usd is not None]
    calls = sum(one.most.steps for one in asked)
    # Of nothing that is sent the price is known.
    known_usd = catalog is not None and (priced or not asked)
    return Bill(
        gateway=place[0],
        way=place[1],
        read_at=catalog.fetched_at if catalog else None,
        calls=calls,
        most_calls=sum(one.most.calls for one in asked),
        input_tokens=sum(one.most.input_tokens for one in asked),
        output_tokens=None if None in output else sum(tokens or 0 for tokens in output),
        usd_once=sum(one.most.plain_usd or 0.0 for one in priced) if known_usd else None,
        usd=sum(one.most.usd or 0.0 for one in priced) if known_usd else None,
        unpriced=tuple(dict.fromkeys(one.model.id for one in asked if one.most.usd is None)),
        prices=tuple(_prices(priced)),
        seconds=least_seconds(calls, lane.gateway.limits),
        requests_per_minute=lane.gateway.limits.requests_per_minute,
        concurrency=lane.gateway.limits.concurrency,
    )
