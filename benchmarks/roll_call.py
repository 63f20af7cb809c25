"""A roll call over 14 gateways x 50 models with known latencies, against its lower bound.

The simulator runs in a process of its own and waits a known time before each answer. No schedule
can finish a gateway sooner than its calls' time divided by the calls allowed at once, so the
largest such quotient bounds the run from below; what is above it is ours: reading the catalogues,
judging, and keeping every verdict in a store on this disk, as any run does. Each gateway's own limits are
replaced by four calls at once and no rate, since some allow so few calls a minute that nothing but
the waiting would be measured.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import statistics
import tempfile
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gatewayz.cli.roll_call import call
from gatewayz.client import HttpClient
from gatewayz.core import Limits, RunStatus, Timeouts
from gatewayz.core.garbage import collect_seldom
from gatewayz.gateways import known_gateways
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, Selection
from gatewayz.simulator import running
from gatewayz.store import open_store

MODELS = 50
CONCURRENCY = 4
RUNS = 5
PROBE_NAMES = ("chat", "streaming")


def latency_s(gateway: str, model: str) -> float:
    """What the simulator waits before a model's answer: 80 to 240 ms, known to both sides."""
    digest = hashlib.sha256(f"{gateway}/{model}".encode()).digest()
    return 0.08 + 0.16 * digest[0] / 255


def measure() -> dict[str, Any]:
    """Wall time against the bound, and the CPU this process spent on a probe; medians."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_simulate, args=(theirs,), daemon=True)
    child.start()
    try:
        variables = ours.recv()
        collect_seldom()  # as `gatewayz test` does
        runs = [asyncio.run(_measure(variables)) for _ in range(RUNS)]
    finally:
        ours.send("stop")
        child.join(timeout=10)
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return {
        "runs": RUNS,
        "gateways": medians["gateways"],
        "models_per_gateway": MODELS,
        "probes": medians["probes"],
        "concurrency_per_gateway": CONCURRENCY,
        "wall_s": round(medians["wall_s"], 2),
        "lower_bound_s": round(medians["bound_s"], 2),
        "ratio": round(medians["wall_s"] / medians["bound_s"], 3),
        "cpu_us_per_probe": round(medians["cpu_s"] / medians["probes"] * 1e6),
        "probes_per_s": round(medians["probes"] / medians["wall_s"]),
    }


async def _measure(variables: dict[str, str]) -> dict[str, float]:
    gateways = [
        replace(gateway, limits=Limits(concurrency=CONCURRENCY))
        for gateway in known_gateways(variables).values()
        if gateway.key_env in variables
    ]
    client = HttpClient(keys=lambda g: variables[g.key_env], timeouts=Timeouts())
    order = RollCall(
        lanes=tuple(Lane(name=g.name, way="direct", gateway=g) for g in gateways),
        probes=tuple(PROBES[name] for name in PROBE_NAMES),
        selection=Selection(models=str(MODELS)),
        retries=0,
    )
    with tempfile.TemporaryDirectory(prefix="gatewayz-bench-") as folder:
        store = open_store(Path(folder) / "store.db")
        started, cpu = time.monotonic(), time.process_time()
        called = await call(order, client=client, store=store)
        wall_s, cpu_s = time.monotonic() - started, time.process_time() - cpu
        store.close()
    await client.aclose()
    run = called.run
    assert run.status is RunStatus.FINISHED
    assert run.summary is not None
    assert run.summary.total.passed == len(run.plan), run.summary.total
    bound_s = max(_bound_s(name, run.plan) for name in {case.gateway for case in run.plan})
    return {
        "gateways": len(gateways),
        "probes": len(run.plan),
        "wall_s": wall_s,
        "bound_s": bound_s,
        "cpu_s": cpu_s,
    }


def _bound_s(gateway: str, plan: Any) -> float:
    calls = [latency_s(gateway, c.model.id) for c in plan if c.gateway == gateway]
    return max(sum(calls) / CONCURRENCY, max(calls))


def _simulate(pipe: Connection) -> None:
    with running(latency_s=latency_s, gap_s=0.0, models_per_gateway=MODELS) as simulator:
        pipe.send(simulator.variables())
        pipe.recv()
