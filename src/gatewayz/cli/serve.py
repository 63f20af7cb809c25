"""`gatewayz serve`: the backend, one API in front of all gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.exits import CANCELLED, OK
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.config import Settings


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
@option("Options", "--watch", is_flag=True, help="Watch the gateways, too, in a process beside it.")
@options.config_option
def command(host: str, port: int, workers: int, watch: bool, **parameters: Any) -> int:
    """Run the backend: one API in front of all gateways.

    Callers need the key in GATEWAYZ_API_KEY, or one of `gatewayz keys create`. While there is
    none, only programs on this machine are served.
    """
    from gatewayz.cli.beside import beside
    from gatewayz.core.garbage import loading

    with loading():
        from gatewayz.server import serve
        from gatewayz.server.unread import STDERR

    settings = options.load(parameters)
    if watch:
        _check_watch(settings)
    config = parameters.get("config")

    def say(line: str) -> None:
        click.echo(line, err=True)

    with beside(["--config", config] if config else []) as watching:

        def ready(url: str) -> None:
            say(f"Serving on {url} (Ctrl-C ends it)")
            if watch:
                watching.start()

        try:
            serve(settings, host, port, ready=ready, warn=say, workers=workers)
        except KeyboardInterrupt:
            # Here, since nobody may read what it says.
            STDERR.say("interrupted")
            return CANCELLED
    return OK


def _check_watch(settings: Settings) -> None:
    """Raises ConfigError for what the watch beside it would end with."""
    from gatewayz.cli.watch_plan import channels_of, tiers_of

    tiers_of(settings)
    channels_of(settings)
