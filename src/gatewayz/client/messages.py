"""What a model says in one choice: text, thought, refusal and tool calls, under all their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gatewayz.client.growing import GrowingText
from gatewayz.client.tool_fragments import ToolFragments

REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking", "reasoning_details")
_THOUGHTS = frozenset(REASONING_FIELDS)
# What parts of a content hold thought, as Mistral's models stream it
# (https://docs.mistral.ai/capabilities/reasoning, read 2026-11-27), and under what names.
_THINKING = ("thinking", "reasoning", "reasoning_text", "redacted_thinking")
_IN_THOUGHTS = ("thinking", "reasoning", "text", "summary", "content")
_CALLS = frozenset(("tool_calls", "function_call"))


class Message:
    """One message, whole or joined from the deltas of a stream.

    `content_kind` is "text", "null" or "missing".
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self.text, self.reasoning, self.refusal = GrowingText(), GrowingText(), GrowingText()
        self.reasoning_field = ""
        self.content_kind = "missing"
        self.calls = ToolFragments(note)
        self._note = note

    @property
    def cut(self) -> bool:
        """Whether more came than is kept."""
        return self.calls.cut or any(t.cut for t in (self.text, self.reasoning, self.refusal))

    def take(self, message: Mapping[str, Any], *, whole: bool) -> tuple[bool, bool]:
        """A message, or a delta of it: whether there was answer in it, and whether thought."""
        answered, within = False, ""
        if "content" in message:
            content = message["content"]
            if isinstance(content, list):
                content, within = _parts_of(content)
            answered = self._take_text(content)
        thought = not _THOUGHTS.isdisjoint(message) and self._take_reasoning(message)
        if within and not thought:
            self.reasoning.add(within)
            self.reasoning_field = self.reasoning_field or "content"
            thought = True
        called = not _CALLS.isdisjoint(message) and self._take_calls(message, whole=whole)
        refusal = message.get("refusal")
        if isinstance(refusal, str) and refusal:
            self.refusal.add(refusal)
            self._note("refusal")
        return answered or called, thought

    def take_alike(self, field: str, text: str) -> bool:
        """A delta like one before, its text in `field`; whether it said something."""
        if field == "content":
            self.content_kind = "text"
            self.text.add(text)
        else:
            self.reasoning.add(text)
        return bool(text)

    def _take_text(self, content: Any) -> bool:
        if content is None:
            if self.content_kind == "missing":
                self.content_kind = "null"
            return False
        if not isinstance(content, str):
            return False
        self.content_kind = "text"
        self.text.add(content)
        return bool(content)

    def _take_reasoning(self, message: Mapping[str, Any]) -> bool:
        for name in REASONING_FIELDS:
            value = message.get(name)
            if isinstance(value, list):
                value = "".join(
                    [
                        str(part.get("text") or part.get("summary") or "")
                        for part in value
                        if part and isinstance(part, dict)
                    ]
                )
            if isinstance(value, str) and value:
                # The same thought may stand in two fields of one chunk: one of them is read.
                self.reasoning.add(value)
                self.reasoning_field = self.reasoning_field or name
                return True
        return False

    def _take_calls(self, message: Mapping[str, Any], *, whole: bool) -> bool:
        calls = message.get("tool_calls")
        old = message.get("function_call")
        if not calls and isinstance(old, dict):
            calls = [{"index": 0, "function": old}]
        if not isinstance(calls, list):
            return False
        if whole:
            self.calls.add_whole(calls)
        else:
            self.calls.add_fragments(calls)
        return bool(calls)


def plain_text(content: Any) -> Any:
    """Content as text, where it comes in parts, as some gateways pass them on; thought is none."""
    return _parts_of(content)[0] if isinstance(content, list) else content


def _parts_of(content: list[Any]) -> tuple[str | None, str]:
    """The text that parts hold, None where all of them are thought, and the thought."""
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        if part and isinstance(part, dict):
            if part.get("type") in _THINKING:
                thoughts.append(_thought_in(part))
            elif isinstance(text := part.get("text"), str):
                texts.append(text)
    only_thought = thoughts and len(thoughts) == len(content)
    return None if only_thought else "".join(texts), "".join(thoughts)


def _thought_in(part: Any) -> str:
    """The text of a part that holds thought, which may stand in parts again."""
    for name in _IN_THOUGHTS:
        value = part.get(name)
        if isinstance(value, list):
            value = "".join(
                [
                    one["text"]
                    for one in value
                    if isinstance(one, dict) and isinstance(one.get("text"), str)
                ]
            )
        if isinstance(value, str) and value:
            return value
    return ""
