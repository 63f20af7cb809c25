"""`gatewayz history`: past runs, out of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.store import RunLine


@click.command("history", cls=SectionedCommand, short_help="List past runs.")
@option(options.OUTPUT, "--limit", type=click.IntRange(1), default=20, help="How many. [20]")
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(limit: int, **parameters: Any) -> None:
    """List past runs, the newest first."""
    from gatewayz.store import open_store

    settings = options.load(parameters)
    store = open_store(settings.store)
    try:
        lines = store.runs(limit)
    finally:
        store.close()
    if parameters["format"] == "json":
        import json

        from gatewayz.core.codec import to_json
        from gatewayz.core.text import json_to_show

        click.echo(json_to_show(json.dumps([to_json(line) for line in lines], indent=2)))
        return
    if not lines:
        click.echo(f"No runs in {store.where} yet; `gatewayz test` makes one.")
        return
    for line in lines:
        click.echo("\n".join(_shown(line)))


def _shown(line: RunLine) -> list[str]:
    """One run, on one line where that is wide enough."""
    from gatewayz.reports._counts import beside, listed

    moment = line.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    start = f"{line.id}  {moment}  {line.status:9}  {line.counts.passed} passed"
    told = (f"{line.counts.failed} failed", *beside(line.counts))
    return listed(start, told, width=80, indent=" " * 4)
