"""Results gathered into rounds: what one run found of one target, and whether that was bad."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gatewayz.core.availability import Standing
from gatewayz.core.probe_results import ProbeResult


@dataclass(frozen=True, slots=True)
class Judged:
    """A result, and how it counts."""

    result: ProbeResult
    standing: Standing


@dataclass(slots=True)
class Round:
    """What one run says of a target; only results that count make one.

    `at` is when the first of them was asked. `failures` are its bad results.
    """

    at: datetime
    good: int = 0
    bad: int = 0
    failures: list[ProbeResult] = field(default_factory=list)
    _units: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict)

    @property
    def is_bad(self) -> bool:
        """Whether half of its models or more are bad, of one model: whether it is.

        A model is bad when for any of its probes half of the repeats or more are.
        """
        if not self.bad:
            return False
        if not self.good:
            return True
        bad = sum(
            any(2 * bad >= good + bad for good, bad in probes.values())
            for probes in self._units.values()
        )
        return 2 * bad >= len(self._units)

    def add(self, judged: Judged) -> None:
        """One more result that counts."""
        result, is_bad = judged.result, judged.standing is Standing.BAD
        probes = self._units.setdefault((result.gateway, result.model), {})
        probes.setdefault(result.probe, [0, 0])[is_bad] += 1
        if is_bad:
            self.bad += 1
            self.failures.append(result)
        else:
            self.good += 1


def rounds_of(judged: Iterable[Judged]) -> list[Round]:
    """The rounds of a target, in the order in which they began.

    A question that is put a second time in the same run belongs to another round.
    """
    found: dict[tuple[str, int], Round] = {}
    times_put: dict[tuple[str, str, str, str, int], int] = defaultdict(int)
    for one in judged:
        result = one.result
        question = (result.run_id, result.gateway, result.model, result.probe, result.repeat)
        number = times_put[question]
        times_put[question] = number + 1
        if one.standing is Standing.GOOD or one.standing is Standing.BAD:
            key = (result.run_id, number)
            if key not in found:
                found[key] = Round(result.at)
            found[key].add(one)
    return sorted(found.values(), key=lambda one: one.at)
