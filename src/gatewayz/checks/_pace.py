"""How a stream's chunks came: the arithmetic of three checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from gatewayz.checks._asked import all_said
from gatewayz.core import Observation
from gatewayz.core.held_up import was_held_up

LEAST_CHUNKS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """Chunks of one stream: seconds to the first, and between the rest.

    `waited_s` counts from the request's end, `silent_s` from the first byte of the headers.
    `tokens` is what came after the first chunk, as the usage or the text has it.
    """

    waited_s: float
    silent_s: float
    gaps_s: Sequence[float]
    tokens: float

    @property
    def span_s(self) -> float:
        """From the first chunk to the last."""
        return sum(self.gaps_s)

    @property
    def usual_gap_s(self) -> float:
        """The middle one of the gaps."""
        return median(self.gaps_s)


def pace_of(seen: Observation) -> Pace | None:
    """The pace of the last answer; None when it did not stream, in too few chunks to tell, or when
    this process was too busy to say whose a pause is.
    """
    return seen.once(_pace_of)


def _pace_of(seen: Observation) -> Pace | None:
    last = seen.last
    if last is None or not last.streamed or last.fault is not None:
        return None
    timing = last.timing
    if was_held_up(timing):  # a pause may be ours
        return None
    if timing.chunk_count < LEAST_CHUNKS or len(timing.chunks_s) < LEAST_CHUNKS:
        return None
    gaps = [max(0.0, later - earlier) for earlier, later in pairwise(timing.chunks_s)]
    first_s = timing.chunks_s[0]
    letters = len(all_said(seen)) + len(seen.reply.reasoning)
    return Pace(
        waited_s=first_s - (timing.sent_s or 0.0),
        silent_s=first_s - (first_s if timing.first_byte_s is None else timing.first_byte_s),
        gaps_s=gaps,
        # Of a long stream only the first arrivals are kept, and a chunk may hold many tokens.
        tokens=max(letters / 6 * len(gaps) / timing.chunk_count, len(gaps)),
    )
