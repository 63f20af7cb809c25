"""Two sides set against each other: what broke, what healed, what is flaky, what slowed.

Pure: two sets of questions in, what differs out. docs/history.md, "Comparing", says each rule in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Literal

from gatewayz.core import Way
from gatewayz.core.estimates import Shift
from gatewayz.measure.differences import (
    Told,
    holm,
    shift_between,
    tellable,
    told,
    untold,
    values_needed,
)
from gatewayz.measure.drift import (
    Catalogues,
    Drift,
    ListDrift,
    by_model,
    listed_otherwise,
    lists_otherwise,
)
from gatewayz.measure.metrics import METRICS
from gatewayz.measure.questions import Asked, Became, Question
from gatewayz.measure.shares import Share, Twice, chance_of_so_many_failures, surely_more

# Failures that chance alone would bring as often as this say nothing new of a question that failed
# before.
BY_CHANCE = 0.05
# So many answers on each side before anything is said of their times.
FEWEST = 5
# A shift of times below this is none that anybody would notice, whatever its share.
FLOOR_S = 0.05

Kind = Literal["broke", "healed", "flaky", "fails otherwise", "not judged", "new", "gone"]
KINDS: tuple[Kind, ...] = (
    "broke", "healed", "flaky", "fails otherwise", "not judged", "new", "gone",
)  # fmt: skip
_SAME: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What became of a question on one side; `label` and `culprit` are those of most failures."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    label: str = ""
    culprit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One question that came out otherwise.

    `by_chance` is how often chance brings so many failures, where both sides had some of each.
    `models` counts, for a model list, the models that came or went with it.
    """

    kind: Kind
    question: Question
    before: Side
    after: Side
    by_chance: float | None = None
    models: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The times of one question on both sides, by one metric, in the metric's unit.

    `p_adjusted` is the p-value among all that could tell anything (Holm), None where there are too few
    answers, as are the figures of the shift then; a shift smaller than `floor` is called none.
    """

    question: Question
    metric: str
    before: float
    after: float
    count_before: int
    count_after: int
    shift: Shift
    p_adjusted: float | None
    floor: float
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two sides. `same` counts questions judged on both that did not change,
    `standing` those of them that were not asked again: their verdicts are the ones of the side before, or
    both sides took over a third run's.

    `drifts` are models that are listed otherwise: those that were tested, or all where the catalogues
    of both sides are known. `lists` is what these name anew, or no more.
    """

    changes: tuple[Change, ...] = ()
    paces: tuple[Pace, ...] = ()
    drifts: tuple[Drift, ...] = ()
    lists: tuple[ListDrift, ...] = ()
    same: int = 0
    standing: int = 0

    def with_catalogues(self, before: Catalogues, after: Catalogues) -> Comparison:
        """The same with what whole catalogues say, of those that both sides have."""
        told = set(before) & set(after)
        rest = [one for one in self.drifts if (one.gateway, one.way) not in told]
        drifts = (*listed_otherwise(by_model(before), by_model(after)), *rest)
        return replace(self, drifts=drifts, lists=tuple(lists_otherwise(before, after)))

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)

    def of_pace(self, word: Told) -> tuple[Pace, ...]:
        """The times of which this is said."""
        return tuple(pace for pace in self.paces if pace.told == word)

    @property
    def answers_needed(self) -> int:
        """How many timed answers on each side it takes for every time that was looked at to be told."""
        return max(FEWEST, values_needed(len(self.paces)))

    @property
    def judged_on_both(self) -> int:
        """How many questions were judged on both sides."""
        both = ("broke", "healed", "flaky", "fails otherwise")
        return self.same + sum(change.kind in both for change in self.changes)


def compare(before: Asked, after: Asked, *, floor: float = 0.2) -> Comparison:
    """What differs on the side `after`.

    `floor` is the share of the median before that a shift of times has to reach to be one.
    """
    changes: list[Change] = []
    same = standing = 0
    sure = _surely_turned(before, after)
    for question in (*after.questions, *(q for q in before.questions if q not in after.questions)):
        kind, by_chance = _changed(question, before, after, sure)
        if kind == _SAME:
            counts = _judged(before, question) and not question.is_a_list
            same += counts
            standing += counts and _not_asked_again(question, before, after)
        elif kind is not None:
            changes.append(
                Change(
                    kind=kind,
                    question=question,
                    before=_side(before.questions.get(question)),
                    after=_side(after.questions.get(question)),
                    by_chance=by_chance,
                )
            )
    return Comparison(
        changes=tuple(_lists_first(changes)),
        paces=_paces(before, after, floor),
        drifts=tuple(listed_otherwise(before.models, after.models)),
        same=same,
        standing=standing,
    )


@dataclass(frozen=True, slots=True)
class _Sure:
    """Which of the questions that have both outcomes on one side surely fail more now, or less."""

    more: frozenset[Question] = frozenset()
    fewer: frozenset[Question] = frozenset()


def _surely_turned(before: Asked, after: Asked) -> _Sure:
    both = [
        (q, before.questions[q], new) for q, new in after.questions.items() if q in before.questions
    ]
    found = [(q, old, new) for q, old, new in both if old.judged and new.judged]
    names = [q for q, _, _ in found]
    more = surely_more([Twice(q.lane, old.share, new.share) for q, old, new in found], BY_CHANCE)
    fewer = surely_more([Twice(q.lane, new.share, old.share) for q, old, new in found], BY_CHANCE)
    return _Sure(frozenset(names[at] for at in more), frozenset(names[at] for at in fewer))


def _judged(asked: Asked, question: Question) -> bool:
    became = asked.questions.get(question)
    return became is not None and became.judged > 0


def _not_asked_again(question: Question, before: Asked, after: Asked) -> bool:
    return after.questions[question].has_the_answers_of(before.questions[question], before.runs)


def _changed(
    question: Question, before: Asked, after: Asked, sure: _Sure
) -> tuple[Kind | Literal[""] | None, float | None]:
    """What became of a question, "" for the same; None: there is nothing to tell."""
    old, new = before.questions.get(question), after.questions.get(question)
    was, now = _judged(before, question), _judged(after, question)
    if old is not None and new is not None and was and now:
        kind, by_chance = _turned(question, old, new, sure)
        return ("not judged", None) if kind == _SAME and _is_lost(old, new) else (kind, by_chance)
    if now:
        # That a list was read is no news; its models are.
        return (None if question.is_a_list and new is not None and not new.failed else "new"), None
    if not was:
        return None, None
    open_still = question in after.planned if new is None else new.unknown or new.not_sent
    return ("not judged" if open_still else "gone"), None


def _is_lost(old: Became, new: Became) -> bool:
    """Whether so much of it failed on our own side now that what is left tells little, by more than chance."""
    with_ours = Share(new.passed, new.failed + new.ours)
    return new.ours > 0 and chance_of_so_many_failures(old.share, with_ours) <= BY_CHANCE


def _turned(
    question: Question, old: Became, new: Became, sure: _Sure
) -> tuple[Kind | Literal[""], float | None]:
    """How a question changed that was judged on both sides."""
    if not old.failed and not new.failed:
        return _SAME, None
    if not old.passed and not new.passed:
        return (_SAME if _main(old) == _main(new) else "fails otherwise"), None
    if not old.failed and not new.passed:
        return "broke", None
    if not old.passed and not new.failed:
        return "healed", None
    more = chance_of_so_many_failures(old.share, new.share)
    fewer = chance_of_so_many_failures(new.share, old.share)
    if question in sure.more:
        return "broke", more
    return ("healed", fewer) if question in sure.fewer else ("flaky", min(more, fewer))


def _main(became: Became) -> tuple[str, str]:
    """The failure that came most often, and on whose side it lies."""
    ((found, _),) = became.failures.most_common(1) or [(("", ""), 0)]
    return found


def _side(became: Became | None) -> Side:
    if became is None:
        return Side()
    label, culprit = _main(became)
    return Side(
        passed=became.passed,
        failed=became.failed,
        unknown=became.unknown,
        skipped=became.skipped,
        label=label,
        culprit=culprit,
        reason=became.reason,
    )


def _lists_first(changes: Sequence[Change]) -> Iterator[Change]:
    """Each model list before the rest; models that came or went with their list are counted there."""
    lists = {change.question.lane: change for change in changes if change.question.is_a_list}
    with_list: dict[tuple[str, Way], set[str]] = {}
    rest = []
    for change in changes:
        question = change.question
        of_list = lists.get(question.lane)
        if of_list is None or question.is_a_list or not _goes_with(change, of_list):
            rest.append(change)
        else:
            with_list.setdefault(question.lane, set()).add(question.model)
    for change in rest:
        if change.question.is_a_list:
            yield replace(change, models=len(with_list.get(change.question.lane, ())))
    yield from (change for change in rest if not change.question.is_a_list)


def _goes_with(change: Change, of_list: Change) -> bool:
    """Whether a model is new or gone because its list is."""
    if change.kind == "gone":
        return of_list.kind in ("broke", "gone", "not judged")
    return change.kind == "new" and of_list.kind == "healed"


def _paces(before: Asked, after: Asked, floor: float) -> tuple[Pace, ...]:
    """The times of every question that has some on both sides; corrected for being so many."""
    found: list[Pace] = []
    for question, new in after.questions.items():
        old = before.questions.get(question)
        if old is None or new.has_the_answers_of(old, before.runs):
            continue
        for metric in METRICS:
            was, now = (side.times.get(metric, []) for side in (old, new))
            if was and now:
                found.append(_pace(question, metric, was, now, floor))
    several = [n for n, pace in enumerate(found) if _several(pace)]
    enough = [several[at] for at in tellable([_sizes(found[n]) for n in several])]
    adjusted = dict(zip(enough, holm([found[n].shift.p_value or 0.0 for n in enough]), strict=True))
    return tuple(_judged_pace(pace, adjusted.get(n)) for n, pace in enumerate(found))


def _judged_pace(pace: Pace, p_adjusted: float | None) -> Pace:
    """A pace with its word; without a figure of the shift where there are too few (None)."""
    if p_adjusted is None:
        return replace(pace, shift=untold(pace.shift.count))
    word = told(pace.shift, p_adjusted, pace.floor, better=METRICS[pace.metric].better)
    return replace(pace, p_adjusted=p_adjusted, told=word)


def _pace(
    question: Question, metric: str, was: Sequence[float], now: Sequence[float], floor: float
) -> Pace:
    usual = median(was)
    least = FLOOR_S if METRICS[metric].unit == "s" else 0.0
    return Pace(
        question=question,
        metric=metric,
        before=usual,
        after=median(now),
        count_before=len(was),
        count_after=len(now),
        shift=shift_between(was, now),
        p_adjusted=None,
        floor=max(floor * usual, least),
        told="too few",
    )


def _sizes(pace: Pace) -> tuple[int, int]:
    return pace.count_before, pace.count_after


def _several(pace: Pace) -> bool:
    """Whether there are so many answers as anything is said of; decided before times are looked at."""
    return min(_sizes(pace)) >= FEWEST
