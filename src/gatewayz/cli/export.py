"""`gatewayz export`: stored runs into a file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.counted import counted
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatewayz.store import Store

_KEPT = "the store is as it was, and so is an older file there"

WHICH = "Which"


@click.command("export", cls=SectionedCommand, short_help="Write stored runs to a file.")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option(
    WHICH,
    "--all",
    "every",
    is_flag=True,
    help="Every run in the store, load runs too, and what is in quarantine.",
)
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
    row for each result. RUN is an id, the beginning of one, or "last"; a load run's too, for jsonl.
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
        chosen = _everything(store) if every else _named(store, runs or ("last",))
        if table:
            chosen = _without_loads(chosen, named=not every)
        lines = (
            _rows(store, chosen.runs)
            if table
            else store.copies.lines(chosen.runs, chosen.loads, quarantine=every)
        )
        pieces = (line.encode() for line in lines)
        if output == "-":
            _print(pieces)
            return
        write_whole(output, pieces, "export", _KEPT)
        entries = len(store.quarantine.all()) if every and not table else 0
    beside = (len(chosen.loads), "load run"), (entries, "entry of the quarantine")
    told = counted((len(chosen.runs), "run"), *beside) or "0 runs"
    click.echo(f"{told} written to {output}")


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The ids of what goes out, each kind the oldest first."""

    runs: tuple[str, ...]
    loads: tuple[str, ...]


def _everything(store: Store) -> _Chosen:
    return _Chosen(store.copies.ids(), store.loads.ids())


def _named(store: Store, names: Sequence[str]) -> _Chosen:
    """Those that are named, each once. Raises: UnknownName, ConfigError."""
    from gatewayz.cli.load_runs import id_of_either

    wanted = {
        store.copies.find(name) if name == "last" else id_of_either(store, name) for name in names
    }
    every = _everything(store)
    return _Chosen(
        tuple(one for one in every.runs if one in wanted),
        tuple(one for one in every.loads if one in wanted),
    )


def _without_loads(chosen: _Chosen, *, named: bool) -> _Chosen:
    """What a table of results has room for. Raises: ConfigError where a load run was named."""
    from gatewayz.core.errors import ConfigError

    if chosen.loads and named:
        raise ConfigError(
            f"{chosen.loads[0]} is a load run, which a table of results has no room for; write it as "
            f"jsonl, or its figures: gatewayz show {chosen.loads[0]} --report csv=FILE"
        )
    if chosen.loads:
        left = f"{len(chosen.loads)} load run{'' if len(chosen.loads) == 1 else 's'}"
        click.echo(f"left out: {left}; csv is a table of results, jsonl has all", err=True)
    return replace(chosen, loads=())


def _print(pieces: Iterable[bytes]) -> None:
    import sys

    sys.stdout.flush()
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.buffer.flush()


def _rows(store: Store, ids: Sequence[str]) -> Iterator[str]:
    from gatewayz.reports._table import table

    runs = (store.run(run_id) for run_id in ids)
    return table((run, verdict) for run in runs for verdict in run.verdicts)
