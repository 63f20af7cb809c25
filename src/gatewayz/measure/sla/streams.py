"""Each target's results as they count: the one place where a result becomes good, bad or left out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from gatewayz.core import Way
from gatewayz.core.availability import Standing
from gatewayz.core.calendars import spans_of
from gatewayz.core.objectives import Maintenance, Objective, Sla, Span
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.sla.counting import AVAILABILITY, standing_of
from gatewayz.measure.sla.rounds import Judged
from gatewayz.measure.sla.targets import Filed, is_meant, target_of

_EACH_MODEL = Sla(name="", objectives=(AVAILABILITY,))

# A target's results in their order, each with whether it lies in a maintenance.
Stream = list[tuple[ProbeResult, bool]]


class Counted(NamedTuple):
    """How one result counts for the availability of one model, maintenance aside."""

    at: datetime
    run_id: str
    gateway: str
    model: str
    standing: Standing


def availability_of(results: Iterable[ProbeResult], way: Way) -> Iterator[Counted]:
    """How results count for each model's availability, as it is without any promise.

    A list that could not be read stands for the questions of its models. Announced times are left to
    who reads it, since they may be announced, or withdrawn, afterwards.
    """
    each = replace(_EACH_MODEL, way=way)
    for (gateway, model), own in Filed(results).streams(each):
        for one in judged_of([(result, False) for result in own], AVAILABILITY, each):
            yield Counted(one.result.at, one.result.run_id, gateway, model, one.standing)


def judged_of(stream: Stream, objective: Objective, sla: Sla) -> Iterator[Judged]:
    """How each result of a target counts for an objective."""
    probes = frozenset(objective.probes)
    for result, in_maintenance in stream:
        if result.probe in probes:
            left_out = Standing.MAINTENANCE if in_maintenance else None
            yield Judged(result, left_out or standing_of(result, objective, sla.faults))


def targets_of(
    sla: Sla, filed: Filed, maintenance: Sequence[Maintenance], at: datetime
) -> Iterator[tuple[str, Stream]]:
    """Each target with its results in their order."""
    pooled: dict[str, Stream] = {}
    for (gateway, model), results in filed.streams(sla):
        first = results[0].at if results else at
        times = announced(maintenance, gateway, model, Span(first, at))
        stream = [(result, times.holds(result.at)) for result in results]
        pooled.setdefault(target_of(sla.per, gateway, model), []).extend(stream)
    for target, stream in pooled.items():
        if sla.per != "model":
            stream.sort(key=lambda one: one[0].at)
        yield target, stream


class Announced:
    """The times within a span that count for nothing, for one model."""

    __slots__ = ("_starts", "spans")

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = _joined(spans)
        self._starts = [span.start for span in self.spans]

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in one of them: from its start on, and before its end."""
        place = bisect_right(self._starts, at) - 1 if self._starts else -1
        return place >= 0 and at < self.spans[place].end


def announced(
    maintenance: Iterable[Maintenance], gateway: str, model: str, span: Span
) -> Announced:
    """The announced times of a model within a span."""
    meant = [one for one in maintenance if is_meant(one.targets, gateway, model)]
    return Announced(found for one in meant for found in spans_of(one, span.start, span.end))


def in_maintenance(
    maintenance: Iterable[Maintenance], gateway: str, model: str, at: datetime
) -> Maintenance | None:
    """The announced time that a moment lies in, for a model of a gateway; None: none."""
    for one in maintenance:
        if is_meant(one.targets, gateway, model):
            after = at + timedelta(microseconds=1)
            if any(span.start <= at < span.end for span in spans_of(one, at, after)):
                return one
    return None


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The same times in their order, those that overlap as one."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
