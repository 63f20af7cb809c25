"""One sum of results: added up in memory, and as the JSON that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from gatewayz.core import Outcome
from gatewayz.core.buckets import Times, bucket_of
from gatewayz.core.probe_results import ProbeResult
from gatewayz.core.summed import FailedAs, Step
from gatewayz.core.text import well_formed

_OUTCOMES = tuple(Outcome)
# The last three values of a result, in their order: seconds, and tokens per second.
METRICS = ("ttft", "latency", "decode_rate")

# There are as many of these names as there are hours.
_SHORT = {"ttft": "t", "latency": "l", "decode_rate": "r"}
_LONG = {short: name for name, short in _SHORT.items()}

# How it is kept: counts in the order of outcomes; failures with their number; by metric, buckets, each
# followed by its number.
Kept = tuple[list[int], list[tuple[str, str, str, str, int]], dict[str, list[int]]]


# A result as it goes into each of its sums: the number of its outcome, its cause, buckets by metric.
Part = tuple[int, tuple[str, str, str, str] | None, list[tuple[str, int]]]


def part_of(one: ProbeResult) -> Part:
    """What a result adds to a sum."""
    cause = None
    if one.label and one.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        label, failure_class = well_formed(one.label), well_formed(one.failure_class)
        cause = (one.outcome.value, label, failure_class, str(one.culprit or ""))
    times = [
        (metric, bucket_of(value))
        for metric, value in zip(METRICS, one[-3:], strict=True)
        if value is not None and value >= 0
    ]
    return _OUTCOMES.index(one.outcome), cause, times


class Sum:
    """Results added up."""

    __slots__ = ("counts", "failures", "times")

    def __init__(self) -> None:
        self.counts = [0, 0, 0, 0]
        self.failures: dict[tuple[str, str, str, str], int] = {}
        self.times: dict[str, dict[int, int]] = {}

    def add(self, one: Part) -> None:
        """One more result."""
        outcome, cause, times = one
        self.counts[outcome] += 1
        if cause is not None:
            self.failures[cause] = self.failures.get(cause, 0) + 1
        for metric, bucket in times:
            buckets = self.times.get(metric)
            if buckets is None:
                buckets = self.times[metric] = {}
            buckets[bucket] = buckets.get(bucket, 0) + 1

    def add_sum(self, other: Sum) -> None:
        """All that another has."""
        for at, count in enumerate(other.counts):
            self.counts[at] += count
        for cause, count in other.failures.items():
            self.failures[cause] = self.failures.get(cause, 0) + count
        for metric, theirs in other.times.items():
            buckets = self.times.get(metric)
            if buckets is None:
                self.times[metric] = theirs.copy()
                continue
            for bucket, count in theirs.items():
                buckets[bucket] = buckets.get(bucket, 0) + count

    def add_kept(self, kept: Kept) -> None:
        """All that a kept one has."""
        counts, failures, times = kept
        for at, count in enumerate(counts):
            self.counts[at] += count
        for *cause, count in failures:
            name: Any = tuple(cause)
            self.failures[name] = self.failures.get(name, 0) + count
        for metric, flat in times.items():
            buckets = self.times.setdefault(_LONG.get(metric, metric), {})
            if not buckets:
                buckets.update(zip(flat[::2], flat[1::2], strict=True))
                continue
            for bucket, count in zip(flat[::2], flat[1::2], strict=True):
                buckets[bucket] = buckets.get(bucket, 0) + count

    def kept(self) -> Kept:
        """As it is kept; the same results in any order give the same."""
        return (
            self.counts,
            [(*cause, count) for cause, count in sorted(self.failures.items())],
            {
                _SHORT.get(metric, metric): _flat(buckets)
                for metric, buckets in sorted(self.times.items())
            },
        )

    def step(self, start: datetime, seconds: int) -> Step:
        """As a page reads it."""
        passed, failed, unknown, skipped = self.counts
        return Step(
            start=start,
            seconds=seconds,
            passed=passed,
            failed=failed,
            unknown=unknown,
            skipped=skipped,
            failures=tuple(_causes(self.failures)),
            times={metric: Times(buckets) for metric, buckets in self.times.items()},
        )


def together(sums: Iterable[Sum]) -> Sum:
    """Several sums as one, which is new."""
    whole = Sum()
    for one in sums:
        whole.add_sum(one)
    return whole


def _flat(buckets: Mapping[int, int]) -> list[int]:
    if len(buckets) == 1:  # as in the hour of a model that is asked once in it
        ((bucket, count),) = buckets.items()
        return [bucket, count]
    return [number for pair in sorted(buckets.items()) for number in pair]


def _causes(failures: Mapping[tuple[str, str, str, str], int]) -> Iterable[FailedAs]:
    """The most frequent first."""
    for cause, count in sorted(failures.items(), key=lambda item: (-item[1], item[0])):
        outcome, label, failure_class, culprit = cause
        yield FailedAs(Outcome(outcome), label, failure_class, culprit, count)


def write(value: Any) -> str:
    """Sums as strict JSON."""
    return str(_json()[0](value).decode())


def read_day(kept: str | bytes) -> Kept:
    """The sum of a day. Raises: ValueError."""
    found: Kept = _json()[1](kept)
    return found


def read_hours(kept: str) -> dict[str, Kept]:
    """The sums of a day's hours, by hour. Raises: ValueError."""
    found: dict[str, Kept] = _json()[2](kept)
    return found


def with_day(kept: str | None, hours: Mapping[int, Sum]) -> str:
    """The sum of a day, as it is kept, with more hours. Raises: ValueError."""
    whole = together(hours.values())
    if kept is not None:
        whole.add_kept(read_day(kept))
    return write(whole.kept())


def with_hours(kept: str | None, hours: Mapping[int, Sum]) -> str:
    """The sums of a day's hours, as they are kept, with more; those of other hours are not read.

    Raises: ValueError.
    """
    known: dict[str, Any] = _json()[3](kept) if kept is not None else {}
    for hour, added in hours.items():
        there = known.get(str(hour))
        if there is not None:
            added = together((added,))
            added.add_kept(read_day(there))
        known[str(hour)] = added.kept()
    return write(dict(sorted(known.items(), key=lambda item: int(item[0]))))


@cache
def _json() -> Any:
    """The writer and the readers; imported with the first sum. They raise ValueErrors."""
    from msgspec import Raw
    from msgspec.json import Decoder, Encoder

    kinds = (Kept, dict[str, Kept], dict[str, Raw])
    readers = (Decoder(kind).decode for kind in kinds)
    return (Encoder().encode, *readers)
