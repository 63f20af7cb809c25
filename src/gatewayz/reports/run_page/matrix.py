"""Models against probes for a whole run: a row for each model of each gateway, with its times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree as ET

from gatewayz.core import Model, Verdict
from gatewayz.core.units import show_seconds
from gatewayz.measure import latency_s, percentiles, ttft_s
from gatewayz.reports._blocks import Lane
from gatewayz.reports._markup import el, name_of
from gatewayz.reports._matrix import FAILS, MARKS, SOMETIMES, UNKNOWN, Mark, mark_of, rows_of
from gatewayz.reports._table_frame import framed
from gatewayz.reports._widgets import TONES, mark, pill
from gatewayz.reports.run_page.groups import Place

# More heads than so many stand upright, so that all columns are seen at once.
_MOST_FLAT = 4
_SHORTEST_S = 0.01
_STATES = {FAILS: "is-bad", SOMETIMES: "is-some", UNKNOWN: "is-unknown"}
# What is shown of the matrix, by the state of a model: the word for it and the class of its rows.
_CHOICES = (
    ("all", "All", ""),
    ("bad", "Failing", "is-bad"),
    ("some", "Sometimes", "is-some"),
    ("unknown", "Unknown", "is-unknown"),
)

CSS = "".join(
    f"#show-{name}:checked~.scroll tr.model:not(.{cls}),"
    f"#show-{name}:checked~.scroll tbody:not(.has-{cls}){{display:none}}"
    for name, _, cls in _CHOICES
    if cls
)

# The search is a convenience: without it the page is whole, and the choices are style alone.
SCRIPT = """
(() => {
  const box = document.getElementById("find");
  if (!box) return;
  box.parentElement.hidden = false;
  const rows = [...document.querySelectorAll(".matrix tr.model")];
  const told = document.getElementById("found");
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = row.textContent.toLowerCase().includes(wanted);
      row.classList.toggle("away", !fits);
      shown += fits;
    }
    told.textContent = wanted ? `${shown} of ${rows.length} models` : "";
  });
})();
"""


def matrix(lanes: Mapping[Lane, Sequence[Verdict]], places: Mapping[Place, str]) -> ET.Element | None:  # fmt: skip
    """The table with what chooses its rows; None where no model was asked anything."""
    asked = {
        lane: [verdict for verdict in verdicts if verdict.observation.case.model is not None]
        for lane, verdicts in lanes.items()
    }
    probes = list(dict.fromkeys(v.observation.case.probe for vs in asked.values() for v in vs))
    if not probes:
        return None
    bodies = [_body(lane, verdicts, probes, places) for lane, verdicts in asked.items() if verdicts]
    upright = len(probes) > _MOST_FLAT
    heads = [
        el("th", el("div", probe, cls="head up" if upright else "head"), scope="col")
        for probe in probes
    ]
    times = [el("th", head, scope="col") for head in ("TTFT", "Latency")]
    head = el("thead", el("tr", el("th", "Model", scope="col"), *heads, *times))
    used = {state for body in bodies for state in (body.get("class") or "").split()}
    found = el("table", head, *bodies, aria_label="Models against probes")
    return el(
        "div",
        *_choices(used),
        el(
            "label",
            "Find ",
            el("input", type="search", id="find", autocomplete="off"),
            " ",
            el("output", id="found", for_="find", cls="dim"),
            cls="find",
            hidden="",
        ),
        framed(found, "Models against probes"),
        _legend(),
        cls="matrix",
    )


def _choices(used: set[str]) -> Iterator[ET.Element]:
    """A choice for every state that some model is in; nothing where all are in one."""
    there = [one for one in _CHOICES if not one[2] or f"has-{one[2]}" in used]
    if len(there) < 2:
        return
    for name, words, cls in there:
        box = el("input", type="radio", name="show", id=f"show-{name}")
        if not cls:
            box.set("checked", "")
        yield box
        yield el("label", words, for_=f"show-{name}")


def _legend() -> ET.Element:
    items = (el("li", mark(m.sign, m.words, TONES[m.tag]), m.words) for m in MARKS)
    return el("ul", *items, cls="key-of", aria_label="Signs")


def _body(
    lane: Lane, verdicts: Sequence[Verdict], probes: Sequence[str], places: Mapping[Place, str]
) -> ET.Element:
    rows = rows_of(verdicts)
    marks = {
        model: {probe: mark_of(cells.get(probe, ())) for probe in probes}
        for model, cells in rows.items()
    }
    times = _times(verdicts)
    body = el("tbody", _lane_row(lane, marks, len(probes)))
    states: set[str] = set()
    for model, cells in marks.items():
        state = {_STATES[cell] for cell in cells.values() if cell in _STATES}
        states |= state
        body.append(_row(lane, model, cells, times[model], places, state))
    if states:
        body.set("class", " ".join(f"has-{state}" for state in sorted(states)))
    return body


def _lane_row(lane: Lane, marks: Mapping[Model | None, Mapping[str, Mark]], probes: int) -> ET.Element:  # fmt: skip
    failing = sum(any(c is FAILS for c in cells.values()) for cells in marks.values())
    models = "1 model" if len(marks) == 1 else f"{len(marks):,} models"
    beside = pill(f"{failing:,} failing", "bad") if failing else pill("none failing", "good")
    head = el("th", el("bdi", lane.title), scope="rowgroup")
    return el("tr", head, el("td", f"{models} ", beside, colspan=probes + 2), cls="lane")


def _row(
    lane: Lane,
    model: Model | None,
    cells: Mapping[str, Mark],
    times: tuple[str, str],
    places: Mapping[Place, str],
    state: set[str],
) -> ET.Element:
    id_ = model.id if model else ""
    row = el("tr", cls=" ".join(["model", *sorted(state)]))
    title = model.title if model else ""
    beside = el("span", name_of(id_), cls="ci") if title != id_ else None
    row.append(el("th", name_of(title), beside, scope="row"))
    for probe, cell in cells.items():
        place = places.get((lane, id_, probe), "")
        shown = mark(cell.sign, cell.words, TONES[cell.tag], f"#{place}" if place else "") if cell.tag else None  # fmt: skip
        row.append(el("td", shown))
    row.extend(el("td", told, cls="number") for told in times)
    return row


def _times(verdicts: Sequence[Verdict]) -> dict[Model | None, tuple[str, str]]:
    """The medians of each model's times over what passed, for people."""
    found: dict[Model | None, tuple[list[float], list[float]]] = {}
    for verdict in verdicts:
        seen = verdict.observation
        ttfts, latencies = found.setdefault(seen.case.model, ([], []))
        if verdict.outcome.value == "passed" and seen.last is not None:
            ttfts += [value for value in (ttft_s(seen.last),) if value is not None]
            latencies += [value for value in (latency_s(seen.last),) if value is not None]
    return {model: (_median(one), _median(other)) for model, (one, other) in found.items()}


def _median(values: Sequence[float]) -> str:
    if not values:
        return ""
    median = percentiles(values).median or 0.0
    return show_seconds(median) if median >= _SHORTEST_S else f"< {show_seconds(_SHORTEST_S)}"
