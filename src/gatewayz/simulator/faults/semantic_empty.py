"""A sound message that says nothing, or only thinks: the class `semantic`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.dialect import Document, Event
from gatewayz.simulator.faults.planting import (
    choices_in,
    documents_in,
    on_answer,
    on_events,
    on_shape,
    on_text,
    said,
    speaks,
    usages,
)
from gatewayz.simulator.turn import Turn

_THOUGHTS = (
    "The user asks for a fixed phrase. I should answer with exactly that phrase.",
    "Okay, so the user wants something short. Let me think about what would be right here.",
    "Let me see. First I read the question; then I decide how to put the answer.",
    "Der Nutzer möchte eine kurze Antwort. Ich überlege, wie ich sie am besten formuliere.",
    "用户想要一个简短的回答。 我应该想一想， 怎么说才合适。",
    "Analyse the request.\n1. What is asked\n2. What form it should have\n3. Write it down",
    "We need to respond. The instruction is simple, no tools are needed.",
)
_TAGS = ("think", "thinking", "thought", "reasoning", "reflection")
_THINKING_FIELDS = ("reasoning", "reasoning_content", "reasoning_details", "thinking")


def _set_completion(documents: list[Document], tokens: int) -> None:
    """Makes the usage say so many tokens, none of them thought."""
    for usage in usages(documents):
        usage.pop("completion_tokens_details", None)
        if "reasoning_tokens" in usage:
            usage["reasoning_tokens"] = 0
        usage["completion_tokens"] = tokens
        usage["total_tokens"] = usage["prompt_tokens"] + tokens


def _saying(content: str | None, **more: Any) -> Callable[[Turn, list[Document]], None]:
    """Every message as this, and no reason to think that anything went wrong."""

    def act(turn: Turn, documents: list[Document]) -> None:
        for choice in choices_in(documents):
            choice["message"] = {"role": "assistant", "content": content} | more
            choice["finish_reason"] = "stop"
        _set_completion(documents, turn.rng.choice((0, 1, 2)))

    return act


def _content_missing(turn: Turn, documents: list[Document]) -> None:
    _saying(None)(turn, documents)
    for message in said(documents):
        del message["content"]


# Streams without text.


def _bare(turn: Turn, events: list[Event], *, role: bool = True) -> list[Event]:
    """A stream's role, finish, usage and end; in its place nothing of what was said."""
    parts = {"comment", "finish", "usage", "done"} | ({"role"} if role else set())
    kept = [event for event in events if event.part in parts]
    for choice in choices_in(documents_in(kept)):
        if choice.get("finish_reason"):
            choice["finish_reason"] = "stop"
        choice["delta"] = {
            name: choice["delta"][name] for name in ("role",) if name in choice["delta"]
        }
    _set_completion(documents_in(kept), turn.rng.choice((0, 1, 2)))
    return kept


def _quiet(content: str | None) -> Callable[[Turn, list[Event]], None]:
    """Role, finish, end; the first delta's content is this."""

    def act(turn: Turn, events: list[Event]) -> None:
        events[:] = _bare(turn, events)
        first = next(said(documents_in(events)))
        first |= {"role": "assistant", "content": content}

    return act


def _no_role(turn: Turn, events: list[Event]) -> None:
    """Only the end of an answer."""
    events[:] = _bare(turn, events, role=False)


def _empty_deltas(turn: Turn, events: list[Event]) -> None:
    """Chunk after chunk with an empty text."""
    kept = _bare(turn, events)
    at = next(n for n, event in enumerate(kept) if event.part == "finish")
    sample = kept[at].data
    for _ in range(turn.rng.randint(2, 6)):
        choice = sample["choices"][0] | {"delta": {"content": ""}, "finish_reason": None}
        kept.insert(at, Event(sample | {"choices": [choice]}))
    events[:] = kept


def _no_delta_keys(turn: Turn, events: list[Event]) -> None:
    """Deltas that are empty objects."""
    events[:] = _bare(turn, events)
    for message in said(documents_in(events)):
        message.clear()


# Thought instead of an answer, or in the wrong place.


def _only_thought(*, finish: str) -> Callable[[Turn, Answer], None]:
    def act(turn: Turn, answer: Answer) -> None:
        for choice in answer.choices:
            thought = turn.rng.choice(_THOUGHTS)
            if finish == "length":
                thought = _drawn_out(thought, turn.max_tokens or 60)
            choice.reasoning, choice.text, choice.calls = thought, "", []
            choice.finish = finish
            if turn.max_tokens is not None:
                choice.reasoning = "".join(choice.thoughts[: turn.max_tokens])
        answer.count()

    return act


def _drawn_out(thought: str, tokens: int) -> str:
    """A thought that goes round until the budget is used up."""
    rounds = tokens // 8 + 1
    return " Wait, again. ".join([thought] * rounds)


def _other_field(turn: Turn, documents: list[Document]) -> None:
    """Thought under one of its names, before an answer that is all there."""
    thought = turn.rng.choice(_THOUGHTS)
    text = [{"type": "reasoning.text", "text": thought, "format": None, "index": 0}]
    summary = [{"type": "reasoning.summary", "summary": thought}]
    fields: tuple[Document, ...] = (
        {"reasoning": thought},
        {"reasoning_content": thought},
        {"thinking": thought},
        {"reasoning_details": text},
        {"reasoning_details": summary},
        {"reasoning": thought, "reasoning_details": text},
        {"reasoning": thought, "reasoning_content": thought},
        {"reasoning": None, "reasoning_content": thought},
    )
    for message in said(documents):
        for name in _THINKING_FIELDS:
            message.pop(name, None)
    first = next(said(documents), None)
    if first is not None:
        first |= turn.rng.choice(fields)


def _tagged(turn: Turn, text: str) -> str:
    tag, thought = turn.rng.choice(_TAGS), turn.rng.choice(_THOUGHTS)
    gap = turn.rng.choice(("\n", "", " "))
    return f"<{tag}>{gap}{thought}{gap}</{tag}>\n\n{text}"


def _half_tagged(turn: Turn, text: str) -> str:
    """Only the closing tag: the opening one was part of the prompt."""
    tag = turn.rng.choice(_TAGS[:2])
    return f"{turn.rng.choice(_THOUGHTS)}\n</{tag}>\n\n{text}"


def _empty_tags(turn: Turn, text: str) -> str:
    """What is left where thinking was turned off."""
    tag = turn.rng.choice(_TAGS[:2])
    return f"<{tag}>\n\n</{tag}>\n\n{text}"


def _whole_within_limit(turn: Turn, answer: Answer | None) -> bool:
    """Whether a text with thought before it still fits the request's limit."""
    room = turn.max_tokens is None or turn.max_tokens >= 40
    return speaks(turn, answer) and room and answer is not None and answer.finish == "stop"


FAULTS = (
    on_shape(
        "empty-content",
        _saying(""),
        _saying("", refusal=None),
        _saying("", tool_calls=[]),
        _saying("", refusal=None, annotations=[]),
        _saying("", tool_calls=None, function_call=None),
        _saying("", reasoning=None),
        _saying("\u202e\u2066"),
        _saying("\u3164\u2800"),
        _saying("\x1b[0m\x00"),
        form="plain",
    ),
    on_shape(
        "null-content",
        _saying(None),
        _saying(None, refusal=None),
        _saying(None, tool_calls=[]),
        _saying(None, refusal=None, annotations=[]),
        _saying(None, tool_calls=None, function_call=None),
        _content_missing,
        form="plain",
    ),
    on_events(
        "stream-no-content", _quiet(""), _quiet(None), _no_role, _empty_deltas, _no_delta_keys
    ),
    on_answer("reasoning-only", _only_thought(finish="stop")),
    on_answer("reasoning-ate-budget", _only_thought(finish="length")),
    on_shape("reasoning-field-variant", _other_field),
    on_text(
        "think-tags-in-content",
        _tagged,
        _tagged,
        _half_tagged,
        _empty_tags,
        when=_whole_within_limit,
    ),
)
