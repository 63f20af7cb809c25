"""`gatewayz models`: what the gateways offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from gatewayz.cli.matched import Shelf
    from gatewayz.client import Listing
    from gatewayz.config import Settings
    from gatewayz.core import Habits, Model, Verdict, Whom
    from gatewayz.core.canonical import Canonical
    from gatewayz.money import Quote
    from gatewayz.runner import Lane

    Habit = Mapping[Whom, Habits]
    Listings = Mapping[tuple[str, Any], Listing]
    Problems = Sequence[tuple[Lane, Verdict]]


@click.command(
    "models",
    cls=SectionedCommand,
    short_help="List what the gateways offer: ids, context, prices.",
)
@options.gateways_argument
@option(options.WHAT, "--models", metavar="GLOB", help="Only ids that match, such as '*llama*'.")
@option(
    options.WHAT,
    "--match",
    metavar="NAME",
    help="One model at every gateway, such as llama-3.3-70b, side by side.",
)
@option(options.WHAT, "--direct", is_flag=True, help="Ask the gateways themselves.")
@option(options.WHAT, "--api", is_flag=True, help="Ask through the backend's API.")
@option(options.WHAT, "--forget", is_flag=True, help="Forget what was learned of how to ask them.")
@options.format_option
@option(
    options.HOW,
    "--via",
    metavar="WAY",
    help="native or portkey, for those that have both; not --api.",
)
@option(options.HOW, "--timeout", metavar="S", help="Whole list within this time. [30s]")
@options.places
def command(models: str | None, match: str | None, forget: bool, **parameters: Any) -> int:
    """List what the gateways offer: id, context (tokens), price (USD per million tokens).

    What is read is kept, so that `gatewayz plan` can work offline. Below a model stands how tests
    ask it when not plainly; that is learned from its refusals and forgotten after 7 days.
    """
    from gatewayz.cli.lanes import choose, lanes
    from gatewayz.cli.loop import run_loop
    from gatewayz.cli.network import read_lists

    settings = options.load(parameters)
    wanted = _wanted(match)
    chosen = choose(settings)
    found = tuple(_open(lane) for lane in lanes(chosen, settings))
    listings = run_loop(read_lists(found, settings))
    habits = _keep(settings, listings, forget=[lane.name for lane in found] if forget else [])
    lists, problems = _sorted_out(found, listings, told=chosen.named)
    shown = _matching(lists, models)
    as_json = parameters["format"] == "json"
    if wanted is not None:
        any_shown = _print_match(wanted, found, shown, problems, settings, as_json=as_json)
    else:
        any_shown = bool(shown)
        _print_json(shown) if as_json else _print(shown, found, habits)
    for lane, verdict in problems:
        click.echo(_problem(lane, verdict), err=True)
    return _exit_code(any_shown, problems, asked=bool(listings))


def _wanted(match: str | None) -> Canonical | None:
    """What --match means. Raises: ConfigError for a pattern."""
    if match is None:
        return None
    from gatewayz.cli.matched import wanted_name

    return wanted_name(match)


def _exit_code(shown: bool, problems: Problems, *, asked: bool) -> int:
    from gatewayz.cli.exits import FAILED, OK, UNJUDGED

    if any(verdict.outcome == "failed" for _, verdict in problems):
        return FAILED
    if problems or not shown:
        if not asked:
            click.echo("No gateway to ask: set a key (gatewayz config shows which).", err=True)
        return UNJUDGED
    return OK


def _sorted_out(
    found: Sequence[Lane], listings: Listings, *, told: bool
) -> tuple[list[tuple[Lane, Sequence[Model]]], Problems]:
    """The lists that could be read, and what is wrong with the others; `told`: why some were not."""
    from gatewayz.core.remedies import warning_text
    from gatewayz.runner import Selection, judge_listing, oddities_of

    lists: list[tuple[Lane, Sequence[Model]]] = []
    problems: list[tuple[Lane, Verdict]] = []
    for lane in found:
        listing = listings.get((lane.name, lane.way))
        if listing is None:
            if told:
                click.echo(f"{lane.name}: {lane.skip}", err=True)
            continue
        verdict = judge_listing(lane, listing, Selection(models="all"))
        if verdict is not None:
            problems.append((lane, verdict))
            continue
        odd = oddities_of(lane, listing, ())
        for finding in odd.warnings if odd is not None else ():
            click.echo(f"{lane.name}: warning: {warning_text(finding)}", err=True)
        lists.append((lane, listing.models))
    return lists, problems


def _matching(
    lists: Iterable[tuple[Lane, Sequence[Model]]], pattern: str | None
) -> dict[str, Sequence[Model]]:
    """Of each list what matches a pattern; a list without any is told."""
    from gatewayz.core.globs import is_meant_by

    shown: dict[str, Sequence[Model]] = {}
    wanted = pattern or "*"
    for lane, listed in lists:
        matching = [model for model in listed if is_meant_by(wanted, model.id)]
        if matching:
            shown[lane.name] = matching
        else:
            told = f"none of {len(listed)} models matches '{pattern}'"
            click.echo(f"{lane.name}: {told}", err=True)
    return shown


def _print_match(
    wanted: Canonical,
    found: Sequence[Lane],
    shown: Mapping[str, Sequence[Model]],
    problems: Problems,
    settings: Settings,
    *,
    as_json: bool,
) -> bool:
    """The offers of one model; whether there are any."""
    from gatewayz.cli import documents
    from gatewayz.cli.matched import match, shelves
    from gatewayz.cli.matched_shown import document, lines_of
    from gatewayz.cli.orders import prices_for
    from gatewayz.core.units import utc_now
    from gatewayz.store import open_store

    store = open_store(settings.store)
    try:
        unread = {lane.name: _why_unread(verdict) for lane, verdict in problems}
        prices = prices_for(settings, planning=True)
        gateways = {(lane.name, lane.way): lane.gateway for lane in found}

        def quote(shelf: Shelf, model: Model) -> Quote:
            return prices.of(gateways[shelf.gateway, shelf.way], model)

        result = match(wanted, shelves(found, shown, unread, store), store, quote)
    finally:
        store.close()
    if as_json:
        documents.echo(document(result))
    else:
        click.echo("\n".join(lines_of(result, utc_now())))
    return bool(result.offers)


def _why_unread(verdict: Verdict) -> str:
    return verdict.failure.label if verdict.failure else verdict.reason


def _open(lane: Lane) -> Lane:
    """The lane, which needs no key where the list is public."""
    from dataclasses import replace

    may = lane.gateway.catalog.public and lane.gateway.testable
    return replace(lane, skip="") if lane.skip and may else lane


def _keep(settings: Settings, listings: Listings, *, forget: Sequence[str]) -> Habit:
    """Keeps the catalogues; how the models are known to want to be asked, unless forgotten."""
    from gatewayz.cli.habits import known_habits
    from gatewayz.core.catalog_names import catalog_name
    from gatewayz.core.units import utc_now
    from gatewayz.store import open_store

    store = open_store(settings.store)
    try:
        for (name, way), listing in listings.items():
            if listing.models and listing.complete:
                store.save_catalog(catalog_name(name, way), listing.models, utc_now())
        for name in dict.fromkeys(forget):
            store.forget_habits(name)
        return known_habits(store)
    finally:
        store.close()


def _print(shown: Mapping[str, Sequence[Model]], lanes: Iterable[Lane], habits: Habit) -> None:
    from gatewayz.core import Whom
    from gatewayz.core.costs import DEAREST, charges_told
    from gatewayz.core.text import fit, visible
    from gatewayz.core.units import show_usd_per_mtok

    of_name: dict[str, list[Lane]] = {}
    for lane in sorted(lanes, key=lambda lane: lane.way):
        of_name.setdefault(lane.name, []).append(lane)
    for name, models in shown.items():
        count = "1 chat model" if len(models) == 1 else f"{len(models)} chat models"
        click.echo(f"{name}: {count}; context in tokens, prices in USD per million tokens")
        for model in models:
            context = f"{model.context_tokens:,}" if model.context_tokens else "?"
            price = model.price
            cost = (
                f"{show_usd_per_mtok(price.input_usd_per_mtok)} in, "
                f"{show_usd_per_mtok(price.output_usd_per_mtok)} out"
            )
            does = " ".join(sorted(model.capabilities - {"chat"}))
            does += f"  ({DEAREST})" if price.is_most else ""
            does += f"  (and {also})" if (also := charges_told(price)) else ""
            # The id is what one copies from here: it is never cut.
            line = f"  {visible(model.id):44}  {context:>11}  {fit(cost, 22)}  {does}"
            click.echo(line.rstrip())
            for lane in of_name.get(name, ()):
                whom = Whom(gateway=name, way=lane.way, host=lane.gateway.host, model=model.id)
                if whom in habits:
                    click.echo(f"    asked {habits[whom].told}")
        click.echo()


def _print_json(shown: Mapping[str, Sequence[Model]]) -> None:
    from gatewayz.cli import documents

    documents.echo(documents.document("models/1", gateways=shown))


def _problem(lane: Lane, verdict: Verdict) -> str:
    """One line on a list that could not be read."""
    from gatewayz.core.remedies import advise
    from gatewayz.core.text import excerpt, visible

    found = verdict.failure
    told = f"{found.label}: {excerpt(found.evidence, 200)}" if found else verdict.reason
    return visible(f"{lane.name}: {told}; {advise(verdict, lane.gateway).remedy}")
