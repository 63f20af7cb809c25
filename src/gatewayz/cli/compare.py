"""`gatewayz compare`: what differs between two runs, for people and for CI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from gatewayz.cli import options
from gatewayz.cli.exits import FAILED, OK, UNJUDGED
from gatewayz.cli.sections import SectionedCommand, option
from gatewayz.cli.spans import is_span, span_s

if TYPE_CHECKING:
    from gatewayz.core import Model, Run, Way
    from gatewayz.core.load import LoadResult
    from gatewayz.core.quarantine import Quarantine
    from gatewayz.measure.comparison import Change, Comparison, Pace
    from gatewayz.measure.questions import Asked
    from gatewayz.store import Store

LAST_GOOD = "last-good"

WHICH = "What to compare"


@click.command(
    "compare",
    cls=SectionedCommand,
    short_help="Compare two runs: what broke, healed, slowed.",
    epilog="Exit codes: 0 nothing of --fail-on, 1 something broke or slowed, 2 usage, 3 nothing could "
    "be compared, or what passed before could not be judged.",
)
@click.argument("runs", nargs=-1, metavar="[A] [B]")
@option(
    WHICH,
    "--against",
    metavar="last-good|RUN|7d",
    help="Set B, or the newest run, against this.",
)
@option(
    options.OUTPUT,
    "--fail-on",
    type=click.Choice(["broke", "slowed", "any"]),
    default="any",
    help="What ends with exit code 1. [any]",
)
@option(
    options.OUTPUT,
    "--floor",
    type=click.FloatRange(0, 1000),
    default=20.0,
    metavar="PERCENT",
    help="A smaller change of times is none. [20]",
)
@options.format_option
@option(options.PLACES, "--store", metavar="PATH|URL", help="Where runs are kept.")
@options.config_option
def command(
    runs: tuple[str, ...], against: str | None, fail_on: str, floor: float, **parameters: Any
) -> int:
    """Set run B against run A: what broke, healed, slowed, is new or gone. Nothing is sent.

    With --against, the newest run (or the one run that is named) is set against: last-good, each
    question's latest run in which it passed; a run; or all runs of the time before, such as 7d.
    Two load runs are compared target by target.
    """
    from gatewayz.cli.compared_loads import compare_loads
    from gatewayz.cli.quarantine import entries_for
    from gatewayz.core.quarantine import Quarantine
    from gatewayz.core.units import utc_now
    from gatewayz.measure.comparison import compare
    from gatewayz.measure.questions import asked_in
    from gatewayz.store import open_store

    if len(runs) != (2 if against is None else min(len(runs), 1)):
        raise click.UsageError("give two runs, or --against last-good, a run or a time such as 7d")
    _check_span(against)
    settings = options.load(parameters)
    with closing(open_store(settings.store)) as store:
        loads = _loads(store, runs, against)
        if loads is not None:
            return compare_loads(
                *loads, fail_on=fail_on, floor=floor / 100, as_json=parameters["format"] == "json"
            )
        apart = Quarantine(entries_for(settings, store), utc_now())
        wanted = runs[-1] if runs else store.baselines.newest()
        run = store.run(wanted)
        base = asked_in(_base(store, run, against if against is not None else runs[0]))
        offered = _by_lane(store.catalogues.of(run.id))
        as_one = against is None or not (against == LAST_GOOD or is_span(against))
        before = (
            store.catalogues.of(next(iter(base.runs))) if as_one else store.catalogues.before(run)
        )
    found = compare(base, asked_in([run]), floor=floor / 100)
    found = found.with_catalogues(_by_lane(before), offered)
    if parameters["format"] == "json":
        _print_json(found, run, base, against, apart)
    else:
        _print(found, run, base, against, apart)
    return _code(found, fail_on, apart)


def _check_span(against: str | None) -> None:
    """Raises: ConfigError for a time that no run lies in."""
    from gatewayz.core import ConfigError

    if against is not None and is_span(against) and not span_s(against):
        raise ConfigError(
            f"--against {against}: no run was begun within no time; write a time such as 7d, a run's "
            "id, or last-good"
        )


def _loads(
    store: Store, runs: Sequence[str], against: str | None
) -> tuple[LoadResult, LoadResult] | None:
    """The load runs that are meant, the first one before the second; None for roll calls."""
    from gatewayz.cli.load_runs import two_loads
    from gatewayz.core import ConfigError

    if against is None:
        return two_loads(store, runs)
    if against != LAST_GOOD and not is_span(against):
        return two_loads(store, [against, *runs])
    if two_loads(store, runs) is not None:
        raise ConfigError(f"{runs[0]} is a load run; name another one to set it against")
    return None


def _by_lane(catalogues: dict[str, tuple[Model, ...]]) -> dict[tuple[str, Way], tuple[Model, ...]]:
    """Catalogues by gateway and way."""
    from gatewayz.core.catalog_names import catalog_named

    return {catalog_named(name): models for name, models in catalogues.items()}


def _base(store: Store, run: Run, against: str) -> Iterable[Run]:
    """The runs that a run is set against."""
    if against == LAST_GOOD:
        return store.baselines.last_good(run)
    if is_span(against):
        return store.baselines.within(run, span_s(against))
    return [store.run(against)]


def _code(found: Comparison, fail_on: str, apart: Quarantine) -> int:
    """What it comes to, but for what is in quarantine."""
    counting = [change for change in found.of_kind("broke") if not _is_apart(change, apart)]
    slower = [pace for pace in found.of_pace("slower") if not _is_apart(pace, apart)]
    broke = bool(counting) and fail_on in ("broke", "any")
    slowed = bool(slower) and fail_on in ("slowed", "any")
    if broke or slowed:
        return FAILED
    unjudged = fail_on != "slowed" and any(
        c.before.passed and not _was_left_out(c) and not _is_apart(c, apart)
        for c in found.of_kind("not judged")
    )
    return UNJUDGED if unjudged or not found.judged_on_both else OK


def _was_left_out(change: Change) -> bool:
    """Whether a question was not put because a cap was used up, or after what counts by itself."""
    return change.after.skipped > 0 and not change.after.unknown


def _is_apart(what: Change | Pace, apart: Quarantine) -> bool:
    """Whether a question is in quarantine."""
    return apart.of(what.question.case) is not None


def _print(
    found: Comparison, run: Run, base: Asked, against: str | None, apart: Quarantine
) -> None:
    import os
    import sys

    from gatewayz.core.units import show_moment
    from gatewayz.reports._comparison import comparison_lines
    from gatewayz.reports._wrapping import width_of, wrapped

    width = width_of(sys.stdout, os.environ)
    state = "" if run.status == "finished" else f" ({run.status})"
    title = f"Run {run.id}{state} of {show_moment(run.started_at, seconds=True)}"
    title += f" against {_told(base, against)}"
    lines = [
        *wrapped(title, "", width=width),
        "",
        *comparison_lines(found, width=width, apart=apart),
    ]
    if not found.judged_on_both:
        lines.append("Nothing was judged on both sides, so there is nothing to compare.")
    click.echo("\n".join(lines))


def _told(base: Asked, against: str | None) -> str:
    """What a run is set against, in words."""
    runs = f"{len(base.runs)} run{'' if len(base.runs) == 1 else 's'}"
    if against == LAST_GOOD:
        return f"the last pass of each question, in {runs}"
    if against is not None and is_span(against):
        return f"the {runs} of the {against} before it"
    return f"run {next(iter(base.runs))}"


def _print_json(
    found: Comparison, run: Run, base: Asked, against: str | None, apart: Quarantine
) -> None:
    from gatewayz.cli import documents
    from gatewayz.reports._comparison import comparison_document

    about = {"run": run.id, "against": against, "base_runs": sorted(base.runs)}
    documents.echo(comparison_document(found, apart=apart, **about))
