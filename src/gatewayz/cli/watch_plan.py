"""Settings to a watch: its tiers, its rules, its budget of a day, its channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import click

from gatewayz.cli.network import network_for
from gatewayz.config import Settings
from gatewayz.config.watching import TierTable, interval
from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.core.units import utc_now
from gatewayz.core.watching import LISTS, State
from gatewayz.money import Caps
from gatewayz.watch import Channel, Quietness, Tier

# Each asks more than the one before it, and costs more; docs/watching.md has the reckoning.
TIERS: Sequence[Tier] = (
    Tier(name="reachable", every_s=300.0, probes=("reachable",)),
    Tier(name="listed", every_s=3600.0, probes=("listed",)),
    Tier(name="chat", every_s=3600.0, probes=("chat",)),
    Tier(name="streaming", every_s=6 * 3600.0, probes=("streaming",)),
    Tier(name="features", every_s=86400.0, probes=("tool_call", "json_object")),
)
# Enough for the word that is asked for; a model that thinks first is given more as it shows.
ANSWER_TOKENS = 16


def tiers_of(settings: Settings, every: Sequence[str] = ()) -> tuple[Tier, ...]:
    """The tiers that settings and `--every TIER=INTERVAL` come to, those that are off left out.

    Raises: ConfigError for a tier that nobody has and that says neither how often nor what.
    """
    found = {tier.name: tier for tier in TIERS}
    for name, table in settings.watch.tiers.items():
        found[name] = _changed(found.get(name), name, table, f"{settings.toml_name} [watch.tiers]")
    for word in every:
        name, equals, often = word.partition("=")
        if not equals:
            raise click.UsageError(f"--every {word}: write TIER=INTERVAL, such as chat=30m")
        if name not in found:
            raise ConfigError(f"--every: {UnknownName('tier', name, found)}")
        found[name] = replace(found[name], every_s=interval(often, f"--every {name}"))
    kept = tuple(tier for tier in found.values() if tier.every_s)
    if not kept:
        raise ConfigError("every tier is off, so there is nothing to watch")
    return kept


def _changed(before: Tier | None, name: str, table: TierTable, where: str) -> Tier:
    probes = table.probes if table.probes is not None else before.probes if before else ()
    every_s = table.every_s if table.every_s is not None else before.every_s if before else None
    if every_s is None or not probes:
        known = ", ".join(tier.name for tier in TIERS)
        raise ConfigError(
            f"{where}: '{name}' needs `every` and `probes`; the tiers that come with them: {known}"
        )
    mixed = not LISTS.isdisjoint(probes) and not LISTS.issuperset(probes)
    if mixed:
        raise ConfigError(f"{where}: '{name}' asks for lists and for answers; make it two tiers")
    models = table.models if table.models is not None else before.targets if before else ()
    return Tier(name=name, every_s=every_s, probes=probes, targets=models)


def caps_of_a_day(settings: Settings) -> Caps:
    """What one day (UTC) may come to; options win over the table, which wins over nothing."""
    watch = settings.watch

    def by_option(name: str) -> bool:
        return settings.origin(name).startswith("--")

    return Caps(
        usd=settings.max_cost_usd if by_option("max_cost_usd") else watch.max_cost_usd,
        tokens=settings.max_tokens_total
        if by_option("max_tokens_total")
        else watch.max_tokens_total,
        calls=settings.max_calls if by_option("max_calls") else None,
    )


def quietness_of(settings: Settings) -> Quietness:
    """What is worth an alert."""
    watch = settings.watch
    return Quietness(
        on=frozenset(map(State, watch.alert_on)),
        remind_s=watch.remind_s,
        flapping=watch.flapping,
    )


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """Whom to tell. Raises: ConfigError where Apprise is wanted and not installed."""
    watch = settings.watch
    found: list[Channel] = []
    if watch.webhook:
        from gatewayz.watch.webhook import Webhook

        network = network_for(settings)
        found.append(Webhook(watch.webhook, watch.webhook_secret, network, utc_now))
    if watch.alerts:
        from gatewayz.watch.services import Service, require

        require()
        found += [
            Service(url, number, proxy=settings.proxy, ca_file=settings.ca_file)
            for number, url in enumerate(watch.alerts, 1)
        ]
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasions:
    """How often each tier comes round in a day, for a line of what is watched."""

    tiers: tuple[Tier, ...]

    def told(self) -> str:
        """For people: "reachable every 5m, chat every 1h"."""
        return ", ".join(f"{tier.name} every {_short(tier.every_s)}" for tier in self.tiers)


def tier_rows() -> Iterable[tuple[str, str, str]]:
    """The tiers that come with it, for the docs."""
    for tier in TIERS:
        what = {
            "reachable": "the model list: does the host answer",
            "listed": "the model list: is each watched model on it",
        }.get(tier.name) or ", ".join(f"`{probe}`" for probe in tier.probes)
        yield f"`{tier.name}`", what, _short(tier.every_s)


_UNITS: Mapping[str, float] = {"d": 86400.0, "h": 3600.0, "m": 60.0}


def _short(seconds: float) -> str:
    for unit, length in _UNITS.items():
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"
