"""`gatewayz serve`: the backend, one API in front of all gateways."""

from __future__ import annotations

from typing import Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

API_KEY_ENV = "GATEWAYZ_API_KEY"


@click.command(
    "serve", cls=SectionedCommand, short_help="Run the backend: one API in front of all gateways."
)
@option("Options", "--host", default="127.0.0.1", help="Address to listen on. [127.0.0.1]")
@option("Options", "--port", type=click.IntRange(0, 65535), default=8000, help="Port. [8000]")
@options.config_option
def command(host: str, port: int, **parameters: Any) -> None:
    """Run the backend: one API in front of all gateways.

    Callers need the key in GATEWAYZ_API_KEY. While that is not set, only programs on this machine
    are served.
    """
    from gatewayz.server import serve

    settings = options.load(parameters)

    def ready(url: str) -> None:
        if settings.keys.named(API_KEY_ENV) is None:
            click.echo(
                f"{API_KEY_ENV} is not set: serving this machine only, without a key.", err=True
            )
        click.echo(f"Serving on {url} (Ctrl-C ends it)", err=True)

    serve(settings, host, port, ready=ready)
