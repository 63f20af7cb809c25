"""How much a bench is to send, out of its options: the levels, their bounds, the shape of the load."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatewayz.config import values
from gatewayz.core import ConfigError
from gatewayz.core.load import LoadShape, LoadUnit, Objective
from gatewayz.load import Search
from gatewayz.load.objectives import least_requests
from gatewayz.load.shapes import ROUNDS, Bounds, Levels, read_levels, shape_of, stage_at
from gatewayz.measure import METRICS

_REQUESTS, _DURATION_S = 30, 10.0
# Where the interval of the median says when it is enough, this bounds what is spent on it.
_CI_REQUESTS, _CI_DURATION_S = 1000, 300.0
# A step of a search that is closed is over by then, however slow; one that is open goes on for so
# many times the limit on a time, and for ten seconds, so that a queue which grows has to be seen.
_STEP_S = 60.0
_TIMES_THE_LIMIT = 5
# So many times the requests that the objectives of a search need.
_SPARE = 1.1
_SEARCHED: Mapping[LoadUnit, Levels] = {
    "concurrency": Levels("ramp", (1.0, 64.0)),
    "rate": Levels("ramp", (1.0, 64.0)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The options on how much is sent, read."""

    unit: LoadUnit
    levels: Levels
    bounds: Bounds
    poisson: bool
    until_ci: float | None


def load_of(given: Mapping[str, Any], objectives: Sequence[Objective], targets: int = 1) -> Load:
    """The load that the options ask for, on so many targets that share it.

    Raises: ConfigError for options that exclude each other.
    """
    concurrency, rate = given["concurrency"], given["rate"]
    if concurrency is not None and rate is not None:
        raise ConfigError("--concurrency and --rate exclude each other: closed or open load")
    unit: LoadUnit = "concurrency" if rate is None else "rate"
    if unit == "concurrency" and (given["poisson"] or given["in_flight"] is not None):
        option = "--poisson" if given["poisson"] else "--in-flight"
        raise ConfigError(f"{option} goes with --rate")
    if given["most"] and not objectives:
        raise ConfigError("--most: within which limits? Name them with --slo ttft_p95=800ms")
    text = rate if unit == "rate" else concurrency
    if text is None and given["most"]:
        levels = _SEARCHED[unit]
    else:
        levels = read_levels("2" if text is None else text, unit, f"--{unit}")
    until_ci = share(given["until_ci"], "--until-ci", None)
    if until_ci == 0:
        raise ConfigError("--until-ci 0: no median is ever known so well; write 5% or 0.05")
    if until_ci is not None and (given["most"] or levels.kind != "steady"):
        raise ConfigError(
            f"--until-ci goes with one steady load, not with {_several(given, levels)}"
        )
    return Load(
        unit=unit,
        levels=levels,
        bounds=_bounds(given, until_ci, objectives, targets),
        poisson=given["poisson"],
        until_ci=until_ci,
    )


def _several(given: Mapping[str, Any], levels: Levels) -> str:
    return "--most" if given["most"] else f"a {levels.kind}"


def _bounds(
    given: Mapping[str, Any],
    until_ci: float | None,
    objectives: Sequence[Objective],
    targets: int,
) -> Bounds:
    requests = whole(given["requests"], "--requests", None)
    duration_s = (
        None if given["duration"] is None else values.seconds(given["duration"], "--duration")
    )
    if given["most"]:
        return _of_a_step(given["rate"] is not None, objectives, requests, duration_s)
    if requests is None and duration_s is None:
        if until_ci is not None:
            return Bounds(requests=_CI_REQUESTS, duration_s=_CI_DURATION_S)
        return Bounds(requests=_REQUESTS, duration_s=_DURATION_S, rounds=ROUNDS / targets)
    return Bounds(requests=requests, duration_s=duration_s)


def _of_a_step(
    is_open: bool, objectives: Sequence[Objective], requests: int | None, duration_s: float | None
) -> Bounds:
    """What bounds a step of a search: an open one from below, a closed one by its time from above."""
    # With fewer that have a value nothing could be said of a step, and some answers have none.
    least = max(math.ceil(least_requests(objectives) * _SPARE), requests or 0)
    if not is_open:
        return Bounds(requests=least, duration_s=duration_s or _STEP_S)
    limits = [one.limit for one in objectives if METRICS[one.metric].unit == "s"]
    long_s = max(_TIMES_THE_LIMIT * max(limits, default=0.0), duration_s or _DURATION_S)
    return Bounds(requests=max(least, _REQUESTS), duration_s=long_s)


def shape_for(
    load: Load, most: bool, objectives: Sequence[Objective]
) -> tuple[LoadShape, Search | None]:
    """The shape of a load; of a search for the `most` its first step, and where it looks."""
    if not most:
        return shape_of(load.levels, load.unit, load.bounds, poisson=load.poisson), None
    ends = load.levels.values
    low, high = (min(ends), max(ends)) if len(ends) > 1 else (1.0, ends[0])
    if low > high:
        raise ConfigError(f"--{load.unit}: the search begins at 1, so give more than that")
    first = stage_at(0, low, load.unit, load.bounds, poisson=load.poisson)
    by = "at once" if load.unit == "concurrency" else "a second"
    limits = ", ".join(one.text for one in objectives)
    words = f"the most within {limits}, from {low:g} to {high:g} {by}"
    shape = LoadShape(kind="most", unit=load.unit, words=words, stages=(first,))
    return shape, Search(low=low, high=high)


def warm_up(text: str | None, load: Load, targets: int, most_calls: int | None) -> int:
    """As many as are under way at first, so that their connections stand; but few.

    Of a cap on calls no more than half. Raises: ConfigError where the whole of it was asked for.
    """
    at_once = load.levels.values[0] if load.unit == "concurrency" else 1
    few = max(1, min(4, math.ceil(at_once / targets)))
    if most_calls is not None:
        few = min(few, most_calls // (2 * targets))
    asked: int = whole(text, "--warm-up", few, least=0)
    if asked and most_calls is not None and asked * targets >= most_calls:
        raise ConfigError(f"--warm-up {asked}: of --max-calls {most_calls} nothing would be left")
    return asked


def whole(text: Any, option: str, default: Any, *, least: int = 1) -> Any:
    """A whole number from `least` on. Raises: ConfigError for anything else."""
    return default if text is None else values.whole(least, 10_000_000)(text, option)


def share(text: str | None, option: str, default: float | None) -> float | None:
    """A share: `5%` or `0.05`. Raises: ConfigError for anything else."""
    if text is None:
        return default
    words = text.strip()
    try:
        found = float(words[:-1]) / 100 if words.endswith("%") else float(words)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ConfigError(f"{option} '{text}': write 5% or 0.05")
    return found
