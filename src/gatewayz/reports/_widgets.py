"""What several pages are built of: numbers in tiles, bars of shares, words in a colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from xml.etree import ElementTree as ET

from gatewayz.reports._markup import Node, el

# What a colour stands for; never told by the colour alone.
Tone = Literal["good", "warn", "bad", "unknown", "idle"]
TONES: dict[str, Tone] = {
    "OK": "good",
    "WARN": "warn",
    "FAIL": "bad",
    "UNKNOWN": "unknown",
    "SKIP": "idle",
}


def tile(label: str, value: Node, beside: Node = None, tone: Tone | Literal[""] = "") -> ET.Element:
    """One number with what it counts, and a few words below it."""
    small = el("small", beside) if beside is not None and beside != "" else None
    return el("div", el("dt", label), el("dd", el("span", value, cls=tone), small))


def tiles(*children: ET.Element | None) -> ET.Element:
    """Tiles beside each other."""
    return el("dl", *children, cls="tiles")


def pill(words: str, tone: Tone) -> ET.Element:
    """A word in its colour."""
    return el("span", words, cls=f"pill {tone}")


def mark(sign: str, words: str, tone: Tone, href: str = "") -> ET.Element:
    """A sign in a small box, told in words to who does not see it; `href` leads on from it."""
    if href:
        return el("a", sign, cls=f"mark {tone}", href=href, aria_label=words, title=words)
    return el("span", sign, cls=f"mark {tone}", role="img", aria_label=words, title=words)


def share_bar(parts: Sequence[tuple[str, int, Tone]]) -> ET.Element:
    """Numbers as parts of one bar: what each counts, how many, and its colour."""
    whole = sum(count for _, count, _ in parts)
    told = ", ".join(f"{count:,} {words}" for words, count, _ in parts if count) or "nothing"
    svg = el("svg", el("title", told), cls="share", role="img", aria_label=told)
    svg.set("viewBox", "0 0 100 4")
    svg.set("preserveAspectRatio", "none")
    at = 0.0
    for _, count, tone in parts:
        if count:
            width = 100 * count / whole
            svg.append(el("rect", cls=f"fill {tone}", x=at, y=0, width=width, height=4))
            at += width
    if not whole:
        svg.append(el("rect", cls="fill idle", x=0, y=0, width=100, height=4))
    return svg


def key_of(parts: Iterable[tuple[str, int, Tone]]) -> ET.Element:
    """The numbers of a bar in words, each beside its colour."""
    return el(
        "ul",
        *(
            el("li", el("span", cls=f"swatch {tone}", aria_hidden="true"), f"{count:,} {words}")
            for words, count, tone in parts
            if count
        ),
        cls="key-of",
    )
