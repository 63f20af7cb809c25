"""`[[sla]]` and `[[maintenance]]` of gatewayz.toml; docs/sla.md and docs/configuration.md have the tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any, Final, TypeVar

from gatewayz.config import values
from gatewayz.config.tables import read_table, tables_in
from gatewayz.config.values import Reader
from gatewayz.core.calendars import zone_of
from gatewayz.core.errors import ConfigError
from gatewayz.core.objectives import (
    DELIVERY_PROBES,
    THEIR_FAULTS,
    TRAFFIC,
    Calendar,
    Confirmation,
    Maintenance,
    Objective,
    ObjectiveKind,
    Sla,
    Weekly,
    Window,
)
from gatewayz.core.text import visible
from gatewayz.core.units import parse_duration_s, show_limit
from gatewayz.core.verdict import Culprit

Moment = TypeVar("Moment", datetime, time)

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")
_SHORTEST_S, _LONGEST_S = 3600.0, 400 * 86400.0
# The model and the gateway always count; a fault of ours never does.
_MORE_FAULTS = (Culprit.RATE_LIMIT, Culprit.BILLING, Culprit.FEATURE)


def _percent(value: Any, where: str) -> float:
    """A share that leaves something to spend: a percentage, over 0 and below 100."""
    share = values.number(0, 100)(value, where) / 100
    if share == 1:
        raise ConfigError(f"{where}: 100 leaves no room for any failure; write 99.9 or less")
    if share == 0:
        raise ConfigError(f"{where}: 0 promises nothing; write a percentage such as 99.5")
    return float(share)


def _shares(value: Any, where: str) -> dict[str, float]:
    """Percentages by the name of a probe."""
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{where}: write the percentage of each probe: {{ tool_call = 99 }}")
    return {
        str(name): _percent(raw, f"{where}.{visible(str(name))}") for name, raw in value.items()
    }


def _limits(read: Reader, such_as: str) -> Reader:
    """A reader of limits by percentile, as shares and what each reads."""

    def read_limits(value: Any, where: str) -> dict[str, float]:
        if not isinstance(value, dict) or not value:
            raise ConfigError(f"{where}: write a percentile and its limit: {such_as}")
        for name in value:
            found = _PERCENTILE.fullmatch(str(name))
            if not found or not float(found[1]):
                raise ConfigError(f"{where}: {visible(str(name))!r} is no percentile: {such_as}")
        return {name: read(raw, f"{where}.{name}") for name, raw in value.items()}

    return read_limits


_CALENDARS: Final[Mapping[str, Calendar]] = {"month": "month", "week": "week", "day": "day"}


def _window(value: Any, where: str) -> Window:
    """A calendar window by its word, or a rolling one by its length."""
    word = values.text(value, where).strip()
    if word in _CALENDARS:
        return Window(calendar=_CALENDARS[word])
    try:
        seconds = parse_duration_s(word)
    except ConfigError:
        seconds = 0.0
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise ConfigError(
            f"{where}: {visible(repr(word))} is no window; write 30d, 7d or 12h (1h to 400d; rolling), "
            "or month, week or day (of the calendar)"
        )
    return Window(rolling_s=seconds)


def _name(value: Any, where: str) -> str:
    """What a promise is called, to be shown and to be asked for by `--promise`."""
    name = values.text(value, where).strip()
    if not name:
        raise ConfigError(
            f"{where}: a promise without a name cannot be asked for; write one, such as "
            '"chat for customers", or leave the line out to have it named after its models'
        )
    return name


def _zone(value: Any, where: str) -> str:
    name = values.text(value, where).strip()
    try:
        return zone_of(name).key
    except ConfigError as wrong:
        raise ConfigError(f"{where}: {visible(str(wrong))}") from None


def _faults(value: Any, where: str) -> frozenset[Culprit]:
    known = {one.value: one for one in _MORE_FAULTS}
    for name in values.names(value, where):
        if name not in known:
            raise ConfigError(
                f"{where}: {visible(name)!r} cannot count as down; what can: {', '.join(known)}"
            )
    return THEIR_FAULTS | {known[name] for name in values.names(value, where)}


def _confirm(value: Any, where: str) -> Confirmation:
    whole = values.whole(1, 100)
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: write {{ bad = 2, of = 3, good = 2 }} (rounds)")
    found = Confirmation(**read_table(value, {"bad": whole, "of": whole, "good": whole}, where))
    if found.bad > found.of:
        raise ConfigError(f"{where}: {found.bad} bad rounds of the last {found.of} are never seen")
    return found


_SLA: Final[Mapping[str, Reader]] = {
    "name": _name,
    "models": values.names,
    "source": values.one_of("probes", "traffic"),
    "way": values.one_of("direct", "api"),
    "per": values.one_of("model", "gateway", "all"),
    "probes": values.names,
    "availability": _percent,
    "features": _shares,
    "ttft": _limits(values.seconds, '{ p95 = "1.5s" }'),
    "latency": _limits(values.seconds, '{ p95 = "10s" }'),
    "decode_rate": _limits(values.number(0.001, 1e6), "{ p5 = 20 } (tokens per second)"),
    "window": _window,
    "time_zone": _zone,
    "confirm": _confirm,
    "count_as_down": _faults,
}


def read_slas(given: Any, where: str) -> tuple[Sla, ...]:
    """The promises of a file, in its order. Raises: ConfigError."""
    found = [_sla(table, spot) for table, spot in tables_in(given, "sla", where)]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{where}: two [[sla]] are named {visible(repr(name))}; rename one")
    return tuple(found)


def _sla(table: Mapping[str, Any], where: str) -> Sla:
    read = read_table(table, _SLA, where)
    by_traffic = read.get("source") == "traffic"
    if by_traffic:
        _fits_traffic(read, where)
    probes = (TRAFFIC,) if by_traffic else read.get("probes") or DELIVERY_PROBES
    objectives = tuple(_objectives(read, probes))
    if not objectives:
        raise ConfigError(
            f'{where} promises nothing; write availability = 99.5, ttft = {{ p95 = "1.5s" }}, '
            "latency, decode_rate or features"
        )
    targets = read.get("models") or ("*",)
    window = read.get("window", Window(rolling_s=30 * 86400.0))
    zone = read.get("time_zone", "UTC")
    return Sla(
        name=read.get("name") or ", ".join(targets),
        objectives=objectives,
        targets=targets,
        way="api" if by_traffic else read.get("way") or "direct",
        per=read.get("per") or "model",
        window=replace(window, time_zone=zone),
        confirmation=read.get("confirm", Confirmation()),
        faults=read.get("count_as_down", THEIR_FAULTS),
        source="traffic" if by_traffic else "probes",
    )


def _fits_traffic(read: Mapping[str, Any], where: str) -> None:
    """Raises: ConfigError for what a record of a request does not tell."""
    for name in ("probes", "features", "ttft", "decode_rate"):
        if name in read:
            raise ConfigError(
                f'{where}: source = "traffic" knows no {name}: a record of a request tells whether and '
                "how fast it was answered; write availability or latency"
            )
    if read.get("way") == "direct":
        raise ConfigError(
            f'{where}: source = "traffic" is what came through the API; leave out way'
        )


def _objectives(read: Mapping[str, Any], probes: tuple[str, ...]) -> list[Objective]:
    found = []
    if "availability" in read:
        found.append(
            Objective(
                name="availability", kind="availability", share=read["availability"], probes=probes
            )
        )
    for probe, share in read.get("features", {}).items():
        found.append(Objective(name=probe, kind="feature", share=share, probes=(probe,)))
    for kind, words in _LIMITED.items():
        for percentile, limit in read.get(kind, {}).items():
            share = round(float(percentile[1:]) / 100, 9)
            found.append(
                Objective(
                    name=f"{kind} {percentile} {words(limit)}",
                    kind=kind,
                    share=round(1 - share, 9) if kind == "decode_rate" else share,
                    limit=limit,
                    probes=probes,
                )
            )
    return found


_LIMITED: Final[Mapping[ObjectiveKind, Callable[[float], str]]] = {
    "ttft": lambda limit: f"<= {show_limit(limit)}",
    "latency": lambda limit: f"<= {show_limit(limit)}",
    "decode_rate": lambda limit: f">= {limit:g}/s",
}


def _moment(value: Any, where: str) -> datetime:
    """A moment with its offset, as TOML or ISO 8601 write it."""
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise ConfigError(f"{where}: write a moment with its offset, such as 2026-10-04T02:00:00Z")
    return _whole_minute(found.astimezone(UTC), where)


def _whole_minute(found: Moment, where: str) -> Moment:
    """Days are summed by the minute, and what is summed cannot be parted within one."""
    if found.second or found.microsecond:
        raise ConfigError(
            f"{where}: maintenance begins and ends with a minute; leave out the seconds"
        )
    return found


def _clock(value: Any, where: str) -> time:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found:
        return time(int(found[1]), int(found[2]))
    if isinstance(value, time) and value.tzinfo is None:
        return _whole_minute(value, where)
    raise ConfigError(f'{where}: write a time of the day, such as "02:00"')


def _as_it_is(value: Any, _where: str) -> Any:
    """A moment or a time of the day, as the table as a whole says."""
    return value


_MAINTENANCE: Final[Mapping[str, Reader]] = {
    "models": values.names,
    "reason": values.text,
    "start": _as_it_is,
    "end": _as_it_is,
    "weekly": values.one_of(*_DAYS),
    "time_zone": _zone,
}


def read_maintenance(given: Any, where: str) -> tuple[Maintenance, ...]:
    """The announced times of a file, in its order. Raises: ConfigError."""
    return tuple(
        _maintenance(table, spot) for table, spot in tables_in(given, "maintenance", where)
    )


def _maintenance(table: Mapping[str, Any], where: str) -> Maintenance:
    read = read_table(table, _MAINTENANCE, where)
    if "start" not in read or "end" not in read:
        raise ConfigError(f"{where}: a start and an end are needed")
    about: dict[str, Any] = {
        "targets": read.get("models") or ("*",),
        "reason": read.get("reason", ""),
    }
    if read.get("weekly"):
        weekly = Weekly(
            weekday=_DAYS.index(read["weekly"]),
            start=_clock(read["start"], f"{where} start"),
            end=_clock(read["end"], f"{where} end"),
            time_zone=read.get("time_zone", "UTC"),
        )
        return Maintenance(weekly=weekly, **about)
    start, end = _moment(read["start"], f"{where} start"), _moment(read["end"], f"{where} end")
    if end <= start:
        raise ConfigError(f"{where}: it ends before it begins")
    return Maintenance(start=start, end=end, **about)
