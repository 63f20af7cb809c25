"""Odd but sound texts: they look like errors, markup, JSON or shouting, and are answers."""

from __future__ import annotations

import re
from collections.abc import Callable

from gatewayz.simulator.answers import Answer
from gatewayz.simulator.faults.planting import on_text, speaks
from gatewayz.simulator.models import has_orders, stops_of
from gatewayz.simulator.turn import Turn

_BOUND = re.compile(r"\b(?:nothing else|only|exactly|count|list)\b", re.IGNORECASE)
_ROOM_TOKENS = 40


def _is_free(turn: Turn, answer: Answer | None) -> bool:
    """Whether the request leaves it to the model how to put its answer, and there is room."""
    messages = turn.body.get("messages") or [{}]
    bound = len(messages) > 1 or _BOUND.search(str(messages[-1]))
    roomy = turn.max_tokens is None or turn.max_tokens >= _ROOM_TOKENS
    seeded = turn.body.get("seed") is not None
    if bound or seeded or not roomy or has_orders(turn.body) or stops_of(turn.body):
        return False
    return speaks(turn, answer) and answer is not None and answer.finish == "stop"


def _put(*manners: str) -> tuple[Callable[[Turn, str], str], ...]:
    """The text within one of these."""

    def manner(pattern: str) -> Callable[[Turn, str], str]:
        return lambda turn, text: pattern.replace("{}", text)  # noqa: ARG005

    return tuple(manner(pattern) for pattern in manners)


FAULTS = (
    on_text(
        "healthy-word-error",
        *_put(
            "{} (No error occurred.)",
            "{}\n\nError handling: none was needed.",
            "{} - exit code 0, errors: 0, failed: 0",
            "{}. An HTTP 500 error or a rate limit would look different.",
            "{} Should you see 'Error: invalid API key', check the variable.",
            "Error-free: {}",
        ),
        when=_is_free,
    ),
    on_text(
        "healthy-json-looking-text",
        *_put(
            '{"status": "ok", "message": "{}"}',
            '{}\n\n{"done": true}',
            '["{}"]',
            '{"error": null, "result": "{}"}',
            "{} { }",
        ),
        when=_is_free,
    ),
    on_text(
        "healthy-markup",
        *_put(
            "<p>{}</p>",
            "<b>{}</b> <br/>",
            "<answer>{}</answer>",
            "# Answer\n\n**{}**",
            "`{}` if a < b and c > d",
            '<div class="reply">{}</div>',
        ),
        when=_is_free,
    ),
    on_text(
        "healthy-capitals",
        lambda turn, text: text.upper(),  # noqa: ARG005
        lambda turn, text: f"{text.upper()}!",  # noqa: ARG005
        lambda turn, text: f"{text.upper()}!!!",  # noqa: ARG005
        lambda turn, text: f"“{text.upper()}”",  # noqa: ARG005
        lambda turn, text: f"{text.upper()} :)",  # noqa: ARG005
        when=_is_free,
    ),
    on_text(
        "healthy-blank-edges",
        *_put("\n\n{}", " {}", "{}\n", "\n{}\n\n", "{}  ", "\t{}", "\r\n{}"),
        when=_is_free,
    ),
    on_text(
        "healthy-wordy",
        *_put(
            "Sure! {}",
            "{}.",
            '"{}"',
            "Of course. Here it is: {}",
            "{}\n\nLet me know if there is anything else.",
            "✅ {} 🎉",
        ),
        when=_is_free,
    ),
)
