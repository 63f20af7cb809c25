"""How load goes on in time: steady, in a ramp, or step by step; closed, or open with its arrivals."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Literal

from gatewayz.core.errors import ConfigError
from gatewayz.core.load import LoadShape, LoadUnit, Stage

# A ramp goes up in at most so many steps: each needs requests enough to say something.
RAMP_STEPS = 8
# Each of those at once is followed by two more, so that as many are really under way.
ROUNDS = 3
MOST_AT_ONCE, MOST_PER_S = 4096, 10_000.0
_NUMBER = r"\d+(?:\.\d+)?"
_RAMP = re.compile(rf"({_NUMBER})\.\.({_NUMBER})")
_STEPS = re.compile(rf"{_NUMBER}(?:,{_NUMBER})*")
_SAMPLES = {"concurrency": ("4", "1..16", "1,2,4,8"), "rate": ("5", "1..20", "1,2,5,10")}


@dataclass(frozen=True, slots=True)
class Levels:
    """What was written of a load: one level, the two ends of a ramp, or the steps of a sweep."""

    kind: Literal["steady", "ramp", "sweep"]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Where a load ends: of a sweep each step, otherwise the whole. None: not by that.

    Of a closed load each step has `rounds` times as many requests as are to be at once, where
    `requests` are fewer.
    """

    duration_s: float | None = None
    requests: int | None = None
    rounds: float = 0.0


def read_levels(text: str, unit: LoadUnit, where: str) -> Levels:
    """Levels out of `4`, `1..16` or `1,2,4,8`; of requests at once they are whole.

    Raises: ConfigError for what is none of these, `where` naming the option.
    """
    words = text.replace(" ", "")
    ramp = _RAMP.fullmatch(words)
    if ramp:
        values = tuple(float(end) for end in ramp.groups())
    elif _STEPS.fullmatch(words):
        values = tuple(float(step) for step in words.split(","))
    else:
        one, rising, steps = _SAMPLES[unit]
        raise ConfigError(
            f"{where} '{text}': write {one}, {rising} for a ramp, or {steps} for steps"
        )
    most = MOST_AT_ONCE if unit == "concurrency" else MOST_PER_S
    if not all(0 < value <= most for value in values):
        raise ConfigError(f"{where} '{text}': each is above 0 and at most {most:g}")
    if unit == "concurrency" and any(value % 1 for value in values):
        raise ConfigError(f"{where} '{text}': requests at once are a whole number")
    if ramp and values[0] == values[1]:
        return Levels("steady", values[:1])
    return Levels("ramp" if ramp else "sweep" if len(values) > 1 else "steady", values)


def shape_of(levels: Levels, unit: LoadUnit, bounds: Bounds, *, poisson: bool = False) -> LoadShape:
    """The load that levels come to, within bounds; `poisson` draws the arrivals of an open one.

    Raises: ConfigError for a ramp of more steps than requests.
    """
    values = levels.values
    each = [bounds] * len(values)
    if levels.kind == "ramp":
        values = _rising(values[0], values[1], unit)
        each = _shared(bounds, len(values))
    stages = tuple(
        stage_at(number, level, unit, its, poisson=poisson)
        for number, (level, its) in enumerate(zip(values, each, strict=True))
    )
    return LoadShape(
        kind=levels.kind,
        unit=unit,
        words=_words(levels, unit, poisson=poisson),
        stages=stages,
    )


def _shared(bounds: Bounds, steps: int) -> list[Bounds]:
    """What each step of a ramp has of its bounds: all of them together no more than there is."""
    if bounds.requests is not None and bounds.requests < steps:
        raise ConfigError(
            f"--requests {bounds.requests}: this ramp has {steps} steps, and needs one for each at least"
        )
    duration_s = None if bounds.duration_s is None else bounds.duration_s / steps
    if bounds.requests is None:
        return [replace(bounds, duration_s=duration_s)] * steps
    ends = [math.ceil(bounds.requests * step / steps) for step in range(steps + 1)]
    return [
        replace(bounds, duration_s=duration_s, requests=end - begin)
        for begin, end in pairwise(ends)
    ]


def stage_at(
    index: int, level: float, unit: LoadUnit, bounds: Bounds, *, poisson: bool = False
) -> Stage:
    """One stage at one level."""
    arrivals: Literal["", "constant", "poisson"] = ""
    requests = bounds.requests
    if unit == "rate":
        arrivals = "poisson" if poisson else "constant"
    elif requests is not None:
        requests = max(requests, math.ceil(bounds.rounds * level))
    return Stage(
        index=index,
        title=title_of(level, unit),
        unit=unit,
        level=level,
        arrivals=arrivals,
        duration_s=bounds.duration_s,
        requests=requests,
    )


def title_of(level: float, unit: LoadUnit) -> str:
    """A level in words: "4 at once", "2.5/s"."""
    return f"{level:g} at once" if unit == "concurrency" else f"{level:g}/s"


def arrivals_of(stage: Stage, seed: int) -> Iterator[float]:
    """When the requests of an open stage are due, in seconds after its start, in order.

    Evenly, or as a Poisson process drawn by the seed; until the stage's bounds.
    """
    rng = Random(f"{seed}/{stage.index}/arrivals")
    due, count = 0.0, 0
    while stage.requests is None or count < stage.requests:
        due = (
            due + rng.expovariate(stage.level)
            if stage.arrivals == "poisson"
            else count / stage.level
        )
        if stage.duration_s is not None and due >= stage.duration_s:
            return
        yield due
        count += 1


def due_in(stage: Stage, seed: int, started_s: float) -> list[float]:
    """The moments at which the requests of an open stage are due, in order."""
    return [started_s + offset for offset in arrivals_of(stage, seed)]


def drawn_rate(stage: Stage, targets: int) -> float | None:
    """How many requests of an open stage are to start in a second at each of its targets, where their
    moments are drawn at random; None where they lie evenly.
    """
    return stage.level / targets if stage.arrivals == "poisson" else None


def most_requests(stage: Stage) -> int | None:
    """How many requests a stage sends at most; None where only its time bounds them.

    Of arrivals by chance within a time it is the number that one run in a thousand passes.
    """
    bounds = [] if stage.requests is None else [stage.requests]
    if stage.unit == "rate" and stage.duration_s is not None:
        expected = stage.level * stage.duration_s
        by_chance = 3.1 * math.sqrt(expected) + 1 if stage.arrivals == "poisson" else 0
        bounds.append(math.ceil(expected + by_chance))
    return min(bounds, default=None)


def share_of(places: int, part: int, parts: int) -> int:
    """How many of so many requests at once one of several processes keeps going."""
    return places // parts + (part < places % parts)


def for_each(stage: Stage, targets: int) -> Stage:
    """The stage with its number of requests meant for each of so many targets."""
    requests = stage.requests
    return stage if requests is None else replace(stage, requests=requests * targets)


def _rising(low: float, high: float, unit: LoadUnit) -> tuple[float, ...]:
    """The steps of a ramp, both ends included, each once."""
    span = abs(high - low)
    steps = RAMP_STEPS if unit == "rate" else int(min(RAMP_STEPS, span + 1))
    values = (low + (high - low) * at / (steps - 1) for at in range(steps))
    rounded = (round(value) if unit == "concurrency" else round(value, 3) for value in values)
    return tuple(dict.fromkeys(float(value) for value in rounded))


def _words(levels: Levels, unit: LoadUnit, *, poisson: bool) -> str:
    titles = [f"{value:g}" for value in levels.values]
    by_unit = "at once" if unit == "concurrency" else "a second"
    by_chance = ", at random moments (Poisson)" if poisson and unit == "rate" else ""
    if levels.kind == "ramp":
        return f"a ramp from {titles[0]} to {titles[1]} {by_unit}{by_chance}"
    if levels.kind == "sweep":
        return f"{', '.join(titles)} {by_unit}, one step after the other{by_chance}"
    return f"{titles[0]} {by_unit}{by_chance}"
