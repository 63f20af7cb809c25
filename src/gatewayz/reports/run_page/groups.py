"""The failures of a run, alike ones together, and the place on the page where each is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatewayz.core import Outcome, Verdict
from gatewayz.reports._blocks import Lane
from gatewayz.reports._panel import sort_of

# A question of one lane: its model's id, "" for a model list, and the probe.
Place = tuple[Lane, str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Verdicts of one gateway and way that failed alike, the first of them told in full."""

    id: str
    lane: Lane
    verdicts: tuple[Verdict, ...]


def groups_of(lanes: Mapping[Lane, Sequence[Verdict]]) -> tuple[Group, ...]:
    """What failed or could not be judged, in the order of the run."""
    found: dict[tuple[Lane, tuple[str, ...]], list[Verdict]] = {}
    for lane, verdicts in lanes.items():
        for verdict in verdicts:
            if verdict.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
                found.setdefault((lane, sort_of(verdict)), []).append(verdict)
    return tuple(
        Group(f"f{number}", lane, tuple(verdicts))
        for number, ((lane, _), verdicts) in enumerate(found.items(), 1)
    )


def places_of(groups: Sequence[Group]) -> dict[Place, str]:
    """Where the page tells of the failure of each question: the id of its first panel."""
    places: dict[Place, str] = {}
    for group in groups:
        for verdict in group.verdicts:
            case = verdict.observation.case
            model = case.model.id if case.model else ""
            places.setdefault((group.lane, model, case.probe), group.id)
    return places
