"""A window as a row of small bars, one for each part of it, and all gateways in one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from gatewayz.core.availability import Assessment, Slice
from gatewayz.core.objectives import Span
from gatewayz.reports._charts import COLOURS, Line, Plot, lines_chart
from gatewayz.reports._markup import el, name_of
from gatewayz.reports._scales import Scale
from gatewayz.reports._table_frame import Cell, table
from gatewayz.reports.sla._words import moment, percent

BARS_CSS = """
th[scope=row]{min-width:7rem}
@media (min-width:1000px){th[scope=row]{min-width:13rem}}
svg.bars{max-width:none}
svg .part-good{fill:var(--good);fill-opacity:.75}
svg .part-bad{fill:var(--bad)}
svg .part-none{fill:var(--dim)}
"""
_HEIGHT, _STEP, _WIDE = 24, 3, 2
_DAY_S = 86400.0
_MOST_TICKS, _LEFT_FREE = 4, 0.06


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
    paths: dict[str, list[str]] = {"part-good": [], "part-bad": [], "part-none": []}
    for at, part in enumerate(one.slices):
        for cls, y, height in _part(part):
            paths[cls].append(f"M{at * _STEP} {y}h{_WIDE}v{height}h-{_WIDE}z")
    # One path for all of a kind: a thousand targets have fifty parts each.
    svg.extend(el("path", cls=cls, d="".join(drawn)) for cls, drawn in paths.items() if drawn)
    return svg


def _part(part: Slice) -> Iterator[tuple[str, int, int]]:
    """The rectangles of a part: its class, where it begins from above, and how high it is."""
    counted = part.good + part.bad
    if not counted:
        yield "part-none", _HEIGHT - 3, 2
        return
    # A single failure of many is still seen.
    bad = max(5, round(_HEIGHT * part.bad / counted)) if part.bad else 0
    if bad:
        yield "part-bad", 0, bad
    if bad < _HEIGHT:
        yield "part-good", bad, _HEIGHT - bad


def by_gateway(found: Sequence[Assessment], time_zone: str) -> ET.Element:
    """The share of good results over the window, a line for each of the worst gateways, and a table of all.

    Moments are shown in the time zone.
    """
    sums = _sums(found)
    troubled = [name for name in sums if any(bad for _, bad in sums[name].values())]
    worst = sorted(troubled, key=lambda name: (_share(sums[name]), name))[:COLOURS]
    if not worst:
        return _gateways(found)
    start = found[0].span.start
    lines = [
        Line(
            label=name,
            points=[
                (
                    (at - start).total_seconds() / _DAY_S,
                    100 * good / (good + bad) if good + bad else None,
                )
                for at, (good, bad) in sums[name].items()
            ],
            colour=place,
        )
        for place, name in enumerate(worst)
    ]
    lowest = min((y for line in lines for _, y in line.points if y is not None), default=100.0)
    shown = "with failures" if len(worst) == len(troubled) else "those with the most failures"
    plot = Plot(
        title="Good results over the window",
        about=f"A line for each gateway {shown}; the thin line is what was promised.",
        x_title=f"time in {time_zone}",
        y_title="good, %",
        lines=lines,
        across=(100 * found[0].objective.share,),
        x=Scale(0.0, found[0].span.seconds / _DAY_S),
        x_ticks=_ticks(found[0].span, ZoneInfo(time_zone)),
        y=Scale(min(95.0, lowest), 100.0),
        table=_behind(worst, sums, time_zone),
    )
    return el("div", lines_chart(plot), _gateways(found), cls="pair")


def _ticks(span: Span, zone: ZoneInfo) -> list[tuple[float, str]]:
    """Days with their names, or hours where the window is short, at days from its start; a few of them."""
    step_s = _DAY_S if span.seconds >= 2 * _DAY_S else 3600.0
    words = "%d %b" if step_s == _DAY_S else "%H:%M"
    local = span.start.astimezone(zone)
    first = local.replace(minute=0, second=0, microsecond=0)
    first = first.replace(hour=0) if step_s == _DAY_S else first
    # By the wall clock: a day may have 23 or 25 hours.
    walls = [first + n * timedelta(seconds=step_s) for n in range(int(span.seconds / step_s) + 2)]
    places = [
        ((wall.astimezone(UTC) - span.start).total_seconds() / _DAY_S, wall) for wall in walls
    ]
    whole = span.seconds / _DAY_S
    # At the very left a name would lie on the numbers of the other axis.
    within = [(at, f"{wall:{words}}") for at, wall in places if whole * _LEFT_FREE <= at <= whole]
    return within[:: max(1, -(-len(within) // _MOST_TICKS))]


def _gateways(found: Sequence[Assessment]) -> ET.Element:
    """How each gateway's targets stand together, the worst first."""
    each: dict[str, list[Assessment]] = {}
    for one in found:
        each.setdefault(one.target.split("/")[0], []).append(one)
    shares = {name: _together(of_it) for name, of_it in each.items()}
    ordered = sorted(each, key=lambda name: (shares[name] if shares[name] is not None else 2, name))
    rows: list[list[Cell]] = [
        [
            (name_of(name),),
            f"{len(each[name]):,}",
            f"{sum(one.state != 'kept' for one in each[name]):,}",
            percent(shares[name]),
        ]
        for name in ordered
    ]
    heads = ["Gateway", "Targets", "Not kept", "Good"]
    return table("Of each gateway's results together", heads, rows)


def _together(found: Sequence[Assessment]) -> float | None:
    good, counted = (sum(getattr(one.tally, name) for one in found) for name in ("good", "counted"))
    return good / counted if counted else None


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


def _behind(worst: Sequence[str], sums: dict[str, _Sums], time_zone: str) -> ET.Element:
    zone = ZoneInfo(time_zone)
    starts = list(dict.fromkeys(at for name in worst for at in sums[name]))
    rows = [
        [moment(at, zone), *(_cell(sums[name].get(at, [0, 0])) for name in worst)] for at in starts
    ]
    caption = f"Share of good results from each moment ({time_zone}) on"
    return table(caption, ["From", *worst], rows)


def _cell(counts: Sequence[int]) -> str:
    good, bad = counts
    return percent(good / (good + bad)) if good + bad else "n/a"
