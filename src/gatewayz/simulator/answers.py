"""What a pretend model says, and how many tokens it says it took."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatewayz.simulator.turn import Turn

_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])")
_ORDERED = re.compile(
    r"(?:respond|reply|answer|say|repeat|return)\b[^\"“«']{0,60}[\"“«'](.+?)[\"”»']",
    re.IGNORECASE | re.DOTALL,
)
_CODE_WORD = re.compile(r"(?:code ?word|word|phrase|text)[^\n:]{0,40}:\s*(\S+)", re.IGNORECASE)
_SMALL_TALK = (
    "Here is a short answer to your question.",
    "That works: everything you asked for is in this sentence.",
    "In short, yes, and the details depend on what you measure.",
    "A small model answers a small question with a small text.",
)
_THOUGHTS = "The user wants a short fixed reply."


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a model said. `pieces` is the text as a stream would carry it.

    `completion_tokens` counts `text` and `reasoning`; `reasoning_tokens` is the part of thought.
    """

    text: str
    model: str
    reasoning: str = ""
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text in bits of a word or a mark each."""
        return tuple(tokens_of(self.text))

    @property
    def thoughts(self) -> tuple[str, ...]:
        """The reasoning in bits."""
        return tuple(tokens_of(self.reasoning))

    def count(self) -> None:
        """Sets the token counts from the text as it stands."""
        self.reasoning_tokens = len(tokens_of(self.reasoning))
        self.completion_tokens = len(tokens_of(self.text)) + self.reasoning_tokens


def compose(turn: Turn) -> Answer:
    """The honest answer to a chat request: what was asked for, within the asked token limit."""
    thinks = turn.card is not None and "reasoning" in turn.card.features
    answer = Answer(
        text=_reply_to(turn),
        model=turn.model,
        reasoning=_THOUGHTS if thinks and not _thinking_is_off(turn.body) else "",
        prompt_tokens=prompt_tokens(turn.body),
    )
    limit = turn.max_tokens
    if limit is not None:
        thoughts, words = answer.thoughts, answer.pieces
        if len(thoughts) + len(words) > limit:
            answer.finish = "length"
            answer.reasoning = "".join(thoughts[:limit])
            answer.text = "".join(words[: max(0, limit - len(thoughts))])
    answer.count()
    return answer


def tokens_of(text: str) -> list[str]:
    """A text cut into words and marks, each with the blanks before it; joined they are the text."""
    found: list[str] = _TOKEN.findall(text)
    rest = text[len("".join(found)) :]
    return [*found, rest] if rest else found


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """Tokens of all messages, with a few for each message's frame."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return 0
    return sum(4 + len(tokens_of(_text_of(message))) for message in messages)


def _thinking_is_off(body: Mapping[str, Any]) -> bool:
    return body.get("reasoning_effort") == "none" or body.get("disable_reasoning") is True


def _reply_to(turn: Turn) -> str:
    messages = turn.body.get("messages") or []
    asked = _text_of(messages[-1])
    ordered = _ORDERED.search(asked) or _CODE_WORD.search(asked)
    if ordered:
        return ordered.group(1).strip()
    return turn.rng.choice(_SMALL_TALK)


def _text_of(message: Any) -> str:
    if not isinstance(message, Mapping):
        return ""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text", "") for part in content if isinstance(part, Mapping))
        return " ".join(part for part in parts if isinstance(part, str))
    return "" if content is None else json.dumps(content)
