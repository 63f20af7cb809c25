"""A whole roll call by the runner, with its store, against a provider that answers at once.

    python -m benchmarks.tool_speed.rolling PORT

All gateways are one provider under several names: what is measured is what this process does for a
probe, from the plan to the row on the disk, with nothing to wait for.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.tool_speed.driving import Client, Figures, serve
from benchmarks.tool_speed.ours import KEY, Ours, gateway
from benchmarks.tool_speed.provider import MODELS
from gatewayz.cli.roll_call import call
from gatewayz.client import HttpClient
from gatewayz.core import RunStatus, Timeouts
from gatewayz.core.garbage import collect_seldom
from gatewayz.probes import PROBES
from gatewayz.runner import Lane, RollCall, Selection
from gatewayz.store import Store, open_store


async def rolled(port: int, store: Store, gateways: int, models: int) -> Figures:
    """The CPU of one roll call over so many gateways and models, by the probe `chat`."""
    client = HttpClient(keys=lambda _: KEY, timeouts=Timeouts())
    names = [f"bench-{number}" for number in range(gateways)]
    order = RollCall(
        lanes=tuple(Lane(name=n, way="direct", gateway=gateway(port, n)) for n in names),
        probes=(PROBES["chat"],),
        selection=Selection(models=str(models)),
        retries=0,
    )
    began, cpu = time.monotonic(), time.process_time()
    called = await call(order, client=client, store=store)
    cpu_s, wall_s = time.process_time() - cpu, time.monotonic() - began
    await client.aclose()
    run = called.run
    assert run.status is RunStatus.FINISHED, called.faults
    assert run.summary is not None
    assert run.summary.total.passed == len(run.plan), run.summary.total
    return {"count": len(run.plan), "cpu_s": cpu_s, "wall_s": wall_s}


def main() -> None:
    """Measures it."""
    port = int(sys.argv[1])
    collect_seldom()  # as `gatewayz test` does
    with tempfile.TemporaryDirectory(prefix="gatewayz-bench-") as folder:
        store = open_store(Path(folder) / "store.db")

        def make() -> Client:
            return Ours("attempt", port, store)

        async def roll_call(_: Client, gateways: int, models: int) -> Figures:
            return await rolled(port, store, gateways, min(models, MODELS))

        serve(make, {"roll_call": roll_call})
        store.close()


if __name__ == "__main__":
    main()
