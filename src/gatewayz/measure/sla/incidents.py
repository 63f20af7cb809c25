"""Times of trouble: from the first bad round that was confirmed to the first good one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gatewayz.core.availability import Incident
from gatewayz.core.objectives import Confirmation
from gatewayz.measure.sla.rounds import Round

# An answer that came and took too long has no failure with a name.
_TOO_SLOW = "too slow"


@dataclass(slots=True)
class _Open:
    """An incident that lasts: its rounds, and how many good ones came last."""

    confirmed_at: datetime
    after: datetime | None
    rounds: list[Round]
    good_in_a_row: list[Round] = field(default_factory=list)

    def closed(self, end: datetime | None, until: datetime, end_at: datetime | None) -> Incident:
        ended = set(map(id, self.good_in_a_row)) if end is not None else set()
        within = [one for one in self.rounds if id(one) not in ended]
        failures = [failure for one in within for failure in one.failures]
        kinds = Counter(failure.label or _TOO_SLOW for failure in failures)
        culprits = Counter(f.culprit.value for f in failures if f.culprit is not None)
        return Incident(
            start=self.rounds[0].at,
            until=until,
            confirmed_at=self.confirmed_at,
            after=self.after,
            end=end,
            end_confirmed_at=end_at,
            bad=sum(one.bad for one in within),
            good=sum(one.good for one in within),
            kinds=dict(kinds.most_common()),
            culprits=dict(culprits.most_common()),
        )


@dataclass(slots=True)
class Fold:
    """Takes rounds in their order, and knows what lasts and what is over."""

    confirmation: Confirmation
    over: list[Incident] = field(default_factory=list)
    _recent: deque[Round] = field(init=False)
    _open: _Open | None = None
    # The last good round of those that are not among the recent ones any more.
    _good_before: datetime | None = None

    def __post_init__(self) -> None:
        self._recent = deque(maxlen=self.confirmation.of)

    @property
    def lasts(self) -> bool:
        """Whether an incident is on."""
        return self._open is not None

    @property
    def confirmed(self) -> bool:
        """Whether x of the last y rounds are bad."""
        return sum(one.is_bad for one in self._recent) >= self.confirmation.bad

    def add(self, one: Round) -> None:
        """The next round."""
        if len(self._recent) == self._recent.maxlen and not self._recent[0].is_bad:
            self._good_before = self._recent[0].at
        self._recent.append(one)
        if self._open is None:
            self._may_begin(one)
        else:
            self._open.rounds.append(one)
            self._may_end(one, self._open)

    def go_on(self, at: datetime) -> None:
        """An incident that was confirmed at a moment lasts, though its own rounds may not be known any more."""
        if self._open is None:
            self._open = _Open(confirmed_at=at, after=None, rounds=[])

    def incidents(self, until: datetime) -> tuple[Incident, ...]:
        """All so far, the one that lasts known up to a moment."""
        lasting = [] if self._open is None else [self._open.closed(None, until, None)]
        return (*self.over, *lasting)

    def _may_begin(self, one: Round) -> None:
        if not one.is_bad or not self.confirmed:
            return
        rounds = list(self._recent)
        first = next(place for place, found in enumerate(rounds) if found.is_bad)
        before = rounds[first - 1].at if first else self._good_before
        self._open = _Open(confirmed_at=one.at, after=before, rounds=rounds[first:])

    def _may_end(self, one: Round, lasting: _Open) -> None:
        if one.is_bad:
            lasting.good_in_a_row.clear()
            return
        lasting.good_in_a_row.append(one)
        if len(lasting.good_in_a_row) < self.confirmation.good:
            return
        end = lasting.good_in_a_row[0].at
        self.over.append(lasting.closed(end, end, one.at))
        self._open = None
        # What was bad is told: it confirms nothing new.
        self._recent.clear()
        self._good_before = one.at


def incidents_of(
    rounds: Sequence[Round], confirmation: Confirmation, until: datetime
) -> tuple[Incident, ...]:
    """The incidents of a target by its rounds in their order, the last one perhaps still on."""
    fold = Fold(confirmation)
    for one in rounds:
        fold.add(one)
    return fold.incidents(until)
