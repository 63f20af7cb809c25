"""`gatewayz show`: a stored run, as it was printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.exits import OK, OURS
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.core import Run


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
    """Show a stored run as `test` printed it, or write its reports. Nothing is sent.

    RUN is an id, the beginning of one, or "last".
    """
    from contextlib import closing

    from gatewayz.cli.complaints import complain
    from gatewayz.cli.interrupted import end_abandoned
    from gatewayz.cli.written import reports_for, write_reports
    from gatewayz.store import open_store

    settings = options.load(parameters)
    wanted = reports_for(settings)
    with closing(open_store(settings.store)) as store:
        end_abandoned(store)
        stored = store.run(run)
    written = write_reports(wanted, stored)
    if parameters["format"] == "json":
        _print_json(stored)
    else:
        _print(stored, **{name: parameters[name] for name in ("quiet", "verbose", "no_color")})
        for name, path in written.reports:
            click.echo(f"{name} report: {path}")
    for fault in written.faults:
        complain(f"gatewayz: {fault}")
    return OURS if written.faults else OK


def _print(run: Run, *, quiet: bool, verbose: bool, no_color: bool) -> None:
    from gatewayz.measure import summarize
    from gatewayz.reports.terminal import Terminal, print_run

    terminal = Terminal(color=False if no_color else None, live=False, quiet=quiet, verbose=verbose)
    terminal.line(_title(run))
    print_run(terminal, run, run.summary or summarize(run.verdicts))


def _title(run: Run) -> str:
    """Which run this is, and how far it got."""
    from gatewayz.core import RunStatus

    told = f"Run {run.id} of {run.started_at.astimezone():%Y-%m-%d %H:%M:%S}, "
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
