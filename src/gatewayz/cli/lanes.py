"""Which gateways a roll call goes to, on which way, with which key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatewayz.config import DEFAULT_API_URL, Settings
from gatewayz.core import ConfigError, Gateway, UnknownName
from gatewayz.core.text import visible
from gatewayz.gateways import (
    BrokenClient,
    ClientError,
    check_names,
    find_gateway,
    gateways_from,
    through_api,
)
from gatewayz.gateways import known_gateways as all_gateways
from gatewayz.runner import Lane
from gatewayz.server.ways import by_portkey

if TYPE_CHECKING:
    from gatewayz.core import Way


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The gateways of one execution.

    `named` says that the user asked for exactly these. `problems` are lines on client files that
    cannot be used.
    """

    gateways: tuple[Gateway, ...]
    named: bool = False
    problems: tuple[str, ...] = ()


def known_gateways() -> dict[str, Gateway]:
    """Every gateway by name, to start a GATEWAY_INFO from.

    An address that cannot be used is left out here and told when the tests start, so that a script
    may call this while it is imported.
    """
    try:
        return all_gateways()
    except ConfigError:
        return all_gateways({})


def choose(settings: Settings, info: Mapping[str, object] | None = None) -> Chosen:
    """The gateways that were asked for: by name, else all of `info`, else every known one.

    `info` is a script's GATEWAY_INFO, and then there are no others. A client file that cannot be
    used costs its own gateway.
    Raises: ConfigError for a name that nobody has, in a flag, in `info` or in gatewayz.toml, and
    when none of those asked for can be used.
    """
    check_names(settings.tables, f"{settings.toml_name} [gateways]")
    if info is None:
        everything = all_gateways(settings.environ)
        named, problems = _split(everything)
    else:
        _check_info(info)
        fresh = _refreshed(info, settings.environ)
        named, problems = gateways_from(fresh, environ=settings.environ)
    if not settings.gateways:
        return Chosen(gateways=tuple(named.values()), problems=problems)
    asked: dict[str, Gateway] = {}
    unusable: list[str] = []
    for name in settings.gateways:
        try:
            found = _find(name, named, info, settings)
        except ClientError as problem:
            unusable.append(str(problem))
        else:
            asked[found.name] = found
    if not asked:
        raise ConfigError("; ".join(unusable))
    return Chosen(gateways=tuple(asked.values()), named=True, problems=tuple(unusable))


def lanes(chosen: Chosen, settings: Settings) -> tuple[Lane, ...]:
    """A lane for each gateway and way, skipped where there is a reason.

    Every key that will be used is looked at here, so that one that cannot be sent is told before
    the first call.
    Raises: ConfigError.
    """
    return tuple(
        _api_lane(gateway, settings) if way == "api" else _direct_lane(gateway, chosen, settings)
        for gateway in chosen.gateways
        for way in settings.ways
    )


def key_warnings(found: Iterable[Lane], settings: Settings) -> tuple[str, ...]:
    """A line for each key file in use that others may read."""
    running = (lane for lane in found if not lane.skip)
    lines = (line for lane in running for line in settings.keys.warnings(lane.gateway))
    return tuple(dict.fromkeys(lines))


def api_url(settings: Settings) -> str:
    """The backend that is tested through."""
    return settings.api_url or DEFAULT_API_URL


def _api_lane(gateway: Gateway, settings: Settings) -> Lane:
    # Behind the backend stands the same provider, as a rule with the same account.
    configured = settings.configured(gateway)
    rerouted = replace(through_api(gateway, api_url(settings)), limits=configured.limits)
    if gateway.testable and settings.keys.find(rerouted) is not None:
        # Whoever has a key for the backend expects it to be asked for.
        rerouted = replace(rerouted, key_required=True)
    lane = _lane(rerouted, "api", _untestable(gateway))
    return replace(lane, behind=urlsplit(configured.base_url).netloc)


def _direct_lane(gateway: Gateway, chosen: Chosen, settings: Settings) -> Lane:
    gateway = settings.configured(gateway)
    if not gateway.testable:
        return _lane(gateway, "direct", _untestable(gateway))
    if settings.via == "portkey" and (gateway.portkey_slug or chosen.named):
        if gateway.name != "portkey":
            gateway = by_portkey(gateway, settings)
    elif settings.via != "native" and gateway.portkey_slug and settings.keys.find(gateway) is None:
        rerouted = by_portkey(gateway, settings)
        if settings.keys.find(rerouted) is not None:
            gateway = rerouted
    key = settings.keys.find(gateway)
    if gateway.key_required and key is None:
        return _lane(gateway, "direct", f"no key: set {_variables(gateway)}")
    return _lane(gateway, "direct", "")


def _lane(gateway: Gateway, way: Way, skip: str) -> Lane:
    return Lane(name=gateway.name, way=way, gateway=gateway, skip=skip)


def _untestable(gateway: Gateway) -> str:
    return "" if gateway.testable else gateway.description or "marked as not testable"


def _variables(gateway: Gateway) -> str:
    """The variable to set, and its other names for those who have one of them."""
    first, *others = gateway.key_envs or ("its key",)
    return f"{first} (or {', '.join(others)})" if others else first


def _find(
    name: str,
    named: Mapping[str, Gateway],
    info: Mapping[str, object] | None,
    settings: Settings,
) -> Gateway:
    """A gateway by name or alias. One asked for by name runs wherever its address is.

    Raises: ClientError when its client file cannot be used, UnknownName when there is none.
    """
    found = named.get(name) or next((g for g in named.values() if name in g.aliases), None)
    if found is None and info is not None:
        if name in info:
            _, problems = gateways_from({name: info[name]}, environ=settings.environ)
            raise ClientError("; ".join(problems))
        known = [*named, *(alias for gateway in named.values() for alias in gateway.aliases)]
        raise UnknownName("gateway", name, known)
    if found is not None and (found.testable or _marked(found, settings)):
        return found
    return find_gateway(name, environ=settings.environ)


def _marked(gateway: Gateway, settings: Settings) -> bool:
    """Whether a script says of it that it is not testable, rather than its missing address."""
    return gateway != all_gateways(settings.environ).get(gateway.name)


def _split(everything: Mapping[str, Gateway]) -> tuple[dict[str, Gateway], tuple[str, ...]]:
    """The gateways that can be used, and a line for each that cannot."""
    usable = {n: g for n, g in everything.items() if not isinstance(g, BrokenClient)}
    broken = (g for g in everything.values() if isinstance(g, BrokenClient))
    return usable, tuple(gateway.description for gateway in broken)


def _refreshed(info: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """GATEWAY_INFO with its untouched entries as the settings have them.

    A script calls known_gateways() before .env and gatewayz.toml are read; what the user changed
    in place stays as it is.
    """
    current = all_gateways(environ)
    before = known_gateways()
    plain = all_gateways({})
    return {
        name: current[name]
        if name in current and value in (before.get(name), plain.get(name))
        else value
        for name, value in info.items()
    }


def _check_info(info: object) -> None:
    if not isinstance(info, Mapping):
        raise ConfigError(
            f"GATEWAY_INFO is a {type(info).__name__}; write a dict such as {{**known_gateways()}}"
        )
    for name in info:
        if not isinstance(name, str):
            raise ConfigError(f"GATEWAY_INFO: {visible(repr(name))} is no name; write it as text")
