"""Does the stream flow, or come in bursts?"""

from gatewayz.checks._pace import Pace, pace_of
from gatewayz.core import Finding, Observation, check

_LEAST_CHUNKS = 16
# Two long pauses, or three shorter ones; one alone says nothing, and none that nobody feels: a machine
# is busy for a moment, and some servers give out several tokens at each step.
_PAUSES = ((2, 0.5), (3, 0.25))
_TIMES_USUAL = 20
_SHARE_OF_TIME = 0.8
# Where a third of the gaps are pauses every answer is that way, and chunks hold many tokens.
_MOST_PAUSES = 0.34


@check
def streams_evenly(seen: Observation) -> Finding | None:
    """No few long pauses make up most of the time between bursts of chunks; else a warning."""
    pace = pace_of(seen)
    if pace is None or len(pace.gaps_s) + 1 < _LEAST_CHUNKS:
        return None
    usual_s = pace.usual_gap_s
    for least, pause_s in _PAUSES:
        long = max(pause_s, _TIMES_USUAL * usual_s)
        pauses = [gap for gap in pace.gaps_s if gap >= long]
        if len(pauses) >= least and _make_up_most(pauses, pace):
            saw = f"{len(pauses)} pauses of {min(pauses):.2f} to {max(pauses):.2f} s"
            return Finding(
                kind="bursty-stream",
                failure_class="performance",
                expected="chunks at an even pace",
                saw=f"{saw} among {len(pace.gaps_s) + 1} chunks",
                warning=True,
            )
    return None


def _make_up_most(pauses: list[float], pace: Pace) -> bool:
    few = len(pauses) <= _MOST_PAUSES * len(pace.gaps_s)
    return few and sum(pauses) >= _SHARE_OF_TIME * pace.span_s
