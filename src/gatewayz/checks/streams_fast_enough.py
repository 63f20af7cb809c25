"""Does the text come at least as fast as people read?"""

from gatewayz.checks._pace import pace_of
from gatewayz.core import Finding, Observation, check

_LEAST_TOKENS_PER_S = 5.0
_LEAST_SPAN_S = 1.0


@check
def streams_fast_enough(seen: Observation) -> Finding | None:
    """After the first token five more come each second; else a warning.

    Not judged by one gap: the usual gap has to be as slow as the whole.
    """
    pace = pace_of(seen)
    if pace is None or pace.span_s < _LEAST_SPAN_S:
        return None
    rate = pace.tokens / pace.span_s
    if rate >= _LEAST_TOKENS_PER_S or pace.usual_gap_s < 1 / _LEAST_TOKENS_PER_S / 2:
        return None
    return Finding(
        kind="slow-stream",
        failure_class="performance",
        expected=f"{_LEAST_TOKENS_PER_S:g} tokens a second",
        saw=f"{rate:.1f} over {pace.span_s:.1f} s",
        warning=True,
    )
