"""When somebody is to be told: the budget burns, and x of the last y rounds are bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gatewayz.core.availability import Alert
from gatewayz.core.objectives import Objective, Sla
from gatewayz.measure.sla.budgets import Burning
from gatewayz.measure.sla.incidents import Fold
from gatewayz.measure.sla.rounds import Round

_Severity = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True)
class Told:
    """The incidents of one target's objective, and the alerts that they made."""

    fold: Fold
    alerts: tuple[Alert, ...]

    @property
    def on(self) -> Alert | None:
        """The alert that is on, None without one."""
        return self.alerts[-1] if self.alerts and self.alerts[-1].ended_at is None else None


def told(
    sla: Sla,
    objective: Objective,
    target: str,
    rounds: Sequence[Round],
    burning: Burning,
    before: Alert | None = None,
) -> Told:
    """All alerts that the rounds make, in order; the last one is on where it has no end.

    `before` is one that was on when somebody looked last. It lasts until rounds after its beginning end
    it, whether or not those that began it are still among the rounds.
    """
    fold = Fold(sla.confirmation)
    alerts: list[Alert] = []
    on: Alert | None = None
    for one in rounds:
        if before is not None and one.at > before.started_at:
            fold.go_on(before.started_at)
            on, before = on or before, None
        fold.add(one)
        if on is not None and not fold.lasts:
            alerts.append(replace(on, ended_at=one.at))
            on = None
        if not fold.lasts or not fold.confirmed or (on is not None and on.severity == "page"):
            continue
        severity = _severity(burning, one)
        if severity is None:
            continue
        if on is None:
            on = Alert(
                sla=sla.name, objective=objective.name, target=target,
                severity=severity, started_at=one.at,
            )  # fmt: skip
        elif severity == "page":
            on = replace(on, severity=severity)
    on = on or before
    return Told(fold, (*alerts, *([on] if on is not None else [])))


def _severity(burning: Burning, one: Round) -> _Severity | None:
    found = {burn.severity for burn in burning.burns(one.at) if burn.burning}
    if not found:
        return None
    return "page" if "page" in found else "ticket"
