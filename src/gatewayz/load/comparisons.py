"""Which of two targets is faster, by how much, and how sure that is.

Each turn asks every target once, close together. Only turns in which both have a value are compared:
else a target that fails late in a run brings its early values only, and the other one the whole run,
and what changed for both meanwhile would be told as their difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from gatewayz.core.load import Comparison
from gatewayz.core.units import show_number
from gatewayz.load.tally import Tally
from gatewayz.measure import (
    COMPARED,
    METRICS,
    Metric,
    holm,
    shift_between,
    tellable,
    told,
    untold,
    values_needed,
)
from gatewayz.measure.differences import median_of

# Nobody notices less, whatever it is that a large sample can show.
_LEAST_SHARE, _LEAST_S = 0.02, 0.001
_NONE, _TOO_FEW = "no difference seen", "too few"
# Too few because answers failed.
NOT_COMPARED = "not compared"
# A difference that is sure, and too small to matter.
UNDER = "under the floor"


def compare(
    tallies: Mapping[tuple[str, int], Tally], targets: Sequence[str], stages: Sequence[int]
) -> tuple[Comparison, ...]:
    """Every two targets by each metric in each stage that both have; corrected for how many."""
    found: list[Comparison] = []
    for stage in stages:
        for first, second in combinations(targets, 2):
            a, b = tallies.get((first, stage)), tallies.get((second, stage))
            if a is None or b is None:
                continue
            for metric in COMPARED:
                base, other = a.by_turn(metric), b.by_turn(metric)
                if base and other:
                    both = base.keys() & other.keys()
                    found.append(
                        Comparison(
                            metric=metric,
                            stage=stage,
                            first=first,
                            second=second,
                            shift=shift_between(
                                [base[turn] for turn in both], [other[turn] for turn in both]
                            ),
                            turns=len(both),
                            of_turns=len(base.keys() | other.keys()),
                        )
                    )
    enough = tellable([(one.shift.count, one.shift.count) for one in found])
    adjusted = dict(zip(enough, holm([found[n].shift.p_value or 0.0 for n in enough]), strict=True))
    return tuple(
        _judged(one, adjusted[place], median_of(tallies[one.first, one.stage].ordered(one.metric)))
        if place in adjusted
        else _too_few(one, len(found), _failed(one, tallies))
        for place, one in enumerate(found)
    )


def _failed(one: Comparison, tallies: Mapping[tuple[str, int], Tally]) -> dict[str, Tally]:
    """Those of the two of which some failed, by their names."""
    both = {name: tallies[name, one.stage] for name in (one.first, one.second)}
    return {name: tally for name, tally in both.items() if tally.failed}


def _too_few(one: Comparison, comparisons: int, failed: Mapping[str, Tally]) -> Comparison:
    """A comparison that has no figures, since they are of too few turns for so many comparisons."""
    bare = replace(one, shift=untold(one.shift.count))
    turns, needed = one.turns or 0, values_needed(comparisons)
    # Of turns in which both failed each counts once.
    asked = max((tally.ended for tally in failed.values()), default=0)
    lost = sum(tally.failed.total() for tally in failed.values())
    if turns < needed <= min(turns + lost, asked):  # without these they would have been enough
        parts = [f"{of.failed.total()} of {of.ended} of {name}" for name, of in failed.items()]
        judged = replace(bare, told=NOT_COMPARED, limits=f"{' and '.join(parts)} failed")
    else:
        each = "1 comparison" if comparisons == 1 else f"{comparisons} comparisons"
        short = f"{turns} {'turn' if turns == 1 else 'turns'}, and {needed} are needed for {each}"
        limits = "; ".join(filter(None, (_limits(one), short)))
        judged = replace(bare, told=_TOO_FEW, limits=limits)
    return replace(judged, words=_words(judged, METRICS[one.metric]))


def _judged(one: Comparison, p_adjusted: float, median: float) -> Comparison:
    metric = METRICS[one.metric]
    floor = max(_LEAST_SHARE * abs(median), _LEAST_S if metric.unit == "s" else 0.0)
    word: str = told(one.shift, p_adjusted, floor, better=metric.better)
    if word == _NONE and told(one.shift, p_adjusted, better=metric.better) != _NONE:
        word = UNDER
    judged = replace(one, p_adjusted=p_adjusted, floor=floor, told=word, limits=_limits(one))
    return replace(judged, words=_words(judged, metric))


def _limits(one: Comparison) -> str:
    """Over how many turns it is, where more than the last one is left out."""
    turns, of_turns = one.turns or 0, one.of_turns or 0
    if of_turns - turns < 2:  # a run may end within a turn
        return ""
    return f"over the {turns} of {of_turns} turns in which both have a value"


def _words(one: Comparison, metric: Metric) -> str:
    told = _told(one, metric)
    return f"{told}; {one.limits}" if one.limits and one.told != NOT_COMPARED else told


def _told(one: Comparison, metric: Metric) -> str:
    shift = one.shift
    if one.told == NOT_COMPARED:
        return f"{metric.title}: {one.second} and {one.first} are not compared: {one.limits}"
    if one.told == _TOO_FEW or shift.value is None or shift.low is None or shift.high is None:
        return f"{metric.title}: too few requests to compare {one.second} with {one.first}"
    ends = sorted((shift.low, shift.high))
    if one.told in (_NONE, UNDER):
        by = f"{_shown(shift.value, metric, sign=True)} (95 %: {_between(ends, metric, sign=True)})"
        seen = one.told
        if one.told == UNDER and one.floor is not None:
            seen = f"a difference under the floor of {_shown(one.floor, metric)}"
        return f"{metric.title}: {seen} between {one.second} and {one.first}; {by}"
    sizes = sorted(abs(end) for end in ends)
    by = f"{_shown(abs(shift.value), metric)} (95 %: {_between(sizes, metric)})"
    p_value = one.p_adjusted if one.p_adjusted is not None else 1.0
    sure = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"
    return f"{metric.title}: {one.second} is {one.told} than {one.first} by {by}, {sure}"


def _between(ends: Sequence[float], metric: Metric, *, sign: bool = False) -> str:
    low, high = (show_number(end * metric.display_factor, sign=sign) for end in ends)
    return f"{low} to {high}"


def _shown(value: float, metric: Metric, *, sign: bool = False) -> str:
    return f"{show_number(value * metric.display_factor, sign=sign)} {metric.display_unit}"
