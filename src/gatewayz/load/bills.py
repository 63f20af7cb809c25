"""What the providers of a load run charged, against what it was to be: of all its processes together."""

from __future__ import annotations

from collections.abc import Sequence

from gatewayz.core import Audit
from gatewayz.load.driver import WorkReport


def audits_of(reports: Sequence[WorkReport]) -> tuple[Audit, ...]:
    """The audit of each gateway, over what every process saw."""
    found: dict[str, Audit] = {}
    for one in (audit for report in reports for audit in report.bill.audits):
        had = found.get(one.gateway)
        found[one.gateway] = one if had is None else _added(had, one)
    return tuple(found.values())


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


def _added(a: Audit, b: Audit) -> Audit:
    return Audit(
        gateway=a.gateway,
        answers=a.answers + b.answers,
        reported_usd=a.reported_usd + b.reported_usd,
        least_usd=a.least_usd + b.least_usd,
        most_usd=a.most_usd + b.most_usd,
        odd=a.odd + b.odd,
    )
