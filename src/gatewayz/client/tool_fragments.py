"""Tool calls joined from a stream's fragments, however their sender numbered and named them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewayz.client.growing import MAX_TEXT, GrowingText, ShortLists
from gatewayz.core.attempt import ToolCall

MAX_TOOL_CALLS = 128
_MAX_NAME = 500
# How often one call's arguments are tried for being whole: reading stays linear.
_TRIES = 16
_JOINT = re.compile(r"\}\s*\{")
_DECODER = json.JSONDecoder()
# Made once: `json.dumps` with a wish makes an encoder for each text. What was parsed holds no circle.
_ENCODE = json.JSONEncoder(default=str, check_circular=False).encode


@dataclass(slots=True)
class _Call:
    """A tool call while its fragments come in."""

    id: str = ""
    id_is_number: bool = False
    name: str = ""
    arguments: GrowingText = field(default_factory=GrowingText)
    tries: int = 0

    def is_whole(self) -> bool:
        """Whether the arguments so far are an object from its first brace to its last."""
        if self.tries >= _TRIES or not self.arguments.length:
            return False
        self.tries += 1
        return bool(_objects(str(self.arguments)))


class ToolFragments:
    """The tool calls of one answer.

    A fragment belongs to the call with its index; without an index to the one with its id, else to
    the one at its place. A fragment that begins anew where a call is whole is another call.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._room = MAX_TEXT
        self._lists = ShortLists()
        self.cut = False

    def add_whole(self, calls: list[Any]) -> None:
        """Calls out of a whole message, where an index says nothing."""
        for call in self._lists.of(calls):
            if isinstance(call, dict):
                self._fill(self._opened(), call)
        self.cut = self.cut or self._lists.cut

    def add_fragments(self, calls: list[Any]) -> None:
        """Calls, or parts of them, out of one delta."""
        for position, call in enumerate(self._lists.of(calls)):
            if isinstance(call, dict):
                self._fill(self._slot(call, position, several=len(calls) > 1), call)
        self.cut = self.cut or self._lists.cut

    def build(self, *, ended: bool) -> tuple[ToolCall, ...]:
        """The calls as they stand; with `ended` none of them waits for more.

        Empty arguments of an ended call are an empty object, as their sender means them.
        """
        return tuple(made for call in self._calls for made in self._made(call, ended))

    def _made(self, call: _Call, ended: bool) -> list[ToolCall]:
        text = str(call.arguments)
        if ended and call.name and not text.strip() and not self.cut:
            text = "{}"
        parts = _objects(text) if _JOINT.search(text) else []
        # An empty object first is a slip of the sender, and no call before the call.
        if len(parts) < 2 or parts[0] == "{}":
            number = call.id_is_number
            return [ToolCall(id=call.id, id_is_number=number, name=call.name, arguments=text)]
        self._note("tool-index-all-zero")
        return [
            ToolCall(id="" if at else call.id, name=call.name, arguments=part)
            for at, part in enumerate(parts)
        ]

    def _slot(self, call: Mapping[str, Any], position: int, *, several: bool) -> _Call | None:
        """The call that a fragment belongs to; None when there are too many."""
        index = call.get("index")
        if isinstance(index, int) and not isinstance(index, bool):
            slot = self._by_index.get(index)
            if slot is not None and _begins_anew(slot, call):
                self._note("tool-index-all-zero")
                slot = None
            if slot is None:
                slot = self._opened()
                if slot is not None:
                    self._by_index[index] = slot
            return slot
        self._note("tool-index-missing")
        slot = self._without_index(_ident(call.get("id")), position if several else -1)
        return self._opened() if slot is None or _begins_anew(slot, call) else slot

    def _without_index(self, ident: str, place: int) -> _Call | None:
        if ident:
            return next((made for made in self._calls if made.id == ident), None)
        return self._calls[place] if place < len(self._calls) and self._calls else None

    def _opened(self) -> _Call | None:
        if len(self._calls) >= MAX_TOOL_CALLS:
            self.cut = True
            return None
        self._calls.append(_Call())
        return self._calls[-1]

    def _fill(self, slot: _Call | None, call: Mapping[str, Any]) -> None:
        if slot is None:
            return
        # A call comes in thousands of fragments, and nearly all of them hold arguments alone.
        if (ident := call.get("id")) is not None:
            slot.id = slot.id or _ident(ident)
            slot.id_is_number = slot.id_is_number or _is_number(ident)
        function = call.get("function")
        if not isinstance(function, dict):
            return
        if name := _text(function.get("name")):
            self._take_name(slot, name)
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            if isinstance(arguments, dict):
                self._note("tool-args-object")
            arguments = _written(arguments)
        if not arguments:
            return
        length, room = len(arguments), self._room
        if length > room:
            self.cut = True
            arguments, length = arguments[:room], room
        slot.arguments.add(arguments)
        self._room = room - length

    def _take_name(self, slot: _Call, name: str) -> None:
        if slot.name:
            self._note("tool-name-split")
        if not slot.name or name.startswith(slot.name):
            # The first of it, the whole again, or all of it so far.
            slot.name = name
        else:
            slot.name = (slot.name + name)[:_MAX_NAME]


def _begins_anew(slot: _Call, call: Mapping[str, Any]) -> bool:
    """Whether a fragment opens another call than the one that stands in its place.

    Some servers make up a new id for each delta, so an id alone opens nothing before its call is
    whole; and some repeat the name in each.
    """
    function, ident = call.get("function"), _ident(call.get("id"))
    fields = function if isinstance(function, dict) else {}
    name = _text(fields.get("name"))
    if ident and slot.id:
        return ident != slot.id and (bool(name) or slot.is_whole())
    if not (name and slot.name):
        return False
    more = fields.get("arguments")
    return bool(more or name != slot.name) and slot.is_whole()


def _objects(text: str) -> list[str]:
    """The JSON objects that a text is made of, one behind the other; empty for any other text."""
    parts: list[str] = []
    at, text = 0, text.strip()
    while at < len(text) and len(parts) < MAX_TOOL_CALLS:
        if text[at] != "{":
            return []
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        parts.append(text[at:end])
        at = end
        while at < len(text) and text[at].isspace():
            at += 1
    return parts


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _ident(value: Any) -> str:
    """An id as text: some servers number their calls."""
    return str(value)[:_MAX_NAME] if _is_number(value) else _text(value)


def _text(value: Any) -> str:
    return value[:_MAX_NAME] if isinstance(value, str) else ""


def _written(value: Any) -> str:
    try:
        return _ENCODE(value)
    except (ValueError, TypeError, RecursionError):
        return ""
