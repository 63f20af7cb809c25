"""Whether there is an answer to judge at all; when there is none, `usable_content` says why."""

from __future__ import annotations

from gatewayz.checks.not_truncated import not_truncated
from gatewayz.checks.usable_content import usable_content
from gatewayz.core import Finding, Observation
from gatewayz.core.text import excerpt


def answered(seen: Observation) -> bool:
    """Whether a text or a call came that can be held against the question."""
    return usable_content(seen) is None


def cut_short(seen: Observation, expected: str) -> Finding | None:
    """What is said where the answer was cut off before it held what is expected; None if it was not.

    By the limit, which was ours; or well below it, which was not.
    """
    if seen.reply.finish_reason != "length":
        return None
    kind = "truncated-answer" if not_truncated(seen) else "reasoning-ate-budget"
    saw = f"{excerpt(seen.reply.text.strip(), 60)!r}, cut off"
    return Finding(kind=kind, expected=expected, saw=saw)


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
