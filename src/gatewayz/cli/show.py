"""`gatewayz show`: a stored run, as it was printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.exits import OK, OURS
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.cli.written import Written
    from gatewayz.config import Settings
    from gatewayz.core import Run
    from gatewayz.core.load import LoadResult


@click.command("show", cls=SectionedCommand, short_help="Show a stored run again.")
@click.argument("run", default="last", metavar="[RUN]")
@options.report_option
@options.format_option
@option(options.OUTPUT, "--quiet", "-q", is_flag=True, help="Only the summary.")
@option(options.OUTPUT, "--verbose", "-v", is_flag=True, help="Timings and usage of each answer.")
@option(options.OUTPUT, "--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(run: str, **parameters: Any) -> int:
    """Show a stored run as `test` or `bench` printed it, or write its reports. Nothing is sent.

    RUN is an id, the beginning of one, or "last".
    """
    from contextlib import closing

    from gatewayz.cli.complaints import complain
    from gatewayz.cli.interrupted import end_abandoned
    from gatewayz.cli.load_runs import find_either
    from gatewayz.cli.written import reports_for, write_reports
    from gatewayz.core.load import LoadResult
    from gatewayz.store import open_store

    settings = options.load(parameters)
    with closing(open_store(settings.store)) as store:
        end_abandoned(store)
        stored = find_either(store, run)
    if isinstance(stored, LoadResult):
        written = _show_load(stored, settings, as_json=parameters["format"] == "json")
        for fault in written.faults:
            complain(f"gatewayz: {fault}")
        return OURS if written.faults else OK
    written = write_reports(reports_for(settings), stored)
    if parameters["format"] == "json":
        _print_json(stored)
    else:
        _print(stored, **{name: parameters[name] for name in ("quiet", "verbose", "no_color")})
        for name, path in written.reports:
            click.echo(f"{name} report: {path}")
    for fault in written.faults:
        complain(f"gatewayz: {fault}")
    return OURS if written.faults else OK


def _show_load(result: LoadResult, settings: Settings, *, as_json: bool) -> Written:
    """A load run as `bench` printed it; what became of its reports."""
    import os
    import sys

    from gatewayz.cli.benched import printed
    from gatewayz.cli.written import reports_for, write_load_reports
    from gatewayz.core.text import visible
    from gatewayz.core.units import show_moment
    from gatewayz.reports import LOAD_REPORTS
    from gatewayz.reports._wrapping import width_of, wrapped

    written = write_load_reports(reports_for(settings, LOAD_REPORTS), result)
    if as_json:
        click.echo(LOAD_REPORTS["json"].render(result).decode(), nl=False)
        return written
    width = width_of(sys.stdout, os.environ)
    title = f"Load run {visible(result.id)} of {show_moment(result.started_at, seconds=True)}"
    about = f"{title}, {result.status}: {result.shape.words}"
    lines = [*wrapped(about, "", width=width), "", *printed(result, width)]
    lines += [f"{name} report: {path}" for name, path in written.reports]
    click.echo("\n".join(lines))
    return written


def _print(run: Run, *, quiet: bool, verbose: bool, no_color: bool) -> None:
    from gatewayz.measure import summarize
    from gatewayz.reports.terminal import Terminal, print_run

    terminal = Terminal(color=False if no_color else None, live=False, quiet=quiet, verbose=verbose)
    terminal.line(_title(run))
    print_run(terminal, run, run.summary or summarize(run.verdicts))


def _title(run: Run) -> str:
    """Which run this is, and how far it got."""
    from gatewayz.core import RunStatus
    from gatewayz.core.units import show_moment

    told = f"Run {run.id} of {show_moment(run.started_at, seconds=True)}, "
    if run.status is RunStatus.FINISHED:
        return f"{told}{run.status}"
    cases = sum(verdict.observation.case.model is not None for verdict in run.verdicts)
    planned = sum(case.model is not None for case in run.plan)
    known = f"{cases} of {planned}" if planned else f"{cases}"
    if run.status is RunStatus.CANCELLED:
        return f"{told}{run.status}; {known} judged: `gatewayz test --resume {run.id}` goes on"
    return f"{told}not finished: it goes on; {known} kept"


def _print_json(run: Run) -> None:
    from gatewayz.measure import summarize
    from gatewayz.reports import REPORTS

    summary = run.summary or summarize(run.verdicts)
    click.echo(REPORTS["json"].render(run, summary).decode(), nl=False)
