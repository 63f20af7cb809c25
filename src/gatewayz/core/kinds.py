"""The table of failure kinds: every name we give, its class, culprit, retry and remedy.

A name is a stable identifier: it goes into the store, the reports and the simulator's fault list
under the same spelling. What is not in the table still ends in a class, with an excerpt.

columns of a row
    verdict   "F" the case fails, "W" a warning (unknown without a usable answer)
    retry     "no", "yes" with back-off, "hint" as the server says, "once", "inner" as the failure
              behind it is
    statuses  HTTP statuses that mean this kind when nothing in the body says otherwise
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatewayz.core.kind_table import ROWS, Retry
from gatewayz.core.verdict import Culprit


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way in which things go wrong."""

    name: str
    failure_class: str
    verdict: Literal["F", "W"]
    retry: Retry
    culprit: Culprit
    cause: str
    remedy: str
    statuses: tuple[int, ...] = ()


KINDS: dict[str, Kind] = {
    name: Kind(
        name=name, failure_class=cls, verdict=verdict, retry=retry, culprit=culprit,
        cause=cause, remedy=remedy, statuses=statuses,
    )
    for cls, verdict, retry, culprit, name, statuses, cause, remedy in ROWS
}  # fmt: skip

# What a bare status means when the body says nothing.
BY_STATUS: dict[int, Kind] = {s: kind for kind in KINDS.values() for s in kind.statuses}

# W kinds that fail the case when no usable answer came, though others end as unknown.
FAILS_WITHOUT_ANSWER = frozenset(
    name for name in KINDS if name.startswith("rate-limit") or name == "moderation-block"
)
SKIPS_WITHOUT_ANSWER = frozenset({"non-chat-listed"})

# The class of a fault that no row names, and on whose side it then lies.
CLASS_CULPRITS: dict[str, Culprit] = {
    "auth": Culprit.KEY, "permission": Culprit.KEY, "billing": Culprit.BILLING,
    "not-found": Culprit.MODEL, "bad-request": Culprit.PROBE, "rate-limit": Culprit.RATE_LIMIT,
    "server-error": Culprit.GATEWAY, "unavailable": Culprit.GATEWAY, "timeout": Culprit.GATEWAY,
    "network": Culprit.GATEWAY, "protocol": Culprit.GATEWAY, "semantic": Culprit.MODEL,
    "performance": Culprit.GATEWAY, "catalogue": Culprit.GATEWAY,
}  # fmt: skip


def markdown_table() -> str:
    """The whole table for docs/failures.md, one section per class, in the table's own order."""
    classes: dict[str, list[Kind]] = {}
    for kind in KINDS.values():
        classes.setdefault(kind.failure_class, []).append(kind)
    return "\n".join(_section(name, kinds) for name, kinds in classes.items())


def _section(name: str, kinds: list[Kind]) -> str:
    lines = [
        f"### {name}",
        "",
        "| name | verdict | retry | points at | means by itself | cause | what to do |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in kinds:
        statuses = ", ".join(map(str, kind.statuses)) or "-"
        cells = (f"`{kind.name}`", kind.verdict, kind.retry, kind.culprit.value, statuses)
        words = (text.replace("|", "\\|") for text in (kind.cause, kind.remedy))
        lines.append("| " + " | ".join((*cells, *words)) + " |")
    return "\n".join([*lines, ""])
