"""The status page: whether everything answers, gateway by gateway and model by model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from xml.etree import ElementTree as ET

from gatewayz.core.objectives import Maintenance
from gatewayz.core.units import show_age, show_seconds
from gatewayz.reports._markup import coded, el, name_of
from gatewayz.reports._matrix import FAILS, SOMETIMES, Mark
from gatewayz.reports._matrix_frame import (  # fmt: skip
    LABEL,
    SCRIPT,
    marked,
    matrix_frame,
    probe_heads,
    row_class,
)
from gatewayz.reports._page import section
from gatewayz.reports._widgets import TONES, Tone, mark, pill, tile, tiles
from gatewayz.server.pages.announced import maintenance_list
from gatewayz.server.pages.days import day_bar, known_days, percent, probes, small_bar, whole
from gatewayz.server.pages.frame import Frame, Page, framed, gateway_link, model_link
from gatewayz.server.pages.overview import GatewayNow, ModelNow, Overview
from gatewayz.server.pages.promises import Promises, incident_list, promise_table


def status_page(
    frame: Frame,
    seen: Overview,
    promises: Promises,
    now: datetime,
    announced: Sequence[Maintenance] = (),
) -> Page:
    """The whole page; `announced` is the maintenance that it tells of."""
    content = [
        _verdict(seen, now),
        _numbers(seen, promises),
        section("gateways", "Gateways", _gateways(seen)),
        section("incidents", "Incidents", incident_list(promises, now)),
        section("maintenance", "Maintenance", maintenance_list(announced, now)),
        section("promises", "Promises", promise_table(promises)),
        section("models", "Models", _matrix(seen)),
    ]
    return framed(frame, "Status", *content, script=SCRIPT, read_at=now)


def _verdict(seen: Overview, now: datetime) -> ET.Element:
    """The one sentence that most readers come for."""
    models, at = seen.models, seen.at
    mute = [gateway.whole for gateway in seen.gateways if gateway.whole is not None]
    failing = sum(model.fails for model in models)
    unsteady = sum(model.is_unsteady for model in models)
    told = sum(model.is_told for model in models)
    dark = sum(model.is_in_the_dark for model in models)
    tone: Tone
    if not told:
        words = "Nobody can tell whether the models answer" if dark else ""
        tone = "bad" if FAILS in mute else "unknown"
    elif failing:
        words = f"{failing:,} of {told:,} models do not answer"
        tone = "bad" if failing * 2 > told else "warn"
    elif unsteady:
        words, tone = f"{unsteady:,} of {told:,} models answer sometimes", "warn"
    elif dark:
        words, tone = (
            f"{told:,} of {told + dark:,} models answer; of the others nobody can tell",
            "unknown",
        )
    else:
        words, tone = f"All {told:,} models answer" if told > 1 else "The model answers", "good"
    if mute:
        lists = "1 gateway tells" if len(mute) == 1 else f"{len(mute):,} gateways tell"
        words = "; ".join(filter(None, (words, f"{lists} no models")))
        tone = ("warn" if FAILS in mute else "unknown") if tone == "good" else tone
    words = words or "Nothing has been asked yet"
    last = f"Last asked {show_age(at, now)} ago." if at else "`gatewayz test` asks."
    return el("div", el("div", el("h1", words), el("p", *coded(last))), cls=f"verdict of-{tone}")


def _numbers(seen: Overview, promises: Promises) -> ET.Element:
    count = len(seen.days)
    day, all_days = seen.last_days(1), seen.last_days(count)
    failing = sum(gateway.state in (FAILS, SOMETIMES) for gateway in seen.gateways)
    open_ = len(promises.open_incidents)
    incidents = tile("Open incidents", f"{open_:,}", "", "bad" if open_ else "good")
    return tiles(
        tile("Up today", percent(day.rate), f"{probes(day.up + day.down)} that count"),
        tile(f"Up over {count} days", percent(all_days.rate), f"{probes(all_days.up + all_days.down)} on {seen.known_days}"),
        tile("Gateways with trouble", f"{failing:,}", f"of {len(seen.gateways):,}", "bad" if failing else "good"),
        incidents if promises.is_known else None,
        promises.tile(),
    )  # fmt: skip


def _gateways(seen: Overview) -> ET.Element | None:
    if not seen.gateways:
        return None
    rows = (_gateway(seen, gateway) for gateway in seen.gateways)
    ends = el("li", scale_below(len(seen.days)), cls="ends", aria_hidden="true")
    return el("ul", *rows, ends, cls="gateways")


def _gateway(seen: Overview, gateway: GatewayNow) -> ET.Element:
    count = len(gateway.models)
    models = "1 model" if count == 1 else f"{count:,} models"
    told, tone = models, "dim"
    if gateway.failing:
        told, tone = f"{models}, {gateway.failing:,} not answering", "bad"
    elif gateway.unsteady:
        told, tone = f"{models}, {gateway.unsteady:,} answering sometimes", "warn"
    elif gateway.whole is not None:
        told = f"{models if count else 'no models'}, list: {gateway.label or gateway.whole.words}"
        tone = "bad" if gateway.whole is FAILS else "dim"
    who = el("div", el("a", el("bdi", gateway.name), href=gateway_link(gateway.name)), el("span", told, cls=tone), cls="who")  # fmt: skip
    up = el("div", percent(whole(gateway.days).rate), el("small", known_days(gateway.days, len(seen.days))), cls="up")  # fmt: skip
    return el("li", who, day_bar(seen.days, gateway.days, gateway.name), up)


def gateway_pill(gateway: GatewayNow) -> ET.Element:
    """How a gateway is, in a word or two."""
    if gateway.whole is not None:
        words = f"its list {'fails' if gateway.whole is FAILS else 'is unknown'}"
        return pill(
            f"{words}: {gateway.label}" if gateway.label else words, TONES[gateway.whole.tag]
        )
    if gateway.failing:
        return pill(f"{gateway.failing:,} not answering", "bad")
    if gateway.unsteady:
        return pill(f"{gateway.unsteady:,} answering sometimes", "warn")
    if gateway.told and not gateway.in_the_dark:
        return pill("all answer", "good")
    return pill(f"{gateway.in_the_dark:,} unknown" if gateway.told else "unknown", "unknown")


def scale_below(days: int) -> ET.Element:
    """What the ends of a bar of days are."""
    return el("p", el("span", f"{days} days ago"), el("span", "today"), cls="scale")


def _matrix(seen: Overview) -> ET.Element | None:
    if not seen.models:
        return None
    tail = [el("th", words, scope="col") for words in ("Latency", f"{len(seen.days)} days", "Up")]
    head = el("tr", el("th", "Model", scope="col"), *probe_heads(seen.probes), *tail)
    bars = _Bars(len(seen.days))
    bodies = (_body(seen, gateway, bars) for gateway in seen.gateways)
    return matrix_frame(el("table", el("thead", head), *bodies, aria_label=LABEL))


class _Bars:
    """The days of models as a bar and a share. Many are alike: such are one element, which is only read."""

    def __init__(self, days: int) -> None:
        self._days = days
        self._known: dict[tuple[int, ...], tuple[ET.Element, str]] = {}

    def of(self, model: ModelNow) -> tuple[ET.Element, str]:
        """The bar of a model's days, and the share of them that it was up."""
        name = tuple(map(id, model.days))
        found = self._known.get(name)
        if found is None:
            up = percent(whole(model.days).rate)
            bar = small_bar(model.days, f"{self._days} days: {up} up")
            found = self._known[name] = (bar, up)
        return found


def _body(seen: Overview, gateway: GatewayNow, bars: _Bars) -> ET.Element:
    head = el("th", el("a", el("bdi", gateway.name), href=gateway_link(gateway.name)), scope="rowgroup")  # fmt: skip
    lane = el("tr", head, el("td", gateway_pill(gateway), colspan=len(seen.probes) + 3), cls="lane")
    rows = (_row(seen, model, bars) for model in gateway.models)
    return marked(el("tbody", lane, *rows))


def _row(seen: Overview, model: ModelNow, bars: _Bars) -> ET.Element:
    link = el("a", name_of(model.model), href=model_link(model.gateway, model.model))
    row = el("tr", el("th", link, scope="row"), cls=row_class(model.marks.values()))
    for probe in seen.probes:
        cell = ET.SubElement(row, "td")
        found = model.marks.get(probe)
        if found is not None:
            cell.append(_sign(found))
    row.extend(_tail(model, bars))
    return row


@lru_cache(maxsize=16)
def _sign(found: Mark) -> ET.Element:
    """One element for all cells that show the same: it is only read from now on."""
    return mark(found.sign, found.words, TONES[found.tag])


def _tail(model: ModelNow, bars: _Bars) -> Iterator[ET.Element]:
    latency = show_seconds(model.latency_s) if model.latency_s is not None else ""
    yield el("td", latency, cls="number")
    if not model.days:
        yield from (el("td"), el("td"))
        return
    bar, up = bars.of(model)
    yield el("td", bar)
    yield el("td", up, cls="number")
