"""The list of runs, and the form that asks for a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gatewayz.core.run import lasted_s
from gatewayz.core.units import show_age, show_seconds
from gatewayz.reports._counts import rate_of
from gatewayz.reports._markup import coded, el
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import TONES, pill, share_bar
from gatewayz.reports.run_page.overview import parts_of
from gatewayz.server.pages.frame import Frame, Page, framed, run_link
from gatewayz.store import RunLine

PER_PAGE = 25


def runs_page(frame: Frame, runs: Sequence[RunLine], offset: int, now: datetime) -> Page:
    """Runs from the `offset`th on, the newest first; one more than a page has says that there are more."""
    rows: list[Sequence[Cell]] = [_row(run, now) for run in runs[:PER_PAGE]]
    heads = ["Run", "Result", "Passed", "Rate", "Cases", "Lasted"]
    links = []
    if offset:
        links.append(el("li", el("a", "Newer", href=f"/status/runs?offset={max(0, offset - PER_PAGE)}")))  # fmt: skip
    if len(runs) > PER_PAGE:
        links.append(el("li", el("a", "Older", href=f"/status/runs?offset={offset + PER_PAGE}")))
    found = table("Each opens as a page of its own", heads, rows, words=(1, 4)) if rows else el("p", *coded("No runs; `gatewayz test` makes one."), cls="none")  # fmt: skip
    pages = el("ul", *links, cls="spans", aria_label="More runs") if links else None
    return framed(frame, "Runs", el("h1", "Runs"), found, pages, read_at=now)


def _row(run: RunLine, now: datetime) -> list[Cell]:
    counts = run.counts
    lasted = lasted_s(run.started_at, run.finished_at, run.elapsed_s)
    return [
        (el("a", run.id, href=run_link(run.id)), el("span", f"begun {show_age(run.started_at, now)} ago", cls="ci")),
        pill(counts.tag, TONES[counts.tag]) if run.finished_at else pill(run.status.value, "idle"),
        f"{counts.passed:,}/{counts.judged:,}",
        rate_of(counts.rate),
        share_bar(parts_of(counts)),
        show_seconds(lasted) if lasted is not None else "",
    ]  # fmt: skip


def login_page(*, wrong: bool, onward: str) -> Page:
    """The form that asks for a key, and says so when the one before was wrong."""
    said = el("p", "That key is not known here.", cls="bad", role="alert") if wrong else None
    key = el("input", type="password", name="key", autocomplete="current-password", required="", autofocus="")  # fmt: skip
    form = el(
        "form",
        el("h1", "Status"),
        el("p", *coded("This page is for those who have a key of this server: `GATEWAYZ_API_KEY`, or one of `gatewayz keys create`."), cls="dim"),
        said,
        # By it a password manager knows what the key belongs to.
        el("input", type="text", name="username", value="gatewayz", autocomplete="username", hidden=""),
        el("label", "Key", key),
        el("input", type="hidden", name="onward", value=onward),
        el("button", "Show it"),
        cls="login",
        method="post",
        action="/status/login",
    )  # fmt: skip
    return framed(Frame(here=""), "Log in", form)


def missing_page(message: str) -> Page:
    """What a browser is shown where nothing is found; `message` is what a program is told."""
    content = (el("h1", "Not found"), el("p", f"{message[:1].upper()}{message[1:]}."))
    return framed(Frame(here=""), "Not found", *content)
