"""Incidents as a reader wants them: fifty models of a gateway that fail together are one trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from gatewayz.core.availability import Assessment, Incident, Trouble

_Key = tuple[str, str, str, str]  # promise, objective, gateway, kind


def troubles_of(assessments: Iterable[Assessment]) -> tuple[Trouble, ...]:
    """The incidents of all, those alike and at the same time as one, in the order of their start.

    Alike are those of one gateway, objective and commonest kind that begin within one usual time
    between two rounds of each other.
    """
    found: dict[_Key, list[tuple[Assessment, Incident]]] = {}
    for one in assessments:
        for incident in one.incidents:
            kind = next(iter(incident.kinds), "")
            key = (one.sla, one.objective.name, one.target.split("/")[0], kind)
            found.setdefault(key, []).append((one, incident))
    troubles = [_together(key, alike) for key, every in found.items() for alike in _at_once(every)]
    return tuple(sorted(troubles, key=lambda one: (one.start, one.gateway, one.objective)))


def _at_once(
    every: list[tuple[Assessment, Incident]],
) -> Iterable[list[tuple[Assessment, Incident]]]:
    """Those that begin together, in the order of their start."""
    group: list[tuple[Assessment, Incident]] = []
    for one, incident in sorted(every, key=lambda pair: pair[1].start):
        near = timedelta(seconds=one.interval_s or 0.0)
        if group and incident.start - group[0][1].start > near:
            yield group
            group = []
        group.append((one, incident))
    if group:
        yield group


def _together(key: _Key, alike: list[tuple[Assessment, Incident]]) -> Trouble:
    kinds: Counter[str] = Counter()
    culprits: Counter[str] = Counter()
    for _, incident in alike:
        kinds.update(incident.kinds)
        culprits.update(incident.culprits)
    sla, objective, gateway, _ = key
    return Trouble(
        sla=sla,
        objective=objective,
        gateway=gateway,
        targets=tuple(dict.fromkeys(one.target for one, _ in alike)),
        start=min(incident.start for _, incident in alike),
        until=max(incident.until for _, incident in alike),
        ended=all(incident.end is not None for _, incident in alike),
        kinds=dict(kinds.most_common()),
        culprits=dict(culprits.most_common()),
    )
