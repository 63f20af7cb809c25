"""What the backend adds: the same question both ways, a moment apart, and the difference in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatewayz.core import AddedTime, Attempt, Outcome, PairedTime, Verdict
from gatewayz.core.held_up import OUR_DOING
from gatewayz.core.pairs import question_of
from gatewayz.measure.differences import median_of, paired_shift, told
from gatewayz.measure.percentiles import interval_of
from gatewayz.measure.times import latency, latency_s, ttft, ttft_s

# What our backend says of itself (docs/server.md, "What is passed on").
_OWN_US = "x-gatewayz-overhead-us"
_BEHIND = "x-gatewayz-upstream-connection"


@dataclass(frozen=True, slots=True)
class _Pair:
    """One repeat of a question: the last attempt on each way, None where it cannot count.

    `sent` is whether it was asked at all, on either way.
    """

    gateway: str
    model: str
    probe: str
    repeat: int
    direct: Attempt | None
    api: Attempt | None
    sent: bool

    @property
    def sound(self) -> bool:
        return self.direct is not None and self.api is not None

    @property
    def held_up(self) -> bool:
        """Whether a time of either way is missing because our own loop was held up."""
        times = [of(way) for way in (self.direct, self.api) if way for of in (ttft, latency)]
        return any(time.reason.startswith(OUR_DOING) for time in times)

    @property
    def warm(self) -> bool:
        """Whether no connection had to be opened on either way."""
        return not any(map(_opened, filter(None, (self.direct, self.api))))


def added_times(verdicts: Iterable[Verdict]) -> tuple[AddedTime, ...]:
    """What the backend adds, for each probe of each model that was asked both ways repeatedly.

    Where several models of a gateway were, a line over all of them comes before theirs. Pairs in
    which a connection had to be opened are left out, since that is told by connect and TLS.
    Shape: empty without repeats, or without two ways.
    Unit: seconds; positive where the API took longer.
    Source: docs/measurements.md, "What the backend adds".
    """
    groups: dict[tuple[str, str], dict[str, list[_Pair]]] = {}
    for pair in _pairs(verdicts):
        models = groups.setdefault((pair.gateway, pair.probe), {})
        models.setdefault(pair.model, []).append(pair)
    found: list[AddedTime] = []
    for (gateway, probe), models in groups.items():
        repeated = {name: pairs for name, pairs in models.items() if len(pairs) > 1}
        if len(repeated) > 1:
            found.append(
                _added(gateway, "", probe, [pair for pairs in repeated.values() for pair in pairs])
            )
        found += [_added(gateway, name, probe, pairs) for name, pairs in repeated.items()]
    return tuple(found)


def _pairs(verdicts: Iterable[Verdict]) -> list[_Pair]:
    """Every question that was planned both ways."""
    asked: dict[tuple[str, str, str, int], dict[str, Verdict]] = {}
    for verdict in verdicts:
        case = verdict.observation.case
        if case.model is not None:
            asked.setdefault(question_of(case), {})[case.way] = verdict
    return [
        _Pair(
            *question,
            direct=_usable(ways["direct"]),
            api=_usable(ways["api"]),
            sent=any(verdict.observation.attempts for verdict in ways.values()),
        )
        for question, ways in asked.items()
        if len(ways) == 2
    ]


def _usable(verdict: Verdict) -> Attempt | None:
    """The attempt that passed at the first try; a later one came at another moment."""
    tries = Counter(attempt.step for attempt in verdict.observation.attempts)
    passed = verdict.outcome is Outcome.PASSED
    return verdict.observation.last if passed and max(tries.values(), default=0) == 1 else None


def _opened(attempt: Attempt) -> bool:
    """Whether a connection was opened for it, by us or by the backend behind."""
    return attempt.timing.connect_s is not None or attempt.headers.get(_BEHIND) == "new"


def _added(gateway: str, model: str, probe: str, pairs: Sequence[_Pair]) -> AddedTime:
    sound = [pair for pair in pairs if pair.sound]
    counted = [pair for pair in sound if pair.warm]
    not_sent = sum(not pair.sent for pair in pairs)
    own = [s for pair in counted if pair.api and (s := _own_s(pair.api.headers)) is not None]
    return AddedTime(
        gateway=gateway,
        model=model,
        probe=probe,
        ttft=_paired(counted, ttft_s),
        latency=_paired(counted, latency_s),
        warm_up=len(sound) - len(counted),
        left_out=len(pairs) - len(sound) - not_sent,
        not_sent=not_sent,
        own_s=median_of(own) if own else None,
        own_count=len(own),
        held_up=sum(pair.held_up for pair in counted),
    )


def _paired(
    pairs: Sequence[_Pair], measure: Callable[[Attempt], float | None]
) -> PairedTime | None:
    """The differences of one measure, over the pairs in which both ways have it."""
    times = [
        (measure(pair.direct), measure(pair.api))
        for pair in pairs
        if pair.direct is not None and pair.api is not None
    ]
    shift = paired_shift([b - a for a, b in times if a is not None and b is not None])
    if shift.value is None:
        return None
    return PairedTime(
        pairs=shift.count,
        median_s=shift.value,
        interval=interval_of(shift.low, shift.high),
        told=told(shift),
    )


def _own_s(headers: Mapping[str, str]) -> float | None:
    """What the backend says it took itself; None where it does not, or says no number."""
    text = headers.get(_OWN_US, "")
    return int(text) / 1e6 if text.isascii() and text.isdecimal() else None
