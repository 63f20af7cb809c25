"""How promises stand by what a store holds; for every front door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gatewayz.core.availability import Assessment, SlaReport
from gatewayz.core.calendars import month_of
from gatewayz.core.errors import UnknownName
from gatewayz.core.objectives import Maintenance, Sla, Span
from gatewayz.measure.sla import LOOK_BACK, troubles_of
from gatewayz.measure.sla.targets import is_meant
from gatewayz.store import Store
from gatewayz.store.promised import assessed, removed_before, shares_since


def sla_report(
    store: Store,
    slas: Sequence[Sla],
    *,
    at: datetime,
    maintenance: Sequence[Maintenance] = (),
    target: str | None = None,
    month: str = "",
) -> SlaReport:
    """The promises at a moment, or over a month; `target` is a glob over GATEWAY/MODEL.

    A month is that of each promise's own time zone.
    Raises: ConfigError for a month that is none, UnknownName when no target is meant.
    """
    found: list[Assessment] = []
    removed: dict[str, datetime] = {}
    shares: dict[str, datetime] = {}
    for span, of_span in _spans(slas, month).items():
        # What comes after a month tells when its last incident ended, and no more.
        until = at if span is None else min(at, span.end + LOOK_BACK)
        found += assessed(store, of_span, at=until, maintenance=maintenance, span=span)
        removed |= removed_before(store, of_span, at=until, span=span)
        shares |= shares_since(store, of_span, at=until, span=span)
    if target is not None:
        meant = [one for one in found if _is_meant(target, one.target)]
        if found and not meant:
            raise UnknownName("target", target, {one.target for one in found})
        # Of a promise whose targets are all others nothing is to be told, not even that it has no result.
        others = {one.sla for one in found} - {one.sla for one in meant}
        slas = [sla for sla in slas if sla.name not in others]
        removed = {name: moment for name, moment in removed.items() if name not in others}
        shares = {name: moment for name, moment in shares.items() if name not in others}
        found = meant
    found = [replace(one, at=at) for one in found]
    return SlaReport(
        at=at,
        slas=tuple(slas),
        assessments=tuple(found),
        troubles=troubles_of(found),
        maintenance=tuple(maintenance),
        month=month,
        removed_before=removed,
        shares_since=shares,
    )


def _spans(slas: Sequence[Sla], month: str) -> dict[Span | None, list[Sla]]:
    spans: dict[Span | None, list[Sla]] = {}
    for sla in slas:
        span = month_of(month, sla.window.time_zone) if month else None
        spans.setdefault(span, []).append(sla)
    return spans


def _is_meant(glob: str, target: str) -> bool:
    """Whether a glob means a target: a model, a gateway (by the glob's first part), or all."""
    gateway, _, model = target.partition("/")
    if not model:
        glob = glob.split("/")[0]
    return target == "all" or is_meant((glob,), gateway, model)
