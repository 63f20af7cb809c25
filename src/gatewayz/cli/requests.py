"""`gatewayz requests`: what the backend served, out of the store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.core import Served

WHICH = "Which"


@click.command("requests", cls=SectionedCommand, short_help="List what the backend served.")
@click.argument("gateway", required=False, shell_complete=options.complete_gateways)
@option(WHICH, "--client", metavar="NAME", help="Only those of this key.")
@option(WHICH, "--failed", is_flag=True, help="Only those that failed.")
@option(options.OUTPUT, "--limit", type=click.IntRange(1), default=20, help="How many. [20]")
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where they are kept.")
@options.config_option
def command(
    gateway: str | None, client: str | None, failed: bool, limit: int, **parameters: Any
) -> None:
    """List what the backend served, the newest first.

    Each request has one record: who asked, who answered, how it ended, tokens, cost and times. What
    was said is not kept.
    """
    from gatewayz.gateways import find_gateway
    from gatewayz.store import open_parts

    settings = options.load(parameters)
    name = find_gateway(gateway, environ=settings.environ).name if gateway else None
    with closing(open_parts(settings.store)) as store:
        served = store.requests.latest(limit, gateway=name, client=client, failed=failed)
        where = store.where
    if parameters["format"] == "json":
        from gatewayz.cli import documents

        documents.echo(documents.document("requests/1", requests=served))
        return
    if not served:
        chosen = "such requests" if name or client or failed else "requests"
        click.echo(f"No {chosen} in {where} yet; `gatewayz serve` keeps one record of each.")
    for one in served:
        click.echo("\n".join(_shown(one)))


def _shown(one: Served) -> list[str]:
    """One request, on one line where that is wide enough."""
    from gatewayz.core.text import visible
    from gatewayz.core.units import show_moment, show_seconds
    from gatewayz.reports._counts import listed

    moment = show_moment(one.started_at, seconds=True)
    model = "/".join(filter(None, (one.gateway, one.model))) or one.endpoint
    told = [one.kind or one.failure_class, show_seconds(one.total_s)]
    if one.first_byte_s is not None and one.streamed:
        told.append(f"first byte {show_seconds(one.first_byte_s)}")
    if one.input_tokens is not None or one.output_tokens is not None:
        told.append(f"{_count(one.input_tokens)} in, {_count(one.output_tokens)} out")
    told.append(f"${one.cost_usd:.4g}" if one.cost_usd is not None else "")
    told.append(f"{one.attempts} attempts" if one.attempts > 1 else "")
    told.append(f"key {one.client}" if one.client else "")
    start = f"{moment}  {one.status}  {visible(model)}"
    return listed(start, [visible(words) for words in told if words], width=80, indent=" " * 4)


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else str(tokens)
