"""A reply put together from one document or from a stream's chunks.

Reads every field variant there is and names each departure from the contract; whether that is
bad is for others to say. Memory is bounded: text beyond the cap is counted, not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatewayz.client.error_bodies import error_in
from gatewayz.core.attempt import ErrorBody, Reply, ToolCall, Usage

MAX_TEXT = 1_000_000
MAX_NAME = 500
MAX_CHUNK_STAMPS = 20_000
MAX_TOOL_CALLS = 128
MAX_CHOICES = 128
REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking", "reasoning_details")
KNOWN_FINISHES = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
# Other people's names for the same; they are told as odd all the same.
_FINISH_ALIASES = {
    "eos": "stop", "end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length",
    "tool_use": "tool_calls", "safety": "content_filter", "sensitive": "content_filter",
}  # fmt: skip
# Ends that own up to a break: vLLM and SGLang "abort", Zhipu "network_error", DeepSeek
# "insufficient_system_resource". What came before them is a part of an answer.
_BROKEN_FINISH = re.compile(
    r"(.*[_-])?error|abort(ed)?|cancell?ed|failed|timeout|insufficient_system_resource",
    re.IGNORECASE,
)


class _Text:
    """Text that grows up to a cap."""

    def __init__(self) -> None:
        self.length = 0
        self._parts: list[str] = []

    def add(self, part: str) -> None:
        if self.length < MAX_TEXT:
            self._parts.append(part[: MAX_TEXT - self.length])
        self.length += len(part)

    def __str__(self) -> str:
        return "".join(self._parts)


@dataclass(slots=True)
class _Call:
    """A tool call while its fragments come in."""

    id: str = ""
    name: str = ""
    arguments: _Text = field(default_factory=_Text)


class ReplyBuilder:
    """Collects what a model said.

    `first_token` and the like are the stamps handed to `add_chunk`, on the caller's clock.
    `error` is the provider's own error when one came where an answer should have been.
    """

    def __init__(self) -> None:
        self.error: ErrorBody | None = None
        self.first_token: float | None = None
        self.first_answer: float | None = None
        self.last_content: float | None = None
        self.stamps: list[float] = []
        self.content_chunks = 0
        self.done = False
        self.events = 0
        self.comments = 0
        self._text, self._reasoning, self._refusal = _Text(), _Text(), _Text()
        self._reasoning_field = ""
        self._calls: dict[int, _Call] = {}
        self._finish = ""
        self._odd_finish = False
        self._finish_given = False
        self._index: int | None = None
        self._model = ""
        self._id = ""
        self._usage: Usage | None = None
        self._content_kind = "missing"
        self._choices: set[int] = set()
        self._oddities: dict[str, None] = {}

    @property
    def finished(self) -> bool:
        """Whether a finish reason has come."""
        return bool(self._finish)

    @property
    def finish_given(self) -> bool:
        """Whether the last choice had a finish reason, be it an empty one."""
        return self._finish_given

    @property
    def started(self) -> bool:
        """Whether anything generated has come."""
        return self.first_token is not None or bool(self._text.length)

    def note(self, oddity: str) -> None:
        """Remembers a departure from the contract by its name."""
        self._oddities.setdefault(oddity)

    def add_document(self, document: Any) -> None:
        """A whole answer."""
        if isinstance(document, str):
            self.note("json-double-encoded")
            return
        if isinstance(document, Mapping) and self._take_error(document):
            return
        if not isinstance(document, Mapping) or "choices" not in document:
            self.note("choices-missing")
            return
        choices = document["choices"]
        if choices is None:
            self.note("choices-null")
        elif not isinstance(choices, list):
            self.note("choices-missing")
        elif not any(isinstance(choice, Mapping) for choice in choices):
            self.note("choices-empty")
        else:
            for choice in choices:
                if isinstance(choice, Mapping):
                    self._take_choice(choice, choice.get("message"), None)
        self._take_head(document)

    def add_chunk(self, document: Any, stamp: float, *, event_name: str = "") -> None:
        """One chunk of a stream, and when it came."""
        if self.done:
            self.note("sse-data-after-done")
        self.events += 1
        if not isinstance(document, Mapping):
            self.note("sse-bad-json-event")
            return
        if event_name == "error" and self.error is None:
            self.error = error_in(document, whole=True, in_band=True)
            if self.error is not None:
                self.error = replace(self.error, shape="event")
            return
        if self._take_error(document):
            return
        self._take_head(document)
        choices = document.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, Mapping):
                delta = choice.get("delta")
                # A whole message may stand beside the deltas: it repeats what they said.
                whole = None if self.started else choice.get("message")
                self._take_choice(choice, delta or whole, stamp)

    def add_done(self) -> None:
        """The end mark."""
        self.done = True

    def build(self) -> Reply:
        """The reply as it stands."""
        if self._odd_finish or (self._finish_given and not self._finish):
            self.note("finish-unknown")
        return Reply(
            text=str(self._text),
            reasoning=str(self._reasoning),
            reasoning_field=self._reasoning_field,
            refusal=str(self._refusal),
            tool_calls=tuple(
                ToolCall(id=c.id, name=c.name, arguments=str(c.arguments))
                for _, c in sorted(self._calls.items())
            ),
            finish_reason=self._finish,
            model=self._model,
            id=self._id,
            usage=self._usage,
            content_kind=self._content_kind,
            choices=len(self._choices),
            done_marker=self.done,
            events=self.events,
            comments=self.comments,
            oddities=tuple(self._oddities),
        )

    def _take_error(self, document: Mapping[str, Any]) -> bool:
        found = error_in(document, in_band=True)
        if found is None:
            return False
        self.error = self.error or found
        return True

    def _take_head(self, document: Mapping[str, Any]) -> None:
        model = document.get("model")
        if isinstance(model, str) and not self._model:
            self._model = model[:MAX_NAME]
        ident = document.get("id")
        if isinstance(ident, str) and not self._id:
            self._id = ident[:MAX_NAME]
        extra = document.get("x_groq")
        candidates = [extra.get("usage") if isinstance(extra, Mapping) else None]
        if isinstance(extra, Mapping) and isinstance(extra.get("error"), str):
            self.error = self.error or error_in({"error": extra["error"]}, in_band=True)
        candidates.append(document.get("usage"))
        for usage in candidates:
            if isinstance(usage, Mapping) and usage:
                self._usage = read_usage(usage)

    def _take_choice(self, choice: Mapping[str, Any], message: Any, stamp: float | None) -> None:
        given = choice.get("index")
        index = given if isinstance(given, int) else 0
        # One answer is read, the first one seen; n > 1 is only counted.
        self._index = index if self._index is None else self._index
        if len(self._choices) < MAX_CHOICES:
            self._choices.add(index)
        inner = choice.get("error")
        if inner and self.error is None:
            self.error = error_in({"error": inner}, in_band=True)
        if index == self._index:
            self._take_finish(choice)
        if isinstance(choice.get("usage"), Mapping):  # Moonshot's place for it
            self._usage = read_usage(choice["usage"])
        if index != self._index or not isinstance(message, Mapping):
            return
        answered = self._take_text(message)
        thought = self._take_reasoning(message)
        called = self._take_calls(message)
        refusal = message.get("refusal")
        if isinstance(refusal, str) and refusal:
            self._refusal.add(refusal)
            self.note("refusal")
        if stamp is not None and (answered or thought or called):
            self._stamp(stamp, answered=answered or called)

    def _take_finish(self, choice: Mapping[str, Any]) -> None:
        finish = choice.get("finish_reason")
        self._finish_given = finish is not None
        if not isinstance(finish, str) or not finish:
            self._odd_finish = self._odd_finish or finish not in (None, "")
            return
        finish = finish[:MAX_NAME]
        if _BROKEN_FINISH.fullmatch(finish) and self.error is None:
            self.error = ErrorBody(
                message=f"finish_reason is {finish!r}", in_band=True, shape="finish"
            )
        self._odd_finish = self._odd_finish or finish not in KNOWN_FINISHES
        self._finish = _FINISH_ALIASES.get(finish.lower(), finish)[:100]
        if self._finish == "content_filter":
            self.note("refusal")

    def _take_text(self, message: Mapping[str, Any]) -> bool:
        if "content" not in message:
            return False
        content = message["content"]
        if content is None:
            if self._content_kind == "missing":
                self._content_kind = "null"
            return False
        if isinstance(content, list):  # parts, as some gateways pass them on
            content = "".join(
                part["text"]
                for part in content
                if isinstance(part, Mapping) and isinstance(part.get("text"), str)
            )
        if not isinstance(content, str):
            return False
        self._content_kind = "text"
        self._text.add(content)
        return bool(content)

    def _take_reasoning(self, message: Mapping[str, Any]) -> bool:
        for name in REASONING_FIELDS:
            value = message.get(name)
            if isinstance(value, list):
                value = "".join(
                    str(part.get("text") or part.get("summary") or "")
                    for part in value
                    if isinstance(part, Mapping)
                )
            if isinstance(value, str) and value:
                # The same thought may stand in two fields of one chunk: one of them is read.
                self._reasoning.add(value)
                self._reasoning_field = self._reasoning_field or name
                return True
        return False

    def _take_calls(self, message: Mapping[str, Any]) -> bool:
        calls = message.get("tool_calls")
        old = message.get("function_call")
        if not calls and isinstance(old, Mapping):
            calls = [{"function": old}]
        if not isinstance(calls, list):
            return False
        for position, call in enumerate(calls):
            if not isinstance(call, Mapping):
                continue
            index = call.get("index")
            key = index if isinstance(index, int) else position
            if key not in self._calls and len(self._calls) >= MAX_TOOL_CALLS:
                continue
            slot = self._calls.setdefault(key, _Call())
            if isinstance(call.get("id"), str):
                slot.id = slot.id or call["id"][:MAX_NAME]
            function = call.get("function")
            if isinstance(function, Mapping):
                if isinstance(function.get("name"), str):
                    slot.name = slot.name or function["name"][:MAX_NAME]
                arguments = function.get("arguments")
                if isinstance(arguments, Mapping):  # an object where its text should be
                    arguments = json.dumps(arguments)
                if isinstance(arguments, str):
                    slot.arguments.add(arguments)
        return bool(calls)

    def _stamp(self, stamp: float, *, answered: bool) -> None:
        if self.first_token is None:
            self.first_token = stamp
        if answered and self.first_answer is None:
            self.first_answer = stamp
        self.last_content = stamp
        self.content_chunks += 1
        if len(self.stamps) < MAX_CHUNK_STAMPS:
            self.stamps.append(stamp)


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Token counts from a `usage` object; what is absent or no count stays None."""
    details = usage.get("completion_tokens_details")
    prompt_details = usage.get("prompt_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, Mapping) else None
    cached = prompt_details.get("cached_tokens") if isinstance(prompt_details, Mapping) else None
    cost = usage.get("cost", usage.get("estimated_cost"))
    return Usage(
        input_tokens=_count(usage.get("prompt_tokens", usage.get("input_tokens"))),
        output_tokens=_count(usage.get("completion_tokens", usage.get("output_tokens"))),
        total_tokens=_count(usage.get("total_tokens")),
        reasoning_tokens=_count(usage.get("reasoning_tokens", reasoning)),
        cached_tokens=_count(cached),
        cost_usd=_amount(cost),
    )


def _amount(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e15 else None


def _count(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < 2**53 else None
