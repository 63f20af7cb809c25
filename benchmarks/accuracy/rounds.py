"""A sender and its clients, each a process of its own, round after round."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.accuracy.asker import Order
from benchmarks.accuracy.compare import Errors, compare, in_us
from benchmarks.gateway import usage
from benchmarks.processes import end, free_port, on_core, serving
from gatewayz.simulator.doors import CA_FILE

ROOT = Path(__file__).resolve().parents[2]
_ENOUGH_S = 120.0
# A sender whose benchmark was killed ends by itself.
_MOST = "20m"

Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured.

    at_once     answers at any time, a round each
    processes   client processes among which they are divided; a round each, where there are as many
    chunks, gap_s, first_s   of each answer
    repeats     answers of each asker in a row; of a single one `alone`, so that there are enough
    """

    at_once: tuple[int, ...] = (1, 64, 512)
    processes: tuple[int, ...] = (1, 2)
    chunks: int = 100
    gap_s: float = 0.02
    first_s: float = 0.1
    repeats: int = 3
    alone: int = 6


FULL = Plan()
SHORT = Plan(at_once=(1, 8), processes=(1,), chunks=10, repeats=1, alone=2)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One round: who asks, how, and what is planted."""

    at_once: int
    processes: int = 1
    stream: bool = True
    kernel_stamps: bool = True
    tls: bool = False
    plant: str = ""


def cells(plan: Plan) -> tuple[Cell, ...]:
    """All rounds of a plan; those over TLS and with a planted delay last."""
    plain = tuple(
        Cell(at_once=count, processes=processes, stream=stream, kernel_stamps=kernel)
        for stream in (True, False)
        for count in plan.at_once
        for processes in plan.processes
        for kernel in (True, False)
        if count >= processes
    )
    secured = tuple(Cell(at_once=count, tls=True) for count in plan.at_once)
    planted = tuple(
        Cell(at_once=plan.at_once[0], kernel_stamps=kernel, plant=plant)
        for kernel, plant in ((False, "late-read"), (True, "late-read"), (True, "late-stamp"))
    )
    return (*plain, *secured, *planted)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A sender that knows when it sent what: its ports."""

    port: int
    tls_port: int

    def base_url(self, *, tls: bool) -> str:
        return (
            f"https://127.0.0.1:{self.tls_port}/v1" if tls else f"http://127.0.0.1:{self.port}/v1"
        )


@contextlib.contextmanager
def golden_sender(core: int | None) -> Iterator[Sender]:
    """Runs a sender until the block is left, on a core of its own where one is given."""
    sender = Sender(port=free_port(), tls_port=free_port())
    command = [
        sys.executable, "-m", "gatewayz.simulator.golden",
        "--port", str(sender.port), "--tls-port", str(sender.tls_port), "--for", _MOST,
    ]  # fmt: skip
    with serving(command, sender.port, "/v1/models", _environment(), ROOT, core=core):
        yield sender


def measure(plan: Plan, cell: Cell, sender: Sender, cores: Sequence[int]) -> Figures:
    """One round's figures. `cores` are for the clients; () leaves that to the system.

    Raises: RuntimeError when a client process breaks down.
    """
    _log(sender, "DELETE")
    ordered = _orders(plan, cell, sender)
    clients = [
        _start(order, cores[number % len(cores)] if cores else None)
        for number, order in enumerate(ordered)
    ]
    try:
        reports = _reports(clients)
    finally:
        for client in clients:
            if client.poll() is None:
                end(client)
            for pipe in (client.stdin, client.stdout):
                if pipe is not None:
                    pipe.close()
    errors = compare((one for report in reports for one in report["answers"]), _log(sender, "GET"))
    cpu_s = sum(report["cpu_s"] for report in reports)
    return _figures(cell, errors, cpu_s, max(report["took_s"] for report in reports))


def _orders(plan: Plan, cell: Cell, sender: Sender) -> list[Order]:
    whole = Order(
        url=sender.base_url(tls=cell.tls),
        ca_file=str(CA_FILE) if cell.tls else "",
        at_once=cell.at_once,
        repeats=plan.alone if cell.at_once == 1 else plan.repeats,
        chunks=plan.chunks,
        gap_s=plan.gap_s,
        first_s=plan.first_s,
        stream=cell.stream,
        kernel_stamps=cell.kernel_stamps,
        plant=cell.plant,
    )
    if not cell.stream:  # shorter, so more of them
        whole = replace(whole, repeats=whole.repeats * 5)
    share, more = divmod(cell.at_once, cell.processes)
    return [replace(whole, at_once=share + (number < more)) for number in range(cell.processes)]


def _start(order: Order, core: int | None) -> subprocess.Popen[bytes]:
    with on_core(core):
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.accuracy.asker", json.dumps(asdict(order))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=_environment(),
            start_new_session=True,
        )


def _reports(clients: Sequence[subprocess.Popen[bytes]]) -> list[Any]:
    for client in clients:
        if client.stdout is None or client.stdout.readline() != b"ready\n":
            raise RuntimeError("a client process did not start")
    for client in clients:
        if client.stdin is not None:
            client.stdin.write(b"go\n")
            client.stdin.flush()
    found = []
    for client in clients:
        output, _ = client.communicate(timeout=_ENOUGH_S)
        if client.returncode:
            raise RuntimeError(f"a client process ended with {client.returncode}")
        found.append(json.loads(output))
    return found


def _figures(cell: Cell, errors: Errors, cpu_s: float, took_s: float) -> Figures:
    units = errors.chunks if cell.stream else errors.answers
    return {
        **asdict(cell),
        "answers": errors.answers,
        "chunks": errors.chunks if cell.stream else 0,
        "failed": dict(errors.failed),
        "wrong_counts": errors.wrong_counts,
        "stamped_by": dict(errors.stamped_by),
        "ttft_us": in_us(errors.ttft_s),
        "gap_us": in_us(errors.gap_s),
        "whole_us": in_us(errors.whole_s),
        "held_up_ms": round(errors.held_up_s * 1e3, 1),
        "cpu_us": round(cpu_s / units * 1e6, 1) if units else None,
        "cores": round(cpu_s / took_s, 2),
        "sender": {"late_us": in_us(errors.late_s), "send_us": in_us(errors.send_s)},
    }


def _log(sender: Sender, method: str) -> list[Any]:
    """The sender's log, an entry for each answer; with DELETE it is forgotten."""
    connection = http.client.HTTPConnection("127.0.0.1", sender.port, timeout=30)
    try:
        connection.request(method, "/log")
        lines = connection.getresponse().read().splitlines()
    finally:
        connection.close()
    return [json.loads(line) for line in lines]


def _environment() -> dict[str, str]:
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def cores_apart() -> tuple[int | None, tuple[int, ...]]:
    """A core for the sender and those for the clients; (None, ()) where they cannot be kept apart."""
    try:
        sender = usage.two_cores().load
    except usage.TooFewCoresError:
        return None, ()
    return sender, tuple(core for core in sorted(os.sched_getaffinity(0)) if core != sender)
