"""From results to availability: what runs add, and what they change of what was counted before them.

Nearly always a run only adds. Three things change the past, and then the minutes they touch are
counted anew from the results: a run that comes after later ones (the lists that could not be read
since then stand for its questions), one that goes on after it was counted, and one that judges again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text

from gatewayz.core import Culprit, Outcome, Way
from gatewayz.core.codec import from_json, moment_text
from gatewayz.core.objectives import THEIR_FAULTS, Span
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.text import well_formed
from gatewayz.measure.sla import AVAILABILITY, LOOK_BACK, availability_of, standing_of
from gatewayz.store.availability import (
    Counts,
    add_counts,
    counts_of,
    replace_counts,
    span_of_day,
)
from gatewayz.store.results import read_results
from gatewayz.store.summary_schema import REMOVED, SUMMED_RUNS
from gatewayz.store.tables import RESULTS

_NEVER = datetime.min.replace(tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_Lane = tuple[Way, str]


def count_new(connection: Connection, shown: str, results: Sequence[ProbeResult]) -> None:
    """Adds what whole runs found, which are counted for the first time."""
    for (way, gateway), own in _by_lane(results).items():
        runs = {one.run_id for one in own}
        lists = [one for one in own if not one.model]
        before: Iterable[ProbeResult] = ()
        if lists:
            known = _known_at(connection, shown, gateway, lists)
            before = (one for one in known if one.run_id not in runs)
        counted = [one for one in availability_of([*before, *own], way) if one.run_id in runs]
        add_counts(connection, shown, counts_of(counted, way))
        for span in _later_lists(connection, way, gateway, own, runs):
            _count_again(connection, shown, way, gateway, span)


def count_anew(connection: Connection, shown: str, results: Sequence[ProbeResult]) -> None:
    """Counts the minutes of these results once more, as the results that are kept tell it now."""
    for (way, gateway), own in _by_lane(results).items():
        for span in _minutes([one.at for one in own]):
            _count_again(connection, shown, way, gateway, span)
        for span in _later_lists(connection, way, gateway, own, ()):
            _count_again(connection, shown, way, gateway, span)


def _by_lane(results: Iterable[ProbeResult]) -> Mapping[_Lane, list[ProbeResult]]:
    found: dict[_Lane, list[ProbeResult]] = defaultdict(list)
    for one in results:
        found[one.way, well_formed(one.gateway)].append(one)
    return found


def _known_at(
    connection: Connection, shown: str, gateway: str, lists: Sequence[ProbeResult]
) -> list[ProbeResult]:
    """All results of a gateway for as long before some lists as a model is known for."""
    first, last = min(one.at for one in lists), max(one.at for one in lists)
    return list(read_results(connection, shown, first - LOOK_BACK, last, gateway=gateway))


def _later_lists(
    connection: Connection, way: Way, gateway: str, own: Sequence[ProbeResult], but: Collection[str]
) -> list[Span]:
    """The minutes of lists that were counted already and that stand for these results' models."""
    of_models = [one.at for one in own if one.model]
    if not of_models:
        return []
    found = (
        select(RESULTS.c.at, RESULTS.c.run_id)
        .join(SUMMED_RUNS, SUMMED_RUNS.c.run_id == RESULTS.c.run_id)
        .where(
            RESULTS.c.gateway == gateway, RESULTS.c.model == "", RESULTS.c.way == way,
            RESULTS.c.at >= moment_text(min(of_models)),
            RESULTS.c.at <= moment_text(max(of_models) + LOOK_BACK),
        )
    )  # fmt: skip
    rows = connection.execute(found).all()
    return _minutes([datetime.fromisoformat(at) for at, run_id in rows if run_id not in but])


def _minutes(moments: Iterable[datetime]) -> list[Span]:
    """The minutes of some moments, those that follow each other as one."""
    spans: list[Span] = []
    for start in sorted({at.replace(second=0, microsecond=0) for at in moments}):
        if spans and spans[-1].end == start:
            spans[-1] = Span(spans[-1].start, start + _MINUTE)
        else:
            spans.append(Span(start, start + _MINUTE))
    return spans


def _count_again(connection: Connection, shown: str, way: Way, gateway: str, span: Span) -> None:
    """Counts a span from the kept results; not where some of them were removed."""
    if span.start < _all_there_since(connection):
        return
    own = list(read_results(connection, shown, span.start, span.end, gateway=gateway))
    summed = _summed(connection, {one.run_id for one in own})
    own = [one for one in own if one.run_id in summed and one.way == way]
    lists = [one for one in own if not one.model]
    before: list[ProbeResult] = []
    if lists:
        before = [
            one for one in _known_at(connection, shown, gateway, lists) if one.at < span.start
        ]
        asked = _asked(connection, gateway, {one.run_id for one in lists})
        own = [one for one in own if one.model or one.run_id not in asked]
    counted = [one for one in availability_of([*before, *own], way) if one.at >= span.start]
    replace_counts(connection, shown, way, gateway, span, counts_of(counted, way))


def _all_there_since(connection: Connection) -> datetime:
    """The moment from which on no result was removed, nor the minutes that they were counted in.

    A run that began before it may reach a day over.
    """
    query = select(REMOVED.c.moment).where(REMOVED.c.what.in_(("raw", "hours")))
    removed = [from_json(datetime, one) for one in connection.execute(query).scalars()]
    return max(removed) + timedelta(days=1) if removed else _NEVER


def _summed(connection: Connection, runs: Collection[str]) -> set[str]:
    query = select(SUMMED_RUNS.c.run_id).where(SUMMED_RUNS.c.run_id.in_(runs))
    return set(connection.execute(query).scalars())


def _asked(connection: Connection, gateway: str, runs: Collection[str]) -> set[str]:
    """Those of some runs that asked any model of a gateway, whatever its list said."""
    query = select(RESULTS.c.run_id).where(
        RESULTS.c.run_id.in_(runs), RESULTS.c.gateway == gateway, RESULTS.c.model != ""
    )
    return set(connection.execute(query.distinct()).scalars())


def fill_availability(connection: Connection) -> None:
    """Counts what a store of an earlier version has summed.

    Days of which the results are not all there are taken as they were counted then.
    """
    since = _all_there_since(connection)
    day_of = func.substr(RESULTS.c.at, 1, 10)
    query = select(RESULTS.c.gateway, RESULTS.c.way, day_of).distinct().order_by(day_of)
    there = set()
    for gateway, way, day in connection.execute(query).all():
        start = datetime.fromisoformat(day).replace(tzinfo=UTC)
        _count_again(connection, "", way, gateway, Span(start, start + timedelta(days=1)))
        there.add((start, way, gateway))
    kept = text("SELECT day, way, gateway, models FROM model_days ORDER BY day, way, gateway")
    for day, way, gateway, models in connection.execute(kept).all():
        start = span_of_day(day).start
        if start < since or (start, way, gateway) not in there:
            add_counts(connection, "", {(day, way, gateway): _as_counted(json.loads(models))})


def _as_counted(models: Mapping[str, Any]) -> Counts:
    """Days of the earlier kind: by model, passed, failed, unknown, skipped, and failed by culprit."""
    counts = Counts()
    for model, (passed, failed, unknown, skipped, culprits) in models.items():
        told: list[tuple[Outcome, Culprit | None, int]]
        told = [(Outcome.PASSED, None, passed), (Outcome.UNKNOWN, None, unknown),
                (Outcome.SKIPPED, None, skipped)]  # fmt: skip
        told += [(Outcome.FAILED, Culprit(name), n) for name, n in culprits.items() if name]
        told.append((Outcome.FAILED, None, failed - sum(n for _, by, n in told if by)))
        for outcome, culprit, count in told:
            one = ProbeResult(_NEVER, "", model, "chat", outcome, culprit=culprit)
            counts.put_whole(model, standing_of(one, AVAILABILITY, THEIR_FAULTS), count)
    return counts
