"""How well this client keeps up with its own load, and the words for when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from gatewayz.core.estimates import Estimate
from gatewayz.core.load import MetricLine, SelfCheck
from gatewayz.measure.histograms import Histogram

TICK_S = 0.01
# From here on our own doing is seen in the figures, where it is also a good part of them.
_LATE_S, _LATE_SHARE = 0.005, 0.05
_BUSY = 0.9


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
        self._due = time.monotonic() + TICK_S
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._ticked)

    def _ticked(self) -> None:
        self._lag.add(max(0.0, time.monotonic() - self._due))
        self._next()


def line_of(metric: str, found: Histogram) -> MetricLine:
    """A histogram as a line of p50, p99 and the largest."""
    estimates = {"p50": found.quantile(0.5), "p99": found.quantile(0.99)}
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


def self_check(
    *,
    processes: int,
    lag: Histogram,
    delay: Histogram,
    cpu_shares: Sequence[float],
    shortest_s: float | None,
    is_open: bool,
) -> SelfCheck:
    """What the client has to say of itself.

    `shortest_s` is the smallest median that is reported (of times to first token or latencies):
    being late by a twentieth of it is too late. `delay` is how late requests were sent, which
    makes a difference to an open load (`is_open`): a closed one has no schedule.
    """
    busiest = max(cpu_shares, default=None)
    bound = max(_LATE_S, _LATE_SHARE * (shortest_s or 0.0))
    watched = [("its event loop woke", lag), *([("requests were sent", delay)] if is_open else [])]
    causes = [
        f"{told} up to {p99 * 1000:.0f} ms late (p99)"
        for told, found in watched
        if (p99 := found.quantile(0.99)) is not None and p99 > bound
    ]
    if busiest is not None and busiest >= _BUSY:
        causes.insert(0, f"it was busy {busiest:.0%} of the time")
    return SelfCheck(
        processes=processes,
        loop_lag=line_of("loop_lag", lag),
        schedule_delay=line_of("schedule_delay", delay),
        cpu_share=busiest,
        bottleneck=bool(causes),
        words=_words(causes, lag, delay, busiest),
    )


def _words(causes: Sequence[str], lag: Histogram, delay: Histogram, busiest: float | None) -> str:
    if causes:
        return (
            f"This client did not keep up: {' and '.join(causes)}. The figures are partly its own "
            "doing; ask for less at once, or use --processes"
        )
    if lag.quantile(0.99) is None:
        return "This client was not watched for long enough to say how well it kept up"
    told = [f"its event loop woke up to {_ms(lag.quantile(0.99))} late (p99)"]
    if delay.quantile(0.99) is not None:
        told.append(f"requests were sent up to {_ms(delay.quantile(0.99))} late (p99)")
    if busiest is not None:
        told.append(f"CPU {busiest:.0%}")
    return f"This client kept up: {', '.join(told)}"


def _ms(seconds: float | None) -> str:
    return f"{(seconds or 0.0) * 1000:.1f} ms"
