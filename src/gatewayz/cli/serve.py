"""`gatewayz serve`: the backend, one API in front of all gateways."""

from __future__ import annotations

import socket
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
    from gatewayz.client import is_loopback
    from gatewayz.core.errors import ConfigError

    settings = options.load(parameters)
    if settings.keys.named(API_KEY_ENV) is None:
        if not is_loopback(host):
            raise ConfigError(
                f"{API_KEY_ENV} is not set, so the backend would serve anybody at {host}; "
                "set it, or leave --host out"
            )
        click.echo(f"{API_KEY_ENV} is not set: serving this machine only, without a key.", err=True)
    listener = _bound(host, port)
    # Only now: the server is a large import, and a taken port should be told at once.
    import uvicorn

    from gatewayz.server import create_app

    address, port = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    click.echo(f"Serving on http://{shown}:{port} (Ctrl-C ends it)", err=True)
    config = uvicorn.Config(create_app(settings), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket; its errors are told before anything is loaded."""
    from gatewayz.core.errors import ConfigError

    try:
        family, kind, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--host {host}: no such address here ({error})") from None
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error.strerror}; try --port {port + 1}"
        ) from None
    listener.set_inheritable(True)
    return listener
