"""Whether there is an answer to judge at all; when there is none, `usable_content` says why."""

from __future__ import annotations

import math

from gatewayz.checks.no_repetition_loop import no_repetition_loop
from gatewayz.checks.not_truncated import not_truncated
from gatewayz.checks.usable_content import usable_content
from gatewayz.core import Finding, Observation
from gatewayz.core.text import excerpt

_MOST_AHEAD_S = 600


def answered(seen: Observation) -> bool:
    """Whether a text or a call came that can be held against the question."""
    return usable_content(seen) is None


def cut_short(seen: Observation, expected: str, saw: str = "") -> Finding | None:
    """What is said where the answer was cut off before it held what is expected; None if it was not.

    By the limit, which was ours, so that nothing is known of the model; or well below it, which
    was not. One that goes round in circles would have used up any limit.
    """
    if seen.reply.finish_reason != "length":
        return None
    if (loop := no_repetition_loop(seen)) is not None:
        return loop
    kind = "truncated-answer" if not_truncated(seen) else "reasoning-ate-budget"
    saw = saw or repr(excerpt(seen.reply.text.strip(), 60))
    return Finding(kind=kind, expected=expected, saw=f"{saw}, cut off")


def made_just_now(seen: Observation) -> bool:
    """Whether the answer bears a time since the question; a cache hands out the old one."""
    last, created = seen.last, seen.reply.created
    if last is None or last.started_at is None or created is None:
        return False
    # Whole seconds, cut off. Much later is no time of ours but another unit, or a clock gone wrong.
    return 0 <= created - math.floor(last.started_at.timestamp()) <= _MOST_AHEAD_S
