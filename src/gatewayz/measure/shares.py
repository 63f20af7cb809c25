"""Whether one share of failures is larger than another by more than chance."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp, floor, lgamma, log

from gatewayz.measure.differences import holm

# What is less than that share of a sum changes no digit that a float holds.
_NOTHING = 1e-17
# What sums of so many floats may be off.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Share:
    """So many passed and so many failed."""

    passed: int
    failed: int


def chance_of_so_many_failures(before: Share, after: Share) -> float:
    """How often chance alone puts at least so many of all failures among those `after`.

    Shape: 0 to 1; 1 where there is nothing to tell apart. One-sided Fisher's exact test.
    Source: Fisher, "The Design of Experiments" (1935), section 21.
    """
    of_after = after.passed + after.failed
    failed = before.failed + after.failed
    passed = before.passed + after.passed
    if not failed or not of_after:
        return 1.0
    # Each tail is added up from its thick end, so that what is left out is nothing.
    if after.failed * (failed + passed) > failed * of_after:
        return min(1.0, _tail(after.failed, 1, of_after, failed, passed))
    return max(0.0, 1.0 - _tail(after.failed - 1, -1, of_after, failed, passed))


@dataclass(frozen=True, slots=True)
class Twice:
    """A question of some group, as often as it passed and failed on two sides."""

    group: Hashable
    before: Share
    after: Share

    @property
    def is_of_chance(self) -> bool:
        """Whether both outcomes stand on one side, so that chance may have put them there."""
        sides = (self.before, self.after)
        return any(side.passed and side.failed for side in sides)

    def by_chance(self) -> tuple[float, float]:
        """How many of its failures chance puts on the second side: on average, and the variance."""
        of_after = self.after.passed + self.after.failed
        failed = self.before.failed + self.after.failed
        count = self.before.passed + self.before.failed + of_after
        if count < 2:
            return float(self.after.failed), 0.0
        share = failed / count
        mean = of_after * share
        return mean, mean * (1 - share) * (count - of_after) / (count - 1)


def surely_more(questions: Sequence[Twice], level: float) -> frozenset[int]:
    """Which of the questions that are of chance fail more on their second side, by more than that; by place.

    Each by itself (Holm, among these), or below `level` alone and with its whole group, or with all that are
    left: where these have more failures than the shares of their questions bring by chance (a translated
    Poisson distribution; Holm among the groups and the rest). So what falls together is not hidden by how
    much does, and what stands beside it does not fall with it.
    Source of the latter: Roellin, "Translated Poisson approximation", Annals of Applied Probability 17 (2007).
    """
    chances = {
        at: chance_of_so_many_failures(one.before, one.after)
        for at, one in enumerate(questions)
        if one.is_of_chance
    }
    alone = dict(zip(chances, holm(list(chances.values())), strict=True))
    found = {at for at, chance in alone.items() if chance <= level}
    groups: dict[Hashable, list[int]] = {}
    for at, one in enumerate(questions):
        groups.setdefault(one.group, []).append(at)
    together = [_chance_of_group([questions[at] for at in of]) for of in groups.values()]
    # As if there were one group more, which is the rest.
    adjusted = holm([*together, 1.0])[:-1]
    fallen = {
        at for of, p in zip(groups.values(), adjusted, strict=True) if p <= level for at in of
    }
    rest = [at for at in range(len(questions)) if at not in fallen | found]
    if (len(groups) + 1) * _chance_of_group([questions[at] for at in rest]) <= level:
        fallen.update(rest)
    return frozenset(found | {at for at in fallen if chances.get(at, 1.0) <= level})


def _chance_of_group(questions: Sequence[Twice]) -> float:
    """How often chance puts so many failures of all of them together on the second side, or more."""
    brings = [one.by_chance() for one in questions]
    mean, variance = sum(mean for mean, _ in brings), sum(of for _, of in brings)
    failed = sum(one.after.failed for one in questions)
    # As many are sure to: what always fails adds nothing to the variance.
    sure = floor(mean - variance + _ROUNDING)
    return _poisson_tail(failed - sure, mean - sure)


def _poisson_tail(least: int, mean: float) -> float:
    """How often there are so many or more of what comes `mean` times on average."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    below = sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(least))
    return max(0.0, 1.0 - below)


def _tail(first: int, step: int, drawn: int, failed: int, passed: int) -> float:
    """How often so many of the failures are among those drawn, or ever more (`step` 1) or fewer (-1)."""
    least, most = max(0, drawn - passed), min(failed, drawn)
    if not least <= first <= most:
        return 0.0
    ways = _log_ways(failed, first) + _log_ways(passed, drawn - first)
    term = exp(ways - _log_ways(failed + passed, drawn))
    whole, k = term, first
    while least <= (k := k + step) <= most and term > _NOTHING * whole:
        if step > 0:
            term *= (failed - k + 1) * (drawn - k + 1) / (k * (passed - drawn + k))
        else:
            term *= (k + 1) * (passed - drawn + k + 1) / ((failed - k) * (drawn - k))
        whole += term
    return whole


def _log_ways(of: int, taken: int) -> float:
    """The logarithm of a binomial coefficient."""
    return lgamma(of + 1) - lgamma(taken + 1) - lgamma(of - taken + 1)
