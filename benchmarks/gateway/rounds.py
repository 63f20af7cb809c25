"""The run: every gateway is started, then all are measured in turn, a round after the other.

Turn by turn, so that a ratio holds when the machine's speed drifts; all of them stay up meanwhile,
and each is idle while another is measured.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from benchmarks.gateway import usage
from benchmarks.gateway.contenders import DIRECT, Contender, Started
from benchmarks.gateway.load import LoadError, ask_once, at_rate, closed_loop
from benchmarks.gateway.samples import (
    ClosedLoop,
    Figures,
    Paced,
    Streams,
    Window,
    closed_loop_figures,
    paced_figures,
    rank,
    stream_figures,
)
from benchmarks.gateway.streams import paced_streams
from benchmarks.gateway.usage import Cores, Memory, Ticks
from benchmarks.processes import Server, end, on_core
from benchmarks.real_parts.peers import ROOT, NotHereError

CONNECTIONS = (1, 16, 64, 256)
STREAMS = (64, 512)
# A modest rate that everyone holds, and one that a core in front of it hardly does.
MODEST_PER_S, HIGH_PER_S = 100, 10_000
# Who answers fewer than this in a closed loop does not hold the high rate, and is not asked to.
_HEADROOM = 1.05
_FIRST_ANSWER_S = 20.0
# Enough starts of one that takes as long as this in all.
_START_S = 5.0
_SETTLED, _LOOK_S = 0.05, 0.05

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How often and how long, in seconds.

    `heat_s` is what each is asked before anything counts, `settle_s` what it gets at most after a
    turn to come to rest.
    """

    rounds: int
    starts: int
    heat_s: float
    warm_s: float
    closed_s: float
    rate_s: float
    ramp_s: float
    streams_s: float
    settle_s: float


FULL = Plan(
    rounds=3,
    starts=3,
    heat_s=1.5,
    warm_s=0.2,
    closed_s=0.7,
    rate_s=2.0,
    ramp_s=0.6,
    streams_s=1.2,
    settle_s=10.0,
)
SHORT = Plan(
    rounds=1,
    starts=1,
    heat_s=0.4,
    warm_s=0.1,
    closed_s=0.3,
    rate_s=0.8,
    ramp_s=0.3,
    streams_s=0.4,
    settle_s=2.0,
)


@dataclass
class Measured:
    """One gateway under measurement: what is known of it so far."""

    contender: Contender
    started: Started
    pids: tuple[int, ...]
    wall_s: list[float]
    start_cpu_s: list[float]
    idle: Memory
    busiest: Memory = field(default_factory=Memory)
    closed: dict[int, list[ClosedLoop]] = field(default_factory=dict)
    paced: dict[int, list[Paced]] = field(default_factory=dict)
    streams: dict[int, list[Streams]] = field(default_factory=dict)


class Stopwatch:
    """Reads clocks when a window begins and when it ends."""

    def __init__(self, cores: Cores, pids: tuple[int, ...]) -> None:
        self._cores, self._pids = cores, pids
        self._read: list[tuple[float, float, Ticks, Ticks]] = []

    def mark(self) -> None:
        """The beginning at the first call, the end at the second."""
        load, measured = usage.ticks(self._cores.load), usage.ticks(self._cores.measured)
        self._read.append((time.monotonic(), usage.cpu_s(self._pids), load, measured))

    def window(self) -> Window:
        """What lies between the two."""
        begin, finish = self._read
        return Window(
            wall_s=finish[0] - begin[0],
            cpu_s=finish[1] - begin[1],
            load_busy=finish[2].share_since(begin[2]),
            core_busy=finish[3].share_since(begin[3]),
        )


class Run:
    """All gateways, measured by one plan."""

    def __init__(self, plan: Plan, cores: Cores, say: Say) -> None:
        self._plan, self._cores, self._say = plan, cores, say
        self._others: list[float] = []
        self.skipped: dict[str, str] = {}

    def figures(self, contenders: tuple[Contender, ...]) -> list[Figures]:
        """Starts and measures all that are here; a row for each. Others are named in `skipped`.

        The first is the direct way. Raises: LoadError when that does not answer.
        """
        with ExitStack() as stack:
            stack.enter_context(on_core(self._cores.load))
            upstream = stack.enter_context(running_upstream())
            measured = list(self._started(contenders, upstream, stack))
            for one in measured:
                # What compiles as it goes is slow at first, and stays up for long where it is used.
                self._heat(one)
            for number in range(self._plan.rounds):
                self._say(f"round {number + 1} of {self._plan.rounds}")
                self._round(measured)
        direct = measured[0]
        return [_figures(one, direct) for one in measured]

    @property
    def others(self) -> Figures:
        """The share of the measured core that other programs took: a quiet machine has none."""
        return {
            "median": round(rank(self._others, 0.5) or 0.0, 3),
            "p90": round(rank(self._others, 0.9) or 0.0, 3),
        }

    def _started(
        self, contenders: tuple[Contender, ...], upstream: Server, stack: ExitStack
    ) -> Iterator[Measured]:
        for contender in contenders:
            try:
                yield self._start(contender, upstream, stack)
            except (NotHereError, LoadError, RuntimeError, subprocess.SubprocessError) as reason:
                self._skip(contender, str(reason))

    def _start(self, contender: Contender, upstream: Server, stack: ExitStack) -> Measured:
        """Starts one as often as planned, the last time for good. What was compiled then is kept."""
        walls: list[float] = []
        cpus: list[float] = []
        is_last = False
        while not is_last:
            with ExitStack() as attempt:
                started = attempt.enter_context(contender.start(upstream, self._cores.measured))
                pids = usage.family(started.server.pid)
                walls.append(started.server.ready_s)
                cpus.append(usage.cpu_s(pids))
                is_last = len(walls) == self._plan.starts or sum(walls) > _START_S
                if is_last:
                    idle = usage.memory(pids)
                    for request in (started.asked.plain(), started.asked.streamed(3)):
                        ask_once(started.asked, request, _FIRST_ANSWER_S)
                    stack.push(attempt.pop_all())
        self._say(f"{contender.title}: ready in {statistics.median(walls):.2f} s")
        return Measured(contender, started, usage.family(started.server.pid), walls, cpus, idle)

    def _heat(self, one: Measured) -> None:
        heat_s = self._plan.heat_s
        closed_loop(one.started.asked, 16, warm_s=0.0, measure_s=heat_s, mark=lambda: None)

    def _round(self, measured: list[Measured]) -> None:
        """Every turn of every gateway. One that breaks down is left out from then on."""
        turns: list[Callable[[Measured], None]] = [
            *(partial(self._closed_loop, connections=count) for count in CONNECTIONS),
            *(partial(self._at_rate, per_s=per_s) for per_s in (MODEST_PER_S, HIGH_PER_S)),
            *(partial(self._streams, count=count) for count in STREAMS),
        ]
        for turn in turns:
            for one in tuple(measured):
                try:
                    turn(one)
                except LoadError as reason:
                    self._skip(one.contender, f"broke down: {reason}")
                    measured.remove(one)

    def _skip(self, contender: Contender, reason: str) -> None:
        if contender.name == DIRECT:
            raise LoadError(f"the upstream itself {reason}")
        self.skipped[contender.name] = reason
        self._say(f"skipped: {contender.title}: {reason}")

    def _closed_loop(self, one: Measured, connections: int) -> None:
        watch = Stopwatch(self._cores, one.pids)
        answered = closed_loop(
            one.started.asked,
            connections,
            warm_s=self._plan.warm_s,
            measure_s=self._plan.closed_s,
            mark=watch.mark,
        )
        window = watch.window()
        sample = ClosedLoop(window, answered.count, answered.failed)
        one.closed.setdefault(connections, []).append(sample)
        self._after(one, window)
        self._say(
            f"  {one.contender.title}, {connections} connections:"
            f" {answered.count / window.wall_s:,.0f} requests/s,"
            f" {window.cpu_s / max(answered.count, 1) * 1e6:,.1f} us of CPU each,"
            f" load's core {window.load_busy:.0%} busy"
            + (f", failed: {dict(answered.failed)}" if answered.failed else "")
        )

    def _at_rate(self, one: Measured, per_s: int) -> None:
        fastest = one.closed[64][-1]
        if per_s == HIGH_PER_S and fastest.count / fastest.window.wall_s < per_s * _HEADROOM:
            return
        answered = at_rate(
            one.started.asked,
            per_s,
            connections=min(64, per_s // 10),
            measure_s=self._plan.rate_s * (1 if per_s == MODEST_PER_S else 1 / 3),
        )
        one.paced.setdefault(per_s, []).append(Paced(answered.sent, answered.took_s))
        self._after(one)
        self._say(f"  {one.contender.title}, {per_s}/s: {_times(answered.took_s)}")

    def _streams(self, one: Measured, count: int) -> None:
        before = one.streams.setdefault(count, [])
        if before and before[-1].is_overloaded:
            return
        watch = Stopwatch(self._cores, one.pids)
        seen = paced_streams(
            one.started.asked,
            count,
            ramp_s=self._plan.ramp_s,
            measure_s=self._plan.streams_s,
            mark=watch.mark,
        )
        window = watch.window()
        sample = Streams(window, seen.wanted, seen.chunks, seen.refused, seen.first_s, seen.lag_s)
        before.append(sample)
        self._after(one, window)
        self._say(
            f"  {one.contender.title}, {count} streams: {seen.chunks / seen.wanted:.0%} delivered,"
            f" {seen.refused} refused,"
            f" {window.cpu_s / max(seen.chunks, 1) * 1e6:,.1f} us of CPU a chunk,"
            f" lag {_times(seen.lag_s)}"
        )

    def _after(self, one: Measured, window: Window | None = None) -> None:
        """Takes down what the turn left, and waits until the gateway has come to rest."""
        memory = usage.memory(one.pids)
        one.busiest = max(one.busiest, memory, key=lambda found: found.rss_mb)
        if window is not None and one.contender.name != DIRECT:
            self._others.append(window.others)
        until = time.monotonic() + self._plan.settle_s
        while time.monotonic() < until:
            before = usage.cpu_s(one.pids)
            time.sleep(_LOOK_S)
            if usage.cpu_s(one.pids) - before < _SETTLED * _LOOK_S:
                return
        self._say(f"  {one.contender.title} has not come to rest")


@contextlib.contextmanager
def running_upstream() -> Iterator[Server]:
    """The provider behind all gateways, on the core of whoever starts it."""
    command = [sys.executable, "-m", "benchmarks.gateway.upstream"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    ) as child:
        try:
            assert child.stdout is not None
            port = int(child.stdout.readline())
            yield Server(f"http://127.0.0.1:{port}", child.pid)
        finally:
            end(child)


def _figures(one: Measured, direct: Measured) -> Figures:
    """A gateway's row. What the direct way had no time for is told of nobody."""
    return {
        "name": one.contender.name,
        "title": one.contender.title,
        "version": one.contender.version(),
        "cold_start": {
            "wall_ms": round(statistics.median(one.wall_s) * 1000, 1),
            "cpu_ms": round(statistics.median(one.start_cpu_s) * 1000, 1),
        },
        "memory": {"idle": vars(one.idle), "load": vars(one.busiest)},
        "closed_loop": {str(n): closed_loop_figures(found) for n, found in one.closed.items()},
        "at_rate": {
            str(n): paced_figures(f, direct.paced[n])
            for n, f in one.paced.items()
            if n in direct.paced
        },
        "streams": {str(n): stream_figures(f, direct.streams[n]) for n, f in one.streams.items()},
    }


def _times(took_s: list[float]) -> str:
    p50, p99 = rank(took_s, 0.5), rank(took_s, 0.99)
    if p50 is None or p99 is None:
        return "none"
    return f"p50 {p50 * 1e6:,.0f} us, p99 {p99 * 1e6:,.0f} us"
