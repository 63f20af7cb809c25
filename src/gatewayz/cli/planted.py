"""What the demo's simulator does wrong, and whether a run found just that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gatewayz.core import Case, Observation, Outcome, Verdict
from gatewayz.simulator import all_faults
from gatewayz.simulator.features import FIELDS

if TYPE_CHECKING:
    from gatewayz.simulator import Simulator

_MOST_LINES = 10
# The engine's model is so small that it can answer plainly, and little else.
_ENGINE = "local"
_OF_ANY_MODEL = ("chat", "streaming")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One fault of one gateway; `model` is a glob over ids."""

    gateway: str
    fault: str
    model: str = "*"

    @property
    def rule(self) -> dict[str, str]:
        """The same for the simulator."""
        return {"gateway": self.gateway, "model": self.model, "fault": self.fault}

    def strikes(self, case: Case) -> bool:
        """Whether it is planted where a case asks."""
        model = case.model.id if case.model is not None else ""
        return case.gateway == self.gateway and fnmatchcase(model, self.model)


PLANTED = (
    Plant(gateway="portkey", model="@xai/*", fault="server-error-in-200"),
    Plant(gateway="featherless", model="unsloth/*", fault="permission-gated-model"),
    Plant(gateway="featherless", model="moonshotai/*", fault="empty-content"),
    Plant(gateway="fireworks", fault="billing-no-credit"),
)


class Comparison:
    """A run's verdicts beside what was planted in the simulator that it asked."""

    def __init__(self, verdicts: Iterable[Verdict], simulator: Simulator) -> None:
        self._simulator = simulator
        self._found: Counter[Plant] = Counter()
        self._ways_found: set[tuple[Plant, str]] = set()
        self._ways: set[str] = set()
        self._beyond: Counter[str] = Counter()
        self._wrong: list[str] = []
        for verdict in verdicts:
            self._take(verdict)
        self._wrong += [
            f"{_where(plant)} ({way}): {plant.fault} was planted and not found"
            for plant in PLANTED
            for way in sorted(self._ways)
            if (plant, way) not in self._ways_found
        ]

    @property
    def as_planted(self) -> bool:
        """Whether each fault was found on each way, and nothing that is none."""
        return bool(self._ways) and not self._wrong

    def lines(self) -> Sequence[str]:
        """What was found, for people."""
        if not self.as_planted:
            more = len(self._wrong) - _MOST_LINES
            told = self._wrong[:_MOST_LINES] + ([f"and {more} more"] if more > 0 else [])
            return ["Not what was planted in the simulator:", *(f"  {line}" for line in told)]
        lines = ["The failures above were planted in the simulator, and just those were found:"]
        lines += [f"  {_where(plant)}: {plant.fault} ({self._found[plant]})" for plant in PLANTED]
        if self._beyond:
            lines.append("Beside them stands what the models cannot do:")
            lines += [f"  {words} ({number})" for words, number in self._beyond.most_common()]
        return lines

    def _take(self, verdict: Verdict) -> None:
        seen = verdict.observation
        case = seen.case
        self._ways.add(case.way)
        if verdict.outcome is Outcome.SKIPPED:
            return
        plant = next((plant for plant in PLANTED if plant.strikes(case)), None)
        kind = verdict.failure.kind if verdict.failure is not None else None
        if plant is not None and kind == plant.fault:
            self._found[plant] += 1
            self._ways_found.add((plant, case.way))
            return
        if verdict.outcome is Outcome.PASSED:
            if plant is not None and not _may_miss(plant, seen):
                self._wrong.append(f"{_told(case)}: passed, though {plant.fault} was planted")
            return
        beyond = self._beyond_the_model(verdict)
        if beyond:
            self._beyond[beyond] += 1
            return
        said = verdict.failure.label if verdict.failure is not None else verdict.outcome.value
        self._wrong.append(
            f"{_told(case)}: {said}, where {plant.fault if plant else 'nothing'} was planted"
        )

    def _beyond_the_model(self, verdict: Verdict) -> str:
        """What a model cannot do, in words, where a failure says just that; else ""."""
        seen = verdict.observation
        case, asked = seen.case, seen.asked
        if case.gateway == _ENGINE:
            small = case.probe not in _OF_ANY_MODEL
            return f"{_ENGINE}: what a tiny model is too small for" if small else ""
        kind = verdict.failure.kind if verdict.failure is not None else ""
        if asked is None or asked.feature not in FIELDS or kind != "no-endpoint-supports-feature":
            return ""
        model = case.model.id if case.model is not None else ""
        card = next((c for c in self._simulator.shelf(case.gateway) if c.id == model), None)
        lacks = card is not None and asked.feature not in card.features
        return f"{asked.feature}: asked of models that do not offer it" if lacks else ""


def _may_miss(plant: Plant, seen: Observation) -> bool:
    """Whether a case may pass where a fault is planted.

    A question that is wrong on purpose is refused before the fault comes into play, and some faults
    have no meaning in a stream.
    """
    asked = seen.asked
    if asked is None or asked.control or asked.must_refuse is not None:
        return True
    forms = {fault.form for fault in all_faults()[plant.fault]}
    return "any" not in forms and ("stream" if asked.stream else "plain") not in forms


def _where(plant: Plant) -> str:
    return plant.gateway if plant.model == "*" else f"{plant.gateway} / {plant.model}"


def _told(case: Case) -> str:
    model = case.model.id if case.model is not None else "model list"
    return f"{case.gateway} / {model} / {case.probe} ({case.way})"
