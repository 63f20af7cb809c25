"""Models against probes for a whole run: a row for each model of each gateway, with its times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from gatewayz.core import Model, Verdict
from gatewayz.core.units import show_seconds
from gatewayz.measure import latency_s, percentiles, ttft_s
from gatewayz.reports._blocks import Lane
from gatewayz.reports._markup import el, name_of
from gatewayz.reports._matrix import FAILS, Mark, mark_of, rows_of
from gatewayz.reports._matrix_frame import LABEL, marked, matrix_frame, probe_heads, row_class
from gatewayz.reports._widgets import TONES, mark, pill
from gatewayz.reports.run_page.groups import Place

_SHORTEST_S = 0.01


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
    heads = probe_heads(probes)
    times = [el("th", head, scope="col") for head in ("TTFT", "Latency")]
    head = el("thead", el("tr", el("th", "Model", scope="col"), *heads, *times))
    return matrix_frame(el("table", head, *bodies, aria_label=LABEL))


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
    for model, cells in marks.items():
        body.append(_row(lane, model, cells, times[model], places))
    return marked(body)


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
) -> ET.Element:
    id_ = model.id if model else ""
    row = el("tr", cls=row_class(cells.values()))
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
