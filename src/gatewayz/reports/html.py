"""A run as one page: it opens from the disk, asks the network for nothing, and needs no script.

Whatever a provider wrote is text in it (`reports/_markup.py`). Its one script, which finds models by
their names, is a constant; the page's policy names it and the style by their digests and forbids all else.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from gatewayz.core import Run, RunStatus, Summary
from gatewayz.core.units import show_moment
from gatewayz.reports._blocks import lanes_of
from gatewayz.reports._markup import Node, el
from gatewayz.reports._matrix_frame import CSS as MATRIX_CSS
from gatewayz.reports._matrix_frame import SCRIPT
from gatewayz.reports._page import contents, document, facts, folded, policy, section
from gatewayz.reports._report import Report
from gatewayz.reports._style import CSS
from gatewayz.reports._widgets_style import WIDGETS_CSS
from gatewayz.reports.run_page import failures, matrix, overview, speed, timeline
from gatewayz.reports.run_page.groups import groups_of, places_of

STYLE = f"{CSS}{WIDGETS_CSS}{MATRIX_CSS}{timeline.CSS}"
_POLICY = policy(STYLE, SCRIPT)


def render(run: Run, summary: Summary, *, back: str = "") -> bytes:
    """The page as UTF-8; the same bytes for the same run. `back` is where the list of runs is, if anywhere."""
    sections = [found for found in _sections(run, summary) if found is not None]
    body = [
        el("a", "To the results", cls="skip", href="#results"),
        _header(run, summary, sections, back),
        el("main", *sections),
        el("footer", f"Run {run.id}, written by gatewayz. docs/measurements.md says what each number means."),
    ]  # fmt: skip
    title = f"Roll call of {show_moment(run.started_at)}"
    return document(title, body, css=STYLE, script=SCRIPT, policed=_POLICY)


def _header(run: Run, summary: Summary, sections: list[ET.Element], back: str) -> ET.Element:
    ended = run.status is RunStatus.FINISHED
    note = f"This run is {run.status.value}: what stands here is what it came to." if not ended else None  # fmt: skip
    return el(
        "header",
        el("p", el("a", "All runs", href=back)) if back else None,
        el("h1", "Roll call"),
        el("p", f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC, run {run.id}", cls="lead"),
        el("p", note, cls="note", role="note") if note else None,
        *(el("p", f"{told}.", cls="note", role="note") for told in summary.notes),
        *overview.numbers(run, summary),
        contents(sections),
    )


def _sections(run: Run, summary: Summary) -> Iterator[ET.Element | None]:
    lanes = lanes_of(run)
    verdicts = [verdict for group in lanes.values() for verdict in group]
    groups = groups_of(lanes)
    nothing = el("p", "Nothing was asked.", cls="none")
    yield section("results", "Gateways", overview.gateways(run, summary) or nothing)
    yield section("models", "Models", matrix.matrix(lanes, places_of(groups)))
    yield section("ways", "Direct and through the API", *overview.ways(summary))
    yield section("failures", "Failures", *failures.failure_cards(run, groups))
    yield section("warnings", "Warnings", *failures.warnings(verdicts))
    yield section("speed", "Speed", *speed.speed(lanes), overview.repeats(summary))
    yield section("time", "Timeline", timeline.calls_picture(run.started_at, lanes))
    yield section("skipped", "Skipped", *failures.skipped(verdicts))
    yield section("spent", "What it took", overview.spent(summary))
    yield section("about", "About this run", *_about(run))


def _about(run: Run) -> Iterator[Node]:
    ended = f"{run.finished_at:%Y-%m-%d %H:%M:%S} UTC" if run.finished_at else "not ended"
    begun = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"
    yield facts([("Run", run.id), ("Begun", begun), ("Ended", ended), ("Planned", f"{run.planned:,} cases")])  # fmt: skip
    yield from folded(("Settings", run.settings), ("Environment", run.environment))


REPORT = Report(
    name="html",
    title="one page with pictures, for people",
    suffix=".html",
    media_type="text/html",
    render=render,
)
