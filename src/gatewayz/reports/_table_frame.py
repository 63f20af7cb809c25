"""Tables of a page: each in a frame that scrolls by itself, reachable by keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from gatewayz.reports._markup import Node, add, el

Cell = Node | tuple[Node, ...]


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, words: Iterable[int] = ()
) -> ET.Element:
    """A table with its caption above it.

    The first cell of each row is its header; columns in `words` hold text, the others numbers.
    """
    texts = set(words)
    titles = enumerate(heads)
    head = el(
        "tr", *(el("th", t, scope="col", cls="words" if at in texts else "") for at, t in titles)
    )
    body = el("tbody")
    for row in rows:
        line = el("tr")
        for at, cell in enumerate(row):
            nodes = cell if isinstance(cell, tuple) else (cell,)
            tag = el("th", scope="row") if at == 0 else el("td", cls="words" if at in texts else "")
            line.append(add(tag, nodes))
        body.append(line)
    found = el("table", el("thead", head), body, aria_label=caption)
    # A caption of the table's own would be as wide as the table, and so cut off on a phone.
    return el("div", el("p", caption, cls="caption"), framed(found, caption))


def framed(found: ET.Element, label: str) -> ET.Element:
    """A table in a frame that scrolls by itself."""
    return el("div", found, cls="scroll", role="region", tabindex="0", aria_label=label)
