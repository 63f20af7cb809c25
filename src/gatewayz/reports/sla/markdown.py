"""How promises stand, as Markdown: for a wiki, a ticket, a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from gatewayz.core.availability import Assessment, SlaReport
from gatewayz.core.objectives import Sla
from gatewayz.core.units import show_seconds
from gatewayz.reports._report import PromiseReport
from gatewayz.reports.markdown import cell
from gatewayz.reports.sla import _words as words

# So many rows are written of what was kept; the CSV has all.
MOST_KEPT = 100


def render(report: SlaReport) -> bytes:
    """The document; nothing in it that somebody else wrote is markup."""
    utc = ZoneInfo("UTC")
    lines = [
        f"## Service levels{f' {report.month}' if report.month else ''}: {cell(words.lead(report))}",
        "",
        f"As of {words.moment(report.at, utc)} UTC.",
    ]
    for sla in report.slas:
        lines += ["", *_promise(report, sla)]
    if report.maintenance:
        lines += ["", "Announced maintenance:", ""]
        lines += [f"- {cell(words.maintenance_words(one))}" for one in report.maintenance]
    return ("\n".join(lines) + "\n").encode()


def _promise(report: SlaReport, sla: Sla) -> Iterator[str]:
    found = report.of(sla)
    yield f"### {cell(sla.name)}"
    yield ""
    if removed := words.removed_words(report, sla):
        yield f"**{cell(f'{removed[0].upper()}{removed[1:]}.')}**"
        yield ""
    if not found:
        yield f"{cell(words.whom(sla))}: no result of these is known."
        return
    yield f"{cell(words.whom(sla))}, {cell(words.window_words(sla, found[0].span, report.month))}."
    yield ""
    yield "| state | target | promised | share | 95 % interval | bad of | budget left | measured |"
    yield "|---|---|---|---:|---:|---:|---:|---:|"
    ordered = words.by_state(found)
    bad = [one for one in ordered if one.state != "kept"]
    kept = [one for one in ordered if one.state == "kept"]
    for one in (*bad, *kept[:MOST_KEPT]):
        yield _row(one)
    if len(kept) > MOST_KEPT:
        yield ""
        yield f"... and {len(kept) - MOST_KEPT:,} more that were kept."
    for objective in sla.objectives:
        of_it = [one for one in found if one.objective == objective]
        told = [f"Not counted for {objective.name}: {words.excluded_words(of_it) or 'nothing'}"]
        told += filter(None, [words.unwatched_words(of_it)])
        yield ""
        yield f"{cell('; '.join(told))}."
    yield from _troubles(report, sla)


def _row(one: Assessment) -> str:
    cells: Sequence[str] = (
        f"**{one.state}**" if one.state == "broken" else one.state,
        cell(one.target),
        cell(words.promise(one)),
        words.percent(one.tally.share),
        words.interval(one),
        f"{one.tally.bad:,}/{one.tally.counted:,}",
        words.budget_left(one),
        words.measured(one) or "-",
    )
    return f"| {' | '.join(cells)} |"


def _troubles(report: SlaReport, sla: Sla) -> Iterator[str]:
    found = [one for one in report.troubles if one.sla == sla.name]
    if not found:
        return
    zone = ZoneInfo(sla.window.time_zone)
    yield ""
    yield f"Incidents ({sla.window.time_zone}):"
    yield ""
    for one in found:
        lasted = show_seconds(one.duration_s) if one.ended else "still on"
        about = cell(words.trouble_words(one))
        yield f"- {words.moment(one.start, zone)}, {lasted}: {about} [{cell(one.objective)}]"


REPORT = PromiseReport(
    name="markdown",
    title="for a wiki or a ticket",
    suffix=".md",
    media_type="text/markdown",
    render=render,
)
