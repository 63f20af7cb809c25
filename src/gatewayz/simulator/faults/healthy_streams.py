"""Odd but sound event streams: usage elsewhere, chunks without choices, empty or huge deltas."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.planting import (
    choices_in,
    counted_in_stream,
    documents_in,
    on_events,
    said,
    speaks,
    usages,
)
from gatewayz.simulator.turn import Turn

Way = Callable[[Turn, list[Event]], None]


def _take_usage(events: list[Event]) -> Document:
    """The usage of a stream, which from then on has none."""
    counts = dict(next(iter(usages(documents_in(events))), {}))
    events[:] = [event for event in events if event.part != "usage"]
    for document in documents_in(events):
        document.pop("usage", None)
        groq = document.get("x_groq")
        if isinstance(groq, dict):
            groq.pop("usage", None)
    return counts


def _last(events: list[Event]) -> int:
    """Where the last document is."""
    return max(n for n, event in enumerate(events) if isinstance(event.data, dict))


def _usage_at(
    *, own: bool = False, finish: bool = False, groq: bool = False, nulls: bool = False
) -> Way:
    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        counts = _take_usage(events)
        if not counts:
            return
        at = _last(events)
        end = events[at].data
        for document in documents_in(events) if nulls else ():
            document["usage"] = None
        if finish:
            end["usage"] = counts
        if groq:
            end["x_groq"] = {"id": "req_sim", "usage": counts}
        if own:
            chunk = {name: value for name, value in end.items() if name not in ("usage", "x_groq")}
            events.insert(at + 1, Event(chunk | {"choices": [], "usage": counts}, part="usage"))

    return act


def _no_choices(*names: str, more: Document | None = None, with_usage: bool = True) -> Way:
    """The last chunk has no `choices` at all; of the usual fields it has these."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        counts = _take_usage(events)
        at = _last(events)
        usual = events[at].data
        chunk = {name: usual[name] for name in names if name in usual} | (more or {})
        if counts and with_usage:
            chunk["usage"] = counts
        events.insert(at + 1, Event(chunk, part="usage"))

    return act


def _empty_first(deltas: tuple[Any, ...]) -> Way:
    """Before anything is said, chunks whose deltas hold nothing."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        at = next(n for n, event in enumerate(events) if isinstance(event.data, dict))
        for delta in reversed(deltas):
            chunk = copy.deepcopy(events[at].data)
            chunk.pop("usage", None)
            for choice in choices_in([chunk]):
                choice["delta"] = dict(delta)
            events.insert(at, Event(chunk, part="role"))

    return act


def _one_chunk(*, role: bool, finish: bool) -> Way:
    """Each choice's whole text in one chunk, with its role or its end in the same one."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        whole: dict[int, Event] = {}
        kept: list[Event] = []
        for event in events:
            if event.part not in ("role", "content", "finish"):
                kept.append(event)
                continue
            choice = event.data["choices"][0]
            first = whole.get(choice["index"])
            joins = {"role": role, "content": True, "finish": finish}[event.part]
            if first is None and event.part != "finish":
                kept.append(event)
                if event.part == "content" or role:
                    whole[choice["index"]] = event
                    event.part = "content"
            elif first is None or not joins:
                kept.append(event)
            else:
                _join(first.data, event.data)
        events[:] = kept

    return act


def _all_in_one(turn: Turn, events: list[Event]) -> None:
    """Role, text, end and usage in a single chunk."""
    _one_chunk(role=True, finish=True)(turn, events)
    counts = _take_usage(events)
    if counts:
        events[_last(events)].data["usage"] = counts


def _join(first: Document, more: Document) -> None:
    """Puts what a later chunk says into an earlier one."""
    into, out_of = first["choices"][0], more["choices"][0]
    for name, text in out_of["delta"].items():
        if isinstance(text, str) and name != "role":
            into["delta"][name] = (into["delta"].get(name) or "") + text
    for name, value in out_of.items():
        if name not in ("delta", "index") and value is not None:
            into[name] = value
    first |= {name: more[name] for name in ("usage", "x_groq") if more.get(name)}


def _only_text(turn: Turn, answer: Answer | None) -> bool:
    return speaks(turn, answer) and turn.body.get("logprobs") is not True


def _last_delta(**more: Any) -> Way:
    """The delta beside the finish reason is not empty, and adds nothing."""

    def act(turn: Turn, events: list[Event]) -> None:  # noqa: ARG001
        ends = [event.data for event in events if event.part == "finish"]
        for delta in said(ends):
            delta |= more

    return act


FAULTS = (
    on_events(
        "healthy-usage-place",
        _usage_at(own=True),
        _usage_at(finish=True),
        _usage_at(own=True, finish=True),
        _usage_at(groq=True),
        _usage_at(own=True, nulls=True),
        _usage_at(finish=True, groq=True),
        when=counted_in_stream,
    ),
    on_events(
        "healthy-no-choices-key",
        _no_choices("id", "object", "created", "model"),
        _no_choices(),
        _no_choices("id"),
        _no_choices("id", "model", more={"timings": {"predicted_ms": 17.5}}),
        _no_choices("object", more={"metrics": {"queue_s": 0.01}}),
        when=counted_in_stream,
    ),
    on_events(
        "healthy-empty-first-delta",
        _empty_first(({},)),
        _empty_first(({"role": "assistant"},)),
        _empty_first(({"content": ""},)),
        _empty_first(({"content": None},)),
        _empty_first(({}, {"role": "assistant", "content": ""}, {"content": ""})),
    ),
    on_events(
        "healthy-single-chunk",
        _one_chunk(role=False, finish=False),
        _one_chunk(role=True, finish=False),
        _one_chunk(role=False, finish=True),
        _one_chunk(role=True, finish=True),
        _all_in_one,
        when=_only_text,
    ),
    on_events(
        "healthy-last-delta",
        _last_delta(content=""),
        _last_delta(content=None),
        _last_delta(role="assistant", content=""),
        _last_delta(role="assistant", content=None),
        _last_delta(tool_calls=[]),
        _last_delta(refusal=None, content=""),
    ),
)
