# ruff: noqa: N999 -- a command is found by its file's name
"""`gatewayz import`: exported runs, and what came with them, into the store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.counted import counted
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatewayz.store.copies import Entry
    from gatewayz.store.moving import Imported


@click.command("import", cls=SectionedCommand, short_help="Take exported runs into the store.")
@click.argument("file", metavar="FILE")
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(file: str, **parameters: Any) -> None:
    """Take the runs of a jsonl export into the store, which may be of another kind.

    Load runs and what was in quarantine come with them. What is there already is left as it is. A file that is damaged anywhere brings nothing.
    """
    from pathlib import Path

    from gatewayz.core.text import visible
    from gatewayz.store import open_store

    path = Path(file).expanduser()
    _look_at(path)
    settings = options.load(parameters)
    with closing(open_store(settings.store)) as store:
        done = store.copies.take(lambda: _entries(path))
        # The pages read sums. A run that was removed and comes back is in them already.
        store.summaries.roll_up()
        where = store.where
    for line in _told(done, where):
        click.echo(visible(line))


def _told(done: Imported, where: str) -> Iterator[str]:
    """What came in, and what is there already, a line each."""
    beside = done.beside
    runs = f"{len(done.added)} run{'' if len(done.added) == 1 else 's'}"
    results = f"{done.results} result{'' if done.results == 1 else 's'}"
    more = counted(
        (len(beside.loads), "load run"), (len(beside.quarantine), "entry of the quarantine")
    )
    yield f"{runs} with {results}{', and ' if more else ''}{more} taken into {where}"
    for run_id in (*done.already, *beside.loads_already):
        yield f"  {run_id} is there already"
    for title in beside.quarantine_already:
        yield f"  the quarantine of {title} is there already"
    for title in beside.others:
        yield f"  the quarantine of {title} is there in other words, and stays as it is"


def _look_at(path: Path) -> None:
    """Raises: ConfigError for what cannot be read twice from its beginning."""
    from gatewayz.core.errors import ConfigError
    from gatewayz.core.text import visible

    shown = visible(str(path))
    try:
        if not path.is_file():
            what = "is no file" if path.exists() else "is not there"
            raise ConfigError(f"{shown} {what}; give a file that `gatewayz export` wrote")
        path.open("rb").close()
    except (OSError, ValueError) as wrong:
        reason = getattr(wrong, "strerror", None) or wrong
        raise ConfigError(f"{shown} cannot be read: {reason}") from wrong


def _entries(path: Path) -> Iterator[Entry]:
    from gatewayz.core.text import visible
    from gatewayz.store.copies import LONGEST_LINE, read_lines

    with path.open("rb") as opened:
        lines = iter(lambda: opened.readline(LONGEST_LINE), b"")
        yield from read_lines(lines, visible(str(path)))
