"""`gatewayz watch`: the roll call again and again, and a word when something changes."""

from __future__ import annotations

from typing import Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

_HOW = "How to watch"
_OWN = frozenset({"every", "once", "show", "test_alerts"})


@click.command(
    "watch",
    cls=SectionedCommand,
    short_help="Watch gateways and models, and say what changes.",
    epilog="Exit codes: 0 ended by TERM, or all is well (--once, --show); 1 there is an alarm; 2 usage; "
    "3 nothing known; 4 our own fault; 130 Ctrl-C.",
)
@options.gateways_argument
@option(_HOW, "--once", is_flag=True, help="Ask what is due, and end; for cron.")
@option(
    _HOW,
    "--every",
    metavar="TIER=TIME",
    multiple=True,
    help="How often: reachable, listed, chat, streaming, features; off for never.",
)
@option(_HOW, "--show", is_flag=True, help="Show how all stands; sends nothing.")
@option(_HOW, "--test-alerts", is_flag=True, help="Send each alert channel a test message.")
@option(options.WHAT, "--direct", is_flag=True, help="Call the gateways themselves.")
@option(options.WHAT, "--api", is_flag=True, help="Call them through the backend's API.")
@option(options.WHAT, "--both", is_flag=True, help="Watch both ways.")
@option(options.WHAT, "--models", metavar="N|all|GLOB", help="Models per gateway. [3]")
@option(options.WHAT, "--exclude", metavar="GLOB", multiple=True, help="Leave these ids out.")
@option(options.MONEY, "--max-cost", metavar="USD", help="Spend no more than this a day.")
@option(
    options.MONEY, "--max-tokens-total", metavar="N", help="Take no more tokens a day. [200000]"
)
@option(options.MONEY, "--max-calls", metavar="N", help="Send no more questions a day.")
@option(options.HOW, "--timeout", metavar="S", help="Whole answer within this time. [30s]")
@options.format_option
@option(options.OUTPUT, "--verbose", "-v", is_flag=True, help="Each question's changes, too.")
@options.places
def command(**parameters: Any) -> int:
    """Watch gateways and models, and say what changes.

    Asks in tiers, the cheap ones often: is the host reachable, is the model listed, does it answer,
    does it stream, do its features work. Two of three bad answers make a state. One watcher leads for
    each store; another stands by.
    """
    settings = options.load({k: v for k, v in parameters.items() if k not in _OWN})
    as_json = parameters["format"] == "json"
    if parameters["show"]:
        from gatewayz.cli.watch_state import show

        return show(settings, as_json=as_json)
    if parameters["test_alerts"]:
        from gatewayz.cli.watch_state import test_alerts

        return test_alerts(settings)
    from gatewayz.cli.watch_session import Manner, watch_here

    manner = Manner(
        once=parameters["once"],
        verbose=parameters["verbose"],
        as_json=as_json,
        every=parameters["every"],
    )
    return watch_here(settings, manner)
