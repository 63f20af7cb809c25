"""`gatewayz sla`: whether promises are kept, out of stored results."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.exits import FAILED, OK, OURS, UNJUDGED
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatewayz.config import Settings
    from gatewayz.core.availability import Assessment, SlaReport
    from gatewayz.core.objectives import Sla

WHICH = "What to look at"


@click.command(
    "sla",
    cls=SectionedCommand,
    short_help="Show whether what was promised is kept.",
    epilog="Exit codes: 0 kept, 1 something broken, 2 usage or configuration, 3 nothing is known.",
)
@click.argument("target", required=False, metavar="[GATEWAY[/MODEL]]")
@option(
    WHICH,
    "--month",
    metavar="2026-10",
    help="That calendar month in place of each promise's window.",
)
@option(
    WHICH, "--at", "moment", metavar="MOMENT", help="As it stood then: 2026-10-12T08:00Z. [now]"
)
@option(WHICH, "--promise", metavar="NAME", help="Only the [[sla]] of this name.")
@option(options.OUTPUT, "--all", "everything", is_flag=True, help="Each target, kept ones too.")
@options.format_option
@option(
    options.OUTPUT,
    "--report",
    metavar="FORMAT=PATH",
    multiple=True,
    help="Write it: html, markdown, csv or json.",
)
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(
    target: str | None,
    month: str | None,
    moment: str | None,
    promise: str | None,
    everything: bool,
    **parameters: Any,
) -> int:
    """Show whether what was promised is kept: shares, budgets, incidents. Nothing is sent.

    The promises are the [[sla]] tables of gatewayz.toml, such as availability = 99.5; docs/sla.md says
    what counts. GATEWAY or GATEWAY/MODEL (globs) shows those targets alone.
    """
    from gatewayz.cli.written import reports_for, write_sla_reports
    from gatewayz.reports import SLA_REPORTS

    settings = options.load(parameters)
    slas = _promises(settings, promise)
    wanted = reports_for(settings, SLA_REPORTS)
    report = _report(settings, slas, target, month, _moment(moment))
    _show(report, as_json=parameters["format"] == "json", everything=everything)
    written = write_sla_reports(wanted, report)
    for name, path in written.reports:
        click.echo(f"{name} report: {path}", err=True)
    for fault in written.faults:
        click.echo(f"Error: {fault}", err=True)
    return OURS if written.faults else _code(report.assessments)


def _moment(text: str | None) -> datetime:
    """The moment that is meant. Raises: ConfigError."""
    from datetime import UTC

    from gatewayz.core.calendars import FIRST_YEAR, LAST_YEAR
    from gatewayz.core.errors import ConfigError
    from gatewayz.core.text import visible
    from gatewayz.core.units import utc_now

    if text is None:
        return utc_now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--at {visible(text)!r} is no moment; write 2026-10-12T08:00Z") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ConfigError(
            f"--at {visible(text)} is in no year of {FIRST_YEAR} to {LAST_YEAR}; write 2026-10-12T08:00Z"
        )
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _promises(settings: Settings, promise: str | None) -> tuple[Sla, ...]:
    """Those of the settings, or the one of a name. Raises: ConfigError, UnknownName."""
    from gatewayz.core.errors import ConfigError, UnknownName

    if not settings.slas:
        raise ConfigError(
            f"nothing is promised in {settings.toml_name}; write [[sla]] and availability = 99.5 there "
            "(docs/sla.md)"
        )
    if promise is None:
        return settings.slas
    found = tuple(one for one in settings.slas if one.name == promise)
    if not found:
        raise UnknownName("promise", promise, [one.name for one in settings.slas])
    return found


def _report(
    settings: Settings, slas: Sequence[Sla], target: str | None, month: str | None, now: datetime
) -> SlaReport:
    from gatewayz.cli.sla_report import sla_report
    from gatewayz.store import open_store

    with closing(open_store(settings.store)) as store:
        return sla_report(
            store, slas, at=now, maintenance=settings.maintenance, target=target, month=month or ""
        )


def _show(report: SlaReport, *, as_json: bool, everything: bool) -> None:
    import os
    import sys

    from gatewayz.reports._wrapping import width_of

    if as_json:
        from gatewayz.core.text import json_to_show
        from gatewayz.reports.sla.json import render

        click.echo(json_to_show(render(report).decode()), nl=False)
        return
    from gatewayz.reports.sla._lines import sla_lines

    width = width_of(sys.stdout, os.environ)
    click.echo("\n".join(sla_lines(report, width=width, everything=everything)))


def _code(found: Sequence[Assessment]) -> int:
    if any(one.state == "broken" for one in found):
        return FAILED
    return OK if any(one.state in ("kept", "at risk") for one in found) else UNJUDGED
