"""From what was planted and what was said to the figures of the matrix; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gatewayz.core import KINDS, Outcome, Verdict, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One case: what it really got, by the simulator's own log, and what was said of it.

    `mode` is "" for a healthy answer. `names` are all that were given, the primary one first, a
    class in brackets where there is no name. `outcome` is the state it came to, `wanted` the one
    that the table asks for. `split` is how the answer was cut into packets, `evidence` what the
    verdict quotes.
    """

    mode: str
    way: str
    probe: str
    names: tuple[str, ...]
    outcome: Outcome
    wanted: Outcome
    split: str = "whole"
    evidence: str = ""

    @property
    def detected(self) -> bool:
        """Whether anything at all was said against the answer."""
        return self.outcome is not Outcome.PASSED or bool(self.names)

    @property
    def counting(self) -> tuple[str, ...]:
        """The names that count: the primary one or, for a mode that is a warning, all."""
        return self.names if KINDS[self.mode].verdict == "W" else self.names[:1]

    @property
    def right_name(self) -> bool:
        """Whether the mode's own name is among those that count."""
        return self.mode in self.counting

    @property
    def right_class(self) -> bool:
        """Whether the mode's class is that of one of the names that count."""
        return KINDS[self.mode].failure_class in {
            KINDS[name].failure_class if name in KINDS else name.strip("()")
            for name in self.counting
        }

    @property
    def right_outcome(self) -> bool:
        """Whether the case came to the state that the table asks for."""
        return self.outcome is self.wanted


def names_in(verdict: Verdict) -> tuple[str, ...]:
    """Every name that a verdict gives, the primary one first."""
    primary = [verdict.failure] if verdict.failure else []
    found = [f.kind or f"({f.failure_class})" for f in (*primary, *verdict.also, *verdict.warnings)]
    return tuple(dict.fromkeys(found))


def evidence_in(verdict: Verdict) -> str:
    """What a verdict quotes, in one line."""
    if verdict.failure is not None:
        last = verdict.observation.last
        return f"HTTP {last.status if last else None} {verdict.failure.evidence}"
    return "; ".join(f.saw for f in verdict.warnings) or verdict.reason


@dataclass(slots=True)
class Row:
    """One mode on one way."""

    mode: str
    way: str
    planted: int = 0
    detected: int = 0
    right_class: int = 0
    right_name: int = 0
    right_outcome: int = 0
    instead: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The matrix: a row per mode and way, and the healthy answers.

    `alarms` counts healthy answers that something was said against, by what was said.
    """

    rows: tuple[Row, ...]
    healthy: int
    alarms: tuple[tuple[str, int], ...]

    def share(self, what: str) -> float | None:
        """The share of planted faults for which `what` (a Row's field) holds; None over nothing."""
        planted = sum(row.planted for row in self.rows)
        return sum(getattr(row, what) for row in self.rows) / planted if planted else None

    @property
    def false_alarms(self) -> int:
        """How many healthy answers something was said against."""
        return sum(count for _, count in self.alarms)


def score(sightings: Iterable[Sighting]) -> Score:
    """The figures over all sightings."""
    rows: dict[tuple[str, str], Row] = {}
    healthy = 0
    alarms: Counter[str] = Counter()
    for seen in sightings:
        if not seen.mode:
            healthy += 1
            if seen.detected:
                alarms[f"{seen.probe}, {seen.way}: {', '.join(seen.names) or 'no name'}"] += 1
            continue
        row = rows.setdefault((seen.mode, seen.way), Row(seen.mode, seen.way))
        row.planted += 1
        row.detected += seen.detected
        row.right_class += seen.right_class
        row.right_name += seen.right_name
        row.right_outcome += seen.right_outcome
        if not seen.right_name:
            row.instead[seen.names[0] if seen.names else "nothing"] += 1
    order = {name: number for number, name in enumerate(KINDS)}
    return Score(
        rows=tuple(sorted(rows.values(), key=lambda r: (order[r.mode], r.way))),
        healthy=healthy,
        alarms=tuple(alarms.most_common()),
    )


def missing(score: Score, wanted: Sequence[tuple[str, Way]], at_least: int) -> list[str]:
    """Modes that were planted too seldom on a way, each as a line."""
    planted: Counter[tuple[str, str]] = Counter()
    for row in score.rows:
        planted[row.mode, row.way] += row.planted
    return [
        f"{mode} ({way}): planted {planted[mode, way]} times, {at_least} are wanted"
        for mode, way in wanted
        if planted[mode, way] < at_least
    ]


def too_few(score: Score, wanted: int) -> list[str]:
    """A line when fewer healthy answers were judged than were wanted, else none."""
    if score.healthy >= wanted:
        return []
    return [f"healthy answers: {score.healthy} were judged, {wanted} are wanted"]
