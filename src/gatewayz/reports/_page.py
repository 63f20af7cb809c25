"""A whole page: its head, and the policy that lets nothing act in it but its own style and script.

The script is a constant of this package, never made of data; the policy names it, and the style, by their
digests. Nobody's text can therefore become either.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from gatewayz.core.codec import to_json
from gatewayz.core.text import excerpt
from gatewayz.reports._markup import Node, el, page

_MOST_TITLE = 120


def policy(css: str, script: str = "", *, served: bool = False) -> str:
    """The Content-Security-Policy of a page with this style and script; "" is no script.

    `served` is for a page that a server shows: it may send its own forms there and listen to its own
    events, and no other site may frame it. A page on a disk may do neither.
    """
    allowed = [("default-src", "'none'"), ("style-src", _digest(css))]
    if script:
        allowed.append(("script-src", _digest(script)))
    if served:
        allowed += [("connect-src", "'self'"), ("img-src", "'self'"), ("frame-ancestors", "'none'")]
    allowed += [("base-uri", "'none'"), ("form-action", "'self'" if served else "'none'")]
    return "; ".join(f"{name} {value}" for name, value in allowed)


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def document(
    title: str, body: Iterable[Node], *, css: str, script: str = "", policed: str = ""
) -> bytes:
    """The page as UTF-8. `policed` is its policy, "" where the one who serves it says it in a header."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policed) if policed else None,
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", excerpt(title, _MOST_TITLE)),
        _raw("style", css),
    )
    own = [_raw("script", script)] if script else []
    return page(el("html", head, el("body", *body, *own), lang="en"))


def _raw(tag: str, text: str) -> ET.Element:
    # Not through `el`: the policy has the digest of these very characters.
    element = ET.Element(tag)
    element.text = text
    return element


def section(id: str, title: str, *children: Node, beside: Node = None) -> ET.Element | None:
    """A section with its heading, and what stands `beside` that; None when there is nothing in it."""
    found = [child for child in children if child is not None]
    if not found:
        return None
    heading = el("h2", title, beside, id=f"{id}-title")
    return el("section", heading, *found, id=id, aria_labelledby=f"{id}-title")


def folded(*titled: tuple[str, object]) -> Iterator[ET.Element]:
    """Nouns as JSON behind their titles, to be opened; those that hold nothing are left out."""
    for title, value in titled:
        if value:
            text = json.dumps(to_json(value), indent=2, ensure_ascii=False)
            yield el("details", el("summary", title), el("pre", text, tabindex="0"))


def contents(sections: Sequence[ET.Element]) -> ET.Element:
    """Links to the sections of a page."""
    links = (
        el("li", el("a", section[0].text or "", href=f"#{section.get('id', '')}"))
        for section in sections
    )
    return el("nav", el("ul", *links), aria_label="Sections")


def facts(pairs: Iterable[tuple[str, Node | tuple[Node, ...]]]) -> ET.Element:
    """Terms and what is told of each; what has nothing is left out."""
    found = el("dl", cls="facts")
    for term, value in pairs:
        if value:
            nodes = value if isinstance(value, tuple) else (value,)
            found.extend((el("dt", term), el("dd", *nodes)))
    return found
