"""What a pretend model said, as its dialect will dress it, and how many tokens that took."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s]+)")
# What an image counts for, as the low detail of OpenAI does.
_IMAGE_TOKENS = 85


@dataclass(slots=True)
class Call:
    """A tool that the model wants called; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str

    @property
    def pieces(self) -> tuple[str, ...]:
        """The arguments in the fragments of a stream."""
        return tuple(tokens_of(self.arguments))

    def document(self) -> dict[str, Any]:
        """The call as it stands in a whole message."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a model said. `pieces` is the text as a stream would carry it.

    `completion_tokens` counts everything said in all choices; `reasoning_tokens` is the part of
    thought. `others` are the further choices of a request with n > 1. `top_logprobs` is how many
    likely tokens are told beside each one; None when no probabilities were asked for. Prices are in
    USD per million tokens, as listed. `whole` is
    the text before a stop sequence or a limit cut it.
    """

    text: str
    model: str
    reasoning: str = ""
    refusal: str = ""
    calls: list[Call] = field(default_factory=list)
    finish: str = "stop"
    index: int = 0
    others: list[Answer] = field(default_factory=list)
    top_logprobs: int | None = None
    whole: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    input_usd: float = 0.0
    output_usd: float = 0.0

    @property
    def cost_usd(self) -> float:
        """What it costs by its prices, in USD."""
        into, out = self.prompt_tokens * self.input_usd, self.completion_tokens * self.output_usd
        return round((into + out) / 1e6, 12)

    @property
    def choices(self) -> tuple[Answer, ...]:
        """This answer and the further ones, each a choice."""
        return (self, *self.others)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text in bits of a word or some marks each."""
        return tuple(tokens_of(self.text))

    @property
    def thoughts(self) -> tuple[str, ...]:
        """The reasoning in bits."""
        return tuple(tokens_of(self.reasoning))

    def count(self) -> None:
        """Sets the token counts from what is said as it stands."""
        self.reasoning_tokens = sum(len(choice.thoughts) for choice in self.choices)
        said = sum(_said_tokens(choice) for choice in self.choices)
        self.completion_tokens = said + self.reasoning_tokens

    def limit(self, tokens: int) -> None:
        """Cuts thought, text and arguments to so many tokens, in this order."""
        thoughts, words = self.thoughts, self.pieces
        if len(thoughts) + _said_tokens(self) <= tokens:
            return
        self.finish = "length"
        self.reasoning = "".join(thoughts[:tokens])
        left = max(0, tokens - len(thoughts))
        self.text = "".join(words[:left])
        left = max(0, left - len(words))
        kept: list[Call] = []
        for call in self.calls:
            if left:
                # The name is one token, so a call that begins has one.
                kept.append(Call(call.id, call.name, "".join(call.pieces[: left - 1])))
                left = max(0, left - 1 - len(call.pieces))
        self.calls = kept


def _said_tokens(answer: Answer) -> int:
    said = len(answer.pieces) + len(tokens_of(answer.refusal))
    return said + sum(1 + len(call.pieces) for call in answer.calls)


def tokens_of(text: str) -> list[str]:
    """A text cut into words and runs of marks, with the blanks before them; joined the text."""
    found: list[str] = _TOKEN.findall(text)
    rest = text[len("".join(found)) :]
    return [*found, rest] if rest else found


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """Tokens of all messages, with a few for each message's frame, and of the tools offered."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return 0
    tools = body.get("tools")
    offered = len(tokens_of(json.dumps(tools))) if tools else 0
    return offered + sum(
        4 + len(tokens_of(text_of(message))) + _IMAGE_TOKENS * len(images_of(message))
        for message in messages
    )


def text_of(message: Any) -> str:
    """The text of a message, whatever the form of its content."""
    if not isinstance(message, Mapping):
        return ""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text", "") for part in content if isinstance(part, Mapping))
        return " ".join(part for part in parts if isinstance(part, str))
    return "" if content is None else json.dumps(content)


def images_of(message: Any) -> list[str]:
    """The addresses of a message's images."""
    content = message.get("content") if isinstance(message, Mapping) else None
    found = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, Mapping) and part.get("type") == "image_url":
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, Mapping) else image
            found.append(url if isinstance(url, str) else "")
    return found
