# ruff: noqa: N999 -- a command is found by its file's name
"""`gatewayz import`: exported runs into the store."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatewayz.store.copies import ResultLine, RunLine


@click.command("import", cls=SectionedCommand, short_help="Take exported runs into the store.")
@click.argument("file", metavar="FILE")
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(file: str, **parameters: Any) -> None:
    """Take the runs of a jsonl export into the store, which may be of another kind.

    A run that is there already is left as it is. A file that is damaged anywhere brings nothing.
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
    runs = f"{len(done.added)} run{'' if len(done.added) == 1 else 's'}"
    results = f"{done.results} result{'' if done.results == 1 else 's'}"
    click.echo(f"{runs} with {results} taken into {where}")
    for run_id in done.already:
        click.echo(f"  {visible(run_id)} is there already")


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


def _entries(path: Path) -> Iterator[RunLine | ResultLine]:
    from gatewayz.core.text import visible
    from gatewayz.store.copies import LONGEST_LINE, read_lines

    with path.open("rb") as opened:
        lines = iter(lambda: opened.readline(LONGEST_LINE), b"")
        yield from read_lines(lines, visible(str(path)))
