"""Charts as plain SVG in a figure, with the figures behind them in a table.

No script: a browser's own tooltips, details and keys do. Colours and strokes come from the page's
classes (`c0` to `c7`, see `_style.py`), and each line has a dash of its own, so that none has to be told by
its colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from gatewayz.reports._markup import Node, el, name_of
from gatewayz.reports._scales import Scale, scale_for, short, tick_words

WIDTH, HEIGHT = 400, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 20, 12, 42
# Of the widest letters at the size that the narrowest pictures get.
_HALF_LETTER = 4.45
COLOURS = 8
# So many points are drawn as dots that can be pointed at; more would be a band of dots.
_MOST_DOTS = 40
_STRIP, _BINS = 34, 48
NOT_MEASURED = "Not measured."


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart. A y of None is a gap; `colour` is 0 to 7."""

    label: str
    points: Sequence[tuple[float, float | None]]
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A chart of lines.

    `x_title` and `y_title` have the units. `about` says in words what it shows. `steps` draws what is
    constant between its points. `marks` are upright lines with a label. `across` are values of y
    with a thin line of their own. `y` sets the scale of y, which else begins at 0. `x_ticks` are marks
    of x with their words, where numbers would not do, as for dates. `empty` is said instead of a picture
    of no values.
    """

    title: str
    about: str
    x_title: str
    y_title: str
    lines: Sequence[Line]
    steps: bool = False
    marks: Sequence[tuple[float, str]] = ()
    across: Sequence[float] = ()
    x: Scale | None = None
    y: Scale | None = None
    x_ticks: Sequence[tuple[float, str]] = ()
    table: Node = None
    empty: str = NOT_MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One row of a chart of distributions: weights at values."""

    label: str
    weights: Sequence[tuple[float, float]]
    colour: int
    mark: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """Distributions below each other on one scale; each is as high as its own highest bar."""

    title: str
    about: str
    x_title: str
    strips: Sequence[Strip]
    x: Scale | None = None
    table: Node = field(default=None)


def lines_chart(plot: Plot) -> ET.Element:
    """A figure of lines with its legend and its table."""
    shown = [line for line in plot.lines if any(y is not None for _, y in line.points)]
    drawn = [(x, y) for line in shown for x, y in line.points if y is not None]
    x = (plot.x or scale_for(x for x, _ in drawn)).placed(_LEFT, WIDTH - _RIGHT)
    y = plot.y or scale_for((y for _, y in drawn), from_zero=True)
    y = y.placed(HEIGHT - _BOTTOM, _TOP)
    svg = _canvas(plot.title, plot.about, HEIGHT)
    _y_axis(svg, y, plot.y_title)
    _x_axis(svg, x, plot.x_title, HEIGHT, plot.x_ticks)
    for value in plot.across:
        svg.append(
            el("line", cls="across", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y.at(value), y2=y.at(value))
        )
    for value, label in plot.marks:
        at = x.at(value)
        mark = el(
            "line", el("title", label), cls="mark", x1=at, x2=at, y1=_TOP, y2=HEIGHT - _BOTTOM
        )
        svg.append(mark)
    for line in shown:
        svg.append(
            el(
                "path",
                el("title", line.label),
                cls=f"line c{line.colour}",
                d=_path(line, x, y, plot.steps),
            )
        )
        svg.extend(_dots(line, x, y, plot))
    # One line of several has to be told, too, and one beside a limit.
    is_told = len(plot.lines) > 1 or plot.across
    legend = [(line.label, line.colour) for line in shown if is_told]
    empty = "" if drawn else plot.empty
    return _figure(plot.title, plot.about, svg, legend, plot.table, empty=empty)


def strips_chart(chart: Strips) -> ET.Element:
    """A figure of distributions, a row each, with its table."""
    values = [value for strip in chart.strips for value, _ in strip.weights]
    scale = (chart.x or scale_for(values)).placed(_LEFT, WIDTH - _RIGHT)
    height = max(HEIGHT, _TOP + _STRIP * len(chart.strips) + _BOTTOM)
    svg = _canvas(chart.title, chart.about, height)
    _x_axis(svg, scale, chart.x_title, height)
    room = (height - _TOP - _BOTTOM) / max(1, len(chart.strips))
    for at, strip in enumerate(chart.strips):
        floor = _TOP + room * (at + 1)
        svg.extend(_bars(strip, scale, floor, room - 6))
        svg.append(el("line", cls="axis", x1=_LEFT, x2=WIDTH - _RIGHT, y1=floor, y2=floor))
        if strip.mark is not None:
            place = scale.at(strip.mark)
            svg.append(
                el(
                    "line",
                    el("title", "median"),
                    cls="median",
                    x1=place,
                    x2=place,
                    y1=floor - room + 4,
                    y2=floor,
                )
            )
    several = len(chart.strips) > 1
    legend = [(strip.label, strip.colour) for strip in chart.strips if several and strip.weights]
    empty = "" if values else NOT_MEASURED
    return _figure(chart.title, chart.about, svg, legend, chart.table, empty=empty, key=_swatch)


def _bars(strip: Strip, scale: Scale, floor: float, room: float) -> list[ET.Element]:
    """The weights in bins of one width, as high as the room for the highest."""
    bins = [0.0] * _BINS
    width = (scale.end - scale.start) / _BINS
    for value, weight in strip.weights:
        bins[min(_BINS - 1, int((scale.at(value) - scale.start) / width))] += weight
    highest = max(bins, default=0.0) or 1.0
    return [
        el(
            "rect",
            el("title", f"{strip.label}: {short(weight)}"),
            cls=f"bar c{strip.colour}",
            x=scale.start + width * at + 0.5,
            y=floor - room * weight / highest,
            width=width - 1,
            height=room * weight / highest,
        )
        for at, weight in enumerate(bins)
        if weight
    ]


def _canvas(title: str, about: str, height: float) -> ET.Element:
    svg = el(
        "svg", el("title", title), el("desc", about), role="img", aria_label=f"{title}. {about}"
    )
    svg.set("viewBox", f"0 0 {WIDTH} {height:g}")
    return svg


def _x_axis(
    svg: ET.Element,
    x: Scale,
    title: str,
    height: float,
    ticks: Sequence[tuple[float, str]] = (),
) -> None:
    floor = height - _BOTTOM
    svg.append(el("line", cls="axis", x1=_LEFT, x2=WIDTH - _RIGHT, y1=floor, y2=floor))
    found = x.ticks(6)
    for value, words in ticks or zip(found, tick_words(found), strict=True):
        at = x.at(value)
        svg.append(el("line", cls="grid", x1=at, x2=at, y1=_TOP, y2=floor))
        # One that would pass the picture's edge ends at its mark.
        fits = at + _HALF_LETTER * len(words) <= WIDTH
        svg.append(el("text", words, x=at, y=floor + 16, text_anchor="middle" if fits else "end"))
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    svg.append(el("text", title, cls="title", x=middle, y=height - 6, text_anchor="middle"))


def _y_axis(svg: ET.Element, y: Scale, title: str) -> None:
    found = y.ticks(5)
    for value, words in zip(found, tick_words(found), strict=True):
        at = y.at(value)
        svg.append(el("line", cls="grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=at, y2=at))
        svg.append(el("text", words, x=_LEFT - 6, y=at + 4, text_anchor="end"))
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    place = f"rotate(-90 13 {middle:g})"
    svg.append(
        el("text", title, cls="title", x=13, y=middle, text_anchor="middle", transform=place)
    )


def _path(line: Line, x: Scale, y: Scale, steps: bool) -> str:
    """The drawing orders of a line; each gap begins a new piece."""
    orders: list[str] = []
    pen = "M"
    last = 0.0
    for value, height in line.points:
        if height is None:
            pen = "M"
            continue
        across, up = x.at(value), y.at(height)
        if steps and pen == "L":
            orders.append(f"L{across:.1f} {last:.1f}")
        orders.append(f"{pen}{across:.1f} {up:.1f}")
        pen, last = "L", up
    return " ".join(orders)


def _dots(line: Line, x: Scale, y: Scale, plot: Plot) -> list[ET.Element]:
    known = [(at, value) for at, value in line.points if value is not None]
    if plot.steps:
        return []
    if len(known) > _MOST_DOTS:
        known = _alone(line.points)
    return [
        el(
            "circle",
            el(
                "title",
                f"{line.label}: {short(value)} {plot.y_title}"
                + ("" if plot.x_ticks else f" at {short(at)} {plot.x_title}"),
            ),
            cls=f"dot c{line.colour}",
            cx=x.at(at),
            cy=y.at(value),
            r=2.5,
        )
        for at, value in known
    ]


def _alone(points: Sequence[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """The points between two gaps, of which no line tells."""
    gap = (0.0, None)
    around = zip([gap, *points], points, [*points[1:], gap], strict=False)
    return [
        (at, value)
        for before, (at, value), after in around
        if value is not None and before[1] is None and after[1] is None
    ]


def _figure(
    title: str,
    about: str,
    svg: ET.Element,
    legend: Sequence[tuple[str, int]],
    table: Node,
    *,
    empty: str,
    key: Callable[[int], ET.Element] | None = None,
) -> ET.Element:
    caption = el("figcaption", el("strong", title), el("span", about))
    if empty:
        return el("figure", caption, el("p", empty, cls="none"))
    keys = el(
        "ul",
        *(el("li", (key or _key)(colour), name_of(label)) for label, colour in legend),
        cls="legend",
    )
    behind = (
        el("details", el("summary", "The figures behind it"), table) if table is not None else None
    )
    return el("figure", caption, svg, keys if legend else None, behind)


def _swatch(colour: int) -> ET.Element:
    bar = el("rect", cls=f"bar c{colour}", x=0, y=0, width=28, height=10)
    return _in_legend(bar)


def _key(colour: int) -> ET.Element:
    line = el("line", cls=f"line c{colour}", x1=0, x2=28, y1=5, y2=5)
    return _in_legend(line)


def _in_legend(drawn: ET.Element) -> ET.Element:
    key = el("svg", drawn, cls="key", aria_hidden="true", width=28, height=10)
    key.set("viewBox", "0 0 28 10")
    return key
