"""Maintenance that goes on now, or comes within a week: times that count for nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from gatewayz.core.calendars import spans_of
from gatewayz.core.objectives import Maintenance, Span
from gatewayz.reports._markup import el, name_of
from gatewayz.reports._widgets import pill

_AHEAD = timedelta(days=7)
_MOST = 8


def maintenance_list(announced: Iterable[Maintenance], now: datetime) -> ET.Element | None:
    """Each time of it, the next one first; None without any."""
    coming = [(span, one) for one in announced for span in spans_of(one, now, now + _AHEAD)]
    if not coming:
        return None
    coming.sort(key=lambda found: found[0].start)
    return el("ul", *(_time(span, one, now) for span, one in coming[:_MOST]), cls="incidents")


def _time(span: Span, one: Maintenance, now: datetime) -> ET.Element:
    is_now = span.start <= now
    names = el("strong", *(name_of(target) for target in one.targets[:1]))
    more = f" and {len(one.targets) - 1:,} more" if len(one.targets) > 1 else ""
    start, end = (moment.astimezone(UTC) for moment in (span.start, span.end))
    told = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
    reason = f": {one.reason}" if one.reason else ""
    state = pill("now" if is_now else "announced", "warn" if is_now else "idle")
    return el(
        "li",
        names,
        more,
        " ",
        state,
        el("p", told + reason),
        cls="of-warn" if is_now else "of-idle",
    )
