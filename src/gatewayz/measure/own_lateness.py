"""How late our own client was in two load runs, and what of their difference that may make.

docs/history.md, "Load runs", says each rule in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatewayz.core.load import LoadResult, ObjectiveResult
from gatewayz.measure.metrics import METRICS, OF_A_MOMENT, OF_THE_PLAN


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLateness:
    """How late our own client was in each run (p99), in seconds; 0 where it kept up. At worst: whether or not.

    It makes times longer. Where the load `waits_for_us`, it makes them shorter, too: who is asked later has
    less to do at once, and where the kernel stamps what comes, that is all that is seen of it.
    """

    before_s: float
    after_s: float
    after_at_worst_s: float
    waits_for_us: bool

    @classmethod
    def of(cls, before: LoadResult, after: LoadResult) -> OwnLateness:
        """That of two runs."""
        levels = [one.level for one in after.shape.stages]
        return cls(
            before_s=_late_s(before),
            after_s=_late_s(after),
            after_at_worst_s=after.self_check.loop_lag.largest or 0.0,
            # Several requests at once, each of which follows an answer that we have read.
            waits_for_us=after.shape.unit == "concurrency" and max(levels, default=1) > 1,
        )

    def may_be(self, *, longer: bool) -> float:
        """By how much the times of the second run may be longer, or shorter, by our doing."""
        if self.waits_for_us:
            return max(self.before_s, self.after_s)
        return self.after_s if longer else self.before_s

    def may_miss(self, missed: ObjectiveResult) -> bool:
        """Whether an objective that the second run misses may be missed by our doing."""
        metric, found = METRICS[missed.objective.metric], missed.estimate
        late_s = self.may_be(longer=True)
        if metric.name in OF_A_MOMENT:
            late_s = max(late_s, self.after_at_worst_s)
        if not late_s:
            return False
        if metric.name in OF_THE_PLAN or metric.unit != "s":
            # How late we sent is in these as well, and what it takes off a rate nobody can tell.
            return True
        value = found.value if found is not None else None
        return value is not None and value - missed.objective.limit <= late_s


def _late_s(result: LoadResult) -> float:
    late = result.self_check.loop_lag.quantiles.get("p99")
    if not result.self_check.bottleneck or late is None or late.value is None:
        return 0.0
    return late.value
