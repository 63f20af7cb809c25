"""Whether there is an answer to judge at all; when there is none, `usable_content` says why."""

from __future__ import annotations

from gatewayz.checks.usable_content import usable_content
from gatewayz.core import Finding, Observation


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
