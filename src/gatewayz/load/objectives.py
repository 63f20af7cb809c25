"""What speed is asked for: limits on quantiles, and whether a sample keeps to them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gatewayz.core.errors import ConfigError, UnknownName
from gatewayz.core.estimates import CONFIDENCE, Estimate
from gatewayz.core.held_up import reason_in_all
from gatewayz.core.load import Objective, ObjectiveResult, Sample
from gatewayz.core.units import parse_duration_s
from gatewayz.measure import METRICS, quantile_of
from gatewayz.measure.intervals import hardly_by_chance

_OBJECTIVE = re.compile(r"(\w+)_p(\d{1,2}(?:\.\d+)?)=(.+)")
# Metrics that a limit on a quantile over requests can be put on.
NAMES = tuple(name for name in METRICS if name not in ("icl", "connect", "tls"))
# How a duration with a unit ends: 800ms, 2s, 1m, 1h, 1d.
_LAST_OF_A_UNIT = "smhd"
# Beyond these percentiles no interval comes of fewer requests than a run has.
_LOWEST, _HIGHEST = 0.01, 99.99
_BEYOND = "but the interval reaches beyond it"


def read_objectives(text: str, where: str) -> tuple[Objective, ...]:
    """Objectives out of `ttft_p95=800ms,decode_rate_p50=40`; times are durations with a unit, rates numbers.

    Raises: ConfigError, UnknownName.
    """
    found = [_objective(part.strip(), where) for part in text.split(",") if part.strip()]
    if not found:
        raise ConfigError(f"{where}: it is empty; write ttft_p95=800ms,itl_p95=50ms")
    return tuple(found)


def _objective(text: str, where: str) -> Objective:
    match = _OBJECTIVE.fullmatch(text)
    if match is None:
        raise ConfigError(f"{where} '{text}': write ttft_p95=800ms or decode_rate_p50=40")
    name, percent, limit = match.groups()
    if not _LOWEST <= float(percent) <= _HIGHEST:
        raise ConfigError(
            f"{where} '{text}': a percentile is from p{_LOWEST:g} to p{_HIGHEST:g}; "
            f"that one takes {needed(_HIGHEST / 100):,} requests, and one beyond it yet more"
        )
    if name not in NAMES:
        raise UnknownName(f"metric in {where}", name, NAMES)
    unit = METRICS[name].unit
    if unit == "s":
        value = parse_duration_s(limit)
        if value > 0 and limit.strip()[-1] not in _LAST_OF_A_UNIT:
            # Whoever means milliseconds would be told that every answer met it.
            named = f"{name}_p{percent}={limit.strip()}"
            raise ConfigError(f"{where} '{text}': it has no unit; write {named}ms or {named}s")
    else:
        try:
            value = float(limit)
        except ValueError:
            raise ConfigError(
                f"{where} '{text}': {name} is in {unit}; write {name}_p{percent}=40"
            ) from None
    if not 0 < value < math.inf:
        raise ConfigError(f"{where} '{text}': the limit is above 0")
    return Objective(text=text, metric=name, share=float(percent) / 100, limit=value)


def keeps_to(objective: Objective, value: float) -> bool:
    """Whether one value is within an objective's limit."""
    if METRICS[objective.metric].better == "lower":
        return value <= objective.limit
    return value >= objective.limit


def keeps_to_all(objectives: Sequence[Objective], values: Mapping[str, float]) -> bool | None:
    """Whether one request met every objective by itself.

    None where nobody can tell: of some metric it has no value, and those that it has are within.
    """
    found = [values.get(one.metric) for one in objectives]
    pairs = zip(objectives, found, strict=True)
    if not all(value is None or keeps_to(one, value) for one, value in pairs):
        return False
    return None if None in found else True


def why_not_judged(objectives: Sequence[Objective], sample: Sample) -> str:
    """Why nobody can tell whether a request met every objective: what has no value, and the reason."""
    told: dict[str, list[str]] = {}
    for name in dict.fromkeys(one.metric for one in objectives):
        if name not in sample.values:
            reason = reason_in_all(sample.missing.get(name, "not measured"))
            told.setdefault(reason, []).append(METRICS[name].title)
    return "; ".join(f"{', '.join(titles)}: {reason}" for reason, titles in told.items())


def needed(share: float) -> int:
    """How many requests it takes before a quantile has an interval at all."""
    # So many that all of them lie on one side of it no oftener than the interval may miss it there.
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(max(share, 1 - share)))


def least_requests(objectives: Sequence[Objective]) -> int:
    """How many requests a step needs before every objective can be judged; 1 without any."""
    return max((needed(one.share) for one in objectives), default=1)


def judge_objective(
    objective: Objective,
    values: Sequence[float],
    failed: int,
    unsent: int = 0,
    unmeasured: int = 0,
) -> ObjectiveResult:
    """Whether requests with these values, and so many that failed, met an objective.

    Those that failed count as beyond any limit, and so do the `unsent`, which were due and never
    sent: whoever wanted them waits still. With too few requests for an interval nothing is said,
    except where so many are beyond the limit that more of them could hardly mend it.

    Of the `unmeasured`, which passed and have no value, nothing is known: those that were measured
    stand for them, so as many of those that failed are set against these as there are of these.
    """
    beyond = failed + unsent
    if unmeasured and beyond:
        count = len(values) + unmeasured + beyond
        if hardly_by_chance(count - beyond, count, objective.share):
            # Whatever the others took.
            words = f"{beyond} of {count} beyond it"
            return ObjectiveResult(objective=objective, met=False, words=words)
        beyond = round(beyond * len(values) / (len(values) + unmeasured))
    judged = _judged(objective, values, beyond)
    if not unsent:
        return judged
    told = f"{unsent} of {len(values) + unmeasured + failed + unsent} due were not sent"
    return replace(judged, words=f"{told}, {judged.words}" if judged.words else told)


def _judged(objective: Objective, values: Sequence[float], failed: int) -> ObjectiveResult:
    lower = METRICS[objective.metric].better == "lower"
    # Of rates the slow end is asked about: p95 is what 95 % reach or pass.
    worst = math.inf if lower else -math.inf
    ordered = sorted([*values, *[worst] * failed], reverse=not lower)
    count = len(ordered)
    if not count:
        return ObjectiveResult(objective=objective, met=None, words="nothing was measured")
    signed = ordered if lower else [-value for value in ordered]
    found = quantile_of(signed, objective.share)
    within = sum(keeps_to(objective, value) for value in ordered)
    estimate = _finite(found, 1 if lower else -1)
    if not found.enough:
        if hardly_by_chance(within, count, objective.share):
            words = f"{count - within} of {count} beyond it"
            return ObjectiveResult(objective=objective, met=False, words=words, estimate=estimate)
        words = f"too few: {count} of the {needed(objective.share)} requests that it takes"
        return ObjectiveResult(objective=objective, met=None, words=words, estimate=estimate)
    limit = objective.limit if lower else -objective.limit
    met = found.value is not None and found.value <= limit
    unsure = found.low is not None and found.high is not None and found.low <= limit < found.high
    words = _BEYOND if met and unsure else ""
    if not met and unsure:
        words = "but the interval reaches within it"
    return ObjectiveResult(objective=objective, met=met, words=words, estimate=estimate)


def unsure_words(told: Sequence[ObjectiveResult]) -> str:
    """Which objectives were met by a value whose interval reaches beyond the limit; "" for none."""
    names = [one.objective.text for one in told if one.met and one.words.endswith(_BEYOND)]
    return f"but the interval of {' and of '.join(names)} reaches beyond it" if names else ""


def _finite(found: Estimate, sign: int) -> Estimate | None:
    """The estimate in the metric's own sign; None where it lies among those that failed."""
    if found.value is None or not math.isfinite(found.value):
        return None
    ends = [
        sign * end if end is not None and math.isfinite(end) else None
        for end in (found.low, found.high)
    ]
    low, high = ends if sign > 0 else ends[::-1]
    enough = low is not None and high is not None
    return Estimate(sign * found.value, low, high, found.count, enough, found.confidence)
