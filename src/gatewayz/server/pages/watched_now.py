"""What a watch has found of whole gateways lately, as results of their lists: pages tell it beside the roll calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from gatewayz.core import CATALOG_PROBE, Culprit, Outcome
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.watching import LISTS, Condition, Level, State

# What was watched longer ago says nothing of now: the watch may have been ended.
_RECENT = timedelta(days=1)
# Only what is bad by their own fault makes a gateway down; a watch that cannot look has it unknown.
_FOUND = {State.DOWN: (Outcome.FAILED, Culprit.GATEWAY), State.UNKNOWN: (Outcome.UNKNOWN, None)}


def with_watch(
    lists: Iterable[ProbeResult], conditions: Iterable[Condition], now: datetime
) -> tuple[ProbeResult, ...]:
    """What is known of whole gateways, out of their lists and of what a watch has kept; the newer counts.

    `conditions` are those of gateways, not of models.
    """
    found = {one.gateway: one for one in lists}
    of_gateways: dict[str, dict[str, Condition]] = {}
    for one in conditions:
        if one.target.way == "direct" and one.last_at is not None and now - one.last_at <= _RECENT:
            of_gateways.setdefault(one.target.gateway, {})[one.target.probe] = one
    for name, known in of_gateways.items():
        stands = _standing(name, known)
        if stands is not None and (name not in found or stands.at > found[name].at):
            found[name] = stands
    return tuple(found.values())


def _standing(gateway: str, known: dict[str, Condition]) -> ProbeResult | None:
    """A gateway that is down or unknown as a whole, as of the last time that its list was not good."""
    whole = known.get("")
    if whole is None or whole.state not in _FOUND:
        return None
    moments = [at for probe in LISTS if (at := _last_bad(known.get(probe))) is not None]
    if not moments:  # its models' own results tell
        return None
    outcome, culprit = _FOUND[whole.state]
    return ProbeResult(
        max(moments), gateway, "", CATALOG_PROBE, outcome, kind=whole.kind, culprit=culprit
    )


def _last_bad(condition: Condition | None) -> datetime | None:
    """When a condition was last seen not good."""
    if condition is None:
        return None
    seen = zip(condition.recent, condition.recent_at, strict=True)
    return max((at for level, at in seen if level is not Level.GOOD), default=None)
