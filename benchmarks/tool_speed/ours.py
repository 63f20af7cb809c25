"""Our own client, its judge and its store, measured a part at a time.

    python -m benchmarks.tool_speed.ours attempt|verdict|record PORT

`attempt` only asks and writes down what came, `verdict` judges it as well, `record` keeps every
verdict in a store on this disk, fifty to a transaction, as a busy run does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

from benchmarks.tool_speed.driving import Client, serve
from benchmarks.tool_speed.provider import MODEL
from gatewayz.client import HttpClient
from gatewayz.core import (
    Ask,
    Case,
    Gateway,
    Model,
    Observation,
    Occasion,
    Outcome,
    Run,
    RunStatus,
    Timeouts,
    Verdict,
)
from gatewayz.core.garbage import collect_seldom
from gatewayz.core.judge import judge
from gatewayz.core.units import utc_now
from gatewayz.probes import PROBES
from gatewayz.store import Store, open_store

PARTS = ("attempt", "verdict", "record")
KEY = "gsk_q7Vd2mXb9KtR4wZc8JfH1nLsYpA6eGuB3oQxTiWvNrD5hEzC"
_AT_ONCE = 50
_RUN = "bench"


def gateway(port: int, name: str = "bench") -> Gateway:
    """The provider as a gateway."""
    return Gateway(
        name=name, title="Bench", base_url=f"http://127.0.0.1:{port}/v1", key_env="BENCH_API_KEY"
    )


class Ours:
    """Asks by the probes `chat` and `streaming`, and goes as far as its part."""

    def __init__(self, part: str, port: int, store: Store) -> None:
        self._part, self._gateway, self._store = part, gateway(port), store
        self._client = HttpClient(keys=lambda _: KEY, timeouts=Timeouts())
        self._model = Model(id=MODEL, capabilities=frozenset({"chat"}))
        self._probes = {name: PROBES[name] for name in ("chat", "streaming")}
        self._waiting: list[Verdict] = []
        self._rng = Random(1)

    async def whole(self) -> None:
        await self._asked("chat", Ask())

    async def streamed(self, chunks: int) -> int:
        return await self._asked("streaming", Ask(max_tokens=chunks))

    async def _asked(self, name: str, ask: Ask) -> int:
        """The chunks that came."""
        probe = self._probes[name]
        request = probe.request(Occasion(ask=ask, model=self._model, rng=self._rng))
        attempt = await self._client.attempt(self._gateway, MODEL, request)
        assert attempt.reply is not None, attempt
        if self._part != "attempt":
            case = Case(gateway=self._gateway.name, probe=name, model=self._model)
            seen = Observation(case=case, request=request, attempts=(attempt,))
            verdict = judge(seen, probe.checks_by_step, self._gateway.quirks)
            assert verdict.outcome is Outcome.PASSED, verdict.failure
            self._keep(verdict)
        return attempt.timing.chunk_count

    def _keep(self, verdict: Verdict) -> None:
        if self._part == "record":
            self._waiting.append(verdict)
            if len(self._waiting) == _AT_ONCE:
                self._keep_all()

    def _keep_all(self) -> None:
        self._store.record(_RUN, self._waiting)
        self._waiting.clear()

    async def aclose(self) -> None:
        self._keep_all()
        await self._client.aclose()


def main() -> None:
    """Measures one part."""
    part, port = sys.argv[1], int(sys.argv[2])
    assert part in PARTS, part
    collect_seldom()  # as the commands do
    with tempfile.TemporaryDirectory(prefix="gatewayz-bench-") as folder:
        store = open_store(Path(folder) / "store.db")
        store.begin_run(Run(id=_RUN, started_at=utc_now(), status=RunStatus.RUNNING))

        def make() -> Client:
            return Ours(part, port, store)

        serve(make)
        store.close()


if __name__ == "__main__":
    main()
