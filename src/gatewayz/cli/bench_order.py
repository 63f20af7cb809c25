"""What a bench is to do, out of its options: every fault in them is told before the first request."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import SystemRandom
from typing import Any

import gatewayz
from gatewayz.cli.bench_load import Load, load_of, shape_for, share, warm_up, whole
from gatewayz.cli.bench_prices import notes_on, shown_for
from gatewayz.cli.bench_targets import aims_for, check_fit
from gatewayz.cli.network import access_over
from gatewayz.config import Settings
from gatewayz.core import ConfigError, UnknownName
from gatewayz.core.access import section_for
from gatewayz.core.codec import to_json
from gatewayz.core.load import Objective
from gatewayz.load import Aim, LoadOrder, Prompts, StopRules
from gatewayz.load.objectives import NAMES, read_objectives
from gatewayz.load.prompts import SIZES, prompts_of, read_prompts
from gatewayz.measure import OF_THE_PLAN
from gatewayz.probes._delivery import DELIVERY

# Seeds that are drawn are short enough to be typed again.
_SEEDS = 10**6


def order_from(given: Mapping[str, Any], settings: Settings) -> LoadOrder:
    """The order that the options come to.

    Raises: ConfigError, in one line, for whatever of them cannot be meant.
    """
    settings = _seeded(settings)
    check_fit(given)
    aims, priced = aims_for(given["targets"], given["model"], given["key_env"], settings)
    objectives = read_objectives(given["slo"], "--slo") if given["slo"] is not None else ()
    load = load_of(given, objectives, len(aims))
    stream = not given["no_stream"]
    ci_metric = _ci_metric(given, stream=stream)
    _check_measurable(objectives, given, load, stream=stream)
    shape, search = shape_for(load, given["most"], objectives)
    max_errors = share(given["max_errors"], "--max-errors", 0.1)
    hold = not given["ignore_limits"]
    prompts = _prompts(given["prompt"], as_written=given["as_written"])
    return LoadOrder(
        aims=aims,
        prompts=prompts,
        shape=shape,
        checks=DELIVERY,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        stream=stream,
        seed=settings.seed,
        warm_up=warm_up(given["warm_up"], load, len(aims), settings.max_calls),
        in_flight=whole(given["in_flight"], "--in-flight", 512),
        objectives=objectives,
        stop=StopRules(
            until_ci=load.until_ci,
            ci_metric=ci_metric,
            max_errors=max_errors if max_errors is not None else 0.1,
        ),
        search=search,
        hold_to_limits=hold,
        settings={
            **_shown(given, prompts, settings, aims),
            "held_to": _limits(aims) if hold and load.unit == "concurrency" else {},
            "prices": shown_for(priced),
        },
        environment={
            "gatewayz": gatewayz.__version__,
            "python": platform.python_version(),
            "platform": platform.platform(terse=True),
        },
        notes=(*_limits_passed(aims, load, hold=hold), *notes_on(priced)),
    )


def _seeded(settings: Settings) -> Settings:
    """The settings with a seed of their own where none was set.

    The same questions as those of the run before would let caches answer, however unlike they are
    among themselves.
    """
    if "seed" in settings.origins:
        return settings
    return replace(settings, seed=SystemRandom().randrange(1, _SEEDS))


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


def _check_measurable(
    objectives: Sequence[Objective], given: Mapping[str, Any], load: Load, *, stream: bool
) -> None:
    """Raises: ConfigError where a metric is asked about that this load cannot have."""
    asked = [("--slo", one.metric) for one in objectives]
    asked += [("--ci-metric", given["ci_metric"])] if given["ci_metric"] else []
    for option, metric in asked:
        if not stream and metric in _OF_STREAMS:
            raise ConfigError(f"{option} {metric}: whole answers have none; leave out --no-stream")
        if load.unit != "rate" and metric in OF_THE_PLAN:
            raise ConfigError(
                f"{option} {metric}: without --rate no moment is set at which a request is due; "
                f"give --rate{_instead(metric)}"
            )


def _instead(metric: str) -> str:
    """The metric that a closed load has in place of one since due."""
    plain = metric.removesuffix("_since_due")
    return f", or ask about {plain}" if plain in NAMES and plain != metric else ""


def _ci_metric(given: Mapping[str, Any], *, stream: bool) -> str:
    name: str | None = given["ci_metric"]
    if name is None:
        return "ttft" if stream else "latency"
    if given["until_ci"] is None:
        raise ConfigError(f"--ci-metric {name} goes with --until-ci")
    if name not in NAMES:
        raise UnknownName("metric in --ci-metric", name, NAMES)
    return name


def _shown(
    given: Mapping[str, Any], prompts: Prompts, settings: Settings, aims: Sequence[Aim]
) -> dict[str, Any]:
    """What was set, for the result: all of it, without secrets."""
    names = ("concurrency", "rate", "poisson", "slo", "most", "processes", "in_flight",
             "ignore_limits", "prompt", "as_written", "no_stream", "requests", "duration",
             "until_ci", "ci_metric", "max_errors", "warm_up")  # fmt: skip
    shown = {name: given[name] for name in names}
    if digest := prompts.digest:  # of all that the file holds, so once
        shown["prompt_digest"] = digest
    of_settings = settings.shown()
    for name in ("max_tokens", "temperature", "timeout_s", "seed", "mode", "via", "proxy"):
        shown[name] = of_settings[name]
    for aim in aims:
        section = shown.setdefault(section_for(aim.target.way), {})
        section[aim.target.gateway] = to_json(access_over(aim.gateway, settings))
    return shown


def _limits(aims: Sequence[Aim]) -> dict[str, float]:
    """The requests a minute of each gateway that has such a limit."""
    gateways = [aim.gateway for aim in aims]
    return {
        one.name: one.limits.requests_per_minute
        for one in gateways
        if one.limits.requests_per_minute is not None
    }


def _limits_passed(aims: Sequence[Aim], load: Load, *, hold: bool) -> tuple[str, ...]:
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
