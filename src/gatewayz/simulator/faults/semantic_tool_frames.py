"""Tool calls that say the right thing in a broken frame: ids, names, indexes, pauses."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.planting import (
    calls,
    calls_twice,
    documents_in,
    on_events,
    on_shape,
    on_times,
    opens,
    tool_parts,
)
from gatewayz.simulator.response import Ending, Piece, Response
from gatewayz.simulator.turn import Turn

Way = Callable[[Turn, list[Document]], None]


def _openings(documents: list[Document]) -> Iterator[Document]:
    return (part for part in tool_parts(documents) if opens(part))


def _id_is(value: Any) -> Way:
    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for part in _openings(documents):
            part["id"] = value

    return act


def _id_elsewhere(name: str) -> Way:
    """Under another name, or nowhere."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for part in _openings(documents):
            value = part.pop("id", None)
            if name:
                part[name] = value

    return act


def _no_id_no_type(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for part in _openings(documents):
        part.pop("id", None)
        part.pop("type", None)


def _same_id(write: Callable[[str, str], str]) -> Way:
    """One id for all calls, made of the first one's id and name."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        first = ""
        for part in _openings(documents):
            first = first or write(str(part.get("id")), str(part["function"].get("name")))
            part["id"] = first

    return act


def _name_is(value: Any) -> Way:
    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for part in list(_openings(documents)):
            part["function"]["name"] = value

    return act


def _name_elsewhere(*, name: str = "", beside: bool = False) -> Way:
    """Not in the function: under a name of its own, beside the function, or gone."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for part in list(_openings(documents)):
            value = part["function"].pop("name", None)
            if name:
                (part if beside else part["function"])[name] = value

    return act


# Streams.


def _split_name(cut: Callable[[str], list[str]]) -> Callable[[Turn, list[Event]], None]:
    """The name over several deltas."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        found: list[Event] = []
        for event in events:
            parts = list(tool_parts([event.data])) if isinstance(event.data, dict) else []
            found.append(event)
            if not parts or not opens(parts[0]):
                continue
            name = parts[0]["function"].get("name")
            if not name:
                continue
            first, *rest = cut(name)
            parts[0]["function"]["name"] = first
            for piece in rest:
                more = copy.deepcopy(event.data)
                function = {"name": piece, "arguments": ""}
                choice = more["choices"][0]
                choice["delta"] = {
                    "tool_calls": [{"index": parts[0].get("index"), "function": function}]
                }
                found.append(Event(more))
        events[:] = found

    return act


def _halves(name: str) -> list[str]:
    return [name[: len(name) // 2], name[len(name) // 2 :]]


def _thirds(name: str) -> list[str]:
    third = max(1, len(name) // 3)
    return [name[:third], name[third : 2 * third], name[2 * third :]]


def _at_first_mark(name: str) -> list[str]:
    head, mark, tail = name.partition("_")
    return [head + mark, tail] if tail else _halves(name)


def _repeated_name(*, with_id: bool) -> Callable[[Turn, list[Event]], None]:
    """The whole name again in each delta."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        known: dict[Any, Document] = {}
        for part in tool_parts(documents_in(events)):
            if opens(part):
                known[part.get("index")] = part
            opening = known.get(part.get("index"), part)
            part["function"]["name"] = opening["function"].get("name")
            if with_id:
                part["id"] = opening.get("id")

    return act


def _null_later(*names: str) -> Way:
    """Nulls where nothing new is said."""

    def act(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
        for part in tool_parts(documents):
            if not opens(part):
                part |= {name: None for name in names if name != "name"}
                if "name" in names:
                    part["function"] = {"name": None} | part["function"]

    return act


def _index_zero(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for part in tool_parts(documents):
        part["index"] = 0


def _index_zero_with_ids(turn: Turn, documents: list[Document]) -> None:
    """Each delta says whose it is by its id, as the index does not."""
    _with_ids(documents)
    _index_zero(turn, documents)


def _zero_and_named(turn: Turn, events: list[Event]) -> None:
    """The index always 0, and the name and the id again in each delta."""
    _repeated_name(with_id=True)(turn, events)
    _index_zero(turn, documents_in(events))


def _with_ids(documents: list[Document]) -> None:
    known: dict[Any, Any] = {}
    for part in tool_parts(documents):
        if opens(part):
            known[part.get("index")] = part.get("id")
        part["id"] = known.get(part.get("index"))


def _no_index(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for part in tool_parts(documents):
        part.pop("index", None)


def _null_index(turn: Turn, documents: list[Document]) -> None:  # noqa: ARG001
    for part in tool_parts(documents):
        part["index"] = None


def _no_index_but_ids(turn: Turn, documents: list[Document]) -> None:
    _with_ids(documents)
    _no_index(turn, documents)


def _whole_calls(then: Way, *, together: bool = False) -> Callable[[Turn, list[Event]], None]:
    """Each call whole in one delta, or all of them in one, and then bent."""

    def act(turn: Turn, events: list[Event]) -> None:
        found: list[Event] = []
        whole: dict[Any, Document] = {}
        holder: Event | None = None
        for event in events:
            parts = list(tool_parts([event.data])) if isinstance(event.data, dict) else []
            if not parts:
                found.append(event)
            elif opens(parts[0]):
                whole[parts[0].get("index")] = parts[0]
                if holder is None or not together:
                    found.append(event)
                else:
                    next(_tool_lists(holder)).append(parts[0])
                holder = holder or event
            else:
                function = whole.get(parts[0].get("index"), parts[0])["function"]
                function["arguments"] = (
                    f"{function['arguments']}{parts[0]['function']['arguments']}"
                )
        events[:] = found
        then(turn, documents_in(found))

    return act


def _tool_lists(event: Event) -> Iterator[list[Document]]:
    return (choice["delta"]["tool_calls"] for choice in event.data["choices"])


def _as_events(way: Way) -> Callable[[Turn, list[Event]], None]:
    def act(turn: Turn, events: list[Event]) -> None:
        way(turn, documents_in(events))

    return act


# A call that begins and stays open.


def _pausing(*, comments: int = 0, empty: int = 0) -> Callable[[Turn, Response], None]:
    """Nothing but a name; some comments or empty deltas may still come, then silence."""

    def act(turn: Turn, response: Response) -> None:  # noqa: ARG001
        kept: list[Piece] = []
        fragments: list[Piece] = []
        opened = False
        for piece in response.pieces:
            part = _part_in(piece)
            if part is not None and not opens(part):
                fragments.append(piece)
                break
            if opened and part is not None:
                break
            opened = opened or part is not None
            kept.append(piece)
        if empty and fragments:
            kept += [Piece(_without_arguments(fragments[0]), 0.001, "content")] * empty
        kept += [Piece(b": keep-alive\n\n", 0.02, "comment")] * comments
        response.pieces, response.complete, response.ending = kept, False, Ending.HANG

    return act


def _part_in(piece: Piece) -> Document | None:
    """The fragment of a call in a stream's piece."""
    text = piece.data.removeprefix(b"data: ")
    if not text.startswith(b"{"):
        return None
    return next(tool_parts([json.loads(text)]), None)


def _without_arguments(piece: Piece) -> bytes:
    document = json.loads(piece.data.removeprefix(b"data: "))
    for part in tool_parts([document]):
        part["function"]["arguments"] = ""
    return b"data: " + json.dumps(document).encode() + b"\n\n"


FAULTS = (
    on_shape(
        "tool-id-missing",
        _id_is(None),
        _id_is(""),
        _id_elsewhere(""),
        _no_id_no_type,
        _id_elsewhere("tool_call_id"),
        _id_elsewhere("call_id"),
        when=calls,
    ),
    on_shape(
        "tool-id-duplicate",
        _same_id(lambda own, name: own),  # noqa: ARG005
        _same_id(lambda own, name: "call_0"),  # noqa: ARG005
        _same_id(lambda own, name: "0"),  # noqa: ARG005
        _same_id(lambda own, name: f"functions.{name}:0"),  # noqa: ARG005
        _same_id(lambda own, name: name),  # noqa: ARG005
        when=calls_twice,
    ),
    on_shape(
        "tool-name-missing",
        _name_is(None),
        _name_is(""),
        _name_elsewhere(),
        _name_elsewhere(name="function_name"),
        _name_elsewhere(name="name", beside=True),
        when=calls,
    ),
    on_events(
        "tool-name-split",
        _split_name(_halves),
        _split_name(_thirds),
        _split_name(list),
        _split_name(_at_first_mark),
        _repeated_name(with_id=False),
        _repeated_name(with_id=True),
        when=calls,
    ),
    on_shape(
        "tool-null-fields-in-delta",
        _null_later("id"),
        _null_later("name"),
        _null_later("id", "name"),
        _null_later("id", "type", "name"),
        _null_later("type"),
        form="stream",
        when=calls,
    ),
    on_events(
        "tool-index-all-zero",
        _as_events(_index_zero),
        _as_events(_index_zero_with_ids),
        _whole_calls(_index_zero),
        _whole_calls(_index_zero, together=True),
        _zero_and_named,
        when=calls_twice,
    ),
    on_events(
        "tool-index-missing",
        _as_events(_no_index),
        _as_events(_null_index),
        _as_events(_no_index_but_ids),
        _whole_calls(_no_index),
        _whole_calls(_no_index, together=True),
        when=calls,
    ),
    on_times(
        "pause-inside-tool-call",
        _pausing(),
        _pausing(comments=1),
        _pausing(comments=3),
        _pausing(empty=1),
        _pausing(empty=3),
        _pausing(empty=1, comments=2),
        form="stream",
        when=calls,
    ),
)
