"""A badge: a small picture that says how a model or a gateway is, for a README or a wiki."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from gatewayz.core.text import fit
from gatewayz.reports._markup import el
from gatewayz.reports._matrix import Mark
from gatewayz.server.pages.days import Days, known_count, percent, whole

# White words on each have a contrast of 4.5 and more (a test counts it).
COLOURS = {"OK": "#1a7f45", "WARN": "#8a5a00", "FAIL": "#b3261e", "": "#5a6572"}
_NAME_CHARS = 48
_PAD, _HEIGHT, _SIZE = 7.0, 20, 11
# How wide letters of Verdana 11 are, about, by kind; what is not here is as wide as most.
_WIDE, _NARROW, _USUAL = 9.6, 3.9, 7.0


def badge(name: str, state: Mark, days: Sequence[Days]) -> bytes:
    """The picture: a name, and how it is now with its share up over those of the days that are known."""
    words = {"OK": "up", "FAIL": "down", "WARN": "unsteady"}.get(state.tag, "unknown")
    rate, known = whole(days).rate, known_count(days)
    told = f"{words}, {percent(rate)} in {known} d" if rate is not None else words
    left = fit(name, min(_NAME_CHARS, len(name))).rstrip()
    first, second = _width(left), _width(told)
    width = first + second
    svg = el("svg", xmlns="http://www.w3.org/2000/svg", width=width, height=_HEIGHT, role="img", aria_label=f"{left}: {told}")  # fmt: skip
    # Without it a picture that is shown narrower would be cut rather than made smaller.
    svg.set("viewBox", f"0 0 {width} {_HEIGHT}")
    svg.append(el("title", f"{left}: {told}"))
    svg.append(el("rect", width=width, height=_HEIGHT, rx=3, fill="#3b4149"))
    svg.append(el("rect", x=first, width=second, height=_HEIGHT, rx=3, fill=COLOURS.get(state.tag, COLOURS[""])))  # fmt: skip
    svg.append(el("rect", x=first, width=4, height=_HEIGHT, fill=COLOURS.get(state.tag, COLOURS[""])))  # fmt: skip
    group = el("g", fill="#fff", font_family="Verdana,DejaVu Sans,sans-serif", font_size=_SIZE)
    for at, its, text in ((0.0, first, left), (first, second, told)):
        words_ = el("text", text, x=at + _PAD, y=14, textLength=its - 2 * _PAD)
        group.append(words_)
    svg.append(group)
    data: bytes = ET.tostring(svg, encoding="utf-8")
    return data


def _width(text: str) -> float:
    """How wide a text is about, with what is left and right of it; the picture is set to it."""
    letters = sum(
        _NARROW
        if c in "fijlrt.,:;'|!/ ()"
        else _WIDE
        if c in "mwMW@%" or ord(c) > 0x2000
        else _USUAL
        for c in text
    )
    return round(letters + 2 * _PAD, 1)
