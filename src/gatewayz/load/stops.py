"""What ends a run early: it knows enough, or too much of it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gatewayz.core.load import Sample, Target
from gatewayz.load.order import StopRules
from gatewayz.measure import METRICS, quantile_of


class Stops:
    """Watches the samples of a run by its rules; "" as long as nothing ends it, else the words.

    `ended` and `failed` count the requests so far.
    """

    def __init__(self, rules: StopRules, targets: Sequence[Target]) -> None:
        self._rules = rules
        self._targets = [target.name for target in targets]
        self.ended = self.failed = 0
        self._reached = False

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

    def narrow_enough(self, values_of: Callable[[str, str], list[float]]) -> str:
        """Whether the median is known well enough at every target.

        `values_of` gives a target's values of a metric so far, in rising order.
        """
        rules = self._rules
        if rules.until_ci is None:
            return ""
        for target in self._targets:
            reach = reach_of(values_of(target, rules.ci_metric))
            if reach is None or reach > rules.until_ci:
                return ""
        self._reached = True  # what was under way by then may widen it again
        title = METRICS[rules.ci_metric].title
        return f"the median {title} is known to within {rules.until_ci:.1%}"

    def not_narrow(self, values_of: Callable[[str, str], list[float]]) -> str:
        """Where the interval that was asked for was not reached, and how wide it is; "" if it was."""
        rules = self._rules
        if rules.until_ci is None or self._reached or self.narrow_enough(values_of):
            return ""
        title = METRICS[rules.ci_metric].title
        told = []
        for target in self._targets:
            reach = reach_of(values_of(target, rules.ci_metric))
            if reach is None:
                told.append(f"at {target} there were too few values for an interval")
            elif reach > rules.until_ci:
                told.append(f"at {target} to within {reach:.1%}")
        return (
            f"the median {title} is not known to within {100 * rules.until_ci:.3g}%, as was asked for: "
            f"{', '.join(told)}"
        )


def reach_of(ordered: Sequence[float]) -> float | None:
    """How far the interval of the median reaches from it, as a share of it; None: too few."""
    found = quantile_of(ordered, 0.5)
    if found.value is None or found.low is None or found.high is None or found.value <= 0:
        return None
    return max(found.high - found.value, found.value - found.low) / found.value
