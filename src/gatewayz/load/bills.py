"""What the providers of a load run charged, against what it was to be: of all its processes together."""

from __future__ import annotations

from collections.abc import Sequence

from gatewayz.core import Audit, Spend
from gatewayz.core.spend import audits_together, spend_together
from gatewayz.load.work_report import WorkReport


def audits_of(reports: Sequence[WorkReport]) -> tuple[Audit, ...]:
    """The audit of each gateway, over what every process saw."""
    return audits_together(audit for report in reports for audit in report.bill.audits)


def spend_of(reports: Sequence[WorkReport]) -> Spend | None:
    """What counts as spent, over what every process sent; None without a cap on tokens or money."""
    return spend_together(one.bill.spend for one in reports if one.bill.spend is not None)


def told_of(reports: Sequence[WorkReport]) -> tuple[str, ...]:
    """Lines for people on whatever is odd about the bill."""
    odd = [audit.told for audit in audits_of(reports) if audit.odd]
    beyond: dict[str, list[tuple[int, str]]] = {}
    for report in reports:
        for gateway, one in report.bill.overruns.items():
            beyond.setdefault(gateway, []).append(one)
    for gateway, found in beyond.items():
        count, (_, told) = sum(times for times, _ in found), found[0]
        more = f" ({count} calls went beyond)" if count > 1 else ""
        odd.append(f"{gateway} went beyond its limits: {told}{more}")
    return tuple(odd)
