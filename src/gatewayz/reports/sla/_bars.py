"""A window as a row of small bars, one for each part of it, and all gateways in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from gatewayz.core.availability import Assessment, Slice
from gatewayz.reports._charts import COLOURS, Line, Plot, lines_chart
from gatewayz.reports._markup import el
from gatewayz.reports._scales import Scale
from gatewayz.reports.load._figures import table
from gatewayz.reports.sla._words import percent

_HEIGHT, _STEP, _WIDE = 24, 4, 3


def bar(one: Assessment) -> ET.Element:
    """Good parts are high, bad ones have their bad share from above, unknown ones are a dash."""
    width = max(_STEP * len(one.slices), _STEP)
    bad = sum(1 for part in one.slices if part.bad)
    unknown = sum(1 for part in one.slices if not part.good and not part.bad)
    about = f"{len(one.slices)} parts of the window: {bad} with failures, {unknown} of which nothing is known"
    svg = el(
        "svg",
        el("title", about),
        cls="bars",
        role="img",
        aria_label=about,
        width=width,
        height=_HEIGHT,
    )
    svg.set("viewBox", f"0 0 {width} {_HEIGHT}")
    for at, part in enumerate(one.slices):
        svg.extend(_part(part, at * _STEP))
    return svg


def _part(part: Slice, x: int) -> list[ET.Element]:
    counted = part.good + part.bad
    if not counted:
        return [el("rect", cls="part-none", x=x, y=_HEIGHT - 3, width=_WIDE, height=2)]
    share = part.bad / counted
    # A single failure of many is still seen.
    height = max(5.0, _HEIGHT * share) if part.bad else 0.0
    told = el("title", f"{part.start:%Y-%m-%d %H:%M} UTC: {part.bad} of {counted} bad")
    good = el("rect", cls="part-good", x=x, y=height, width=_WIDE, height=_HEIGHT - height)
    bad = el("rect", told, cls="part-bad", x=x, y=0, width=_WIDE, height=height)
    return [good, *([bad] if part.bad else [])]


def by_gateway(found: Sequence[Assessment]) -> ET.Element:
    """The share of good results over the window, a line for each of the worst gateways."""
    sums = _sums(found)
    worst = sorted(sums, key=lambda name: (_share(sums[name]), name))[:COLOURS]
    start = found[0].span.start
    lines = [
        Line(
            label=name,
            points=[
                (
                    (at - start).total_seconds() / 86400,
                    100 * good / (good + bad) if good + bad else None,
                )
                for at, (good, bad) in sums[name].items()
            ],
            colour=place,
        )
        for place, name in enumerate(worst)
    ]
    lowest = min((y for line in lines for _, y in line.points if y is not None), default=100.0)
    shown = "the worst of them" if len(worst) < len(sums) else "all of them"
    plot = Plot(
        title="Good results over the window",
        about=f"A line for each gateway, {shown}; the thin line is what was promised.",
        x_title="days from the start",
        y_title="good, %",
        lines=lines,
        across=(100 * found[0].objective.share,),
        y=Scale(min(95.0, lowest), 100.0),
        table=_behind(worst, sums),
    )
    return el("div", lines_chart(plot), cls="one")


_Sums = dict[datetime, list[int]]


def _sums(found: Sequence[Assessment]) -> dict[str, _Sums]:
    sums: dict[str, _Sums] = {}
    for one in found:
        parts = sums.setdefault(one.target.split("/")[0], {})
        for part in one.slices:
            counts = parts.setdefault(part.start, [0, 0])
            counts[0] += part.good
            counts[1] += part.bad
    return sums


def _share(parts: _Sums) -> float:
    good, bad = (sum(counts[which] for counts in parts.values()) for which in (0, 1))
    return good / (good + bad) if good + bad else 2.0


def _behind(worst: Sequence[str], sums: dict[str, _Sums]) -> ET.Element:
    starts = list(dict.fromkeys(at for name in worst for at in sums[name]))
    rows = [
        [f"{at:%Y-%m-%d %H:%M}", *(_cell(sums[name].get(at, [0, 0])) for name in worst)]
        for at in starts
    ]
    return table("Share of good results from each moment (UTC) on", ["From", *worst], rows)


def _cell(counts: Sequence[int]) -> str:
    good, bad = counts
    return percent(good / (good + bad)) if good + bad else "n/a"
