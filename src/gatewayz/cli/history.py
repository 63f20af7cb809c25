"""`gatewayz history`: past runs, out of the store."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.sections import SectionedCommand, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatewayz.core.load_past import LoadRunLine, PastLoad
    from gatewayz.core.past import Past
    from gatewayz.store import RunLine, Store


@click.command(
    "history", cls=SectionedCommand, short_help="List past runs, or what they say of a model."
)
@click.argument("model", required=False, metavar="[GATEWAY[/MODEL]]")
@option(options.OUTPUT, "--limit", type=click.IntRange(1), default=20, help="How many runs. [20]")
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(model: str | None, limit: int, **parameters: Any) -> None:
    """List past runs, the newest first.

    With GATEWAY or GATEWAY/MODEL (globs, such as 'groq/*llama*'): how its probes came out in each
    run, since when each fails, when it last passed, which are flaky, and what load runs measured.
    """
    from gatewayz.cli.interrupted import end_abandoned
    from gatewayz.store import open_store

    settings = options.load(parameters)
    as_json = parameters["format"] == "json"
    with closing(open_store(settings.store)) as store:
        end_abandoned(store)
        if model is not None:
            gateway, _, of_gateway = model.partition("/")
            loads = store.loads.of(gateway, of_gateway or "*", limit=limit)
            past = _past(store, gateway, of_gateway or "*", limit, known=bool(loads))
            _show_past(past, loads, as_json=as_json)
            return
        runs, loads_kept, where = store.runs(limit), store.loads.latest(limit), store.where
    if as_json:
        from gatewayz.cli import documents

        documents.echo(documents.document("runs/1", runs=runs, loads=loads_kept))
        return
    lines = in_their_order(runs, loads_kept)[:limit]
    if not lines:
        click.echo(f"No runs in {where} yet; `gatewayz test` makes one.")
    for line in lines:
        click.echo("\n".join(_shown(line)))


def in_their_order(
    runs: Sequence[RunLine], loads: Sequence[LoadRunLine]
) -> list[RunLine | LoadRunLine]:
    """Runs of both kinds, the newest first, as they are given: each kind keeps its own order."""
    found: list[RunLine | LoadRunLine] = []
    left = deque(loads)
    for run in runs:
        while left and left[0].started_at > run.started_at:
            found.append(left.popleft())
        found.append(run)
    return [*found, *left]


def _past(store: Store, gateway: str, model: str, limit: int, *, known: bool) -> Past:
    """The past over roll calls; an empty one where there is none, and the model is `known` all the same."""
    from gatewayz.core import UnknownName
    from gatewayz.core.past import Past

    try:
        return store.past.of(gateway, model, limit=limit)
    except UnknownName:
        if not known:
            raise
        return Past()


def _show_past(past: Past, loads: Sequence[PastLoad], *, as_json: bool) -> None:
    import os
    import sys

    from gatewayz.cli import documents
    from gatewayz.reports._history import history_document, history_lines
    from gatewayz.reports._load_history import load_history, load_history_lines
    from gatewayz.reports._matrix import can_show
    from gatewayz.reports._wrapping import width_of

    if as_json:
        documents.echo({**history_document(past), "loads": load_history(loads)})
        return
    width = width_of(sys.stdout, os.environ)
    lines = []
    if past.questions or past.lists:
        lines += history_lines(past, width=width, unicode=can_show(sys.stdout))
    if loads:
        lines += [""] * bool(lines) + load_history_lines(loads, width=width)
    click.echo("\n".join(lines or ["no model was asked, and no list fails"]))


def _shown(line: RunLine | LoadRunLine) -> list[str]:
    """One run, on one line where that is wide enough."""
    from gatewayz.cli.load_runs import told as load_told
    from gatewayz.core.load_past import LoadRunLine
    from gatewayz.core.text import visible
    from gatewayz.core.units import show_moment
    from gatewayz.reports._counts import beside, listed

    moment = show_moment(line.started_at, seconds=True)
    if isinstance(line, LoadRunLine):
        passed, failed, more = line.passed, line.failed, [load_told(line)]
    else:
        passed, failed, more = line.counts.passed, line.counts.failed, [*beside(line.counts)]
    start = f"{visible(line.id)}  {moment}  {line.status:9}  {passed} passed"
    told = (f"{failed} failed", *more)
    return listed(start, told, width=80, indent=" " * 4)
