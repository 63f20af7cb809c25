"""`gatewayz serve`: the backend, one API in front of all gateways."""

from __future__ import annotations

from typing import Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option


@click.command(
    "serve", cls=SectionedCommand, short_help="Run the backend: one API in front of all gateways."
)
@option("Options", "--host", default="127.0.0.1", help="Address to listen on. [127.0.0.1]")
@option("Options", "--port", type=click.IntRange(0, 65535), default=8000, help="Port. [8000]")
@option(
    "Options",
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    help="Processes that answer on the port, for several cores. [1]",
)
@options.config_option
def command(host: str, port: int, workers: int, **parameters: Any) -> None:
    """Run the backend: one API in front of all gateways.

    Callers need the key in GATEWAYZ_API_KEY, or one of `gatewayz keys create`. While there is
    none, only programs on this machine are served.
    """
    from gatewayz.server import serve

    settings = options.load(parameters)

    def say(line: str) -> None:
        click.echo(line, err=True)

    def ready(url: str) -> None:
        say(f"Serving on {url} (Ctrl-C ends it)")

    serve(settings, host, port, ready=ready, warn=say, workers=workers)
