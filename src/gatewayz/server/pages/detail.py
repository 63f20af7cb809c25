"""The pages of one gateway and of one model: days, times and failures over a while, what came last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree import ElementTree as ET

from gatewayz.core.availability import Tally
from gatewayz.core.summed import Step
from gatewayz.core.units import show_age, show_seconds
from gatewayz.measure.metrics import METRICS
from gatewayz.reports._charts import Line, Plot, lines_chart
from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._page import section
from gatewayz.reports._scales import Scale
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports._widgets import TONES, mark, pill, tile, tiles
from gatewayz.server.pages.days import Days, day_bar, known_days, percent, probes, whole
from gatewayz.server.pages.frame import Frame, Page, framed, gateway_link, model_link, run_link
from gatewayz.server.pages.overview import GatewayNow, ModelNow
from gatewayz.server.pages.promises import Promises, incident_list, promise_table
from gatewayz.server.pages.status import gateway_pill, scale_below

# What can be looked back over: the word in the address, days, seconds of a step, the words for both.
SPANS = (
    ("2d", 2, 3600, "2 days, by the hour"),
    ("7d", 7, 3600, "7 days, by the hour"),
    ("30d", 30, 86400, "30 days, by the day"),
    ("90d", 90, 86400, "90 days, by the day"),
)
_METRICS = ("ttft", "latency", "decode_rate")
# A 95th percentile of fewer values is their largest.
_ENOUGH = 20
_MOST_FAILURES = 12
_MOST_TICKS, _LEFT_FREE = 5, 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a page of details is made of. `span` is one of SPANS' words, `steps` are of that time.

    `ups` is the availability in each step.
    """

    days: tuple[date, ...]
    steps: tuple[Step, ...]
    ups: tuple[Tally, ...]
    span: str
    promises: Promises
    now: datetime


def gateway_page(frame: Frame, gateway: GatewayNow, look: Look) -> Page:
    """One gateway: its days, its times, its models."""
    place = gateway_link(gateway.name)
    content = [
        el("h1", el("bdi", gateway.name)),
        el("p", gateway_pill(gateway), f" {len(gateway.models):,} models", cls="lead"),
        _days(gateway.name, look.days, gateway.days),
        *_common(place, look),
        section("models", "Models", _models(gateway)),
    ]  # fmt: skip
    return framed(frame, gateway.name, *content, trail=[("/status", "Status")], read_at=look.now)


def model_page(frame: Frame, model: ModelNow, look: Look, badge: str) -> Page:
    """One model of one gateway: how each probe came out last, its days, its times."""
    place = model_link(model.gateway, model.model)
    words = {"OK": "answers", "FAIL": "does not answer", "WARN": "answers sometimes"}
    state = pill(words.get(model.state.tag, "unknown"), TONES.get(model.state.tag, "unknown"))
    last = f" last asked {show_age(model.at, look.now)} ago" if model.at else " not asked lately"
    content = [
        el("h1", name_of(model.model)),
        el("p", state, last, f", fails by {model.label}" if model.label else "", cls="lead"),
        _days(model.model, look.days, model.days) if model.days else None,
        section("probes", "Probes", _probes(frame, model)),
        *_common(place, look),
        section("badge", "Badge", _badge(badge, model)),
    ]
    trail = [("/status", "Status"), (gateway_link(model.gateway), model.gateway)]
    return framed(frame, model.model, *content, trail=trail, read_at=look.now)


def _days(name: str, days: Sequence[date], found: Sequence[Days]) -> ET.Element:
    spans = [count for count in (1, 7, 30, 90) if count <= len(found)]
    titles = {1: "Today"}
    numbers = (
        tile(titles.get(count, f"{count} days"), percent(total.rate), f"{probes(total.up + total.down)} on {known_days(found[-count:], count)}")
        for count in spans
        for total in [whole(found[-count:])]
    )  # fmt: skip
    bar = day_bar(days, found, name)
    return el("div", tiles(*numbers), el("div", bar, scale_below(len(days)), _table_of(days, found), cls="wide-days"))  # fmt: skip


def _table_of(days: Sequence[date], found: Sequence[Days]) -> ET.Element:
    """The days behind a bar, the latest first."""
    rows = [
        [f"{day}", percent(tally.rate), f"{tally.up:,}", f"{tally.down:,}", f"{tally.judged - tally.up - tally.down:,}"]
        for day, tally in zip(reversed(days), reversed(found), strict=True)
        if tally.judged
    ]  # fmt: skip
    heads = ["Day (UTC)", "Up", "Probes up", "Down", "Left out"]
    caption = "Left out is what says nothing of the model: our own faults, keys, money, rate limits"
    return el("details", el("summary", "The days behind it"), table(caption, heads, rows))


def _common(place: str, look: Look) -> Iterator[Node]:
    yield section("incidents", "Incidents", incident_list(look.promises, look.now, days=90))
    yield section("promises", "Promises", promise_table(look.promises))
    yield section("time", "Over time", _spans(place, look.span), *_charts(look))
    yield section("failures", "Failures", _failures(look.steps))


def _spans(place: str, span: str) -> ET.Element:
    items = []
    for name, _, _, words in SPANS:
        link = el("a", words, href=f"{place}?span={name}#time")
        if name == span:
            link.set("aria-current", "true")
        items.append(el("li", link))
    return el("ul", *items, cls="spans", aria_label="Time")


def _charts(look: Look) -> Iterator[Node]:
    if not look.steps:
        yield el(
            "p", "This is of all its models together, and this key may not use all.", cls="none"
        )
        return
    if not any(step.judged for step in look.steps) and not any(up.counted for up in look.ups):
        yield el("p", "Nothing was judged in this time.", cls="none")
        return
    charts = [_rates(look), *(_times(look, name) for name in _METRICS)]
    yield el("div", *charts, cls="pair")
    yield el("details", el("summary", "The figures behind these pictures"), _figures(look))


def _x(look: Look) -> tuple[Scale, list[tuple[float, str]]]:
    """Time as hours since the first step, and the days on it that have a name."""
    first, last = look.steps[0].start, look.steps[-1].start
    hours = (last - first).total_seconds() / 3600 or 1.0
    midnights = [s.start for s in look.steps if s.start.hour == 0]
    every = max(1, -(-len(midnights) // _MOST_TICKS))
    ticks = [((m - first).total_seconds() / 3600, f"{m:%d %b}") for m in midnights[::every]]
    # At the very left a name would lie on the numbers of the other axis.
    ticks = [(at, words) for at, words in ticks if at >= hours * _LEFT_FREE]
    return Scale(0.0, hours), ticks


def _plot(look: Look, title: str, about: str, unit: str, lines: Sequence[Line], y: Scale | None = None) -> ET.Element:  # fmt: skip
    x, ticks = _x(look)
    return lines_chart(
        Plot(
            title=title,
            about=about,
            x_title="days in UTC",
            y_title=unit,
            lines=lines,
            x=x,
            x_ticks=ticks,
            y=y,
        )
    )


def _points(look: Look, of: Iterable[float | None]) -> list[tuple[float, float | None]]:
    first = look.steps[0].start
    return [
        ((step.start - first).total_seconds() / 3600, value)
        for step, value in zip(look.steps, of, strict=True)
    ]


def _rates(look: Look) -> ET.Element:
    shares = [None if up.share is None else up.share * 100 for up in look.ups]
    line = Line(label="up", points=_points(look, shares), colour=0)
    about = "Of chat and streaming, counted as for the days above."
    return _plot(look, "Up", about, "%", [line], Scale(0.0, 104.0))


def _times(look: Look, name: str) -> ET.Element:
    metric = METRICS[name]
    words = _slow_end(name)[0]
    lines = [
        Line(label="median", points=_points(look, (_median(s, name) for s in look.steps)), colour=0),
        Line(label=words, points=_points(look, (_slow(s, name) for s in look.steps)), colour=1),
    ]  # fmt: skip
    lines = [line for line in lines if any(value is not None for _, value in line.points)]
    about = f"Of answers that passed; {words} where there are {_ENOUGH} or more."
    return _plot(look, metric.title[:1].upper() + metric.title[1:], about, metric.display_unit, lines)  # fmt: skip


def _slow_end(name: str) -> tuple[str, float]:
    """The percentile that tells of the slowest answers: in words, and as a share."""
    return ("p95", 0.95) if METRICS[name].better == "lower" else ("p5", 0.05)


def _median(step: Step, name: str) -> float | None:
    return _quantile(step, name, 0.5, least=1)


def _slow(step: Step, name: str) -> float | None:
    return _quantile(step, name, _slow_end(name)[1], least=_ENOUGH)


def _quantile(step: Step, name: str, share: float, *, least: int) -> float | None:
    """As it is displayed; None of too few values."""
    found = step.times.get(name)
    if found is None or found.count < least:
        return None
    value = found.quantile(share)
    return None if value is None else value * METRICS[name].display_factor


def _figures(look: Look) -> ET.Element:
    def times(step: Step, name: str) -> Cell:
        value, slow = _median(step, name), _slow(step, name)
        under = None if slow is None else el("span", f"{_slow_end(name)[0]} {slow:,.0f}", cls="ci")
        return ("n/a" if value is None else f"{value:,.0f}", under)

    rows: list[list[Cell]] = [
        [f"{step.start:%Y-%m-%d %H:%M}", percent(up.share) if up.counted else "", f"{step.passed:,}", f"{step.failed:,}", f"{step.unknown:,}", *(times(step, name) for name in _METRICS)]
        for step, up in zip(reversed(look.steps), reversed(look.ups), strict=True)
        if step.judged or step.unknown or up.counted
    ]  # fmt: skip
    heads = ["From (UTC)", "Up", "Passed", "Failed", "Unknown", "TTFT ms", "Latency ms", "Tokens/s"]
    caption = (
        "Step by step, all probes but for the share up; times and rates are medians of what passed, below "
        f"them p95 or p5 of {_ENOUGH} or more"
    )
    return table(caption, heads, rows)


def _failures(steps: Iterable[Step]) -> ET.Element | None:
    counts: Counter[tuple[str, str]] = Counter()
    for step in steps:
        for failure in step.failures:
            label = failure.label or failure.failure_class or "unknown"
            named = f"the model list: {label}" if failure.of_list else label
            counts[named, failure.culprit] += failure.count
    if not counts:
        return None
    rows: list[list[Cell]] = [
        [label, culprit or "not known", f"{count:,}"]
        for (label, culprit), count in counts.most_common(_MOST_FAILURES)
    ]
    more = len(counts) - len(rows)
    caption = f"By name, over the time above{f'; {more:,} more names' if more else ''}"
    return table(caption, ["Failure", "Points at", "How often"], rows, words=(1,))


def _models(gateway: GatewayNow) -> ET.Element:
    rows: list[list[Cell]] = []
    for model in gateway.models:
        link = el("a", name_of(model.model), href=model_link(model.gateway, model.model))
        sign = mark(model.state.sign, model.state.words, TONES[model.state.tag]) if model.state.tag else None  # fmt: skip
        rows.append(
            [
                link,
                sign,
                show_seconds(model.latency_s) if model.latency_s is not None else "",
                percent(whole(model.days[-7:]).rate) if model.days else "",
                percent(whole(model.days).rate) if model.days else "",
                model.label,
            ]
        )
    heads = ["Model", "Now", "Latency", "7 days", f"{len(gateway.days)} days", "Fails by"]
    return table("Every model; latency is that of the latest answer", heads, rows, words=(5,))


def _probes(frame: Frame, model: ModelNow) -> ET.Element | None:
    if not model.marks:
        return None
    items = [el("li", mark(m.sign, m.words, TONES[m.tag]), probe) for probe, m in model.marks.items() if m.tag]  # fmt: skip
    run = el("p", "As the latest runs found it; ", el("a", "the newest of them", href=run_link(model.run_id)), ".", cls="dim") if frame.whole and model.run_id else None  # fmt: skip
    return el("div", el("ul", *items, cls="key-of"), run)


def _badge(badge: str, model: ModelNow) -> ET.Element:
    picture = el("img", src=badge, alt=f"Status of {model.model}", height=20)
    code = el("pre", f"![{model.model}]({badge})", tabindex="0")
    return el("div", el("p", picture, cls="badge"), code)
