"""Which requests get which faults: rules by place, model, route, count and chance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

from gatewayz.core import ConfigError, UnknownName
from gatewayz.simulator.faults import Planted, parse_faults

# What a rule's values may be in JSON.
_TYPES: dict[str, Any] = {
    "fault": str,
    "gateway": str,
    "model": str,
    "path": str,
    "stream": bool | None,
    "nth": int | list | tuple,
    "every": int,
    "after": int,
    "times": int | None,
    "probability": int | float,
}

_PATHS = ("chat", "models", "other", "*")
_OPTIONS = ("after", "byte", "bytes", "event", "every", "gap", "ms", "seconds")

Faults = Mapping[str, Any] | Iterable[Mapping[str, Any]] | Path | str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One line of a schedule; what is not given matches everything.

    gateway, model   glob patterns
    path             the route's kind: "chat" (the default), "models", "other" or "*"
    stream           only streamed, or only plain calls
    nth              only these requests among those that match, from 1
    every            every so-manieth of them
    after            only those after so many
    times            at most so many faults in all
    probability      chance for each, drawn by the seed
    """

    fault: Planted
    gateway: str = "*"
    model: str = "*"
    path: str = "chat"
    stream: bool | None = None
    nth: tuple[int, ...] = ()
    every: int = 1
    after: int = 0
    times: int | None = None
    probability: float = 1.0

    def covers(self, gateway: str, route: str, model: str, stream: bool) -> bool:
        """Whether such a request is counted by this rule."""
        return (
            fnmatchcase(gateway, self.gateway)
            and fnmatchcase(model, self.model)
            and self.path in ("*", route)
            and self.stream in (None, stream)
        )

    def strikes(self, ordinal: int) -> bool:
        """Whether the so-manieth covered request is one for the fault, chance aside."""
        if self.nth and ordinal not in self.nth:
            return False
        return ordinal > self.after and (ordinal - self.after) % self.every == 0


class Schedule:
    """Rules in order; the first that strikes gives the fault.

    Args: faults is a list of rules, {"rules": [...]}, {"gateway": "fault-name"}, or the path of a
    JSON file with one of these; seed decides the draws.
    Raises: ConfigError for a rule that cannot be read, UnknownName for an unknown fault.
    """

    def __init__(self, faults: Faults | None = None, *, seed: int = 0) -> None:
        self._rules = _read(faults)
        self._seed = seed
        self._seen: Counter[int] = Counter()
        self._struck: Counter[int] = Counter()
        self._drawn: Counter[tuple[int, str, str]] = Counter()

    def check_places(self, places: Iterable[str]) -> None:
        """Raises: UnknownName for a rule whose gateway is none of the places: it never strikes."""
        known = tuple(places)
        for rule in self._rules:
            if not any(fnmatchcase(place, rule.gateway) for place in known):
                raise UnknownName("gateway in the faults", rule.gateway, known)

    def fault_for(self, gateway: str, route: str, model: str, stream: bool) -> Planted | None:
        """The faults that this request shall get, None for none."""
        for number, rule in enumerate(self._rules):
            if not rule.covers(gateway, route, model, stream):
                continue
            self._seen[number] += 1
            if rule.times is not None and self._struck[number] >= rule.times:
                continue
            if rule.strikes(self._seen[number]) and self._draw(number, rule, gateway, model):
                self._struck[number] += 1
                return rule.fault
        return None

    def _draw(self, number: int, rule: FaultRule, gateway: str, model: str) -> bool:
        """Chance per model and its own count, so that the order of other requests is no matter."""
        if rule.probability >= 1:
            return True
        which = (number, gateway, model)
        self._drawn[which] += 1
        draw = Random(f"{self._seed}|{which}|{self._drawn[which]}").random()
        return draw < rule.probability


def _read(faults: Faults | None) -> tuple[FaultRule, ...]:
    if faults is None:
        return ()
    if isinstance(faults, str | Path):
        try:
            faults = json.loads(Path(faults).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"the faults cannot be read: {error}") from error
    if isinstance(faults, Mapping):
        rules = faults.get("rules")
        faults = (
            rules
            if isinstance(rules, list)
            else [{"gateway": place, "fault": name} for place, name in faults.items()]
        )
    if not isinstance(faults, Iterable):
        raise ConfigError("faults are a list of rules")
    return tuple(_rule(entry) for entry in faults)


def _rule(entry: Any) -> FaultRule:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("fault"), str):
        raise ConfigError(f"a rule names its fault: {{'fault': 'rate-limit', ...}}, not {entry!r}")
    unknown = sorted(set(entry) - set(_TYPES))
    if unknown:
        raise ConfigError(f"a rule has no '{unknown[0]}'; it knows {', '.join(sorted(_TYPES))}")
    for name, value in entry.items():
        if not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and name != "stream"):
            raise ConfigError(f"'{name}' of a rule cannot be {value!r}")
    values = dict(entry)
    nth = values.get("nth", ())
    values["nth"] = (nth,) if isinstance(nth, int) else tuple(nth)
    if values.get("every", 1) < 1:
        raise ConfigError("'every' of a rule counts from 1")
    if not 0 <= values.get("probability", 1) <= 1:
        raise ConfigError("'probability' of a rule is a number from 0 to 1")
    if values.get("path", "chat") not in _PATHS:
        raise ConfigError(f"'path' of a rule is one of {', '.join(_PATHS)}")
    fault = parse_faults(values["fault"])
    for option, number in fault.options.items():
        if option not in _OPTIONS or not _is_number(number):
            raise ConfigError(
                f"'{values['fault']}': '{option}={number}' is no option;"
                f" a fault takes {', '.join(_OPTIONS)}, each a number"
            )
    return FaultRule(**(values | {"fault": fault}))


def _is_number(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False
