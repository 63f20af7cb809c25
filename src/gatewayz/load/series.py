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


@dataclass(frozen=True, slots=True)
class CameBack:
    """What came back in a time: how many passed, the tokens of these (None: nobody told any), how many are known
    to have met every objective, and of how many nobody can tell.
    """

    passed: int
    output_tokens: int | None
    good: int
    unjudged: int

    @property
    def known_good(self) -> int | None:
        """How many are known to have met every objective; None where of none that passed it is known
        whether it did.
        """
        return None if self.unjudged and self.unjudged == self.passed else self.good


@dataclass(slots=True)
class Happened:
    """When each request was due, sent and over, how fast it was, and how many tokens came; NaN where
    that is not known. `met` is whether it met every objective: 1 or 0, -1 where nobody can tell.
    `left_s` is when each was sent that was under way when the run was stopped; nothing else has it.
    """

    due_s: array[float] = field(default_factory=lambda: array("d"))
    sent_s: array[float] = field(default_factory=lambda: array("d"))
    ended_s: array[float] = field(default_factory=lambda: array("d"))
    passed: array[int] = field(default_factory=lambda: array("b"))
    ttft_s: array[float] = field(default_factory=lambda: array("d"))
    latency_s: array[float] = field(default_factory=lambda: array("d"))
    tokens: array[float] = field(default_factory=lambda: array("d"))
    met: array[int] = field(default_factory=lambda: array("b"))
    left_s: array[float] = field(default_factory=lambda: array("d"))
    last_s: float = 0.0

    def add(self, sample: Sample, met: bool | None = None) -> None:
        """One more request, and whether it met every objective; None: nobody can tell."""
        self.due_s.append(sample.intended_s)
        self.sent_s.append(sample.sent_s)
        self.ended_s.append(sample.ended_s)
        self.passed.append(not sample.failure)
        self.ttft_s.append(sample.values.get("ttft", math.nan))
        self.latency_s.append(sample.values.get("latency", math.nan))
        tokens = sample.output_tokens
        self.tokens.append(math.nan if tokens is None else tokens)
        self.met.append(-1 if met is None else met)
        self.last_s = max(self.last_s, sample.ended_s)

    def merge(self, other: Happened) -> None:
        """As if those of another had been added here."""
        for mine, more in (
            (self.due_s, other.due_s), (self.sent_s, other.sent_s), (self.ended_s, other.ended_s),
            (self.ttft_s, other.ttft_s), (self.latency_s, other.latency_s),
            (self.tokens, other.tokens), (self.left_s, other.left_s),
        ):  # fmt: skip
            mine.extend(more)
        self.passed.extend(other.passed)
        self.met.extend(other.met)
        self.last_s = max(self.last_s, other.last_s)

    def came_back(self, began_s: float, ended_s: float) -> CameBack:
        """What came back from one moment to before another."""
        inside = [n for n, at in enumerate(self.ended_s) if began_s <= at < ended_s]
        passed = [n for n in inside if self.passed[n]]
        known = [tokens for n in passed if not math.isnan(tokens := self.tokens[n])]
        return CameBack(
            passed=len(passed),
            output_tokens=int(sum(known)) if known else None,
            good=sum(self.met[n] == 1 for n in passed),
            unjudged=sum(self.met[n] < 0 for n in passed),
        )

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


def moments_of(
    happened: Happened, started_s: float, last_s: float, *, cut: bool = False
) -> tuple[Moment, ...]:
    """The slices from the start to the end; empty where nothing happened.

    With `cut` the load goes on after the end, in slices of their own: the last of these ends there, longer
    or shorter by half at most than the others, and nothing that came back later is in it.
    """
    sent, ended = sorted([*happened.sent_s, *happened.left_s]), sorted(happened.ended_s)
    if not sent or last_s <= started_s:
        return ()
    width = width_for(last_s - started_s)
    slices_in = (last_s - started_s) / width
    count = max(1, round(slices_in) if cut else math.ceil(slices_in))
    bounds = [started_s + at * width for at in range(count + 1)]
    if cut:
        bounds[-1] = last_s
    slices: list[list[int]] = [[] for _ in range(count)]
    for number, moment in enumerate(happened.ended_s):
        if started_s <= moment and not (cut and moment >= last_s):
            slices[min(count - 1, int((moment - started_s) / width))].append(number)
    found = []
    for at, inside in enumerate(slices):
        start, end = bounds[at], bounds[at + 1]
        low, high = (bisect.bisect_left(sent, moment) for moment in (start, end))
        under_way = [low - bisect.bisect_left(ended, start)]
        under_way += [n - bisect.bisect_left(ended, sent[n - 1]) for n in range(low + 1, high + 1)]
        passed = [number for number in inside if happened.passed[number]]
        found.append(
            Moment(
                at_s=start,
                width_s=end - start if cut and end == last_s else width,
                sent=high - low,
                passed=len(passed),
                failed=len(inside) - len(passed),
                in_flight=max(under_way),
                ttft_s=_median(happened.ttft_s, passed),
                latency_s=_median(happened.latency_s, passed),
            )
        )
    return tuple(found)


def _median(values: array[float], numbers: list[int]) -> float | None:
    found = sorted(values[n] for n in numbers if not math.isnan(values[n]))
    return quantile_of(found, 0.5).value if found else None
