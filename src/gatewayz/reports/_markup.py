"""HTML and SVG as trees: what is put in is text, so that no text can become markup.

Texts are escaped where the tree is written down, by one function; characters that a reader cannot see
or that would turn the line around become escapes that he can (`core.text.visible`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.etree import ElementTree as ET

from gatewayz.core.text import visible

Node = str | ET.Element | None


def el(tag: str, *children: Node, cls: str = "", **attributes: str | float) -> ET.Element:
    """An element with its children; a text among them stays text, None is nothing.

    `cls` is its classes. In the names of other attributes "_" stands for "-", and one at the end for
    nothing (`for_`). A number is written with two decimals at most.
    """
    element = ET.Element(tag)
    if cls:  # an empty one would only be bytes
        element.set("class", cls)
    for name, value in attributes.items():
        element.set(name.rstrip("_").replace("_", "-"), _attribute(value))
    add(element, children)
    return element


def add(element: ET.Element, children: Iterable[Node]) -> ET.Element:
    """The element with more children."""
    for child in children:
        if isinstance(child, str):
            _append_text(element, visible(child, keep_newlines=True))
        elif child is not None:
            element.append(child)
    return element


def name_of(text: str) -> ET.Element:
    """A name that somebody else gave: its direction of writing is its own, a line may end at its "/"."""
    first, *others = text.split("/")
    breaks = (node for part in others for node in ("/", el("wbr"), part))
    return el("bdi", first, *breaks, cls="name")


def coded(text: str) -> tuple[Node, ...]:
    """Words in which backticks mark what is typed or written somewhere, as our own causes and remedies do."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one that has no other is only a sign
        return (text,)
    return tuple(el("code", piece) if at % 2 else piece for at, piece in enumerate(pieces) if piece)


def page(root: ET.Element) -> bytes:
    """A whole HTML document as UTF-8.

    Written down here rather than by ElementTree, whose writer takes three times as long for the page
    of a thousand models.
    """
    out = ["<!doctype html>\n"]
    _write(root, out.append)
    out.append("\n")
    return "".join(out).encode("utf-8", "xmlcharrefreplace")


# What has no end, and what is no text to a browser: the package's own style and script.
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_RAW = frozenset({"script", "style"})
_SPECIAL = re.compile('[&<>"]')
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def _write(element: ET.Element, put: Callable[[str], None]) -> None:
    tag = element.tag
    put(f"<{tag}")
    for name, value in element.items():
        put(f' {name}="{_escaped(value)}"')
    put(">")
    if element.text:
        put(element.text if tag in _RAW else _escaped(element.text))
    for child in element:
        _write(child, put)
        if child.tail:
            put(_escaped(child.tail))
    if tag not in _VOID:
        put(f"</{tag}>")


def _escaped(text: str) -> str:
    # Few texts have any; to look is a third of the work.
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


def _append_text(element: ET.Element, text: str) -> None:
    if len(element):
        last = element[-1]
        last.tail = (last.tail or "") + text
    else:
        element.text = (element.text or "") + text


def _attribute(value: str | float) -> str:
    if isinstance(value, str):
        return visible(value)
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
