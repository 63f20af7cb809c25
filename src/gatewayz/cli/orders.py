"""What is to be called: settings and gateways as an order, narrowed where that was asked for."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gatewayz
from gatewayz.cli.lanes import Chosen, lanes
from gatewayz.cli.network import access_over
from gatewayz.client import HttpClient, Listing
from gatewayz.config import Settings
from gatewayz.core.access import section_for
from gatewayz.core.codec import to_json
from gatewayz.core.errors import ConfigError
from gatewayz.core.known_keys import SHORTEST_KEY
from gatewayz.core.units import utc_now
from gatewayz.money import Caps, PriceBook, package_prices
from gatewayz.probes import PROBES
from gatewayz.probes._presets import chosen_probes
from gatewayz.probes._written import is_file
from gatewayz.runner import (
    Lane,
    Listings,
    RollCall,
    Selection,
    plan,
    read_catalogs,
    without_gateway,
)

if TYPE_CHECKING:
    from gatewayz.core import Case, Way
    from gatewayz.store import Store


# Presets that take the time to read each model list twice.
_THOROUGH = frozenset({"standard", "full", "agents"})


def order_for(settings: Settings, chosen: Chosen) -> RollCall:
    """The order that settings and gateways come to.

    Raises: ConfigError for a probe that nobody has, a key that cannot be sent and the like; all of
    it before the first call.
    """
    no_key_in(settings.models, "--models", settings)
    found = lanes(chosen, settings)
    shown = settings.shown()
    sections: dict[str, dict[str, Any]] = {}
    for lane in found:
        section = sections.setdefault(section_for(lane.way), {})
        section[lane.name] = to_json(access_over(lane.gateway, settings))
    return RollCall(
        lanes=found,
        probes=chosen_probes(settings.probes, Path.cwd()),
        ask=settings.ask,
        selection=Selection(models=settings.models, exclude=settings.exclude),
        repeat=settings.repeat,
        retries=settings.retries,
        retry_budget_s=settings.retry_budget_s,
        deadline_s=settings.deadline_s,
        fail_fast=settings.fail_fast,
        caps=caps_of(settings),
        prices=prices_for(settings),
        look_twice=not _THOROUGH.isdisjoint(settings.probes),
        seed=settings.seed,
        settings={**shown, "chosen": shown["gateways"], "gateways": {}, **sections},
        environment={
            "gatewayz": gatewayz.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(terse=True),
        },
    )


def beside_quarantine(order: RollCall, settings: Settings, store: Store) -> RollCall:
    """The order with what is in quarantine now, by gatewayz.toml and the store. Raises: StoreError."""
    from gatewayz.cli.quarantine import entries_for
    from gatewayz.core.quarantine import SECTION, Quarantine

    entries = entries_for(settings, store)
    if not entries:
        return order
    kept = {**order.settings, SECTION: to_json(entries)}
    return replace(order, settings=kept, quarantine=Quarantine(entries, utc_now()))


def caps_of(settings: Settings) -> Caps:
    """What everything together may come to."""
    return Caps(
        usd=settings.max_cost_usd, tokens=settings.max_tokens_total, calls=settings.max_calls
    )


def prices_for(settings: Settings, *, planning: bool = False) -> PriceBook:
    """What tokens cost where a gateway's list does not say.

    The package of prices is asked only where that decides something: a plan, or a cap on money.
    """
    wanted = planning or settings.max_cost_usd is not None
    return PriceBook(settings.prices, settings.toml_name, package_prices() if wanted else None)


def no_key_in(models: str, option: str, settings: Settings) -> None:
    """Raises ConfigError where a key stands in a model's place: ids are sent, shown and kept."""
    if any(key in models for key in settings.keys.secrets() if len(key) >= SHORTEST_KEY):
        raise ConfigError(f"{option}: that is a key, not a model's id; nothing was sent or kept")


async def without_unconfigured(
    order: RollCall, client: HttpClient
) -> tuple[RollCall, dict[tuple[str, Way], Listing]]:
    """The order with the gateways skipped that the backend says it is not set up for.

    For when nobody asked for those by name: they have a line in the summary and no block. Also the
    catalogues that were read to find out.
    """
    lanes = [lane for lane in order.lanes if lane.way == "api"]
    listings = await read_catalogs(lanes, client, order.reading)
    kept = tuple(replace(lane, skip=lane.skip or _left_out(lane, listings)) for lane in order.lanes)
    return replace(order, lanes=kept), listings


def _left_out(lane: Lane, listings: Listings) -> str:
    listing = listings.get((lane.name, lane.way))
    return without_gateway(lane, listing) if listing is not None else ""


def asked_alike(listings: Listings) -> Listings:
    """The catalogues as a run over both ways takes them: the API is asked for the direct ones."""
    both = {name for name, way in listings if way == "api"}
    both = {name for name in both if _has_models(listings, name)}
    return {
        (name, way): listings[name, "direct"] if name in both else listing
        for (name, way), listing in listings.items()
    }


def _has_models(listings: Listings, name: str) -> bool:
    """Whether a gateway's list was read on both ways."""
    direct, api = listings.get((name, "direct")), listings.get((name, "api"))
    return bool(direct and direct.models and api and api.models)


def as_when_they_failed(settings: Settings, failed: Sequence[Case]) -> Settings:
    """The settings with the way, the probes and the repeats of cases that failed.

    A way or probes that were asked for on the command line stay.
    Raises: ConfigError for a probe of the user's own whose file is not named.
    """
    ways = {case.way for case in failed}
    names = dict.fromkeys(case.probe for case in failed if case.model is not None)
    changed = replace(settings, repeat=max(case.repeat for case in failed) + 1)
    if not settings.origin("mode").startswith("--"):
        changed = replace(changed, mode="both" if len(ways) == 2 else ways.pop())
    if not settings.origin("probes").startswith("--"):
        own = tuple(word for word in settings.probes if is_file(word))
        written = [name for name in names if name not in PROBES]
        if written and not own:
            raise ConfigError(
                f"--failed: '{written[0]}' is no built-in; name its file with --probe"
            )
        probes = (*(name for name in names if name in PROBES), *own)
        changed = replace(changed, probes=probes or settings.probes)
    return changed


async def narrowed_to_failed(
    order: RollCall, failed: Sequence[Case], client: HttpClient
) -> tuple[RollCall, Listings]:
    """The order narrowed to cases that failed, and the catalogues that were read for it.

    A gateway whose catalogue failed is tested as if for the first time.
    """
    ways = {(case.gateway, case.way) for case in failed}
    kept = tuple(lane for lane in order.lanes if (lane.name, lane.way) in ways)
    listings = await read_catalogs(kept, client, order.reading)
    return only_these(replace(order, lanes=kept), failed, listings), listings


def only_these(order: RollCall, failed: Sequence[Case], listings: Listings) -> RollCall:
    """The order narrowed to cases that failed, wherever in these catalogues they lie."""
    whole = {case.gateway for case in failed if case.model is None}
    only = {case.id for case in plan(order, asked_alike(listings)) if case.gateway in whole}
    only |= {case.id for case in failed if case.model is not None}
    # The failed ones may lie beyond the first few models.
    return replace(order, selection=Selection(models="all"), only=frozenset(only))
