"""`[watch]` of gatewayz.toml: how often, how sure, how loud, and whom to tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gatewayz.config import values
from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.core.text import visible

ALERTS_ENV = "GATEWAYZ_ALERTS"
WEBHOOK_ENV = "GATEWAYZ_WEBHOOK"
WEBHOOK_SECRET_ENV = "GATEWAYZ_WEBHOOK_SECRET"  # noqa: S105 -- the name of a variable
STATES = ("down", "unknown", "degraded")


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTable:
    """What `[watch.tiers.NAME]` says; None leaves what it is. `every_s` 0 turns the tier off."""

    every_s: float | None = None
    probes: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How to watch.

    `confirm` is (bad, of): so many of so many bad sightings make a state, `recover` good ones in a
    row end it. `max_cost_usd` and `max_tokens_total` are for a day (UTC). `alerts` are Apprise URLs,
    which hold secrets, as `webhook` may.
    """

    jitter: float = 0.1
    confirm: tuple[int, int] = (2, 3)
    recover: int = 2
    recheck_s: float = 60.0
    remind_s: float | None = 6 * 3600.0
    flapping: int = 3
    alert_on: tuple[str, ...] = ("down", "unknown")
    max_cost_usd: float | None = None
    max_tokens_total: int | None = 200_000
    tiers: Mapping[str, TierTable] = field(default_factory=dict)
    alerts: tuple[str, ...] = field(default=(), repr=False)
    webhook: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)


def _confirm(value: Any, where: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d{1,2})\s+of\s+(\d{1,2})\s*", str(value))
    if found is None or not 1 <= int(found[1]) <= int(found[2]) <= 20:
        raise ConfigError(f"{where}: write so many of so many, such as '2 of 3'")
    return int(found[1]), int(found[2])


def _states(value: Any, where: str) -> tuple[str, ...]:
    found = values.names(value, where)
    for name in found:
        if name not in STATES:
            raise ConfigError(f"{where}: {UnknownName('state', visible(name), STATES)}")
    return found


def interval(value: Any, where: str) -> float:
    """How often: a duration from one second on, or "off", which is 0."""
    if str(value).strip().lower() == "off":
        return 0.0
    found: float = values.seconds(value, where)
    if found < 1:
        raise ConfigError(f"{where}: once a second is the most; write 'off' for never")
    return found


def _webhook(value: Any, where: str) -> str:
    address = values.text(value, where).strip()
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    # Not shown: what is in it may be a secret.
    if address and (not sound or not address.isprintable() or " " in address):
        raise ConfigError(f"{where}: that is no URL; write https://host/path")
    return address


def _alerts(value: Any, where: str) -> tuple[str, ...]:
    found = values.texts(value, where)
    if any("://" not in one or any(ch.isspace() for ch in one) for one in found):
        raise ConfigError(f"{where}: an Apprise URL has no blanks, and is like service://token")
    return found


# Every setting of the table: its reader, the field it becomes, and what it is.
READERS: Mapping[str, tuple[values.Reader, str, str]] = {
    "jitter": (
        values.number(0, 0.5), "jitter",
        "each round comes so much sooner or later, as a share of its interval",
    ),
    "confirm": (_confirm, "confirm", "so many of the last so many sightings make a state"),
    "recover": (values.whole(1, 20), "recover", "good sightings in a row until it is up again"),
    "recheck": (
        values.seconds, "recheck_s", "how soon a sighting that contradicts the state is looked at again",
    ),
    "remind": (
        values.optional(values.seconds), "remind_s", 'time between reminders; `"none"`: no reminders',
    ),
    "flapping": (
        values.whole(0, 100), "flapping",
        "more alarms of a gateway within an hour are one message, then quiet; `0`: each is told",
    ),
    "alert_on": (_states, "alert_on", "states worth an alert: down, unknown, degraded"),
    "max_cost": (
        values.optional(values.number(0, 1e6)), "max_cost_usd", "USD a day (UTC); `--max-cost` wins",
    ),
    "max_tokens_total": (
        values.optional(values.whole(0, 10**12)), "max_tokens_total",
        'tokens a day, in and out; `"none"`: no cap; `--max-tokens-total` wins',
    ),
    "alerts": (
        _alerts, "alerts", f"Apprise URLs (`gatewayz[alerts]`), or in `{ALERTS_ENV}` with blanks between",
    ),
    "webhook": (_webhook, "webhook", f"where each alert is posted, or in `{WEBHOOK_ENV}`"),
}  # fmt: skip

_TIER_READERS: Mapping[str, tuple[values.Reader, str]] = {
    "every": (interval, "every_s"),
    "probes": (values.names, "probes"),
    "models": (values.names, "models"),
}


def read_watch(given: Any, where: str, environ: Mapping[str, str]) -> WatchSettings:
    """The table, with what the environment says of alerts over it.

    Raises: ConfigError in one line, which shows no URL of an alert.
    """
    place = f"{where} [watch]"
    if not isinstance(given, dict):
        raise ConfigError(
            f'{place} is a table; write [watch] and its values, such as remind = "4h"'
        )
    given = dict(given)
    found: dict[str, Any] = {"tiers": _tiers(given.pop("tiers", {}), place)}
    for name, raw in given.items():
        if name not in READERS:
            raise ConfigError(
                f"{place}: {UnknownName('setting', visible(name), [*READERS, 'tiers'])}"
            )
        read, becomes, _ = READERS[name]
        found[becomes] = read(raw, f"{place} {name}")
    if environ.get(ALERTS_ENV):
        found["alerts"] = _alerts(environ[ALERTS_ENV].split(), ALERTS_ENV)
    if environ.get(WEBHOOK_ENV):
        found["webhook"] = _webhook(environ[WEBHOOK_ENV], WEBHOOK_ENV)
    return WatchSettings(**found, webhook_secret=environ.get(WEBHOOK_SECRET_ENV, ""))


def _tiers(given: Any, place: str) -> dict[str, TierTable]:
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise ConfigError(f'{place}: tiers are tables; write [watch.tiers.chat] and every = "30m"')
    found = {}
    for name, table in given.items():
        spot = f"{place[:-1]}.tiers.{visible(name)}]"
        read: dict[str, Any] = {}
        for key, raw in table.items():
            if key not in _TIER_READERS:
                raise ConfigError(f"{spot}: {UnknownName('setting', visible(key), _TIER_READERS)}")
            reader, becomes = _TIER_READERS[key]
            read[becomes] = reader(raw, f"{spot} {key}")
        found[name] = TierTable(**read)
    return found


def secrets_in(watch: WatchSettings) -> tuple[str, ...]:
    """What must not be shown of alerts: whole URLs, and what in them is long enough to be a token."""
    whole = [url for url in (*watch.alerts, watch.webhook, watch.webhook_secret) if url]
    parts = [part for url in whole for part in re.split(r"[/:@?&=]+", url) if len(part) >= 16]
    return tuple(dict.fromkeys((*whole, *parts)))
