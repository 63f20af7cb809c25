"""A probe is one question; a chat request is how it is put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks
    from gatewayz.core.verdict import Check

TEST_MESSAGE = 'Respond with: "Test successful"'
TEST_ANSWER = "Test successful"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked of a model, before a gateway's dialect is applied.

    `messages` are OpenAI-shaped mappings. `expect` is a regular expression that the text must
    match (None: not asked); `echo` the text it should repeat, case and punctuation aside.
    `extra` holds further request fields.
    """

    messages: tuple[Mapping[str, Any], ...]
    max_tokens: int | None = None
    temperature: float | None = None
    stream: bool = False
    stop: tuple[str, ...] = ()
    expect: str | None = None
    echo: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def body(self, model_id: str, quirks: Quirks) -> dict[str, Any]:
        """The JSON body for one model in one dialect; absent settings are not sent.

        Only `model`, `messages`, the token limit, `stream` and `temperature` are safe
        everywhere, so nothing else goes out unasked.
        """
        body: dict[str, Any] = {"model": model_id, "messages": [dict(m) for m in self.messages]}
        if self.max_tokens is not None:
            body[quirks.max_tokens_field] = max(self.max_tokens, quirks.min_max_tokens)
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.stop:
            body["stop"] = list(self.stop)
        body["stream"] = self.stream
        if self.stream and quirks.stream_usage:
            body["stream_options"] = {"include_usage": True}
        body.update(self.extra)
        return {k: v for k, v in body.items() if k not in quirks.never_send}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the user set for every probe.

    `message` is the user turn, `max_tokens` a count, `expect` a regular expression or None.
    """

    message: str = TEST_MESSAGE
    max_tokens: int | None = 50
    temperature: float | None = 0.7
    expect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question: a name, what it needs of a model, how it is put, what its answer must meet.

    `needs` are capability words (see Model.capabilities); `request` builds the question from what
    the user set; `checks` are asked in order of their answer.
    """

    name: str
    title: str
    request: Callable[[Ask], ChatRequest]
    checks: tuple[Check, ...]
    needs: frozenset[str] = frozenset({"chat"})
