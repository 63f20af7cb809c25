"""Alerts of objectives as notices: one for the models of a gateway that burn together, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from gatewayz.core.availability import Alert
from gatewayz.core.text import visible
from gatewayz.core.watching import Notice
from gatewayz.watch.words import iso, moment

BURNS, OVER = "budget", "budget-over"
_MOST_TARGETS = 10


class Promises:
    """Remembers which alerts were told. `told` are the marks in the notices that were made before."""

    def __init__(self, told: Iterable[str] = ()) -> None:
        self._told = set(told)

    @classmethod
    def after(cls, notices: Iterable[Notice]) -> Promises:
        """One that goes on after these notices."""
        return cls(mark for notice in notices for mark in notice.details.get("marks", ()))

    def notices(
        self, alerts: Iterable[Alert], at: datetime, *, awake: Collection[str] = ()
    ) -> tuple[Notice, ...]:
        """What is to be told by now: alerts that are on, and the end of those that were told.

        Nothing new is told of gateways that somebody is awake for already, since an alarm of theirs
        is open. What ended before anybody was told of it stays untold.
        """
        groups: dict[tuple[str, str, str, str, str], list[Alert]] = {}
        for alert in alerts:
            kind = self._worth(alert)
            gateway = alert.target.partition("/")[0]
            if kind == OVER or (kind and gateway not in awake):
                self._told.add(_mark(alert, kind))
                of = (kind, alert.sla, alert.objective, gateway, alert.severity)
                groups.setdefault(of, []).append(alert)
        return tuple(_notice(of[0], found, at) for of, found in groups.items())

    def _worth(self, alert: Alert) -> str:
        told = any(_mark(alert, BURNS, severity) in self._told for severity in ("ticket", "page"))
        if alert.ended_at is None:
            return "" if _mark(alert, BURNS) in self._told else BURNS
        return OVER if told and _mark(alert, OVER) not in self._told else ""


def _mark(alert: Alert, kind: str, severity: str | None = None) -> str:
    of_kind = severity or alert.severity if kind == BURNS else ""
    return "|".join(
        (kind, alert.sla, alert.objective, alert.target, iso(alert.started_at), of_kind)
    )


def _notice(kind: str, alerts: list[Alert], at: datetime) -> Notice:
    first = alerts[0]
    targets = [visible(alert.target) for alert in alerts]
    name = targets[0] if len(targets) == 1 else f"{len(targets)} targets of {_gateway(first)}"
    promise = visible(f"{first.sla}, {first.objective}")
    if kind == BURNS:
        weight = "BURNING" if first.severity == "page" else "BURNING SLOWLY"
        title = f"{weight}: {name} ({promise})"
        lines = [f"Its error budget is used up too fast, since {moment(first.started_at)}."]
    else:
        title = f"BUDGET HOLDS: {name} ({promise})"
        lines = [f"Burning since {moment(first.started_at)}, over at {moment(at)}."]
    if len(targets) > 1:
        lines += [f"- {target}" for target in targets[:_MOST_TARGETS]]
        if len(targets) > _MOST_TARGETS:
            lines.append(f"and {len(targets) - _MOST_TARGETS} more")
    details: dict[str, Any] = {
        "sla": first.sla,
        "objective": first.objective,
        "severity": first.severity,
        "targets": targets,
        "since": iso(first.started_at),
        "marks": [_mark(alert, kind) for alert in alerts],
    }
    return Notice(
        id=f"{at:%Y%m%dT%H%M%S}-{kind}-{first.sla}-{first.objective}-{_gateway(first)}-{first.severity}",
        kind=kind,
        at=at,
        title=title,
        text="\n".join(lines),
        gateway="" if first.target == "all" else _gateway(first),
        details=details,
    )


def _gateway(alert: Alert) -> str:
    return visible(alert.target.partition("/")[0])
