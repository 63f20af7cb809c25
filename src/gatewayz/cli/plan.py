"""`gatewayz plan`: what `test` would send and cost at most, without sending it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

_WIDTH = 80

if TYPE_CHECKING:
    from gatewayz.cli.bills import Bill
    from gatewayz.core import Case
    from gatewayz.runner import RollCall


@click.command(
    "plan", cls=SectionedCommand, short_help="Show what `test` would send and cost, offline."
)
@options.gateways_argument
@options.selection
@options.format_option
@options.asking
@option(options.HOW, "--seed", metavar="N", help="Seed of random orders. [0]")
@options.places
def command(**parameters: Any) -> None:
    """Show what `test` would send and cost at most, from the last stored catalogues.

    Nothing is sent. Tokens are bounded by bytes. Retries, and questions put in another form or with
    a larger token limit, are counted as if all were needed.
    """
    from dataclasses import replace

    from gatewayz.cli.bills import bills_for
    from gatewayz.cli.lanes import choose
    from gatewayz.cli.orders import as_when_they_failed, order_for, prices_for
    from gatewayz.core.text import visible
    from gatewayz.store import open_store

    settings = options.load(parameters)
    chosen = choose(settings)
    store = open_store(settings.store)
    try:
        again: tuple[Case, ...] | None = None
        if parameters["failed"]:
            names = {gateway.name for gateway in chosen.gateways}
            again = tuple(case for case in store.failed_cases() if case.gateway in names)
            settings = as_when_they_failed(settings, again) if again else settings
        order = replace(order_for(settings, chosen), prices=prices_for(settings, planning=True))
        bills = bills_for(order, store, again=again)
    finally:
        store.close()
    for lane in order.lanes if chosen.named else ():
        if lane.skip:
            click.echo(f"{lane.name} would not run: {visible(lane.skip)}", err=True)
    if parameters["format"] == "json":
        from gatewayz.cli import documents

        documents.echo(documents.document("plan/2", bills=[_as_json(bill) for bill in bills]))
    else:
        _print(bills, order)


# What nobody can tell of a gateway whose catalogue is not stored.
_OF_A_CATALOGUE = ("calls", "most_calls", "input_tokens", "output_tokens", "seconds")


def _as_json(bill: Bill) -> dict[str, Any]:
    from gatewayz.core.codec import to_json

    fields: dict[str, Any] = to_json(bill)
    return fields if bill.read_at is not None else fields | dict.fromkeys(_OF_A_CATALOGUE)


def _print(bills: Sequence[Bill], order: RollCall) -> None:
    if not bills:
        click.echo("Nothing would be sent: nothing failed in the last run.")
        return
    click.echo("Calls, tokens and money at most, with every retry needed; nothing has been sent.\n")
    for bill in bills:
        for line in _of_gateway(bill):
            click.echo(line)
    click.echo()
    for line in _in_all(bills, order):
        click.echo(line)


def _of_gateway(bill: Bill) -> Iterator[str]:
    from gatewayz.core.units import show_age, utc_now

    name = _name(bill)
    if bill.read_at is None:
        yield f"{name:17} no stored catalogue"
        yield from _wrapped(f"read it: {_reads(bill)}")
        return
    start = f"{name:17} {_calls(bill):>19}"
    rest = f"{bill.input_tokens:>10,} in {_count(bill.output_tokens):>9} out {_money(bill):>10}"
    # Large numbers take a line of their own.
    whole = f"{start} {rest}"
    yield from [whole] if len(whole) <= _WIDTH else [start, f"{'':17} {rest}"]
    yield from _wrapped(f"catalogue read {show_age(bill.read_at, utc_now())} ago; {_time(bill)}")
    if bill.prices:
        yield from _wrapped(f"prices: {', '.join(_sources(bill))}")
    if bill.unpriced:
        from gatewayz.core.text import visible

        names = ", ".join(map(visible, bill.unpriced[:5]))
        more = f" and {len(bill.unpriced) - 5} more" if len(bill.unpriced) > 5 else ""
        yield from _wrapped(f"price unknown: {names}{more}")


def _name(bill: Bill) -> str:
    return bill.gateway + (" (api)" if bill.way == "api" else "")


def _below(text: str) -> list[str]:
    """What stands below the total."""
    return textwrap.wrap(text, width=_WIDTH - 2, initial_indent=" " * 7, subsequent_indent=" " * 9)


def _in_all(bills: Sequence[Bill], order: RollCall) -> Iterator[str]:
    from gatewayz.cli.bills import ANSWER_S, seconds_in_all
    from gatewayz.core.units import show_seconds

    planned = [bill for bill in bills if bill.read_at is not None]
    unknown = sum(len(bill.unpriced) for bill in planned)
    once = [bill.usd_once for bill in planned if bill.usd_once is not None]
    most_usd = [bill.usd for bill in planned if bill.usd is not None]
    nothing_known = unknown and not any(bill.prices for bill in planned)
    calls, most = (sum(getattr(b, name) for b in planned) for name in ("calls", "most_calls"))
    yield f"TOTAL: {_of(calls, 'call')} (at most {most})"
    if nothing_known:
        yield "       cost unknown"
    else:
        named = f", and {_of(unknown, 'model')} of unknown price" if unknown else ""
        yield f"       ${sum(most_usd):,.4f} at most{named}"
        yield from _below(f"${sum(once):,.4f} at most when each call is made once{named}")
    if left := [_name(bill) for bill in bills if bill.read_at is None]:
        yield from _below(f"not in the total, for want of a catalogue: {', '.join(left)}")
    seconds = show_seconds(seconds_in_all(planned, order.concurrency))
    yield f"       at least {seconds}, when each answer takes {show_seconds(ANSWER_S)}"


def _reads(bill: Bill) -> str:
    """The command that stores this way's catalogue."""
    return f"gatewayz models {bill.gateway}{' --api' if bill.way == 'api' else ''}"


def _sources(bill: Bill) -> Iterator[str]:
    for one in bill.prices:
        source = "its own catalogue" if one.source == "catalogue" else one.source
        as_of = f" of {one.as_of}" if one.as_of is not None else ""
        yield f"{source}{as_of} ({_of(one.models, 'model')})"


def _time(bill: Bill) -> str:
    from gatewayz.core.units import show_seconds

    rate = f"{bill.requests_per_minute:g} starts a minute, " if bill.requests_per_minute else ""
    return f"at least {show_seconds(bill.seconds)}: {rate}{bill.concurrency} at once"


def _calls(bill: Bill) -> str:
    return f"{_of(bill.calls, 'call')} (<= {bill.most_calls})"


def _of(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _wrapped(text: str) -> list[str]:
    """Below the numbers of its gateway, within the width; an id is never cut."""
    return textwrap.wrap(
        text,
        width=_WIDTH - 2,
        initial_indent=" " * 18,
        subsequent_indent=" " * 20,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"


def _money(bill: Bill) -> str:
    return "$?" if bill.usd is None else f"${bill.usd:,.4f}"
