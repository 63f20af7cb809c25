"""What the requests of a process come to: counts since its start, and the last minutes by gateway."""

from __future__ import annotations

import statistics
import sys
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from gatewayz.core.statuses import is_of_the_request
from gatewayz.server.accounts import OwnAccounts, Running
from gatewayz.server.refusals import unavailable
from gatewayz.server.visits import CLIENT_GONE, STOPPED, Visit

# Seconds; from what a cache answers in to what a client waits for.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
RECENT_S = 300.0
_MOST_RECENT = 2000
# The class of what went wrong in this server itself.
OWN_BUG = "internal"
_OWN = (OWN_BUG, STOPPED)


class Histogram:
    """How many values lie in each bucket, and their sum."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.total += value

    def cumulated(self) -> Iterator[tuple[str, int]]:
        """Each upper bound, and how many values lie up to it."""
        so_far = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self.counts, strict=True):
            so_far += count
            yield bound, so_far


class Recent(msgspec.Struct, gc=False):
    """One request of the last minutes: when it ended, how, and how long it took."""

    ended: float
    failure_class: str
    total_s: float


@dataclass(slots=True)
class Tally:
    """One gateway's requests. `ended` counts them by endpoint, status and class of failure, `passed_by`
    by class those that went on to another when it failed.

    `cost_usd` is None as long as no price of any was known.
    """

    ended: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    passed_by: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    cost_usd: float | None = None
    total_s: Histogram = field(default_factory=Histogram)
    upstream_s: Histogram = field(default_factory=Histogram)
    recent: deque[Recent] = field(default_factory=lambda: deque(maxlen=_MOST_RECENT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """What the last minutes say of a gateway; rates and times over nothing are None."""

    requests: int
    failed: int
    failures: dict[str, int]
    success_rate: float | None
    median_s: float | None


class Traffic:
    """Counts each request once, when it has ended. What says nothing of a gateway goes under "":
    requests that asked none (lists are read from what is kept here), bugs of ours, and what we cut off
    as we stopped.

    `running` are under way, in all workers of a server; `stopping` says that no more are wanted.
    `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        most_running: int = sys.maxsize,
        clock: Callable[[], float] = time.monotonic,
        *,
        running: Running | None = None,
    ) -> None:
        self.by_gateway: dict[str, Tally] = {}
        self.stopping = False
        self.most_running = most_running
        self._running = running or OwnAccounts().account("").running
        self._clock = clock

    def with_tallies(self, by_gateway: dict[str, Tally]) -> Traffic:
        """The same with other counts."""
        other = Traffic(self.most_running, self._clock, running=self._running)
        other.by_gateway = by_gateway
        return other

    @property
    def running(self) -> int:
        """How many are under way."""
        return self._running.total

    @property
    def running_here(self) -> int:
        """How many of them in this process."""
        return self._running.own

    def enter(self) -> None:
        """One more is under way, until it is noted as ended. Raises: Refusal, 503, at once."""
        # Counted first, then looked at: of two workers that take the last place at once, neither has
        # it, which needs no lock.
        self._running.begin()
        if self._running.total > self.most_running:
            told = f"this server runs {self.most_running} requests at a time; come back in 1 s"
            raise unavailable(told, code="server_overloaded")

    def note(self, visit: Visit) -> None:
        """One request that has ended."""
        endpoint, failure_class, total_s = visit.endpoint, visit.failure_class, visit.total_s
        if endpoint:
            self._running.end()
        gateway = visit.gateway if visit.attempts and failure_class not in _OWN else ""
        tally = self.by_gateway.get(gateway) or self._new(gateway)
        tally.ended[endpoint, visit.status, failure_class] += 1
        tally.total_s.add(total_s)
        if visit.upstream_s is not None:
            tally.upstream_s.add(visit.upstream_s)
        if (usage := visit.usage) is not None:
            if usage.input_tokens is not None:
                tally.tokens["input"] += usage.input_tokens
            if usage.output_tokens is not None:
                tally.tokens["output"] += usage.output_tokens
        if visit.cost_usd is not None:
            tally.cost_usd = (tally.cost_usd or 0.0) + visit.cost_usd
        # What a client did wrong says nothing of the gateway that told it so.
        by_client = failure_class and (
            failure_class == "client" or is_of_the_request(visit.status, failure_class, visit.kind)
        )
        if visit.status != CLIENT_GONE and not by_client:
            tally.recent.append(Recent(self._clock(), failure_class, total_s))

    def note_passed_by(self, gateway: str, failure_class: str, total_s: float) -> None:
        """A gateway that has failed so, in so many seconds, and in whose place another is asked."""
        tally = self.by_gateway.get(gateway) or self._new(gateway)
        tally.passed_by[failure_class] += 1
        tally.recent.append(Recent(self._clock(), failure_class, total_s))

    def _new(self, gateway: str) -> Tally:
        tally = self.by_gateway[gateway] = Tally()
        return tally

    def last_minutes(self, gateway: str) -> Minutes:
        """What the last `RECENT_S` seconds say of a gateway, apart from what its clients got wrong."""
        since = self._clock() - RECENT_S
        tally = self.by_gateway.get(gateway)
        recent = [one for one in tally.recent if one.ended > since] if tally is not None else []
        failures = Counter(one.failure_class for one in recent if one.failure_class)
        good = [one.total_s for one in recent if not one.failure_class]
        return Minutes(
            requests=len(recent),
            failed=failures.total(),
            failures=dict(failures),
            success_rate=round(len(good) / len(recent), 4) if recent else None,
            median_s=round(statistics.median(good), 6) if good else None,
        )
