"""Promises by what a store holds: each by results of its own source, probes or served requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from gatewayz.core.availability import Alert, Assessment
from gatewayz.core.calendars import span_of
from gatewayz.core.objectives import Maintenance, Sla, Source, Span
from gatewayz.core.probe_results import ProbeResult
from gatewayz.measure.sla import alerts, assess, since
from gatewayz.measure.traffic import in_words_of_requests, request_results

if TYPE_CHECKING:
    from gatewayz.store.store import Store

_SOURCES: tuple[Source, ...] = ("probes", "traffic")


def assessed(
    store: Store,
    slas: Sequence[Sla],
    *,
    at: datetime,
    maintenance: Sequence[Maintenance] = (),
    span: Span | None = None,
) -> tuple[Assessment, ...]:
    """How promises stand at a moment, as `measure.sla.assess` has it; in the order of the promises.

    Raises: StoreError.
    """
    found: list[Assessment] = []
    for source in _SOURCES:
        if of := _of(slas, source):
            whole = store.summaries.shares_since(source)
            results = _results(store, source, since(of, at, span), at, whole)
            one = assess(
                of, results, at=at, maintenance=maintenance, span=span, shares_since=whole
            )  # fmt: skip
            found += in_words_of_requests(one) if source == "traffic" else one
    order = {sla.name: number for number, sla in enumerate(slas)}
    return tuple(sorted(found, key=lambda one: order[one.sla]))


def removed_before(
    store: Store, slas: Sequence[Sla], *, at: datetime, span: Span | None = None
) -> dict[str, datetime]:
    """Before which moment results were removed, of each promise into whose window that reaches.

    Raises: StoreError.
    """
    since: dict[Source, datetime | None] = {
        "probes": store.summaries.raw_since(),
        "traffic": store.summaries.requests_since(),
    }
    return _within_windows(since, slas, at, span)


def shares_since(
    store: Store, slas: Sequence[Sla], *, at: datetime, span: Span | None = None
) -> dict[str, datetime]:
    """From which moment on there are shares, of each promise of whose window only failures were left before.

    Raises: StoreError.
    """
    since = {source: store.summaries.shares_since(source) for source in _SOURCES}
    return _within_windows(since, slas, at, span)


def _within_windows(
    since: Mapping[Source, datetime | None], slas: Sequence[Sla], at: datetime, span: Span | None
) -> dict[str, datetime]:
    starts = {sla.name: (span or span_of(sla.window, at)).start for sla in slas}
    return {
        sla.name: moment
        for sla in slas
        if (moment := since[sla.source]) is not None and moment > starts[sla.name]
    }


def alerted(
    store: Store,
    slas: Sequence[Sla],
    *,
    at: datetime,
    maintenance: Sequence[Maintenance] = (),
    before: Sequence[Alert] = (),
) -> tuple[Alert, ...]:
    """All alerts up to a moment, as `measure.sla.alerts` has them. Raises: StoreError."""
    found: list[Alert] = []
    for source in _SOURCES:
        if of := _of(slas, source):
            whole = store.summaries.shares_since(source)
            results = _results(store, source, since(of, at), at, whole)
            found += alerts(
                of, results, at=at, maintenance=maintenance, before=before, shares_since=whole
            )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.started_at))


def _of(slas: Iterable[Sla], source: Source) -> tuple[Sla, ...]:
    return tuple(one for one in slas if one.source == source)


def _results(
    store: Store, source: Source, begin: datetime, until: datetime, whole: datetime | None
) -> Iterable[ProbeResult]:
    if source == "traffic":
        # Of a time of which only failures were left nothing ends them.
        return request_results(store.requests.within(max(begin, whole or begin), until))
    return store.results.within(begin, until)
