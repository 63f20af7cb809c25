"""What the times of many equal questions say that no single one can."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from gatewayz.core import Attempt, Outcome, TimingFinding, Verdict
from gatewayz.core.held_up import was_held_up
from gatewayz.measure.times import latency_s, ttft_s

# So many answers to one question before anything is said.
FEWEST = 5
# A time is out of the ordinary only by a factor and by an amount that somebody would notice.
_SPIKE_FACTOR, _SPIKE_S = 10.0, 0.3
_COLD_FACTOR, _COLD_S = 4.0, 0.5
# Queueing: enough answers under different loads, a rank correlation, and a rise between the thirds.
_FEWEST_LOADED, _RANK_CORRELATION = 12, 0.7
_RISE_FACTOR, _RISE_S = 2.0, 0.2


# Gateway, way, model, probe.
_Question = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Sample:
    start_s: float
    seconds: float
    load: int


def timing_findings(verdicts: Iterable[Verdict]) -> tuple[TimingFinding, ...]:
    """What stands out in the times of each question that was put to a model again and again.

    Shape: over the passed answers of one gateway, way, model and probe; none below five of them.
    Unit: seconds.
    Source: docs/measurements.md, "Over repeats".
    """
    all_verdicts = list(verdicts)
    loads = _loads(all_verdicts)
    groups: dict[_Question, list[Attempt]] = {}
    for verdict in all_verdicts:
        case, last = verdict.observation.case, verdict.observation.last
        if verdict.outcome is Outcome.PASSED and case.model is not None and last is not None:
            asked = (case.gateway, case.way, case.model.id, case.probe)
            groups.setdefault(asked, []).append(last)
    found: list[TimingFinding] = []
    for place, attempts in groups.items():
        # What our own loop held up has no time, and says nothing of how the others came.
        streamed = all(
            ttft_s(attempt) is not None for attempt in attempts if not was_held_up(attempt.timing)
        )
        measure = "first token" if streamed else "whole answer"
        samples = [
            _Sample(attempt.started_at.timestamp(), seconds, loads[place[:2]].at(attempt))
            for attempt in attempts
            if attempt.started_at is not None
            and (seconds := ttft_s(attempt) if streamed else latency_s(attempt)) is not None
        ]
        if len(samples) >= FEWEST:
            found += _of_question(place, measure, sorted(samples, key=lambda s: s.start_s))
    return tuple(found)


def _of_question(place: _Question, measure: str, samples: Sequence[_Sample]) -> list[TimingFinding]:
    gateway, way, model, probe = place

    def finding(kind: str, usual_s: float, worst_s: float, saw: str) -> TimingFinding:
        return TimingFinding(
            kind=kind, gateway=gateway, way=way, model=model, probe=probe, measure=measure,
            samples=len(samples), usual_s=usual_s, worst_s=worst_s, saw=saw,
        )  # fmt: skip

    found = []
    first, rest = samples[0].seconds, [sample.seconds for sample in samples[1:]]
    cold = (
        first > _COLD_FACTOR * median(rest)
        and first > 2 * max(rest)
        and first - median(rest) > _COLD_S
    )
    if cold:
        saw = f"the first of {len(samples)} took {first:.2f}s, the others {median(rest):.2f}s"
        found.append(finding("cold-first-call", median(rest), first, saw))
    warm = rest if cold else [first, *rest]
    usual = median(warm)
    spikes = [s for s in warm if s > _SPIKE_FACTOR * usual and s - usual > _SPIKE_S]
    if spikes:
        saw = (
            f"{len(spikes)} of {len(warm)} over {_SPIKE_FACTOR:.0f} times the median, {usual:.2f}s"
        )
        found.append(finding("ttft-spike", usual, max(spikes), saw))
    queue = _queueing(samples[1:] if cold else samples)
    if queue is not None:
        low, high = queue
        saw = f"{low[1]:.2f}s with {low[0]:g} calls under way, {high[1]:.2f}s with {high[0]:g}"
        found.append(finding("queueing-under-load", low[1], high[1], saw))
    return found


def _queueing(
    samples: Sequence[_Sample],
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Median load and time of the least and of the most loaded third, when the time grows."""
    if len(samples) < _FEWEST_LOADED:
        return None
    loads, times = [float(s.load) for s in samples], [s.seconds for s in samples]
    if rank_correlation(loads, times) < _RANK_CORRELATION:
        return None
    by_load = sorted(samples, key=lambda sample: sample.load)
    third = len(by_load) // 3
    low, high = by_load[:third], by_load[-third:]
    low_s, high_s = (median(sample.seconds for sample in part) for part in (low, high))
    if high_s < _RISE_FACTOR * low_s or high_s - low_s < _RISE_S:
        return None
    return (
        (median(sample.load for sample in low), low_s),
        (median(sample.load for sample in high), high_s),
    )


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation, equal values sharing a rank.

    Shape: from -1 to 1; 0 where either does not vary, or with fewer than two values.
    Source: docs/measurements.md, "Over repeats".
    """
    first, second = _ranks(one), _ranks(other)
    if len(first) < 2:
        return 0.0
    middle = (len(first) + 1) / 2
    spread = sum((a - middle) ** 2 for a in first) * sum((b - middle) ** 2 for b in second)
    if spread == 0:
        return 0.0
    together = sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True))
    return float(together / spread**0.5)


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [(bisect_left(ordered, v) + bisect_right(ordered, v) + 1) / 2 for v in values]


class _Load:
    """How many of a gateway's calls were under way at a moment."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []

    def add(self, attempt: Attempt) -> None:
        if attempt.started_at is not None:
            start = attempt.started_at.timestamp()
            self._starts.append(start)
            self._ends.append(start + (attempt.timing.total_s or 0.0))

    def settle(self) -> None:
        self._starts.sort()
        self._ends.sort()

    def at(self, attempt: Attempt) -> int:
        """When this attempt began, itself included."""
        if attempt.started_at is None:
            return 0
        start = attempt.started_at.timestamp()
        return bisect_right(self._starts, start) - bisect_right(self._ends, start)


def _loads(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], _Load]:
    loads: dict[tuple[str, str], _Load] = {}
    for verdict in verdicts:
        case = verdict.observation.case
        load = loads.setdefault((case.gateway, case.way), _Load())
        for attempt in verdict.observation.attempts:
            load.add(attempt)
    for load in loads.values():
        load.settle()
    return loads
