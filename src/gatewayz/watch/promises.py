"""Alerts of objectives as notices: one for the models of a gateway that burn together, each once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gatewayz.core.availability import Alert
from gatewayz.core.text import visible
from gatewayz.core.units import show_moment
from gatewayz.core.watching import Notice
from gatewayz.watch.words import iso, message_id

BURNS, OVER = "budget", "budget-over"
NOT_PROMISED = "it is not promised any more"
_MOST_TARGETS = 10


@dataclass(frozen=True, slots=True)
class Burnt:
    """What is to be told of budgets, and the alerts whose standing it changes: told now, or over."""

    notices: tuple[Notice, ...] = ()
    alerts: tuple[Alert, ...] = ()


class Promises:
    """Remembers which alerts are on and were told: `open_ones`, as a store kept them.

    An alert is known by its promise, objective and target. When it began is worked out anew from results
    that reach back only so far, so it is no part of its name. `promised` says whether what an alert is
    about is promised still.
    """

    def __init__(
        self,
        open_ones: Iterable[Alert] = (),
        *,
        promised: Callable[[Alert], bool] = lambda _alert: True,
    ) -> None:
        self._open = {_of(alert): alert for alert in open_ones}
        self._promised = promised

    @property
    def open(self) -> tuple[Alert, ...]:
        """Those that are on and were told."""
        return tuple(self._open.values())

    def look(self, alerts: Iterable[Alert], at: datetime, *, awake: Collection[str] = ()) -> Burnt:
        """What is to be told by now: alerts that are on, and the end of those that were told.

        Nothing new is told of gateways that somebody is awake for already, since an alarm of theirs
        is open. What ended before anybody was told of it stays untold. An alert that was told and is not
        among `alerts` any more, on or ended, is not promised any more, and over by that; or it has no
        results left, and is forgotten without a word.
        """
        found = tuple(alerts)
        on = {_of(alert): alert for alert in found if alert.ended_at is None}
        ended = {_of(alert): alert.ended_at for alert in found if alert.ended_at is not None}
        groups: dict[tuple[str, str, tuple[str, ...]], list[Alert]] = {}
        changed: list[Alert] = []
        for key, alert in on.items():
            told = self._open.get(key)
            if _gateway(alert) in awake or not _is_news(alert, told):
                continue
            self._open[key] = replace(alert, started_at=(told or alert).started_at)
            changed.append(self._open[key])
            groups.setdefault((BURNS, "", _group(alert)), []).append(self._open[key])
        for key in [key for key in self._open if key not in on]:
            over = replace(self._open.pop(key), ended_at=ended.get(key, at))
            changed.append(over)
            reason = "" if self._promised(over) else NOT_PROMISED
            if key in ended or reason:
                groups.setdefault((OVER, reason, _group(over)), []).append(over)
        notices = (_notice(kind, why, found, at) for (kind, why, _), found in groups.items())
        return Burnt(tuple(notices), tuple(changed))


def _of(alert: Alert) -> tuple[str, str, str]:
    return alert.sla, alert.objective, alert.target


def _group(alert: Alert) -> tuple[str, str, str, str]:
    return alert.sla, alert.objective, _gateway(alert), alert.severity


def _is_news(alert: Alert, told: Alert | None) -> bool:
    return told is None or (alert.severity == "page" and told.severity == "ticket")


def _notice(kind: str, reason: str, alerts: list[Alert], at: datetime) -> Notice:
    first = alerts[0]
    targets = [visible(alert.target) for alert in alerts]
    name = (
        targets[0] if len(targets) == 1 else f"{len(targets)} targets of {visible(_gateway(first))}"
    )
    promise = visible(f"{first.sla}, {first.objective}")
    if kind == BURNS:
        weight = "BURNING" if first.severity == "page" else "BURNING SLOWLY"
        title = f"{weight}: {name} ({promise})"
        lines = [f"Its error budget is used up too fast, since {show_moment(first.started_at)}."]
    elif reason:
        title = f"NOT PROMISED ANY MORE: {name} ({promise})"
        lines = [f"Burning since {show_moment(first.started_at)}; {reason}."]
    else:
        title = f"BUDGET HOLDS: {name} ({promise})"
        lines = [f"Burning since {show_moment(first.started_at)}, over at {show_moment(at)}."]
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
    }
    if reason:
        details["reason"] = reason
    return Notice(
        id=message_id(kind, *_group(first), *([reason] if reason else []), iso(at)),
        kind=kind,
        at=at,
        title=title,
        text="\n".join(lines),
        gateway="" if first.target == "all" else visible(_gateway(first)),
        details=details,
    )


def _gateway(alert: Alert) -> str:
    return alert.target.partition("/")[0]
