"""A user's limits on time, by the definitions of docs/measurements.md: since the request was sent.

What our own event loop may have falsified is no failure of anybody else: it is told as not known.
"""

from __future__ import annotations

from collections.abc import Callable

from gatewayz.core import Finding, Observation, Timing, check
from gatewayz.core.held_up import why_end_unsure, why_first_unsure
from gatewayz.core.units import show_limit, show_seconds
from gatewayz.core.verdict import Check

# Seconds since the request was sent, None where nothing came; and why they may be our own doing.
Moment = Callable[[Timing], tuple[float | None, str]]


def within(what: str, limit_s: float, moment: Moment) -> Check:
    """A check that `what` came in time; late by our own doing, perhaps, it is a warning."""

    @check
    def in_time(seen: Observation) -> Finding | None:
        if seen.last is None:
            return None
        took_s, unsure = moment(seen.last.timing)
        # Our lateness only adds: what came in time all the same did.
        if took_s is None or took_s <= limit_s:
            return None
        expected, saw = f"{what} within {show_limit(limit_s)}", show_seconds(took_s)
        if not unsure:
            return Finding(expected=expected, saw=saw)
        return Finding(
            failure_class="performance",
            expected=expected,
            saw=f"{saw}, which may be our own doing: {unsure}",
            warning=True,
        )

    return in_time


def first_token(timing: Timing) -> tuple[float | None, str]:
    """The time to the first token; where a whole answer came instead, nothing was there before it."""
    if timing.first_token_s is None:
        return whole_answer(timing)
    return _since(timing, timing.first_token_s), why_first_unsure(timing, timing.first_token_s)


def whole_answer(timing: Timing) -> tuple[float | None, str]:
    """The latency: to the last content of a stream, or to the last byte of a whole answer."""
    end = timing.last_byte_s if timing.last_content_s is None else timing.last_content_s
    if end is None:  # a client of the user's own says no more than how long it took
        return timing.total_s, why_end_unsure(timing, timing.total_s)
    return _since(timing, end), why_end_unsure(timing, end)


def _since(timing: Timing, moment: float) -> float:
    return moment - (timing.sent_s or 0.0)
