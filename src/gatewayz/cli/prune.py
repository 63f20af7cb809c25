"""`gatewayz prune`: old runs out of the store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.counted import counted
from gatewayz.cli.sections import SectionedCommand, option
from gatewayz.cli.spans import span_s

if TYPE_CHECKING:
    from gatewayz.cli.growth import Tidied
    from gatewayz.config import Settings
    from gatewayz.store import Store

WHICH = "Which"
HOW = "How"


@click.command("prune", cls=SectionedCommand, short_help="Remove old runs from the store.")
@option(WHICH, "--older-than", metavar="TIME", help="Such as 90d, 2w or 36h. [settings `keep_s`]")
@option(
    WHICH,
    "--keep-failed",
    is_flag=True,
    help="Keep runs in which anything failed, and those that found it well again.",
)
@option(HOW, "--dry-run", is_flag=True, help="Remove nothing, and say what would go.")
@option(HOW, "--yes", "-y", is_flag=True, help="Ask nothing on a terminal either.")
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(
    older_than: str | None, keep_failed: bool, dry_run: bool, yes: bool, **parameters: Any
) -> None:
    """Remove runs that were begun longer ago, with their results, and older records of requests.

    0d means all of them; a run that goes on stays.
    Their sums by the hour and by the day stay, for as long as the settings keep those. On a terminal
    it asks before. A SQLite file becomes as small as what is left in it.
    """
    from dataclasses import replace

    from gatewayz.cli.growth import tidy
    from gatewayz.core.units import utc_now
    from gatewayz.store import open_store

    as_json = parameters["format"] == "json"
    now, settings = utc_now(), options.load(parameters)
    if older_than is not None:
        settings = replace(settings, keep_s=span_s(older_than))
    with closing(open_store(settings.store)) as store:
        found = tidy(store, settings, now, keep_failed=keep_failed, dry_run=True)
        told = _told(found)
        if not as_json and (dry_run or not told):
            kept = older_than or _kept(settings)
            nothing = f"Nothing in {store.where} is older than {kept}"
            if keep_failed and _told(tidy(store, settings, now, dry_run=True)):
                nothing = f"All in {store.where} that is older than {kept} mended what failed, or failed, and is kept"
            click.echo(f"Would remove {told} from {store.where}." if told else f"{nothing}.")
            return
        if told and not dry_run:
            if not yes and not _agreed(f"Remove {told} from {store.where}?"):
                click.echo("Nothing was removed.", err=as_json)
                return
            found = tidy(store, settings, now, keep_failed=keep_failed)
            shrunk = _shrunk(store)
        if as_json:
            _print_json(found, removed=not dry_run, keep_s=settings.keep_s)
            return
        click.echo(f"Removed {_told(found)} from {store.where}.")
        click.echo(shrunk)


def _print_json(found: Tidied, *, removed: bool, keep_s: float | None) -> None:
    from gatewayz.cli import documents

    documents.echo(
        documents.document(
            "pruned/1",
            removed=removed,
            older_than_s=keep_s,
            runs=found.removed.runs,
            results=found.removed.results,
            loads=found.loads,
            requests=found.removed.requests,
            days_of_hours=found.hours,
        )
    )


def _kept(settings: Settings) -> str:
    """How long results are kept, in words."""
    return "what is kept" if settings.keep_s is None else f"{settings.keep_s / 86400:g}d"


def _told(found: Tidied) -> str:
    """What goes, or has gone; "" where it is nothing."""
    return counted(
        (found.removed.runs, "run"),
        (found.removed.results, "result"),
        (found.loads, "load run"),
        (found.removed.requests, "record of a request"),
        (found.hours, "day of sums by the hour"),
    )


def _agreed(question: str) -> bool:
    """Whether somebody says yes; on a pipe, whoever wrote the command has."""
    import sys

    return not (sys.stdin.isatty() and sys.stdout.isatty()) or click.confirm(question)


def _shrunk(store: Store) -> str:
    """Gives the room back, and says what became of it."""
    from gatewayz.core.errors import StoreError

    before = store.copies.size()
    if before is None:
        return "PostgreSQL uses the room again; VACUUM FULL gives it back to the disk."
    try:
        store.copies.shrink()
    except StoreError as error:
        return f"The file keeps its size for now ({error}); new runs use the room."
    return f"It takes {_mb(store.copies.size() or 0)} now, and took {_mb(before)}."


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
