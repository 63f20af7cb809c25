"""A load run as one page: it opens from the disk, asks the network for nothing and runs no script.

Whatever a provider wrote is text in it (`reports/_markup.py`), and the page's own policy forbids
everything but its style. Tables stand beside the pictures, so that nothing is told by a picture alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from gatewayz.core.access import access_kept
from gatewayz.core.curl import curl_for
from gatewayz.core.load import LoadFailure, LoadResult, Target
from gatewayz.core.run import lasted_s
from gatewayz.core.shown import question_of, shown_by
from gatewayz.core.text import excerpt
from gatewayz.core.units import show_seconds
from gatewayz.core.verdict import Verdict
from gatewayz.measure import METRICS
from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._page import document, folded, policy
from gatewayz.reports._report import LoadReport
from gatewayz.reports._spend import spend_lines
from gatewayz.reports._style import CSS
from gatewayz.reports.load import _pictures, _tables
from gatewayz.reports.load._advice import advise_on_load
from gatewayz.reports.load._figures import route_to, title_of

# What is drawn; the other metrics are told in a table each.
_DRAWN = ("ttft", "itl", "icl", "decode_rate", "latency")


def render(result: LoadResult) -> bytes:
    """The page as UTF-8; the same bytes for the same run."""
    sections = [section for section in _sections(result) if section is not None]
    title = "Load run: " + (", ".join(target.name for target in result.targets) or "no target")
    links = [(section.get("id", ""), section[0].text or "") for section in sections]
    body = [
        el("a", "To the results", cls="skip", href=f"#{links[0][0]}" if links else "#"),
        _header(result, links),
        el("main", *sections),
        el("footer", f"Run {result.id}, written by gatewayz. docs/measurements.md says what each number means."),
    ]  # fmt: skip
    return document(title, body, css=CSS, policed=policy(CSS))


def _header(result: LoadResult, links: Iterable[tuple[str, str]]) -> ET.Element:
    check = result.self_check
    facts: list[tuple[str, Node]] = [
        ("Load", result.shape.words),
        ("Started", result.started_at.strftime("%Y-%m-%d %H:%M:%S %Z")),
        ("Lasted", _lasted(result)),
        ("Ended", f"{result.status.value}: {result.stopped_why}" if result.stopped_why else result.status.value),
        ("Seed", str(result.seed)),
    ]  # fmt: skip
    names = el("ul", *(el("li", name_of(one.name), _way(result, one)) for one in result.targets))
    warning = el("p", check.words or "The client was the bottleneck.", cls="note", role="note")
    return el(
        "header",
        el("h1", "Load run"),
        names,
        el("dl", *(node for term, told in facts for node in (el("dt", term), el("dd", told))), cls="facts"),
        warning if check.bottleneck else None,
        *(el("p", note, cls="dim") for note in (*result.notes, *spend_lines(result.spend, and_odd=False))),
        el("nav", el("ul", *(el("li", el("a", title, href=f"#{place}")) for place, title in links)), aria_label="Sections"),
    )  # fmt: skip


def _way(result: LoadResult, target: Target) -> str:
    api = " through the API" if target.way == "api" else ""
    return f"{api} {route_to(result, target.name)}".rstrip()


def _lasted(result: LoadResult) -> str:
    if result.finished_at is None:
        return "not ended"
    # Moments of its lines are of the monotonic clock, and the times of day may have been set meanwhile.
    ends = [line.started_s + line.elapsed_s for line in result.lines if line.elapsed_s is not None]
    elapsed_s = max(ends, default=None)
    return show_seconds(lasted_s(result.started_at, result.finished_at, elapsed_s))


def _section(id: str, title: str, *children: Node) -> ET.Element | None:
    """A section with its heading; None when there is nothing in it."""
    found = [child for child in children if child is not None]
    return el("section", el("h2", title), *found, id=id) if found else None


def _sections(result: LoadResult) -> Iterator[ET.Element | None]:
    nothing = el("p", "No request was sent after the warm-up.", cls="none")
    yield _section("results", "Results", _tables.results(result) if result.lines else nothing)
    if any(line.objectives for line in result.lines) or result.most:
        yield _section("objectives", "Objectives", *_tables.objectives(result))
    yield _section("comparisons", "Comparisons", *_tables.comparisons(result))
    if curves := list(_pictures.against_load(result)):
        yield _section("load", "Against load", el("div", *curves, cls="pair"))
    yield _section("distributions", "Distributions", *_metrics(result))
    if any(line.series for line in result.lines):
        behind = el(
            "details", el("summary", "The figures behind these pictures"), _tables.slices(result)
        )
        pictures = el("div", *_pictures.over_time(result), cls="pair")
        yield _section("time", "Over time", pictures, behind)
    yield _section("failures", "Failures", *_failures(result))
    yield _section("client", "The client itself", *_tables.client(result))
    yield _section("about", "About this run", *_about(result))


def _metrics(result: LoadResult) -> Iterator[Node]:
    measured = [
        name for name in METRICS
        if any(name in line.metrics and line.metrics[name].count for line in result.lines)
    ]  # fmt: skip
    for name in measured:
        if name in _DRAWN:
            yield el("h3", title_of(name))
            yield el("p", METRICS[name].formula, cls="dim")
            yield _tables.metric_table(result, name)
            yield el("div", *_pictures.distributions(result, name), cls="pair")
    if more := [name for name in measured if name not in _DRAWN]:
        tables = (_tables.metric_table(result, name) for name in more)
        yield el(
            "details",
            el("summary", f"{len(more)} more {'metric' if len(more) == 1 else 'metrics'}"),
            *tables,
        )
    if estimated := _tables.estimated(result):
        yield el("h3", "Estimated")
        yield el("ul", *estimated)
    if missing := _tables.missing(result):
        yield el("h3", "Not measured")
        yield el("ul", *missing)


def _failures(result: LoadResult) -> Iterator[Node]:
    if not result.failures:
        yield el("p", "None." if result.lines else "Nothing was sent.", cls="none")
    for failure in result.failures:
        yield el("h3", f"{failure.label}: {failure.count:,} at ", name_of(failure.target))
        yield el("p", f"Points at {failure.culprit}.")
        yield from _examples(result, failure)


def _examples(result: LoadResult, failure: LoadFailure) -> Iterator[Node]:
    for at, verdict in enumerate(failure.examples):
        case = verdict.observation.case
        access = access_kept(result.settings, case.gateway, case.way)
        advice = advise_on_load(verdict, access)
        if at == 0:
            yield el("p", f"{advice.cause} {advice.remedy}".strip())
        attempt = shown_by(verdict)
        if attempt is None:
            continue
        status = "no answer" if attempt.status is None else f"HTTP {attempt.status}"
        yield el(
            "details",
            el("summary", f"Example {at + 1}: {status}"),
            el("p", excerpt(_evidence(verdict), 1000)),
            el("pre", curl_for(attempt, access, question_of(verdict)), tabindex="0"),
        )


def _evidence(verdict: Verdict) -> str:
    return verdict.failure.evidence if verdict.failure else verdict.reason


def _about(result: LoadResult) -> Iterator[Node]:
    names = [name for name in METRICS if any(name in line.metrics for line in result.lines)]
    if names:
        yield _tables.definitions(names)
    if result.warm_up:
        told = "; ".join(
            f"{line.target}: {line.passed:,} of {line.sent:,} passed"
            + (f", {line.unfinished:,} unfinished" if line.unfinished else "")
            for line in result.warm_up
        )
        yield el("p", f"Warm-up, in no figure: {told}.")
    yield from folded(("Settings", result.settings), ("Environment", result.environment))


REPORT = LoadReport(
    name="html",
    title="one page with pictures, for people",
    suffix=".html",
    media_type="text/html",
    render=render,
)
