"""Two load runs set against each other, by what was kept of them: medians with their intervals, counts.

Pure: two results in, what differs out. docs/history.md, "Load runs", says each rule in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatewayz.core.estimates import Estimate
from gatewayz.core.load import LoadLine, LoadResult, ObjectiveResult
from gatewayz.core.verdict import OUR_SIDE
from gatewayz.measure.differences import Told as ToldOfShift
from gatewayz.measure.loads_alike import Otherwise, comparable, went_otherwise
from gatewayz.measure.metrics import COMPARED, METRICS
from gatewayz.measure.own_lateness import OwnLateness
from gatewayz.measure.shares import Share, chance_of_so_many_failures

# Chance brings as many more failures as this in one of twenty pairs of equal runs.
BY_CHANCE = 0.05
# Whatever its share of the whole, nobody notices less.
FLOOR_S = 0.001

Fared = Literal["broke", "healed", "fails more", "fails less", ""]
Told = ToldOfShift | Literal["may be ours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedChange:
    """One metric on both sides: medians with their intervals, in the metric's unit.

    `told` is of the second: "slower" or "faster" where the intervals lie apart and the medians too, by
    the floor or more; "may be ours" where it would be so, and by no more than our own client's lateness.
    """

    metric: str
    before: Estimate
    after: Estimate
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadChange:
    """One target under one load (`title`) on both sides.

    `fared` is what became of its requests: "broke" where none passes any more, "fails more" where more
    fail than chance brings, and the same the other way round. `went_otherwise` says by what a load that
    was set alike went another way: then no time is compared. `own_s` is how late our own client
    was, before and after; 0 where it kept up. `objectives` are those that were met and are missed now, and
    of `objectives_unsure` our own client may be the cause; `missed_by_failures` are those of them that the
    answers which passed kept to. `ours` counts the failures on our own side, which say nothing of the target.
    """

    target: str
    title: str
    before: LoadLine
    after: LoadLine
    fared: Fared
    went_otherwise: tuple[Otherwise, ...] = ()
    own_s: tuple[float, float] = (0.0, 0.0)
    speeds: tuple[SpeedChange, ...] = ()
    objectives: tuple[str, ...] = ()
    objectives_unsure: tuple[str, ...] = ()
    ours: tuple[int, int] = (0, 0)
    missed_by_failures: frozenset[str] = frozenset()

    @property
    def not_judged(self) -> bool:
        """Whether so much failed on our own side that the target could not be judged."""
        return _is_not_judged(self.before, self.after, self.ours[1])

    @property
    def unsure(self) -> bool:
        """Whether anything that differs may be so by our own client."""
        return bool(self.objectives_unsure) or any(one.told == "may be ours" for one in self.speeds)

    @property
    def slowed(self) -> bool:
        """Whether any of its times is slower, or an objective on them missed now."""
        missed = set(self.objectives) - self.missed_by_failures
        return bool(missed) or any(one.told == "slower" for one in self.speeds)


def load_changes(before: LoadResult, after: LoadResult, *, floor: float) -> tuple[LoadChange, ...]:
    """Every target under every load that is `comparable`, in the second's order.

    `floor` is the share of the median before that a change of times has to reach.
    """
    return tuple(
        _change(
            one,
            other,
            floor,
            went_otherwise(before, one, after, other),
            OwnLateness.of(before, one, after, other),
            (_ours(before, one), _ours(after, other)),
        )
        for one, other in comparable(before, after)
    )


def _change(
    before: LoadLine,
    after: LoadLine,
    floor: float,
    otherwise: tuple[Otherwise, ...],
    own: OwnLateness,
    ours: tuple[int, int],
) -> LoadChange:
    compared = () if otherwise else COMPARED
    told_of = () if _is_not_judged(before, after, ours[1]) else after.objectives
    speeds = [_speed(name, before, after, floor, own) for name in compared]
    met = {one.objective.text for one in before.objectives if one.met and not otherwise}
    by_failures = frozenset(
        one.objective.text
        for one in told_of
        if one.met is False and one.objective.text in met and _is_by_failures(one, after)
    )
    missed = {
        one.objective.text: one.objective.text not in by_failures and own.may_miss(one)
        for one in told_of
        if one.met is False and one.objective.text in met
    }
    return LoadChange(
        target=after.target,
        title=after.title,
        before=before,
        after=after,
        fared=_fared(before, after, ours),
        ours=ours,
        went_otherwise=otherwise,
        own_s=(own.before.late_s, own.after.late_s),
        speeds=tuple(one for one in speeds if one is not None),
        objectives=tuple(text for text, is_unsure in missed.items() if not is_unsure),
        objectives_unsure=tuple(text for text, is_unsure in missed.items() if is_unsure),
        missed_by_failures=by_failures,
    )


def _is_by_failures(missed: ObjectiveResult, line: LoadLine) -> bool:
    """Whether an objective is missed since so many failed, and not by the times of those that passed."""
    objective = missed.objective
    if not line.failures or METRICS[objective.metric].better != "lower":
        return bool(line.failures) and missed.estimate is None
    found = line.metrics.get(objective.metric)
    known = {float(name[1:]): one.value for name, one in found.quantiles.items()} if found else {}
    # The next percentile that was kept is no less.
    above = [known[percent] for percent in sorted(known) if percent >= objective.share * 100 - 1e-9]
    own = next((value for value in above if value is not None), None)
    if own is not None and own <= objective.limit:
        return True
    return missed.estimate is None


def _is_not_judged(before: LoadLine, after: LoadLine, ours: int) -> bool:
    """Whether so many of the answers now are failures of `ours` that the target could not be judged by the rest."""
    was, with_ours = Share(before.passed, before.failures), Share(after.passed, after.failures)
    rest = Share(after.passed, after.failures - ours)
    return (
        ours > 0
        and chance_of_so_many_failures(was, with_ours) <= BY_CHANCE
        and (not rest.failed or chance_of_so_many_failures(was, rest) > BY_CHANCE)
    )


def _ours(result: LoadResult, line: LoadLine) -> int:
    """How many of a line's failures lie on our own side."""
    labels = {
        one.label
        for one in result.failures
        if one.target == line.target and one.culprit in OUR_SIDE
    }
    return sum(count for label, count in line.failed.items() if label in labels)


def _fared(before: LoadLine, after: LoadLine, ours: tuple[int, int]) -> Fared:
    one, other = (
        Share(line.passed, line.failures - own)
        for line, own in zip((before, after), ours, strict=True)
    )
    if one.passed and not other.passed and other.failed:
        return "broke"
    if other.passed and not one.passed and one.failed:
        return "healed"
    if chance_of_so_many_failures(one, other) <= BY_CHANCE:
        return "fails more"
    return "fails less" if chance_of_so_many_failures(other, one) <= BY_CHANCE else ""


def _speed(
    name: str, before: LoadLine, after: LoadLine, floor: float, own: OwnLateness
) -> SpeedChange | None:
    one, other = (_median(line, name) for line in (before, after))
    if one is None or other is None:
        return None
    return SpeedChange(
        metric=name, before=one, after=other, told=_told(name, one, other, floor, own)
    )


def _median(line: LoadLine, name: str) -> Estimate | None:
    found = line.metrics.get(name)
    median = found.quantiles.get("p50") if found is not None else None
    return median if median is not None and median.value is not None else None


def _told(name: str, before: Estimate, after: Estimate, floor: float, own: OwnLateness) -> Told:
    if None in (before.value, before.low, before.high, after.value, after.low, after.high):
        return "too few"
    was, now = before.value or 0.0, after.value or 0.0
    apart = (after.low or 0.0) > (before.high or 0.0) or (after.high or 0.0) < (before.low or 0.0)
    if not apart or abs(now - was) < max(FLOOR_S, floor * was):
        return "no difference seen"
    if own.may_make(name, was, now):
        return "may be ours"
    return "slower" if (now > was) == (METRICS[name].better == "lower") else "faster"
