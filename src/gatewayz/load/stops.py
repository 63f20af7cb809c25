"""What ends a run early: it knows enough, or too much of it fails.

Whoever looks at an interval again and again, until it pleases, sees one that is too narrow more often
than its confidence says. So it is looked at only when half as many values again have come, and each look
has its share of what may go wrong (Bonferroni's inequality): whichever of them ends the run, the interval
holds with 95 %.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from gatewayz.core.estimates import CONFIDENCE
from gatewayz.core.load import Sample, Target
from gatewayz.load.order import StopRules
from gatewayz.measure import METRICS, quantile_of

_FIRST_LOOK, _GROWTH = 10, 1.5
# More values than that no run looks at before it has ended.
_MOST = 100_000

ValuesOf = Callable[[str, str], list[float]]


class Stops:
    """Watches the samples of a run by its rules; "" as long as nothing ends it, else the words.

    `ended` and `failed` count the requests so far. `most` is how many each target gets at most, None
    where only time bounds them.
    """

    def __init__(
        self, rules: StopRules, targets: Sequence[Target], *, most: int | None = None
    ) -> None:
        self._rules = rules
        self._targets = [target.name for target in targets]
        self.ended = self.failed = 0
        self._reached = False
        self._looks = looks_until(_MOST if most is None else most)
        # The last one is at the end, whatever came by then.
        self._confidence = 1 - (1 - CONFIDENCE) / (len(self._looks) + 1)
        self._looked = dict.fromkeys(self._targets, 0)
        self._narrow = dict.fromkeys(self._targets, False)

    def leave_out(self, target: str) -> None:
        """A target is asked no more: nothing is waited for there, and nothing missed."""
        if target in self._targets:
            self._targets.remove(target)

    def add(self, sample: Sample) -> None:
        """One more request that is over."""
        self.ended += 1
        self.failed += bool(sample.failure)

    def too_many_failed(self) -> str:
        """Whether more failed than may."""
        rules = self._rules
        if self.ended < rules.least_ended or self.failed <= rules.max_errors * self.ended:
            return ""
        return f"{self.failed} of {self.ended} requests failed, more than {rules.max_errors:.0%}"

    def narrow_enough(self, values_of: ValuesOf) -> str:
        """Whether the median is known well enough at every target.

        `values_of` gives a target's values of a metric so far, in rising order.
        """
        rules = self._rules
        if rules.until_ci is None:
            return ""
        for target in self._targets:
            values = values_of(target, rules.ci_metric)
            place = bisect_right(self._looks, len(values))
            if place > self._looked[target]:
                self._looked[target] = place
                self._narrow[target] = self._is_narrow(values, rules.until_ci)
        if not self._targets or not all(map(self._narrow.get, self._targets)):
            return ""
        self._reached = True  # what was under way by then may widen it again
        return (
            f"the median {METRICS[rules.ci_metric].title} is known to within {rules.until_ci:.1%}"
        )

    def not_narrow(self, values_of: ValuesOf) -> str:
        """Where the interval that was asked for was not reached, and how wide it is; "" if it was."""
        rules = self._rules
        if rules.until_ci is None or self._reached:
            return ""
        told = []
        for target in self._targets:
            values = values_of(target, rules.ci_metric)
            reach = reach_of(values, self._confidence)
            if not values:
                told.append(f"at {target} it was not measured")
            elif reach is None:
                told.append(f"at {target} there were too few values for an interval")
            elif reach > rules.until_ci:
                told.append(f"at {target} to within {reach:.1%}")
        if not told:
            return ""
        return (
            f"the median {METRICS[rules.ci_metric].title} is not known to within "
            f"{100 * rules.until_ci:.3g}%, as was asked for: {', '.join(told)} "
            f"(by an interval that may be looked at {len(self._looks) + 1} times)"
        )

    def _is_narrow(self, values: Sequence[float], until_ci: float) -> bool:
        reach = reach_of(values, self._confidence)
        return reach is not None and reach <= until_ci


def looks_until(most: int) -> list[int]:
    """How many values there are at each look, up to the most that there will be."""
    looks, at = [], float(_FIRST_LOOK)
    while at <= most:
        looks.append(int(at))
        at *= _GROWTH
    return looks


def reach_of(ordered: Sequence[float], confidence: float = CONFIDENCE) -> float | None:
    """How far the interval of the median reaches from it, as a share of it; None: too few."""
    found = quantile_of(ordered, 0.5, confidence=confidence)
    if found.value is None or found.low is None or found.high is None or found.value <= 0:
        return None
    return max(found.high - found.value, found.value - found.low) / found.value
