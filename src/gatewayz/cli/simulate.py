"""`gatewayz simulate`: pretend to be all fourteen gateways, on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.simulator import Simulator

_RUN = "Running it"
_LIFE_IN_BACKGROUND = "30m"


@click.command(
    "simulate",
    cls=SectionedCommand,
    short_help="Pretend to be all fourteen gateways, on this machine.",
    epilog='In a shell: eval "$(gatewayz simulate --background --env)"; gatewayz test',
)
@option(_RUN, "--background", is_flag=True, help="Leave it running and come back.")
@option(_RUN, "--env", is_flag=True, help="Print only lines that a shell can eval.")
@option(_RUN, "--for", "life", metavar="TIME", help="End after 30s, 5m... [30m in the background]")
@option(_RUN, "--stop", is_flag=True, help="End the one in the background.")
@option("What it does", "--port", type=click.IntRange(0, 65535), default=0, help="Port. [any free]")
@option("What it does", "--seed", type=int, default=0, help="Seed of answers and faults. [0]")
@option("What it does", "--faults", metavar="FILE", help="A schedule of faults, as JSON.")
@option(
    "What it does",
    "--behind",
    multiple=True,
    metavar="FAULT=PLACE",
    help="Print a place's address behind dns-failure, connect-timeout, tls-...",
)
@option(
    "What it does",
    "--golden",
    is_flag=True,
    help="In their place, one sender that knows when it sent what.",
)
@click.option("--detached", is_flag=True, hidden=True)
def command(stop: bool, background: bool, **parameters: Any) -> None:
    """Pretend to be all fourteen gateways, on this machine, over real HTTP.

    Prints the variables that point Gatewayz at it; no key and no network is needed. With --golden it is
    one provider of known tokens at known times, which tells when it really sent each chunk.
    """
    from gatewayz.cli import background as child

    if parameters["golden"]:
        _check_golden(parameters)
    if parameters["life"] is not None:
        from gatewayz.config import values

        values.seconds(parameters["life"], "--for")
    if stop:
        click.echo(child.stop(), err=True)
    elif background:
        life = parameters["life"] or _LIFE_IN_BACKGROUND
        printed = child.start(_arguments({**parameters, "life": life}))
        if parameters["env"]:
            click.echo(printed, nl=False)
        else:
            click.echo(
                f"Simulating in the background for {life} from its start; end it with --stop.\n"
            )
            click.echo(printed, nl=False)
    elif parameters["golden"]:
        _run_golden(parameters)
    else:
        _run_here(**{name: value for name, value in parameters.items() if name != "golden"})


def _check_golden(parameters: Mapping[str, Any]) -> None:
    """Raises: UsageError for what the golden sender does not have."""
    for name in ("faults", "behind", "seed"):
        if parameters[name]:
            raise click.UsageError(
                f"--golden goes without --{name}: its answers are as their model's id says"
            )


def _run_golden(parameters: Mapping[str, Any]) -> None:
    from gatewayz.cli import stop_writing
    from gatewayz.core.units import parse_duration_s
    from gatewayz.simulator.doors import CERTIFICATES
    from gatewayz.simulator.golden import GoldenSender, serve_golden
    from gatewayz.simulator.paced import Pace

    def ready(sender: GoldenSender) -> None:
        if not parameters["env"]:
            click.echo(f"Sending from {sender.url} (Ctrl-C ends it). In another shell:\n")
        click.echo(_exports({"LOCAL_BASE_URL": f"{sender.url}/v1"}), nl=False)
        # A line for a shell, which takes these for what they are.
        click.echo(f"# the same over TLS: {sender.tls_url}/v1 --ca-file {CERTIFICATES / 'ca.pem'}")
        click.echo(f"# a model, such as: 'local/{Pace().model}'")
        click.echo(f"# when each chunk was really sent: curl {sender.url}/log")
        sys.stdout.flush()
        if parameters["detached"]:
            stop_writing()

    life = parameters["life"]
    serve_golden(
        for_s=parse_duration_s(life) if life else None, ready=ready, port=parameters["port"]
    )


def _run_here(
    *,
    env: bool,
    life: str | None,
    port: int,
    seed: int,
    faults: str | None,
    behind: tuple[str, ...],
    detached: bool,
) -> None:
    from gatewayz.cli import stop_writing
    from gatewayz.core.units import parse_duration_s
    from gatewayz.simulator import addresses_behind, serve

    def ready(simulator: Simulator) -> None:
        exports = _exports(simulator.variables()) + addresses_behind(simulator, behind)
        if not env:
            click.echo(f"Simulating on {simulator.url} (Ctrl-C ends it). In another shell:\n")
        click.echo(exports, nl=False)
        sys.stdout.flush()
        if detached:
            # Whoever started us reads until here.
            stop_writing()

    for_s = parse_duration_s(life) if life else None
    serve(for_s=for_s, ready=ready, seed=seed, faults=faults, port=port)


def _exports(variables: Mapping[str, str]) -> str:
    from gatewayz.simulator import shell_exports

    return shell_exports(variables)


def _arguments(parameters: Mapping[str, Any]) -> list[str]:
    """The command line of the same simulator in a process of its own."""
    line = ["--env", "--detached", "--for", parameters["life"], "--seed", str(parameters["seed"])]
    line += ["--port", str(parameters["port"])]
    if parameters["faults"]:
        line += ["--faults", os.path.abspath(parameters["faults"])]
    for one in parameters["behind"]:
        line += ["--behind", one]
    if parameters["golden"]:
        line.append("--golden")
    return line
