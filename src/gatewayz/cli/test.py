"""`gatewayz test`: the roll call."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.cli.script import Script


@click.command(
    "test",
    cls=SectionedCommand,
    short_help="Call the roll: test every model behind every gateway.",
    epilog="Exit codes: 0 all passed, 1 something failed, 2 usage, 3 nothing judged or unknown, "
    "4 our own fault, 130 and 143 stopped.",
)
@options.gateways_argument
@options.selection
@option(
    options.WHAT,
    "--resume",
    metavar="RUN",
    help="Go on with a run that was interrupted; repeats no call.",
)
@options.report_option
@options.format_option
@option(options.OUTPUT, "--quiet", "-q", is_flag=True, help="Only the summary.")
@option(options.OUTPUT, "--verbose", "-v", is_flag=True, help="Timings and usage of each answer.")
@option(options.OUTPUT, "--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@options.asking
@option(options.HOW, "--fail-fast", is_flag=True, help="Stop at the first failure.")
@option(options.HOW, "--deadline", metavar="S", help="Start nothing after this time.")
@option(
    options.HOW,
    "--max-age",
    metavar="TIME",
    help="Ask nothing again that passed within this time, such as 6h.",
)
@option(options.HOW, "--seed", metavar="N", help="Seed of random orders. [0]")
@options.caps
@options.strict
@options.places
@click.pass_obj
def command(script: Script | None, /, resume: str | None, **parameters: Any) -> int:
    """Call the roll: test every model behind every gateway.

    Without GATEWAY, those run that have a key. Goes through the API when GATEWAYZ_API_URL is set,
    else to the gateways themselves.
    """
    import shlex

    from gatewayz.cli.session import Printing, roll_call_here

    if resume and (parameters["gateways"] or parameters["failed"]):
        raise click.UsageError("--resume goes on with what its run asks; name nothing besides")
    settings = options.load(parameters, test_config=script.config if script else None)
    program = f"python {shlex.quote(sys.argv[0])}" if script else "gatewayz test"
    return roll_call_here(
        settings,
        info=script.gateways if script else None,
        failed=parameters["failed"],
        resume=resume or "",
        going_on=" ".join((program, *options.places_again(parameters), "--resume")),
        printing=Printing(
            quiet=parameters["quiet"],
            verbose=parameters["verbose"],
            no_color=parameters["no_color"],
            as_json=parameters["format"] == "json",
        ),
    )
