"""Does the text come at least as fast as people read?"""

from gatewayz.checks._pace import pace_of
from gatewayz.core import Finding, Observation, check

# A quick reader takes 300 words a minute, about 400 tokens.
_LEAST_TOKENS_PER_S = 7.0
# A short answer may be held up by a busy machine of ours.
_LEAST_SPAN_S, _LEAST_GAPS = 2.0, 15
_WITHOUT, _STILL = 2, 1.2


@check
def streams_fast_enough(seen: Observation) -> Finding | None:
    """After the first token seven more come each second; else a warning.

    Not judged by one gap: without the two longest the stream has to be about as slow.
    """
    pace = pace_of(seen)
    if pace is None or pace.span_s < _LEAST_SPAN_S or len(pace.gaps_s) < _LEAST_GAPS:
        return None
    rate = pace.tokens / pace.span_s
    rest_s = sum(sorted(pace.gaps_s)[:-_WITHOUT])
    if (
        rate >= _LEAST_TOKENS_PER_S
        or pace.tokens - _WITHOUT >= _STILL * _LEAST_TOKENS_PER_S * rest_s
    ):
        return None
    return Finding(
        kind="slow-stream",
        failure_class="performance",
        expected=f"{_LEAST_TOKENS_PER_S:g} tokens a second",
        saw=f"{rate:.1f} over {pace.span_s:.1f} s",
        warning=True,
    )
