"""A run's verdicts gathered per gateway and way, in the order of the plan."""

from __future__ import annotations

from dataclasses import dataclass

from gatewayz.core import Run, Verdict, Way
from gatewayz.core.access import access_in
from gatewayz.core.text import visible


@dataclass(frozen=True, slots=True)
class Lane:
    """One gateway on one way; `told_apart` when the run went both ways."""

    gateway: str
    way: Way
    told_apart: bool

    @property
    def title(self) -> str:
        """The gateway's name, with its way where there are two."""
        return f"{self.gateway} ({WAY_WORDS[self.way]})" if self.told_apart else self.gateway


WAY_WORDS: dict[Way, str] = {"direct": "direct", "api": "through the API"}


def lanes_of(run: Run) -> dict[Lane, list[Verdict]]:
    """Verdicts by lane. Lanes and verdicts stand as planned, whatever order they were reached in.

    What was never planned (a catalogue that could not be read) comes first in its lane.
    """
    cases = [*run.plan, *(verdict.observation.case for verdict in run.verdicts)]
    both = len({case.way for case in cases}) > 1
    place = {case: number for number, case in reversed(list(enumerate(run.plan)))}
    lanes: dict[Lane, list[Verdict]] = {Lane(case.gateway, case.way, both): [] for case in cases}
    for verdict in sorted(run.verdicts, key=lambda v: place.get(v.observation.case, -1)):
        case = verdict.observation.case
        lanes[Lane(case.gateway, case.way, both)].append(verdict)
    return lanes


def routes_in(run: Run) -> dict[tuple[str, str], str]:
    """What each gateway, on each way, was reached through, as the run kept it; "" for nothing."""
    cases = (*run.plan, *(verdict.observation.case for verdict in run.verdicts))
    one_of_each = {(case.gateway, case.way): case for case in cases}
    return {place: access_in(run, case).via for place, case in one_of_each.items()}


def by_way_of(via: str) -> str:
    """The route to a gateway in words; "" for the straight one."""
    return f"by way of {visible(via)}" if via else ""
