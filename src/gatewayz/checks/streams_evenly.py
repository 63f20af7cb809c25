"""Does the stream flow, or come in bursts?"""

from itertools import pairwise

from gatewayz.checks._pace import Pace, pace_of
from gatewayz.core import Finding, Observation, check

_LEAST_CHUNKS = 16
# Two long pauses, three shorter ones, or three that are short but come after as many chunks each: so
# does a buffer that fills, and no machine that was busy for a moment. One alone says nothing.
_PAUSES = ((2, 0.5, False), (3, 0.25, False), (3, 0.08, True))
_ALIKE = 1.25
_TIMES_USUAL = 20
_SHARE_OF_TIME = 0.8
# Where a tenth of the gaps are pauses every answer is that way, and chunks hold many tokens.
_MOST_PAUSES = 0.34


@check
def streams_evenly(seen: Observation) -> Finding | None:
    """No few long pauses make up most of the time between bursts of chunks; else a warning."""
    pace = pace_of(seen)
    if pace is None or len(pace.gaps_s) + 1 < _LEAST_CHUNKS:
        return None
    for least, pause_s, regular in _PAUSES:
        long = max(pause_s, _TIMES_USUAL * pace.usual_gap_s)
        places = [place for place, gap in enumerate(pace.gaps_s) if gap >= long]
        pauses = [pace.gaps_s[place] for place in places]
        if regular and not _come_regularly(places):
            continue
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


def _come_regularly(places: list[int]) -> bool:
    """Whether the bursts before each of some pauses are of about as many chunks."""
    bursts = [after - before for before, after in pairwise((-1, *places))]
    return bool(bursts) and min(bursts) > 1 and max(bursts) <= _ALIKE * min(bursts)


def _make_up_most(pauses: list[float], pace: Pace) -> bool:
    few = len(pauses) <= _MOST_PAUSES * len(pace.gaps_s)
    return few and sum(pauses) >= _SHARE_OF_TIME * pace.span_s
