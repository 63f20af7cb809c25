"""Faults of an answer, written as several ways to go wrong of which the seed draws one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.table import CHAT, Fault, Stage, always
from gatewayz.simulator.response import Response
from gatewayz.simulator.turn import Turn

Way = TypeVar("Way")
When = Callable[[Turn, Answer | None], bool]
Bend = Callable[[Turn, str], str]

COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def on_answer(
    name: str, *ways: Callable[[Turn, Answer], None], form: str = "any", when: When = always
) -> Fault:
    """A fault in what the model said; tokens are counted again after it."""

    def act(turn: Turn, answer: Answer) -> None:
        _drawn(turn, ways)(turn, answer)

    return Fault(name, Stage.ANSWER, act, form=form, routes=CHAT, when=when)


def on_text(name: str, *ways: Bend, form: str = "any", when: When | None = None) -> Fault:
    """A fault in the text of every choice. The token limit is kept all the same."""

    def act(turn: Turn, answer: Answer) -> None:
        bend = _drawn(turn, ways)
        for choice in answer.choices:
            choice.text = bend(turn, choice.text)
            if turn.max_tokens is not None:
                # A text that is now shorter than the limit has ended by itself.
                choice.finish = "stop" if choice.finish == "length" else choice.finish
                choice.limit(turn.max_tokens)
        answer.count()

    return Fault(name, Stage.ANSWER, act, form=form, routes=CHAT, when=when or speaks)


def on_shape(
    name: str, *ways: Callable[[Turn, list[Document]], None], form: str = "any", when: When = always
) -> Fault:
    """A fault in the fields of the reply, or of every chunk."""

    def act(turn: Turn, documents: list[Document]) -> None:
        _drawn(turn, ways)(turn, documents)

    return Fault(name, Stage.SHAPE, act, form=form, routes=CHAT, when=when)


def on_events(name: str, *ways: Callable[[Turn, list[Event]], None], when: When = always) -> Fault:
    """A fault in the order and the number of a stream's events."""

    def act(turn: Turn, events: list[Event]) -> None:
        _drawn(turn, ways)(turn, events)

    return Fault(name, Stage.EVENTS, act, form="stream", routes=CHAT, when=when)


def on_times(
    name: str, *ways: Callable[[Turn, Response], None], form: str = "any", when: When = always
) -> Fault:
    """A fault in when the bytes of a chat answer leave."""

    def act(turn: Turn, response: Response) -> None:
        _drawn(turn, ways)(turn, response)

    return Fault(name, Stage.WIRE, act, form=form, routes=CHAT, when=when)


def _drawn(turn: Turn, ways: Sequence[Way]) -> Way:
    """One of the ways, and a note of which for the answer sheet."""
    number = turn.rng.randrange(len(ways))
    turn.variant = str(number)
    return ways[number]


# What a request asks for and an honest answer holds.


def speaks(turn: Turn, answer: Answer | None) -> bool:
    """Whether the answer is a text in no ordered form, and nothing else."""
    return answer is not None and bool(answer.text) and not answer.calls and not wants_json(turn)


def calls(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    """Whether the answer calls a tool."""
    return answer is not None and bool(answer.calls)


def calls_twice(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    """Whether the answer calls tools side by side."""
    return answer is not None and len(answer.calls) > 1


def wants_json(turn: Turn, answer: Answer | None = None) -> bool:  # noqa: ARG001 - a condition
    """Whether the request orders JSON."""
    return format_of(turn) in ("json_object", "json_schema")


def counted(turn: Turn, answer: Answer | None) -> bool:
    """Whether usage was asked for, or comes with every whole answer."""
    return not turn.stream or counted_in_stream(turn, answer)


def counted_in_stream(turn: Turn, answer: Answer | None) -> bool:  # noqa: ARG001 - a condition
    """Whether usage was asked for in a stream, of a provider that gives it there."""
    return turn.include_usage and turn.dialect.usage_in != "nowhere"


# Where things are.


def format_of(turn: Turn) -> str:
    """The type of the ordered response format; "" for text."""
    form = turn.body.get("response_format")
    return str(form.get("type")) if isinstance(form, Mapping) else ""


def schema_of(turn: Turn) -> Mapping[str, Any]:
    """The ordered schema; empty when there is none."""
    form = turn.body.get("response_format")
    inner = form.get("json_schema") if isinstance(form, Mapping) else None
    schema = inner.get("schema") if isinstance(inner, Mapping) else None
    return schema if isinstance(schema, Mapping) else {}


def offered(turn: Turn) -> dict[str, Mapping[str, Any]]:
    """The parameters' schemas of the tools offered, by name."""
    tools = turn.body.get("tools")
    found = [tool.get("function") for tool in tools or () if isinstance(tool, Mapping)]
    return {
        str(function.get("name")): function.get("parameters") or {}
        for function in found
        if isinstance(function, Mapping)
    }


def choices_in(documents: list[Document]) -> Iterator[Document]:
    """Every choice of a reply or of its chunks."""
    for document in documents:
        yield from document.get("choices") or ()


def said(documents: list[Document]) -> Iterator[Document]:
    """Every message of a reply, or every delta of a stream."""
    for choice in choices_in(documents):
        yield choice["message"] if "message" in choice else choice["delta"]


def tool_parts(documents: list[Document]) -> Iterator[Document]:
    """Every tool call of a reply, or every fragment of one in a stream."""
    for message in said(documents):
        yield from message.get("tool_calls") or ()


def opens(part: Document) -> bool:
    """Whether a part begins a call: it has an id, a type or a name, as later ones have not."""
    return bool(part.get("id") or part.get("type") or part["function"].get("name"))


def parsed(text: Any) -> Any:
    """A JSON text as a value; an empty object where another fault has already spoilt it."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return {}


def usages(documents: list[Document]) -> Iterator[Document]:
    """Every usage object with its three counts, wherever it stands."""
    for document in documents:
        for holder in (document, document.get("x_groq")):
            usage = holder.get("usage") if isinstance(holder, dict) else None
            if isinstance(usage, dict) and all(
                isinstance(usage.get(name), int | float) for name in COUNTS
            ):
                yield usage


def documents_in(events: list[Event]) -> list[Document]:
    """The chunks among events."""
    return [event.data for event in events if isinstance(event.data, dict)]


def reordered(turn: Turn, document: Document) -> None:
    """Puts the keys of an object into another order."""
    names = list(document)
    turn.rng.shuffle(names)
    moved = {name: document[name] for name in names}
    document.clear()
    document.update(moved)
