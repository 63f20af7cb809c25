"""What our own event loop may have done to the times of one attempt: one rule for all who use them.

A loop that is late reads late. Where this process stamps what it reads, as much of a time may be ours,
and what waited meanwhile seems to have come at once. The kernel stamps bytes as they come, however late
they are read; but what waits is read at once and has one stamp, that of the last packet of it. So its
stamp of some content is certain as long as nothing that came after it bears the same.
"""

from __future__ import annotations

from itertools import pairwise

from gatewayz.core.attempt import Timing

# From here on our own lateness counts, where it is also such a share of the whole.
LATE_S, LATE_SHARE = 0.05, 0.1
# How the reason of each value begins that is not told because of it, and what it is of many at once.
OUR_DOING = "our own event loop was held up"
_IN_ALL = f"{OUR_DOING} for more than {LATE_S * 1000:.0f} ms"


def was_held_up(timing: Timing) -> bool:
    """Whether our own loop was late for so long that the attempt's times may be our doing."""
    if timing.held_up_s <= LATE_S:
        return False
    total_s = max(timing.total_s or 0.0, timing.last_byte_s or 0.0)
    return timing.held_up_s > LATE_SHARE * total_s


def why_head_unsure(timing: Timing) -> str:
    """Why the moment of the first byte may be wrong; "" where it is right."""
    moment = timing.first_byte_s
    if moment is None or not was_held_up(timing):
        return ""
    # Nothing tells whether the head was read together with what came after it.
    sure = timing.stamped_by != "kernel" and _is_soon(timing, moment)
    return "" if sure else reason(timing)


def why_first_unsure(timing: Timing, moment: float | None) -> str:
    """Why the moment of a first token or answer may be wrong; "" where it is right.

    The moment is one of the timing's own, in its seconds; of None there is nothing to say.
    """
    if moment is None or not was_held_up(timing):
        return ""
    if timing.stamped_by != "kernel":
        return "" if _is_soon(timing, moment) else reason(timing)
    alone = timing.chunks_s.count(moment) == 1 and moment != timing.last_byte_s
    return "" if alone else reason(timing)


def why_end_unsure(timing: Timing, moment: float | None) -> str:
    """Why the moment of the last content, or of the last byte of a whole answer, may be wrong."""
    if moment is None or not was_held_up(timing):
        return ""
    if timing.stamped_by != "kernel":
        return "" if _is_soon(timing, moment) else reason(timing)
    return "" if _ends_alone(timing, moment) else reason(timing)


def why_span_unsure(timing: Timing, seconds: float) -> str:
    """Why a span between two moments of this process's own clock may be wrong; "" where it is right."""
    return reason(timing) if was_held_up(timing) and seconds >= LATE_S else ""


def why_gaps_unsure(timing: Timing) -> str:
    """Why the gaps between an answer's chunks may be wrong; "" where they are right."""
    if not was_held_up(timing):
        return ""
    # Read after a stop, chunks come late, and together: only the kernel's stamps tell them apart.
    apart = all(later > earlier for earlier, later in pairwise(timing.chunks_s))
    sure = timing.stamped_by == "kernel" and apart and _ends_alone(timing, timing.last_content_s)
    return "" if sure else reason(timing)


def reason(timing: Timing) -> str:
    """The reason, with how long it was."""
    return f"{OUR_DOING} for {timing.held_up_s * 1000:.0f} ms"


def reason_in_all(one: str) -> str:
    """One attempt's reason why something is missing, as it is counted over many."""
    return _IN_ALL if one.startswith(OUR_DOING) else one


def _ends_alone(timing: Timing, moment: float | None) -> bool:
    """Whether the kernel's stamp of the last content is its own: of what is read at once, the last's is."""
    if not timing.chunks_s:
        return moment == timing.last_byte_s
    return moment != timing.last_byte_s


def _is_soon(timing: Timing, moment: float) -> bool:
    """Whether a moment came too soon for a stop that counts to have been before it."""
    return moment - (timing.sent_s or 0.0) < LATE_S
