"""Whose API an answer without choices looks like, so that the remedy can say what was reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The first row whose keys are all there, and whose value (where one is given) is of that type.
_SHAPES: tuple[tuple[str, dict[str, type | tuple[type, ...]]], ...] = (
    ("Ollama's /api/chat", {"message": Mapping, "done": bool}),
    ("Ollama's /api/generate", {"response": str, "done": bool}),
    ("Gemini's generateContent", {"candidates": list}),
    ("Bedrock's Converse", {"output": Mapping, "stopReason": str}),
    ("OpenAI's Responses", {"output": list}),
    ("DashScope's own", {"output": Mapping, "request_id": str}),
    ("Anthropic's Messages", {"content": list, "role": str}),
    ("Anthropic's old completions", {"completion": str}),
    ("Cohere's Chat", {"message": Mapping, "finish_reason": str}),
    ("Cohere's old Chat", {"text": str, "generation_id": str}),
    ("Cohere's Generate", {"generations": list}),
    ("text-generation-inference's own", {"generated_text": str}),
    ("Cloudflare's own", {"result": Mapping, "success": bool}),
    ("watsonx's or KoboldAI's own", {"results": list}),
    ("llama.cpp's /completion", {"content": str, "stop": (bool, list)}),
    ("Replicate's prediction", {"urls": Mapping, "status": str}),
    ("a list of models or embeddings", {"data": list, "object": str}),
    ("an API with outputs", {"outputs": list}),
    ("an API with a message", {"message": (str, Mapping)}),
    ("an API with a response", {"response": (str, Mapping)}),
    ("an API with an output", {"output": (str, Mapping)}),
)
# One of these stands in each; a document without any of them is done with at once.
_MARKS = frozenset({"type", *(next(iter(keys)) for _, keys in _SHAPES)})
_EVENTS = (
    ("response.", "OpenAI's Responses"),
    ("message_", "Anthropic's Messages"),
    ("content_block_", "Anthropic's Messages"),
    ("content-delta", "Cohere's Chat"),
)


def looks_foreign(choice: Mapping[str, Any], message: Any) -> str:
    """The API that a choice is of when it holds no chat message; "" when it may be one of ours."""
    if isinstance(message, dict):
        content = message.get("content")
        odd = content is not None and not isinstance(content, str | list)
        return f"an API with a content of type {type(content).__name__}" if odd else ""
    if isinstance(message, str):
        return "an API with a message as plain text"
    holders = (choice.get("message"), choice.get("delta"))
    if isinstance(choice.get("text"), str) and not any(isinstance(h, dict) for h in holders):
        return "OpenAI's old completions"
    return ""


def looks_like(document: Any) -> str:
    """The API that a document without choices is an answer of; "" when it looks like none."""
    if isinstance(document, list) and document:
        document = document[0]
    if not isinstance(document, dict) or _MARKS.isdisjoint(document):
        return ""
    kind = document.get("type")
    if isinstance(kind, str):
        for start, name in _EVENTS:
            if kind.startswith(start):
                return name
    for name, keys in _SHAPES:
        if all(isinstance(document.get(key), of) for key, of in keys.items()):
            return name
    return ""
