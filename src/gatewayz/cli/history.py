"""`gatewayz history`: past runs, out of the store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.core.past import Past
    from gatewayz.store import RunLine


@click.command(
    "history", cls=SectionedCommand, short_help="List past runs, or what they say of a model."
)
@click.argument("model", required=False, metavar="[GATEWAY[/MODEL]]")
@option(options.OUTPUT, "--limit", type=click.IntRange(1), default=20, help="How many runs. [20]")
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(model: str | None, limit: int, **parameters: Any) -> None:
    """List past runs, the newest first.

    With GATEWAY or GATEWAY/MODEL (globs, such as 'groq/*llama*'): how its probes came out in each
    run, since when each fails, when it last passed, and which are flaky.
    """
    from gatewayz.cli.interrupted import end_abandoned
    from gatewayz.store import open_store

    settings = options.load(parameters)
    as_json = parameters["format"] == "json"
    with closing(open_store(settings.store)) as store:
        end_abandoned(store)
        if model is not None:
            gateway, _, of_gateway = model.partition("/")
            _show_past(store.past.of(gateway, of_gateway or "*", limit=limit), as_json=as_json)
            return
        lines, where = store.runs(limit), store.where
    if as_json:
        from gatewayz.cli import documents

        documents.echo(documents.document("runs/1", runs=lines))
        return
    if not lines:
        click.echo(f"No runs in {where} yet; `gatewayz test` makes one.")
    for line in lines:
        click.echo("\n".join(_shown(line)))


def _show_past(past: Past, *, as_json: bool) -> None:
    import os
    import sys

    from gatewayz.cli import documents
    from gatewayz.reports._history import history_document, history_lines
    from gatewayz.reports._matrix import can_show
    from gatewayz.reports._wrapping import width_of

    if as_json:
        documents.echo(history_document(past))
        return
    width = width_of(sys.stdout, os.environ)
    click.echo("\n".join(history_lines(past, width=width, unicode=can_show(sys.stdout))))


def _shown(line: RunLine) -> list[str]:
    """One run, on one line where that is wide enough."""
    from gatewayz.reports._counts import beside, listed

    moment = line.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    start = f"{line.id}  {moment}  {line.status:9}  {line.counts.passed} passed"
    told = (f"{line.counts.failed} failed", *beside(line.counts))
    return listed(start, told, width=80, indent=" " * 4)
