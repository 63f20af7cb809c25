"""`gatewayz prune`: old runs out of the store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option
from gatewayz.cli.spans import span_s

if TYPE_CHECKING:
    from gatewayz.store import Store
    from gatewayz.store.moving import Pruned

WHICH = "Which"
HOW = "How"


@click.command("prune", cls=SectionedCommand, short_help="Remove old runs from the store.")
@option(WHICH, "--older-than", metavar="TIME", required=True, help="Such as 90d, 2w or 36h.")
@option(WHICH, "--keep-failed", is_flag=True, help="Keep runs in which anything failed.")
@option(HOW, "--dry-run", is_flag=True, help="Remove nothing, and say what would go.")
@option(HOW, "--yes", "-y", is_flag=True, help="Ask nothing on a terminal either.")
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(
    older_than: str, keep_failed: bool, dry_run: bool, yes: bool, **parameters: Any
) -> None:
    """Remove runs that were begun longer ago, with their results, and older records of requests.

    On a terminal it asks before. A SQLite file becomes as small as what is left in it.
    """
    from datetime import timedelta

    from gatewayz.core.units import utc_now
    from gatewayz.store import open_store

    before = utc_now() - timedelta(seconds=span_s(older_than))
    settings = options.load(parameters)
    with closing(open_store(settings.store)) as store:
        found = store.copies.prune(before, keep_failed=keep_failed, dry_run=True)
        loads = store.loads.prune(before, keep_failed=keep_failed, dry_run=True)
        if not (found.runs or found.requests or loads):
            click.echo(f"Nothing in {store.where} is older than {older_than}.")
            return
        told = _told(found, loads)
        if dry_run:
            click.echo(f"Would remove {told} from {store.where}.")
            return
        if not yes and not _agreed(f"Remove {told} from {store.where}?"):
            click.echo("Nothing was removed.")
            return
        gone = store.copies.prune(before, keep_failed=keep_failed)
        loads = store.loads.prune(before, keep_failed=keep_failed)
        click.echo(f"Removed {_told(gone, loads)} from {store.where}.")
        click.echo(_shrunk(store))


def _told(found: Pruned, loads: int) -> str:
    counted = (
        (found.runs, "run"),
        (found.results, "result"),
        (loads, "load run"),
        (found.requests, "record of a request"),
    )
    words = [f"{n} {noun if n == 1 else _several(noun)}" for n, noun in counted if n]
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _several(noun: str) -> str:
    return "records of requests" if noun.startswith("record ") else f"{noun}s"


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
