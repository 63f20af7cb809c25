"""How long one attempt took, and how its stream flowed."""

from __future__ import annotations

from itertools import pairwise

from gatewayz.core import Attempt, MeasureError
from gatewayz.core.attempt import FaultName


def ttft_s(attempt: Attempt) -> float | None:
    """Time to first token: request sent to the first chunk with any generated token.

    Shape: None for a reply that was not streamed or that generated nothing.
    Unit: seconds. Reasoning counts as generated; comments and role-only chunks do not.
    Source: docs/measurements.md, "TTFT".
    """
    return _since_sent(attempt, attempt.timing.first_token_s)


def latency_s(attempt: Attempt) -> float | None:
    """Request sent to the last content of a stream, or to the last byte of a whole answer.

    Shape: None when nothing came back.
    Unit: seconds. The usage chunk and the end mark of a stream are not waited for.
    Source: docs/measurements.md, "Request latency".
    """
    timing = attempt.timing
    end = timing.last_content_s if attempt.streamed else timing.last_byte_s
    if end is None and attempt.fault is None:
        end = timing.total_s
    return _since_sent(attempt, end)


def waited_s(attempt: Attempt) -> float | None:
    """How long somebody waited: for the answer, or until a time limit gave it up.

    Shape: None when nothing came back and no limit ran out.
    Unit: seconds.
    """
    fault = attempt.fault
    if fault is not None and fault.name is FaultName.TIMEOUT:
        return attempt.timing.total_s
    return latency_s(attempt)


def chunk_gaps_s(attempt: Attempt) -> tuple[float, ...]:
    """Gaps between consecutive content chunks.

    Shape: n chunks give n - 1 gaps; empty for fewer than two chunks or a non-streamed reply.
    Unit: seconds. A chunk may carry several tokens, so this is per chunk, not per token.
    Raises: MeasureError if arrival times go backwards.
    Source: docs/measurements.md, "Inter-chunk latency (ICL)".
    """
    gaps = tuple(later - earlier for earlier, later in pairwise(attempt.timing.chunks_s))
    if any(gap < 0 for gap in gaps):
        raise MeasureError("chunks arrived before their predecessors")
    return gaps


def _since_sent(attempt: Attempt, moment: float | None) -> float | None:
    if moment is None:
        return None
    return max(0.0, moment - (attempt.timing.sent_s or 0.0))
