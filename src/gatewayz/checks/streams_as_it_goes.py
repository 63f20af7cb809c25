"""Is the stream one, or a whole answer cut up at the end?"""

from gatewayz.checks._pace import pace_of
from gatewayz.core import Finding, Observation, check

_LEAST_CHUNKS = 16
# Headers that came at once show that the server was there and the line free. Where they came with
# the text a busy machine of ours may have held up both, so the wait has to be a long one.
_LEAST_SILENCE_S, _LEAST_WAIT_S = 0.3, 3.0
# Nearly all text within this share of the time, and faster than any hardware writes.
_SHARE, _TOKENS_PER_S = 0.05, 3500


@check
def streams_as_it_goes(seen: Observation) -> Finding | None:
    """The chunks of a longer answer are spread over the time it took; else a warning.

    Small and quick answers are not judged: their packets travel together.
    """
    pace = pace_of(seen)
    if pace is None or len(pace.gaps_s) + 1 < _LEAST_CHUNKS:
        return None
    if pace.silent_s < _LEAST_SILENCE_S and pace.waited_s < _LEAST_WAIT_S:
        return None
    if pace.span_s > _SHARE * pace.waited_s or pace.tokens < _TOKENS_PER_S * pace.span_s:
        return None
    saw = f"{len(pace.gaps_s) + 1} within {pace.span_s * 1000:.0f} ms after {pace.waited_s:.2f} s of silence"
    return Finding(
        kind="fake-streaming",
        failure_class="performance",
        expected="chunks as they are made",
        saw=saw,
        warning=True,
    )
