"""What a bench is to do, out of its options: every fault in them is told before the first request."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from typing import Any

import gatewayz
from gatewayz.cli.bench_targets import aims_for
from gatewayz.cli.network import access_over
from gatewayz.config import Settings, values
from gatewayz.core import ConfigError, UnknownName
from gatewayz.core.access import section_for
from gatewayz.core.codec import to_json
from gatewayz.core.load import LoadShape, LoadUnit, Objective
from gatewayz.load import Aim, LoadOrder, Prompts, Search, StopRules
from gatewayz.load.objectives import NAMES, least_requests, read_objectives
from gatewayz.load.prompts import SIZES, prompts_of, read_prompts
from gatewayz.load.shapes import Bounds, Levels, read_levels, shape_of, stage_at
from gatewayz.measure import METRICS
from gatewayz.probes._delivery import DELIVERY

_REQUESTS, _DURATION_S = 30, 10.0
# Seeds that are drawn are short enough to be typed again.
_SEEDS = 10**6
# Where the interval of the median says when it is enough, this bounds what is spent on it.
_CI_REQUESTS, _CI_DURATION_S = 1000, 300.0
# A step of a search that is closed is over by then, however slow; one that is open goes on for so
# many times the limit on a time, and for ten seconds, so that a queue which grows has to be seen.
_STEP_S = 60.0
_TIMES_THE_LIMIT = 5
_SEARCHED: Mapping[LoadUnit, Levels] = {
    "concurrency": Levels("ramp", (1.0, 64.0)),
    "rate": Levels("ramp", (1.0, 64.0)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """The options on how much is sent, read."""

    unit: LoadUnit
    levels: Levels
    bounds: Bounds
    poisson: bool
    until_ci: float | None


def order_from(given: Mapping[str, Any], settings: Settings) -> LoadOrder:
    """The order that the options come to.

    Raises: ConfigError, in one line, for whatever of them cannot be meant.
    """
    settings = _seeded(settings)
    aims = aims_for(given["targets"], given["model"], given["key_env"], settings)
    objectives = read_objectives(given["slo"], "--slo") if given["slo"] is not None else ()
    load = _load_of(given, objectives)
    stream = not given["no_stream"]
    _check_streamed(objectives, given, stream=stream)
    shape, search = _shape_of(load, given["most"], objectives)
    max_errors = _share(given["max_errors"], "--max-errors", 0.1)
    hold = not given["ignore_limits"]
    return LoadOrder(
        aims=aims,
        prompts=_prompts(given["prompt"], as_written=given["as_written"]),
        shape=shape,
        checks=DELIVERY,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        stream=stream,
        seed=settings.seed,
        warm_up=_warm_up(given["warm_up"], load, len(aims), settings.max_calls),
        in_flight=_whole(given["in_flight"], "--in-flight", 512),
        objectives=objectives,
        stop=StopRules(
            until_ci=load.until_ci,
            ci_metric=_ci_metric(given["ci_metric"], stream=stream),
            max_errors=max_errors if max_errors is not None else 0.1,
        ),
        search=search,
        hold_to_limits=hold,
        settings=_shown(given, settings, aims),
        environment={
            "gatewayz": gatewayz.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(terse=True),
        },
        notes=_limits_passed(aims, load, hold=hold),
    )


def _seeded(settings: Settings) -> Settings:
    """The settings with a seed of their own where none was set.

    The same questions as those of the run before would let caches answer, however unlike they are
    among themselves.
    """
    if "seed" in settings.origins:
        return settings
    return replace(settings, seed=SystemRandom().randrange(1, _SEEDS))


def _load_of(given: Mapping[str, Any], objectives: Sequence[Objective]) -> _Load:
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
    until_ci = _share(given["until_ci"], "--until-ci", None)
    if until_ci == 0:
        raise ConfigError("--until-ci 0: no median is ever known so well; write 5% or 0.05")
    if until_ci is not None and (given["most"] or levels.kind != "steady"):
        raise ConfigError(
            f"--until-ci goes with one steady load, not with {_several(given, levels)}"
        )
    return _Load(
        unit=unit,
        levels=levels,
        bounds=_bounds(given, until_ci, objectives),
        poisson=given["poisson"],
        until_ci=until_ci,
    )


def _several(given: Mapping[str, Any], levels: Levels) -> str:
    return "--most" if given["most"] else f"a {levels.kind}"


def _bounds(
    given: Mapping[str, Any], until_ci: float | None, objectives: Sequence[Objective]
) -> Bounds:
    requests = _whole(given["requests"], "--requests", None)
    duration_s = (
        None if given["duration"] is None else values.seconds(given["duration"], "--duration")
    )
    if given["most"]:
        return _of_a_step(given["rate"] is not None, objectives, requests, duration_s)
    if requests is None and duration_s is None:
        if until_ci is not None:
            return Bounds(requests=_CI_REQUESTS, duration_s=_CI_DURATION_S)
        return Bounds(requests=_REQUESTS, duration_s=_DURATION_S)
    return Bounds(requests=requests, duration_s=duration_s)


def _of_a_step(
    is_open: bool, objectives: Sequence[Objective], requests: int | None, duration_s: float | None
) -> Bounds:
    """What bounds a step of a search: an open one from below, a closed one by its time from above."""
    # With fewer, nothing could be said of a step.
    least = max(least_requests(objectives), requests or 0)
    if not is_open:
        return Bounds(requests=least, duration_s=duration_s or _STEP_S)
    limits = [one.limit for one in objectives if METRICS[one.metric].unit == "s"]
    long_s = max(_TIMES_THE_LIMIT * max(limits, default=0.0), duration_s or _DURATION_S)
    return Bounds(requests=max(least, _REQUESTS), duration_s=long_s)


def _shape_of(
    load: _Load, most: bool, objectives: Sequence[Objective]
) -> tuple[LoadShape, Search | None]:
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


def _warm_up(text: str | None, load: _Load, targets: int, most_calls: int | None) -> int:
    """As many as are under way at first, so that their connections stand; but few.

    Of a cap on calls no more than half. Raises: ConfigError where the whole of it was asked for.
    """
    at_once = load.levels.values[0] if load.unit == "concurrency" else 1
    few = max(1, min(4, math.ceil(at_once / targets)))
    if most_calls is not None:
        few = min(few, most_calls // (2 * targets))
    asked: int = _whole(text, "--warm-up", few, least=0)
    if asked and most_calls is not None and asked * targets >= most_calls:
        raise ConfigError(f"--warm-up {asked}: of --max-calls {most_calls} nothing would be left")
    return asked


def _prompts(text: str, *, as_written: bool) -> Prompts:
    if text in SIZES:
        if as_written:
            raise ConfigError("--as-written is for the prompts of a file")
        return prompts_of(text)
    path = Path(text).expanduser()
    if not path.exists() and path.suffix == "" and "/" not in text:
        raise ConfigError(f"--prompt: {UnknownName('size', text, SIZES)}, or a file of prompts")
    return read_prompts(path, "--prompt", as_written=as_written)


# What needs to be seen coming.
_OF_STREAMS = frozenset({"ttft", "ttft_since_due", "ttfa", "itl", "longest_stall", "decode_rate"})


def _check_streamed(
    objectives: Sequence[Objective], given: Mapping[str, Any], *, stream: bool
) -> None:
    """Raises: ConfigError where a metric is asked about that whole answers do not have."""
    asked = [("--slo", one.metric) for one in objectives]
    asked += [("--ci-metric", given["ci_metric"])] if given["ci_metric"] else []
    for option, metric in asked:
        if not stream and metric in _OF_STREAMS:
            raise ConfigError(f"{option} {metric}: whole answers have none; leave out --no-stream")


def _ci_metric(name: str | None, *, stream: bool) -> str:
    if name is None:
        return "ttft" if stream else "latency"
    if name not in NAMES:
        raise UnknownName("metric in --ci-metric", name, NAMES)
    return name


def _whole(text: Any, option: str, default: Any, *, least: int = 1) -> Any:
    return default if text is None else values.whole(least, 10_000_000)(text, option)


def _share(text: str | None, option: str, default: float | None) -> float | None:
    """A share: `5%` or `0.05`."""
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


def _shown(given: Mapping[str, Any], settings: Settings, aims: Sequence[Aim]) -> dict[str, Any]:
    """What was set, for the result: all of it, without secrets."""
    names = ("concurrency", "rate", "poisson", "slo", "most", "processes", "in_flight",
             "ignore_limits", "prompt", "as_written", "no_stream", "requests", "duration",
             "until_ci", "ci_metric", "max_errors", "warm_up")  # fmt: skip
    shown = {name: given[name] for name in names}
    of_settings = settings.shown()
    for name in ("max_tokens", "temperature", "timeout_s", "seed", "mode", "via", "proxy"):
        shown[name] = of_settings[name]
    for aim in aims:
        section = shown.setdefault(section_for(aim.target.way), {})
        section[aim.target.gateway] = to_json(access_over(aim.gateway, settings))
    return shown


def _limits_passed(aims: Sequence[Aim], load: _Load, *, hold: bool) -> tuple[str, ...]:
    """A line for each gateway whose limit this load passes, or waits for."""
    found: dict[str, str] = {}
    shares: dict[str, int] = {}
    for aim in aims:
        shares[aim.gateway.name] = shares.get(aim.gateway.name, 0) + 1
    for aim in aims:
        name, per_minute = aim.gateway.name, aim.gateway.limits.requests_per_minute
        if per_minute is None:
            continue
        if load.unit == "rate":
            most = max(load.levels.values) * 60 * shares[name] / len(aims)
            if most > per_minute:
                found[name] = (
                    f"{name}: {most:g} a minute are above its limit of {per_minute:g}; "
                    "some will be refused"
                )
        elif hold:
            found[name] = (
                f"{name}: held to its {per_minute:g} requests a minute (--ignore-limits: not)"
            )
        else:
            found[name] = f"{name}: its limit of {per_minute:g} requests a minute may be passed"
    return tuple(found.values())
