"""What a model says in one choice: text, thought, refusal and tool calls, under all their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gatewayz.client.growing import GrowingText
from gatewayz.client.tool_fragments import ToolFragments

REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking", "reasoning_details")
_THOUGHTS = frozenset(REASONING_FIELDS)
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
        answered = "content" in message and self._take_text(message["content"])
        thought = not _THOUGHTS.isdisjoint(message) and self._take_reasoning(message)
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
            content = plain_text(content)
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
    """Content as text, where it comes in parts, as some gateways pass them on."""
    if not isinstance(content, list):
        return content
    return "".join(
        [
            part["text"]
            for part in content
            if part and isinstance(part, dict) and isinstance(part.get("text"), str)
        ]
    )
