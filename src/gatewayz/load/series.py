"""How a load went in time: what was sent, what came back, how fast, slice by slice."""

from __future__ import annotations

import bisect
import math
from array import array
from dataclasses import dataclass, field

from gatewayz.core.load import Moment, Sample
from gatewayz.measure import quantile_of

# Slices that people read off easily, in seconds, and how many there are of them at most.
_WIDTHS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
_MOST = 60


@dataclass(slots=True)
class Happened:
    """When each request was due, sent and over, and how fast it was; NaN where that is not known."""

    due_s: array[float] = field(default_factory=lambda: array("d"))
    sent_s: array[float] = field(default_factory=lambda: array("d"))
    ended_s: array[float] = field(default_factory=lambda: array("d"))
    passed: array[int] = field(default_factory=lambda: array("b"))
    ttft_s: array[float] = field(default_factory=lambda: array("d"))
    latency_s: array[float] = field(default_factory=lambda: array("d"))
    last_s: float = 0.0

    def add(self, sample: Sample) -> None:
        """One more request."""
        self.due_s.append(sample.intended_s)
        self.sent_s.append(sample.sent_s)
        self.ended_s.append(sample.ended_s)
        self.passed.append(not sample.failure)
        self.ttft_s.append(sample.values.get("ttft", math.nan))
        self.latency_s.append(sample.values.get("latency", math.nan))
        self.last_s = max(self.last_s, sample.ended_s)

    def merge(self, other: Happened) -> None:
        """As if those of another had been added here."""
        for mine, more in (
            (self.due_s, other.due_s), (self.sent_s, other.sent_s), (self.ended_s, other.ended_s),
            (self.ttft_s, other.ttft_s), (self.latency_s, other.latency_s),
        ):  # fmt: skip
            mine.extend(more)
        self.passed.extend(other.passed)
        self.last_s = max(self.last_s, other.last_s)

    def most_at_once(self, everyone: Happened) -> int:
        """How many of everyone's were under way together at most, as one of these was sent; 0 without any.

        These are known by themselves and not by a time: what was launched last in it is sent after it.
        """
        sent, ended = sorted(everyone.sent_s), sorted(everyone.ended_s)
        return max(
            (bisect.bisect_right(sent, at) - bisect.bisect_left(ended, at) for at in self.sent_s),
            default=0,
        )


def width_for(elapsed_s: float) -> float:
    """How long a slice is, so that there are not too many."""
    return next((width for width in _WIDTHS if elapsed_s / width <= _MOST), _WIDTHS[-1])


def moments_of(happened: Happened, started_s: float, last_s: float) -> tuple[Moment, ...]:
    """The slices from the start to the end; empty where nothing happened."""
    if not happened.sent_s or last_s <= started_s:
        return ()
    width = width_for(last_s - started_s)
    count = max(1, math.ceil((last_s - started_s) / width))
    sent, ended = sorted(happened.sent_s), sorted(happened.ended_s)
    slices: list[list[int]] = [[] for _ in range(count)]
    for number, moment in enumerate(happened.ended_s):
        slices[_slice(moment - started_s, width, count)].append(number)
    found = []
    for at, inside in enumerate(slices):
        end = started_s + (at + 1) * width
        low, high = (bisect.bisect_left(sent, moment) for moment in (end - width, end))
        passed = [number for number in inside if happened.passed[number]]
        found.append(
            Moment(
                at_s=started_s + at * width,
                width_s=width,
                sent=high - low,
                passed=len(passed),
                failed=len(inside) - len(passed),
                in_flight=high - bisect.bisect_left(ended, end),
                ttft_s=_median(happened.ttft_s, passed),
                latency_s=_median(happened.latency_s, passed),
            )
        )
    return tuple(found)


def _slice(seconds: float, width: float, count: int) -> int:
    return min(count - 1, max(0, int(seconds / width)))


def _median(values: array[float], numbers: list[int]) -> float | None:
    found = sorted(values[n] for n in numbers if not math.isnan(values[n]))
    return quantile_of(found, 0.5).value if found else None
