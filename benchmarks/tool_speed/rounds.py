"""The run: every client is started, and all are measured in turn, a round after the other.

Each is a process of its own, on a core of its own, and idle while another is measured; the provider
has another core. So a ratio holds when the machine's speed drifts.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gateway.usage import Cores
from benchmarks.processes import on_core
from benchmarks.real_parts.peers import ROOT

_PEERS = ROOT / ".peers"
_END_S = 10
Figures = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Candidate:
    """One that is measured: how it is started, and in which environment.

    `many` says that it keeps up with 512 streams, which are not asked of the others; `package` is
    the one whose version is told.
    """

    name: str
    title: str
    module: str
    environment: str = ""
    package: str = "gatewayz"
    many: bool = True

    @property
    def python(self) -> Path:
        """The interpreter that has it."""
        if not self.environment:
            return Path(sys.executable)
        return _PEERS / self.environment / "bin" / "python"


CANDIDATES = (
    Candidate("bare", "asyncio and httptools, bare", "bare", package="httptools"),
    Candidate("attempt", "gatewayz: asked and written down", "ours attempt"),
    Candidate("verdict", "… and judged", "ours verdict"),
    Candidate("record", "… and kept in the store", "ours record"),
    Candidate("aiohttp", "aiohttp", "others aiohttp", "litellm", "aiohttp"),
    Candidate("httpx", "httpx", "others httpx", "clients-python", "httpx", many=False),
    Candidate("openai", "openai's SDK", "others openai", "clients-python", "openai", many=False),
)
ROLL_CALL = Candidate("roll_call", "a roll call", "rolling")


@dataclass(frozen=True)
class Plan:
    """How often and how much."""

    rounds: int
    connections: int
    requests: int
    streams: int
    many_streams: int
    chunks: int
    gateways: int
    models: int


FULL = Plan(3, 64, 3000, 64, 512, 100, 14, 50)
SHORT = Plan(1, 8, 100, 4, 16, 20, 2, 5)


class Child:
    """A process that does jobs one at a time."""

    def __init__(self, candidate: Candidate, port: int) -> None:
        self.name = candidate.name
        module, *rest = candidate.module.split()
        command = [str(candidate.python), "-m", f"benchmarks.tool_speed.{module}", *rest, str(port)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._answer()

    def does(self, job: str, first: int, second: int) -> Figures:
        """The figures of a job. Raises: RuntimeError when the process ends instead."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{job} {first} {second}\n")
            self._process.stdin.flush()
        figures: Figures = json.loads(self._answer())
        return figures

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.end()
            raise RuntimeError(f"{self.name} ended; it has said why")
        return line

    def end(self) -> None:
        """Ends the process, which its input's end asks for."""
        _ended(self._process)


@contextlib.contextmanager
def provider(core: int | None) -> Iterator[int]:
    """The provider's port, while it runs."""
    with on_core(core):
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.tool_speed.provider"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        _ended(process)


def _ended(process: subprocess.Popen[Any]) -> None:
    """Ends a process by the end of its input, or makes it end."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def here(candidates: Sequence[Candidate]) -> tuple[list[Candidate], dict[str, str]]:
    """Those whose environment is on this machine, and for each other one what to do."""
    found = [candidate for candidate in candidates if candidate.python.exists()]
    skipped = {
        candidate.title: "not installed; run `make test-clients`"
        for candidate in candidates
        if candidate not in found
    }
    return found, skipped


def measure(plan: Plan, candidates: Sequence[Candidate], cores: Cores | None, say: Say) -> Figures:
    """All figures, by the name of each candidate, and those of the roll call."""
    seen: dict[str, dict[str, list[Figures]]] = {candidate.name: {} for candidate in candidates}
    with provider(cores and cores.load) as port, ExitStack() as children:

        def started(candidate: Candidate) -> Child:
            with on_core(cores and cores.measured):
                return Child(candidate, port)

        running = [(candidate, started(candidate)) for candidate in candidates]
        rolling = started(ROLL_CALL)
        for _, child in [*running, (ROLL_CALL, rolling)]:
            children.callback(child.end)
        rolls = []
        for number in range(plan.rounds):
            for candidate, child in running:
                for job, first, second in _jobs(plan, candidate):
                    say(f"round {number + 1}: {candidate.title}, {job} {first} {second}")
                    found = child.does(job, first, second)
                    seen[candidate.name].setdefault(f"{job}-{first}", []).append(found)
            rolls.append(rolling.does("roll_call", plan.gateways, plan.models))
        for candidate in candidates:
            say(f"memory: {candidate.title}")
            # By a process that has held nothing yet.
            child = started(candidate)
            try:
                count = plan.many_streams if candidate.many else plan.streams
                seen[candidate.name]["memory"] = [child.does("streams", count, plan.chunks)]
            finally:
                child.end()
    return {
        "candidates": {name: _figures(plan, jobs) for name, jobs in seen.items()},
        "roll_call": _each(rolls),
    }


def _jobs(plan: Plan, candidate: Candidate) -> list[tuple[str, int, int]]:
    jobs = [("plain", plan.connections, plan.requests), ("streams", plan.streams, plan.chunks)]
    if candidate.many:
        jobs.append(("streams", plan.many_streams, plan.chunks))
    return jobs


def _figures(plan: Plan, jobs: dict[str, list[Figures]]) -> Figures:
    many = jobs.get(f"streams-{plan.many_streams}")
    return {
        "plain": _each(jobs[f"plain-{plan.connections}"]),
        "streams": _each(jobs[f"streams-{plan.streams}"]),
        "many_streams": _each(many) if many else None,
        "kb_each": round(jobs["memory"][0]["bytes_each"] / 1000, 1),
    }


def _each(found: Sequence[Figures]) -> Figures:
    """Medians over the rounds; what a core does by CPU alone."""
    cpu_us = statistics.median(one["cpu_s"] / one["count"] * 1e6 for one in found)
    return {
        "cpu_us": round(cpu_us, 1),
        "per_s": round(statistics.median(one["count"] / one["wall_s"] for one in found)),
        "of_a_core": round(1e6 / cpu_us),
    }
