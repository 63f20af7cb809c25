"""Whether there is an answer to judge at all; when there is none, `usable_content` says why."""

from __future__ import annotations

import re

from gatewayz.checks.usable_content import usable_content
from gatewayz.core import Finding, Observation

_THOUGHT_END = re.compile(r"</(?:think|thought|thinking|reasoning)>")


def after_thought(text: str) -> str:
    """The text behind a thought that was left in it; all of it when there is none."""
    ends = [end.end() for end in _THOUGHT_END.finditer(text)]
    return text[ends[-1] :] if ends else text


def answered(seen: Observation) -> bool:
    """Whether a text or a call came that can be held against the question."""
    return usable_content(seen) is None


def out_of_room(seen: Observation, saw: str) -> Finding | None:
    """What is said of an answer that is not there yet and was cut off by the token limit.

    The limit was ours, so that nothing is known of the model; None when it was not cut.
    """
    if seen.reply.finish_reason != "length":
        return None
    return Finding(
        kind="reasoning-ate-budget",
        expected="an answer within the token limit",
        saw=f"{saw}, cut off",
    )
