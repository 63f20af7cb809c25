"""Every objective of every target over its window: shares, budgets, incidents, burn rates, alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from gatewayz.core.availability import Alert, Assessment, Incident, Standing, Tally
from gatewayz.core.calendars import span_of
from gatewayz.core.estimates import Estimate
from gatewayz.core.objectives import Maintenance, Objective, Sla, Span
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.intervals import quantile_of
from gatewayz.measure.sla.alerting import told
from gatewayz.measure.sla.budgets import Burning, budget_of, state_of, wilson
from gatewayz.measure.sla.counting import value_of
from gatewayz.measure.sla.rounds import Judged, Round, rounds_of
from gatewayz.measure.sla.slices import slices_of
from gatewayz.measure.sla.streams import Stream, judged_of, targets_of
from gatewayz.measure.sla.targets import KNOWN_FOR, Filed

# How far before a window results are looked at, for incidents and burn rates that reach into it.
LOOK_BACK = KNOWN_FOR
_EVER = datetime.min.replace(tzinfo=UTC)


def since(slas: Iterable[Sla], at: datetime, span: Span | None = None) -> datetime:
    """From when on results are needed to assess these at a moment; `span` is in place of their windows."""
    starts = [span.start if span else span_of(sla.window, at).start for sla in slas]
    return min(starts, default=at) - LOOK_BACK


def assess(
    slas: Iterable[Sla],
    results: Iterable[ProbeResult],
    *,
    at: datetime,
    maintenance: Sequence[Maintenance] = (),
    span: Span | None = None,
    shares_since: datetime | None = None,
) -> tuple[Assessment, ...]:
    """How each objective stands at a moment, for every target of which there is any result.

    `results` reach back to `since(...)`; later ones than `at` are left out. `span` is looked at in
    place of each window. Of the time before `shares_since` there are only failures, and what ended them: it is
    told in incidents of objectives on what failed, and no share of it is. In the order of the promises, their targets and objectives.
    """
    slas = tuple(slas)
    filed = Filed(result for result in results if result.at < at)
    found: list[Assessment] = []
    for sla in slas:
        over = span or span_of(sla.window, at)
        for target, stream in targets_of(sla, filed, maintenance, at):
            found += [
                _assessed(sla, one, target, stream, over, at, shares_since or _EVER)
                for one in sla.objectives
            ]
    return tuple(found)


def alerts(
    slas: Iterable[Sla],
    results: Iterable[ProbeResult],
    *,
    at: datetime,
    maintenance: Sequence[Maintenance] = (),
    before: Iterable[Alert] = (),
    shares_since: datetime | None = None,
) -> tuple[Alert, ...]:
    """All alerts up to a moment, in the order in which they began; those without an end are on.

    What burned before `shares_since` is not known, as `assess` has it. `before` are those that were on when somebody looked last: each is among what comes back, on or with
    its end, unless there is no result of its target.
    """
    lasting = {(one.sla, one.objective, one.target): one for one in before}
    filed = Filed(result for result in results if result.at < at)
    found: list[Alert] = []
    for sla in slas:
        for target, stream in targets_of(sla, filed, maintenance, at):
            for objective in sla.objectives:
                rounds = rounds_of(judged_of(stream, objective, sla))
                burning = _burning(rounds, objective, sla, shares_since or _EVER)
                last = lasting.get((sla.name, objective.name, target))
                found += told(sla, objective, target, rounds, burning, last).alerts
    return tuple(sorted(found, key=lambda one: one.started_at))


def _burning(
    rounds: Sequence[Round], objective: Objective, sla: Sla, shares_since: datetime
) -> Burning:
    return Burning([one for one in rounds if one.at >= shares_since], objective, sla.window)


def _assessed(
    sla: Sla,
    objective: Objective,
    target: str,
    stream: Stream,
    span: Span,
    at: datetime,
    shares_since: datetime,
) -> Assessment:
    judged = list(judged_of(stream, objective, sla))
    if objective.limit is not None:  # of slow answers, which passed, nothing was left
        judged = [one for one in judged if one.result.at >= shares_since]
    rounds = rounds_of(judged)
    burning = _burning(rounds, objective, sla, shares_since)
    made = told(sla, objective, target, rounds, burning)
    until = min(at, span.end)
    start = max(span.start, shares_since)
    within = [one for one in judged if start <= one.result.at < span.end]
    tally = _tally(within)
    budget = budget_of(tally, objective, span, at)
    interval = wilson(tally.good, tally.counted)
    incidents = tuple(one for one in made.fold.incidents(at) if _meets(one, span))
    watched = [one for one in rounds if start <= one.at < span.end]
    usual = _usual(watched)
    return Assessment(
        sla=sla.name,
        objective=objective,
        target=target,
        way=sla.way,
        span=span,
        at=at,
        state=state_of(tally, objective, budget),
        tally=tally,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        quantile=_quantile(within, objective),
        budget=budget,
        rounds=len(watched),
        interval_s=usual,
        unwatched_s=_unwatched(watched, usual, Span(min(start, until), until)),
        down_s=sum(_within(one, span.start, until) for one in incidents),
        incidents=incidents,
        # Of a time that is over nothing burns any more.
        burns=burning.burns(at) if at <= span.end else (),
        alert=made.on if at <= span.end else None,
        alerts=tuple(one for one in made.alerts if span.start <= one.started_at < span.end),
        slices=slices_of(within, span, sla.window.time_zone),
    )


def _tally(judged: Iterable[Judged]) -> Tally:
    counts = Counter(one.standing for one in judged)
    good, bad = counts.pop(Standing.GOOD, 0), counts.pop(Standing.BAD, 0)
    return Tally(good=good, bad=bad, excluded=dict(sorted(counts.items())))


def _quantile(judged: Iterable[Judged], objective: Objective) -> Estimate | None:
    """The value that so large a share of the answers kept to; of a rate, the one that they reached."""
    if objective.limit is None:
        return None
    sign = -1 if objective.kind == "decode_rate" else 1
    values = [
        sign * value
        for one in judged
        if one.standing in (Standing.GOOD, Standing.BAD)
        and (value := value_of(one.result, objective)) is not None
    ]
    found = quantile_of(sorted(values), objective.share)
    if sign == 1:
        return found
    value, low, high = (None if x is None else -x for x in (found.value, found.low, found.high))
    return Estimate(value, high, low, found.count, found.enough, found.confidence)


def _meets(incident: Incident, span: Span) -> bool:
    return incident.start < span.end and incident.until > span.start


def _within(incident: Incident, start: datetime, until: datetime) -> float:
    spent = min(incident.until, until) - max(incident.start, start)
    return max(0.0, spent.total_seconds())


def _usual(rounds: Sequence[Round]) -> float | None:
    """The usual time between two rounds, in seconds; None below two rounds."""
    moments = [one.at.timestamp() for one in rounds]
    gaps = [after - before for before, after in pairwise(moments)]
    return median(gaps) if gaps else None


def _unwatched(rounds: Sequence[Round], usual: float | None, span: Span) -> float:
    """The time of which nothing is known: what gaps of over twice the usual have beyond it."""
    if usual is None:
        return max(0.0, span.seconds)
    moments = [span.start, *(one.at for one in rounds), span.end]
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    return sum(gap - usual for gap in gaps if gap > 2 * usual)
