"""`gatewayz plan`: what `test` would send and cost at most, without sending it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.core import Case
    from gatewayz.runner import RollCall
    from gatewayz.store import Store, StoredCatalog


@dataclass(frozen=True, kw_only=True)
class Bill:
    """One gateway's worst case. `usd` counts what has a known price; `unpriced` names the rest."""

    gateway: str
    way: str
    read_at: datetime | None
    calls: int = 0
    most_calls: int = 0
    input_tokens: int = 0
    output_tokens: int | None = 0
    usd: float = 0.0
    unpriced: tuple[str, ...] = ()


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
    from gatewayz.cli.lanes import choose
    from gatewayz.cli.orders import as_when_they_failed, order_for
    from gatewayz.core.codec import to_json
    from gatewayz.core.text import json_to_show, visible
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
        order = order_for(settings, chosen)
        bills = bills_for(order, store, again=again)
    finally:
        store.close()
    for lane in order.lanes if chosen.named else ():
        if lane.skip:
            click.echo(f"{lane.name} would not run: {visible(lane.skip)}", err=True)
    if parameters["format"] == "json":
        click.echo(
            json_to_show(json.dumps([asdict(bill) for bill in bills], indent=2, default=to_json))
        )
    else:
        _print(bills)


def bills_for(order: RollCall, store: Store, *, again: Sequence[Case] | None = None) -> list[Bill]:
    """The worst case of each gateway that would run, or of the cases of `again` alone.

    Raises: ConfigError when there is no stored catalogue to plan from.
    """
    from gatewayz.cli.orders import asked_alike, only_these
    from gatewayz.cli.roll_call import catalog_name
    from gatewayz.client import Listing
    from gatewayz.core.errors import ConfigError
    from gatewayz.runner import plan

    lanes = [lane for lane in order.lanes if not lane.skip]
    if again is not None:
        if not again:
            return []
        wanted = {(case.gateway, case.way) for case in again}
        lanes = [lane for lane in lanes if (lane.name, lane.way) in wanted]
    stored = {
        (lane.name, lane.way): store.catalog(catalog_name(lane.name, lane.way)) for lane in lanes
    }
    known = {place: catalog for place, catalog in stored.items() if catalog is not None}
    if not known:
        why = "" if lanes else " (and no gateway would run; gatewayz config shows why)"
        raise ConfigError(f"no stored catalogue to plan from; read one first: gatewayz models{why}")
    listings = {place: Listing(models=catalog.models) for place, catalog in known.items()}
    if again is not None:
        order = only_these(order, again, listings)
    cases = plan(order, asked_alike(listings))
    return [
        _bill(order, [c for c in cases if (c.gateway, c.way) == place], place, stored[place])
        for place in stored
    ]


def _bill(
    order: RollCall, cases: Sequence[Case], place: tuple[str, str], catalog: StoredCatalog | None
) -> Bill:
    from gatewayz.cli.worst_case import worst_of
    from gatewayz.runner import Lane, not_offered

    lane: Lane = next(one for one in order.lanes if (one.name, one.way) == place)
    probes = {probe.name: probe for probe in order.probes}
    calls = most_calls = input_tokens = 0
    output_tokens: int | None = 0
    usd, unpriced = 0.0, dict[str, None]()
    for case in cases:
        probe = probes[case.probe]
        if case.model is None or not_offered(case, probe, lane.gateway):
            continue
        most = worst_of(order, lane, probe, case.model)
        calls += most.steps
        most_calls += most.calls
        input_tokens += most.input_tokens
        if most.output_tokens is None or output_tokens is None:
            output_tokens = None
        else:
            output_tokens += most.output_tokens
        cost = (
            case.model.price.usd(most.input_tokens, most.output_tokens)
            if most.output_tokens is not None
            else None
        )
        if cost is None:
            unpriced[case.model.id] = None
        else:
            usd += cost
    return Bill(
        gateway=place[0],
        way=place[1],
        read_at=catalog.fetched_at if catalog else None,
        calls=calls,
        most_calls=most_calls,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        usd=usd,
        unpriced=tuple(unpriced),
    )


def _print(bills: Sequence[Bill]) -> None:
    from gatewayz.core.text import visible
    from gatewayz.core.units import show_age, utc_now

    if not bills:
        click.echo("Nothing would be sent: nothing failed in the last run.")
        return
    click.echo("Calls, tokens and money at most, with every retry needed; nothing has been sent.\n")
    for bill in bills:
        name = bill.gateway + (" (api)" if bill.way == "api" else "")
        if bill.read_at is None:
            click.echo(f"{name:17} no stored catalogue; read it: gatewayz models {bill.gateway}")
            continue
        click.echo(
            f"{name:17} {_calls(bill):>19} {bill.input_tokens:>10,} in "
            f"{_count(bill.output_tokens):>9} out {_money(bill):>10}"
        )
        click.echo(f"{'':17} catalogue read {show_age(bill.read_at, utc_now())} ago")
        if bill.unpriced:
            names = ", ".join(map(visible, bill.unpriced[:5]))
            more = f" and {len(bill.unpriced) - 5} more" if len(bill.unpriced) > 5 else ""
            click.echo(_wrapped(f"price unknown: {names}{more}"))
    planned = [bill for bill in bills if bill.read_at is not None]
    unknown = sum(len(bill.unpriced) for bill in planned)
    click.echo(
        f"\nTOTAL: {_of(sum(b.calls for b in planned), 'call')} (at most "
        f"{sum(b.most_calls for b in planned)}), "
        f"${sum(b.usd for b in planned):.4f} at most"
        + (f", and {_of(unknown, 'model')} of unknown price" if unknown else "")
    )


def _calls(bill: Bill) -> str:
    return f"{_of(bill.calls, 'call')} (<= {bill.most_calls})"


def _of(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _wrapped(text: str) -> str:
    """Below the numbers of its gateway, within 78 columns; an id is never cut."""
    return textwrap.fill(
        text,
        width=78,
        initial_indent=" " * 18,
        subsequent_indent=" " * 20,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"


def _money(bill: Bill) -> str:
    if bill.calls and not bill.usd and bill.unpriced:
        return "$?"
    return f"${bill.usd:.4f}"
