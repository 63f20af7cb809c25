"""What a model can do, and what a request needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatewayz.simulator.answers import images_of

# What every chat model can do unless its card says otherwise.
COMMON = ("tools", "json", "logprobs", "choices")

# The field of a request that asks for each feature.
FIELDS = {
    "tools": "tools",
    "json": "response_format",
    "logprobs": "logprobs",
    "choices": "n",
    "vision": "messages",
}


def needed(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The features that a request cannot be answered without."""
    form = body.get("response_format")
    kind = form.get("type") if isinstance(form, Mapping) else None
    count = body.get("n")
    messages = body.get("messages")
    wanted = {
        "tools": bool(body.get("tools")) and body.get("tool_choice") != "none",
        "json": kind in ("json_object", "json_schema"),
        "logprobs": body.get("logprobs") is True,
        "choices": isinstance(count, int) and count > 1,
        "vision": isinstance(messages, list) and any(map(images_of, messages)),
    }
    return tuple(feature for feature, asked in wanted.items() if asked)
