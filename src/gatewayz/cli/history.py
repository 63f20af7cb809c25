"""`gatewayz history`: past runs, out of the store."""

from __future__ import annotations

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
    from gatewayz.store import open_store

    settings = options.load(parameters)
    as_json = parameters["format"] == "json"
    with closing(open_store(settings.store)) as store:
        if model is not None:
            gateway, _, of_gateway = model.partition("/")
            loads = store.loads.of(gateway, of_gateway or "*", limit=limit)
            past = _past(store, gateway, of_gateway or "*", limit, known=bool(loads))
            _show_past(past, loads, as_json=as_json)
            return
        lines, where = _latest(store, limit), store.where
    if as_json:
        _echo_json([{"kind": kind, **_json(line)} for kind, line in lines])
        return
    if not lines:
        click.echo(f"No runs in {where} yet; `gatewayz test` makes one.")
    for _, line in lines:
        click.echo("\n".join(_shown(line)))


def _latest(store: Store, limit: int) -> list[tuple[str, RunLine | LoadRunLine]]:
    """The latest runs of both kinds, the newest first; those of one kind in their own order."""
    from heapq import merge

    runs: list[tuple[str, RunLine | LoadRunLine]] = [("test", line) for line in store.runs(limit)]
    loads: list[tuple[str, RunLine | LoadRunLine]] = [
        ("load", line) for line in store.loads.latest(limit)
    ]
    return list(merge(runs, loads, key=lambda kept: kept[1].started_at, reverse=True))[:limit]


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

    from gatewayz.reports._history import history_document, history_lines
    from gatewayz.reports._load_history import load_history, load_history_lines
    from gatewayz.reports._matrix import can_show
    from gatewayz.reports._wrapping import width_of

    if as_json:
        _echo_json({**history_document(past), "loads": load_history(loads)})
        return
    width = width_of(sys.stdout, os.environ)
    lines = []
    if past.questions:
        lines += history_lines(past, width=width, unicode=can_show(sys.stdout))
    if loads:
        lines += [""] * bool(lines) + load_history_lines(loads, width=width)
    click.echo("\n".join(lines))


def _json(value: Any) -> dict[str, Any]:
    from gatewayz.core.codec import to_json

    found: dict[str, Any] = to_json(value)
    return found


def _echo_json(value: dict[str, Any] | Sequence[Any]) -> None:
    import json

    from gatewayz.core.codec import to_json
    from gatewayz.core.text import json_to_show

    click.echo(json_to_show(json.dumps(to_json(value), indent=2)))


def _shown(line: RunLine | LoadRunLine) -> list[str]:
    """One run, on one line where that is wide enough."""
    from gatewayz.cli.load_runs import told as load_told
    from gatewayz.core.load_past import LoadRunLine
    from gatewayz.core.text import visible
    from gatewayz.reports._counts import beside, listed

    moment = line.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(line, LoadRunLine):
        passed, failed, more = line.passed, line.failed, [load_told(line)]
    else:
        passed, failed, more = line.counts.passed, line.counts.failed, [*beside(line.counts)]
    start = f"{visible(line.id)}  {moment}  {line.status:9}  {passed} passed"
    told = (f"{failed} failed", *more)
    return listed(start, told, width=80, indent=" " * 4)
