"""`gatewayz mcp`: what the program can do, as tools for an agent, by the Model Context Protocol."""

from __future__ import annotations

from typing import Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

_PER_CALL_USD = "0.10"


@click.command("mcp", cls=SectionedCommand, short_help="Be a tool of an agent, by MCP.")
@option(
    options.MONEY,
    "--max-cost",
    metavar="USD",
    default=_PER_CALL_USD,
    help=f"What one test that the agent asks for may cost. [{_PER_CALL_USD}]",
)
@option(
    options.PLACES,
    "--probe-at",
    metavar="URL",
    multiple=True,
    help="An address that `probe` may ask; may be repeated. [none]",
)
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(max_cost: str, probe_at: tuple[str, ...], **parameters: Any) -> None:
    """Serve tools for an agent over standard input and output: test, probe, plan, history, explain.

    Each tool is a command of this program, with its limits and its answers. Keys come from this
    process's environment and files, never from the agent, and only configured gateways are called, and
    what --probe-at names.
    Needs the extra: pip install 'gatewayz[mcp]'.
    """
    from gatewayz.core.errors import ConfigError

    try:
        from gatewayz.cli.mcp_tools import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "mcp":
            raise
        raise ConfigError(
            "the Model Context Protocol's library is not here; pip install 'gatewayz[mcp]'"
        ) from None
    # Before an agent is answered, a wrong setting has told whoever started this.
    options.load({**parameters, "max_cost": max_cost})
    serve(
        max_cost=max_cost,
        more={name: value for name, value in parameters.items() if value is not None},
        endpoints=probe_at,
    )
