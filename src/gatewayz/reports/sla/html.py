"""How promises were kept, as the page one sends to a customer: it opens from the disk and prints well.

What counts and what does not stands on the page itself, so that every figure can be checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from gatewayz.core.availability import Assessment, SlaReport, State
from gatewayz.core.objectives import Objective, Sla
from gatewayz.core.units import show_seconds
from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._page import document, facts, policy
from gatewayz.reports._report import PromiseReport
from gatewayz.reports._style import CSS
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import Tone, pill, share_bar, tile, tiles
from gatewayz.reports._widgets_style import WIDGETS_CSS
from gatewayz.reports.sla import _words as words
from gatewayz.reports.sla._bars import BARS_CSS, bar, by_gateway
from gatewayz.reports.sla._definition import definition

STYLE = f"{CSS}{WIDGETS_CSS}{BARS_CSS}"
# So many rows stand open, the worst; the others can be unfolded.
_MOST_OPEN = 24
_TONES: dict[State, Tone] = {
    "kept": "good",
    "at risk": "warn",
    "broken": "bad",
    "no data": "unknown",
}


def render(report: SlaReport) -> bytes:
    """The page as UTF-8; the same bytes for the same figures."""
    title = f"Service levels {report.month}".strip()
    sections = [_promise(report, sla, at) for at, sla in enumerate(report.slas)]
    body = [
        el("a", "To the figures", cls="skip", href="#promise-0" if sections else "#definition"),
        _header(report, title),
        el("main", *sections, _not_counted(report), definition(report)),
        el("footer", "Worked out by gatewayz from stored results; docs/sla.md has every definition."),
    ]  # fmt: skip
    return document(title, body, css=STYLE, policed=policy(STYLE))


def _header(report: SlaReport, title: str) -> ET.Element:
    utc = ZoneInfo("UTC")
    first = report.assessments[0] if report.assessments else None
    told: list[tuple[str, Node]] = [("As of", f"{words.moment(report.at, utc)} UTC")]
    if first is not None and len({one.span for one in report.assessments}) == 1:
        told.append(("Window", words.window_words(report.slas[0], first.span, report.month)))
    links = [(f"promise-{at}", sla.name) for at, sla in enumerate(report.slas)]
    links += [("not-counted", "What does not count"), ("definition", "How it is worked out")]
    return el(
        "header",
        el("h1", title),
        el("p", el("strong", words.lead(report))),
        _numbers(report),
        facts(told),
        el("nav", el("ul", *(el("li", el("a", name, href=f"#{place}")) for place, name in links)), aria_label="Sections"),
    )  # fmt: skip


def _numbers(report: SlaReport) -> ET.Element:
    """How many objectives are in which state, and how many promises have no result; as tiles and as one bar."""
    counts = {state: len(report.in_state(state)) for state in reversed(words.STATES)}
    shown = [
        tile(state.capitalize(), f"{count:,}", tone=_TONES[state])
        for state, count in counts.items()
        if count or state in ("kept", "broken")
    ]
    unseen = len(report.unseen)
    if unseen:
        shown.append(tile("Without a result", f"{unseen:,}", "promises", tone="unknown"))
    targets = len({one.target for one in report.assessments})
    on = sum(one.alert is not None for one in report.assessments)
    return el(
        "div",
        tiles(
            *shown,
            tile("Objectives", f"{len(report.assessments):,}", f"of {targets:,} targets"),
            tile("Incidents", f"{len(report.troubles):,}", f"{on:,} alerts on now" if on else None),
        ),
        share_bar(
            [
                *((state, count, _TONES[state]) for state, count in counts.items()),
                ("without a result", unseen, "unknown"),
            ]
        ),
    )


def _promise(report: SlaReport, sla: Sla, at: int) -> ET.Element:
    found = report.of(sla)
    return el(
        "section",
        el("h2", name_of(sla.name)),
        el("p", words.whom(sla), cls="dim"),
        *_figures(report, sla, found),
        id=f"promise-{at}",
    )


def _figures(report: SlaReport, sla: Sla, found: Sequence[Assessment]) -> Iterator[Node]:
    if removed := words.removed_words(report, sla):
        yield el("p", el("strong", f"{removed[0].upper()}{removed[1:]}."))
    if not found:
        yield el("p", "No result of these is known.", cls="none")
        return
    yield el("p", f"Over {words.window_words(sla, found[0].span, report.month)}.")
    yield from _troubles(report, sla)
    for objective in sla.objectives:
        of_it = words.by_state(one for one in found if one.objective == objective)
        yield el("h3", f"{words.promise(of_it[0])}: {words.states_words(of_it)}")
        if len(of_it) > 1:
            yield by_gateway(of_it, sla.window.time_zone)
        yield _table(objective, of_it[:_MOST_OPEN])
        if folded := of_it[_MOST_OPEN:]:
            summary = el("summary", f"{len(folded):,} more: {words.states_words(folded)}")
            yield el("details", summary, _table(objective, folded))


def _table(objective: Objective, found: Sequence[Assessment]) -> ET.Element:
    heads = ["Target", "State", "Over the window", "Share", "Bad", "Budget left"]
    heads += ["Measured"] if objective.limit is not None else ["In incidents"]
    caption = "Below each share its 95 % interval; budget: how many may be bad in the window"
    return table(caption, heads, [list(_row(one)) for one in found], words=(1, 2))


def _row(one: Assessment) -> Iterator[Cell]:
    yield (name_of(one.target),)
    note = el("span", "few results", cls="ci") if words.may_be_chance(one) else None
    yield pill(one.state, _TONES[one.state]), note
    yield (bar(one),)
    yield words.percent(one.tally.share), el("span", words.interval(one), cls="ci")
    yield f"{one.tally.bad:,} of {one.tally.counted:,}"
    allowed = f"{words.number(one.budget.allowed)} allowed"
    yield words.budget_left(one), el("span", allowed, cls="ci")
    if one.objective.limit is None:
        count = len(one.incidents)
        told = f"{count} incident{'' if count == 1 else 's'}" if count else None
        yield show_seconds(one.down_s) if count else "none", el("span", told, cls="ci")
    else:
        yield words.measured(one), el("span", words.measured_interval(one), cls="ci")


def _troubles(report: SlaReport, sla: Sla) -> Iterator[Node]:
    found = [one for one in report.troubles if one.sla == sla.name]
    yield el("h3", f"Incidents: {len(found):,}" if found else "Incidents")
    if not found:
        yield el("p", "None.", cls="none")
        return
    zone = ZoneInfo(sla.window.time_zone)
    rows: list[list[Cell]] = [
        [
            words.moment(one.start, zone),
            words.moment(one.until, zone) if one.ended else (el("strong", "still on", cls="bad"),),
            show_seconds(one.duration_s),
            (_who(one.gateway, one.targets),),
            one.objective,
            ", ".join(list(one.kinds)[:3]),
            ", ".join(one.culprits),
        ]
        for one in found
    ]
    caption = (
        f"From the first bad round that was confirmed to the first good one ({sla.window.time_zone}); "
        "what fails together is one line"
    )
    heads = ["From", "To", "Lasted", "Target", "Objective", "What", "Points at"]
    yield table(caption, heads, rows, words=(1, 3, 4, 5, 6))


def _who(gateway: str, targets: Sequence[str]) -> ET.Element:
    if len(targets) == 1:
        return name_of(targets[0])
    return el("span", name_of(gateway), f", {len(targets):,} models")


def _not_counted(report: SlaReport) -> ET.Element:
    announced = [el("li", words.maintenance_words(one)) for one in report.maintenance]
    rows = list(_left_out(report))
    caption = "Results that say nothing of what was promised, by the reason"
    return el(
        "section",
        el("h2", "What does not count"),
        table(caption, ["Objective", "Counted", "Left out", "Why"], rows, words=(3,)),
        el("h3", "Announced maintenance") if announced else None,
        el("ul", *announced) if announced else None,
        *_unwatched(report),
        id="not-counted",
    )


def _left_out(report: SlaReport) -> Iterator[list[Cell]]:
    for sla in report.slas:
        found = report.of(sla)
        for objective in sla.objectives:
            of_it = [one for one in found if one.objective == objective]
            counted = sum(one.tally.counted for one in of_it)
            left = sum(sum(one.tally.excluded.values()) for one in of_it)
            why = words.excluded_words(of_it) or "nothing was"
            yield [(name_of(sla.name), f": {objective.name}"), f"{counted:,}", f"{left:,}", why]


def _unwatched(report: SlaReport) -> Iterator[Node]:
    dark = [one for one in report.assessments if one.unwatched_s > 0]
    if not dark:
        return
    most = max(dark, key=lambda one: one.unwatched_s)
    yield el(
        "p",
        f"Of {len(dark):,} of {len(report.assessments):,} objectives nothing is known for some of the "
        f"time: {show_seconds(most.unwatched_s)} at most (",
        name_of(most.target),
        "). No share is worked out for such times.",
    )


REPORT = PromiseReport(
    name="html",
    title="one page, for the people to whom it was promised",
    suffix=".html",
    media_type="text/html",
    render=render,
)
