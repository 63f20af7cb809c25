"""One load run at the command line: what it will send, signals, the printout, reports, exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import click

from gatewayz.cli import stop_writing
from gatewayz.cli.bench_budget import Budgets
from gatewayz.cli.bench_display import LiveLine
from gatewayz.cli.bench_plan import announced
from gatewayz.cli.benched import printed
from gatewayz.cli.complaints import complain
from gatewayz.cli.exits import CANCELLED, FAILED, OK, OURS, TERMINATED, UNJUDGED
from gatewayz.cli.load_runs import keep
from gatewayz.cli.loop import run_loop
from gatewayz.cli.network import client_for
from gatewayz.cli.own_words import OwnWords
from gatewayz.cli.written import Wanted, reports_for, write_load_reports
from gatewayz.client import HttpClient
from gatewayz.config import Settings, values
from gatewayz.core import RunStatus
from gatewayz.core.garbage import collect_seldom
from gatewayz.core.load import LoadFailure, LoadResult
from gatewayz.load import (
    MOST_PROCESSES,
    Crew,
    LoadOrder,
    OneProcess,
    Processes,
    check_processes,
    needed_of,
    run_load,
)
from gatewayz.reports import LOAD_REPORTS
from gatewayz.reports._wrapping import width_of
from gatewayz.runner import VerdictReached

# After the first signal what is under way is left at once; a client that hangs is not waited for.
_GRACE_S = 1.4
_BUT_SPENT = " but the spend, where what was under way counts as reserved"


def run_bench(settings: Settings, order: LoadOrder, given: Mapping[str, Any]) -> int:
    """Runs the order and shows what came of it; the exit code.

    Raises: GatewayzError for what is found before the first request.
    """
    processes = given["processes"]
    parts = 1 if processes is None else values.whole(1, MOST_PROCESSES)(processes, "--processes")
    check_processes(parts, order)
    parts, order = _fitting(parts, order)
    reports = reports_for(settings, LOAD_REPORTS)
    as_json = given["format"] == "json"
    width = width_of(sys.stderr if as_json else sys.stdout, os.environ)
    for line in announced(order, width):
        # Before the first request, and never in the way of a document on standard output.
        click.echo(line, err=as_json)
    sys.stdout.flush()
    budgets = Budgets(settings, parts)
    crew, live = _crew(settings, order, parts, budgets), LiveLine(quiet=given["quiet"] or as_json)
    session = _Session(settings, order, crew, budgets, live)
    collect_seldom()  # a look at everything would stand in the figures as somebody's slowness
    result = run_loop(session.run())
    # Kept before it is printed, as a verdict is.
    fault = keep(result, settings)
    return _finish(result, reports, stopped_by=session.stopped_by, as_json=as_json,
                   most_errors=order.stop.max_errors, fault=fault, lost=session.lost)  # fmt: skip


def _fitting(processes: int, order: LoadOrder) -> tuple[int, LoadOrder]:
    """No more processes than requests may be under way at once, and a line that says so."""
    needed = needed_of(processes, order)
    if needed == processes:
        return processes, order
    sends = "one sends" if needed == 1 else f"{needed} send"
    note = f"--processes {processes}: {sends}, as no more than {order.most_at_once} may be under way at once"
    return needed, replace(order, notes=(*order.notes, note))


def _crew(settings: Settings, order: LoadOrder, parts: int, guard: Budgets) -> Crew:
    """Who sends. Several processes are forked here, before there is a loop or a thread."""
    # One connection each, and those that have not settled beside them.
    asker = partial(client_for, settings, most_idle=2 * order.most_at_once)
    if parts == 1:
        return OneProcess(order, asker, guard=guard)
    return Processes(order, asker, parts, guard=guard)


class _Session:
    def __init__(
        self,
        settings: Settings,
        order: LoadOrder,
        crew: Crew,
        budgets: Budgets,
        live: LiveLine,
    ) -> None:
        self._settings, self._order, self._crew, self._live = settings, order, crew, live
        self._budgets = budgets
        self._stop = asyncio.Event()
        self.stopped_by = 0

    async def run(self) -> LoadResult:
        """The whole of it."""
        loop = asyncio.get_running_loop()
        for number, code in ((signal.SIGINT, CANCELLED), (signal.SIGTERM, TERMINATED)):
            loop.add_signal_handler(number, self._stop_for, code)
        client = client_for(self._settings)
        try:
            result = await run_load(self._order, self._crew, tell=self._live, stop=self._stop)
        finally:
            self._live.close()
            await client.aclose()
        result = replace(result, spend=self._budgets.whole(result.spend))
        return without_keys(result, client)

    @property
    def lost(self) -> str:
        """What of the run a process took with it when it died; "" where none did."""
        lost = self._crew.lost
        return f"{lost}{_BUT_SPENT}" if lost and self._budgets.tell_spend else lost

    def _stop_for(self, code: int) -> None:
        """The first signal ends the run in order, the second at once."""
        if self.stopped_by:
            self._live.close()
            os._exit(code)
        self.stopped_by = code
        self._stop.set()
        asyncio.get_running_loop().call_later(_GRACE_S, self._give_up)

    def _give_up(self) -> None:
        self._live.close()
        complain("gatewayz: stopped; what was under way would not end")
        os._exit(self.stopped_by)


def without_keys(result: LoadResult, client: HttpClient) -> LoadResult:
    """The result with no known key in what was asked; a file of prompts may hold one."""
    own_words = OwnWords(client.without_keys)

    def clean(failure: LoadFailure) -> LoadFailure:
        events = (own_words.without_keys(VerdictReached(one)) for one in failure.examples)
        kept = tuple(one.verdict for one in events if isinstance(one, VerdictReached))
        return replace(failure, examples=kept)

    return replace(result, failures=tuple(map(clean, result.failures)))


def _finish(
    result: LoadResult,
    reports: Wanted,
    *,
    stopped_by: int,
    as_json: bool,
    most_errors: float,
    fault: str,
    lost: str,
) -> int:
    written = write_load_reports(reports, result)
    try:
        if as_json:
            click.echo(LOAD_REPORTS["json"].render(result).decode(), nl=False)
        else:
            click.echo("\n".join(printed(result, width_of(sys.stdout, os.environ))))
            for name, path in written.reports:
                click.echo(f"{name} report: {path}")
            if not fault:
                click.echo(f"Kept: gatewayz show {result.id}")
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing()
    faults = (*written.faults, *(one for one in (fault, lost) if one))
    for one in faults:
        complain(f"gatewayz: {one}")
    if stopped_by:
        return stopped_by
    return OURS if faults else code_of(result, most_errors)


def code_of(result: LoadResult, most_errors: float) -> int:
    """What a run comes to: a missed objective or too many failures are 1, nothing measured is 3.

    Of a search the objectives are what it looks for: it fails where nothing kept to them. What was left
    out for the sake of a cap changes nothing, unless it was all.
    """
    sent = {line.target for line in result.lines if line.sent}
    unasked = {name for name in result.left_out if name not in sent}
    lines = [line for line in result.lines if line.target not in unasked]
    ended = sum(line.passed + line.failures for line in lines)
    failed = sum(line.failures for line in lines)
    if not ended:
        return UNJUDGED
    if result.shape.kind == "most":
        if any(one.level is None and one.beyond is not None for one in result.most):
            return FAILED
        asked = [one for one in result.most if one.target not in unasked]
        return OK if all(one.level is not None for one in asked) else UNJUDGED
    found = [one.met for line in lines for one in line.objectives]
    if failed > most_errors * ended or failed == ended or any(met is False for met in found):
        return FAILED
    told = all(met is not None for met in found)
    # Of a target that was asked nothing, or of which nothing came back, nothing is known.
    told = told and all(line.passed + line.failures for line in lines)
    return OK if told and result.status is RunStatus.FINISHED else UNJUDGED
