"""Cases that are known to be flaky or broken: they run and are shown, and change no exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatewayz.core.case import Case
from gatewayz.core.globs import is_meant_by
from gatewayz.core.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from gatewayz.core.run import Run

# Where a run's settings have what was in quarantine when it was made.
SECTION = "quarantine"
_BAD = (Outcome.FAILED, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """What is in quarantine: globs over gateway, model and probe, case aside; why; and until when.

    A model list counts as a model of the name "".
    """

    gateway: str
    model: str = "*"
    probe: str = "*"
    reason: str
    until: datetime

    @property
    def title(self) -> str:
        """What it is, for people."""
        probe = "" if self.probe == "*" else f" {self.probe}"
        return f"{self.gateway}/{self.model}{probe}"

    @property
    def words(self) -> str:
        """Until when, and why."""
        return f"in quarantine until {self.until:%Y-%m-%d}: {self.reason}"

    def told_of(self, verdict: Verdict) -> str:
        """What failed, and why that fails no job, in a line."""
        label = verdict.failure.label if verdict.failure else "unknown"
        return f"{label}, {self.words}"

    def covers(self, case: Case) -> bool:
        """Whether a case is meant."""
        model = case.model.id if case.model is not None else ""
        pairs = ((case.gateway, self.gateway), (model, self.model), (case.probe, self.probe))
        return all(is_meant_by(glob, name) for name, glob in pairs)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A list of these, as it stands at a moment."""

    entries: Sequence[Quarantined]
    now: datetime

    @property
    def active(self) -> tuple[Quarantined, ...]:
        """Those that hold."""
        return tuple(entry for entry in self.entries if entry.until > self.now)

    @property
    def expired(self) -> tuple[Quarantined, ...]:
        """Those whose time is over."""
        return tuple(entry for entry in self.entries if entry.until <= self.now)

    def of(self, case: Case) -> Quarantined | None:
        """What keeps a case in quarantine; None when nothing does."""
        return next((entry for entry in self.active if entry.covers(case)), None)

    def spared(self, verdict: Verdict) -> Quarantined | None:
        """What keeps a verdict from changing the exit code; None: it counts."""
        return self.of(verdict.observation.case) if verdict.outcome in _BAD else None

    def notes(self, verdicts: Iterable[Verdict]) -> tuple[str, ...]:
        """What there is to say of some verdicts, a sentence each."""
        counts: dict[int, int] = {}
        overdue: dict[int, int] = {}
        active, expired = self.active, self.expired
        for verdict in verdicts:
            if verdict.outcome in _BAD:
                case = verdict.observation.case
                place = _first(active, case)
                if place is not None:
                    counts[place] = counts.get(place, 0) + 1
                elif (late := _first(expired, case)) is not None:
                    overdue[late] = overdue.get(late, 0) + 1
        told = [
            f"in quarantine until {_day(active[at])}: {active[at].title} ({active[at].reason}); "
            f"{_failures(count)}, which changes no exit code"
            for at, count in sorted(counts.items())
        ]
        told += [
            f"the quarantine of {expired[at].title} ended {_day(expired[at])} "
            f"({expired[at].reason}); {_failures(count)} again"
            for at, count in sorted(overdue.items())
        ]
        return tuple(told)


def quarantine_in(run: Run) -> Quarantine:
    """What was in quarantine when a run was made."""
    return quarantine_kept(run.settings, run.started_at)


def quarantine_kept(settings: Mapping[str, Any], at: datetime) -> Quarantine:
    """The same out of the settings alone, which are free-form: what is no entry is none."""
    from gatewayz.core.codec import from_json  # every start would wait for it

    kept = settings.get(SECTION)
    entries = []
    for entry in kept if isinstance(kept, list | tuple) else ():
        try:
            entries.append(from_json(Quarantined, entry))
        except ValueError:
            continue
    return Quarantine(tuple(entries), at)


def _first(entries: Sequence[Quarantined], case: Case) -> int | None:
    return next((at for at, entry in enumerate(entries) if entry.covers(case)), None)


def _day(entry: Quarantined) -> str:
    return f"{entry.until:%Y-%m-%d %H:%M} UTC"


def _failures(count: int) -> str:
    return "1 case fails or is unknown" if count == 1 else f"{count} cases fail or are unknown"
