"""How well this client keeps up with its own load, and the words for when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatewayz.core.estimates import Estimate
from gatewayz.core.held_up import LATE_S, OUR_DOING
from gatewayz.core.load import WAKES_EVERY_S, MetricLine, Sample, SelfCheck
from gatewayz.measure.histograms import Histogram

# From here on our own doing is seen in the figures, where it is also a good part of them.
_LATE_S, _LATE_SHARE = 0.005, 0.05
_BUSY = 0.9
_WAIT, _GAP = "median wait", "usual gap between chunks"


class Ticker:
    """Wakes every 10 ms and notes in `lag` how late that was; counts the process's CPU time."""

    def __init__(self, lag: Histogram) -> None:
        self._lag = lag
        self._timer: asyncio.TimerHandle | None = None
        self._due = self._began = self._cpu = 0.0

    def begin(self) -> None:
        """Starts it, once."""
        if self._timer is None:
            self._began, self._cpu = time.monotonic(), time.process_time()
            self._next()

    def end(self) -> tuple[float, float]:
        """Stops it: CPU seconds, and seconds gone by."""
        if self._timer is None:
            return 0.0, 0.0
        self._timer.cancel()
        return time.process_time() - self._cpu, time.monotonic() - self._began

    def _next(self) -> None:
        self._due = time.monotonic() + WAKES_EVERY_S
        self._timer = asyncio.get_running_loop().call_later(WAKES_EVERY_S, self._ticked)

    def _ticked(self) -> None:
        self._lag.add(max(0.0, time.monotonic() - self._due))
        self._next()


def line_of(metric: str, found: Histogram) -> MetricLine:
    """A histogram as a line of p50, p99, p99.9 and the largest."""
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    estimates = {name: found.quantile(share) for name, share in shares.items()}
    return MetricLine(
        metric=metric,
        count=found.count,
        smallest=found.lowest,
        largest=found.highest,
        quantiles={
            name: Estimate(value, None, None, found.count, enough=False)
            for name, value in estimates.items()
            if value is not None
        },
        relative_error=found.relative_error,
    )


@dataclass(slots=True)
class Beside:
    """The figures that our own lateness stands beside, and what of them it touched.

    `wait_s` is the smallest median time to first token or latency that is reported, `gap_s` the
    smallest usual gap between chunks, the lowest of its percentiles above 0 (those of one read came
    together); None where there is none. `answers` passed, of which `by_kernel`
    were stamped by the kernel alone; during `held_up` of them our loop was late for longer than is
    let pass, for `held_up_s` of the `took_s` that all took; of `untold` something is left out for it.
    """

    wait_s: float | None = None
    gap_s: float | None = None
    answers: int = 0
    by_kernel: int = 0
    held_up: int = 0
    held_up_s: float = 0.0
    took_s: float = 0.0
    untold: int = 0

    def add(self, sample: Sample) -> None:
        """One more answer that passed."""
        self.answers += 1
        self.by_kernel += sample.stamped_by == "kernel"
        self.took_s += sample.ended_s - sample.sent_s
        if sample.held_up_s > LATE_S:
            self.held_up += 1
            self.held_up_s += sample.held_up_s
        self.untold += any(why.startswith(OUR_DOING) for why in sample.missing.values())

    def merge(self, other: Beside) -> None:
        """Adds up what was counted; the figures stay."""
        self.answers += other.answers
        self.by_kernel += other.by_kernel
        self.held_up += other.held_up
        self.held_up_s += other.held_up_s
        self.took_s += other.took_s
        self.untold += other.untold

    @property
    def touched(self) -> float:
        """The share of the answers, or of their time, in which our loop was held up."""
        of_time = self.held_up_s / self.took_s if self.took_s > 0 else 0.0
        return max(of_time, self.held_up / self.answers if self.answers else 0.0)


def self_check(
    *,
    processes: int,
    lag: Histogram,
    delay: Histogram,
    late: Histogram,
    cpu_shares: Sequence[float],
    beside: Beside,
) -> SelfCheck:
    """What the client has to say of itself.

    `delay` is how late requests were sent, whatever for; `late` how late by our own doing alone, which
    an open load has and a closed one, without a schedule, has not.
    """
    busiest = max(cpu_shares, default=None)
    causes = [
        *([f"it was busy {busiest:.0%} of the time"] if (busiest or 0.0) >= _BUSY else []),
        # Where no answer passed there is no time that our lateness could be in.
        *(_of_lateness(lag, late, beside) if beside.answers else ()),
    ]
    return SelfCheck(
        processes=processes,
        loop_lag=line_of("loop_lag", lag),
        schedule_delay=line_of("schedule_delay", delay),
        cpu_share=busiest,
        bottleneck=bool(causes),
        words=_words(causes, lag, late, busiest, beside),
    )


def _of_lateness(lag: Histogram, late: Histogram, beside: Beside) -> Iterator[str]:
    yield from _of_stops(lag, beside)
    yield from _of_lag(lag, beside)
    yield from _of_sending(late, beside)


def _of_stops(lag: Histogram, beside: Beside) -> Iterator[str]:
    """Long stops, where they touched a good part of the answers."""
    if beside.touched > _LATE_SHARE:
        yield _stops(lag, beside)


def _of_lag(lag: Histogram, beside: Beside) -> Iterator[str]:
    """Lateness of the loop, where it shows in the figures.

    Behind the kernel's stamps it does not, unless it is longer than the gaps between chunks: then
    these come together.
    """
    p99 = lag.quantile(0.99)
    if p99 is None or p99 <= _LATE_S:
        return
    late = f"its event loop woke up to {p99 * 1000:.0f} ms late (p99)"
    if beside.gap_s is not None and p99 > beside.gap_s:
        yield f"{late}, longer than the {_GAP} ({_ms(beside.gap_s)})"
    elif beside.by_kernel < beside.answers:
        figures = {_WAIT: beside.wait_s, _GAP: beside.gap_s}
        title, least_s = min(
            ((title, s) for title, s in figures.items() if s is not None),
            key=lambda figure: figure[1],
            default=(_WAIT, None),
        )
        yield from _measured_by(late, p99, title, least_s)


def _of_sending(late: Histogram, beside: Beside) -> Iterator[str]:
    p99 = late.quantile(0.99)
    if p99 is not None and p99 > _LATE_S:
        words = f"requests were sent up to {p99 * 1000:.0f} ms late (p99)"
        yield from _measured_by(words, p99, _WAIT, beside.wait_s)


def _measured_by(words: str, seconds: float, title: str, figure_s: float | None) -> Iterator[str]:
    """The words, where so many seconds are a good part of a figure, with how much of it they are."""
    if not figure_s:
        yield words
    elif seconds > _LATE_SHARE * figure_s:
        yield f"{words}, {seconds / figure_s:.0%} of the {title} ({_ms(figure_s)})"


def _words(
    causes: Sequence[str], lag: Histogram, late: Histogram, busiest: float | None, beside: Beside
) -> str:
    if causes:
        figures = (
            f"The figures are partly its own doing{_untold(beside)}; ask"
            if beside.answers
            else "Ask"
        )
        return (
            f"This client did not keep up: {' and '.join(causes)}. {figures} for less at once, or use "
            "--processes"
        )
    p99 = lag.quantile(0.99)
    if p99 is None:
        return "This client was not watched for long enough to say how well it kept up"
    told = [
        f"its event loop woke up to {_ms(p99)} late (p99; at most {_ms(lag.highest)})",
    ]
    if late.quantile(0.99) is not None:
        told.append(f"requests were sent up to {_ms(late.quantile(0.99))} late (p99)")
    if busiest is not None:
        told.append(f"CPU {busiest:.0%}")
    if not beside.held_up:
        return f"This client kept up: {', '.join(told)}"
    stops = f"{_stops(lag, beside)}{_untold(beside)}"
    return f"This client kept up, but for a moment: {stops}; {', '.join(told)}"


def _stops(lag: Histogram, beside: Beside) -> str:
    longest = f"its event loop was held up for up to {_ms(lag.highest)}"
    words = f"{longest}, during {beside.held_up:,} of {beside.answers:,} answers"
    if beside.took_s > 0:
        words += f" ({beside.held_up_s / beside.took_s:.1%} of their time)"
    return words


def _untold(beside: Beside) -> str:
    if not beside.untold:
        return ""
    answers = "one answer" if beside.untold == 1 else f"{beside.untold:,} answers"
    return f", and what that may have falsified of {answers} is left out"


def _ms(seconds: float | None) -> str:
    return f"{(seconds or 0.0) * 1000:.1f} ms"
