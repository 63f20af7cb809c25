"""What the matrix is played on: simulators and backends in processes of their own, and clients."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gatewayz.client import HttpClient
from gatewayz.config import load_settings
from gatewayz.core import Gateway, Limits, Timeouts, Way
from gatewayz.gateways import known_gateways, through_api
from gatewayz.simulator import running

# Long enough for a loaded machine where silence is not the fault, short where it is.
PATIENT_S, SHORT_S = 20.0, 0.4
API_KEY = "matrix-backend-key-0f1e2d3c4b5a6978"
# Few at once: a simulator that sends byte by byte to many is slow itself.
_CONCURRENCY = 2
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One line of the simulator's own log."""

    place: str
    route: str
    model: str
    fault: str
    split: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One simulator, and a backend before it.

    `variables` point at the simulator, `api_url` at the backend; `log` is the answer sheet.
    """

    variables: Mapping[str, str]
    api_url: str
    timeouts: Timeouts
    log: Path

    def gateways(self, way: Way) -> dict[str, Gateway]:
        """The places as gateways, direct or behind the backend."""
        known = known_gateways(self.variables)
        found = {n: g for n, g in known.items() if g.key_env in self.variables}
        limits = Limits(concurrency=_CONCURRENCY)
        if way == "api":
            found = {n: through_api(g, self.api_url) for n, g in found.items()}
        return {n: replace(g, limits=limits) for n, g in found.items()}

    def client(self, way: Way) -> HttpClient:
        """A client with the keys of this way."""
        variables = self.variables

        def key_of(gateway: Gateway) -> str | None:
            return API_KEY if way == "api" else variables.get(gateway.key_env)

        return HttpClient(keys=key_of, timeouts=with_slack(self.timeouts, way))

    def truths(self) -> list[Truth]:
        """Every request that the simulator has answered so far, by its own account."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        rows = (json.loads(line) for line in lines)
        return [
            Truth(
                place=row["gateway"],
                route=row["route"],
                model=row["model"],
                fault=row["fault"],
                split=row["packets"],
                status=row["status"],
            )
            for row in rows
        ]


def with_slack(own: Timeouts, way: Way) -> Timeouts:
    """Behind the backend its own limits must strike first, so that it is asked what happened."""
    by = 3.0 if way == "api" else 1.0
    return Timeouts(**{name: getattr(own, name) * by for name in Timeouts.__dataclass_fields__})


def environment(variables: Mapping[str, str], total_s: float, home: str) -> dict[str, str]:
    """What a backend is started with: the gateways that have a key, its own key, its limits."""
    return {
        **{name: value for name, value in variables.items() if value},
        "HOME": home,
        "GATEWAYZ_API_KEY": API_KEY,
        "GATEWAYZ_TIMEOUT": f"{total_s}",
        "GATEWAYZ_CONNECT_TIMEOUT": f"{total_s}",
    }


def limits(total_s: float) -> Timeouts:
    """The same limit for every phase."""
    return Timeouts(
        connect_s=total_s,
        first_byte_s=total_s,
        first_event_s=total_s,
        idle_s=total_s,
        error_body_s=total_s,
        total_s=total_s * 2,
    )


@contextlib.contextmanager
def set_up(
    *,
    seed: int,
    short: bool = False,
    packets: str = "mixed",
    faults: Sequence[Mapping[str, Any]] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[Stage]:
    """A stage for as long as the block lasts.

    `faults` is the simulator's schedule; `variables` replace some of those that point at it.
    """
    with (
        tempfile.TemporaryDirectory(prefix="gatewayz-matrix-") as folder,
        _in_a_process(_simulate, seed, packets, list(faults), str(Path(folder) / "log")) as found,
    ):
        pointing = {**found, **(variables or {})}
        total_s = SHORT_S if short else PATIENT_S
        with _in_a_process(_serve, pointing, total_s, folder) as url:
            yield Stage(
                variables=pointing,
                api_url=url,
                timeouts=limits(total_s),
                log=Path(folder) / "log",
            )


@contextlib.contextmanager
def _in_a_process(target: Any, *arguments: Any) -> Iterator[Any]:
    """What the target tells once it is up; it ends when the block does."""
    ours, theirs = _SPAWN.Pipe()
    child = _SPAWN.Process(target=target, args=(theirs, *arguments), daemon=True)
    child.start()
    try:
        yield ours.recv()
    finally:
        with contextlib.suppress(OSError):
            ours.send("stop")
        child.join(timeout=15)
        if child.is_alive():
            child.kill()


def _simulate(pipe: Connection, seed: int, packets: str, faults: list[Any], log: str) -> None:
    with running(
        seed=seed, faults=faults, latency_s=0.0, gap_s=0.0, drip_s=0.05, hang_s=5.0,
        packets=packets, log_path=log,
    ) as simulator:  # fmt: skip
        pipe.send(simulator.variables())
        pipe.recv()


def _serve(pipe: Connection, variables: Mapping[str, str], total_s: float, folder: str) -> None:
    import io
    import sys

    from gatewayz import server

    sys.stderr = io.StringIO()  # the backend's log of every planted fault
    environ = environment(variables, total_s, folder)
    with server.running(load_settings(environ=environ, folder=folder)) as url:
        pipe.send(url)
        pipe.recv()
