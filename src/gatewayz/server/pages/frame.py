"""What every page of the dashboard has: its head, the way to the others, how old its figures are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from urllib.parse import quote
from xml.etree import ElementTree as ET

from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._matrix_frame import CSS as MATRIX_CSS
from gatewayz.reports._page import document, policy
from gatewayz.reports._style import CSS
from gatewayz.reports._widgets_style import WIDGETS_CSS
from gatewayz.reports.run_page.timeline import CSS as TIMELINE_CSS
from gatewayz.server.pages.style import DASHBOARD_CSS

STYLE = f"{CSS}{WIDGETS_CSS}{MATRIX_CSS}{TIMELINE_CSS}{DASHBOARD_CSS}"
_DOTS = frozenset({".", ".."})
_PLACES = (("/status", "Status"), ("/status/runs", "Runs"), ("/status/live", "Live"))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a page stands, and for whom: `whole` is one who may see runs, `leaves` who can log out."""

    here: str
    whole: bool = False
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it goes out, with the policy that it is to be shown under."""

    body: bytes
    policy: str


def framed(
    frame: Frame,
    title: str,
    *content: Node,
    script: str = "",
    trail: Sequence[tuple[str, str]] = (),
    read_at: datetime | None = None,
) -> Page:
    """A whole page around its content; `trail` are the pages above it, as addresses and words.

    `read_at` is when its figures were read.
    """
    body = [
        el("a", "To the content", cls="skip", href="#content"),
        el("header", _bar(frame), _trail(trail, title) if trail else None, cls="bar"),
        el("main", *content, id="content"),
        el("footer", f"As of {read_at:%Y-%m-%d %H:%M:%S} UTC. " if read_at else "", "Written by gatewayz; what counts as up stands in docs/dashboard.md."),
    ]  # fmt: skip
    data = document(f"{title} · gatewayz", body, css=STYLE, script=script)
    return Page(data, policy(STYLE, script, served=True))


def _bar(frame: Frame) -> ET.Element:
    shown = [place for place in _PLACES if frame.whole or place[0] == "/status"]
    links = el("ul", *(el("li", _link(place, words, frame.here)) for place, words in shown))
    leave = el("form", el("button", "Log out", cls="quiet"), method="post", action="/status/logout") if frame.leaves else None  # fmt: skip
    brand = el("a", "gatewayz", cls="brand", href="/status")
    return el("div", brand, el("nav", links, aria_label="Pages"), leave, cls="top")


def _link(place: str, words: str, here: str) -> ET.Element:
    link = el("a", words, href=place)
    if place == here:
        link.set("aria-current", "page")
    return link


def _trail(trail: Sequence[tuple[str, str]], title: str) -> ET.Element:
    steps = [el("li", el("a", name_of(words), href=place)) for place, words in trail]
    here = el("li", name_of(title), aria_current="page")
    return el("nav", el("ol", *steps, here), cls="trail", aria_label="Where this is")


def gateway_link(gateway: str) -> str:
    """The address of a gateway's page."""
    return undotted(f"/status/gateways/{quote(gateway, safe='')}")


def model_link(gateway: str, model: str) -> str:
    """The address of a model's page; slashes in its id stay slashes."""
    return undotted(f"/status/models/{quote(gateway, safe='')}/{quote(model, safe='/@:+')}")


def run_link(run_id: str) -> str:
    """The address of a run's report."""
    return undotted(f"/status/runs/{quote(run_id, safe='')}")


def badge_link(gateway: str, model: str) -> str:
    """The address of a model's badge."""
    return undotted(f"/badge/{quote(gateway, safe='')}/{quote(model, safe='/@:+')}.svg")


def undotted(place: str) -> str:
    """An address, quoted, in which no part is "." or "..": the slashes beside them are escaped.

    Browsers resolve such parts before they ask, however the dots are written; a server reads the
    escaped slash as one.
    """
    parts = place.split("/")
    if _DOTS.isdisjoint(parts):
        return place
    told = parts[0]
    for before, part in pairwise(parts):
        told += ("/" if _DOTS.isdisjoint((before, part)) else "%2F") + part
    return told
