"""A run while it goes on: how far it is, gateway by gateway, and what came last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from gatewayz.core import Outcome, RunStatus
from gatewayz.core.text import visible
from gatewayz.core.units import show_seconds
from gatewayz.core.writing import moment_text
from gatewayz.reports._markup import coded, el, name_of
from gatewayz.reports._page import section
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import Tone, key_of, pill, share_bar, tile, tiles
from gatewayz.server.pages.frame import Frame, Page, framed, run_link
from gatewayz.store.under_way import Latest, UnderWay

SCHEMA = "gatewayz/api/live/1"
# A run that no process says to have, and that has said nothing for so long, was killed.
SILENT_S = 600.0
_ORDER: tuple[tuple[Outcome, Tone], ...] = (
    (Outcome.PASSED, "good"),
    (Outcome.FAILED, "bad"),
    (Outcome.UNKNOWN, "unknown"),
    (Outcome.SKIPPED, "idle"),
)

# What comes is a text wherever it is put. When a run begins or ends the server makes the page anew; its content is
# taken over where it stands, so that who goes by keyboard keeps the place, and who hears the page is told.
SCRIPT = """
(() => {
  const spot = (name) => document.querySelector(`[data-live="${name}"]`);
  let first, wasRunning, renewing = false;
  const begin = () => {
    first = spot("run").textContent;
    wasRunning = spot("run").dataset.running === "yes";
  };
  begin();
  const reached = (root) => [...root.querySelectorAll("a[href], button, input, [tabindex]")];
  const renew = async () => {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.querySelector('[data-live="run"]')) { location.reload(); return; }
    const at = reached(document.querySelector("main")).indexOf(document.activeElement);
    for (const part of ["main", "footer"]) document.querySelector(part).replaceWith(page.querySelector(part));
    if (at >= 0) reached(document.querySelector("main"))[at]?.focus({ preventScroll: true });
    begin();
    const said = spot("said");
    if (said) setTimeout(() => { said.textContent = wasRunning ? "A run has begun" : "The run has ended"; }, 500);
  };
  const source = new EventSource("/api/v1/live");
  let saidAt = Date.now();
  // A name is put together as the page has it: a line may end at its "/", or anywhere where that is too long.
  const named = (text) => {
    const name = document.createElement("bdi");
    name.className = "name";
    text.split("/").forEach((part, at) => name.append(...(at ? ["/", document.createElement("wbr"), part] : [part])));
    return name;
  };
  const tones = { passed: "good", failed: "bad", unknown: "unknown", skipped: "idle" };
  let newest;
  source.onmessage = (event) => { newest = JSON.parse(event.data); show(); };
  const show = () => {
    const { run, latest } = newest;
    if ((run?.id ?? "") !== first || (run?.running ?? false) !== wasRunning) {
      if (!renewing) {
        renewing = true;
        // What came meanwhile is shown then; what failed is tried again.
        renew().catch(() => {}).finally(() => { renewing = false; setTimeout(show, 1000); });
      }
      return;
    }
    if (!run) return;
    spot("recorded").textContent = run.recorded.toLocaleString("en");
    for (const [name, tone] of Object.entries(tones)) {
      const tile = spot(name);
      if (tile) tile.textContent = run[name].toLocaleString("en");
    }
    const whole = Math.max(run.planned, run.recorded, 1);
    spot("planned").textContent = run.planned ? `of ${run.planned.toLocaleString("en")} planned` : "";
    const told = `${run.recorded.toLocaleString("en")} of ${whole.toLocaleString("en")} results`;
    const bar = document.querySelector(".progress");
    bar.setAttribute("aria-label", told);
    bar.querySelector("title").textContent = told;
    // Who hears the page is told now and then, not of every result.
    if (run.running && Date.now() - saidAt > 10000) {
      spot("said").textContent = `${told}, ${run.failed.toLocaleString("en")} failed`;
      saidAt = Date.now();
    }
    let at = 0;
    for (const [name, tone] of Object.entries(tones)) {
      const rect = document.querySelector(`.progress .fill.${tone}`);
      if (!rect) continue;
      const width = 100 * run[name] / whole;
      rect.setAttribute("x", at); rect.setAttribute("width", width);
      at += width;
    }
    const body = document.querySelector("#latest tbody");
    if (!body) return;
    body.replaceChildren(...latest.map((one) => {
      const row = document.createElement("tr");
      const cells = [one.name, one.probe, "", one.took, one.label];
      cells.forEach((text, at) => {
        const cell = document.createElement(at ? "td" : "th");
        if (!at) cell.scope = "row";
        if (at === 1 || at === 2 || at === 4) cell.className = "words";
        if (at === 2) {
          const pill = document.createElement("span");
          pill.className = `pill ${tones[one.outcome] ?? "unknown"}`;
          pill.textContent = one.outcome;
          cell.append(pill);
        } else cell.append(at ? text : named(text));
        row.append(cell);
      });
      return row;
    }));
  };
})();
"""


def is_running(seen: UnderWay, now: datetime) -> bool:
    """Whether a run goes on, by the process that has it; where none said so, as far as its records tell."""
    if seen.status is not RunStatus.RUNNING:
        return False
    if seen.goes_on is not None:
        return seen.goes_on
    last = max((one.at for one in seen.latest), default=seen.started_at)
    return (now - last).total_seconds() < SILENT_S


def _state(seen: UnderWay, now: datetime) -> str:
    """How it stands with a run, in words."""
    if is_running(seen, now):
        return "running"
    if seen.status is not RunStatus.RUNNING:
        return "ended"
    if seen.goes_on is None:
        return "silent for long: it may have been killed"
    return "its process is gone"


def live_document(seen: UnderWay | None, now: datetime) -> dict[str, Any]:
    """The same as a JSON value; docs/api.md has its shape."""
    if seen is None:
        return {"schema": SCHEMA, "run": None, "gateways": [], "latest": []}
    counts = _counts(seen)
    return {
        "schema": SCHEMA,
        "run": {
            "id": seen.id,
            "status": seen.status.value,
            "running": is_running(seen, now),
            "started_at": moment_text(seen.started_at),
            "finished_at": seen.finished_at and moment_text(seen.finished_at),
            "planned": seen.planned,
            "recorded": seen.recorded,
            **{outcome.value: counts[outcome] for outcome, _ in _ORDER},
        },
        "gateways": [
            {
                "gateway": name,
                **{outcome.value: ended.get(outcome, 0) for outcome, _ in _ORDER},
                "list": seen.lists[name].value if name in seen.lists else None,
            }
            for name, ended in seen.ended.items()
        ],
        "latest": [
            {
                "gateway": one.gateway,
                "model": one.model or None,
                "name": visible(_name(one)),
                "probe": one.probe,
                "way": one.way,
                "at": moment_text(one.at),
                "outcome": one.outcome.value,
                "label": one.label,
                "latency_s": one.latency_s,
                "took": _took(one.latency_s),
            }
            for one in seen.latest
        ],
    }


def _counts(seen: UnderWay) -> Mapping[Outcome, int]:
    return {
        outcome: sum(ended.get(outcome, 0) for ended in seen.ended.values())
        for outcome, _ in _ORDER
    }


def _name(one: Latest) -> str:
    return f"{one.gateway}/{one.model}" if one.model else one.gateway


def _took(latency_s: float | None) -> str:
    return show_seconds(latency_s) if latency_s is not None else ""


def live_page(frame: Frame, seen: UnderWay | None, now: datetime) -> Page:
    """The page as it is now; its script goes on from there."""
    if seen is None:
        nothing = el("p", *coded("No run yet; `gatewayz test` makes one."), cls="none")
        marker = el("span", "", data_live="run", data_running="no", hidden="")
        return framed(frame, "Live", el("h1", "Live"), nothing, marker, script=SCRIPT)
    running = is_running(seen, now)
    counts = _counts(seen)
    parts = [(outcome.value, counts[outcome], tone) for outcome, tone in _ORDER]
    report = el("a", "Its report", href=run_link(seen.id)) if frame.whole else None
    content = [
        el("h1", "Live"),
        el("p", pill(_state(seen, now), "good" if running else "idle"), f" run {seen.id}, begun {seen.started_at:%Y-%m-%d %H:%M:%S} UTC. ", report, cls="lead"),
        el("span", seen.id, data_live="run", data_running="yes" if running else "no", hidden=""),
        tiles(
            tile("Results", el("span", f"{seen.recorded:,}", data_live="recorded"), el("span", f"of {seen.planned:,} planned" if seen.planned else "", data_live="planned")),
            *(tile(outcome.value.capitalize(), el("span", f"{counts[outcome]:,}", data_live=outcome.value)) for outcome, _ in _ORDER),
        ),
        _progress(seen, counts),
        el("p", "", role="status", cls="unseen", data_live="said"),
        key_of(parts) if not running else None,
        section("gateways", "Gateways", _gateways(seen)),
        section("latest", "Latest results", _latest(seen)),
    ]  # fmt: skip
    return framed(frame, "Live", *content, script=SCRIPT, read_at=now)


def _progress(seen: UnderWay, counts: Mapping[Outcome, int]) -> ET.Element:
    """How much of the plan is done, by how it ended."""
    whole = max(seen.planned, seen.recorded, 1)
    told = f"{seen.recorded:,} of {whole:,} results"
    svg = el("svg", el("title", told), cls="share progress", role="img", aria_label=told)
    svg.set("viewBox", "0 0 100 4")
    svg.set("preserveAspectRatio", "none")
    svg.append(el("rect", cls="rest", x=0, y=0, width=100, height=4))
    at = 0.0
    for outcome, tone in _ORDER:
        width = 100 * counts[outcome] / whole
        svg.append(el("rect", cls=f"fill {tone}", x=at, y=0, width=width, height=4))
        at += width
    return svg


def _gateways(seen: UnderWay) -> ET.Element:
    tones = dict(_ORDER)
    rows: list[list[Cell]] = [
        [
            el("bdi", name),
            share_bar([(o.value, ended.get(o, 0), tone) for o, tone in _ORDER]),
            *(f"{ended.get(outcome, 0):,}" for outcome, _ in _ORDER),
            pill(seen.lists[name].value, tones[seen.lists[name]]) if name in seen.lists else "",
        ]
        for name, ended in seen.ended.items()
    ]
    heads = [
        "Gateway",
        "Results",
        *(outcome.value.capitalize() for outcome, _ in _ORDER),
        "Model list",
    ]
    return table("Results by gateway; reload for newer ones", heads, rows, words=(1, 6))


def _latest(seen: UnderWay) -> ET.Element:
    tones = dict(_ORDER)
    rows: list[list[Cell]] = [
        [
            name_of(_name(one)),
            one.probe,
            pill(one.outcome.value, tones[one.outcome]),
            _took(one.latency_s),
            one.label,
        ]
        for one in seen.latest
    ]
    heads = ["Model", "Probe", "Outcome", "Latency", "Failure"]
    return table("The newest first", heads, rows, words=(1, 2, 4))
