"""What a refusal says of the form of a question: which field it will not have, and what instead."""

from __future__ import annotations

import re

from gatewayz.core.attempt import Attempt

TOKEN_FIELDS = ("max_tokens", "max_completion_tokens")
# The longer names first, since one may hold another.
_FIELDS = (
    "max_completion_tokens", "parallel_tool_calls", "response_format", "stream_options",
    "temperature", "max_tokens", "tool_choice", "logprobs", "stream", "top_p", "tools", "seed",
    "stop", "n",
)  # fmt: skip
_STREAMS_ONLY = re.compile(
    r"only[^.]{0,40}\bstream|stream\w*[^.]{0,40}\b(only|required|must be (true|enabled|set))"
    r"|must[^.]{0,30}\bstream|non-?stream\w*[^.]{0,40}\bnot\b|set [`'\"]?stream[`'\"]? ?(=|to) ?true",
    re.IGNORECASE,
)


def refused_field(attempt: Attempt) -> str:
    """The request field that an error is about, as far as it can be told; "" when it cannot.

    Only fields that were sent count.
    """
    error = attempt.error
    if error is None:
        return ""
    sent = [name for name in _FIELDS if name in attempt.body]
    for text in (error.param, error.code, error.message):
        found = [(at.start(), name) for name in sent if (at := _word(name).search(text))]
        if found:
            return min(found)[1]
    return ""


def suggested_field(attempt: Attempt) -> str:
    """The name that the error says to use for the token limit; "" when it says none."""
    text = attempt.error.message if attempt.error is not None else ""
    for name in TOKEN_FIELDS:
        if name not in attempt.body and _word(name).search(text):
            return name
    return ""


def wants_stream(attempt: Attempt) -> bool:
    """Whether an error says that the model answers in streams only."""
    error = attempt.error
    if error is None or attempt.streamed:
        return False
    return _STREAMS_ONLY.search(error.message) is not None


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_-]){name}(?![A-Za-z0-9_-])", re.IGNORECASE)
