"""One roll call at the command line: signals, printout, reports, exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from gatewayz.cli import stop_writing
from gatewayz.cli.complaints import complain
from gatewayz.cli.display import Display
from gatewayz.cli.exits import CANCELLED, TERMINATED, UNJUDGED, exit_code, left_out_by_caps
from gatewayz.cli.freshness import with_fresh
from gatewayz.cli.interrupted import end_abandoned, interrupted, order_of, settings_of
from gatewayz.cli.lanes import choose, key_warnings
from gatewayz.cli.loop import run_loop
from gatewayz.cli.network import access_over, client_for, unreachable_api
from gatewayz.cli.orders import (
    as_when_they_failed,
    beside_quarantine,
    narrowed_to_failed,
    order_for,
    without_unconfigured,
)
from gatewayz.cli.roll_call import Called, call
from gatewayz.cli.written import Written, reports_for, write_reports
from gatewayz.client import HttpClient
from gatewayz.config import Settings
from gatewayz.core import Case, Counts, Run, RunStatus
from gatewayz.core.garbage import collecting_seldom
from gatewayz.measure import count, summarize
from gatewayz.reports import REPORTS
from gatewayz.reports.terminal import Terminal, unit_of
from gatewayz.runner import Event, Listings, RollCall
from gatewayz.store import Store, open_store

# Under the two seconds that an interrupted run may take; the rest is for printing and leaving.
_GRACE_S = 1.4
_ALL_SPARED = "All that was judged is in quarantine, and changes no exit code"

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Printing:
    """How a run is shown."""

    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    as_json: bool = False


def roll_call_here(
    settings: Settings,
    *,
    info: Mapping[str, object] | None = None,
    failed: bool = False,
    resume: str = "",
    going_on: str = "",
    printing: Printing | None = None,
) -> int:
    """Calls the roll, prints it, keeps it, writes the reports; returns the exit code.

    `info` is a script's GATEWAY_INFO; `failed` repeats only what failed last, `resume` names a run
    that was interrupted and is gone on with. `going_on` is the command that goes on with this one, but
    for the run's name; "" where none can.
    Raises: GatewayzError for what is found before the first call.
    """
    printing = printing or Printing()
    reports = reports_for(settings)
    if resume:
        return _resume_here(settings, info, resume, going_on, printing, reports)
    chosen = choose(settings, info)
    order = order_for(settings, chosen)
    for line in (*chosen.problems, *key_warnings(order.lanes, settings)):
        _say(f"warning: {line}")
    store = open_store(settings.store)
    try:
        end_abandoned(store)
        again: tuple[Case, ...] | None = None
        if failed:
            names = {gateway.name for gateway in chosen.gateways}
            again = tuple(case for case in store.failed_cases() if case.gateway in names)
            if not again:
                _say(f"Nothing failed in the last run{' of these' if chosen.named else ''}.")
                return UNJUDGED
            settings = as_when_they_failed(settings, again)
            order = order_for(settings, chosen)
        order = beside_quarantine(with_fresh(order, settings, store), settings, store)
        session = _Session(
            settings, order, store, printing, reports, named=chosen.named, going_on=going_on
        )
        with collecting_seldom():  # a look would stand in the figures as somebody's slowness
            return run_loop(session.run(again))
    finally:
        store.close()


def _resume_here(
    settings: Settings,
    info: Mapping[str, object] | None,
    name: str,
    going_on: str,
    printing: Printing,
    reports: tuple[tuple[str, Path], ...],
) -> int:
    """Goes on with a run that was interrupted."""
    store = open_store(settings.store)
    try:
        end_abandoned(store)
        run = interrupted(store, name)
        settings = settings_of(run, settings)
        chosen = choose(settings, info)
        order = with_fresh(order_for(settings, chosen), settings, store)
        order, listings = order_of(run, order, store)
        order = beside_quarantine(order, settings, store)
        for line in (*chosen.problems, *key_warnings(order.lanes, settings)):
            _say(f"warning: {line}")
        session = _Session(
            settings,
            order,
            store,
            printing,
            reports,
            named=True,
            going_on=going_on,
            listings=listings,
        )
        return run_loop(session.run(None))
    finally:
        store.close()


class _Session:
    def __init__(
        self,
        settings: Settings,
        order: RollCall,
        store: Store,
        printing: Printing,
        reports: tuple[tuple[str, Path], ...],
        *,
        named: bool,
        going_on: str,
        listings: Listings | None = None,
    ) -> None:
        self._settings, self._order, self._store = settings, order, store
        self._listings = listings or {}
        self._printing, self._reports, self._named = printing, reports, named
        self._going_on = going_on
        self._stop = asyncio.Event()
        self._stopped_by = 0
        self._display = self._display_for(order)

    async def run(self, again: Sequence[Case] | None) -> int:
        """The whole of it, or only the cases of `again`; the exit code."""
        loop = asyncio.get_running_loop()
        for number, code in ((signal.SIGINT, CANCELLED), (signal.SIGTERM, TERMINATED)):
            loop.add_signal_handler(number, self._stop_for, code)
        client = client_for(self._settings)
        try:
            prepared = await self._until_stopped(self._prepared(client, again))
            if prepared is None:
                if self._stopped_by:
                    _say("stopped before anything was asked of a model; nothing is kept")
                return self._stopped_by or UNJUDGED
            order, listings = prepared
            self._display = self._display_for(order)
            called = await call(
                order,
                client=client,
                store=self._store,
                listeners=() if self._printing.as_json else (self._show,),
                stop=self._stop,
                listings=listings,
            )
        finally:
            self._display.close()
            await client.aclose()
        return self._finish(called)

    def _display_for(self, order: RollCall) -> Display:
        terminal = Terminal(
            color=False if self._printing.no_color else None,
            quiet=self._printing.quiet,
            verbose=self._printing.verbose,
        )
        unit = unit_of(
            {probe.name for probe in order.probes},
            {lane.way for lane in order.lanes},
            repeated=order.repeat > 1,
        )
        return Display(
            terminal,
            order.lanes,
            unit=unit,
            access=partial(access_over, settings=self._settings),
        )

    async def _prepared(
        self, client: HttpClient, again: Sequence[Case] | None
    ) -> tuple[RollCall, Listings] | None:
        """What is really run, and the catalogues read to find out; None when there is nothing."""
        order = self._order
        api_is_there = "api" in self._settings.ways
        if api_is_there:
            problem = await unreachable_api(self._settings)
            if problem:
                _say(problem)
                api_is_there = False
                # Whoever wants a document gets one, in which each gateway is unknown.
                wanted = self._reports or self._printing.as_json
                if self._settings.ways == ("api",) and not wanted:
                    return None
        if again is not None:
            return await narrowed_to_failed(order, again, client)
        if api_is_there and not self._named:
            return await without_unconfigured(order, client)
        return order, self._listings

    async def _until_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What the work comes to, or None when a signal comes first."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.wait((working, stopping), timeout=_GRACE_S / 2)

    def _finish(self, called: Called) -> int:
        """Prints the end, writes the reports."""
        run = called.run
        written = write_reports(self._reports, run)
        faults = [*called.faults, *written.faults]
        total, spared = self._counted(run)
        self._printed(lambda: self._print_end(run, written))
        for fault in faults:
            _say(fault)
        if run.status is RunStatus.CANCELLED and not called.faults:
            planned = sum(case.model is not None for case in run.plan)
            done = total.judged + total.unknown
            _say(f"stopped: {done} of {planned} judged; the run is kept as cancelled")
            if self._going_on:
                complain(f"gatewayz: to go on with it: `{self._going_on} {run.id}`", whole=True)
        anything = total.passed or total.any_failed or total.any_unknown
        if not anything and not self._stopped_by and not faults:
            _say(_ALL_SPARED if spared else _nothing_tested(run))
        return exit_code(
            total,
            stopped_by=self._stopped_by,
            own_fault=bool(faults),
            incomplete=self._settings.strict and left_out_by_caps(run) > 0,
            spared=spared,
        )

    def _counted(self, run: Run) -> tuple[Counts, int]:
        """What the exit code goes by: all but what failed in quarantine, and how many those are."""
        apart = self._order.quarantine
        counted = [v for v in run.verdicts if not (apart and apart.spared(v))]
        if spared := len(run.verdicts) - len(counted):
            return count(counted), spared
        return (run.summary or summarize(run.verdicts)).total, 0

    def _print_end(self, run: Run, written: Written) -> None:
        if self._printing.as_json:
            summary = run.summary or summarize(run.verdicts)
            click.echo(REPORTS["json"].render(run, summary).decode(), nl=False)
            return
        self._display.finish(run)
        for name, path in written.reports:
            click.echo(f"{name} report: {path}")

    def _show(self, event: Event) -> None:
        self._printed(lambda: self._display(event))

    def _printed(self, act: Callable[[], None]) -> None:
        """Prints; once the reader has gone, the run goes on and is kept without him."""
        try:
            act()
        except BrokenPipeError:
            stop_writing()

    def _stop_for(self, code: int) -> None:
        """The first signal ends the run in order, the second at once."""
        if self._stopped_by:
            self._display.close()
            os._exit(code)
        self._stopped_by = code
        self._stop.set()
        asyncio.get_running_loop().call_later(_GRACE_S, self._give_up)

    def _give_up(self) -> None:
        self._display.close()
        _say("stopped; what was printed is kept")
        sys.stdout.flush()
        os._exit(self._stopped_by)


def _nothing_tested(run: Run) -> str:
    """What to do about a run without a call: its reasons are in the summary."""
    if not run.verdicts:
        return "Nothing was tested: no gateway is named in GATEWAY_INFO"
    if any(verdict.reason.startswith("no key") for verdict in run.verdicts):
        return "Nothing was tested. Set a key (gatewayz config shows which), or try: gatewayz demo"
    return "Nothing was tested; each [SKIP] says why"


def _say(line: str) -> None:
    complain(f"gatewayz: {line}" if line[:1].islower() else line)
