"""`gatewayz export`: stored runs into a file."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatewayz.store import Store

_KEPT = "the store is as it was, and so is an older file there"

WHICH = "Which"


@click.command("export", cls=SectionedCommand, short_help="Write stored runs to a file.")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option(WHICH, "--all", "every", is_flag=True, help="Every run in the store.")
@option(
    options.OUTPUT,
    "--format",
    type=click.Choice(["jsonl", "csv"]),
    default=None,
    help="All that was kept, or a table of results. [by FILE's ending, else jsonl]",
)
@option(
    options.OUTPUT,
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="Where to; - is standard output.",
)
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(runs: tuple[str, ...], every: bool, output: str, **parameters: Any) -> None:
    """Write stored runs to a file: whole, or not at all. Without RUN, the last one.

    jsonl holds all that was kept, and `gatewayz import` takes it into any store; csv is a table with a
    row for each result. RUN is an id, the beginning of one, or "last".
    """
    from gatewayz.reports import check_writable, write_whole
    from gatewayz.store import open_store

    if runs and every:
        raise click.UsageError("give runs or --all, not both")
    if output != "-":
        check_writable(output, "export")
    table = (parameters["format"] or ("csv" if output.endswith(".csv") else "jsonl")) == "csv"
    settings = options.load(parameters)
    with closing(open_store(settings.store)) as store:
        ids = store.copies.ids() if every else _ids(store, runs or ("last",))
        lines = _rows(store, ids) if table else store.copies.lines(ids)
        pieces = (line.encode() for line in lines)
        if output == "-":
            _print(pieces)
            return
        write_whole(output, pieces, "export", _KEPT)
    click.echo(f"{len(ids)} run{'' if len(ids) == 1 else 's'} written to {output}")


def _print(pieces: Iterable[bytes]) -> None:
    import sys

    sys.stdout.flush()
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.buffer.flush()


def _ids(store: Store, names: Sequence[str]) -> tuple[str, ...]:
    """The runs that are named, each once, the oldest first."""
    wanted = {store.copies.find(name) for name in names}
    return tuple(one for one in store.copies.ids() if one in wanted)


def _rows(store: Store, ids: Sequence[str]) -> Iterator[str]:
    from gatewayz.reports._table import table

    runs = (store.run(run_id) for run_id in ids)
    return table((run, verdict) for run in runs for verdict in run.verdicts)
