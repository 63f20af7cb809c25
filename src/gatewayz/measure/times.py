"""How long one attempt took, and how its stream flowed.

Every stamp is of the moment at which bytes were read, before anything was parsed, and counts from
the moment at which the request was written to the socket. What our own event loop may have falsified
is missing, with that as its reason (docs/measurements.md, "Held up").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from gatewayz.core import Attempt, MeasureError
from gatewayz.core.attempt import FaultName
from gatewayz.core.held_up import (
    why_end_unsure,
    why_first_unsure,
    why_gaps_unsure,
    why_head_unsure,
    why_span_unsure,
)
from gatewayz.core.think_marks import thinks_aloud
from gatewayz.measure.measured import Measured, missing

_NOT_STREAMED = "not streamed"
_NOT_SENT = "the request was not sent"
_NOTHING_CAME = "nothing came back"
_NOTHING_GENERATED = "nothing was generated"
ONE_CHUNK = "one chunk carries the whole answer"
AT_ONCE = "all chunks came at once"
_NOT_STAMPED = "the chunks were not stamped"
_THINKS_ALOUD = "thinking stands in the content"
_CUT = "the answer was cut"
_ERROR = "an error came in place of an answer"


def connect(attempt: Attempt) -> Measured:
    """Start to the socket being connected, name lookup included. Unit: seconds."""
    if attempt.reused_connection:
        return missing("connection reused")
    if attempt.timing.connect_s is None:
        return missing("no connection was made")
    return _span(attempt, attempt.timing.connect_s)


def tls(attempt: Attempt) -> Measured:
    """Socket connected to TLS agreed. Unit: seconds."""
    if attempt.reused_connection:
        return missing("connection reused")
    connected, secured = attempt.timing.connect_s, attempt.timing.tls_s
    if connected is None or secured is None:
        return missing("no TLS")
    return _span(attempt, secured - connected)


def first_byte(attempt: Attempt) -> Measured:
    """Request sent to the first byte of any answer, an error's too. Unit: seconds."""
    unsure = why_head_unsure(attempt.timing)
    if unsure:
        return missing(unsure)
    return _since(attempt, attempt.timing.first_byte_s, _NOTHING_CAME)


def ttft(attempt: Attempt) -> Measured:
    """Request sent to the first chunk with any generated token, reasoning included.

    Unit: seconds. Comments, heartbeats and role-only chunks are no token.
    Source: docs/measurements.md, "TTFT".
    """
    if not _came_in_chunks(attempt):
        return missing(_NOT_STREAMED)
    return _first(attempt, attempt.timing.first_token_s, _NOTHING_GENERATED)


def ttfa(attempt: Attempt) -> Measured:
    """Request sent to the first chunk with answer text or a tool call. Unit: seconds.

    Where a thought stands in the text, the first chunk of text is none of the answer.
    """
    if not _came_in_chunks(attempt):
        return missing(_NOT_STREAMED)
    if attempt.reply is not None and thinks_aloud(attempt.reply.text):
        return missing(_THINKS_ALOUD)
    return _first(attempt, attempt.timing.first_answer_s, "no answer came")


def latency(attempt: Attempt) -> Measured:
    """Request sent to the last content of a stream, or to the last byte of a whole answer.

    Unit: seconds. The usage chunk and the end mark of a stream are not waited for.
    Source: docs/measurements.md, "Request latency".
    """
    if attempt.fault is not None or _ended_early(attempt):
        return missing(_CUT if attempt.timing.first_byte_s is not None else _NOTHING_CAME)
    if attempt.error is not None:
        return missing(_ERROR)
    end, otherwise = _end_of(attempt)
    unsure = why_end_unsure(attempt.timing, end)
    return missing(unsure) if unsure else _since(attempt, end, otherwise)


def gaps(attempt: Attempt) -> tuple[float, ...]:
    """Gaps between consecutive content chunks.

    Shape: n chunks give n - 1 gaps; empty for fewer than two chunks, a non-streamed reply, one whose
    chunks all came in one read (what lay between them nobody saw), and where our own loop may have
    made them. Where only some came together, the gap between those is 0. Of a stream of more chunks
    than are stamped
    (`Timing.chunk_count`) the first ones.
    Unit: seconds. A chunk may carry several tokens, so this is per chunk, not per token.
    Raises: MeasureError if arrival times go backwards.
    Source: docs/measurements.md, "Inter-chunk latency (ICL)".
    """
    found = tuple(later - earlier for earlier, later in pairwise(attempt.timing.chunks_s))
    if any(gap < 0 for gap in found):
        raise MeasureError("chunks arrived before their predecessors")
    return () if why_gaps_unsure(attempt.timing) or not any(found) else found


def icl(attempt: Attempt) -> Measured:
    """The median gap of one reply; `gaps` has them all. Unit: seconds."""
    return _of_gaps(attempt, lambda found: sorted(found)[(len(found) - 1) // 2])


def longest_stall(attempt: Attempt) -> Measured:
    """The largest gap between two content chunks of a reply. Unit: seconds."""
    if attempt.timing.chunk_count > len(attempt.timing.chunks_s) > 0:
        return missing("more chunks came than are stamped")
    return _of_gaps(attempt, max)


def schedule_delay(intended_s: float, sent_s: float) -> Measured:
    """How much later a request was sent than was intended, both on one clock. Unit: seconds."""
    return Measured(max(0.0, sent_s - intended_s))


def ttft_s(attempt: Attempt) -> float | None:
    """`ttft` as a bare number; None where it is not measurable. Unit: seconds."""
    return ttft(attempt).value


def latency_s(attempt: Attempt) -> float | None:
    """`latency` as a bare number; None where it is not measurable. Unit: seconds."""
    return latency(attempt).value


def waited_s(attempt: Attempt) -> float | None:
    """How long somebody waited: for what came of an answer, or until a time limit gave it up.

    Shape: None when nothing came back and no limit ran out.
    Unit: seconds.
    """
    fault = attempt.fault
    if fault is not None and fault.name is FaultName.TIMEOUT:
        return attempt.timing.total_s
    return _since(attempt, *_end_of(attempt)).value


def _end_of(attempt: Attempt) -> tuple[float | None, str]:
    """The moment of the last content of a stream, or of the last byte; else why there is none."""
    timing = attempt.timing
    end = timing.last_content_s if _came_in_chunks(attempt) else timing.last_byte_s
    if end is None and attempt.fault is None:
        end = timing.total_s
    return end, _NOTHING_CAME


def _came_in_chunks(attempt: Attempt) -> bool:
    """Whether this was a stream; some answer a wish for one with a whole document."""
    if not attempt.streamed:
        return False
    if attempt.timing.first_token_s is not None:
        return True
    reply = attempt.reply
    return reply is None or not (reply.usable or reply.reasoning)


def _ended_early(attempt: Attempt) -> bool:
    """Whether a stream ended in good order, and without its end."""
    reply = attempt.reply
    return reply is not None and attempt.streamed and "sse-missing-finish" in reply.oddities


def _of_gaps(attempt: Attempt, pick: Callable[[Sequence[float]], float]) -> Measured:
    try:
        found = gaps(attempt)
    except MeasureError as problem:
        return missing(str(problem))
    return Measured(pick(found)) if found else _no_gaps(attempt)


def _span(attempt: Attempt, seconds: float) -> Measured:
    """A span between two moments of this process's own clock."""
    unsure = why_span_unsure(attempt.timing, seconds)
    return missing(unsure) if unsure else Measured(max(0.0, seconds))


def _no_gaps(attempt: Attempt) -> Measured:
    if not _came_in_chunks(attempt):
        return missing(_NOT_STREAMED)
    timing = attempt.timing
    if timing.chunk_count > 1:
        seen = AT_ONCE if len(timing.chunks_s) > 1 else _NOT_STAMPED
        return missing(why_gaps_unsure(timing) or seen)
    return missing(ONE_CHUNK if timing.chunk_count == 1 else _NOTHING_GENERATED)


def _first(attempt: Attempt, moment: float | None, otherwise: str) -> Measured:
    """The time until something came for the first time, unless that may be our own doing."""
    unsure = why_first_unsure(attempt.timing, moment)
    return missing(unsure) if unsure else _since(attempt, moment, otherwise)


def _since(attempt: Attempt, moment: float | None, otherwise: str) -> Measured:
    sent = attempt.timing.sent_s
    if moment is None:
        return missing(_NOT_SENT if sent is None else otherwise)
    return Measured(max(0.0, moment - (sent or 0.0)))
